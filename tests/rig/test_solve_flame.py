"""Motion into FLAME's expression and jaw, against the model's own function.

The file at hand lacks the expression basis; identity components beyond the first thirty stand in for it.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_file import FlameModel, read_flame
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.solve import Options
from ptalker_blender.rig.solving.flame import solve_flame
from ptalker_blender.rig.solving.motions import MixedKeys, Offsets
from ptalker_blender.rig.solving.retarget import flame_emphasis
from ptalker_blender.style.library import load_style

pytestmark = pytest.mark.data
BETAS = np.array([1.5, -1, 0.5, 2, 0, -1])
COMPONENTS = 30


@pytest.fixture(scope="module")
def flame(data_dir: Path) -> FlameModel:
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("FLAME is not here")
    model = read_flame(path)
    return replace(model, shapedirs=model.shapedirs[:, :, :30], expression_dirs=model.shapedirs[:, :, 30:])


def performance(n_frames: int = 60, opening: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Expression coefficients [T, 30] and poses [T, 5, 3] with a wide jaw that also slides."""
    rng = np.random.default_rng(0)
    time = np.linspace(0, 3, n_frames)
    expression = np.sin(time[:, None] * rng.uniform(0.5, 2, COMPONENTS) + rng.uniform(0, 6, COMPONENTS))
    pose = np.zeros((n_frames, 5, 3))
    pose[:, 2, 0] = opening * np.sin(2 * time) ** 2
    pose[:, 2, 1:] = 0.06 * np.sin(3 * time)[:, None]
    return expression, pose


def test_flame_parameters_come_back(flame: FlameModel) -> None:
    expression, pose = performance()
    rest = pose_flame(flame, BETAS)
    wanted = pose_flame(flame, BETAS, expression, pose) - rest
    found = solve_flame(Offsets(wanted), flame, BETAS, vertex_weights=flame_emphasis())
    np.testing.assert_allclose(found.jaw, pose[:, 2], atol=1e-3)
    np.testing.assert_allclose(found.expression, expression, atol=0.02)
    assert found.solution.converged
    assert found.solution.unexplained_percent < 1e-3
    # The figures are of the model's own function.
    given_back = np.zeros_like(pose)
    given_back[:, 2] = found.jaw
    missed = wanted - (pose_flame(flame, BETAS, found.expression, given_back) - rest)
    assert found.solution.worst_mm == pytest.approx(1e3 * np.linalg.norm(missed, axis=2).max(), abs=2e-4)
    assert found.solution.worst_mm < 0.1


def test_a_jaw_that_may_not_open_enough_is_said(flame: FlameModel) -> None:
    _, pose = performance()
    pose[:, 2, 1:] = 0
    wanted = pose_flame(flame, None, None, pose) - flame.v_template
    ranges = np.array([[-0.5, 0.5]] * 2 + [[0, 0.2]] + [[-0.1, 0.1]] * 2)
    found = solve_flame(Offsets(wanted), flame, None, components=2, ranges=ranges)
    assert found.expression.shape == (60, 2)
    assert found.jaw[:, 0].max() == pytest.approx(0.2)
    assert np.abs(found.expression).max() <= 0.5
    assert 5 < found.solution.unexplained_percent < 50
    wide = pose[:, 2, 0] > 0.3
    np.testing.assert_allclose(found.jaw[wide, 0], 0.2, atol=1e-9)


def test_speech_on_keys_of_this_identity(flame: FlameModel) -> None:
    """52 keys made of components and, for jawOpen, of the jaw at 0.25 rad: straight keys that the arc has to follow."""
    rng = np.random.default_rng(1)
    rest = pose_flame(flame, BETAS)
    keys = np.tensordot(0.5 * rng.normal(size=(52, COMPONENTS)), np.moveaxis(flame.expression_dirs, 2, 0), 1)
    pose = np.zeros((5, 3))
    pose[2, 0] = 0.25
    keys[BLENDSHAPES.index("jawOpen")] = pose_flame(flame, BETAS, pose=pose) - rest
    values = load_style("stage").motion.values[100:200, :52]
    found = solve_flame(MixedKeys(keys, values), flame, BETAS, vertex_weights=flame_emphasis())
    assert found.solution.unexplained_percent < 2, "the bar"
    opening = values[:, BLENDSHAPES.index("jawOpen")]
    assert np.corrcoef(found.jaw[:, 0], opening)[0, 1] > 0.98
    assert np.abs(found.jaw[:, 1:]).max() < 0.02


def test_a_flame_motion_has_flame_vertices(flame: FlameModel) -> None:
    with pytest.raises(ValueError, match="FLAME's 5023"):
        solve_flame(Offsets(np.zeros((2, 10, 3))), flame)
    with pytest.raises(ValueError, match="finite"):
        solve_flame(Offsets(np.full((1, 5023, 3), np.nan)), flame)
    still = solve_flame(Offsets(np.zeros((3, 5023, 3))), flame, options=Options())
    assert not still.jaw.any()
    assert not still.expression.any()
