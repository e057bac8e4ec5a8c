"""The part of ``check_extension`` about sources of style and takes in another manner; runs in the same process."""

from __future__ import annotations

import importlib
import json
import math
import struct
import sys
from collections.abc import Callable
from pathlib import Path

FRAMES = 60


def require(condition: object, message: str) -> None:
    if not condition:
        raise RuntimeError(message)


def refused(run: Callable[[], object], words: str) -> None:
    """An operator ends with an error that says ``words``, in one line; or it cannot be pressed, which says so too."""
    try:
        run()
    except RuntimeError as error:
        require(words in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError(f"what should end with {words!r} did not")


def provenance(head: object) -> dict:
    return json.loads(head.data.shape_keys.animation_data.action["ptalker"])


def animate(obj: object, swing: Callable[[int, int], float]) -> object:
    """Keys on every shape key over FRAMES frames, as an artist's Action."""
    import bpy

    for index, block in enumerate(obj.data.shape_keys.key_blocks[1:]):
        for frame in range(1, FRAMES + 1, 3):
            block.value = swing(index, frame)
            block.keyframe_insert("value", frame=frame)
    action = obj.data.shape_keys.animation_data.action
    action.use_fake_user = True
    require(isinstance(action, bpy.types.Action), "no Action")
    return action


def add_character(name: str, keys: tuple[str, ...]) -> object:
    import bpy

    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(i, 0, i % 2) for i in range(len(keys) + 1)], [], [])
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.shape_key_add(name="Basis")
    for index, key in enumerate(keys):
        obj.shape_key_add(name=key).data[index].co.z += 1.0
    return obj


def bake(settings: object) -> dict:
    import bpy

    require(bpy.ops.ptalker.bake() == {"FINISHED"}, f"the bake in style {settings.style!r} did not finish")
    return provenance(settings.head)


def check_sources(settings: object, own: object, folder: Path) -> None:
    """Bake in the manner of an Action, of a mesh, of a file, and mixed."""
    import bpy

    mouth = ("Jaw_Open", "Mouth_Smile_L", "Mouth_Smile_R", "Mouth_Pucker", "Mouth_Funnel", "Mouth_Close")
    keys = (*mouth, "Brow_Inner_Up", "Eye_Blink_L", "Eye_Blink_R")
    hero = add_character("Style Hero", keys)
    action = animate(hero, lambda i, frame: 0.5 + 0.4 * math.sin(0.3 * frame + i))
    settings.style = "ACTION"
    refused(bpy.ops.ptalker.bake, "no Action is chosen")
    own.source.action = action
    found = bake(settings)
    about = found["performance"]
    require(about["source"]["action"] == action.name and about["frames"] == 58, f"odd provenance {about}")
    own.source.use_range, own.source.first, own.source.last = True, 10, 45
    found = bake(settings)
    require(found["performance"]["frames"] == 36, "the range was not used")
    settings.style = "voice"
    require(bpy.ops.ptalker.rebake() == {"FINISHED"}, "a take in the manner of an Action was not baked again")
    require(provenance(settings.head)["performance"] == found["performance"], "re-baked in another manner")
    settings.style = "ACTION"
    point = curves(settings, action, hero)[0].keyframe_points[6]
    point.co[1] += 0.2
    refused(bpy.ops.ptalker.rebake, "has changed since")
    point.co[1] -= 0.2
    own.source.last = 12
    refused(bpy.ops.ptalker.bake, "at least 1 s")
    own.source.use_range = False

    settings.style, own.source.mesh = "MESH", hero
    scene, before = bpy.context.scene, bpy.context.scene.frame_current_final
    start, end = scene.frame_start, scene.frame_end
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.frame_set(17, subframe=0.5)
    found = bake(settings)
    require(scene.frame_current_final == 17.5, f"the frame became {scene.frame_current_final}")
    require(found["performance"]["source"]["kind"] == "MESH", f"odd provenance {found['performance']}")
    scene.frame_start, scene.frame_end = start, end
    scene.frame_set(int(before))

    motion = importlib.import_module(f"{settings.__module__.rpartition('.')[0]}.ptalker_blender.motion.npz")
    library = importlib.import_module(f"{settings.__module__.rpartition('.')[0]}.ptalker_blender.style.library")
    file = folder / "captured.npz"
    motion.write_motion_npz(library.load_style("wry").motion, file)
    settings.style, own.source.file = "FILE", str(file)
    own.source.use_range, own.source.start, own.source.end = True, 1.0, 4.0
    settings.mix, own.mix_source.action, settings.mix_share = "ACTION", action, 0.25
    found = bake(settings)
    require(found["style"] == str(file) and found["style_range"] == [1.0, 4.0], f"odd provenance {found['style']}")
    require(found["mix_performance"]["name"] == action.name and found["mix_share"] == 0.25, "the mix was lost")
    own.source.file = str(folder / "clip.mp4")
    refused(bpy.ops.ptalker.bake, "is a video")
    own.source.use_range, settings.mix, settings.style = False, "NONE", "voice"


