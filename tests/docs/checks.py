"""What is checked of the documents besides running their commands. Each check returns a list of what is wrong."""
import glob
import json
import os
import re
import sqlite3
import subprocess
import tempfile

import stage
from harness import Skip

VERBS = re.compile(r"^  ([a-z][a-z-]+)\s", re.M)
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]+)")
# Options of other programs, which documents show in a command of theirs.
FOREIGN = {"mpv": {"sub-file"}, "jq": {"unbuffered"}, "sqlite3": {"csv"}, "appstreamcli": {"no-net", "pedantic"},
           "meson": {"suite", "prefix", "destdir", "buildtype"}, "apt": {"no-install-recommends"},
           "apt-get": {"no-install-recommends"}, "build-aux/package-deb.sh": {"twice", "source"},
           "models/fetch.sh": {"check"},
           "systemctl": {"user", "now"}, "pkg-config": {"cflags", "libs"}, "find": set(), "flatpak": {"user", "filesystem"},
           "flatpak-builder": {"user", "install", "force-clean"},
           "podman": {"rm", "volume", "device", "network", "userns", "user", "read-only", "tmpfs", "group-add", "build-arg", "replace",
                      "name", "cap-drop", "security-opt"}}
LEAST_LITERAL = 8  # letters of a message that must be fixed, or anything would fit


# links

def broken_links(document, everything):
    anchors = {os.path.normpath(os.path.join(other.root, other.name)): other.anchors() for other in everything}
    wrong = []
    for line, _, words, target in document.links():
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        full = os.path.normpath(os.path.join(document.folder, path)) if path else os.path.join(document.root, document.name)
        if not os.path.exists(full):
            wrong.append(f"line {line}: [{words}]({target}): there is no {path}")
        elif anchor and full not in anchors:
            wrong.append(f"line {line}: [{words}]({target}): {path} is no document")
        elif anchor and anchor not in anchors[full]:
            wrong.append(f"line {line}: [{words}]({target}): no heading makes that anchor; there are {sorted(anchors[full])}")
    return wrong


def unreachable(root, everything):
    index = os.path.join("docs", "README.md")
    linked = {os.path.normpath(os.path.join(document.folder, target.partition("#")[0]))
              for document in everything if document.name == index for _, _, _, target in document.links()}
    wrong = [f"{document.name} is not linked from {index}" for document in everything
             if document.name not in (index, "README.md") and os.path.join(root, document.name) not in linked]
    readme = next(document for document in everything if document.name == "README.md")
    if not any(target == index for _, _, _, target in readme.links()):
        wrong.append(f"README.md does not link {index}")
    pictures = {os.path.normpath(os.path.join(document.folder, target)) for document in everything
                for _, is_picture, _, target in document.links() if is_picture}
    return wrong + [f"{os.path.relpath(path, root)} is shown nowhere" for path in glob.glob(os.path.join(root, "docs/images/*"))
                    if path not in pictures]


# options

