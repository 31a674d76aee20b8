"""Enrolling badly on purpose: the words must name the reason and the remedy; and what good enrolling does."""
import json
import os
import signal
import sqlite3
import subprocess
import time

from harness import CLIPS, NAMETAG, SAMPLES, json_lines, main, need, playing

FRANCK = os.path.join(CLIPS, "franck_02888.jpg")   # 800 x 600, one face of about 310 pixels
FRANCKS = [os.path.join(CLIPS, f"franck_0{n}.jpg") for n in
           (1829, 2045, 2159, 2221, 2683, 2888, 3909, 3979, 4000, 4035, 4117)]
OTHER = os.path.join(CLIPS, "SeanConnery.jpg")
CLIP = os.path.join(CLIPS, "franck.mp4")
GROUP = os.path.join(SAMPLES, "sample1.jpg")


def made(case, name, effects, source=FRANCK):
    """A picture made worse by GStreamer's elements."""
    case.gst(f"{playing(source)} ! videoconvert ! {effects} ! videoconvert ! pngenc snapshot=true "
             f"! filesink location={name}.png")
    return case.path(name + ".png")


def enroll(case, *args, **options):
    return case.nametag("enroll", "--gallery", case.gallery, *args, **options)


def check_people(case):
    return json.loads(case.nametag("people", "--gallery", case.gallery, "check", "--json").stdout)


def pictures(case):
    """How many pictures each person has."""
    return {p["name"]: p["pictures"] for p in check_people(case)["people"]} if os.path.exists(case.gallery) else {}


def refused(case, picture, reason, remedy, *options, person="Franck"):
    """Enrols one picture that must be refused, with these words, and nothing kept."""
    before = pictures(case)
    done = enroll(case, *options, person, picture, expect=1)
    line = next(line for line in done.stdout.splitlines() if os.path.basename(picture) in line)
    case.note(line.replace(os.path.dirname(picture), "..."))
    for words in ("refused: ", reason, remedy):
        case.check(words in line, f"'{words}' is not said: {line}")
    case.check("nothing was enrolled" in done.stderr, done.stderr)
    case.equal(pictures(case), before, "pictures")


def box_of(case, picture, n=0):
    faces = json_lines(case.nametag("detect", "--no-embedding", "--no-landmarks", picture).stdout)[0]["faces"]
    return faces[n]["box"]


# badly

def test_poor_pictures(case):
    """Small, blurred, dark, burnt out, without contrast, cut off: refused with the reason and what to do; --force takes
    each, and the gallery remembers that."""
    left, _, width, _ = box_of(case, need(FRANCK))
    poor = [
        ("small", "videoscale ! video/x-raw,width=80,height=60", "too small", "come nearer", ["--upsample", 2]),
        ("blurred", "gaussianblur sigma=16", "too blurred", "hold the camera still", []),
        ("dark", "videobalance contrast=0.12 brightness=-0.42", "too dark", "light", []),
        ("bright", "videobalance contrast=1.6 brightness=0.2", "too bright", "less light", []),
        ("flat", "videobalance contrast=0.12 brightness=0.35", "hardly any contrast", "without haze", []),
        ("cut", f"videocrop left={int(left + 0.35 * width)}", "cut off", "the whole face", []),
    ]
    for name, effects, reason, remedy, options in poor:
        picture = made(case, name, effects)
        refused(case, picture, reason, remedy, *options)
        done = enroll(case, "--force", *options, "Forced", picture)
        case.check(reason in done.stdout, f"{name}: forced, and not told: {done.stdout}")
        case.equal([p["forced"] for p in check_people(case)["people"]], [1], f"forced pictures after {name}")
        case.nametag("people", "--gallery", case.gallery, "forget", "--yes", "Forced")
        os.unlink(case.gallery)


def test_turned_away(case):
    """A face in profile is refused as turned away."""
    sample = need(os.path.join(SAMPLES, "sample4.jpg"))  # 1920 x 1448; the third face looks aside by about 40 degrees
    record = json_lines(case.nametag("detect", "--no-embedding", "--no-landmarks", sample).stdout)[0]
    left, top, width, height = next(f["box"] for f in record["faces"] if 900 < f["box"][0] < 1000)
    right, bottom = record["width"] - left - width, record["height"] - top - height
    crop = " ".join(f"{side}={int(max(0, room - width / 2))}" for side, room in
                    (("left", left), ("top", top), ("right", right), ("bottom", bottom)))
    refused(case, made(case, "turned", "videocrop " + crop, source=sample), "turned too far aside", "towards the camera")


