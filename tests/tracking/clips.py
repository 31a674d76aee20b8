#!/usr/bin/python3
"""Clips made from the demo's two people, each with something in it that makes following hard, and who is where in them.

    python3 tests/tracking/clips.py [--only NAME] [--force]      makes them in build/tracking/clips: NAME.mp4, NAME.json (truth.py)

A frame is a background, pictures of people laid over each other at known places, and bars; then its light and its noise. So where each face
is, and how much of it is to be seen, is known without looking.
"""
import argparse
import json
import os
import random

import media
import truth

VERSION = 1     # count it up when scenes change: clips of another version are made anew
RATE = 25
HIDDEN = 0.5    # a face of which less than this is to be seen is hidden
MIXED = 0.65    # and so is one in a picture mixed with another, of which it is less than this
DARK = 0.25     # and so is one in a picture dimmed to less than this
SAMPLES = 12    # a face's visible share is counted on a grid of so many points squared
GAUSS_REACH = 3 # noise is cut off at so many standard deviations


def even(value):
    return 2 * round(value / 2)


class Actor:
    """A person of the demo: pictures of a size, and where the face is in them."""

    def __init__(self, name, left, width):
        self.name, self.left, self.width, self.height = name, left, width, 300
        cast = truth.read(os.path.join(truth.CAST, "demo.json"))
        self.person = next(person for person in cast.shots[0].people if person.name == name)
        self.demo_width, self.n_frames = cast.width, cast.frames
        self.sizes = {}

    def pictures(self, width, height, count):
        key = (width, height)
        if len(self.sizes.get(key, ())) < count:
            crop = (self.left, self.demo_width - self.left - self.width, 0, 0)
            self.sizes[key] = media.decode(media.DEMO_CLIP, width, height, count, crop)
        return self.sizes[key]

    def face(self, frame, width, height):
        x, y, side = self.person.place(frame)
        return (x - self.left) * width / self.width, y * height / self.height, side * height / self.height


class Layer:
    """A picture of an actor at (x, y) of the canvas, of which crop (left, top, width, height) is shown; or a bar (actor None)."""

    def __init__(self, actor, x, y, width, height, crop=None, luma=70):
        self.actor, self.width, self.height, self.luma = actor, width, height, luma
        left, top, shown_width, shown_height = (even(value) for value in crop or (0, 0, width, height))
        self.crop = (left, top, shown_width, shown_height)
        self.x, self.y = even(x), even(y)

    def covers(self, x, y):
        return self.x <= x < self.x + self.crop[2] and self.y <= y < self.y + self.crop[3]


