"""Restyling: what a motion says in another manner, of any length and rate, with the source's own eyes and head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ptalker_blender.engine.restyle import kept_channels, motion_window
from ptalker_blender.engine.session import Session
from ptalker_blender.engine.windows import FRAMES, HOP, OVERLAP
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import CONTROLS, INDEX, N_BLENDSHAPES
from ptalker_blender.motion.motion import Motion
from ptalker_blender.style.mix import mix_two
from ptalker_blender.style.performance import Performance
from tests.tiny_network import tiny_weights

MOUTH = slice(INDEX["jawForward"], INDEX["browDownLeft"])
LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
GAZE = [i for i, name in enumerate(CONTROLS) if name.startswith("eyeLook")]
HEAD = [INDEX[name] for name in ("headPitch", "headYaw", "headRoll")]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(tiny_weights(tmp_path_factory.mktemp("weights") / "ptalker.safetensors"), "cpu")


def walk(seconds: float, seed: int = 0, fps: float = 50.0) -> Motion:
    """Every control wandering within 0..0.5."""
    rng, frames = np.random.default_rng(seed), round(seconds * fps)
    times = np.arange(frames)[:, None] / fps
    waves = np.sin(2 * np.pi * (rng.uniform(0.3, 4, 55) * times + rng.uniform(0, 1, 55)))
    return Motion((0.25 + 0.25 * waves).astype(np.float32), fps)


def manner(seed: int) -> Performance:
    return Performance(walk(4.0, 100 + seed), f"manner {seed}")


@pytest.mark.parametrize(("seconds", "fps"), [(0.02, 50.0), (0.5, 50.0), (2.9, 60.0), (7.3, 30_000 / 1001)])
def test_any_length_and_rate(session: Session, seconds: float, fps: float) -> None:
    source = walk(seconds, fps=fps)
    made = session.restyle(source, manner(1))
    assert made.fps == 50.0 and made.values.shape == (round(source.seconds * 50), 55)
    assert np.isfinite(made.values).all()
    assert made.values[:, :N_BLENDSHAPES].min() >= 0 and made.values[:, :N_BLENDSHAPES].max() <= 1


def test_content_is_the_motions_and_manner_the_styles(session: Session) -> None:
    said = {seed: walk(4.0, seed) for seed in (1, 2)}
    takes = {(c, s): session.restyle(said[c], manner(s)).values[:, MOUTH] for c in (1, 2) for s in (1, 2)}
    np.testing.assert_array_equal(takes[1, 1], session.restyle(said[1], manner(1)).values[:, MOUTH])
    for first, second in (((1, 1), (2, 1)), ((1, 1), (1, 2))):
        assert np.abs(takes[first] - takes[second]).mean() > 1e-3


def test_size_and_place_of_the_movement_are_not_content(session: Session) -> None:
    """Instance norm: a mumbled and a wide performance of the same words restyle alike."""
    source = walk(4.0)
    wide = Motion((0.1 + 1.6 * source.values).astype(np.float32), 50.0)
    other = walk(4.0, 7)
    same, differ = (
        np.abs(
            session.restyle(source, manner(1)).values[:, MOUTH] - session.restyle(motion, manner(1)).values[:, MOUTH]
        ).mean()
        for motion in (wide, other)
    )
    assert same < 0.2 * differ


def test_strength_seed_and_mix(session: Session) -> None:
    source = Motion(walk(4.0).values * np.isin(np.arange(55), [*LIDS, *GAZE, *HEAD], invert=True), 50.0)
    source = Motion(source.values.astype(np.float32), 50.0)

    def mouth(style: Performance, strength: float = 1.0, seed: int = 0) -> NDArray[np.float32]:
        return session.restyle(source, style, strength=strength, seed=seed).values

    np.testing.assert_allclose(mouth(manner(1), 0.0), mouth(manner(2), 0.0), atol=1e-5)
    full, half = (np.abs(mouth(manner(1), s) - mouth(manner(1), 0.0))[:, MOUTH].mean() for s in (1.0, 0.5))
    assert 0 < half < full
    np.testing.assert_array_equal(mouth(manner(1), seed=1)[:, MOUTH], mouth(manner(1), seed=2)[:, MOUTH])
    assert np.abs(mouth(manner(1), seed=1) - mouth(manner(1), seed=2)).max() > 0.05
    mixed = session.restyle(source, mix_two(manner(1), manner(2), 0.5)).values
    assert np.abs(mixed - mouth(manner(1))).mean() < np.abs(mouth(manner(2)) - mouth(manner(1))).mean()


def test_eyes_and_head_are_the_sources_where_it_has_any(session: Session) -> None:
    source = walk(4.0)
    made = session.restyle(source, manner(1), seed=3).values
    kept = [*LIDS, *GAZE, *HEAD]
    np.testing.assert_array_equal(made[:, kept], source.values[:, kept])
    free = session.restyle(source, manner(1), seed=3, upper_face="style").values
    np.testing.assert_array_equal(np.delete(made, kept, 1), np.delete(free, kept, 1))
    assert all(np.abs(made[:, group] - free[:, group]).max() > 0.05 for group in (LIDS, GAZE, HEAD))
    # A tracker that gives no head, and eyes that only tremble: generated, while the blinks stay the source's.
    still = source.values.copy()
    still[:, HEAD] = 0
    still[:, GAZE] = 0.1 + 0.02 * still[:, GAZE]
    part = session.restyle(Motion(still), manner(1), seed=3).values
    np.testing.assert_array_equal(part[:, LIDS], source.values[:, LIDS])
    assert np.ptp(part[:, HEAD], axis=0).max() > 0.005 and not np.array_equal(part[:, GAZE], still[:, GAZE])


def test_eyes_and_head_do_not_move_the_lips(session: Session) -> None:
    source = walk(4.0)
    staring = source.values.copy()
    staring[:, [*LIDS, *GAZE, *HEAD]] = 0.1
    made, other = (session.restyle(Motion(v), manner(1), upper_face="style").values for v in (source.values, staring))
    np.testing.assert_array_equal(made, other)


def test_kept_channels_go_by_groups() -> None:
    still = np.full((10, 55), 0.3, np.float32)
    assert kept_channels(still) == ()
    blinking = still.copy()
    blinking[5, INDEX["eyeBlinkLeft"]] = 0.8
    assert sorted(kept_channels(blinking)) == sorted(LIDS)  # both lids: one eye may be shut for the whole shot
    talking = still.copy()
    talking[5, INDEX["jawOpen"]] = talking[3, INDEX["browInnerUp"]] = 1.0
    assert kept_channels(talking) == ()
    turning = blinking.copy()
    turning[2, INDEX["headYaw"]] += 0.2
    assert sorted(kept_channels(turning)) == sorted([*LIDS, *HEAD])


def test_what_comes_later_changes_at_most_the_overlap(session: Session) -> None:
    source = walk(9.0)
    longer = Motion(np.concatenate([source.values, walk(5.0, 4).values]), 50.0)
    short, long = (session.restyle(motion, manner(1)).values[:, MOUTH] for motion in (source, longer))
    same = len(short) - OVERLAP
    np.testing.assert_allclose(short[:same], long[:same], atol=2e-5)
    assert np.abs(short - long[: len(short)]).max() > 1e-3


def test_cost_grows_with_the_length_alone(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows per second are constant, and no batch grows: counted, since a shared machine's clock says little."""
    network = session._network
    sizes: list[int] = []
    real = network.content_of_motion
    monkeypatch.setattr(network, "content_of_motion", lambda motion: (sizes.append(len(motion)), real(motion))[1])
    counts = {}
    for seconds in (9.0, 90.0):
        sizes.clear()
        session.restyle(walk(seconds), manner(1))
        counts[seconds] = sum(sizes)
        assert max(sizes) <= 8
    assert counts == {9.0: 10, 90.0: 100}


