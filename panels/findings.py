"""Lines of the pre-flight: what is wrong, each with the button that mends it."""

import textwrap
from collections.abc import Iterable

import bpy

from ..ptalker_blender.scene.preflight import ERROR, WARNING, Finding
from ..translations import say

_ICONS = {ERROR: "CANCEL", WARNING: "ERROR"}  # never told by colour alone
_LETTER, _MARGIN = 6.5, 70  # pixels of an average letter, and of what else is in a line, at UI scale 1
_FEWEST = 20  # letters in a line, however narrow the sidebar


def draw_findings(layout: bpy.types.UILayout, context: bpy.types.Context, findings: Iterable[Finding]) -> None:
    """Draw a block for each finding: its text, wrapped to the sidebar, then its button."""
    scale = context.preferences.system.ui_scale
    letters = max(_FEWEST, int((context.region.width / scale - _MARGIN) / _LETTER))
    for finding in findings:
        block = layout.column(align=True)
        icon = _ICONS.get(finding.kind, "INFO")
        for line in textwrap.wrap(say(finding.text), letters):
            block.label(text=line, icon=icon, translate=False)
            icon = "BLANK1"
        if finding.fix:
            row = block.row(align=True)
            button = row.operator(finding.fix, text=say(finding.button) if finding.button else None)
            for name, value in finding.properties:
                setattr(button, name, value)
            if finding.beside:
                row.operator(finding.beside)
