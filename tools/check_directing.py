"""The part of ``check_extension`` about sliders in the middle of a drag: undo, another take, saving, linked takes.

Takes are made of a known motion, without a worker. A window's ticks are called by hand, since a module fires no timers.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import time
from pathlib import Path
from typing import Any

KEYS = ("jawOpen", "mouthClose", "mouthFunnel", "browInnerUp", "eyeBlinkLeft")
JAW = 'key_blocks["jawOpen"].value'
FRAMES, FPS = 60, 24.0


def require(condition: object, message: str) -> None:
    """Raise with ``message`` unless ``condition`` holds."""
    if not condition:
        raise RuntimeError(message)


class Stage:
    """A scene of its own, with what is needed of the extension."""

    def __init__(self, module: str) -> None:
        def part(name: str) -> Any:
            return importlib.import_module(f"{module}.{name}")

        self.director = part("operators.directing").director()
        self.records = part("ptalker_blender.scene.take_record")
        self.writing = part("ptalker_blender.scene.actions")
        self.mapping = part("ptalker_blender.scene.mapping")
        self.controls = part("ptalker_blender.motion.controls")
        self.motions = part("ptalker_blender.motion.motion")
        self.packed = part("ptalker_blender.motion.packed")
        self.curves = part("ptalker_blender.motion.reduce")
        self.tables = part("ptalker_blender.rig.mapping")
        self.judging = part("ptalker_blender.scene.judgement")

    def face(self, name: str, keys: tuple[str, ...] = KEYS) -> Any:
        """A triangle with shape keys, chosen as head."""
        import bpy

        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
        obj = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(obj)
        obj.shape_key_add(name="Basis")
        for key in keys:
            obj.shape_key_add(name=key).data[0].co = (0, 0, 1)
        bpy.context.scene.ptalker.head = obj
        return obj

    def take(self, obj: Any, values: Any = None) -> Any:
        """A take with few keys of a smooth motion, which plays on a face."""
        import numpy as np

        index, frames = self.controls.INDEX, np.arange(FRAMES)
        if values is None:
            values = np.zeros((FRAMES, self.controls.N_CONTROLS), np.float32)
            for place, key in enumerate(KEYS):
                values[:, index[key]] = 0.3 + 0.2 * np.sin(frames * (0.2 + 0.05 * place))
        motion = self.packed.on_grid(self.motions.Motion(values, FPS))
        table = self.mapping.object_mapping(obj).table
        weights = self.tables.apply_table(table, motion.values)
        curves = tuple(self.curves.KeyCurve(key, frames, weight) for key, weight in weights.items())
        source = {"audio_path": "line.wav", "style": "voice", "seed": 0}
        take = self.writing.write_tracks([self.writing.Track(obj, curves)], 1.0, obj.name, source)
        self.records.record_take(take, {obj: self.tables.table_text(table)}, motion, 1.0)
        self.director.apply(obj)  # with few keys
        return take.action

    def keys(self, action: Any) -> dict[str, list[tuple[float, float]]]:
        """Frame and value of each key of a take, by data path."""
        found = self.records.part_curves(action, self.records.read_record(action), 0)
        return {path: [tuple(point.co) for point in curve.keyframe_points] for path, curve in found.items()}

    def edited(self, action: Any) -> tuple[str, ...]:
        """Channels that count as the artist's."""
        return tuple(self.records.edited_channels(action, self.records.read_record(action)))

    def drag(self, head: Any, value: float) -> None:
        """Drag Intensity in a window: a preview, and no rest yet."""
        head.ptalker_direction.loading = True  # a module would write at once
        head.ptalker_direction.intensity = value
        head.ptalker_direction.loading = False
        action = head.data.shape_keys.animation_data.action
        require(self.director.begin(head, action) and self.director.tick() is not None, "no preview")

    def rest(self) -> None:
        """Let the sliders come to rest."""
        time.sleep(0.4)
        require(self.director.tick() is None, "the sliders did not come to rest")


