"""One measured statement about a head."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A figure beside the most it may be.

    Attributes:
        name: ``family: what``, unique within a report; the family is what a table groups by.
        measured: the figure, larger is worse.
        unit: of ``measured`` and ``tolerance``.
        tolerance: the largest figure that passes.
        detail: where or in which pose the figure was found, and anything worth knowing beside it.
    """

    name: str
    measured: float
    unit: str
    tolerance: float
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the figure is within the tolerance; a figure that is no number is not."""
        return self.measured <= self.tolerance

    @property
    def family(self) -> str:
        """What comes before the colon of the name."""
        return self.name.split(":")[0]


def worst(name: str, figures: dict[str, float], unit: str, tolerance: float, note: str = "") -> Check:
    """The largest of ``figures`` (by pose or key) as one check that says where it was found and what else failed."""
    order = sorted(figures, key=lambda key: -figures[key])
    first = order[0]
    failing = [f"{key} {figures[key]:.2f}" for key in order if not figures[key] <= tolerance]
    more = f"; {len(failing)} of {len(figures)} fail: {', '.join(failing[:6])}" if len(failing) > 1 else ""
    parts = [f"worst: {first}{more}", note]
    return Check(name, figures[first], unit, tolerance, "; ".join(part for part in parts if part))
