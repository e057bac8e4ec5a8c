"""A network of vertices from a data set in VOCASET's format to the papers' metrics, through the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.cli import main
from ptalker_blender.errors import UserError
from ptalker_blender.model.checkpoint import load_checkpoint
from ptalker_blender.training.config import read_config
from ptalker_blender.training.evaluation.vertices_network import network_pairs, say, style_of
from ptalker_blender.training.recorded.read import read_recorded
from ptalker_blender.training.run import train
from tests.training.recorded.released import binary_ply, write_sequence, write_templates
from tests.training.test_run import corpus

TRAIN, TEST = "FaceTalk_170728_03272_TA", "FaceTalk_170809_00138_TA"
VERTICES = 5023


@pytest.fixture(scope="module")
def voca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two training and two test sentences of a second, of random vertices, with triangles."""
    folder = tmp_path_factory.mktemp("voca")
    write_templates(folder, [TRAIN, TEST], VERTICES)
    for name in (f"{TRAIN}_sentence01", f"{TRAIN}_sentence02", f"{TEST}_sentence21", f"{TEST}_sentence22"):
        write_sequence(folder, name, 61, VERTICES, 1.02)
    corners = np.arange(VERTICES - 2)
    (folder / "mesh.ply").write_bytes(binary_ply(VERTICES, np.stack([corners, corners + 1, corners + 2], axis=1)))
    return folder


@pytest.fixture(scope="module")
def weights(voca: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    made = corpus(folder / "made", 2)
    config = folder / "c.toml"
    config.write_text(f"""
seed = 1
out = "{(folder / "out").as_posix()}"
corpus = "{made.as_posix()}"
[network]
width = 16
layers = 1
feed_forward = 16
style_layers = 1
content_layers = 1
graph_features = 8
[phones]
steps = 1
batch = 2
[motion]
steps = 2
constraints_from = 1
batch = 4
performers = 0
[motion.constraints]
kl = 1.0
contrast = 1.0
style_cycle = 1.0
closure = 0.0
[[motion.recordings]]
kind = "vocaset"
path = "{voca.as_posix()}"
mesh = "{(voca / "mesh.ply").as_posix()}"
share = 1.0
""")
    refused = folder / "refused.toml"
    refused.write_text(config.read_text().replace("closure = 0.0", "closure = 1.0"))
    with pytest.raises(UserError, match="closure weight"):  # else it would count for nothing, and nobody would know
        train(read_config(refused), print, None)
    said: list[str] = []
    path = train(read_config(config), said.append, None)
    assert any("2 clips of 1 performers" in line for line in said)
    assert not (folder / "out" / "styles").exists()  # the library is the teacher's, who does not play here
    return path


def test_the_network_is_of_the_sets_mesh_and_performers(weights: Path) -> None:
    config = load_checkpoint(weights).config
    assert (config.output, config.channels, config.identities) == ("vertices", 3 * VERTICES, (f"vocaset:{TRAIN}",))
    assert 100 <= config.graph_points <= 150


def test_lines_are_said_at_the_sets_rate_in_the_manner_of_another_clip(weights: Path, voca: Path) -> None:
    network, found = load_checkpoint(weights), read_recorded("vocaset", voca)
    known, unknown = found.of("train")[0], found.of("test_b")[0]
    for clip in (known, unknown):
        style = style_of(network, found, clip)
        assert say(network, clip, style).shape == clip.motion.shape
    pairs = list(network_pairs(found, "test_b", network))
    assert [pair.name for pair in pairs] == [f"{TEST}_sentence21", f"{TEST}_sentence22"]
    assert all(pair.predicted.shape == pair.truth.shape == (31, VERTICES, 3) for pair in pairs)
    # A performer that training knew is met by the learned code as well.
    with torch.no_grad():
        assert network.identity_style is not None
        before = style_of(network, found, known)
        network.identity_style.table.weight += 1.0
        assert not torch.equal(before, style_of(network, found, known))
        fresh = style_of(network, found, unknown)
        network.identity_style.table.weight += 1.0
        torch.testing.assert_close(fresh, style_of(network, found, unknown))
    with pytest.raises(UserError, match="no vertex clips"):
        list(network_pairs(found, "test_a", network))


def test_the_papers_metrics_by_the_command(weights: Path, voca: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["evaluate", "vertices", "--weights", str(weights), "--truth", f"vocaset:{voca}", "--split", "test_b"]
    assert main([*asked, "--device", "cpu", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    everything = report["all"]
    assert everything["clips"] == 2 and everything["frames"] == 62 and everything["fps"] == 30
    for name in ("lve", "fve", "fdd", "fdd_signed", "ldd", "ldtw", "jitter", "scs"):
        assert np.isfinite(everything[name])
    assert set(report["sequences"]) == {f"{TEST}_sentence21", f"{TEST}_sentence22"}
    assert main([*asked, "--device", "cpu"]) == 0
    assert "SCS" in capsys.readouterr().out
    assert main([*asked[:4], "--truth", str(voca)]) == 2
    assert "vocaset:DIR" in capsys.readouterr().err


def test_vertices_and_the_teacher_do_not_mix(voca: Path, weights: Path, tmp_path: Path) -> None:
    text = (weights.parents[1] / "c.toml").read_text().replace("performers = 0", "performers = 3")
    path = tmp_path / "c.toml"
    path.write_text(text.replace("share = 1.0", "share = 0.5"))
    with pytest.raises(UserError, match="channels"):
        train(read_config(path), lambda line: None, None)
