"""The poses in which contact and sums are measured. A gesture moves both sides together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from ...motion.controls import BLENDSHAPES

Weights = Mapping[str, float]
Pose = tuple[str, dict[str, float]]

_DIRECTIONS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")  # sides of a movement, not of the face


def gestures() -> tuple[str, ...]:
    """The 52 keys with left and right keys merged, in the order of the controls."""
    merged = [name if name in _DIRECTIONS else name.removesuffix("Left").removesuffix("Right") for name in BLENDSHAPES]
    return tuple(dict.fromkeys(merged))


def expand(gesture: str, weight: float) -> dict[str, float]:
    """Keys of a gesture: itself, or both sides."""
    if gesture in BLENDSHAPES:
        return {gesture: weight}
    return {f"{gesture}Left": weight, f"{gesture}Right": weight}


def pose(names: tuple[str, ...], weight: float) -> Pose:
    """A pose of gestures all at ``weight``, with its name."""
    weights: dict[str, float] = {}
    for name in names:
        weights |= expand(name, weight)
    return f"{' + '.join(names)} at {weight:g}", weights


# What jawOpen goes along with; mouthClose is legal with it only.
_WITH_JAW = (
    "mouthPucker", "mouthFunnel", "mouthSmile", "mouthRollUpper", "mouthRollLower", "mouthPress", "mouthClose",
    "mouthShrugUpper", "mouthShrugLower", "mouthStretch", "mouthFrown", "mouthDimple", "mouthLeft", "mouthRight",
    "mouthUpperUp", "mouthLowerDown", "cheekPuff", "jawForward", "jawLeft", "jawRight",
)  # fmt: skip
_WITHOUT_JAW = (
    ("mouthPucker", "mouthFunnel"), ("mouthSmile", "mouthPress"), ("mouthSmile", "mouthPucker"),
    ("mouthSmile", "mouthStretch"), ("mouthSmile", "mouthDimple"), ("mouthSmile", "mouthUpperUp"),
    ("mouthSmile", "mouthLowerDown"), ("mouthSmile", "mouthFunnel"), ("mouthRollUpper", "mouthRollLower"),
    ("mouthPress", "mouthRollLower"), ("mouthPress", "mouthRollUpper"), ("mouthPress", "mouthPucker"),
    ("mouthPress", "mouthFrown"), ("mouthPress", "mouthDimple"), ("mouthShrugUpper", "mouthShrugLower"),
    ("mouthShrugLower", "mouthFrown"), ("mouthShrugLower", "mouthPress"), ("mouthShrugLower", "mouthPucker"),
    ("mouthUpperUp", "mouthLowerDown"), ("mouthPucker", "mouthLeft"), ("mouthSmile", "mouthLeft"),
    ("mouthPucker", "mouthLowerDown"), ("mouthPucker", "mouthUpperUp"), ("mouthFunnel", "mouthLowerDown"),
    ("mouthStretch", "mouthLowerDown"), ("cheekPuff", "mouthPress"), ("cheekPuff", "mouthPucker"),
)  # fmt: skip
_CLOSED_AGAIN = ("mouthPucker", "mouthSmile", "mouthPress", "mouthStretch")
FULL_AND_HALF = (1.0, 0.5)


def lip_poses() -> list[Pose]:
    """Single mouth gestures and their common pairs, each at 1 and at 0.5."""
    alone = [(name,) for name in _WITH_JAW if name != "mouthClose"]
    groups = [*alone, ("jawOpen",), *(("jawOpen", name) for name in _WITH_JAW), *_WITHOUT_JAW]
    groups += [("jawOpen", "mouthClose", name) for name in _CLOSED_AGAIN]
    return [pose(names, weight) for names in groups for weight in FULL_AND_HALF]


def tongue_poses() -> list[Pose]:
    """Poses that move tongue and teeth against each other; the tongue comes out of an open mouth only."""
    out = [(f"jawOpen {jaw:g} + tongueOut {tongue:g}", {"jawOpen": jaw, "tongueOut": tongue})
           for jaw, tongue in ((0.5, 0.5), (0.5, 1.0), (1.0, 0.5), (1.0, 1.0))]  # fmt: skip
    jaws = [("jawOpen",), ("jawForward",), ("jawLeft",), ("jawOpen", "jawForward"), ("jawOpen", "jawLeft")]
    return [*out, *(pose(names, weight) for names in jaws for weight in FULL_AND_HALF)]


def eye_poses() -> list[Pose]:
    """Blinking in quarters, then gaze with every state of the lids."""
    blinks = [pose(("eyeBlink",), weight) for weight in (0.25, 0.5, 0.75, 1.0)]
    lids: tuple[Weights, ...] = (
        {}, {"eyeBlink": 0.5}, {"eyeBlink": 1.0}, {"eyeSquint": 1.0}, {"eyeWide": 1.0},
        {"eyeBlink": 1.0, "eyeSquint": 1.0},
    )  # fmt: skip
    found: list[Pose] = [("rest", {}), *blinks]
    for look in ("", "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut"):
        for lid in lids:
            parts = {look: 1.0, **lid} if look else dict(lid)
            weights: dict[str, float] = {}
            for name, weight in parts.items():
                weights |= expand(name, weight)
            name = " + ".join(f"{key} {value:g}" for key, value in parts.items())
            if weights and set(parts) != {"eyeBlink"}:
                found.append((name, weights))
    return found


# Gestures no face makes together: a sum of the two means nothing.
_OPPOSED = frozenset(
    frozenset(pair)
    for pair in (
        ("eyeBlink", "eyeWide"), ("eyeLookUp", "eyeLookDown"), ("eyeLookIn", "eyeLookOut"), ("eyeSquint", "eyeWide"),
        ("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"), ("mouthSmile", "mouthFrown"),
        ("mouthPucker", "mouthStretch"), ("mouthPucker", "mouthDimple"), ("mouthFunnel", "mouthStretch"),
        ("mouthFunnel", "mouthDimple"), ("mouthFunnel", "mouthPress"), ("mouthFunnel", "mouthRollUpper"),
        ("mouthFunnel", "mouthRollLower"), ("mouthRollUpper", "mouthUpperUp"), ("mouthRollLower", "mouthLowerDown"),
        ("mouthPress", "mouthUpperUp"), ("mouthPress", "mouthLowerDown"), ("mouthShrugLower", "mouthLowerDown"),
        ("mouthShrugUpper", "mouthRollUpper"), ("mouthShrugLower", "mouthRollLower"), ("browDown", "browOuterUp"),
        ("browDown", "browInnerUp"),
    )
)  # fmt: skip


def sums(size: int) -> Iterator[tuple[str, ...]]:
    """Every ``size`` gestures that a face can make together; mouthClose and tongueOut only with jawOpen."""
    for group in combinations(gestures(), size):
        needs_jaw = "mouthClose" in group or "tongueOut" in group
        if needs_jaw and "jawOpen" not in group:
            continue
        if not any(frozenset(pair) in _OPPOSED for pair in combinations(group, 2)):
            yield group
