"""Letter-to-sound conversion by analogy."""

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from ptalker_blender.transcript.guess import LetterToSound, align_letters


@pytest.mark.parametrize(
    ("word", "phones", "pieces"),
    [
        ("knob", "N AA B", ["", "N", "AA", "B"]),
        ("six", "S IH K S", ["S", "IH", "K S"]),
        ("table", "T EY B AH L", ["T", "EY", "B", "AH L", ""]),
        ("phone", "F OW N", ["F", "", "OW", "N", ""]),
    ],
)
def test_letters_get_their_phones(word: str, phones: str, pieces: list[str]) -> None:
    found = [" ".join(piece) for piece in align_letters(word, tuple(phones.split()))]
    assert found == pieces


def test_a_word_of_more_than_two_phones_a_letter_is_no_guide() -> None:
    assert align_letters("aaa", tuple(["T", "R", "IH", "P", "AH", "L", "EY"])) == ((),) * 3


def test_a_small_dictionary_speaks_by_analogy(tmp_path: Path) -> None:
    path = tmp_path / "d.dict"
    path.write_text("cat K AE T\nhat HH AE T\nhats HH AE T S\ncap K AE P\nmap M AE P\nmaps M AE P S\nno(2) N\n")
    guesser = LetterToSound(path)
    assert guesser.guess("caps") == "K AE P S"
    assert guesser.guess("mat's") == "M AE T S"


def test_unknown_words_keep_their_closures() -> None:
    """Words kept out of the dictionary, those of the same beginning with them: 355 words gave 199 of 200 p, b, m."""
    sphinx = pytest.importorskip("pocketsphinx")
    guesser = LetterToSound(Path(sphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict")
    said = {
        "blender": "B L EH N D ER", "improbable": "IH M P R AA B AH B AH L", "woodcutters": "W UH D K AH T ER Z",
        "membership": "M EH M B ER SH IH P", "pumpkin": "P AH M P K AH N", "thumbnail": "TH AH M N EY L",
    }  # fmt: skip
    wrong = errors = total = 0
    for word, phones in said.items():
        guessed, truth = guesser.guess(word, ignore=word[:5]).split(), phones.split()
        closures = [[p for p in spoken if p in "PBM"] for spoken in (guessed, truth)]
        wrong += abs(len(closures[0]) - len(closures[1])) + sum(a != b for a, b in zip(*closures, strict=False))
        blocks = SequenceMatcher(None, guessed, truth, autojunk=False).get_matching_blocks()
        errors += max(len(guessed), len(truth)) - sum(block.size for block in blocks)
        total += len(truth)
    assert wrong <= 1  # the silent b of thumbnail
    assert errors / total < 0.25
