"""``ptalker train``: a configuration to weights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from ..engine.device import choose_device
from ..errors import UserError
from .config import read_config
from .evaluation.recordings import find_data
from .plots import plot_curves
from .run import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on the subcommand's parser."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="TOML file, such as configs/first.toml")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto (default %(default)s)")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads; 0 lets torch choose")
    parser.add_argument(
        "--until", choices=("phones", "motion"), default="motion", help="last stage to run (default %(default)s)"
    )
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the curves when done (needs matplotlib)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="real recordings to draw the curve on as well")


def run(args: argparse.Namespace) -> int:
    """Train or resume. Raises UserError."""
    if args.threads:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    weights = train(config, _say, _recordings(args.data), choose_device(args.device), args.until)
    print(f"weights: {weights}")
    if args.plot is not None:
        plot_curves(config.out, args.plot)
        print(f"curves: {args.plot}")
    return 0


def _recordings(named: Path | None) -> Path | None:
    """The labelled recordings; without them the curve is drawn on the synthetic sets alone, and says so."""
    try:
        return find_data(named)
    except UserError as error:
        if named is not None:
            raise
        _say(f"real recordings: {error.found}; the curve is drawn without them")
        return None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
