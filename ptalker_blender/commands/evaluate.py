"""``ptalker evaluate``: hands over to ``training.evaluation.command``."""

from __future__ import annotations

import argparse

from .development import training_module


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of evaluation."""
    training_module("evaluation.command", "evaluate").add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run it."""
    status: int = training_module("evaluation.command", "evaluate").run(args)
    return status
