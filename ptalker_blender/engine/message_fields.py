"""Reading the JSON fields and the arrays of a message with their types checked. Standard library and numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..motion.motion import Motion
from .protocol import Message, ProtocolError

if TYPE_CHECKING:
    from ..rig.mapping import MotionLost

_REQUIRED = object()


class Fields:
    """JSON fields read with their types checked; a whole number is taken where a float is asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get(self, name: str, kind: type, default: object = _REQUIRED) -> Any:
        """Return a field.

        Raises:
            ProtocolError: it is missing, unless ``default`` is None, or of another type.
        """
        value = self._values.get(name, _REQUIRED)
        if value is None and default is None:
            return None
        if kind is float and is_number(value):
            return float(value)
        if type(value) is not kind:
            raise ProtocolError(f"field {name!r} must be {kind.__name__}, got {type(value).__name__}")
        return value


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def texts_of(items: object, name: str) -> list[str]:
    """Check that a field holds a list of texts.

    Raises:
        ProtocolError: it does not.
    """
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ProtocolError(f"field {name!r} must hold names")
    return items


def arrays_of(message: Message, wanted: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The arrays of a message by name.

    Args:
        message: of the worker or of Blender.
        wanted: numpy's code of each one's type, by name.

    Raises:
        ProtocolError: one is missing or of another type.
    """
    for name, code in wanted.items():
        array = message.arrays.get(name)
        if array is None or array.dtype != np.dtype(code):
            raise ProtocolError(f"{name} must come as {np.dtype(code)}")
    return {name: message.arrays[name] for name in wanted}


def motion_of(values: NDArray[np.float32], fps: object) -> Motion:
    """A motion that came over the wire.

    Raises:
        ProtocolError: it is none.
    """
    if isinstance(fps, bool) or not isinstance(fps, int | float):
        raise ProtocolError(f"a rate must be a number, got {fps!r}")
    try:
        return Motion(values, float(fps))
    except ValueError as error:
        raise ProtocolError(str(error)) from error


def lost_of(fields: Mapping[str, Any]) -> MotionLost:
    """Read what a mapping leaves out of a motion.

    Raises:
        ProtocolError: a field is missing or of the wrong type.
    """
    # Not when the add-on registers: the mapping takes a while to load.
    from ..rig.mapping import MotionLost

    f = Fields(fields)
    controls = []
    for item in f.get("controls", list):
        right = isinstance(item, list) and len(item) == 3 and isinstance(item[0], str)
        if not (right and all(map(is_number, item[1:]))):
            raise ProtocolError(f"a lost control must be a name and two numbers, got {item!r}")
        controls.append((item[0], float(item[1]), float(item[2])))
    return MotionLost(f.get("lips", float), f.get("face", float), tuple(controls))
