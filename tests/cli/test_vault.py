"""Galleries taken along and locked up: export, import, merge-gallery, encrypt, decrypt, and where pass phrases come from."""
import hashlib
import json
import os
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import termios
import time

from harness import NAMETAG, SAMPLES, main, need

PICTURES = [os.path.join(SAMPLES, f"sample{i}.jpg") for i in (1, 2)]
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# A name to look for in encrypted files: long, for three bytes stand in one of them in a hundred by chance.
NAME = "Bartholomea"


def enrol(case, name, picture, gallery=None):
    case.nametag("enroll", "--gallery", gallery or case.gallery, "--largest", "--force", name, need(picture))


def people(case, gallery=None):
    found = json.loads(case.nametag("people", "--gallery", gallery or case.gallery, "--json").stdout)
    return {person["name"]: person["pictures"] for person in found}


def phrase_file(case, phrase, name="phrase", mode=0o600):
    path = case.path(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(phrase + "\n")
    os.chmod(path, mode)
    return path


def digests(case):
    """Of the gallery's files, by name."""
    found = {}
    for name in sorted(os.listdir(case.folder)):
        if name.startswith("people.sqlite"):
            with open(case.path(name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def gallery_bytes(case):
    text = b""
    for name in digests(case):
        with open(case.path(name), "rb") as file:
            text += file.read()
    return text


# archives

def test_export_and_import(case):
    """What is exported from one gallery is imported into another, once, and can be undone."""
    enrol(case, "Zo\u00eb Example", PICTURES[0])
    enrol(case, "Bob", PICTURES[1])
    other = case.path("other.sqlite")
    done = case.nametag("people", "--gallery", case.gallery, "export", case.path("out"))
    case.check("Exported 2 people with 2 pictures" in done.stdout, done.stdout)
    with open(case.path("out", "people.json"), encoding="utf-8") as file:
        archive = json.load(file)
    case.equal(archive["schema"], "nametag-people/1", "schema")
    case.equal(sorted(person["name"] for person in archive["people"]), ["Bob", "Zo\u00eb Example"], "names")
    for person in archive["people"]:
        face = person["faces"][0]
        case.equal(len(face["embedding"]), 128, "embedding")
        with open(case.path("out", face["picture"]), "rb") as file:
            case.check(file.read(8) == PNG_SIGNATURE, "a picture is PNG")
    case.nametag("people", "--gallery", other, "import", case.path("out"))
    case.equal(people(case, other), people(case), "imported people")
    again = case.nametag("people", "--gallery", other, "import", case.path("out")).stdout
    case.check("Nothing of" in again and "2 pictures were there already" in again, again)
    case.nametag("people", "--gallery", other, "undo")
    case.equal(people(case, other), {}, "after undo")
    refused = case.nametag("people", "--gallery", case.gallery, "export", case.path("out"), expect=1)
    case.check("not an empty folder" in refused.stderr, refused.stderr)


def test_import_of_something_else(case):
    """A folder that is no archive is refused in words and changes nothing."""
    enrol(case, "Bob", PICTURES[0])
    os.mkdir(case.path("letters"))
    done = case.nametag("people", "--gallery", case.gallery, "import", case.path("letters"), expect=1)
    case.check("is no archive" in done.stderr and "nametag people export" in done.stderr, done.stderr)
    case.equal(people(case), {"Bob": 1}, "people")


def test_merge_gallery(case):
    """Another gallery's people come in, those of the same name become one, and the other stays as it is."""
    other = case.path("other.sqlite")
    enrol(case, "Bob", PICTURES[0])
    enrol(case, "Bob", PICTURES[1], other)
    done = case.nametag("people", "--gallery", case.gallery, "merge-gallery", other)
    case.check("1 picture of 1 person (0 new)" in done.stdout, done.stdout)
    case.equal(people(case), {"Bob": 2}, "merged")
    case.equal(people(case, other), {"Bob": 1}, "the other")
    itself = case.nametag("people", "--gallery", case.gallery, "merge-gallery", case.gallery, expect=1)
    case.check("with itself" in itself.stderr, itself.stderr)


# encryption

def test_encrypt_and_decrypt(case):
    """Encrypted, a gallery shows nothing of its people; without the right pass phrase not a byte of it changes; with it,
    everything works as before."""
    picture = need(PICTURES[0])
    enrol(case, "Xaverius", picture)
    case.check(b"Xaverius" in gallery_bytes(case) and PNG_SIGNATURE in gallery_bytes(case), "plain before")
    case.env["NAMETAG_PASSPHRASE_FILE"] = phrase_file(case, "correct horse")
    done = case.nametag("people", "--gallery", case.gallery, "encrypt")
    case.check("cannot be recovered" in done.stderr and "backups" in done.stderr, done.stderr)
    text = gallery_bytes(case)
    for secret in (b"Xaverius", PNG_SIGNATURE, b"IHDR", os.path.basename(picture).encode(), b"correct horse"):
        case.check(secret not in text, f"{secret!r} is in the encrypted gallery")

    before = digests(case)
    del case.env["NAMETAG_PASSPHRASE_FILE"]
    commands = (["people"], ["people", "rename", "Xaverius", "Bob"], ["people", "forget", "--yes", "Xaverius"],
                ["people", "decrypt", "--yes"], ["people", "undo"])
    for command in commands:
        refused = subprocess.run([NAMETAG, command[0], "--gallery", case.gallery, *command[1:]], capture_output=True,
                                 text=True, env=case.env, stdin=subprocess.DEVNULL, start_new_session=True, timeout=60)
        case.equal(refused.returncode, 1, command)
        case.check("is encrypted, and no pass phrase was given" in refused.stderr, refused.stderr)
    case.env["NAMETAG_PASSPHRASE_FILE"] = phrase_file(case, "incorrect horse", "wrong")
    for command in commands + (["enroll", "Bob", need(PICTURES[1])],):
        refused = case.nametag(command[0], "--gallery", case.gallery, *command[1:], expect=1)
        case.check("does not open" in refused.stderr and "nothing was changed" in refused.stderr, refused.stderr)
    case.equal(digests(case), before, "files after wrong pass phrases")

    case.env["NAMETAG_PASSPHRASE_FILE"] = case.path("phrase")
    enrol(case, NAME, PICTURES[1])
    case.equal(people(case), {NAME: 1, "Xaverius": 1}, "people")
    hidden = case.nametag("people", "--gallery", case.gallery, "names", expect=1)  # though the pass phrase could be had
    case.check(hidden.stdout == "" and "is encrypted" in hidden.stderr, hidden.stdout + hidden.stderr)
    check = case.nametag("enroll", "--gallery", case.gallery, "--largest", "--check", "Bob", picture, expect=1)
    case.check("Xaverius" in check.stdout + check.stderr, check.stdout + check.stderr)
    tagged = case.nametag("tag", "--gallery", case.gallery, "--records", "-", picture).stdout
    case.check('"Xaverius"' in tagged, tagged[:500])
    explained = case.nametag("explain", "--gallery", case.gallery, picture, "-o", case.path("page.svg"))
    case.check("explained in" in explained.stdout, explained.stdout)
    case.check(NAME.encode() not in gallery_bytes(case) and PNG_SIGNATURE not in gallery_bytes(case), "what is added is sealed")
    export = case.nametag("people", "--gallery", case.gallery, "export", case.path("out"))
    case.check("is not: whoever has the folder" in export.stdout, export.stdout)
    twice = case.nametag("people", "--gallery", case.gallery, "encrypt", expect=1)
    case.check("encrypted already" in twice.stderr, twice.stderr)
    case.nametag("people", "--gallery", case.gallery, "decrypt", "--yes")
    del case.env["NAMETAG_PASSPHRASE_FILE"]
    case.equal(people(case), {NAME: 1, "Xaverius": 1}, "decrypted")
    case.check(b"Xaverius" in gallery_bytes(case), "plain again")


def test_phrase_file(case):
    """A pass phrase's file that others can read, or that is missing or empty, is refused, and says why."""
    enrol(case, "Bob", PICTURES[0])
    before = digests(case)
    for path, words in ((phrase_file(case, "secret", "open", 0o644), "chmod 600"), (case.path("missing"), "No such file"),
                        (phrase_file(case, "", "empty"), "is empty")):
        case.env["NAMETAG_PASSPHRASE_FILE"] = path
        done = case.nametag("people", "--gallery", case.gallery, "encrypt", expect=1)
        case.check(words in done.stderr, done.stderr)
    case.equal(digests(case), before, "the gallery")


def test_keyring_missing(case):
    """Where there is no keyring, encrypt --keyring says so soon and leaves the gallery as it is."""
    enrol(case, "Bob", PICTURES[0])
    before = digests(case)
    case.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    case.env.pop("DISPLAY", None)
    done = case.nametag("people", "--gallery", case.gallery, "encrypt", "--keyring", expect=1, timeout=60)
    case.check("Secret Service" in done.stderr and "pass phrase" in done.stderr, done.stderr)
    case.equal(digests(case), before, "the gallery")


# the terminal

class Terminal:
    """A command on a terminal of its own, as a person has it."""

    def __init__(self, case, *args):
        self.case = case
        self.text = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(NAMETAG, [NAMETAG, *args], case.env)

    def read_until(self, words, seconds=60):
        end = time.monotonic() + seconds
        while words not in self.text:
            self.case.check(time.monotonic() < end, f"no {words!r} in {self.text!r}")
            if not select.select([self.master], [], [], 0.5)[0]:
                continue
            try:
                more = os.read(self.master, 4096)
            except OSError:
                more = b""
            self.case.check(more != b"", f"ended without {words!r}: {self.text!r}")
            self.text += more.decode(errors="replace")

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def wait_for_echo(self, wanted, seconds=20):
        end = time.monotonic() + seconds
        while self.echoes() != wanted:
            self.case.check(time.monotonic() < end, f"the echo should be {wanted}")
            time.sleep(0.05)

    def type(self, line):
        os.write(self.master, line.encode())

    def finish(self):
        """The exit code."""
        try:
            while True:
                more = os.read(self.master, 4096)
                if not more:
                    break
                self.text += more.decode(errors="replace")
        except OSError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)


def encrypt_on_terminal(case, first, second):
    terminal = Terminal(case, "people", "--gallery", case.gallery, "encrypt")
    terminal.read_until("New pass phrase")
    terminal.wait_for_echo(False)
    terminal.type(first + "\n")
    terminal.read_until("The same again")
    terminal.wait_for_echo(False)
    terminal.type(second + "\n")
    code = terminal.finish()
    case.check(first not in terminal.text, "the pass phrase is on the screen")
    return code, terminal.text


def test_terminal(case):
    """On a terminal the pass phrase is asked for twice when it is new, three times at most when it is wrong, and never
    shown."""
    enrol(case, "Bob", PICTURES[0])
    before = digests(case)
    code, text = encrypt_on_terminal(case, "correct horse", "corect horse")
    case.equal((code, "not the same" in text), (1, True), text)
    case.equal(digests(case), before, "after two that differ")
    code, text = encrypt_on_terminal(case, "correct horse", "correct horse")
    case.equal(code, 0, text)

    terminal = Terminal(case, "people", "--gallery", case.gallery)
    for number, phrase in enumerate(("wrong", "wrong again", "correct horse")):
        terminal.read_until("Pass phrase of" if number == 0 else "This is not the one.")
        terminal.wait_for_echo(False)
        terminal.text = ""
        terminal.type(phrase + "\n")
    code = terminal.finish()
    case.equal((code, "Bob" in terminal.text), (0, True), terminal.text)


def test_terminal_interrupted(case):
    """Ctrl+C at the question ends the command, and the terminal shows again what is typed."""
    enrol(case, "Bob", PICTURES[0])
    case.env["NAMETAG_PASSPHRASE_FILE"] = phrase_file(case, "correct horse")
    case.nametag("people", "--gallery", case.gallery, "encrypt")
    del case.env["NAMETAG_PASSPHRASE_FILE"]
    before = digests(case)
    terminal = Terminal(case, "people", "--gallery", case.gallery)
    terminal.read_until("Pass phrase of")
    terminal.wait_for_echo(False)
    terminal.type("\x03")
    terminal.wait_for_echo(True)
    code = terminal.finish()
    case.check(code in (130, -signal.SIGINT), f"exit code {code}: {terminal.text}")
    case.equal(digests(case), before, "the gallery")


def test_asked_once(case):
    """The pass phrase is asked for once a run, also where the gallery is opened several times: to embed its pictures again
    after a change of model, and to keep the unknown people of a clip."""
    enrol(case, "Bob", PICTURES[1])
    case.env["NAMETAG_PASSPHRASE_FILE"] = phrase_file(case, "correct horse")
    case.nametag("people", "--gallery", case.gallery, "encrypt")
    del case.env["NAMETAG_PASSPHRASE_FILE"]
    with sqlite3.connect(case.gallery) as database:
        changed = database.execute("UPDATE meta SET value = 'another' WHERE key = 'model_fingerprint'").rowcount
    database.close()
    case.equal(changed, 1, "fingerprints")
    terminal = Terminal(case, "tag", "--gallery", case.gallery, need(PICTURES[0]))
    terminal.read_until("Pass phrase of")
    terminal.wait_for_echo(False)
    terminal.type("correct horse\n")
    terminal.read_until("unknown people kept")
    code = terminal.finish()
    case.equal((code, terminal.text.count("Pass phrase of"), "embedded again" in terminal.text), (0, 1, True), terminal.text)
    # A stream's gallery is opened to be followed, too.
    for command in ("tag", "live"):
        case.gst("videotestsrc num-buffers=10 ! x264enc ! mp4mux ! filesink location=pattern.mp4")
        terminal = Terminal(case, command, "--gallery", case.gallery, "file://" + case.path("pattern.mp4"))
        terminal.read_until("Pass phrase of")
        terminal.wait_for_echo(False)
        terminal.type("correct horse\n")
        code = terminal.finish()
        case.equal((code, terminal.text.count("Pass phrase of")), (0, 1), f"{command}: {terminal.text}")


# the keyring

def test_keyring(case):
    """With a keyring nobody is asked for anything, and without that keyring the gallery does not open."""
    for program in ("dbus-run-session", "gnome-keyring-daemon"):
        need(shutil.which(program) or program)
    enrol(case, NAME, PICTURES[0])
    case.env["XDG_RUNTIME_DIR"] = case.path("run")
    case.env["HOME"] = case.path("home")
    os.mkdir(case.path("run"), 0o700)
    os.mkdir(case.path("home"), 0o700)
    script = f"""
        set -e
        printf '\\n' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
        keyring=$!
        trap 'kill $keyring' EXIT
        says() {{ wanted=$1; shift; dbus-send --session --print-reply "$@" | grep -q "$wanted"; }}
        soon() {{ for i in $(seq 200); do "$@" && return; sleep 0.1; done; echo "not within 20 s: $*" >&2; exit 1; }}
        soon says true --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets
        soon says collection --dest=org.freedesktop.secrets /org/freedesktop/secrets \
            org.freedesktop.Secret.Service.ReadAlias string:default
        '{NAMETAG}' people --gallery '{case.gallery}' encrypt --keyring
        '{NAMETAG}' people --gallery '{case.gallery}'
        cp '{case.gallery}' '{case.path("copy.sqlite")}'
        '{NAMETAG}' people --gallery '{case.path("copy.sqlite")}' decrypt </dev/null || true
    """
    done = subprocess.run(["dbus-run-session", "--", "sh", "-c", script], capture_output=True, text=True, env=case.env,
                          stdin=subprocess.DEVNULL, start_new_session=True, timeout=120)
    case.check(done.returncode == 0 and NAME in done.stdout, f"{done.stdout}\n{done.stderr}")
    case.check("removed from your keyring" in done.stderr, done.stderr)
    case.check(NAME.encode() not in gallery_bytes(case), "the name is in the file")
    case.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    refused = case.nametag("people", "--gallery", case.gallery, expect=1, timeout=60)
    case.check("Secret Service" in refused.stderr, refused.stderr)


def test_keyring_of_a_sandbox(case):
    """Where libsecret keeps a file of the application's own, as in a Flatpak, no Secret Service is asked for anything."""
    enrol(case, NAME, PICTURES[0])
    case.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    case.env["SECRET_BACKEND"] = "file"
    # libsecret's own tests use these instead of the portal.
    case.env["SECRET_FILE_TEST_PATH"] = case.path("keys")
    case.env["SECRET_FILE_TEST_PASSWORD"] = "what the portal gives"
    case.nametag("people", "--gallery", case.gallery, "encrypt", "--keyring", timeout=60)
    case.check(NAME.encode() not in gallery_bytes(case), "the name is in the file")
    shown = case.nametag("people", "--gallery", case.gallery, timeout=60)
    case.check(NAME in shown.stdout, shown.stdout)
    case.env["SECRET_FILE_TEST_PASSWORD"] = "what another application gets"
    refused = case.nametag("people", "--gallery", case.gallery, expect=1, timeout=60)
    case.check("its key cannot be had" in refused.stderr, refused.stderr)


if __name__ == "__main__":
    main(__name__)
