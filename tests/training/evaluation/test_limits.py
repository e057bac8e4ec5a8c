"""What limits closures: each system knows what it says, and the curve made of posteriors closes where it should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.evaluation.limits import above, measure_limits
from ptalker_blender.training.evaluation.recordings import LabelledClip
from ptalker_blender.training.evaluation.style_system import StyleSystem
from tests.tiny_network import tiny_network


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.25, 0.5]))
def test_stretches_lie_where_the_share_exceeds_the_threshold(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    share = rng.uniform(0, 1, 60) * (rng.random(60) < 0.3)
    share[np.abs(share - threshold) < 1e-3] = 0.0
    found = above(share, threshold)
    inside = np.zeros(60, bool)
    for stretch in found:
        inside |= (np.arange(60) / 50 >= stretch.start - 1e-9) & (np.arange(60) / 50 <= stretch.end + 1e-9)
    np.testing.assert_array_equal(inside, share > threshold)


@pytest.fixture(scope="module")
def clip() -> LabelledClip:
    """Silence, then ba-ma-pa with vowels of 0.25 s and closures of 0.1 s, as noise: nothing can be heard in it."""
    segments, at = [PhoneSegment("sil", 0.0, 0.3)], 0.3
    for phone in ("aa", "b", "aa", "m", "aa", "p", "aa"):
        end = at + (0.25 if phone == "aa" else 0.1)
        segments.append(PhoneSegment(phone, at, end))
        at = end
    segments.append(PhoneSegment("sil", at, at + 0.3))
    rng = np.random.default_rng(0)
    return LabelledClip(
        "made", AudioClip(rng.normal(0, 0.05, round((at + 0.3) * 16_000)).astype(np.float32)), tuple(segments)
    )


def test_who_knows_the_labels_meets_them_and_who_hears_nothing_does_not(clip: LabelledClip) -> None:
    limits = measure_limits(StyleSystem(tiny_network(), load_head()), {"made": [clip]})
    f1 = {report.name.partition(":")[0]: report.by_set()["all"].f1 for report in limits.reports[:2]}
    assert f1["ruler"] == 1.0
    reports = {report.name: report.by_set()["all"] for report in limits.reports}
    assert reports["network"].met < 3 or reports["network"].false > 0
    assert all(score.met + score.missed == 3 for score in reports.values())
    best = reports["encoder: best threshold by set"]
    assert np.nan_to_num(best.f1) >= np.nan_to_num(reports["encoder: one threshold for all"].f1)
    assert "ruler" in limits.table() and "made" in limits.table()
