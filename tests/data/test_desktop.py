"""What the desktop reads: the tools that check such files find nothing, and the files agree with each other and the program."""
import configparser
import glob
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "app")]

from harness import Skip, main  # noqa: E402
from test_install import SOURCE, configure  # noqa: E402

ID = "org.nametag.Nametag"
LANGUAGES = ("de", "es", "fr")
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BUILD = os.environ.get("NAMETAG_BUILD", "")
GTK = os.environ.get("NAMETAG_GTK", "")
# The one hint of the validator's that stays: the id is that of the application, of its bus name and its settings, and lower case
# would be another application to every desktop.
KNOWN_HINTS = {"cid-contains-uppercase-letter"}


def need_program(name):
    if not shutil.which(name):
        raise Skip(name + " is not here")


def built(name):
    if not GTK or not BUILD:
        raise Skip("the window is not built")
    return os.path.join(BUILD, "data", name)


def source(*names):
    return os.path.join(SOURCE, *names)


def run(case, *command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    case.check(done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def quiet(case):
    """For the window's program, whose libraries leak on purpose."""
    return dict(case.env, ASAN_OPTIONS="detect_leaks=0")


def entry():
    parser = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#")
    parser.optionxform = str
    parser.read(built(ID + ".desktop"), encoding="utf-8")
    return parser


def test_desktop_entry(case):
    """desktop-file-validate has no errors, no warnings and no hints"""
    need_program("desktop-file-validate")
    case.equal(run(case, "desktop-file-validate", built(ID + ".desktop")), "", "what it says")


def validate_metainfo(case, path):
    need_program("appstreamcli")
    said = run(case, "appstreamcli", "validate", "--no-net", "--pedantic", "--no-color", path)
    hints = set(re.findall(r"^[A-Z]: \S+: (\S+)", said, re.M))
    case.check(not hints - KNOWN_HINTS, said)


def test_metainfo(case):
    """appstreamcli has nothing against the metainfo"""
    validate_metainfo(case, built(ID + ".metainfo.xml"))


def test_metainfo_with_site(case):
    """Nor where a web site is given; then there are addresses and pictures, and each picture is one that we have, of that size"""
    need_program("ninja")
    built(ID + ".desktop")
    folder = configure(case, "site", "-Dwebsite=https://nametag.example", "-Dgtk=enabled")
    made = os.path.join("data", ID + ".metainfo.xml")
    run(case, "ninja", "-C", folder, made)
    validate_metainfo(case, os.path.join(folder, made))
    root = xml.parse(os.path.join(folder, made)).getroot()
    case.equal({url.get("type"): url.text for url in root.iter("url")},
               {"homepage": "https://nametag.example", "help": "https://nametag.example/docs",
                "bugtracker": "https://nametag.example/issues"}, "addresses")
    images = list(root.iter("image"))
    case.check(len(images) >= 2, "pictures")
    for image in images:
        site, name = os.path.split(image.text)
        case.equal(site, "https://nametag.example/screenshots", name)
        with open(source("docs", "images", name), "rb") as file:
            header = file.read(24)
        size = [str(int.from_bytes(header[at:at + 4], "big")) for at in (16, 20)]
        case.equal([image.get("width"), image.get("height")], size, f"size of {name}")


def test_without_site(case):
    """Without a web site there is no address of anybody's in the metainfo"""
    need_program("ninja")
    built(ID + ".desktop")
    folder, made = configure(case, "nowhere", "-Dgtk=enabled"), os.path.join("data", ID + ".metainfo.xml")
    run(case, "ninja", "-C", folder, made)
    validate_metainfo(case, os.path.join(folder, made))
    with open(os.path.join(folder, made), encoding="utf-8") as file:
        text = re.sub(r"<!--.*?-->", "", file.read(), flags=re.DOTALL)
    case.check("http" not in text.replace("http://www.w3.org/XML", "") and "@" not in text, text)


def test_they_agree(case):
    """Entry and metainfo open the same kinds of files; the bus, the icon and the window have one id; the newest release is this one"""
    said = entry()["Desktop Entry"]
    root = xml.parse(built(ID + ".metainfo.xml")).getroot()
    kinds = [kind for kind in said["MimeType"].split(";") if kind]
    case.equal([kind for kind in kinds if not kind.startswith("x-scheme-handler/")], [kind.text for kind in root.iter("mediatype")],
               "kinds of files")
    case.equal(len(kinds), len(set(kinds)), "each is there once")
    case.equal([root.find("id").text, said["Icon"], said["StartupWMClass"]], [ID] * 3, "ids")
    case.equal(root.find("launchable").text, ID + ".desktop", "what is launched")
    version = subprocess.run([GTK, "--version"], capture_output=True, text=True, env=quiet(case), check=True).stdout.split()[-1]
    case.equal(next(root.iter("release")).get("version"), version, "the newest release of the metainfo")
    with open(source("CHANGELOG.md"), encoding="utf-8") as file:
        case.check(re.search(rf"^## {re.escape(version)}\b", file.read(), re.M), "the change log has the version too")


def test_actions(case):
    """Each action of the entry is one of the program's, as it has to be where it is started by D-Bus"""
    said = entry()
    with open(source("src", "app", "application.c"), encoding="utf-8") as file:
        have = set(re.findall(r'\{\.name = "([a-z-]+)"', file.read()))
    actions = [name for name in said["Desktop Entry"]["Actions"].split(";") if name]
    case.check(len(actions) >= 2, actions)
    for name in actions:
        case.check(name in have, f"the program has no action {name}")
        case.check(f"Desktop Action {name}" in said, f"the entry does not say what {name} is")


def test_translated(case):
    """Every word of theirs is there in every language"""
    said = entry()
    for group in said.sections():
        for key in ("Name", "GenericName", "Comment", "Keywords"):
            for language in LANGUAGES if key in said[group] else ():
                case.check(said[group].get(f"{key}[{language}]"), f"{group}: no {key} in {language}")
    for language in LANGUAGES:
        keywords = said["Desktop Entry"][f"Keywords[{language}]"]
        case.check(keywords.endswith(";") and keywords.count(";") > 5, keywords)
    root = xml.parse(built(ID + ".metainfo.xml")).getroot()
    for parent in root.iter():
        english = [child for child in parent if child.tag in ("p", "li", "summary", "caption", "developer_name")
                   and child.get(LANG) is None]
        for language in LANGUAGES:
            there = [child.text for child in parent if child.get(LANG) == language and child.tag != "name"]
            case.check(len(there) >= len([child for child in english]), f"{parent.tag} in {language}: {there}")


def test_schema(case):
    """glib-compile-schemas accepts the settings, strictly"""
    need_program("glib-compile-schemas")
    case.equal(run(case, "glib-compile-schemas", "--strict", "--dry-run", source("data")), "", "what it says")


def test_manuals(case):
    """mandoc finds nothing to warn of in the manual pages"""
    need_program("mandoc")
    for page in glob.glob(source("data", "*.1")):
        case.equal(run(case, "mandoc", "-Tlint", "-Wwarning", page), "", page)
        case.check(len(run(case, "mandoc", "-Tutf8", page).splitlines()) > 100, f"{page} is short")


def test_window_manual(case):
    """The window's manual has every option, every key and every setting that there is"""
    with open(source("data", "nametag-gtk.1"), encoding="utf-8") as file:
        text = file.read()
    with open(source("ui", "shortcuts.ui"), encoding="utf-8") as file:
        titles = re.findall(r'name="title"[^>]*>([^<]+)<', file.read())
    case.check(len(titles) > 25, titles)
    for title in titles:
        case.check(re.search(rf"^(?:\.Ss )?{re.escape(title)}$", text, re.M), f"the manual does not tell of: {title}")
    keys = [key.get("name") for key in xml.parse(source("data", ID + ".gschema.xml")).getroot().iter("key")]
    settings = text.partition(".Sh SETTINGS")[2].partition(".Sh ")[0]
    for key in keys:
        case.check(re.search(rf"^\.It Cm (?:.* )?{key}\b", settings, re.M), f"the manual has no setting {key}")
    if not GTK:
        return
    said = subprocess.run([GTK, "--help"], capture_output=True, text=True, env=quiet(case), check=True).stdout
    for option in set(re.findall(r"--([a-z-]+)", said.partition("Application Options:")[2])):
        case.check(f"Fl -{option}" in text, f"the manual has no --{option}")


def test_no_display(case):
    """Where there is no display the window says so, and what works there"""
    if not GTK:
        raise Skip("the window is not built")
    env = {name: value for name, value in quiet(case).items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env["XDG_RUNTIME_DIR"] = case.folder  # no compositor's socket there, nor a bus
    env["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
    done = subprocess.run([GTK, "clip.mp4"], capture_output=True, text=True, env=env, timeout=60, check=False)
    case.equal((done.returncode, done.stderr),
               (1, "nametag-gtk: there is no display to open a window on; 'nametag' works without one\n"), "what it says")


def test_accelerators(case):
    """The keys that the program has are those that its list of shortcuts shows"""
    with open(source("src", "app", "application.c"), encoding="utf-8") as file:
        have = re.findall(r'\{"[a-z]+\.[a-z-]+(?:::[a-z]+)?", \{"([^"]+)"', file.read())
    with open(source("ui", "shortcuts.ui"), encoding="utf-8") as file:
        shown = re.findall(r'name="accelerator">([^<]+)<', file.read())
    shown = " ".join(shown).replace("&lt;", "<").replace("&gt;", ">").split()
    case.check(len(have) > 15, have)
    for key in have:
        case.check(key in shown or re.fullmatch(r"<primary>[123]", key) and "<primary>1...3" in shown, f"{key} is not shown")


def test_icons(case):
    """The icon fills its square at every size, and is seen on light and dark; the symbolic one has one colour"""
    need_program("rsvg-convert")
    need_program("convert")
    icon = source("ui", "icons", "scalable", "apps", ID + ".svg")
    symbolic = source("ui", "icons", "symbolic", "apps", ID + "-symbolic.svg")
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        picture = case.path(f"{size}.png")
        run(case, "rsvg-convert", "-w", str(size), "-h", str(size), "-o", picture, icon)
        words = run(case, "convert", picture, "-alpha", "extract", "-format", "%wx%h %[fx:mean]", "info:").split()
        case.equal(words[0], f"{size}x{size}", "size")
        case.check(0.5 < float(words[1]) < 0.95, f"at {size} {words[1]} of the square are covered")
        for background in ("#fafafa", "#242424"):
            said = subprocess.run(["convert", picture, "-background", background, "-flatten", "(", "-size", f"{size}x{size}",
                                   f"xc:{background}", ")", "-metric", "RMSE", "-compare", "-format", "%[distortion]", "info:"],
                                  capture_output=True, text=True, check=True).stdout
            case.check(float(said) > 0.2, f"at {size} it hardly differs ({said}) from {background}")
    with open(symbolic, encoding="utf-8") as file:
        case.equal(len(set(re.findall(r'(?:fill|stroke)="(#[^"]+)"', file.read()))), 1, "colours of the symbolic icon")
    run(case, "rsvg-convert", "-w", "16", "-h", "16", "-o", case.path("symbolic.png"), symbolic)
    covered = float(run(case, "convert", case.path("symbolic.png"), "-alpha", "extract", "-format", "%[fx:mean]", "info:"))
    case.check(0.15 < covered < 0.8, f"the symbolic one covers {covered}")


if __name__ == "__main__":
    main("__main__")
