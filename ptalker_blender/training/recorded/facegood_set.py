"""The four FACEGOOD takes as a recorded set: one performer, two takes to train on and two to test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from ..evaluation.facegood import load_takes
from .arkit import from_motions
from .clips import RecordedSet
from .index import Entry

# Our own split, kept for all figures: there is one performer, so the test is of the kind "seen performer".
SPLIT: Mapping[str, str] = {"01": "train", "02": "train", "03": "test_a", "04": "test_a"}
PERFORMER = "facegood"


def held_out(take: str) -> bool:
    """Whether a take, by its name such as ``1114_2_03``, is one that no training run may see."""
    return SPLIT.get(take.rpartition("_")[2]) != "train"


def read_facegood(folder: Path) -> RecordedSet:
    """Read the takes; brows, eyes, tongue and head never move in them and are not observed.

    Args:
        folder: that with bs_value_*.npy and *.wav, or the data folder above it (motion/facegood).

    Raises:
        UserError: no takes there, or a take of another number.
    """
    nested = folder / "motion" / "facegood"
    data = folder if nested.is_dir() else folder.resolve().parent.parent
    if not nested.is_dir() and data / "motion" / "facegood" != folder.resolve():
        raise UserError(f"{folder} is no folder motion/facegood", "the takes in motion/facegood of a data folder",
                        "name the data folder")  # fmt: skip
    takes = load_takes(data)
    numbers = {take.name: take.name.rpartition("_")[2] for take in takes}
    other = [name for name, number in numbers.items() if number not in SPLIT]
    if other:
        raise UserError(f"take {other[0]}", f"takes {', '.join(SPLIT)} of 1114_2", "remove it: no split names it")
    entries = [Entry(name, PERFORMER, SPLIT[number], number) for name, number in numbers.items()]
    note = "crafted after a video of one speaker of Mandarin, not captured; left and right are the same"
    return from_motions(
        "facegood", entries, {take.name: take.controls for take in takes}, {take.name: take.audio for take in takes},
        (note,),
    )  # fmt: skip
