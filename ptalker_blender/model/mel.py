"""Log-mel features with an explicit time origin.

Windows of 25 ms every 10 ms, stacked in pairs to 50 Hz. The centre of the first pair lies 17.5 ms after the first
sample (12.5 and 22.5 ms), so `LogMel` prepends 17.5 ms of silence: frame k of its output is centred exactly on
k / 50 s, which is where motion frame k is. Normalisation is fixed by the corpus, never by the utterance: the extractor
that comes with the stock Wav2Vec2-BERT normalises over the whole clip, so a frame would change with what follows it.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..audio.clip import SAMPLE_RATE

WINDOW, HOP, FFT = 400, 160, 512  # samples: 25 ms, 10 ms
STACK = 2  # mel frames per output frame
FRAME = HOP * STACK  # samples per output frame, 20 ms
FIRST_CENTRE = (WINDOW + HOP) // 2  # samples from the first sample to the centre of the first pair: 280 = 17.5 ms
LOWEST_HZ, HIGHEST_HZ = 20.0, 7600.0
FLOOR = 1e-7  # added to mel power; 88 to 115 dB below a full-scale sine, so digital silence stays finite and quiet


def frames_in(samples: int) -> int:
    """Frames of a clip of this many samples: round(seconds * 50), at least one."""
    return max(1, round(samples / FRAME))


def samples_for(frames: int) -> int:
    """Samples that `LogMel.windows` needs for this many frames."""
    return FRAME * (frames - 1) + HOP + WINDOW


def mel_bank(bands: int, warp: float = 1.0) -> Tensor:
    """Triangular mel filters [bands, FFT // 2 + 1] on the HTK scale.

    Args:
        bands: number of filters.
        warp: factor on the filters' frequencies; other than 1 imitates another vocal-tract length.
    """
    low, high = (2595 * math.log10(1 + f / 700) for f in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1) * warp
    bins = np.arange(FFT // 2 + 1) * SAMPLE_RATE / FFT
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bank = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    return torch.from_numpy(bank.clip(min=0).astype(np.float32))


class LogMel(nn.Module):
    """Audio to normalised log-mel frames at 50 Hz.

    Args:
        bands: mel bands M; an output frame has STACK * M values.
    """

    bank: Tensor
    taper: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, bands: int = 80) -> None:
        super().__init__()
        self.bands = bands
        self.register_buffer("bank", mel_bank(bands), persistent=False)
        self.register_buffer("taper", torch.hann_window(WINDOW), persistent=False)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("std", torch.ones(bands))

    def power(self, samples: Tensor) -> Tensor:
        """Power spectra of windows without padding: [B, S] -> [B, FFT // 2 + 1, (S - WINDOW) // HOP + 1]."""
        emphasised = torch.cat([samples[:, :1], samples[:, 1:] - 0.97 * samples[:, :-1]], dim=1)
        frames = emphasised.unfold(1, WINDOW, HOP) * self.taper
        spectra: Tensor = torch.fft.rfft(frames, FFT)
        return spectra.abs().square().transpose(1, 2)

    def normalise(self, power: Tensor, bank: Tensor | None = None) -> Tensor:
        """Power spectra [B, F, 2T] to stacked, normalised log-mel frames [B, T, STACK * M].

        Args:
            power: from `power`, perhaps augmented.
            bank: other filters [B, M, F] or [M, F], for augmentation.
        """
        mel = torch.matmul(self.bank if bank is None else bank, power)
        frames = (torch.log(mel + FLOOR).transpose(1, 2) - self.mean) / self.std
        whole = frames.shape[1] // STACK * STACK
        return frames[:, :whole].reshape(frames.shape[0], whole // STACK, STACK * self.bands)

    def windows(self, samples: Tensor) -> Tensor:
        """Frames of audio cut so that its first sample is FIRST_CENTRE before the first frame: [B, S] -> [B, T, 2M]."""
        return self.normalise(self.power(samples))

    def forward(self, samples: Tensor) -> Tensor:
        """Whole clips: [B, S] -> [B, T, 2M], T = round(S / 320), frame k centred on k / 50 s; silence outside."""
        frames = frames_in(samples.shape[1])
        after = samples_for(frames) - FIRST_CENTRE - samples.shape[1]
        padded = F.pad(samples, (FIRST_CENTRE, max(0, after)))
        return self.windows(padded[:, : samples_for(frames)])
