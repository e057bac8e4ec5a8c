"""The contrast knows the time: against a brute-force version, and on codes shifted by ten frames."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ptalker_blender.training.constraints.time_contrast import COLDEST, WARMEST, TimeMatchedContrast, retrieval


def brute_force(
    audio: NDArray[np.float64], motion: NDArray[np.float64], valid: NDArray[np.bool_], share: float, near: int
) -> float:
    """One frame at a time, from the definition; temperature 0.07."""
    batch, times, _ = audio.shape
    places = [(b, t) for b in range(batch) for t in range(times) if valid[b, t]]
    k = max(1, round(share * times))
    total = 0.0
    for asked, offered in ((audio, motion), (motion, audio)):
        for b, t in places:

            def likeness(c: int, u: int, code: NDArray[np.float64] = asked[b, t], to: NDArray = offered) -> float:
                return float(code @ to[c, u] / np.linalg.norm(code) / np.linalg.norm(to[c, u])) / 0.07

            others = [likeness(c, u) for c, u in places if c != b or abs(u - t) > near]
            negatives = sorted(others, reverse=True)[:k]
            own = likeness(b, t)
            total += math.log(math.exp(own) + sum(map(math.exp, negatives))) - own
    return total / (2 * len(places))


@pytest.mark.parametrize(("share", "near"), [(0.15, 3), (0.5, 0), (3.0, 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_equals_the_brute_force_version(share: float, near: int, masked: bool) -> None:
    rng = np.random.default_rng(0)
    audio = rng.normal(size=(3, 11, 5))
    motion = audio + rng.normal(size=audio.shape)
    valid = rng.uniform(size=(3, 11)) > 0.3 if masked else np.ones((3, 11), bool)
    contrast = TimeMatchedContrast(share, near).double()
    tensors = torch.from_numpy(audio), torch.from_numpy(motion), torch.from_numpy(valid) if masked else None
    assert float(contrast(*tensors)) == pytest.approx(brute_force(audio, motion, valid, share, near), rel=1e-6)


def test_with_all_negatives_it_is_the_clip_loss() -> None:
    torch.manual_seed(0)
    audio, motion = torch.randn(2, 6, 4), torch.randn(2, 6, 4)
    units = [torch.nn.functional.normalize(x.flatten(0, 1), dim=-1) for x in (audio, motion)]
    logits, own = units[0] @ units[1].T / 0.07, torch.arange(12)
    clip = 0.5 * (torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(logits.T, own))
    assert float(TimeMatchedContrast(share=2.0, near=0)(audio, motion)) == pytest.approx(float(clip), rel=1e-5)


def speech_like(clips: int, frames: int) -> torch.Tensor:
    """Codes [clips, frames, 16] that move over some five frames, as speech does."""
    torch.manual_seed(0)
    noise = torch.randn(clips * 16, 1, frames + 8)
    smooth = torch.nn.functional.conv1d(noise, torch.hann_window(9, periodic=False)[None, None])
    return smooth.reshape(clips, 16, frames).transpose(1, 2)


def test_a_shift_of_ten_frames_is_seen() -> None:
    codes = speech_like(4, 110)
    audio, matched, late = codes[:, 10:], codes[:, 10:], codes[:, :-10]
    contrast = TimeMatchedContrast()
    assert float(contrast(audio, matched)) < 0.2
    assert float(contrast(audio, late)) > 5
    assert retrieval(audio, matched) == 1.0
    assert retrieval(audio, late) < 0.03


def test_training_an_encoder_finds_the_time() -> None:
    codes = speech_like(4, 60)
    mixing = torch.linalg.qr(torch.randn(16, 16)).Q
    motion = codes @ mixing
    encoder, contrast = torch.nn.Linear(16, 16), TimeMatchedContrast()
    assert retrieval(encoder(codes), motion) < 0.2
    optimizer = torch.optim.Adam([*encoder.parameters(), *contrast.parameters()], lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        contrast(encoder(codes), motion).backward()
        optimizer.step()
    assert retrieval(encoder(codes), motion) > 0.95


def test_the_temperature_falls_where_the_moment_is_found_and_rises_where_it_is_not() -> None:
    codes = speech_like(4, 60)
    contrast = TimeMatchedContrast()
    for other, sign in ((codes + 0.3 * torch.randn_like(codes), 1.0), (codes.roll(10, dims=1), -1.0)):
        contrast.zero_grad()
        contrast(codes, other).backward()
        assert sign * float(contrast.log_temperature.grad) > 0


def test_the_order_of_the_batch_does_not_count() -> None:
    torch.manual_seed(0)
    audio, motion, order = torch.randn(4, 20, 6), torch.randn(4, 20, 6), torch.randperm(4)
    contrast = TimeMatchedContrast()
    assert float(contrast(audio[order], motion[order])) == pytest.approx(float(contrast(audio, motion)), rel=1e-5)


def test_long_batches_are_thinned_and_near_is_still_counted_in_frames() -> None:
    """With stride 2 and near 2, neighbours after thinning are excluded: the same as near 1 of the thinned codes."""
    torch.manual_seed(0)
    audio, motion = torch.randn(8, 145, 6), torch.randn(8, 145, 6)
    thinned = TimeMatchedContrast(near=1, stride=1)(audio[:, ::2], motion[:, ::2])
    by_hand = TimeMatchedContrast(near=2, stride=2)(audio, motion)
    by_size = TimeMatchedContrast(near=2)(audio, motion)  # 8 * 145 = 1160 frames
    assert float(by_hand) == float(thinned) == float(by_size)


def test_the_temperature_stays_in_its_range_and_can_come_back() -> None:
    contrast = TimeMatchedContrast()
    audio, motion = torch.randn(2, 9, 4), torch.randn(2, 9, 4)
    for far, edge in ((-20.0, COLDEST), (20.0, WARMEST)):
        with torch.no_grad():
            contrast.log_temperature.fill_(far)
        contrast.zero_grad()
        contrast(audio, motion).backward()
        assert float(contrast.log_temperature.exp()) == pytest.approx(edge, rel=1e-5)
        assert float(contrast.log_temperature.grad) != 0


def test_nothing_valid_is_nothing_and_what_is_not_valid_gets_no_gradient() -> None:
    audio = torch.randn(2, 9, 4, requires_grad=True)
    motion = torch.randn(2, 9, 4)
    contrast = TimeMatchedContrast()
    assert float(contrast(audio, motion, torch.zeros(2, 9, dtype=torch.bool))) == 0.0
    valid = torch.arange(9).expand(2, 9) < 5
    contrast(audio, motion, valid).backward()
    assert not audio.grad[:, 5:].any()
    assert audio.grad[:, :5].any(-1).all()


def test_retrieval_counts_neighbours_and_rank() -> None:
    codes = torch.eye(12)[None]
    one_late = codes.roll(1, dims=1)
    assert retrieval(codes, codes, near=0) == 1.0
    assert retrieval(codes, one_late, near=0) == 0.0
    assert retrieval(codes, one_late, near=1) == pytest.approx(11 / 12)
    # The partner is second best: everyone prefers frame 11's code.
    pulled = codes + 2 * codes[:, 11:]
    assert retrieval(codes, pulled, k=1, near=0) + 1e-9 < retrieval(codes, pulled, k=2, near=0)
    assert retrieval(codes.reshape(3, 4, 12), codes.reshape(3, 4, 12).flip(0), near=4) == pytest.approx(1 / 3)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="same"):
        TimeMatchedContrast()(torch.ones(2, 5, 3), torch.ones(2, 6, 3))
    with pytest.raises(ValueError, match="valid"):
        TimeMatchedContrast()(torch.ones(2, 5, 3), torch.ones(2, 5, 3), torch.ones(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="temperature"):
        TimeMatchedContrast(temperature=2.0)
