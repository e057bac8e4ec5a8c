"""`ptalker train` packs a run's state and goes on from it in another folder."""

import json
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.cli import EXIT_USER, main
from ptalker_blender.training.corpus.folder import new_corpus, write_index, write_utterance
from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.corpus.voice import Utterance

SEGMENTS = (PhoneSegment("sil", 0.0, 0.3), PhoneSegment("b", 0.3, 0.5), PhoneSegment("aa", 0.5, 1.0))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    with new_corpus(tmp_path / "made") as made:
        sounds = [rng.normal(0, 0.1, 16_000).astype(np.float32) for _ in range(3)]
        rows = [write_utterance(made, f"u{k}", Utterance(s, SEGMENTS, "b a", "v")) for k, s in enumerate(sounds)]
        write_index(made, rows, {})
    return tmp_path / "made"


def config(corpus: Path, name: str, steps: int, average: float = 0.0) -> str:
    """Path of a configuration whose run lies in a folder of its own."""
    path = corpus.parent / f"{name}.toml"
    path.write_text(f"""
seed = 1
out = "{(corpus.parent / name).as_posix()}"
corpus = "{corpus.as_posix()}"
[scored]
held = "{corpus.as_posix()}"
[network]
width = 16
layers = 1
feed_forward = 16
style_layers = 1
[motion]
steps = 1
performers = 3
[phones]
steps = {steps}
batch = 3
average = {average}
""")
    return str(path)


def curve(corpus: Path, name: str) -> list[dict[str, float]]:
    return [json.loads(line) for line in (corpus.parent / name / "phones.jsonl").read_text().splitlines()]


def test_a_packed_run_goes_on_elsewhere(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there, state = config(corpus, "here", 2), config(corpus, "there", 4), str(corpus.parent / "state")
    assert main(["train", here, "--until", "phones"]) == 0
    assert main(["train", here, "--pack", state]) == 0
    assert "step 2 of phones" in capsys.readouterr().out
    assert main(["train", there, "--until", "phones", "--resume-from", state]) == 0
    assert "phones: resumed at step 2" in capsys.readouterr().err
    points = curve(corpus, "there")
    assert [point["step"] for point in points] == [2, 4] and points[0] == curve(corpus, "here")[0]
    assert main(["train", there, "--until", "phones", "--resume-from", state]) == EXIT_USER
    assert "is at step 4 of phones" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", there, "--pack", state, "--resume-from", state])
