"""The networks a worker keeps loaded, and what it needs of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .word_messages import Ear

if TYPE_CHECKING:
    from ..motion.motion import Motion
    from ..style.mix import Style
    from ..style.performance import Performance
    from ..transcript.align import Word
    from .request import Request
    from .restyle import UpperFace


class Engine(Ear, Protocol):
    """What the worker needs of ``engine.session.Session``."""

    @property
    def weights_sha256(self) -> str:
        """Hash of the weights file."""
        ...

    def predict(
        self,
        request: Request,
        progress: Callable[[str, float], None] | None = None,
        note: Callable[[str], None] | None = None,
        words: Callable[[tuple[Word, ...]], None] | None = None,
    ) -> Motion:
        """Perform a request; ``note`` hears what there is to say about its transcript, ``words`` where they are."""
        ...

    def restyle(
        self, motion: Motion, style: Style, *, strength: float, seed: int, upper_face: UpperFace,
        progress: Callable[[str, float], None] | None = None,
    ) -> Motion:  # fmt: skip
        """Perform a motion in another manner."""
        ...

    def with_code(self, performance: Performance) -> Performance:
        """The performance with its style code."""
        ...


OpenEngine = Callable[[Path | None, str], Engine]


class Engines:
    """Engines kept loaded, one per weights file and device; a weights file changed on disk is loaded anew."""

    def __init__(self, open_engine: OpenEngine) -> None:
        self._open = open_engine
        self._loaded: dict[tuple[str | None, str], tuple[tuple[int, int] | None, Engine]] = {}

    def get(self, weights: str | None, device: str) -> Engine:
        """Return the engine for a weights file (None: the shipped one) on a device."""
        key, stamp = (weights, device), _file_stamp(weights)
        if key not in self._loaded or self._loaded[key][0] != stamp:
            # The old one goes first: two sets of weights need not fit side by side.
            self._loaded.pop(key, None)
            self._loaded[key] = (stamp, self._open(None if weights is None else Path(weights), device))
        return self._loaded[key][1]


def _file_stamp(path: str | None) -> tuple[int, int] | None:
    """Size and time of a file, None without one (a missing file is the engine's to report)."""
    if path is None or not Path(path).exists():
        return None
    state = Path(path).stat()
    return state.st_size, state.st_mtime_ns
