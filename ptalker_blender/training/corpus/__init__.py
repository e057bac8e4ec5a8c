"""Synthetic speech with exact phone times: the material the content encoder and the teacher learn from."""
