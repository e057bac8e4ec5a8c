"""Stage 3: every constraint can be switched, is of the whole batch, and does what it is for."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.engine.windows import FRAMES
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.motion_style import CLIP_FRAMES
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.checkpointing import load_state, save_state
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.face import face_of_head
from ptalker_blender.training.losses import LossWeights, MotionLoss
from ptalker_blender.training.motion_stage import Cast, MotionStage, train_motion
from ptalker_blender.training.motion_terms import Constraints, ConstraintTerms, ConstraintWeights, encode, motion_terms
from ptalker_blender.training.recorded.clips import RecordedClip, RecordedSet
from ptalker_blender.training.recordings import Recordings, movement, reflected, sampled
from ptalker_blender.training.rehearsal import Rehearsal
from ptalker_blender.training.scenes import UNKNOWN, UNLABELLED, MotionBatch, make_batch
from ptalker_blender.training.speech_data import Utterance
from ptalker_blender.training.teacher.performer import RANGES, draw_performers

ALL = ConstraintWeights(**{entry.name: 1.0 for entry in fields(ConstraintWeights)})


def utterance(seed: int, voice: str) -> Utterance:
    rng = np.random.default_rng(seed)
    phones = ["sil", *rng.choice(["aa", "m", "iy", "b", "uw"], 12), "sil"]
    sound = rng.normal(0, 2000, 3200 * len(phones)).astype(np.int16)
    return Utterance(sound, np.arange(len(phones)) * 0.2, np.array([PHONES.index(p) for p in phones]), 2.8, voice)


def recorded(audio: bool) -> RecordedSet:
    """Two performers, two takes of 12 s each, of which only the jaw moves, by a formula."""
    clips = []
    for performer in "ab":
        for number in range(2):
            motion = np.zeros((360, 55), np.float32)
            motion[:, INDEX["jawOpen"]] = np.arange(360) / 360 + (0.1 if performer == "b" else 0.0)
            sound = AudioClip(np.full(12 * 16_000, 0.1, np.float32)) if audio else None
            clips.append(RecordedClip(f"{performer}{number}", performer, f"s{number}", "train", sound, motion, 30.0))
    observed = np.zeros(55, np.bool_)
    observed[INDEX["jawOpen"]] = True
    return RecordedSet("made", tuple(clips), observed)


@pytest.fixture(scope="module")
def rehearsal() -> Rehearsal:
    spoken = tuple(utterance(i, f"v{i % 3}") for i in range(90))
    return Rehearsal(spoken, draw_performers(6, 0), MotionLoss(load_head(), LossWeights()).rig, 0)


@pytest.fixture(scope="module")
def criterion() -> MotionLoss:
    return MotionLoss(load_head(), LossWeights())


def tiny() -> Network:
    torch.manual_seed(0)
    encoder = COMPACT_SPEECH_ENCODER | {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
    face = face_of_head(load_head())
    network = Network(
        NetworkConfig(
            phones=PHONES, speech_encoder=encoder, width=16, layers=1, feed_forward=16, style_layers=1,
            content_layers=1, graph_features=8, identities=tuple("abcdefgh"), traits=tuple(RANGES), dropout=0.0,
            graph_points=len(face.graph.rest), graph_degree=face.graph.degree,
        )
    )  # fmt: skip
    network.set_face(face.graph, face.basis, face.chosen, face.scale)
    torch.nn.init.normal_(network.decoder.out.weight, std=0.05)
    with torch.no_grad():
        network.decoder.out.bias[INDEX["jawOpen"]] = 0.3  # a mouth that misses every closure
    return network


def batch_of(network: Network, source: Rehearsal | Recordings | Cast, pairs: int = 3, seed: int = 0) -> MotionBatch:
    rng = np.random.default_rng(seed)
    return make_batch(network, source.draw(pairs, rng), rng, "cpu", voice_style=True)


def terms_of(
    network: Network, batch: MotionBatch, weights: ConstraintWeights, criterion: MotionLoss
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    torch.manual_seed(1)
    constraints = Constraints(16, 8, 6, criterion.rig)
    codes = encode(network, batch)
    _, predicted = motion_terms(network, criterion, MotionStage(1).terms(), batch, codes, len(batch.heard))
    held = ConstraintTerms(network, constraints, weights, batch, codes, predicted, len(batch.heard))
    return held.terms(), held.figures


def test_scenes_come_in_pairs_of_one_performer_and_one_voice(rehearsal: Rehearsal) -> None:
    scenes = rehearsal.draw(3, np.random.default_rng(0))
    assert len(scenes) == 6
    for a, b in zip(scenes[::2], scenes[1::2], strict=True):
        assert (a.performer, a.voice) == (b.performer, b.voice)
        assert a.target.shape == (FRAMES, 55) and a.performance.shape == (CLIP_FRAMES, 55)
    assert len({scene.performer for scene in scenes}) == 3
    apart = sum(
        not np.array_equal(a.performance, b.performance) for a, b in zip(scenes[::2], scenes[1::2], strict=True)
    )
    assert apart >= 2  # one that holds the sentence to be animated is replaced, perhaps by the other of the pair


def test_every_constraint_is_there_alone_and_none_when_off(rehearsal: Rehearsal, criterion: MotionLoss) -> None:
    network = tiny()
    batch = batch_of(network, rehearsal)
    together, figures = terms_of(network, batch, ALL, criterion)
    assert set(together) == {entry.name for entry in fields(ConstraintWeights)}
    assert set(figures) == {"style_class_accuracy", "motion_adversary_accuracy", "audio_adversary_accuracy"}
    assert all(bool(term.isfinite()) and bool(term > 0) for term in together.values())
    for name in together:
        alone, _ = terms_of(network, batch, replace(ConstraintWeights(), **{name: 2.0}), criterion)
        assert set(alone) == {name}
        torch.testing.assert_close(alone[name], 2.0 * together[name])
    assert terms_of(network, batch, ConstraintWeights(), criterion) == ({}, {})


REACHED: dict[str, Callable[[Network], torch.nn.Module]] = {
    "style_class": lambda n: n.motion_style,
    "motion_adversary": lambda n: n.motion_content,
    "audio_adversary": lambda n: n.audio_content.project,
    "motion_orthogonality": lambda n: n.motion_style,
    "audio_orthogonality": lambda n: n.audio_style,
    "motion_infonce": lambda n: n.motion_encoder,
    "audio_infonce": lambda n: n.audio_style,
    "contrast": lambda n: n.motion_content,
    "kl": lambda n: n.audio_content.project,
    "style_cycle": lambda n: n.decoder,
    "content_cycle": lambda n: n.decoder,
    "closure": lambda n: n.decoder,
}


@pytest.mark.parametrize("name", REACHED)
def test_each_constraint_teaches_the_part_it_is_about(name: str, rehearsal: Rehearsal, criterion: MotionLoss) -> None:
    network = tiny()
    terms, _ = terms_of(network, batch_of(network, rehearsal), replace(ConstraintWeights(), **{name: 1.0}), criterion)
    terms[name].backward()  # type: ignore[no-untyped-call]
    grads = [p.grad for p in REACHED[name](network).parameters() if p.grad is not None]
    assert grads and max(float(grad.abs().max()) for grad in grads) > 0


def test_a_motion_without_sound_teaches_motion_alone(criterion: MotionLoss) -> None:
    network = tiny()
    batch = batch_of(network, Recordings(recorded(audio=False), 6, 3))
    assert not batch.heard.any() and (batch.voice == UNKNOWN).all() and (batch.labels == UNLABELLED).all()
    assert not batch.present[:, 1].any()
    codes = encode(network, batch)
    terms, _ = motion_terms(network, criterion, MotionStage(1).terms(), batch, codes, len(batch.heard))
    assert float(terms["lips"]) == 0 and float(terms["phones"]) == 0
    assert float(terms["idle"]) == 0 and float(terms["traits"]) == 0  # nobody knows a recorded performer's
    assert float(terms["dual"]) > 0
    held, _ = terms_of(network, batch, ALL, criterion)
    assert float(held["contrast"]) == 0 and float(held["closure"]) == 0
    assert "kl" not in held and "audio_adversary" not in held
    torch.stack([*terms.values(), *held.values()]).sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in network.parameters())


def test_recorded_windows_lie_where_their_sound_does(criterion: MotionLoss) -> None:
    made = recorded(audio=True)
    source = Recordings(made, 6, 3)
    scenes = source.draw(2, np.random.default_rng(3))
    for scene in scenes:
        times = (scene.crop.first + np.arange(FRAMES)) / 50
        expected = times * 30 / 360 + (0.1 if scene.performer == 7 else 0.0)
        np.testing.assert_allclose(scene.target[:, INDEX["jawOpen"]], expected, atol=1e-5)
        assert scene.heard and scene.voice == 3 + scene.performer - 6
        assert np.isnan(scene.rates).all() and scene.observed.sum() == 1
    network = tiny()
    batch = batch_of(network, source)
    batch.target[..., INDEX["jawOpen"]] = 0
    predicted = torch.ones_like(batch.target)
    predicted[..., INDEX["jawOpen"]] = 0
    errors = criterion(predicted, batch.target, batch.observed)
    assert all(float(errors[name].abs().max()) == 0 for name in ("lips", "face", "velocity", "contact", "head"))


def test_motion_between_frames_is_straight_and_its_ends_are_held() -> None:
    clip = recorded(audio=False).clips[0]
    values = sampled(clip, np.array([0.0, 0.05, 11.0, 30.0]))[:, INDEX["jawOpen"]]
    np.testing.assert_allclose(values, np.array([0, 1.5, 330, 359]) / 360, atol=1e-6)


def test_a_performance_beyond_its_take_plays_backwards_and_never_freezes() -> None:
    np.testing.assert_allclose(reflected(np.array([0, 1, 2, 2.5, 4.0, 5.0]), 2.0), [0, 1, 2, 1.5, 0, 1])
    made = recorded(audio=False)
    short = [replace(clip, motion=clip.motion[:90]) for clip in made.clips]
    source = Recordings(replace(made, clips=tuple(short)), 6, 3)
    for clips in source.performances(3, np.random.default_rng(0)):
        for clip in clips:
            assert (np.abs(np.diff(clip[:, INDEX["jawOpen"]])) > 1e-6).mean() > 0.9


def test_both_of_a_pair_are_different_utterances(rehearsal: Rehearsal) -> None:
    for seed in range(20):
        scenes = rehearsal.draw(3, np.random.default_rng(seed))
        assert all(a.crop.utterance is not b.crop.utterance for a, b in zip(scenes[::2], scenes[1::2], strict=True))


def test_a_resumed_run_takes_the_configurations_rate(rehearsal: Rehearsal, criterion: MotionLoss) -> None:
    network, constraints = tiny(), Constraints(16, 8, 3, criterion.rig)
    stage = MotionStage(steps=3, batch=4, performers=6, encoder_learning_rate=0.0, learning_rate=1e-3)
    first = next(train_motion(network, constraints, rehearsal, criterion, stage, seed=1))
    state = first.optimiser.state_dict()
    slower = replace(stage, learning_rate=1e-4)
    again = next(
        train_motion(network, constraints, rehearsal, criterion, slower, seed=1, first_step=1, optimiser_state=state)
    )
    assert again.optimiser.param_groups[0]["lr"] <= 1e-4


def test_movement_is_the_deviation_of_each_vertex() -> None:
    motion = np.zeros((4, 6), np.float32)
    motion[:, 4] = [0, 2, 0, 2]
    clip = RecordedClip("c", "p", "s", "train", None, motion, 25.0)
    np.testing.assert_allclose(movement([clip]), [0, 1])


def test_a_cast_draws_by_shares_and_always_whole_pairs(rehearsal: Rehearsal) -> None:
    cast = Cast(((rehearsal, 0.7), (Recordings(recorded(audio=True), 6, 3), 0.3)))
    recorded_pairs = 0
    for seed in range(40):
        scenes = cast.draw(4, np.random.default_rng(seed))
        assert len(scenes) == 8
        assert all(a.performer == b.performer for a, b in zip(scenes[::2], scenes[1::2], strict=True))
        recorded_pairs += sum(scene.performer >= 6 for scene in scenes) // 2
    assert 0.2 < recorded_pairs / 160 < 0.4


def test_stage_3_rises_and_a_resumed_run_equals_an_uninterrupted_one(
    rehearsal: Rehearsal, criterion: MotionLoss, tmp_path: Path
) -> None:
    stage = MotionStage(
        steps=5, constraints_from=2, batch=4, performers=6, encoder_learning_rate=0.0, constraints=ALL
    )  # fmt: skip
    assert [stage.rise(step) for step in (0, 1, 2, 101, 201, 900)] == [0, 0, 1 / 200, 0.5, 1.0, 1.0]
    network, constraints = tiny(), Constraints(16, 8, 3, criterion.rig)
    made = []
    for step in train_motion(network, constraints, rehearsal, criterion, stage, seed=1):
        made.append(step)
        if step.step == 2:
            save_state(tmp_path, "motion", network, step.optimiser, 3, constraints.state_dict())
    assert "kl" not in made[1].terms and made[2].terms["kl"] > 0
    state = load_state(tmp_path, "motion")
    assert state is not None
    again = Constraints(16, 8, 3, criterion.rig)
    again.load_state_dict(state.beside)
    resumed = list(
        train_motion(
            state.network, again, rehearsal, criterion, stage, seed=1, first_step=3, optimiser_state=state.optimiser
        )
    )
    for a, b in zip(made[3:], resumed, strict=True):
        assert a.terms == pytest.approx(b.terms, rel=1e-3)
    for a, b in zip(network.parameters(), state.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5)
