"""Access to the training package, which a checkout has and the add-on's zip does not."""

from __future__ import annotations

import importlib
from types import ModuleType

from ..errors import UserError

_TRAINING = f"{__package__.rpartition('.')[0]}.training"


def training_module(name: str, verb: str) -> ModuleType:
    """Import ``training.<name>``.

    Raises:
        UserError: this installation has no training package, or not this part of it.
    """
    wanted = f"{_TRAINING}.{name}"
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        # Only the module itself or a package on the way to it may be absent; anything else is a fault to be seen.
        if error.name is None or not (wanted == error.name or wanted.startswith(f"{error.name}.")):
            raise
        raise UserError(
            f"this installation cannot run `ptalker {verb}`",
            "a source checkout: training and evaluation are not part of the add-on",
            "clone the repository and run `make`",
        ) from error
