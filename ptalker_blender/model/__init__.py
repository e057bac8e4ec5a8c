"""The network: one concept per file, torch only."""
