#!/usr/bin/env python3
"""What the compiler and the linker were asked for is in what gets installed (SECURITY.md): a check like checksec's, by readelf.

    hardening.py BUILD      installs the programs and libraries of a build folder into a folder of its own, and looks at each
    hardening.py FILE...    looks at these files (of a package, say)

Of a build, its object files are looked at as well: whether they carry the marks of Intel's CET, which the linker only keeps in a
program when the C library's start files have them too. Speaks TAP.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

FORTIFIED = re.compile(r"\b__\w+_chk\b")
CANARY = re.compile(r"\b__stack_chk_(fail|guard)\b")
CET = ("IBT", "SHSTK")


class Skip(Exception):
    pass


def readelf(*words):
    done = subprocess.run(["readelf", "-W", *words], capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"))
    if done.returncode != 0:
        raise AssertionError(f"readelf {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Binary:
    """What readelf tells of a program or a shared library."""

    def __init__(self, path):
        self.path = path
        self.header = readelf("-h", path)
        self.segments = [line.split() for line in readelf("-l", path).splitlines()]
        # " 0x... (FLAGS)   BIND_NOW" -> ("FLAGS", "BIND_NOW")
        self.dynamic = re.findall(r"^\s*0x[0-9a-f]+ \((\w+)\)\s*(.*)$", readelf("-d", path), re.MULTILINE)
        self.symbols = readelf("--dyn-syms", path)

    def has(self, tag, word=None):
        return any(name == tag and (word is None or word in value.split()) for name, value in self.dynamic)

    def segment(self, kind):
        """Its flags, "R E"; None: there is none."""
        for words in self.segments:
            if words and words[0] == kind:
                return "".join(word for word in words[6:-1] if re.fullmatch("[RWE]+", word))
        return None


def independent_of_position(binary):
    """it can be loaded at any address (PIE or a shared library)"""
    assert re.search(r"Type:\s+DYN\b", binary.header), "its type is not DYN"
    assert binary.segment("INTERP") is None or binary.has("FLAGS_1", "PIE") or binary.path.endswith(".so"), "a program, but not PIE"


def read_only_relocations(binary):
    """its tables of addresses are read-only once it runs (full RELRO)"""
    assert binary.segment("GNU_RELRO") is not None, "no GNU_RELRO segment"
    assert binary.has("FLAGS", "BIND_NOW") or binary.has("BIND_NOW") or binary.has("FLAGS_1", "NOW"), "bound lazily"


def no_executable_stack(binary):
    """its stack is not executable"""
    flags = binary.segment("GNU_STACK")
    assert flags is not None, "no GNU_STACK segment: the system may make the stack executable"
    assert "E" not in flags, f"GNU_STACK is {flags}"


def nothing_writable_and_executable(binary):
    """no part of it is writable and executable, and no code is changed at loading"""
    for words in binary.segments:
        if words and words[0] == "LOAD":
            flags = "".join(word for word in words[6:-1] if re.fullmatch("[RWE]+", word))
            assert not ("W" in flags and "E" in flags), f"a segment is {flags}"
    assert not binary.has("TEXTREL") and not binary.has("FLAGS", "TEXTREL"), "TEXTREL"


def no_search_path(binary):
    """it looks for libraries where the system does, nowhere else"""
    for tag in ("RPATH", "RUNPATH"):
        found = [value for name, value in binary.dynamic if name == tag]
        assert not found, f"{tag}: {found}"


def stack_protector(binary):
    """a stack that was written over is noticed"""
    assert CANARY.search(binary.symbols), "no __stack_chk_fail"


def fortified(binary):
    """the C library's calls are checked against the size of what they write to"""
    assert FORTIFIED.search(binary.symbols), "none of the C library's checked calls is used"


CHECKS = (independent_of_position, read_only_relocations, no_executable_stack, nothing_writable_and_executable,
          no_search_path, stack_protector, fortified)


def is_elf(path):
    with open(path, "rb") as file:
        return not os.path.islink(path) and file.read(4) == b"\x7fELF"


def installed(build, folder):
    """Every program and shared library that is installed from the build folder."""
    done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", folder, "--tags", "runtime"],
                          capture_output=True, text=True)
    assert done.returncode == 0, f"meson install: {done.stdout[-1000:]}{done.stderr[-1000:]}"
    found = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in sorted(names)]
    return [path for path in found if is_elf(path)]


def cet_marks(build):
    """every object file has the marks of CET"""
    objects = sorted(glob.glob(os.path.join(build, "src", "**", "*.c.o"), recursive=True))
    assert objects, f"no object files in {build}/src"
    if "X86-64" not in readelf("-h", objects[0]):
        raise Skip("CET is of x86-64")
    told = re.split(r"^File: ", readelf("-n", *objects), flags=re.MULTILINE)[1:]
    without = [words.splitlines()[0] for words in told if not all(mark in words for mark in CET)]
    assert len(told) == len(objects), f"readelf told of {len(told)} of {len(objects)} files"
    assert not without, f"{len(without)} without, such as {without[0]}"


class Report:
    def __init__(self):
        self.number = self.failed = 0

    def take(self, check, argument, name):
        self.number += 1
        promise = f"{name}: {check.__doc__}"
        try:
            check(argument)
            print(f"ok {self.number} - {promise}")
        except Skip as reason:
            print(f"ok {self.number} - {promise} # SKIP {reason}")
        except AssertionError as reason:
            self.failed += 1
            print(f"not ok {self.number} - {promise}\n# {argument if isinstance(argument, str) else argument.path}: {reason}")


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    for tool in ("readelf", "meson") if os.path.isdir(arguments[0]) else ("readelf",):
        if not shutil.which(tool):
            print(f"1..0 # SKIP {tool} is not installed")
            return 0
    report = Report()
    with tempfile.TemporaryDirectory(prefix="nametag-hardening-") as folder:
        files = installed(arguments[0], folder) if os.path.isdir(arguments[0]) else arguments
        if not files:
            print("not ok 1 - something is installed\n1..1")
            return 1
        for path in files:
            try:
                binary = Binary(path)
            except AssertionError as reason:
                sys.exit(f"hardening.py: {reason}")
            for check in CHECKS:
                report.take(check, binary, os.path.basename(path))
        if os.path.isdir(arguments[0]):
            report.take(cet_marks, arguments[0], "the build")
    print(f"1..{report.number}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
