"""The mouth: ``mouthClose`` undoes ``jawOpen``; lips, teeth and tongue do not pass through each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .check import Check, worst
from .contact import Array, Ids, Patch, depth
from .poses import Pose, lip_poses, tongue_poses

CLOSE_TOLERANCE = 0.2  # mm
CONTACT_TOLERANCE = 0.5  # mm beyond what is there at rest
REACH = 6.0  # mm; deeper than half a lip nothing can be
_STEPS = np.linspace(0, 1, 11)


def close_check(anatomy: Anatomy) -> tuple[Check, ...]:
    """Largest difference between rest and jawOpen = mouthClose = w, w in 0..1, of the gap of any inner-lip pair."""
    upper, lower = anatomy.ids("inner_lip_upper"), anatomy.ids("inner_lip_lower")

    def gap(weights: dict[str, float]) -> Array:
        posed = anatomy.pose(weights)
        return np.asarray(posed[upper, 1] - posed[lower, 1], np.float64)

    rest = gap({})
    strays = [float(np.abs(gap({"jawOpen": w, "mouthClose": w}) - rest).max()) for w in _STEPS]
    opening = gap({"jawOpen": 1.0})
    detail = (
        f"worst at w = {_STEPS[int(np.argmax(strays))]:.1f}; rest gap {rest.mean():.2f}, "
        f"jawOpen 1 opens {opening.mean():.1f} mm in the mean, {opening.max():.1f} at most"
    )
    return (Check("mouthClose: gap left", max(strays), "mm", CLOSE_TOLERANCE, detail),)


@dataclass(frozen=True)
class _Contact:
    """Points of one thing against the surface of another."""

    name: str
    points: Ids
    surface: Patch


def contact_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Depth of penetration in mm beyond rest, per kind of contact, worst over the poses.

    Both ways are measured (vertices of A behind B and of B behind A) and the larger counts. Each lip is the skin nearer
    along the surface to its contact edge than to the other lip's. Towards the mouth's corners the two grow together:
    there the nearest point is on the seam between them, which has no side, so points that only touch round the corner
    count as outside, while points that pass through a lip's face count. A point that is deeper than the tolerance
    already at rest (gums set into the flesh, roots) is hidden by design and left out; other points count with what they
    gain over rest.
    """
    upper, lower = anatomy.lip_regions
    lips = [np.flatnonzero(upper), np.flatnonzero(lower)]
    surfaces = [anatomy.patch(upper), anatomy.patch(lower)]
    found = [_measure(anatomy, "contact: lip on lip",
                      [_Contact("upper in lower", lips[0], surfaces[1]),
                       _Contact("lower in upper", lips[1], surfaces[0])], lip_poses())]  # fmt: skip
    for row in ("upper", "lower"):
        teeth = anatomy.part(f"teeth_{row}")
        if len(teeth):
            surface = anatomy.patch(anatomy.mask(teeth))
            contacts = [_Contact("lips in teeth", np.concatenate(lips), surface),
                        *(_Contact("teeth in lips", teeth, lip) for lip in surfaces)]  # fmt: skip
            found.append(_measure(anatomy, f"contact: lips on {row} teeth", contacts, lip_poses()))
    return (*found, *_tongue(anatomy))


def _tongue(anatomy: Anatomy) -> tuple[Check, ...]:
    tongue = anatomy.part("tongue")
    if not len(tongue):
        return ()
    surface = anatomy.patch(anatomy.mask(tongue))
    found = []
    for row in ("upper", "lower"):
        teeth = anatomy.part(f"teeth_{row}")
        if len(teeth):
            contacts = [_Contact("tongue in teeth", tongue, anatomy.patch(anatomy.mask(teeth))),
                        _Contact("teeth in tongue", teeth, surface)]  # fmt: skip
            found.append(_measure(anatomy, f"contact: tongue on {row} teeth", contacts, tongue_poses()))
    return tuple(found)


def _measure(anatomy: Anatomy, name: str, contacts: list[_Contact], poses: list[Pose]) -> Check:
    reach, tolerance = REACH * anatomy.unit, CONTACT_TOLERANCE * anatomy.unit
    rests = [depth(c.surface, anatomy.points, anatomy.points[c.points], reach) for c in contacts]
    figures: dict[str, float] = {}
    for label, weights in poses:
        posed = anatomy.pose(weights)
        moved = np.abs(posed - anatomy.points).max(axis=1) > 1e-6
        figures[label] = max(
            _gain(depth(c.surface, posed, posed[c.points], reach), rest, tolerance)
            if moved[c.points].any() or moved[c.surface.ids].any()
            else 0.0
            for c, rest in zip(contacts, rests, strict=True)
        )
    note = "at rest " + ", ".join(
        f"{c.name} {rest.max(initial=0.0):.2f}" for c, rest in zip(contacts, rests, strict=True)
    )
    return worst(name, figures, "mm", tolerance, note)


def _gain(posed: Array, rest: Array, tolerance: float) -> float:
    return float(np.where(rest <= tolerance, posed - rest, 0.0).max(initial=0.0))
