"""Sheets of heads that were given keys: FLAME identities and heads of any topology."""
