"""Packed corpora: what was put in comes out, the limit holds, every voice and the rare phones stay."""

import argparse
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training import packing
from ptalker_blender.training.corpus import command
from ptalker_blender.training.corpus.folder import ALIGNED, new_corpus, write_index, write_utterance
from ptalker_blender.training.corpus.packed import CONTENTS, decode_block, encode_block, packed_path
from ptalker_blender.training.corpus.phones import PHONE_INDEX, PHONES, PhoneSegment
from ptalker_blender.training.corpus.read import CorpusEntry, read_corpus
from ptalker_blender.training.corpus.statistics import voice_family
from ptalker_blender.training.corpus.voice import Utterance
from ptalker_blender.training.packing import PackRules, keeping_order, pack_corpora
from ptalker_blender.training.speech_data import load_utterances

RATE = 16_000
IDENTITY = list(range(len(PHONES)))


def _made(folder: Path, count: int, voices: int, labels: str = "exact") -> Path:
    """A corpus of `count` noisy tones of 0.3 to 0.5 s; every tenth holds the rare zh."""
    rng = np.random.default_rng(0)
    with new_corpus(folder) as scratch:
        rows = []
        for k in range(count):
            seconds = 0.3 + 0.013 * (k % 17)
            times = np.arange(round(seconds * RATE)) / RATE
            tone = np.sin(2 * np.pi * (150 + 40 * (k % 5)) * times) + 0.05 * rng.standard_normal(len(times))
            phone = "zh" if k % 10 == 0 else "aa"
            cuts = (PhoneSegment("sil", 0.0, 0.1), PhoneSegment(phone, 0.1, 0.2345), PhoneSegment("m", 0.2345, seconds))
            said = Utterance(tone.astype(np.float32), cuts, f"text {k}", f"flite:v{k % voices}")
            row = write_utterance(scratch, f"u{k:03d}", said)
            rows.append(row | ({"labels": labels, "confidence": 0.5 + k / 1000} if labels != "exact" else {}))
        write_index(scratch, rows, {"seed": 7})
    return folder


def _labels(utterance: object) -> tuple[object, ...]:
    u = utterance
    return len(u.samples), u.starts.tolist(), u.phones.tolist(), u.end, u.voice, u.confidence  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("corpora")
    return _made(folder / "made", 36, 3), _made(folder / "real", 16, 6, ALIGNED)


