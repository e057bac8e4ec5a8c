"""``ptalker corpus``: hands over to ``training.corpus.command``."""

from __future__ import annotations

import argparse

from .development import training_module


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of making the corpus."""
    training_module("corpus.command", "corpus").add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run it."""
    status: int = training_module("corpus.command", "corpus").run(args)
    return status
