"""``ptalker styles``: the style library, one line each, the name first."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``styles`` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print the library."""
    from ..style.library import list_styles

    styles = list_styles()
    width = max((len(style.name) for style in styles), default=0)
    for style in styles:
        print(f"{style.name:<{width}}  {' '.join(style.description.split())}".rstrip())
    return 0