@pytest.fixture(scope="module")
def packed(corpora: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "two.pack"
    pack_corpora(file, corpora, PackRules())
    return file


def test_labels_come_out_as_they_went_in_part_by_part(corpora: tuple[Path, Path], packed: Path) -> None:
    for folder in corpora:
        assert sorted(map(_labels, load_utterances(packed / folder.name))) == sorted(
            map(_labels, load_utterances(folder))
        )
    everything = sorted(map(_labels, load_utterances(packed)))
    assert everything == sorted(_labels(u) for folder in corpora for u in load_utterances(folder))


def test_sounds_keep_their_place_and_their_pitch(corpora: tuple[Path, Path], packed: Path) -> None:
    coded = {tuple(map(str, _labels(u))): u.samples for u in load_utterances(packed / "real")}
    for original in load_utterances(corpora[1]):
        samples = coded[tuple(map(str, _labels(original)))].astype(np.float64)
        wanted = original.samples.astype(np.float64)
        inner = slice(400, -400)
        products = [wanted[inner] @ np.roll(samples, -lag)[inner] for lag in range(-20, 21)]
        assert abs(int(np.argmax(products)) - 20) <= 1
        assert products[20] / np.linalg.norm(wanted[inner]) / np.linalg.norm(samples[inner]) > 0.95


def test_blocks_do_not_bleed_into_each_other() -> None:
    loud = (12_000 * np.sin(np.arange(8000) * 0.1)).astype(np.int16)
    one, two = (
        packing.spoken(entry, samples)
        for entry, samples in zip([_entry("a", "aa"), _entry("b", "m")], [loud, np.zeros(8000, np.int16)], strict=True)
    )
    sound, labels = encode_block([one, two], 12)
    after = decode_block(sound, labels, IDENTITY)[1].samples
    assert np.abs(after.astype(int)).max() < 0.01 * 12_000


def _entry(name: str, phone: str) -> CorpusEntry:
    return CorpusEntry(name, "flite:v0", "t", 0.5, (PhoneSegment(phone, 0.0, 0.5),), Path("absent"))


def test_a_limit_is_kept_to_and_what_is_left_out_is_told(
    corpora: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "BLOCK", 6)
    rules = PackRules(limit_mib=0.02)
    report = pack_corpora(tmp_path / "a.pack", corpora, rules)
    assert report.size == (tmp_path / "a.pack").stat().st_size <= 0.02 * packing.MIB
    kept = {name: load_utterances(tmp_path / "a.pack" / name) for name in ("made", "real")}
    for folder in corpora:
        whole = load_utterances(folder)
        assert {u.voice for u in kept[folder.name]} == {u.voice for u in whole}
        assert report.kept[folder.name][0] == len(kept[folder.name]) < len(whole) == report.whole[folder.name][0]
        hours = sum(u.seconds for u in kept[folder.name]) / 3600
        assert report.kept[folder.name][1] == pytest.approx(hours, abs=1e-6)
    line = next(line for line in report.lines() if line.startswith("made"))
    share = 100 * (1 - report.kept["made"][1] / report.whole["made"][1])
    assert f"{len(kept['made'])} of 36 utterances" in line and f"{share:.1f} % left out" in line
    contents = json.loads(zipfile.ZipFile(tmp_path / "a.pack").read(CONTENTS))
    assert contents["parts"]["made"]["corpus"]["seed"] == 7
    pack_corpora(tmp_path / "b.pack", corpora, rules)
    for one, two in zip(load_utterances(tmp_path / "a.pack"), load_utterances(tmp_path / "b.pack"), strict=True):
        assert _labels(one) == _labels(two)
        np.testing.assert_array_equal(one.samples, two.samples)
    pack_corpora(tmp_path / "c.pack", corpora, PackRules(limit_mib=0.02, seed=2, workers=2))
    assert {str(_labels(u)) for u in load_utterances(tmp_path / "c.pack")} != {
        str(_labels(u)) for u in load_utterances(tmp_path / "a.pack")
    }


def test_rare_phones_stay_more_often_than_others(corpora: tuple[Path, Path]) -> None:
    entries = read_corpus(corpora[0])
    places: dict[bool, list[int]] = {True: [], False: []}
    for seed in range(60):
        order = keeping_order(entries, seed)
        assert sorted(order) == list(range(36))
        assert {entries[k].voice for k in order[:3]} == {"flite:v0", "flite:v1", "flite:v2"}
        for place, k in enumerate(order):
            places[entries[k].segments[1].phone == "zh"].append(place)
    # Drawn 1.3 to 1 (the fourth root of how rare they are); by equal chance both means would be 17.5.
    assert np.mean(places[True]) < 16 < 17.5 < np.mean(places[False])


def test_a_limit_too_small_for_all_voices_leaves_no_file(corpora: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="voices of made have no place"):
        pack_corpora(tmp_path / "a.pack", corpora, PackRules(limit_mib=0.005))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", [{"limit_mib": 0}, {"kbps": 5}, {"kbps": 100}, {"workers": 0}, {"seed": -1}])
def test_rules_that_make_no_sense(bad: dict[str, float]) -> None:
    with pytest.raises(UserError, match="change them"):
        PackRules(**bad)  # type: ignore[arg-type]


def test_corpora_of_one_name_are_refused(corpora: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="different names"):
        pack_corpora(tmp_path / "a.pack", [corpora[0], corpora[0]], PackRules())


def test_paths_of_packs() -> None:
    here = Path(__file__)
    assert packed_path(here) == (here, None)
    assert packed_path(here / "train") == (here, "train")
    assert packed_path(here.parent) is None and packed_path(here.parent / "absent" / "train") is None


def test_damaged_and_foreign_files_are_refused_in_one_line(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no part 'absent'.*one of made, real"):
        load_utterances(packed / "absent")
    broken = tmp_path / "cut.pack"
    broken.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(UserError, match="cannot be read"):
        load_utterances(broken)
    for contents, message in (
        ({"format": 99, "phones": PHONES, "parts": {}}, "format 99"),
        ({"format": 1, "phones": ["qq"], "parts": {}}, "packed corpus"),
        ({"format": 1, "phones": PHONES, "parts": {"x": {"blocks": 1}}}, "damaged"),
        ([], "format None"),
        (None, "no pack.json"),
    ):
        with zipfile.ZipFile(broken, "w") as archive:
            if contents is not None:
                archive.writestr(CONTENTS, json.dumps(contents))
        with pytest.raises(UserError, match=message):
            load_utterances(broken)


def test_sound_and_labels_that_do_not_fit_are_refused() -> None:
    sound, labels = encode_block([packing.spoken(_entry("a", "aa"), np.zeros(8000, np.int16))], 12)
    table = json.loads(labels) | {"samples": [7000]}
    with pytest.raises(ValueError, match="do not fit"):
        decode_block(sound, json.dumps(table).encode(), IDENTITY)


def test_phones_are_told_by_name_so_that_their_order_may_change() -> None:
    sound, labels = encode_block([packing.spoken(_entry("a", "aa"), np.zeros(8000, np.int16))], 12)
    moved = [*IDENTITY]
    moved[PHONE_INDEX["aa"]] = PHONE_INDEX["zh"]
    assert decode_block(sound, labels, moved)[0].phones.tolist() == [PHONE_INDEX["zh"]]


def test_the_command_packs_and_prints(
    corpora: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = ["--pack", str(tmp_path / "a.pack"), *map(str, corpora), "--workers", "1"]
    assert command.run(parser.parse_args(options)) == 0
    printed = capsys.readouterr().out
    assert "made: 36 of 36 utterances" in printed and "0.0 % left out" in printed
    # The tones of `real` are labelled as aligned: recordings of people.
    assert "from voices of people 100.0 % of time" in printed
    assert len(load_utterances(tmp_path / "a.pack")) == 52
    with pytest.raises(UserError, match="2 corpus folders"):
        command.run(parser.parse_args([str(corpora[0]), str(corpora[1])]))
    with pytest.raises(UserError, match="more than one of"):
        command.run(parser.parse_args([*options, "--statistics"]))


def test_every_voice_comes_first_and_espeak_variants_are_one(tmp_path: Path) -> None:
    entries = [_entry(f"u{k}", "aa") for k in range(30)]
    voices = ["espeak:en-us+m1", "espeak:en-us+f2", "espeak-lang:de+m1", "espeak-lang:fr+m1", "flite:slt", "flite:awb"]
    told = [replace(entry, voice=voices[k % 6]) for k, entry in enumerate(entries)]
    first = [told[k].voice for k in keeping_order(told, 0)][:5]
    assert {voice_family(voice) for voice in first} == {
        "espeak", "espeak-lang:de", "espeak-lang:fr", "flite:slt", "flite:awb",
    }  # fmt: skip
