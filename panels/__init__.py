"""What the animator sees; no logic."""

from . import face, flame, main, mapping

CLASSES = (*main.CLASSES, *mapping.CLASSES, *face.CLASSES, *flame.CLASSES)