def check_library(settings: object, own: object, folder: Path, preferences: object) -> None:
    """Save a performance as a style, choose it, export and import it, and refuse what cannot be."""
    import bpy

    require(not bpy.ops.ptalker.save_style.poll(), "the voice could be saved")
    preferences.library = str(folder / "library")
    settings.style = "ACTION"
    refused(bpy.ops.ptalker.save_style, "no name for the style")
    refused(lambda: bpy.ops.ptalker.save_style(name="stern"), "is there already")
    own.name, own.description = "hero_manner", "As the hero does it"
    require(bpy.ops.ptalker.save_style() == {"FINISHED"}, "the style was not saved")
    require((folder / "library" / "hero_manner.npz").is_file(), "the style lies elsewhere")
    require((folder / "library" / "hero_manner.png").is_file(), "the style has no picture")
    item = next(item for item in sys.modules[type(own).__module__].style_items() if item[0] == "hero_manner")
    require(item[2] == "As the hero does it" and isinstance(item[3], int), f"odd item {item}")
    settings.style = "hero_manner"
    found = bake(settings)
    require(found["style"].endswith("hero_manner.npz"), f"the own style was not used: {found['style']}")
    shared = folder / "shared_manner.npz"
    require(bpy.ops.ptalker.export_style(filepath=str(shared)) == {"FINISHED"}, "the style was not exported")
    require(bpy.ops.ptalker.import_style(filepath=str(shared)) == {"FINISHED"}, "the style was not imported")
    require(settings.style == "shared_manner", f"the imported style is not chosen: {settings.style!r}")
    refused(lambda: bpy.ops.ptalker.import_style(filepath=str(shared)), "is there already")
    refused(lambda: bpy.ops.ptalker.import_style(filepath=str(folder / "captured.npz")), "no description")
    require(bpy.ops.ptalker.import_style(filepath=str(shared), overwrite=True) == {"FINISHED"}, "not replaced")
    (folder / "library" / "shared_manner.npz").unlink()
    sys.modules[type(own).__module__].forget_styles()
    refused(bpy.ops.ptalker.bake, "not in the library")
    settings.style = "hero_manner"
    settings.mix = "stern"
    require(not bpy.ops.ptalker.save_style.poll(), "a mix could be saved")
    settings.mix, settings.style, preferences.library = "NONE", "voice", ""


def check_restyle(settings: object, own: object, audio: Path) -> None:
    """A take, and an Action of the artist's own, in another manner as new takes."""
    import bpy

    settings.audio_source, settings.audio_file, settings.style = "FILE", str(audio), "voice"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no take to restyle")
    head = settings.head
    before = head.data.shape_keys.animation_data.action
    marks = [tuple(point.co) for curve in curves(settings, before, head) for point in curve.keyframe_points]
    require(not bpy.ops.ptalker.restyle.poll(), "the voice's manner without a voice")
    settings.style, settings.mix = "stage", "stern"
    for upper in ("source", "style"):
        own.upper_face = upper
        require(bpy.ops.ptalker.restyle() == {"FINISHED"}, f"no restyled take ({upper})")
        found = provenance(head)
        require(found["style"] == "stage" and found["mix"] == "stern", f"odd provenance {found['style']}")
        require(found["restyled"]["name"] and found["upper_face"] == upper, f"odd provenance {found['restyled']}")
        if upper == "source":
            require(found["restyled"]["source"]["action"] == before.name, "another Action was restyled")
    after = head.data.shape_keys.animation_data.action
    require(after != before, "the take was not new")
    still = [tuple(point.co) for curve in curves(settings, before, head) for point in curve.keyframe_points]
    require(still == marks, "the old take was changed")
    require(after.frame_range[0] == before.frame_range[0], f"it starts at {after.frame_range[0]}")
    settings.style, settings.mix = "voice", "NONE"


