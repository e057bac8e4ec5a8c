"""What :mod:`ptalker_blender.rig.solve` is made of, and its use on rigs of known topology (:mod:`.retarget`)."""
