"""Audio files and arrays to an audio clip: mono float32 in [-1, 1] at 16 kHz."""
