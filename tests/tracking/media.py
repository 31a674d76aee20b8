"""Raw frames in and out of GStreamer, and the demo clip and the galleries that everything here starts from."""
import os
import subprocess
import sys

from truth import ROOT

BUILD = os.environ.get("NAMETAG_TRACKING", os.path.join(ROOT, "build", "tracking"))
DEMO = os.path.join(ROOT, "build", "demo")
DEMO_CLIP = os.path.join(DEMO, "demo.mp4")
DEMO_GALLERY = os.path.join(DEMO, "people.sqlite")
SHARED = os.environ.get("NAMETAG_TEST_DATA") or os.path.join(os.path.dirname(ROOT), "shared", "data")
HAMILTON = os.path.join(SHARED, "hamilton", "hamilton.mp4")
# Of the encoder: what is measured is to be the picture's change, not the encoder's.
QUANTIZER = 16


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nfailed:\n{done.stdout[-2000:]}")
    return done.stdout


def make_demo(nametag):
    """The clip and the gallery of ./run.sh."""
    script = 'set -euo pipefail; cd "$1"; . build-aux/setup.sh; . build-aux/demo.sh; mkdir -p "$demo_dir"; demo_clip; demo_gallery "$2"'
    if not (os.path.exists(DEMO_CLIP) and os.path.exists(os.path.join(DEMO, ".enrolled"))):
        run(["bash", "-c", script, "bash", ROOT, os.path.abspath(nametag)])


def make_gallery(nametag, name, *enrol):
    """A gallery of its own in the build folder, enrolled once by `nametag enroll ENROL...`."""
    path, done = os.path.join(BUILD, name), os.path.join(BUILD, f".{name}.enrolled")
    if not os.path.exists(done):
        os.makedirs(BUILD, exist_ok=True)
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(path + ending):
                os.remove(path + ending)
        run([nametag, "enroll", "--gallery", path, *enrol])
        open(done, "w", encoding="utf-8").close()
    return path


def frame_bytes(width, height):
    """Of I420. GStreamer pads rows to 4 bytes: sizes here are multiples of 8, so that nothing is padded."""
    if width % 8 or height % 2:
        raise ValueError(f"{width}x{height}: the width must be a multiple of 8 and the height even")
    return width * height * 3 // 2


def decode(path, width, height, count, crop=None):
    """The first count frames of a clip, I420, scaled. crop: (left, right, top, bottom) pixels cut off first."""
    left, right, top, bottom = crop or (0, 0, 0, 0)
    command = ["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "qtdemux", "!", "h264parse", "!", "avdec_h264", "!",
               "videocrop", f"left={left}", f"right={right}", f"top={top}", f"bottom={bottom}", "!",
               "videoscale", "add-borders=false", "!", f"video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1",
               "!", "fdsink", "fd=1"]
    size = frame_bytes(width, height)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=size)
    frames = []
    try:
        while len(frames) < count:
            frame = process.stdout.read(size)
            if len(frame) < size:
                raise SystemExit(f"{path}: only {len(frames)} frames of {count} could be decoded")
            frames.append(frame)
    finally:
        process.stdout.close()
        process.kill()
        process.wait()
    return frames


def encode(path, width, height, rate, frames):
    """Writes frames (an iterable of I420 bytes) as a clip; under its name when it is whole."""
    part = path + ".part"
    command = ["gst-launch-1.0", "-q", "fdsrc", "fd=0", f"blocksize={frame_bytes(width, height)}", "!", "rawvideoparse", "format=i420",
               f"width={width}", f"height={height}", f"framerate={rate}/1", "!", "x264enc", "pass=quant", f"quantizer={QUANTIZER}",
               "speed-preset=veryfast", "bframes=0", "!", "mp4mux", "faststart=true", "!", "filesink", f"location={part}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for frame in frames:
        process.stdin.write(frame)
    _, errors = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{path} could not be encoded:\n{errors.decode(errors='replace')}")
    os.replace(part, path)
