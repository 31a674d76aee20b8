"""Real shells, asked what they would complete. Each is started as users start it, on a terminal of its own, finds the completions
where an installed system has them, and is typed at.

    with Bash(case) as shell:
        shell.offers("nametag people re")    # ["redo", "rejections", "remove", "rename"]
        shell.after("nametag people rena")   # "nametag people rename "
"""
import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli")]

from harness import NAMETAG, Skip, need  # noqa: E402

COMPLETIONS = os.path.join(HERE, "..", "..", "data", "completions")
LIMIT_S = 60.0  # a busy machine takes its time; what is awaited mostly comes at once
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


class Shell:
    """What the shells have in common: a folder with what they read, and the programs on the PATH under their names."""
    name = None

    def __init__(self, case):
        if not shutil.which(self.name):
            raise Skip(self.name + " is not here")
        self.case = case
        self.data, self.home, self.bin = case.path("share"), case.path("home"), case.path("bin")
        for folder in (self.data, self.home, self.bin):
            os.makedirs(folder, exist_ok=True)
        for name, program in (("nametag", NAMETAG), ("nametag-gtk", os.environ.get("NAMETAG_GTK"))):
            if program and not os.path.exists(os.path.join(self.bin, name)):
                os.symlink(program, os.path.join(self.bin, name))
        self.env = dict(case.env, PATH=self.bin + ":" + os.environ["PATH"], HOME=self.home, XDG_DATA_DIRS=self.data, TERM="dumb",
                        PS1="", LC_ALL="C.UTF-8")
        self.prepare()

    def install(self, file, *where):
        target = os.path.join(self.data, *where)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            shutil.copy(os.path.join(COMPLETIONS, file), target)
        return target

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Typed(Shell):
    """A shell on a terminal, which on Ctrl+X Ctrl+W writes down what stands on its line."""

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.told = self.case.path("told")
        child, self.terminal = pty.fork()
        if child == 0:
            os.chdir(self.case.folder)
            os.execvpe(self.command()[0], self.command(), self.env)
        self.child = child
        self.said = b""
        self.wait_for("ready")
        return self

    def __exit__(self, *_):
        os.close(self.terminal)  # hangs up
        os.waitpid(self.child, 0)

    def wait_for(self, what):
        """Until the shell has written its file; reads on, or the terminal would be full."""
        end = time.monotonic() + LIMIT_S
        while not os.path.exists(self.told):
            if select.select([self.terminal], [], [], 0.02)[0]:
                try:
                    self.said += os.read(self.terminal, 65536)
                except OSError:
                    break
            if time.monotonic() > end:
                break
        self.case.check(os.path.exists(self.told), f"{self.name} is not {what}; it said {self.said[-2000:]!r}")
        with open(self.told, encoding="utf-8") as file:
            text = file.read()
        os.remove(self.told)
        return text

    def type(self, keys):
        # Not before the shell reads by itself, without the terminal's own editing.
        end = time.monotonic() + LIMIT_S
        while termios.tcgetattr(self.terminal)[3] & termios.ICANON and time.monotonic() < end:
            time.sleep(0.01)
        os.write(self.terminal, keys.encode())
        return self.wait_for("done with " + repr(keys))

    TAB = "\t"

    def after(self, line):
        """The line after Tab."""
        return self.type("\x15" + line + self.TAB + "\x18\x17").rstrip("\n")


class Bash(Typed):
    name = "bash"

    def prepare(self):
        need(BASH_COMPLETION)
        for program in ("nametag", "nametag-gtk"):
            self.install(program + ".bash", "bash-completion", "completions", program)
        self.rc = self.case.path("bashrc")
        with open(self.rc, "w") as file:
            file.write(f"source {BASH_COMPLETION}\n"
                       "bind 'set bell-style none' 'set completion-query-items 0' 'set page-completions off'\n"
                       "tell() { printf '%s\\n' \"$READLINE_LINE\" >told.new; mv told.new told; }\n"
                       "bind -x '\"\\C-x\\C-w\": tell'\n"
                       "bind '\"\\C-u\": kill-whole-line' '\"\\C-x*\": insert-completions'\n"
                       "echo >told\n")

    def command(self):
        return ["bash", "--noprofile", "--rcfile", self.rc, "-i"]

    def offers(self, line):
        """bash puts all completions into the line when asked to."""
        before = line[:line.rfind(" ") + 1]
        full = self.type("\x15" + line + "\x18*\x18\x17").rstrip("\n")
        self.case.check(full.startswith(before), full)
        return sorted(set(shlex.split(full[len(before):]))) if full != line else []


class Zsh(Typed):
    name = "zsh"
    TAB = ""

    def prepare(self):
        folder = os.path.dirname(self.install("_nametag", "zsh", "site-functions", "_nametag"))
        self.install("_nametag-gtk", "zsh", "site-functions", "_nametag-gtk")
        self.env["ZDOTDIR"] = self.home
        with open(os.path.join(self.home, ".zshrc"), "w") as file:
            # What is offered goes through compadd, the builtin that all of zsh's completion ends in.
            file.write(f"fpath=({shlex.quote(folder)} $fpath)\n"
                       "autoload -Uz compinit && compinit -u -D\n"
                       "unsetopt beep\nLISTMAX=100000\nPS1=\n"
                       "compadd() {\n"
                       "  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then\n"
                       "    local -a offered\n"
                       "    builtin compadd -A offered \"$@\"\n"
                       "    print -rl -- ${(Q)offered} >>$HOME/offered\n"
                       "  fi\n"
                       "  builtin compadd \"$@\"\n"
                       "}\n"
                       "tell() { print -r -- \"$BUFFER\" >told.new; mv told.new told }\n"
                       # In one widget: what is typed while zsh waits for a program would go through the terminal's own editing.
                       "complete-and-tell() { zle complete-word; tell }\n"
                       "zle -N complete-and-tell\nbindkey '^X^W' complete-and-tell\nbindkey '^U' kill-whole-line\n"
                       "echo >told\n")

    def command(self):
        return ["zsh", "-d", "-i"]

    def offers(self, line):
        offered = os.path.join(self.home, "offered")
        open(offered, "w").close()
        self.after(line)
        with open(offered, encoding="utf-8") as file:
            return sorted({word for word in file.read().split("\n") if word})


class Fish(Shell):
    """fish tells by itself what it would complete."""
    name = "fish"

    def prepare(self):
        for program in ("nametag", "nametag-gtk"):
            self.install(program + ".fish", "fish", "vendor_completions.d", program + ".fish")

    def offers(self, line):
        done = subprocess.run(["fish", "-c", "complete --do-complete $argv[1]", line], env=self.env, cwd=self.case.folder,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        self.case.check(done.returncode == 0 and not done.stderr, done.stderr)
        return sorted({row.split("\t")[0] for row in done.stdout.splitlines()})

    def after(self, line):
        offered = self.offers(line)
        self.case.equal(len(offered), 1, f"offers after {line!r}: {offered}")
        # It tells words as they are, and escapes them on the line.
        return line[:line.rfind(" ") + 1] + offered[0].replace(" ", "\\ ")


SHELLS = (Bash, Zsh, Fish)
