"""The values a pickle may hold: constructors of our own for the few classes that arrays need.

Nothing here imports or calls what a file names. A class name becomes a :class:`Label`; :class:`Builder` knows what to
do with each, and fills in holders, which :func:`.safe_pickle_plain.plain` at last replaces by arrays and plain data.

Array states: ``numpy.ndarray.__setstate__`` and ``numpy.dtype.__setstate__``; sparse matrices are their instance
dictionaries; those of chumpy objects too.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_DTYPE = re.compile(r"([<>|=]?)(b1|[iu][1248]|f[248]|c(?:8|16)|[SU][1-9][0-9]{0,5})")
_OBJECT = re.compile(r"\|?O[48]?")
_MAX_AXES = 8
_MAX_AXIS = 2**31
_ENTRY = 64  # bytes that an entry of a set or dictionary is taken to need


class PickleRefusedError(Exception):
    """Something a pickle may not hold; the text continues «the file contains ...»."""


@dataclass(frozen=True)
class Limits:
    """Bounds on a pickle, generous for models of bodies and heads (SMPL-X has 0.5 GB) and tight for traps.

    Attributes:
        file_bytes: the file.
        array_bytes: all arrays together, those computed from others included.
        opcodes: steps of the machine.
        depth: containers within containers.
        items: entries of all containers, counted as often as they are reached: ten lists that each name the
            one before ten times are 10^10 items.
    """

    file_bytes: int = 2**30
    array_bytes: int = 2**30
    opcodes: int = 1_000_000
    depth: int = 64
    items: int = 2_000_000


@dataclass(frozen=True)
class Label:
    """The name of a class or function; never the thing itself. ``kind`` is what the builder takes it for."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class SparseMatrix:
    """A compressed sparse matrix: column-wise where ``by_column``, else row-wise; scipy's csc and csr layout."""

    shape: tuple[int, int]
    by_column: bool
    data: NDArray[Any]
    indices: NDArray[np.int64]
    starts: NDArray[np.int64]

    def dense(self) -> NDArray[np.float64]:
        """The full matrix, float64; entries given twice are added, as in scipy."""
        lines, across = self.shape[::-1] if self.by_column else self.shape
        matrix = np.zeros((lines, across))
        np.add.at(matrix, (np.repeat(np.arange(lines), np.diff(self.starts)), self.indices), self.data)
        return matrix.T if self.by_column else matrix


@dataclass(frozen=True)
class ObjectArray:
    """An array of Python objects, flattened."""

    shape: tuple[int, ...]
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Unevaluated:
    """A chumpy expression that is not computed here, such as a product; harmless where nobody needs it."""

    name: str


def kind_of(value: object) -> str:
    """What a message calls ``value``; never its contents, which may be endless."""
    if isinstance(value, Holder):
        return value.label.name
    return value.name if isinstance(value, Label) else type(value).__name__


@dataclass(eq=False)
class Holder:
    """An object under construction.

    Attributes:
        label: what it is.
        built: whether it has had its state.
        state: attributes of an object; the shape of an array of objects.
        value: the array or dtype, once known.
        children: the list of an array of objects.
    """

    label: Label
    built: bool = False
    state: Any = None
    value: Any = None
    children: tuple[Any, ...] = ()


_ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
_PYTHON_MODULES = ("builtins", "__builtin__")
_SPARSE_MODULES = tuple(
    (f"scipy.sparse{part}", kind) for kind in ("csc", "csr") for part in ("", f".{kind}", f"._{kind}")
)
_KINDS: dict[tuple[str, str], str] = {
    **{(module, "_reconstruct"): "reconstruct" for module in _ARRAY_MODULES},
    **{(module, "scalar"): "scalar" for module in _ARRAY_MODULES},
    **{(module, "_frombuffer"): "frombuffer" for module in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "dtype"): "dtype",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "matrix"): "ndarray",
    ("numpy.matrixlib.defmatrix", "matrix"): "ndarray",
    **{(module, f"{kind}_{of}"): kind for module, kind in _SPARSE_MODULES for of in ("matrix", "array")},
    ("_codecs", "encode"): "encode",
    ("copy_reg", "_reconstructor"): "copy",
    ("copyreg", "_reconstructor"): "copy",
    **{(m, name): name for m in _PYTHON_MODULES for name in ("object", "set", "frozenset", "bytes", "bytearray")},
    ("collections", "OrderedDict"): "dict",
}  # fmt: skip


