"""What the animator sees; no logic."""

from . import main

CLASSES = main.CLASSES
