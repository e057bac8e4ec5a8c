"""Map rig families by the names of their keys: how much is found, how much motion is left out, how long it takes.

python -m benchmarks.mapping [--style NAME]

The key lists are those of the tests (tests/rig/mapping/families.toml), the motion is a library style's (10 s of
speech), and what the keys leave out is measured on the default head. For rigs that speak through mouth shapes this
supposes that their shapes look like our poses; the gap between the lips is compared with the motion's own.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.motion.controls import N_CONTROLS
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.rig.mapping import MappingTable, apply_table, guess_table, motion_lost
from ptalker_blender.rig.mapping.poses import viseme_controls
from ptalker_blender.style.library import load_style

FAMILIES = Path(__file__).resolve().parents[1] / "tests" / "rig" / "mapping" / "families.toml"
HEADING = (
    "family",
    "recognised as",
    "mapped of 52",
    "mouth",
    "lost, lips",
    "lost, face",
    "lip gap r",
    "guess ms",
    "apply ms",
)


def row(family: dict[str, object], values: NDArray[np.float32], head: Head) -> tuple[str, ...]:
    """Measure one family."""
    names = [str(name) for name in family["keys"]]  # type: ignore[attr-defined]  # a list of the TOML file
    start = time.perf_counter()
    guess = guess_table(names)
    guessed = time.perf_counter()
    weights = apply_table(guess.table, values, head)
    applied = time.perf_counter()
    lost = motion_lost(guess.table, values, head)
    mouth = f"{len(guess.table.visemes)} mouth shapes" if guess.speech == "visemes" else guess.speech
    return (
        str(family["name"]),
        guess.convention or "-",
        f"{guess.mapped_share:.1%}",
        mouth,
        f"{lost.lips:.1%}",
        f"{lost.face:.1%}",
        f"{gap_correlation(guess.table, weights, values, head):.3f}" if guess.speech == "visemes" else "",
        f"{1000 * (guessed - start):.0f}",
        f"{1000 * (applied - guessed):.0f}",
    )


def gap_correlation(
    table: MappingTable, weights: dict[str, NDArray[np.float32]], values: NDArray[np.float32], head: Head
) -> float:
    """Correlation of the gap between the lips, motion against the visemes' poses put back on the head."""
    poses = viseme_controls(tuple(item.viseme for item in table.visemes), head)
    mixed = np.zeros((len(values), N_CONTROLS))
    mixed[:, : poses.shape[1]] = np.stack([weights[item.key] for item in table.visemes], axis=1) @ poses
    return float(np.corrcoef(mouth_opening(head, values), mouth_opening(head, mixed))[0, 1])


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="neutral", help="a style of the library")
    values = load_style(parser.parse_args().style).motion.values
    head = load_head()
    families = tomllib.loads(FAMILIES.read_text(encoding="utf-8"))["family"]
    guess_table(families[0]["keys"])  # the first reads modules
    print("| " + " | ".join(HEADING) + " |")
    print("|" + " --- |" * len(HEADING))
    for family in families:
        print("| " + " | ".join(row(family, values, head)) + " |")


if __name__ == "__main__":
    main()
