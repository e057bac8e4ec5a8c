"""What the style evaluation reports: sections of figures with intervals, bars, and what is missing and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .style_statistics import Estimate


@dataclass(frozen=True)
class Bar:
    """What a figure should reach: ``at_least`` the limit, else at most."""

    limit: float
    at_least: bool = True

    def met(self, value: float) -> bool:
        """Whether a value reaches the bar; nan does not."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: what it is.
        estimate: value and 95 % interval.
        unit: "" for ratios, correlations and shares.
        basis: what it was taken on, and what the interval was drawn over.
        bar: where the design sets one.
    """

    name: str
    estimate: Estimate
    unit: str = ""
    basis: str = ""
    bar: Bar | None = None

    def verdict(self) -> str:
        """Whether the bar is met by the whole interval, by the value alone, or not; nothing without a bar."""
        if self.bar is None:
            return ""
        if not self.bar.met(self.estimate.value):
            return "not met"
        worse = self.estimate.low if self.bar.at_least else self.estimate.high
        if math.isnan(worse):
            return "met"
        return "met" if self.bar.met(worse) else "met by the value, not by its interval"


@dataclass(frozen=True)
class Section:
    """Figures that belong together.

    Attributes:
        title: one line.
        rows: the figures.
        missing: what could not be measured, each with its reason.
        notes: what a reader must know to read the rows.
    """

    title: str
    rows: tuple[Row, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def missing_section(title: str, reason: str) -> Section:
    """A section of which nothing could be measured."""
    return Section(title, (), (reason,))


@dataclass(frozen=True)
class StyleReport:
    """All sections, by short name, with where they come from.

    Attributes:
        sections: in order of the table.
        settings: seeds, counts and folders.
        provenance: plain facts about the weights.
    """

    sections: Mapping[str, Section]
    settings: Mapping[str, object]
    provenance: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Plain numbers; an interval that does not exist is null."""
        return {
            **self.provenance,
            "settings": dict(self.settings),
            "sections": {name: _section_json(section) for name, section in self.sections.items()},
        }

    def table(self) -> str:
        """The sections as text, and the bars once more at the end."""
        blocks = [_section_table(name, section) for name, section in self.sections.items()]
        return "\n\n".join([*blocks, _bars(self.sections)])


def _number(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def _section_json(section: Section) -> dict[str, object]:
    return {
        "title": section.title,
        "figures": [
            {
                "name": row.name,
                "value": _number(row.estimate.value),
                "interval": [_number(row.estimate.low), _number(row.estimate.high)],
                "unit": row.unit,
                "basis": row.basis,
                **({"bar": row.bar.limit, "verdict": row.verdict()} if row.bar is not None else {}),
            }
            for row in section.rows
        ],
        "missing": list(section.missing),
        "notes": list(section.notes),
    }


def _section_table(name: str, section: Section) -> str:
    lines = [f"{name}: {section.title}"]
    lines += [_row_line(row) for row in section.rows]
    lines += [f"  missing: {reason}" for reason in section.missing]
    return "\n".join([*lines, *(f"  note: {note}" for note in section.notes)])


def _row_line(row: Row) -> str:
    estimate = row.estimate
    interval = "" if math.isnan(estimate.low) else f"[{estimate.low:.3f}, {estimate.high:.3f}]"
    line = f"  {row.name:<58}{estimate.value:>8.3f} {row.unit:<4}{interval:<18}"
    if row.bar is not None:
        line += f" bar {'>=' if row.bar.at_least else '<='} {row.bar.limit:g}: {row.verdict()};"
    return f"{line} {row.basis}".rstrip()


def _bars(sections: Mapping[str, Section]) -> str:
    barred = [(name, row) for name, section in sections.items() for row in section.rows if row.bar is not None]
    lines = [f"  {name:<12}{row.name:<58}{row.estimate.value:>8.3f}  {row.verdict()}" for name, row in barred]
    return "\n".join(["bars", *lines])
