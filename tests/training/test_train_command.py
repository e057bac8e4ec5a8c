"""`ptalker train` packs a run's state and goes on from it in another folder, and averages weights.

In several processes it is started in test_parallel.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.cli import EXIT_USER, main
from ptalker_blender.model.checkpoint import load_checkpoint
from ptalker_blender.training.averaging import UPDATES
from ptalker_blender.training.checkpointing import load_state, save_state
from ptalker_blender.training.config import read_config
from ptalker_blender.training.corpus.folder import new_corpus, write_index, write_utterance
from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.corpus.voice import Utterance
from ptalker_blender.training.material import gather_material
from ptalker_blender.training.motion_stage import motion_optimiser
from ptalker_blender.training.motion_terms import Constraints

SEGMENTS = (PhoneSegment("sil", 0.0, 0.3), PhoneSegment("b", 0.3, 0.5), PhoneSegment("aa", 0.5, 1.0))


LINE = Path(__file__).parents[2] / "assets" / "demo" / "line.wav"


def write_recording(folder: Path) -> Path:
    """One labelled recording stands for the development data, which takes longer to score than these runs to train."""
    speech = folder / "data" / "speech"
    (speech / "ljspeech").mkdir(parents=True)
    for file in (LINE, LINE.with_suffix(".phone.json")):
        shutil.copy(file, speech / "ljspeech" / file.name)
    header, row = "file,transcript,label_file,label_kind", "ljspeech/line.wav,,ljspeech/line.phone.json,phone"
    (speech / "index.csv").write_text(f"{header}\n{row}\n")
    return folder / "data"


def write_corpus(folder: Path) -> Path:
    """Three utterances of noise."""
    rng = np.random.default_rng(0)
    with new_corpus(folder / "made") as made:
        sounds = [rng.normal(0, 0.1, 16_000).astype(np.float32) for _ in range(3)]
        rows = [write_utterance(made, f"u{k}", Utterance(s, SEGMENTS, "b a", "v")) for k, s in enumerate(sounds)]
        write_index(made, rows, {})
    return folder / "made"


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PTALKER_DATA", str(write_recording(tmp_path)))
    return write_corpus(tmp_path)


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
    assert {"held.phones", "ljspeech.phones"} <= set(points[1])  # the curve is drawn on corpora and recordings
    assert main(["train", there, "--until", "phones", "--resume-from", state]) == EXIT_USER
    assert "is at step 4 of phones" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", there, "--pack", state, "--resume-from", state])


def test_averaged_weights_are_what_is_kept_and_resumed(corpus: Path) -> None:
    here, there, state = config(corpus, "here", 3, 0.5), config(corpus, "there", 5, 0.5), str(corpus.parent / "state")
    assert main(["train", here, "--until", "phones"]) == 0
    assert main(["train", here, "--pack", state]) == 0
    saved = load_state(corpus.parent / "here", "phones")
    assert saved is not None and int(saved.beside[UPDATES]) == 3
    kept = load_checkpoint(corpus.parent / "here" / "phones.final.safetensors").audio_content
    weight = kept.phone_head.weight
    torch.testing.assert_close(weight.detach(), saved.beside["phone_head.weight"], rtol=0, atol=0)
    assert not torch.equal(weight, saved.network.audio_content.phone_head.weight)
    assert main(["train", there, "--until", "phones", "--resume-from", state]) == 0
    resumed = load_state(corpus.parent / "there", "phones")
    assert resumed is not None and int(resumed.beside[UPDATES]) == 5


def test_a_run_whose_second_stage_was_packed_does_not_begin_with_the_first(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTALKER_DATA", str(corpus))  # none there: stage 2 would want real motion too
    here, there = config(corpus, "here", 1), config(corpus, "there", 1)
    assert main(["train", here, "--until", "phones"]) == 0
    run = corpus.parent / "here"
    phones = load_state(run, "phones")
    assert phones is not None
    material = gather_material(read_config(Path(here)), lambda line: None)
    constraints = Constraints(16, 3, 1, material.lips)
    stage = read_config(Path(here)).motion
    save_state(run, "motion", phones.network, motion_optimiser(phones.network, constraints, stage), 1,
               constraints.state_dict())  # fmt: skip
    assert main(["train", here, "--pack", str(corpus.parent / "state")]) == 0
    assert main(["train", there, "--resume-from", str(corpus.parent / "state")]) == 0
    assert (corpus.parent / "there" / "ptalker.safetensors").is_file()
    assert not (corpus.parent / "there" / "phones.final.safetensors").exists()