def test_no_face_and_several(case):
    """No face, several faces: refused, and told how to go on."""
    case.gst("videotestsrc num-buffers=1 ! pngenc ! filesink location=pattern.png")
    refused(case, case.path("pattern.png"), "no face was found", "--upsample")
    refused(case, need(GROUP), "faces", "--largest")
    enroll(case, "--largest", "Somebody", GROUP)


def test_who_it_looks_like(case):
    """A duplicate, somebody else's face, a face unlike the person's others: each is told, with the name."""
    enroll(case, "Franck", need(FRANCK))
    again = enroll(case, "Franck", FRANCK)
    case.check("enrolled already" in again.stdout and "Nothing new for Franck" in again.stdout, again.stdout)
    case.gst(f"filesrc location={FRANCK} ! jpegdec ! jpegenc quality=60 ! filesink location=saved-again.jpg")
    case.check("enrolled already" in enroll(case, "Franck", case.path("saved-again.jpg")).stdout, "saved again at 60 %")
    again = enroll(case, "--force", "Franck", FRANCK)
    case.check("enrolled already" in again.stdout, "what is enrolled already is not taken by --force either")
    refused(case, FRANCK, "looks like Franck", "see whether it really shows Bob", person="Bob")
    refused(case, need(OTHER), "looks nothing like the other pictures of Franck", "--force")
    done = enroll(case, "Franck", OTHER, "--force")
    case.check("looks nothing like" in done.stdout, done.stdout)
    advice = check_people(case)["people"][0]["advice"]
    case.check(any("against advice" in line for line in advice), advice)
    case.check(any("looks unlike the others" in line for line in advice), advice)


def test_unreadable_among_good(case):
    """One file that is no picture is told and the exit code says so; the good ones are enrolled."""
    with open(case.path("text.jpg"), "w") as file:
        file.write("no picture")
    done = enroll(case, "Franck", case.path("text.jpg"), case.path("missing.jpg"), need(FRANCK), expect=1)
    case.check("text.jpg" in done.stderr and "missing.jpg" in done.stderr, done.stderr)
    case.equal([p["pictures"] for p in check_people(case)["people"]], [1], "pictures")


# clips

def clip_of(case, name, sources, effects="identity"):
    """A clip of stills, four a second."""
    for number, source in enumerate(sources):
        made(case, f"{name}{number}", f"{effects} ! videoscale ! video/x-raw,width=640,height=480,pixel-aspect-ratio=1/1",
             source)
    case.gst(f"multifilesrc location={name}%d.png stop-index={len(sources) - 1} caps=image/png,framerate=4/1 ! pngdec "
             f"! videoconvert ! x264enc speed-preset=veryfast ! mp4mux ! filesink location={name}.mp4")
    return case.path(name + ".mp4")


def test_poor_clips(case):
    """A clip of poor frames is refused with the count of each reason; one of two people with the way out."""
    refused(case, clip_of(case, "blurred", FRANCKS[:3], "gaussianblur sigma=14"), "one too blurred", "--start and --end")
    case.gst("videotestsrc num-buffers=30 ! x264enc ! mp4mux ! filesink location=pattern.mp4")
    refused(case, case.path("pattern.mp4"), "without a face", "--start and --end")
    two = clip_of(case, "two", FRANCKS[:4] + [OTHER] * 3)
    refused(case, two, "different people appear one after another", "--start and --end")
    done = enroll(case, "Franck", two, "--end", 0.9)
    case.check("4 faces taken" in done.stdout, done.stdout)


def test_clip_is_varied(case):
    """Of a clip the frames taken are not like one another, no more than --max, and each has its quality."""
    done = enroll(case, "Franck", need(CLIP), "--start", 60, "--end", 70, "--max", 5)
    case.check("5 faces taken, at 6" in done.stdout, done.stdout)
    with sqlite3.connect(case.gallery) as database:
        rows = database.execute("SELECT size_px, sharpness, inside, pts_ns FROM faces").fetchall()
    person = check_people(case)["people"][0]
    case.equal(person["pictures"], 5, "pictures")
    case.check("front" in person["views"], person["views"])
    case.check(person["spread"] > 0.1, f"spread: {person['spread']}")
    for row in rows:
        case.check(row[0] > 50 and row[1] > 0.3 and row[2] > 0.9 and 60e9 <= row[3] < 70e9, row)


