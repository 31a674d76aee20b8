"""The completions of bash, zsh and fish: what the shells themselves offer is what --help says, and what the gallery has."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))

from session import Missing, Session  # noqa: E402
from shells import SHELLS, Skip  # noqa: E402
from harness import SAMPLES, main, need  # noqa: E402

GTK = os.environ.get("NAMETAG_GTK", "")
OPTION = re.compile(r"^  (?:(-\w), )?(--[a-z-]+)", re.M)
CAUTION = ["balanced", "cautious", "eager"]


def takes_value(text):
    """The long options of a help text that take a value."""
    return re.findall(r"^  (?:-\w, )?(--[a-z-]+)=", text, re.M)


def each_shell(check):
    """Calls check(shell) in every shell that is here; says which were not."""
    def run(case):
        missing = []
        for kind in SHELLS:
            try:
                shell = kind(case)
            except Skip as reason:
                missing.append(str(reason))
                continue
            with shell:
                check(case, shell)
        if len(missing) == len(SHELLS):
            raise Skip(", ".join(missing))
        case.note("\n".join(missing))
    run.__doc__ = check.__doc__
    run.__name__ = check.__name__
    return run


def quiet(case):
    """For the window's program, whose libraries leak on purpose."""
    return dict(case.env, ASAN_OPTIONS="detect_leaks=0")


def helped(case, *words):
    """The options and the verbs or commands of a help text."""
    text = case.nametag(*words, "--help").stdout
    options = {name for pair in OPTION.findall(text) for name in pair if name}
    listed = re.search(r"^(?:Verbs|Commands):\n((?:  .*\n)+)", text, re.M)
    return options, sorted(re.findall(r"^  ([a-z-]+)", listed.group(1), re.M)) if listed else []


def compare_options(case, shell, line, options):
    """Every option of the help is offered, and no other but --help."""
    # The long ones by themselves as well: some shells offer short ones first.
    offered = {word.split("=")[0] for start in ("-", "--") for word in shell.offers(f"{line} {start}")}
    case.equal(sorted(offered - {"-h", "--help"}), sorted(options - {"-h", "--help"}), f"{shell.name}: options of '{line}'")
    case.check("--help" in offered, f"{shell.name}: {line} has no --help")


@each_shell
def test_commands(case, shell):
    """The commands are those of the help"""
    commands = helped(case)[1]
    case.check(len(commands) >= 11, commands)
    case.equal([word for word in shell.offers("nametag ") if not word.startswith("-")], sorted(commands + ["help"]),
               f"{shell.name}: commands")
    case.equal(shell.offers("nametag help "), commands, f"{shell.name}: what help explains")
    offered = shell.offers("nametag --")
    case.check({"--help", "--version"} <= set(offered), offered)


@each_shell
def test_options(case, shell):
    """Every command has the options of its help, and no others"""
    lines = [[command] for command in helped(case)[1] if command != "evaluate"]
    lines += [["evaluate", "verification"], ["evaluate", "identification"]]
    for words in lines:
        compare_options(case, shell, "nametag " + " ".join(words), helped(case, *words)[0])


@each_shell
def test_options_with_values(case, shell):
    """After an option that takes a value the next word is one: no verb, nobody's picture"""
    for line in ("nametag people", "nametag enroll", "nametag live", "nametag evaluate identification"):
        text = case.nametag(*line.split()[1:], "--help").stdout
        names = takes_value(text)
        case.check(len(names) >= 3, names)
        for name in names:
            offered = shell.offers(f"{line} {name} ")
            case.check(not {"list", "test:", "verification"} & set(offered), f"{shell.name}: {line} {name}: {offered}")
            # And what comes after the value is told from it.
            if line == "nametag people":
                case.equal(shell.offers(f"{line} {name} 1 undo"), ["undo"], f"{shell.name}: {line} {name}")


