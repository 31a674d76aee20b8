#!/usr/bin/python3
"""Whether live goes on when its source does not, and whether anything grows.

    python3 tests/tracking/soak.py [--nametag PROGRAM] [--only NAME]... [--times N] [--frames N] [--minutes N]

    unplug   a camera (PipeWire) is pulled out and put back, N times
    rtsp     a network camera's server is killed and started again, N times
    stall    both hang for 20 s
    resize   both come back with another size; a file changes its size on the way
    tag      nametag tag of a clip of 20,000 frames
    live     a camera for 10 minutes

Of every loss: how long until it was said, and from the moment the source can be had again to the first frame with a face. Of every run: resident
memory, threads and descriptors, early and late. Memory of a run is flat when the mean of the last fifth of the samples is at most 2 % more than
that of the first, the first tenth left out; of losses, when the median of the last third of them is, compared with the second third.
"""
import argparse
import datetime
import os
import statistics
import subprocess
import sys
import time

import clips
import live_runs
import media

FLAT = 2.0       # per cent
WARM = 0.1       # of a run, before anything is compared
SAID_WITHIN = {"camera": 2.0, "network": 7.0} # seconds; a network camera is given 5 s without a picture first
BACK_WITHIN = {"camera": 3.0, "network": 30.0} # a network camera is asked again at growing intervals
STALL_S = 20.0
SETTLE_S = 3.0   # of pictures between two losses
CLIP = "live-720"
SMALL = "both-small"
USED = []        # what did not hold


def check(truth, words):
    if not truth:
        USED.append(words)
        print("does not hold: " + words, flush=True)


def seconds_of(line):
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()


def wait_for(run, wanted, limit):
    """The first line of the records for which wanted() is true, waiting for it; None after limit seconds or the run's end."""
    end = time.monotonic() + limit
    while time.monotonic() < end and run.process.poll() is None:
        for line in run.new_lines():
            if wanted(line):
                return line
        time.sleep(0.02)
    return None


class Follower(live_runs.LiveRun):
    """A run whose records are read as they come."""

    def __enter__(self):
        self.read, self.rest = 0, b""
        return super().__enter__()

    def new_lines(self):
        import json
        if not os.path.exists(self.records_path):
            return
        with open(self.records_path, "rb") as file:
            file.seek(self.read)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)

    def skip(self):
        for _ in self.new_lines():
            pass


def face_after(moment):
    return lambda line: line.get("faces") and seconds_of(line) >= moment


def lose_and_return(run, kind, lose, come_back, pause, results):
    """One loss. lose() and come_back() do it; the source can be had when come_back returns."""
    run.skip()
    lost_at = time.time()
    lose()
    lost = wait_for(run, lambda line: line.get("event") == "lost", 30)
    said = seconds_of(lost) - lost_at if lost else None
    time.sleep(pause)
    come_back()
    there_at = time.time()
    back = wait_for(run, face_after(there_at - 0.5), 60)
    results.append((said, seconds_of(back) - there_at if back else None, lost and lost.get("words")))
    return back is not None


def say_losses(name, kind, results):
    said = [result[0] for result in results if result[0] is not None]
    back = [max(0.0, result[1]) for result in results if result[1] is not None]
    print(f"{name}: {len(results)} losses, {len(said)} said, {len(back)} back")
    if said:
        print(f"    said after {statistics.median(said):.2f} s (median), {max(said):.2f} s (worst): \"{results[-1][2]}\"")
    if back:
        print(f"    back after {statistics.median(back):.2f} s (median), {max(back):.2f} s (worst)", flush=True)
    check(len(said) == len(back) == len(results), f"{name}: every loss is said, and every return seen")
    check(not said or max(said) <= SAID_WITHIN[kind], f"{name}: said within {SAID_WITHIN[kind]:g} s")
    check(not back or max(back) <= BACK_WITHIN[kind], f"{name}: back within {BACK_WITHIN[kind]:g} s")


def say_use(name, before, after):
    """Of one loss. Only said: what is taken once is no growth, and RTSP over TCP takes fewer threads and descriptors than over UDP."""
    if not before or not after:
        check(False, f"{name}: the program ran to the end")
        return
    print(f"    resident {before.resident / 2 ** 20:.0f} -> {after.resident / 2 ** 20:.0f} MiB, threads {before.threads} -> {after.threads}, "
          f"descriptors {before.descriptors} -> {after.descriptors}", flush=True)


