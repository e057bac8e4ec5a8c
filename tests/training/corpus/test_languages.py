import shutil
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus import espeak_language, make
from ptalker_blender.training.corpus.bank import parse_voices
from ptalker_blender.training.corpus.espeak_language import LanguageVoice, phones_of_sign
from ptalker_blender.training.corpus.languages import LANGUAGES, Language, Phrases, is_word
from ptalker_blender.training.corpus.read import read_corpus
from ptalker_blender.training.corpus.texts import in_split, weigh

WORDS = "41\nzug/PN\nBücher\nBMW\nschön/A\nx\nGruß\nDonaudampfschiff\n3D\nüber\nviel\n"


@pytest.fixture
def german(tmp_path: Path) -> Language:
    path = tmp_path / "words"
    path.write_text(WORDS, encoding="utf-8")
    return Language("de", path, "wngerman")


def test_what_is_a_word() -> None:
    assert all(is_word(word) for word in ("zug", "Bücher", "ça", "Izmir", "no"))
    assert not any(is_word(word) for word in ("", "x", "BMW", "o'er", "3D", "Donaudampfschiff"))


def test_phrases_are_words_of_the_list_and_the_same_from_the_same_seed(german: Language) -> None:
    phrases = [Phrases(german).draw(np.random.default_rng(k)) for k in range(60)]
    assert phrases == [Phrases(german).draw(np.random.default_rng(k)) for k in range(60)]
    assert {len(p.split()) for p in phrases} == set(range(3, 9))
    assert {word for p in phrases for word in p.split()} == {"Bücher", "schön", "Gruß", "über", "viel", "zug"}


def test_phrases_of_the_splits_do_not_meet(german: Language) -> None:
    for split in ("train", "test"):
        rng = np.random.default_rng(0)
        source = Phrases(german, split)
        assert all(in_split(source.draw(rng), split) for _ in range(20))


def test_a_missing_list_names_its_package_and_an_empty_one_ends(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="apt-get install wfrench"):
        Phrases(Language("fr", tmp_path / "absent", "wfrench"))
    (tmp_path / "numbers").write_text("1\n2\n3\n4\n")
    with pytest.raises(UserError, match="no words in"):
        Phrases(Language("fr", tmp_path / "numbers", "wfrench")).draw(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("code", "mnemonic", "ipa", "phones"),
    [
        ("de", "y:", "yː", ("uw",)), ("de", "3", "ɜ", ("ah",)), ("de", "_!", "", ("sil",)), ("de", "OY", "ɔø", ("oy",)),
        ("fr", "A~", "ɑ̃", ("aa",)), ("fr", "(en)", "(en)", None), ("it", "@-", "", ("ah",)), ("it", ";", "", ()),
        ("pl", ";", "ʲ", ()), ("pl", "y", "ɨ", ("ih",)), ("ru", "y", "y", ("ih",)), ("fr", "y", "y", ("uw",)),
        ("ru", "t;", "tʲ", ("t",)), ("sv", "sx", "sx", ("sh",)), ("nl", "??", "", None), ("de", "UR", "\ufffd", None),
        ("es", "**", "ɾ", ("d",)), ("it", "*", "r", ("l",)), ("pt", "R", "ɹ", ("r",)),
    ],
)  # fmt: skip
def test_signs(code: str, mnemonic: str, ipa: str, phones: tuple[str, ...] | None) -> None:
    assert phones_of_sign(LANGUAGES[code], mnemonic, ipa) == phones


def test_the_family_stands_for_all_languages() -> None:
    shares = parse_voices("flite:slt=3,espeak-lang=1")
    assert shares.pop("flite:slt") == 3 and set(shares) == {f"espeak-lang:{code}" for code in LANGUAGES}
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", ["xx", "", "en"])
def test_an_unknown_language(name: str) -> None:
    with pytest.raises(UserError, match="one of de, fr"):
        LanguageVoice(name)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed (apt-get install espeak-ng)")
class TestWithTheProgram:
    @pytest.fixture
    def voice(self, german: Language, monkeypatch: pytest.MonkeyPatch) -> type[LanguageVoice]:
        monkeypatch.setattr(espeak_language, "LANGUAGES", {code: _like(german, code) for code in LANGUAGES})
        return LanguageVoice

    @pytest.mark.parametrize(
        ("code", "text", "phones"),
        [
            ("de", "schöne Bücher", "sh uw n ah b uw hh ah"),
            ("fr", "un bon vin blanc", "uh b ao v eh b l aa"),
            ("pl", "cień", "ch eh n"),
            ("ru", "мы", "m ih"),
            ("sv", "sjuk", "sh uw k"),
            ("es", "caña", "k aa n aa"),
            ("tr", "çocuk", "ch ow jh uh k"),
        ],
    )
    def test_words_sound_as_they_should(self, voice: type[LanguageVoice], code: str, text: str, phones: str) -> None:
        made = voice(f"{code}+m3").synthesise(text, np.random.default_rng(0))
        assert made is not None and made.voice == f"espeak-lang:{code}+m3"
        assert " ".join(s.phone for s in made.segments if s.phone != "sil") == phones

    def test_lips_are_shut_during_a_closure(self, voice: type[LanguageVoice]) -> None:
        made = voice("fr+m3").synthesise("papa appela", np.random.default_rng(2))
        assert made is not None
        inner = [s for s in made.segments if s.phone == "p"][1:]
        assert len(inner) == 2
        for stop in inner:
            start = round((stop.start + 0.002) * 16_000)
            assert float(np.abs(made.samples[start : start + 240]).max()) < 0.05 * float(np.abs(made.samples).max())

    def test_a_change_to_english_refuses_the_phrase(self, voice: type[LanguageVoice]) -> None:
        assert voice("de").synthesise("das coole Know-how Browser", np.random.default_rng(0)) is None

    def test_a_corpus_of_phrases(self, voice: type[LanguageVoice], tmp_path: Path) -> None:
        texts = weigh(("the boy looked at the treasure",), "t")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ptalker_blender.training.corpus.bank.LANGUAGES", espeak_language.LANGUAGES)
            report = make.make_corpus(tmp_path / "c", 3, 0, {"espeak-lang:de": 1.0}, texts)
        entries = read_corpus(tmp_path / "c")
        assert len(entries) == 3 and 0 <= report.refused_shares["espeak-lang:de"] < 1
        assert {w for e in entries for w in e.text.split()} <= {"Bücher", "schön", "Gruß", "über", "viel", "zug"}


def _like(german: Language, code: str) -> Language:
    return Language(code, german.words, german.package, phones=LANGUAGES[code].phones)
