#!/usr/bin/python3
"""Exporting from the window: whole files, or none."""
import json
import os
import re
import shutil
import subprocess

from harness import check, clip_of_one, demo, main, wait_for


def own_clip(desktop, folder):
    """A copy: files are proposed beside the clip."""
    path = os.path.join(desktop.session.folder, folder)
    os.makedirs(path)
    shutil.copy(demo(), os.path.join(path, "holiday.mp4"))
    shutil.copy(demo("people.sqlite"), os.path.join(path, "people.sqlite"))
    return os.path.join(path, "holiday.mp4"), os.path.join(path, "people.sqlite")


def short_clip(desktop, folder):
    """Its first two seconds."""
    clip, gallery = own_clip(desktop, folder)
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", demo(), "-t", "2", "-c", "copy", clip], check=True)
    return clip, gallery


def choose_all(app):
    app.key("ctrl+e")
    app.find(None, "Export")
    for row in ("Table", "Subtitles", "Records"):
        app.click("label", row)
    app.find("label", re.compile(r"holiday-tagged\.webm, holiday-tagged\.csv, holiday-tagged\.vtt, holiday-tagged\.jsonl"))


def files_appear_whole(desktop):
    clip, gallery = short_clip(desktop, "whole")
    folder = os.path.dirname(clip)
    with desktop.app([clip], gallery=gallery) as app:
        app.face("Franck")
        choose_all(app)
        app.screenshot("export")
        app.click("push button", "Export")
        app.find("label", "Exported", limit=120)
        app.screenshot("exported")
        app.click("push button", "Close")
    made = {name for name in os.listdir(folder) if "tagged" in name or name.startswith(".")}
    check(made == {"holiday-tagged" + end for end in (".webm", ".csv", ".vtt", ".jsonl")}, f"there is {sorted(made)}")
    with open(os.path.join(folder, "holiday-tagged.jsonl")) as file:
        check(len([json.loads(line) for line in file]) > 10, "records for each frame")
    with open(os.path.join(folder, "holiday-tagged.vtt")) as file:
        text = file.read()
        check(text.startswith("WEBVTT") and "Franck" in text, "the subtitles name Franck")
    with open(os.path.join(folder, "holiday-tagged.csv")) as file:
        check("Presenter" in file.read(), "the table names Presenter")
    with open(os.path.join(folder, "holiday-tagged.webm"), "rb") as file:
        check(file.read(4) == b"\x1aE\xdf\xa3", "the film is a WebM")


def nothing_is_left_when_it_is_stopped(desktop):
    clip, gallery = own_clip(desktop, "stopped")
    folder = os.path.dirname(clip)
    shutil.copy(clip_of_one(), clip)  # a longer one
    with desktop.app([clip], gallery=gallery) as app:
        app.face("Franck")
        choose_all(app)
        app.click("push button", "Export")
        app.find("progress bar", "Progress of the export")
        wait_for(lambda: app.maybe("label", re.compile(r"\d+ frames")), "the frames to be counted")
        app.screenshot("exporting")
        app.key("Escape")
        app.find(None, "Stop the Export?")
        app.click("push button", "Stop")
        wait_for(lambda: not [name for name in os.listdir(folder) if "tagged" in name], lambda: f"nothing left of {os.listdir(folder)}")
        app.key("Escape")
        app.wait_gone("frame", "Export")
        app.find("image", re.compile("^Picture with"))


def it_ends_while_it_is_asked_whether_to_stop(desktop):
    clip, gallery = own_clip(desktop, "asked")
    with desktop.app([clip], gallery=gallery) as app:
        app.face("Franck")
        choose_all(app)
        app.click("push button", "Export")
        app.find("progress bar", "Progress of the export")
        app.key("Escape")
        app.find(None, "Stop the Export?")
        wait_for(lambda: os.path.exists(os.path.join(os.path.dirname(clip), "holiday-tagged.webm")), "the export to end", 60)
        app.click("push button", "Stop")
        app.wait_gone("frame", "Export")


if __name__ == "__main__":
    raise SystemExit(main([files_appear_whole, nothing_is_left_when_it_is_stopped,
                           it_ends_while_it_is_asked_whether_to_stop]))
