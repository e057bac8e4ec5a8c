import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.corpus.phones import PHONE_INDEX, PHONES, PhoneSegment
from ptalker_blender.transcript.phones import frame_labels


def test_the_centre_decides_and_a_boundary_belongs_to_the_later_phone() -> None:
    segments = [PhoneSegment("sil", 0.0, 0.1), PhoneSegment("b", 0.1, 0.15), PhoneSegment("iy", 0.15, 0.25)]
    labels = frame_labels(segments, 7, 20.0)  # centres 0, .05, .10, .15, .20, .25, .30
    assert [PHONES[k] for k in labels] == ["sil", "sil", "b", "iy", "iy", "sil", "sil"]
    assert labels.dtype == np.int64


def test_the_offset_moves_the_centres() -> None:
    segments = [PhoneSegment("m", 0.0, 0.0175), PhoneSegment("aa", 0.0175, 0.0275), PhoneSegment("m", 0.0275, 1.0)]
    # Hops of 10 ms, first centre 17.5 ms: sums that binary floats cannot hold exactly.
    assert [PHONES[k] for k in frame_labels(segments, 3, 100.0, 0.0175)] == ["aa", "m", "m"]
    assert [PHONES[k] for k in frame_labels(segments, 3, 100.0, -0.01)] == ["sil", "m", "m"]


def test_no_segments_and_gaps_are_silence() -> None:
    assert frame_labels([], 3, 50.0).tolist() == [0, 0, 0]
    segments = [PhoneSegment("f", 0.02, 0.03), PhoneSegment("v", 0.05, 0.07)]
    assert [PHONES[k] for k in frame_labels(segments, 4, 50.0)] == ["sil", "f", "sil", "v"]
    assert frame_labels([PhoneSegment("f", 0.0, 1.0)], 0, 50.0).shape == (0,)


@given(
    st.lists(st.tuples(st.sampled_from(PHONES), st.integers(1, 3000)), min_size=1, max_size=30),
    st.sampled_from([25.0, 29.97, 50.0, 100.0]),
    st.floats(0, 0.02),
)
def test_every_frame_of_covering_segments_has_the_segment_that_holds_its_centre(
    raw: list[tuple[str, int]], fps: float, offset: float
) -> None:
    ends = np.cumsum([tenths for _, tenths in raw]) / 1e4
    starts = np.concatenate([[0.0], ends[:-1]])
    segments = [PhoneSegment(p, float(s), float(e)) for (p, _), s, e in zip(raw, starts, ends, strict=True)]
    frames = int(ends[-1] * fps) + 2
    labels = frame_labels(segments, frames, fps, offset)
    for k in range(frames):
        centre = round((offset + k / fps) * 1e6)
        holding = [s.phone for s in segments if round(s.start * 1e6) <= centre < round(s.end * 1e6)]
        assert labels[k] == PHONE_INDEX[holding[0] if holding else "sil"]