class Builder:
    """Makes values of labels, within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._array_bytes = limits, 0

    def refuse(self, what: str) -> NoReturn:
        """Refuse the file."""
        raise PickleRefusedError(what)

    def protocol(self, version: int) -> None:
        """Check the version of the format."""
        if version > 5:
            raise PickleRefusedError(f"protocol {version}, which is newer than 5")

    def label(self, module: str, name: str) -> Label:
        """The label of a class or function that may be named."""
        full = f"{module}.{name}"
        if module == "chumpy" or module.startswith("chumpy."):
            return Label("chumpy", full[:120])
        kind = _KINDS.get((module, name))
        if kind is None:
            raise PickleRefusedError(f"{full[:120]!r}, which is neither data nor an array")
        return Label(kind, full)

    def key(self, value: Any) -> Any:
        """Return ``value`` if it may be a key of a dictionary or a member of a set."""
        # Nothing nested: hashing a deep tuple would recurse without bound.
        if isinstance(value, str | bytes | int | float) or value is None:
            return value
        raise PickleRefusedError(f"a dictionary key or set member of type {type(value).__name__}")

    def new(self, label: Label) -> Holder:
        """An object without its state yet (NEWOBJ)."""
        if label.kind not in ("chumpy", "csc", "csr"):
            raise PickleRefusedError(f"an object of {label}")
        return Holder(label)

    def construct(self, label: Label, arguments: tuple[Any, ...]) -> Any:
        """What calling ``label`` would give, computed here (REDUCE)."""
        maker = _MAKERS.get(label.kind)
        if maker is None:
            raise PickleRefusedError(f"a call of {label}")
        return maker(self, label, arguments)

    def build(self, target: Any, state: Any) -> None:
        """Give a holder its state (BUILD)."""
        if not isinstance(target, Holder) or target.built:
            raise PickleRefusedError(f"a state for something that takes none ({kind_of(target)})")
        target.state, target.built = state, True
        if target.label.kind == "dtype":
            target.value = self._dtype_state(target.value, state)
        elif target.label.kind == "ndarray":
            self._array_state(target, state)
        elif type(state) is not dict:
            raise PickleRefusedError(f"an object of {target.label} without its attributes")

    def spend(self, count: int) -> None:
        """Account for the bytes of an array."""
        self._array_bytes += count
        if self._array_bytes > self._limits.array_bytes:
            raise PickleRefusedError(f"arrays of more than {self._limits.array_bytes:,} bytes together")

    # numpy

    def make_reconstruct(self, label: Label, arguments: tuple[Any, ...]) -> Holder:
        """``numpy.core.multiarray._reconstruct``: an array to be filled."""
        of = arguments[0] if len(arguments) == 3 else None
        if not isinstance(of, Label) or of.kind != "ndarray":
            raise PickleRefusedError(f"an array of {kind_of(of)}")
        return Holder(Label("ndarray", of.name))

    def make_dtype(self, label: Label, arguments: tuple[Any, ...]) -> Holder:
        """``numpy.dtype`` of numbers, texts or objects; its byte order comes with its state."""
        code = arguments[0] if arguments else None
        code = code.decode("latin-1") if isinstance(code, bytes) else code
        if not isinstance(code, str):
            raise PickleRefusedError("an array of a structured type")
        if _OBJECT.fullmatch(code):
            return Holder(Label("dtype", "object"), value=None)
        if not _DTYPE.fullmatch(code):
            raise PickleRefusedError(f"an array of the type {code[:40]!r}")
        return Holder(Label("dtype", code), value=np.dtype(code))

    def _dtype_state(self, dtype: np.dtype[Any] | None, state: Any) -> np.dtype[Any] | None:
        if type(state) is not tuple or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise PickleRefusedError("an array of a structured type")
        order = state[1].decode("latin-1") if isinstance(state[1], bytes) else state[1]
        if order == "<" or order == ">":
            return dtype.newbyteorder("<" if order == "<" else ">") if dtype is not None else None
        if order != "|" and order != "=":
            raise PickleRefusedError("an array of unknown byte order")
        return dtype

    def _array_state(self, holder: Holder, state: Any) -> None:
        if type(state) is not tuple or len(state) not in (4, 5):
            raise PickleRefusedError("an array without its state")
        shape, dtype, fortran, raw = state[-4:]
        if not isinstance(dtype, Holder) or dtype.label.kind != "dtype":
            raise PickleRefusedError("an array without a type")
        if dtype.value is None:
            holder.children, holder.state = (raw,), self._checked_shape(shape)
            holder.label = Label("objects", holder.label.name)
            if type(raw) is not list or len(raw) != math.prod(holder.state):
                raise PickleRefusedError("an array of objects without its objects")
            self.spend(_ENTRY * len(raw))
        else:
            holder.value = self._array(raw, dtype.value, shape, "F" if fortran else "C")
            holder.state = None

    def _checked_shape(self, shape: Any) -> tuple[int, ...]:
        shape = (shape,) if type(shape) is int else shape
        fine = type(shape) is tuple and len(shape) <= _MAX_AXES
        if not fine or any(type(n) is not int or not 0 <= n <= _MAX_AXIS for n in shape):
            raise PickleRefusedError("an array of an impossible shape")
        return tuple(shape)

    def _array(self, raw: Any, dtype: np.dtype[Any], shape: Any, order: Any) -> NDArray[Any]:
        """A read-only array over ``raw``, whose size must be exactly that of the shape."""
        shape = self._checked_shape(shape)
        size = math.prod(shape) * dtype.itemsize
        if not isinstance(raw, str | bytes) or len(raw) != size:
            held = f"{len(raw):,} bytes" if isinstance(raw, str | bytes) else "no bytes"
            raise PickleRefusedError(f"an array of shape {shape} that needs {size:,} bytes and has {held}")
        self.spend(size)
        if not size and math.prod(max(n, 1) for n in shape) > _MAX_AXIS:
            raise PickleRefusedError("an empty array of a huge shape")
        flat = np.frombuffer(self._bytes(raw), dtype) if size else np.zeros(0, dtype)
        if dtype.kind == "U" and flat.view(dtype.str[0] + "u4").max(initial=0) > sys.maxunicode:
            raise PickleRefusedError("a text of impossible characters")  # Python raises SystemError where it meets one
        flat.flags.writeable = False
        return flat.reshape(shape, order="F" if order == "F" else "C")

    def _bytes(self, raw: str | bytes) -> bytes:
        """The bytes of a Python 2 string, read as latin-1."""
        if isinstance(raw, bytes):
            return raw
        try:
            return raw.encode("latin-1")
        except UnicodeEncodeError as error:
            raise PickleRefusedError("an array whose bytes are text") from error

    def make_frombuffer(self, label: Label, arguments: tuple[Any, ...]) -> Holder:
        """``numpy.core.numeric._frombuffer``: an array of protocol 5."""
        dtype = arguments[1] if len(arguments) == 4 else None
        if not isinstance(dtype, Holder) or dtype.label.kind != "dtype" or dtype.value is None:
            raise PickleRefusedError("an array without a type")
        value = self._array(arguments[0], dtype.value, arguments[2], arguments[3])
        return Holder(Label("ndarray", "numpy.ndarray"), built=True, value=value)

    def make_scalar(self, label: Label, arguments: tuple[Any, ...]) -> Any:
        """``numpy.core.multiarray.scalar``, as the plain Python value."""
        dtype = arguments[0] if len(arguments) == 2 else None
        if not isinstance(dtype, Holder) or dtype.label.kind != "dtype" or dtype.value is None:
            raise PickleRefusedError("a number without a type")
        return self._array(arguments[1], dtype.value, (), "C").item()

    # Python

    def make_copy(self, label: Label, arguments: tuple[Any, ...]) -> Holder:
        """``copy_reg._reconstructor``: an object of protocol 0 or 1, its state to come."""
        of = arguments[0] if len(arguments) == 3 else None
        base = arguments[1] if len(arguments) == 3 else None
        plain_base = isinstance(base, Label) and base.kind == "object" and arguments[2] is None
        if not isinstance(of, Label) or not plain_base:
            raise PickleRefusedError(f"an object of {kind_of(of)}")
        return self.new(of)

    def make_bytes(self, label: Label, arguments: tuple[Any, ...]) -> bytes:
        """Bytes as Python 3 writes them in old protocols: ``_codecs.encode(text, "latin1")`` or ``bytes()``."""
        if not arguments:
            return b""
        if isinstance(arguments[0], str) and arguments[1:] in (("latin1",), ("latin-1",)):
            raw = self._bytes(arguments[0])
        elif isinstance(arguments[0], bytes) and len(arguments) == 1:
            raw = arguments[0]
        else:
            raise PickleRefusedError(f"a call of {label}")
        self.spend(len(raw))
        return raw

    def make_set(self, label: Label, arguments: tuple[Any, ...]) -> set[Any]:
        """``set`` or ``frozenset`` of scalars."""
        members = arguments[0] if len(arguments) == 1 else []
        if len(arguments) > 1 or type(members) is not list:
            raise PickleRefusedError(f"a call of {label}")
        self.spend(_ENTRY * len(members))
        return {self.key(member) for member in members}

    def make_dict(self, label: Label, arguments: tuple[Any, ...]) -> dict[Any, Any]:
        """``OrderedDict``, as a dict (which keeps its order too)."""
        pairs = arguments[0] if len(arguments) == 1 else []
        if type(pairs) is not list or any(type(pair) not in (list, tuple) or len(pair) != 2 for pair in pairs):
            raise PickleRefusedError(f"a call of {label}")
        self.spend(_ENTRY * len(pairs))
        return {self.key(pair[0]): pair[1] for pair in pairs}


_MAKERS: dict[str, Callable[[Builder, Label, tuple[Any, ...]], Any]] = {
    "reconstruct": Builder.make_reconstruct,
    "dtype": Builder.make_dtype,
    "frombuffer": Builder.make_frombuffer,
    "scalar": Builder.make_scalar,
    "copy": Builder.make_copy,
    "encode": Builder.make_bytes,
    "bytes": Builder.make_bytes,
    "bytearray": Builder.make_bytes,
    "set": Builder.make_set,
    "frozenset": Builder.make_set,
    "dict": Builder.make_dict,
}
