"""nametag live and devices, on files played in real time and test patterns: no camera is needed."""
import datetime
import json
import os
import pty
import re
import select
import subprocess
import time

from harness import NAMETAG, json_lines, main
from live_harness import PRESENTER, RATE, Running, clip, count, enrol, enrol_meanwhile, events, frames, is_frame, live, moment

def test_names(case):
    """A file is played to its end: every frame has its faces, its time and the track's number; who comes and goes is told."""
    enrol(case)
    source = clip(case)
    n = count(case, source)
    started = datetime.datetime.now(datetime.timezone.utc)
    lines = json_lines(live(case, source, "--records", "-", "--quiet", "--no-landmarks").stdout)
    told = [line["event"] for line in events(lines)]
    case.equal((told[0], told[1], told[-2:]), ("started", "appeared", ["left", "ended"]), f"events: {told}")
    shown = frames(lines)
    # The first frames of a busy machine may go out before anything was analysed; from then on every one has its face.
    case.equal([line["frame"] for line in shown], list(range(shown[0]["frame"], n)), "frames with faces")
    case.check(shown[0]["frame"] < n / 2, f"the first frame with a face is {shown[0]['frame']} of {n}")
    case.equal({line["schema"] for line in shown}, {"nametag-records/1"}, "schema of frames")
    case.equal({line["schema"] for line in events(lines)}, {"nametag-events/1"}, "schema of events")
    tracks = {face["track"] for line in shown for face in line["faces"]}
    case.equal(tracks, {1}, "tracks")
    case.check({face["finding"] for line in shown for face in line["faces"]} <= {"detected", "followed", "predicted"}, "findings")
    case.check("landmarks" not in shown[0]["faces"][0], "landmarks")
    case.equal([face["name"] for face in shown[-1]["faces"]], ["Franck"], "the name at the end")
    case.equal([line["name"] for line in events(lines, "named")], ["Franck"], "named")
    left = events(lines, "left")[-1]
    case.equal((left["name"], left["track"], left["first_ns"], left["pts_ns"]),
               ("Franck", 1, shown[0]["pts_ns"], shown[-1]["pts_ns"]), "who left")
    times = [moment(line) for line in shown]
    ended = datetime.datetime.now(datetime.timezone.utc)
    case.check(times == sorted(times) and started <= times[0] and times[-1] <= ended, "times")
    case.check(all(line["source"].endswith("clip.mp4") for line in lines), "source")


def test_lines_for_people(case):
    """Without --records a line is printed for whoever comes, and a summary at the end; --quiet leaves only the lines."""
    enrol(case)
    source = clip(case)
    done = live(case, source)
    case.equal(re.findall(r"^\d\d:\d\d:\d\d  (.*)$", done.stdout, re.M), ["Franck appeared"], f"lines: {done.stdout}")
    n = count(case, source)
    case.check(re.search(rf"clip.mp4: {n} frames, \d+ with faces", done.stdout), done.stdout)
    case.check(re.search(rf"^  {n} frames shown: \d+ analysed, \d+ skipped \([\d.]+ %\), \d+ late$", done.stdout, re.M),
               done.stdout)
    case.check(re.search(r"^  a name after [\d.]+ s \(median\), [\d.]+ s \(95 %\)$", done.stdout, re.M), done.stdout)
    quiet = live(case, source, "--quiet")
    case.check(re.fullmatch(r"(\d\d:\d\d:\d\d  .*\n)+", quiet.stdout) and quiet.stderr == "", quiet.stdout + quiet.stderr)
    both = live(case, source, "--quiet", "--records", case.path("r.jsonl"))
    case.equal(both.stdout, "", "standard output with records and --quiet")


def test_on_a_terminal(case):
    """On a terminal one line is kept up to date: who is in view, frames shown, analysed, skipped, late."""
    enrol(case)
    source, text = clip(case), b""
    child, master = pty.fork()
    if child == 0:
        os.execve(NAMETAG, [NAMETAG, "live", source, "--gallery", case.gallery], dict(case.env, TERM="xterm"))
    try:
        while True:
            if select.select([master], [], [], 60)[0]:
                text += os.read(master, 65536)
    except OSError:
        pass  # the other side is closed
    _, status = os.waitpid(child, 0)
    os.close(master)
    text = text.decode()
    case.equal(os.waitstatus_to_exitcode(status), 0, f"exit code: {text}")
    drawn = [part for part in text.split("\r\x1b[K") if "analysed" in part and " | " in part]
    case.check(len(drawn) >= 3, text)
    case.check(re.search(r"Franck \| .*\d+ shown, \d+ analysed, \d+ skipped, \d+ late", drawn[-1]), drawn[-1])
    case.check("\r\x1b[K" in text.partition(drawn[-1])[2], "the line is left behind")


