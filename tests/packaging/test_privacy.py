"""What SECURITY.md promises of files and of the network, of the commands; tests/app/ui/test_privacy.py is of the window.

Every command runs under strace (traced.py): it may write what it was told to write, its own folders of the XDG Base Directory
Specification, and what ALLOWED lists with the reason; it may speak with nobody but the machine's own services.
"""
import glob
import http.server
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "live")]
from harness import CLIPS, NAMETAG, SAMPLES, Skip, beginning, main, need  # noqa: E402
from session import Missing, Session  # noqa: E402
import traced  # noqa: E402

# What libraries write, as patterns of whole paths; {cache} and so on are the XDG folders.
ALLOWED = {
    r"{cache}(/gstreamer-1\.0(/registry\.[^/]*)?)?": "GStreamer's list of its plugins, and the folders above it",
    r"{cache}/fontconfig(/[^/]*)?": "fontconfig's list of fonts, where the system has none",
    r"{data}": "the folder above ours",
    r"{state}|{config}|{home}/\.local": "folders above ours",
    r"/dev/(null|tty|shm/[^/]*)": "no files: nothing, the terminal, memory",
    r"/proc/(self|\d+)/(task/\d+/)?comm": "no files: names of threads",
    r"(/tmp|{tmp})/(orcexec|orc-)\.?[^/]*": "Orc, which compiles GStreamer's inner loops, where memory alone cannot be executed; gone at once",
    r"{runtime}(/orcexec\.[^/]*)?": "the same",
    r"{runtime}/dconf(/user)?": "dconf, by which GIO reads the desktop's settings; for addresses, whether there is a proxy",
}
OWN = ("{cache}/nametag", "{data}/nametag", "{state}/nametag", "{config}/nametag")
# AF_UNIX: the machine's own services. NETLINK_KOBJECT_UEVENT: libudev hears from the kernel of cameras; NETLINK_ROUTE: the C
# library asks it for the interfaces. Neither leaves the machine.
LOCAL = {"AF_UNIX", "AF_LOCAL", "NETLINK_KOBJECT_UEVENT", "NETLINK_ROUTE"}

PICTURES = [os.path.join(SAMPLES, f"sample{i}.jpg") for i in (1, 2, 3)]


