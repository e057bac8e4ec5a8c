"""Where the shipped weights, head and styles are."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UserError

ENVIRONMENT = "PTALKER_WEIGHTS"
WEIGHTS_NAME = "ptalker.safetensors"


def weights_dir(explicit: Path | None = None) -> Path:
    """Return the folder of the weights, which is only ever read.

    In this order: ``explicit`` (a setting), the environment variable ``PTALKER_WEIGHTS``, the ``weights`` folder beside
    this package, where both a checkout and the installed extension have it.

    Raises:
        UserError: when the folder that was named is not there; a wrong setting is not silently passed over.
    """
    named = os.environ.get(ENVIRONMENT)
    if explicit is not None:
        folder, source = explicit, "the weights setting"
    elif named:
        folder, source = Path(named), ENVIRONMENT
    else:
        folder, source = Path(__file__).resolve().parent.parent / "weights", "the installation"
    if not folder.is_dir():
        raise UserError(f"no folder {folder} (from {source})", "the weights folder of PTalker",
                        f"correct the setting, or set {ENVIRONMENT}")  # fmt: skip
    return folder


def weights_file(given: Path | None) -> Path:
    """The network's file: `given` itself, or the one in the folder that `weights_dir` finds."""
    return given if given is not None and given.is_file() else weights_dir(given) / WEIGHTS_NAME
