#!/usr/bin/python3
"""How the window looks: narrow, dark, in high contrast, large text, other languages. The pictures are kept to be looked at."""
import os
import re
import shutil

from harness import Missing, check, demo, main

NARROW = (360, 640)


def gallery(desktop, name):
    path = os.path.join(desktop.session.folder, name + ".sqlite")
    shutil.copy(demo("people.sqlite"), path)
    return path


def shows_all(desktop, name, size=None, faces=True, **env):
    with desktop.app([demo()], gallery=gallery(desktop, name), env=env, size=size) as app:
        app.find("slider")
        if faces:
            app.face("Franck")
        app.screenshot(name)
        check_within(app)


def check_within(app):
    """No button is beyond the window's edges."""
    nodes = app.nodes()
    window = next(node for node in nodes if node.depth == 0).place
    for node in nodes:
        if node.role == "push button" and node.place and node.toplevel == 1 and app.is_shown(node):
            x, _, width, _ = node.place
            check(x >= 0 and x + width <= window[2], f"{node} is within {window[2]} px")


def narrow(desktop):
    with desktop.app([demo()], gallery=gallery(desktop, "narrow"), size=NARROW, settings={"show-sidebar": "false"}) as app:
        app.face("Franck")
        window = next(node for node in app.nodes() if node.depth == 0).place
        check(window[2] <= NARROW[0], f"the window is {window[2]} px wide")
        app.screenshot("narrow")
        check_within(app)
        for name in (re.compile("^(Play|Pause)$"), "Next Frame", "Previous Frame", "Loop", "Fullscreen"):
            app.button(name)
        app.key("F9")
        app.find(None, re.compile("^Franck, "))
        app.screenshot("narrow-pane")


def narrow_without_anything(desktop):
    with desktop.app(size=NARROW, settings={"show-sidebar": "false"}) as app:
        app.button("Open File…")
        app.screenshot("narrow-empty")
        check_within(app)


def dark(desktop):
    shows_all(desktop, "dark", ADW_DEBUG_COLOR_SCHEME="prefer-dark")


def high_contrast(desktop):
    shows_all(desktop, "high-contrast", ADW_DEBUG_HIGH_CONTRAST="1")


def panes(desktop):
    with desktop.app([demo()], gallery=gallery(desktop, "panes")) as app:
        app.face("Franck")
        app.key("ctrl+3")
        app.find("label", re.compile("^Score .*limit"))
        app.screenshot("explain")
        app.key("ctrl+comma")
        app.find("frame", "Preferences")
        app.screenshot("preferences")
        app.key("Escape")
        app.wait_gone("frame", "Preferences")
        app.key("ctrl+question")
        app.screenshot("shortcuts")
        app.key("Escape")


def language(code, word):
    def scenario(desktop):
        import gettext
        build = os.path.dirname(os.path.dirname(os.path.dirname(desktop.program)))
        if not gettext.find("nametag", os.path.join(build, "po"), [code]):
            raise Missing(f"the catalogue of {code}")
        with open(gettext.find("nametag", os.path.join(build, "po"), [code]), "rb") as file:
            if not gettext.GNUTranslations(file)._catalog.get("Play the Demo"):
                raise Missing(f"the translation into {code}")
        with desktop.app(env={"LANGUAGE": code, "LANG": locale()}) as app:
            app.find("push button", re.compile(word))
            app.screenshot("empty-" + code)
            check_within(app)
        shows_all(desktop, "language-" + code, LANGUAGE=code, LANG=locale(), faces=False)
    scenario.__name__ = "in_" + code
    return scenario


def locale():
    """gettext needs another than C; those of Debian have C.UTF-8 alone, which GLib's gettext takes for one since 2.35."""
    import subprocess
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    for name in known:
        if re.search(r"^(?!C|POSIX).*utf-?8", name, re.IGNORECASE):
            return name
    return "C.UTF-8"


if __name__ == "__main__":
    raise SystemExit(main([narrow, narrow_without_anything, dark, high_contrast, panes, language("de", "Datei"),
                           language("fr", "fichier"), language("es", "archivo")]))
