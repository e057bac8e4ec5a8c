"""Reads pickle files of plain data and arrays; nothing in a file can make it call anything.

A pickle is a program for a stack machine, and the machine of the standard library can import and call whatever the
program names. This one is its own machine: it knows the opcodes that build data, takes every class name as a mere
label, and has its own constructors (:mod:`.safe_pickle_values`) for the few labels that numpy, scipy and chumpy need.
Any other label, and any opcode that would make an object by other means, ends the reading.

Strings of Python 2 (``S``, ``T``, ``U``) are taken as latin-1, so that the raw bytes of arrays survive. Opcodes after
the documentation of ``pickletools`` in the standard library.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UserError
from .safe_pickle_plain import plain
from .safe_pickle_values import Builder, Label, Limits, PickleRefusedError, kind_of

_LINE = 256  # longest number or name in a text opcode; only strings may be longer
_INTEGER_BYTES = 9  # holds every 64-bit number; longer ones could be made to collide as keys of a dictionary
_BAD_ESCAPE = re.compile(rb"\\(?![nrt'\"]|x[0-9a-fA-F]{2})")
_MARK = object()

_ADVICE = "use the file as its makers distribute it, or save its arrays as npz"


def read_pickle(path: Path | str, limits: Limits | None = None) -> Any:
    """What :func:`loads` makes of the file at ``path``.

    Raises:
        UserError: missing, unreadable, too large, or refused (see :func:`loads`).
    """
    limits, name = limits or Limits(), Path(path).name
    try:
        size = Path(path).stat().st_size
        if size > limits.file_bytes:
            raise UserError(f"{name} is {size:,} bytes", f"at most {limits.file_bytes:,}", _ADVICE)
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror})", "a pickle file", "check the path") from error
    return loads(data, name, limits)


def loads(data: bytes, name: str = "the pickle", limits: Limits | None = None) -> Any:
    """Plain data from the bytes of a pickle of protocol 0 to 5.

    Args:
        data: the pickle; what follows its end is ignored, as by Python.
        name: how messages call it.
        limits: bounds on size, steps and nesting.

    Returns:
        dict, list, tuple, set, str, bytes, int, float, complex, bool or None, nested; arrays as read-only
        ``numpy.ndarray`` views of the pickle's bytes; ``scipy.sparse`` matrices as
        :class:`~.safe_pickle_values.SparseMatrix`, arrays of objects as :class:`~.safe_pickle_values.ObjectArray`;
        chumpy expressions evaluated, or as :class:`~.safe_pickle_values.Unevaluated` where that is not known how.

    Raises:
        UserError: damaged, larger than the limits, or containing anything else; says what.
    """
    limits = limits or Limits()
    try:
        if len(data) > limits.file_bytes:
            raise PickleRefusedError(f"{len(data):,} bytes, more than {limits.file_bytes:,}")
        machine = _Machine(data, limits)
        return plain(machine.run(), machine.builder, limits)
    except PickleRefusedError as refusal:
        raise UserError(
            f"{name} contains {refusal}", "a pickle of arrays and plain data only; nothing in it is executed", _ADVICE
        ) from refusal


class _Machine:
    """The stack machine: reads one opcode after the other and keeps the values."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data, self.at, self.limits = data, 0, limits
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.builder = Builder(limits)

    def run(self) -> Any:
        for _ in range(self.limits.opcodes):
            opcode = self.take(1)
            if opcode == b".":
                return self.pop()
            action = _ACTIONS.get(opcode)
            if action is None:
                raise PickleRefusedError(
                    _FORBIDDEN.get(opcode, f"the unknown opcode {opcode!r} at byte {self.at - 1:,}")
                )
            action(self)
        raise PickleRefusedError(f"more than {self.limits.opcodes:,} steps")

    # Reading arguments

    def take(self, count: int) -> bytes:
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise PickleRefusedError(f"{len(self.data):,} bytes where more were announced: it is cut off or damaged")
        piece, self.at = self.data[self.at : end], end
        return piece

    def number(self, layout: str) -> Any:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def counted(self, layout: str) -> bytes:
        return self.take(self.number(layout))

    def line(self, longest: int = _LINE) -> bytes:
        end = self.data.find(b"\n", self.at, self.at + longest + 1)
        if end < 0:
            raise PickleRefusedError(f"a text line without an end at byte {self.at:,}")
        piece, self.at = self.data[self.at : end], end + 1
        return piece

    def text_line(self) -> str:
        return self.decoded(self.line(), "utf-8")

    def text_integer(self) -> int:
        digits = self.line().removesuffix(b"L")
        if not re.fullmatch(rb"[+-]?[0-9]{1,20}", digits):
            raise PickleRefusedError(f"{digits[:40]!r} where a number was announced")
        return int(digits)

    def decoded(self, raw: bytes, encoding: str) -> str:
        try:
            return raw.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
        except UnicodeDecodeError as error:
            raise PickleRefusedError(f"a text that is not {encoding} before byte {self.at:,}") from error

    # The stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise PickleRefusedError(f"an opcode without a value to work on before byte {self.at:,}")
        return self.stack.pop()

    def top(self) -> Any:
        value = self.pop()
        self.stack.append(value)
        return value

    def discard(self) -> None:
        if not self.stack:
            raise PickleRefusedError(f"an opcode without a value to work on before byte {self.at:,}")
        self.stack.pop()

    def discard_to_mark(self) -> None:
        self.since_mark()

    def since_mark(self) -> list[Any]:
        """Pop the values down to the last mark, the mark included."""
        for at in range(len(self.stack) - 1, -1, -1):
            if self.stack[at] is _MARK:
                values = self.stack[at + 1 :]
                del self.stack[at:]
                return values
        raise PickleRefusedError(f"an opcode without its mark before byte {self.at:,}")

    def remembered(self, index: int) -> Any:
        if index not in self.memo:
            raise PickleRefusedError(f"a reference to entry {index}, which it never stored")
        return self.memo[index]

    def store(self, index: int) -> None:
        self.memo[index] = self.top()

    # Opcodes with more to them than one line

    def text_int_or_bool(self) -> None:
        flags = {b"00\n": False, b"01\n": True}
        flag = flags.get(self.data[self.at : self.at + 3])
        if flag is None:
            return self.push(self.text_integer())
        self.at += 3
        self.push(flag)

    def text_float(self) -> None:
        digits = self.line()
        try:
            self.push(float(digits))
        except ValueError as error:
            raise PickleRefusedError(f"{digits[:40]!r} where a number was announced") from error

    def text_string(self) -> None:
        quoted = self.line(len(self.data)).strip()
        if len(quoted) < 2 or quoted[:1] != quoted[-1:] or quoted[:1] not in (b"'", b'"'):
            raise PickleRefusedError(f"a string without quotes before byte {self.at:,}")
        body = quoted[1:-1]
        # Escapes are checked first: the codec warns of unknown ones instead of refusing them.
        if _BAD_ESCAPE.search(body.replace(rb"\\", b"!")):
            raise PickleRefusedError(f"a string with an unknown escape before byte {self.at:,}")
        raw = codecs.escape_decode(body)[0]
        assert isinstance(raw, bytes)
        self.push(raw.decode("latin-1"))

    def long_integer(self, layout: str) -> None:
        size = self.number(layout)
        if not 0 <= size <= _INTEGER_BYTES:
            raise PickleRefusedError(f"a whole number of {size} bytes")
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    def append(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not list:
            raise PickleRefusedError(f"items for something that is no list ({kind_of(target)})")
        target.extend(values)

    def set_items(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not dict or len(values) % 2:
            raise PickleRefusedError(f"keys and values for something that is no dictionary ({kind_of(target)})")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[self.builder.key(key)] = value

    def add_items(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not set:
            raise PickleRefusedError(f"members for something that is no set ({kind_of(target)})")
        target.update(self.builder.key(value) for value in values)

    def dictionary(self) -> None:
        values = self.since_mark()
        self.push({})
        self.set_items(values)

    def stack_label(self) -> None:
        name, module = self.pop(), self.pop()
        if not (isinstance(module, str) and isinstance(name, str)):
            raise PickleRefusedError("a class whose name is not text")
        self.push(self.builder.label(module, name))

    def reduce(self) -> None:
        arguments, label = self.pop(), self.pop()
        if not isinstance(label, Label) or type(arguments) is not tuple:
            raise PickleRefusedError(f"a call of something that is no known class ({kind_of(label)})")
        self.push(self.builder.construct(label, arguments))

    def new_object(self) -> None:
        arguments, label = self.pop(), self.pop()
        if not isinstance(label, Label) or arguments != ():
            raise PickleRefusedError(f"a new object of an unknown kind ({kind_of(label)})")
        self.push(self.builder.new(label))

    def build(self) -> None:
        state, target = self.pop(), self.top()
        self.builder.build(target, state)


def _tuple_of(machine: _Machine, count: int) -> None:
    values = [machine.pop() for _ in range(count)]
    machine.push(tuple(reversed(values)))


_Action = Callable[[_Machine], None]

_ACTIONS: dict[bytes, _Action] = {
    # framing
    b"\x80": lambda m: m.builder.protocol(m.number("<B")),
    b"\x95": lambda m: None if m.number("<Q") <= len(m.data) else m.builder.refuse("a frame longer than the file"),
    # constants
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _Machine.text_int_or_bool,
    b"L": lambda m: m.push(m.text_integer()),
    b"J": lambda m: m.push(m.number("<i")),
    b"K": lambda m: m.push(m.number("<B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"\x8a": lambda m: m.long_integer("<B"),
    b"\x8b": lambda m: m.long_integer("<i"),
    b"F": _Machine.text_float,
    b"G": lambda m: m.push(m.number(">d")),
    b"S": _Machine.text_string,
    b"T": lambda m: m.push(m.counted("<i").decode("latin-1")),
    b"U": lambda m: m.push(m.counted("<B").decode("latin-1")),
    b"V": lambda m: m.push(m.decoded(m.line(len(m.data)), "raw-unicode-escape")),
    b"X": lambda m: m.push(m.decoded(m.counted("<I"), "utf-8")),
    b"\x8c": lambda m: m.push(m.decoded(m.counted("<B"), "utf-8")),
    b"\x8d": lambda m: m.push(m.decoded(m.counted("<Q"), "utf-8")),
    b"B": lambda m: m.push(m.counted("<I")),
    b"C": lambda m: m.push(m.counted("<B")),
    b"\x8e": lambda m: m.push(m.counted("<Q")),
    b"\x96": lambda m: m.push(m.counted("<Q")),  # a bytearray; nothing here changes it
    # containers
    b"(": lambda m: m.push(_MARK),
    b"]": lambda m: m.push([]),
    b"}": lambda m: m.push({}),
    b")": lambda m: m.push(()),
    b"\x8f": lambda m: m.push(set()),
    b"l": lambda m: m.push(m.since_mark()),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"d": _Machine.dictionary,
    b"\x85": lambda m: _tuple_of(m, 1),
    b"\x86": lambda m: _tuple_of(m, 2),
    b"\x87": lambda m: _tuple_of(m, 3),
    b"\x91": lambda m: m.push({m.builder.key(value) for value in m.since_mark()}),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.since_mark()),
    b"s": lambda m: m.set_items([m.pop(), m.pop()][::-1]),
    b"u": lambda m: m.set_items(m.since_mark()),
    b"\x90": lambda m: m.add_items(m.since_mark()),
    # stack and memo
    b"0": _Machine.discard,
    b"1": _Machine.discard_to_mark,
    b"2": lambda m: m.push(m.top()),
    b"p": lambda m: m.store(m.text_integer()),
    b"q": lambda m: m.store(m.number("<B")),
    b"r": lambda m: m.store(m.number("<I")),
    b"\x94": lambda m: m.store(len(m.memo)),
    b"g": lambda m: m.push(m.remembered(m.text_integer())),
    b"h": lambda m: m.push(m.remembered(m.number("<B"))),
    b"j": lambda m: m.push(m.remembered(m.number("<I"))),
    # labels and our own constructors
    b"c": lambda m: m.push(m.builder.label(m.text_line(), m.text_line())),
    b"\x93": _Machine.stack_label,
    b"R": _Machine.reduce,
    b"\x81": _Machine.new_object,
    b"b": _Machine.build,
    b"\x98": lambda m: None,  # the buffer on top is read-only: here it is anyhow
}

_FORBIDDEN: dict[bytes, str] = {
    b"i": "an object of an old-style class (INST)",
    b"o": "an object of an old-style class (OBJ)",
    b"P": "a persistent reference to something outside the file",
    b"Q": "a persistent reference to something outside the file",
    b"\x82": "a class by number (EXT1)",
    b"\x83": "a class by number (EXT2)",
    b"\x84": "a class by number (EXT4)",
    b"\x92": "an object made with keyword arguments (NEWOBJ_EX)",
    b"\x97": "an array kept outside the file",
}
