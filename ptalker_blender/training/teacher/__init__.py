"""The teacher: performs phones with a manner. Rules, not a network; the first weights learn from it."""
