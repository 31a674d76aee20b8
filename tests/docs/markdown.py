"""What the tests of the documents read of Markdown: fenced blocks, headings, links, code between backticks.

How a block is marked says what is done with it:

    ```sh        run as a script of bash; it has to succeed
    ```console   lines that begin with "$ " are run; the lines below each are what it prints. Numbers may be others, "…" stands
                 for anything, and a line with nothing else for any further lines. A command may fail where "nametag: " is
                 among what it prints
    ```text      neither: what is written or printed. Commands in it need a reason, in NOT_RUN of test_docs.py
"""
import os
import re

FENCE = re.compile(r"^(\s*)```(\S*)\s*$")
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
CODE = re.compile(r"(`+)(.+?)\1")
COMMAND = re.compile(r"^(?:\$ |sudo |[A-Z_]+=\S+ )*(nametag|nametag-gtk|\./run\.sh|\./test\.sh|\.?\S*/nametag\S*|meson|ninja|python3?|bash|"
                     r"tests/\S+|apt|apt-get|dpkg-\w+|flatpak\S*|podman|buildah)( |$)")


class Block:
    def __init__(self, kind, line, indent):
        self.kind, self.line, self.indent = kind, line, indent
        self.lines = []

    @property
    def text(self):
        return "\n".join(self.lines)

    def first(self):
        return next((line.strip() for line in self.lines if line.strip()), "")

    def has_command(self):
        return any(COMMAND.match(line.strip()) for line in self.lines)

    def steps(self):
        """Of a console block: (command, [lines below it])."""
        found = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif found and found[-1][0].endswith("\\"):
                found[-1][0] += "\n" + line.removeprefix("> ")
            elif found:
                found[-1][1].append(line)
        return [(command, lines) for command, lines in found]


class Document:
    def __init__(self, root, name):
        self.root, self.name = root, name
        self.folder = os.path.dirname(os.path.join(root, name))
        with open(os.path.join(root, name), encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        self.blocks, self.prose, self.unclosed = [], [], None
        self._part()

    def _part(self):
        """Blocks and everything else; what is indented by four and follows an empty line is a block without a kind."""
        block, blank = None, True
        for number, line in enumerate(self.lines, 1):
            fence = FENCE.match(line)
            if block and block.kind is not None:
                if fence and not fence.group(2):
                    block = None
                else:
                    block.lines.append(line[len(block.indent):] if line.startswith(block.indent) else line)
            elif fence:
                block = Block(fence.group(2), number, fence.group(1))
                self.blocks.append(block)
            elif line.startswith("    ") and (blank or block):
                if not block:
                    block = Block(None, number, "    ")
                    self.blocks.append(block)
                block.lines.append(line[4:])
            elif line.strip() or not block:
                block = None
                self.prose.append((number, line))
            else:
                block.lines.append("")
            blank = not line.strip()
        self.unclosed = block if block and block.kind is not None else None

    def anchors(self):
        """As GitHub and most others make them of headings."""
        found = {}
        for _, line in self.prose:
            heading = HEADING.match(line)
            if heading:
                words = re.sub(r"[^\w\- ]", "", CODE.sub(r"\2", heading.group(2)).lower()).replace(" ", "-")
                found[words] = found.get(words, 0) + 1
        return {f"{word}-{i}" if i else word for word, n in found.items() for i in range(n)}

    def links(self):
        """(line, is a picture, its words, target)"""
        for number, line in self.prose:
            for link in LINK.finditer(CODE.sub(lambda code: code.group(0) if "](" not in code.group(0) else "", line)):
                yield number, link.group(1) == "!", link.group(2), link.group(3)

    def code(self):
        """(line, text) of everything between backticks."""
        for number, line in self.prose:
            for code in CODE.finditer(line):
                yield number, code.group(2)

    def quotes(self):
        """(line, text) of lines that begin with ">"."""
        for number, line in self.prose:
            if line.startswith("> "):
                yield number, line[2:].strip()


def documents(root):
    names = ["README.md", *sorted(os.path.join("docs", name) for name in os.listdir(os.path.join(root, "docs"))
                                  if name.endswith(".md"))]
    return [Document(root, name) for name in names]
