"""A trained network of vertices says the lines of a recorded set: the papers' own protocol, with a reference.

Each line is said in the manner of another clip of its performer (PTalker's and Mimic's mode with a reference motion,
here the whole clip and not its first frame), joined by the performer's learned code where training knew the performer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...audio.clip import AudioClip
from ...engine.windows import FRAMES, batches, blend, slice_padded, window_starts
from ...errors import UserError
from ...model.fusion import fuse
from ...model.mel import FIRST_CENTRE, FRAME, frames_in, samples_for
from ...model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ...model.network import Network
from ...motion.controls import ENGINE_FPS
from ..recorded.clips import RecordedClip, RecordedSet
from ..recordings import sampled
from .vertices_files import Pair

BATCH = 4  # windows at a time: a window of a mesh of 23,370 vertices is 40 MB


def network_pairs(found: RecordedSet, split: str, network: Network, device: str = "cpu") -> Iterator[Pair]:
    """Every clip of a split with sound, said by the network, beside the truth.

    Raises:
        UserError: no such clips, a network of another mesh, or a performer with no other clip to take the manner from.
    """
    clips = [clip for clip in found.of(split) if clip.audio is not None]
    if not clips or found.templates is None:
        raise UserError(
            f"{found.name} has no vertex clips with sound in {split!r}", "a split of a vertex set", "--split"
        )
    if network.config.output != "vertices" or network.config.channels != len(found.observed):
        raise UserError(
            f"a network of {network.config.channels} channels of {network.config.output}",
            f"one trained on {found.name}, {len(found.observed)} of vertices", "name its weights",
        )  # fmt: skip
    for clip in clips:
        style = style_of(network, found, clip, device)
        offsets = say(network, clip, style, device)
        rest = found.templates[clip.performer]
        truth = rest + clip.motion[0 : len(clip.motion)].reshape(-1, *rest.shape)
        made = rest + offsets.reshape(-1, *rest.shape)
        yield Pair(clip.name, made, np.asarray(truth, np.float32), clip.fps, rest, clip.audio)


def style_of(network: Network, found: RecordedSet, clip: RecordedClip, device: str = "cpu") -> Tensor:
    """Style [1, D] of a clip's performer, read from another of their clips.

    Raises:
        UserError: there is none.
    """
    others = [c for c in found.clips if c.performer == clip.performer and c.sentence != clip.sentence]
    preferred = [c for c in others if c.split == "train"] or [c for c in others if c.split == clip.split] or others
    if not preferred:
        raise UserError(f"{clip.name} is {clip.performer}'s only clip", "another to take the manner from", "add one")
    codes = [encode_style(network, _performance(preferred[0]), device)]
    name = f"{found.name}:{clip.performer}"
    if name in network.config.identities:
        identity = torch.tensor([network.config.identities.index(name)], device=device)
        with torch.inference_mode():
            codes.append(network.style_of_identity(identity))
    return fuse(codes)


def _performance(clip: RecordedClip) -> NDArray[np.float32]:
    """A clip's first seconds at the rate performances are read at, at most CLIP_FRAMES."""
    frames = min(CLIP_FRAMES, max(1, round(clip.seconds * PERFORMANCE_FPS)))
    return sampled(clip, np.arange(frames) / PERFORMANCE_FPS)


@torch.inference_mode()
def encode_style(network: Network, performance: NDArray[np.float32], device: str = "cpu") -> Tensor:
    """Style [1, D] of a performance [P, C] at 25 Hz."""
    return network.style_of_motion(torch.from_numpy(performance)[None].to(device))


@torch.inference_mode()
def say(network: Network, clip: RecordedClip, style: Tensor, device: str = "cpu") -> NDArray[np.float32]:
    """Motion of a clip's sound [T, C], as many frames and at the rate the clip has."""
    audio = clip.audio
    if audio is None:
        raise ValueError(f"{clip.name} has no sound")
    frames = frames_in(len(audio.samples))
    made = blend(_windows(network, audio, frames, style, device), frames)
    places = (np.arange(len(clip.motion)) / clip.fps * ENGINE_FPS).clip(0, frames - 1)
    low = np.floor(places).astype(np.int64)
    share = (places - low).astype(np.float32)[:, None]
    high = (low + 1).clip(max=frames - 1)
    said: NDArray[np.float32] = (1 - share) * made[low] + share * made[high]
    return said


def _windows(
    network: Network, audio: AudioClip, frames: int, style: Tensor, device: str
) -> Iterator[NDArray[np.float32]]:
    first_sample = FIRST_CENTRE + network.config.lead_frames * FRAME
    for starts in batches(window_starts(frames), BATCH):
        pieces = [slice_padded(audio.samples, start * FRAME - first_sample, samples_for(FRAMES)) for start in starts]
        sound = network.hear(torch.from_numpy(np.stack(pieces)).to(device))
        yield from network(sound, style.expand(len(starts), -1))[0].cpu().numpy()


class OwnStyleEncoder:
    """A network's own style encoder, for the figure SCS.

    Args:
        network: of vertices.
        fps: of the motions it will be given.
        device: of the network.
    """

    def __init__(self, network: Network, fps: float, device: str = "cpu") -> None:
        self.network, self.fps, self.device = network, fps, device

    def __call__(self, offsets: NDArray[np.float32]) -> NDArray[np.float64]:
        """Offsets [T, 3V] -> code [D], from their first 6 s."""
        clip = RecordedClip("", "", "", "val", None, np.asarray(offsets, np.float32), self.fps)
        code = encode_style(self.network, _performance(clip), self.device)[0].double().cpu().numpy()
        return np.asarray(code, np.float64)
