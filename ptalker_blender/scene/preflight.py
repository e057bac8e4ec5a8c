"""The pre-flight: what would keep a bake from going well, in lines for the artist, most with a button that mends it.

Nothing is changed or read from disk beyond asking whether a file is there, so that panels may ask at every redraw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..errors import UserError
from ..rig.guide import GUIDE
from . import strips
from .actions import PROVENANCE
from .compat.slots import slot_problem
from .face_keys import why_not
from .guide import marks
from .key_blocks import shape_keys
from .mapping import ObjectMapping, object_mapping
from .nla_pieces import why_unheard
from .sounds import require_sound_file
from .timing import effective_fps
from .turning import head_turner

ERROR, WARNING, INFO = "ERROR", "WARNING", "INFO"
_NAMED = 3  # keys a line names
JAW = "jawOpen"


@dataclass(frozen=True)
class Finding:
    """One line of the pre-flight.

    Attributes:
        kind: ``ERROR`` (a bake would refuse, or nothing would move), ``WARNING`` or ``INFO``.
        text: what was found, a phrase or sentence without a period.
        fix: id of the operator that mends it, or empty.
        properties: what the operator is told.
        button: words on the button; empty: the operator's own.
        beside: id of an operator offered beside the first, or empty.
    """

    kind: str
    text: str
    fix: str = ""
    properties: tuple[tuple[str, str | bool | float], ...] = ()
    button: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Inputs:
    """What a bake would be made of.

    Attributes:
        scene: where the head is.
        head: the chosen mesh, or None.
        parts: other meshes of the character that are animated too.
        active: the active object, offered as head when none is chosen.
        added: whether the take is added to what plays, so that no Action is in its way.
        tracks: whether it becomes tracks of the NLA, added or not.
        sequencer: the scene whose sequencer is edited.
        source: ``STRIP`` or ``FILE``.
        strip: name of the chosen strip; empty: as ``strips.find_strip``.
        audio_file: absolute path of the chosen file, or empty.
    """

    scene: bpy.types.Scene
    head: bpy.types.Object | None
    sequencer: bpy.types.Scene
    source: str
    strip: str = ""
    audio_file: str = ""
    parts: Sequence[bpy.types.Object] = field(default=())
    active: bpy.types.Object | None = None
    added: bool = False
    tracks: bool = False


def preflight(inputs: Inputs) -> tuple[Finding, ...]:
    """Everything that stands in the way of a bake, head first, then audio; empty when nothing does."""
    return (*head_findings(inputs), *audio_findings(inputs))


def head_findings(inputs: Inputs) -> tuple[Finding, ...]:
    """What is wrong with the head and the other meshes of its character."""
    head = inputs.head
    if head is None:
        return (_other_head(inputs, "No head is chosen"),)
    if inputs.scene not in head.users_scene:
        return (_other_head(inputs, f"'{head.name}' is not in this scene"),)
    objects = (head, *inputs.parts)
    found = [line for obj in objects for line in _object_findings(obj, inputs)]
    return (*found, *_jaw_findings(objects))


def audio_findings(inputs: Inputs) -> tuple[Finding, ...]:
    """What is wrong with the recording."""
    if inputs.source == "FILE":
        return tuple(_file_findings(inputs.audio_file))
    return tuple(_strip_findings(inputs))


def runtime_findings(problem: str, weights: Path | None) -> tuple[Finding, ...]:
    """What is wrong with where the network runs.

    Args:
        problem: what ``engine.runtime.runtime_problem`` says, empty if nothing.
        weights: the network's file that is wanted; None when even its folder is missing.
    """
    preferences = "ptalker.open_preferences"
    found = [Finding(ERROR, problem, "ptalker.find_runtime", beside=preferences)] if problem else []
    if weights is None or not weights.is_file():
        named = "The folder of the weights" if weights is None else f"The network's file {weights.name}"
        found.append(Finding(ERROR, f"{named} is missing", preferences))
    return tuple(found)


def _other_head(inputs: Inputs, text: str) -> Finding:
    active = inputs.active
    if active is not None and active.type == "MESH" and active != inputs.head:
        return Finding(ERROR, text, "ptalker.choose_head", (("name", active.name),), f"Use '{active.name}'")
    return Finding(ERROR, text, "ptalker.add_head", button="Add Head")


def _object_findings(obj: bpy.types.Object, inputs: Inputs) -> Iterator[Finding]:
    """Of one mesh; what ``key_blocks.require_keys`` refuses first, since nothing else matters then."""
    named = (("name", obj.name),)
    if obj.type != "MESH":
        yield Finding(ERROR, f"'{obj.name}' is no mesh")
        return
    keys = shape_keys(obj)
    if keys is None:
        yield _no_keys(obj)
        return
    if not keys.is_editable:
        yield Finding(ERROR, f"The shape keys of '{obj.name}' are linked: make a library override of object and mesh")
        return
    if not keys.use_relative:
        yield Finding(ERROR, f"The shape keys of '{obj.name}' are absolute", "ptalker.relative_keys", named)
    if obj.show_only_shape_key:
        yield Finding(ERROR, f"'{obj.name}' shows only one shape key (pinned)", "ptalker.show_all_keys", named)
    yield from _mapping_findings(obj)
    yield from _action_findings(obj, keys, inputs.added)
    yield from _nla_findings(obj, keys, inputs.tracks)


def _no_keys(obj: bpy.types.Object) -> Finding:
    """The next step to keys: built at once where the mesh is known, else the face is marked first."""
    text = f"'{obj.name}' has no shape keys"
    if not why_not(obj):
        return Finding(ERROR, text, "ptalker.build_keys")
    missing = len(GUIDE) - len(marks(obj))
    if not missing:
        return Finding(ERROR, f"{text} yet: its face is marked", "ptalker.build_marked_keys")
    if missing < len(GUIDE):
        text = f"{text} yet: {missing} of {len(GUIDE)} points are to be marked"
    return Finding(ERROR, text, "ptalker.mark_face")


def _mapping_findings(obj: bpy.types.Object) -> Iterator[Finding]:
    try:
        mapping = object_mapping(obj)
    except UserError as error:
        yield Finding(ERROR, error.found)
        return
    if not mapping.table.keys:
        yield _nothing_mapped(obj, mapping)
        return
    muted = [key for key in mapping.table.keys if obj.data.shape_keys.key_blocks[key].mute]
    if muted:
        verb = "is" if len(muted) == 1 else "are"
        text = f"{_count(muted)} of '{obj.name}' that speech moves {verb} muted: {_few(muted)}"
        kind = ERROR if len(muted) == len(mapping.table.keys) else WARNING
        yield Finding(kind, text, "ptalker.unmute_keys", (("name", obj.name),))
    if mapping.driven:
        yield Finding(INFO, f"Drivers run {_count(mapping.driven)} of '{obj.name}', not a take: {_few(mapping.driven)}")


def _jaw_findings(objects: Sequence[bpy.types.Object]) -> Iterator[Finding]:
    """Of a character whose other keys speak while the jaw has none, on whatever mesh."""
    mappings = []
    for obj in objects:
        if obj.type != "MESH" or shape_keys(obj) is None:
            continue
        try:
            mappings.append(object_mapping(obj))
        except UserError:
            return  # said by the mesh's own line
    tables = [mapping.table for mapping in mappings]
    if not any(table.keys for table in tables) or any(mapping.driven for mapping in mappings):
        return
    if not any(JAW in table.controls or table.visemes or JAW in table.silent for table in tables):
        yield Finding(WARNING, f"No key of '{objects[0].name}' opens the jaw ({JAW}): say which one under Mapping")


def _nothing_mapped(obj: bpy.types.Object, mapping: ObjectMapping) -> Finding:
    if mapping.driven:
        text = f"Drivers run all {len(mapping.driven)} keys of '{obj.name}' that speak, and overrule a take"
        return Finding(ERROR, f"{text}: bake on a copy without drivers")
    return Finding(ERROR, f"None of the shape keys of '{obj.name}' is known: say which is which under Mapping")


def _action_findings(obj: bpy.types.Object, keys: bpy.types.Key, added: bool) -> Iterator[Finding]:
    animation, named = keys.animation_data, (("name", obj.name),)
    if animation is None:
        return
    if animation.use_tweak_mode:
        yield Finding(ERROR, f"The keys of '{obj.name}' are in the NLA's tweak mode", "ptalker.leave_tweak_mode", named)
        return
    problem = slot_problem(keys)
    if problem:
        yield Finding(WARNING, problem, "ptalker.assign_slot", named)
    action = animation.action
    if action is not None and PROVENANCE not in action and not added:
        text = f"A take replaces Action '{action.name}' on '{obj.name}', which stays in the file"
        yield Finding(INFO, text, "ptalker.push_down_action", named)


def _nla_findings(obj: bpy.types.Object, keys: bpy.types.Key, tracks: bool) -> Iterator[Finding]:
    """Of an NLA in which a take would move nothing: of the keys, or of the Empty that turns a head."""
    target = head_turner(obj)
    for name, datablock in ((obj.name, keys), *(((target.name, target),) if target is not None else ())):
        problem = why_unheard(datablock, tracks)
        if problem:
            text = f"The NLA of '{name}' {problem}, so a take there moves nothing"
            kind = ERROR if tracks else WARNING  # without tracks it is written all the same, and seen later
            yield Finding(kind, text, "ptalker.play_all_tracks", (("name", obj.name),))


def _file_findings(audio_file: str) -> Iterator[Finding]:
    if not audio_file:
        yield Finding(ERROR, "No sound file is chosen", "ptalker.add_sound", button="Choose Sound...")
    elif not Path(audio_file).is_file():
        text = f"There is no sound file {Path(audio_file).name} in {Path(audio_file).parent}"
        yield Finding(ERROR, text, "ptalker.add_sound", button="Choose Sound...")


def _strip_findings(inputs: Inputs) -> Iterator[Finding]:
    scene = inputs.sequencer
    if not strips.has_sound(scene):
        played = strips.sounding_scene(scene)
        text = "There is no sound strip yet"
        if played is not None:
            text = f"Scene strip '{played[0]}' plays the mix of '{played[1].name}': bake there, or add the sound here"
        yield Finding(ERROR, text, "ptalker.add_sound", button="Add Sound...")
        return
    if effective_fps(scene) != effective_fps(inputs.scene):
        rates = f"{effective_fps(scene):g} fps, this scene at {effective_fps(inputs.scene):g}"
        yield Finding(ERROR, f"The sequencer's scene '{scene.name}' plays at {rates}", "ptalker.match_rate")
    try:
        strip = strips.find_strip(scene, inputs.strip)
    except UserError as error:
        yield Finding(ERROR, error.found, "ptalker.use_active_strip")
        return
    yield from _one_strip(strip)


def _one_strip(strip: Any) -> Iterator[Finding]:
    named = (("strip", strip.name),)
    try:
        strips.heard_part(strip)
    except UserError as error:
        yield Finding(ERROR, error.found, "" if strip.type == "SOUND" else "ptalker.use_active_strip")
        return
    silent = strips.why_silent(strip)
    if silent:
        yield Finding(WARNING, f"{silent}: a bake hears it all the same", "ptalker.unmute_strip", named)
    elif strips.animates_volume(strip):
        yield Finding(INFO, f"The volume of strip '{strip.name}' is animated: a bake hears it as recorded, all of it")
    try:
        require_sound_file(strip.sound)
    except UserError as error:
        yield Finding(ERROR, error.found, "ptalker.relink_sound", named)


def _count(names: Sequence[str]) -> str:
    return "1 key" if len(names) == 1 else f"{len(names)} keys"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
