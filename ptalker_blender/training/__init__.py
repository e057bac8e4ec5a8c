"""Corpus, teacher, losses, trainer and evaluation. Not in the shipped zip."""
