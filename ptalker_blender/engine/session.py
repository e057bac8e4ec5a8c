"""Session: weights loaded once, motion predicted many times. The same class runs in the worker and the command line."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..audio.clip import AudioClip
from ..errors import UserError
from ..model.checkpoint import file_sha256, load_checkpoint
from ..model.fusion import fuse
from ..model.mel import FIRST_CENTRE, FRAME, frames_in, samples_for
from ..model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ..motion.controls import ENGINE_FPS, N_BLENDSHAPES
from ..motion.motion import Motion
from ..motion.resample import resample_motion
from ..style.performance import Performance
from ..weights_path import weights_dir
from .device import choose_device
from .idle import BLINKS_SCALE, IdleRates, idle_motion
from .windows import FRAMES, batches, blend, slice_padded, window_starts

if TYPE_CHECKING:
    from ..transcript.apply import TranscriptRefiner

WEIGHTS_NAME = "ptalker.safetensors"
BATCH = 8  # windows computed together: two cores are kept busy, and a cancel waits for no more than about 0.1 s
IDLE_LIMITS = ((2.0, 45.0), (0.0, 1.2), (0.0, 1.2))  # blinks, gaze, drift

ProgressCallback = Callable[[str, float], None]
NoteCallback = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to predict.

    Attributes:
        audio: the line.
        style: the performance whose manner is wanted; None takes the manner from the driving audio.
        strength: 0 is the mean manner, 1 the style as it is, above 1 exaggerates.
        seed: of blinks, gaze and head drift; a whole number from 0.
        text: what is said in the line, English; None: nobody knows. It needs the extra ``transcript``.

    Raises:
        UserError: a strength or a seed out of range.
    """

    audio: AudioClip
    style: Performance | None = None
    strength: float = 1.0
    seed: int = 0
    text: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 3.0:
            raise UserError(
                f"style strength {self.strength:g}", "a number from 0 to 3", "choose a strength in that range"
            )
        if self.seed < 0:
            raise UserError(f"seed {self.seed}", "a whole number from 0", "choose another seed")


