"""Every command on real pictures and clips, and what they say when something is wrong."""
import csv
import io
import json
import math
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import time

from harness import CLIPS, NAMETAG, SAMPLES, beginning, json_lines, main, need, takes_long_sanitized

SAMPLE = os.path.join(SAMPLES, "sample1.jpg")
FRANCK = os.path.join(CLIPS, "franck.mp4")
PRESENTER = os.path.join(CLIPS, "cap13_edit2.mp4")
MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "data", "nametag.1")


def short_clip(case, source, name="short.mp4", frames=25):
    """The first second of a demo clip, so that a test need not wait for minutes."""
    case.gst(f"{beginning(source, frames)} ! x264enc pass=quant quantizer=18 speed-preset=veryfast ! mp4mux ! filesink location={name}")
    return case.path(name)


def enrol_franck(case):
    case.start_gallery(["Franck", need(FRANCK), "--start", "60", "--end", "70"])


# help and usage

def test_help_of_every_command(case):
    """Each command explains itself with --help and exits 0."""
    overview = case.nametag("--help").stdout
    for command in ("tag", "live", "devices", "enroll", "people", "detect", "represent", "explain", "models", "demo", "bench"):
        case.check(f"  {command} " in overview, f"{command} is missing from the overview")
        text = case.nametag(command, "--help").stdout
        case.check(text.startswith(f"Usage:\n  nametag {command}"), text[:200])
        case.check("Examples:" in text, f"{command} --help has no examples")
        case.equal(case.nametag("help", command).stdout, text, f"nametag help {command}")


def test_manual_is_whole(case):
    """The manual page has every command, verb and option that the help has."""
    with open(MANUAL, encoding="utf-8") as file:
        sections = {part.split("\n")[0]: part for part in re.split(r"\n\.Ss nametag |\n\.Sh ", file.read())}
    commands = re.findall(r"^  ([a-z]+)  ", case.nametag("--help").stdout, re.M)
    case.check(len(commands) >= 9, commands)
    for command in commands:
        case.check(command in sections, f"the manual has no section on {command}")
        helps = [[command], *([command, protocol] for protocol in ("verification", "identification") if command == "evaluate")]
        texts = [case.nametag(*words, "--help").stdout for words in helps]
        for option in re.findall(r"^  (?:-[a-z], )?--([a-z-]+)", "\n".join(texts), re.M):
            case.check(f"Fl -{option}" in sections[command], f"the manual's {command} has no --{option}")
        verbs = texts[0].partition("Verbs:\n")[2].partition("\n\n")[0]
        for verb in re.findall(r"^  ([a-z-]+)", verbs, re.M):
            case.check(re.search(rf"Cm (.*[ ,])?{verb}\b", sections[command]), f"the manual's {command} has no {verb}")


def test_wrong_usage(case):
    """A command line that makes no sense exits 2 and points to the help."""
    for args in (["tga"], ["tag"], ["tag", "--nonsense", "x"], ["tag", "x.mp4", "--upsample", "9"], ["detect"],
                 ["represent"], ["enroll"], ["people", "juggle"], ["explain"], ["models", "juggle"]):
        done = case.nametag(*args, expect=2)
        case.check("nametag: " in done.stderr and done.stdout == "", f"{args}: {done.stderr!r} {done.stdout!r}")


def test_no_command(case):
    """A file or address alone is told which command it wants, and its password is not repeated."""
    for word in (SAMPLE, "rtsp://user:secret@camera.example/"):
        said = case.nametag(word, expect=2).stderr
        case.check("'nametag tag'" in said and "secret" not in said, said)
    case.check("'nametag-gtk'" in case.nametag("window", expect=2).stderr, "window")


def test_version(case):
    """--version prints the name and version."""
    case.check(case.nametag("--version").stdout.startswith("nametag 0."), "version")


# detect

