#!/usr/bin/env python3
"""Every command that README.md and docs/*.md show is run, every link followed, every option looked up, every message looked for.

    tests/docs/test_docs.py [docs/archive.md...]      those documents only

Needs NAMETAG_PROGRAM and NAMETAG_PACKAGES; NAMETAG_GTK is the window, where it is built. How blocks are marked: markdown.py.
"""
import os
import re
import subprocess
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
import shell  # noqa: E402
from harness import NAMETAG, PACKAGES, Skip, need  # noqa: E402  (found by way of stage.py)
from markdown import documents  # noqa: E402

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ALARMS = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "CRITICAL **", "Segmentation fault", "core dumped")

BUILDS = "sets up and builds the project: ./run.sh and ./test.sh are what the tests begin with"
MEASURES = "measures for minutes: a machine of its own"
CONTAINER = "needs podman and an image: tests/packaging/image.sh builds one, and runs it with buildah"
INSTALLS = "changes the machine it runs on, as root"
REBUILDS = "builds the project anew: tests/packaging does all this"
KINDS = ("sh", "console", "text", "c", "python", "json", "csv")
# Blocks with commands that are not run, by document and first line.
NOT_RUN = {
    "README.md": {
        "./run.sh     # installs what is missing, fetches and checks the models, builds, and plays the demo clip in the window": BUILDS,
    },
    "docs/HACKING.md": {
        "./run.sh            # set up, build, play the demo in the window (without a display: tag it)": BUILDS,
    },
    "docs/accuracy.md": {
        "ninja -C BUILD tests/vision/calibrate-quality": MEASURES,
        "ninja -C BUILD bench-gallery": MEASURES,
        "nametag represent --upsample 1 FOLDER > faces.csv": MEASURES,
        "tests/accuracy/run.sh            # writes text, JSON and pages with charts to build/release/accuracy": MEASURES,
    },
    "docs/architecture.md": {
        "nametag tag     source ──► tracker (a thread) ──► unknowns, records, recorder": "a drawing, no command",
    },
    "docs/image.md": {
        "bash build-aux/image/build.sh": CONTAINER,
        "podman build -f build-aux/image/Containerfile --build-arg VERSION=0.1.0 -t nametag .": CONTAINER,
        "mkdir -p gallery": CONTAINER,
        'podman run --rm --userns keep-id:uid=1000,gid=1000 -v "$PWD":/data -v "$PWD/gallery":/var/lib/nametag nametag \\': CONTAINER,
        "[Unit]": CONTAINER,
    },
    "docs/packaging.md": {
        "build-aux/package-deb.sh                                # build/deb/*.deb, some minutes": REBUILDS,
        "bash models/fetch.sh DIR                                # with a network; DIR then holds the checked packages": REBUILDS,
    },
    "docs/performance.md": {
        "sudo apt-get install libdnnl-dev                 # for this alone; dlib's package is there already": INSTALLS,
    },
    "docs/quick-start.md": {
        "./run.sh": BUILDS,
        "sudo apt install ./nametag_*.deb ./nametag-gtk_*.deb ./nametag-models_*.deb ./nametag-demo_*.deb": INSTALLS,
    },
    "docs/troubleshooting.md": {
        "sudo apt install gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav": INSTALLS,
    },
}


class Report:
    def __init__(self):
        self.number = self.failed = self.skipped = 0

    def ok(self, words):
        self.number += 1
        print(f"ok {self.number} - {words}", flush=True)

    def skip(self, words, reason):
        self.skipped += 1
        self.ok(f"{words} # SKIP {reason}")

    def fail(self, words, why):
        self.number += 1
        self.failed += 1
        for line in str(why).splitlines():
            print("# " + line)
        print(f"not ok {self.number} - {words}", flush=True)

    def check(self, words, function, *args):
        """A function that returns what is wrong, line by line."""
        try:
            wrong = function(*args)
        except Skip as reason:
            return self.skip(words, reason)
        except Exception:
            return self.fail(words, traceback.format_exc())
        return self.fail(words, "\n".join(wrong)) if wrong else self.ok(words)


def run_script(place, script):
    output, code = place.run(script)
    wrong = [f"it ended with {code}"] if code else []
    wrong += [f"'{alarm}' is in what it printed" for alarm in ALARMS if alarm in output]
    return wrong + output.splitlines()[-25:] if wrong else []


