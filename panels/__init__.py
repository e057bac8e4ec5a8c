"""What the animator sees; no logic."""

from . import audio, direction, face, flame, head, main, mapping, output, style, take

CLASSES = (
    *main.CLASSES,
    *head.CLASSES,
    *audio.CLASSES,
    *style.CLASSES,
    *take.CLASSES,
    *direction.CLASSES,
    *output.CLASSES,
    *mapping.CLASSES,
    *face.CLASSES,
    *flame.CLASSES,
)
