"""The verbs of the command line, one module each: ``add_arguments(parser)`` and ``run(args) -> exit status``.

Importing one is cheap: what is heavy (torch, bpy, the training package) is imported when a verb runs.
"""
