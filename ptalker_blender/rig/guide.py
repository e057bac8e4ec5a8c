"""The points an artist marks on a face: their names, what each one is in words, and their file.

Numpy only, so that Blender can use it. :data:`GUIDE` is the order in which the artist is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write

Floats = NDArray[np.float64]

FORMAT = "ptalker face points 1"
#: Which way a face looks in Blender's axes, z being up.
FACINGS = ("-Y", "+Y", "+X", "-X")
GROUPS = ("nose", "mouth", "eyes", "brows")
EXPECTED = f'a JSON file with "format": "{FORMAT}" and 19 points'


@dataclass(frozen=True)
class GuidePoint:
    """One point of the guide.

    Attributes:
        name: as in files and on markers.
        label: what a list calls it.
        words: where it lies; sides are the character's own.
        group: of ``GROUPS``.
    """

    name: str
    label: str
    words: str
    group: str


def _eye(place: str, side: str) -> GuidePoint:
    words = {
        "outer": "where the lids meet at the temple",
        "inner": "where the lids meet at the nose",
        "top": "edge of the upper lid at its highest, where lashes grow",
        "bottom": "edge of the lower lid at its lowest, where lashes grow",
    }[place]
    return GuidePoint(f"eye_{place}_{side}", f"Eye {place.title()} {side.title()}", words, "eyes")


def _brow(place: str, side: str) -> GuidePoint:
    words = f"{place} end of the brow, in the middle of its hairs"
    return GuidePoint(f"brow_{place}_{side}", f"Brow {place.title()} {side.title()}", words, "brows")


POINTS: tuple[GuidePoint, ...] = (
    GuidePoint("nose_tip", "Nose Tip", "foremost place of the nose", "nose"),
    GuidePoint("chin", "Chin", "foremost place of the chin, under the fold below the lip", "nose"),
    GuidePoint("mouth_corner_right", "Mouth Corner Right", "where both lips meet", "mouth"),
    GuidePoint("mouth_corner_left", "Mouth Corner Left", "where both lips meet", "mouth"),
    GuidePoint("lips_middle", "Lips Middle", "on the line between the lips, at the middle", "mouth"),
    GuidePoint("lip_top", "Lip Top", "upper edge of the red of the upper lip, at the middle", "mouth"),
    GuidePoint("lip_bottom", "Lip Bottom", "lower edge of the red of the lower lip, at the middle", "mouth"),
    *(_eye(place, "right") for place in ("outer", "inner", "top", "bottom")),
    *(_eye(place, "left") for place in ("inner", "outer", "top", "bottom")),
    *(_brow(place, "right") for place in ("outer", "inner")),
    *(_brow(place, "left") for place in ("inner", "outer")),
)
GUIDE = tuple(point.name for point in POINTS)
BY_NAME = {point.name: point for point in POINTS}
_MIDDLE = ("nose_tip", "chin", "lips_middle", "lip_top", "lip_bottom")
CENTRED = 0.02  # of the eyes' distance: a face whose middle lies that near to x = 0 is mirrored at x = 0


def mirrored_points(points: Mapping[str, Floats]) -> dict[str, Floats]:
    """Points [3] in a space whose x goes to the character's left, with the left ones made from the right ones.

    The mirror stands at x = 0 for a face modelled about it, else in the middle of the points between both sides, which
    come to lie in it.

    Raises:
        UserError: a point of the right side or of the middle is not placed.
    """
    needed = [name for name in GUIDE if "left" not in name]
    missing = [BY_NAME[name].label for name in needed if name not in points]
    if missing:
        raise UserError(f"{', '.join(missing[:4])} not placed", "all points but those of the left", "place them first")
    middle = float(np.median([points[name][0] for name in _MIDDLE]))
    span = abs(float(points["eye_outer_right"][0]) - middle)
    middle = 0.0 if abs(middle) < 2 * CENTRED * span else middle
    done = {}
    for name in needed:
        point = np.array(points[name], np.float64)
        if name in _MIDDLE:
            done[name] = np.array([middle, *point[1:]])
            continue
        done[name] = point
        done[name.replace("right", "left")] = np.array([2 * middle - point[0], *point[1:]])
    return {name: done[name] for name in GUIDE}


@dataclass(frozen=True)
class FacePoints:
    """Marked points of a head.

    Attributes:
        points: [3] by name, in the space of the head's own mesh.
        faces: of ``FACINGS``: which way the head looks in the scene that it was marked in.
    """

    points: dict[str, Floats]
    faces: str = FACINGS[0]


def write_points(marked: FacePoints, path: Path | str) -> None:
    """Write a points file."""
    listed = {name: np.round(marked.points[name], 9).tolist() for name in GUIDE if name in marked.points}
    text = json.dumps({"format": FORMAT, "faces": marked.faces, "points": listed}, indent=2)
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_points(path: Path | str) -> FacePoints:
    """Read a points file; points may be missing.

    Raises:
        UserError: no such file, or it holds something else.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})", EXPECTED, "check the path") from error
    except (ValueError, RecursionError) as error:
        raise _malformed(path, "is no JSON") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _malformed(path, "is no file of face points")
    faces, listed = content.get("faces", FACINGS[0]), content.get("points")
    if faces not in FACINGS:
        raise _malformed(path, f"faces {faces!r}, which is none of {', '.join(FACINGS)}")
    if not isinstance(listed, dict):
        raise _malformed(path, "has no points")
    unknown = sorted(set(listed) - set(GUIDE))
    if unknown:
        raise _malformed(path, f"has a point {unknown[0]!r}")
    return FacePoints({name: _place(path, name, place) for name, place in listed.items()}, faces)


def _place(path: Path, name: str, place: object) -> Floats:
    numbers = isinstance(place, list) and len(place) == 3 and all(type(x) in (int, float) for x in place)
    found = np.array(place, np.float64) if numbers else np.full(3, np.nan)
    if not np.isfinite(found).all():
        raise _malformed(path, f"has no three numbers for {name!r}")
    return found


def _malformed(path: Path, what: str) -> UserError:
    return UserError(f"{path.name} {what}", EXPECTED, "make one with `ptalker face`, or choose another")
