"""The network's configuration: everything needed to rebuild it, stored as JSON beside the weights.

Shape legend used throughout ``model/``:
    B  batch            S  audio samples at 16 kHz       T  frames at 50 Hz
    P  motion frames at 25 Hz                            D  model width (``width``)
    M  mel bands        C  motion channels: 55 controls, or 3 a vertex
    K  phones (40)      N  points of the face graph      V  vertices
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from ..motion.controls import CONTROLS, INDEX, N_CONTROLS
from .identity_style import TOKENS
from .saln import FUSIONS

#: Controls that move no point of the face's skin, yet say something: the turn of head and eyes, and the tongue.
CONTROLS_BEYOND_SKIN = tuple(
    INDEX[name] for name in CONTROLS if name.startswith(("head", "eyeLook")) or name == "tongueOut"
)
ORDINARY_ANGLE, ORDINARY_EYE = 0.07, 0.1  # how far heads (radians) and eyes turn in speech; brought to about 1
OUTPUTS = ("controls", "vertices")

COMPACT_SPEECH_ENCODER: dict[str, Any] = {
    # A Wav2Vec2-BERT of 1.5 M parameters. Its defaults do not fit: relative position embeddings cost 5 times the time
    # and memory of rotary ones (design.md section 3), and SpecAugment or layer drop inside the model would make
    # evaluation differ from training for reasons nobody sees.
    "model_type": "wav2vec2-bert",
    "vocab_size": None,
    "hidden_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "feature_projection_input_dim": 160,
    "position_embeddings_type": "rotary",
    "conv_depthwise_kernel_size": 15,
    "conformer_conv_dropout": 0.05,
    "hidden_dropout": 0.05,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "layerdrop": 0.0,
    "apply_spec_augment": False,
    "add_adapter": False,
}


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes and choices of one network.

    Attributes:
        phones: names of the phone classes the content encoder is first trained on.
        speech_encoder: configuration of a ``transformers`` speech encoder, with its ``model_type``.
        mels: mel bands of the encoder's input.
        width: D, width of the decoder and of the codes.
        layers, heads, feed_forward: size of the decoder.
        style_layers, content_layers: transformer layers of the motion style and the motion content encoder.
        cross_reach: frames of audio either side that a motion frame attends to.
        bias_period: frames over which each head's self-attention bias falls by that head's slope (PTalker's period).
        identities: names in the identity style table; an empty tuple leaves the table out.
        traits: names of the teacher's parameters that can be read back from a style code; none: no such reading.
        output: ``controls`` or ``vertices``: what the channels of the motion are.
        channels: C, of the motion.
        graph_points, graph_degree: N of the face graph, and its most neighbours of a point.
        graph_features: of each point inside the motion encoder.
        graph_attention: False reads motion through one linear layer, as the released PTalker does; an ablation.
        fusion: how the style reaches the decoder, one of ``saln.FUSIONS``; others than saln are ablations.
        dropout: in the decoder.
        lead_frames: frames by which the trained network was measured to run ahead of the sound; the engine hands its
            output out that much later (see docs/decisions.md for the measurement).
    """

    phones: tuple[str, ...]
    speech_encoder: dict[str, Any] = field(default_factory=lambda: dict(COMPACT_SPEECH_ENCODER))
    mels: int = 80
    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    style_layers: int = 2
    content_layers: int = 2
    cross_reach: int = 10
    bias_period: int = 25
    identities: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    output: str = "controls"
    channels: int = N_CONTROLS
    graph_points: int = 0
    graph_degree: int = 0
    graph_features: int = 16
    graph_attention: bool = True
    fusion: str = "saln"
    dropout: float = 0.05
    lead_frames: int = 0

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if self.identities and self.width % TOKENS:
            raise ValueError(f"width {self.width} is not a multiple of {TOKENS}, which the identity table needs")
        if self.cross_reach < 0 or self.bias_period < 1 or self.layers < 1:
            raise ValueError("cross_reach must be >= 0, bias_period and layers >= 1")
        if not 0 <= self.lead_frames <= 5:
            raise ValueError(f"lead_frames is {self.lead_frames}; 0 to 5 frames of 20 ms make sense")
        if len(set(self.phones)) != len(self.phones) or not self.phones:
            raise ValueError("phones must be distinct and not empty")
        if "model_type" not in self.speech_encoder:
            raise ValueError("speech_encoder needs the model_type of a transformers configuration")
        if self.fusion not in FUSIONS:
            raise ValueError(f"fusion is {self.fusion!r}; one of {', '.join(FUSIONS)}")
        if self.output not in OUTPUTS:
            raise ValueError(f"output is {self.output!r}; one of {', '.join(OUTPUTS)}")
        if self.channels != N_CONTROLS if self.output == "controls" else self.channels % 3:
            raise ValueError(f"{self.channels} channels do not make {self.output}")

    def to_json(self) -> str:
        """Serialise; the inverse of `from_json`."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> NetworkConfig:
        """Parse what `to_json` wrote. Unknown or missing keys raise TypeError: no silent defaults for saved weights."""
        fields = json.loads(text)
        for name in ("phones", "identities", "traits"):
            fields[name] = tuple(fields[name])
        missing = set(cls.__dataclass_fields__) - set(fields)
        if missing:
            raise TypeError(f"network configuration lacks {sorted(missing)}")
        return cls(**fields)
