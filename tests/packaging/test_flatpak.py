#!/usr/bin/env python3
"""The Flatpak's manifest: it parses, takes nothing unchecked, asks for no more than it may, and knows what the project needs.

Building it takes the GNOME runtime from the network; flatpak/README.md tells what was tried without."""
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SOURCE, "tests", "cli")]
from harness import Skip, main, need  # noqa: E402

MANIFEST = os.path.join(SOURCE, "flatpak", "org.nametag.Nametag.yml")
# All that the program may have. The camera, files and keys come by portals, which need no permission.
ALLOWED = ["--socket=wayland", "--socket=fallback-x11", "--share=ipc", "--device=dri", "--socket=pulseaudio", "--share=network"]
# Of the packages that the build needs: what a module builds, and what GNOME's runtime and SDK bring.
BUILT = {"libopenblas-dev": "openblas", "libsvm-dev": "libsvm", "libsodium-dev": "libsodium", "libdlib-dev": "dlib",
         "liblapack-dev": "openblas"}
BROUGHT = {"libc6-dev", "libglib2.0-dev", "libgstreamer1.0-dev", "libgstreamer-plugins-base1.0-dev", "libsqlite3-dev",
           "libjson-glib-dev", "libcairo2-dev", "libpango1.0-dev", "libgtk-4-dev", "libadwaita-1-dev", "libgdk-pixbuf-2.0-dev",
           "libsecret-1-dev"}


def read(*names):
    with open(os.path.join(SOURCE, *names), encoding="utf-8") as file:
        return file.read()


@functools.cache
def manifest():
    """As flatpak-builder understands it."""
    if not shutil.which("flatpak-builder"):
        raise Skip("flatpak-builder is not installed")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["flatpak-builder", "--show-manifest", MANIFEST],
                              capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    # What it does not know is only warned of.
    if "nknown property" in done.stderr:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def module(name):
    return next(module for module in manifest()["modules"] if module["name"] == name)


def commands(name):
    return "\n".join(module(name).get("build-commands", []))


def test_identity(case):
    """The application id, the command, a runtime with the GTK and libadwaita that the build demands."""
    case.equal(manifest()["id"], "org.nametag.Nametag", "id")
    case.check(f'id="{manifest()["id"]}"' in read("data", "org.nametag.Nametag.gschema.xml"), "the settings have another id")
    case.equal(manifest()["command"], "nametag-gtk", "command")
    case.equal((manifest()["runtime"], manifest()["sdk"]), ("org.gnome.Platform", "org.gnome.Sdk"), "runtime and SDK")
    # GNOME 43 came with GTK 4.8 and libadwaita 1.2; the codecs' extension, with x264, comes with the runtime since GNOME 49.
    case.check(int(manifest()["runtime-version"]) >= 49, manifest()["runtime-version"])


def test_permissions(case):
    """No more than it needs: no file systems, no devices but for drawing, no names on the bus."""
    case.equal(sorted(manifest()["finish-args"]), sorted(ALLOWED), "finish-args")
    for one in manifest()["modules"]:
        options = json.dumps(one.get("build-options", {}))
        case.check("build-args" not in options and "--share=network" not in options, f"{one['name']} builds with the network")
    case.check("build-args" not in manifest().get("build-options", {}), "the build has the network")


def test_sources(case):
    """Everything that is fetched has its SHA-256 and comes encrypted; what prepare.sh fetched is checked by the build."""
    for one in manifest()["modules"]:
        for source in one["sources"]:
            if source["type"] == "dir":
                case.equal((one["name"], source["path"]), ("nametag", ".."), "a folder as a source")
                for left_out in ("build", ".git", ".flatpak-builder"):
                    case.check(left_out in source["skip"], f"{left_out} would be copied into the build")
            elif "url" in source:
                case.check(re.fullmatch(r"[0-9a-f]{64}", source.get("sha256", "")), f"{source['url']} has no SHA-256")
                case.check(source["url"].startswith("https://"), source["url"])
            else:
                case.equal((one["name"], source["path"]), ("nametag", "model-sources.tar"), "a file as a source")
    first = module("nametag")["build-commands"][0]
    case.check(first.startswith("bash models/fetch.sh model-sources/packages "), f"not the check, but: {first}")