class Options:
    """The options of every command, as their --help has them."""

    def __init__(self, nametag, window, root):
        self.commands = {}
        self.root = root
        self.subcommands = set(VERBS.findall(self._help([nametag]).split("Commands:")[1].split("'nametag")[0]))
        for command in self.subcommands:
            text = self._help([nametag, command, "--help"])
            self.commands[command] = set(OPTION.findall(text)) | {"help"}
            if command == "evaluate":
                for kind in ("verification", "identification"):
                    self.commands[command] |= set(OPTION.findall(self._help([nametag, command, kind, "--help"])))
            if command == "people":
                self.verbs = set(VERBS.findall(text.split("Verbs:")[1].split("Examples:")[0]))
            if command == "models":
                self.model_verbs = set(VERBS.findall(text.split("Verbs:")[1].split("Examples:")[0]))
        self.top = {"help", "version"}
        if window:
            self.window = set(OPTION.findall(self._help([window, "--help"]))) | {"help"}
        else:  # not built: the source has the table
            with open(os.path.join(root, "src/app/application.c"), encoding="utf-8") as file:
                self.window = set(re.findall(r'\{"([a-z-]+)", .*?0, G_OPTION_ARG', file.read())) | {"help"}
        self.scripts = self._options_of_scripts()

    @staticmethod
    def _help(command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, LC_ALL="C.UTF-8"))
        return done.stdout

    def _options_of_scripts(self):
        """Of the tests' own programs: where their sources have them, since not all are built."""
        found = set()
        for path in glob.glob(os.path.join(self.root, "tests", "**", "*.py"), recursive=True):
            with open(path, encoding="utf-8") as file:
                found |= set(re.findall(r'(?:add_argument\((?:"-\w", )?|if )"--([a-z-]+)"', file.read()))
        for path in glob.glob(os.path.join(self.root, "tests", "*", "*.c")):
            with open(path, encoding="utf-8") as file:
                found |= set(re.findall(r'\{"([a-z-]+)", (?:\'.\'|0),', file.read()))
        return found

    def _of_command(self, line):
        """What is wrong in a command line."""
        line = re.sub(r"^alias \w+='(.*)'$", r"\1", line)
        for part in re.split(r"\||&&|;|\$\(|`", re.sub(r"\s#\s.*", "", line)):
            words = part.split()
            while words and (re.match(r"[A-Z_]+=", words[0]) or words[0] in ("$", "sudo", "exec", "do", "then", "time", "(")):
                words.pop(0)
            if not words:
                continue
            program, given = words[0], OPTION.findall(part)
            if program == "./run.sh" and words[1:2] == ["window"]:
                yield from (f"nametag-gtk has no --{option}: {line}" for option in given if option not in self.window)
            elif os.path.basename(program) == "nametag" or program == "./run.sh":
                yield from self._of_nametag(words, given, line)
            elif os.path.basename(program) == "nametag-gtk":
                yield from (f"nametag-gtk has no --{option}: {line}" for option in given if option not in self.window)
            elif re.search(r"tests/|\.py$|bench-|^python3?$", part):
                yield from (f"no program of tests/ has --{option}: {line}" for option in given if option not in self.scripts)
            elif os.path.basename(program.removeprefix("ExecStart=")) in ("podman", "docker"):
                yield from self._of_container(words, line)
            elif program in FOREIGN:
                yield from (f"--{option} of {program} is not in FOREIGN: {line}" for option in given
                            if option not in FOREIGN[program])
            else:
                yield from (f"whose option is --{option}? {line}" for option in given if option not in self.all())

    def _of_container(self, words, line):
        """podman's or docker's own words, then the image, then nametag's."""
        image = next((place for place, word in enumerate(words) if place > 1 and words[place - 1] != "-t"
                      and re.fullmatch(r"(localhost/)?nametag(:\w+)?'?", word)), len(words))
        inside = words[image + 1:]
        yield from (f"--{option} of containers is not in FOREIGN: {line}" for option in OPTION.findall(" ".join(words[:image]))
                    if option not in FOREIGN["podman"])
        if inside:
            yield from self._of_nametag(["nametag", *inside], OPTION.findall(" ".join(inside)), line)

    def _of_nametag(self, words, given, line):
        command = next((word for word in words[1:] if not word.startswith("-")), None)
        if command is None or not re.fullmatch(r"[a-z]+", command):
            yield from (f"nametag has no --{option}: {line}" for option in given if option not in self.top)
        elif command not in self.subcommands:
            yield f"nametag has no command '{command}': {line}"
        else:
            yield from (f"nametag {command} has no --{option}: {line}" for option in given if option not in self.commands[command])
            known = {"people": self.verbs, "models": self.model_verbs}.get(command)
            verb = words[words.index(command) + 1] if words.index(command) + 1 < len(words) else None
            if known and verb and re.fullmatch(r"[a-z-]+", verb) and not verb.startswith("-") and verb not in known:
                yield f"nametag {command} has no verb '{verb}': {line}"

    def all(self):
        return set().union(*self.commands.values(), self.top, self.window, self.scripts)

    def unknown(self, document):
        wrong = []
        for block in document.blocks:
            lines = [line[2:] for line in block.lines if line.startswith("$ ")] if block.kind == "console" else block.lines
            if block.kind == "console":
                wrong += [f"line {block.line}: no program has --{option}: {line}" for line in block.lines
                          if not line.startswith("$ ") for option in OPTION.findall(line) if option not in self.all()]
            text = "\n".join(lines).replace("\\\n", " ")
            if block.kind in ("sh", "console", "text"):
                for line in text.splitlines():
                    wrong += [f"line {block.line}: {what}" for what in self._of_command(line.strip())]
        for number, code in document.code():
            wrong += [f"line {number}: {what}" for what in self._of_command(code)]
        for number, line in document.prose:
            wrong += [f"line {number}: no program has --{option}" for option in OPTION.findall(re.sub(r"`[^`]*`", "", line))
                      if option not in self.all()]
        return wrong


# messages

