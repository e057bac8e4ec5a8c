"""The keys of a take: which frames of a motion become keys. numpy only; runs in the worker and in the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..motion.controls import CONTROLS
from ..motion.motion import Motion
from ..motion.reduce import KeyCurve, reduce_keys
from ..rig.head import Head, load_head

REDUCED, ALL = "reduced", "all"
DENSITIES = (REDUCED, ALL)


def make_keys(motion: Motion, density: str, progress: Callable[[float], None] | None = None) -> tuple[KeyCurve, ...]:
    """Turn a motion at the scene's rate into keys.

    Args:
        motion: [T, 55].
        density: ``"reduced"`` leaves out the keys that straight lines replace within the error bound, which is measured
            on the default head whatever head the keys go to; ``"all"`` keeps one key per control and frame.
        progress: called with the part done (0..1); may raise to cancel.

    Returns:
        one curve per control, in their order.

    Raises:
        UserError: the default head, which the error bound needs, cannot be read.
        ValueError: another density.
    """
    if density not in DENSITIES:
        raise ValueError(f"density must be one of {DENSITIES}, got {density!r}")
    return every_key(motion) if density == ALL else reduce_keys(motion, _tolerances(), progress)


def every_key(motion: Motion) -> tuple[KeyCurve, ...]:
    """One key per control and frame."""
    frames = np.arange(len(motion.values), dtype=np.float32)
    return tuple(KeyCurve(name, frames, motion.values[:, i].copy()) for i, name in enumerate(CONTROLS))


@lru_cache(maxsize=1)
def default_head() -> Head:
    """The head on which errors are measured; kept, since a warm worker should not read it for every line.

    Raises:
        UserError: it cannot be read.
    """
    return load_head()


@lru_cache(maxsize=1)
def _tolerances() -> dict[str, float]:
    from ..rig.tolerances import key_tolerances

    return key_tolerances(default_head())
