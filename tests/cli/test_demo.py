"""The demo that ./run.sh makes: both people named right, never swapped, nobody else."""
import os
import re

from harness import json_lines, main, need

DEMO = os.environ.get("NAMETAG_DEMO", "")
FRAMES = 500
SEAM = 400  # the Presenter is left of it, Franck right


def demo_faces():
    with open(need(os.path.join(DEMO, "demo.jsonl")), encoding="utf-8") as file:
        for record in json_lines(file.read()):
            for face in record["faces"]:
                left, _, width, _ = face["box"]
                yield record["frame"], "Presenter" if left + width / 2 < SEAM else "Franck", face


def test_people_are_named(case):
    """Each of the two is found in at least 95 % of the frames, and named in at least 98 % of those."""
    for person in ("Presenter", "Franck"):
        seen, named = set(), set()
        for frame, whose, face in demo_faces():
            if whose == person:
                seen.add(frame)
                if face["name"] == person:
                    named.add(frame)
        case.note(f"{person}: found in {len(seen)} of {FRAMES} frames, named in {len(named)}")
        case.check(len(seen) >= 0.95 * FRAMES, f"{person} was found in {len(seen)} frames only")
        case.check(len(named) >= 0.98 * len(seen), f"{person} was named in {len(named)} of {len(seen)} frames only")


def test_nobody_is_misnamed(case):
    """No face bears the other's name, nor a third."""
    wrong = [(frame, whose, face["name"]) for frame, whose, face in demo_faces()
             if face["name"] not in (None, whose)]
    case.equal(wrong, [], "misnamed faces (frame, person, name given)")


def test_annotated_clip_is_whole(case):
    """The annotated clip has every frame of the demo, in its size."""
    done = case.nametag("tag", need(os.path.join(DEMO, "demo.webm")), "--records", "-", "--quiet", "--threshold", "9")
    case.equal(done.stdout, "", "records of a clip in which nothing is above the threshold")
    done = case.nametag("tag", os.path.join(DEMO, "demo.webm"), "--threshold", "9")
    case.check(f"{FRAMES} frames" in done.stdout, done.stdout)


def test_command(case):
    """demo enrols two people and names them in its clip; a second run does not enrol again; it takes no clip of the user's."""
    need(os.path.join(DEMO, "demo.mp4"))
    told = case.nametag("demo", "--output", case.path("demo")).stdout
    case.equal(sorted(os.listdir(case.path("demo"))), ["demo.jsonl", "demo.webm", "people.sqlite"], "files")
    case.check(re.search(r"Franck +500 frames", told) and re.search(r"Presenter +500 frames", told), told)
    case.equal(told.count("$ nametag enroll"), 2, "enrolments shown")
    before = os.stat(case.path("demo", "demo.jsonl")).st_ino
    told = case.nametag("demo", "--output", case.path("demo"), "--gallery-only").stdout
    case.equal(told.strip(), "", "a second run with nothing to do")
    case.equal(os.stat(case.path("demo", "demo.jsonl")).st_ino, before, "records are left alone")
    case.nametag("demo", "mine.mp4", expect=2)
    done = case.nametag("demo", "--output", "/proc/nowhere", expect=1)
    case.check("--output" in done.stderr, done.stderr)


if __name__ == "__main__":
    main(__name__)
