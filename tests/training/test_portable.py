"""A packed state: small, close to the exact one, and as good to go on from."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ptalker_blender.errors import UserError
from ptalker_blender.model.config import NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.training import portable
from ptalker_blender.training.checkpointing import Curve, load_state, save_state
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.phone_stage import PhoneStage, train_phones
from ptalker_blender.training.portable import LIMIT, Packed, Part, decode_parts, encode_parts, pack_run, unpack_run
from tests.training.processes import network, speech

Save = Callable[[int], Network]


def after_one_step(learner: Network) -> torch.optim.Optimizer:
    """An optimiser with moments of every parameter, spread over many octaves as in training."""
    learning = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learning, 1e-3)
    generator = torch.Generator().manual_seed(0)
    for parameter in learning:
        spread = torch.exp(3 * torch.randn(parameter.shape, generator=generator))
        parameter.grad = 1e-4 * spread * torch.randn(parameter.shape, generator=generator)
    optimiser.step()
    return optimiser


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a state of stage 1 at a step, with its curve, into the folder "run"."""

    def write(step: int) -> Network:
        learner = network(speech())
        Curve(tmp_path / "run" / "phones.jsonl", step).add(step, {"loss": 1.0 / (1 + step)})
        save_state(tmp_path / "run", "phones", learner, after_one_step(learner), step)
        return learner

    return write


def test_a_state_comes_back_within_the_bounds_of_its_codes(save: Save, tmp_path: Path) -> None:
    learner = save(7)
    packed = pack_run(tmp_path / "run", tmp_path / "small.safetensors")
    assert packed == Packed("phones", 7, (tmp_path / "small.safetensors").stat().st_size)
    ordinary = sum(file.stat().st_size for file in (tmp_path / "run").glob("*.safetensors"))
    assert packed.size < 0.5 * ordinary
    assert unpack_run(tmp_path / "small.safetensors", tmp_path / "there") == packed
    exact, found = (load_state(tmp_path / name, "phones") for name in ("run", "there"))
    assert exact is not None and found is not None and found.step == 7
    assert found.network.config == exact.network.config
    assert found.optimiser["param_groups"] == exact.optimiser["param_groups"]
    for name, buffer in learner.named_buffers():
        torch.testing.assert_close(found.network.get_buffer(name), buffer, rtol=0, atol=0)
    for name, parameter in learner.named_parameters():
        # Half a step of 16 bits of the tensor's largest value.
        error = (found.network.get_parameter(name) - parameter).abs().max()
        assert error <= parameter.abs().max() / 65_000, name
    for index, moments in exact.optimiser["state"].items():
        other = found.optimiser["state"][index]
        assert torch.equal(other["step"], moments["step"])
        bound = moments["exp_avg"].abs().max() / 250  # half a step of 8 bits
        assert ((other["exp_avg"] - moments["exp_avg"]).abs() <= bound).all()
        # Half of 254 steps between the least and the greatest; 45 octaves apart that is 6 %.
        wanted, there = (m["exp_avg_sq"].double().log2() for m in (moments, other))
        assert ((there - wanted).abs() <= (wanted.max() - wanted.min()) / 508 + 1e-4).all()
    curve = (tmp_path / "there" / "phones.jsonl").read_text()
    assert curve == (tmp_path / "run" / "phones.jsonl").read_text() and json.loads(curve)["step"] == 7


@pytest.mark.parametrize(("frozen", "bits"), [(True, torch.int8), (False, torch.uint8)])
def test_the_shipped_networks_state_is_below_15_mib(frozen: bool, bits: torch.dtype, tmp_path: Path) -> None:
    """With the speech encoder frozen, as in stages 2 and 3, first moments keep 8 bits; with all of them they get 4."""
    learner = Network(NetworkConfig(phones=PHONES, identities=tuple(f"performer_{i}" for i in range(480))))
    assert sum(parameter.numel() for parameter in learner.parameters()) > 3_000_000
    for parameter in learner.audio_content.encoder.parameters():
        parameter.requires_grad_(not frozen)
    save_state(tmp_path, "motion", learner, after_one_step(learner), 1000)
    packed = pack_run(tmp_path, tmp_path / "small")
    assert packed.size == (tmp_path / "small").stat().st_size <= LIMIT
    first = {tensor.dtype for name, tensor in load_file(tmp_path / "small").items() if name.endswith(".exp_avg:codes")}
    assert first == {bits}


