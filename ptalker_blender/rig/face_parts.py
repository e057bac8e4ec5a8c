"""What the pieces of a character's head are: eyes, teeth, tongue, what goes with the skin, told by name and by place.

Numpy only, so that Blender can use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

EYES, EYE_LEFT, EYE_RIGHT = "EYES", "EYE_LEFT", "EYE_RIGHT"
TEETH, TEETH_UPPER, TEETH_LOWER = "TEETH", "TEETH_UPPER", "TEETH_LOWER"
TONGUE, FOLLOW, STILL = "TONGUE", "FOLLOW", "STILL"
#: What an object can be; EYES and TEETH are both of them in one object.
ROLES = (EYES, EYE_LEFT, EYE_RIGHT, TEETH, TEETH_UPPER, TEETH_LOWER, TONGUE, FOLLOW, STILL)
MOVING = ROLES[:-1]

ROUNDS = 20  # of clustering; rows of teeth settle in two or three
_SKIN_WORDS = {"lid", "lids", "eyelid", "eyelids", "socket", "sockets", "bag", "bags", "shadow", "occlusion", "skin"}
_FOLLOW_WORDS = {
    "brow", "brows", "eyebrow", "eyebrows", "lash", "lashes", "eyelash", "eyelashes", "beard", "moustache", "mustache",
    "stubble", "tear", "tears", "tearline", "meniscus", "occlusion",
}  # fmt: skip
_EYE_WORDS = {
    "eye", "eyes", "eyeball", "eyeballs", "cornea", "corneas", "iris", "irises", "sclera", "scleras", "pupil", "pupils",
}  # fmt: skip
_TEETH_WORDS = {"tooth", "teeth", "gum", "gums", "gingiva", "denture", "dentures", "incisors", "molars"}
_UPPER, _LOWER = {"upper", "top", "maxilla", "up"}, {"lower", "bottom", "mandible", "low", "down"}
_LEFT, _RIGHT = {"l", "left", "lf", "lt"}, {"r", "right", "rt", "rg"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def role_of_name(text: str) -> str | None:
    """What a name of an object, material or vertex group says; None if it says nothing.

    ``Eye_L``, ``eyeball.R``, ``GEO-teeth_upper``, ``CC_Base_Tongue`` are told; ``Eye shadow`` and ``Eyelid`` are skin.
    """
    words = {word.lower() for word in _WORD.findall(text)}
    if words & _FOLLOW_WORDS:
        return FOLLOW
    if words & _SKIN_WORDS:
        return None
    if words & _EYE_WORDS:
        left, right = bool(words & _LEFT), bool(words & _RIGHT)
        return EYES if left == right else EYE_LEFT if left else EYE_RIGHT
    if words & _TEETH_WORDS:
        upper, lower = bool(words & _UPPER), bool(words & _LOWER)
        return TEETH if upper == lower else TEETH_UPPER if upper else TEETH_LOWER
    return TONGUE if words & {"tongue", "tongues"} else None


def says_face(text: str) -> bool:
    """Whether a name calls a mesh a head or a face."""
    words = {word.lower() for word in _WORD.findall(text)}
    return bool(words & {"head", "face", "skin"}) and role_of_name(text) is None


def role_of_names(names: Iterable[str]) -> str | None:
    """The first of several names that says something."""
    return next((role for role in map(role_of_name, names) if role is not None), None)


def pieces(count: int, triangles: Ids) -> Ids:
    """Number [count] of the connected piece each vertex belongs to, the least vertex id in it.

    Every vertex points at a smaller one of its piece, which is jumped along (Y. Shiloach, U. Vishkin, 1982).
    """
    label = np.arange(count)
    a, b = np.concatenate([triangles, np.roll(triangles, -1, axis=1)]).reshape(2, -1)
    while True:
        least = np.minimum(label[a], label[b])
        before = label.copy()
        np.minimum.at(label, label[a], least)
        np.minimum.at(label, label[b], least)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(label, before):
            return label


def split_sides(points: Floats, label: Ids, middle: float) -> tuple[Ids, Ids]:
    """Vertex ids of the left and the right eye of an object: by which side of ``middle`` the middle of a piece lies.

    Args:
        points: [V, 3], x to the character's left.
        label: [V] of :func:`pieces`.
        middle: x of the face's middle.
    """
    left = _of_pieces(points[:, 0], label) > middle
    return np.flatnonzero(left), np.flatnonzero(~left)


def split_heights(points: Floats, label: Ids) -> tuple[Ids, Ids] | None:
    """Vertex ids of upper and lower teeth: the heights of the pieces in two clusters (S. Lloyd, 1982).

    Teeth may be a piece each, and their gums lie far above and below. None for an object of one piece.

    Args:
        points: [V, 3], y up.
        label: [V] of :func:`pieces`.
    """
    own = _of_pieces(points[:, 1], label)
    heights = own[np.unique(label)]
    if len(heights) < 2 or np.ptp(heights) <= 0:
        return None
    between = float(heights.mean())
    for _ in range(ROUNDS):
        high = heights > between
        between = 0.5 * float(heights[high].mean() + heights[~high].mean())
    upper = own > between
    return np.flatnonzero(upper), np.flatnonzero(~upper)


def _of_pieces(values: Floats, label: Ids) -> Floats:
    """Mean [V] over the piece of each vertex."""
    total = np.bincount(label, values, len(values))
    number = np.bincount(label, minlength=len(values))
    return np.asarray((total / np.maximum(number, 1))[label], np.float64)
