"""How live Blender stays while a minute of sound is baked: the longest main-thread block, and the time to a cancel.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed. ``own_*`` is what our own code takes of the
main thread, which is ours to answer for; ``*_gap`` is the time between two turns of Blender's main loop, which also
holds drawing by software beside whatever else the machine does. ``idle_gap`` is that with nothing to do.

The numbers are printed and not checked, since they tell of the machine as much as of us; what is checked is that the
loop goes on turning and the panel goes on drawing while the worker is at it.
"""

import statistics
import sys
import time

import bpy
from ptalker_gui_driver import (
    MODULE,
    OUT,
    Steps,
    check,
    desk,
    drive,
    find_button,
    measured,
    middle_of_view,
    move,
    open_sidebar,
    override,
    press,
    region,
    screenshot,
    vowel,
    wait_until,
    window,
)

SECONDS = 60.0
LEAST_TURNS = 20  # of the main loop while a minute is baked; a bake that blocks leaves one or two


class Stopwatch:
    """How long functions took at most, in milliseconds of clock and processor, and when they last ended."""

    def __init__(self) -> None:
        self.clock: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.turn = 0.0  # of the processor, in this turn of the main loop

    def note(self, key: str, inner, *args):
        """Call ``inner`` and keep its time."""
        clock, processor = time.perf_counter(), time.thread_time()
        try:
            return inner(*args)
        finally:
            self.ended[key] = time.perf_counter()
            taken = (self.ended[key] - clock) * 1000, (time.thread_time() - processor) * 1000
            self.turn += taken[1]
            for store, value in zip((self.clock, self.processor), taken, strict=True):
                store[key] = max(store.get(key, 0.0), value)

    def watch(self, owner: type, name: str, arity: int) -> None:
        """Time a method from now on; Blender passes as many arguments as the wrapper names."""
        inner, key = getattr(owner, name), f"{owner.__name__}.{name}"
        wrappers = {
            2: lambda self_, a: self.note(key, inner, self_, a),
            3: lambda self_, a, b: self.note(key, inner, self_, a, b),
        }
        setattr(owner, name, wrappers[arity])

    def reset(self) -> None:
        """Forget all times."""
        for store in (self.clock, self.processor, self.ended):
            store.clear()


def choose(name: str) -> None:
    settings = bpy.context.scene.ptalker
    settings.audio_source, settings.audio_file, settings.add_strip = "FILE", str(OUT / f"{name}.wav"), False


def bake(name: str) -> None:
    choose(name)
    with override():
        check(bpy.ops.ptalker.bake("INVOKE_DEFAULT") == {"RUNNING_MODAL"}, f"Bake of {name} is under way")


def gaps(watch: Stopwatch, until, seconds: float) -> Steps:
    """Turns of the main loop while ``until`` is false; the generator's value.

    The last left out: seconds between those that draw no 3D view, and for all what our code took of the processor, in
    milliseconds.
    """
    drawn: list[bool] = []
    view = bpy.types.SpaceView3D
    handler = view.draw_handler_add(lambda: drawn.append(True), (), "WINDOW", "POST_PIXEL")
    found, own, last, end = [], [], time.perf_counter(), time.perf_counter() + seconds
    while not until() and time.perf_counter() < end:
        yield 0.0
        now = time.perf_counter()
        found.append((now - last, bool(drawn)))
        drawn.clear()
        own.append(watch.turn)
        last, watch.turn = now, 0.0
    view.draw_handler_remove(handler, "WINDOW")
    # The view itself an artist's graphics card draws in a few milliseconds; the last turn is that of the commit.
    return [gap for gap, view_drawn in found[:-1] if not view_drawn] or [0.0], own[:-1]


