"""Heads of one family: the same polygons over other positions, so that shape keys go from one to another exactly.

What an artist sculpts on one member, a corrected smile say, serves the others vertex by vertex: a key is a displacement
per vertex, and vertex 4711 is the same place on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .head import Head

Ids = NDArray[np.int32]


def same_topology(a: Head, b: Head) -> bool:
    """Whether two heads have the same vertices, polygons, parts and landmarks by index, wherever the vertices lie."""
    return difference(a, b) is None


def difference(a: Head, b: Head) -> str | None:
    """The first thing in which the topologies of two heads differ, in words; None where they are one family."""
    if len(a.vertices) != len(b.vertices):
        return f"{len(a.vertices):,} and {len(b.vertices):,} vertices"
    if len(a.polygons[1]) != len(b.polygons[1]):
        return f"{len(a.polygons[1]):,} and {len(b.polygons[1]):,} polygons"
    if not all(np.array_equal(one, other) for one, other in zip(a.polygons, b.polygons, strict=True)):
        return "polygons between other vertices"
    return _groups_differ("part", a.parts, b.parts) or _groups_differ("landmark", a.landmarks, b.landmarks)


def _groups_differ(kind: str, a: Mapping[str, Ids], b: Mapping[str, Ids]) -> str | None:
    lone = sorted(a.keys() ^ b.keys())
    if lone:
        return f"{kind} {lone[0]!r} on one of them only"
    for name, ids in a.items():
        if not np.array_equal(ids, b[name]):
            return f"{kind} {name!r} of other vertices"
    return None


def transfer_keys(source: Head, target: Head, names: Sequence[str] | None = None) -> Head:
    """Give one member of a family the keys of another, bit for bit.

    Args:
        source: whose keys are copied.
        target: who gets them; a key of the same name is replaced in its place, another one is appended.
        names: keys of the source to copy; None for all.

    Returns:
        ``target`` with these keys; its shape and all else stay.

    Raises:
        UserError: heads of different topology, or a name the source has no key of.
    """
    differs = difference(source, target)
    if differs is not None:
        raise UserError(
            f"the heads are not of one family ({differs})",
            "two heads with the same vertices, polygons, parts and landmarks",
            "transfer between members of one family only",
        )
    wanted = source.key_names if names is None else tuple(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in source.key_names]
    if unknown:
        raise UserError(
            f"the source has no key {', '.join(map(repr, unknown))}",
            f"some of its {len(source.key_names)} keys",
            "check the spelling; keys are named like jawOpen",
        )
    deltas = {**dict(zip(target.key_names, target.key_deltas, strict=True)),
              **{name: source.key_deltas[source.key_names.index(name)] for name in wanted}}  # fmt: skip
    stacked = np.stack(list(deltas.values())) if deltas else target.key_deltas
    return replace(target, key_names=tuple(deltas), key_deltas=stacked)
