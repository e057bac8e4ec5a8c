"""People's side of the teacher's table, from the real captures."""

from pathlib import Path

import pytest

from ptalker_blender.training.captured import captured_columns


@pytest.mark.data
def test_people_speak_and_blink_as_people_do(data_dir: Path) -> None:
    """Syllables come at 2 to 8 Hz and lips shut for less than 0.2 s; people blink some 5 to 30 times a minute."""
    columns = captured_columns(data_dir)
    speech, faces = columns["facegood"], columns["arkit"]
    assert 5 < speech.closures_per_minute < 60 and speech.closure_seconds < 0.2
    assert sum(speech.bands) == pytest.approx(1) and speech.bands[1] > speech.bands[2] > speech.bands[3]
    assert 5 < faces.blinks_per_minute < 30
