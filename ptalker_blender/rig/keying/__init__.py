"""Keys for faces that have none: a known head is laid over them and lends its own.

In reading order:

- :mod:`.face`: a mesh with its parts and rows of landmarks; our own heads and FLAME as such.
- :mod:`.surface`: distances along and to a mesh, closest points, normals, Laplacian.
- :mod:`.soundness`: meshes with faults, mended or refused.
- :mod:`.warp`: smooth maps of space through corresponding points; turns, shifts and scales.
- :mod:`.insides`: which skin is the mouth's lining or a lid's back.
- :mod:`.registration`: the known face laid over another one; which place each vertex is.
- :mod:`.spread`: displacements known here and there, carried smoothly over a surface.
- :mod:`.rows`: lips and lids correspond by the share of their length.
- :mod:`.eyes`, :mod:`.mouth`: what has to close, to turn and to stay clear.
- :mod:`.build`: the 52 keys, from all of these.
- :mod:`.marks`: the rows of an unknown mesh, from points an artist picks.
- :mod:`.guess`: a first guess of these points.

numpy and scipy only, so keys are built by the worker; nothing here knows Blender. Every length is told for the
reference head and scaled by :attr:`.face.Face.unit`.
"""
