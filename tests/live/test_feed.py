#!/usr/bin/env python3
"""Feeds that lose their picture and get it back: cameras pulled out, servers restarted, both hanging.

    python3 tests/live/test_feed.py [--cycles N] [TEST]...

Everything is made here (session.py): clips as PipeWire cameras and as RTSP servers, a desktop's portal. How long things took is
noted, not judged: the machine may be busy. What is judged is what was said, and that nothing grows from cycle to cycle.
"""
import contextlib
import http.server
import itertools
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli")]
import harness  # noqa: E402
from session import Missing, Session, tool, wait_until  # noqa: E402

CYCLES = 2
STALL_S = 7.0  # after a stall was said
PATIENCE = 30.0  # of a wait for an event, on a machine that is busy
FRANCK = os.path.join(harness.CLIPS, "franck.mp4")
OTHER = os.path.join(harness.CLIPS, "cap13_edit2.mp4")  # 400 x 300
SECRET = "geheim"


class Probe:
    """feed_probe under way, and what it said so far."""

    def __init__(self, case, session, *args, env=None):
        self.case = case
        self.lines, self.queue = [], queue.Queue()
        self.error = open(case.path(f"stderr-{time.monotonic_ns()}"), "w+b")
        self.process = session.popen([tool("feed_probe"), *args], stdout=subprocess.PIPE, stderr=self.error,
                                     env={**session.env, "G_DEBUG": "fatal-warnings", **(env or {})})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put((time.monotonic(), line.decode(errors="replace").rstrip()))
        self.queue.put((time.monotonic(), None))

    def wait(self, pattern, limit=PATIENCE):
        """The first new line that matches, and when it came."""
        end = time.monotonic() + limit
        while True:
            try:
                when, line = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no '{pattern}' within {limit:g} s; so far:\n" + "\n".join(self.lines[-20:]) + self.stderr())
            self.lines.append(line)
            if line.startswith("WRONG"):
                raise AssertionError(line)
            if re.search(pattern, line):
                return line, when

    def stderr(self):
        self.error.flush()
        with open(self.error.name, "rb") as error:
            return error.read().decode(errors="replace")

    def finish(self):
        """Ends it as Ctrl+C does; everything it said."""
        self.process.terminate()
        closed, _ = self.wait("^CLOSED")
        code = self.process.wait()
        self.case.check(code == 0, f"exit code {code}\n{self.stderr()}")
        self.case.check(int(closed.split()[2]) < 1000, f"closing took a second or more: {closed}")
        self.case.equal(self.stderr(), "", "stderr")
        return "\n".join(self.lines)

    def threads(self):
        folder, names = f"/proc/{self.process.pid}/task", []
        for thread in os.listdir(folder):
            with contextlib.suppress(OSError), open(f"{folder}/{thread}/comm") as name:
                names.append(name.read().strip())
        return sorted(names)

    def size(self):
        """Threads, descriptors, kilobytes."""
        folder = f"/proc/{self.process.pid}"
        with open(folder + "/status") as status:
            values = dict(line.split(":", 1) for line in status)
        return int(values["Threads"]), len(os.listdir(folder + "/fd")), int(values["VmRSS"].split()[0])


def live(**how):
    try:
        for name in ["feed_probe", "clip_camera", "rtsp_server", "portal_mock"]:
            tool(name)
        return Session(**how)
    except Missing as reason:
        raise harness.Skip(str(reason))


def cycle(case, probe, lose, recover, words):
    """Loses and regains the picture again and again; threads and descriptors stay as they were after the first time."""
    sizes, lost, back = [], [], []
    for _ in range(CYCLES):
        start = time.monotonic()
        lose()
        said, when = probe.wait("^LOST")
        case.check(re.search(words, said), f"'{words}' is not what was said: {said}")
        lost.append(when - start)
        start = time.monotonic()
        recover()
        _, when = probe.wait("^BACK")
        back.append(when - start)
        probe.wait("^FRAME.* restarted")
        probe.wait("^FRAME")
        sizes.append(probe.size())
    # What is let go is taken down by threads of its own, which may still be at it.
    patience = time.monotonic() + 10
    while sizes[-1][0] > sizes[0][0] + 1 and time.monotonic() < patience:
        time.sleep(0.2)
        sizes[-1] = probe.size()
    case.note(f"lost after {max(lost):.2f} s at most, back after {max(back):.2f} s at most; threads, descriptors, kB: "
              f"{sizes[0]} ... {sizes[-1]}")
    case.check(sizes[-1][0] <= sizes[0][0] + 1, f"threads grow: {sizes}")
    case.check(sizes[-1][1] <= sizes[0][1] + 2, f"descriptors grow: {sizes}")