def test_set_aside(case):
    """With more than twelve pictures the varied ones are in use and the others set aside, which is said; none is lost."""
    enroll(case, "Franck", need(CLIP), "--start", 60, "--end", 70)
    done = enroll(case, "Franck", *map(need, FRANCKS))
    person = check_people(case)["people"][0]
    case.equal(person["pictures"] - person["aside"], 12, "in use")
    case.check(f"{person['aside']} pictures are set aside: 12 varied ones are in use" in done.stdout, done.stdout)
    case.check("all of it is enrolled already" in enroll(case, "Franck", *FRANCKS).stdout, "those aside are known too")
    case.nametag("people", "--gallery", case.gallery, "undo")
    person = check_people(case)["people"][0]
    case.equal((person["pictures"], person["aside"]), (8, 0), "pictures and aside after undo")


# --check, models, interruption

def test_check_changes_nothing(case):
    """--check says what would be taken and refused, makes no gallery, and changes none."""
    done = enroll(case, "--check", "Franck", *map(need, FRANCKS))
    case.check("would be taken" in done.stdout and "nothing is changed" in done.stdout, done.stdout)
    case.equal(sorted(set(os.listdir(case.folder)) - {"data"}), [], "files made")
    enroll(case, "Franck", FRANCK)
    before = {name: open(case.path(name), "rb").read() for name in os.listdir(case.folder) if name.endswith(".sqlite")}
    done = enroll(case, "--check", "Franck", *FRANCKS)
    case.check("enrolled already" in done.stdout and "10 new pictures" in done.stdout, done.stdout)
    refused_only = enroll(case, "--check", "Bob", FRANCK, expect=1)
    case.check("looks like Franck" in refused_only.stdout and "nothing would be enrolled" in refused_only.stderr,
               refused_only.stdout + refused_only.stderr)
    for name, content in before.items():
        case.check(open(case.path(name), "rb").read() == content, f"{name} was changed")
    case.equal([p["pictures"] for p in check_people(case)["people"]], [1], "pictures")


def test_another_model(case):
    """A gallery of another model is embedded again from its pictures, which is said; people are known as before."""
    enroll(case, "Franck", *map(need, FRANCKS[:3]))
    with sqlite3.connect(case.gallery) as database:
        case.equal(database.execute("UPDATE meta SET value = 'another' WHERE key LIKE '%fingerprint%'").rowcount, 1, "rows")
        before = database.execute("SELECT embedding FROM faces ORDER BY id").fetchall()
        database.execute("UPDATE faces SET embedding = zeroblob(length(embedding))")
    done = enroll(case, "Connery", need(OTHER))
    case.check("another model" in done.stderr and "embedded again" in done.stderr, done.stderr)
    with sqlite3.connect(case.gallery) as database:
        after = database.execute("SELECT embedding FROM faces ORDER BY id").fetchall()
    case.equal(after[:3], before, "embeddings")
    case.equal([p["name"] for p in check_people(case)["people"]], ["Connery", "Franck"], "people")
    case.check("embedded again" not in enroll(case, "Franck", FRANCKS[4]).stderr, "a second time")


def test_interrupted(case):
    """Ctrl+C in the middle of a clip: exit code 130, and nothing of the person is kept."""
    enroll(case, "Connery", need(OTHER))
    process = subprocess.Popen([NAMETAG, "enroll", "--gallery", case.gallery, "Franck", need(FRANCK), need(CLIP)],
                               env=case.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    case.equal(process.returncode, 130, f"exit code ({errors})")
    case.equal([p["name"] for p in check_people(case)["people"]], ["Connery"], "people")


# people check

def test_people_check(case):
    """check tells per person what would help, who are most alike, and what the setting gives."""
    enroll(case, "Franck", *map(need, FRANCKS))
    enroll(case, "Connery", need(OTHER))
    told = case.nametag("people", "--gallery", case.gallery, "check").stdout
    case.note(told)
    for words in ("Connery: 1 picture", "only one picture: add two more from other days", "Franck: 11 pictures",
                  "each would be known by the others", "Most alike: ", "(--caution balanced)"):
        case.check(words in told, f"'{words}' is not said:\n{told}")
    health = check_people(case)
    case.equal(health["schema"], "nametag-people-check/1", "schema")
    franck = next(p for p in health["people"] if p["name"] == "Franck")
    case.equal((franck["recognised"], franck["views"]), (11, ["left", "front", "right"]), "recognised and views")
    case.equal(franck["advice"], [], "advice for somebody with everything")
    careful = json.loads(case.nametag("people", "--gallery", case.gallery, "check", "--json", "--caution", "cautious").stdout)
    case.check(careful["threshold"] <= health["threshold"], "a cautious threshold is no greater")
    case.check(0 <= careful["false_name_rate"] <= health["false_name_rate"] <= 0.01, f"rates: {careful}, {health}")


if __name__ == "__main__":
    main(__name__)
