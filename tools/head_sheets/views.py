"""Where the camera stands: found from the head's landmarks, so that other proportions are framed as well.

All points here are in Blender's axes (x to the character's left, the face looks along -y, z up), in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import cos, radians, sin
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import Head
from ptalker_blender.scene.heads import to_blender

Points = NDArray[np.float64]
Zone = Literal["head", "face", "eyes", "mouth"]
ZONES: tuple[Zone, ...] = ("head", "face", "eyes", "mouth")

LENS = 85.0  # mm, the portrait lens
HALF_SENSOR = 18.0  # mm, of Blender's default 36 mm along the picture's longer side
MARGIN = 1.06  # of the picture around what is framed
CENTRINGS = 4  # corrections of the middle; the error falls tenfold with each
BELOW_CHIN = 0.10  # of the distance from chin to crown: how much of the neck is shown


@dataclass(frozen=True)
class View:
    """A direction to look from.

    Attributes:
        name: its label, and what ``--views`` calls it.
        azimuth: degrees from the front towards the character's right, the side of the key light.
        elevation: degrees above the horizon.
    """

    name: str
    azimuth: float
    elevation: float = 0.0


FRONT, THREE_QUARTER = View("front", 0.0), View("three-quarter", 38.0)
VIEWS: tuple[View, ...] = (FRONT, THREE_QUARTER, View("profile", 90.0), View("below", 0.0, -38.0))


@dataclass(frozen=True)
class Shot:
    """A camera's place.

    Attributes:
        axes: float64 [3, 3], columns: to the right of the picture, up, and from the subject back to the camera.
        location: float64 [3].
    """

    axes: Points
    location: Points


def find_views(names: str) -> tuple[View, ...]:
    """Views by comma-separated names, in the order asked for.

    Raises:
        UserError: an unknown name.
    """
    known = {view.name: view for view in VIEWS}
    asked = [name.strip() for name in names.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UserError(f"no view '{unknown[0]}'", f"some of {', '.join(known)}", "correct --views")
    return tuple(known[name] for name in asked)


def zone_points(head: Head, zone: Zone, jaw: float = 0.0) -> Points:
    """Points [n, 3] that a picture of a zone must contain.

    Args:
        head: at rest.
        zone: the head from slightly below the chin to the top of the hair, the face from brows to chin, both eyes
            with the brows, or the mouth from nose tip to chin.
        jaw: weight of ``jawOpen`` for which there must be room below the chin.
    """
    if zone == "eyes":
        return _eyes(head)
    chin = _landmark(head, "chin")[0]
    drop = head.key_deltas[head.key_names.index("jawOpen"), head.landmarks["chin"][0], 1] * jaw
    floor = chin[2] + min(float(drop), 0.0)
    if zone == "mouth":
        return _mouth(head, floor)
    if zone == "face":
        return _face(head, floor)
    points = to_blender(head.vertices).astype(np.float64)
    crown = float(points[:, 2].max())
    floor -= BELOW_CHIN * (crown - chin[2])
    # The box's floor is framed even where no vertex lies on it.
    return np.concatenate([points[points[:, 2] >= floor], [[chin[0], chin[1], floor]]])


def frame(subjects: Sequence[Points], view: View, aspect: float = 1.0) -> list[Shot]:
    """One camera place per subject, all at the distance from which the largest subject just fits.

    Args:
        subjects: points [n, 3] that must be in the picture.
        view: direction.
        aspect: width over height of the picture.
    """
    axes = view_axes(view)
    half = np.array([1.0, 1.0 / aspect] if aspect >= 1.0 else [aspect, 1.0]) * (HALF_SENSOR / LENS / MARGIN)
    seen = [points @ axes for points in subjects]
    middles = [(points.min(axis=0) + points.max(axis=0)) / 2 for points in seen]
    reach = max(_distance(points - middle, half) for points, middle in zip(seen, middles, strict=True))
    for _ in range(CENTRINGS):
        # What is nearer looks larger, so the middle of the picture is not quite the middle of the box.
        middles = [middle + _off_centre(points - middle, reach) for points, middle in zip(seen, middles, strict=True)]
        reach = max(_distance(points - middle, half) for points, middle in zip(seen, middles, strict=True))
    return [Shot(axes, axes @ (middle + np.array([0.0, 0.0, reach]))) for middle in middles]


def _distance(seen: Points, half: Points) -> float:
    """How far from the origin along +z a camera must be to see all points [n, 3]; ``half``: tangents [2]."""
    return float(((np.abs(seen[:, :2]) / half).max(axis=1) + seen[:, 2]).max())


def _off_centre(seen: Points, reach: float) -> Points:
    """Shift [3] at the origin's depth that brings the middle of the points' picture to the picture's middle."""
    shown = seen[:, :2] / (reach - seen[:, 2:])
    return np.append((shown.min(axis=0) + shown.max(axis=0)) / 2 * reach, 0.0)


def view_axes(view: View) -> Points:
    """Columns [3, 3]: the picture's right, its up, and the direction back to the camera; orthonormal."""
    turn, rise = radians(view.azimuth), radians(view.elevation)
    back = np.array([-sin(turn) * cos(rise), -cos(turn) * cos(rise), sin(rise)])
    right = np.array([cos(turn), -sin(turn), 0.0])
    return np.stack([right, np.cross(back, right), back], axis=1)


def _landmark(head: Head, name: str) -> Points:
    return to_blender(head.vertices[head.landmarks[name]]).astype(np.float64)


def _eyes(head: Head) -> Points:
    low, high = _eye_box(head)
    height = high[2] - low[2]
    return _corners(low - np.array([0.2, 0.0, 0.25]) * height, high + np.array([0.2, 0.0, 0.35]) * height)


def _face(head: Head, floor: float) -> Points:
    low, high = _eye_box(head)
    pad = 0.3 * (high[2] - low[2])
    nose = float(_landmark(head, "nose_tip")[0, 1])
    return _corners([low[0], nose, floor - pad], [high[0], high[1], high[2] + pad])


def _eye_box(head: Head) -> tuple[Points, Points]:
    """Lowest and highest corner [3] of lids and brows."""
    names = [f"{name}_{side}" for name in ("lid_upper", "lid_lower", "brow") for side in ("left", "right")]
    points = np.concatenate([_landmark(head, name) for name in names])
    return points.min(axis=0), points.max(axis=0)


def _mouth(head: Head, floor: float) -> Points:
    lips = _landmark(head, "lips")
    low, high = lips.min(axis=0), lips.max(axis=0)
    pad = 0.25 * (high[0] - low[0])
    nose = float(_landmark(head, "nose_tip")[0, 2])
    return _corners([low[0] - pad, low[1], min(floor, low[2])], [high[0] + pad, high[1], max(nose, high[2])])


def _corners(low: Sequence[float] | Points, high: Sequence[float] | Points) -> Points:
    return np.array(list(product(*zip(low, high, strict=True))), np.float64)
