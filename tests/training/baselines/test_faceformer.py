"""The FaceFormer-type baseline: causal, the same with and without its cache, as large as what it stands beside."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ptalker_blender.errors import UserError
from ptalker_blender.model.attention import BiasedAttention, reach_bias
from ptalker_blender.model.checkpoint import load_checkpoint, save_checkpoint
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.mel import samples_for
from ptalker_blender.model.network import Network
from ptalker_blender.model.sound import Sound
from ptalker_blender.training.baselines.faceformer import (
    DiagonalAttention,
    FaceFormerDecoder,
    causal_bias,
    period_table,
)
from ptalker_blender.training.baselines.faceformer_network import (
    faceformer_network,
    load_faceformer,
    parameter_count,
    save_faceformer,
)
from ptalker_blender.training.baselines.faceformer_stage import (
    FaceFormerStage,
    forced_terms,
    train_faceformer,
    with_own_frames,
)
from ptalker_blender.training.scenes import MotionBatch

CPU = torch.device("cpu")
FRAMES = 40


@pytest.fixture(params=[55, 3 * 40], ids=["controls", "vertices"])
def decoder(request: pytest.FixtureRequest) -> FaceFormerDecoder:
    """With random weights throughout, so that everything reaches the output."""
    torch.manual_seed(0)
    made = FaceFormerDecoder(
        width=16, layers=2, heads=4, feed_forward=24, period=5, channels=request.param, dropout=0.1
    )
    torch.nn.init.normal_(made.out.weight, std=0.3)
    torch.nn.init.normal_(made.out.bias)
    return made.eval()


def inputs(decoder: FaceFormerDecoder, frames: int = 14, batch: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, frames, 16, generator=generator),
        torch.randn(batch, 16, generator=generator),
        torch.randn(batch, frames, decoder.channels, generator=generator),
    )


def test_bias_steps_down_once_a_period_and_forbids_the_future() -> None:
    bias = causal_bias(7, 4, 3, CPU)
    # The first of four ALiBi slopes is 2^-2, the last 2^-8.
    assert bias[0, 6].tolist() == [-0.5, -0.25, -0.25, -0.25, 0.0, 0.0, 0.0]
    assert float(bias[3, 6, 0]) == -2 / 256
    assert torch.isinf(bias).sum() == 4 * 21 and bool((bias[:, 2, 3:] == -torch.inf).all())


def test_positions_repeat_after_a_period() -> None:
    table = period_table(25, 16)
    assert table.shape == (25, 16)
    np.testing.assert_allclose(table[3, :2], [np.sin(3), np.cos(3)], rtol=1e-5)
    torch.manual_seed(0)
    same = FaceFormerDecoder(width=16, layers=1, heads=4, feed_forward=8, period=4, channels=3, dropout=0.0).eval()
    torch.nn.init.normal_(same.out.weight)
    for parameter in same.layers[0].self_attention.parameters():
        torch.nn.init.zeros_(parameter)  # without memory a frame knows only its place in the period
    motion = same(torch.ones(1, 12, 16), torch.ones(1, 16), torch.zeros(1, 12, 3))
    torch.testing.assert_close(motion[:, :4], motion[:, 4:8])
    assert not torch.allclose(motion[:, 0], motion[:, 1])


def test_a_later_input_never_changes_an_earlier_output(decoder: FaceFormerDecoder) -> None:
    content, style, motion = inputs(decoder)
    for frame in (0, 6, 13):
        louder, moved = content.clone(), motion.clone()
        louder[:, frame] += 1.0
        moved[:, frame] += 1.0
        told = decoder(content, style, motion)
        for other, first in ((decoder(louder, style, motion), frame), (decoder(content, style, moved), frame + 1)):
            torch.testing.assert_close(other[:, :first], told[:, :first], rtol=0, atol=0)
            if first < 14:
                assert not torch.allclose(other[:, first], told[:, first])
        free, freer = decoder(content, style), decoder(louder, style)
        torch.testing.assert_close(freer[:, :frame], free[:, :frame], rtol=0, atol=0)
        assert not torch.allclose(freer[:, frame], free[:, frame])


def test_running_free_equals_computing_every_prefix_anew(decoder: FaceFormerDecoder) -> None:
    content, style, _ = inputs(decoder)
    made = torch.zeros(2, 0, decoder.channels)
    for k in range(14):
        # Whatever stands at frame k is not looked at: frame k is told frames 0 to k - 1.
        told = torch.cat([made, torch.full((2, 1, decoder.channels), 9.0)], dim=1)
        made = torch.cat([made, decoder(content[:, : k + 1], style, told)[:, -1:]], dim=1)
    torch.testing.assert_close(decoder(content, style), made, rtol=1e-4, atol=1e-5)


def test_told_its_own_motion_it_says_the_same_again(decoder: FaceFormerDecoder) -> None:
    content, style, _ = inputs(decoder)
    free = decoder(content, style)
    torch.testing.assert_close(decoder(content, style, free), free, rtol=1e-4, atol=1e-5)


def test_diagonal_attention_is_attention_with_a_diagonal_mask() -> None:
    full, diagonal = BiasedAttention(16, 4), DiagonalAttention(16)
    with torch.no_grad():
        diagonal.value.weight.copy_(full.key_value.weight[16:])
        diagonal.value.bias.copy_(full.key_value.bias[16:])
    diagonal.out.load_state_dict(full.out.state_dict())
    x, content = torch.randn(2, 9, 16), torch.randn(2, 9, 16)
    torch.testing.assert_close(diagonal(content), full(x, content, reach_bias(9, 0, CPU, torch.float32)))


def test_style_changes_the_motion(decoder: FaceFormerDecoder) -> None:
    content, style, motion = inputs(decoder)
    assert not torch.allclose(decoder(content, style, motion), decoder(content, -style, motion))


def tiny_config(**changes: object) -> NetworkConfig:
    encoder = COMPACT_SPEECH_ENCODER | {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
    fields = {"phones": ("sil", "p"), "speech_encoder": encoder, "width": 16, "layers": 2, "feed_forward": 32}
    return NetworkConfig(**(fields | {"graph_attention": False} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [{}, {"width": 128, "layers": 3, "feed_forward": 384}])
def test_untrained_it_rests_and_is_of_equal_size(size: dict[str, int]) -> None:
    config = tiny_config(**size)
    ours, theirs = Network(config), faceformer_network(config).eval()
    # The nearest feed-forward width leaves at most half of one unit in every layer.
    unit = config.layers * (2 * config.width + 1)
    assert abs(parameter_count(theirs.decoder) - parameter_count(ours.decoder)) <= unit / 2
    assert parameter_count(theirs.audio_content) == parameter_count(ours.audio_content)
    sound = theirs.hear(torch.randn(1, samples_for(8)))
    motion, logits = theirs(sound, torch.randn(1, config.width))
    assert motion.shape == (1, 8, 55) and logits.shape == (1, 8, 2)
    assert torch.count_nonzero(motion) == 0


def test_a_baseline_is_stored_and_read_strictly(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = faceformer_network(tiny_config()).eval()
    torch.nn.init.normal_(network.decoder.out.weight)
    path = tmp_path / "b.safetensors"
    save_faceformer(network, path)
    sound, style = network.hear(torch.randn(1, samples_for(8))), torch.randn(1, 16)
    torch.testing.assert_close(load_faceformer(path)(sound, style), network(sound, style), rtol=0, atol=0)
    with pytest.raises(UserError):
        load_checkpoint(path)
    other = tmp_path / "o.safetensors"
    save_checkpoint(Network(tiny_config()), other)
    with pytest.raises(UserError, match="another decoder"):
        load_faceformer(other)


# Training


def squared(predicted: Tensor, target: Tensor, observed: Tensor) -> dict[str, Tensor]:
    return {"error": ((predicted - target) * observed[:, None]).square().mean((1, 2))}


def batches(count: int, unheard: bool = False) -> Iterator[MotionBatch]:
    """Motion that follows the sound: one control opens with the loudness of the first mel bands."""
    for seed in range(count):
        generator = torch.Generator().manual_seed(seed)
        loudness = torch.randn(4, FRAMES // 5, generator=generator).repeat_interleave(5, dim=1)
        mel = torch.zeros(4, FRAMES, 160)
        mel[:, :, :40] = loudness[..., None]
        target = torch.zeros(4, FRAMES, 55)
        target[:, :, 17] = loudness
        heard = torch.tensor([True, True, True, not unheard])
        if unheard:
            target[3] = 100.0
        yield MotionBatch(
            sound=Sound(mel),
            heard=heard,
            target=target,
            observed=torch.ones(4, 55, dtype=torch.bool),
            performance=torch.zeros(4, 30, 55),
            performer=torch.zeros(4, dtype=torch.int64),
            voice=torch.zeros(4, dtype=torch.int64),
            present=torch.ones(4, 3, dtype=torch.bool),
            labels=(loudness > 0).long(),
            rates=torch.zeros(4, 3),
            traits=torch.full((4, 27), torch.nan),
        )


def test_it_learns_motion_from_sound_and_runs_free_on_it() -> None:
    torch.manual_seed(0)
    network = faceformer_network(tiny_config())
    stage = FaceFormerStage(steps=70, learning_rate=5e-3, encoder_learning_rate=5e-3, own_share=0.5)
    terms = [terms for _, terms in train_faceformer(network, batches(70), squared, stage, seed=1)]
    assert np.mean([t["error"] for t in terms[-5:]]) < 0.5 * terms[0]["error"]
    batch = next(batches(1))
    network.eval()
    with torch.no_grad():
        made = network(batch.sound, network.style_of_motion(batch.performance))[0][..., 17]
    assert np.corrcoef(made.flatten(), batch.target[..., 17].flatten())[0, 1] > 0.7


def test_what_is_not_heard_does_not_count() -> None:
    torch.manual_seed(0)
    network = faceformer_network(tiny_config()).eval()
    terms = forced_terms(network, squared, FaceFormerStage(steps=1), next(batches(1, unheard=True)))
    assert float(terms["error"].detach()) < 2.0 and set(terms) == {"error", "phones"}
    assert set(forced_terms(network, squared, FaceFormerStage(1, encoder_learning_rate=0.0), next(batches(1)))) == {
        "error"
    }


def test_scheduled_sampling_tells_a_share_of_the_frames_its_own(decoder: FaceFormerDecoder) -> None:
    content, style, motion = inputs(decoder, frames=100, batch=8)
    assert with_own_frames(decoder, content, style, motion, 0.0) is motion
    torch.manual_seed(0)
    told = with_own_frames(decoder, content, style, motion, 0.3)
    own, true = (told == decoder(content, style, motion)).all(-1), (told == motion).all(-1)
    assert bool((own ^ true).all())
    assert float(own.float().mean()) == pytest.approx(0.3, abs=0.06)


def test_too_few_batches_and_other_decoders_are_refused() -> None:
    network = faceformer_network(tiny_config())
    with pytest.raises(ValueError, match="2 batches for 3 steps"):
        list(train_faceformer(network, batches(2), squared, FaceFormerStage(steps=3), seed=0))
    with pytest.raises(TypeError, match="decoder"):
        forced_terms(Network(tiny_config()), squared, FaceFormerStage(steps=1), next(batches(1)))
    with pytest.raises(ValueError, match="own_share"):
        FaceFormerStage(steps=1, own_share=1.5)