@each_shell
def test_verbs(case, shell):
    """The verbs of people and models are those of the help"""
    for command in ("people", "models"):
        verbs = helped(case, command)[1]
        case.check(len(verbs) >= 4, verbs)
        offered = [word for word in shell.offers(f"nametag {command} ") if not word.startswith("-")]
        case.equal(offered, verbs, f"{shell.name}: verbs of {command}")
    case.equal(shell.offers("nametag people --gallery x.sqlite --json re"), ["redo", "rejections", "remove", "rename"], shell.name)
    offered = [word for word in shell.offers("nametag evaluate ") if not word.startswith("-")]
    case.equal(offered, ["identification", "verification"], shell.name)


@each_shell
def test_values(case, shell):
    """Where an option takes a word of a few, these are offered, however it is written"""
    for line in ("nametag tag --caution ", "nametag live --caution ", "nametag people --caution ", "nametag explain --caution ",
                 "nametag evaluate identification a -c "):
        case.equal(shell.offers(line), CAUTION, f"{shell.name}: {line}")
    case.equal(shell.offers("nametag evaluate identification --degrade "), ["all", "blur", "jpeg", "none", "small"], shell.name)
    case.check("1280x720" in shell.offers("nametag live --device-size "), shell.name)
    joined = shell.after("nametag tag --caution=ea").rstrip()
    case.equal(joined, "nametag tag --caution=eager", shell.name)
    case.equal(shell.offers("nametag tag --tolerance "), [], f"{shell.name}: a number is not a file")


@each_shell
def test_files(case, shell):
    """Files are those of the kind a command reads; folders where a folder is meant"""
    for name in ("clip.mp4", "Picture.JPG", "notes.txt", "model.dat"):
        open(case.path(name), "w").close()
    os.makedirs(case.path("folder"), exist_ok=True)

    def first(line):
        """What is offered of those made here, without what only leads on."""
        return [word for word in shell.offers(line) if word in ("clip.mp4", "Picture.JPG", "notes.txt", "model.dat")]

    if shell.name != "fish":  # it puts the others behind
        case.equal(first("nametag tag "), ["Picture.JPG", "clip.mp4"], shell.name)
        case.equal(first("nametag detect "), ["Picture.JPG"], shell.name)
        case.equal(first("nametag models import "), ["model.dat"], shell.name)
    for line in ("nametag tag ", "nametag people not Anna ", "nametag enroll Anna "):
        case.check({"clip.mp4", "Picture.JPG"} <= set(first(line)), f"{shell.name}: {line}")
    case.check("notes.txt" in first("nametag evaluate verification "), shell.name)
    for line in ("nametag represent ", "nametag people import ", "nametag people export ", "nametag enroll --from ",
                 "nametag people unknown --export ", "nametag evaluate identification "):
        case.equal(first(line), [], f"{shell.name}: {line}")
        case.check(any(word.rstrip("/") == "folder" for word in shell.offers(line + "fo")), f"{shell.name}: {line}")


def gallery(case, name, *people):
    pictures = [need(os.path.join(SAMPLES, f"sample{n}.jpg")) for n in (1, 2, 3, 4, 5, 6)]
    for person, picture in zip(people, pictures):
        case.nametag("enroll", "--gallery", name, "--force", "--largest", person, picture)


@each_shell
def test_people(case, shell):
    """Where a person is meant, those of the gallery are offered, also with a space in the name or the gallery named"""
    own = case.path("data", "nametag", "gallery.sqlite")
    if not os.path.exists(own):
        os.makedirs(os.path.dirname(own))
        gallery(case, own, "Anna", "Mary Ann", "Ørsted")
        gallery(case, case.path("other people.sqlite"), "Bob")
    everybody = ["Anna", "Mary Ann", "Ørsted"]
    for line in ("nametag people show ", "nametag people forget --yes ", "nametag people merge Anna ", "nametag people not ",
                 "nametag people move Anna 1 ", "nametag people name-unknown 1 ", "nametag enroll "):
        offered = shell.offers(line)
        case.equal([word for word in offered if word in everybody], everybody, f"{shell.name}: {line}{offered}")
    case.check("Anna" not in shell.offers("nametag people split Anna 1 "), f"{shell.name}: a new name is nobody's")
    case.check("Anna" not in shell.offers("nametag people rename Anna "), f"{shell.name}: a new name is nobody's")
    case.equal(shell.after("nametag people show Mar").rstrip(), r"nametag people show Mary\ Ann", shell.name)
    case.equal(shell.offers(r"nametag people --gallery other\ people.sqlite show "), ["Bob"], shell.name)
    case.equal(shell.offers(r"nametag people --gallery=other\ people.sqlite show "), ["Bob"], shell.name)
    case.equal(shell.offers("nametag people -g nowhere.sqlite show "), [], f"{shell.name}: of no gallery nobody")


