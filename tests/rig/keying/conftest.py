"""The default head as a known face, and the real FLAME where it is."""

import pytest

from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.keying.face import OPTIONAL_PARTS, Face, face_of_head
from tests.flame_models import real_flame
from tests.rig.keying.faces import cropped, flame_of


@pytest.fixture(scope="session")
def known() -> Head:
    return load_head()


@pytest.fixture(scope="session")
def face(known: Head) -> Face:
    return face_of_head(known)


@pytest.fixture(scope="session")
def mask(face: Face) -> Face:
    """The front of the default head: skin, eyes, teeth and tongue."""
    kept = face.vertices[:, 2] > face.vertices[face.landmarks["nose_tip"][0], 2] - 0.1
    for name in OPTIONAL_PARTS:
        kept[face.part(name)] = True
    for name in ("hair", "bust", "ears", "brows", "lashes"):
        kept[face.part(name)] = False
    return cropped(face, kept)[0]


@pytest.fixture(scope="session")
def flame(data_dir) -> FlameModel:
    return real_flame(data_dir)


@pytest.fixture(scope="session")
def flame_target(flame: FlameModel) -> Face:
    return flame_of(flame)