def test_detect_schema(case):
    """detect prints one JSON object a picture with the documented members."""
    pictures = [need(os.path.join(SAMPLES, f"sample{i}.jpg")) for i in range(1, 4)]
    records = json_lines(case.nametag("detect", *pictures).stdout)
    case.equal([r["image"] for r in records], pictures, "images")
    faces = [face for record in records for face in record["faces"]]
    case.check(len(faces) >= 3, f"{len(faces)} faces found")
    for face in faces:
        case.equal(sorted(face), ["box", "embedding", "landmarks", "part", "score"], "members of a face")
        case.equal([len(face["box"]), len(face["landmarks"]), len(face["embedding"])], [4, 68, 128], "lengths")
        case.check(face["score"] >= 0, "score")
        norm = math.sqrt(sum(v * v for v in face["embedding"]))
        case.check(1 < norm < 2, f"norm of an embedding: {norm}")


def test_detect_options(case):
    """--no-landmarks, --no-embedding and --threshold do what they say; --upsample finds more."""
    need(SAMPLE)
    plain = json_lines(case.nametag("detect", "--no-landmarks", "--no-embedding", SAMPLE).stdout)[0]["faces"]
    for face in plain:
        case.equal(sorted(face), ["box", "part", "score"], "members")
    strict = json_lines(case.nametag("detect", "--no-embedding", "--threshold", "1", SAMPLE).stdout)[0]["faces"]
    case.equal([f["score"] for f in strict], [f["score"] for f in plain if f["score"] >= 1], "scores above 1")
    case.gst(f"filesrc location={SAMPLE} ! jpegdec ! videoscale ! video/x-raw,width=480,height=320 ! videoconvert "
             "! pngenc ! filesink location=small.png")
    counts = [len(json_lines(case.nametag("detect", "--no-embedding", "--upsample", n, case.path("small.png")).stdout)[0]
                  ["faces"]) for n in (0, 1)]
    case.check(counts[1] > counts[0], f"faces of about 50 pixels, found without and with upsampling: {counts}")


def test_detect_levels(case):
    """NAMETAG_CPU picks the kernels, and none of them changes what is found."""
    takes_long_sanitized()
    need(SAMPLE)
    wanted = None
    for level in ("plain", "baseline", "avx2", "avx512", "no-such-level"):
        case.env["NAMETAG_CPU"] = level
        faces = json_lines(case.nametag("detect", SAMPLE).stdout)[0]["faces"]
        wanted = wanted or faces
        case.equal([f["box"] for f in faces], [f["box"] for f in wanted], f"boxes with {level}")
        case.equal([f["landmarks"] for f in faces], [f["landmarks"] for f in wanted], f"landmarks with {level}")
        for ours, theirs in zip(faces, wanted):
            case.check(abs(ours["score"] - theirs["score"]) < 2e-4, f"score with {level}")
            case.check(math.dist(ours["embedding"], theirs["embedding"]) < 1e-4, f"embedding with {level}")
    case.env["NAMETAG_CPU"] = "baseline"
    case.check("kernels: baseline;" in case.nametag("bench", "--seconds", "0.01", SAMPLE).stdout, "level in bench")


def test_tag_fast(case):
    """--fast gives the same names at nearly the same distances."""
    enrol_franck(case)
    clip = short_clip(case, FRANCK)
    runs = [json_lines(case.nametag("tag", "--gallery", case.gallery, "--records", "-", "--quiet", *more, clip).stdout)
            for more in ([], ["--fast"])]
    case.equal(*[[[f["name"] for f in r["faces"]] for r in run] for run in runs], "names")
    case.check(len(runs[0]) > 0, "records")


def test_detect_goes_on(case):
    """A picture that cannot be read is named on standard error; the others are done; exit code 1."""
    need(SAMPLE)
    with open(case.path("text.jpg"), "w") as file:
        file.write("this is no picture")
    done = case.nametag("detect", "--no-embedding", case.path("none.jpg"), case.path("text.jpg"), SAMPLE, expect=1)
    case.equal(len(json_lines(done.stdout)), 1, "records")
    case.check("none.jpg" in done.stderr and "text.jpg" in done.stderr, done.stderr)


