"""What the animator can do: one file per verb."""

from . import (
    add_head,
    audio,
    bake,
    build_keys,
    build_marked_keys,
    cancel,
    cast,
    directing,
    direction,
    file_events,
    flame,
    judge,
    lines,
    lines_again,
    mapping,
    mark_face,
    preflight,
    rebake_range,
    runtime,
    style,
    style_assets,
    takes,
    tracks,
    words,
)
from .worker import desk

CLASSES = (
    *add_head.CLASSES,
    *bake.CLASSES,
    *cancel.CLASSES,
    *build_keys.CLASSES,
    *mark_face.CLASSES,
    *build_marked_keys.CLASSES,
    *flame.CLASSES,
    *mapping.CLASSES,
    *preflight.CLASSES,
    *runtime.CLASSES,
    *style.CLASSES,
    *style_assets.CLASSES,
    *audio.CLASSES,
    *words.CLASSES,
    *takes.CLASSES,
    *direction.CLASSES,
    *rebake_range.CLASSES,
    *tracks.CLASSES,
    *judge.CLASSES,
    *cast.CLASSES,
    *lines.CLASSES,
    *lines_again.CLASSES,
)


def start_up() -> None:
    """Hear of what happens to the file."""
    file_events.listen()
    directing.listen()


def shut_down() -> None:
    """End the worker process and what is under way."""
    file_events.ignore()
    directing.ignore()
    runtime.runtimes().close()
    desk().close()
