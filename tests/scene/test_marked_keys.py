# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Heads without keys in the scene: marks on the surface, parts by name and place, keys in each object's own space."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Euler, Matrix, Vector

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.guide import FACINGS, GUIDE
from ptalker_blender.scene.characters import companions
from ptalker_blender.scene.face_frame import face_frame
from ptalker_blender.scene.face_parts import face_parts
from ptalker_blender.scene.guide import (
    COLLECTION,
    focus_mark,
    marked_points,
    marks,
    mirror_marks,
    place_marks,
    remove_marks,
)
from ptalker_blender.scene.heads import to_blender
from ptalker_blender.scene.mapping import object_mapping
from ptalker_blender.scene.marked_keys import own_points, read_head, require_all_points, write_keys
from ptalker_blender.scene.shape_keys import add_shape_keys
from tests.split_head import add_split, rowan

pytestmark = pytest.mark.bpy
ROLES = {
    "eye_left": "EYE_LEFT",
    "eye_right": "EYE_RIGHT",
    "teeth_upper": "TEETH_UPPER",
    "teeth_lower": "TEETH_LOWER",
    "tongue": "TONGUE",
}


@pytest.fixture(scope="module")
def head():
    return rowan()


@pytest.fixture
def hero(scene):
    return add_split()


def others(hero):
    return [(hero[part], role) for part, role in ROLES.items()]


def canonical(head, hero):
    """What ``read_head`` must find for a head in its own place."""
    return np.vstack([head.vertices[head.parts[part]] for part in hero])


def some_keys(mesh):
    """Displacements [2, V, 3]: everything forward by a hundredth of y and everything sideways by one of z."""
    deltas = np.zeros((2, len(mesh.vertices), 3), np.float32)
    deltas[0, :, 2] = 0.01 * mesh.vertices[:, 1]
    deltas[1, :, 0] = 0.01 * mesh.vertices[:, 2]
    return ("jawOpen", "mouthLeft"), deltas


def state():
    return (
        [(mesh.name, mesh.shape_keys and mesh.shape_keys.key_blocks.keys()) for mesh in bpy.data.meshes],
        [(obj.name, obj.data and obj.data.name, sorted(obj.keys())) for obj in bpy.data.objects],
    )


PLACED = {
    "as it was": Matrix(),
    "moved and turned a bit": Matrix.LocRotScale((3, 1, -2), Euler((0.2, -0.1, 0.5)), (1, 1, 1)),
    "scaled unevenly": Matrix.LocRotScale((0, 0, 1), None, (2.0, 2.0, 2.5)),
    "mirrored": Matrix.LocRotScale((0, 1, 1), Euler((0, 0, 0.3)), (-1, 1, 1)),
}


@pytest.mark.parametrize("placed", PLACED)
def test_a_head_is_read_as_it_is_seen(head, hero, placed):
    """Placed anywhere, it is the head in its own axes; scales count, and a mirrored one is wound outwards."""
    for obj in hero.values():
        obj.matrix_world = PLACED[placed]
    mesh = read_head(hero["skin"], others(hero), "-Y")
    assert mesh.roles[0] == "FACE" and set(mesh.roles[1:]) == set(ROLES.values())
    assert mesh.triangles.max() < len(mesh.vertices) == len(mesh.lumps)
    stretch = np.abs(np.array(PLACED[placed].to_scale()))[[0, 2, 1]]
    wanted = canonical(head, hero) * stretch
    wanted = wanted * [-1, 1, 1] if placed == "mirrored" else wanted
    np.testing.assert_allclose(mesh.vertices, wanted, atol=2e-6)
    skin = mesh.triangles[mesh.lumps[mesh.triangles[:, 0]] == 0]
    a, b, c = (mesh.vertices[skin[:, k]] - mesh.vertices.mean(axis=0) for k in range(3))
    assert np.sum(a * np.cross(b, c)) > 0


@pytest.mark.parametrize("faces", FACINGS)
def test_any_side_of_the_scene_may_be_looked_at(head, hero, faces):
    angle = {"-Y": 0.0, "+X": 90.0, "+Y": 180.0, "-X": 270.0}[faces]
    for obj in hero.values():
        obj.matrix_world = Matrix.Rotation(np.radians(angle), 4, "Z")
    mesh = read_head(hero["skin"], others(hero), faces)
    np.testing.assert_allclose(mesh.vertices, canonical(head, hero), atol=2e-6)


