"""The network: audio and a style to motion. Read this file first; each part has its own.

samples --hear--> sound --AudioContentEncoder--> content --Decoder--> motion
                     \\--AudioStyleEncoder--\\               ^  ^
identity --IdentityStyle------------------- fuse --> style --/  |
motion --MotionEncoder--> features --MotionStyleEncoder--/      |
                              \\--MotionContentEncoder--> content   (restyling: what is said comes from a motion)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..motion.controls import N_BLENDSHAPES
from .audio_content import AudioContentEncoder
from .audio_style import AudioStyleEncoder
from .config import CONTROLS_BEYOND_SKIN, ORDINARY_ANGLE, ORDINARY_EYE, NetworkConfig
from .decoder import Decoder
from .face_graph import FaceGraph
from .identity_style import IdentityStyle
from .mel import STACK, LogMel
from .motion_content import CONTENT_STRIDE, MotionContentEncoder, spoken
from .motion_encoder import MotionEncoder
from .motion_style import MotionStyleEncoder
from .sound import Sound


class Network(nn.Module):
    """PTalker's network in the form of design.md section 3.

    Args:
        config: sizes; see `NetworkConfig`.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        by_vertices = config.output == "vertices"
        self.mel = LogMel(config.mels)
        self.audio_content = AudioContentEncoder(config.speech_encoder, config.width, len(config.phones))
        self.audio_style = AudioStyleEncoder(STACK * config.mels, config.width)
        self.motion_encoder = MotionEncoder(
            channels=config.channels,
            points=config.graph_points,
            degree=config.graph_degree,
            others=0 if by_vertices else len(CONTROLS_BEYOND_SKIN),
            vertex_output=by_vertices,
            width=config.width,
            features=config.graph_features,
            heads=2,
            graph=config.graph_attention,
        )
        self.motion_style = MotionStyleEncoder(config.width, config.style_layers, config.heads)
        self.motion_content = MotionContentEncoder(
            config.width, config.content_layers, config.heads, config.bias_period
        )
        self.identity_style = IdentityStyle(len(config.identities), config.width) if config.identities else None
        self.decoder = Decoder(
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            cross_reach=config.cross_reach,
            bias_period=config.bias_period,
            channels=config.channels,
            dropout=config.dropout,
            fusion=config.fusion,
        )
        # What a style says besides motion: blinks in units of engine.idle.BLINKS_SCALE, gaze and drift, about 0..1.
        self.idle = nn.Linear(config.width, 3)
        # What a style's manner is in the words of the teacher, each parameter 0..1 over its range.
        self.traits = nn.Linear(config.width, len(config.traits)) if config.traits else None
        self.register_buffer("mean_style", torch.zeros(config.width))

    mean_style: Tensor

    def set_face(
        self,
        graph: FaceGraph,
        basis: NDArray[np.floating[Any]] | None,
        chosen: NDArray[np.integer[Any]] | None,
        scale: NDArray[np.floating[Any]],
    ) -> None:
        """Tell an untrained network the face its motions are of; it is part of the weights from then on.

        Args:
            graph: the face graph.
            basis: of a network of controls: displacement of each point by each control at 1, [C, N, 3].
            chosen: of a network of vertices: which vertices the points are, [N].
            scale: factor that brings the displacements of each point to a size of about 1, [N].
        """
        points = self.motion_encoder.points
        self.motion_encoder.set_graph(graph)
        if basis is not None:
            points.basis.copy_(torch.from_numpy(np.asarray(basis, np.float32).reshape(len(basis), -1)))
            points.extra.copy_(torch.tensor(CONTROLS_BEYOND_SKIN))
            ordinary = [ORDINARY_EYE if k < N_BLENDSHAPES else ORDINARY_ANGLE for k in CONTROLS_BEYOND_SKIN]
            points.extra_scale.copy_(1.0 / torch.tensor(ordinary))
        if chosen is not None:
            points.chosen.copy_(torch.from_numpy(np.asarray(chosen, np.int64)))
        points.scale.copy_(torch.from_numpy(np.asarray(scale, np.float32))[:, None])

    def hear(self, samples: Tensor) -> Sound:
        """Windows of samples [B, S], cut as `LogMel.windows` wants them, to what the encoders read."""
        return Sound(self.mel.windows(samples), samples if self.audio_content.reads_waves else None)

    def style_of_motion(self, performance: Tensor) -> Tensor:
        """Code [B, D] of a performance [B, P, C] at 25 Hz."""
        code: Tensor = self.motion_style(self.motion_encoder(performance))
        return code

    def style_of_voice(self, sound: Sound) -> Tensor:
        """Code [B, D] of the driving audio."""
        code: Tensor = self.audio_style(sound.mel)
        return code

    def style_of_identity(self, identity: Tensor) -> Tensor:
        """Code [B, D] of performers of the table, by index [B].

        Raises:
            ValueError: the network has no identity table.
        """
        if self.identity_style is None:
            raise ValueError("this network has no identity table")
        code: Tensor = self.identity_style(identity)
        return code

    def content_of_motion(self, motion: Tensor) -> Tensor:
        """What is said [B, T, D] in a motion [B, T, C] at 50 Hz."""
        content: Tensor = self.motion_content(self.spoken_features(motion), motion.shape[1])
        return content

    def spoken_features(self, motion: Tensor) -> Tensor:
        """Features [B, P, D] at 25 Hz of a motion [B, T, C] at 50 Hz, of speech alone where channels are controls."""
        heard = spoken(motion) if self.config.output == "controls" else motion
        features: Tensor = self.motion_encoder(heard[:, ::CONTENT_STRIDE])
        return features

    def content_of_sound(self, sound: Sound) -> tuple[Tensor, Tensor]:
        """What is said [B, T, D], and the phone logits [B, T, K]."""
        content, logits = self.audio_content(sound)
        return content, logits

    @torch.no_grad()
    def track_mean_style(self, codes: Tensor) -> None:
        """Follow the mean of codes [B, D] of many performers' motion; strength exaggerates a style away from it."""
        self.mean_style.lerp_(codes.mean(0), 0.02)

    def forward(self, sound: Sound, style: Tensor) -> tuple[Tensor, Tensor]:
        """Sound and style [B, D] -> (motion [B, T, C], phone logits [B, T, K])."""
        content, logits = self.content_of_sound(sound)
        return self.decoder(content, style), logits
