"""A catalogue that is no language: every word of the window in ⟦…⟧, with accents and a third longer, as German is than English.

    python3 tests/app/pseudo.py FOLDER [LANGUAGE]
    NAMETAG_LOCALE_DIR=FOLDER LANGUAGE=LANGUAGE LC_ALL=C.UTF-8 build/mine/src/app/nametag-gtk

Words without brackets cannot be translated; a bracket that is missing was cut off. The language is "eo" if none is given. With one
that is written from right to left ("he", "ar") GTK mirrors the window, and the words get marks that turn them as well.
"""
import os
import re
import subprocess
import sys
import tempfile

PO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "po")
LONGER = 0.3
ACCENTS = str.maketrans("aeiouAEIOUncsy", "àéîöüÀÉÎÖÜñçšý")
FROM_RIGHT = {"ar", "fa", "he", "ur", "yi"}
RIGHT_TO_LEFT, POP = "\u202e", "\u202c"
# What a program or GTK reads within the words: directives of printf, mark-up, entities, formats of dates, keyboard mnemonics.
READ = re.compile(r"%%|%[-#0-9$.*+ ]*(?:hh?|ll?|[zjtLq])?[A-Za-z]|<[^<>]*>|&[#\w]+;|_")
DATE = re.compile(r"%-?[dBYHMSebmp]")


def is_for_a_program(text, flags):
    """A format of a date or a number in which brackets would only hide the value."""
    return "no-c-format" in flags or not re.search(r"[^\W\d_]", READ.sub("", text))


def disguise(text, language="eo"):
    """The text as the catalogue has it; directives and mark-up stay as they are."""
    words, last = [], 0
    for found in READ.finditer(text):
        words += [text[last:found.start()].translate(ACCENTS), found.group()]
        last = found.end()
    words.append(text[last:].translate(ACCENTS))
    letters = len(READ.sub("", text))
    body = "".join(words) + "~" * max(1, round(LONGER * letters))
    inner = RIGHT_TO_LEFT + body + POP if language.split("_")[0] in FROM_RIGHT else body
    # gettext wants both to begin and end with a newline, or neither.
    head, tail = "\n" * text.startswith("\n"), "\n" * text.endswith("\n")
    return head + "⟦" + inner.strip("\n") + "⟧" + tail


def unquote(lines):
    text = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', lines))
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found.group(1), found.group(1)), text)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def entries(catalogue):
    """Of the text of a .po or .pot: dicts of flags, references, msgctxt, msgid, msgid_plural, msgstr (a list), obsolete left out."""
    for block in re.split(r"\n\s*\n", catalogue):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        flags = {flag.strip() for line in lines if line.startswith("#,") for flag in line[2:].split(",")}
        comments = [line for line in lines if line.startswith("#")]
        parts = re.findall(r'^(msg\w+(?:\[\d+\])?)((?:\s*"(?:\\.|[^"\\])*"\s*)+)', "\n".join(
            line for line in lines if not line.startswith("#")), re.MULTILINE)
        entry = {name: unquote(text) for name, text in parts if not name.startswith("msgstr")}
        if "msgid" in entry:
            yield dict(entry, flags=flags, comments=comments,
                       msgstr=[unquote(text) for name, text in parts if name.startswith("msgstr")])


def template(folder):
    """A .pot of the sources as they are, made anew."""
    made = os.path.join(folder, "nametag.pot")
    with open(os.path.join(PO, "POTFILES"), encoding="utf-8") as files:
        listed = [line.strip() for line in files if line.strip() and not line.startswith("#")]
    keywords = ["_", "N_", "C_:1c,2", "NC_:1c,2", "ngettext:1,2", "g_dngettext:2,3", "g_dcgettext:2", "g_dpgettext2:2c,3"]
    subprocess.run(["xgettext", "--from-code=UTF-8", "--add-comments", "--output", made, "--directory", os.path.join(PO, ".."),
                    *["--keyword=" + keyword for keyword in keywords],
                    *[f"--flag={name}:c-format" for name in ("g_strdup_printf:1", "g_set_error:4", "g_error_new:3")], *listed],
                   check=True, stderr=subprocess.PIPE)
    with open(made, encoding="utf-8") as text:
        return text.read()


def make(folder, language="eo"):
    """Writes FOLDER/LANGUAGE/LC_MESSAGES/nametag.mo; returns how many entries it has."""
    target = os.path.join(folder, language, "LC_MESSAGES")
    os.makedirs(target, exist_ok=True)
    lines = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\n"',
             f'"Language: {language}\\n"', '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"', ""]
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for entry in entries(template(scratch)):
            if not entry["msgid"]:
                continue
            count += 1
            texts = [entry[name] for name in ("msgid", "msgid_plural") if name in entry]
            plain = is_for_a_program(entry["msgid"], entry["flags"]) or DATE.search(
                entry["msgid"]) and "c-format" not in entry["flags"]
            shown = texts if plain else [disguise(text, language) for text in texts]
            if "c-format" in entry["flags"]:
                lines.append("#, c-format")
            if "msgctxt" in entry:
                lines.append("msgctxt " + quote(entry["msgctxt"]))
            lines.append("msgid " + quote(texts[0]))
            if len(texts) > 1:
                lines.append("msgid_plural " + quote(texts[1]))
                lines += [f"msgstr[{i}] {quote(text)}" for i, text in enumerate(shown)]
            else:
                lines.append("msgstr " + quote(shown[0]))
            lines.append("")
        po = os.path.join(scratch, "pseudo.po")
        with open(po, "w", encoding="utf-8") as out:
            out.write("\n".join(lines))
        subprocess.run(["msgfmt", "--check-format", "--output-file", os.path.join(target, "nametag.mo"), po],
                       check=True)
    return count


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    wanted = sys.argv[2] if len(sys.argv) == 3 else "eo"
    print(f"{make(sys.argv[1], wanted)} entries in {os.path.join(sys.argv[1], wanted)}")
