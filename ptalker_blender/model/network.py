"""The network: audio and a style to controls. Read this file first; each part has its own.

samples --LogMel--> mel --AudioContentEncoder--> content --Decoder--> controls
                      \\--AudioStyleEncoder--\\              ^
performance --MotionStyleEncoder-------------- fuse --> style
identity --IdentityStyle---------------------/
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .audio_content import AudioContentEncoder
from .audio_style import AudioStyleEncoder
from .config import NetworkConfig
from .decoder import Decoder
from .identity_style import IdentityStyle
from .mel import STACK, LogMel
from .motion_style import MotionStyleEncoder


class Network(nn.Module):
    """PTalker's network in the form of design.md section 3.

    Args:
        config: sizes; see `NetworkConfig`.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.mel = LogMel(config.mels)
        self.audio_content = AudioContentEncoder(config.speech_encoder, config.width, len(config.phones))
        self.audio_style = AudioStyleEncoder(STACK * config.mels, config.width)
        self.motion_style = MotionStyleEncoder(config.controls, config.width, config.style_layers, config.heads)
        self.identity_style = IdentityStyle(len(config.identities), config.width) if config.identities else None
        self.decoder = Decoder(
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            cross_reach=config.cross_reach,
            bias_period=config.bias_period,
            controls=config.controls,
            dropout=config.dropout,
        )
        # What a style says besides motion: blinks in units of engine.idle.BLINKS_SCALE, gaze and drift, about 0..1.
        self.idle = nn.Linear(config.width, 3)
        self.register_buffer("mean_style", torch.zeros(config.width))

    mean_style: Tensor

    def style_codes(self, performance: Tensor, mel: Tensor, identity: Tensor) -> list[Tensor]:
        """Codes [B, D] of the performance [B, P, C], the driving audio [B, T, 2M] and the identity [B].

        Raises:
            ValueError: the network has no identity table.
        """
        if self.identity_style is None:
            raise ValueError("this network has no identity table")
        return [self.motion_style(performance), self.audio_style(mel), self.identity_style(identity)]

    @torch.no_grad()
    def track_mean_style(self, codes: Tensor) -> None:
        """Follow the mean of codes [B, D] of many performers' motion; strength exaggerates a style away from it."""
        self.mean_style.lerp_(codes.mean(0), 0.02)

    def forward(self, mel: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel frames [B, T, 2M] and style [B, D] -> (controls [B, T, C], phone logits [B, T, K])."""
        content, logits = self.audio_content(mel)
        return self.decoder(content, style), logits
