from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus.texts import (
    RARE_BOOST,
    RARE_SPELLINGS,
    file_sentences,
    in_split,
    is_clean,
    weigh,
    wordnet_sentences,
)


@pytest.mark.parametrize(
    ("sentence", "clean"),
    [
        ("the boy looked at the treasure", True),
        ("He didn't put, as we hoped, the well-known sugar in!", True),
        ("too short here", False),
        ("it was founded in 1964 by friends", False),
        ("he works for the CIA in Rome", False),
        ("He came home. She went away.", False),
        ("-he came home late at night", False),
        ("the so-called (new) method works well", False),
        ("he paid ten % of the price", False),
        (" ".join(["word"] * 18), True),
        (" ".join(["word"] * 19), False),
        ("", False),
    ],
)
def test_clean_sentences(sentence: str, clean: bool) -> None:
    assert is_clean(sentence) is clean


def _wordnet(folder: Path) -> Path:
    licence = '  1 This software "is not an example of it"\n'
    noun = (
        "00002684 03 n 02 object 0 | a tangible entity; "
        '"it was full of rackets, balls and other objects"; "in 1964 it was full of rackets"\n'
    )
    (folder / "data.noun").write_text(licence + noun)
    (folder / "data.verb").write_text('00001740 29 v 04 breathe 0 | draw air; "I can`t breathe in this place"\n')
    (folder / "data.adj").write_text('1 | able; "it was full of rackets, balls and other objects"\n')
    (folder / "data.adv").write_text("1 | barely\n")
    return folder


def test_wordnet_examples_are_parsed_once_each_without_the_licence(tmp_path: Path) -> None:
    assert wordnet_sentences(_wordnet(tmp_path)) == (
        "it was full of rackets, balls and other objects",
        "I can't breathe in this place",
    )


def test_a_missing_wordnet_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="apt-get install wordnet-base"):
        wordnet_sentences(tmp_path)


def test_a_file_of_sentences(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("  The birch canoe slid   on the planks.\n\nno\nThe birch canoe slid on the planks.\n")
    assert file_sentences(path) == ("The birch canoe slid on the planks.",)
    path.write_text("no\n")
    with pytest.raises(UserError, match="no usable sentence"):
        file_sentences(path)
    with pytest.raises(UserError, match="cannot be read"):
        file_sentences(tmp_path / "absent.txt")


@pytest.mark.parametrize(
    ("phone", "has", "has_not"),
    [
        ("zh", "a vision of pleasure", "the reason they laughed"),
        ("oy", "the boys made noise", "they are going home"),
        ("th", "both think of three things", "the father of this brother then"),
        ("uh", "she put sugar in", "he ran for it"),
        ("y", "your music is useful", "try my shirt"),
    ],
)
def test_spellings_of_rare_phones(phone: str, has: str, has_not: str) -> None:
    assert RARE_SPELLINGS[phone].search(has)
    assert not RARE_SPELLINGS[phone].search(has_not)


def test_rare_sentences_are_drawn_by_their_boost() -> None:
    texts = weigh(("a man ran in the sand", "a man had a decision"), "two")
    assert texts.weights.sum() == pytest.approx(1.0)
    assert texts.weights[1] / texts.weights[0] == pytest.approx(RARE_BOOST["zh"])
    rng = np.random.default_rng(0)
    share = np.mean([texts.draw(rng) == texts.sentences[1] for _ in range(2000)])
    assert share == pytest.approx(RARE_BOOST["zh"] / (1 + RARE_BOOST["zh"]), abs=0.03)


def test_train_and_test_share_no_sentence_and_miss_none() -> None:
    sentences = tuple(f"sentence number {'x' * k} in the list" for k in range(400))
    train, test = weigh(sentences, "s", "train"), weigh(sentences, "s", "test")
    assert not set(train.sentences) & set(test.sentences)
    assert set(train.sentences) | set(test.sentences) == set(sentences) == set(weigh(sentences, "s").sentences)
    assert 5 <= len(test.sentences) <= 40
    assert all(in_split(sentence, "test") for sentence in test.sentences)
    with pytest.raises(UserError, match="split"):
        weigh((train.sentences[0],), "s", "test")