def test_words(case):
    """Each command is one that a shell reads; each option of meson's is one that there is."""
    for one in manifest()["modules"]:
        for command in one.get("build-commands", []) + one.get("post-install", []):
            done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True)
            case.equal(done.returncode, 0, f"{command}: {done.stderr}")
    options = re.findall(r"^option\('(\w+)'", read("meson_options.txt"), re.M)
    used = re.findall(r" -D(\w+)=", commands("nametag"))
    case.check(used, "no options of meson's")
    for option in used:
        case.check(option in options, f"meson_options.txt has no {option}")


def test_dependencies(case):
    """What build-aux/setup.sh installs to build with is built by a module or in the runtime: a new one must be thought of."""
    wanted = subprocess.run(["bash", "-c", '. build-aux/setup.sh; printf "%s\\n" "${build_packages[@]}"'], cwd=SOURCE,
                            capture_output=True, text=True, check=True).stdout.split()
    for package in wanted:
        if package.endswith("-dev"):
            case.check(package in BUILT or package in BROUGHT, f"{package}: where does the Flatpak have it from?")
    for name in set(BUILT.values()):
        module(name)


def test_versions(case):
    """dlib is the one that the models come from, and libsodium no older than meson.build demands."""
    models = json.loads(read("models", "manifest.json"))
    dlib = next(package["version"] for package in models["packages"] if package["name"] == "libdlib-dev")
    case.check(f"/dlib-{dlib.split('+')[0]}." in module("dlib")["sources"][0]["url"], "dlib's version")
    least = re.search(r"dependency\('libsodium', version: '>= ([\d.]+)'", read("meson.build")).group(1)
    given = re.search(r"libsodium-([\d.]+)\.tar", module("libsodium")["sources"][0]["url"]).group(1)
    case.check([int(part) for part in given.split(".")] >= [int(part) for part in least.split(".")], f"{given} < {least}")


def test_model_sources(case):
    """prepare.sh gives the same bytes each time, and the build's check takes them without a network, and nothing else."""
    for path in ("build/packages/face-api-1.7.15", "build/demo/Presenter.mp4", "/usr/share/dlib/shape_predictor_68_face_landmarks.dat"):
        need(os.path.join(SOURCE, path))
    archives = [case.path("one.tar"), case.path("two.tar")]
    for archive in archives:
        done = subprocess.run([os.path.join(SOURCE, "flatpak", "prepare.sh"), archive], capture_output=True, text=True)
        case.equal(done.returncode, 0, done.stderr)
    case.equal(subprocess.run(["cmp", *archives]).returncode, 0, "two runs")

    shutil.copytree(os.path.join(SOURCE, "models"), case.path("models"))
    os.mkdir(case.path("model-sources"))
    subprocess.run(["tar", "-C", case.path("model-sources"), "-xf", archives[0]], check=True)
    check = module("nametag")["build-commands"][0]
    # npm cannot be reached: what is missing is not fetched behind the check's back.
    env = {**os.environ, "npm_config_registry": "http://127.0.0.1:1", "npm_config_fetch_retries": "0"}

    def checked():
        return subprocess.run(["sh", "-c", check], cwd=case.folder, env=env, capture_output=True, text=True)

    done = checked()
    case.equal(done.returncode, 0, done.stderr)
    for pattern in ("packages/*/model/face_recognition_model.bin", "debian/usr/share/dlib/*.dat"):
        path, = glob.glob(os.path.join(case.path("model-sources"), pattern))
        with open(path, "r+b") as file:
            file.seek(1000)
            byte = file.read(1)[0]
            file.seek(1000)
            file.write(bytes([byte ^ 1]))
        done = checked()
        case.check(done.returncode != 0 and "is not the file that was published" in done.stderr, f"{pattern}: {done.stderr}")
        with open(path, "r+b") as file:
            file.seek(1000)
            file.write(bytes([byte]))


def test_no_registries(case):
    """Packages of the model files are named by models/manifest.json and fetched by their own tools alone."""
    for path in glob.glob(os.path.join(SOURCE, "flatpak", "*")):
        if not path.endswith((".tar", ".part")):
            with open(path, encoding="utf-8") as file:
                case.check(not re.search(r"npmjs|registry\.|deb\.debian\.org|snapshot\.debian", file.read()), path)


if __name__ == "__main__":
    main(__name__)
