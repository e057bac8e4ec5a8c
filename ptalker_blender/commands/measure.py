"""Time by part, peak memory, and progress on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds spent in named parts, in order."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time spent inside to part ``name``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - start

    def report(self) -> str:
        """Describe all parts in one line, with the peak memory where it is known."""
        parts = [f"{name} {seconds:.2f} s" for name, seconds in self.parts.items()]
        peak = peak_rss_mb()
        memory = [] if peak is None else [f"peak memory {peak:.0f} MB"]
        return ", ".join([*parts, f"together {sum(self.parts.values()):.2f} s", *memory])


def peak_rss_mb() -> float | None:
    """Return the largest resident memory of this process so far in MB (10^6 bytes); None where it is not told."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) * (1 if sys.platform == "darwin" else 1024) / 1e6


class TerminalProgress:
    """Progress callback that keeps one line on standard error up to date, and is silent when that is not a terminal."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, stage: str, fraction: float) -> None:
        """Show ``stage`` with ``fraction`` (0..1) of it done."""
        if sys.stderr.isatty():
            text = f"{stage} {100 * fraction:.0f} %"
            sys.stderr.write(f"\r{text:<{self._shown}}")
            sys.stderr.flush()
            self._shown = len(text)

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            sys.stderr.write(f"\r{'':<{self._shown}}\r")
            sys.stderr.flush()
            self._shown = 0
