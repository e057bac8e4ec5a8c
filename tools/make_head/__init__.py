"""The default head's maker: geometry, keys and landmarks from code, nothing else. Run ``python -m tools.make_head``."""
