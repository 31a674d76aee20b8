"""What the tests of packaging share: the source tarball, a build of it in another place and without a network, both installed trees.

The tree that was built for use (build/release) and the one built from the tarball are made once a run, when first asked for.
"""
import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(SOURCE, "tests", "cli")]
from harness import Skip  # noqa: E402

PACKAGES = os.environ.get("NAMETAG_PACKAGES", os.path.join(SOURCE, "build", "packages"))
RELEASE = os.environ.get("NAMETAG_RELEASE", os.path.join(SOURCE, "build", "release"))


@functools.cache
def workplace():
    """A folder for the run, of another length than the source tree's path."""
    folder = tempfile.mkdtemp(prefix="nametag-packaging-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run(*words, **options):
    """Runs a program and demands that it succeeds; its output is in the error when it does not."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


@functools.cache
def offline():
    """Words that run a command where there is no network, not even to this machine; none where that is not allowed."""
    words = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--net", "--map-root-user")
    return words if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True).returncode == 0 else ()


def release():
    """The folder that was built for use."""
    if not os.path.exists(os.path.join(RELEASE, "build.ninja")):
        raise Skip(f"{RELEASE} is not built (./run.sh builds it)")
    return RELEASE


@functools.cache
def tarball():
    """The source tarball, as `meson dist` makes it from the newest commit."""
    if not os.path.exists(os.path.join(SOURCE, ".git")):
        raise Skip("not a git checkout: `meson dist` has nothing to make a tarball from")
    if run("git", "-C", SOURCE, "status", "--porcelain", "--untracked-files=no"):
        raise Skip("there are changes that are not committed, and the tarball is of what is")
    builder = os.path.join(workplace(), "dist")
    run("meson", "setup", builder, SOURCE, "-Dtests=false", "-Dgtk=disabled", "-Ddemo=disabled", "-Dpackages_dir=" + PACKAGES)
    run("meson", "dist", "-C", builder, "--no-tests", "--allow-dirty", "--formats", "xztar")
    found = [name for name in os.listdir(os.path.join(builder, "meson-dist")) if name.endswith(".tar.xz")]
    assert len(found) == 1, found
    return os.path.join(builder, "meson-dist", found[0])


@functools.cache
def dist_source():
    """The tarball, unpacked."""
    place = os.path.join(workplace(), "unpacked", "from", "the", "tarball")
    os.makedirs(place)
    run("tar", "-xf", tarball(), "-C", place)
    return os.path.join(place, os.path.basename(tarball())[:-len(".tar.xz")])


@functools.cache
def dist_build():
    """The tarball, built in a place of its own and without a network, with the options that build/release has."""
    build = os.path.join(workplace(), "b")
    with open(os.path.join(release(), ".configured"), encoding="utf-8") as file:
        options = file.read().split()
    run(*offline(), "meson", "setup", build, dist_source(), *options, "-Dpackages_dir=" + PACKAGES)
    run(*offline(), "ninja", "-C", build)
    return build


@functools.cache
def installed(build, name, *options):
    """The folder into which a build was installed by DESTDIR."""
    destination = os.path.join(workplace(), name)
    run("meson", "install", "-C", build, "--no-rebuild", *options, env=dict(os.environ, DESTDIR=destination))
    return destination


def release_tree():
    return installed(release(), "installed-release")


def dist_tree():
    return installed(dist_build(), "installed-dist")


def files_of(tree):
    """Every file and link below a folder, by its path from there."""
    return sorted(os.path.relpath(os.path.join(folder, name), tree)
                  for folder, _, names in os.walk(tree) for name in names)
