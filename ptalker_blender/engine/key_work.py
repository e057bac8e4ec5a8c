"""The worker's part of giving a FLAME mesh its face keys."""

from __future__ import annotations

from collections.abc import Callable

from ..rig.flame_mesh import build_mesh_keys
from .key_messages import BuildKeysJob, KeysBuilt
from .keys import default_head


def do_build_keys(number: int, job: BuildKeysJob, progress: Callable[[str, float], None]) -> KeysBuilt:
    """Do one job.

    Raises:
        UserError: as ``rig.flame_mesh.build_mesh_keys``.
    """

    def tell(what: str, done: float) -> None:
        progress(f"Building keys: {what}", done)

    built = build_mesh_keys(default_head(), job.vertices, (job.corners, job.sizes), tell)
    return KeysBuilt(number, built.names, built.deltas, built.follow, built.pivot, built.axes, built.notes)
