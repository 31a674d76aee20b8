#!/usr/bin/python3
"""The people of the gallery: confirming and denying a name, renaming, merging, forgetting; the tray of the unknown."""
import os
import re
import shutil
import sqlite3
import subprocess

from harness import check, demo, main, wait_for

UNKNOWN_RIGHT = re.compile("unknown person.*(?=, on the right)")


def own_copy(desktop, name):
    """The demo's gallery: Presenter, on the left, and Franck."""
    path = os.path.join(desktop.session.folder, name + ".sqlite")
    shutil.copy(demo("people.sqlite"), path)
    return path


def names(desktop, gallery):
    """Who is in the file, as the command line says it."""
    done = subprocess.run([desktop.cli, "people", "list", "--gallery", gallery], env=desktop.session.env, capture_output=True, text=True)
    check(done.returncode == 0, f"nametag people list: {done.stderr}")
    return done.stdout


def open_person(app, name):
    app.click(None, re.compile(f"^{name}, \\d+ picture"))
    app.button("All people")


def rename_somebody(desktop):
    gallery = own_copy(desktop, "rename")
    with desktop.app([demo()], gallery=gallery) as app:
        app.face("Franck")
        open_person(app, "Franck")
        app.screenshot("person")
        app.click("push button", "Rename")
        app.find(None, "New name")
        app.key("ctrl+a")
        app.type("François")
        app.key("Return")
        app.face("François", limit=5)
        app.click("push button", "All people")
        app.find(None, re.compile("^François, "))
        check("François" in names(desktop, gallery), "the file has the new name")


def merge_two(desktop):
    gallery = own_copy(desktop, "merge")
    with desktop.app([demo()], gallery=gallery) as app:
        app.face("Franck")
        open_person(app, "Presenter")
        app.choose("More about this person", "Merge into…")
        app.find(None, "Merge Presenter into")
        app.click("push button", "Merge")
        wait_for(lambda: "Presenter" not in names(desktop, gallery), "Presenter to be part of Franck in the file")
        app.wait_gone("push button", re.compile("^Presenter, "))
        app.key("ctrl+z")
        app.face("Presenter")


def forget_somebody(desktop):
    gallery = own_copy(desktop, "forget")
    with desktop.app([demo()], gallery=gallery) as app:
        app.face("Franck")
        open_person(app, "Franck")
        app.choose("More about this person", "Forget…")
        app.find(None, "Forget Franck?")
        app.find("label", re.compile("erased for good"))
        app.screenshot("forget")
        app.click("push button", "Forget")
        app.wait_gone("push button", re.compile("^Franck, "))
        app.face(UNKNOWN_RIGHT)
        app.face("Presenter")
    with open(gallery, "rb") as file:
        check(b"Franck" not in file.read(), "no trace of the name in the file")


def deny_a_name_and_give_another(desktop):
    gallery = own_copy(desktop, "deny")
    with desktop.app([demo()], gallery=gallery) as app:
        before = pictures(gallery)
        app.click(app.face("Franck"))
        app.find("label", "This is Franck")
        app.screenshot("popover-known")
        app.click("push button", "Not Franck")
        wait_for(lambda: not app.maybe("label", "This is Franck"), "the popover not to say Franck any more")
        app.click(app.find("text"))
        app.type("Clara")
        app.key("Return")
        app.face("Clara", limit=5)
        app.face("Presenter")
        check(pictures(gallery) > before, "pictures of Clara in the file")


def pictures(gallery):
    with sqlite3.connect(f"file:{gallery}?mode=ro", uri=True) as file:
        return file.execute("SELECT count(*) FROM faces").fetchone()[0]


def name_an_unknown_and_ignore_another(desktop):
    with desktop.app([demo()]) as app:
        app.face(UNKNOWN_RIGHT)
        app.click("page tab", "Unknown")
        app.find(None, re.compile("^Name unknown 1"))
        app.find(None, re.compile("^Name unknown 2"))
        app.screenshot("tray")
        app.click("push button", re.compile("^Name unknown 1"))
        app.find("label", "Who is this?")
        app.type("Dora")
        app.key("Return")
        app.face("Dora", limit=5)
        app.wait_gone("push button", re.compile("^Name unknown 1"))
        app.click("push button", re.compile("^Ignore unknown"))
        app.wait_gone("push button", re.compile("^Ignore unknown"))
        app.find("label", "Nobody unknown so far")
        app.face("Dora")


def search(desktop):
    with desktop.app([demo()], gallery=own_copy(desktop, "search")) as app:
        app.find(None, re.compile("^Presenter, "))
        app.key("ctrl+f")
        app.type("fran")
        app.wait_gone(None, re.compile("^Presenter, \\d"))
        app.find(None, re.compile("^Franck, \\d"))
        app.type("xyz")
        app.find("label", "Nobody of that name")


if __name__ == "__main__":
    raise SystemExit(main([rename_somebody, merge_two, forget_somebody, deny_a_name_and_give_another, name_an_unknown_and_ignore_another, search]))
