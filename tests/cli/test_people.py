"""The people of a gallery and the unknown ones of clips: every verb, what undo makes of it, and what tag then says."""
import json
import os
import signal
import sqlite3
import subprocess
import time

from harness import CLIPS, NAMETAG, SAMPLES, Skip, beginning, json_lines, main, need

SAMPLE = os.path.join(SAMPLES, "sample1.jpg")
FRANCK = os.path.join(CLIPS, "franck.mp4")
PRESENTER = os.path.join(CLIPS, "cap13_edit2.mp4")
SHOT = 20  # frames of each shot of a made clip
LARGE = 200  # pixels: in such a clip Franck's face is larger, the Presenter's smaller
VERBS = ("list", "names", "show", "rename", "merge", "split", "move", "drop", "set-aside", "use", "remove", "forget", "not", "ignore",
         "rejections", "accept", "strangers", "unignore", "unknown", "name-unknown", "ignore-unknown", "drop-unknown", "undo",
         "redo", "history", "check", "export", "import", "merge-gallery", "encrypt", "decrypt")
NOBODY = 65534  # the user who may write nothing


def shots(case, *sources, name="party.mp4"):
    """A clip of the first frames of each source, one after another."""
    encode = "x264enc pass=quant quantizer=18 speed-preset=veryfast ! mp4mux ! filesink location="
    same = "videoconvert ! videoscale ! videorate ! video/x-raw,format=I420,width=640,height=480,pixel-aspect-ratio=1/1,framerate=25/1"
    for i, source in enumerate(sources):
        case.gst(f"{beginning(source, SHOT, same)} ! {encode}shot{i}.mp4")
    parts = [f"filesrc location=shot{i}.mp4 ! qtdemux ! avdec_h264 ! c." for i in range(len(sources))]
    case.gst(f"concat name=c ! compositor ! {encode}{name} {' '.join(parts)}")
    return case.path(name)


def people(case, *args, **options):
    return case.nametag("people", "--gallery", case.gallery, *args, **options)


def tag(case, *args, gallery=True, **options):
    """The records of a run."""
    named = ["--gallery", case.gallery] if gallery else []
    return json_lines(case.nametag("tag", *named, "--records", "-", "--quiet", *args, **options).stdout)


def faces(records):
    return [face for record in records for face in record["faces"]]


def whose(face):
    """Whom a face of a made clip belongs to."""
    return "Franck" if face["box"][2] > LARGE else "Presenter"


def enrol(case):
    case.start_gallery(["Franck", need(FRANCK), "--start", "60", "--end", "70"], ["Presenter", need(PRESENTER), "--end", "8"])


def listing(case):
    """All that a gallery says of itself, but for the history."""
    names = [p["name"] for p in json.loads(people(case, "list", "--json").stdout)]
    return "".join([people(case, "list", "--json").stdout, *(people(case, "show", name).stdout for name in names),
                    people(case, "rejections").stdout, people(case, "strangers").stdout])


def test_names(case):
    """names prints a name a line, sorted as list does, and nothing else; without a gallery it says so."""
    case.nametag("people", "names", expect=1)
    for name, picture in (("Zoë Ann", "1"), ("Anna", "2")):
        case.nametag("enroll", "--gallery", case.gallery, "--force", "--largest", name, need(os.path.join(SAMPLES, f"sample{picture}.jpg")))
    case.equal(people(case, "names").stdout, "Anna\nZoë Ann\n", "the names")
    people(case, "names", "--json", expect=2)


# help and usage

def test_help_of_every_verb(case):
    """The help lists each verb, and each verb explains itself, wherever options stand."""
    overview = case.nametag("people", "--help").stdout
    for verb in VERBS:
        case.check(f"\n  {verb} " in overview, f"{verb} is missing from the overview")
        text = case.nametag("people", "--gallery", "x", verb, "--help").stdout
        case.check(text.startswith("Usage:\n  nametag people [OPTION…] " + verb), text)