def seen_progress() -> set[float]:
    """The values of progress with which the main panel is drawn from now on; filled as it is drawn."""
    seen: set[float] = set()
    panel = bpy.types.PTALKER_PT_main
    inner = panel.draw

    def draw(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        if desk().busy:
            seen.add(desk().jobs[0].fraction)
        inner(self, context)

    panel.draw = draw
    return seen


def note_gaps(name: str, found: list[float]) -> None:
    measured(f"{name}_longest_ms", max(found) * 1000)
    measured(f"{name}_median_ms", statistics.median(found) * 1000)


def idle() -> bool:
    return not desk().busy


def at_work() -> bool:
    return desk().busy and desk().jobs[0].stage == "Performing" and desk().jobs[0].fraction > 0.0


def steps() -> Steps:
    yield from open_sidebar()
    with override():
        bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)
    yield 0.5
    bake("short")  # the worker starts
    yield from wait_until(idle, "the worker is warm")
    yield 1.0
    watch = Stopwatch()
    operator = sys.modules[f"{MODULE}.operators.bake"].PTALKER_OT_bake
    for name, arity in (("prepare", 2), ("commit", 3), ("modal", 3)):
        watch.watch(operator, name, arity)
    for name in (name for name in dir(bpy.types) if name.startswith("PTALKER_PT_")):
        watch.watch(getattr(bpy.types, name), "draw", 2)
    note_gaps("idle_gap", (yield from gaps(watch, lambda: False, 3.0))[0])
    start = time.perf_counter()
    bake("minute")
    measured("press_ms", (time.perf_counter() - start) * 1000)
    committed = f"{operator.__name__}.commit"
    fractions = seen_progress()
    found, own = yield from gaps(watch, lambda: committed in watch.ended or not desk().busy, 240.0)
    measured("bake_s", time.perf_counter() - start)
    check(committed in watch.ended, "a minute was baked")
    note_gaps("bake_gap", found)
    measured("own_turn_ms", max(own))
    measured("own_turn_median_ms", statistics.median(own))
    check(len(own) > LEAST_TURNS, "Blender's main loop goes on turning during a bake")
    check(len(fractions) > 2, "the panel is drawn with the progress as it grows")
    measured("commit_ms", watch.clock.pop(committed))
    measured("commit_processor_ms", watch.processor[committed])
    for name in sorted(watch.clock, key=watch.clock.__getitem__)[-6:]:
        if not name.endswith(".modal"):  # holds the commit; measured below without it
            measured(f"own_{name}_ms", watch.clock[name])
    yield 1.0

    watch.reset()
    bake("long")
    yield from wait_until(at_work, "the network is at it")
    yield 3.0
    modal = f"{operator.__name__}.modal"
    measured("own_modal_ms", watch.clock[modal])
    measured("own_modal_processor_ms", watch.processor[modal])
    yield from cancels(watch)


def cancels(watch: Stopwatch) -> Steps:
    """From the event to the job being let go of, by Esc and by the button in the panel."""
    watch.watch(type(desk().line), "cancel", 2)
    made = len(bpy.data.actions)
    key = "JobLine.cancel"
    for way in ("escape", "button", "escape", "button"):
        if idle():
            bake("long")
            yield from wait_until(at_work, "the network is at it")
        if way == "button":
            x, y = yield from find_button("ptalker.cancel(", column=region().width - 50)
            move(x, y)
            yield 0.5
        watch.reset()
        pressed = time.perf_counter()
        if way == "escape":
            press("ESC", middle_of_view())
        else:
            for value in ("PRESS", "RELEASE"):
                window().event_simulate(type="LEFTMOUSE", value=value, x=round(x), y=round(y))
        yield from wait_until(lambda: key in watch.ended, f"{way} cancels", 10, 0.0)
        measured(f"{way}_ms", (watch.ended[key] - pressed) * 1000)
        check(len(bpy.data.actions) == made, "a cancelled bake writes nothing")
        yield 0.3
    screenshot("cancelled")


vowel(OUT / "short.wav", 1.0)
vowel(OUT / "minute.wav", SECONDS)
vowel(OUT / "long.wav", 900.0)
drive(steps())
