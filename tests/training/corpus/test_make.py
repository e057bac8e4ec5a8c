import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus import command, flite, make
from ptalker_blender.training.corpus.bank import DEFAULT_VOICES, HELD_OUT_VOICE, parse_voices
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.corpus.read import read_corpus
from ptalker_blender.training.corpus.statistics import corpus_statistics
from ptalker_blender.training.corpus.texts import weigh

SENTENCES = (
    "the boy looked at the treasure",
    "she put sugar in the coffee",
    "both of them made a noise",
    "your music is too loud",
    "he made a quick decision",
)
needs_programs = pytest.mark.skipif(
    not all(shutil.which(p) for p in ("espeak-ng", "flite", "festival"))
    or not Path("/usr/share/festival/voices/english/ked_diphone").is_dir(),
    reason="espeak-ng, flite and festival with festvox-kdlpc16k are not all installed",
)
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@needs_programs
def test_the_same_bytes_from_one_worker_and_from_two(tmp_path: Path) -> None:
    voices = {"flite:kal16": 1.0, "festival:ked_diphone": 1.0, "espeak": 1.0}
    texts = weigh(SENTENCES, "test")
    for workers in (1, 2):
        make.make_corpus(tmp_path / f"w{workers}", 6, 5, voices, texts, workers)
    one, two = _tree(tmp_path / "w1"), _tree(tmp_path / "w2")
    assert len(one) == 8 and one == two
    make.make_corpus(tmp_path / "other", 6, 6, voices, texts, 1)
    assert _tree(tmp_path / "other")["index.jsonl"] != one["index.jsonl"]
    # A longer corpus begins with the shorter one.
    make.make_corpus(tmp_path / "longer", 7, 5, voices, texts, 1)
    assert _tree(tmp_path / "longer")["index.jsonl"].startswith(one["index.jsonl"])


@needs_flite
def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    texts = weigh(SENTENCES, "test")
    report = make.make_corpus(tmp_path / "c", 3, 0, {"flite:kal16": 1.0}, texts, 1, lambda *at: seen.append(at))
    entries = read_corpus(tmp_path / "c")
    assert seen[-1] == (3, 3) and report.utterances == len(entries) == 3
    assert report.seconds == pytest.approx(sum(entry.seconds for entry in entries))
    for entry in entries:
        info = soundfile.info(entry.path)
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        samples = entry.samples()
        assert float(np.abs(samples).max()) == pytest.approx(0.7, abs=1e-4)
        assert len(samples) / 16_000 == pytest.approx(entry.seconds, abs=1e-6)
        assert entry.segments[0].start == 0.0 and entry.segments[-1].end == pytest.approx(entry.seconds, abs=1e-4)
        assert all(a.end == b.start for a, b in zip(entry.segments, entry.segments[1:], strict=False))
        assert entry.text in SENTENCES and entry.voice == "flite:kal16"
    record = json.loads((tmp_path / "c" / "corpus.json").read_text())
    assert record["seed"] == 0 and record["voices"] == {"flite:kal16": 1.0} and "2." in record["programs"]["flite"]
    assert record["texts"]["sha256"] == texts.sha256
    figures = corpus_statistics(tmp_path / "c")
    assert figures.hours * 3600 == pytest.approx(report.seconds, abs=1e-3)
    assert sum(figures.phone_shares[p] for p in PHONES[1:]) == pytest.approx(1.0)
    assert 5 < figures.phones_per_second < 25
    assert figures.human_share == 1 and "from voices of people 100.0 % of time" in "\n".join(figures.lines())


@needs_flite
def test_a_failure_leaves_the_earlier_corpus_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "c"
    voices, texts = {"flite:kal16": 1.0}, weigh(SENTENCES, "test")
    make.make_corpus(out, 1, 0, voices, texts)
    before = _tree(out)

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(make, "write_utterance", full_disk)
        with pytest.raises(OSError, match="no space"):
            make.make_corpus(out, 2, 0, voices, texts)
    assert _tree(out) == before and [p.name for p in tmp_path.iterdir()] == ["c"]
    make.make_corpus(out, 2, 0, voices, texts)
    assert len(read_corpus(out)) == 2 and [p.name for p in tmp_path.iterdir()] == ["c"]


@needs_flite
def test_sentences_no_voice_can_time_end_in_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flite.FliteVoice, "synthesise", lambda *_: None)
    texts = weigh(SENTENCES, "test")
    with pytest.raises(UserError, match="could speak none"):
        make.make_corpus(tmp_path / "c", 1, 0, {"flite:kal16": 1.0}, texts)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_corpus_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="is no corpus"):
        make.make_corpus(tmp_path, 1, 0, {"flite:slt": 1.0}, weigh(SENTENCES, "test"))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    with pytest.raises(UserError, match="no corpus at"):
        read_corpus(tmp_path)


def test_a_corpus_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.json").write_text('{"format": 99}')
    (tmp_path / "index.jsonl").write_text("")
    with pytest.raises(UserError, match="format 99"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("bad", ["", "flite:slt=0", "flite:slt=-1", "flite:slt=x", "flite:slt=nan", "espeak,espeak"])
def test_bad_voice_lists(bad: str) -> None:
    with pytest.raises(UserError, match="voice list item"):
        parse_voices(bad)


def test_an_unknown_synthesiser_is_refused_before_work_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mbrola:us1"):
        make.make_corpus(tmp_path / "c", 1, 0, {"mbrola:us1": 1.0}, weigh(SENTENCES, "test"))


def test_the_default_mix_keeps_the_held_out_voice_out() -> None:
    assert HELD_OUT_VOICE not in DEFAULT_VOICES
    assert sum(DEFAULT_VOICES.values()) == pytest.approx(1.0)
    assert 1 / 6 <= DEFAULT_VOICES["espeak"] <= 1 / 4
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert parse_voices(parser.parse_args(["out"]).voices) == dict(DEFAULT_VOICES)


@needs_flite
def test_the_command_makes_a_corpus_and_prints_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(SENTENCES))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = ["--utterances", "2", "--seed", "3", "--voices", "flite:kal16", "--workers", "1", "--split", "all"]
    assert command.run(parser.parse_args([str(tmp_path / "c"), *options, "--sentences", str(lines)])) == 0
    printed = capsys.readouterr().out
    assert "2 utterances" in printed and "flite:kal16" in printed and "rarest phones" in printed
