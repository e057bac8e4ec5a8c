"""A motion as the vertices of a FLAME mesh, by the keys that are built for it; written a part at a time.

Ten minutes at 50 frames a second are 30,000 frames of 60 kB: 1.8 GB in the file, but some MB in memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..files import atomic_write
from ..motion.controls import BLENDSHAPES, INDEX
from ..motion.motion import Motion
from ..motion.npz import write_motion_npz
from .flame_file import FlameTemplate
from .flame_jaw import CORRECTIVE, corrective_weight
from .flame_mesh import build_mesh_keys
from .head import Head
from .keying.build import Progress

CHUNK = 64  # frames computed at once


@dataclass(frozen=True)
class VertexRig:
    """A FLAME mesh that can be moved.

    Attributes:
        rest: float32 [V, 3], metres, in the axes and the order of its file.
        deltas: float32 [53, V, 3], metres at weight 1, of ``BLENDSHAPES`` and the jaw's corrective.
        unit: metres of one unit of the file.
        notes: sentences for the user.
    """

    rest: NDArray[np.float32]
    deltas: NDArray[np.float32]
    unit: float
    notes: tuple[str, ...]


def vertex_rig(known: Head, template: FlameTemplate, progress: Progress | None = None) -> VertexRig:
    """Build the keys of a FLAME file's mesh.

    Args:
        known: the head whose keys are carried over.
        template: in any axes and units; the units are told by the size of the face, as powers of ten of a metre.
        progress: see :func:`.keying.build.build_keys`.

    Raises:
        UserError: as :func:`.flame_mesh.build_mesh_keys`.
    """
    sizes = np.full(len(template.faces), 3)
    built = build_mesh_keys(known, template.v_template, (template.faces.ravel(), sizes), progress)
    order = [built.names.index(name) for name in (*BLENDSHAPES, CORRECTIVE)]
    rest, deltas = (np.asarray(built.unit * array, np.float32) for array in (template.v_template, built.deltas[order]))
    return VertexRig(rest, deltas, built.unit, built.notes)


def vertex_frames(rig: VertexRig, motion: Motion) -> Iterator[NDArray[np.float32]]:
    """Vertices float32 [n, V, 3] of some frames at a time, metres; head rotation plays no part."""
    flat = rig.deltas.reshape(len(rig.deltas), -1)
    for first in range(0, len(motion.values), CHUNK):
        values = motion.values[first : first + CHUNK]
        opening = corrective_weight(values[:, INDEX["jawOpen"]], values[:, INDEX["mouthClose"]])
        weights = np.column_stack([values[:, [INDEX[name] for name in BLENDSHAPES]], opening]).astype(np.float32)
        yield rig.rest + (weights @ flat).reshape(len(values), *rig.rest.shape)


def write_vertex_motion(motion: Motion, rig: VertexRig, path: Path | str, progress: Progress | None = None) -> None:
    """Write a motion npz (:mod:`..motion.npz`) with ``vertices`` float32 [T, V, 3] besides, uncompressed.

    Args:
        motion: at the rate to be written.
        rig: of the same FLAME file.
        path: an .npz, which is replaced only when complete.
        progress: told what is being done and how much of it is done, 0..1.
    """
    count = len(motion.values)
    with atomic_write(path) as temporary:
        write_motion_npz(motion, temporary)
        with (
            zipfile.ZipFile(temporary, "a", zipfile.ZIP_STORED, allowZip64=True) as archive,
            # A fixed date, as numpy has it: the same motion gives the same bytes.
            archive.open(zipfile.ZipInfo("vertices.npy"), "w", force_zip64=True) as entry,
        ):
            header = {"descr": "<f4", "fortran_order": False, "shape": (count, *rig.rest.shape)}
            np.lib.format.write_array_header_1_0(entry, header)  # type: ignore[no-untyped-call]
            done = 0
            for part in vertex_frames(rig, motion):
                entry.write(np.asarray(part, "<f4", order="C").data)
                done += len(part)
                if progress is not None:
                    progress("writing vertices", done / count)