def curves(settings: object, action: object, obj: object) -> list:
    name = f"{settings.__module__.rpartition('.')[0]}.ptalker_blender.scene.compat.actions"
    return importlib.import_module(name).fcurves(action, obj.data.shape_keys)


def check_cache(settings: object, own: object, folder: Path) -> None:
    """The manner of a head that a point cache moves, on whose own keys it is solved."""
    import bpy

    head = settings.head
    require(bpy.ops.ptalker.add_head() == {"FINISHED"}, "no second head")
    actor, settings.head = settings.head, head
    blocks, count = actor.data.shape_keys.key_blocks, len(actor.data.vertices)
    import numpy as np

    rest, jaw = (np.empty(3 * count, np.float32) for _ in range(2))
    blocks[0].data.foreach_get("co", rest)
    blocks["jawOpen"].data.foreach_get("co", jaw)
    swing = (0.3 + 0.3 * np.sin(np.arange(FRAMES) * 0.5)).astype(np.float32)
    points = rest + swing[:, None] * (jaw - rest)
    path = folder / "actor.pc2"
    header = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, count, 1, 1.0, FRAMES)
    path.write_bytes(header + points.astype("<f4").tobytes())
    modifier = actor.modifiers.new("Cache", "MESH_CACHE")
    modifier.cache_format, modifier.filepath, modifier.frame_start = "PC2", str(path), 1
    performances = importlib.import_module(
        f"{settings.__module__.rpartition('.')[0]}.ptalker_blender.scene.mesh_performances"
    )
    sent = performances.read_mesh(actor, bpy.context.scene, 1, FRAMES)
    worst = float(np.abs(sent.values[:, 17] - swing).max())
    require(worst < 0.02, f"the jaw of the cache is off by {worst:.3f}")
    settings.style, own.source.mesh = "MESH", actor
    own.source.use_range, own.source.first, own.source.last = True, 1, FRAMES
    bake(settings)
    own.source.use_range, settings.style, own.source.mesh = False, "voice", None
    bpy.data.objects.remove(actor)


def check_rates(module: str, settings: object, own: object) -> None:
    """The rate an artist gives reaches the worker for files that name none, and for no other."""
    import bpy

    manner_of = importlib.import_module(f"{module}.operators.manner").manner_of
    settings.style = settings.mix = "FILE"
    own.source.file, own.source.rate, own.source.use_range = "/any/FLAME.NPY", 60.0, False
    own.mix_source.file, own.mix_source.rate = "/any/face.csv", 30.0
    manner = manner_of(bpy.context)
    require((manner.style_fps, manner.mix_fps) == (60.0, None), f"sent are {manner.style_fps} and {manner.mix_fps}")
    own.source.rate = 25.0
    own.source.file = own.mix_source.file = ""


def check_styles(module: str, audio: Path, folder: Path) -> None:
    """All of it, on the head that is chosen."""
    import bpy

    scene, work = bpy.context.scene, folder / "style_sources"
    work.mkdir()
    settings, own = scene.ptalker, scene.ptalker_style
    kept = {
        name: getattr(settings, name) for name in ("audio_source", "audio_file", "style", "mix", "mix_share", "text")
    }
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    check_sources(settings, own, work)
    check_library(settings, own, work, bpy.context.preferences.addons[module].preferences)
    check_restyle(settings, own, audio)
    check_cache(settings, own, work)
    check_rates(module, settings, own)
    own.source.action = own.mix_source.action = None
    for name, value in kept.items():
        setattr(settings, name, value)
    bpy.data.objects.remove(bpy.data.objects["Style Hero"])
    print("  styles from an Action, a mesh, a cache, files and a mix; saved, shared, imported; a take restyled")
