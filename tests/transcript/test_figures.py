"""The closure figure with the recordings' own transcripts, on sets whose labels are not the aligner's."""

import json
from pathlib import Path

import pytest

from ptalker_blender.cli import main


@pytest.mark.data
def test_closures_with_transcripts_reach_their_bar(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pocketsphinx")
    call = ["evaluate", "closures", "--text", "--json", "--device", "cpu", "--data", str(data_dir)]
    assert main([*call, "--sets", "praatio", "promo"]) == 0
    report = json.loads(capsys.readouterr().out)
    with_text, without = (report[name]["sets"]["all"] for name in ("ptalker with transcript", "ptalker"))
    assert with_text["f1"] >= 0.92 and with_text["f1"] >= without["f1"]
    assert with_text["closed_share"] < 0.3
    assert report["with transcript, labels of other makers"]["bilabials"] == with_text["bilabials"] == 11
    transcripts = report["transcripts"]
    assert transcripts["right"] == 5 and not transcripts["right_ignored"]
    assert transcripts["wrong"] == 11 and not transcripts["wrong_believed"]


def test_text_is_for_closures_only(capsys: pytest.CaptureFixture[str], data_dir: Path) -> None:
    assert main(["evaluate", "opening", "--text", "--data", str(data_dir)]) == 2
    assert "--text with opening" in capsys.readouterr().err
