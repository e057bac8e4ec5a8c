"""Lip measures of key poses in millimetres, beside published ones.

The five are V. A. Fromkin's ("Lip positions in American English vowels", Language and Speech 7(4), 1964): width between
the corners, height of the opening on the midline, area of the opening from the front, protrusion of each lip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .anatomy import Anatomy
from .contact import Array, Ids
from .poses import expand

# name, weights by gesture
_POSES: tuple[tuple[str, dict[str, float]], ...] = (
    ("rest", {}),
    ("ah", {"jawOpen": 0.6}),
    ("ah, wide open", {"jawOpen": 1.0}),
    ("eh", {"jawOpen": 0.3, "mouthSmile": 0.2, "mouthStretch": 0.2}),
    ("ee", {"jawOpen": 0.1, "mouthSmile": 0.4, "mouthStretch": 0.5}),
    ("oh", {"jawOpen": 0.4, "mouthFunnel": 0.6}),
    ("oo", {"jawOpen": 0.1, "mouthPucker": 0.9}),
    ("mm", {"mouthPress": 0.4}),
    ("mm, jaw open", {"jawOpen": 0.25, "mouthClose": 0.25, "mouthPress": 0.3}),
    ("f", {"jawOpen": 0.08, "mouthRollLower": 0.6, "mouthUpperUp": 0.3, "mouthShrugLower": 0.2}),
    ("th", {"jawOpen": 0.2, "tongueOut": 0.4, "mouthLowerDown": 0.2}),
    ("smile", {"mouthSmile": 1.0}),
    ("smile, lips apart", {"mouthSmile": 1.0, "jawOpen": 0.1, "mouthUpperUp": 0.4, "mouthLowerDown": 0.4}),
    ("pucker", {"mouthPucker": 1.0}),
    ("funnel", {"mouthFunnel": 1.0}),
)


@dataclass(frozen=True)
class LipMeasures:
    """A pose's lips; millimetres, the area in square millimetres.

    Attributes:
        pose: its name.
        weights: by gesture (left and right together).
        opening: between the inner lips' middles, along the up axis, negative where they overlap.
        width: between the corners.
        area: enclosed by the inner lips, seen from the front; overlaps count nothing.
        upper, lower: how far the most forward point of each lip's red lies before where it is at rest.
    """

    pose: str
    weights: dict[str, float]
    opening: float
    width: float
    area: float
    upper: float
    lower: float


Quantity = Literal["opening", "width", "width over rest", "area", "upper"]


@dataclass(frozen=True)
class Norm:
    """A published figure.

    Attributes:
        pose: of :class:`LipMeasures`, to be put beside it.
        what: the figure in words.
        measure: which of our figures it compares with, None where a head has no such figure (teeth, condyles).
        low, high: mean minus and plus one standard deviation where given, else the range reported.
        unit: of both.
        source: author, title, place, year.
        checked: whether the figure was read in the source, its abstract or the quoting page named; otherwise it is from
            memory and only indicates the order of size.
    """

    pose: str
    what: str
    measure: Quantity | None
    low: float
    high: float
    unit: str
    source: str
    checked: bool

    def value(self, lips: LipMeasures, rest: LipMeasures) -> float:
        """The head's own figure in this figure's unit; ``lips`` is the pose's, ``rest`` the resting lips'."""
        figures = {"opening": lips.opening, "width": lips.width, "area": lips.area, "upper": lips.upper,
                   "width over rest": 100 * lips.width / rest.width}  # fmt: skip
        if self.measure is None:
            raise ValueError(f"nothing of a head compares with {self.what!r}")
        return figures[self.measure]


_FACE = "Maxillofac Plast Reconstr Surg 41, 2019, doi 10.1186/s40902-019-0191-7, table 9"
_FARKAS = "Farkas, Anthropometry of the Head and Face, 2nd ed. 1994"
_RIGSBEE = "Rigsbee, Sperry, BeGole, Int J Adult Orthod Orthognath Surg 3(4):233-239, 1988 (101 young adults), abstract"
_MUTO = "Muto, Kanazawa, J Oral Maxillofac Surg 54(8):970-974, 1996 (29 men, 31 women), abstract"
_TRAVERS = "Travers, Buschang, Hayasaki, Throckmorton, Arch Oral Biol 45, 2000 (27 women), abstract"
_SPEECH_JAW = "Vatikiotis-Bateson, Ostry, J Phonetics 23:101-117, 1995, as quoted by P. Marshalla (pammarshalla.com)"
_FROMKIN = (
    "order of size in Fromkin, Language and Speech 7, 1964, and Linker, UCLA Working Papers in Phonetics 56, 1982"
)
_ABRY = "order of size in Abry, Boe, 'Laws for lips', Speech Communication 5:97-104, 1986 (French)"
_PERKELL = "order of size in Perkell, Matthies, Svirsky, Jordan, JASA 93:2948-2961, 1993"
NORMS: tuple[Norm, ...] = (
    Norm("rest", "mouth width (ch-ch), men", "width", 52.6, 59.2, "mm", _FACE, True),
    Norm("rest", "mouth width (ch-ch), women", "width", 48.0, 56.0, "mm", _FACE, True),
    Norm("rest", "mouth width (ch-ch), young white adults of both sexes", "width", 47, 57, "mm", _FARKAS, False),
    Norm("ah, wide open", "way of the incisors at maximum opening; the lips open a little less", "opening",
         46.6, 46.6, "mm", _TRAVERS, True),
    Norm("ah, wide open", "way of the condyles at maximum opening", None, 11.9, 11.9, "mm", _TRAVERS, True),
    Norm("ah, wide open", "way of the condyles, women 18.1 (2.5), men 20.5 (4.0)", None, 15.6, 24.5, "mm", _MUTO, True),
    Norm("ah, wide open", "turn of the jaw, women 36.3 (4.3), men 39.1 (6)", None, 32.0, 45.0, "degrees", _MUTO, True),
    Norm("ah", "whole vertical range of the jaw in speech, s to ah", "opening", 0, 25, "mm", _SPEECH_JAW, True),
    Norm("ah", "lip opening of an open vowel", "opening", 12, 22, "mm", _FROMKIN, False),
    Norm("ah", "area of the opening, open vowel", "area", 300, 700, "mm²", _ABRY, False),
    Norm("ee", "lip opening of a spread close vowel", "opening", 4, 10, "mm", _FROMKIN, False),
    Norm("ee", "area of the opening, spread close vowel", "area", 100, 350, "mm²", _ABRY, False),
    Norm("oo", "lip opening of a rounded close vowel", "opening", 2, 7, "mm", _FROMKIN, False),
    Norm("oo", "area of the opening, rounded close vowel", "area", 15, 90, "mm²", _ABRY, False),
    Norm("oo", "protrusion of the upper lip, i to u", "upper", 3, 8, "mm", _PERKELL, False),
    Norm("oo", "mouth width over rest", "width over rest", 65, 85, "%", _FROMKIN, False),
    Norm("smile", "mouth width over rest", "width over rest", 130, 130, "%", _RIGSBEE, True),
    Norm("smile, lips apart", "lips part by, in a smile that shows teeth", "opening", 12, 12, "mm", _RIGSBEE, True),
)  # fmt: skip


def lip_measures(anatomy: Anatomy) -> tuple[LipMeasures, ...]:
    """The key poses, rest first."""
    return tuple(measure(anatomy, name, weights) for name, weights in _POSES)


def measure(anatomy: Anatomy, name: str, weights: dict[str, float]) -> LipMeasures:
    """Lip measures of one pose; ``weights`` are by gesture."""
    posed = anatomy.pose({key: w for gesture, v in weights.items() for key, w in expand(gesture, v).items()})
    upper, lower = anatomy.ids("inner_lip_upper"), anatomy.ids("inner_lip_lower")
    middle = len(upper) // 2
    left, right = anatomy.corners
    forward = [_protrusion(anatomy, posed, region) for region in _reds(anatomy)]
    return LipMeasures(
        pose=name,
        weights=dict(weights),
        opening=float(posed[upper[middle], 1] - posed[lower[middle], 1]),
        width=float(np.linalg.norm(posed[left] - posed[right])),
        area=opening_area(posed[upper], posed[lower], posed[[right, left]]),
        upper=forward[0],
        lower=forward[1],
    )


def opening_area(upper: Array, lower: Array, corners: Array) -> float:
    """Area between two lines of points [N, 3] that end in ``corners`` [2, 3] (right, left), projected along z.

    Pairs of points are joined; each strip between pairs counts with its trapezium, and nothing where the lips overlap.
    """
    top = np.concatenate([corners[:1], upper, corners[1:]])
    low = np.concatenate([corners[:1], lower, corners[1:]])
    gap = np.maximum(top[:, 1] - low[:, 1], 0.0)
    across = np.diff((top[:, 0] + low[:, 0]) / 2)
    return float(((gap[:-1] + gap[1:]) / 2 * across).sum())


def _reds(anatomy: Anatomy) -> tuple[Ids, Ids]:
    """Vertices of the upper and the lower lip."""
    lips = anatomy.mask(anatomy.ids("lips"))
    upper, lower = anatomy.lip_regions
    return np.flatnonzero(lips & upper), np.flatnonzero(lips & lower)


def _protrusion(anatomy: Anatomy, posed: Array, ids: Ids) -> float:
    if not len(ids):
        return 0.0
    return float(posed[ids, 2].max() - anatomy.points[ids, 2].max())
