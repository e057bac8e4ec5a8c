"""Heads: how controls reach a mesh."""
