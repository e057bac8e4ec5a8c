"""Speech encoder checkpoints from a local folder in the layout of ``transformers``: config.json, model.safetensors and,
for encoders that read waves, preprocessor_config.json. Nothing is downloaded and nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..audio.clip import SAMPLE_RATE
from ..errors import UserError
from .speech_encoder import SPEECH_ENCODERS, SWITCHED_OFF, build_speech_encoder, reads_waves

WEIGHTS = "model.safetensors"
PREFIXES = {"hubert": "hubert.", "wav2vec2": "wav2vec2.", "wav2vec2-bert": "wav2vec2_bert."}
SHARED = (
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "hidden_dropout", "activation_dropout", "attention_dropout", "feat_proj_dropout", "layer_norm_eps", "add_adapter",
)  # fmt: skip
OF_WAVES = (
    "feat_extract_norm", "feat_extract_activation", "feat_proj_layer_norm", "conv_dim", "conv_stride", "conv_kernel",
    "conv_bias", "num_conv_pos_embeddings", "num_conv_pos_embedding_groups", "conv_pos_batch_norm",
    "do_stable_layer_norm", "adapter_attn_dim",
)  # fmt: skip
OF_MEL = (
    "feature_projection_input_dim", "position_embeddings_type", "rotary_embedding_base", "max_source_positions",
    "left_max_position_embeddings", "right_max_position_embeddings", "conv_depthwise_kernel_size",
    "conformer_conv_dropout", "use_intermediate_ffn_before_adapter",
)  # fmt: skip
# The two spellings of a weight-normed convolution: torch's before 2.0, and since.
RESPELT = {".weight_g": ".parametrizations.weight.original0", ".weight_v": ".parametrizations.weight.original1"}
ADVICE = "point at the folder of a HuBERT or wav2vec 2.0 model, as save_pretrained() of transformers writes it"


def load_speech_encoder(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration for `NetworkConfig.speech_encoder`, and the encoder's tensors, float32.

    A model with a head (CTC, pre-training) gives its encoder; the head stays behind. The tensors fit
    ``network.audio_content.encoder.load_state_dict(state, strict=True)`` exactly.

    Raises:
        UserError: no such folder, a file missing or unreadable, pickled weights, an encoder of another kind or another
            frame rate, or tensors that are not those of its configuration.
    """
    config = _configuration(folder)
    state = _tensors(folder, config["model_type"])
    try:
        # Names and shapes are compared on torch's "meta" device: a large model is not built to be thrown away.
        with torch.device("meta"):
            expected = build_speech_encoder(config).state_dict()
    except ValueError as error:
        raise UserError(f"{folder / 'config.json'}: {error}", "a speech encoder with 20 ms frames", ADVICE) from error
    _require_same(folder, expected, state)
    return config, state


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf8"))
    except FileNotFoundError as error:
        raise UserError(f"no {path.name} in {path.parent}", "a folder with one", ADVICE) from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error})", "a JSON file", ADVICE) from error
    if not isinstance(value, dict):
        raise UserError(f"{path} holds no settings", "a JSON object", ADVICE)
    return value


def _configuration(folder: Path) -> dict[str, Any]:
    """The fields that shape the encoder, and ours; those of heads, tokens and masking stay behind."""
    told = _read_json(folder / "config.json")
    kind = told.get("model_type")
    if kind not in SPEECH_ENCODERS:
        raise UserError(f"{folder.name} is of model type {kind!r}", f"one of {', '.join(SPEECH_ENCODERS)}", ADVICE)
    wanted = {*SHARED, *(OF_WAVES if reads_waves(told) else OF_MEL)}
    config = {key: told[key] for key in sorted(wanted) if told.get(key) is not None} | SWITCHED_OFF
    if reads_waves(told):
        config |= {"normalise_windows": _normalises(folder), "freeze_front": True}
    return config


def _normalises(folder: Path) -> bool:
    """Whether the checkpoint wants its input brought to mean 0 and deviation 1."""
    path = folder / "preprocessor_config.json"
    settings = _read_json(path)
    if settings.get("sampling_rate") != SAMPLE_RATE:
        found = f"{path} says sampling_rate {settings.get('sampling_rate')!r}"
        raise UserError(found, f"{SAMPLE_RATE}", "use a model for 16 kHz speech")
    if not isinstance(settings.get("do_normalize"), bool):
        found = f"{path} says do_normalize {settings.get('do_normalize')!r}"
        raise UserError(found, "true or false", "write what the model was trained with")
    return bool(settings["do_normalize"])


def _tensors(folder: Path, kind: str) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    if not path.is_file():
        pickled = any(folder.glob("*.bin"))
        found = f"{folder} holds pickled weights and no {WEIGHTS}" if pickled else f"no {WEIGHTS} in {folder}"
        raise UserError(
            found,
            f"{WEIGHTS}, in one piece, which cannot execute anything",
            "convert the model once where you trust it: transformers.AutoModel.from_pretrained(FOLDER)"
            '.save_pretrained(FOLDER, max_shard_size="50GB")',
        )
    try:
        tensors: Mapping[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a readable safetensors file ({error})", "whole weights", ADVICE) from error
    return encoder_tensors(tensors, PREFIXES[kind])


def encoder_tensors(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The encoder's tensors as float32, under the names of today's ``transformers``.

    Args:
        tensors: of a bare model, or of one with a head, whose encoder's names begin with `prefix`.
        prefix: with its full stop.
    """
    headed = any(name.startswith(prefix) for name in tensors)
    state = {}
    for name, tensor in tensors.items():
        bare = name.removeprefix(prefix)
        if (headed and bare == name) or bare == "masked_spec_embed":  # of SpecAugment, which is switched off
            continue
        for old, new in RESPELT.items():
            bare = bare.removesuffix(old) + new if bare.endswith(old) else bare
        state[bare] = tensor.float() if tensor.is_floating_point() else tensor
    return state


def _require_same(folder: Path, expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    for name in sorted({*expected, *state}):
        told = tuple(expected[name].shape) if name in expected else None
        there = tuple(state[name].shape) if name in state else None
        if told != there:
            wanted = "no such tensor" if told is None else f"shape {told}"
            found = "is missing" if there is None else f"has shape {there}"
            raise UserError(f"{name} in {folder / WEIGHTS} {found}", f"{wanted}, as config.json says", ADVICE)
