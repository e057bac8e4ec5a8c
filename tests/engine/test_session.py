"""The engine's promises: repeatable, local in time, any length, styles that matter."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.engine.windows import FADE, HOP, OVERLAP
from ptalker_blender.errors import UserError
from ptalker_blender.model.checkpoint import load_checkpoint, save_checkpoint
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES
from ptalker_blender.motion.motion import Motion
from ptalker_blender.style.performance import Performance
from tests.tiny_network import tiny_network, tiny_weights

MOUTH = slice(INDEX["jawForward"], INDEX["browDownLeft"])  # nothing idle happens here


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights") / "ptalker.safetensors")


@pytest.fixture(scope="module")
def session(weights: Path) -> Session:
    return Session(weights, "cpu")


def voice(seconds: float, seed: int = 0) -> AudioClip:
    rng = np.random.default_rng(seed)
    return AudioClip((0.1 * rng.standard_normal(int(seconds * 16_000))).astype(np.float32))


def performance(seed: int, name: str = "") -> Performance:
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.03, (200, 55)), axis=0)
    return Performance(Motion(np.abs(walk).clip(0, 1).astype(np.float32), 50.0), name)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 0.91, 2.0, 7.3])
def test_any_length(session: Session, seconds: float) -> None:
    motion = session.predict(Request(voice(seconds)))
    assert motion.values.shape == (round(seconds * 50), 55)
    assert motion.fps == 50.0
    assert motion.values[:, :N_BLENDSHAPES].min() >= 0 and motion.values[:, :N_BLENDSHAPES].max() <= 1


def test_same_inputs_and_seed_give_the_same_motion(session: Session, weights: Path) -> None:
    first = session.predict(Request(voice(4.0), performance(1), seed=5))
    again = Session(weights, "cpu").predict(Request(voice(4.0), performance(1), seed=5))
    np.testing.assert_array_equal(first.values, again.values)


def test_seed_changes_the_idle_face_and_not_the_mouth(session: Session) -> None:
    a, b = (session.predict(Request(voice(6.0), seed=seed)).values for seed in (0, 1))
    np.testing.assert_array_equal(a[:, MOUTH], b[:, MOUTH])
    assert np.abs(a - b).max() > 0.05


@pytest.mark.parametrize("style", [None, 1])
@pytest.mark.parametrize("seconds", [3.0, 5.5, 9.0])
def test_audio_appended_later_changes_at_most_the_overlap(session: Session, style: int | None, seconds: float) -> None:
    manner = None if style is None else performance(style)
    short = session.predict(Request(voice(seconds), manner)).values
    whole = AudioClip(np.concatenate([voice(seconds).samples, voice(4.0, 9).samples]))
    longer = session.predict(Request(whole, manner)).values
    same = len(short) - OVERLAP
    np.testing.assert_allclose(short[:same], longer[:same], atol=2e-5)
    assert np.abs(short - longer[: len(short)]).max() > 1e-3


def test_audio_shifted_by_a_hop_shifts_the_motion(session: Session) -> None:
    clip = voice(4.0)
    shifted = AudioClip(np.concatenate([np.zeros(HOP * 320, np.float32), clip.samples]))
    plain = session.predict(Request(clip, performance(1))).values[:, MOUTH]
    moved = session.predict(Request(shifted, performance(1))).values[HOP:, MOUTH]
    # The first frames of the plain clip have no earlier window to be cross-faded with.
    np.testing.assert_allclose(plain[FADE:], moved[FADE:], atol=2e-5)


def test_styles_differ_and_strength_scales_them(session: Session) -> None:
    clip = voice(3.0)

    def mouth(strength: float, seed: int) -> np.ndarray:
        return session.predict(Request(clip, performance(seed), strength)).values[:, MOUTH]

    np.testing.assert_allclose(mouth(0.0, 1), mouth(0.0, 2), atol=1e-6)
    # Small strengths: an untrained network's mouth soon runs against the ends of its range, where nothing grows.
    less, more = (np.abs(mouth(s, 1) - mouth(s, 2)).mean() for s in (0.1, 0.2))
    assert 0 < less < more


def test_identity_adds_to_a_library_style(session: Session) -> None:
    plain = session.style_code(performance(1, "someone"))
    assert not torch.allclose(session.style_code(replace(performance(1, "a"), identity="a")), plain)
    # An artist's own file that happens to have a performer's name is not that performer.
    torch.testing.assert_close(session.style_code(performance(1, "a")), plain, rtol=0, atol=0)


def test_style_code_of_a_long_performance_is_the_mean_of_its_clips(session: Session) -> None:
    whole = np.random.default_rng(4).uniform(0, 0.5, (300, 55)).astype(np.float32)  # 12 s at 25 Hz
    parts = [session.style_code(Performance(Motion(clip, 25.0))) for clip in (whole[:150], whole[150:])]
    code = session.style_code(Performance(Motion(whole, 25.0)))
    torch.testing.assert_close(code, (parts[0] + parts[1]) / 2)
    assert not torch.allclose(parts[0], parts[1], atol=1e-4)


def test_a_performance_without_frames_is_refused(session: Session) -> None:
    with pytest.raises(UserError, match="no frames"):
        session.predict(Request(voice(1.0), Performance(Motion(np.zeros((0, 55), np.float32)), "empty")))


def test_progress_is_told_and_may_cancel(session: Session) -> None:
    told: list[tuple[str, float]] = []
    session.predict(Request(voice(40.0)), lambda stage, fraction: told.append((stage, fraction)))
    fractions = [fraction for stage, fraction in told if stage == "motion"]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) > 3

    class StopError(Exception):
        pass

    def stop(stage: str, fraction: float) -> None:
        raise StopError

    with pytest.raises(StopError):
        session.predict(Request(voice(1.0)), stop)


@pytest.mark.parametrize("strength", [-0.1, 3.1, float("nan")])
def test_impossible_strength_is_refused(strength: float) -> None:
    with pytest.raises(UserError, match="strength"):
        Request(voice(1.0), strength=strength)


def test_negative_seed_is_refused() -> None:
    with pytest.raises(UserError, match="seed -1"):
        Request(voice(1.0), seed=-1)


def test_a_speech_encoder_that_reads_waves_is_as_local_in_time(tmp_path: Path) -> None:
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    waves = {"model_type": "hubert", "conv_dim": [8] * 7, "num_conv_pos_embeddings": 16, "vocab_size": 8} | small
    save_checkpoint(
        tiny_network(speech_encoder=waves | {"num_conv_pos_embedding_groups": 2, "normalise_windows": True}),
        tmp_path / "hubert.safetensors",
    )
    session, clip = Session(tmp_path / "hubert.safetensors", "cpu"), voice(5.5)
    plain = session.predict(Request(clip, performance(1))).values
    longer = AudioClip(np.concatenate([clip.samples, voice(2.0, 9).samples]))
    more = session.predict(Request(longer, performance(1))).values
    assert plain.shape == (275, 55)
    np.testing.assert_allclose(plain[:-OVERLAP], more[: len(plain) - OVERLAP], atol=2e-5)
    assert np.abs(plain - more[: len(plain)]).max() > 1e-3


def test_weights_for_the_vertices_of_a_data_set_are_refused(tmp_path: Path) -> None:
    config = tiny_network().config
    save_checkpoint(Network(replace(config, output="vertices", channels=60)), tmp_path / "vocaset.safetensors")
    with pytest.raises(UserError, match=r"vocaset\.safetensors makes vertices of one mesh"):
        Session(tmp_path / "vocaset.safetensors", "cpu")


def test_a_network_that_runs_ahead_is_handed_out_later(session: Session, weights: Path, tmp_path: Path) -> None:
    network = load_checkpoint(weights)
    network.config = replace(network.config, lead_frames=2)
    save_checkpoint(network, tmp_path / "ptalker.safetensors")
    clip = voice(3.0)
    delayed = AudioClip(np.concatenate([np.zeros(640, np.float32), clip.samples]))
    late = Session(tmp_path / "ptalker.safetensors", "cpu").predict(Request(clip, performance(1))).values[:, MOUTH]
    plain = session.predict(Request(delayed, performance(1))).values[:, MOUTH]
    np.testing.assert_allclose(late, plain[: len(late)], atol=2e-5)
