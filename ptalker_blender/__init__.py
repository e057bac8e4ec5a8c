"""PTalker: speech to editable facial animation, in the manner of a performance. See docs/architecture.md."""

__version__ = "0.1.0"
