"""Stage 1 from a configuration to weights on disk, with several corpora and from weights that are there."""

import json
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.model.checkpoint import load_checkpoint
from ptalker_blender.training.config import read_config
from ptalker_blender.training.corpus.folder import ALIGNED, new_corpus, write_index, write_utterance
from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.corpus.statistics import corpus_statistics
from ptalker_blender.training.corpus.voice import Utterance
from ptalker_blender.training.run import train

SEGMENTS = (PhoneSegment("sil", 0.0, 0.3), PhoneSegment("b", 0.3, 0.5), PhoneSegment("aa", 0.5, 1.0))


def corpus(folder: Path, voices: int, **marks: object) -> Path:
    rng = np.random.default_rng(len(folder.name))
    with new_corpus(folder) as made:
        rows = []
        for k in range(voices):
            sound = rng.normal(0, 0.1, 16_000).astype(np.float32)
            rows.append(
                write_utterance(made, f"u{k}", Utterance(sound, SEGMENTS, f"t{k}", f"{folder.name}:{k}")) | marks
            )
        write_index(made, rows, {})
    return folder


def config(tmp_path: Path, name: str, initial: str = "", width: int = 16) -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text(f"""
seed = 1
out = "{(tmp_path / name).as_posix()}"
corpus = "{(tmp_path / "made").as_posix()}"
[scored]
held = "{(tmp_path / "made").as_posix()}"
[network]
width = {width}
layers = 1
feed_forward = 16
style_layers = 1
[motion]
steps = 1
performers = 3
[phones]
steps = 2
batch = 2
{initial}
[[phones.corpora]]
path = "{(tmp_path / "made").as_posix()}"
weight = 3
[[phones.corpora]]
path = "{(tmp_path / "real").as_posix()}"
boundary_tolerance = 0.02
least_confidence = 0.3
""")
    return path


def test_several_corpora_and_initial_weights(tmp_path: Path) -> None:
    corpus(tmp_path / "made", 2)
    corpus(tmp_path / "real", 3, labels=ALIGNED, confidence=0.5)
    said: list[str] = []
    first = train(read_config(config(tmp_path, "first")), said.append, None, until="phones")
    assert first == tmp_path / "first" / "phones.final.safetensors"
    assert any("2 utterances" in line and "75 % of the windows" in line for line in said)
    assert any("3 utterances" in line and "25 % of the windows" in line for line in said)
    points = [json.loads(line) for line in (tmp_path / "first" / "phones.jsonl").read_text().splitlines()]
    assert [point["step"] for point in points] == [2]
    assert {"held.visemes", "held.pbm_recall"} <= set(points[0])

    initial = f'initial = "{first.as_posix()}"'
    second = train(read_config(config(tmp_path, "second", initial)), said.append, None, until="phones")
    begun = [json.loads(line) for line in (tmp_path / "second" / "phones.jsonl").read_text().splitlines()]
    assert [point["step"] for point in begun] == [0, 2]
    assert begun[0]["held.phones"] == points[0]["held.phones"]  # what the first run ended with
    before, after = (load_checkpoint(path).mel.mean for path in (first, second))
    assert (before == after).all()  # the normalisation belongs to the weights
    assert train(read_config(config(tmp_path, "second", initial)), said.append, None, until="phones") == second
    assert said[-1] == "phones: already trained"
    with pytest.raises(UserError, match="of other width"):  # a run is resumed as it was begun
        (tmp_path / "second" / "phones.final.safetensors").unlink()
        train(read_config(config(tmp_path, "second", initial, width=32)), said.append, None, until="phones")
    # The speech part of other weights fits a decoder of any width.
    wider = train(read_config(config(tmp_path, "wider", initial, width=32)), said.append, None, until="phones")
    assert (load_checkpoint(wider).mel.mean == before).all()


def test_hundreds_of_voices_are_counted_and_a_few_are_named(tmp_path: Path) -> None:
    few = corpus_statistics(corpus(tmp_path / "few", 3, labels=ALIGNED)).lines()[1]
    assert few == "hours by voice: few:0 0.00, few:1 0.00, few:2 0.00"
    assert (
        corpus_statistics(corpus(tmp_path / "many", 30, labels=ALIGNED))
        .lines()[1]
        .startswith("hours by voice: 30 voices, 0.000 to")
    )
