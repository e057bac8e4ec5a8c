"""Measured checks of a head's shape keys: what must hold of our own heads and of keys built on an artist's.

Everything is derived from :class:`~ptalker_blender.rig.head.Head`'s parts and landmarks, with distances scaled by the
distance of the eyes, so nothing here knows how a head was made.
"""

from __future__ import annotations

from ..head import Head
from .anatomy import make_anatomy
from .check import Check
from .eyes import eye_checks
from .locality import locality_checks
from .measures import NORMS, LipMeasures, Norm, lip_measures
from .mouth import close_check, contact_checks
from .sums import sum_checks
from .symmetry import mirror_checks
from .volume import volume_checks

__all__ = ["NORMS", "Check", "LipMeasures", "Norm", "check_head", "measure_lips"]


def check_head(head: Head) -> tuple[Check, ...]:
    """Every check of ``head``, in a fixed order; some ten seconds for 18,000 vertices on one core.

    Args:
        head: with all landmarks of :mod:`ptalker_blender.rig.head`. Checks against parts that it lacks (teeth, tongue)
            are left out; keys that it lacks count as still, and as one failed check.

    Raises:
        KeyError: where a landmark is missing (``load_head`` refuses such files).
    """
    anatomy = make_anatomy(head)
    families = (mirror_checks, locality_checks, close_check, eye_checks, contact_checks, volume_checks, sum_checks)
    return tuple(check for family in families for check in family(anatomy))


def measure_lips(head: Head) -> tuple[LipMeasures, ...]:
    """Opening, width, area and protrusion of key poses, to be read beside :data:`NORMS`."""
    return lip_measures(make_anatomy(head))
