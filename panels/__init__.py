"""What the animator sees; no logic."""

from . import audio, direction, face, flame, head, judge, lines, main, mapping, menus, output, style, take

CLASSES = (
    *main.CLASSES,
    *head.CLASSES,
    *audio.CLASSES,
    *style.CLASSES,
    *take.CLASSES,
    *direction.CLASSES,
    *judge.CLASSES,
    *output.CLASSES,
    *lines.CLASSES,
    *mapping.CLASSES,
    *face.CLASSES,
    *flame.CLASSES,
    *menus.CLASSES,
)


def attach() -> None:
    """Put our verbs into Blender's menus."""
    menus.attach()


def detach() -> None:
    """Take them out again."""
    menus.detach()
