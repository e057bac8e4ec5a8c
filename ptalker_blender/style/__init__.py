"""Performances and the style library."""
