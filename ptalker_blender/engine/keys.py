"""The keys of a take: which frames of a motion become keys. numpy only; runs in the worker and in the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ..motion.controls import CONTROLS
from ..motion.density import ALL, DENSITIES, KEY_ERROR_MM, REDUCED, TWOS, choose_keys
from ..motion.motion import Motion
from ..motion.reduce import KeyCurve
from ..rig.head import Head, load_head
from ..rig.lips import LipRig, lip_rig

__all__ = ["ALL", "DENSITIES", "REDUCED", "TWOS", "default_head", "default_lips", "lips_opening", "make_keys"]


def make_keys(
    motion: Motion, density: str, progress: Callable[[float], None] | None = None, error_mm: float = KEY_ERROR_MM
) -> tuple[KeyCurve, ...]:
    """Turn a motion at the scene's rate into keys.

    Args:
        motion: [T, 55].
        density: one of ``motion.density.DENSITIES``. The error bound of ``"reduced"`` is measured on the default head
            whatever head the keys go to.
        progress: called with the part done (0..1); may raise to cancel.
        error_mm: that bound, for the lips.

    Returns:
        one curve per control, in their order.

    Raises:
        UserError: the default head, which the error bound needs, cannot be read.
        ValueError: another density.
    """
    channels = {name: motion.values[:, i] for i, name in enumerate(CONTROLS)}
    return choose_keys(channels, density, lambda: _tolerances(error_mm), progress)


@lru_cache(maxsize=1)
def default_head() -> Head:
    """The head on which errors are measured; kept, since a warm worker should not read it for every line.

    Raises:
        UserError: it cannot be read.
    """
    return load_head()


@lru_cache(maxsize=1)
def default_lips() -> LipRig:
    """Lips of the default head, measured once.

    Raises:
        UserError: as ``default_head``.
    """
    return lip_rig(default_head())


def lips_opening(motion: Motion) -> float:
    """How far the lips of the default head open and close in a motion, mm.

    Raises:
        UserError: as ``default_head``.
    """
    gap = default_lips().gap(motion.values)
    return float(gap.max() - gap.min()) if len(gap) else 0.0


@lru_cache(maxsize=4)
def _tolerances(error_mm: float) -> dict[str, float]:
    from ..rig.tolerances import bound_of, key_tolerances

    return key_tolerances(default_head(), bound_of(error_mm))