def test_records_are_added_to(case):
    """A file of records is added to, line by line; --events-only leaves out the frames."""
    enrol(case)
    source, records = clip(case, frames=RATE), case.path("r.jsonl")
    for _ in range(2):
        live(case, source, "--records", records, "--events-only")
    with open(records, encoding="utf-8") as file:
        lines = json_lines(file.read())
    case.equal([line["event"] for line in lines if line["event"] in ("started", "ended")], ["started", "ended"] * 2, "runs")
    case.equal(frames(lines), [], "frames")


def test_seconds_and_pattern(case):
    """A test pattern is a source that never ends; --seconds stops it, with exit code 0."""
    done = live(case, "test:", "--seconds", "1.5", "--records", "-")
    lines = json_lines(done.stdout)
    case.equal(([line["event"] for line in events(lines)], frames(lines)), (["started", "ended"], []), "records")
    case.check("frames shown" in done.stderr and "nobody is enrolled" in done.stderr, done.stderr)


def test_output(case):
    """--output records the annotated picture: a whole clip, in which each frame has its time."""
    enrol(case)
    source = clip(case, frames=RATE)
    for ending in ("webm", "mp4"):
        output = case.path(f"out.{ending}")
        live(case, source, "--output", output, "--quiet")
        told = case.nametag("tag", output, "--gallery", case.gallery, "--no-keep").stdout
        case.check("Franck" in told and int(re.search(r"(\d+) frames", told).group(1)) > RATE // 2, told)
    case.equal([name for name in os.listdir(case.folder) if "part" in name], [], "parts left behind")
    done = live(case, source, "--output", "/proc/none/out.webm", "--quiet", expect=1)
    case.check("/proc/none/out.webm" in done.stderr, done.stderr)


def test_interrupted(case):
    """Ctrl+C ends with exit code 130, whole files and a summary."""
    enrol(case)
    output = case.path("out.webm")
    with Running(case, clip(case), "--loop", "--output", output) as run:
        run.wait_for(lambda line: line.get("frame", 0) >= RATE, "a second of frames")
        rest = run.interrupt()
        case.equal([line["event"] for line in events(rest)][-2:], ["left", "ended"], "the last events")
        case.check("frames shown" in run.stderr() and "Franck" in run.stderr(), run.stderr())
    told = case.nametag("tag", output, "--no-keep").stdout
    case.check(re.search(r"\d+ frames, \d+ with faces", told), told)


def test_timeout(case):
    """timeout(1), which signals twice at once, ends it as Ctrl+C does."""
    enrol(case)
    output = case.path("out.mp4")
    done = subprocess.run(["timeout", "--preserve-status", "2", NAMETAG, "live", clip(case), "--loop", "--output", output,
                           "--gallery", case.gallery], env=case.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    case.equal(done.returncode, 130, f"exit code: {done.stderr}")
    case.check("frames shown" in done.stdout and os.path.getsize(output) > 1000, done.stdout)


def test_loop(case):
    """--loop begins anew at the end; times go on."""
    enrol(case)
    with Running(case, clip(case, frames=RATE), "--loop", "--quiet") as run:
        run.wait_for(lambda line: line.get("pts_ns", 0) >= 2_200_000_000, "the third round")
        run.interrupt()


def test_enrolled_meanwhile(case):
    """Whoever is enrolled by another program while this one runs is named, also where there was no gallery before."""
    with Running(case, clip(case, frames=4 * RATE), "--loop", "--quiet", "--no-landmarks") as run:
        run.wait_for(lambda line: any(face["name"] is None for face in line.get("faces", [])), "an unknown face")
        enrol_meanwhile(case)
        run.wait_for(lambda line: any(face["name"] == "Franck" for face in line.get("faces", [])), "the name")
        case.nametag("people", "--gallery", case.gallery, "rename", "Franck", "Frank")
        run.wait_for(lambda line: line.get("event") == "named" and line["name"] == "Frank", "the new name")
        run.interrupt()
        case.equal(run.stderr(), "", "standard error")


def test_unknown_are_not_kept(case):
    """Unknown people are numbered, and nothing is kept of them, unless --keep says so."""
    enrol(case, "Presenter", PRESENTER, ("0", "5"))
    source = clip(case)
    for keep in ([], ["--keep"]):
        case.check("No unknown people" in case.nametag("people", "--gallery", case.gallery, "unknown").stdout, "somebody was kept")
        with Running(case, source, "--loop", *keep) as run:
            run.wait_for(lambda line: {face.get("unknown") for face in line.get("faces", [])} == {1}, "a number")
            run.interrupt()
    kept = json.loads(case.nametag("people", "--gallery", case.gallery, "unknown", "--json").stdout)
    case.equal([(entry["unknown"], entry["name"], entry["ignored"]) for entry in kept], [(1, None, False)], "kept")
    case.check(kept[0]["source"].endswith("clip.mp4") and kept[0]["pictures"] > 0 and kept[0]["frames"] > 0, kept)
    case.nametag("people", "--gallery", case.gallery, "name-unknown", "1", "Franck")
    kept = json.loads(case.nametag("people", "--gallery", case.gallery, "unknown", "--json").stdout)
    case.equal([entry["name"] for entry in kept], ["Franck"], "by now")


def test_gallery_in_trouble(case):
    """A gallery that cannot be read any more is said once; who was known is named on."""
    enrol(case)
    with Running(case, clip(case, frames=4 * RATE), "--loop", "--no-landmarks", "--quiet") as run:
        run.wait_for(lambda line: any(face["name"] == "Franck" for face in line.get("faces", [])), "the name")
        with open(case.path("other"), "w", encoding="utf-8") as file:
            file.write("this is no gallery " * 100)
        os.rename(case.path("other"), case.gallery)
        end = time.monotonic() + 30
        while "people.sqlite" not in run.stderr() and time.monotonic() < end:
            line = run.wait_for(is_frame, "a frame")
        last = line["frame"]
        run.wait_for(lambda line: line.get("frame", 0) > last + 3 * RATE, "three seconds more")
        line = run.wait_for(is_frame, "a frame")
        case.equal([face["name"] for face in line["faces"]], ["Franck"], "who was known")
        run.interrupt()
        case.equal(run.stderr().count("people.sqlite"), 1, f"times that it was said: {run.stderr()}")


def test_reader_goes_away(case):
    """A reader of the records that goes away ends the program, with words."""
    enrol(case)
    with Running(case, clip(case), "--loop", "--quiet") as run:
        run.wait_for(is_frame, "a frame")
        run.process.stdout.close()
        case.equal(run.process.wait(timeout=60), 1, f"exit code: {run.stderr()}")
        case.equal(run.stderr().count("standard output"), 1, run.stderr())


def test_wrong_usage(case):
    """What makes no sense is exit code 2 and a word on what would; what is not there is exit code 1."""
    for args in (["a.mp4", "b.mp4"], ["--seconds", "-1"], ["--device-size", "big"], ["--device-size", "0x5"], ["--rate", "9999"],
                 ["--events-only"], ["--output", "out.avi"], ["--upsample", "9"], ["--caution", "bold"], ["--nonsense"]):
        done = live(case, *args, expect=2)
        case.check(done.stderr.startswith("nametag: ") and done.stdout == "", f"{args}: {done.stderr!r}")
    case.nametag("devices", "please", expect=2)
    for source in (case.path("missing.mp4"), "pipewire:no-such-camera", "gopher://example.org/"):
        done = live(case, source, "--quiet", expect=1)
        case.equal(len(done.stderr.splitlines()), 1, f"lines for {source}: {done.stderr}")
        case.check(source.split("/")[-1] in done.stderr or source in done.stderr, done.stderr)
        case.note(done.stderr)


def test_spares_what_it_reads(case):
    """Neither the film that is played nor the gallery is written over, also not by another name; a run that saw no picture fails."""
    enrol(case)
    source = clip(case)
    os.symlink(source, case.path("link.mp4"))
    before = open(source, "rb").read()
    for option, path in (("--output", source), ("--output", case.path("link.mp4")), ("--records", source), ("--records", case.gallery)):
        done = live(case, source, option, path, expect=2)
        case.check(f"{option} {path} is" in done.stderr, done.stderr)
    case.check(open(source, "rb").read() == before, "the clip is as it was")
    for arguments in (("--seconds", "nan", "test:"), ("--threshold", "nan", "test:"), ("--tolerance", "nan", "test:")):
        live(case, *arguments, expect=2)
    done = live(case, "rtsp://127.0.0.1:1/none", "--seconds", "1", expect=1)
    case.check("no picture came" in done.stdout, done.stdout)


def test_output_survives_its_reader(case):
    """Who reads the lines goes away: the recording is whole all the same."""
    source = clip(case)
    process = subprocess.Popen([NAMETAG, "live", "--gallery", case.gallery, "--output", case.path("kept.webm"), source], cwd=case.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.close()
    process.wait(60)
    case.check(process.returncode in (0, 1, 130), f"exit code {process.returncode}")
    case.check(os.path.getsize(case.path("kept.webm")) > 1000, "the recording")
    case.equal([name for name in os.listdir(case.folder) if ".part-" in name], [], "what is left over")


def test_devices(case):
    """devices lists cameras as lines and as JSON; where there is none it says what to look at."""
    case.env["XDG_RUNTIME_DIR"] = case.path("run")
    os.mkdir(case.path("run"), 0o700)
    listed = json.loads(case.nametag("devices", "--json").stdout)
    text = case.nametag("devices").stdout
    for device in listed:
        case.equal(sorted(device), ["id", "modes", "name"], "members")
        case.check(device["id"] in text and device["name"] in text, text)
    if not listed:
        case.check("No camera was found" in text and "nametag live rtsp://" in text, text)
    done = case.nametag("live", "--quiet", "--seconds", "1", "--gallery", case.gallery, expect=0 if listed else 1)
    case.check(listed or "nametag devices" in done.stderr or "camera" in done.stderr, done.stderr)


if __name__ == "__main__":
    main(__name__)