def test_a_mesh_with_y_up_stood_upright_by_its_object_is_upright(head, hero):
    """As importers of OBJ and glTF leave it, in centimetres too."""
    for part, obj in hero.items():
        points = 100 * head.vertices[head.parts[part]]
        obj.data.vertices.foreach_set("co", points.ravel())
        obj.matrix_world = Matrix.LocRotScale((5, 0, 0), Euler((np.pi / 2, 0, 0)), (0.01, 0.01, 0.01))
    mesh = read_head(hero["skin"], others(hero), "-Y")
    np.testing.assert_allclose(mesh.vertices, canonical(head, hero), atol=2e-6)


@pytest.mark.parametrize("placed", PLACED)
def test_keys_move_what_is_seen(hero, placed):
    """Each object in its own space: some are placed otherwise than the head."""
    for part, obj in hero.items():
        obj.matrix_world = PLACED[placed]
        if part in ("tongue", "eye_left"):
            change = Matrix.LocRotScale((1, 2, 3), None, (0.5, 3.0, -1.0))
            obj.data.transform(change.inverted())
            obj.matrix_world = PLACED[placed] @ change
    mesh = read_head(hero["skin"], others(hero), "-Y")
    names, deltas = some_keys(mesh)
    written = write_keys(list(hero.values()), mesh, names, deltas)
    assert written.added == {obj.name: 2 for obj in hero.values()}
    assert len(written.notes) == 1 and "parent them to 'Hero'" in written.notes[0]
    rotation = face_frame(hero["skin"], "-Y").rotation
    for obj, part in zip(hero.values(), mesh.parts, strict=True):
        world = np.array(obj.matrix_world)[:3, :3]
        blocks = obj.data.shape_keys.key_blocks
        assert blocks.keys() == ["Basis", *names] and [block.value for block in blocks[1:]] == [0.0] * 2
        for k, name in enumerate(names):
            rest, moved = (np.array([point.co for point in blocks[key].data]) for key in ("Basis", name))
            seen = (moved - rest) @ world.T @ rotation.T
            np.testing.assert_allclose(seen, deltas[k, part.first : part.first + part.count], atol=1e-5)


def test_only_what_moves_gets_keys_and_belongs_together(scene, hero):
    for part in ROLES:
        hero[part].parent = hero["skin"]
    mesh = read_head(hero["skin"], others(hero), "-Y")
    deltas = np.zeros((52, len(mesh.vertices), 3), np.float32)
    jaw, look = BLENDSHAPES.index("jawOpen"), BLENDSHAPES.index("eyeLookUpLeft")
    tongue, eye = (next(part for part in mesh.parts if part.role == role) for role in ("TONGUE", "EYE_LEFT"))
    deltas[jaw, tongue.first : tongue.first + tongue.count, 1] = -0.01
    deltas[look, eye.first : eye.first + eye.count, 1] = 0.01
    written = write_keys(list(hero.values()), mesh, BLENDSHAPES, deltas)
    assert written.added == {"Hero": 52, "Eye.L": 1, "Tongue": 1} and not written.notes
    assert hero["teeth_upper"].data.shape_keys is None
    assert len(object_mapping(hero["skin"]).mapped) == 52
    assert [obj.name for obj in companions(hero["skin"], scene.objects)] == ["Eye.L", "Tongue"]


def test_the_artists_keys_stay(hero):
    face = hero["skin"]
    count = len(face.data.vertices)
    mine = np.random.default_rng(0).normal(size=(2, count, 3)).astype(np.float32)
    add_shape_keys(face, ("Jaw_Open", "Snarl"), mine)
    face.data.shape_keys.key_blocks["Snarl"].value = 0.5
    face.active_shape_key_index = 2
    before = np.array([point.co for point in face.data.shape_keys.key_blocks["Jaw_Open"].data])
    mesh = read_head(face, others(hero), "-Y")
    np.testing.assert_allclose(mesh.vertices[:count] @ np.eye(3), canonical_rest(face), atol=1e-6)
    names, deltas = some_keys(mesh)
    written = write_keys(list(hero.values()), mesh, names, deltas)
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", "Jaw_Open", "Snarl", "mouthLeft"]
    assert written.added["Hero"] == 1 and "keeps its own keys for jawOpen" in written.notes[0]
    after = np.array([point.co for point in face.data.shape_keys.key_blocks["Jaw_Open"].data])
    np.testing.assert_array_equal(before, after)
    assert face.data.shape_keys.key_blocks["Snarl"].value == 0.5 and face.active_shape_key_index == 2


