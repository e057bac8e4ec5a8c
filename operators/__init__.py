"""What the animator can do: one file per verb."""

from . import add_head, bake, build_keys, build_marked_keys, flame, mapping, mark_face
from .worker import desk

CLASSES = (
    *add_head.CLASSES,
    *bake.CLASSES,
    *build_keys.CLASSES,
    *mark_face.CLASSES,
    *build_marked_keys.CLASSES,
    *flame.CLASSES,
    *mapping.CLASSES,
)


def shut_down() -> None:
    """End the worker process and what is under way."""
    desk().close()
