#!/usr/bin/python3
"""How much faster `nametag tag --records` is with tracks than with each frame on its own, and whether it names the same people.

    python3 tests/tracking/speed.py [--nametag PROGRAM] [--only CLIP]... [--pairs N] [--threads N]

The two take turns, so that whatever else the machine does meets both; the ratio is the median of the pairs'. From start to end of the
program, decoding included.
"""
import argparse
import os
import statistics
import sys
import time

import media
import tracks
import truth

CLIPS = ("1280x720", "demo", "hamilton")
AT_LEAST = 3.0 # promised of 1280x720 with two faces


def tag(nametag, clip, exact, options):
    """Seconds by the clock, and of the processors; and the records."""
    path = os.path.join(media.BUILD, "records", f"{clip.name}.speed.jsonl")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    before, began = os.times(), time.monotonic()
    media.run([nametag, "tag", clip.path, "--gallery", clip.gallery, "--no-keep", "--quiet", "--records", path,
               *(["--threads", str(options.threads)] if options.threads else []), *(["--exact"] if exact else [])])
    seconds, after = time.monotonic() - began, os.times()
    return seconds, after.children_user + after.children_system - before.children_user - before.children_system, tracks.read_records(path)


def names_of(cast, records):
    """The names seen in each shot."""
    return {shot.name: sorted({face["name"] for frame in shot.frames() for face in records.get(frame, []) if face["name"]})
            for shot in cast.shots}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nametag", default=os.path.join(truth.ROOT, "build", "release", "src", "cli", "nametag"))
    parser.add_argument("--only", action="append", metavar="CLIP", help="of: " + ", ".join(tracks.names()))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="given to nametag tag")
    parser.add_argument("--check", action="store_true", help="exit code 1 when the promise does not hold")
    options = parser.parse_args()
    media.make_demo(options.nametag)
    if not tracks.has_tracks(options.nametag):
        raise SystemExit(f"{options.nametag} has no --exact: it does not follow faces yet")
    good = True
    print(f"{'clip':20}{'frames':>7} | {'alone, frames/s':>16}{'tracks, frames/s':>17}{'times':>7} | {'CPU times':>9} | names of the shots")
    for name in options.only or [clip for clip in CLIPS if clip in tracks.names()]:
        clip = tracks.Clip(name, options.nametag)
        pairs = [(tag(options.nametag, clip, True, options), tag(options.nametag, clip, False, options)) for _ in range(options.pairs)]
        frames = clip.cast.frames
        alone, followed = (statistics.median(pair[way][0] for pair in pairs) for way in (0, 1))
        ratio = statistics.median(pair[0][0] / pair[1][0] for pair in pairs)
        work = statistics.median(pair[0][1] / pair[1][1] for pair in pairs)
        said = [names_of(clip.cast, pairs[0][way][2]) for way in (0, 1)]
        same = "the same: " + "; ".join(f"{shot}: {', '.join(who) or 'nobody'}" for shot, who in said[1].items()) if said[0] == said[1] \
            else f"differ: alone {said[0]}, tracks {said[1]}"
        print(f"{name:20}{frames:7} | {frames / alone:16.1f}{frames / followed:17.1f}{ratio:7.2f} | {work:9.2f} | {same}", flush=True)
        if name == "1280x720":
            good = ratio >= AT_LEAST and said[0] == said[1]
    return 1 if options.check and not good else 0


if __name__ == "__main__":
    sys.exit(main())
