"""The demonstration: one bundled line in two styles on two heads. ``python -m tools.demo``."""
