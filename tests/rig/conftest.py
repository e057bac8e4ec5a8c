"""Pickles as Python 2 and chumpy wrote them, made without either."""

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


class Ch:
    """Stands for ``chumpy.ch.Ch``: its pickled state has the array under ``x`` beside chumpy's own book-keeping."""

    __module__ = "chumpy.ch"

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(
            {"_dirty_vars": set(), "_itr": None, "_make_dense": False, "_make_sparse": False},
            _depends_on_deps={}, **attributes,
        )  # fmt: skip


class Pickler(pickle._Pickler):
    """Names classes as they call themselves, importable or not; ``old`` writes str and bytes as Python 2 wrote str."""

    dispatch = dict(pickle._Pickler.dispatch)
    old = False

    def named(self, obj: Any, name: str | None = None) -> None:
        module = {"builtins": "__builtin__", "copyreg": "copy_reg"}.get(obj.__module__, obj.__module__)
        if self.proto >= 4:
            self.save(obj.__module__)
            self.save(obj.__qualname__)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module if self.old else obj.__module__}\n{obj.__name__}\n".encode())
        self.memoize(obj)

    save_global = named

    def text(self, obj: Any) -> None:
        raw = obj.encode("latin-1") if isinstance(obj, str) else obj
        if not self.old:
            return pickle._Pickler.dispatch[type(obj)](self, obj)
        if self.proto == 0:
            self.write(pickle.STRING + repr(raw)[1:].encode() + b"\n")
        elif len(raw) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(raw)]) + raw)
        else:
            self.write(pickle.BINSTRING + len(raw).to_bytes(4, "little") + raw)
        self.memoize(obj)

    dispatch[str] = dispatch[bytes] = text
    dispatch[type] = dispatch[type(len)] = dispatch[type(lambda: 0)] = named


def dumps(value: Any, protocol: int = 2, *, python2: bool = True) -> bytes:
    target = io.BytesIO()
    pickler = Pickler(target, protocol)
    pickler.old = python2
    pickler.dump(value)
    return target.getvalue()


@pytest.fixture(scope="session")
def legacy_dumps() -> Callable[..., bytes]:
    """``dumps(value, protocol=2, *, python2=True)``"""
    return dumps


@pytest.fixture(scope="session")
def chumpy() -> Callable[..., Any]:
    """``chumpy(name, **attributes)``: an object that pickles as ``chumpy.<name>``; ``ch.Ch`` takes its array as x."""

    def make(name: str, **attributes: Any) -> Any:
        module, _, kind = name.rpartition(".")
        of = type(kind, (Ch,), {"__module__": f"chumpy.{module}"})
        return of(**{key: np.asarray(v) if key == "x" else v for key, v in attributes.items()})

    return make