def check_directing(module: str, folder: Path) -> None:
    """Each on faces of its own; leaves the scene as it was but for them."""
    import bpy

    kept, stage = bpy.context.scene.ptalker.head, Stage(module)
    preview_is_noted(stage)
    undo(stage)
    another_take(stage)
    a_bake_ends(stage)
    saved(stage, folder)
    linked(stage, folder)
    fix_with_lag(stage)
    for name in [one.name for one in bpy.data.objects if one.name.startswith("Directed")]:
        bpy.data.objects.remove(bpy.data.objects[name])
    bpy.context.scene.ptalker.head = kept
    print("  directing: undo, save, another take and a linked one in the middle of a drag")


def preview_is_noted(stage: Stage) -> None:
    """What a step of Blender's own would hold in the middle of a drag is a whole take."""
    head = stage.face("Directed Noted")
    action = stage.take(head)
    stage.drag(head, 1.5)
    record = stage.records.read_record(action)
    require(stage.edited(action) == (), f"a preview counts as the artist's: {stage.edited(action)}")
    require(record.direction == {"intensity": 1.5} and not record.resting, f"noted {record.direction}")
    require(len(stage.keys(action)[JAW]) == FRAMES, "no key on each frame of a preview")
    stage.rest()
    require(stage.records.read_record(action).resting, "at rest, it is noted as a preview")
    require(len(stage.keys(action)[JAW]) < FRAMES, "at rest there are as many keys")


def undo(stage: Stage) -> None:
    """Back to a step made in mid drag, or before the first tick: keys follow the slider, and can be directed on."""
    import bpy

    if not bpy.ops.ed.undo_push.poll():
        print("  undo of sliders left out: this bpy has none")
        return
    name = "Directed Undo"
    action, steps = stage.take(stage.face(name)).name, {}
    bpy.ops.ed.undo_push(message="before")
    for value in (1.5, 0.5):
        stage.drag(bpy.data.objects[name], value)
        bpy.ops.ed.undo_push(message=f"Intensity {value}")  # as on release, before the rest
        stage.rest()
        steps[value] = stage.keys(bpy.data.actions[action])
    for operator, value in ((bpy.ops.ed.undo, 1.5), (bpy.ops.ed.redo, 0.5), (bpy.ops.ed.undo, 1.5)):
        operator()
        slider = bpy.data.objects[name].ptalker_direction.intensity
        require(abs(slider - value) < 1e-6, f"the slider went to {slider}")
        require(stage.edited(bpy.data.actions[action]) == (), "after an undo the take counts as the artist's")
        require(stage.keys(bpy.data.actions[action]) == steps[value], f"the keys are not those of {value}")
    typed_and_undone(stage, name, action)


def typed_and_undone(stage: Stage, name: str, action: str) -> None:
    """A typed value: Blender makes its step before the keys were written at all."""
    import bpy

    sliders = bpy.data.objects[name].ptalker_direction
    sliders.loading = True
    sliders.intensity = 1.25
    sliders.loading = False
    require(stage.director.begin(bpy.data.objects[name], bpy.data.actions[action]), "not begun")
    bpy.ops.ed.undo_push(message="Typed")
    stage.director.tick()
    stage.rest()
    typed = stage.keys(bpy.data.actions[action])
    bpy.context.scene.frame_set(7)
    bpy.ops.ed.undo_push(message="Another frame")
    bpy.ops.ed.undo()
    require(stage.keys(bpy.data.actions[action]) == typed, "the keys are not those of the typed value")
    bpy.ops.ed.undo()
    require(bpy.data.objects[name].ptalker_direction.intensity == 1.5, "the typed value was not undone")
    require(stage.keys(bpy.data.actions[action]) != typed, "the keys stayed behind the slider")


def another_take(stage: Stage) -> None:
    """Another take made active before the rest keeps the artist's key; the first gets what its slider said."""
    import bpy

    head = stage.face("Directed Two")
    first, second = stage.take(head), stage.take(head)
    curve = stage.records.part_curves(second, stage.records.read_record(second), 0)[JAW]
    curve.keyframe_points[1].co[1] = 0.875
    curve.update()
    before = stage.keys(second)
    require(bpy.ops.ptalker.play_take(take=first.name) == {"FINISHED"}, "not made active")
    stage.drag(head, 1.5)
    require(bpy.ops.ptalker.play_take(take=second.name) == {"FINISHED"}, "not made active")
    time.sleep(0.4)
    stage.director.tick()
    require(stage.keys(second) == before and stage.edited(second) == (f"0:{JAW}",), "the other take was written")
    record = stage.records.read_record(first)
    require(record.resting and record.direction == {"intensity": 1.5}, "the take that was dragged stayed a preview")
    require(stage.edited(first) == (), "the take that was dragged counts as the artist's")


