"""Session: weights loaded once, motion predicted many times. The same class runs in the worker and the command line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..audio.clip import AudioClip
from ..errors import UserError
from ..model.checkpoint import file_sha256, load_checkpoint
from ..model.mel import FIRST_CENTRE, FRAME, frames_in, samples_for
from ..motion.controls import ENGINE_FPS, N_BLENDSHAPES
from ..motion.motion import Motion
from ..motion.resample import resample_motion
from ..style.mix import Style
from ..style.performance import Performance
from ..transcript.heard_closures import closures_heard
from ..transcript.phones import PhoneSegment
from ..weights_path import weights_file
from .device import choose_device
from .idle import BLINKS_SCALE, IdleRates, idle_motion
from .request import Request, check_choices
from .restyle import UPPER_FACE, UpperFace, kept_channels, motion_window
from .style_coder import StyleCoder
from .windows import FRAMES, batches, blend, slice_padded, window_starts

if TYPE_CHECKING:
    from ..transcript.align import Word
    from ..transcript.apply import TranscriptRefiner

BATCH = 8  # windows computed together: two cores are kept busy, and a cancel waits for no more than about 0.1 s
IDLE_LIMITS = ((2.0, 45.0), (0.0, 1.2), (0.0, 1.2))  # blinks, gaze, drift

ProgressCallback = Callable[[str, float], None]
NoteCallback = Callable[[str], None]
WordsCallback = Callable[[tuple["Word", ...]], None]


class Session:
    """A loaded network.

    Args:
        weights: safetensors file or folder; None finds the shipped weights.
        device: "auto", "cuda", "mps" or "cpu", perhaps with an index such as "cuda:1".

    Attributes:
        device: the device chosen.
        weights_sha256: of the file that was loaded, for a take's provenance.

    Raises:
        UserError: no usable weights or device, or weights for the vertices of a data set.
    """

    def __init__(self, weights: Path | None = None, device: str = "auto") -> None:
        path = weights_file(weights)
        self.device = choose_device(device)
        self._network = load_checkpoint(path, self.device)
        if self._network.config.output != "controls":
            raise UserError(
                f"{path.name} makes {self._network.config.output} of one mesh",
                "weights that make controls",
                "choose other weights, or leave the setting empty",
            )
        self.weights_sha256 = file_sha256(path)
        self._styles = StyleCoder(self._network, self.weights_sha256)
        self._refiner: TranscriptRefiner | None = None

    @torch.inference_mode()
    def predict(
        self,
        request: Request,
        progress: ProgressCallback | None = None,
        note: NoteCallback | None = None,
        words: WordsCallback | None = None,
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
            words: called with the words of the text where they are said, if it was found.

        Raises:
            UserError: a style without frames, or a text and no pocketsphinx.
        """
        tell = progress or (lambda stage, fraction: None)
        refiner = None if request.text is None else self._transcripts()  # an aligner that is missing is told at once
        tell("style", 0.0)
        given = None if request.style is None else self.style_code(request.style, request.strength)
        frames = frames_in(len(request.audio.samples))
        rates: list[IdleRates] = []
        spoken = blend(self._windows(request, given, frames, rates, tell), frames)
        made = Motion(_clamped(spoken + idle_motion(frames, rates[0], request.seed)), ENGINE_FPS)
        tell("motion", 1.0)
        if refiner is None or request.text is None:
            return made
        tell("transcript", 0.0)
        made, heard = refiner.apply(made, request.audio, request.text)
        if words is not None:
            words(heard.words)
        for sentence in heard.notes:
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
    def restyle(
        self,
        motion: Motion,
        style: Style,
        *,
        strength: float = 1.0,
        seed: int = 0,
        upper_face: UpperFace = "source",
        progress: ProgressCallback | None = None,
    ) -> Motion:
        """What a motion says, in another manner, at 50 Hz: Mimic's motion-driven path. No audio is heard.

        Cost grows linearly with the length. Blinks, gaze and head turns are the motion's own, each where it has any,
        so that the take still looks where it looked; else, or if ``upper_face`` is "style", they are generated as for
        a line, at the style's rates.

        Args:
            motion: what is said, at any rate.
            style: whose manner, as in `Request`.
            strength: see `Request`.
            seed: see `Request`.
            upper_face: "source" or "style".
            progress: as in `predict`.

        Returns:
            Motion [T, 55] at 50 Hz, T = round(seconds * 50).

        Raises:
            UserError: a motion or style without frames; a strength, seed or upper face that is none.
        """
        check_choices(strength, seed)
        if upper_face not in UPPER_FACE:
            raise UserError(f"upper face {upper_face!r}", f"one of {', '.join(UPPER_FACE)}", "choose one of these")
        tell = progress or (lambda stage, fraction: None)
        source = resample_motion(motion, ENGINE_FPS).values
        frames = len(source)
        if not frames:
            raise UserError("the motion to restyle has no frames", "a motion that moves", "choose another file")
        tell("style", 0.0)
        code = self.style_code(style, strength)
        spoken = blend(self._restyled_windows(source, code, tell), frames)
        values = _clamped(spoken + idle_motion(frames, self._rates(code), seed))
        if upper_face == "source":
            kept = list(kept_channels(source))
            values[:, kept] = source[:, kept]
        tell("motion", 1.0)
        return Motion(values, ENGINE_FPS)

    @torch.inference_mode()
    def hear_closures(self, audio: AudioClip, progress: ProgressCallback | None = None) -> tuple[PhoneSegment, ...]:
        """p, b and m of a line, as the speech encoder hears them; see ``transcript.heard_closures``.

        Args:
            audio: the line.
            progress: as in `predict`.
        """
        tell, network, frames = progress or (lambda stage, fraction: None), self._network, frames_in(len(audio.samples))
        heard: list[NDArray[np.float32]] = []
        for starts, pieces in self._sound_windows(audio.samples, frames):
            tell("closures", max(0.0, starts[0] / frames))
            _, logits = network.content_of_sound(network.hear(torch.from_numpy(pieces).to(self.device)))
            heard += list(torch.softmax(logits.float(), dim=-1).cpu().numpy())
        posteriors = blend(heard, frames)
        return closures_heard(posteriors, network.config.phones, ENGINE_FPS, network.config.lead_frames)

    def _sound_windows(
        self, samples: NDArray[np.float32], frames: int
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Starts of a few windows at a time, and their samples [B, S]."""
        length = samples_for(FRAMES)
        first_sample = FIRST_CENTRE + self._network.config.lead_frames * FRAME  # before the window's first frame
        for starts in batches(window_starts(frames), BATCH):
            yield starts, np.stack([slice_padded(samples, start * FRAME - first_sample, length) for start in starts])

    def style_code(self, style: Style, strength: float = 1.0) -> Tensor:
        """Style code [1, D] of a performance, or the mean of several by their shares, moved away from the mean manner.

        A code stored with a performance is taken as it is if these weights made it. Else it is drawn from the motion:
        the mean over the fewest equal clips of at most 6 s, with the learned code of a performer the network knows.

        Args:
            style: performances at any rate; the network was trained on clips of 2 to 6 s.
            strength: see `Request`.

        Raises:
            UserError: a performance without a frame at 25 Hz, or with a code that does not fit.
        """
        return self._styles.of_style(style, strength)

    def with_code(self, performance: Performance) -> Performance:
        """The performance with the code these weights draw from it, for ``style.library.save_style``.

        Raises:
            UserError: a performance without a frame at 25 Hz.
        """
        return self._styles.with_code(performance)

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
        network = self._network
        for starts, pieces in self._sound_windows(request.audio.samples, frames):
            tell("motion", max(0.0, starts[0] / frames))
            sound = network.hear(torch.from_numpy(pieces).to(self.device))
            style = self._styles.of_voice(sound, request.strength) if given is None else given.expand(len(starts), -1)
            controls, _ = network(sound, style)
            if not rates:
                rates.append(self._rates(style))
            yield from controls.float().cpu().numpy()

    def _restyled_windows(
        self, source: NDArray[np.float32], code: Tensor, tell: ProgressCallback
    ) -> Iterator[NDArray[np.float32]]:
        """Network output [FRAMES, 55] window by window, its content read from controls [T, 55] at 50 Hz."""
        network = self._network
        for starts in batches(window_starts(len(source)), BATCH):
            tell("motion", max(0.0, starts[0] / len(source)))
            pieces = np.stack([motion_window(source, start) for start in starts])
            content = network.content_of_motion(torch.from_numpy(pieces).to(self.device))
            yield from network.decoder(content, code.expand(len(starts), -1)).float().cpu().numpy()

    def _rates(self, style: Tensor) -> IdleRates:
        """How lively the idle face is, of the first style [B, D]."""
        raw = self._network.idle(style)[0].float().cpu().numpy() * np.array([BLINKS_SCALE, 1.0, 1.0])
        return IdleRates(*(float(np.clip(x, low, high)) for x, (low, high) in zip(raw, IDLE_LIMITS, strict=True)))


def _clamped(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """The border: shapes in 0..1, head angles within 0.6 rad."""
    shapes, angles = values[:, :N_BLENDSHAPES].clip(0.0, 1.0), values[:, N_BLENDSHAPES:].clip(-0.6, 0.6)
    clamped: NDArray[np.float32] = np.concatenate([shapes, angles], axis=1).astype(np.float32)
    return clamped
