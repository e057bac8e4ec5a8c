"""Collect what an artist can read, for translators: labels, tooltips, sentences and the templates of those with values.

usage: python -m tools.extract_strings OUT.pot       write the gettext template
       python -m tools.extract_strings --check de    what translations/de.po lacks, and what is gone
       python -m tools.extract_strings --json        the messages as a list
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ptalker_blender.phrasebook import FRAMES, read_po

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("operators", "panels", "ptalker_blender")
PHRASEBOOK = "ptalker_blender/phrasebook.py"  # its frames are put in by ``extract``
SKIPPED = ("ptalker_blender/commands", "ptalker_blender/training", "ptalker_blender/cli.py", PHRASEBOOK)
# Classes that Blender registers: their docstrings are tooltips.
_REGISTERED = re.compile(r"PTALKER_[A-Z]{2}_\w+")
_LABELS = {"name", "description", "text", "button", "bl_label", "bl_description", "title", "label"}
_WORDS = re.compile(r"[A-Za-z]{2,}[^A-Za-z]* [^A-Za-z]*[A-Za-z{]|\} [a-z(]{2,}|[a-z]{2,} '?\{")
_SHOWN = {
    "UserError",
    "Finding",
    "label",
    "report",
    "poll_message_set",
    "say",
    "progress",
    "put",
    "stage",
}  # functions whose texts are read
_FAULTS = {"ValueError", "TypeError", "KeyError", "RuntimeError", "NotImplementedError", "print", "compile", "getattr"}


@dataclass
class Message:
    """One message: where it is in the source, and what its values are there."""

    places: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def extract(root: Path = ROOT) -> dict[str, Message]:
    """All messages of what ships, by their English."""
    found: dict[str, Message] = {frame: Message([PHRASEBOOK]) for frame in FRAMES}
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        for node, text, values in messages_of(ast.parse(path.read_text(encoding="utf-8"))):
            message = found.setdefault(text, Message())
            message.places.append(f"{name}:{node.lineno}")
            message.values = message.values or values
    return found


def messages_of(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str, list[str]]]:
    """Messages of a module: node, text with {0}, {1} for values, and the values' expressions."""
    skipped = _skipped(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            if _REGISTERED.fullmatch(node.name) and ast.get_docstring(node):
                yield node, " ".join((ast.get_docstring(node) or "").split()), []
        elif isinstance(node, ast.expr) and id(node) not in skipped:
            yield from _read(node, skipped)


def _read(node: ast.expr, skipped: set[int]) -> Iterator[tuple[ast.expr, str, list[str]]]:
    read = _text(node)
    if read is None:
        return
    text, values = read
    skipped.update(id(part) for part in _pieces(node))
    labelled = getattr(node, "labelled", False)
    if text.strip() and (_WORDS.search(text) or (labelled and re.search("[A-Za-z]{2}", text))):
        # What has no values is looked up as it stands.
        yield node, text if values else text.replace("{{", "{").replace("}}", "}"), values


def _pieces(node: ast.expr) -> Iterator[ast.expr]:
    """What a sum or an f-string is put together of, all the way down."""
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.BinOp):
        for part in (node.left, node.right):
            yield part
            yield from _pieces(part)


def _text(node: ast.AST) -> tuple[str, list[str]] | None:
    """Text and values of a string, an f-string or a sum of them; None for anything else."""
    if isinstance(node, ast.Constant):
        return (_braced(node.value), []) if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts: list[ast.expr] = node.values
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
        if all(_text(part) is None for part in parts):
            return None
    else:
        return None
    text: str = ""
    values: list[str] = []
    for part in parts:
        inner = None if isinstance(part, ast.FormattedValue) else _text(part)
        if inner is None:
            shown = part.value if isinstance(part, ast.FormattedValue) else part
            text, values = f"{text}{{{len(values)}}}", [*values, ast.unparse(shown)]
        else:
            text, values = text + _moved(inner[0], len(values)), values + inner[1]
    return (text, values) if text else None


def _moved(template: str, by: int) -> str:
    """The template with its values counted from ``by``."""
    return re.sub(r"\{(\d+)\}", lambda match: f"{{{int(match[1]) + by}}}", template)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _skipped(tree: ast.Module) -> set[int]:
    """Strings that nobody reads: docstrings, faults of ours, identifiers; and marks those that are labels."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.Call):
            if _name(node.func) in _FAULTS:
                skipped.update(id(part) for argument in node.args for part in ast.walk(argument))
            for word in node.keywords:
                if word.arg in _LABELS:
                    _mark(word.value)
            for argument in node.args:
                if _name(node.func) in _SHOWN:
                    _mark(argument)
        elif isinstance(node, ast.Assign) and any(_name(target) in _LABELS for target in node.targets):
            _mark(node.value)
        elif isinstance(node, ast.Tuple) and len(node.elts) >= 3 and _is_sentence(node.elts[2]):
            _mark(node.elts[1])  # an item of a menu: identifier, label, tooltip
    return skipped


def _is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def _mark(node: ast.AST) -> None:
    for part in (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,):
        part.labelled = True  # type: ignore[union-attr]


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _sources(root: Path) -> Iterator[Path]:
    yield from sorted(root.glob("*.py"))
    for place in PLACES:
        for path in sorted((root / place).rglob("*.py")):
            if not path.relative_to(root).as_posix().startswith(SKIPPED):
                yield path


def write_pot(messages: dict[str, Message], path: Path) -> None:
    """Write a gettext template."""
    blocks = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n']
    for text, message in sorted(messages.items(), key=lambda item: (item[1].places[0], item[0])):
        values = "".join(f"#. {{{place}}} is {value}\n" for place, value in enumerate(message.values))
        blocks.append(f'{values}#: {" ".join(message.places[:3])}\nmsgid {quoted(text)}\nmsgstr ""\n')
    path.write_text("\n".join(blocks), encoding="utf-8")


def quoted(text: str) -> str:
    """A string as PO files have it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main(arguments: list[str]) -> int:
    """Write the template, or compare a catalogue with it."""
    messages = extract()
    if len(arguments) == 2 and arguments[0] == "--check":
        path = ROOT / "translations" / f"{arguments[1]}.po"
        known = read_po(path.read_text(encoding="utf-8"), path.name)
        gone, missing = sorted(set(known) - set(messages)), sorted(set(messages) - set(known))
        print(*(f"gone: {text}" for text in gone), *(f"not translated: {text}" for text in missing), sep="\n")
        print(f"{path.name}: {len(known)} of {len(messages)} messages, {len(gone)} of them gone")
        return 0
    if arguments == ["--json"]:
        print(json.dumps(sorted(messages)))
        return 0
    if len(arguments) != 1:
        print(__doc__)
        return 2
    write_pot(messages, Path(arguments[0]))
    print(f"{len(messages)} messages in {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
