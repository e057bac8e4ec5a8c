"""What a run's network is about: whose motions, of which face, in which channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ..motion.controls import N_CONTROLS
from ..rig.head import load_head
from ..rig.lips import LipRig
from .config import TrainConfig
from .corpus.phones import PHONES
from .evaluation.vertices_regions import flame_vertex_regions, read_regions
from .face import Face, face_of_head, face_of_mesh
from .losses import MotionLoss, VertexLoss
from .recorded.clips import RecordedSet
from .recorded.read import read_recorded
from .recordings import RecordedShare, movement
from .teacher.performer import LIBRARY, RANGES


@dataclass(frozen=True)
class Material:
    """Recorded sets, and what follows from them for the network.

    Attributes:
        recorded: the sets, with the configuration's line for each.
        identities: of the identity table: the teacher's performers, the library's first, then the recorded ones.
        channels: C of the motion.
        face: what the motions are of.
        criterion: errors of motions, on the CPU.
        lips: of the default head; None for vertices.
        speech_encoder: its configuration.
    """

    recorded: tuple[tuple[RecordedSet, RecordedShare], ...]
    identities: tuple[str, ...]
    channels: int
    face: Face
    criterion: MotionLoss | VertexLoss
    lips: LipRig | None
    speech_encoder: dict[str, object]

    def network_config(self, config: TrainConfig) -> NetworkConfig:
        """The network of this run."""
        return NetworkConfig(
            phones=PHONES,
            speech_encoder=dict(self.speech_encoder),
            identities=self.identities,
            traits=tuple(RANGES) if config.motion.performers else (),
            output="controls" if self.channels == N_CONTROLS else "vertices",
            channels=self.channels,
            graph_points=len(self.face.graph.rest),
            graph_degree=self.face.graph.degree,
            **asdict(config.network.sizes()),
        )


def gather_material(config: TrainConfig, say: Callable[[str], None]) -> Material:
    """Read the recorded sets of a configuration and decide what the network is about.

    Raises:
        UserError: sets that do not fit each other, or a set's own faults.
    """
    recorded = tuple((_read(share), share) for share in config.motion.recordings)
    for found, share in recorded:
        say(f"recorded {share.kind} {share.path}: {len(found.of('train'))} clips of {len(found.performers)} performers")
        for note in found.notes:
            say(f"  {note}")
    drawn = [*LIBRARY, *(f"performer_{i:03d}" for i in range(len(LIBRARY), config.motion.performers))]
    names = [f"{found.name}:{performer}" for found, _ in recorded for performer in found.performers]
    identities = (*drawn[: config.motion.performers], *names)
    channels = _channels(config, recorded)
    encoder: dict[str, object] = dict(COMPACT_SPEECH_ENCODER)
    if config.network.speech_encoder is not None:
        from ..model.speech_folder import load_speech_encoder

        encoder = load_speech_encoder(config.network.speech_encoder)[0]
    if channels == N_CONTROLS:
        head = load_head()
        criterion = MotionLoss(head, config.motion.loss)
        return Material(recorded, identities, channels, face_of_head(head), criterion, criterion.rig, encoder)
    if config.motion.constraints.closure:
        raise UserError(
            "a closure weight for a network of vertices", "0, since closures are told by the default head's lips",
            "take `closure` out of [motion.constraints]",
        )  # fmt: skip
    found, share = recorded[0]
    face, loss = _of_vertices(found, share, config)
    return Material(recorded, identities, channels, face, loss, None, encoder)


def _read(share: RecordedShare) -> RecordedSet:
    return read_recorded(share.kind, share.path, index=share.index, flame=share.flame, mesh=share.mesh)


def _channels(config: TrainConfig, recorded: tuple[tuple[RecordedSet, RecordedShare], ...]) -> int:
    counts = {len(found.observed) for found, _ in recorded} | ({N_CONTROLS} if config.motion.performers else set())
    if len(counts) > 1:
        raise UserError(
            f"motions of {sorted(counts)} channels", "all of one kind: controls, or vertices of one mesh",
            "train one network for each; a vertex set needs `performers = 0` and no other set",
        )  # fmt: skip
    return counts.pop()


def _of_vertices(found: RecordedSet, share: RecordedShare, config: TrainConfig) -> tuple[Face, VertexLoss]:
    """Face and loss of a set of vertices."""
    if found.templates is None or found.faces is None:
        raise UserError(
            f"{found.name} brings no triangles", "a mesh with them", "name a .ply or .obj of its topology as `mesh`"
        )
    template = next(iter(found.templates.values()))
    regions = (
        flame_vertex_regions(template)
        if share.regions is None
        else read_regions(share.regions, len(template), template)
    )
    lips: NDArray[np.int32] = regions.lips
    if not len(lips):
        raise UserError(f"no lips among the regions of {found.name}", "ids of the lip vertices", "see docs/datasets.md")
    face = face_of_mesh(template, found.faces, movement(found.of("train")))
    return face, VertexLoss(lips, share.unit_mm, config.motion.loss)
