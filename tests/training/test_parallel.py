"""Several processes do what one does: really started by torchrun, on the CPU."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from ptalker_blender.cli import main
from ptalker_blender.errors import UserError
from ptalker_blender.training.motion_terms import ConstraintWeights
from ptalker_blender.training.parallel import Processes, joined
from tests.training.processes import ROWS, contrast, perform, train
from tests.training.test_train_command import config, curve, write_corpus, write_recording

TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def numbers(path: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = json.loads(path.read_text())
    return found


def in_two(root: Path, *module: str, **environment: str) -> tuple[str, str]:
    """What two processes printed, on both streams."""
    # A start for each group: two groups one after the other in the same processes wait for each other at times.
    done = subprocess.run(
        [sys.executable, *TOGETHER, "-m", *module],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Folder of what two processes found, and of what the command said in two."""
    folder, root = tmp_path_factory.mktemp("two"), pytestconfig.rootpath
    in_two(root, "tests.training.processes", str(folder))
    data, asked = str(write_recording(folder)), config(write_corpus(folder), "together", 3)
    said = in_two(root, "ptalker_blender.cli", "train", str(asked), "--until", "phones", PTALKER_DATA=data)
    (folder / "said.json").write_text(json.dumps(said))
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what one process finds."""
    folder = tmp_path_factory.mktemp("one")
    (folder / "found.json").write_text(json.dumps(train(folder, Processes.alone())))
    (folder / "terms.json").write_text(json.dumps(perform(folder, Processes.alone())))
    return folder


def test_two_processes_train_as_one(one: Path, two: Path) -> None:
    alone, together = numbers(one / "found.json"), numbers(two / "found.json")
    np.testing.assert_allclose(together["losses"], alone["losses"], rtol=1e-5)
    assert len(set(alone["losses"])) == len(alone["losses"])
    weights, first, second = (numbers(p) for p in (one / "weights0.json", two / "weights0.json", two / "weights1.json"))
    for name, values in weights.items():
        np.testing.assert_allclose(first[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
    assert first == second  # to the bit: the processes never drift apart


def test_two_processes_resume_as_one_and_as_if_uninterrupted(one: Path, two: Path) -> None:
    alone, together = numbers(one / "found.json"), numbers(two / "found.json")
    np.testing.assert_allclose(together["resumed"], alone["resumed"], rtol=1e-5)
    np.testing.assert_allclose(together["resumed"], together["losses"][-len(together["resumed"]) :], rtol=1e-5)


def test_two_processes_learn_motion_and_all_constraints_as_one(one: Path, two: Path) -> None:
    alone, together = numbers(one / "terms.json"), numbers(two / "terms.json")
    assert {entry.name for entry in fields(ConstraintWeights)} <= {name.split()[0] for name in alone}
    assert set(together) == set(alone)
    for name, values in alone.items():
        np.testing.assert_allclose(together[name], values, rtol=1e-4, atol=1e-5, err_msg=name)
    weights, first, second = (
        numbers(path) for path in (one / "performed0.json", two / "performed0.json", two / "performed1.json")
    )
    for name, tensor in weights.items():
        np.testing.assert_allclose(first[name], tensor, rtol=1e-3, atol=1e-4, err_msg=name)
    assert first == second


def test_a_contrast_over_the_batch_has_the_gradient_of_one_process(two: Path) -> None:
    alone, together = contrast(Processes.alone()), numbers(two / "found.json")
    for name, values in alone.items():
        np.testing.assert_allclose(together[name], values, rtol=1e-5, atol=1e-7, err_msg=name)
    assert together["used"] == [0.5]  # only the first process used it


def test_the_command_in_two_processes_is_one_run(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTALKER_DATA", str(two / "data"))
    corpus = write_corpus(tmp_path)
    assert main(["train", config(corpus, "alone", 3), "--until", "phones"]) == 0
    out, err = json.loads((two / "said.json").read_text())
    assert out.count("weights:") == 1 and err.count("phones 3/3") == 1
    (one,), (both,) = curve(corpus, "alone"), curve(two / "made", "together")
    # The second process draws its own dropout, so the losses are near and not the same.
    assert one["loss"] != both["loss"] and both["loss"] == pytest.approx(one["loss"], rel=0.05)


@pytest.mark.parametrize(("count", "world"), [(5, 2), (16, 3), (4, 4), (1, 1)])
def test_every_row_belongs_to_one_process(count: int, world: int) -> None:
    shares = [list(range(count))[Processes(rank, world).rows(count)] for rank in range(world)]
    assert [row for share in shares for row in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_more_processes_than_rows_are_refused() -> None:
    with pytest.raises(UserError, match="3 processes for a batch of 2"):
        Processes(0, 3).rows(2)
    with pytest.raises(ValueError, match="process 2 of 2"):
        Processes(2, 2)


def test_alone_nothing_is_gathered_summed_or_waited_for() -> None:
    alone = Processes.alone()
    codes = torch.randn(ROWS, 3, requires_grad=True)
    assert alone.gather_rows(codes, ROWS) is codes
    with pytest.raises(ValueError, match="4 rows of process 0, which has 5 of 5"):
        alone.gather_rows(codes[:4], ROWS)
    torch.testing.assert_close(alone.sum(codes), codes.detach())
    alone.wait()
    assert alone.first and alone.seed(7) == 7 and Processes(1, 2).seed(7) != 7


def test_without_torchrun_the_process_is_alone_and_keeps_its_device() -> None:
    with joined("mps", {}) as (processes, device):
        assert (processes, device) == (Processes.alone(), "mps")
    with joined("cpu", {"WORLD_SIZE": "1"}) as (processes, _):
        assert processes.world == 1


def test_devices_that_cannot_work_together_are_refused() -> None:
    several = {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "99"}
    with pytest.raises(UserError, match="mps"), joined("mps", several):
        pytest.fail("joined on mps")
    with pytest.raises(UserError, match="process 100 of this machine"), joined("cuda", several):
        pytest.fail("joined without a GPU")
