"""The measure itself: made records of which the figures are known."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import main  # noqa: E402

import tracks  # noqa: E402
import truth  # noqa: E402

FRAMES = 20


def cast():
    """Anna left, Bob right, in one shot of 20 frames; Bob is hidden in frames 8 to 10."""
    still = lambda x: [[0, x, 50, 40], [FRAMES - 1, x, 50, 40]]
    return truth.Cast({"schema": truth.SCHEMA, "clip": "made", "width": 300, "height": 100, "frames": FRAMES, "rate": [10, 1], "shots": [
        {"name": "all", "first": 0, "last": FRAMES - 1, "people": [
            {"name": "Anna", "who": "Anna", "frontal": True, "path": still(50)},
            {"name": "Bob", "who": "Bob", "frontal": True, "path": still(200), "hidden": [[8, 10]]}]}]})


def face(x, track, name, finding="detected"):
    return {"box": [x - 20, 31, 40, 40], "track": track, "name": name, "finding": finding, "verdict": "name" if name else "unknown"}


def right():
    records = {frame: [face(52, 1, "Anna"), face(195, 2, "Bob")] for frame in range(FRAMES)}
    for frame in (8, 9, 10):
        records[frame] = records[frame][:1]
    return records


def figures(case, records, who):
    result = tracks.score(cast(), records)
    return result, next(value for person, value in result.people.items() if person.who == who)


def test_right_records_have_no_faults(case):
    """Records that say what is so: everything named, no switch, no fragment but what hiding explains, nothing on nobody."""
    for who, visible in (("Anna", 20), ("Bob", 17)):
        result, of = figures(case, right(), who)
        case.equal((of.visible, of.found, of.named, of.share()), (visible, visible, visible, 100.0), who)
        case.equal((of.wrong, of.flicker, of.switches, of.swaps, of.fragments), (0, 0, 0, 0, 0), who)
        case.equal((result.changes, result.doubles, result.nobody_tracks, result.nobody_faces), ([], 0, set(), 0), "of the clip")


def test_exchanged_tracks(case):
    """Two tracks that change places: a switch and a swap for each person, and wrong names for as long as it lasts."""
    records = right()
    for frame in range(12, FRAMES):
        records[frame] = [face(52, 2, "Bob"), face(195, 1, "Anna")]
    result, anna = figures(case, records, "Anna")
    case.equal((anna.wrong, anna.switches, anna.swaps, anna.flicker), (8, 1, 1, 1), "of Anna")
    case.equal(result.changes, [], "changed names")


def test_changed_name(case):
    """A track whose name becomes another, or none, is a change; from none to a name is not."""
    records = right()
    records[0][0] = face(52, 1, None)
    records[5][0] = face(52, 1, "Bob")
    records[6][0] = face(52, 1, None)
    result, anna = figures(case, records, "Anna")
    case.equal([change[0] for change in result.changes], [5, 6], "frames of the changes")
    case.equal((anna.first_found, anna.first_named, anna.wrong, anna.flicker, result.doubles), (0, 1, 1, 2, 1), "of Anna")


def test_lost_and_begun_anew(case):
    """A gap is a fragment, and a new number after it a switch, but no swap."""
    records = right()
    for frame in (14, 15):
        records[frame] = records[frame][1:]
    for frame in range(16, FRAMES):
        records[frame][0] = face(52, 7, "Anna")
    _, anna = figures(case, records, "Anna")
    case.equal((anna.found, anna.fragments, anna.switches, anna.swaps, sorted(anna.tracks)), (18, 1, 1, 0, [1, 7]), "of Anna")
    case.equal(anna.share(), 90.0, "share named")


def test_faces_on_nobody(case):
    """A face where nobody is counts as one, with its track; one where somebody is hidden does not."""
    records = right()
    records[4].append(face(120, 9, "Anna"))
    records[9].append(face(200, 2, "Bob", "predicted"))
    result, bob = figures(case, records, "Bob")
    case.equal((result.nobody_tracks, result.nobody_faces, result.nobody_named, result.doubles), ({9}, 1, 1, 1), "of the clip")
    case.equal((bob.hidden, bob.hidden_shown, bob.wrong), (3, 1, 0), "of Bob")


if __name__ == "__main__":
    main(__name__)
