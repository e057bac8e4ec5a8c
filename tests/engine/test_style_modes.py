"""Where the manner comes from: a performance, a library entry, the driving audio alone, a mix; and how much of it."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.engine.request import resolve_style
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.style.code import StyleCode
from ptalker_blender.style.library import load_style, save_style
from ptalker_blender.style.mix import Style, StyleMix, mix_two
from ptalker_blender.style.performance import Performance
from tests.tiny_network import tiny_weights

MOUTH = slice(INDEX["jawForward"], INDEX["browDownLeft"])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights") / "ptalker.safetensors", identities=("stage", "calm"))


@pytest.fixture(scope="module")
def session(weights: Path) -> Session:
    return Session(weights, "cpu")


CLIP = AudioClip((0.1 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32))


def performance(seed: int, frames: int = 200) -> Performance:
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.03, (frames, 55)), axis=0)
    return Performance(Motion(np.abs(walk).clip(0, 1).astype(np.float32), 50.0), f"take {seed}")


def mouth(session: Session, style: Style | None, strength: float = 1.0) -> NDArray[np.float32]:
    return session.predict(Request(CLIP, style, strength)).values[:, MOUTH]


def apart(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.abs(a - b).mean())


def test_each_source_works_alone_and_all_differ(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path))
    (tmp_path / "styles").mkdir()
    save_style(performance(1), "for the back row", tmp_path / "styles" / "stage.npz")
    # One and the same motion, as a file of the artist's own and as the library's entry of a performer that is known.
    sources = {
        "performance": resolve_style(str(tmp_path / "styles" / "stage.npz")),
        "library": resolve_style("stage"),
        "voice": resolve_style("voice"),
    }
    takes = {name: mouth(session, style) for name, style in sources.items()}
    for name, take in takes.items():
        assert np.ptp(take, axis=0).max() > 0.01, name  # it moves
        np.testing.assert_array_equal(take, mouth(session, sources[name]))
    names = list(takes)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            assert apart(takes[first], takes[second]) > 1e-3, (first, second)


def test_the_voice_alone_is_a_manner_of_its_own_strength(session: Session) -> None:
    moved = [apart(mouth(session, None, strength), mouth(session, None, 0.0)) for strength in (0.5, 1.0, 2.0)]
    assert 1e-3 < moved[0] < moved[1] < moved[2]
    # At strength 0 nobody's manner is left, whoever was asked for.
    np.testing.assert_allclose(mouth(session, None, 0.0), mouth(session, performance(1), 0.0), atol=1e-5)


def test_a_mix_of_a_style_with_itself_is_itself(session: Session) -> None:
    style = performance(1)
    for mixed in (mix_two(style, style, 0.3), StyleMix(((style, 2.0), (style, 1.0), (style, 5.0)))):
        torch.testing.assert_close(session.style_code(mixed), session.style_code(style), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(mouth(session, mixed), mouth(session, style), atol=1e-5)


def test_the_ends_of_a_mix_are_the_pure_styles(session: Session) -> None:
    first, second = performance(1), performance(2)
    np.testing.assert_array_equal(mouth(session, mix_two(first, second, 0.0)), mouth(session, first))
    np.testing.assert_array_equal(mouth(session, mix_two(first, second, 1.0)), mouth(session, second))


def test_order_does_not_matter(session: Session) -> None:
    a, b, c = (performance(seed) for seed in (1, 2, 3))
    np.testing.assert_array_equal(
        mouth(session, StyleMix(((a, 0.7), (b, 0.3)))), mouth(session, StyleMix(((b, 0.3), (a, 0.7))))
    )
    three = (StyleMix(((a, 1.0), (b, 2.0), (c, 3.0))), StyleMix(((c, 3.0), (a, 1.0), (b, 2.0))))
    np.testing.assert_allclose(*(mouth(session, mix) for mix in three), atol=1e-5)
    # Shares are proportions: how they are counted makes no difference.
    np.testing.assert_allclose(
        mouth(session, StyleMix(((a, 14.0), (b, 6.0)))), mouth(session, mix_two(a, b, 0.3)), atol=1e-5
    )


def test_the_output_goes_from_one_style_to_the_other(session: Session) -> None:
    first, second = performance(1), performance(2)
    takes = [mouth(session, mix_two(first, second, share)) for share in np.linspace(0, 1, 6)]
    from_first = [apart(take, takes[0]) for take in takes]
    from_second = [apart(take, takes[-1]) for take in takes]
    assert all(near < far for near, far in pairwise(from_first))
    assert all(far > near for far, near in pairwise(from_second))


def test_strength_works_on_the_mixed_code(session: Session) -> None:
    mixed = mix_two(performance(1), performance(2), 0.4)
    mean = session.style_code(mixed, 0.0)
    torch.testing.assert_close(mean, session.style_code(performance(3), 0.0), rtol=0, atol=1e-6)
    for strength in (0.5, 2.0, 3.0):
        step = session.style_code(mixed, strength) - mean
        torch.testing.assert_close(step, strength * (session.style_code(mixed, 1.0) - mean), rtol=1e-4, atol=1e-5)
    moved = [apart(mouth(session, mixed, strength), mouth(session, mixed, 0.0)) for strength in (0.5, 1.0, 2.0)]
    assert 0 < moved[0] < moved[1] < moved[2]


def test_a_saved_style_is_the_style_it_was_saved_from(session: Session, tmp_path: Path) -> None:
    known = replace(performance(1), identity="stage")
    for style in (performance(1), known):
        save_style(session.with_code(style), "hero", tmp_path / "hero.npz")
        loaded = load_style("hero", tmp_path)
        assert loaded.code is not None and loaded.code.weights_sha256 == session.weights_sha256
        torch.testing.assert_close(session.style_code(loaded), session.style_code(style), rtol=0, atol=0)
    # With the performer's own code fused in, it is another manner than the motion alone gives.
    assert not torch.allclose(session.style_code(known), session.style_code(performance(1)), atol=1e-3)


def test_the_stored_code_is_used_by_the_weights_that_made_it_and_by_no_others(
    session: Session, weights: Path, tmp_path: Path
) -> None:
    style, other = session.with_code(performance(1)), session.with_code(performance(2))
    swapped = replace(style, code=other.code)  # a code that the motion would not give tells which of the two is used
    torch.testing.assert_close(session.style_code(swapped), session.style_code(other), rtol=0, atol=0)
    stranger = Session(tiny_weights(tmp_path / "other.safetensors", seed=4), "cpu")
    torch.testing.assert_close(stranger.style_code(swapped), stranger.style_code(performance(1)), rtol=0, atol=0)


def test_a_code_of_another_size_is_told(session: Session) -> None:
    code = StyleCode(np.zeros(5, np.float32), session.weights_sha256)
    with pytest.raises(UserError, match="'take 1' has a code of 5 numbers; expected 16"):
        session.style_code(replace(performance(1), code=code))
