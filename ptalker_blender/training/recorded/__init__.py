"""Data sets of recorded motion, each as one ``RecordedSet``; numpy only. Formats and splits: docs/datasets.md."""
