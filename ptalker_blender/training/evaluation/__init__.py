"""The rulers: how predictions are scored against real recordings and real captured motion. See docs/evaluation.md."""
