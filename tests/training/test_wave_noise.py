"""Noise in waves: as loud as it says, in most windows, and nothing else changed."""

import math

import numpy as np
import pytest
import torch

from ptalker_blender.engine.windows import FRAMES
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.mel import FLOOR
from ptalker_blender.model.network import Network
from ptalker_blender.training.phone_stage import augmented_sound, sound_rows
from ptalker_blender.training.speech_data import WINDOW_SAMPLES, Crop, Utterance
from ptalker_blender.training.wave_noise import CHANCE, RATIO_DB, with_noise


def speech_like(count: int) -> np.ndarray:
    wave = 0.3 * np.sin(np.arange(16_000) * 0.05)
    return np.tile(wave, (count, 1)).astype(np.float32)


def test_noise_has_the_levels_and_the_share_it_says() -> None:
    clean = speech_like(400)
    noise = with_noise(clean, np.random.default_rng(0)).astype(np.float64) - clean
    heard = np.abs(noise).max(1) > 0
    assert heard.mean() == pytest.approx(CHANCE, abs=0.06)
    ratios = 10 * np.log10(np.square(clean[heard], dtype=np.float64).mean(1) / np.square(noise[heard]).mean(1))
    assert RATIO_DB[0] - 0.1 < ratios.min() < RATIO_DB[0] + 2 and RATIO_DB[1] - 2 < ratios.max() < RATIO_DB[1] + 0.1
    assert np.median(ratios) == pytest.approx(np.mean(RATIO_DB), abs=2.5)


def test_noise_is_drawn_from_the_generator_alone_and_silence_stays_silent() -> None:
    clean = speech_like(4)
    first, again = (with_noise(clean, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert not with_noise(np.zeros((4, 1000), np.float32), np.random.default_rng(0)).any()


SMALL = {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 16}
OF_WAVES = {
    "model_type": "hubert", "conv_dim": [8] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
    "normalise_windows": True,
}  # fmt: skip


@pytest.mark.parametrize("encoder", [COMPACT_SPEECH_ENCODER | SMALL, OF_WAVES | SMALL])
def test_crops_are_heard_at_their_speed_and_gain_and_none_is_silence(encoder: dict[str, object]) -> None:
    network = Network(NetworkConfig(phones=("sil",), speech_encoder=encoder, width=16, layers=1, feed_forward=16))
    samples = (8000 * np.sin(np.arange(64_000) * 0.1)).astype(np.int16)
    utterance = Utterance(samples, np.zeros(1), np.zeros(1, np.int64), 4.0, "tone")
    crop = Crop(utterance, first=10, speed=1.1, gain=0.5)
    sound = augmented_sound(network, [crop, None], np.random.default_rng(1), "cpu")
    assert sound.mel.shape == (2, FRAMES, 160) and torch.isfinite(sound.mel).all()
    torch.testing.assert_close(sound.mel[1], torch.full((FRAMES, 160), math.log(FLOOR)))
    assert sound.mel[0].max() > math.log(FLOOR) + 10
    assert sound_rows(sound, slice(1, 2)).mel.shape == (1, FRAMES, 160)
    if encoder["model_type"] == "hubert":
        assert sound.samples is not None and sound.samples.shape == (2, WINDOW_SAMPLES)
        assert np.corrcoef(sound.samples[0].numpy(), crop.samples())[0, 1] > 0.85
        assert not sound.samples[1].any()
        assert network.audio_content.hidden(sound_rows(sound, slice(0, 1))).shape == (1, FRAMES, 16)
    else:
        assert sound.samples is None
