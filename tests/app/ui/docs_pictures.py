#!/usr/bin/python3
"""Takes the pictures of docs/images anew, of the newest build in build/: /usr/bin/python3 tests/app/ui/docs_pictures.py

Not a test: to be run by hand after a change of how the window looks, and to be looked at.
"""
import os
import re
import shutil
import subprocess
import sys
import time

from harness import Desktop, demo, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGES = os.path.join(HERE, "..", "..", "..", "docs", "images")
SHADOW_PX = 4
RIGHT, LEFT = "unknown person.*(?=, on the right)", "unknown person.*(?=, on the left)"


def keep(app, name, trim=False):
    """Few colours, so that it is small. trim: without the shadow around the window."""
    taken = app.screenshot("docs-" + name)
    cut = ["-shave", f"{SHADOW_PX}x{SHADOW_PX}"] if trim else []
    subprocess.run(["convert", taken, *cut, "-strip", "-dither", "FloydSteinberg", "-colors", "256",
                    "PNG8:" + os.path.join(IMAGES, name + ".png")], check=True)
    print(name)


def first_steps(desktop):
    with desktop.app(size=(900, 660)) as app:
        app.find("push button", "Play the Demo")
        keep(app, "first-start")
    with desktop.app([demo()], size=(900, 660)) as app:
        app.find("list item", re.compile(r"unknown 2: \d+ appearance.*"))
        wait_for(lambda: app.time_s() > 4, "some seconds")
        app.click("push button", "Pause")
        app.click(app.face(re.compile(RIGHT)))
        app.find("text", "Name")
        app.type("Bob")
        wait_for(lambda: app.find("push button", "Enroll").has("sensitive"), "the name to be good")
        time.sleep(0.5)
        keep(app, "first-name")
        app.click("push button", "Enroll")
        app.find("push button", "Undo")
        time.sleep(1)  # the time line has him
        keep(app, "first-named")


def the_window(desktop, name, pane=None, **env):
    with desktop.app([demo()], size=(1180, 760), env=env) as app:
        for face, person in ((RIGHT, "Franck"), (LEFT, "Presenter")):
            wait_for(lambda: app.time_s() > 3, "more than one good picture")
            app.enroll(re.compile(face), person)
            app.face(person)
        app.wait_gone("push button", "Undo")
        time.sleep(1)  # it fades
        if pane:
            app.click("label", pane)
            app.find("label", re.compile("^Score .*limit"))
        keep(app, name, trim=True)


if __name__ == "__main__":
    for tool in ("convert", "xcompmgr"):  # without a compositor a popover has a black frame
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed (Debian: imagemagick, xcompmgr)")
    with Desktop() as desktop:
        desktop.scenario = "docs"
        desktop.session.popen(["xcompmgr"], env=desktop.session.env)
        time.sleep(1)
        first_steps(desktop)
        the_window(desktop, "window")
        the_window(desktop, "window-dark", "How It Works", ADW_DEBUG_COLOR_SCHEME="prefer-dark")
