"""Who is where in a clip, as somebody who looked knows it (cast/*.json) or as a made clip has it by construction.

A cast is JSON, schema nametag-cast/1: `clip`, `width`, `height`, `frames`, `rate` [frames, seconds], and `shots`, spans of frames
between cuts: `first`, `last` (inclusive), `people`, and `loose`, areas [x, y, width, height] where people nobody listed may be found.
Of a person: `name` as enrolled (null: nobody enrolled), `who` for tables, `frontal` (whether the face looks into the camera somewhere in
the shot: such people have to be named), `path` and perhaps `hidden`, spans [first, last] of frames in which less than half of the
face is to be seen.

`path` says where the face is: [frame, x, y, side], centre and side of the box a detector gives, in pixels; in between it moves evenly.
"""
import bisect
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cast")
SCHEMA = "nametag-cast/1"


class Person:
    def __init__(self, shot, entry):
        self.name = entry["name"]
        self.who = entry["who"]
        self.frontal = entry["frontal"]
        self.shot = shot
        self._path = entry["path"]
        self._frames = [point[0] for point in self._path]
        self._hidden = entry.get("hidden", [])

    def place(self, frame):
        """(x, y, side) of the face; None where the path does not go."""
        if not self._frames or not self._frames[0] <= frame <= self._frames[-1]:
            return None
        after = bisect.bisect_left(self._frames, frame)
        right = self._path[after]
        if right[0] == frame:
            return tuple(right[1:])
        left = self._path[after - 1]
        share = (frame - left[0]) / (right[0] - left[0])
        return tuple(a + share * (b - a) for a, b in zip(left[1:], right[1:]))

    def hidden(self, frame):
        return any(first <= frame <= last for first, last in self._hidden)

    def visible(self, frame):
        return self.place(frame) is not None and not self.hidden(frame)


class Shot:
    def __init__(self, entry):
        self.name, self.first, self.last = entry["name"], entry["first"], entry["last"]
        self.loose = entry.get("loose", [])
        self.people = [Person(self, person) for person in entry["people"]]

    def frames(self):
        return range(self.first, self.last + 1)

    def is_loose(self, x, y):
        return any(left <= x < left + width and top <= y < top + height for left, top, width, height in self.loose)


class Cast:
    def __init__(self, entry):
        if entry.get("schema") != SCHEMA:
            raise ValueError(f"not a cast: schema is {entry.get('schema')!r}, not {SCHEMA!r}")
        self.clip = entry["clip"]
        self.width, self.height, self.frames = entry["width"], entry["height"], entry["frames"]
        self.rate = entry["rate"][0] / entry["rate"][1]
        self.shots = [Shot(shot) for shot in entry["shots"]]

    def shot(self, frame):
        for shot in self.shots:
            if shot.first <= frame <= shot.last:
                return shot
        return None


def read(path):
    with open(path, encoding="utf-8") as file:
        return Cast(json.load(file))


def spans(frames):
    """Frames in a row as spans [first, last]."""
    found = []
    for frame in frames:
        if found and found[-1][1] == frame - 1:
            found[-1][1] = frame
        else:
            found.append([frame, frame])
    return found


# A face is the person's whose true place is no farther than this, in sides of it, and of a like size. Boxes are quantised to
# 8 pixels of a level, a tenth of a side, and detectors' boxes of one face differ by a level or two, 1.2 each.
FAR = 0.5
UNLIKE = 1.75


def distance(place, box):
    """How far a box [left, top, width, height] is from a true place, in sides; None when it is too far or too unlike in size."""
    x, y, side = place
    left, top, width, height = box
    size = (width + height) / 2
    if not side / UNLIKE <= size <= side * UNLIKE:
        return None
    away = max(abs(left + (width - 1) / 2 - x), abs(top + (height - 1) / 2 - y)) / side
    return away if away <= FAR else None


def assign(shot, frame, faces, before):
    """Which face is whose: {person: face}, and the faces that are nobody's. before: {person: track} of the frame before; a track
    that is still near enough stays the same person's, as CLEAR MOT has it (Bernardin and Stiefelhagen 2008)."""
    pairs = []
    for person in shot.people:
        place = person.place(frame)
        if place is None:
            continue
        for index, face in enumerate(faces):
            away = distance(place, face["box"])
            if away is not None:
                kept = face.get("track", 0) != 0 and before.get(person) == face.get("track")
                pairs.append((person.hidden(frame), not kept, away, index, person))
    whose, taken = {}, set()
    for _, _, _, index, person in sorted(pairs, key=lambda pair: pair[:4]):
        if person not in whose and index not in taken:
            whose[person] = faces[index]
            taken.add(index)
    return whose, [face for index, face in enumerate(faces) if index not in taken]
