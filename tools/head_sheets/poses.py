"""The poses a turnaround shows: key weights tuned by eye on the default head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ptalker_blender.errors import UserError


@dataclass(frozen=True)
class Pose:
    """A face to be looked at.

    Attributes:
        name: its label, and what ``--poses`` calls it.
        weights: 0..1 by control; controls that are not named are at rest.
    """

    name: str
    weights: Mapping[str, float]


def both(name: str, weight: float) -> dict[str, float]:
    """Give the left and the right key of a pair the same weight."""
    return {f"{name}Left": weight, f"{name}Right": weight}


REST = Pose("rest", {})
POSES: tuple[Pose, ...] = (
    REST,
    Pose("ah", {"jawOpen": 0.6, **both("mouthLowerDown", 0.15), **both("mouthUpperUp", 0.1)}),
    Pose("oo", {"jawOpen": 0.12, "mouthPucker": 0.9, "mouthFunnel": 0.35}),
    Pose("ee", {"jawOpen": 0.05, **both("mouthSmile", 0.45), **both("mouthStretch", 0.45),
                **both("mouthLowerDown", 0.35), **both("mouthUpperUp", 0.2)}),
    Pose("mm", {**both("mouthPress", 0.8), "mouthRollLower": 0.35, "mouthRollUpper": 0.35}),
    Pose("f", {"jawOpen": 0.05, "mouthRollLower": 0.85, **both("mouthUpperUp", 0.4)}),
    Pose("th", {"jawOpen": 0.18, "tongueOut": 0.6, **both("mouthLowerDown", 0.25), **both("mouthUpperUp", 0.2)}),
    Pose("smile", {**both("mouthSmile", 0.85), **both("cheekSquint", 0.5), **both("eyeSquint", 0.35)}),
    Pose("blink", both("eyeBlink", 1.0)),
    Pose("brow up", {"browInnerUp": 0.9, **both("browOuterUp", 0.9), **both("eyeWide", 0.5)}),
)  # fmt: skip


def find_poses(names: str) -> tuple[Pose, ...]:
    """Poses by comma-separated names, in the order asked for; ``brow_up`` and ``brow-up`` are ``brow up``.

    Raises:
        UserError: an unknown name.
    """
    known = {pose.name: pose for pose in POSES}
    asked = [name.strip().replace("_", " ").replace("-", " ") for name in names.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UserError(f"no pose '{unknown[0]}'", f"some of {', '.join(known)}", "correct --poses")
    return tuple(known[name] for name in asked)
