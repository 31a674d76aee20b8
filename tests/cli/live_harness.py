"""What the tests of `nametag live` share: clips, who is in them, and a run that is read while it goes on."""
import datetime
import json
import os
import re
import signal
import subprocess
import time

from harness import CLIPS, NAMETAG, beginning, json_lines, need

FRANCK = os.path.join(CLIPS, "franck.mp4")
PRESENTER = os.path.join(CLIPS, "cap13_edit2.mp4")
RATE = 25


def clip(case, source=FRANCK, frames=2 * RATE, name="clip.mp4"):
    """The beginning of a demo clip; about 25 frames a second."""
    case.gst(f"{beginning(source, frames)} ! x264enc pass=quant quantizer=18 speed-preset=veryfast ! mp4mux ! filesink location={name}")
    return case.path(name)


def count(case, path):
    """Frames of a clip."""
    told = case.nametag("tag", path, "--gallery", case.gallery, "--no-keep", "--threshold", "9").stdout
    return int(re.search(r"(\d+) frames", told).group(1))


def enrol(case, name="Franck", source=FRANCK, span=("60", "70")):
    """Starts the gallery."""
    case.start_gallery([name, need(source), "--start", span[0], "--end", span[1]])


def enrol_meanwhile(case):
    """Into the gallery that others have open, or wait for."""
    case.nametag("enroll", "--gallery", case.gallery, "Franck", need(FRANCK), "--start", "60", "--end", "70")


def live(case, *args, **options):
    return case.nametag("live", *args, "--gallery", case.gallery, **options)


def events(lines, *kinds):
    return [line for line in lines if line.get("event") in kinds or (not kinds and "event" in line)]


def frames(lines):
    return [line for line in lines if "faces" in line]


def is_frame(line):
    return "faces" in line


def moment(line):
    return datetime.datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


class Running:
    """A live run that is still going on; its records are read as they come."""

    def __init__(self, case, *args, popen=subprocess.Popen, env=None):
        self.case = case
        self.errors = open(case.path("stderr"), "w+")
        self.process = popen([NAMETAG, "live", *args, "--records", "-", "--gallery", case.gallery], env=env or case.env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def stderr(self):
        self.errors.flush()
        with open(self.errors.name, encoding="utf-8") as file:
            return file.read()

    def wait_for(self, wanted, what, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            line = self.process.stdout.readline()
            self.case.check(line, f"ended before {what}: {self.stderr()}")
            line = json.loads(line)
            if wanted(line):
                return line
        raise AssertionError(f"{what} did not come: {self.stderr()}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        rest = json_lines(self.process.communicate(timeout=60)[0])
        self.case.equal(self.process.returncode, 130, f"exit code ({self.stderr()})")
        self.case.check("Sanitizer" not in self.stderr(), self.stderr())
        return rest