def a_bake_ends(stage: Stage) -> None:
    """A take that comes in mid drag, however it is assigned, gets nothing of the other one's."""
    head = stage.face("Directed Bake")
    first = stage.take(head)
    stage.drag(head, 1.5)
    second = stage.take(head)  # directs itself, as a bake does
    stage.director.settle(head)
    require(stage.edited(first) == stage.edited(second) == (), "a take counts as the artist's")
    require(stage.records.read_record(second).resting, "the new take is a preview")


def saved(stage: Stage, folder: Path) -> None:
    """A file saved in mid drag holds the take at rest."""
    import bpy

    head = stage.face("Directed Saved")
    action = stage.take(head)
    stage.drag(head, 0.75)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "dragged.blend"), copy=True)
    record = stage.records.read_record(action)
    require(record.resting and record.direction == {"intensity": 0.75}, "it was saved as a preview")
    stage.drag(head, 1.5)
    with contextlib.suppress(RuntimeError):  # as it should be: this file stays open
        bpy.ops.wm.open_mainfile(filepath=str(folder / "nowhere.blend"))
    record = stage.records.read_record(action)
    require(record.resting and record.direction == {"intensity": 1.5}, "a file that cannot be opened left a preview")


def linked(stage: Stage, folder: Path) -> None:
    """A linked take plays, but neither sliders nor a new name are offered: both would be lost on reload."""
    import bpy

    head = stage.face("Directed Linked")
    action, path = stage.take(head), folder / "library.blend"
    action.name = "Elsewhere"
    bpy.data.libraries.write(str(path), {action})
    bpy.data.actions.remove(action)
    with bpy.data.libraries.load(str(path), link=True) as (_, target):
        target.actions = ["Elsewhere"]
    require(bpy.ops.ptalker.play_take(take="Elsewhere") == {"FINISHED"}, "a linked take does not play")
    there = target.actions[0]
    before, record = stage.keys(there), there["ptalker_take"]
    head.ptalker_direction.intensity = 1.75
    require("linked" in stage.director.problem, f"the panel says {stage.director.problem!r}")
    require((stage.keys(there), there["ptalker_take"]) == (before, record), "a linked take was changed")
    require(not bpy.ops.ptalker.direct.poll(), "Apply is offered on a linked take")
    try:
        bpy.ops.ptalker.rename_take(take="Elsewhere", name="Here")
    except RuntimeError as error:
        require("linked" in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a linked take was renamed")
    head.data.shape_keys.animation_data.action = None
    bpy.data.actions.remove(there)


def fix_with_lag(stage: Stage) -> None:
    """Fix Closures shuts the lips where the judgement of now finds them open, though Lag moves the mouth."""
    import bpy
    import numpy as np

    head, index = stage.face("Directed Lag", stage.controls.BLENDSHAPES), stage.controls.INDEX
    values = np.zeros((FRAMES, stage.controls.N_CONTROLS), np.float32)
    values[:, index["jawOpen"]] = 0.5 + 0.1 * np.sin(np.arange(FRAMES) * 0.3)
    action = stage.take(head, values)
    head.ptalker_direction.lag = 250.0  # six frames
    stage.judging.store_holds(action, [(30 / FPS, 33 / FPS)])  # as if the dialogue had an m there
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 24, 1.0
    require(bpy.ops.ptalker.judge_take() == {"FINISHED"}, "not judged")
    made = json.loads(action["ptalker_judgement"])
    require(made["missed"], f"an open mouth was judged shut: {made}")
    require(bpy.ops.ptalker.fix_closures() == {"FINISHED"}, "not fixed")
    again = json.loads(action["ptalker_judgement"])
    require(again["met"] == 1, f"the closure is still missed: {again}")
    head.ptalker_direction.intensity = 1.5
    require("ptalker_judgement" not in action, "a judgement of other keys was kept")
    require(not bpy.ops.ptalker.fix_closures.poll(), "Fix Closures is offered by a judgement of other keys")
