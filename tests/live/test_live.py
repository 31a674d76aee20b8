"""nametag live and devices on cameras: PipeWire's, plugged and unplugged, and a network camera with a password."""
import functools
import json
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cli")]

from harness import NAMETAG, Skip, json_lines, main, need  # noqa: E402
from live_harness import FRANCK, RATE, Running, clip, enrol, enrol_meanwhile, events, is_frame  # noqa: E402
from session import Missing, Session, tool  # noqa: E402


def with_session(test):
    """Gives the test a session of its own."""
    @functools.wraps(test)
    def run(case):
        try:
            with Session() as session:
                case.env.update({name: value for name, value in session.env.items() if name != "XDG_DATA_HOME"})
                case.env["XDG_DATA_HOME"] = case.path("data")
                test(case, session)
        except Missing as reason:
            raise Skip(reason) from reason
    return run


def camera(case, session, **how):
    return session.camera(clip(case, need(FRANCK), frames=4 * RATE), width=384, height=288, **how)


def has_name(name):
    return lambda line: any(face["name"] == name for face in line.get("faces", []))


@with_session
def test_camera_is_found(case, session):
    """A camera is listed with its modes; its id, its name and no word at all lead to it, and who is before it is named."""
    enrol(case)
    camera(case, session)
    listed = json.loads(case.nametag("devices", "--json").stdout)
    mine = [device for device in listed if device["name"] == "ClipCamera"]
    case.equal(len(mine), 1, f"cameras of that name in {listed}")
    case.check("384x288" in mine[0]["modes"], mine)
    text = case.nametag("devices").stdout
    case.check(mine[0]["id"] in text and "ClipCamera" in text, text)
    for words in ([mine[0]["id"]], ["ClipCamera"], [] if len(listed) == 1 else ["ClipCamera"]):
        with Running(case, *words, "--quiet", "--no-landmarks") as run:
            line = run.wait_for(has_name("Franck"), f"the name with {words}")
            case.equal(line["source"], "ClipCamera", "source")
            case.equal((line["width"], line["height"]), (384, 288), "size")
            rest = run.interrupt()
            case.equal([event["event"] for event in events(rest)][-2:], ["left", "ended"], "the last events")


@with_session
def test_unplugged(case, session):
    """A camera that is pulled out is told of in words and as an event, everybody has left by then, and it goes on by itself when
    it is back; Ctrl+C leaves whole files, also while it is away."""
    enrol(case)
    source, output = camera(case, session), case.path("out.webm")
    with Running(case, "ClipCamera", "--no-landmarks", "--output", output) as run:
        run.wait_for(has_name("Franck"), "the name")
        for _ in range(2):
            source.unplug()
            run.wait_for(lambda line: line.get("event") == "left", "who left")
            lost = run.wait_for(lambda line: line.get("event") == "lost", "the loss")
            case.check("ClipCamera" in lost["words"], lost)
            case.check(lost["words"] in run.stderr(), f"{lost} is not in {run.stderr()!r}")
            source.plug()
            before = run.wait_for(lambda line: line.get("event") == "back", "the return")
            line = run.wait_for(has_name("Franck"), "the name after the return")
            case.check(line["time"] >= before["time"], f"{before}, then {line}")
        source.unplug()
        run.wait_for(lambda line: line.get("event") == "lost", "the last loss")
        rest = run.interrupt()
        case.equal([event["event"] for event in events(rest)][-1:], ["ended"], "the last event")
        case.check("frames shown" in run.stderr(), run.stderr())
    told = case.nametag("tag", output, "--gallery", case.gallery, "--no-keep").stdout
    case.check("Franck" in told, told)


@with_session
def test_enrolled_meanwhile(case, session):
    """Somebody enrolled by another process is named without a restart."""
    camera(case, session)
    with Running(case, "ClipCamera", "--no-landmarks", "--quiet") as run:
        run.wait_for(is_frame, "a face")
        enrol_meanwhile(case)
        run.wait_for(lambda line: line.get("event") == "named" and line["name"] == "Franck", "the name")
        run.interrupt()


class Server:
    """A network camera at 127.0.0.1; a restart keeps the address."""

    def __init__(self, session, path):
        self.session, self.path, self.port, self.process = session, path, 0, None

    def start(self):
        self.process = self.session.popen(
            [tool("rtsp_server"), "--port", str(self.port), "--user", "guard", "--password", "s3cr3t-word", self.path],
            stdout=subprocess.PIPE, stderr=self.session.log)
        ready = self.process.stdout.readline().decode().strip()
        self.process.stdout.close()
        match = re.fullmatch(r"ready rtsp://(?:[^/]*@)?127\.0\.0\.1:(\d+)(/.*)", ready)
        if not match:
            raise RuntimeError(f"the server did not start: {ready!r} {self.session.log_text()}")
        self.port, self.rest = int(match[1]), match[2]

    def uri(self, credentials="guard:s3cr3t-word@"):
        return f"rtsp://{credentials}127.0.0.1:{self.port}{self.rest}"

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@with_session
def test_network_camera(case, session):
    """A network camera that restarts is waited for; its user and password are nowhere in what is printed or written."""
    enrol(case)
    server = Server(session, clip(case, need(FRANCK), frames=4 * RATE))
    server.start()
    seen = []

    def note(wanted):
        return lambda line: seen.append(json.dumps(line)) or wanted(line)
    with Running(case, server.uri(), "--no-landmarks", "--keep") as run:
        run.wait_for(note(has_name("Franck")), "the name")
        server.stop()
        run.wait_for(note(lambda line: line.get("event") == "lost"), "the loss")
        server.start()
        run.wait_for(note(lambda line: line.get("event") == "back"), "the return")
        run.wait_for(note(has_name("Franck")), "the name after the return")
        rest = run.interrupt()
        text = "\n".join(seen) + json.dumps(rest) + run.stderr()
    case.check("127.0.0.1" in text, "the address is not told")
    tagged = subprocess.Popen([NAMETAG, "tag", server.uri(), "--gallery", case.gallery, "--threshold", "9"], env=case.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(1)
    tagged.send_signal(signal.SIGINT)
    text += tagged.communicate(timeout=60)[0]
    with open(case.gallery, "rb") as file:
        kept = file.read()
    for secret in ("guard", "s3cr3t-word"):
        case.check(secret not in text and secret.encode() not in kept, f"{secret} is told in {text[-2000:]}")


@with_session
def test_wrong_password(case, session):
    """A wrong password is no reason to wait: exit code 1, with words that do not have it."""
    server = Server(session, clip(case, need(FRANCK)))
    server.start()
    for command in ("live", "tag"):
        done = subprocess.run([NAMETAG, command, server.uri("guard:wr0ng-word@"), "--gallery", case.gallery, "--quiet",
                               "--records", "-"], env=case.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        case.equal(done.returncode, 1, f"exit code of {command} ({done.stderr})")
        case.check("127.0.0.1" in done.stderr and "wr0ng" not in done.stderr + done.stdout, done.stderr + done.stdout)
        failed = [line["event"] for line in json_lines(done.stdout)]
        case.equal(failed, ["started", "failed"] if command == "live" else [], "events")
        case.note(done.stderr)


if __name__ == "__main__":
    main(__name__)
