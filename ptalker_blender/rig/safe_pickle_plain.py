"""The last step of reading a pickle: holders become arrays, and what is left is plain, finite and not too deep.

chumpy (github.com/mattloper/chumpy) keeps an array as ``Ch`` with the attribute ``x``, and a re-ordering as an object
with its operand ``a`` and parameters (``reordering.py``). The re-orderings that models use are computed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .safe_pickle_values import (
    Builder,
    Holder,
    Label,
    Limits,
    ObjectArray,
    PickleRefusedError,
    SparseMatrix,
    Unevaluated,
)

_END = object()


def plain(root: Any, builder: Builder, limits: Limits) -> Any:
    """``root`` with every holder replaced by its value; shared parts stay shared.

    Raises:
        PickleRefusedError: unfinished objects, classes as values, cycles, or more depth or items than ``limits`` allow.
    """
    return _Finisher(builder, limits).finish(root)


class _Finisher:
    """Walks the values depth first without recursion, so that depth costs a message and not a crash."""

    def __init__(self, builder: Builder, limits: Limits) -> None:
        self._builder, self._limits = builder, limits
        self._done: dict[int, tuple[Any, int]] = {}  # by id: the plain value, and its items counted as a tree
        self._open: set[int] = set()
        self._frames: list[tuple[Any, Iterator[Any]]] = []

    def finish(self, root: Any) -> Any:
        self._enter(root)
        while self._frames:
            value, children = self._frames[-1]
            child = next(children, _END)
            if child is _END:
                self._frames.pop()
                self._leave(value)
            elif id(child) not in self._done:
                self._enter(child)
        return self._done[id(root)][0]

    def _enter(self, value: Any) -> None:
        if id(value) in self._open:
            raise PickleRefusedError("something that contains itself")
        if len(self._frames) >= self._limits.depth:
            raise PickleRefusedError(f"more than {self._limits.depth} containers within each other")
        self._open.add(id(value))
        self._frames.append((value, iter(_children(value))))

    def _leave(self, value: Any) -> None:
        size = 1 + sum(self._done[id(child)][1] for child in _children(value))
        if size > self._limits.items:
            raise PickleRefusedError(f"more than {self._limits.items:,} items, counted as often as they are reached")
        self._open.discard(id(value))
        self._done[id(value)] = self._value(value), size

    def _value(self, value: Any) -> Any:
        if isinstance(value, Label):
            raise PickleRefusedError(f"the class {value} in place of data")
        if isinstance(value, Holder):
            return self._held(value)
        if type(value) is dict:
            return {key: self._plain(entry) for key, entry in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._plain(entry) for entry in value)
        return value

    def _plain(self, value: Any) -> Any:
        return self._done[id(value)][0]

    def _held(self, holder: Holder) -> Any:
        kind = holder.label.kind
        if kind == "dtype":
            return "object" if holder.value is None else holder.value.str
        if not holder.built:
            raise PickleRefusedError(f"an object of {holder.label} without its contents")
        if kind == "ndarray":
            return holder.value
        if kind == "objects":
            return ObjectArray(holder.state, tuple(self._plain(holder.children[0])))
        attributes = {key: self._plain(holder.state[key]) for key in _needed(holder)}
        try:
            if kind == "chumpy":
                return _chumpy(holder.label, attributes, self._builder)
            return _sparse(holder.label, attributes, self._builder, self._limits)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise PickleRefusedError(f"a {holder.label} that does not fit together ({error})"[:200]) from error


def _children(value: Any) -> tuple[Any, ...]:
    """The values that must be finished before ``value``; keys and members of sets are scalars anyhow."""
    if type(value) is dict:
        return tuple(value.values())
    if type(value) in (list, tuple):
        return tuple(value)
    if isinstance(value, Holder):
        return tuple(value.state[key] for key in _needed(value)) if type(value.state) is dict else value.children
    return ()


def _needed(holder: Holder) -> list[str]:
    """The attributes that the value is made from; the others (caches, flags) are left alone."""
    if type(holder.state) is not dict:
        return []
    if holder.label.kind == "chumpy":
        name = holder.label.name.rpartition(".")[2]
        wanted = _PARTS.get(name, ())
        if name == "Concatenate":
            terms = holder.state.get("dterms")
            wanted = (*wanted, *(term for term in terms if isinstance(term, str))) if type(terms) is list else wanted
    else:
        wanted = ("_shape", "shape", "data", "indices", "indptr")
    return [key for key in wanted if key in holder.state]


def _numbers(value: Any) -> NDArray[Any]:
    """A numeric array of an attribute."""
    if not isinstance(value, np.ndarray | int | float) or np.asarray(value).dtype.kind not in "biufc":
        raise ValueError("an array of numbers is missing")
    return np.asarray(value)


def _indices(value: Any, builder: Builder, limit: int) -> NDArray[np.int64]:
    array = _numbers(value)
    builder.spend(8 * array.size)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() < limit):
        raise ValueError("indices out of range")
    return array.astype(np.int64)


def _whole(value: Any) -> tuple[int, ...]:
    """A shape or an order of axes, given as numbers or as a small array."""
    entries = value.tolist() if isinstance(value, np.ndarray) and value.size <= 16 else value
    entries = [entries] if isinstance(entries, int) else entries
    if not isinstance(entries, list | tuple) or len(entries) > 16 or any(type(n) is not int for n in entries):
        raise ValueError("a shape is missing")
    return tuple(entries)


def _sparse(label: Label, attributes: dict[str, Any], builder: Builder, limits: Limits) -> SparseMatrix:
    shape = _whole(attributes.get("_shape", attributes.get("shape")))
    if len(shape) != 2 or min(shape) < 1 or 8 * math.prod(shape) > limits.array_bytes:
        raise ValueError("impossible shape")
    by_column = label.kind == "csc"
    lines, across = shape[::-1] if by_column else shape
    data = _numbers(attributes["data"])
    starts = _indices(attributes["indptr"], builder, data.size + 1)
    indices = _indices(attributes["indices"], builder, across)
    whole = data.shape == indices.shape and starts.shape == (lines + 1,)
    if not whole or starts[0] != 0 or starts[-1] != data.size or bool((np.diff(starts) < 0).any()):
        raise ValueError("its tables do not agree")
    return SparseMatrix((shape[0], shape[1]), by_column, data, indices, starts)


# chumpy: the attributes each class is computed from, and how

_PARTS: dict[str, tuple[str, ...]] = {
    "Ch": ("x",),
    "Select": ("a", "idxs", "preferred_shape"),
    "Reshape": ("a", "newshape"),
    "transpose": ("a", "axes"),
    "Concatenate": ("dterms", "axis"),
}


def _chumpy(label: Label, attributes: dict[str, Any], builder: Builder) -> NDArray[Any] | Unevaluated:
    compute = _COMPUTED.get(label.name.rpartition(".")[2])
    operands = [
        value for key, value in attributes.items() if key not in ("idxs", "preferred_shape", "newshape", "axes")
    ]
    if compute is None or any(isinstance(value, Unevaluated) for value in operands):
        return Unevaluated(label.name)
    result = compute(attributes, builder)
    result.flags.writeable = False
    return result


def _select(attributes: dict[str, Any], builder: Builder) -> NDArray[Any]:
    source = _numbers(attributes["a"])
    chosen = _indices(attributes["idxs"], builder, source.size)
    builder.spend(source.nbytes + chosen.size * source.itemsize)
    result = source.ravel()[chosen]
    return result.reshape(_whole(attributes["preferred_shape"])) if "preferred_shape" in attributes else result


def _reshape(attributes: dict[str, Any], builder: Builder) -> NDArray[Any]:
    source = _numbers(attributes["a"])
    builder.spend(source.nbytes)
    return source.reshape(_whole(attributes["newshape"]))


def _transpose(attributes: dict[str, Any], builder: Builder) -> NDArray[Any]:
    axes = attributes.get("axes")
    return _numbers(attributes["a"]).transpose(None if axes is None else _whole(axes))


def _concatenate(attributes: dict[str, Any], builder: Builder) -> NDArray[Any]:
    parts = [_numbers(attributes[term]) for term in attributes["dterms"]]
    builder.spend(sum(part.nbytes for part in parts))
    (axis,) = _whole(attributes.get("axis", 0))
    return np.concatenate(parts, axis=axis)


_COMPUTED: dict[str, Callable[[dict[str, Any], Builder], NDArray[Any]]] = {
    "Ch": lambda attributes, builder: _numbers(attributes["x"]).view(),
    "Select": _select,
    "Reshape": _reshape,
    "transpose": _transpose,
    "Concatenate": _concatenate,
}
