#!/usr/bin/env python3
"""One version and one date, wherever a release is told of. test_versions.py SOURCE VERSION, the version as meson has it."""
import datetime
import email.utils
import os
import re
import sys
import xml.etree.ElementTree as xml

SOURCE, VERSION = sys.argv[1:3]


def read(*names):
    path = os.path.join(SOURCE, *names)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def found(pattern, text, where):
    match = re.search(pattern, text, re.MULTILINE)
    assert match, f"no release is told of in {where}"
    return match.groups()


def release_notes():
    """CHANGELOG.md: its newest heading."""
    return found(r"^## ([^\s()]+) \(([^)]*)\)$", read("CHANGELOG.md"), "CHANGELOG.md")


def debian():
    """debian/changelog: its newest entry, without the revision of the packaging."""
    text = read("debian", "changelog")
    if text is None:
        return None
    (version,) = found(r"\Anametag \((.+)-[^-)]+\) ", text, "debian/changelog")
    (date,) = found(r"^ -- .*>  (.*)$", text, "debian/changelog")
    return version, email.utils.parsedate_to_datetime(date).astimezone(datetime.timezone.utc).date().isoformat()


def metainfo():
    """The desktop's metainfo: its newest release."""
    text = read("data", "org.nametag.Nametag.metainfo.xml.in.in")
    if text is None:
        return None
    release = xml.fromstring(re.sub(r"@\w+@", "", text)).find("releases/release")
    return release.get("version"), release.get("date")


def main():
    print("TAP version 13")
    print("1..3")
    failed = False
    version, date = release_notes()
    for number, (name, told) in enumerate((("CHANGELOG.md", (version, date)), ("debian/changelog", debian()),
                                           ("the metainfo", metainfo())), 1):
        if told is None:
            print(f"ok {number} - {name} # SKIP not part of this tree")
            continue
        good = told == (VERSION, date)
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {number} - {name} tells of {VERSION}, {date}")
        if not good:
            print(f"# it tells of {told[0]}, {told[1]}")
    return failed


sys.exit(main())
