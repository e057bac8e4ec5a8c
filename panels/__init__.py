"""What the animator sees; no logic."""

from . import audio, face, flame, head, main, mapping

CLASSES = (*main.CLASSES, *head.CLASSES, *audio.CLASSES, *mapping.CLASSES, *face.CLASSES, *flame.CLASSES)