def say_growth(name, samples):
    """One sample after each loss. The first third is warm-up; medians of the second and the last are compared."""
    if len(samples) < 6:
        check(False, f"{name}: enough losses to compare ({len(samples)})")
        return
    third = len(samples) // 3
    middle, last = samples[third:-third], samples[-third:]
    early, late = (statistics.median(each.resident for each in part) for part in (middle, last))
    grown = 100 * (late - early) / early
    threads, descriptors = ([max(getattr(each, what) for each in part) for part in (middle, last)] for what in ("threads", "descriptors"))
    print("    resident, MiB, after each: " + " ".join(f"{each.resident / 2 ** 20:.0f}" for each in samples))
    print(f"    second third to last: resident {early / 2 ** 20:.1f} -> {late / 2 ** 20:.1f} MiB ({grown:+.1f} %), at most {threads[0]} -> {threads[1]} "
          f"threads, {descriptors[0]} -> {descriptors[1]} descriptors", flush=True)
    check(grown <= FLAT, f"{name}: memory flat within {FLAT:g} %")
    check(threads[1] <= threads[0], f"{name}: threads flat")
    check(descriptors[1] <= descriptors[0], f"{name}: descriptors flat")


def cycles(name, run, kind, lose, come_back, times):
    """Loses and returns so often; what it uses is compared once it is warm."""
    results, samples = [], []
    check(wait_for(run, lambda line: line.get("faces"), 30) is not None, f"{name}: a first picture")
    for _ in range(times):
        if not lose_and_return(run, kind, lose, come_back, 0.5, results):
            break
        now = run.watch(SETTLE_S)
        if now:
            samples.append(now)
    check(run.process.poll() is None, f"{name}: still running")
    say_losses(name, kind, results)
    say_growth(name, samples)


class RtspServer:
    """tests/live/rtsp_server on a port that stays the same."""

    def __init__(self, session_module, session, clip):
        self.session, self.clip, self.port, self.process = session, clip, 0, None
        self.tool, self.end = session_module.tool("rtsp_server"), session_module.end

    def start(self):
        self.process = self.session.popen([self.tool, "--port", str(self.port), self.clip], stdout=subprocess.PIPE, stderr=self.session.log)
        ready = self.process.stdout.readline().decode().split()
        if len(ready) != 2:
            raise SystemExit(f"the RTSP server did not start:\n{self.session.log_text()}")
        self.process.stdout.close()
        self.uri = ready[1]
        self.port = int(self.uri.rpartition(":")[2].partition("/")[0])

    def stop(self):
        self.end(self.process)


def follow(options, session, source, *more):
    return Follower(options.nametag, session.popen, source, media.DEMO_GALLERY, "--no-landmarks", *more, environment=session.env)


def with_camera(options, work):
    with live_runs.session_module().Session() as session:
        camera = session.camera(clips.make(CLIP)[0], width=1280, height=720)
        with follow(options, session, "pipewire:clipcam") as run:
            work(run, camera)


def with_rtsp(options, work):
    session_module = live_runs.session_module()
    with session_module.Session(wireplumber=False) as session:
        server = RtspServer(session_module, session, clips.make(CLIP)[0])
        server.start()
        with follow(options, session, server.uri) as run:
            work(run, server)


def unplug(options):
    with_camera(options, lambda run, camera: cycles("camera unplugged", run, "camera", camera.unplug, camera.plug, options.times))


def rtsp(options):
    with_rtsp(options, lambda run, server: cycles("network camera restarted", run, "network", server.stop, server.start, options.times))


def stall(options):
    def hang(name, kind, lose, come_back):
        def work(run, _):
            results = []
            check(wait_for(run, lambda line: line.get("faces"), 30) is not None, f"{name}: a first picture")
            run.watch(SETTLE_S)
            before = live_runs.sample(run.process.pid)
            lose_and_return(run, kind, lose, come_back, STALL_S, results)
            run.watch(SETTLE_S)
            say_losses(name, kind, results)
            say_use(name, before, live_runs.sample(run.process.pid))
        return work
    SAID_WITHIN["camera"], kept = SAID_WITHIN["network"], SAID_WITHIN["camera"]
    with_camera(options, lambda run, camera: hang("camera hangs", "camera", camera.stall, camera.resume)(run, camera))
    SAID_WITHIN["camera"] = kept
    import signal
    with_rtsp(options, lambda run, server: hang("network camera hangs", "network", lambda: server.process.send_signal(signal.SIGSTOP),
                                                lambda: server.process.send_signal(signal.SIGCONT))(run, server))


def sizes_seen(run):
    seen = []
    for line in run.frames():
        size = f"{line['width']}x{line['height']}"
        if not seen or seen[-1] != size:
            seen.append(size)
    return seen


