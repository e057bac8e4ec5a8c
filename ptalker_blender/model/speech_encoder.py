"""Speech encoders of ``transformers``, built from a configuration dictionary and put on our time grid.

``wav2vec2-bert`` reads our log-mel frames. ``hubert`` and ``wav2vec2``, the papers' own choice, read waves: their
convolutions see 400 samples every 320, so a window of ours, whose first sample lies FIRST_CENTRE = 280 before its first
frame, loses its first 80 samples (200 remain before the first frame, half of 400) and its last 80, and then every frame
of theirs has its centre exactly on a frame of ours.

A configuration holds the fields of the ``transformers`` configuration and, for encoders that read waves, two of ours:
``normalise_windows`` (each window is brought to mean 0 and deviation 1, as the checkpoint was trained) and
``freeze_front`` (the convolutions stay as they were trained, as in PTalker and Mimic; true unless said otherwise).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .mel import FIRST_CENTRE, FRAME

WAVE_ENCODERS = ("hubert", "wav2vec2")
SPEECH_ENCODERS = ("wav2vec2-bert", *WAVE_ENCODERS)
OWN_FIELDS = ("model_type", "normalise_windows", "freeze_front")
# SpecAugment and layer drop inside the model would make evaluation differ from training for reasons nobody sees; both
# draw from generators that a resumed run cannot restore, and leave parameters without a gradient, which DDP refuses.
SWITCHED_OFF: dict[str, Any] = {
    "apply_spec_augment": False,
    "mask_time_prob": 0.0,
    "mask_feature_prob": 0.0,
    "layerdrop": 0.0,
}
QUIET = 1e-7  # added to a window's variance, as transformers' Wav2Vec2FeatureExtractor does: silence stays finite


def reads_waves(config: Mapping[str, Any]) -> bool:
    """Whether a speech encoder of this configuration reads waves rather than log-mel frames."""
    return config["model_type"] in WAVE_ENCODERS


def build_speech_encoder(config: Mapping[str, Any]) -> nn.Module:
    """A ``transformers`` speech encoder, untrained. Its module is imported by name, and only when it is asked for:
    ``AutoModel``'s registry of every model doubles the start-up time.

    Raises:
        ValueError: the model type is unknown, the fields do not make an encoder, or its frames are not ours.
    """
    kind = config["model_type"]
    fields = {key: value for key, value in config.items() if key not in OWN_FIELDS}
    if config.get("add_adapter"):
        raise ValueError("a speech encoder with an adapter (add_adapter) has fewer frames than motion; it is refused")
    if kind in WAVE_ENCODERS:
        fields = SWITCHED_OFF | fields
    try:
        encoder: Any = _build(kind, fields)
    except (TypeError, KeyError) as error:
        raise ValueError(f"speech encoder {kind!r} cannot be built: {error}") from error
    if kind in WAVE_ENCODERS:
        receptive_field(encoder.config.conv_kernel, encoder.config.conv_stride)
    built: nn.Module = encoder
    return built


def _build(kind: str, fields: dict[str, Any]) -> nn.Module:
    if kind == "wav2vec2-bert":
        from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel

        return _made(Wav2Vec2BertConfig, Wav2Vec2BertModel, fields)
    if kind == "hubert":
        from transformers import HubertConfig, HubertModel

        return _made(HubertConfig, HubertModel, fields)
    if kind == "wav2vec2":
        from transformers import Wav2Vec2Config, Wav2Vec2Model

        return _made(Wav2Vec2Config, Wav2Vec2Model, fields)
    raise ValueError(f"speech encoder {kind!r} is not supported; use one of {', '.join(SPEECH_ENCODERS)}")


def _made(config: Any, model: Any, fields: dict[str, Any]) -> nn.Module:
    from huggingface_hub.errors import StrictDataclassError

    try:
        made: nn.Module = model(config(**fields))
    except StrictDataclassError as error:  # what transformers 5 raises for a field of the wrong kind; no ValueError
        raise ValueError(" ".join(str(error).split())) from error
    return made


def receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """Samples that one frame of a stack of convolutions sees.

    Raises:
        ValueError: frames are not 20 ms apart, or see more than our windows hold around a frame.
    """
    step, field = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * step
        step *= stride
    if step != FRAME or field % 2 or field > 2 * FIRST_CENTRE:
        raise ValueError(
            f"the speech encoder's frames are {step} samples apart and see {field}; expected {FRAME} apart and an even "
            f"number up to {2 * FIRST_CENTRE}"
        )
    return field


@dataclass(frozen=True)
class WaveInput:
    """Cuts windows to what an encoder that reads waves must see.

    Normalisation is per window, never per clip. Windows lie on a fixed grid from the clip's start, so a frame does not
    change with what comes after its window; the price is that a window of breath alone is made as loud as speech.

    Attributes:
        field: samples a frame of the encoder sees.
        normalise: bring each window to mean 0 and deviation 1.
    """

    field: int
    normalise: bool

    def __call__(self, samples: Tensor, frames: int) -> Tensor:
        """Windows [B, S] -> [B, FRAME * (frames - 1) + field], frame k of the encoder centred on frame k of ours.

        Raises:
            ValueError: the windows are too short for this many frames.
        """
        start = FIRST_CENTRE - self.field // 2
        length = FRAME * (frames - 1) + self.field
        if samples.shape[1] < start + length:
            raise ValueError(f"{samples.shape[1]} samples do not hold {frames} frames; {start + length} are needed")
        waves = samples[:, start : start + length]
        if not self.normalise:
            return waves
        centred = waves - waves.mean(dim=1, keepdim=True)
        return centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + QUIET)


def wave_input(encoder: nn.Module, config: Mapping[str, Any]) -> WaveInput | None:
    """What cuts windows for an encoder built from this configuration; None for one that reads log-mel frames.

    Raises:
        ValueError: the configuration does not say whether windows are normalised.
    """
    if not reads_waves(config):
        return None
    if "normalise_windows" not in config:
        raise ValueError(f"speech encoder {config['model_type']!r} needs normalise_windows: true or false")
    built: Any = encoder.config
    return WaveInput(receptive_field(built.conv_kernel, built.conv_stride), bool(config["normalise_windows"]))


def freeze_front(encoder: nn.Module) -> None:
    """Keep the convolutions of an encoder that reads waves as they are, and build no gradient graph for them."""
    front: Any = encoder.feature_extractor
    # What freeze_feature_encoder() of the models with heads calls; HubertModel itself has no public method for it.
    front._freeze_parameters()
