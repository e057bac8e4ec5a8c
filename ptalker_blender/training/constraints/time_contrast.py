"""Content heard and content seen at one time must meet: PTalker's top-k contrast (L_top-k), with its times right.

In PTalker's code the "positive" of row j is the j-th largest similarity of that row, in the first k rows only, and at
25 fps half of the audio is cut off (papers.md 1.4, 6). Here the positive is the same moment of the same clip. The form
is InfoNCE with hard negatives, the positive in the denominator, so the loss is never negative; PTalker's factors alpha
and beta only scale and shift it. With near = 0 and a share of B or more it is Mimic's CLIP loss over all frames.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PAIRS = 600  # frames compared with each other at once; memory and time grow with its square
COLDEST, WARMEST = 0.01, 0.5  # colder, single pairs rule the gradient; warmer, nothing is told apart
_ROWS = 1024  # rows of similarities that `retrieval` holds at once


class TimeMatchedContrast(nn.Module):
    """Symmetric top-k contrast between the frames of audio and of motion content.

    Args:
        share: k is this share of the compared times of one clip, at least 1. Negatives come from all clips.
        near: frames of the same clip at most this far from the positive are no negatives: speech is slow.
        temperature: start of the learnable temperature, kept in `COLDEST`..`WARMEST`.
        stride: compare every stride-th frame; None: as few frames as keep B * T within `PAIRS`.

    Raises:
        ValueError: a temperature outside its range, or a stride below 1.
    """

    def __init__(
        self, share: float = 0.15, near: int = 3, temperature: float = 0.07, stride: int | None = None
    ) -> None:
        super().__init__()
        if not COLDEST <= temperature <= WARMEST or (stride is not None and stride < 1):
            raise ValueError(f"temperature {temperature} outside {COLDEST}..{WARMEST}, or stride {stride} below 1")
        self.share, self.near, self.stride = share, near, stride
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    def forward(self, audio: Tensor, motion: Tensor, valid: Tensor | None = None) -> Tensor:
        """Mean over frames and over both directions of -log p(same moment); scalar, 0 where no frame is valid.

        Args:
            audio: [B, T, D]; only directions count.
            motion: [B, T, D] on the same times.
            valid: bool [B, T]; frames outside are neither asked for nor offered as negatives.

        Raises:
            ValueError: shapes that do not fit.
        """
        _check(audio, motion)
        if valid is not None and valid.shape != audio.shape[:2]:
            raise ValueError(f"valid {tuple(valid.shape)} does not fit {tuple(audio.shape)}")
        stride = self.stride or math.ceil(audio.shape[0] * audio.shape[1] / PAIRS)
        audio, motion = audio[:, ::stride], motion[:, ::stride]
        batch, times = audio.shape[:2]
        kept = torch.ones(batch, times, dtype=torch.bool, device=audio.device) if valid is None else valid[:, ::stride]
        clip, time = kept.nonzero(as_tuple=True)
        if not len(clip):
            return 0.0 * (audio.sum() + motion.sum() + self.log_temperature)
        logits = F.normalize(audio[kept], dim=-1) @ F.normalize(motion[kept], dim=-1).T / self._temperature()
        excluded = _close(clip, time * stride, clip, time * stride, self.near)
        hardest = max(1, round(self.share * times))
        return 0.5 * (_against_hardest(logits, excluded, hardest) + _against_hardest(logits.T, excluded, hardest))

    def _temperature(self) -> Tensor:
        # Clamping the parameter, not its use, keeps a gradient that can lead it back from the edge (as CLIP does).
        with torch.no_grad():
            self.log_temperature.clamp_(math.log(COLDEST), math.log(WARMEST))
        return self.log_temperature.exp()


@torch.no_grad()
def retrieval(audio: Tensor, motion: Tensor, k: int = 1, near: int = 1) -> float:
    """Share of frames, 0..1, that find their moment in the other modality: the pass test of rows P12 and M5.

    A frame succeeds when one of the k frames most like it, by cosine, of all clips and times, is of its own clip and
    within `near` frames of its time. Both directions are averaged. Codes that tell nothing reach about
    (2 near + 1) k / (B T).

    Args:
        audio: [B, T, D].
        motion: [B, T, D].
        k: how many candidates count.
        near: tolerance in frames.

    Raises:
        ValueError: shapes that do not fit, or no frames.
    """
    _check(audio, motion)
    batch, times = audio.shape[:2]
    if not batch * times:
        raise ValueError("no frames to retrieve")
    clip = torch.arange(batch, device=audio.device).repeat_interleave(times)
    time = torch.arange(times, device=audio.device).repeat(batch)
    codes = [F.normalize(x.flatten(0, 1), dim=-1) for x in (audio, motion)]
    hits = 0
    for asked, offered in (codes, codes[::-1]):
        for rows in torch.split(torch.arange(len(clip), device=audio.device), _ROWS):
            found = (asked[rows] @ offered.T).topk(min(k, len(clip)), dim=-1).indices
            right = (clip[found] == clip[rows, None]) & ((time[found] - time[rows, None]).abs() <= near)
            hits += int(right.any(-1).sum())
    return hits / (2 * len(clip))


def _check(audio: Tensor, motion: Tensor) -> None:
    if audio.shape != motion.shape or audio.ndim != 3:
        raise ValueError(f"audio {tuple(audio.shape)} and motion {tuple(motion.shape)} must be the same [B, T, D]")


def _close(clip: Tensor, time: Tensor, other_clip: Tensor, other_time: Tensor, near: int) -> Tensor:
    """Bool [N, M]: pairs of one clip within `near` frames of each other."""
    return (clip[:, None] == other_clip) & ((time[:, None] - other_time).abs() <= near)


def _against_hardest(logits: Tensor, excluded: Tensor, hardest: int) -> Tensor:
    """Cross-entropy of the diagonal of logits [N, N] against each row's largest entries that are not excluded."""
    own = logits.diagonal()
    # Where a row offers fewer negatives, the rest are -inf, which add nothing.
    negatives = logits.masked_fill(excluded, -torch.inf).topk(min(hardest, len(logits)), dim=-1).values
    return (torch.cat([own[:, None], negatives], dim=-1).logsumexp(-1) - own).mean()
