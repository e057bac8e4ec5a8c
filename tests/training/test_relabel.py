"""Labels from a network's own posteriors: known answers, and a whole corpus labelled anew."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.errors import UserError
from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.training.corpus import command
from ptalker_blender.training.corpus.folder import ALIGNED, RELABELLED, new_corpus, write_index, write_utterance
from ptalker_blender.training.corpus.phones import PHONE_INDEX, PHONES, SILENCE, PhoneSegment
from ptalker_blender.training.corpus.read import read_corpus
from ptalker_blender.training.corpus.voice import Utterance
from ptalker_blender.training.relabel import RelabelRules, relabel, relabel_corpus


def hearing(*runs: tuple[str, int], sureness: float = 0.9) -> np.ndarray:
    """Posteriors [T, K] of a network that hears each phone for that many frames."""
    heard = np.concatenate([np.full(count, PHONE_INDEX[phone]) for phone, count in runs])
    posteriors = np.full((len(heard), len(PHONES)), (1 - sureness) / (len(PHONES) - 1), np.float32)
    posteriors[np.arange(len(heard)), heard] = sureness
    return posteriors


ALIGNED_AS = (
    PhoneSegment(SILENCE, 0.0, 0.2),
    PhoneSegment("b", 0.2, 0.26),
    PhoneSegment("aa", 0.26, 0.5),
    PhoneSegment("m", 0.5, 0.6),
    PhoneSegment(SILENCE, 0.6, 0.8),
)


def test_boundaries_move_to_where_the_network_hears_them() -> None:
    heard = hearing((SILENCE, 8), ("b", 4), ("aa", 12), ("m", 6), (SILENCE, 10))
    new = relabel(heard, ALIGNED_AS, 0.8, RelabelRules())
    assert [s.phone for s in new.segments] == [SILENCE, "b", "aa", "m", SILENCE]
    # Frame k is centred on 20 k ms, so the boundary before frame 8 lies at 150 ms.
    np.testing.assert_allclose([s.start for s in new.segments], [0, 0.15, 0.23, 0.47, 0.59], atol=1e-9)
    assert new.segments[-1].end == 0.8 and new.skipped == 0
    assert new.confidence == pytest.approx(0.9, rel=1e-5)


def test_a_sound_that_was_not_made_is_left_out_and_counted() -> None:
    heard = hearing((SILENCE, 10), ("aa", 20), (SILENCE, 10), sureness=0.999)
    new = relabel(heard, ALIGNED_AS, 0.8, RelabelRules(skip_cost=6.0))
    assert [s.phone for s in new.segments] == [SILENCE, "aa", SILENCE] and new.skipped == 2
    kept = relabel(heard, ALIGNED_AS, 0.8, RelabelRules(skip_cost=30.0))
    assert [s.phone for s in kept.segments] == [SILENCE, "b", "aa", "m", SILENCE] and kept.skipped == 0
    assert kept.confidence < new.confidence


def test_a_phone_is_not_put_beyond_its_reach() -> None:
    # The network hears the m 0.3 s after its aligned end.
    heard = hearing((SILENCE, 10), ("b", 3), ("aa", 32), ("m", 5), (SILENCE, 5))
    segments = (*ALIGNED_AS[:4], PhoneSegment(SILENCE, 0.6, 1.1))
    far = relabel(heard, segments, 1.1, RelabelRules(reach=0.5))
    assert next(s.start for s in far.segments if s.phone == "m") == pytest.approx(0.89)
    near = relabel(heard, segments, 1.1, RelabelRules(reach=0.1))
    assert all(s.start < 0.71 for s in near.segments if s.phone == "m")


def test_posteriors_without_the_text_are_not_confident() -> None:
    heard = hearing((SILENCE, 10), ("s", 20), (SILENCE, 10))
    assert relabel(heard, ALIGNED_AS, 0.8, RelabelRules(skip_cost=100)).confidence < 0.01


@pytest.mark.parametrize("bad", [{"skip_cost": 0.0}, {"reach": -1.0}])
def test_impossible_rules_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        RelabelRules(**bad)


def test_a_corpus_is_labelled_anew_with_its_sound_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    encoder = COMPACT_SPEECH_ENCODER | {"hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32}
    network = Network(NetworkConfig(phones=PHONES, speech_encoder=encoder, width=32, layers=1, feed_forward=32))
    weights = tmp_path / "w.safetensors"
    save_checkpoint(network, weights)
    rng = np.random.default_rng(0)
    with new_corpus(tmp_path / "old") as made:
        rows = [
            write_utterance(made, name, Utterance(rng.normal(0, 0.1, 12_800).astype(np.float32), ALIGNED_AS, name, "v"))
            | {"labels": ALIGNED, "confidence": 0.5}
            for name in ("one", "two")
        ]
        write_index(made, rows, {"labels": ALIGNED})
    out = tmp_path / "new"
    report = relabel_corpus(tmp_path / "old", out, weights, RelabelRules(least_confidence=0.0))
    assert (report.kept, report.dropped, report.phones) == (2, 0, 6)
    for old, new in zip(read_corpus(tmp_path / "old"), read_corpus(out), strict=True):
        assert (new.id, new.text, new.voice, new.labels) == (old.id, old.text, old.voice, RELABELLED)
        assert new.path.read_bytes() == old.path.read_bytes()
        assert new.segments[0].start == 0 and new.segments[-1].end == pytest.approx(0.8)
    assert json.loads((out / "corpus.json").read_text())["weights_sha256"]
    # An untrained network is sure of nothing.
    with pytest.raises(UserError, match="none of 2 utterances"):
        relabel_corpus(tmp_path / "old", out, weights, RelabelRules(least_confidence=0.9))
    assert len(read_corpus(out)) == 2
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(UserError, match="no weights"):
        command.run(parser.parse_args([str(out), "--relabel", str(out), "--weights", str(tmp_path / "none")]))
