"""What a program writes, and with whom it speaks: told by strace, from the system calls of the program and all its children.

    trace = Trace(case.path("trace"))
    subprocess.run(trace.command + ["nametag", ...])
    trace.writes()     # Write(path, call): every file, folder, link or socket made, opened for writing, renamed, removed, changed
    trace.sockets()    # families: {"AF_UNIX", ...}
    trace.peers()      # (family, address, port) of connect, bind and sendto

Paths are absolute, as the program named them, with folders that are links resolved. Needs strace 5 or newer.
"""
import ast
import functools
import os
import re
import shutil
import subprocess
from collections import namedtuple

Write = namedtuple("Write", "path call")

CALLS = "%file,%network,fchmod,fchown,ftruncate"
LINE = re.compile(r"^(\d+) +(.*)$")
WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE")
# Calls that change what their paths name, and which of the paths.
CHANGING = {"creat": (0,), "mkdir": (0,), "mkdirat": (0,), "rmdir": (0,), "unlink": (0,), "unlinkat": (0,), "mknod": (0,),
            "mknodat": (0,), "rename": (0, 1), "renameat": (0, 1), "renameat2": (0, 1), "link": (1,), "linkat": (1,),
            "symlink": (1,), "symlinkat": (1,), "truncate": (0,), "chmod": (0,), "fchmodat": (0,), "chown": (0,), "lchown": (0,),
            "fchownat": (0,), "utime": (0,), "utimes": (0,), "utimensat": (0,), "futimesat": (0,), "setxattr": (0,),
            "lsetxattr": (0,), "removexattr": (0,), "mount": (1,)}
# Changes of an open file: it was opened for writing, or it is named here.
CHANGING_OPEN = ("fchmod", "fchown", "ftruncate")
# The call did not happen, and would not have been a change: it is there already, or there is nothing.
HARMLESS_FAILURE = ("EEXIST", "ENOENT", "ENOTDIR", "ELOOP", "EINTR", "ENXIO")
ARGUMENT = re.compile(r'(?P<dir>AT_FDCWD<[^>]*>|AT_FDCWD|\d+<[^>]*>)|"(?P<text>(?:[^"\\]|\\.)*)"')
PEER = re.compile(r"sa_family=(AF_\w+)(?:, sun_path=(@?)\"((?:[^\"\\]|\\.)*)\")?")
INTERNET = re.compile(r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(\"|inet_pton\(AF_INET6, \")([^\"]+)\"")


@functools.cache
def why_not():
    """Why programs cannot be traced here; "" when they can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=%file", "true"], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"strace may not trace here ({done.stderr.strip().splitlines()[-1:]})"


@functools.cache
def without_network():
    """Words before a command that runs it where there is no network, not even to this machine; () where that is not allowed."""
    words = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--net", "--map-current-user")
    return words if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True).returncode == 0 else ()


def unquote(text):
    return ast.literal_eval('b"' + text + '"').decode("utf-8", "surrogateescape")


def resolve(path):
    """The folder is resolved, what is in it not: a link that is made or replaced is meant itself."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


class Trace:
    def __init__(self, path, detached=False):
        """detached: the program, not strace, is the child of who starts the command."""
        self.path = path
        self.command = ["strace", *(["-D"] if detached else []), "-f", "-q", "-y", "--seccomp-bpf", "-s", "65536", "-e", "signal=none", "-e",
                        "trace=" + CALLS, "-o", path]

    def calls(self):
        """(name, arguments, result), whole, those that were interrupted by other threads' put together again."""
        begun = {}
        with open(self.path, errors="surrogateescape") as file:
            for line in file:
                found = LINE.match(line.rstrip("\n"))
                if not found:
                    raise AssertionError(f"strace said something else: {line!r}")
                thread, words = found.groups()
                if words.startswith(("+++", "---")):
                    continue
                if words.endswith("<unfinished ...>"):
                    begun[thread] = words[:-len("<unfinished ...>")]
                    continue
                resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)$", words)
                if resumed:
                    words = begun.pop(thread, resumed.group(1) + "(") + resumed.group(2)
                name, parenthesis, rest = words.partition("(")
                if not parenthesis:
                    raise AssertionError(f"strace said something else: {line!r}")
                arguments, _, result = rest.rpartition(" = ")
                yield name, arguments, result

    def is_over(self, process):
        """Whether the process with this number has ended, as strace wrote it down. Services that it started may live on."""
        with open(self.path, errors="surrogateescape") as file:
            return any(re.match(rf"{process} +\+\+\+ ", line) for line in file)

    def paths(self, arguments):
        """Those among the arguments, each absolute: a relative one belongs to the folder before it, or to the working folder."""
        folder, found = None, []
        for part in ARGUMENT.finditer(arguments):
            if part.group("dir"):
                inside = re.search(r"<(.*)>", part.group("dir"))
                folder = inside.group(1) if inside else None
                continue
            path = unquote(part.group("text"))
            if not os.path.isabs(path):
                path = os.path.join(folder or "(working folder)", path)
            found.append(resolve(os.path.normpath(path)) if os.path.isabs(path) else path)
        return found

    def writes(self):
        found = []
        for name, arguments, result in self.calls():
            if result.startswith("-1") and result.split()[1:2] and result.split()[1] in HARMLESS_FAILURE:
                continue
            if name in ("open", "openat", "openat2"):
                if any(flag in arguments for flag in WRITING):
                    found += [Write(path, name) for path in self.paths(arguments)[:1]]
            elif name in CHANGING:
                paths = self.paths(arguments)
                found += [Write(paths[which], name) for which in CHANGING[name] if which < len(paths)]
            elif name in CHANGING_OPEN:
                inside = re.match(r"\d+<([^>]*)>", arguments)
                if inside and inside.group(1).startswith("/"):
                    found.append(Write(resolve(inside.group(1).replace(" (deleted)", "")), name))
            elif name == "bind":
                peer = PEER.search(arguments)
                if peer and peer.group(1) == "AF_UNIX" and peer.group(3) and not peer.group(2):
                    found.append(Write(unquote(peer.group(3)), name))
        return found

    def sockets(self):
        """The families of all sockets, netlink's with what it listens to."""
        found = set()
        for name, arguments, _ in self.calls():
            if name in ("socket", "socketpair"):
                family = arguments.split(",")[0]
                protocol = re.search(r"NETLINK_\w+", arguments)
                found.add(protocol.group() if family == "AF_NETLINK" and protocol else family)
        return found

    def peers(self):
        """(family, address, port) of the Internet's addresses that were connected to, bound or sent to."""
        found = set()
        for name, arguments, _ in self.calls():
            if name not in ("connect", "bind", "sendto", "sendmsg", "sendmmsg"):
                continue
            for address in re.finditer(r"sa_family=(AF_INET6?), [^}]*", arguments):
                inside = INTERNET.search(address.group(0))
                found.add((name, inside.group(2), int(inside.group(1))) if inside else (name, address.group(0), 0))
        return found