# enrolling and people

def test_enroll_then_tag(case):
    """A person enrolled from one part of a clip is named in another; a stranger stays unknown."""
    enrol_franck(case)
    for source, name in ((FRANCK, "Franck"), (PRESENTER, None)):
        clip = short_clip(case, source)
        records = json_lines(case.nametag("tag", clip, "--gallery", case.gallery, "--records", "-", "--quiet").stdout)
        names = [face["name"] for record in records for face in record["faces"]]
        case.check(len(names) >= 20, f"{len(names)} faces")
        case.equal(set(names), {name}, f"names in {os.path.basename(source)}")


def test_inputs_of_one_name(case):
    """Two inputs whose annotated forms would be one file are refused before anything is written."""
    for folder in ("a", "b", "out"):
        os.mkdir(case.path(folder))
    for folder in ("a", "b"):
        shutil.copy(SAMPLE, case.path(folder, "same.jpg"))
    done = case.nametag("tag", case.path("a", "same.jpg"), case.path("b", "same.jpg"), "--output", case.path("out"), expect=2)
    for words in ("a/same.jpg", "b/same.jpg", "same-tagged.jpg"):
        case.check(words in done.stderr, done.stderr)
    case.equal(os.listdir(case.path("out")), [], "files written")


def test_gallery_is_private(case):
    """The gallery can be read by its owner alone."""
    case.nametag("enroll", "--gallery", case.gallery, "Presenter", need(PRESENTER), "--end", "1")
    for name in os.listdir(case.folder):
        if name.startswith("people.sqlite"):
            case.equal(stat.S_IMODE(os.stat(case.path(name)).st_mode), 0o600, f"mode of {name}")


def test_people_verbs(case):
    """list, show, rename, merge and forget change just what they say."""
    enrol_franck(case)
    case.nametag("enroll", "--gallery", case.gallery, "Presenter", PRESENTER, "--end", "5")
    people = lambda *args, **options: case.nametag("people", "--gallery", case.gallery, *args, **options)
    listed = people("list").stdout
    case.check("Franck" in listed and "Presenter" in listed, listed)
    case.equal(people().stdout, listed, "list is what people does by itself")
    case.check("franck.mp4" in people("show", "Franck").stdout, "show names the source")
    people("rename", "Franck", "Frank")
    case.check("Frank " in people("list").stdout, "renamed")
    case.check("Frank" in people("show", "Franck", expect=1).stderr, "a wrong name is answered with the nearest")
    people("rename", "Frank", "Presenter", expect=1)
    people("merge", "Frank", "Presenter")
    case.check("Frank" not in people("list").stdout, "merged away")
    people("forget", "--yes", "Presenter")
    case.check("Presenter" not in people("list").stdout, "forgotten")
    with open(case.gallery, "rb") as file:
        case.check(b"Presenter" not in file.read(), "the name is still in the file's bytes")


def test_enroll_from_folder(case):
    """--from DIR takes DIR/NAME/* and says of each picture what became of it."""
    people = need(os.path.join(os.environ.get("NAMETAG_TEST_DATA", ""), "people"))
    done = case.nametag("enroll", "--gallery", case.gallery, "--from", people)
    for picture in ("biden.jpg", "obama2.jpg", "lin-manuel-miranda.png"):
        case.check(picture in done.stdout + done.stderr, f"{picture} is not mentioned:\n{done.stdout}{done.stderr}")
    names = json.loads(case.nametag("people", "--gallery", case.gallery, "list", "--json").stdout)
    case.check(len(json.dumps(names)) > 50, names)


def test_enroll_refuses_with_reasons(case):
    """No face, an unreadable file, an unusable name: refused in words, and nothing is kept."""
    case.gst("videotestsrc num-buffers=1 ! pngenc ! filesink location=pattern.png")
    done = case.nametag("enroll", "--gallery", case.gallery, "Nobody", case.path("pattern.png"), expect=1)
    case.check("no face" in (done.stdout + done.stderr).lower(), done.stdout + done.stderr)
    case.nametag("enroll", "--gallery", case.gallery, "Nobody", case.path("missing.png"), expect=1)
    case.nametag("enroll", "--gallery", case.gallery, " ", need(SAMPLE), expect=2)
    if os.path.exists(case.gallery):
        case.check("Nobody" not in case.nametag("people", "--gallery", case.gallery).stdout, "somebody was enrolled")


