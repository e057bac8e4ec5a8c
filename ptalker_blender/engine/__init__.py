"""Session: weights loaded once, predictions many times; the worker process and its protocol."""
