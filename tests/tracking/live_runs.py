"""`nametag live` run on cameras that are clips (tests/live/session.py) or on files in real time, and watched while it runs."""
import json
import os
import re
import shutil
import sys
import tempfile
import time

import media
import truth

sys.path.insert(0, os.path.join(truth.ROOT, "tests", "live"))
TICKS = os.sysconf("SC_CLK_TCK")
DEFAULT_NAMETAG = os.path.join(truth.ROOT, "build", "release", "src", "cli", "nametag")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Sample:
    """What a process uses at a moment; None for one that is gone."""

    def __init__(self, pid):
        self.at = time.monotonic()
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        self.cpu = (int(fields[11]) + int(fields[12])) / TICKS
        self.threads, self.resident = int(fields[17]), int(fields[21]) * PAGE
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))


def sample(pid):
    try:
        return Sample(pid)
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


class LiveRun:
    """A run under way, in a folder of its own; a context manager that ends it. popen: the session's, or subprocess's."""

    def __init__(self, nametag, popen, source, gallery, *options, records=True, environment=None):
        self.folder = tempfile.mkdtemp(prefix="nametag-measure-")
        self.records_path = os.path.join(self.folder, "records.jsonl")
        self.said_path = os.path.join(self.folder, "said")
        self.command = [nametag, "live", *([source] if source else []), "--gallery", gallery, *options,
                        *(["--records", self.records_path] if records else [])]
        self.popen, self.process, self.samples, self.began = popen, None, [], 0
        self.environment = environment

    def __enter__(self):
        with open(self.said_path, "wb") as said:
            extra = {"env": self.environment} if self.environment else {}
            self.process = self.popen(self.command, stdout=said, stderr=said, **extra)
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except Exception:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def watch(self, seconds, every=1.0):
        """Samples until then, or until it ends; the newest sample."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            now = sample(self.process.pid)
            if now:
                self.samples.append(now)
            time.sleep(max(0, min(every, end - time.monotonic())))
        return self.samples[-1] if self.samples else None

    def wait(self, limit=30):
        """The exit code, once it ends by itself."""
        return self.process.wait(limit)

    def said(self):
        with open(self.said_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self):
        """Of the records so far: whole lines, frames and events."""
        try:
            with open(self.records_path, encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def frames(self):
        return [line for line in self.lines() if "faces" in line]

    def events(self, *kinds):
        return [line for line in self.lines() if line.get("event") in kinds]

    def cores(self, after=5.0):
        """Mean of the processors used, from some seconds after the start to the last sample."""
        rest = [each for each in self.samples if each.at - self.began >= after]
        return (rest[-1].cpu - rest[0].cpu) / (rest[-1].at - rest[0].at) if len(rest) > 1 else float("nan")

    def summary(self):
        """{"shown", "analysed", "skipped", "late", "lost"}, and seconds "to_name", "to_name_95" where there are any; of a run that ended."""
        text = self.said()
        found = re.search(r"(\d+) frames shown: (\d+) analysed, (\d+) skipped \([^)]*\), (\d+) late(?:, and (\d+) lost before)?", text)
        if not found:
            raise SystemExit(f"{' '.join(self.command)}\nended without a summary:\n{text[-2000:]}")
        summary = dict(zip(("shown", "analysed", "skipped", "late", "lost"), (int(value or 0) for value in found.groups())))
        named = re.search(r"a name after ([\d.]+) s \(median\), ([\d.]+) s", text)
        if named:
            summary["to_name"], summary["to_name_95"] = (float(value) for value in named.groups())
        return summary


def require_live(nametag):
    try:
        media.run([nametag, "live", "--help"])
    except SystemExit:
        raise SystemExit(f"{nametag} has no command 'live' yet") from None


def session_module():
    """tests/live/session.py, or an end with a word when something that it needs is missing."""
    try:
        import session
    except ImportError:
        raise SystemExit("tests/live/session.py is not here") from None
    return session


def nearest(values, share):
    """The value below which lies that share of the values (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 1).__int__() - 1))] if ordered else float("nan")
