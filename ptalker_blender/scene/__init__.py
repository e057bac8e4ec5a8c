"""Everything in this package may import bpy; nothing else in ptalker_blender may."""
