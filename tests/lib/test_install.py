"""libnametag as it is installed: others build on it with pkg-config alone, and nothing but its header's functions leaks."""
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import CLIPS, SAMPLES, Skip, main, need  # noqa: E402

ROOT = os.environ["NAMETAG_SOURCE"]
BUILD = os.environ["NAMETAG_BUILD"]
EXAMPLES = os.path.join(ROOT, "docs", "examples")
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
FRANCK = os.path.join(CLIPS, "franck_02888.jpg")
FRANCK_AGAIN = os.path.join(CLIPS, "franck_04000.jpg")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def tool(name):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    return name


def run(case, *words, expect=0, **options):
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    case.check(done.returncode == expect, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Installed:
    """The library, header and pkg-config file in a folder of their own, as a packager installs them."""

    def __init__(self, case):
        self.root = case.path("root")
        run(case, "meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", self.root, "--tags", "devel,runtime")
        self.pc = self.one(case, "nametag.pc")
        self.library = self.one(case, "libnametag.so.0")
        self.header = self.one(case, "nametag.h")
        self.env = dict(case.env, PKG_CONFIG_PATH=os.path.dirname(self.pc), PKG_CONFIG_SYSROOT_DIR=self.root,
                        LD_LIBRARY_PATH=os.path.dirname(self.library))

    def one(self, case, name):
        found = glob.glob(os.path.join(self.root, "**", name), recursive=True)
        case.equal(len(found), 1, f"{name} in the installed tree")
        return found[0]

    def config(self, case, *options):
        return run(case, tool("pkg-config"), *options, "nametag", env=self.env).split()

    def build(self, case, source, *options):
        """Compiles a program; gives its path."""
        program = case.path(os.path.basename(source).split(".")[0])
        run(case, tool("cc"), *options, source, "-o", program, *self.config(case, "--cflags", "--libs"))
        return program


def promised():
    return set(re.findall(r"\b(nametag_\w+)\(", " ".join(re.findall(r"^NAMETAG_API[^;]*;", read("src", "lib", "nametag.h"),
                                                                   re.MULTILINE))))


def test_symbols(case):
    """The library exports what the header declares and the map lists, under its version, and nothing else."""
    case.check(len(promised()) >= 20, "the header's functions were not found")
    listed = set(re.findall(r"^ +(nametag_\w+);", read("src", "lib", "libnametag.map"), re.MULTILINE))
    case.equal(listed, promised(), "the map's functions")
    library = os.path.join(BUILD, "src", "lib", "libnametag.so.0")
    exported = {line.split()[-1] for line in run(case, tool("nm"), "-D", "--defined-only", library).splitlines()}
    case.equal(exported, {"NAMETAG_0"} | {f"{name}@@NAMETAG_0" for name in promised()}, "the library's symbols")


def test_needs(case):
    """The soname is the promised one, and neither GStreamer nor a window is needed, nor a libnametag by the programs."""
    library = run(case, tool("readelf"), "-d", os.path.join(BUILD, "src", "lib", "libnametag.so.0"))
    case.check("soname: [libnametag.so.0]" in library, library)
    needed = re.findall(r"NEEDED.*\[(.*)\]", library)
    case.note("needs " + ", ".join(needed))
    for name in needed:
        case.check(not re.match(r"lib(gst|gtk|gdk-[34x]|adwaita|pango|cairo|X11)", name), f"needs {name}")
    program = run(case, "readelf", "-d", os.environ["NAMETAG_PROGRAM"])
    case.check("libnametag" not in program, "nametag needs libnametag")


def test_header(case):
    """The header alone is C from C99 on and C++, without a warning, and its macros work in both."""
    text = ("#include <nametag/nametag.h>\n"
            "int main(void)\n{\n    NametagOptions options = NAMETAG_OPTIONS_INIT;\n"
            "    NametagPicture picture = NAMETAG_PICTURE_INIT;\n"
            "    return options.size == sizeof options && picture.size == sizeof picture && nametag_version()[0] ? 0 : 1;\n}\n")
    installed = Installed(case)
    flags = installed.config(case, "--cflags")
    case.equal([os.path.relpath(installed.header, installed.root).split(os.sep)[-3:]], [["include", "nametag", "nametag.h"]],
               "where the header is")
    for compiler, ending, standards in (("cc", "c", ("c99", "c11", "c17")), ("c++", "cc", ("c++98", "c++11", "c++17"))):
        source = case.path("header." + ending)
        with open(source, "w", encoding="ascii") as file:
            file.write(text)
        for standard in standards:
            run(case, tool(compiler), "-std=" + standard, *STRICT, "-Wno-long-long", *flags, "-c", source, "-o", case.path("header.o"))
        run(case, compiler, source, "-o", case.path("header"), *installed.config(case, "--cflags", "--libs"))
        run(case, case.path("header"), env=installed.env)


def test_pkg_config(case):
    """It tells the version, asks for no other package, and promises no static library."""
    installed = Installed(case)
    case.equal(installed.config(case, "--modversion"), [os.environ["NAMETAG_VERSION"]], "the version")
    case.equal(installed.config(case, "--print-requires", "--print-requires-private"), [], "what it requires")
    case.equal(installed.config(case, "--libs", "--static"), installed.config(case, "--libs"), "libraries to link statically")
    case.equal(glob.glob(os.path.join(installed.root, "**", "*.a"), recursive=True), [], "static libraries")
    with open(installed.pc, encoding="utf-8") as file:
        text = file.read()
    case.check(BUILD not in text and ROOT not in text and installed.root not in text, "it names where it was built:\n" + text)


def test_tag_picture(case):
    """The example compiles with pkg-config alone, and names whom the program enrolled."""
    installed = Installed(case)
    program = installed.build(case, os.path.join(EXAMPLES, "tag_picture.c"), "-std=c99", *STRICT)
    group, gallery = need(os.path.join(SAMPLES, "sample1.jpg")), case.path("people.sqlite")
    case.equal(run(case, program, group, env=installed.env).splitlines()[0], "unknown at 376,376, 216 pixels wide", "its first line")
    case.nametag("enroll", "--gallery", gallery, "Franck", need(FRANCK))
    told = run(case, program, FRANCK_AGAIN, gallery, env=installed.env)
    case.check(re.fullmatch(r"Franck at \d+,\d+, \d+ pixels wide; 0\.\d\d from Franck\n", told), told)
    run(case, program, "/nowhere.jpg", env=installed.env, expect=1)
    run(case, program, env=installed.env, expect=2)


def test_python(case):
    """The example for ctypes enrols somebody and finds them again; and the program knows them, too."""
    installed = Installed(case)
    gallery, example = case.path("people.sqlite"), os.path.join(EXAMPLES, "enroll_and_tag.py")
    words = [sys.executable, example, gallery, "Zoë", need(FRANCK), FRANCK_AGAIN]
    told = run(case, *words, env=dict(installed.env, PYTHONIOENCODING="utf-8"))
    case.check(re.fullmatch(r"Zoë at \d+,\d+; 0\.\d\d from Zoë\n", told), told)
    case.check("Zoë" in case.nametag("people", "--gallery", gallery).stdout, "the program does not know them")
    refused = subprocess.run(words, capture_output=True, text=True, env=installed.env)
    case.check(refused.returncode == 1 and "enrolled already" in refused.stderr, f"{refused}")


def test_guide(case):
    """Each piece of docs/library.md compiles as it stands there; the Python example is the one that was tried."""
    installed = Installed(case)
    guide = read("docs", "library.md")
    pieces = re.findall(r"^```c\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    case.check(len(pieces) >= 5, "the guide's pieces were not found")
    for number, piece in enumerate(pieces):
        source = case.path(f"piece{number}.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <nametag/nametag.h>\n#include <stdio.h>\n" + piece)
        run(case, tool("cc"), *STRICT, "-Wno-unused-function", *installed.config(case, "--cflags"), "-c", source, "-o",
            case.path("piece.o"))
    python = re.findall(r"^```python\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    case.equal(python, [read("docs", "examples", "enroll_and_tag.py")], "the guide's Python")


def test_reference(case):
    """Doxygen finds everything documented, and the reference has every function, and no path of the build."""
    tool("doxygen")
    with open(os.path.join(BUILD, "docs", "api", "Doxyfile"), encoding="utf-8") as file:
        text = re.sub(r"^(OUTPUT_DIRECTORY *=).*", lambda match: f"{match[1]} {case.folder}", file.read(), flags=re.MULTILINE)
    with open(case.path("Doxyfile"), "w", encoding="utf-8") as file:
        file.write(text)
    run(case, "doxygen", case.path("Doxyfile"))
    with open(case.path("html", "nametag_8h.html"), encoding="utf-8") as file:
        page = file.read()
    for name in promised():
        case.check(f"{name}()" in page, f"{name} is not in the reference")
    for path in glob.glob(case.path("html", "*.html")):
        with open(path, encoding="utf-8") as file:
            case.check(ROOT not in file.read(), f"{os.path.basename(path)} names the folder of the sources")


main(__name__)
