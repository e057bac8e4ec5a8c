"""Pictures by which the head is judged: turnarounds, all keys, the family, a talking clip, before and after.

``.venv/bin/python -m tools.head_sheets --help``. Materials and lights are those of the product (``scene.heads``,
``scene.render``), the camera follows the head's own landmarks.
"""
