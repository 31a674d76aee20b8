"""Runs a document's commands as a person at a terminal would: in a folder with the files that it names, with a home of its own, a
camera and a network camera where those can be made (tests/live/session.py), and somebody who answers what is asked.

Three programs come first on the PATH: `nametag`, the one that is tested, but that `live` on a camera ends by itself after some seconds
and the documents' network camera is the one made here; `nametag-gtk`, on a display of its own and closed after some seconds; and
./run.sh, which with arguments is `nametag`.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
from session import Missing, Session  # noqa: E402
import stage  # noqa: E402

ADDRESS = "rtsp://user:password@camera.example/stream"
SHOWN_ADDRESS = "rtsp://camera.example/stream"
USER, PASSWORD = "josefine", "sesame-street-12"
CAMERA = "Integrated Camera"
# More than twice the camera's clip, and the second after which somebody has left; and on a machine that is busy.
LIVE_S, LONG_LIVE_S = 11, 60
WINDOW_S = 4
LIMIT_S = 150
PASS_PHRASE = "five words that nobody guesses"
ENDLESS = re.compile(r"nametag live(?! (?:-\S+ )*(?:\S+\.mp4|test:))|nametag devices")

NAMETAG = f"""#!/bin/bash
arguments=()
for argument; do
  arguments+=("${{argument/{ADDRESS.replace("/", chr(92) + "/")}/$NAMETAG_DOCS_CAMERA}}")
done
case " ${{arguments[*]}} " in
  " live "*" --help "*|" live "*" --seconds "*|" live "*" --loop "*) ;;
  " live "*) arguments+=(--seconds "$NAMETAG_DOCS_SECONDS") ;;
