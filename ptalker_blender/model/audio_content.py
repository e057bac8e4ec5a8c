"""Audio content encoder: what is said, frame by frame (PTalker's E_a^c with a compact speech encoder)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# transformers is imported by name here, not through AutoModel's registry of every model: it halves start-up time.


def build_speech_encoder(config: dict[str, Any]) -> nn.Module:
    """A ``transformers`` speech encoder from its configuration dictionary.

    Raises:
        ValueError: the model type takes raw samples rather than features, or is unknown.
    """
    fields = {key: value for key, value in config.items() if key != "model_type"}
    if config["model_type"] == "wav2vec2-bert":
        from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel

        model: nn.Module = Wav2Vec2BertModel(Wav2Vec2BertConfig(**fields))
        return model
    raise ValueError(f"speech encoder {config['model_type']!r} is not supported; use 'wav2vec2-bert'")


class AudioContentEncoder(nn.Module):
    """Log-mel frames to content codes, with the phone head of training stage 1.

    Args:
        speech_encoder: ``transformers`` configuration.
        width: D of the content codes.
        phones: number of phone classes K.
    """

    def __init__(self, speech_encoder: dict[str, Any], width: int, phones: int) -> None:
        super().__init__()
        self.encoder = build_speech_encoder(speech_encoder)
        hidden = int(speech_encoder["hidden_size"])
        self.phone_head = nn.Linear(hidden, phones)
        self.project = nn.Linear(hidden + phones, width)

    def hidden(self, mel: Tensor) -> Tensor:
        """Log-mel frames [B, T, 2M] to encoder states [B, T, H]."""
        states: Tensor = self.encoder(input_features=mel).last_hidden_state
        return states

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel frames [B, T, 2M] to (content [B, T, D], phone logits [B, T, K]).

        The content sees the phone posteriors as well as the states: what stage 1 learned of closures reaches the
        decoder without having to be learned again.
        """
        states = self.hidden(mel)
        logits = self.phone_head(states)
        content: Tensor = self.project(torch.cat([states, logits.softmax(-1)], dim=-1))
        return content, logits