def test_wrong_words(case):
    """Too few words, too many, and what is no number: exit code 2 and a pointer to the help."""
    enrol(case)
    for args in (["rename", "Franck"], ["show"], ["list", "Franck"], ["drop", "Franck", "first"], ["undo", "0"],
                 ["drop", "Franck", "3-1"], ["drop", "Franck", ""], ["drop-unknown"], ["drop-unknown", "--all", "1"],
                 ["name-unknown", "one", "Anna"], ["lis"], ["history", "--json"]):
        done = people(case, *args, expect=2)
        case.check(done.stderr.startswith("nametag: ") and done.stdout == "", f"{args}: {done.stderr!r} {done.stdout!r}")
    for args in (["drop", "Franck", "99"], ["show", "Frank"], ["name-unknown", "1", "Anna"], ["accept", "Franck", "1"],
                 ["split", "Franck", "1", "Presenter"], ["move", "Franck", "1", "Nobody"], ["split", "Franck", "1-99", "Eva"],
                 ["redo"]):
        before = listing(case)
        done = people(case, *args, expect=1)
        case.note(done.stderr)
        case.equal(listing(case), before, f"the gallery after {args}")


def test_mistyped_verb(case):
    """The verb that was probably meant is offered, and none that is far from it."""
    for word, meant in (("shw", "show"), ("frget", "forget"), ("hist", "history"), ("name-unknwon", "name-unknown")):
        case.check(f"Did you mean 'nametag people {meant}'?" in people(case, word, expect=2).stderr, word)
    case.check("Did you mean" not in people(case, "juggle", expect=2).stderr, "juggle")


# changes