esac
exec "$NAMETAG_DOCS_PROGRAM" "${{arguments[@]}}"
"""
WINDOW = f"""#!/bin/bash
timeout --signal=TERM {WINDOW_S} xvfb-run -a -s "-screen 0 1400x900x24" "$NAMETAG_DOCS_WINDOW" "$@"
status=$?
[ $status -eq 124 ]
"""


class Skipped(Exception):
    pass


class Shell:
    """With everything that is there once for all documents."""

    def __init__(self, program, window):
        self.program, self.window = program, window
        self.folder = tempfile.mkdtemp(prefix="nametag-docs-")
        self.camera_missing = None

    def __enter__(self):
        try:
            self.stage = os.path.join(self.folder, "stage")
            os.mkdir(self.stage)
            stage.make(self.stage)
            self.bin = os.path.join(self.folder, "bin")
            os.mkdir(self.bin)
            for path, text in (("bin/nametag", NAMETAG), ("bin/nametag-gtk", WINDOW),
                               ("stage/run.sh", "#!/bin/sh\nexec nametag \"$@\"\n")):
                with open(os.path.join(self.folder, path), "w", encoding="utf-8") as file:
                    file.write(text)
                os.chmod(os.path.join(self.folder, path), 0o755)
            self.session = self._start_session()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def _start_session(self):
        session = Session(pipewire=True)
        try:
            session.start()
            stage.make_camera(self.folder, "camera.mp4")
            session.camera(os.path.join(self.folder, "camera.mp4"), description=CAMERA, width=640, height=480,
                           modes=["YUY2:1280x720@30", "YUY2:640x480@30"])
            server = session.network_camera(os.path.join(self.stage, "party.mp4"), user=USER, password=PASSWORD)
            self.address = server.uri_with(USER, PASSWORD)
            self.shown_address = server.uri
            return session
        except Missing as reason:
            session.stop()
            self.camera_missing = str(reason)
            return None

    def __exit__(self, *_):
        if self.session:
            self.session.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name):
        return Place(self, os.path.join(self.folder, name.replace("/", "-")))


class Place:
    """A document's folder and home."""

    def __init__(self, shell, folder):
        self.shell, self.folder = shell, folder
        self.work, self.home = os.path.join(folder, "work"), os.path.join(folder, "home")
        shutil.copytree(shell.stage, self.work)
        os.mkdir(self.home)
        env = dict(shell.session.env if shell.session else os.environ)
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "DISPLAY", "WAYLAND_DISPLAY"):
            env.pop(name, None)
        env.update(HOME=self.home, LC_ALL="C.UTF-8", PATH=shell.bin + ":" + os.environ["PATH"], GSETTINGS_BACKEND="keyfile",
                   GSK_RENDERER="cairo", NAMETAG_DOCS_PROGRAM=shell.program, NAMETAG_DOCS_WINDOW=shell.window or "")
        if shell.session:
            env["NAMETAG_DOCS_CAMERA"] = shell.address
        self.env = env

    def is_endless(self, script):
        """Whether it is about cameras, and may end only because it is ended here."""
        return bool(ENDLESS.search(script))

    def run(self, script, seconds=LIVE_S):
        """What it printed, errors among it, and its exit code. seconds: after which a camera is no longer watched."""
        self.env["NAMETAG_DOCS_SECONDS"] = str(seconds)
        if "nametag-gtk" in script and not (self.shell.window and shutil.which("xvfb-run")):
            raise Skipped("nametag-gtk is not built, or there is no xvfb-run")
        if self.shell.camera_missing and self.is_endless(script):
            raise Skipped(self.shell.camera_missing)
        demo = os.environ.get("NAMETAG_DEMO")
        if "nametag demo" in script and demo and not os.path.exists(os.path.join(demo, "demo.mp4")):
            raise Skipped(f"there is no demo.mp4 in {demo}")
        for tool in ("jq", "sqlite3", "curl"):
            if re.search(rf"(^|[|;\s]){tool} ", script) and not shutil.which(tool):
                raise Skipped(f"{tool} is not installed")
        output, code = self._at_terminal(["bash", "-euo", "pipefail", "-c", script])
        if self.shell.session:
            output = output.replace(self.shell.shown_address, SHOWN_ADDRESS)
        return output, code

    def _at_terminal(self, command):
        master, slave = pty.openpty()

        def prepare():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        process = subprocess.Popen(command, cwd=self.work, env=self.env, stdin=slave, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, preexec_fn=prepare)
        os.close(slave)
        try:
            return self._converse(process, master), process.wait(LIMIT_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            os.close(master)
            process.stdout.close()

    def _converse(self, process, master):
        """Reads until the end; "[y/N]" is answered with y, a question for a pass phrase with one."""
        output, asked, end = b"", b"", time.monotonic() + LIMIT_S
        open_ends = {process.stdout.fileno(), master}
        while process.stdout.fileno() in open_ends:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not done within {LIMIT_S} s; so far: {output.decode(errors='replace')[-1000:]}")
            for ready in select.select(list(open_ends), [], [], left)[0]:
                try:
                    part = os.read(ready, 65536)
                except OSError:
                    part = b""
                if not part:
                    open_ends.discard(ready)
                elif ready == master:
                    asked += part
                    if re.search(rb"(?i)(phrase .*|again): $", asked):
                        asked = b""
                        os.write(master, PASS_PHRASE.encode() + b"\n")
                else:
                    output += part
                    if output.endswith(b"[y/N] "):
                        os.write(master, b"y\n")
        return output.decode(errors="replace")

    def kept(self):
        """Files below the home, as the documents call them."""
        found = []
        for folder, _, names in os.walk(self.home):
            found += [os.path.relpath(os.path.join(folder, name), self.home) for name in names]
        return sorted(found)


def wanted_line(line):
    """The expression for a line of expected output."""
    parts = re.split(r"(…|\d+|\s+)", line.rstrip())
    known = {"…": ".*"}
    return re.compile("".join(known.get(part) or (r"\d+" if part.isdigit() else r"\s+" if part.isspace() else re.escape(part))
                              for part in parts) + r"\s*$")


def missing_and_unexpected(expected, output):
    """Lines that did not come, and lines that were not expected. The order is not compared: errors come by another way."""
    wanted = [line for line in expected if line.strip() and line.strip() != "…"]
    more_allowed = any(line.strip() == "…" for line in expected)
    left = [line for line in output.splitlines() if line.strip()]
    missing = []
    for line in wanted:
        fits = next((i for i, came in enumerate(left) if wanted_line(line).match(came)), None)
        if fits is None:
            missing.append(line)
        else:
            del left[fits]
    return missing, [] if more_allowed else left
