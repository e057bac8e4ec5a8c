"""Both stages learn, resume exactly and read their settings strictly, on a corpus made here."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.errors import UserError
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.augment import SpectrumAugment, crop_at_speed
from ptalker_blender.training.checkpointing import Curve, load_state, save_state
from ptalker_blender.training.config import read_config
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.losses import LossWeights, MotionLoss
from ptalker_blender.training.motion_stage import MotionStage, Rehearsal, draw_sources, train_motion
from ptalker_blender.training.phone_stage import PhoneStage, draw_weights, fit_normalisation, train_phones
from ptalker_blender.training.speech_data import Crop, Utterance
from ptalker_blender.training.teacher.performer import draw_performers

VOWELS = {"sil": 0.0, "aa": 300.0, "iy": 2300.0, "uw": 700.0}  # Hz of a tone standing for each phone


def utterance(seed: int) -> Utterance:
    """Tones of 0.2 s whose pitch names the phone."""
    rng = np.random.default_rng(seed)
    phones = ["sil", *rng.choice(list(VOWELS)[1:], 8), "sil"]
    times = np.arange(3200) / 16_000
    sound = np.concatenate([8000 * np.sin(2 * np.pi * VOWELS[p] * times) for p in phones]) + rng.normal(0, 30, 32_000)
    starts = np.arange(len(phones)) * 0.2
    return Utterance(sound.astype(np.int16), starts, np.array([PHONES.index(p) for p in phones]), 2.0, "tones")


@pytest.fixture(scope="module")
def utterances() -> tuple[Utterance, ...]:
    return tuple(utterance(i) for i in range(8))


def tiny(utterances: tuple[Utterance, ...]) -> Network:
    torch.manual_seed(0)
    encoder = COMPACT_SPEECH_ENCODER | {"hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32}
    network = Network(
        NetworkConfig(
            phones=PHONES, speech_encoder=encoder, width=32, layers=1, feed_forward=32, identities=tuple("abcdef")
        )
    )
    fit_normalisation(network.mel, utterances, np.random.default_rng(0), 8)
    return network


def test_labels_follow_the_crop(utterances: tuple[Utterance, ...]) -> None:
    crop = Crop(utterances[0], first=-5, speed=1.0, gain=1.0)
    labels = crop.labels()
    assert (labels[:15] == 0).all()  # 0.1 s before the clip and 0.2 s of silence
    assert labels[15] == utterances[0].phones[1]
    twice = Crop(utterances[0], first=0, speed=2.0, gain=1.0).labels()
    assert twice[5] == utterances[0].phones[1] and (twice[50:] == 0).all()


def test_crop_at_speed_moves_a_tone_and_pads_with_silence() -> None:
    tone = (10_000 * np.sin(2 * np.pi * 400 * np.arange(16_000) / 16_000)).astype(np.int16)
    piece = crop_at_speed(tone, 0, 16_000, 1.25)
    spectrum = np.abs(np.fft.rfft(piece[:12_000]))
    assert abs(spectrum.argmax() * 16_000 / 12_000 - 500) < 2
    assert not piece[12_801:].any()
    assert not crop_at_speed(tone, 40_000, 100, 1.0).any()


def test_augmented_power_is_finite_and_positive() -> None:
    power = torch.rand(6, 257, 40)
    augmented, banks = SpectrumAugment(80, np.random.default_rng(0))(power)
    assert augmented.shape == power.shape and banks.shape == (6, 80, 257)
    assert torch.isfinite(augmented).all() and (augmented >= 0).all()


def test_rare_phones_are_drawn_more_often(utterances: tuple[Utterance, ...]) -> None:
    rare = Utterance(
        utterances[0].samples, utterances[0].starts, np.where(utterances[0].phones > 0, PHONES.index("zh"), 0), 2.0, "x"
    )
    weights = draw_weights([*utterances * 4, rare], 0.25)
    assert weights[-1] == weights.max() and weights.sum() == pytest.approx(1)


def test_phones_are_learned_and_a_resumed_run_equals_an_uninterrupted_one(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    stage = PhoneStage(steps=24, batch=4)
    network = tiny(utterances)
    losses = []
    for step, loss, optimiser in train_phones(network, utterances, stage, seed=1):
        losses.append(loss)
        if step + 1 == 12:
            save_state(tmp_path, "phones", network, optimiser, 12)
    assert losses[-1] < 0.8 * losses[0]
    state = load_state(tmp_path, "phones")
    assert state is not None and state.step == 12
    resumed = [
        loss
        for _, loss, _ in train_phones(
            state.network, utterances, stage, seed=1, first_step=12, optimiser_state=state.optimiser
        )
    ]
    np.testing.assert_allclose(resumed, losses[12:], rtol=1e-4)
    for a, b in zip(network.parameters(), state.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5)


def test_motion_is_learned_and_the_frozen_encoder_stays(utterances: tuple[Utterance, ...]) -> None:
    network = tiny(utterances)
    criterion = MotionLoss(load_head(), LossWeights())
    rehearsal = Rehearsal(utterances, draw_performers(6, 0), criterion.rig, 0)
    stage = MotionStage(steps=60, batch=4, performers=6, encoder_learning_rate=0.0, learning_rate=3e-3)
    before = [p.clone() for p in network.audio_content.encoder.parameters()]
    lips = [terms["lips"] for _, terms, _ in train_motion(network, rehearsal, criterion, stage, seed=1)]
    assert np.mean(lips[-8:]) < 0.7 * np.mean(lips[:8])
    for old, new in zip(before, network.audio_content.encoder.parameters(), strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)
    assert float(network.mean_style.norm()) > 0


def test_a_performance_never_holds_the_sentence_to_be_animated(utterances: tuple[Utterance, ...]) -> None:
    many = tuple(utterance(100 + i) for i in range(60))
    rehearsal = Rehearsal(many, draw_performers(2, 0), MotionLoss(load_head(), LossWeights()).rig, 0)
    held = [i for i in rehearsal._sentences(0, 0)]
    replaced = rehearsal.clip(0, 0, avoid=many[held[0]])
    assert not np.array_equal(replaced, rehearsal.clip(0, 0))


def test_every_set_of_style_sources_is_drawn_and_none_is_empty() -> None:
    drawn = draw_sources(2000, np.random.default_rng(0))
    assert drawn.any(1).all()
    assert (drawn.mean(0) > 0.2).all()


def test_curve_drops_points_of_an_interrupted_run(tmp_path: Path) -> None:
    curve = Curve(tmp_path / "c.jsonl", 0)
    for step in (10, 20, 30):
        curve.add(step, {"loss": 1.0 / step})
    resumed = Curve(tmp_path / "c.jsonl", 20)
    assert [point["step"] for point in resumed.points] == [10, 20]
    assert all(a["loss"] > b["loss"] for a, b in pairwise(resumed.points))


def test_shipped_configuration_reads(pytestconfig: pytest.Config) -> None:
    config = read_config(pytestconfig.rootpath / "configs" / "first.toml")
    assert config.phones.steps > 1000 and config.motion.performers >= 200


@pytest.mark.parametrize(
    "text",
    [
        "seed = ",
        "seed = 1",
        'seed=1\nout="a"\ncorpus="b"\ncolour=3\n[phones]\nsteps=1\n[motion]\nsteps=1',
        'seed=1\nout="a"\ncorpus="b"\n[phones]\nsteps=0\n[motion]\nsteps=1',
        'seed=1\nout="a"\ncorpus="b"\n[phones]\nstep=5\n[motion]\nsteps=1',
    ],
)
def test_bad_configurations_are_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_config(path)
    assert "\n" not in str(caught.value)


def test_missing_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        read_config(tmp_path / "none.toml")
