"""A real clip with a known cast (shared test data): people enrolled from one or two pictures each are named in it, and
nobody is ever given a wrong name."""
import collections
import os

from harness import SHARED, json_lines, main, need

CLIP = os.path.join(SHARED, "hamilton", "hamilton.mp4")
BUST = range(82, 211)  # the frames that show one person from the chest up
# Of these the reference finds the face, enlarged once, in 125; the other 4 are covered or turned away.
REFERENCE_FINDS = 125


def test_cast(case):
    """The person in the long shot is named in at least 95 % of the frames where the reference finds the face, followed or each
    frame by itself; no face on the whole clip bears a wrong name."""
    need(CLIP)
    case.nametag("enroll", "--gallery", case.gallery, "--from", os.path.join(SHARED, "people"))
    for mode in ([], ["--exact"]):
        records = json_lines(case.nametag("tag", CLIP, "--upsample", "1", "--gallery", case.gallery, "--records", "-", "--quiet",
                                          *mode).stdout)
        check_cast(case, records, mode)


def check_cast(case, records, mode):
    named, wrong, counts = set(), [], collections.Counter()
    for record in records:
        for face in record["faces"]:
            counts[face["verdict"], face["name"]] += 1
            # Everybody else on the clip is too small, in profile or not enrolled: whoever is named must be this person, in
            # the shots he is in.
            if face["name"] == "lin_manuel_miranda" and (record["frame"] < 20 or record["frame"] in BUST):
                if record["frame"] in BUST:
                    named.add(record["frame"])
            elif face["name"] is not None:
                wrong.append((record["frame"], face["name"]))
    case.note(f"{mode}: named in {len(named)} of {REFERENCE_FINDS} frames; all verdicts: {dict(counts)}")
    case.equal(wrong, [], "wrong names")
    case.check(len(named) >= 0.95 * REFERENCE_FINDS, f"named in {len(named)} frames only")


def test_one_enrolled(case):
    """With one person enrolled, from one picture, two or three, everybody else stays unknown, also in a blurred moment
    that resembles them."""
    need(CLIP)
    for i, picture in enumerate(("people/obama/obama.jpg", "photos/obama_partial_face.jpg", "photos/obama1.jpg"), 1):
        case.nametag("enroll", "--gallery", case.gallery, "--force", "Obama", os.path.join(SHARED, picture))
        records = json_lines(case.nametag("tag", CLIP, "--gallery", case.gallery, "--records", "-", "--quiet", "--no-keep",
                                          "--no-landmarks").stdout)
        case.check(sum(len(record["faces"]) for record in records) > 100, "faces")
        wrong = [(record["frame"], face["verdict"], face["distance"]) for record in records if record["frame"] <= BUST[-1]
                 for face in record["faces"] if face["verdict"] != "unknown"]
        case.equal(wrong, [], f"names and guesses with {i} enrolled")


if __name__ == "__main__":
    main(__name__)
