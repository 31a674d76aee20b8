#!/usr/bin/python3
"""A gallery that is encrypted: nobody is known until its pass phrase is typed."""
import os
import re
import shutil

from harness import check, demo, main, wait_for

PASS_PHRASE = "four sleepy otters float"


def locked_copy(desktop, name):
    path = os.path.join(desktop.session.folder, name + ".sqlite")
    shutil.copy(demo("people.sqlite"), path)
    secret = path + ".secret"
    with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(PASS_PHRASE + "\n")
    done = desktop.session.run([desktop.cli, "people", "encrypt", "--gallery", path],
                               env=dict(desktop.session.env, NAMETAG_PASSPHRASE_FILE=secret), capture_output=True, text=True)
    check(done.returncode == 0, f"nametag people encrypt: {done.stderr}")
    return path


def a_wrong_and_then_the_right_pass_phrase(desktop):
    with desktop.app([demo()], gallery=locked_copy(desktop, "locked")) as app:
        app.find(None, "Unlock the Gallery")
        app.screenshot("unlock")
        app.type("something else")
        app.key("Return")
        app.find("label", re.compile("wrong|not right|does not open|another", re.IGNORECASE))
        app.find(None, "Unlock the Gallery")
        check(not app.maybe("push button", re.compile("^Franck, ")), "nobody is known yet")
        app.key("ctrl+a")
        app.type(PASS_PHRASE)
        app.key("Return")
        app.face("Franck")
        app.face("Presenter")
        app.wait_gone(None, "Unlock the Gallery")


def later(desktop):
    with desktop.app([demo()], gallery=locked_copy(desktop, "later")) as app:
        app.find(None, "Unlock the Gallery")
        app.key("Escape")
        app.wait_gone(None, "Unlock the Gallery")
        app.face(re.compile("unknown person.*"))
        app.find("label", re.compile("^The gallery is locked"))
        app.screenshot("locked")
        app.click(app.face(re.compile("unknown person.*")))
        app.find("label", re.compile("gallery is locked. Unlock it"))
        app.key("Escape")
        app.click("push button", "Unlock…")
        app.find(None, "Unlock the Gallery")
        app.type(PASS_PHRASE)
        app.key("Return")
        app.face("Franck")
        wait_for(lambda: not app.maybe("label", re.compile("^The gallery is locked")), "the notice to go")


if __name__ == "__main__":
    raise SystemExit(main([a_wrong_and_then_the_right_pass_phrase, later]))
