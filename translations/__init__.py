"""Our messages in other languages: one gettext catalogue (PO) for each. docs/translating.md tells how they are made.

Labels, tooltips and plain sentences Blender looks up by itself. Sentences with values in them are said by ``say``.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import bpy

from ..ptalker_blender.phrasebook import Phrasebook, read_po

_SUFFIX = ".po"
_CONTEXTS = (bpy.app.translations.contexts.default, bpy.app.translations.contexts.operator_default)


def say(sentence: str) -> str:
    """A sentence of ours in the language of the interface; English where there is no translation."""
    locale = bpy.app.translations.locale
    if not locale or not bpy.context.preferences.view.use_translate_interface:
        return sentence
    return _said(locale.split("_")[0], sentence)


def register() -> None:
    """Give Blender our messages. A language serves all its countries: ``de`` is de_DE and de_AT."""
    names = sorted(file.name for file in resources.files(__package__).iterdir())
    languages = [name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)]
    messages = {
        language: {(context, english): said for english, said in catalogue(language).items() for context in _CONTEXTS}
        for language in languages
    }
    bpy.app.translations.register(_owner(), messages)


def unregister() -> None:
    """Take them away again."""
    bpy.app.translations.unregister(_owner())
    for cached in (catalogue, _phrasebook, _said):
        cached.cache_clear()


@lru_cache(maxsize=16)
def catalogue(language: str) -> dict[str, str]:
    """Translations by their English; empty for a language that has none."""
    file = resources.files(__package__) / f"{language}{_SUFFIX}"
    return read_po(file.read_text(encoding="utf-8"), file.name) if file.is_file() else {}


@lru_cache(maxsize=16)
def _phrasebook(language: str) -> Phrasebook:
    return Phrasebook(catalogue(language), bpy.app.translations.pgettext_iface)


@lru_cache(maxsize=512)  # panels say the same at every redraw
def _said(language: str, sentence: str) -> str:
    return _phrasebook(language).say(sentence)


def _owner() -> str:
    return str(__package__).rpartition(".")[0]
