"""What is installed: the same bytes from any place, nothing of the machine that built it, and it works where it is put."""
import json
import os
import re
import shutil
import stat
import subprocess

from install import PACKAGES, SOURCE, dist_source, dist_tree, files_of, offline, release_tree, run, tarball, workplace
from harness import CLIPS, SAMPLES, Skip, main, need

PREFIX = "usr/local"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_tarball(case):
    """The tarball is what is committed, without models, media or what packagers keep apart; one folder, named after the version."""
    names = run("tar", "-tf", tarball()).split()
    root = os.path.basename(tarball())[:-len(".tar.xz")]
    case.check(re.fullmatch(r"nametag-\d+\.\d+\.\d+", root), root)
    case.equal([name for name in names if not name.startswith(root + "/")], [], "files outside the folder")
    source = dist_source()
    for needed in ("meson.build", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "run.sh", "test.sh", "models/fetch.sh"):
        case.check(os.path.exists(os.path.join(source, needed)), f"{needed} is missing")
    media = [name for name in files_of(source)
             if re.search(r"\.(mp4|webm|mkv|jpe?g|safetensors|dat|sqlite|bin)$", name)]
    case.equal(media, [], "models or media in the tarball")
    case.check(all(os.access(os.path.join(source, name), os.X_OK) for name in ("run.sh", "test.sh")), "scripts can't be run")


def test_same_bytes(case):
    """Built from the tarball elsewhere, without a network, the installed files are the same, byte by byte, with the same modes."""
    ours, theirs = release_tree(), dist_tree()
    case.equal(files_of(theirs), files_of(ours), "installed files")
    case.check(len(files_of(ours)) > 10, files_of(ours))
    for name in files_of(ours):
        first, second = os.path.join(ours, name), os.path.join(theirs, name)
        case.equal(os.path.islink(first), os.path.islink(second), f"{name} is a link")
        case.equal(stat.S_IMODE(os.lstat(first).st_mode), stat.S_IMODE(os.lstat(second).st_mode), f"the mode of {name}")
        case.check(read(first) == read(second), f"{name} differs between two builds of the same source")
    case.note(f"{len(files_of(ours))} files; {'without a network' if offline() else 'network namespaces are not allowed here'}")


def test_no_foreign_paths(case):
    """No installed file mentions the folders it was built in."""
    places = [place.encode() for place in (SOURCE, PACKAGES, workplace())]
    for tree in (release_tree(), dist_tree()):
        for name in files_of(tree):
            data = read(os.path.join(tree, name))
            for place in places:
                case.check(place not in data, f"{name} mentions {place.decode()}")


def clean_env(case):
    """Nothing that points to a build folder, models of tests or the user's own."""
    return {"PATH": os.environ["PATH"], "HOME": case.path("home"), "LC_ALL": "C.UTF-8"}


def test_moved(case):
    """The installed tree works wherever it is put: it finds its models, and names a person."""
    prefix = case.path("a place", "with a space")
    shutil.copytree(os.path.join(dist_tree(), PREFIX), prefix, symlinks=True)
    nametag = os.path.join(prefix, "bin", "nametag")
    env = clean_env(case)

    def nametag_says(*words):
        return run(*offline(), nametag, *words, env=env)

    listed = nametag_says("models")
    case.equal(listed.count(os.path.join(prefix, "share", "nametag", "models")), 3, "models found beside the program")
    case.equal(nametag_says("models", "verify").count("\n  whole\n"), 3, "whole models")
    gallery = case.path("people.sqlite")
    nametag_says("enroll", "--gallery", gallery, "Franck", need(os.path.join(CLIPS, "franck.mp4")), "--start", "60", "--end", "64")
    nametag_says("detect", need(os.path.join(SAMPLES, "sample1.jpg")))
    case.equal(json.loads(nametag_says("people", "--gallery", gallery, "list", "--json"))[0]["name"], "Franck", "the person")


def test_nothing_without_models(case):
    """Where the models are missing, the program says which, where it looked and what to do."""
    nametag = case.path("bin", "nametag")
    os.makedirs(case.path("bin"))
    shutil.copy(os.path.join(dist_tree(), PREFIX, "bin", "nametag"), nametag)
    if os.path.isdir(f"/{PREFIX}/share/nametag/models"):
        raise Skip("models are installed on this machine")
    done = subprocess.run([nametag, "models"], env=clean_env(case), capture_output=True, text=True)
    case.equal(done.returncode, 1, "exit code")
    case.check("hog-face.safetensors is missing" in done.stderr and "NAMETAG_MODELS" in done.stderr, done.stderr)


def test_version(case):
    """The version is meson's, in the program and in what the library tells pkg-config."""
    with open(os.path.join(SOURCE, "meson.build"), encoding="utf-8") as file:
        version = re.search(r"version: '([^']+)'", file.read()).group(1)
    case.equal(run(os.path.join(release_tree(), PREFIX, "bin", "nametag"), "--version").strip(), f"nametag {version}", "nametag --version")
    described = [name for name in files_of(release_tree()) if name.endswith("/nametag.pc")]
    case.equal(len(described), 1, "pkg-config files")
    case.check(f"\nVersion: {version}\n" in read(os.path.join(release_tree(), described[0])).decode(), "nametag.pc has another version")
    case.check(any(name.endswith(f"/libnametag.so.{version}") for name in files_of(release_tree())), "the library's file has another version")


if __name__ == "__main__":
    main(__name__)
