"""How many keys a take gets: as few as an error bound allows, one per frame, or poses held on twos. numpy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .reduce import KeyCurve, reduce_channels

REDUCED, ALL, TWOS = "reduced", "all", "twos"
DENSITIES = (REDUCED, ALL, TWOS)
KEY_ERROR_MM: Final = 0.2  # of the lips, what reduced keys promise unless another bound is asked for
_STANDS_OUT: Final = 0.05  # of a shape's range: what a frame between two poses must not lose


def choose_keys(
    channels: Mapping[str, NDArray[np.float32]],
    density: str,
    tolerances: Callable[[], Mapping[str, float]],
    progress: Callable[[float], None] | None = None,
) -> tuple[KeyCurve, ...]:
    """Keys of channels at the scene's rate.

    Args:
        channels: float32 [T] by name.
        density: ``"reduced"`` leaves out keys that straight lines replace within the tolerances; ``"all"`` keeps one
            per frame; ``"twos"`` one per two frames, meant to be held (constant interpolation) until the next.
        tolerances: gives the error bound of every channel by name; asked only where it matters.
        progress: called with the part done (0..1); may raise to cancel.

    Raises:
        ValueError: another density, or a tolerance is missing.
    """
    if density not in DENSITIES:
        raise ValueError(f"density must be one of {DENSITIES}, got {density!r}")
    if density == REDUCED:
        return reduce_channels(channels, tolerances(), progress)
    choose = _every if density == ALL else _on_twos
    return tuple(choose(name, values) for name, values in channels.items())


def interpolation(density: str) -> str:
    """Blender's name for what happens between the keys of a density."""
    return "CONSTANT" if density == TWOS else "LINEAR"


def _every(name: str, values: NDArray[np.float32]) -> KeyCurve:
    return KeyCurve(name, np.arange(len(values), dtype=np.float32), values.astype(np.float32))


def _on_twos(name: str, values: NDArray[np.float32]) -> KeyCurve:
    """The pose of every even frame, or of the frame after it where that one stands out: closures are not lost."""
    even = np.arange(0, len(values), 2)
    before, here = values[even], values[np.minimum(even + 1, len(values) - 1)]
    after = values[np.minimum(even + 2, len(values) - 1)]
    above = np.minimum(here - before, here - after) > _STANDS_OUT
    below = np.minimum(before - here, after - here) > _STANDS_OUT
    return KeyCurve(name, even.astype(np.float32), np.where(above | below, here, before).astype(np.float32))
