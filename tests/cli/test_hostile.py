"""Files that mean ill (SECURITY.md): galleries with programs or bombs in them, names that drive a terminal or a spreadsheet, links
that lie where the program writes. Damaged clips, models and archives are in tests/media, tests/base and tests/identity."""
import csv
import io
import json
import multiprocessing
import os
import pty
import shutil
import sqlite3
import struct
import subprocess
import zlib

from harness import NAMETAG, SAMPLES, main, need

PICTURES = [os.path.join(SAMPLES, f"sample{i}.jpg") for i in (1, 2)]
TITLE = "\x1b]0;owned\x07"   # sets the title of a terminal's window
PAINT = "\x1b[2J\x1b[1;1H"   # wipes it
BOMB_SIDE = 30000            # 2.7 GB as RGB
BOMB_LIMIT_KB = 1 << 20      # of memory; what a command takes without a bomb is a quarter of that


def enrol(case, name="Anna", picture=PICTURES[0], gallery=None, expect=0):
    return case.nametag("enroll", "--gallery", gallery or case.gallery, "--largest", "--force", name, need(picture), expect=expect)


def change(case, *statements, values=()):
    """Changes the gallery's file as anybody can who has it."""
    database = sqlite3.connect(case.gallery)
    for statement in statements:
        database.execute(statement, values)
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def on_terminal(case, *args):
    """What a command writes to a terminal, in bytes."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(NAMETAG, [NAMETAG, *args], case.env)
    text = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:
            more = b""
        if not more:
            break
        text += more
    os.waitpid(pid, 0)
    os.close(master)
    return text


# galleries

def test_programs_in_a_gallery(case):
    """A gallery with views, triggers or virtual tables is none of ours: refused, by every command, and nothing of it is run."""
    enrol(case)
    plain = case.path("plain.sqlite")
    shutil.copy(case.gallery, plain)
    programs = (("CREATE TRIGGER gone AFTER INSERT ON faces BEGIN DELETE FROM people; END",),
                ("CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",),
                ("ALTER TABLE covers RENAME TO covers_of",
                 "CREATE VIEW covers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS face_id FROM n"),
                ("CREATE VIRTUAL TABLE words USING fts5(word)",),
                ("CREATE VIRTUAL TABLE words USING fts5(word)", "PRAGMA writable_schema = ON",
                 "UPDATE sqlite_master SET sql = replace(sql, 'CREATE ', 'CREATE/**/') WHERE name = 'words'"))
    for statements in programs:
        shutil.copy(plain, case.gallery)
        change(case, *statements)
        with open(case.gallery, "rb") as file:
            before = file.read()
        for command in (("people", "--gallery", case.gallery), ("people", "--gallery", plain, "merge-gallery", case.gallery)):
            refused = case.nametag(*command, expect=1, timeout=60)
            case.check("is not a gallery" in refused.stderr, f"{statements[-1]}: {refused.stderr}")
        enrol(case, "Bob", PICTURES[1], expect=1)
        with open(case.gallery, "rb") as file:
            case.check(file.read() == before, f"{statements[-1]}: the file was changed")
    case.equal([person["name"] for person in json.loads(case.nametag("people", "--gallery", plain, "--json").stdout)], ["Anna"], "people")


def test_names_in_a_gallery(case):
    """A name that a gallery came with can neither drive a terminal, nor turn text round, nor fill the screen."""
    enrol(case)
    name = "An" + TITLE + "na\u202efdp." + "x" * 5000
    change(case, "UPDATE people SET name = ?", values=(name,))
    told = json.loads(case.nametag("people", "--gallery", case.gallery, "--json").stdout)[0]["name"]
    case.check(told.startswith("An\ufffd]0;owned\ufffdna\ufffdfdp.x"), repr(told[:40]))
    case.check(len(told.encode()) < 300 and told.endswith("\ufffd"), f"{len(told)} characters")
    done = case.nametag("tag", "--gallery", case.gallery, PICTURES[0], "--output", case.path("out.png"), "--records", "-")
    case.check("\x1b" not in done.stdout + done.stderr and "\u202e" not in done.stdout, repr(done.stdout[:300]))
    other = case.path("other.sqlite")
    refused = case.nametag("people", "--gallery", other, "merge-gallery", case.gallery, expect=1)
    case.check("\x1b" not in refused.stderr, repr(refused.stderr))


def png_bomb():
    """A black picture of BOMB_SIDE squared, of one bit a pixel: about 110 kB."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    packer = zlib.compressobj(9)
    row = bytes(1 + BOMB_SIDE // 8)
    packed = b"".join(packer.compress(row) for _ in range(BOMB_SIDE)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", BOMB_SIDE, BOMB_SIDE, 1, 0, 0, 0, 0)) + chunk(b"IDAT", packed) +
            chunk(b"IEND", b""))


def peak_kb(case, *args):
    """A command's peak of memory; it may fail, but not die."""
    child = subprocess.Popen([NAMETAG, *map(str, args)], env=case.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    case.check(child.returncode in (0, 1), f"nametag {' '.join(map(str, args))} ended with {child.returncode}")
    return usage.ru_maxrss


def test_a_picture_bomb_in_a_gallery(case):
    """A small PNG of a gigapixel in the place of a face takes no memory: its size is looked at before it is decoded."""
    enrol(case)
    bomb = png_bomb()
    case.check(len(bomb) < 300000, "the bomb is small")
    change(case, "UPDATE faces SET chip = ?", values=(bomb,))
    for command in (("export", case.path("archive")), ("show", "Anna"), ("check",)):
        peak = peak_kb(case, "people", "--gallery", case.gallery, *command)
        case.check(peak < BOMB_LIMIT_KB, f"people {command[0]}: {peak} kB")
    peak = peak_kb(case, "people", "--gallery", case.path("other.sqlite"), "merge-gallery", case.gallery)
    case.check(peak < BOMB_LIMIT_KB, f"merge-gallery: {peak} kB")


def test_a_value_bomb_in_a_gallery(case):
    """A value that is larger than any of ours is refused, not read."""
    enrol(case)
    # Elsewhere: a child's peak begins with its parent's memory.
    large = multiprocessing.Process(target=change, args=(case, "UPDATE faces SET source = zeroblob(900000000)"))
    large.start()
    large.join()
    case.check(large.exitcode == 0 and os.path.getsize(case.gallery) > 900000000, "the gallery was not made")
    peak = peak_kb(case, "people", "--gallery", case.gallery, "show", "Anna")
    case.check(peak < BOMB_LIMIT_KB, f"{peak} kB")
    case.nametag("people", "--gallery", case.gallery, "show", "Anna", expect=1)


def test_a_link_where_the_backup_goes(case):
    """A gallery of the first schema is copied before it is changed; a link in the copy's place is not followed."""
    database = sqlite3.connect(case.gallery)
    database.executescript(
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL);"
        "CREATE TABLE faces (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
        "  embedding BLOB NOT NULL, chip BLOB, source TEXT NOT NULL, pts_ns INTEGER, box_left INTEGER NOT NULL,"
        "  box_top INTEGER NOT NULL, box_right INTEGER NOT NULL, box_bottom INTEGER NOT NULL, score REAL NOT NULL,"
        "  created_us INTEGER NOT NULL);"
        "PRAGMA application_id = 0x4e54474c; PRAGMA user_version = 1; INSERT INTO people VALUES (1, 'Anna', 1);")
    database.close()
    with open(case.path("letter"), "w") as file:
        file.write("Dear Zoe")
    os.symlink(case.path("letter"), case.gallery + ".v1-backup")
    refused = case.nametag("people", "--gallery", case.gallery, "rename", "Anna", "Anne", expect=1)
    case.check("backup" in refused.stderr, refused.stderr)
    with open(case.path("letter")) as file:
        case.equal(file.read(), "Dear Zoe", "the file that the link leads to")
    os.unlink(case.gallery + ".v1-backup")
    case.nametag("people", "--gallery", case.gallery, "rename", "Anna", "Anne")


# terminals and spreadsheets

def test_what_is_said_on_a_terminal(case):
    """Names of files reach a terminal without the bytes that would drive it; a pipe gets them as they are."""
    evil = "holi" + TITLE + "day" + PAINT + "\r\x9b31m\x7f.jpg"
    missing = on_terminal(case, "detect", case.path(evil))
    case.check(b"no such file" in missing and b"holi" in missing, repr(missing))
    picture = case.path("hol" + TITLE + PAINT + "i.jpg")
    shutil.copy(need(PICTURES[0]), picture)
    enrolled = on_terminal(case, "enroll", "--gallery", case.gallery, "--largest", "--force", "Zo\u00eb \u65e5", picture)
    shown = on_terminal(case, "people", "--gallery", case.gallery, "show", "Zo\u00eb \u65e5")
    case.check("Zo\u00eb \u65e5".encode() in enrolled, "letters and signs of all languages stay: " + repr(enrolled))
    for text in (missing, enrolled, shown):
        for bad in (b"\x1b]", b"\x1b[2J", b"\x1b[1", b"\x07", b"\x7f", b"\xc2\x9b", b"\x9b31"):
            case.check(bad not in text, f"{bad!r} in {text!r}")
        case.check("\ufffd]0;owned".encode() in text, repr(text))
        case.check(not [line for line in text.split(b"\n") if b"\r" in line[:-1].replace(b"\r\x1b[K", b"")], f"a lone CR in {text!r}")
    piped = case.nametag("people", "--gallery", case.gallery, "show", "Zo\u00eb \u65e5").stdout
    case.check(TITLE in piped, "a pipe gets what there is")


def test_formulas(case):
    """What a spreadsheet would run is text in CSV, and as it is in JSON."""
    name, picture = "=HYPERLINK(\"http://x\",\"y\")", case.path("=cmd|' -C calc'!A0.jpg")
    shutil.copy(need(PICTURES[0]), picture)
    enrol(case, name)
    case.nametag("tag", "--gallery", case.gallery, os.path.basename(picture), "--records", "faces.csv", cwd=case.folder)
    with open(case.path("faces.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    case.check("'" + name in [row["name"] for row in rows], f"names: {[row['name'] for row in rows]}")
    done = case.nametag("represent", ".", cwd=case.folder)
    for row in [*rows, *csv.DictReader(io.StringIO(done.stdout))]:
        for cell in row.values():
            case.check(cell[:1] not in "=@+\t\r" or not cell, f"a cell is {cell!r}")
            case.check(not cell.startswith("-") or float(cell) < 0, f"a cell is {cell!r}")
    done = case.nametag("tag", "--gallery", case.gallery, picture, "--records", "-")
    case.check(name in [face["name"] for line in done.stdout.splitlines() for face in json.loads(line)["faces"]], done.stdout[:300])


def test_markup_in_a_report(case):
    """A folder's name is text in the page that tells of it, never a part of the page."""
    name = "<img src=x onerror=alert(1)>"
    for person, picture in ((name, 0), ("Bob", 1), ("Zoe\"'&", 1)):
        os.makedirs(case.path("people", person))
        for copy in ("1.jpg", "2.jpg"):
            shutil.copy(need(PICTURES[picture]), case.path("people", person, copy))
    case.nametag("evaluate", "identification", case.path("people"), "--report", case.path("report.html"))
    with open(case.path("report.html"), encoding="utf-8") as file:
        page = file.read()
    case.check("<img" not in page and "&lt;img src=x onerror=alert(1)&gt;" in page, "the name is not escaped")


# links

def test_links_where_results_go(case):
    """A result takes the place of a link with its name; what the link leads to stays as it is."""
    with open(case.path("letter"), "w") as file:
        file.write("Dear Zoe")
    enrol(case)
    for option, name in (("--output", "tagged.png"), ("--records", "faces.jsonl"), ("--records", "faces.csv")):
        os.symlink(case.path("letter"), case.path(name))
        case.nametag("tag", "--gallery", case.gallery, need(PICTURES[0]), option, case.path(name))
        case.check(not os.path.islink(case.path(name)), f"{name} is still a link")
    for name in ("page.pdf", "page.png"):
        os.symlink(case.path("letter"), case.path(name + ".part"))
        case.nametag("explain", need(PICTURES[0]), "--output", case.path(name))
        case.check(os.path.getsize(case.path(name)) > 1000, f"{name} is a page")
    with open(case.path("letter")) as file:
        case.equal(file.read(), "Dear Zoe", "the file that the links lead to")
    left = [name for name in os.listdir(case.folder) if name.startswith(".")]
    case.equal(left, [], "left behind")


if __name__ == "__main__":
    main(__name__)