class Canvas:
    def __init__(self, width, height):
        self.width, self.height = width, height
        # A wall that is a little lighter on one side: nothing to find, and not quite flat.
        row = bytes(60 + 40 * x // width for x in range(width))
        self.wall = row * height + bytes([128]) * (width * height // 2)

    def _plane(self, target, base, stride, rows, scale, layer, picture, picture_base, picture_stride):
        left, top, width, height = (value // scale for value in layer.crop)
        x, y = layer.x // scale, layer.y // scale
        first, last = max(0, -x), min(width, stride - x)
        if first >= last:
            return
        for row in range(max(0, -y), min(height, rows - y)):
            to = base + (y + row) * stride + x
            if picture is None:
                target[to + first:to + last] = bytes([layer.luma if scale == 1 else 128]) * (last - first)
            else:
                source = picture_base + (top + row) * picture_stride + left
                target[to + first:to + last] = picture[source + first:source + last]

    def draw(self, layers, frame, count):
        target = bytearray(self.wall)
        size, quarter = self.width * self.height, self.width * self.height // 4
        for layer in layers:
            picture, area = None, 0
            if layer.actor:
                picture, area = layer.actor.pictures(layer.width, layer.height, count)[frame], layer.width * layer.height
            self._plane(target, 0, self.width, self.height, 1, layer, picture, 0, layer.width)
            for plane in (0, 1):
                self._plane(target, size + plane * quarter, self.width // 2, self.height // 2, 2, layer, picture,
                            area + plane * area // 4, layer.width // 2)
        return target


def place(layers, index, frame):
    """Where the face of layers[index] is on the canvas."""
    layer = layers[index]
    x, y, side = layer.actor.face(frame, layer.width, layer.height)
    return x - layer.crop[0] + layer.x, y - layer.crop[1] + layer.y, side


def visible_share(canvas, layers, index, frame):
    x, y, side = place(layers, index, frame)
    seen = 0
    for row in range(SAMPLES):
        for column in range(SAMPLES):
            at_x, at_y = x + side * ((column + 0.5) / SAMPLES - 0.5), y + side * ((row + 0.5) / SAMPLES - 0.5)
            seen += (0 <= at_x < canvas.width and 0 <= at_y < canvas.height and layers[index].covers(at_x, at_y)
                     and not any(layer.covers(at_x, at_y) for layer in layers[index + 1:]))
    return seen / SAMPLES ** 2


def luma_of(frame, canvas, table):
    """The frame with its luma put through a table of 256."""
    size = canvas.width * canvas.height
    return frame[:size].translate(table) + frame[size:]


def dimmed(level):
    return bytes(min(235, max(16, round(16 + (value - 16) * level))) for value in range(256))


def add(a, b):
    """Sums bytes of two pictures that together never pass 255, so that no byte carries into the next."""
    return (int.from_bytes(a, "little") + int.from_bytes(b, "little")).to_bytes(len(a), "little")


def mixed(a, b, share):
    """share of b, the rest of a."""
    of_a = bytes(int(value * (1 - share)) for value in range(256))
    of_b = bytes(int(value * share) for value in range(256))
    return add(bytes(a).translate(of_a), bytes(b).translate(of_b))


class Noise:
    """Camera noise: Gaussian on luma, another in each frame, the same each time the clip is made."""

    def __init__(self, sigma, size):
        self.reach = round(GAUSS_REACH * sigma)
        self.random = random.Random(1)
        values = range(2 * self.reach + 1)
        weights = [2.718281828 ** (-((value - self.reach) / sigma) ** 2 / 2) for value in values]
        self.size, self.pool = size, bytes(self.random.choices(values, weights, k=3 * size))
        self.table = bytes(max(0, min(255 - 2 * self.reach, value - self.reach)) for value in range(256))

    def on(self, frame):
        start = self.random.randrange(2 * self.size)
        noise = self.pool[start:start + self.size]
        return add(frame[:self.size].translate(self.table), noise) + frame[self.size:]


class Moment:
    """One frame of a scene. mixed_with: layers of another picture, of which share is mixed in."""

    def __init__(self, layers, level=1.0, shot=0, mixed_with=None, share=0.0):
        self.layers, self.level, self.shot, self.mixed_with, self.share = layers, level, shot, mixed_with, share


class Scene:
    """n frames of width x height; moment(frame) says what is in one. enrolled: the names of the gallery it is tagged with."""

    def __init__(self, about, width, height, n, moment, sigma=0, rate=RATE, step=1, enrolled=("Presenter", "Franck")):
        self.about, self.width, self.height, self.n, self.moment = about, width, height, n, moment
        self.sigma, self.rate, self.step, self.enrolled = sigma, rate, step, enrolled

    def source_frame(self, frame):
        return int(frame * self.step)

    def frames(self):
        canvas = Canvas(self.width, self.height)
        noise = Noise(self.sigma, self.width * self.height) if self.sigma else None
        count = self.source_frame(self.n - 1) + 1
        for frame in range(self.n):
            moment, source = self.moment(frame), self.source_frame(frame)
            picture = canvas.draw(moment.layers, source, count)
            if moment.mixed_with:
                picture = mixed(picture, canvas.draw(moment.mixed_with, source, count), moment.share)
            if moment.level != 1:
                picture = luma_of(picture, canvas, dimmed(moment.level))
            yield bytes(noise.on(picture) if noise else picture)

    def cast(self, name):
        canvas, shots = Canvas(self.width, self.height), {}
        for frame in range(self.n):
            moment, source = self.moment(frame), self.source_frame(frame)
            shot = shots.setdefault(moment.shot, {"first": frame, "people": {}})
            shot["last"] = frame
            for layers, share in ((moment.layers, 1 - moment.share), (moment.mixed_with or [], moment.share)):
                for index, layer in enumerate(layers):
                    if layer.actor:
                        path, hidden = shot["people"].setdefault(layer.actor.name, ([], []))
                        seen = visible_share(canvas, layers, index, source)
                        path.append([frame, *(round(value, 1) for value in place(layers, index, source))])
                        if seen < HIDDEN or share < MIXED or moment.level < DARK:
                            hidden.append(frame)
        people = lambda shot: [{"name": who if who in self.enrolled else None, "who": who, "frontal": True, "path": path,
                                "hidden": truth.spans(hidden)} for who, (path, hidden) in shot["people"].items()]
        return {"schema": truth.SCHEMA, "version": VERSION, "clip": name, "note": self.about, "width": self.width, "height": self.height,
                "frames": self.n, "rate": [self.rate, 1],
                "shots": [{"name": f"shot {number + 1}" if len(shots) > 1 else "all", "first": shot["first"],
                           "last": shot["last"], "people": people(shot)} for number, shot in shots.items()]}


PRESENTER = Actor("Presenter", 0, 400)
FRANCK = Actor("Franck", 400, 376)


def both(height=480):
    """The two side by side, as tall as that; returns the layers and the canvas's size."""
    scale = height / 300
    widths = 8 * round(400 * scale / 8), 8 * round(376 * scale / 8)
    return ([Layer(PRESENTER, 0, 0, widths[0], height), Layer(FRANCK, widths[0], 0, widths[1], height)],
            8 * ((sum(widths) + 7) // 8), height)


def bar(layers, x, y, width, height):
    return layers + [Layer(None, x, y, width, height)]


def sweeping_bar(seconds, passes):
    """A bar moved from left to right before both; a face's middle is covered for so long each time."""
    layers, width, height = both()
    bar_width = 260
    speed = bar_width / seconds / RATE
    sweep = (width + 2 * bar_width) / speed

    def moment(frame):
        since = frame - RATE
        if since < 0 or since >= passes * sweep:
            return Moment(layers)
        return Moment(bar(layers, (since % sweep) * speed - bar_width, 0, bar_width, height))
    return Scene(f"a bar sweeps over both faces, covering each for {seconds} s", width, height, int(2 * RATE + passes * sweep), moment)


def sudden_bar():
    layers, width, height = both()

    def moment(frame):
        hand = Layer(None, 190, 120, 300, 340)   # all of the Presenter's face
        half = Layer(None, 640 + 160, 330, 340, 150) # mouth and chin of Franck's
        if 50 <= frame < 75 or 125 <= frame < 137:
            return Moment(layers + [hand, half])
        return Moment(layers)
    return Scene("a hand suddenly before one face for 1 s and 0.5 s, before the other's mouth", width, height, 175, moment)


def crossing():
    """Two cut-out pictures of like size pass before each other, there and back."""
    def cut(actor, width, height, x, y, side):
        face_x, face_y, _ = actor.face(0, width, height)
        return Layer(actor, x - 0.9 * side, y - 1.2 * side, width, height,
                     (face_x - 0.9 * side, face_y - 1.2 * side, 1.8 * side, min(2.1 * side, height - face_y + 1.2 * side)))

    def moment(frame):
        near, far, leg = 170, 1110, 4 * RATE
        if frame < RATE:
            share = 0
        elif frame < RATE + leg:
            share = (frame - RATE) / leg
        elif frame < 2 * RATE + leg:
            share = 1
        elif frame < 2 * RATE + 2 * leg:
            share = 1 - (frame - 2 * RATE - leg) / leg
        else:
            share = 0
        at = near + (far - near) * share
        return Moment([cut(PRESENTER, 640, 480, at, 240, 160), cut(FRANCK, 416, 332, near + far - at, 250, 160)])
    return Scene("two people walk past each other, there and back; Franck in front", 1280, 480, 11 * RATE, moment)


def fast_pan():
    def moment(frame):
        speed, reach = 600 / RATE, 640
        since = frame - RATE
        if since < 0 or since >= 6 * RATE:
            x = 0 if since < 0 else None
        else:
            x = since * speed % (2 * reach)
            x = min(x, 2 * reach - x)
        if x is None:
            last = (6 * RATE - 1) * speed % (2 * reach)
            x = min(last, 2 * reach - last)
        return Moment([Layer(PRESENTER, x, 120, 640, 480)])
    return Scene("the picture moves to and fro at 600 pixels/s, starting and turning suddenly", 1280, 720, 8 * RATE, moment)


def at_same_place(actor, width, height, x, y, canvas_width=640, canvas_height=480):
    face_x, face_y, _ = actor.face(100, width, height)
    return [Layer(None, 0, 0, canvas_width, canvas_height, luma=90), Layer(actor, x - face_x, y - face_y, width, height)]


def cut_in_place():
    shots = [at_same_place(PRESENTER, 640, 480, 336, 260), at_same_place(FRANCK, 416, 332, 336, 260)]
    return Scene("cuts between the two, the faces at the same place and of the same size", 640, 480, 9 * RATE,
                 lambda frame: Moment(shots[frame // (3 * RATE) % 2], shot=frame // (3 * RATE)))


def dissolve():
    first, second = at_same_place(PRESENTER, 640, 480, 336, 260), at_same_place(FRANCK, 416, 332, 336, 260)

    def moment(frame):
        share = min(1, max(0, (frame - 3 * RATE) / (2 * RATE)))
        return Moment(first, mixed_with=second, share=share)
    return Scene("one person dissolves into the other at the same place in 2 s", 640, 480, 8 * RATE, moment)


def flash():
    layers, width, height = both()

    def moment(frame):
        if frame in (50, 51, 90, 91, 92):
            return Moment(layers, level=2.2)
        return Moment(layers, level=0.55 if frame >= 130 else 1)
    return Scene("two camera flashes, then a lamp goes out", width, height, 7 * RATE, moment)


def fade():
    layers, width, height = both()

    def moment(frame):
        since = frame - 2 * RATE
        out, dark = 1.5 * RATE, 0.5 * RATE
        if since < 0 or since >= 2 * out + dark:
            return Moment(layers)
        if since < out:
            return Moment(layers, level=1 - since / out)
        return Moment(layers, level=max(0, (since - out - dark) / out))
    return Scene("fades to black and back", width, height, 8 * RATE, moment)


def leaving():
    def moment(frame):
        away, speed, gone = 2 * RATE, 400 / RATE, 640
        since = frame - away
        out = gone / speed
        pause = 3 * RATE
        if since < 0 or since >= 2 * out + pause:
            x = 0
        elif since < out:
            x = -since * speed
        elif since < out + pause:
            x = -gone
        else:
            x = -gone + (since - out - pause) * speed
        return Moment([Layer(PRESENTER, x, 0, 640, 480), Layer(FRANCK, 640, 0, 600, 480)])
    return Scene("one leaves the picture at 400 pixels/s and comes back after 3 s; the other stays", 1240, 480, 12 * RATE, moment)


def plain(about, height=480, n=8 * RATE, bars_to=0, **options):
    layers, width, height = both(height)
    if bars_to:
        down = (bars_to - height) // 2
        layers = [Layer(layer.actor, layer.x, down, layer.width, layer.height) for layer in layers]
        width, height = 8 * (16 * bars_to // 9 // 8), bars_to
    return Scene(about, width, height, n, lambda frame: Moment(layers), **options)


def dark():
    layers, width, height = both()
    return Scene("dim light and camera noise of 5 grey levels", width, height, 6 * RATE, lambda frame: Moment(layers, level=0.4), sigma=5)


def appearing():
    """Nobody for 2 s, then both for 2 s, at places and moments of their clips that change."""
    def moment(frame):
        time, turn = frame % (4 * RATE), frame // (4 * RATE)
        if time < 2 * RATE:
            return Moment([], shot=turn)
        return Moment([Layer(PRESENTER, 60 * (turn % 3), 160 - 40 * (turn % 4), 640, 480),
                       Layer(FRANCK, 1280 - 520 - 48 * (turn % 2), 80 * (turn % 3), 520, 416)], shot=turn)
    return Scene("an empty wall for 2 s, both before it for 2 s, again and again", 1280, 720, 20 * RATE, moment)


SCENES = {
    "occluded-half-second": sweeping_bar(0.5, 3),
    "occluded-2-seconds": sweeping_bar(2, 1),
    "covered-suddenly": sudden_bar(),
    "crossing": crossing(),
    "fast-pan": fast_pan(),
    "cut-in-place": cut_in_place(),
    "dissolve": dissolve(),
    "flash": flash(),
    "fade": fade(),
    "leaving": leaving(),
    "15-frames-a-second": plain("three of five frames", n=105, rate=15, step=RATE / 15),
    "5-frames-a-second": plain("every fifth frame", n=80, rate=5, step=RATE / 5),
    "1280x720": plain("both, enlarged", height=480, bars_to=720, n=20 * RATE),
    "1920x1080": plain("both, enlarged", height=736, bars_to=1080, n=6 * RATE),
    "noise": plain("camera noise of 8 grey levels", n=6 * RATE, sigma=8),
    "dark": dark(),
    "one-enrolled": plain("only Franck is enrolled: the other must stay unknown", height=304, n=12 * RATE, enrolled=("Franck",)),
}

# For cameras and real time (live_load.py, time_to_name.py), 30 frames a second.
LIVE_RATE = 30
LIVE_SCENES = {f"live-{height}{'-noisy' if sigma else ''}": plain("both, enlarged, 30 frames a second", height=tall, bars_to=height,
                                                               n=10 * LIVE_RATE, rate=LIVE_RATE, step=RATE / LIVE_RATE, sigma=sigma)
               for height, tall in ((720, 480), (1080, 736)) for sigma in (0, 2)}
LIVE_SCENES["appearing"] = appearing()
LIVE_SCENES["both-small"] = plain("both, 30 frames a second", height=304, n=10 * LIVE_RATE, rate=LIVE_RATE, step=RATE / LIVE_RATE)
ALL_SCENES = {**SCENES, **LIVE_SCENES}


def folder():
    return os.path.join(media.BUILD, "clips")


def is_made(clip, cast):
    if not (os.path.exists(clip) and os.path.exists(cast)) or os.path.getmtime(cast) < os.path.getmtime(media.DEMO_CLIP):
        return False
    with open(cast, encoding="utf-8") as file:
        return json.load(file).get("version") == VERSION


def make(name, force=False):
    """Makes a clip unless it is there; returns the paths of clip and cast."""
    clip, cast = (os.path.join(folder(), name + ending) for ending in (".mp4", ".json"))
    if force or not is_made(clip, cast):
        media.say(f"making {name}")
        os.makedirs(folder(), exist_ok=True)
        scene = ALL_SCENES[name]
        media.encode(clip, scene.width, scene.height, scene.rate, scene.frames())
        with open(cast + ".part", "w", encoding="utf-8") as file:
            json.dump(scene.cast(name), file)
        os.replace(cast + ".part", cast)
        for actor in (PRESENTER, FRANCK):
            actor.sizes.clear()
    return clip, cast


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes the clips that tracking is measured on.")
    parser.add_argument("--only", action="append", choices=ALL_SCENES, metavar="NAME")
    parser.add_argument("--force", action="store_true", help="make them anew")
    parser.add_argument("--nametag", default=os.path.join(truth.ROOT, "build", "release", "src", "cli", "nametag"))
    options = parser.parse_args()
    media.make_demo(options.nametag)
    for each in options.only or ALL_SCENES:
        print(*make(each, options.force))
