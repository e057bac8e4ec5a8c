"""Classifiers of the speaker: one the style must satisfy, one the content must fool.

The style classifier is Mimic's L_s; the inverse classifier is Mimic's L_c and PTalker's L_adv (Ganin and Lempitsky,
"Unsupervised domain adaptation by backpropagation", 2015, for the reversed gradient). PTalker's code puts the
adversary on audio content only and Mimic's on motion only; here one of these stands on each.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

_TINY = 1e-12  # content that is all zero stays zero
_FLAT = 1e-6  # the root's slope stays finite where a channel (of mean square about 1) does not move


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * grads[0], None


def reverse_gradient(x: Tensor, strength: float = 1.0) -> Tensor:
    """x itself, of any shape; on the way back the gradient is multiplied by -strength."""
    return _Reverse.apply(x, strength)  # type: ignore[no-any-return, no-untyped-call]


class StyleClassifier(nn.Module):
    """Linear classifier of style codes: a style must say whose it is.

    Args:
        width: D, size of a code.
        classes: number of performers (or other labels).
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.read = nn.Linear(width, classes)

    def forward(self, code: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy and accuracy (no gradient), both scalars, of code [B, D] against label int64 [B]."""
        return _scores(self.read(code), label)


class InverseClassifier(nn.Module):
    """Small network that tells the label from content, for the content to fool.

    It sees mean and deviation over time of each channel: the mean alone, as in both papers' code, is blind to whoever
    hides in the spread. The content is first divided by its root mean square over the whole batch, since otherwise
    codes that merely shrink would count as codes that tell nothing.

    That this classifier fails proves little: it may have lost track while a fresh one still succeeds. Measure with
    `training.probes`.

    Args:
        width: D, channels of the content.
        classes: number of labels.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        # Leaky: a plain ReLU of few units can die in the contest, and then nothing opposes the content any more.
        self.read = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.LeakyReLU(0.2), nn.Linear(2 * width, classes))

    def forward(self, content: Tensor, label: Tensor, strength: float = 1.0) -> tuple[Tensor, Tensor]:
        """Cross-entropy and accuracy (no gradient), both scalars.

        Minimising the loss trains the classifier and, by the reversed gradient, turns the content against it.

        Args:
            content: [B, T, D].
            label: int64 [B].
            strength: factor of the reversed gradient; 0 trains the classifier alone.
        """
        return _scores(self.read(_statistics(reverse_gradient(content, strength))), label)

    def doubt(self, content: Tensor) -> Tensor:
        """How far the classifier is from having no opinion of content [B, T, D]: KL(uniform || its output), scalar.

        The other way to fool it (Tzeng et al., "Simultaneous deep transfer across domains and tasks", 2015; Mimic's
        uniform softmax, off in its code): minimise this beside `forward` with strength 0. The reversed gradient fades
        where the classifier is sure and right, this one does not. It reaches the content only, not the classifier.
        """
        frozen = {name: parameter.detach() for name, parameter in self.read.named_parameters()}
        logits: Tensor = functional_call(self.read, frozen, (_statistics(content),))
        return -(logits.log_softmax(-1) + math.log(logits.shape[-1])).mean()


def _statistics(content: Tensor) -> Tensor:
    """Mean and deviation over time, [B, 2 D], of content [B, T, D] brought to mean square 1."""
    even = content * (content.square().mean() + _TINY).rsqrt()
    deviation = (even.var(dim=1, correction=0) + _FLAT).sqrt()
    return torch.cat([even.mean(dim=1), deviation], dim=-1)


def _scores(logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    accuracy = (logits.detach().argmax(-1) == label).to(logits.dtype).mean()
    return F.cross_entropy(logits, label), accuracy
