#!/usr/bin/python3
"""What SECURITY.md promises of files and of the network, of the window; tests/packaging/test_privacy.py is of the commands.

The window runs under strace through what people do with it: it may write its own folders of the XDG Base Directory
Specification, what it was asked to write, and what ALLOWED lists with the reason; it may speak with nobody but the machine's own
services.
"""
import glob
import os
import re
import shutil
import stat
import sys

from harness import Missing, check, clip_of_one, main, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging"))
import traced  # noqa: E402

# What libraries write, as patterns of whole paths; {cache} and so on are the XDG folders.
ALLOWED = {
    r"{cache}(/gstreamer-1\.0(/registry\.[^/]*)?)?": "GStreamer's list of its plugins",
    r"{cache}/(fontconfig|mesa_shader_cache|mesa_shader_cache_db)(/.*)?": "lists of fonts; shaders that Mesa compiled",
    r"{cache}/gtk-4\.0(/.*)?": "shaders that GTK compiled",
    r"{data}/recently-used\.xbel[^/]*": "the desktop's list of recent files, while files are remembered",
    r"{data}|{state}|{config}": "folders above ours",
    r"{config}/gtk-4\.0(/.*)?": "GTK's own settings",
    r"{config}/(dconf|glib-2\.0/settings)(/.*)?": "settings, where the desktop keeps them",
    r"{runtime}(/dconf(/user)?)?": "dconf, which says there that a setting changed",
    r"{runtime}/(at-spi|gdk|orcexec|\.flatpak)[^/]*(/.*)?": "accessibility's socket; GDK's and Orc's memory",
    r"/dev/(null|tty|shm/[^/]*|dri/[^/]*)": "no files: nothing, the terminal, memory, the graphics processor",
    r"/proc/(self|\d+)/(task/\d+/)?comm": "no files: names of threads",
    r"(/tmp|{tmp})/orcexec\.[^/]*": "Orc, which compiles GStreamer's inner loops, where memory alone cannot be executed; gone at once",
}
OWN = ("{cache}/nametag", "{data}/nametag", "{state}/nametag", "{config}/nametag")
LOCAL = {"AF_UNIX", "AF_LOCAL", "NETLINK_KOBJECT_UEVENT", "NETLINK_ROUTE"}  # as in tests/packaging/test_privacy.py


class Watched:
    """The desktop, with a window under strace on it."""

    def __init__(self, desktop, name):
        if traced.why_not():
            raise Missing(traced.why_not())
        self.desktop = desktop
        self.home = os.path.join(os.path.realpath(desktop.session.folder), name)
        os.makedirs(os.path.join(self.home, "tmp"))
        self.out = os.path.join(self.home, "out")
        os.makedirs(self.out)
        self.trace = traced.Trace(os.path.join(self.home, "trace"), detached=True)
        self.wrapper = os.path.join(self.home, "traced-nametag-gtk")
        with open(self.wrapper, "w") as file:
            words = " ".join(f"'{word}'" for word in [*self.trace.command, desktop.program])
            file.write(f'#!/bin/sh\nexec {words} "$@"\n')
        os.chmod(self.wrapper, 0o700)
        self.folders = {name: os.path.join(self.home, name) for name in ("cache", "data", "config", "state", "tmp")}
        self.folders["runtime"] = os.path.realpath(desktop.session.env["XDG_RUNTIME_DIR"])

    def window(self, arguments=(), gallery=None):
        program = self.desktop.program
        self.desktop.program = self.wrapper
        try:
            return self.desktop.app(arguments, home=self.home, gallery=gallery or os.path.join(self.folders["data"], "nametag", "gallery.sqlite"),
                                    env={"TMPDIR": self.folders["tmp"]})
        finally:
            self.desktop.program = program

    def may_write(self, path):
        names = {name: re.escape(folder) for name, folder in self.folders.items()}
        own = [folder.format(**self.folders) for folder in OWN] + [self.out]
        return any(path == folder or path.startswith(folder + "/") for folder in own) or \
            any(re.fullmatch(pattern.format(**names), path) for pattern in ALLOWED)

    def judge(self, app):
        """Once the window is closed."""
        wait_for(lambda: self.trace.is_over(app.process.pid), "strace to tell of the end")
        writes = self.trace.writes()
        strange = sorted({f"{write.call} {write.path}" for write in writes if not self.may_write(write.path)})
        check(not strange, f"it writes elsewhere: {strange[:12]}")
        check(self.trace.sockets() <= LOCAL, f"it has sockets of {sorted(self.trace.sockets() - LOCAL)}")
        check(not self.trace.peers(), f"it speaks with {sorted(self.trace.peers())}")
        check(any(write.path.startswith(self.folders["data"]) for write in writes), "the trace tells of nothing")
        return writes


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def a_clip_somebody_and_the_preferences(desktop):
    """Opens a clip, enrols, undoes, lets the time line be made and kept, exports, changes a setting, quits."""
    watched = Watched(desktop, "watched")
    clip = os.path.join(watched.out, "clip.mp4")
    shutil.copy(clip_of_one(), clip)
    with watched.window([clip]) as app:
        app.enroll(re.compile("unknown person.*"), "Anna")
        app.face("Anna")
        timelines = os.path.join(watched.folders["cache"], "nametag", "timelines")
        wait_for(lambda: [name for name in glob.glob(timelines + "/*") if not name.endswith("epoch")], "the time line to be kept", 120)
        app.key("ctrl+s")
        app.key("Escape")
        app.key("ctrl+comma")
        app.find(None, "Preferences")
        app.screenshot("privacy-preferences")
        app.key("Escape")
        app.key("ctrl+z")
    watched.judge(app)
    data, cache = (os.path.join(watched.folders[name], "nametag") for name in ("data", "cache"))
    check(mode(data) == 0o700 and mode(cache) == 0o700, f"folders: {oct(mode(data))}, {oct(mode(cache))}")
    for path in glob.glob(data + "/*") + glob.glob(timelines + "/*"):
        check(mode(path) == 0o600, f"{path}: {oct(mode(path))}")
    state = os.path.join(watched.folders["state"], "nametag")
    check(mode(state) == 0o700, f"{state}: {oct(mode(state))}")
    for path in glob.glob(state + "/*"):
        check(mode(path) == 0o600, f"{path}: {oct(mode(path))}")


def a_list_of_addresses(desktop):
    """A file that calls itself a clip and lists addresses: said so, and none of them called."""
    watched = Watched(desktop, "list")
    path = os.path.join(watched.out, "party.mp4")
    with open(path, "w") as file:
        file.write("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\nhttp://127.0.0.1:18077/a.ts\n#EXT-X-ENDLIST\n")
    os.makedirs(os.path.join(watched.folders["data"], "nametag"))
    with watched.window([path]) as app:
        app.find("label", "This Cannot Be Shown")
        app.find("label", re.compile("list of other addresses"))
        app.screenshot("list-of-addresses")
    watched.judge(app)


if __name__ == "__main__":
    sys.exit(main([a_clip_somebody_and_the_preferences, a_list_of_addresses]))
