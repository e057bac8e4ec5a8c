"""Install a built zip in a bpy wheel as an artist would, bake from its operator, disable and enable it again.

usage: python tools/check_extension.py EXTENSION.zip [AUDIO]     (any Python with a bpy wheel, 4.2 to 5.2)

The worker runs in $PTALKER_PYTHON. The bake is left out, with the reason, where that is not set or there are no
weights (in the zip, or in $PTALKER_WEIGHTS, a folder); AUDIO is performed if given, else half a second of a synthetic
vowel. Works in a throw-away profile.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import struct
import sys
import tempfile
import threading
import time
import traceback
import wave
import zipfile
from pathlib import Path

from check_assets import check_assets
from check_compare import check_compare
from check_directing import check_directing
from check_jobs import check_jobs
from check_lines import check_lines
from check_main_thread import only_written
from check_mapping import check_mapping  # beside this script
from check_output import check_output
from check_preflight import check_preflight
from check_runtime import check_runtime
from check_styles import check_styles
from check_takes import check_takes
from check_translations import check_translations
from check_words import check_retimed, check_strips, check_words

MODULE = "bl_ext.user_default.ptalker"


def require(condition: object, message: str) -> None:
    if not condition:
        raise RuntimeError(message)


def install(zip_path: Path) -> None:
    """Install and enable; no heavy module may have been loaded."""
    import bpy  # isort: skip  (first: it makes addon_utils importable)
    import addon_utils

    require(addon_utils.enable("bl_pkg") is not None, "Blender's extension manager did not start")
    before = set(sys.modules)
    done = bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), repo="user_default", enable_on_install=True, overwrite=True
    )
    require(done == {"FINISHED"} and addon_utils.check(MODULE) == (True, True), "was not installed and enabled")
    heavy = sorted({"torch", "scipy", "transformers", "soundfile"} & (set(sys.modules) - before))
    require(not heavy, f"registration imported {heavy}")


def toggle() -> None:
    """Disable, enable, and disable; classes and settings come and go, and no thread is left."""
    import addon_utils
    import bpy

    for wanted in (False, True, False):
        start = time.perf_counter()
        (addon_utils.enable if wanted else addon_utils.disable)(MODULE, default_set=True)
        seconds = time.perf_counter() - start
        require(addon_utils.check(MODULE)[1] is wanted, f"could not be {'enabled' if wanted else 'disabled'}")
        require(hasattr(bpy.types, "PTALKER_OT_bake") is wanted, "the operator does not follow")
        require(hasattr(bpy.types.Scene, "ptalker") is wanted, "the settings do not follow")
        print(f"  {'enabled' if wanted else 'disabled'} in {seconds * 1000:.1f} ms")
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("ptalker")]
    require(not left, f"threads left behind: {left}")


def synthetic_vowel(path: Path) -> None:
    """Half a second of a buzz whose loudness rises and falls."""
    rate, count = 16_000, 8_000
    samples = [
        sum(math.sin(2 * math.pi * 120 * n * i / rate) / n for n in range(1, 12)) * math.sin(math.pi * i / count) ** 2
        for i in range(count)
    ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", round(9_000 * x)) for x in samples))


def bake(audio: Path) -> None:
    """Add the head, bake, and read the take back; then a bake that must fail politely and change nothing."""
    import bpy

    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base, scene.frame_start = 24, 1.001, 1001
    require(bpy.ops.ptalker.add_head() == {"FINISHED"}, "the head was not added")
    settings = scene.ptalker
    require(settings.head.name == "Head", f"the default head is called {settings.head.name!r}")
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    start = time.perf_counter()
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake did not finish")
    cold = time.perf_counter() - start
    start = time.perf_counter()
    with only_written("Bake"):
        require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the second bake did not finish")
    warm = time.perf_counter() - start
    action = settings.head.data.shape_keys.animation_data.action
    source = json.loads(action["ptalker"])
    require(source["start_frame"] == 1001.0 and len(source["weights_sha256"]) == 64, f"odd provenance {source}")
    require(action.frame_range[0] == 1001.0, f"the take starts at {action.frame_range[0]}")
    moved = set()
    for frame in range(1001, int(action.frame_range[1]) + 1):
        scene.frame_set(frame)
        moved |= {key.name for key in settings.head.data.shape_keys.key_blocks[1:] if key.value > 0.02}
    require("jawOpen" in moved, f"the jaw does not move; {sorted(moved)} do")
    frames = int(action.frame_range[1] - 1000)
    print(f"  baked {frames} frames: {cold:.1f} s cold, {warm:.1f} s warm, {len(moved)} keys move")
    refuse_missing(settings, action)


def add_the_family() -> None:
    """Every head in the zip can be chosen by its file's name, and all have the same keys and vertices."""
    import bpy

    rig = importlib.import_module(f"{MODULE}.ptalker_blender.rig.head")
    names, kept, found = rig.list_heads(), bpy.context.scene.ptalker.head, {}
    require(names[0] == "default" and len(names) > 1, f"only {names} are offered")
    for name in names:
        require(bpy.ops.ptalker.add_head(identity=name) == {"FINISHED"}, f"{name} was not added")
        obj = bpy.context.scene.ptalker.head
        found[obj.name] = (len(obj.data.vertices), tuple(obj.data.shape_keys.key_blocks.keys()))
        bpy.data.objects.remove(obj)
    require(len(set(found.values())) == 1, f"the family differs: {list(found)}")
    require({name.title() for name in names[1:]} < set(found), f"they are called {list(found)}")
    bpy.context.scene.ptalker.head = kept
    print(f"  added {', '.join(found)}")