def test_devices(case):
    """cameras are listed with their modes, and coming and going is followed"""
    with live() as session:
        first = session.camera("test", modes=["YUY2:640x480@30", "MJPG:1280x720@30", "MJPG:640x480@15"])
        probe = Probe(case, session, "--devices")
        probe.wait("^DEVICES 1$")
        probe.wait(r"^DEVICE pipewire:clipcam \| ClipCamera \| 1280x720 at 30 frames/s, 640x480 at 30 frames/s$")
        probe.process.wait()
        watch = Probe(case, session, "--watch", "--seconds", "60")
        watch.wait("^DEVICES 1$")
        second = session.camera("test")
        watch.wait(r"^DEVICES 2$")
        watch.wait(r"^DEVICE pipewire:clipcam2 \| ClipCamera 2 \|")
        first.unplug()
        watch.wait("^DEVICES 1$")
        second.unplug()
        watch.wait("^DEVICES 0$")
        case.equal(watch.stderr(), "", "stderr")


def test_no_pipewire(case):
    """without PipeWire there are no cameras, and nobody complains"""
    with live(pipewire=False) as session:
        probe = Probe(case, session, "--devices")
        probe.wait("^DEVICES 0$")
        probe.process.wait()
        case.equal(probe.stderr(), "", "stderr")
        probe = Probe(case, session)
        probe.wait("^REFUSED there is no camera; plug one in")
        probe = Probe(case, session, "pipewire:clipcam")
        probe.wait("^REFUSED cannot open 'pipewire:clipcam': there is no such camera")


def test_unplugged(case):
    """a camera pulled out is said so by name, and its picture comes back when it does"""
    with live() as session:
        camera = session.camera(harness.need(FRANCK), width=1280, height=720)
        probe = Probe(case, session)
        probe.wait("^OPEN kind=0 name=ClipCamera")
        probe.wait("^FRAME.*size=1280x720")
        cycle(case, probe, camera.unplug, camera.plug,
              "the camera 'ClipCamera' was unplugged; waiting for it to come back")
        probe.finish()


def test_same_name(case):
    """a camera that comes back at another port is known by its name"""
    with live() as session:
        session.camera("test").unplug()
        one = session.camera("test", node="port1", description="Desk")
        probe = Probe(case, session, "desk")
        probe.wait("^FRAME n=0 ")
        one.unplug()
        probe.wait("^LOST the camera 'Desk' was unplugged")
        session.camera("test", node="port2", description="Desk")
        probe.wait("^BACK")
        probe.finish()


def test_another_size(case):
    """a camera that comes back with another size goes on with that"""
    with live() as session:
        camera = session.camera("test", width=1280, height=720)
        probe = Probe(case, session, "pipewire:clipcam")
        probe.wait("^FRAME.*size=1280x720")
        camera.replug(width=640, height=480)
        probe.wait("^FRAME.*size=640x480.* restarted")
        probe.finish()


def test_modes(case):
    """JPEG is asked for where raw pictures are slower, the wanted size where there is a choice"""
    with live() as session:
        session.camera("test", modes=["YUY2:640x480@30", "YUY2:1280x720@10", "MJPG:1280x720@30", "MJPG:1920x1080@30"])
        for size, wanted in [("1280x720", "1280x720"), ("640x480", "640x480"), ("1900x1000", "1920x1080")]:
            probe = Probe(case, session, "--size", size)
            probe.wait(f"^FRAME.*size={wanted}")
            probe.wait("^FRAME")
            probe.finish()


def test_stalled_camera(case):
    """a camera that hangs is said so, and is there again when it goes on"""
    with live() as session:
        camera = session.camera("test")
        probe = Probe(case, session)
        probe.wait("^FRAME")
        camera.stall()
        probe.wait("^LOST no picture from the camera 'ClipCamera' for 5 s; waiting for it")
        camera.resume()
        probe.wait("^BACK")
        camera.stall()
        time.sleep(0.5)
        probe.finish()


def test_long_stall(case):
    """a camera that hangs for long is there again when it goes on, also pulled out meanwhile, and nothing grows (40 s)"""
    def hang():
        camera.stall()

    def go_on():
        time.sleep(STALL_S)
        camera.resume()

    with live() as session:
        camera = session.camera("test")
        probe = Probe(case, session)
        probe.wait("^FRAME")
        cycle(case, probe, hang, go_on, "no picture from the camera 'ClipCamera' for 5 s; waiting for it")
        lost = [line for line in probe.lines if line.startswith("LOST")]
        case.equal(len(lost), CYCLES, "losses said")
        camera.stall()
        probe.wait("^LOST")
        camera.unplug()
        probe.wait("^LOST the camera 'ClipCamera' was unplugged; waiting for it to come back")
        camera.plug()
        probe.wait("^BACK")
        times = [int(time) for time in re.findall(r"pts=(\d+).* restarted", probe.finish())]
        case.check(times[1] - times[0] >= STALL_S * 1000, f"the time of a gap is missing: {times}")


