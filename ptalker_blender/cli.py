"""The command line ``ptalker``: a contract that other tools call (``ptalker --help``).

Exit status: 0 done; 1 a failure of ours, with its traceback; 2 bad input, explained in one line on standard error; 130
interrupted. An output file is replaced only when it is complete.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from . import __version__
from .errors import UserError

VERBS = {
    "predict": "perform speech and write the motion as .npz or Live Link Face .csv",
    "bake": "perform speech on a head and write a .blend with editable keys",
    "face": "guess where the features of a head without shape keys are, for `bake --points`",
    "restyle": "give a motion another manner and write it as .npz or Live Link Face .csv",
    "styles": "list the style library, or save a style into a folder",
    "doctor": "report what is installed and what is missing",
    "bench": "measure speed and memory on this machine",
    "evaluate": "measure the weights against recordings",
    "corpus": "make the training corpus",
    "train": "train weights",
}
EXIT_FAULT, EXIT_USER, EXIT_INTERRUPTED = 1, 2, 130
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like every other complaint of the program."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        self.exit(EXIT_USER, f"ptalker: {message}; see `{self.prog} --help`\n")


def build_parser(verb: str | None) -> argparse.ArgumentParser:
    """Build the parser; only ``verb`` gets its arguments, so that no other verb's module is imported."""
    # Abbreviations are off: an abbreviation that works today would break a caller's script with the next option.
    parser = OneLineParser(prog="ptalker", description="Speech to editable facial animation.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"ptalker {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=OneLineParser)
    for name, text in VERBS.items():
        sub = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
        if name == verb:
            module = importlib.import_module(f".commands.{name}", __package__)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: arguments after the program's name; None: those of this process, which then also ends here when bpy was
            loaded (Blender's own exit may hang or crash).

    Returns:
        the exit status. ``--help``, ``--version`` and malformed options raise SystemExit, as argparse does.
    """
    status = _guarded(sys.argv[1:] if argv is None else list(argv))
    if argv is None and "bpy" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _guarded(argv: list[str]) -> int:
    """Run, with every outcome turned into an exit status."""
    try:
        status = _run(argv)
        sys.stdout.flush()
        return status
    except UserError as error:
        return _complain(str(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == __package__:
            traceback.print_exc()
            return EXIT_FAULT
        return _complain(
            f"this Python has no module {error.name!r}; expected ptalker's dependencies; run `make` or pip"
        )
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`ptalker styles | head -1`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno in DISK_FULL:
            return _complain(f"the disk is full; expected room for {error.filename or 'the output'}; make some")
        traceback.print_exc()
        return EXIT_FAULT
    except Exception:
        traceback.print_exc()
        return EXIT_FAULT


def _run(argv: list[str]) -> int:
    verb = next((argument for argument in argv if not argument.startswith("-")), None)
    args = build_parser(verb).parse_args(argv)
    status: int = args.run(args)
    return status


def _complain(message: str) -> int:
    # Decoders and libraries put line breaks into their messages; the contract is one line.
    print(f"ptalker: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_USER


if __name__ == "__main__":
    sys.exit(main())
