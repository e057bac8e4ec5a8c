"""The options of ``ptalker evaluate style``, and its run; nothing heavy is imported before the run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from ...errors import UserError
from .recordings import find_data

CHECKOUT = Path(__file__).resolve().parents[3]
CORPORA = ("held_out_voice", "seen_voices_new_text")  # the sentences and one of the voices no training run has heard
VOICES = "real_so762_new_speakers"
CAST_SEED = 90210  # no training run draws its performers with it
_OWN = ("corpus", "voices", "seed", "cast_seed", "only", "sheets", "quick")
_OTHERS = ("style", "sets", "plots", "text")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only ``style`` has."""
    group = parser.add_argument_group("style")
    group.add_argument(
        "--corpus", nargs="+", type=Path, metavar="DIR", help=f"sentences (default: corpus/{' and '.join(CORPORA)})"
    )
    group.add_argument("--voices", type=Path, metavar="DIR", help=f"a corpus of voices (default: corpus/{VOICES})")
    group.add_argument("--seed", type=int, help="of sentences, clips and intervals (default: 1)")
    group.add_argument("--cast-seed", type=int, help=f"of the performers (default: {CAST_SEED})")
    group.add_argument("--only", nargs="+", metavar="SECTION", help="these sections only, by the names in the table")
    group.add_argument("--quick", action="store_true", help="a look with less of everything; for no report")
    group.add_argument("--sheets", type=Path, metavar="DIR", help="also draw sheets and curves into an existing folder")


def refuse_options(args: argparse.Namespace) -> None:
    """Refuse options that the chosen measure does not have.

    Raises:
        UserError: names the first of them.
    """
    others: tuple[str, ...] = _OTHERS if args.measure == "style" else _OWN
    if args.measure == "limits":
        others = tuple(name for name in _OWN if name != "corpus")
    given = [name for name in others if getattr(args, name, None) is not None and getattr(args, name) is not False]
    if given:
        raise UserError(
            f"--{given[0].replace('_', '-')} with {args.measure}", "options of this measure", "leave it out"
        )


def run(args: argparse.Namespace) -> int:
    """Take the style figures and print them; returns the exit code.

    Raises:
        UserError: corpora, weights, data or a folder that cannot be used.
    """
    refuse_options(args)
    if args.sheets is not None and not args.sheets.is_dir():
        raise UserError(f"{args.sheets} is no folder", "an existing folder for the sheets", "create it first")
    from ...engine.device import choose_device
    from ...model.checkpoint import file_sha256, load_checkpoint
    from ...rig.head import load_head
    from ...weights_path import weights_file
    from .style_run import ALL, StyleSettings, run_style
    from .style_system import StyleSystem

    unknown = [name for name in args.only or () if name not in ALL]
    if unknown:
        raise UserError(f"no section {unknown[0]!r}", f"one of: {', '.join(ALL)}", "choose one of these")
    path = weights_file(args.weights)
    device = choose_device(args.device)
    system = StyleSystem(load_checkpoint(path, device), load_head(), device)
    settings = StyleSettings(
        corpora=tuple(args.corpus or (CHECKOUT / "corpus" / name for name in CORPORA)),
        voices=_voices(args.voices),
        data=_data(args.data),
        seed=1 if args.seed is None else args.seed,
        cast_seed=CAST_SEED if args.cast_seed is None else args.cast_seed,
    )
    settings = settings.quick() if args.quick else settings
    started = time.monotonic()
    report = run_style(system, settings, {"weights_sha256": file_sha256(path), "device": device}, _tell, args.only)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if args.sheets is not None:
        from .style_sheets import draw_sheets

        draw_sheets(args.sheets, system, settings, report, _tell)
    if args.json:
        json.dump(report.as_json(), sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        print(report.table())
    return 0


def _tell(section: str) -> None:
    print(f"{section} ...", file=sys.stderr, flush=True)


def _voices(given: Path | None) -> Path | None:
    """The corpus of voices; None, and so a figure reported as missing, where the usual one is not there."""
    usual = CHECKOUT / "corpus" / VOICES
    return given if given is not None or not usual.is_dir() else usual


def _data(given: Path | None) -> Path | None:
    """The data folder; None, and so figures reported as missing, where none was named and none is there."""
    try:
        return find_data(given)
    except UserError:
        if given is not None:
            raise
        return None
