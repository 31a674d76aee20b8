#!/usr/bin/python3
"""Naming a face on the picture: by pointer, by keyboard alone, and taking it back."""
import re

from harness import check, demo, main, wait_for


def click_a_face_type_a_name(desktop):
    with desktop.app([demo()]) as app:
        app.enroll(re.compile("unknown person.*(?=, on the right)"), "Anna")
        app.face("Anna", limit=3)
        before = app.time_s()
        app.find("label", re.compile("^Anna, "))  # the window's subtitle
        app.find(None, re.compile(r"^Anna, \d+ pictures · on screen now"))
        wait_for(lambda: app.time_s() > before, "the clip to go on playing")
        app.face("Anna")
        app.screenshot("enrolled")


def undo_by_the_toast_and_by_keys(desktop):
    with desktop.app([demo()]) as app:
        app.enroll(re.compile("unknown person.*(?=, on the right)"), "Anna")
        app.face("Anna")
        app.click("push button", "Undo")
        app.wait_gone("push button", re.compile("^Anna, "))
        app.find("label", "Nobody enrolled yet")
        app.key("ctrl+shift+z")
        app.face("Anna")
        app.key("ctrl+z")
        app.wait_gone("push button", re.compile("^Anna, "))


def by_keyboard_alone(desktop):
    with desktop.app([demo()]) as app:
        app.face(re.compile("unknown person.*"))
        for _ in range(40):
            focus = app.focused()
            if focus and re.search(", on the (left|right)$", focus.name):
                break
            app.key("Tab")
        check(focus and ", on the" in focus.name, f"Tab reaches a face, not only {focus}")
        app.key("Return")
        app.find("text", "Name")
        wait_for(lambda: app.focused() and app.focused().role == "text", "the entry to have the keyboard")
        app.type("Berta")
        app.key("Return")
        app.face("Berta", limit=3)
        app.wait_gone("text", "Name")


def a_name_that_cannot_be(desktop):
    with desktop.app([demo()]) as app:
        app.enroll(re.compile("unknown person.*(?=, on the right)"), "unknown 3")
        app.find("label", re.compile("is for people without a name"))
        app.key("Escape")
        app.wait_gone("text", "Name")
        app.face(re.compile("unknown person.*"))


if __name__ == "__main__":
    raise SystemExit(main([click_a_face_type_a_name, undo_by_the_toast_and_by_keys, by_keyboard_alone, a_name_that_cannot_be]))