class Sources:
    """The texts that the programs print: adjacent literals of the C sources joined, and what the window's files say."""
    texts = None

    @classmethod
    def get(cls, root):
        if cls.texts is None:
            cls.texts = []
            for path in glob.glob(os.path.join(root, "src", "*", "*.c")):
                with open(path, encoding="utf-8") as file:
                    source = re.sub(r"\b(PRI\w+|G_G\w+_FORMAT)\b", '"d"', file.read())
                for run in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', source):
                    cls.texts.append("".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', run.group(0))))
            for path in glob.glob(os.path.join(root, "ui", "*.ui")):
                with open(path, encoding="utf-8") as file:
                    cls.texts += [text.replace("&amp;", "&").replace("_", "") for text in re.findall(r">([^<>]+)<", file.read())]
            cls.patterns = [cls.pattern(text) for text in cls.texts if len(text) >= LEAST_LITERAL]
        return cls

    @staticmethod
    def pattern(text):
        """What printf makes of it."""
        text = text.replace('\\"', '"').replace("\\n", "")
        parts = re.split(r"(%%|%[-+ #0-9.*]*(?:hh?|ll?|z|j)?[a-zA-Z])", text)
        fixed = sum(len(part) for part in parts[::2])
        return fixed, re.compile("".join("%" if part == "%%" else "(.+)" if i % 2 else re.escape(part)
                                         for i, part in enumerate(parts)) + r"\Z")

    @classmethod
    def has(cls, words):
        """Whether a message, or the messages that it is made of, are among the texts. "…" is a part that is left open."""
        if len(words) < LEAST_LITERAL:
            return True
        for fixed, pattern in cls.patterns:
            if fixed < LEAST_LITERAL:
                continue
            fits = pattern.match(words)
            if fits and all(cls.is_open(part) or cls.has(part) for part in fits.groups()):
                return True
        return False

    @staticmethod
    def is_open(part):
        """What is left open, or comes from outside: a path, an address, a number; one word."""
        return " " not in part.strip()


def unknown_messages(document):
    sources = Sources.get(document.root)
    wrong = []
    for line, quote in document.quotes():
        words = re.sub(r"^(nametag: )?(warning: )?", "", quote.strip("`"))
        if not sources.has(words):
            wrong.append(f"line {line}: no source prints this: {quote}")
    return wrong


# programs

def broken_programs(document):
    """C in a document, programs and functions of one, compiles without warnings against the library's header."""
    programs = [block for block in document.blocks if block.kind == "c"]
    header = os.path.join(document.root, "src", "lib", "nametag.h")
    wrong = []
    with tempfile.TemporaryDirectory(prefix="nametag-docs-") as folder:
        if programs:
            os.mkdir(os.path.join(folder, "nametag"))
            os.symlink(header, os.path.join(folder, "nametag", "nametag.h"))
        for block in programs:
            text = block.text if "#include" in block.text else "#include <stdio.h>\n#include <nametag/nametag.h>\n" + block.text
            done = subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fsyntax-only", "-I", folder,
                                   "-x", "c", "-"], input=text + "\n", capture_output=True, text=True)
            if done.returncode != 0:
                wrong += [f"line {block.line}: this does not compile", *done.stderr.splitlines()]
    return wrong


# files

def undocumented_files(root, kept):
    """What is below a home after the commands, against the table of privacy.md: its first column, with * for a part."""
    path = os.path.join(root, "docs", "privacy.md")
    with open(path, encoding="utf-8") as file:
        told = re.findall(r"^\| `~/([^`]+)`", file.read(), re.M)
    if not told:
        return ["privacy.md has no table of files below ~/"]
    patterns = [re.compile(re.escape(name).replace(r"\*", r"[^/]*") + (".*" if name.endswith("/") else "") + r"\Z") for name in told]
    return [f"~/{name} was written and privacy.md does not tell of it" for name in kept
            if not any(pattern.match(name) for pattern in patterns)]


# formats

def keys_of(value, found):
    if isinstance(value, dict):
        for key, inner in value.items():
            found.add(key)
            keys_of(inner, found)
    elif isinstance(value, list):
        for inner in value:
            keys_of(inner, found)
    return found


