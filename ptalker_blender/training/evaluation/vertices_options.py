"""The options of ``ptalker evaluate vertices``; nothing heavy is imported here, since every command declares them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from ..recorded.clips import SPLITS

UNITS: Mapping[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_OWN = ("truth", "predicted", "regions", "templates", "split", "fps", "unit", "flame")
_OTHERS = ("data", "style", "sets", "plots", "text")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only ``vertices`` has."""
    group = parser.add_argument_group("vertices")
    group.add_argument("--truth", metavar="DIR|SET", help="recorded sequences, or vocaset:DIR, biwi:DIR or flame:DIR")
    group.add_argument("--predicted", type=Path, metavar="DIR", help="predictions of the same names, absolute vertices")
    group.add_argument(
        "--regions", type=Path, metavar="FILE.json", help="vertex ids (default for FLAME's 5,023: our own)"
    )
    group.add_argument("--templates", type=Path, metavar="FILE", help="neutral meshes by performer (.pkl or .npz)")
    group.add_argument("--split", choices=SPLITS, help="of a SET (default: test_a)")
    group.add_argument("--fps", type=float, help="frames per second, where the files do not tell")
    group.add_argument("--unit", choices=UNITS, help="of the vertices (default: m for 5,023 vertices, else unknown)")
    group.add_argument("--flame", type=Path, metavar="FILE", help="for flame:DIR: your FLAME file")


def refuse_options(args: argparse.Namespace) -> None:
    """Refuse options that the chosen measure does not have; ``vertices`` shares none but --json with the others.

    Raises:
        UserError: names the first of them.
    """
    others = _OTHERS if args.measure == "vertices" else _OWN
    given = [name for name in others if getattr(args, name, None)]
    if given:
        raise UserError(f"--{given[0]} with {args.measure}", "options of this measure", "leave it out")
