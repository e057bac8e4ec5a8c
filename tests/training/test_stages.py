"""Both stages learn, resume exactly and read their settings strictly, on a corpus made here."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.engine.windows import CONTEXT, FADE, FRAMES, HOP
from ptalker_blender.errors import UserError
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.mel import FIRST_CENTRE, FRAME, samples_for
from ptalker_blender.model.motion_style import CLIP_FRAMES
from ptalker_blender.model.network import Network
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.augment import SpectrumAugment, crop_at_speed
from ptalker_blender.training.checkpointing import Curve, load_state, save_state
from ptalker_blender.training.config import NetworkChoice, TrainConfig, read_config
from ptalker_blender.training.corpus.folder import FORMAT, INDEX, RECORD, UTTERANCES
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.face import face_of_head
from ptalker_blender.training.losses import LossWeights, MotionLoss
from ptalker_blender.training.material import gather_material
from ptalker_blender.training.mix import CorpusShare, SpeechMix, draw_weights, mix_speech
from ptalker_blender.training.motion_stage import MotionStage, motion_optimiser, train_motion
from ptalker_blender.training.motion_terms import Constraints, untied
from ptalker_blender.training.phone_stage import (
    PhoneStage,
    fit_normalisation,
    phone_posteriors,
    train_phones,
)
from ptalker_blender.training.rehearsal import Rehearsal
from ptalker_blender.training.run import new_network, require_same_sizes
from ptalker_blender.training.scenes import draw_sources
from ptalker_blender.training.speech_data import Crop, Utterance, load_utterances
from ptalker_blender.training.style_clips import DESCRIPTIONS
from ptalker_blender.training.teacher.performer import LIBRARY, draw_performers

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
    face = face_of_head(load_head())
    network = Network(
        NetworkConfig(
            phones=PHONES, speech_encoder=encoder, width=32, layers=1, feed_forward=32, identities=tuple("abcdef"),
            graph_points=len(face.graph.rest), graph_degree=face.graph.degree,
        )
    )  # fmt: skip
    network.set_face(face.graph, face.basis, face.chosen, face.scale)
    fit_normalisation(network.mel, utterances, np.random.default_rng(0), 8)
    return network


def only(utterances: tuple[Utterance, ...]) -> SpeechMix:
    return mix_speech([(CorpusShare(Path("tones")), utterances)], rare_power=0.25, smoothing=0.05)


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
    for step, loss, optimiser in train_phones(network, only(utterances), stage, seed=1):
        losses.append(loss)
        if step + 1 == 12:
            save_state(tmp_path, "phones", network, optimiser, 12)
    assert losses[-1] < 0.8 * losses[0]
    state = load_state(tmp_path, "phones")
    assert state is not None and state.step == 12
    resumed = [
        loss
        for _, loss, _ in train_phones(
            state.network, only(utterances), stage, seed=1, first_step=12, optimiser_state=state.optimiser
        )
    ]
    np.testing.assert_allclose(resumed, losses[12:], rtol=1e-4)
    for a, b in zip(network.parameters(), state.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5)


def test_motion_is_learned_and_the_frozen_encoder_stays(utterances: tuple[Utterance, ...]) -> None:
    network = tiny(utterances)
    criterion = MotionLoss(load_head(), LossWeights())
    rehearsal = Rehearsal(utterances, draw_performers(6, 0), criterion.rig, 0)
    stage = MotionStage(steps=36, batch=4, performers=6, encoder_learning_rate=0.0, learning_rate=3e-3)
    before = [p.clone() for p in network.audio_content.encoder.parameters()]
    constraints = Constraints(32, 6, 1, criterion.rig)
    steps = train_motion(network, constraints, rehearsal, criterion, stage, seed=1)
    lips = [made.terms["lips"] for made in steps]
    assert np.mean(lips[-8:]) < 0.8 * np.mean(lips[:8])
    for old, new in zip(before, network.audio_content.encoder.parameters(), strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)
    assert float(network.mean_style.norm()) > 0


def test_vectors_do_not_decay_and_the_judges_have_a_rate_of_their_own(utterances: tuple[Utterance, ...]) -> None:
    network, stage = tiny(utterances), MotionStage(steps=9, learning_rate=1e-3, judge_learning_rate=5e-3)
    constraints = Constraints(32, 6, 1, None)
    optimiser = motion_optimiser(network, constraints, replace(stage, encoder_learning_rate=0.0))
    settings = {id(p): (g["peak"], g["weight_decay"]) for g in optimiser.param_groups for p in g["params"]}
    encoder = {id(p) for p in network.audio_content.tuned_parameters()}
    for parameter in network.parameters():
        wanted = (0.0, 0.01) if id(parameter) in encoder else (1e-3, 0.01 if parameter.ndim > 1 else 0.0)
        assert settings.pop(id(parameter)) == wanted
    assert {settings.pop(id(p)) for p in constraints.parameters()} == {(5e-3, 0.01)}
    assert not settings


def test_a_performance_with_the_sentence_to_be_animated_is_replaced_by_the_next() -> None:
    many = tuple(utterance(100 + i) for i in range(60))
    rehearsal = Rehearsal(many, draw_performers(2, 0), MotionLoss(load_head(), LossWeights()).rig, 0)
    held = set(rehearsal.sentences(0, 0).tolist())
    other = next(i for i in range(len(many)) if i not in held)
    for avoided, number in ((min(held), 1), (other, 0)):
        np.testing.assert_array_equal(rehearsal.clip(0, 0, avoid=many[avoided]), rehearsal.clip(0, number))
    assert not np.array_equal(rehearsal.clip(0, 0), rehearsal.clip(0, 1))
    assert rehearsal.clip(0, 0).shape == (CLIP_FRAMES, 55)


def test_tied_codes_follow_the_performance_and_never_pull_it() -> None:
    target, other = torch.randn(4, 8, requires_grad=True), torch.randn(4, 8, requires_grad=True)
    heard, mean = torch.tensor([1.0, 1.0, 0.0, 1.0]), torch.full((8,), 0.5)
    torch.testing.assert_close(untied([target, target, target], heard, mean), torch.zeros(4))
    # Who always says the mean is as far as can be excused; a voice that is not heard says nothing.
    told = untied([target, mean.expand(4, 8), mean.expand(4, 8)], heard, mean)
    torch.testing.assert_close(told, torch.tensor([1.0, 1.0, 0.5, 1.0]))
    assert bool((untied([target, target, 3 * target], heard, mean) > 0.1).all())  # size counts: styles are averaged
    untied([target, other, other], heard, mean).sum().backward()
    assert target.grad is None and other.grad is not None and float(other.grad.abs().max()) > 0


def test_posteriors_are_the_networks_on_each_window_and_sum_to_one(utterances: tuple[Utterance, ...]) -> None:
    network = tiny(utterances).eval()
    clip = AudioClip(np.random.default_rng(1).normal(0, 0.1, 3 * 16_000).astype(np.float32))
    posteriors = phone_posteriors(network, clip)
    assert posteriors.shape == (150, len(PHONES))
    np.testing.assert_allclose(posteriors.sum(1), 1.0, atol=1e-5)
    # Whole frames of the second window, which starts HOP - CONTEXT frames from the clip's start, away from its seams.
    first = (HOP - CONTEXT) * FRAME - FIRST_CENTRE
    window = np.pad(clip.samples, (-first, 0))[: samples_for(FRAMES)]
    with torch.no_grad():
        _, logits = network(network.hear(torch.from_numpy(window)[None]), torch.zeros(1, 32))
    alone = slice(CONTEXT + FADE, CONTEXT + HOP - FADE)
    expected = logits.softmax(-1)[0, alone].numpy()
    np.testing.assert_allclose(posteriors[HOP + FADE : 2 * HOP - FADE], expected, atol=1e-5)


def test_half_a_saved_state_is_an_error_and_none_at_all_a_new_stage(
    utterances: tuple[Utterance, ...], tmp_path: Path
) -> None:
    assert load_state(tmp_path, "phones") is None
    network = tiny(utterances)
    optimiser = torch.optim.AdamW(network.parameters())
    save_state(tmp_path, "phones", network, optimiser, 100)
    first = (tmp_path / "phones.optimiser.safetensors").read_bytes()
    save_state(tmp_path, "phones", network, optimiser, 200)
    (tmp_path / "phones.optimiser.safetensors").write_bytes(first)
    with pytest.raises(UserError, match=r"step 200 .* step 100"):
        load_state(tmp_path, "phones")
    (tmp_path / "phones.network.safetensors").unlink()
    with pytest.raises(UserError, match=r"only phones\.optimiser"):
        load_state(tmp_path, "phones")


def test_a_run_is_not_resumed_with_other_sizes(tmp_path: Path) -> None:
    config = TrainConfig(1, tmp_path, tmp_path, PhoneStage(1), MotionStage(1, performers=3), NetworkChoice(16, 1))
    material = gather_material(config, print)
    network = new_network(config, material)
    lead = replace(config, network=NetworkChoice(16, 1, lead_frames=1))
    require_same_sizes(network, lead, gather_material(lead, print), tmp_path)
    for other, named in (
        (replace(config, network=NetworkChoice(16, 2)), "layers"),
        (replace(config, motion=MotionStage(1, performers=4)), "identities"),
    ):
        with pytest.raises(UserError, match=named):
            require_same_sizes(network, other, gather_material(other, print), tmp_path)


def test_a_damaged_corpus_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(json.dumps({"format": FORMAT}))
    (tmp_path / INDEX).write_text("")
    with pytest.raises(UserError, match="no utterances"):
        load_utterances(tmp_path)
    row = {"id": "a", "voice": "v", "text": "t", "seconds": 1.0, "segments": [["aa", 0.0, 1.0]]}
    (tmp_path / INDEX).write_text(json.dumps(row) + "\n")
    sound = tmp_path / UTTERANCES / "a.flac"
    sound.parent.mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        load_utterances(tmp_path)
    soundfile.write(sound, np.zeros(8000, np.int16), 8000)
    with pytest.raises(UserError, match="8000 Hz"):
        load_utterances(tmp_path)
    soundfile.write(sound, np.zeros(16_000, np.int16), 16_000)
    assert len(load_utterances(tmp_path)) == 1
    (tmp_path / INDEX).write_text(json.dumps(row | {"segments": [["qq", 0.0, 1.0]]}) + "\n")
    with pytest.raises(UserError, match="qq"):
        load_utterances(tmp_path)


def test_every_library_style_is_described() -> None:
    assert set(DESCRIPTIONS) == set(LIBRARY)


def test_every_set_of_style_sources_is_drawn_and_none_is_empty() -> None:
    drawn = draw_sources(np.ones(2000, np.bool_), np.random.default_rng(0))
    assert drawn.any(1).all()
    assert (drawn.mean(0) > 0.2).all()
    silent = draw_sources(np.zeros(2000, np.bool_), np.random.default_rng(0))
    assert silent.any(1).all() and not silent[:, 1].any()


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


def test_every_committed_configuration_reads(pytestconfig: pytest.Config) -> None:
    for path in sorted((pytestconfig.rootpath / "configs").glob("*.toml")):
        assert read_config(path).motion.batch % 2 == 0


def test_loss_weights_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('seed=1\nout="a"\ncorpus="b"\n[phones]\nsteps=1\n[motion]\nsteps=1\n[motion.loss]\nlips=2')
    assert read_config(path).motion.loss == LossWeights(lips=2)


GOOD = 'seed=1\nout="a"\ncorpus="b"\n[phones]\nsteps=1\n[motion]\nsteps=1\n'


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "[network]\nwidth=130",
        GOOD + 'learning_rate="fast"',
        GOOD + "batch=2.5",
        GOOD + "[motion.loss]\nlip=1",
        GOOD + "[scored]\nx=3",
        "network=1\n" + GOOD,
        GOOD.replace('"a"', "3"),
        "seed = ",
        "seed = 1",
        'seed=1\nout="a"\ncorpus="b"\ncolour=3\n[phones]\nsteps=1\n[motion]\nsteps=1',
        'seed=1\nout="a"\ncorpus="b"\n[phones]\nsteps=-1\n[motion]\nsteps=1',
        GOOD + "batch=5",
        GOOD + "performers=0",
        GOOD + "voice_style=1",
        GOOD + "[motion.constraints]\nkl=-1",
        GOOD + '[[motion.recordings]]\nkind="facegood"',
        GOOD + '[[motion.recordings]]\nkind="facegood"\npath="x"\nshare=2.0',
        GOOD + '[network]\nfusion="concat"',
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
