"""Our own tables about FLAME: hashes and vertex numbers."""
