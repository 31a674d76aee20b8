#!/usr/bin/env python3
"""A desktop's session without a desktop: a D-Bus session bus, PipeWire and WirePlumber of their own, and clips as cameras.

    python3 tests/live/session.py [--clip FILE[,WxH[,RATE[,FORMAT]]]]... [--size WxH] [--rate N] [--format F] -- COMMAND...

runs COMMAND where each clip is a camera ("clipcam", "ClipCamera"; then "clipcam2", "ClipCamera 2"...), for as long as it runs,
and exits with its code. FILE "test" is a test pattern. As a module:

    with Session() as session:
        camera = session.camera(clip, width=1280, height=720)
        camera.plug(); camera.unplug(); camera.stall(); camera.resume(); camera.replug(width=640, height=480)
        network = session.network_camera(clip)     # network.uri; network.restart(); network.stall(); network.resume()
        session.run(["nametag", "live"], ...)      # as subprocess.run
        session.popen(["nametag", "live"], ...)    # as subprocess.Popen; ends with the session

Nothing of it outlives this process, however that ends: children die with their parent (PR_SET_PDEATHSIG), and a guard removes the
folder when the pipe from here closes. Use it from the main thread: the kernel takes the end of the thread that forked for the
parent's.

The cameras are programs (clip_camera.c, rtsp_server.c), looked for in $NAMETAG_LIVE_TOOLS, then in the newest of
build/*/tests/live.
"""
import argparse
import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG = 1
START_LIMIT_S = 20.0  # a busy machine takes seconds to start PipeWire
LIBC = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """A program that the session needs is not installed or not built; the words say which."""


def tool(name):
    """The path of a program of tests/live."""
    folders = [os.environ["NAMETAG_LIVE_TOOLS"]] if os.environ.get("NAMETAG_LIVE_TOOLS") else []
    built = glob.glob(os.path.join(HERE, "..", "..", "build", "*", "tests", "live", name))
    folders += [os.path.dirname(path) for path in sorted(built, key=os.path.getmtime, reverse=True)]
    for folder in folders:
        path = os.path.join(os.path.abspath(folder), name)
        if os.access(path, os.X_OK):
            return path
    raise Missing(f"{name} is not built: ninja -C build/... tests/live/{name}")


def program(name):
    path = shutil.which(name)
    if not path:
        raise Missing(f"{name} is not installed")
    return path


def dies_with_parent(how=signal.SIGKILL):
    """What a child does before exec. A parent that is gone by then has sent nothing: its id tells."""
    parent = os.getpid()

    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


def wait_until(truth, what, limit=START_LIMIT_S):
    end = time.monotonic() + limit
    while not truth():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit:g} s")
        time.sleep(0.02)


def end(process):
    """Kills (a stopped process too) and waits."""
    if process and process.poll() is None:
        process.kill()
    if process:
        process.wait()


