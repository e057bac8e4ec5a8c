# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Rendering: the pictures show the head, and the movie has the range's frames and sound."""

from __future__ import annotations

import json
import shutil
import subprocess
import wave

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.rig.head import load_head
from ptalker_blender.scene.heads import add_head, to_blender
from ptalker_blender.scene.render import add_stage, render_frames, render_movie
from ptalker_blender.scene.strips import add_sound_strip

pytestmark = pytest.mark.bpy


def pixels(path):
    """The picture as [H, W, 3] in 0..1, bottom row first."""
    image = bpy.data.images.load(str(path))
    values = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], image.channels)[:, :, :3]


@pytest.fixture
def staged(scene, tiny_head):
    obj = add_head(tiny_head, "Tiny")
    add_stage(scene, [obj], aspect=1.0)
    return obj


def test_camera_frames_the_head(scene, staged):
    """Every corner of the head projects into the picture, and the head fills most of it."""
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    scene.render.resolution_x = scene.render.resolution_y = 64
    bpy.context.view_layer.update()
    seen = np.array(
        [world_to_camera_view(scene, scene.camera, staged.matrix_world @ Vector(c)) for c in staged.bound_box]
    )
    assert seen[:, :2].min() > 0
    assert seen[:, :2].max() < 1
    assert np.ptp(seen[:, :2], axis=0).max() > 0.6


def test_frames_show_the_head_lit(staged, scene, tmp_path):
    paths = render_frames(scene, [1, 2.5], tmp_path, (48, 48), samples=4)
    assert [path.name for path in paths] == ["frame_0000.png", "frame_0001.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frame_0000.png", "frame_0001.png"]
    picture = pixels(paths[0])
    corner = picture[:4, :4].mean(axis=(0, 1))
    middle = picture[14:34, 16:32].mean(axis=(0, 1))
    assert middle.max() > corner.max() + 0.15  # lit against the dark backdrop
    assert middle[0] > middle[2] + 0.02  # skin, not grey
    assert middle.max() < 0.98  # not burnt out


def test_backdrop_is_lighter_behind_the_head(staged, scene, tmp_path):
    staged.hide_render = True
    picture = pixels(render_frames(scene, [1], tmp_path, (32, 32), samples=1)[0]).mean(axis=2)
    assert picture[14:20, 14:18].mean() > 1.5 * picture[:2, :2].mean()
    assert picture.max() < 0.6


def test_four_lights_do_their_parts(staged, scene):
    """A warm key in front on the left, a weak cool fill on the right, a faint bounce below, a rim behind right."""
    lamps = {obj.name: obj for obj in scene.objects if obj.type == "LIGHT"}
    key, fill, bounce, rim = (lamps[name] for name in ("Key", "Fill", "Bounce", "Rim"))
    middle = scene.camera.location.x
    depth = max((staged.matrix_world @ vertex.co).y for vertex in staged.data.vertices)
    assert key.location.x < middle < min(fill.location.x, rim.location.x)
    assert max(key.location.y, fill.location.y) < depth < rim.location.y
    assert key.data.energy > 2 * fill.data.energy
    assert fill.data.energy > 2 * bounce.data.energy
    assert bounce.location.y < depth and bounce.location.z < min(
        (staged.matrix_world @ v.co).z for v in staged.data.vertices
    )
    assert [lamp.visible_glossy for lamp in (key, fill, bounce, rim)] == [True, False, False, True]
    assert key.data.color[0] > key.data.color[2]
    assert fill.data.color[2] > fill.data.color[0]


def test_the_key_is_mirrored_at_ten_o_clock_in_both_eyes(scene):
    """Where the cornea throws the key's light to the camera lies up and left of the pupil, on the iris."""
    head = load_head()
    add_stage(scene, [add_head(head, "Head")], aspect=1.0)
    key = np.array(next(obj for obj in scene.objects if obj.name == "Key").location)
    camera = np.array(scene.camera.location)
    iris = next(k for k, material in enumerate(head.materials) if material.name == "iris")
    on_iris = np.unique(head.polygons[0][np.repeat(head.polygon_materials == iris, head.polygons[1])])
    for side in ("left", "right"):
        eye = to_blender(head.vertices[head.parts[f"eye_{side}"]])
        rim = to_blender(head.vertices[np.intersect1d(on_iris, head.parts[f"eye_{side}"])])
        radius = np.ptp(rim[:, 0]) / 2
        front = eye[:, 1].min()
        centre = np.array([rim[:, 0].mean(), 0.0, rim[:, 2].mean()])
        ball = np.ptp(eye[:, 0]) / 2
        centre[1] = front + ball
        normal = sum((light - centre) / np.linalg.norm(light - centre) for light in (key, camera))
        spot = ball * normal / np.linalg.norm(normal)
        assert spot[0] < 0 < spot[2]
        assert np.degrees(np.arctan2(-spot[0], spot[2])) == pytest.approx(60, abs=20)  # ten o'clock
        assert np.hypot(spot[0], spot[2]) < radius


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.skipif(bpy.app.version < (4, 3), reason="the 4.2 wheel is built without Audaspace")
def test_movie_has_frames_and_sound(staged, scene, tmp_path):
    sound = tmp_path / "a.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        tone = np.sin(np.arange(8_000) * 0.2) * 20_000
        file.writeframes(tone.astype("<i2").tobytes())
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1001, 1010
    add_sound_strip(scene, sound, 1001)
    done = []
    render_movie(scene, tmp_path / "m.mp4", (32, 32), samples=1, progress=done.append)
    assert done[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "m.mp4"]
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(tmp_path / "m.mp4")],
        capture_output=True, check=True,
    )  # fmt: skip
    streams = {stream["codec_type"]: stream for stream in json.loads(shown.stdout)["streams"]}
    assert (streams["video"]["codec_name"], streams["video"]["nb_read_frames"]) == ("h264", "10")
    assert streams["video"]["r_frame_rate"] == "25/1"
    assert streams["audio"]["codec_name"] == "aac"
    assert float(streams["audio"]["duration"]) == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(("name", "size"), [("m.mp4", (31, 32)), ("m.avi", (32, 32))])
def test_movie_refuses_what_h264_cannot(staged, scene, tmp_path, name, size):
    with pytest.raises(ValueError, match="even"):
        render_movie(scene, tmp_path / name, size)
    assert not list(tmp_path.iterdir())