def test_clips_cache_is_cleared(case):
    """Who forgets somebody, or seals the gallery, clears what the window kept of clips: that has embeddings and pictures, too."""
    folder = case.path("cache", "nametag", "timelines")
    case.env["XDG_CACHE_HOME"] = case.path("cache")
    phrase = case.path("phrase")
    with open(os.open(phrase, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write("a phrase for the test\n")
    case.env["NAMETAG_PASSPHRASE_FILE"] = phrase
    enrol(case)
    people(case, "remove", "Presenter")
    case.check(not os.path.exists(folder), "a folder is made where there is none")
    os.makedirs(folder)
    epochs = {None}
    for change, cleared in ((["rename", "Franck", "Frank"], False), (["forget", "--yes", "Frank"], True), (["encrypt"], True)):
        with open(os.path.join(folder, "0123abcd"), "w", encoding="utf-8") as file:
            file.write("faces")
        people(case, *change)
        case.equal("0123abcd" not in os.listdir(folder), cleared, f"cleared by {change[0]}")
        if cleared:
            with open(os.path.join(folder, "epoch"), encoding="utf-8") as file:
                epochs.add(file.read())
    case.equal(len(epochs), 3, "epochs")


def test_set_aside_again(case):
    """Only pictures that change are counted, and where none does nothing is remembered."""
    enrol(case)
    case.check("1 picture of Franck set aside" in people(case, "set-aside", "Franck", "1").stdout, "the first")
    case.check("1 picture of Franck set aside" in people(case, "set-aside", "Franck", "1,2").stdout, "one of two")
    before = people(case, "history").stdout
    for verb in ("set-aside", "use"):
        done = people(case, verb, "Franck", "1-2" if verb == "set-aside" else "3")
        case.check("already; nothing is changed" in done.stdout and "undo" not in done.stdout, done.stdout)
    case.equal(people(case, "history").stdout, before, "history")


def test_undo_and_redo(case):
    """Every change is taken back to the identical gallery, in order, by other processes, and made again as well."""
    enrol(case)
    clip = shots(case, FRANCK)
    states = [listing(case)]
    changes = (["rename", "Franck", "Frank"], ["split", "Frank", "1,3", "Eva"], ["move", "Frank", "1", "Eva"],
               ["drop", "Eva", "2"], ["set-aside", "Presenter", "1-2"], ["use", "Presenter", "2"],
               ["not", "Frank", clip, "--largest"], ["ignore", need(SAMPLE)], ["accept", "Frank", "1"], ["unignore", "1"],
               ["merge", "Eva", "Frank"], ["remove", "Presenter"])
    for change in changes:
        done = people(case, *change)
        case.check("undo' takes it back" in done.stdout, f"{change} does not tell of undo: {done.stdout}")
        states.append(listing(case))
        case.check(states[-1] != states[-2], f"{change} changed nothing")
    for i in range(len(changes), 0, -1):
        people(case, "undo")
        case.equal(listing(case), states[i - 1], f"after undoing {changes[i - 1]}")
    people(case, "redo", len(changes))
    case.equal(listing(case), states[-1], "after redoing all")
    history = people(case, "history").stdout.splitlines()
    case.equal(len(history), len(changes) + 2, "lines of the history")
    people(case, "redo", expect=1)


def test_split_and_merge(case):
    """Two people enrolled under one name are split by their numbers; merged, they are one again."""
    case.nametag("enroll", "--gallery", case.gallery, "Both", need(FRANCK), "--start", "60", "--end", "70")
    n_franck = json.loads(people(case, "list", "--json").stdout)[0]["pictures"]
    case.nametag("enroll", "--gallery", case.gallery, "--force", "Both", need(PRESENTER), "--end", "8")
    n_both = json.loads(people(case, "list", "--json").stdout)[0]["pictures"]
    case.check(n_both > n_franck > 1, f"{n_franck} and {n_both} pictures")
    people(case, "split", "Both", f"{n_franck + 1}-{n_both}", "Presenter")
    people(case, "use", "Presenter", f"1-{n_both - n_franck}")
    people(case, "rename", "Both", "Franck")
    people(case, "use", "Franck", f"1-{n_franck}")
    named = [face["name"] for face in faces(tag(case, shots(case, FRANCK, PRESENTER)))]
    case.equal(sorted(set(named), key=str), ["Franck", "Presenter"], "names")
    people(case, "merge", "Presenter", "Franck")
    case.equal([p["pictures"] for p in json.loads(people(case, "list", "--json").stdout)], [n_both], "pictures")


def test_forget_asks(case):
    """Where nobody can be asked, forget does nothing without --yes; with it, it cannot be undone."""
    enrol(case)
    before = listing(case)
    done = people(case, "forget", "Franck", expect=2)
    case.check("--yes" in done.stderr, done.stderr)
    case.equal(listing(case), before, "the gallery")
    people(case, "forget", "--yes", "Franck")
    people(case, "undo")  # of the other person's enrolment
    case.check("Franck" not in people(case, "history").stdout, "the history still tells of Franck")


def test_forget_removed(case):
    """Who was removed, or whose enrolment was undone, can still be forgotten, and nobody else of that name is found."""
    enrol(case)
    for change, name in (["undo"], "Presenter"), (["remove", "Franck"], "Franck"):
        people(case, *change)
        case.check("is forgotten" in people(case, "forget", "--yes", name).stdout, name)
        with open(case.gallery, "rb") as file:
            case.check(name.encode() not in file.read(), f"{name} is still in the file")
        done = people(case, "forget", "--yes", name, expect=1)
        case.check("nor in its history" in done.stderr, done.stderr)


def older_gallery(case):
    """Makes the gallery one of schema 1, which had neither quality nor history."""
    database = sqlite3.connect(case.gallery)
    database.executescript("""
        CREATE TABLE people_1 (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL);
        INSERT INTO people_1 SELECT id, CAST(name AS TEXT), created_us FROM people;
        CREATE TABLE faces_1 (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people_1 (id) ON DELETE CASCADE,
            embedding BLOB NOT NULL, source TEXT NOT NULL, pts_ns INTEGER, box_left INTEGER NOT NULL, box_top INTEGER NOT NULL,
            box_right INTEGER NOT NULL, box_bottom INTEGER NOT NULL, score REAL NOT NULL, created_us INTEGER NOT NULL,
            chip BLOB);
        INSERT INTO faces_1 SELECT id, person_id, embedding, CAST(source AS TEXT), pts_ns, box_left, box_top, box_right,
            box_bottom, score, created_us, chip FROM faces""")
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table not in ("meta", "people_1", "faces_1") and not table.startswith("sqlite_"):
            database.execute(f"DROP TABLE {table}")
    database.executescript("ALTER TABLE people_1 RENAME TO people; ALTER TABLE faces_1 RENAME TO faces;"
                           "PRAGMA user_version = 1; VACUUM")
    database.close()


def test_older_gallery(case):
    """A gallery of an older program is brought up to date, which is said with where the backup is; to forget somebody
    deletes that too."""
    enrol(case)
    older_gallery(case)
    backup = case.gallery + ".v1-backup"
    for told in (True, False):
        done = people(case)
        case.equal((f"{backup} is the file as it was" in done.stderr, "Franck" in done.stdout), (told, True), done.stderr)
    case.check(os.path.exists(backup), "no backup")
    case.check(backup in people(case, "forget", "--yes", "Franck").stdout, "forget says nothing of the backup")
    for name in os.listdir(case.folder):
        if name.startswith("people.sqlite"):
            with open(case.path(name), "rb") as file:
                case.check(b"Franck" not in file.read(), f"{name} still has the name")


def test_rejection_sticks(case):
    """A face that was said not to be somebody is not called that any more, until it is accepted again."""
    enrol(case)
    clip = shots(case, FRANCK)
    case.equal({face["name"] for face in faces(tag(case, clip))}, {"Franck"}, "names before")
    people(case, "not", "Presenter", clip, expect=1)
    people(case, "not", "Franck", clip, "--at", "0.4")
    after = faces(tag(case, clip))
    case.equal({face["name"] for face in after}, {None}, "names after")
    case.equal({face["reason"] for face in after}, {"rejected"}, "reasons")
    case.check("before" in people(case, "not", "Franck", clip, "--at", "0.4").stdout, "said twice")
    case.check(clip in people(case, "rejections", "Franck").stdout, "the list of rejections")
    people(case, "accept", "Franck", "1")
    case.equal({face["name"] for face in faces(tag(case, clip))}, {"Franck"}, "names when accepted again")


def test_ignore(case):
    """Ignored strangers are plainly unknown, without a number, until that is taken back."""
    case.start_gallery(["Franck", need(FRANCK), "--start", "60", "--end", "70"])
    numbers = [face.get("unknown") for face in faces(tag(case, need(SAMPLE)))]
    case.check(len(set(numbers) - {None}) >= 2, f"numbers: {numbers}")
    people(case, "ignore", SAMPLE)
    ignored = faces(tag(case, SAMPLE))
    case.equal({(face.get("unknown"), face["reason"]) for face in ignored}, {(None, "ignored")}, "number and reason")
    lines = people(case, "strangers").stdout.splitlines()
    case.equal(len(lines), len(numbers), "strangers")
    people(case, "unignore", f"1-{len(lines)}")
    case.equal([face.get("unknown") for face in faces(tag(case, SAMPLE))], numbers, "numbers when taken back")


# unknown people

def test_numbers_are_consistent(case):
    """One person has one number on the whole clip, when seen again too; the summary and the records agree."""
    clip = shots(case, PRESENTER, FRANCK, PRESENTER)
    records = tag(case, clip, "--no-keep", gallery=False)
    order = [whose(face) for face in faces(records)]
    case.check(len(order) >= 3 * SHOT and order[0] == order[-1] == "Presenter" and "Franck" in order, f"faces: {order}")
    for face in faces(records):
        case.equal((face["unknown"], face["verdict"], face["confidence"], face["reason"]),
                   (2 if whose(face) == "Franck" else 1, "unknown", "unknown", "empty"), f"face {face['box']}")
    told = case.nametag("tag", clip).stdout
    case.check("unknown 1" in told and "unknown 2" in told and "unknown 3" not in told and "(unknown)" not in told, told)
    case.check(not os.path.exists(case.path("data")), "a gallery was made that nobody asked for")


def test_name_unknown(case):
    """An unknown person of a clip is named after the run, and the next run knows the name; undone, it does not."""
    clip = shots(case, PRESENTER, FRANCK)
    told = case.nametag("tag", clip, "--gallery", case.gallery).stdout
    case.check("2 unknown people kept" in told and "name-unknown 1 NAME" in told, told)
    listed = people(case, "unknown", "--export", case.path("look")).stdout
    case.check(clip in listed and "unknown 1" in listed and "unknown 2" in listed, listed)
    case.check(any(name.startswith("party.mp4-unknown-2-") for name in os.listdir(case.path("look"))), "pictures of unknown 2")
    done = people(case, "name-unknown", "2", "Franck")
    case.check("taken" in done.stdout and "undo" in done.stdout, done.stdout)
    listed = people(case, "unknown").stdout
    case.check("hidden: unknown 2 of party.mp4 is Franck by now" in listed, listed)
    case.equal({(whose(face), face["name"]) for face in faces(tag(case, clip, "--no-keep"))},
               {("Presenter", None), ("Franck", "Franck")}, "names")
    people(case, "undo")
    case.equal(json.loads(people(case, "list", "--json").stdout), [], "people after undo")
    case.check("hidden" not in people(case, "unknown").stdout, "unknown 2 is still hidden")
    people(case, "redo")
    tag(case, clip)
    listed = people(case, "unknown").stdout
    case.check("Franck" not in listed and "unknown 1" in listed, listed)


def test_several_sources(case):
    """Each picture numbers its own unknown people; a number that several have needs the source with it."""
    pictures = [need(os.path.join(SAMPLES, f"sample{i}.jpg")) for i in (1, 2)]
    told = case.nametag("tag", *pictures, "--gallery", case.gallery).stdout
    case.check("name-unknown SOURCE 1 NAME" in told, told)
    done = people(case, "name-unknown", "1", "Anna", expect=2)
    case.check("sample1.jpg" in done.stderr and "sample2.jpg" in done.stderr, done.stderr)
    people(case, "name-unknown", "sample2.jpg", "1", "Anna")
    case.check(pictures[1] in people(case, "show", "Anna").stdout, "where Anna was seen")
    people(case, "ignore-unknown", "sample1.jpg", "1")
    listed = people(case, "unknown").stdout
    case.check("unknown 1 of sample1.jpg is ignored" in listed and "unknown 1 of sample2.jpg is Anna" in listed, listed)
    people(case, "drop-unknown", "sample1.jpg", "2")
    case.check("unknown 2" not in people(case, "unknown").stdout, "unknown 2 of sample1.jpg is still there")


def test_dropped_means_erased(case):
    """What was kept of strangers and dropped is nowhere in the gallery's files; --no-keep never writes it."""
    clip = shots(case, PRESENTER, name="wedding.mp4")
    case.start_gallery(["Franck", need(FRANCK), "--start", "60", "--end", "70"])
    case.nametag("tag", clip, "--gallery", case.gallery, "--no-keep")
    held = lambda: any(b"wedding.mp4" in open(case.path(name), "rb").read() for name in os.listdir(case.folder)
                       if name.startswith("people.sqlite"))
    case.check(not held(), "kept in spite of --no-keep")
    case.nametag("tag", clip, "--gallery", case.gallery)
    case.check(held(), "nothing was kept")
    people(case, "drop-unknown", "--all")
    case.check("No unknown people" in people(case, "unknown").stdout, "dropped")
    case.check(not held(), "the source's name is still in the bytes")


def test_missing_gallery(case):
    """A gallery that --gallery names is made when there is something to keep in it; with --no-keep it must be there. One's
    own is made by enrolling."""
    done = case.nametag("tag", need(SAMPLE), "--gallery", case.gallery)
    case.check("no gallery" in done.stderr and os.path.exists(case.gallery), done.stderr)
    done = case.nametag("tag", SAMPLE, "--gallery", case.path("other.sqlite"), "--no-keep", expect=1)
    case.check("other.sqlite" in done.stderr and not os.path.exists(case.path("other.sqlite")), done.stderr)
    done = case.nametag("people", "check", expect=1)
    case.check("'nametag enroll NAME PICTURE' makes it" in done.stderr, done.stderr)


def test_read_only_gallery(case):
    """A gallery that can only be read names people all the same; that nothing could be kept or changed is said in a line."""
    enrol(case)
    user = {}
    if os.geteuid() == 0:  # root may write everything, so somebody else is needed
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        try:
            subprocess.run([NAMETAG, "--version"], check=True, capture_output=True, **user)
        except (PermissionError, subprocess.CalledProcessError) as reason:
            raise Skip(f"another user cannot run the program: {reason}")
    clip = shots(case, FRANCK)
    os.chmod(case.gallery, 0o444)
    os.chmod(clip, 0o444)
    os.chmod(case.folder, 0o555)
    try:
        done = case.nametag("tag", clip, SAMPLE, "--gallery", case.gallery, cwd="/", **user)
        case.check("Franck" in done.stdout and "not kept" in done.stderr and len(done.stderr.splitlines()) < 5,
                   done.stdout + done.stderr)
        case.check("Franck" in people(case, "list", **user).stdout, "list")
        done = people(case, "rename", "Franck", "Frank", expect=1, **user)
        case.check("people.sqlite" in done.stderr, done.stderr)
    finally:
        os.chmod(case.folder, 0o755)
    case.check("Frank " not in people(case, "list").stdout, "renamed all the same")


def test_stream_follows_gallery(case):
    """Who is enrolled while a stream runs is named in it from then on."""
    case.nametag("enroll", "--gallery", case.gallery, "Presenter", need(PRESENTER), "--end", "5")
    process = subprocess.Popen([NAMETAG, "tag", "file://" + os.path.realpath(need(FRANCK)), "--gallery", case.gallery,
                                "--records", "-", "--no-landmarks", "--quiet", "--threads", "1"], env=case.env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    before = {face["name"] for face in faces(json_lines("".join(process.stdout.readline() for _ in range(20))))}
    case.nametag("enroll", "--gallery", case.gallery, "Franck", FRANCK, "--start", "60", "--end", "64")
    named = any(face["name"] == "Franck" for line in process.stdout for face in json.loads(line)["faces"])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    case.equal((before, named), ({None}, True), "names before, and whether Franck was named afterwards")


def test_encrypted_gallery(case):
    """The unknown people of an encrypted gallery are kept, listed and named like others, and their source is sealed."""
    with open(case.path("phrase"), "w") as file:
        file.write("eine lange Geschichte\n")
    os.chmod(case.path("phrase"), 0o600)
    case.env["NAMETAG_PASSPHRASE_FILE"] = case.path("phrase")
    case.start_gallery(["Franck", need(FRANCK), "--start", "60", "--end", "70"])
    people(case, "encrypt")
    clip = shots(case, PRESENTER, name="wedding.mp4")
    case.nametag("tag", clip, "--gallery", case.gallery)
    with open(case.gallery, "rb") as file:
        case.check(b"wedding.mp4" not in file.read(), "the source is not sealed")
    case.check(clip in people(case, "unknown").stdout, "unknown people")
    people(case, "name-unknown", "1", "Presenter")
    case.equal({face["name"] for face in faces(tag(case, clip))}, {"Presenter"}, "names")


def test_interrupted(case):
    """Ctrl+C keeps the unknown people seen so far, and leaves a whole gallery."""
    process = subprocess.Popen([NAMETAG, "tag", need(FRANCK), "--exact", "--gallery", case.gallery], env=case.env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    case.equal(process.returncode, 130, f"exit code ({errors})")
    case.check("1 unknown person kept" in told, told + errors)
    case.check("unknown 1" in people(case, "unknown").stdout, "kept")
    with sqlite3.connect(case.gallery) as database:
        case.equal(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "integrity")


if __name__ == "__main__":
    main(__name__)
