"""Sentences in another language, found again by their templates."""

import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.phrasebook import Phrasebook, read_po

# A made-up language: every message is a known one, so what is said shows which template was found.
SOUTHERN = {
    "Bake": "Ekab",
    "no head is chosen": "neseohc si daeh on",
    "no file {0}": "{0} elif on",
    "an audio file": "elif oidua na",
    "check the path": "htap eht kcehc",
    "{0} keys of '{1}' are muted": "detum '{1}' fo syek {0}",
    "{0} of '{1}' are muted": "never the one with fewer words of its own",
    "Loading network": "krowten gnidaol",
    "{0}; expected {1}; {2}": "{0} ;{2} ;{1}",
    "rest {{at}} {0}": "{0} {{ta}} tser",
}


@pytest.fixture
def book():
    return Phrasebook(SOUTHERN, SOUTHERN.__getitem__)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("Bake", "Ekab"),
        ("No head is chosen", "Neseohc si daeh on"),
        ("no file /a {0} b.wav", "/a {0} b.wav elif on"),
        ("12 keys of 'Ann's head' are muted", "detum 'Ann's head' fo syek 12"),
        ("rest {at} 3", "3 {ta} tser"),
        ("3 keys of 'Bake' are muted", "detum 'Bake' fo syek 3"),
        ("Line 3: Loading network", "Line 3: krowten gnidaol"),
        ("no file Bake", "Bake elif on"),  # a name, though it is called like a button
        ("nobody knows this", "nobody knows this"),
        ("Nobody knows this: at all", "Nobody knows this: at all"),
        ("", ""),
    ],
)
def test_what_is_said(book, english, said):
    assert book.say(english) == said


def test_an_error_for_the_user_is_translated_in_its_parts(book):
    error = UserError("no file x.wav", "an audio file", "check the path")
    assert book.say(str(error)) == "x.wav elif on ;htap eht kcehc ;elif oidua na"
    other = UserError("odd: thing", "an audio file", "sit down")
    assert book.say(str(other)) == "odd: thing ;sit down ;elif oidua na"


def test_a_catalogue_is_read():
    text = """
# a remark
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

#: somewhere.py:3
msgid "no \\"file\\" "
"{0}"
msgstr "keine \\"Datei\\" {0}"

#, fuzzy
msgid "guessed"
msgstr "geraten"

msgid "not yet"
msgstr ""
msgid_like_nothing
"""
    with pytest.raises(UserError, match=r"a\.po has a line 17"):
        read_po(text, "a.po")
    assert read_po(text.replace("msgid_like_nothing", ""), "a.po") == {'no "file" {0}': 'keine "Datei" {0}'}


def test_a_translation_with_other_values_is_refused():
    with pytest.raises(UserError, match="with other values"):
        read_po('msgid "{0} of {1}"\nmsgstr "{0} von {2}"\n', "a.po")
