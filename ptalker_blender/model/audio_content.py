"""Audio content encoder: what is said, frame by frame (PTalker's E_a^c with any speech encoder of ``transformers``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .sound import Sound
from .speech_encoder import build_speech_encoder, freeze_front, wave_input


class AudioContentEncoder(nn.Module):
    """Sound to content codes, with the phone head of training stage 1.

    Args:
        speech_encoder: ``transformers`` configuration; see `speech_encoder` for what it may hold.
        width: D of the content codes.
        phones: number of phone classes K.

    Raises:
        ValueError: the configuration is of no encoder we can use.
    """

    def __init__(self, speech_encoder: Mapping[str, Any], width: int, phones: int) -> None:
        super().__init__()
        encoder: Any = build_speech_encoder(speech_encoder)
        self.encoder: nn.Module = encoder
        self.waves = wave_input(encoder, speech_encoder)
        self.front_is_frozen = self.waves is not None and bool(speech_encoder.get("freeze_front", True))
        if self.front_is_frozen:
            freeze_front(encoder)
        hidden = int(encoder.config.hidden_size)
        self.phone_head = nn.Linear(hidden, phones)
        self.project = nn.Linear(hidden + phones, width)

    @property
    def reads_waves(self) -> bool:
        """Whether `Sound.samples` must be there."""
        return self.waves is not None

    def tuned_parameters(self) -> list[nn.Parameter]:
        """Parameters that learn what is said: the encoder's, less a frozen convolutional front, and the phone head's.

        Training sets and reads `requires_grad` of these alone, so the front stays frozen in every stage.
        """
        encoder: Any = self.encoder
        frozen = {id(parameter) for parameter in encoder.feature_extractor.parameters()} if self.front_is_frozen else ()
        learn = [*self.encoder.parameters(), *self.phone_head.parameters()]
        return [parameter for parameter in learn if id(parameter) not in frozen]

    def hidden(self, sound: Sound) -> Tensor:
        """Windows of T frames to encoder states [B, T, H].

        Raises:
            ValueError: the encoder reads waves and the sound has none.
        """
        if self.waves is None:
            return self._states(input_features=sound.mel)
        if sound.samples is None:
            raise ValueError("this speech encoder reads waves; the sound holds log-mel frames alone")
        return self._states(input_values=self.waves(sound.samples, sound.mel.shape[1]))

    def _states(self, **inputs: Tensor) -> Tensor:
        states: Tensor = self.encoder(**inputs).last_hidden_state
        return states

    def forward(self, sound: Sound) -> tuple[Tensor, Tensor]:
        """Windows of T frames to (content [B, T, D], phone logits [B, T, K]).

        The content sees the phone posteriors as well as the states: what stage 1 learned of closures reaches the
        decoder without having to be learned again.
        """
        states = self.hidden(sound)
        logits = self.phone_head(states)
        content: Tensor = self.project(torch.cat([states, logits.softmax(-1)], dim=-1))
        return content, logits
