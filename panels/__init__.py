"""What the animator sees; no logic."""

from . import flame, main, mapping

CLASSES = (*main.CLASSES, *mapping.CLASSES, *flame.CLASSES)