class Camera:
    """A clip as a camera. Sizes and the rest may be changed with every plug. It has one mode, or those listed in modes, each as
    "MJPG:1280x720@30", the first being the one it would rather give."""

    def __init__(self, session, clip, node, description, width=640, height=360, rate=30, form="YUY2", modes=None,
                 properties=None):
        self.session = session
        self.clip, self.node, self.description = clip, node, description
        self.width, self.height, self.rate, self.form = width, height, rate, form
        self.modes, self.properties = modes, properties or {}
        self.process = None

    def plug(self, wait=True, **changes):
        """Starts it; returns when programs can see it."""
        for name, value in changes.items():
            setattr(self, name, value)
        end(self.process)
        modes = self.modes or [f"{self.form}:{self.width}x{self.height}@{self.rate}"]
        self.process = self.session.popen(
            [tool("clip_camera"), "--name", self.node, "--description", self.description,
             *[f"--mode={mode}" for mode in modes], *[f"--property={name}={value}" for name, value in self.properties.items()],
             self.clip],
            stdout=subprocess.PIPE, stderr=self.session.log)
        if self.process.stdout.readline() != b"ready\n":
            end(self.process)
            raise RuntimeError(f"the camera of '{self.clip}' did not start:\n{self.session.log_text()}")
        self.process.stdout.close()
        if wait:
            wait_until(lambda: self.node in self.session.nodes(), f"camera {self.node} in PipeWire")

    def unplug(self):
        end(self.process)
        self.process = None

    def replug(self, **changes):
        self.unplug()
        self.plug(**changes)

    def stall(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def is_plugged(self):
        return self.process is not None and self.process.poll() is None


class NetworkCamera:
    """A clip as rtsp://127.0.0.1:PORT/live, asking for a password when there is one. Keeps its port over restarts."""

    def __init__(self, session, clip, user=None, password=None, port=0):
        self.session, self.clip, self.user, self.password, self.port = session, clip, user, password, port
        self.process = self.uri = None

    def start(self, clip=None):
        self.clip = clip or self.clip
        protection = ["--user", self.user, "--password", self.password] if self.user else []
        self.process = self.session.popen([tool("rtsp_server"), "--port", str(self.port), *protection, self.clip],
                                          stdout=subprocess.PIPE, stderr=self.session.log)
        words = self.process.stdout.readline().decode().split()
        self.process.stdout.close()
        if len(words) != 2:
            end(self.process)
            raise RuntimeError(f"the network camera of '{self.clip}' did not start:\n{self.session.log_text()}")
        self.uri = words[1]
        self.port = int(self.uri.split(":")[2].split("/")[0])

    def uri_with(self, user, password):
        return self.uri.replace("rtsp://", f"rtsp://{user}:{password}@")

    def kill(self):
        end(self.process)
        self.process = None

    def restart(self, clip=None):
        self.kill()
        self.start(clip)

    def stall(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class Session:
    """pipewire=False: children and network cameras only."""

    def __init__(self, pipewire=True, wireplumber=True, environment=None):
        self.folder = self.guard = None
        self.children, self.cameras = [], []
        self.with_pipewire, self.wireplumber = pipewire, wireplumber
        self.extra = dict(environment or {})

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        daemon = program("dbus-daemon")
        self.folder = tempfile.mkdtemp(prefix="nametag-live-")
        self._start_guard()
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        runtime, config = os.path.join(self.folder, "run"), os.path.join(self.folder, "config")
        os.mkdir(runtime, 0o700)
        os.mkdir(config)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=runtime, XDG_CONFIG_HOME=config,
                        XDG_STATE_HOME=os.path.join(self.folder, "state"), PIPEWIRE_RUNTIME_DIR=runtime, **self.extra)
        self.env.pop("PIPEWIRE_REMOTE", None)
        try:
            self._start_bus(daemon)
            if self.with_pipewire:
                self.start_pipewire()
        except BaseException:
            self.stop()
            raise

    def _start_guard(self):
        """Outlives us, whatever happens to us, by the time it takes to remove the folder."""
        self.guard = subprocess.Popen(["sh", "-c", 'cat >/dev/null; sleep 0.2; rm -rf "$1"', "sh", self.folder],
                                      stdin=subprocess.PIPE, start_new_session=True)

    def _start_bus(self, daemon):
        bus = self.popen([daemon, "--session", "--nofork", "--nopidfile", "--print-address=1"], stdout=subprocess.PIPE,
                         stderr=self.log)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        bus.stdout.close()

    def start_pipewire(self):
        """Also a restart of the service, as an update of the machine does it: call stop_pipewire first."""
        socket = os.path.join(self.folder, "run", "pipewire-0")
        self.pipewire = self.popen([program("pipewire")], stdout=self.log, stderr=self.log)
        wait_until(lambda: os.path.exists(socket) and self.nodes() is not None, "PipeWire")
        self.manager = None
        if self.wireplumber:
            self.manager = self.popen([program("wireplumber")], stdout=self.log, stderr=self.log)
            wait_until(lambda: b"WirePlumber" in self._dump(), "WirePlumber")

    def stop_pipewire(self):
        end(self.manager)
        end(self.pipewire)

    def _dump(self):
        done = subprocess.run([program("pw-dump")], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
        return done.stdout if done.returncode == 0 else b""

    def nodes(self):
        """The names of PipeWire's nodes; None while it does not answer."""
        import json
        try:
            objects = json.loads(self._dump())
        except ValueError:
            return None
        infos = [thing.get("info") or {} for thing in objects]
        return [info["props"].get("node.name") for info in infos if info.get("props", {}).get("node.name")]

    def log_text(self):
        self.log.flush()
        with open(self.log.name, "rb") as log:
            return log.read().decode(errors="replace")[-4000:]

    def popen(self, command, **options):
        """A child that is gone when this process or the session is."""
        options.setdefault("env", self.env)
        options.setdefault("stdin", subprocess.DEVNULL)
        child = subprocess.Popen(command, preexec_fn=dies_with_parent(), **options)
        self.children.append(child)
        return child

    def run(self, command, **options):
        options.setdefault("env", self.env)
        return subprocess.run(command, preexec_fn=dies_with_parent(), **options)

    def camera(self, clip, plugged=True, node=None, description=None, **how):
        number = len(self.cameras) + 1
        suffix = ("", "") if number == 1 else (str(number), f" {number}")
        camera = Camera(self, clip, node or "clipcam" + suffix[0], description or "ClipCamera" + suffix[1], **how)
        self.cameras.append(camera)
        if plugged:
            camera.plug()
        return camera

    def network_camera(self, clip, **how):
        camera = NetworkCamera(self, clip, **how)
        camera.start()
        return camera

    def stop(self):
        for child in reversed(self.children):
            end(child)
        self.children.clear()
        if self.guard:
            self.guard.stdin.close()
            self.guard.wait()
            self.guard = None


def parse_clip(text, options):
    """FILE[,WxH[,RATE[,FORMAT]]]; what is not said is as the options have it."""
    parts = text.split(",")
    if os.path.exists(text):
        parts = [text]
    size = parts[1] if len(parts) > 1 else options.size
    width, height = (int(number) for number in size.split("x"))
    return dict(clip=parts[0], width=width, height=height, rate=int(parts[2]) if len(parts) > 2 else options.rate,
                form=parts[3] if len(parts) > 3 else options.format)


def main():
    parser = argparse.ArgumentParser(description="Runs a command where clips are cameras.")
    parser.add_argument("--clip", action="append", default=[], metavar="FILE[,WxH[,RATE[,FORMAT]]]")
    parser.add_argument("--size", default="640x360", metavar="WxH")
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--format", default="YUY2")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, _: sys.exit(128 + which))
    try:
        with Session() as session:
            for text in options.clip:
                session.camera(**parse_clip(text, options))
            child = session.popen(options.command, stdin=None)
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    continue  # the command got it too and decides
    except Missing as reason:
        print(f"session: {reason}", file=sys.stderr)
        return 77


if __name__ == "__main__":
    code = main()
    sys.exit(code if code >= 0 else 128 - code)
