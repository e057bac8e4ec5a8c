"""``ptalker train``: hands over to ``training.command``."""

from __future__ import annotations

import argparse

from .development import training_module


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of training."""
    training_module("command", "train").add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run it."""
    status: int = training_module("command", "train").run(args)
    return status