def undocumented_members(root, nametag):
    """Real output of every kind against formats.md: each member, column and table has to be named there."""
    with open(os.path.join(root, "docs", "formats.md"), encoding="utf-8") as file:
        text = file.read()
    sections = re.split(r"^## ", text, flags=re.M)
    wrong = []

    def named(*headings):
        """The words between backticks, and the members in examples, of the sections whose headings begin so."""
        found = set()
        for heading in headings:
            section = [part for part in sections if part.startswith(heading)]
            if not section:
                wrong.append(f"there is no section '{heading}'")
            for part in section:
                found |= {word for code in re.findall(r"`([^`\n]+)`", part) for word in re.findall(r"[\w-]+", code)}
                found |= set(re.findall(r'"(\w+)":', part))
        return found

    def look(what, keys, *headings):
        known = named(*headings)
        wrong.extend(f"{what}: '{key}' is not in that section" for key in sorted(keys) if key not in known)

    with tempfile.TemporaryDirectory(prefix="nametag-docs-") as folder:
        stage.make(folder)
        env = dict(os.environ, HOME=folder, XDG_DATA_HOME=os.path.join(folder, "data"), LC_ALL="C.UTF-8")

        def run(*words):
            done = subprocess.run([nametag, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=200,
                                  stdin=subprocess.DEVNULL)
            if done.returncode != 0:
                raise AssertionError(f"nametag {' '.join(words)}: {done.stderr}")
            return done.stdout

        def lines(output):
            return [json.loads(line) for line in output.splitlines()]

        run("enroll", "Anna", "anna1.jpg", "anna2.jpg")
        records = lines(run("tag", "--quiet", "archive/2024/garden.mp4", "stranger.jpg", "--records", "-"))
        look("tag --records", keys_of(records, set()), "Records: JSON Lines")
        if {record["schema"] for record in records} != {"nametag-records/1"} or "`nametag-records/1`" not in text:
            wrong.append("the schema of the records")
        run("tag", "--quiet", "--records", "faces.csv", "anna1.jpg")
        with open(os.path.join(folder, "faces.csv"), encoding="utf-8", newline="") as file:
            header = file.readline()
        if not header.endswith("\r\n") or header.strip() not in text:
            wrong.append(f"the header of CSV is not in formats.md: {header!r}")
        run("tag", "--quiet", "--records", "who.vtt", "archive/2024/garden.mp4")
        with open(os.path.join(folder, "who.vtt"), encoding="utf-8") as file:
            if not re.match(r"WEBVTT\n\nNOTE Who is in view of .*, by Nametag\n\n\d\d:\d\d:\d\d\.\d{3} --> ", file.read()):
                wrong.append("WebVTT does not begin as formats.md shows it")
        live = lines(run("live", "archive/2024/garden.mp4", "--quiet", "--records", "-"))
        look("live --records", keys_of(live, set()), "Records: JSON Lines", "Live: ")
        for event in {line["event"] for line in live if "event" in line}:
            look("live: the event", {event}, "Live: ")
        if {line["schema"] for line in live if "event" in line} != {"nametag-events/1"}:
            wrong.append("the schema of events")
        look("detect", keys_of(lines(run("detect", "anna1.jpg")), set()), "`nametag detect`")
        header = run("represent", "--quiet", "friends/Anna").splitlines()[0].strip()
        if f"`{re.sub('e1,.*,e127', '...,e127', header)}`" not in text:
            wrong.append(f"represent's header is not in formats.md: {header}")
        look("people unknown --json", keys_of(json.loads(run("people", "unknown", "--json")), set()), "`nametag people unknown --json`")
        look("people --json", keys_of(json.loads(run("people", "--json")), set()), "`nametag people --json`")
        run("people", "not", "Anna", "anna1.jpg")
        look("people check --json", keys_of(json.loads(run("people", "check", "--json")), set()), "`nametag people check --json`")
        run("people", "export", "out")
        with open(os.path.join(folder, "out", "people.json"), encoding="utf-8") as file:
            look("people export", keys_of(json.load(file), set()), "`nametag people export`")
        look("bench --json", keys_of(json.loads(run("bench", "--json", "--seconds", "0.01", "anna1.jpg")), set()),
             "`nametag bench --json`")
        look("devices --json", keys_of(json.loads(run("devices", "--json")), set()), "`nametag devices --json`")
        run("evaluate", "identification", "friends", "--quiet", "--enrol", "1", "--repeats", "2", "--json", "evaluation.json")
        with open(os.path.join(folder, "evaluation.json"), encoding="utf-8") as file:
            evaluation = json.load(file)
        look("evaluate --json", keys_of({key: value for key, value in evaluation.items() if key != "rounds"}, {"rounds"}), "Evaluation: ")
        look("a round of evaluate --json", evaluation["rounds"][0].keys(), "Evaluation: ")
        gallery = sqlite3.connect(os.path.join(folder, "data", "nametag", "gallery.sqlite"))
        tables = [name for name, in gallery.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        for table in tables:
            columns = {row[1] for row in gallery.execute(f"PRAGMA table_info({table})")}
            look(f"the gallery's table {table}", {table, *columns}, "The gallery: ")
        if f"schema version {gallery.execute('PRAGMA user_version').fetchone()[0]}" not in text:
            wrong.append("the schema version of the gallery")
        gallery.close()
    return wrong


__all__ = ["Options", "Skip", "broken_links", "broken_programs", "undocumented_files", "undocumented_members", "unknown_messages",
           "unreachable"]
