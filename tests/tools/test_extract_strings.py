"""What translators get, and that what an artist reads goes by it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ptalker_blender.phrasebook import Phrasebook, read_po
from tools.extract_strings import extract, messages_of, write_pot

ROOT = Path(__file__).resolve().parents[2]
GERMAN = ROOT / "translations" / "de.po"

SOURCE = '''
"""A module."""
class PTALKER_OT_try(Operator):
    """Do it
    at once"""
    bl_idname = "ptalker.try"
    bl_label = "Try"
    items = (("ONE", "First", "The first of them", 0),)
    amount: FloatProperty(name="Amount", description="How much of it")

    def execute(self, context):
        """Not read by anybody."""
        self.report({"INFO"}, say(f"Wrote {count} keys" + (f" of {name!r}" if name else "")))
        self.report({"INFO"}, "Done")
        column.label(text=f"{done:.0%} of {{all}} " f"in '{path.name}'")
        raise ValueError("a fault of ours")
        raise UserError(f"no file {path}", "a file", "check the path")
        return {"FINISHED"}

def helper(kind):
    return f"the {kind} one" + " and the other"
'''


@pytest.fixture(scope="module")
def messages():
    return extract(ROOT)


def test_what_is_read_in_a_module_and_nothing_else():
    found = {text: values for _, text, values in messages_of(ast.parse(SOURCE))}
    assert found == {
        "Do it at once": [],
        "Try": [],
        "First": [],
        "The first of them": [],
        "Amount": [],
        "How much of it": [],
        "Wrote {0} keys{1}": ["count", "f' of {name!r}' if name else ''"],
        " of {0}": ["name"],
        "Done": [],
        "{0} of {{all}} in '{1}'": ["done", "path.name"],
        "no file {0}": ["path"],
        "a file": [],
        "check the path": [],
        "the {0} one and the other": ["kind"],
    }


def test_the_template_is_a_catalogue(messages, tmp_path):
    write_pot(messages, tmp_path / "a.pot")
    text = (tmp_path / "a.pot").read_text(encoding="utf-8")
    filled = text.replace('msgstr ""', 'msgstr "x"')
    # A translation without the values of its message is refused, so only those without values are filled in.
    plain = [block for block in filled.split("\n\n") if "{" not in block]
    read = read_po("\n\n".join(plain), "a.pot")
    assert len(read) > 500 and set(read) - {""} <= set(messages)


def test_german_is_of_messages_that_there_are(messages):
    german = read_po(GERMAN.read_text(encoding="utf-8"), GERMAN.name)
    alive = set(german) & set(messages)
    assert len(german) > 300 and len(alive) >= 0.95 * len(german), sorted(set(german) - alive)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Bake", "Backen"),
        ("No Action is chosen", "Es ist keine Aktion gewählt"),
        ("Imported style 'wry' in 0.2 s", "Stil 'wry' importiert in 0.2 s"),
        (
            "a style 'wry' is there already; expected another name; change the name",
            "ein Stil 'wry' ist schon da; erwartet: ein anderer Name; den Namen ändern",
        ),
    ],
)
def test_sentences_in_german(english, german):
    book = read_po(GERMAN.read_text(encoding="utf-8"), GERMAN.name)
    assert Phrasebook(book, book.__getitem__).say(english) == german


MADE = ast.JoinedStr | ast.BinOp  # texts put together


def edges(tree: ast.Module):
    """Every text that is handed to Blender to be shown: of reports, reasons of grey buttons, and labels."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "report" and len(node.args) == 2:
                yield node.args[1]
            elif node.func.attr == "poll_message_set" and node.args:
                yield node.args[0]
            elif node.func.attr in ("label", "progress"):
                yield from (word.value for word in node.keywords if word.arg == "text")


def words(text: ast.expr) -> str:
    """What a put-together text says besides its values."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text.left, text.right]
    said = (words(part) if isinstance(part, MADE) else getattr(part, "value", "") for part in parts)
    return "".join(one for one in said if isinstance(one, str))


@pytest.mark.parametrize(
    "path", sorted(p for f in ("operators", "panels") for p in (ROOT / f).glob("*.py")), ids=lambda path: path.name
)
def test_sentences_with_values_are_said_in_the_language(path):
    """A sentence that is put together cannot be looked up by Blender: it goes through ``translations.say``."""
    found = [text for text in edges(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(text, MADE)]
    assert [ast.unparse(text) for text in found if any(letter.isalpha() for letter in words(text))] == []