def resize(options):
    small = clips.make(SMALL)[0]

    def camera_work(run, camera):
        results = []
        wait_for(run, lambda line: line.get("faces"), 30)
        lose_and_return(run, "camera", camera.unplug, lambda: camera.plug(width=640, height=360), 0.5, results)
        run.watch(SETTLE_S)
        say_losses("camera with another size", "camera", results)
        seen = sizes_seen(run)
        print("    sizes: " + ", ".join(seen))
        check(len(seen) > 1, "camera with another size: both sizes seen")

    def rtsp_work(run, server):
        results = []
        wait_for(run, lambda line: line.get("faces"), 30)
        server.clip = small
        lose_and_return(run, "network", server.stop, server.start, 0.5, results)
        run.watch(SETTLE_S)
        say_losses("network camera with another size", "network", results)
        seen = sizes_seen(run)
        print("    sizes: " + ", ".join(seen))
        check(len(seen) > 1, "network camera with another size: both sizes seen")
    with_camera(options, camera_work)
    with_rtsp(options, rtsp_work)
    joined = join("resized", (clips.make(CLIP)[0], small, clips.make(CLIP)[0]))
    with live_runs.LiveRun(options.nametag, subprocess.Popen, joined, media.DEMO_GALLERY, "--seconds", "40") as run:
        run.watch(60)
        seen, code = sizes_seen(run), run.process.poll()
        print("file that changes its size: " + ", ".join(seen))
        check(code == 0 and len(seen) == 3, "a file that changes its size is played to its end")


def join(name, paths, times=1):
    """Clips one after another as plain H.264."""
    os.makedirs(media.BUILD, exist_ok=True)
    target = os.path.join(media.BUILD, name + ".h264")
    if os.path.exists(target) and all(os.path.getmtime(target) > os.path.getmtime(path) for path in paths):
        return target
    with open(target + ".part", "wb") as out:
        for path in paths:
            plain = os.path.join(media.BUILD, "one.h264")
            media.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "qtdemux", "!", "h264parse", "config-interval=-1", "!",
                       "video/x-h264,stream-format=byte-stream,alignment=au", "!", "filesink", f"location={plain}"])
            with open(plain, "rb") as file:
                once = file.read()
            for _ in range(times):
                out.write(once)
            os.remove(plain)
    os.replace(target + ".part", target)
    return target


def say_memory(name, samples):
    """Early and late means of the resident memory, once warm."""
    rest = samples[int(len(samples) * WARM):]
    fifth = max(1, len(rest) // 5)
    if len(rest) < 10:
        check(False, f"{name}: enough samples ({len(rest)})")
        return
    early, late = (statistics.mean(each.resident for each in part) for part in (rest[:fifth], rest[-fifth:]))
    grown = 100 * (late - early) / early
    low, high = min(each.resident for each in rest), max(each.resident for each in rest)
    print(f"    resident {early / 2 ** 20:.1f} -> {late / 2 ** 20:.1f} MiB ({grown:+.2f} %), between {low / 2 ** 20:.1f} and {high / 2 ** 20:.1f}; "
          f"threads {rest[0].threads} -> {rest[-1].threads}, descriptors {rest[0].descriptors} -> {rest[-1].descriptors}", flush=True)
    check(grown <= FLAT, f"{name}: memory flat within {FLAT:g} %")
    check(rest[-1].descriptors <= rest[0].descriptors and rest[-1].threads <= rest[0].threads, f"{name}: threads and descriptors flat")


def tag(options):
    clip, cast = clips.make(SMALL)
    frames = 10 * clips.LIVE_RATE
    long = join("long", [clip], times=-(-options.frames // frames)) if options.frames == 20000 else join(
        f"long-{options.frames}", [clip], times=-(-options.frames // frames))
    samples, began = [], time.monotonic()
    with subprocess.Popen([options.nametag, "tag", long, "--gallery", media.DEMO_GALLERY, "--no-keep", "--no-landmarks", "--records", "-"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        n = 0
        for line in process.stdout:
            n += 1
            if n % 50 == 0:
                now = live_runs.sample(process.pid)
                if now:
                    samples.append(now)
    seconds = time.monotonic() - began
    print(f"tag: {n} frames in {seconds:.0f} s ({n / seconds:.0f} frames/s)")
    check(process.returncode == 0, "tag: exit code 0")
    check(n >= 0.99 * options.frames, "tag: faces in (nearly) every frame")
    say_memory("tag", samples)


def live(options):
    def work(run, _):
        run.watch(60 * options.minutes)
        print(f"live: {options.minutes:g} minutes, {run.cores():.2f} cores")
        say_memory("live", run.samples)
        check(run.process.poll() is None, "live: still running")
    with_camera(options, work)


PARTS = {"unplug": unplug, "rtsp": rtsp, "stall": stall, "resize": resize, "tag": tag, "live": live}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nametag", default=live_runs.DEFAULT_NAMETAG)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--times", type=int, default=20, help="how often to unplug and to stop")
    parser.add_argument("--frames", type=int, default=20000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--check", action="store_true", help="exit code 1 when a promise does not hold")
    options = parser.parse_args()
    live_runs.require_live(options.nametag)
    media.make_demo(options.nametag)
    for name in options.only or PARTS:
        PARTS[name](options)
    print("everything promised holds" if not USED else f"{len(USED)} promises do not hold")
    return 1 if options.check and USED else 0


if __name__ == "__main__":
    sys.exit(main())
