"""FLAME parameters come back out of FLAME's vertices, wherever and however large the mesh stands."""

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_pose import pose_flame, rotation_matrices
from ptalker_blender.rig.flame_sequence import flame_from_vertices
from ptalker_blender.rig.flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, ROOT
from ptalker_blender.rig.solve import Options
from tests.flame_models import real_flame

pytestmark = pytest.mark.data
EXACT = Options(smoothness=0.0, ridge=1e-8, tolerance=1e-8, max_iterations=5000)
T, N = 12, 15
BETAS = np.array([1.5, -1.0, 0.5])


@pytest.fixture(scope="module")
def flame(data_dir):
    """Components of identity that leave the scalp nearly alone stand in for the expression that the file lacks."""
    model = real_flame(data_dir)
    face = np.exp(-((model.v_template - [0, -0.03, 0.06]) ** 2).sum(axis=1) / 0.05**2)[:, None, None]
    return replace(model, expression_dirs=(face * model.shapedirs[:, :, 10 : 10 + N]).astype(np.float32))


@pytest.fixture(scope="module")
def played(flame):
    rng = np.random.default_rng(0)
    expression, pose = rng.normal(size=(T, N)), np.zeros((T, 5, 3))
    pose[:, JAW, 0] = np.linspace(0, 0.25, T)
    pose[:, [EYE_LEFT, EYE_RIGHT], 1] = np.linspace(-0.3, 0.3, T)[:, None]
    return expression, pose


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("axes", [(np.pi / 2, 0, 0), (1.2, 0.5, -2.0)], ids=["z up", "anyhow"])
def test_parameters_come_back(flame, played, scale, axes):
    expression, pose = played
    turn, place = rotation_matrices(np.array(axes)), np.array([3.0, -1.0, 8.0])
    moved, rest = pose_flame(flame, BETAS, expression, pose), pose_flame(flame, BETAS)
    fit = flame_from_vertices(scale * moved @ turn.T + place, scale * rest @ turn.T + place, flame, 30.0, options=EXACT)
    np.testing.assert_allclose(fit.track.pose[:, JAW], pose[:, JAW], atol=0.02)
    np.testing.assert_allclose(fit.track.pose[:, EYE_LEFT:], pose[:, EYE_LEFT:], atol=0.02)
    # Turned anyhow, this head's tilt cannot be told from how it was turned.
    alike = np.corrcoef(fit.track.expression.ravel(), expression.ravel())[0, 1]
    assert alike > (0.9999 if axes[1] == 0 else 0.8)
    assert fit.residual.energy_percent < 1 and fit.track.fps == 30.0 and "identity" in fit.track.notes[0]
    again = pose_flame(flame, BETAS, fit.track.expression, fit.track.pose)
    assert np.sqrt(((again - moved) ** 2).sum(axis=2).mean()) < 0.5e-3


def test_head_rotation_is_the_necks(flame, played):
    expression, pose = played
    turned = pose.copy()
    turned[:, ROOT, 1] = np.linspace(-0.4, 0.4, T)
    fit = flame_from_vertices(pose_flame(flame, BETAS, expression, turned), pose_flame(flame, BETAS), flame, 30.0)
    np.testing.assert_allclose(fit.track.pose[:, NECK], turned[:, ROOT], atol=0.02)
    np.testing.assert_allclose(fit.track.pose[:, JAW], pose[:, JAW], atol=0.02)


def test_refusals(flame):
    rest = flame.v_template
    with pytest.raises(UserError, match="no FLAME head"):
        shuffled = np.random.default_rng(1).permutation(rest)
        flame_from_vertices(shuffled[None], shuffled, flame, 25.0)
    with pytest.raises(ValueError, match="sequence"):
        flame_from_vertices(rest[None, :-1], rest[:-1], flame, 25.0)
    with pytest.raises(ValueError, match="sequence"):
        flame_from_vertices(np.zeros((0, 5023, 3)), rest, flame, 25.0)