def test_pipewire_restarted(case):
    """PipeWire's service may be started again"""
    with live() as session:
        camera = session.camera("test")
        probe = Probe(case, session)
        probe.wait("^FRAME")
        session.stop_pipewire()
        camera.unplug()
        session.start_pipewire()
        camera.plug()
        probe.wait("^LOST")
        probe.wait("^BACK")
        probe.finish()


def test_slow_reader(case):
    """a slow reader loses the oldest frames, and is told how many"""
    with live() as session:
        session.camera("test")
        probe = Probe(case, session, "--slow", "150")
        probe.wait("^FRAME n=20 ")
        said = probe.finish()
        ages = [int(age) for age in re.findall(r" age=(\d+)", said)]
        frames, lost = re.search(r"TOTAL frames=(\d+) lost=(\d+)", said).groups()
        case.note(f"{frames} frames read, {lost} lost, age {max(ages)} ms at most")
        case.check(int(lost) > int(frames), said)


def test_server_restarted(case):
    """a network camera that restarts is asked again, and sends as it did before"""
    with live(pipewire=False) as session:
        camera = session.network_camera(harness.need(FRANCK))
        probe = Probe(case, session, camera.uri)
        probe.wait("^FRAME")
        cycle(case, probe, camera.kill, camera.start, "rtsp://.*(stopped|cannot be reached|does not answer).*; trying again in")
        camera.kill()
        probe.wait("^LOST.*cannot be reached")
        camera.start()
        probe.wait("^FRAME.* restarted")
        case.check(not any(name.startswith("udp") for name in probe.threads()), f"by UDP now: {probe.threads()}")
        probe.finish()


def test_server_other_size(case):
    """a network camera that comes back with another size goes on with that"""
    with live(pipewire=False) as session:
        camera = session.network_camera(harness.need(FRANCK))
        probe = Probe(case, session, camera.uri)
        probe.wait("^FRAME.*size=360x288")
        camera.restart(OTHER)
        probe.wait("^FRAME.*size=400x300.* restarted")
        probe.finish()


def test_server_stalled(case):
    """a network camera that hangs is said so, is there again when it goes on, and holds up nobody who leaves"""
    with live(pipewire=False) as session:
        camera = session.network_camera(harness.need(FRANCK))
        probe = Probe(case, session, camera.uri)
        probe.wait("^FRAME")
        camera.stall()
        probe.wait("^LOST no picture from rtsp://127.0.0.1:[0-9]+/live for 5 s; trying again in 0.5 s")
        camera.resume()
        probe.wait("^BACK")
        camera.stall()
        time.sleep(0.5)
        probe.finish()


def test_credentials(case):
    """user and password are used, a wrong password is an error, and neither is ever said"""
    with live(pipewire=False) as session:
        camera = session.network_camera(harness.need(FRANCK), user="josefine", password=SECRET)
        said = ""
        probe = Probe(case, session, camera.uri_with("josefine", SECRET + "x"))
        probe.wait("^FAILED cannot open 'rtsp://127.0.0.1:[0-9]+/live': the user or the password is wrong")
        said += "\n".join(probe.lines) + probe.stderr()
        probe = Probe(case, session, camera.uri_with("josefine", SECRET), env={"GST_DEBUG": "*:3", "GST_DEBUG_FILE": case.path("log")})
        probe.wait("^FRAME")
        camera.kill()
        probe.wait("^LOST")
        probe.wait("^LOST")
        said += probe.finish()
        with open(case.path("log"), errors="replace") as log:
            said += log.read()
        for secret in [SECRET, "josefine"]:
            case.check(secret not in said, f"'{secret}' was said")


class Server:
    """A web server for the length of a with statement; its handlers find what is given by name in self.server."""

    def __init__(self, handler, **given):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        vars(self.server).update(given)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def translate_path(self, path):
        return os.path.join(self.server.folder, os.path.basename(path))


class Pictures(Quiet):
    """MJPEG as network cameras send it: one reply that does not end before there was enough."""

    def do_GET(self):
        try:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for number in itertools.takewhile(lambda _: not self.server.enough.is_set(), itertools.count()):
                picture = self.server.pictures[number % len(self.server.pictures)]
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n")
                time.sleep(1 / 25)
        except OSError:
            pass