def test_progress_is_told_and_may_cancel(session: Session) -> None:
    told: list[tuple[str, float]] = []
    session.restyle(walk(40.0), manner(1), progress=lambda stage, done: told.append((stage, done)))
    fractions = [done for stage, done in told if stage == "motion"]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) > 3

    class StopError(Exception):
        pass

    def stop(stage: str, done: float) -> None:
        raise StopError

    with pytest.raises(StopError):
        session.restyle(walk(1.0), manner(1), progress=stop)


def test_what_cannot_be_restyled_is_told(session: Session) -> None:
    empty = Motion(np.zeros((0, 55), np.float32))
    with pytest.raises(UserError, match="no frames"):
        session.restyle(empty, manner(1))
    with pytest.raises(UserError, match="no frames"):
        session.restyle(walk(1.0), Performance(empty, "nothing"))
    for wrong in ({"strength": 3.5}, {"seed": -1}, {"upper_face": "both"}):
        with pytest.raises(UserError, match=r"strength 3\.5|seed -1|upper face 'both'"):
            session.restyle(walk(1.0), manner(1), **wrong)


@given(st.integers(1, 400), st.integers(-200, 500))
def test_a_window_is_the_motion_and_its_mirror_outside(frames: int, start: int) -> None:
    values = np.arange(frames, dtype=np.float32)[:, None]
    window = motion_window(values, start)
    assert window.shape == (FRAMES, 1)
    at = np.arange(start, start + FRAMES)
    inside = (at >= 0) & (at < frames)
    np.testing.assert_array_equal(window[inside, 0], at[inside])
    assert np.abs(np.diff(window[:, 0])).max(initial=0) <= 1  # no jump, at the ends neither
    before = (at < 0) & (at >= -frames)
    np.testing.assert_array_equal(window[before, 0], -1 - at[before])


def test_windows_lie_on_the_engines_grid() -> None:
    values = walk(6.0).values
    np.testing.assert_array_equal(motion_window(values, 20)[HOP:], motion_window(values, 20 + HOP)[: FRAMES - HOP])