class Place:
    """A home, a working folder that nobody names, and a folder for what is asked for."""

    def __init__(self, case, xdg=True):
        if traced.why_not():
            raise Skip(traced.why_not())
        self.case = case
        self.n = 0
        self.folders = {name: case.path(name) for name in ("home", "cwd", "out", "tmp", "runtime")}
        for name, folder in self.folders.items():
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        self.env.update(HOME=self.folders["home"], TMPDIR=self.folders["tmp"], LC_ALL="C.UTF-8", OPENBLAS_NUM_THREADS="1")
        self.env.pop("DISPLAY", None)
        self.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        places = {"data": ".local/share", "config": ".config", "cache": ".cache", "state": ".local/state"}
        for name, usual in places.items():
            self.folders[name] = case.path("xdg-" + name) if xdg else os.path.join(self.folders["home"], usual)
            if xdg:
                self.env[f"XDG_{name.upper()}_HOME"] = self.folders[name]
        if xdg:
            self.env["XDG_RUNTIME_DIR"] = self.folders["runtime"]
        self.folders = {name: os.path.realpath(folder) for name, folder in self.folders.items()}

    def path(self, *names):
        return os.path.join(self.folders["out"], *names)

    def run(self, *args, expect=0, before=(), after=None, timeout=300):
        """Runs a command, traced; returns what it said and the trace."""
        self.n += 1
        trace = traced.Trace(self.case.path(f"trace-{self.n}"))
        done = subprocess.run([*trace.command, *before, NAMETAG, *map(str, args)], env=self.env, cwd=self.folders["cwd"], text=True,
                              errors="replace", stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        words = "nametag " + " ".join(map(str, args))
        if expect is not None:
            self.case.check(done.returncode == expect, f"{words}: exit code {done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return words, done, trace

    def may_write(self, path, named=()):
        names = {name: re.escape(folder) for name, folder in self.folders.items()}
        own = [folder.format(**self.folders) for folder in OWN] + [self.folders["out"]] + [os.path.realpath(name) for name in named]
        return any(path == folder or path.startswith(folder + "/") for folder in own) or \
            any(re.fullmatch(pattern.format(**names), path) for pattern in ALLOWED)

    def check_writes(self, words, trace, named=()):
        writes = trace.writes()
        strange = sorted({f"{write.call} {write.path}" for write in writes if not self.may_write(write.path, named)})
        self.case.check(not strange, f"{words} writes elsewhere: {strange[:10]}")
        return writes

    def check_silence(self, words, trace):
        self.case.check(trace.sockets() <= LOCAL, f"{words} has sockets of {sorted(trace.sockets() - LOCAL)}")
        self.case.check(not trace.peers(), f"{words} speaks with {sorted(trace.peers())}")

    def quietly(self, *args, expect=0, named=(), **options):
        """Runs it, and checks what it wrote and that it spoke with nobody. What it said."""
        words, done, trace = self.run(*args, expect=expect, **options)
        self.check_writes(words, trace, named)
        self.check_silence(words, trace)
        self.case.equal(os.listdir(self.folders["cwd"]), [], f"in the working folder after {words}")
        return done


def short_clip(case, seconds=2):
    """A clip of somebody, short."""
    clip = case.path("clip.mp4")
    case.gst(f"{beginning(os.path.join(CLIPS, 'franck.mp4'), 5 * seconds, 'videorate ! video/x-raw,framerate=5/1')} "
             f"! x264enc speed-preset=ultrafast ! mp4mux ! filesink location={clip}")
    return clip


def test_the_tool(case):
    """What strace is asked to see is seen: a program that writes, renames, makes and speaks is told of, call by call."""
    if traced.why_not():
        raise Skip(traced.why_not())
    program = ("import os, socket, threading; os.chdir(sys.argv[1]); open('a', 'w').close(); os.rename('a', 'b'); os.mkdir('c'); "
               "os.symlink('b', 'd'); d = os.open('c', os.O_RDONLY); os.open('e', os.O_CREAT | os.O_WRONLY, dir_fd=d); "
               "t = threading.Thread(target=lambda: open('f', 'w')); t.start(); t.join(); os.unlink('b'); os.chmod('f', 0o600); "
               "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.0.0.1', 9)); "
               "u = socket.socket(socket.AF_UNIX); u.bind('g'); os.system('echo x > h')")
    trace = traced.Trace(case.path("trace"))
    os.mkdir(case.path("in"))
    subprocess.run([*trace.command, sys.executable, "-I", "-B", "-c", "import sys; " + program, case.path("in")], check=True)
    inside = os.path.realpath(case.path("in")) + "/"
    names = {write.path.replace(inside, "").replace("(working folder)/", "") for write in trace.writes() if write.call != "bind"}
    case.equal({"a", "b", "c", "d", "c/e", "f", "h"} - names, set(), f"not seen among {sorted(names)}")
    case.check(any(write.call == "bind" and write.path.endswith("g") for write in trace.writes()), "the socket's file was not seen")
    case.check("AF_INET" in trace.sockets() and ("connect", "127.0.0.1", 9) in trace.peers(), f"{trace.sockets()} {trace.peers()}")


def test_pictures_and_people(case):
    """Enrolling, tagging, every change of the people: written is what was named and the program's own folders; nobody is asked."""
    place = Place(case)
    first, second = (need(picture) for picture in PICTURES[:2])
    for name, picture in (("Anna", first), ("Bob", second)):
        place.quietly("enroll", "--largest", "--force", name, picture)
    place.quietly("tag", first, "--output", place.path("tagged.png"), "--records", place.path("faces.jsonl"))
    place.quietly("tag", first, second, "--output", place.path(), "--records", place.path("faces.csv"))
    place.quietly("people")
    place.quietly("people", "show", "Anna")
    place.quietly("people", "rename", "Anna", "Anne")
    place.quietly("people", "undo")
    place.quietly("people", "unknown", "--export", place.path("unknown"))
    place.quietly("people", "check")
    place.quietly("people", "export", place.path("archive"))
    place.quietly("people", "--gallery", place.path("other.sqlite"), "import", place.path("archive"))
    place.quietly("people", "merge-gallery", place.path("other.sqlite"), named=[place.path()])
    with open(place.path("phrase"), "w") as file:
        file.write("correct horse\n")
    os.chmod(place.path("phrase"), 0o600)
    place.env["NAMETAG_PASSPHRASE_FILE"] = place.path("phrase")
    place.quietly("people", "encrypt")
    place.quietly("tag", first, "--records", "-")
    place.quietly("people", "decrypt", "--yes")
    place.quietly("people", "forget", "--yes", "Bob")
    place.quietly("detect", first)
    place.quietly("represent", os.path.dirname(first), "--output", place.path("faces-of-folder.csv"))
    place.quietly("explain", first, "--output", place.path("page.pdf"))
    place.quietly("models")
    place.quietly("models", "verify", expect=None)
    place.quietly("models", "licences")
    place.quietly("devices")
    kept = {os.path.relpath(path, place.folders["data"]) for path in glob.glob(place.folders["data"] + "/**", recursive=True)}
    case.check("nametag/gallery.sqlite" in kept, f"the gallery is among the user's data: {sorted(kept)}")


def test_clips(case):
    """A clip tagged into film, records and subtitles, and watched as it happens: the same."""
    place = Place(case)
    clip = short_clip(case)
    place.quietly("enroll", "--largest", "--force", "Anna", need(PICTURES[0]))
    for film, records in (("film.webm", "film.jsonl"), ("film.mp4", "film.vtt"), ("film.mkv", "film.csv")):
        place.quietly("tag", clip, "--output", place.path(film), "--records", place.path(records))
    place.quietly("live", clip, "--records", place.path("live.jsonl"))
    place.quietly("live", clip, "--output", place.path("live.webm"))


def test_demo(case):
    """The demo writes the folder that it was given, and no gallery of the user's."""
    place = Place(case)
    done = place.quietly("demo", "--output", place.path("demo"), expect=None)
    if done.returncode != 0 and "demo" in done.stderr and not os.path.exists(place.path("demo", "people.sqlite")):
        raise Skip(done.stderr.strip())
    case.equal(done.returncode, 0, done.stderr[-500:])
    case.check(os.path.exists(place.path("demo", "people.sqlite")), f"in the folder: {os.listdir(place.path('demo'))}")
    case.check(not os.path.exists(os.path.join(place.folders["data"], "nametag")), "it made a gallery of the user's")


def test_evaluation(case):
    """Measuring on one's own pictures: the same."""
    place = Place(case)
    for name, picture in zip(("Anna", "Bob", "Zoe"), PICTURES):
        os.makedirs(case.path("people", name))
        for copy in range(3):
            shutil.copy(need(picture), case.path("people", name, f"{copy}.jpg"))
    place.quietly("evaluate", "identification", case.path("people"), "--report", place.path("report.html"))


def test_no_xdg_variables(case):
    """Without XDG variables the specification's defaults in the home are used."""
    place = Place(case, xdg=False)
    place.quietly("enroll", "--largest", "--force", "Anna", need(PICTURES[0]))
    case.check(os.path.exists(case.path("home", ".local", "share", "nametag", "gallery.sqlite")), "the gallery is not in the home")
    case.equal(sorted(os.listdir(case.path("home"))), [".cache", ".local"], "in the home")


def test_relative_xdg_variables(case):
    """XDG variables with relative paths are ignored, as the specification says."""
    place = Place(case, xdg=False)
    for name in ("DATA_HOME", "CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        place.env["XDG_" + name] = "somewhere/here"
    place.quietly("enroll", "--largest", "--force", "Anna", need(PICTURES[0]))
    case.check(os.path.exists(case.path("home", ".local", "share", "nametag", "gallery.sqlite")), "the gallery is not in the home")


def test_no_home(case):
    """With a home that does not exist a gallery that is named works all the same, and without a name the error says why."""
    place = Place(case, xdg=False)
    place.env["HOME"] = "/proc/nobody"
    place.folders["home"] = "/proc/nobody"
    place.folders.update(data="/proc/nobody/.local/share", cache="/proc/nobody/.cache", state="/proc/nobody/.local/state",
                         config="/proc/nobody/.config")
    refused = place.run("enroll", "--largest", "--force", "Anna", need(PICTURES[0]), expect=1)[1]
    case.check("/proc/nobody/.local/share/nametag" in refused.stderr, refused.stderr)
    words, _, trace = place.run("enroll", "--largest", "--force", "--gallery", place.path("people.sqlite"), "Anna", PICTURES[0])
    place.check_silence(words, trace)
    strange = [write for write in trace.writes() if not place.may_write(write.path) and not write.path.startswith("/proc/nobody")]
    case.equal(strange, [], "written elsewhere")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_modes(case):
    """What knows faces is its owner's alone, whatever the umask: gallery, archives, pictures' folders. Records and films follow
    the umask, as every program's output does."""
    place = Place(case)
    before = os.umask(0)
    try:
        place.run("enroll", "--largest", "--force", "Anna", need(PICTURES[0]))
        place.run("tag", need(PICTURES[1]), "--output", place.path("tagged.png"), "--records", place.path("faces.jsonl"))
        place.run("people", "export", place.path("archive"))
        place.run("people", "unknown", "--export", place.path("unknown"))
    finally:
        os.umask(before)
    data = os.path.join(place.folders["data"], "nametag")
    for path in [os.path.join(data, name) for name in os.listdir(data)] + glob.glob(place.path("archive", "**", "*.*"), recursive=True):
        case.equal(oct(mode(path)), oct(0o600), f"mode of {path}")
    for path in (data, place.path("archive"), place.path("archive", "pictures"), place.path("unknown")):
        case.equal(oct(mode(path)), oct(0o700), f"mode of {path}")
    for name in ("tagged.png", "faces.jsonl"):
        case.equal(oct(mode(place.path(name))), oct(0o666), f"mode of {name} with the umask 000")
    os.umask(0o077)
    try:
        place.run("tag", PICTURES[0], "--records", place.path("private.jsonl"))
    finally:
        os.umask(before)
    case.equal(oct(mode(place.path("private.jsonl"))), oct(0o600), "mode with the umask 077")


def test_an_import_keeps_the_folder_private(case):
    """Of all commands, `models import` alone makes the program's folder before there is a gallery: for its owner too."""
    place = Place(case)
    landmarks = "/usr/share/dlib/shape_predictor_68_face_landmarks.dat"
    place.run("models", "import", need(landmarks))
    case.equal(oct(mode(os.path.join(place.folders["data"], "nametag"))), oct(0o700), "mode of the folder")


PORT = 18077  # nobody listens: what counts is that nobody is called
ADDRESS = f"http://127.0.0.1:{PORT}/"
LISTS = {
    "hls.mp4": f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\n{ADDRESS}a.ts\n#EXT-X-ENDLIST\n",
    "hls.m3u8": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\n{ADDRESS}b.m3u8\n",
    "playlist.m3u": f"#EXTM3U\n#EXTINF:9,Clip\n{ADDRESS}c.mp4\n",
    "dash.mp4": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S" '
                'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
                f'bandwidth="1000" width="64" height="64"><BaseURL>{ADDRESS}d.mp4</BaseURL><SegmentBase indexRange="0-99"/>'
                "</Representation></AdaptationSet></Period></MPD>\n",
    "smooth.ism": '<?xml version="1.0"?>\n<SmoothStreamingMedia MajorVersion="2" MinorVersion="0" Duration="90000000"><StreamIndex '
                  f'Type="video" Url="{ADDRESS}e(q={{bitrate}},t={{start time}})" Chunks="1"><QualityLevel Index="0" Bitrate="1000" '
                  'FourCC="H264" MaxWidth="64" MaxHeight="64" CodecPrivateData="000000016742C00D"/><c d="90000000"/></StreamIndex>'
                  "</SmoothStreamingMedia>\n",
    "session.sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {PORT} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "list.pls": f"[playlist]\nNumberOfEntries=1\nFile1={ADDRESS}f.mp4\n",
    "list.asx": f'<asx version="3.0"><entry><ref href="{ADDRESS}g.wmv"/></entry></asx>\n',
    "list.xspf": f'<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track><location>{ADDRESS}h.mp4'
                 "</location></track></trackList></playlist>\n",
    "concat.ffconcat": f"ffconcat version 1.0\nfile {ADDRESS}i.mp4\n",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">'
                   f'<image xlink:href="{ADDRESS}j.png" width="64" height="64"/><style>@import url("{ADDRESS}k.css");</style></svg>\n',
}


def test_files_that_name_addresses(case):
    """A file is a file: playlists, manifests and drawings that name addresses make the program call none of them, whatever they
    are called, and lead to no other file."""
    place = Place(case)
    for name, text in LISTS.items():
        path = case.path(name)
        with open(path, "w") as file:
            file.write(text)
        for command in (("tag", "--no-keep"), ("live",), ("detect",)):
            words, done, trace = place.run(command[0], path, *command[1:], expect=None, timeout=120)
            place.check_silence(words, trace)
            case.check(done.returncode >= 0, f"{words} died of signal {-done.returncode}: {done.stderr[-500:]}")
    clip, other = short_clip(case), case.path("list.m3u8")
    with open(other, "w") as file:
        file.write(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\nfile://{clip}\n#EXT-X-ENDLIST\n")
    words, done, trace = place.run("tag", other, "--no-keep", expect=1)
    opened = [path for name, arguments, _ in trace.calls() if name == "openat" for path in trace.paths(arguments)]
    case.check(os.path.realpath(other) in opened, "the list itself was not opened")
    case.check(os.path.realpath(clip) not in opened, "the file that the list names was opened")


def test_without_a_network(case):
    """Where there is no network, not even to the machine itself, all of the main job is done."""
    alone = traced.without_network()
    if not alone:
        raise Skip("network namespaces are not allowed here")
    place = Place(case)
    clip = short_clip(case)
    place.run("enroll", "--largest", "--force", "Anna", need(PICTURES[0]), before=alone)
    place.run("tag", clip, "--output", place.path("film.webm"), "--records", place.path("film.jsonl"), before=alone)
    with open(place.path("film.jsonl")) as file:
        case.check(len([json.loads(line) for line in file]) >= 5, "records")
    place.run("live", clip, before=alone)


class Server:
    """Serves a folder at 127.0.0.1, at a port of its own."""

    def __init__(self, folder):
        handler = type("Handler", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *words: handler(*words, directory=folder))
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def called(trace):
    """Whom it connected to or sent to, without what it bound to."""
    return {peer[1:] for peer in trace.peers() if peer[0] != "bind"}


def test_an_address_of_a_web_server(case):
    """Of an address that was opened, the server is called, and nobody else: no other host, no other port."""
    place = Place(case)
    clip = short_clip(case)
    with Server(os.path.dirname(clip)) as server:
        words, done, trace = place.run("tag", f"http://127.0.0.1:{server.port}/clip.mp4", "--no-keep", "--records", place.path("net.jsonl"))
    case.equal(called(trace), {("127.0.0.1", server.port)}, "called")
    place.check_writes(words, trace)
    with open(place.path("net.jsonl")) as file:
        case.check(len(file.readlines()) >= 5, "nothing came over the network")


def test_a_network_camera(case):
    """Of a camera's address, the camera is called, and nobody else."""
    place = Place(case)
    clip = short_clip(case, 4)
    try:
        with Session(pipewire=False) as session:
            camera = session.network_camera(clip)
            words, done, trace = place.run("live", camera.uri, "--records", place.path("camera.jsonl"), before=("timeout", "-s", "INT", "15"),
                                           expect=None)
            # RTP comes to and goes from ports that camera and program agree on: of those only the host counts.
            case.check(("127.0.0.1", camera.port) in called(trace), f"called: {called(trace)}")
            case.equal({host for host, _ in called(trace)}, {"127.0.0.1"}, "hosts called")
            case.check(not [peer for peer in called(trace) if peer[1] == 53], "a name server was asked")
            place.check_writes(words, trace)
    except Missing as reason:
        raise Skip(str(reason)) from None


if __name__ == "__main__":
    main(__name__)
