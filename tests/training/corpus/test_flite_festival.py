import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus import festival, flite
from ptalker_blender.training.corpus.phones import PhoneSegment

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
needs_festival = pytest.mark.skipif(
    shutil.which("festival") is None or not Path("/usr/share/festival/voices/english/ked_diphone").is_dir(),
    reason="festival with festvox-kdlpc16k is not installed",
)


def test_flite_durations_are_ends() -> None:
    assert flite.parse_durations("pau:0.2 dh:0.25 ax:0.3 \n") == (
        PhoneSegment("sil", 0.0, 0.2),
        PhoneSegment("dh", 0.2, 0.25),
        PhoneSegment("ah", 0.25, 0.3),
    )


def test_flite_times_that_restart_or_unknown_phones_are_refused() -> None:
    assert flite.parse_durations("pau:0.2 b:0.3 pau:0.1") is None
    assert flite.parse_durations("pau:0.2 zz:0.3") is None


def test_festival_labels() -> None:
    assert festival.parse_labels("#\n0.2200 100 pau\n0.2569 100 axr\n") == (
        PhoneSegment("sil", 0.0, 0.22),
        PhoneSegment("er", 0.22, 0.2569),
    )
    assert festival.parse_labels("#\n0.2 100 zz\n") is None


@needs_flite
def test_kal16_labels_end_with_the_wave() -> None:
    made = flite.FliteVoice("kal16").synthesise("The boy looked at the treasure.", np.random.default_rng(0))
    assert made is not None
    assert made.segments[-1].phone == "sil" and made.segments[-1].end == pytest.approx(made.seconds)
    last_pause = round((made.segments[-1].start + 0.03) * 16_000)
    assert float(np.abs(made.samples[last_pause:]).max()) < 0.1 * float(np.abs(made.samples).max())
    assert "zh" in {segment.phone for segment in made.segments}


@pytest.mark.parametrize(("driver", "name"), [(flite.FliteVoice, "kal"), (festival.FestivalVoice, "nobody")])
def test_unknown_voices_list_the_known(driver: type, name: str) -> None:
    with pytest.raises(UserError, match="one of"):
        driver(name)


@pytest.mark.parametrize(
    ("driver", "name", "package"),
    [(flite.FliteVoice, "slt", "flite"), (festival.FestivalVoice, "ked_diphone", "festvox-kdlpc16k")],
)
def test_a_missing_program_names_the_package(
    driver: type, name: str, package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=f"apt-get install .*{package}"):
        driver(name)


def _fake_festival(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    program = folder / "festival"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(("body", "limit"), [("exec sleep 3600", 0.3), ("exit 0", 5.0)])
def test_a_festival_that_hangs_or_dies_costs_one_sentence(
    body: str, limit: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _fake_festival(tmp_path, monkeypatch, body)
    voice = festival.FestivalVoice("ked_diphone", timeout_s=limit)
    assert voice.synthesise("one sentence for you", np.random.default_rng(0)) is None
    assert voice.synthesise("and another for me", np.random.default_rng(0)) is None
    voice.close()


@needs_festival
def test_festival_speaks_again_after_its_process_was_lost() -> None:
    voice = festival.FestivalVoice("ked_diphone")
    first = voice.synthesise('The "boy" looked\\ at the treasure', np.random.default_rng(0))
    voice._end_process()
    again = voice.synthesise('The "boy" looked\\ at the treasure', np.random.default_rng(0))
    voice.close()
    assert first is not None and again is not None and first.segments == again.segments
    np.testing.assert_array_equal(first.samples, again.samples)
    assert [s.phone for s in first.segments][1:5] == ["dh", "ah", "b", "oy"]
