"""Motion as a NumPy archive: ``controls`` [T, 55] float32, ``names`` [55], ``fps``."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from .controls import CONTROLS
from .motion import Motion

_FIELDS = frozenset({"controls", "names", "fps"})
_EXPECTED = "an npz with controls [T, 55], names [55] and fps"
_ADVICE = "write one with `ptalker predict AUDIO -o OUT.npz`, or use a Live Link Face CSV"


def write_motion_npz(motion: Motion, path: Path | str, extras: Mapping[str, str | NDArray[Any]] | None = None) -> None:
    """Write ``motion``, with any further texts and arrays by name. The same motion gives the same bytes."""
    fields: dict[str, Any] = {
        "controls": motion.values, "names": np.array(CONTROLS), "fps": np.float64(motion.fps),
        **{name: np.array(extra) for name, extra in (extras or {}).items()},
    }  # fmt: skip
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **fields)


def read_motion_npz(path: Path | str) -> Motion:
    """Read a motion; the 55 names may come in any order, and further arrays are ignored.

    Raises:
        UserError: missing, not such an archive, a control missing, NaN or infinite values, no frames, or no rate.
    """
    fields, name = read_npz(path, _FIELDS), Path(path).name
    missing = _FIELDS - fields.keys()
    if missing:
        raise _refusal(name, f"has no {', '.join(sorted(missing))}")
    names = [str(item) for item in np.ravel(fields["names"])]
    absent = [control for control in CONTROLS if control not in names]
    if absent or len(set(names)) != len(names):
        raise _refusal(name, f"lacks {', '.join(absent)}" if absent else "names a control twice")
    controls = _numbers(fields["controls"], name)
    if controls.ndim != 2 or controls.shape[1] != len(names) or not len(controls):
        raise _refusal(name, f"has controls of shape {controls.shape} for {len(names)} names")
    fps = _numbers(fields["fps"], name)
    if fps.size != 1 or not (math.isfinite(fps.item()) and fps.item() > 0):
        raise _refusal(name, f"has fps {fields['fps']}")
    order = [names.index(control) for control in CONTROLS]
    return Motion(np.ascontiguousarray(controls[:, order], np.float32), float(fps.item()))


def read_npz(path: Path | str, wanted: Set[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive; objects (pickles) are refused.

    Args:
        path: an npz.
        wanted: names of the arrays to read, of which some may be absent; None for all. Vertices beside a motion may
            weigh gigabytes.

    Raises:
        UserError: missing, unreadable, or not an npz.
    """
    name = Path(path).name
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise _refusal(name, "is a single array")
            return {key: archive[key] for key in archive.files if wanted is None or key in wanted}
    except FileNotFoundError as error:
        raise UserError(f"no file {path}", _EXPECTED, "check the path") from error
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise _refusal(name, f"cannot be read as npz ({error})") from error


def _numbers(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    if array.dtype.kind not in "fiu":
        raise _refusal(name, f"holds {array.dtype} where numbers belong")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers.astype(np.float32)).all():
        raise _refusal(name, "holds NaN or infinite values")
    return numbers


def _refusal(name: str, what: str) -> UserError:
    return UserError(f"{name} {what}", _EXPECTED, _ADVICE)
