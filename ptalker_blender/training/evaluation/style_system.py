"""The network as the style evaluation uses it: a line is heard once and then said in many styles.

`engine.session.Session` answers one request at a time; here a line's content is computed once for twenty styles. The
windows, the look-ahead and the seams are those of the engine (a test compares both), without blinks, gaze and drift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...engine.restyle import motion_window
from ...engine.windows import FRAMES, blend, slice_padded, window_starts
from ...errors import UserError
from ...model.mel import FIRST_CENTRE, FRAME, frames_in, samples_for
from ...model.motion_style import CLIP_FRAMES
from ...model.network import Network
from ...motion.controls import BLENDSHAPES, N_BLENDSHAPES, N_CONTROLS
from ...rig.head import Head
from ...rig.lips import lip_rig

Array = NDArray[np.float64]
Controls = NDArray[np.float32]

BATCH = 16  # windows or clips computed together


@dataclass(frozen=True)
class Line:
    """A line of dialogue as the network heard it, W windows of F frames.

    Attributes:
        content: content codes [W, F, D].
        logits: phone logits [W, F, K].
        voice: style codes of the driving audio [W, D].
        frames: T, length of the line at 50 Hz.
    """

    content: Tensor
    logits: Tensor
    voice: Tensor
    frames: int


class StyleSystem:
    """A network with the head its motion is measured on.

    Args:
        network: ready to evaluate.
        head: the default head.
        device: of the network.

    Raises:
        UserError: a network that does not give the 55 controls.
    """

    def __init__(self, network: Network, head: Head, device: str = "cpu") -> None:
        if network.config.output != "controls":
            raise UserError(
                f"a network whose output is {network.config.output}", f"the {N_CONTROLS} controls",
                "style figures are taken on the default head; use `ptalker evaluate vertices` for this one",
            )  # fmt: skip
        self.network, self.head, self.device = network, head, device
        ids = head.landmarks["lips"]
        self._lip_deltas = 1000.0 * _control_deltas(head)[:, ids].reshape(N_BLENDSHAPES, -1)
        self.rig = lip_rig(head)

    @property
    def mean_style(self) -> Array:
        """The mean manner [D]; strength 0."""
        return _numpy(self.network.mean_style)

    @torch.inference_mode()
    def motion_codes(self, clips: Sequence[Controls]) -> Array:
        """Style codes [N, D] of performances [P, 55] at 25 Hz; long ones in equal clips of at most 6 s, averaged.

        As `Session.style_code` does, without a library identity's own code.
        """
        pieces = [np.array_split(clip, math.ceil(len(clip) / CLIP_FRAMES)) for clip in clips]
        owner = np.array([who for who, parts in enumerate(pieces) for _ in parts])
        flat = [part for parts in pieces for part in parts]
        codes = np.zeros((len(flat), self.network.config.width))
        for group in _by_length(flat):
            codes[group] = self._codes_of([flat[i] for i in group])
        return np.stack([codes[owner == who].mean(0) for who in range(len(clips))])

    def _codes_of(self, clips: Sequence[Controls]) -> Array:
        done = []
        for first in range(0, len(clips), BATCH):
            batch = torch.from_numpy(np.stack(clips[first : first + BATCH])).to(self.device)
            done.append(_numpy(self.network.style_of_motion(batch)))
        return np.concatenate(done)

    @torch.inference_mode()
    def identity_codes(self, names: Sequence[str]) -> Array:
        """Codes [N, D] of performers of the network's identity table.

        Raises:
            ValueError: a name that is not in the table.
        """
        identities = [self.network.config.identities.index(name) for name in names]
        return _numpy(self.network.style_of_identity(torch.tensor(identities, device=self.device)))

    @torch.inference_mode()
    def motion_content(self, motion: Controls) -> Array:
        """What is said in a motion [T, 55] at 50 Hz, read from it as the engine does, without eyes and head: [T, D]."""
        return blend(iter(self._content_windows(motion).float().cpu().numpy()), len(motion)).astype(np.float64)

    def _content_windows(self, motion: Controls) -> Tensor:
        windows = np.stack([motion_window(motion, start) for start in window_starts(len(motion))])
        batches = torch.split(torch.from_numpy(windows).to(self.device), BATCH)
        return torch.cat([self.network.content_of_motion(batch) for batch in batches])

    @torch.inference_mode()
    def hear(self, samples: NDArray[np.float32]) -> Line:
        """A line [S] at 16 kHz in the engine's windows, the network's lead taken back as the engine does."""
        frames = frames_in(len(samples))
        first_sample = FIRST_CENTRE + self.network.config.lead_frames * FRAME
        length = samples_for(FRAMES)
        pieces = np.stack([slice_padded(samples, s * FRAME - first_sample, length) for s in window_starts(frames)])
        content, logits, voice = [], [], []
        for first in range(0, len(pieces), BATCH):
            sound = self.network.hear(torch.from_numpy(pieces[first : first + BATCH]).to(self.device))
            codes, phones = self.network.content_of_sound(sound)
            content.append(codes)
            logits.append(phones)
            voice.append(self.network.style_of_voice(sound))
        return Line(torch.cat(content), torch.cat(logits), torch.cat(voice), frames)

    def voice_code(self, line: Line) -> Array:
        """Style code [D] of a line's own voice: the mean over its windows."""
        return _numpy(line.voice.mean(0))

    def audio_content(self, line: Line) -> Array:
        """Content codes [T, D] of a line, windows joined at the engine's seams, frame k of the sound at k / 50 s."""
        return self._without_lead(blend(iter(line.content.float().cpu().numpy()), line.frames))

    def posteriors(self, line: Line) -> Array:
        """Phone posteriors [T, K] of a line, frame k of the sound at k / 50 s."""
        return self._without_lead(blend(iter(line.logits.softmax(-1).float().cpu().numpy()), line.frames))

    def _without_lead(self, codes: Controls) -> Array:
        """Codes [T, D] where the sound is: windows were heard early, so that the motion comes out later by the lead."""
        lead = self.network.config.lead_frames
        return np.pad(codes[lead:], ((0, lead), (0, 0)), mode="edge").astype(np.float64)

    def say(self, line: Line, codes: Array) -> Controls:
        """The line in each style [N, D]: controls [N, T, 55], shapes clamped to 0..1 as the engine does."""
        return np.stack([blend(iter(self.windows(line, code[None])), line.frames) for code in codes]).clip(*_LIMITS)

    def say_own_voice(self, line: Line) -> Controls:
        """The line in the manner of its own voice, window by window: controls [T, 55]."""
        return blend(iter(self.windows(line, _numpy(line.voice))), line.frames).clip(*_LIMITS)

    def windows(self, line: Line, codes: Array) -> Controls:
        """Unclamped controls [W, F, 55] of each window, before the seams; codes [W, D], or [1, D] for all windows."""
        return self._decode(line.content, codes)

    @torch.inference_mode()
    def _decode(self, content: Tensor, codes: Array) -> Controls:
        style = torch.from_numpy(codes.astype(np.float32)).to(self.device).expand(len(content), -1)
        pairs = zip(torch.split(content, BATCH), torch.split(style, BATCH), strict=True)
        return torch.cat([self.network.decoder(part, manner) for part, manner in pairs]).float().cpu().numpy()

    @torch.inference_mode()
    def restyle(self, motion: Controls, codes: Array) -> Controls:
        """What is said in a motion [T, 55] at 50 Hz, in each manner [N, D]: [N, T, 55]."""
        content, frames = self._content_windows(motion), len(motion)
        return np.stack([blend(iter(self._decode(content, code[None])), frames) for code in codes]).clip(*_LIMITS)

    def lips(self, controls: Controls) -> Controls:
        """Lip vertices' displacements [..., L, 3] in mm of controls [..., 55]; the head's angles play no part."""
        shapes = controls[..., :N_BLENDSHAPES]
        return (shapes @ self._lip_deltas).reshape(*shapes.shape[:-1], -1, 3)

    def opening(self, controls: Controls) -> Array:
        """Mouth opening [...] in mm of controls [..., 55]."""
        flat = controls.reshape(-1, controls.shape[-1])
        return self.rig.gap(flat).reshape(controls.shape[:-1])


# Shapes lie within 0..1; head angles are left alone.
_LIMITS = (
    np.array([0.0] * N_BLENDSHAPES + [-0.6] * (N_CONTROLS - N_BLENDSHAPES), np.float32),
    np.array([1.0] * N_BLENDSHAPES + [0.6] * (N_CONTROLS - N_BLENDSHAPES), np.float32),
)


def _control_deltas(head: Head) -> NDArray[np.float32]:
    """Displacements [52, V, 3] in the order of the controls; a control without a key moves nothing."""
    rows = {name: k for k, name in enumerate(head.key_names)}
    still = np.zeros_like(head.key_deltas[0])
    return np.stack([head.key_deltas[rows[name]] if name in rows else still for name in BLENDSHAPES])


def _numpy(tensor: Tensor) -> Array:
    return tensor.detach().double().cpu().numpy()


def _by_length(arrays: Sequence[Controls]) -> list[list[int]]:
    """Indices of the arrays grouped by length, so that each group can be one batch."""
    groups: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        groups.setdefault(len(array), []).append(index)
    return list(groups.values())