@each_shell
def test_sealed(case, shell):
    """Of an encrypted gallery nobody is offered, and no pass phrase is asked for: not even a file with it is read"""
    sealed = case.path("sealed.sqlite")
    if not os.path.exists(sealed):
        gallery(case, sealed, "Xaverius")
        case.check("Xaverius" in shell.offers("nametag people -g sealed.sqlite show "), shell.name)
        phrase = case.path("phrase")
        with open(os.open(phrase, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write("correct horse\n")
        case.env["NAMETAG_PASSPHRASE_FILE"] = phrase
        case.nametag("people", "--gallery", sealed, "encrypt")
    case.equal(shell.offers("nametag people -g sealed.sqlite show "), [], shell.name)


def test_cameras(case):
    """Cameras are offered as they are plugged in: by id for live, by name for the window"""
    try:
        with Session() as session:
            session.camera("test")
            session.camera("test")
            for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "PIPEWIRE_RUNTIME_DIR"):
                case.env[name] = session.env[name]
            check_cameras(case)
    except Missing as reason:
        raise Skip(str(reason)) from None


@each_shell
def check_cameras(case, shell):
    ids = ["pipewire:clipcam", "pipewire:clipcam2"]
    case.equal(shell.offers("nametag live pipe"), ids, shell.name)
    case.equal(shell.offers("nametag live --loop pipe"), ids, shell.name)
    case.check("test:" in shell.offers("nametag live "), f"{shell.name}: the test pattern")
    case.equal(shell.offers("nametag live one.mp4 pipe"), [], f"{shell.name}: there is one source")
    case.equal(shell.after("nametag live pipewire:clipcam2").rstrip(), "nametag live pipewire:clipcam2", shell.name)
    if GTK:
        case.equal(shell.offers("nametag-gtk --camera "), ["ClipCamera", "ClipCamera 2"], shell.name)


def test_camera_that_means_ill(case):
    """A camera may be called anything: of its name nothing is run"""
    os.mkdir(case.path("bin"))
    with open(os.open(case.path("bin", "nametag"), os.O_CREAT | os.O_WRONLY, 0o755), "w") as file:
        file.write("#!/bin/sh\necho '[{\"id\": \"pipewire:$(touch owned)\", \"name\": \"Clip$(touch owned)\"}]'\n")
    check_camera_that_means_ill(case)


@each_shell
def check_camera_that_means_ill(case, shell):
    case.check([name for name in shell.offers("nametag live pipe") if "touch" in name], f"{shell.name}: the camera is not offered")
    shell.after("nametag live pipe")
    if GTK:
        shell.after("nametag-gtk --camera Cl")
    case.check(not os.path.exists(case.path("owned")), f"{shell.name} ran what stands in the name")


@each_shell
def test_window(case, shell):
    """nametag-gtk has the options of its help"""
    if not GTK:
        raise Skip("the window is not built")
    done = subprocess.run([GTK, "--help"], capture_output=True, text=True, env=quiet(case), check=True)
    case.check(done.stdout.startswith("Usage:\n  nametag-gtk "), done.stdout)
    options = {name for pair in OPTION.findall(done.stdout) for name in pair if name}
    options -= {"--help-all", "--help-gapplication"}
    compare_options(case, shell, "nametag-gtk", options)


if __name__ == "__main__":
    main("__main__")
