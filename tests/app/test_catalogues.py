"""The window's words in other languages: whole, well formed, and nothing of the window left out of them."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cli")]

import pseudo  # noqa: E402
from harness import Skip, main  # noqa: E402

ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
MARKED = re.compile(r'(?<![\w"])(?:_|N_|C_|NC_|ngettext|g_dngettext|gettext)\s*\(\s*"', re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
GLIB_IN_GERMAN = "/usr/share/locale/de/LC_MESSAGES/glib20.mo"
TAG = re.compile(r"</?([a-z]+)")


def languages():
    with open(os.path.join(ROOT, "po", "LINGUAS"), encoding="utf-8") as listed:
        return [line.strip() for line in listed if line.strip() and not line.startswith("#")]


def catalogue(language):
    with open(os.path.join(ROOT, "po", language + ".po"), encoding="utf-8") as text:
        return list(pseudo.entries(text.read()))


def key(entry):
    return entry.get("msgctxt"), entry["msgid"], entry.get("msgid_plural")


def need_gettext():
    for program in ("msgfmt", "xgettext"):
        if not shutil.which(program):
            raise Skip(program + " is not here")


def each(case, problems):
    case.check(not problems, "\n".join(problems[:40]) + f"\n{len(problems)} in all")


def test_well_formed(case):
    """msgfmt finds nothing wrong with any of them; directives of printf are those of the English"""
    need_gettext()
    for language in languages():
        done = subprocess.run(["msgfmt", "--check", "-o", os.devnull, os.path.join(ROOT, "po", language + ".po")],
                              capture_output=True, text=True)
        case.check(done.returncode == 0 and not done.stderr.strip(), done.stderr)


def test_whole(case):
    """Every entry is translated, and none is a guess"""
    problems = []
    for language in languages():
        for entry in catalogue(language):
            if "fuzzy" in entry["flags"]:
                problems.append(f"{language}: a guess: {entry['msgid']!r}")
            elif not entry["msgstr"] or not all(entry["msgstr"]):
                problems.append(f"{language}: not translated: {entry['msgid']!r}")
    each(case, problems)


def test_up_to_date(case):
    """They have the words that the sources have now"""
    need_gettext()
    with tempfile.TemporaryDirectory() as folder:
        wanted = {key(entry) for entry in pseudo.entries(pseudo.template(folder)) if entry["msgid"]}
    case.check(len(wanted) > 100, "hardly any words were found in the sources")
    problems = []
    for language in languages():
        have = {key(entry) for entry in catalogue(language) if entry["msgid"]}
        problems += [f"{language}: missing (ninja nametag-update-po): {entry[1]!r}" for entry in sorted(wanted - have, key=str)]
        problems += [f"{language}: nobody says it any more: {entry[1]!r}" for entry in sorted(have - wanted, key=str)]
    each(case, problems)


def test_same_kind(case):
    """Mark-up is the English's, and so are the dots and the colon at the end"""
    problems = []
    for language in languages():
        for entry in catalogue(language):
            if not entry["msgid"]:
                continue
            for text in filter(None, entry["msgstr"]):
                said = entry["msgid"]
                if sorted(TAG.findall(text)) != sorted(TAG.findall(said)):
                    problems.append(f"{language}: other mark-up: {said!r} {text!r}")
                if said.endswith("…") != text.rstrip().endswith("…"):
                    problems.append(f"{language}: other end: {said!r} {text!r}")
                if said.rstrip().endswith(":") != text.rstrip().endswith(":"):
                    problems.append(f"{language}: other end: {said!r} {text!r}")
                if "..." in text and "..." not in said:
                    problems.append(f"{language}: three dots for …: {text!r}")
    each(case, problems)


def test_files(case):
    """POTFILES has every file with words for translators, and no other"""
    marked = set()
    for path in glob.glob(os.path.join(ROOT, "src", "**", "*.[ch]"), recursive=True):
        with open(path, encoding="utf-8") as text:
            if MARKED.search(COMMENT.sub("", text.read())):
                marked.add(os.path.relpath(path, ROOT))
    for path in glob.glob(os.path.join(ROOT, "ui", "*.ui")):
        with open(path, encoding="utf-8") as text:
            if 'translatable="yes"' in text.read():
                marked.add(os.path.relpath(path, ROOT))
    for kind in ("gschema.xml", "desktop.in", "metainfo.xml.in.in"):
        marked |= {os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "data", "*." + kind))}
    with open(os.path.join(ROOT, "po", "POTFILES"), encoding="utf-8") as listed:
        have = [line.strip() for line in listed if line.strip() and not line.startswith("#")]
    case.equal(have, sorted(have), "the order of POTFILES")
    have = {path for path in have if path.startswith(("src/", "data/", "ui/"))}
    case.equal(sorted(have - marked), [], "files without words")
    case.equal(sorted(marked - have), [], "files that are missing")


def test_without_macros(case):
    """No sentence is cut by a macro like G_GUINT64_FORMAT, which xgettext cannot look through"""
    need_gettext()
    with tempfile.TemporaryDirectory() as folder:
        each(case, [repr(entry["msgid"]) for entry in pseudo.entries(pseudo.template(folder))
                    if re.search(r"(?<!%)(?:%%)*%$", entry["msgid"])])


def test_command_line(case):
    """The command line stays English, also where its libraries speak the user's language"""
    if not os.path.exists(GLIB_IN_GERMAN):
        raise Skip("GLib's German catalogue is not here")
    case.env.update(LANGUAGE="de", LC_ALL="C.UTF-8")
    done = case.nametag("tag", "--no-such-option", expect=2)
    case.check("Unknown option --no-such-option" in done.stderr, done.stderr)


def test_pseudo(case):
    """A catalogue made up of every entry can be compiled, mirrored too"""
    need_gettext()
    for language in ("eo", "he"):
        case.check(pseudo.make(case.path("locale"), language) > 100, "hardly any words were found in the sources")
    case.equal(pseudo.disguise("%u pictures"), "⟦%u pîçtüréš" + "~~~" + "⟧", "directives stay")


if __name__ == "__main__":
    main("__main__")
