"""Options that several verbs share, and the parsing of their values."""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..errors import UserError

MAX_FPS = 480.0
MAX_STRENGTH = 3.0
MIX_SHARE = 0.5
MAX_SEED = 2**63 - 1
NTSC = 1000 / 1001
TEXT_SUFFIXES = (".txt", ".text", ".md")  # one word that ends so is a path, not speech


def add_line_arguments(parser: argparse.ArgumentParser) -> None:
    """Add AUDIO, the style and the network: what ``predict`` and ``bake`` perform."""
    parser.add_argument("audio", metavar="AUDIO", help="recorded speech: wav, flac, ogg, mp3, ...")
    parser.add_argument("--audio-range", metavar="A:B", type=seconds_range, help="only these seconds of AUDIO")
    add_style_arguments(parser)
    parser.add_argument("--text", metavar="STRING|FILE", help="what is said, English, or a text file of it")
    add_engine_arguments(parser)


def add_style_arguments(parser: argparse.ArgumentParser, required: bool = False) -> None:
    """Add whose manner is wanted and how much of it; ``required``: there is no audio to take it from."""
    parser.add_argument(
        "--style",
        metavar="NAME|FILE",
        required=required,
        help="library style or performance file" + ("" if required else " (default: AUDIO itself)"),
    )
    parser.add_argument(
        "--style-range", metavar="A:B", type=seconds_range, help="only these seconds of the performance"
    )
    parser.add_argument("--mix", metavar="NAME|FILE", help="a second style, to take a manner between the two")
    parser.add_argument(
        "--mix-share", metavar="F", type=share, help="how much of it is the second's, 0 to 1 (default 0.5)"
    )
    add_flame_argument(parser)
    parser.add_argument(
        "--strength",
        metavar="F",
        type=strength,
        default=1.0,
        help="how much of the style, 0 to 3: 0 is the mean manner (default 1)",
    )
    parser.add_argument("--seed", metavar="N", type=seed, default=0, help="of everything drawn at random (default 0)")
    parser.add_argument("--verbose", action="store_true", help="print time by part and peak memory on standard error")


def add_flame_argument(parser: argparse.ArgumentParser) -> None:
    """Add the model that performances in FLAME parameters need."""
    parser.add_argument(
        "--flame",
        metavar="FILE",
        type=Path,
        help="FLAME model of a performance in FLAME parameters or vertices (or PTALKER_FLAME)",
    )


def mix_share(args: argparse.Namespace) -> float:
    """The share meant by ``--mix-share``, half without it.

    Raises:
        UserError: a share, but nothing to mix.
    """
    if args.mix_share is None:
        return MIX_SHARE
    if args.mix is None:
        raise UserError("--mix-share without --mix", "a second style after --mix", "add --mix, or drop --mix-share")
    given: float = args.mix_share
    return given


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the network comes from and runs."""
    parser.add_argument("--weights", metavar="FILE", type=Path, help="safetensors file (default: the shipped weights)")
    parser.add_argument("--device", metavar="D", default="auto", help="auto, cpu, cuda, cuda:N or mps (default auto)")


def transcript(given: str) -> str:
    """The text meant by ``--text``: what stands in a file of that name, else the words themselves.

    Raises:
        UserError: a folder, a file that is no UTF-8 text, what looks like a file but is not there, or nothing.
    """
    advice = "give the words in quotes, or the path of a text file"
    text = given
    if given and _exists(given):  # "" would be this folder
        try:
            text = Path(given).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"transcript {given!r} cannot be read ({error})", "a UTF-8 text file", advice) from error
    elif len(given.split()) == 1 and given.strip().lower().endswith(TEXT_SUFFIXES):
        raise UserError(f"no file {given}", "a text file that is there, or the words themselves", advice)
    if not text.strip():
        raise UserError("the transcript is empty", "what is said in AUDIO", advice)
    return text


def _exists(given: str) -> bool:
    """Whether a path is there; a sentence can be too long to be asked about, and then it is none."""
    try:
        return Path(given).exists()
    except (OSError, ValueError):
        return False


def seconds_range(text: str) -> tuple[float, float]:
    """Parse ``A:B`` in seconds, 0 <= A < B."""
    first, colon, last = text.partition(":")
    try:
        start, end = float(first), float(last)
    except ValueError:
        start = end = math.nan
    if not (colon and 0 <= start < end < math.inf):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B in seconds with 0 <= A < B")
    return start, end


def frame_rate(text: str) -> float:
    """Parse frames per second; 23.976, 29.97 and 59.94 stand for 24, 30 and 60 times 1000/1001."""
    value = _number(text)
    if not 1.0 <= value <= MAX_FPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate from 1 to {MAX_FPS:g} frames per second")
    broadcast = math.ceil(value) * NTSC
    return broadcast if value != math.ceil(value) and abs(broadcast - value) < 0.005 else value


def strength(text: str) -> float:
    """Parse a style strength, 0 to 3."""
    value = _number(text)
    if not 0.0 <= value <= MAX_STRENGTH:
        raise argparse.ArgumentTypeError(f"{text!r} is not a strength from 0 to 3")
    return value


def share(text: str) -> float:
    """Parse the second style's share of a mix, 0 to 1."""
    value = _number(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def seed(text: str) -> int:
    """Parse a seed."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^63 - 1")
    return value


def output_path(text: str, suffixes: tuple[str, ...], inputs: Iterable[str | Path | None] = ()) -> Path:
    """Check where an output goes before any work is done for it.

    Args:
        text: what was given after ``-o``.
        suffixes: the endings that are possible.
        inputs: files that are read, which it must not replace; None and what is no file are passed over.

    Raises:
        UserError: another suffix, no such folder or one that cannot be written in, a folder stands there, or an input.
    """
    path = Path(text)
    if path.suffix.lower() not in suffixes:
        raise UserError(f"output {text!r}", f"a name ending in {' or '.join(suffixes)}", "change the name after -o")
    if not path.parent.is_dir():
        raise UserError(f"no folder {str(path.parent)!r} for the output", "an existing folder", "create it first")
    if path.is_dir():
        raise UserError(f"output {text!r} is a folder", "a file name", "change the name after -o")
    if path.exists() and any(other is not None and _is_same(path, Path(other)) for other in inputs):
        raise UserError(f"output {text!r} is also an input", "another file, so that nothing is lost", "rename it")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError(
            f"folder {str(path.parent)!r} cannot be written in ({error.strerror})",
            "a folder that can",
            "choose another after -o",
        ) from error
    return path


def _is_same(output: Path, other: Path) -> bool:
    return other.is_file() and other.samefile(output)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
