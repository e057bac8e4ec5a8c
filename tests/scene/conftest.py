"""Fixtures for tests inside a bpy wheel, and an exit that no wheel can spoil."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import numpy as np
import pytest

SESSION = pytest.StashKey[pytest.Session]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[SESSION] = session


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End at once when Blender was loaded: some wheels hang (4.5) or crash (4.2) in a normal exit.

    Runs after the summary was printed, and keeps pytest's own exit status.
    """
    session = config.stash.get(SESSION, None)
    if session is None or "bpy" not in sys.modules:
        return
    config.get_terminal_writer().flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(session.exitstatus))


@dataclass(frozen=True)
class Curve:
    """The shape of ``motion.reduce.KeyCurve``: all that scene/ asks of a curve."""

    name: str
    frames: np.ndarray
    values: np.ndarray


def curve(name: str, frames: object, values: object) -> Curve:
    return Curve(name, np.asarray(frames, np.float32), np.asarray(values, np.float32))


@pytest.fixture
def scene():
    """An empty scene in a fresh file."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


@pytest.fixture
def make_curve():
    return curve


@pytest.fixture
def make_mesh(scene):
    """Build a mesh object of one quad with the named shape keys; key k moves vertex 0 by k + 1 along z."""
    import bpy

    from ptalker_blender.scene.shape_keys import add_shape_keys

    def make(key_names, name="Face"):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
        obj = bpy.data.objects.new(name, mesh)
        scene.collection.objects.link(obj)
        if key_names:
            deltas = np.zeros((len(key_names), 4, 3), np.float32)
            deltas[:, 0, 2] = np.arange(len(key_names)) + 1
            add_shape_keys(obj, key_names, deltas)
        return obj

    return make


@pytest.fixture
def tiny_head():
    """A head of five vertices (a pyramid of a quad and a triangle) with two keys and two materials."""
    from ptalker_blender.rig.head import Head, Material

    vertices = np.array([[0, 0, 0], [0.1, 0, 0], [0.1, 0.2, 0], [0, 0.2, 0], [0.05, 0.1, 0.3]], np.float32)
    deltas = np.zeros((2, 5, 3), np.float32)
    deltas[0, 4] = 0.01, -0.02, 0.03
    deltas[1, 0] = -0.01, 0.0, 0.0
    return Head(
        vertices=vertices,
        polygons=(np.array([3, 2, 1, 0, 0, 1, 4], np.int32), np.array([4, 3], np.int32)),
        key_names=("jawOpen", "mouthFunnel"),
        key_deltas=deltas,
        parts={"skin": np.array([0, 1, 2, 3], np.int32), "tongue": np.array([4], np.int32)},
        polygon_materials=np.array([0, 1], np.int32),
        materials=(Material("skin", (0.8, 0.5, 0.4, 1.0), 0.5, 0.3), Material("tongue", (0.6, 0.1, 0.1, 1.0), 0.3)),
        landmarks={},
        neck_pivot=np.array([0.02, -0.1, -0.05], np.float32),
    )
