"""The features' time origin and independence of what follows."""

import numpy as np
import pytest
import torch

from ptalker_blender.model.mel import FIRST_CENTRE, FRAME, LogMel, frames_in, samples_for


def click_at(sample: int, length: int = 16_000) -> torch.Tensor:
    samples = torch.zeros(1, length)
    samples[0, sample] = 1.0
    return samples


def test_first_pair_of_windows_is_centred_17_5_ms_after_the_first_sample() -> None:
    # Without the leading silence, the energy of a click is split evenly about the centre of the pair that holds it.
    assert FIRST_CENTRE / 16 == 17.5
    mel = LogMel(80)
    clicks = range(3000, 3400, 4)
    response = [int(torch.exp(mel.windows(click_at(s, samples_for(20)))).sum(-1)[0].argmax()) for s in clicks]
    centres = [s for s, frame in zip(clicks, response, strict=True) if frame == 9]
    # Frame 9 is loudest for the clicks within half a frame of its centre 17.5 + 9 * 20 ms.
    assert abs(np.mean(centres) / 16 - 197.5) < 1.5


@pytest.mark.parametrize("frame", [0, 1, 7, 30])
def test_a_click_on_a_motion_frame_is_loudest_in_that_frame(frame: int) -> None:
    features = LogMel(80)(click_at(frame * FRAME))
    assert int(features.sum(-1)[0].argmax()) == frame


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (320, 1), (479, 1), (481, 2), (16_000, 50), (16_161, 51)])
def test_frames_are_rounded(samples: int, frames: int) -> None:
    assert frames_in(samples) == frames
    assert LogMel(80)(torch.zeros(1, samples)).shape == (1, frames, 160)


def test_a_frame_does_not_change_with_what_follows() -> None:
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(1, 32_000, generator=generator)
    longer = torch.cat([samples, 50 * torch.randn(1, 16_000, generator=generator)], dim=1)
    mel = LogMel(80)
    torch.testing.assert_close(mel(samples)[:, :98], mel(longer)[:, :98], rtol=0, atol=1e-5)


def test_silence_is_finite_and_below_speech() -> None:
    mel = LogMel(80)
    silence = mel(torch.zeros(1, 3200))
    tone = mel(0.1 * torch.sin(torch.arange(3200) * 0.4)[None])
    assert torch.isfinite(silence).all()
    assert silence.max() < tone.max() - 5
