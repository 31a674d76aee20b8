#!/usr/bin/python3
"""What following two faces live costs, and whether every frame is shown in time.

    python3 tests/tracking/live_load.py [--nametag PROGRAM] [--only NAME]... [--seconds N]

A camera (PipeWire, 30 frames/s) at 1280x720 and 1920x1080 with camera noise, and a file of that size and rate played in real time. Cores
are those of the nametag process alone, from the fifth second on: its decoding, analysis and records.
"""
import argparse
import subprocess
import sys

import clips
import live_runs
import media

# (name, scene, size, camera?, most cores)
RUNS = (("camera-720", "live-720-noisy", (1280, 720), True, 1.2), ("camera-1080", "live-1080-noisy", (1920, 1080), True, 1.8),
        ("file-720", "live-720", (1280, 720), False, 1.2), ("file-1080", "live-1080", (1920, 1080), False, 1.8))
MOST_LATE = 0.1 # per cent
CAMERA_RATE = 30


def both_share(frames, width, shown):
    """Share of the frames shown in which both are followed, and in which both are named, each at their side; per cent."""
    followed = named = 0
    for frame in frames:
        sides = {}
        for face in frame["faces"]:
            left, _, size, _ = face["box"]
            sides.setdefault(left + size / 2 < width * 0.52, []).append(face)
        if len(sides) == 2:
            followed += 1
            named += {face["name"] for side in sides.values() for face in side} >= {"Presenter", "Franck"}
    return 100 * followed / max(shown, 1), 100 * named / max(shown, 1)


def report(name, run, width, limit):
    summary = run.summary()
    followed, named = both_share(run.frames(), width, summary["shown"])
    cores, late = run.cores(), 100 * (summary["late"] + summary["lost"]) / max(summary["shown"], 1)
    skipped = 100 * summary["skipped"] / max(summary["shown"], 1)
    good = cores <= limit and late < MOST_LATE
    print(f"{name:12}{summary['shown']:7}{cores:7.2f}{limit:6.1f}{summary['late']:6}{summary['lost']:6}{late:8.2f} %{skipped:8.1f} %{followed:9.1f} %{named:8.1f} %"
          f"{max(each.resident for each in run.samples) / 2 ** 20:8.0f}{'' if good else '   does not hold'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nametag", default=live_runs.DEFAULT_NAMETAG)
    parser.add_argument("--only", action="append", choices=[run[0] for run in RUNS])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--option", action="append", default=[], help="given to nametag live, such as --option=--fast")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a promise does not hold")
    options = parser.parse_args()
    live_runs.require_live(options.nametag)
    media.make_demo(options.nametag)
    good = True
    print(f"{'source':12}{'frames':>7}{'cores':>7}{'of':>6}{'late':>6}{'lost':>6}{'together':>10}{'predicted':>10}{'both seen':>11}{'named':>10}{'MiB':>8}")
    for name, scene, (width, height), camera, limit in RUNS:
        if options.only and name not in options.only:
            continue
        clip, _ = clips.make(scene)
        arguments = (media.DEMO_GALLERY, "--seconds", str(options.seconds), *options.option)
        if camera:
            session_module = live_runs.session_module()
            with session_module.Session() as session:
                session.camera(clip, width=width, height=height, rate=CAMERA_RATE)
                with live_runs.LiveRun(options.nametag, session.popen, "pipewire:clipcam", *arguments,
                                       "--device-size", f"{width}x{height}", environment=session.env) as run:
                    run.watch(options.seconds + 30)
                    good = report(name, run, width, limit) and good
        else:
            with live_runs.LiveRun(options.nametag, subprocess.Popen, clip, *arguments, "--loop") as run:
                run.watch(options.seconds + 30)
                good = report(name, run, width, limit) and good
    return 1 if options.check and not good else 0


if __name__ == "__main__":
    sys.exit(main())
