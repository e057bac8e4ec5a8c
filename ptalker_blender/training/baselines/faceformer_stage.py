"""Training of the FaceFormer-type baseline: teacher forcing, on the batches and with the losses of stage 2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...model.network import Network
from ..phone_stage import cosine
from ..scenes import MotionBatch
from .faceformer import FaceFormerDecoder

Criterion = Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]  # predicted, target, observed -> terms [B]


@dataclass(frozen=True)
class FaceFormerStage:
    """Settings of the baseline's training.

    Attributes:
        steps: optimiser steps.
        learning_rate: peak, of all but the speech encoder.
        encoder_learning_rate: peak, of the speech encoder; 0 freezes it.
        weight_decay: of AdamW.
        phones: weight of the phone loss that keeps the encoder's knowledge while it is not frozen.
        own_share: share of frames that are told what the decoder itself made of the frame before, not the truth. 0 is
            the papers' teacher forcing; more is scheduled sampling in two passes (Mihaylova and Martins, 2019).
    """

    steps: int
    learning_rate: float = 1e-3
    encoder_learning_rate: float = 2e-4
    weight_decay: float = 0.01
    phones: float = 2.0
    own_share: float = 0.0

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 <= self.own_share <= 1:
            raise ValueError("steps must be at least 1, own_share between 0 and 1")


def train_faceformer(
    network: Network, batches: Iterable[MotionBatch], criterion: Criterion, stage: FaceFormerStage, seed: int
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train on one batch a step, yielding (step, weighted loss terms).

    Args:
        network: of `faceformer_network`, on the batches' device.
        batches: at least as many as there are steps.
        criterion: a loss of stage 2.
        stage: settings.
        seed: of dropout and scheduled sampling.

    Raises:
        ValueError: the batches ran out before the steps.
    """
    encoder = network.audio_content.tuned_parameters()
    held = {id(parameter) for parameter in encoder}
    for parameter in encoder:
        parameter.requires_grad_(stage.encoder_learning_rate > 0)
    rest = [p for p in network.parameters() if id(p) not in held and p.requires_grad]
    groups = [{"params": rest, "peak": stage.learning_rate}, {"params": encoder, "peak": stage.encoder_learning_rate}]
    optimiser = torch.optim.AdamW(groups, stage.learning_rate, betas=(0.9, 0.98), weight_decay=stage.weight_decay)
    coming = iter(batches)
    for step in range(stage.steps):
        batch = next(coming, None)
        if batch is None:
            raise ValueError(f"{step} batches for {stage.steps} steps")
        torch.manual_seed(seed * 1_000_033 + step)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * cosine(step, stage.steps, min(150, 1 + stage.steps // 4))
        network.train()
        terms = forced_terms(network, criterion, stage, batch)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        yield step, {name: float(term.detach()) for name, term in terms.items()}


def forced_terms(
    network: Network, criterion: Criterion, stage: FaceFormerStage, batch: MotionBatch
) -> dict[str, Tensor]:
    """Weighted loss terms of one batch; the style is the performance's, and only what is heard counts."""
    decoder: nn.Module = network.decoder
    if not isinstance(decoder, FaceFormerDecoder):
        raise TypeError("this network's decoder is not the baseline's")
    style = network.style_of_motion(batch.performance)
    network.track_mean_style(style.detach())
    content, logits = network.content_of_sound(batch.sound)
    told = with_own_frames(decoder, content, style, batch.target, stage.own_share)
    heard = batch.heard.to(content.dtype)
    each = criterion(decoder(content, style, told), batch.target, batch.observed)
    terms = {name: (heard * term).sum() / heard.sum().clamp(min=1) for name, term in each.items()}
    if stage.encoder_learning_rate > 0:
        wrong = F.cross_entropy(logits.transpose(1, 2), batch.labels, label_smoothing=0.05, reduction="none").mean(1)
        terms["phones"] = stage.phones * (heard * wrong).sum() / heard.sum().clamp(min=1)
    return terms


def with_own_frames(decoder: FaceFormerDecoder, content: Tensor, style: Tensor, target: Tensor, share: float) -> Tensor:
    """The target [B, T, C] in which the decoder's own, made when told the truth, stand for a share of frames."""
    if share == 0:
        return target
    with torch.no_grad():
        own = decoder(content, style, target)
    chosen = torch.rand(*target.shape[:2], 1, device=target.device) < share
    return torch.where(chosen, own, target)