def test_damaged_gallery(case):
    """A gallery that is none is refused in words by every command, and left as it is."""
    enrol_franck(case)
    with open(case.gallery, "r+b") as file:
        file.truncate(1000)
    with open(case.gallery, "rb") as file:
        before = file.read()
    for args in (["people", "--gallery", case.gallery], ["tag", need(SAMPLE), "--gallery", case.gallery]):
        done = case.nametag(*args, expect=1)
        case.check("people.sqlite" in done.stderr, done.stderr)
    with open(case.gallery, "rb") as file:
        case.check(file.read() == before, "the damaged file was changed")


def test_newer_gallery(case):
    """A gallery of a newer program is refused in words, not damaged."""
    enrol_franck(case)
    with sqlite3.connect(case.gallery) as database:
        database.execute("PRAGMA user_version = 99")
    done = case.nametag("people", "--gallery", case.gallery, expect=1)
    case.check("newer" in done.stderr, done.stderr)


def test_other_model_gallery(case):
    """Embeddings of another model are never compared with ours: they are made again from the pictures."""
    enrol_franck(case)
    clip = short_clip(case, FRANCK)
    database = sqlite3.connect(case.gallery)
    changed = database.execute("UPDATE meta SET value = 'another' WHERE key LIKE '%fingerprint%'").rowcount
    database.execute("UPDATE faces SET embedding = zeroblob(length(embedding))")
    database.commit()
    database.close()
    case.equal(changed, 1, "fingerprints in the gallery")
    for told in ("model", ""):  # said when it is done, and done once
        done = case.nametag("tag", clip, "--gallery", case.gallery)
        case.check(("embedded again" in done.stderr) == bool(told), done.stderr)
        case.check("Franck" in done.stdout, done.stdout)


# tag

def test_tag_formats(case):
    """WebM, MP4 and Matroska come out whole, with the sound, by the ending of the name."""
    case.gst("videotestsrc num-buffers=50 pattern=ball ! video/x-raw,width=322,height=242,framerate=25/1 ! x264enc "
             "! mux. audiotestsrc num-buffers=86 ! opusenc ! mux. matroskamux name=mux ! filesink location=in.mkv")
    for ending in ("webm", "mp4", "mkv"):
        output = case.path(f"out.{ending}")
        case.nametag("tag", case.path("in.mkv"), "--output", output, "--quiet")
        told = case.nametag("tag", output).stdout
        case.check("50 frames" in told, told)
        streams = subprocess.run(["gst-discoverer-1.0", output], capture_output=True, text=True).stdout
        case.check("video" in streams and "audio" in streams, streams)
    case.nametag("tag", case.path("in.mkv"), "--output", case.path("out.avi"), expect=1)


def test_tag_still(case):
    """A picture is tagged into a picture; records have no time; a clip's ending is refused for it."""
    need(SAMPLE)
    output = case.path("out.png")
    done = case.nametag("tag", SAMPLE, "--output", output, "--records", case.path("r.jsonl"))
    case.check(os.path.getsize(output) > 10000, "the picture is too small")
    with open(case.path("r.jsonl"), encoding="utf-8") as file:
        record = json.loads(file.read())
    case.equal((record["schema"], record["pts_ns"], record["frame"]), ("nametag-records/1", None, 0), "record")
    case.check("sample1.jpg" in done.stdout, done.stdout)