def run_console(place, block):
    for command, expected in block.steps():
        output, code = place.run(command)
        missing, unexpected = shell.missing_and_unexpected(expected, output)
        if missing and place.is_endless(command):
            output, code = place.run(command, shell.LONG_LIVE_S)
            missing, unexpected = shell.missing_and_unexpected(expected, output)
        wrong = [f"should be printed: {line}" for line in missing] + [f"is printed, too: {line}" for line in unexpected]
        if code and not any("nametag: " in line for line in expected):
            wrong.append(f"it ended with {code}")
        wrong += [f"'{alarm}' is in what it printed" for alarm in ALARMS if alarm in output]
        if wrong:
            return ["$ " + command, *wrong, "all that it printed:", *output.splitlines()[-30:]]
    return []


def marking(document):
    """Blocks are marked, and those that are not run are known."""
    wrong, known = [], dict(NOT_RUN.get(document.name, {}))
    if document.unclosed:
        wrong.append(f"line {document.unclosed.line}: this block has no end")
    for block in document.blocks:
        where = f"line {block.line}"
        if block.kind is None:
            wrong.append(f"{where}: mark this block with ```sh, ```console or ```text: {block.first()}")
        elif block.kind == "console" and not block.steps():
            wrong.append(f"{where}: a console block without a command")
        elif block.kind not in KINDS:
            wrong.append(f"{where}: no block is marked '{block.kind}' here; there are {', '.join(KINDS)}")
        elif block.kind == "text" and block.has_command() and not known.pop(block.first(), None):
            wrong.append(f"{where}: a command that is not run, and no reason in NOT_RUN: {block.first()}")
    return wrong + [f"NOT_RUN has a reason for '{first}', which is not there" for first in known]


def run_document(report, the_shell, document):
    place = the_shell.place(document.name)
    for block in document.blocks:
        words = f"{document.name}:{block.line} {block.first().removeprefix('$ ').replace('#', ' - ')}"
        reason = NOT_RUN.get(document.name, {}).get(block.first())
        if block.kind not in ("sh", "console"):
            if reason:
                report.skip(words, reason)
            continue
        try:
            wrong = run_script(place, block.text) if block.kind == "sh" else run_console(place, block)
        except shell.Skipped as why:
            report.skip(words, why)
            continue
        except Exception:
            wrong = traceback.format_exc().splitlines()
        if wrong:
            report.fail(words, "\n".join(wrong))
        else:
            report.ok(words)
    report.check(f"{document.name}: what its commands left in the home is told of in privacy.md", checks.undocumented_files,
                 ROOT, place.kept())


def main():
    everything = documents(ROOT)
    chosen = [document for document in everything if document.name in sys.argv[1:]] if sys.argv[1:] else everything
    if len(sys.argv) > 1 and len(chosen) != len(sys.argv) - 1:
        sys.exit("no such document; they are: " + " ".join(document.name for document in everything))
    report = Report()
    print("TAP version 13")
    try:
        need(PACKAGES)
        options = checks.Options(NAMETAG, os.environ.get("NAMETAG_GTK"), ROOT)
        for document in chosen:
            report.check(f"{document.name}: blocks are marked", marking, document)
            report.check(f"{document.name}: links lead somewhere", checks.broken_links, document, everything)
            report.check(f"{document.name}: options are those of the programs", options.unknown, document)
            report.check(f"{document.name}: quoted messages are the program's", checks.unknown_messages, document)
            if any(block.kind == "c" for block in document.blocks):
                report.check(f"{document.name}: its programs compile", checks.broken_programs, document)
        if not sys.argv[1:]:
            report.check("every document can be reached from docs/README.md", checks.unreachable, ROOT, everything)
            report.check("formats.md has every member and column that is written", checks.undocumented_members, ROOT, NAMETAG)
        with shell.Shell(NAMETAG, os.environ.get("NAMETAG_GTK")) as the_shell:
            for document in chosen:
                if any(block.kind in ("sh", "console", "text") for block in document.blocks):
                    run_document(report, the_shell, document)
    except Skip as reason:
        report.skip("all", reason)
    print(f"1..{report.number}")
    print(f"# {report.number - report.failed - report.skipped} passed, {report.failed} failed, {report.skipped} not run")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    try:
        main()
    except subprocess.SubprocessError as trouble:
        print(f"Bail out! {trouble}")
        sys.exit(1)