def refuse_missing(settings: object, action: object) -> None:
    """A missing file is one line, and the take on the head stays."""
    import bpy

    good, settings.audio_file = settings.audio_file, "/nowhere/missing.wav"
    count = len(bpy.data.actions)
    refused("missing.wav")
    settings.audio_file = good
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = "/nowhere/python"
    refused("cannot be started")
    if Path("/bin/false").exists():
        preferences.python = "/bin/false"  # a program that ends at once, before or after it was given the job
        refused("ended")
    preferences.python = ""
    settings["style"] = 12345  # a style of a library that is not here
    refused("not in the library")
    settings.style = "voice"
    kept = settings.head.data.shape_keys.animation_data.action
    require(len(bpy.data.actions) == count and kept == action, "a refused bake changed the file")
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake after refused ones")


def refused(words: str) -> None:
    """The bake ends with an error that says ``words``, in one line."""
    import bpy

    try:
        bpy.ops.ptalker.bake()
    except RuntimeError as error:  # how an operator's ERROR report reaches a script
        require(words in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError(f"a bake that should end with {words!r} did not")


def bake_trimmed_strip(audio: Path) -> None:
    """A strip trimmed at both ends, in a scene that starts elsewhere: the take lies where the sound is heard."""
    import bpy

    scene = bpy.context.scene
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = getattr(editor, "strips", None) or editor.sequences
    try:
        strip = strips.new_sound("Trimmed", str(audio), 9, 1100)
    except RuntimeError:
        print("  trimmed strip left out: this bpy has no sound")
        return
    modern = hasattr(strip, "left_handle_offset")
    for name in ("left_handle_offset", "right_handle_offset") if modern else ("frame_offset_start", "frame_offset_end"):
        setattr(strip, name, 2)
    settings = scene.ptalker
    settings.audio_source, settings.strip = "STRIP", strip.name
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake of a strip did not finish")
    action = settings.head.data.shape_keys.animation_data.action
    source, fps = json.loads(action["ptalker"]), 24 / 1.001
    start = strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start
    end = strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end
    require(start == 1102 == action.frame_range[0], f"strip from {start}, take from {action.frame_range[0]}")
    require(abs(source["audio_start"] - 2 / fps) < 1e-6, f"heard from {source['audio_start']} s")
    require(abs(action.frame_range[1] - (end - 1)) <= 1, f"strip to {end}, take to {action.frame_range[1]}")
    strips.remove(strip)
    settings.audio_source, settings.strip = "FILE", ""


def bake_mix_and_words(audio: Path) -> None:
    """A mix and a dialogue that is not what is said reach worker and provenance; the take is made all the same."""
    import bpy

    settings = bpy.context.scene.ptalker
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    settings.style, settings.mix, settings.mix_share = "bright", "stern", 0.25
    settings.text = "zebras jump over purple mountains while nobody believes them"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake of a mix did not finish")
    source = json.loads(settings.head.data.shape_keys.animation_data.action["ptalker"])
    found = (source["style"], source["mix"], source["mix_share"], source["text"])
    require(found == ("bright", "stern", 0.25, settings.text), f"the provenance says {found}")
    settings.style, settings.text = "voice", ""
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake after a mix did not finish")
    source = json.loads(settings.head.data.shape_keys.animation_data.action["ptalker"])
    require(source["mix"] is None and source["text"] is None, "the voice's own manner was mixed")
    settings.mix = "NONE"


def head_goes_away() -> None:
    """A head deleted from its scene stays in the file by our setting; it must not be baked on."""
    import bpy

    settings = bpy.context.scene.ptalker
    require(bpy.ops.ptalker.bake.poll(), "Bake should be on")
    for collection in settings.head.users_collection:
        collection.objects.unlink(settings.head)
    require(not bpy.ops.ptalker.bake.poll(), "Bake on a deleted head should be off")
    settings.head = None
    require(not bpy.ops.ptalker.bake.poll(), "Bake without a head should be off")


def style_choice_lasts(folder: Path) -> None:
    """Another style in the library leaves the chosen one chosen, though files store numbers."""
    import bpy

    module = sys.modules[f"{MODULE}.style_properties"]
    library = importlib.import_module(f"{MODULE}.ptalker_blender.style.library")
    performance = importlib.import_module(f"{MODULE}.ptalker_blender.style.performance")
    motion = importlib.import_module(f"{MODULE}.ptalker_blender.motion.motion")
    import numpy as np

    (folder / "styles").mkdir()
    kept, settings = os.environ.get("PTALKER_WEIGHTS"), bpy.context.scene.ptalker
    os.environ["PTALKER_WEIGHTS"] = str(folder)
    for name in ("measured", "another"):  # the second comes before the first
        values = motion.Motion(np.zeros((100, 55), np.float32))
        library.save_style(performance.Performance(values, name), name, folder / "styles" / f"{name}.npz")
        module.forget_styles()
        if name == "measured":
            settings.style = name
    require(settings.style == "measured", f"the choice became {settings.style!r}")
    settings.style = "voice"
    del os.environ["PTALKER_WEIGHTS"]
    if kept is not None:
        os.environ["PTALKER_WEIGHTS"] = kept
    module.forget_styles()


def check_texts() -> None:
    """Blender's guidelines: labels in Title Case, tooltips as sentences without a period."""
    import bpy

    cast = bpy.context.scene.ptalker_lines.cast.add()
    groups = (
        bpy.context.scene.ptalker,
        bpy.context.scene.ptalker_take,
        bpy.context.scene.ptalker_style,
        bpy.context.scene.ptalker_style.source,
        bpy.context.scene.ptalker_lines,
        cast,
        bpy.context.preferences.addons[MODULE].preferences,
    )
    operators = [getattr(bpy.ops.ptalker, name).get_rna_type() for name in dir(bpy.ops.ptalker)]
    texts = [(rna.name, rna.description) for rna in operators]
    own = [p for group in groups for p in group.bl_rna.properties if p.identifier in type(group).__annotations__]
    texts += [(p.name, p.description) for p in own]
    texts += [(i.name, i.description) for p in own if p.type == "ENUM" for i in p.enum_items]
    panels = (getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("PTALKER_PT_"))
    texts += [(panel.bl_label, panel.__doc__) for panel in panels]
    require(len(texts) > 20, f"only {len(texts)} texts found")
    small = {"a", "as", "the", "of", "from", "to", "and", "on", "in", "or", "with", "by", "(ms)", "(mm)", "(s)"}
    for label, tooltip in texts:
        words = label.split()
        require(words and all(w[0].isupper() or w in small for w in words), f"label {label!r} is not in Title Case")
        require(tooltip and tooltip[0].isupper() and not tooltip.endswith("."), f"{label}: tooltip {tooltip!r}")


def why_no_bake(zip_path: Path) -> str:
    """The reason to leave the bake out, or nothing."""
    if not os.environ.get("PTALKER_PYTHON"):
        return "PTALKER_PYTHON is not set"
    if (Path(os.environ.get("PTALKER_WEIGHTS", "")) / "ptalker.safetensors").is_file():
        return ""
    with zipfile.ZipFile(zip_path) as archive:
        names = archive.namelist()
    wanted = ("weights/ptalker.safetensors", "weights/head/default_head.npz")
    return ", ".join(f"the zip holds no {name}" for name in wanted if name not in names)


def check(zip_path: Path, audio: Path | None, folder: Path) -> None:
    install(zip_path)
    import bpy

    reason = why_no_bake(zip_path)
    if reason:
        print(f"  bake left out: {reason}")
    else:
        if audio is None:
            audio = folder / "vowel.wav"
            synthetic_vowel(audio)
        bake(audio)
        bake_trimmed_strip(audio)
        bake_mix_and_words(audio)
        check_words(audio)
        check_strips(audio)
        check_retimed(audio)
        check_mapping(MODULE, audio, folder)
        check_styles(MODULE, audio, folder)
        check_assets(MODULE, audio, folder)
        check_takes(MODULE)
        synthetic_vowel(folder / "compare.wav")
        check_compare(MODULE, folder / "compare.wav")
        check_output(MODULE)
        check_directing(MODULE, folder)
        check_lines(MODULE, audio, folder)
        check_jobs(MODULE, audio)
        add_the_family()
        head_goes_away()
    check_preflight(MODULE, folder)
    check_runtime(MODULE, folder)
    check_texts()
    check_translations(MODULE)
    style_choice_lasts(folder)
    toggle()
    print(f"{zip_path.name}: passed on Blender {bpy.app.version_string}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    status = 0
    with tempfile.TemporaryDirectory() as profile:
        os.environ["BLENDER_USER_RESOURCES"] = profile  # must be set before bpy is imported
        try:
            given = Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None
            check(Path(sys.argv[1]).resolve(), given, Path(profile))
        except Exception:
            # Whatever failed, the process must end at once: some wheels hang or crash in a normal exit.
            traceback.print_exc()
            status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