def test_tag_several(case):
    """Several inputs share the records; one that fails does not stop the others."""
    need(SAMPLE)
    os.mkdir(case.path("out"))
    done = case.nametag("tag", SAMPLE, case.path("missing.mp4"), os.path.join(SAMPLES, "sample2.jpg"), "--records",
                        "-", "--output", case.path("out"), expect=1)
    case.equal([os.path.basename(r["source"]) for r in json_lines(done.stdout)], ["sample1.jpg", "sample2.jpg"],
               "sources")
    case.check("missing.mp4" in done.stderr, done.stderr)
    case.equal(sorted(os.listdir(case.path("out"))), ["sample1-tagged.jpg", "sample2-tagged.jpg"], "annotated")
    case.nametag("tag", SAMPLE, SAMPLE, "--output", case.path("nowhere"), expect=2)


def test_tag_records_by_ending(case):
    """Records are a table or subtitles by their ending, say the same as the JSON Lines, and appear when they are whole."""
    clip = short_clip(case, PRESENTER)
    case.nametag("enroll", "--gallery", case.gallery, "Presenter", PRESENTER, "--end", "5")
    for ending in ("jsonl", "csv", "vtt"):
        case.nametag("tag", clip, "--gallery", case.gallery, "--records", case.path(f"r.{ending}"), "--quiet", "--no-keep")
    with open(case.path("r.jsonl"), encoding="utf-8") as file:
        frames = json_lines(file.read())
    with open(case.path("r.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = [(str(frame["frame"]), face["box"], face["verdict"], face["name"] or "", str(face["track"]))
              for frame in frames for face in frame["faces"]]
    case.check(len(wanted) > 10, "hardly any face was found")
    case.equal([(row["frame"], [int(row[side]) for side in ("left", "top", "width", "height")], row["verdict"], row["name"],
                 row["track"]) for row in rows], wanted, "rows")
    with open(case.path("r.vtt"), encoding="utf-8") as file:
        cues = file.read()
    case.check(cues.startswith("WEBVTT\n") and "\nPresenter\n" in cues, cues)
    case.equal([name for name in os.listdir(case.folder) if ".part-" in name], [], "parts left")


def test_tag_subtitles_of_one_clip(case):
    """Subtitles of a picture, or of two clips in one file, are refused, and no file is left."""
    clip = short_clip(case, PRESENTER)
    case.nametag("tag", clip, clip, "--records", case.path("r.vtt"), "--quiet", expect=2)
    told = case.nametag("tag", need(SAMPLE), "--records", case.path("r.vtt"), "--quiet", expect=1)
    case.check("subtitles" in told.stderr, told.stderr)
    case.check(not os.path.exists(case.path("r.vtt")), "subtitles of a picture")


def test_tag_no_landmarks(case):
    """--no-landmarks leaves the points out of the records."""
    done = case.nametag("tag", need(SAMPLE), "--records", "-", "--no-landmarks", "--quiet")
    for face in json_lines(done.stdout)[0]["faces"]:
        case.check("landmarks" not in face, "landmarks were recorded")


def test_tag_threads_agree(case):
    """One thread and three give the same records, byte for byte, whether faces are followed or each frame is looked at anew."""
    clip = short_clip(case, PRESENTER)
    for mode in ([], ["--exact"]):
        outputs = [case.nametag("tag", clip, "--records", "-", "--quiet", "--threads", n, *mode).stdout for n in (1, 3)]
        case.check(outputs[0] == outputs[1] and outputs[0], f"records differ {mode}")
        case.equal([r["frame"] for r in json_lines(outputs[0])], sorted(r["frame"] for r in json_lines(outputs[0])),
                   "order of frames")


def test_tag_exact(case):
    """--exact gives each frame's own detections, as detect has them; without it faces are followed under one number, with the
    same names; --raw-landmarks leaves the points as they are fitted."""
    enrol_franck(case)
    clip = short_clip(case, FRANCK)
    exact, followed, raw = [json_lines(case.nametag("tag", "--gallery", case.gallery, "--records", "-", "--quiet", "--no-keep", *more,
                                                    clip).stdout) for more in (["--exact"], [], ["--raw-landmarks"])]
    for record in exact:
        for face in record["faces"]:
            case.check("track" not in face and "finding" not in face, "a track in exact mode")
    for records in (followed, raw):
        case.equal([r["frame"] for r in records], [r["frame"] for r in exact], "frames with faces")
        case.equal({face["track"] for r in records for face in r["faces"]}, {1}, "tracks")
        case.check({face["finding"] for r in records for face in r["faces"]} <= {"detected", "followed"}, "findings")
        case.equal([[f["name"] for f in r["faces"]] for r in records], [[f["name"] for f in r["faces"]] for r in exact], "names")
    case.equal([r["faces"][0]["landmarks"] for r in raw] != [r["faces"][0]["landmarks"] for r in followed], True,
               "steadied points differ from raw ones")
    for r, s in zip(exact, followed):
        (left, top, width, _), box = r["faces"][0]["box"], s["faces"][0]["box"]
        case.check(abs(left - box[0]) < width / 4 and abs(top - box[1]) < width / 4, f"frame {r['frame']}: {box} for {left}, {top}")


def test_tag_bad_inputs(case):
    """Missing, empty, cut, pictureless and senseless inputs: one line of words each, exit code 1, no output file."""
    case.gst("audiotestsrc num-buffers=20 ! vorbisenc ! oggmux ! filesink location=sound.ogg")
    open(case.path("empty.mp4"), "w").close()
    with open(case.path("text.mp4"), "w") as file:
        file.write("not a film " * 100)
    with open(need(FRANCK), "rb") as source, open(case.path("cut.mp4"), "wb") as file:
        file.write(source.read(5000))
    for name in ("sound.ogg", "empty.mp4", "text.mp4", "cut.mp4", "missing.mp4", "."):
        output = case.path("out.webm")
        done = case.nametag("tag", case.path(name), "--output", output, "--quiet", expect=1)
        lines = [line for line in done.stderr.splitlines() if line]
        case.note(lines[0])
        case.equal(len(lines), 1, f"lines on standard error for {name}: {lines}")
        case.check(name in lines[0], lines[0])
        case.check(not os.path.exists(output), f"{name} left an output file")
    done = case.nametag("tag", "rtsp://127.0.0.1:9/none", "--quiet", expect=1)
    case.note(done.stderr.strip())
    nothing = case.nametag("tag", case.path("missing.mp4"), case.path("gone.jpg"), expect=1).stderr
    case.check("enrolled" not in nothing and nothing.count("no such file") == 2, nothing)


def test_tag_unwritable(case):
    """An output that cannot be written is refused before any work."""
    clip = short_clip(case, PRESENTER)
    for option in ("--output", "--records"):
        done = case.nametag("tag", clip, option, "/proc/none/out.webm", "--quiet", expect=1)
        case.check("/proc/none" in done.stderr, done.stderr)


def test_tag_interrupted(case):
    """Ctrl+C ends within moments with exit code 130 and leaves whole files of what was done."""
    output, records = case.path("out.webm"), case.path("out.jsonl")
    process = subprocess.Popen([NAMETAG, "tag", need(FRANCK), "--output", output, "--records", records, "--quiet"],
                               env=case.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    case.equal(process.returncode, 130, f"exit code ({errors})")
    with open(records, encoding="utf-8") as file:
        frames = json_lines(file.read())
    case.check(0 < len(frames) < 4800, f"{len(frames)} frames")
    told = case.nametag("tag", output, "--threshold", "9").stdout
    case.check(f"{frames[-1]['frame'] + 1} frames" in told, f"{told} but records end at {frames[-1]['frame']}")
    case.equal(sorted(set(os.listdir(case.folder)) - {"data"}), ["out.jsonl", "out.webm"], "files left")


def test_records_to_closed_pipe(case):
    """A reader that goes away (| head) ends the program without a crash."""
    process = subprocess.Popen([NAMETAG, "tag", need(FRANCK), "--records", "-", "--quiet"], env=case.env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.wait(timeout=60)
    case.check(process.returncode in (1, -signal.SIGPIPE), f"exit code {process.returncode}: {errors}")
    case.check("Sanitizer" not in errors, errors)


# represent, explain, models, bench

def test_represent(case):
    """represent prints path, label and 128 numbers for each face, the same as detect's."""
    os.makedirs(case.path("people", "Müller, Eva"))
    shutil.copy(need(SAMPLE), case.path("people", "Müller, Eva", "a \"b\".jpg"))
    done = case.nametag("represent", case.path("people"))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    faces = json_lines(case.nametag("detect", SAMPLE).stdout)[0]["faces"]
    case.equal(len(rows), len(faces), "faces")
    case.equal((rows[0]["label"], os.path.basename(rows[0]["path"])), ("Müller, Eva", "a \"b\".jpg"), "label, path")
    for row, face in zip(rows, faces):
        case.equal([float(row[f"e{i}"]) for i in range(128)], face["embedding"], "embedding")
    case.nametag("represent", case.path("nowhere"), expect=1)
    os.mkdir(case.path("empty"))
    case.nametag("represent", case.path("empty"), expect=1)


def test_explain(case):
    """explain draws its page as PNG, SVG and PDF."""
    enrol_franck(case)
    for ending, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        output = case.path("page." + ending)
        case.nametag("explain", need(SAMPLE), "--output", output, "--gallery", case.gallery)
        with open(output, "rb") as file:
            data = file.read()
        case.check(data.startswith(magic) and len(data) > 20000, f"{ending}: {data[:16]!r}, {len(data)} bytes")
    case.nametag("explain", case.path("none.jpg"), "--output", case.path("x.png"), expect=1)
    done = case.nametag("explain", SAMPLE, "--output", case.path("x.doc"), expect=2)
    case.check(".pdf" in done.stderr.lower(), done.stderr)


def test_models(case):
    """models lists and verifies the three models and says in plain words what 300-W forbids."""
    listed = case.nametag("models").stdout
    for name in ("hog-face", "landmarks-68", "face-resnet"):
        case.check(name in listed, listed)
    case.nametag("models", "verify")
    case.check("300-W" in case.nametag("models", "licences").stdout, "the 300-W note is missing")
    with open(case.path("short.dat"), "wb") as file:
        file.write(bytes(range(104)))
    done = case.nametag("models", "import", case.path("short.dat"), expect=1)
    case.check("short.dat" in done.stderr, done.stderr)


def test_clip_that_is_cut_off(case):
    """Of a clip that stops in the middle all that is there is tagged, and it is said that the rest is missing; of a whole one nothing is."""
    case.gst(f"{beginning(FRANCK, 100)} ! x264enc pass=quant quantizer=18 speed-preset=veryfast ! mp4mux faststart=true ! "
             "filesink location=whole.mp4")
    whole = case.nametag("tag", case.path("whole.mp4"))
    case.check("100 frames" in whole.stdout and "cut off" not in whole.stderr, whole.stdout + whole.stderr)
    with open(case.path("whole.mp4"), "rb") as file:
        data = file.read()
    with open(case.path("half.mp4"), "wb") as file:
        file.write(data[:len(data) // 2])
    half = case.nametag("tag", case.path("half.mp4"), "--records", case.path("half.jsonl"))
    case.check("it should be 0:04" in half.stderr and "cut off" in half.stderr, half.stderr)
    with open(case.path("half.jsonl"), encoding="utf-8") as file:
        case.check(20 < len(json_lines(file.read())) < 80, half.stdout)


def test_bench(case):
    """bench prints its figures as JSON."""
    takes_long_sanitized()
    rows = json.loads(case.nametag("bench", "--json", "--seconds", "0.01").stdout)["rows"]
    steps = {row["step"] for row in rows} - {"embedding, 8 bits"}  # which only some processors have
    case.equal(steps, {"detect, colour", "detect, luma", "landmarks, a face", "chip, a face",
                       "embedding, a face", "embedding, 8 faces"}, "steps")
    for row in rows:
        case.check(row["one_thread_ms"] > 0 and row["repeats"] >= 5, row)


if __name__ == "__main__":
    main(__name__)
