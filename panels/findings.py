"""Lines of the pre-flight: what is wrong, each with the button that mends it."""

from collections.abc import Iterable

import bpy

from ..ptalker_blender.scene.preflight import ERROR, WARNING, Finding

_ICONS = {ERROR: "ERROR", WARNING: "QUESTION"}  # never told by colour alone
_WIDTH = 46  # letters that fit a sidebar of usual width


def draw_findings(layout: bpy.types.UILayout, findings: Iterable[Finding]) -> None:
    """Draw a block for each finding: its text, wrapped, then its button."""
    for finding in findings:
        block = layout.column(align=True)
        icon = _ICONS.get(finding.kind, "INFO")
        for line in _wrapped(finding.text):
            block.label(text=line, icon=icon)
            icon = "BLANK1"
        if finding.fix:
            button = block.operator(finding.fix, text=finding.button or None)
            for name, value in finding.properties:
                setattr(button, name, value)


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
