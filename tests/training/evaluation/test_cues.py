import pytest

from ptalker_blender.training.evaluation.closures import Stretch
from ptalker_blender.training.evaluation.cues import Cue, cue_stretches, sequential


def test_a_cue_put_into_the_tail_of_another_cuts_it_short():
    cues = [Cue(0.62, 0.86, "D"), Cue(0.74, 0.86, "B"), Cue(0.86, 1.0, "X")]
    assert sequential(cues) == (Cue(0.62, 0.74, "D"), Cue(0.74, 0.86, "B"), Cue(0.86, 1.0, "X"))


def test_closed_stretches_are_a_and_x_joined():
    cues = [Cue(0, 0.3, "X"), Cue(0.3, 0.4, "A"), Cue(0.4, 0.6, "B"), Cue(0.6, 0.7, "A"), Cue(0.7, 1.0, "C")]
    assert cue_stretches(cues) == (Stretch(0, 0.4), Stretch(0.6, 0.7))
    assert cue_stretches(cues, {"A"}) == (Stretch(0.3, 0.4), Stretch(0.6, 0.7))


@pytest.mark.parametrize("cues", [[], [Cue(0.1, 0.1, "A")]])
def test_nothing_shown(cues):
    assert cue_stretches(cues) == ()
