"""``ptalker train``: a configuration to weights, in one process or in several that `torchrun` starts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from ..engine.device import choose_device
from ..errors import UserError
from .config import read_config
from .evaluation.recordings import find_data
from .parallel import Processes, joined
from .plots import plot_curves
from .portable import LIMIT, Packed, pack_run, unpack_run
from .run import Say, train


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
    state = parser.add_mutually_exclusive_group()
    state.add_argument("--resume-from", type=Path, metavar="FILE", help="go on from a state that --pack wrote")
    state.add_argument(
        "--pack",
        type=Path,
        metavar="FILE",
        help=f"train no further; write the latest state, at most {LIMIT // 2**20} MiB, to resume from elsewhere",
    )


def run(args: argparse.Namespace) -> int:
    """Train or resume, or pack what was trained. Raises UserError."""
    if args.threads:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    if args.pack is not None:
        _tell(print, args.pack, pack_run(config.out, args.pack))
        return 0
    with joined(choose_device(args.device)) as (processes, device):
        say = _say if processes.first else _silence
        if args.resume_from is not None:
            _take_over(args.resume_from, config.out, processes, say)
        weights = train(config, say, _recordings(args.data, say), device, args.until, processes)
        if processes.first:
            print(f"weights: {weights}")
            if args.plot is not None:
                plot_curves(config.out, args.plot)
                print(f"curves: {args.plot}")
    return 0


def _take_over(path: Path, folder: Path, processes: Processes, say: Say) -> None:
    if processes.first:
        _tell(say, path, unpack_run(path, folder))
    processes.wait()  # the others read what the first wrote


def _tell(say: Say, path: Path, packed: Packed) -> None:
    say(f"state: {path}, step {packed.step} of {packed.stage}, {packed.size / 2**20:.1f} MiB")


def _recordings(named: Path | None, say: Say) -> Path | None:
    """The labelled recordings; without them the curve is drawn on the synthetic sets alone, and says so."""
    try:
        return find_data(named)
    except UserError as error:
        if named is not None:
            raise
        say(f"real recordings: {error.found}; the curve is drawn without them")
        return None


def _silence(line: str) -> None:
    """What the other processes say: the first says it for all."""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