def pictures_of(case, count=25):
    case.gst(f"videotestsrc num-buffers={count} pattern=ball ! video/x-raw,width=320,height=240 ! jpegenc ! "
             "multifilesink location=%03d.jpg")
    read = []
    for number in range(count):
        with open(case.path(f"{number:03}.jpg"), "rb") as picture:
            read.append(picture.read())
    return read


def test_http_pictures(case):
    """JPEG pictures over HTTP are there as they come, a broken one is passed over, and when they break off they are asked for again"""
    pictures = pictures_of(case)
    pictures[5] = pictures[5][:700]
    pictures[6] = b"\xff\xd8" + bytes(500)
    enough = threading.Event()
    with live(pipewire=False) as session, Server(Pictures, pictures=pictures, enough=enough) as address:
        probe = Probe(case, session, f"{address}/video?user=jo&pwd={SECRET}")
        probe.wait("^FRAME.*size=320x240")
        probe.wait("^FRAME n=30 ")
        case.check("LOST" not in "\n".join(probe.lines), "lost by a broken picture")
        enough.set()
        probe.wait(r"^LOST http://127.0.0.1:[0-9]+/video\?user=jo&pwd=\*\*\* stopped sending its picture; trying again")
        enough.clear()
        probe.wait("^BACK")
        case.check(SECRET not in probe.finish(), "the password was said")


def test_http_film(case):
    """a film on a web server is played at its own pace to its end; a page that is none is an error, a missing one is asked for again"""
    case.gst("videotestsrc num-buffers=50 ! video/x-raw,width=320,height=240,framerate=25/1 ! x264enc ! mp4mux faststart=true "
             "faststart-file=scratch ! filesink location=film.mp4")
    with open(case.path("page.html"), "w") as page:
        page.write("<html><body>" + "no film here " * 200)
    with live(pipewire=False) as session, Server(Quiet, folder=case.folder) as address:
        start = time.monotonic()
        probe = Probe(case, session, address + "/film.mp4")
        probe.wait("^ENDED")
        case.check(time.monotonic() - start > 1.9, "a film of 2 s was over sooner")
        frames, lost = re.search(r"frames=(\d+) lost=(\d+)", probe.wait("^TOTAL")[0]).groups()
        case.equal(int(frames) + int(lost), 50, "frames")
        probe = Probe(case, session, address + "/page.html")
        probe.wait("^FAILED .*/page.html': it is not a clip")
        probe = Probe(case, session, address + "/missing")
        probe.wait("^LOST .*/missing has nothing at this address; trying again in 0.5 s")
        probe.finish()


def test_mute_server(case):
    """a server that takes the call and says nothing holds up nobody who leaves"""
    with live(pipewire=False) as session, socket.create_server(("127.0.0.1", 0)) as server:
        for scheme in ["rtsp", "http"]:
            probe = Probe(case, session, f"{scheme}://127.0.0.1:{server.getsockname()[1]}/x")
            probe.wait("^OPEN kind=1")
            time.sleep(1)
            probe.finish()


def test_portal(case):
    """in a sandbox the camera comes through the desktop's portal, and only with its leave"""
    with live() as session:
        session.camera("test")
        hidden = case.path("empty")
        os.mkdir(hidden, 0o700)
        sandbox = {"NAMETAG_PORTAL": "1", "XDG_RUNTIME_DIR": hidden, "PIPEWIRE_RUNTIME_DIR": hidden}
        pipewire = os.path.join(session.env["XDG_RUNTIME_DIR"], "pipewire-0")
        probe = Probe(case, session, env=sandbox)
        probe.wait("^FAILED cannot use a camera: this desktop has no camera portal .*install xdg-desktop-portal")
        for behaviour, words in [(["refuse"], "^FAILED cannot use a camera: it was refused; allow it"),
                                 (["grant"], "^FAILED cannot use a camera: "),
                                 (["grant", pipewire], "^FRAME.*size=640x360")]:
            mock = session.popen([tool("portal_mock"), *behaviour], stdout=subprocess.PIPE)
            case.equal(mock.stdout.readline(), b"ready\n", "the mock")
            probe = Probe(case, session, env=sandbox)
            probe.wait(words)
            if "FRAME" in words:
                probe.finish()
            mock.kill()
            mock.wait()
        mock = session.popen([tool("portal_mock"), "silent"], stdout=subprocess.PIPE)
        mock.stdout.readline()
        probe = Probe(case, session, env=sandbox)
        probe.wait("^OPEN kind=0")
        time.sleep(0.5)
        probe.finish()


if __name__ == "__main__":
    if "--cycles" in sys.argv:
        at = sys.argv.index("--cycles")
        CYCLES = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    harness.main(__name__)