class Session:
    """A loaded network.

    Args:
        weights: safetensors file or folder; None finds the shipped weights.
        device: "auto", "cuda", "mps" or "cpu", perhaps with an index such as "cuda:1".

    Attributes:
        device: the device chosen.
        weights_sha256: of the file that was loaded, for a take's provenance.

    Raises:
        UserError: no usable weights or device.
    """

    def __init__(self, weights: Path | None = None, device: str = "auto") -> None:
        path = weights if weights is not None and weights.is_file() else weights_dir(weights) / WEIGHTS_NAME
        self.device = choose_device(device)
        self._network = load_checkpoint(path, self.device)
        self.weights_sha256 = file_sha256(path)
        self._refiner: TranscriptRefiner | None = None

    @torch.inference_mode()
    def predict(
        self, request: Request, progress: ProgressCallback | None = None, note: NoteCallback | None = None
    ) -> Motion:
        """Motion of a line at 50 Hz, T = round(seconds * 50) frames, at least one.

        Cost grows linearly with the length and memory only with the output. What is spoken depends on at most 2 s of
        audio on either side; how lively the idle face is, on the style or, without one, on the clip's first 2 s.
        Shapes are clamped to 0..1 here, at the border; head angles to +-0.6 rad.

        Args:
            request: see `Request`.
            progress: called with a stage name and a fraction; may raise to cancel.
            note: called with sentences about the transcript, such as that it was ignored; without it they are issued
                as warnings.

        Raises:
            UserError: a style without frames, or a text and no pocketsphinx.
        """
        tell = progress or (lambda stage, fraction: None)
        refiner = None if request.text is None else self._transcripts()  # an aligner that is missing is told at once
        tell("style", 0.0)
        given = None if request.style is None else self.style_code(request.style, request.strength)
        frames = frames_in(len(request.audio.samples))
        rates: list[IdleRates] = []
        motion = blend(self._windows(request, given, frames, rates, tell), frames)
        values = motion + idle_motion(frames, rates[0], request.seed)
        values[:, :N_BLENDSHAPES] = values[:, :N_BLENDSHAPES].clip(0.0, 1.0)
        values[:, N_BLENDSHAPES:] = values[:, N_BLENDSHAPES:].clip(-0.6, 0.6)
        tell("motion", 1.0)
        made = Motion(values.astype(np.float32), ENGINE_FPS)
        if refiner is None or request.text is None:
            return made
        tell("transcript", 0.0)
        made, notes = refiner.apply(made, request.audio, request.text)
        for sentence in notes:
            if note is None:
                warnings.warn(sentence, stacklevel=3)  # past the decorator, to the caller
            else:
                note(sentence)
        tell("transcript", 1.0)
        return made

    def _transcripts(self) -> TranscriptRefiner:
        """Made when first asked for: whoever gives no transcripts needs no pocketsphinx."""
        if self._refiner is None:
            from ..transcript.apply import TranscriptRefiner

            self._refiner = TranscriptRefiner()
        return self._refiner

    @torch.inference_mode()
    def style_code(self, performance: Performance, strength: float = 1.0) -> Tensor:
        """Style code [1, D] of a performance: the mean over the fewest equal clips of at most 6 s.

        A library style whose identity is in the network's table also gets that performer's learned code.

        Args:
            performance: at any rate; the network was trained on clips of 2 to 6 s.
            strength: see `Request`.

        Raises:
            UserError: a performance without a frame at 25 Hz.
        """
        values = resample_motion(performance.motion, PERFORMANCE_FPS).values
        if not len(values):
            raise UserError(
                f"the performance '{performance.name}' has no frames",
                "a second of motion",
                "choose another performance",
            )
        clips = np.array_split(values, math.ceil(len(values) / CLIP_FRAMES))
        codes = [self._network.motion_style(torch.from_numpy(clip)[None].to(self.device)) for clip in clips]
        code = torch.stack(codes).mean(0)
        network = self._network
        if network.identity_style is not None and performance.identity in network.config.identities:
            identity = torch.tensor([network.config.identities.index(performance.identity)], device=self.device)
            code = fuse([code, network.identity_style(identity)])
        return self._network.mean_style + strength * (code - self._network.mean_style)

    def _windows(
        self,
        request: Request,
        given: Tensor | None,
        frames: int,
        rates: list[IdleRates],
        tell: ProgressCallback,
    ) -> Iterator[NDArray[np.float32]]:
        """Network output [FRAMES, 55] window by window; `rates` receives the idle rates of the first.

        One set of rates for the clip, read where the clip begins, so that a longer clip blinks like a shorter one.
        """
        network, samples, length = self._network, request.audio.samples, samples_for(FRAMES)
        first_sample = FIRST_CENTRE + network.config.lead_frames * FRAME  # before the window's first frame
        for starts in batches(window_starts(frames), BATCH):
            tell("motion", max(0.0, starts[0] / frames))
            pieces = np.stack([slice_padded(samples, start * FRAME - first_sample, length) for start in starts])
            mel = network.mel.windows(torch.from_numpy(pieces).to(self.device))
            style = self._audio_code(mel, request.strength) if given is None else given.expand(len(starts), -1)
            controls, _ = network(mel, style)
            if not rates:
                rates.append(_idle_rates(network.idle(style)[0].float().cpu().numpy()))
            yield from controls.float().cpu().numpy()

    def _audio_code(self, mel: Tensor, strength: float) -> Tensor:
        mean = self._network.mean_style
        code: Tensor = mean + strength * (self._network.audio_style(mel) - mean)
        return code


def _idle_rates(raw: NDArray[np.float32]) -> IdleRates:
    scaled = raw * np.array([BLINKS_SCALE, 1.0, 1.0])
    return IdleRates(*(float(np.clip(x, low, high)) for x, (low, high) in zip(scaled, IDLE_LIMITS, strict=True)))