def canonical_rest(face):
    """The Basis, whatever keys show: Blender (x, y, z) is (x, z, -y)."""
    points = np.array([point.co for point in face.data.shape_keys.reference_key.data])
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def mirror_modifier(hero):
    hero["skin"].modifiers.new("Half", "MIRROR")


def zero_scale(hero):
    hero["tongue"].scale = (1, 0, 1)


def shared_mesh(hero):
    hero["eye_left"].data = hero["eye_right"].data


def absolute_keys(hero):
    hero["skin"].shape_key_add(name="Basis")
    hero["skin"].data.shape_keys.use_relative = False


REFUSED = {
    mirror_modifier: "modifier 'Half'", zero_scale: "scale of zero", shared_mesh: "share one mesh",
    absolute_keys: "absolute",
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_would_go_wrong_is_refused(hero, fault):
    fault(hero)
    bpy.context.view_layer.update()
    before = state()
    with pytest.raises(UserError, match=REFUSED[fault]):
        read_head(hero["skin"], others(hero), "-Y")
    assert state() == before


def test_a_head_that_changed_meanwhile_is_refused(hero):
    mesh = read_head(hero["skin"], others(hero), "-Y")
    hero["tongue"].data.vertices[0].co.x += 0.001
    before = state()
    with pytest.raises(UserError, match="'Tongue' was changed"):
        write_keys(list(hero.values()), mesh, *some_keys(mesh))
    assert state() == before


def test_an_override_of_a_linked_head_gets_a_copy_of_its_mesh(hero, tmp_path):
    """Keys cannot be added to linked meshes; an override keeps everything else linked."""
    path = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = ["Hero"]
    linked = wanted.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    with pytest.raises(UserError, match="linked from another file"):
        read_head(linked, [], "-Y")
    override = linked.override_create(remap_local_usages=True)
    with pytest.raises(UserError, match="Copy Linked Meshes"):
        read_head(override, [], "-Y")
    mesh = read_head(override, [], "-Y", copy_meshes=True)
    written = write_keys([override], mesh, *some_keys(mesh), copy_meshes=True)
    assert "has a copy of its linked mesh" in written.notes[0] and linked.data.shape_keys is None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    (again,) = (obj for obj in bpy.data.objects if obj.library is None)
    assert again.override_library is not None and again.data.library is None
    assert again.data.shape_keys.key_blocks.keys() == ["Basis", "jawOpen", "mouthLeft"]


def test_parts_are_told_by_name_and_by_place(scene, hero):
    assert {obj.name: role for obj, role in face_parts(hero["skin"], scene.objects)} == {
        hero[part].name: role for part, role in ROLES.items()
    }
    for number, obj in enumerate(hero.values()):
        obj.name = obj.data.name = f"Mesh {number}"
    material = bpy.data.materials.new("M_teeth_low")
    hero["teeth_lower"].data.materials.append(material)
    far = bpy.data.objects.new("Eye of the storm", hero["eye_left"].data.copy())
    far.location.x = 3.0
    scene.collection.objects.link(far)
    bpy.context.view_layer.update()
    found = {obj: role for obj, role in face_parts(hero["skin"], scene.objects)}
    assert far not in found
    assert found[hero["eye_left"]] == found[hero["eye_right"]] == "EYES"
    assert found[hero["teeth_lower"]] == "TEETH_LOWER"
    assert found[hero["teeth_upper"]] == found[hero["tongue"]] == "STILL"  # nothing says what they are


def test_parts_inside_the_heads_own_mesh_are_told_by_its_materials(scene):
    """One object with a material for each of its pieces, as exporters of games leave it."""
    both = add_split(("skin", "tongue"))
    for part, name in (("skin", "Face"), ("tongue", "M_Tongue")):
        both[part].data.materials.append(bpy.data.materials.new(name))
    count = len(both["tongue"].data.vertices)
    with bpy.context.temp_override(
        active_object=both["skin"], object=both["skin"], selected_editable_objects=list(both.values())
    ):
        bpy.ops.object.join()
    mesh = read_head(both["skin"], [], "-Y")
    assert mesh.roles == ("FACE", "TONGUE")
    assert int((mesh.lumps == 1).sum()) == count and len(mesh.parts) == 1


@pytest.fixture
def marked(hero):
    """A face with markers at some places on its skin: every name, not where it belongs."""
    face = hero["skin"]
    places = {name: np.array(face.data.vertices[40 * k].co) for k, name in enumerate(GUIDE)}
    place_marks(face, places)
    return face, places


@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_marks_lie_on_the_surface_and_stay_there(scene, hero, scale):
    face = hero["skin"]
    face.matrix_world = Matrix.LocRotScale((1, 2, 3), Euler((0.1, 0.2, 0.3)), (scale,) * 3)
    bpy.context.view_layer.update()
    place = np.array(face.data.vertices[500].co)
    place_marks(face, {"chin": place})
    np.testing.assert_allclose(marked_points(face)["chin"], place, atol=1e-5)
    marker = marks(face)["chin"]
    assert marker.name == "PTalker chin" and marker.parent == face and marker.show_in_front and marker.hide_render
    assert scene.collection.children[COLLECTION].hide_render
    marker.location += Vector((0.0, -0.02, 0.0))  # as G would: off the skin, in front of it
    moved = marked_points(face)["chin"]
    skin = np.array([vertex.co for vertex in face.data.vertices])
    assert np.linalg.norm(skin - moved, axis=1).min() < 0.004 and np.linalg.norm(moved - place) > 1e-3
    size = max(marker.dimensions)
    assert 0.002 * scale < size < 0.02 * scale


def test_marks_are_saved_with_the_file_and_found_under_other_names(marked, tmp_path):
    face, _ = marked
    before = marked_points(face)
    marks(face)["chin"].name = "Kinn"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "marked.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "marked.blend"))
    face = bpy.data.objects["Hero"]
    after = marked_points(face)
    assert tuple(after) == GUIDE and marks(face)["chin"].name == "Kinn"
    for name in GUIDE:
        np.testing.assert_allclose(after[name], before[name], atol=1e-6)
    require_all_points(after)
    bpy.data.objects.remove(marks(face)["lip_top"])
    with pytest.raises(UserError, match=r"1 of 19 points are not placed \(Lip Top\)"):
        require_all_points(marked_points(face))
    assert remove_marks(face) == 18 and not marks(face)
    assert [obj.name for obj in bpy.data.objects if obj.name.startswith(("PTalker", "Kinn"))] == []


def test_marks_are_no_part_of_the_head(marked, scene):
    face, _ = marked
    assert len(face_parts(face, scene.objects)) == 5
    assert len(read_head(face, [], "-Y").parts) == 1


@pytest.mark.parametrize("faces", ["-Y", "+X"])
def test_the_right_side_is_mirrored_to_the_left(scene, head, faces):
    face = add_split(("skin",))["skin"]
    face.matrix_world = Matrix.Rotation(np.pi / 2 if faces == "+X" else 0.0, 4, "Z")
    bpy.context.view_layer.update()
    landmarks = {"eye_top_right": "lid_upper_right", "mouth_corner_right": "mouth_corner_right"}
    right = {name: to_blender(head.vertices[head.landmarks[mark][0]]) for name, mark in landmarks.items()}
    middle = to_blender(head.vertices[head.landmarks["nose_tip"][0]])
    rest = {name: right["eye_top_right"] for name in GUIDE if "right" in name}
    points = {**{name: middle for name in GUIDE if "left" not in name and "right" not in name}, **rest, **right}
    place_marks(face, points)
    mirror_marks(face, faces)
    done = marked_points(face)
    assert tuple(done) == GUIDE
    for name, point in right.items():
        np.testing.assert_allclose(done[name.replace("right", "left")], point * [-1, 1, 1], atol=5e-4)


def test_a_marker_is_focused_alone(marked):
    face, _ = marked
    bpy.context.view_layer.objects.active = face
    face.select_set(True)
    focus_mark(marks(face)["chin"], bpy.context)
    assert bpy.context.object == marks(face)["chin"] and bpy.context.selected_objects == [marks(face)["chin"]]
    marks(face)["chin"].hide_set(True)
    with pytest.raises(UserError, match="is hidden"):
        focus_mark(marks(face)["chin"], bpy.context)


def test_points_go_to_the_meshs_own_space_and_back(hero):
    for obj in hero.values():
        obj.matrix_world = PLACED["mirrored"] @ PLACED["scaled unevenly"]
    bpy.context.view_layer.update()
    points = {name: np.random.default_rng(k).normal(size=3) for k, name in enumerate(GUIDE)}
    own = own_points(hero["skin"], "-Y", points)
    again = read_head(hero["skin"], [], "-Y", own).points
    for name in GUIDE:
        np.testing.assert_allclose(again[name], points[name], atol=1e-6)
