"""Several corpora in one batch: shares, settings of each, and the configuration that names them."""

from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.engine.windows import FRAMES
from ptalker_blender.errors import UserError
from ptalker_blender.training.config import read_config
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.mix import CorpusShare, draw_batch, draw_weights, mix_speech
from ptalker_blender.training.speech_data import Utterance

AA, IY, ZH = (PHONES.index(name) for name in ("aa", "iy", "zh"))


def spoken(voice: str, phones: tuple[int, ...] = (AA, IY), confidence: float = 1.0) -> Utterance:
    """Three seconds, the phones of equal length."""
    starts = np.linspace(0, 3, len(phones), endpoint=False)
    return Utterance(np.zeros(48_000, np.int16), starts, np.array(phones), 3.0, voice, confidence)


def parts(**shares: float) -> list[tuple[CorpusShare, list[Utterance]]]:
    return [
        (CorpusShare(Path(name), weight=share), [spoken(name)] * 3 + [spoken(name, (ZH,))])
        for name, share in shares.items()
    ]


def test_windows_are_drawn_by_the_weights_whatever_the_sizes_and_the_rare_phones() -> None:
    several = parts(a=3, b=1)
    several[1] = (several[1][0], several[1][1] * 20)
    mix = mix_speech(several, 0.25, 0.05)
    assert mix.probabilities.sum() == pytest.approx(1)
    assert mix.probabilities[mix.share_of == 0].sum() == pytest.approx(0.75)
    rng = np.random.default_rng(0)
    voices = [crop.utterance.voice for _ in range(40) for crop in mix.draw(50, rng)[0]]
    # 2000 draws of 0.75: four standard deviations are 0.039.
    assert voices.count("a") / len(voices) == pytest.approx(0.75, abs=0.039)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    mix = mix_speech(parts(a=1, b=1), 0.25, 0.05)

    def draw(seed: int) -> list[tuple[str, int, float]]:
        crops, _ = mix.draw(32, np.random.default_rng(seed))
        return [(c.utterance.voice, c.first, c.speed) for c in crops]

    assert draw(5) == draw(5) != draw(6)


def test_one_corpus_is_drawn_as_it_was_before_there_were_several() -> None:
    several = [spoken(str(i), (AA, IY) if i % 3 else (ZH,)) for i in range(9)]
    mix = mix_speech([(CorpusShare(Path("a")), several)], 0.25, 0.05)
    crops, targets = mix.draw(20, np.random.default_rng(1))
    old = draw_batch(several, draw_weights(several, 0.25), 20, np.random.default_rng(1))
    assert crops == old
    np.testing.assert_array_equal(targets.labels, np.stack([crop.labels() for crop in old]))
    np.testing.assert_array_equal(targets.others, targets.labels)
    assert (targets.weights == 1).all() and (targets.smoothing == np.float32(0.05)).all()


def test_each_corpus_has_its_own_loss() -> None:
    real = CorpusShare(
        Path("real"), loss_weight=0.5, label_smoothing=0.2, boundary_tolerance=0.02, boundary_weight=0.25
    )
    mix = mix_speech([(CorpusShare(Path("made")), [spoken("made")]), (real, [spoken("real")])], 0.25, 0.05)
    crops, targets = mix.draw(40, np.random.default_rng(2))
    for crop, label, other, weight, smoothing in zip(
        crops, targets.labels, targets.others, targets.weights, targets.smoothing, strict=True
    ):
        if crop.utterance.voice == "made":
            assert (label == other).all() and (weight == 1).all() and smoothing == np.float32(0.05)
        else:
            assert set(weight.tolist()) <= {0.125, 0.5} and smoothing == np.float32(0.2)
            np.testing.assert_array_equal(weight == 0.125, label != other)
            assert 0 < (label != other).sum() < FRAMES / 8


def test_the_phone_across_a_boundary_within_the_tolerance_counts_too() -> None:
    utterance = spoken("x", (AA, IY, ZH))  # boundaries at 0, 1, 2 and 3 s
    times = np.array([-0.5, -0.01, 0.0, 0.5, 0.97, 0.98, 0.9999, 1.0, 1.02, 1.03, 2.99, 3.01])
    assert utterance.labels(times).tolist() == [0, 0, AA, AA, AA, AA, AA, IY, IY, IY, ZH, 0]
    expected = [0, AA, 0, AA, AA, IY, IY, AA, AA, IY, 0, ZH]
    assert utterance.labels_across(times, 0.02).tolist() == expected
    np.testing.assert_array_equal(utterance.labels_across(times, 0.0), utterance.labels(times))


def test_doubtful_utterances_are_left_out_and_none_left_is_an_error() -> None:
    doubtful = [spoken("x", confidence=c) for c in (0.2, 0.5, 0.8)]
    mix = mix_speech([(CorpusShare(Path("x"), least_confidence=0.5), doubtful)], 0.25, 0.05)
    assert [u.confidence for u in mix.utterances] == [0.5, 0.8]
    with pytest.raises(UserError, match="no utterance of x"):
        mix_speech([(CorpusShare(Path("x"), least_confidence=0.9), doubtful)], 0.25, 0.05)


GOOD = 'seed=1\nout="a"\ncorpus="b"\n[motion]\nsteps=1\n[phones]\nsteps=1\n'


def test_corpora_and_initial_weights_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(GOOD + 'initial="w"\n[[phones.corpora]]\npath="x"\n[[phones.corpora]]\npath="y"\nweight=2\n')
    stage = read_config(path).phones
    assert stage.initial == Path("w")
    assert stage.corpora == (CorpusShare(Path("x")), CorpusShare(Path("y"), weight=2))
    path.write_text(GOOD)
    assert read_config(path).phones.corpora == () and read_config(path).phones.initial is None


def test_the_configuration_of_this_experiment_reads(pytestconfig: pytest.Config) -> None:
    stage = read_config(pytestconfig.rootpath / "configs" / "real_voices.toml").phones
    assert len(stage.corpora) == 2 and stage.corpora[1].boundary_tolerance > 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("corpora=3", "corpora is 3"),
        ("corpora=['x']", "sections"),
        ("initial=3", "initial is 3"),
        ("[[phones.corpora]]\nweight=1", "1 has no path"),
        ('[[phones.corpora]]\npath="x"\n[[phones.corpora]]\npath="y"\nshare=1', r"'share'.*\[\[phones.corpora\]\] 2"),
        ('[[phones.corpora]]\npath="x"\nweight=0', "weight and loss_weight must be positive"),
        ('[[phones.corpora]]\npath="x"\nweight=inf', "must be positive"),
        ('[[phones.corpora]]\npath="x"\nweight="much"', "weight is 'much'"),
        ('[[phones.corpora]]\npath="x"\nlabel_smoothing=1', "label_smoothing is 1"),
        ('[[phones.corpora]]\npath="x"\nlabel_smoothing="a"', "label_smoothing is 'a'"),
        ('[[phones.corpora]]\npath="x"\nboundary_tolerance=20', "0 to 0.1 seconds"),
        ('[[phones.corpora]]\npath="x"\nboundary_weight=2', "must be 0 to 1"),
    ],
)
def test_impossible_corpora_are_refused_by_name(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(GOOD + text)
    with pytest.raises(UserError, match=named) as caught:
        read_config(path)
    assert "\n" not in str(caught.value)
