"""A style code kept beside its performance: what a network once drew from it, and which network that was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.npz import read_npz

CODE, WEIGHTS, IDENTITY = "style_code", "style_code_weights", "identity"  # names in the npz
_HASH_LENGTH = 64  # hexadecimal digits of SHA-256


@dataclass(frozen=True, eq=False)
class StyleCode:
    """A fused style code. It means something to the network that made it and to no other.

    Attributes:
        values: float32 [D].
        weights_sha256: hash of the weights file that made it.

    Raises:
        ValueError: values that are not finite float32 [D], or what is no SHA-256.
    """

    values: NDArray[np.float32]
    weights_sha256: str

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.dtype != np.float32 or not np.isfinite(self.values).all():
            raise ValueError(f"a style code is finite float32 [D], got {self.values.dtype} {self.values.shape}")
        if len(self.weights_sha256) != _HASH_LENGTH:
            raise ValueError(f"not a SHA-256: {self.weights_sha256!r}")


@dataclass(frozen=True)
class StoredStyle:
    """What a style's file says besides its motion.

    Attributes:
        code: None in a file without one.
        identity: the performer in the network's table, "" for nobody it knows; None where the file does not say.
    """

    code: StyleCode | None
    identity: str | None


def code_fields(code: StyleCode, identity: str) -> Mapping[str, str | NDArray[Any]]:
    """Fields for ``write_motion_npz``; the inverse of `read_stored`."""
    return {CODE: code.values, WEIGHTS: code.weights_sha256, IDENTITY: identity}


def read_stored(path: Path) -> StoredStyle:
    """Read what `code_fields` wrote from a motion npz, with or without it.

    Raises:
        UserError: not an npz, or a damaged code.
    """
    fields = read_npz(path, frozenset({CODE, WEIGHTS, IDENTITY}))
    identity = str(fields[IDENTITY]) if IDENTITY in fields else None
    if CODE not in fields and WEIGHTS not in fields:
        return StoredStyle(None, identity)
    try:
        return StoredStyle(StyleCode(fields[CODE], str(fields[WEIGHTS])), identity)
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{path.name} has a damaged style code ({error})",
            "one written by `ptalker styles --save`",
            "save the style again",
        ) from error
