"""The terms of stages 2 and 3: reconstruction from sound and from motion, and the constraints on the codes.

Each process works on its own rows of a batch; terms that compare items see the codes of all rows. Every term is scaled
so that the sum over the processes is the term of the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..model.fusion import fuse
from ..model.motion_content import CONTENT_STRIDE
from ..model.network import Network
from ..rig.lips import LipRig
from .constraints.adversary import InverseClassifier, StyleClassifier
from .constraints.closure import ClosureLoss
from .constraints.cycle import content_cycle, style_cycle
from .constraints.gaussian_kl import gaussian_kl
from .constraints.infonce import infonce
from .constraints.orthogonality import orthogonality
from .constraints.time_contrast import TimeMatchedContrast
from .corpus.phones import PHONE_INDEX
from .parallel import ALONE, Processes
from .scenes import UNKNOWN, UNLABELLED, MotionBatch

BILABIAL_IDS = tuple(PHONE_INDEX[phone] for phone in ("p", "b", "m"))
Criterion = Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]


@dataclass(frozen=True)
class ConstraintWeights:
    """Weights of the constraints; 0 switches one off, and what it would cost.

    The papers' own weights belong to errors in metres; these belong to errors in millimetres, a sum of about 3.

    Attributes:
        style_class: style classifier on the performance's code (Mimic's L_s).
        motion_adversary, audio_adversary: inverse classifiers of the performer on motion content, and of the voice on
            audio content (Mimic's L_c, PTalker's L_adv).
        motion_orthogonality, audio_orthogonality: content against style (PTalker's L_orth).
        motion_infonce, audio_infonce: style codes of two performances of one performer, and of two windows of one
            voice, against those of the others of the batch (PTalker's L_info).
        contrast: audio content against motion content at the same time (PTalker's L_top-k, Mimic's L_con).
        kl: statistics of audio and of motion content (PTalker's L_KL).
        style_cycle, content_cycle: of a motion made with another performer's style (Mimic's latent cycles).
        closure: lips that should touch, in square millimetres.
    """

    style_class: float = 0.0
    motion_adversary: float = 0.0
    audio_adversary: float = 0.0
    motion_orthogonality: float = 0.0
    audio_orthogonality: float = 0.0
    motion_infonce: float = 0.0
    audio_infonce: float = 0.0
    contrast: float = 0.0
    kl: float = 0.0
    style_cycle: float = 0.0
    content_cycle: float = 0.0
    closure: float = 0.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            if not 0 <= getattr(self, entry.name) < float("inf"):
                raise ValueError(f"{entry.name} is {getattr(self, entry.name)}; 0 or more makes sense")


@dataclass(frozen=True)
class TermWeights:
    """Weights of what is no error of the motion itself.

    Attributes:
        dual: reconstruction from the motion's own content (Mimic's second decoding); 0 leaves the motion content
            encoder untrained, and with it restyling.
        phones: phone loss that keeps the speech encoder's knowledge; 0 where it is frozen.
        agreement: tie of the style sources (PTalker's L_cos).
        idle: reading blink rate, gaze and drift from the style.
        traits: reading the teacher's parameters from the performance's code: what makes up a manner must not be dropped
            because it moves the lips little. Ours; recorded performers have none.
        voice_style: whether the driving audio is a style source.
    """

    dual: float
    phones: float
    agreement: float
    idle: float
    traits: float
    voice_style: bool


class Constraints(nn.Module):
    """What the constraints learn themselves; used in training alone.

    Args:
        width: D.
        performers: classes of the style classifier and of the motion adversary.
        voices: classes of the audio adversary.
        lips: of the head, for the closure term; None where motion is vertices.
    """

    def __init__(self, width: int, performers: int, voices: int, lips: LipRig | None) -> None:
        super().__init__()
        self.style_class = StyleClassifier(width, performers)
        self.motion_adversary = InverseClassifier(width, performers)
        self.audio_adversary = InverseClassifier(width, voices)
        self.contrast = TimeMatchedContrast()
        self.closure = None if lips is None else ClosureLoss(lips.rest, lips.row)


@dataclass(frozen=True)
class Codes:
    """Codes of a batch.

    Attributes:
        sources: of performance, driving audio and identity, each [B, D].
        style: fused [B, D].
        audio: content of the sound [B, T, D].
        motion: content of the target [B, T, D].
        features: of what is spoken in the target, at 25 Hz [B, P, D].
        logits: phones [B, T, K].
    """

    sources: tuple[Tensor, Tensor, Tensor]
    style: Tensor
    audio: Tensor
    motion: Tensor
    features: Tensor
    logits: Tensor


def encode(network: Network, batch: MotionBatch) -> Codes:
    """All codes of a batch."""
    sources = (
        network.style_of_motion(batch.performance),
        network.style_of_voice(batch.sound),
        network.style_of_identity(batch.performer),
    )
    audio, logits = network.content_of_sound(batch.sound)
    features = network.spoken_features(batch.target)
    motion = network.motion_content(features, batch.target.shape[1])
    return Codes(sources, fuse(list(sources), list(batch.present.unbind(1))), audio, motion, features, logits)


def motion_terms(
    network: Network, criterion: Criterion, weights: TermWeights, batch: MotionBatch, codes: Codes, items: int
) -> tuple[dict[str, Tensor], Tensor]:
    """Weighted terms of stage 2, and the motion predicted from the sound [B, T, C].

    `items` is the number of rows of the whole batch: each term is the sum over these rows by that number.
    """
    heard = batch.heard.to(codes.style.dtype)
    predicted = network.decoder(codes.audio, codes.style)
    of_items = criterion(predicted, batch.target, batch.observed)
    terms = {name: (heard * term).sum() / items for name, term in of_items.items()}
    if weights.dual:
        again = criterion(network.decoder(codes.motion, codes.style), batch.target, batch.observed)
        terms["dual"] = weights.dual * torch.stack(list(again.values())).sum() / items
    if weights.phones:
        losses = F.cross_entropy(
            codes.logits.flatten(0, 1), batch.labels.flatten(), label_smoothing=0.05, ignore_index=UNLABELLED,
            reduction="sum",
        )  # fmt: skip
        terms["phones"] = weights.phones * losses / (items * batch.labels.shape[1])
    known = batch.rates.isfinite().all(1)
    missed = (network.idle(codes.style) - batch.rates.nan_to_num()).square().mean(1)
    terms["idle"] = weights.idle * (known * missed).sum() / items
    if weights.traits and network.traits is not None:
        told = batch.traits.isfinite().all(1)
        wrong = (network.traits(codes.sources[0]) - batch.traits.nan_to_num()).square().mean(1)
        terms["traits"] = weights.traits * (told * wrong).sum() / items
    apart = untied(codes.sources, heard if weights.voice_style else 0.0 * heard, network.mean_style)
    terms["agreement"] = weights.agreement * apart.sum() / items
    return terms, predicted


def untied(sources: Sequence[Tensor], heard: Tensor, mean: Tensor) -> Tensor:
    """How far [B] the other sources are from the performance's code, which has the whole manner (PTalker's L_cos).

    Squared distances, by that of the performance's code from the mean manner: 1 for a source that always says the mean,
    0 for one that says what the performance does. A cosine would be free of scale, and the fused style is a mean.
    The performance's code is a fixed target: were it pulled as well, it would forget what the voice cannot tell.

    Args:
        sources: codes of performance, driving audio and identity, each [B, D].
        heard: 1 where the driving audio counts, else 0, [B].
        mean: the mean manner [D].
    """
    target = sources[0].detach()
    size = (target - mean).square().mean(-1).clamp(min=1e-3)
    voice, identity = ((code - target).square().mean(-1) / size for code in sources[1:])
    return 0.5 * (heard * voice + identity)


class ConstraintTerms:
    """The terms of stage 3 for one batch, each computed only where its weight is not 0.

    Every process computes the terms of the whole batch from the codes of all and counts them by its share, so that
    their sum, and the summed gradients, are those of one process.

    Args:
        network: for codes of motions that are made anew.
        constraints: what is learned beside it.
        weights: see `ConstraintWeights`.
        batch: this process's rows.
        codes: of these rows.
        predicted: motion from the sound [B, T, C], of these rows.
        items: rows of the whole batch.
        processes: that share it.
    """

    def __init__(
        self, network: Network, constraints: Constraints, weights: ConstraintWeights, batch: MotionBatch, codes: Codes,
        predicted: Tensor, items: int, processes: Processes = ALONE,
    ) -> None:  # fmt: skip
        self.network, self.constraints, self.weights, self.batch, self.codes = (
            network,
            constraints,
            weights,
            batch,
            codes,
        )
        self.predicted, self.items, self.processes = predicted, items, processes
        self.figures: dict[str, float] = {}

    def terms(self) -> dict[str, Tensor]:
        """All terms that are on, weighted; afterwards `figures` holds the classifiers' accuracies."""
        made: dict[str, Tensor] = {}
        for makers in (self._classes, self._independence, self._views, self._alignment, self._cycles, self._closures):
            made |= makers()
        return {name: getattr(self.weights, name) / self.processes.world * term for name, term in made.items()}

    def _on(self, name: str) -> bool:
        return bool(getattr(self.weights, name) > 0)

    def _all(self, own: Tensor) -> Tensor:
        """The rows of all processes."""
        return self.processes.gather_rows(own, self.items)

    def _classes(self) -> dict[str, Tensor]:
        """Classifiers: the style must tell the performer, the contents must tell neither performer nor voice.

        The contents do not follow the reversed gradient of their classifiers' error, which saturates where a
        classifier is sure, but pull its answer towards all labels alike (measured in decisions.d/constraints.md).
        """
        batch, codes, learned = self.batch, self.codes, self.constraints
        terms: dict[str, Tensor] = {}
        if self._on("style_class"):
            terms["style_class"], accuracy = learned.style_class(
                self._all(codes.sources[0]), self._all(batch.performer)
            )
            self.figures["style_class_accuracy"] = float(accuracy)
        for name, classifier, code, label in (
            ("motion_adversary", learned.motion_adversary, codes.motion, batch.performer),
            ("audio_adversary", learned.audio_adversary, codes.audio, batch.voice),
        ):
            labels = self._all(label)
            known = labels != UNKNOWN
            if self._on(name) and bool(known.any()):
                content = self._all(code)[known]
                error, accuracy = classifier(content, labels[known], 0.0)
                terms[name] = error + classifier.doubt(content)
                self.figures[f"{name}_accuracy"] = float(accuracy)
        return terms

    def _independence(self) -> dict[str, Tensor]:
        """Content against style of the same motion, and of the same sound."""
        terms: dict[str, Tensor] = {}
        if self._on("motion_orthogonality"):
            style = self.network.motion_style.frames(self.codes.features)
            terms["motion_orthogonality"] = orthogonality(
                self._all(self.codes.motion[:, ::CONTENT_STRIDE]), self._all(style)
            )
        if self._on("audio_orthogonality"):
            style = self.network.audio_style.frames(self.batch.sound.mel)
            content = F.adaptive_avg_pool1d(self.codes.audio.transpose(1, 2), style.shape[1]).transpose(1, 2)
            known = self._all(self.batch.voice) != UNKNOWN
            if bool(known.any()):
                terms["audio_orthogonality"] = orthogonality(self._all(content)[known], self._all(style)[known])
        return terms

    def _views(self) -> dict[str, Tensor]:
        """Style codes of the two of each pair against those of other pairs; one performer twice is no negative."""
        terms: dict[str, Tensor] = {}
        for name, code, label in (
            ("motion_infonce", self.codes.sources[0], self.batch.performer),
            ("audio_infonce", self.codes.sources[1], self.batch.voice),
        ):
            if self._on(name):
                every, labels = self._all(code), self._all(label)
                every, labels = every[labels != UNKNOWN], labels[labels != UNKNOWN]  # both of a pair, or neither
                if len(labels) >= 4:
                    terms[name] = infonce(every[0::2], every[1::2], same=labels[0::2, None] == labels[1::2])
        return terms

    def _alignment(self) -> dict[str, Tensor]:
        """Content heard and content seen: the same at the same time, and spread alike."""
        terms: dict[str, Tensor] = {}
        if not self._on("contrast") and not self._on("kl"):
            return terms
        audio, motion = self._all(self.codes.audio), self._all(self.codes.motion)
        heard = self._all(self.batch.heard.long()) > 0
        if self._on("contrast"):
            terms["contrast"] = self.constraints.contrast(audio, motion, heard[:, None].expand(audio.shape[:2]))
        if self._on("kl") and bool(heard.any()):
            terms["kl"] = gaussian_kl(audio[heard], motion[heard])
        return terms

    def _cycles(self) -> dict[str, Tensor]:
        """Each motion said again in another pair's style must give back that style, and its own content."""
        if not self._on("style_cycle") and not self._on("content_cycle"):
            return {}
        network, codes = self.network, self.codes
        # The style of what is spoken, since the motion made again has no blinks and no gaze that could tell of more.
        own = network.motion_style(codes.features).detach()
        swapped = self._all(own).roll(2, 0)[self.processes.rows(self.items)]
        again = network.decoder(codes.motion, swapped)
        features = network.spoken_features(again)
        terms: dict[str, Tensor] = {}
        if self._on("style_cycle"):
            terms["style_cycle"] = style_cycle(self._all(network.motion_style(features)), self._all(swapped))
        if self._on("content_cycle"):
            content = network.motion_content(features, again.shape[1])
            terms["content_cycle"] = content_cycle(self._all(content), self._all(codes.motion))
        return terms

    def _closures(self) -> dict[str, Tensor]:
        if not self._on("closure") or self.constraints.closure is None:
            return {}
        # The closed mouth of a pause is no closure: where phones are known, p, b and m count alone.
        labels = self.batch.labels
        spoken = torch.isin(labels, torch.tensor([*BILABIAL_IDS, UNLABELLED], device=labels.device))
        spoken &= self.batch.heard[:, None]
        every = (self._all(self.predicted), self._all(self.batch.target), self._all(spoken.long()) > 0)
        return {"closure": self.constraints.closure(*every)}
