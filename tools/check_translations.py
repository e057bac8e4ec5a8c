"""The part of ``check_extension`` about other languages; runs in the same process.

The bpy wheels are built without languages, so what Blender itself would show in German is looked at in a window
(``tools/gui/drive_assets.py``); here it is asked whether translators get every text, and whether sentences are found.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from check_styles import require  # beside this script

# Properties that Blender names itself.
BLENDERS = {"rna_type", "bl_idname", "name", "filepath", "check_existing", "filter_glob"}


def shown(module: str) -> Iterator[str]:
    """Labels and tooltips of everything that is registered, as Blender has them."""
    import bpy

    operators = [getattr(bpy.ops.ptalker, name).get_rna_type() for name in dir(bpy.ops.ptalker)]
    others = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("PTALKER_")]
    groups = [cls for cls in others if issubclass(cls, (bpy.types.PropertyGroup, bpy.types.AddonPreferences))]
    groups.append(type(bpy.context.preferences.addons[module].preferences))
    for panel in others:
        if issubclass(panel, (bpy.types.Panel, bpy.types.Menu)):
            yield from (panel.bl_label, " ".join(panel.__doc__.split()))
    for rna in operators:
        yield from (rna.name, rna.description)
    for owner in (*operators, *(group.bl_rna for group in groups)):
        for own in owner.properties:
            if own.identifier in BLENDERS or (own.is_readonly and own.type != "POINTER"):
                continue
            yield from (own.name, own.description)
            if own.type == "ENUM":
                yield from (text for item in own.enum_items_static for text in (item.name, item.description))


def check_translations(module: str) -> None:
    """Translators get every text that is registered; a sentence is said in German, and in English where it must be."""
    collect = [sys.executable, "-m", "tools.extract_strings", "--json"]
    told = subprocess.run(collect, cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True, check=True)
    messages = set(json.loads(told.stdout))
    unknown = sorted({text for text in shown(module) if text} - messages)
    require(not unknown, f"not given to translators: {unknown}")
    translations = importlib.import_module(f"{module}.translations")
    phrasebook = importlib.import_module(f"{module}.ptalker_blender.phrasebook")
    german = translations.catalogue("de")
    require(german["Bake"] == "Backen" and not translations.catalogue("zz"), "the German catalogue is not in the zip")
    book = phrasebook.Phrasebook(german, german.__getitem__)
    require(book.say("Imported style 'wry'") == "Stil 'wry' importiert", "a sentence was not found by its template")
    require(translations.say("Imported style 'wry'") == "Imported style 'wry'", "English became something else")
    print(f"  {len(german)} of {len(messages)} messages in German; translators get every label and tooltip")
