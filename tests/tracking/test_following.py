"""Faces followed on clips made from the demo's two people, tagged by the program itself: what holds of tracks and names."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import NAMETAG, main, need  # noqa: E402

import media  # noqa: E402
import tracks  # noqa: E402

OPTIONS = argparse.Namespace(fresh=True, has_tracks=True, option=[])


def follow(name):
    need(media.DEMO_CLIP)
    need(media.DEMO_GALLERY)
    clip = tracks.Clip(name, NAMETAG)
    return clip, tracks.score(clip.cast, tracks.tag(NAMETAG, clip, "tracks", OPTIONS))


def hold(case, name, share, switches=0):
    """Nobody is misnamed, no track changes its name or its face, no name is there twice, and of the frames after the first name
    that many per cent are named."""
    clip, result = follow(name)
    case.equal(result.changes, [], "changed names")
    case.equal(result.doubles, 0, "names twice in a frame")
    for person, figures in result.people.items():
        where = f"{name}, {person.shot.name}, {person.who}"
        case.note(f"{where}: {figures.share():.1f} %, {tracks.runs(figures.trace)}")
        case.equal((figures.wrong, figures.swaps), (0, 0), f"{where}: wrong names, and tracks that took another's face")
        case.check(figures.switches <= switches, f"{where}: {figures.switches} identity switches")
        if person.name:
            case.check(figures.share() >= share, f"{where}: named in {figures.share():.1f} %")
        else:
            case.equal(figures.named, 0, f"{where}: a name")


def test_crossing(case):
    """Two people who walk past each other keep their tracks and their names."""
    hold(case, "crossing", 97)


def test_cut_in_place(case):
    """A cut to somebody else at the same place gives that person's name from its first frame, never the other's."""
    hold(case, "cut-in-place", 98)


def test_flash(case):
    """Camera flashes end nobody's appearance."""
    hold(case, "flash", 99)


def test_covered(case):
    """A face behind a hand for a second has its track and its name again within three frames."""
    hold(case, "covered-suddenly", 97)


def test_only_one_is_enrolled(case):
    """Somebody who is not enrolled gets no name beside one who is."""
    hold(case, "one-enrolled", 98)


if __name__ == "__main__":
    main(__name__)
