"""The table of hashes by which FLAME's connectivity is recognised."""

from __future__ import annotations

import base64
import textwrap

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ptalker_blender.rig.topology import edge_signature, polygon_edges, vertex_colours

NAMES = ("skin", "left eyeball", "right eyeball")  # in the order of their vertices

HEAD = '''"""Hashes of FLAME's connectivity; written by ``python -m tools.flame_tables``, not by hand.

Nothing of the model is in here: a colour is a hash of a vertex's surroundings (:func:`.topology.vertex_colours`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """A connected component of FLAME: its counts and the signature of its edges (``topology.edge_signature``)."""

    name: str
    first: int
    vertices: int
    edges: int
    faces: int
    sha256: str


def colour_table() -> NDArray[np.uint32]:
    """The colour of each of FLAME's vertices in FLAME's order, uint32 [5023]."""
    return np.frombuffer(base64.b85decode("".join(_COLOURS.split())), "<u4").astype(np.uint32)


'''


def topology_table(faces: NDArray[np.int32]) -> str:
    """The source of ``ptalker_blender/rig/topology_table.py`` for FLAME's triangles [F, 3]."""
    n = int(faces.max()) + 1
    polygons = (faces.ravel(), np.full(len(faces), 3))
    edges, colours = polygon_edges(polygons), vertex_colours(polygons, n)
    if len(np.unique(colours)) != n:
        raise ValueError("some vertices share a colour")
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(n, n))
    components = connected_components(graph, directed=False)[1]
    lines = [HEAD + f'EDGES_SHA256 = "{edge_signature(edges)}"', "PARTS: tuple[Part, ...] = ("]
    for k, name in enumerate(NAMES):
        ids, own = np.flatnonzero(components == k), edges[components[edges[:, 0]] == k]
        if ids[-1] - ids[0] + 1 != len(ids):
            raise ValueError(f"the vertices of the {name} do not lie together")
        count = int((components[faces[:, 0]] == k).sum())
        values = [f'"{name}"', ids[0], len(ids), len(own), count, f'"{edge_signature(own)}"']
        lines += ["    Part(", *(f"        {value}," for value in values), "    ),"]
    text = textwrap.fill(base64.b85encode(colours.astype("<u4").tobytes()).decode(), 110, break_on_hyphens=False)
    return "\n".join([*lines, ")", '_COLOURS = r"""', text, '"""', ""])