def test_first_moments_get_4_bits_where_8_are_too_many_and_then_there_is_an_end(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(1)
    eight = pack_run(tmp_path / "run", tmp_path / "small").size
    monkeypatch.setattr(portable, "LIMIT", eight - 1)
    four = pack_run(tmp_path / "run", tmp_path / "small").size
    assert four < eight
    monkeypatch.setattr(portable, "LIMIT", four - 1)
    with pytest.raises(UserError, match="MiB when packed"):
        pack_run(tmp_path / "run", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_training_goes_on_from_a_packed_state_as_from_the_exact_one(tmp_path: Path) -> None:
    mix, stage, learner = speech(), PhoneStage(steps=16, batch=3), network(speech())
    losses = []
    for step, loss, optimiser in train_phones(learner, mix, stage, 1):
        losses.append(loss)
        if step + 1 == 8:
            save_state(tmp_path / "run", "phones", learner, optimiser, 8)
    pack_run(tmp_path / "run", tmp_path / "small")
    unpack_run(tmp_path / "small", tmp_path / "there")
    state = load_state(tmp_path / "there", "phones")
    assert state is not None
    resumed = [
        loss for _, loss, _ in train_phones(state.network, mix, stage, 1, first_step=8, optimiser_state=state.optimiser)
    ]
    np.testing.assert_allclose(resumed, losses[8:], rtol=0.01)
    assert resumed != losses[8:]


def learned(model: nn.Module, optimiser: torch.optim.Optimizer, steps: int, seed: int) -> float:
    """Loss over the last half of the steps on a regression with noise, of batches drawn from the seed."""
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(steps):
        x = torch.randn(32, 8, generator=generator)
        y = torch.sin(2 * x[:, :1]) * x[:, 1:2] + 0.1 * torch.randn(32, 1, generator=generator)
        loss = (model(x) - y).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses[steps // 2 :]))


def regression() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 1))
    return model, torch.optim.AdamW(model.parameters(), 3e-3, betas=(0.9, 0.98))


def test_200_steps_from_a_packed_state_are_as_good_as_from_the_exact_one_within_the_noise_of_seeds() -> None:
    model, optimiser = regression()
    learned(model, optimiser, 400, seed=0)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = optimiser.state_dict()
    moments = {f"{i}.{name}": t.clone() for i, values in state["state"].items() for name, t in values.items()}
    parts = {"network": Part({}, weights), "optimiser": Part({}, moments)}

    def go_on(parts: dict[str, Part], seed: int) -> float:
        model, optimiser = regression()
        model.load_state_dict(dict(parts["network"].tensors))
        values: dict[int, dict[str, torch.Tensor]] = {}
        for key, tensor in parts["optimiser"].tensors.items():
            index, name = key.split(".")
            values.setdefault(int(index), {})[name] = tensor.clone()
        optimiser.load_state_dict({"state": values, "param_groups": state["param_groups"]})
        return learned(model, optimiser, 200, seed)

    exact = np.array([go_on(parts, seed) for seed in range(1, 5)])
    begun = go_on(parts | {"optimiser": Part({}, {})}, 1)
    for bits in portable.MOMENT_BITS:
        stored, layout = encode_parts(parts, set(), bits)
        assert layout  # large enough to be coded at all
        coded = decode_parts(stored, layout, {"network": {}, "optimiser": {}})
        packed = np.array([go_on(coded, seed) for seed in range(1, 5)])
        assert abs(np.mean(packed - exact)) < np.std(exact, ddof=1) / np.sqrt(len(exact)), bits
        # With the same draws it follows the exact run far closer than one that lost its moments does.
        assert abs(packed[0] - exact[0]) < 0.5 * abs(begun - exact[0]), bits


def test_a_further_state_is_never_replaced_by_an_older_one(save: Save, tmp_path: Path) -> None:
    save(5)
    small, run = tmp_path / "small", tmp_path / "run"
    pack_run(run, small)
    for step in (5, 6):
        save(step)
        with pytest.raises(UserError, match=f"at step {step} of phones, the packed state at step 5"):
            unpack_run(small, run)
    save(4)
    assert unpack_run(small, run).step == 5
    state = load_state(run, "phones")
    assert state is not None and state.step == 5


def test_a_state_of_another_network_is_not_written_over(save: Save, tmp_path: Path) -> None:
    save(5)
    pack_run(tmp_path / "run", tmp_path / "small")
    other = Network(NetworkConfig(phones=PHONES, width=16, layers=1, feed_forward=16))
    save_state(tmp_path / "other", "phones", other, after_one_step(other), 1)
    with pytest.raises(UserError, match="another network"):
        unpack_run(tmp_path / "small", tmp_path / "other")


def test_the_later_stage_is_what_is_packed_and_a_finished_network_is_no_part(save: Save, tmp_path: Path) -> None:
    learner, run = save(9), tmp_path / "run"
    (run / "phones.final.safetensors").write_bytes((run / "phones.network.safetensors").read_bytes())
    assert pack_run(run, tmp_path / "small").stage == "phones"
    unpack_run(tmp_path / "small", tmp_path / "there")
    assert not (tmp_path / "there" / "phones.final.safetensors").exists()
    save_state(run, "motion", learner, after_one_step(learner), 2)
    assert pack_run(run, tmp_path / "small").stage == "motion"
    unpack_run(tmp_path / "small", tmp_path / "there")  # a later stage, though of fewer steps
    assert load_state(tmp_path / "there", "motion") is not None


def test_what_is_no_state_is_refused_in_one_line(save: Save, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no state of training"):
        pack_run(tmp_path / "nothing", tmp_path / "small")
    with pytest.raises(UserError, match="no file"):
        unpack_run(tmp_path / "small", tmp_path / "there")
    (tmp_path / "text").write_text("no tensors")
    with pytest.raises(UserError, match="text is not readable"):
        unpack_run(tmp_path / "text", tmp_path / "there")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="format None"):
        unpack_run(tmp_path / "other.safetensors", tmp_path / "there")
    save(3)
    run = tmp_path / "run"
    late = (run / "phones.optimiser.safetensors").read_bytes()
    save(4)
    (run / "phones.optimiser.safetensors").write_bytes(late)
    with pytest.raises(UserError, match="of one step"):
        pack_run(run, tmp_path / "small")
