"""The network's parts: what each must do before any training, and what must survive storage."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ptalker_blender.errors import UserError
from ptalker_blender.model.attention import period_bias, reach_bias
from ptalker_blender.model.checkpoint import (
    FORMAT,
    load_checkpoint,
    load_motion_part,
    load_speech_part,
    save_checkpoint,
)
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.fusion import fuse
from ptalker_blender.model.network import Network
from ptalker_blender.model.saln import StyleAdaptiveLayerNorm
from ptalker_blender.model.sound import Sound

TINY_ENCODER = COMPACT_SPEECH_ENCODER | {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
TINY = NetworkConfig(
    phones=("sil", "aa", "p"), speech_encoder=TINY_ENCODER, width=16, layers=1, feed_forward=16, identities=("a", "b")
)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return Network(TINY).eval()


def test_untrained_face_rests(network: Network) -> None:
    controls, logits = network(Sound(torch.randn(2, 30, 160)), torch.randn(2, 16))
    assert controls.shape == (2, 30, 55)
    assert logits.shape == (2, 30, 3)
    assert torch.count_nonzero(controls) == 0


def test_default_network_is_compact() -> None:
    config = NetworkConfig(phones=tuple(map(str, range(40))))
    count = sum(parameter.numel() for parameter in Network(config).parameters())
    encoder = sum(parameter.numel() for parameter in Network(config).audio_content.encoder.parameters())
    assert 1e6 < encoder < 2e6  # design.md section 3
    assert count < 4e6


def test_configuration_survives_json_and_refuses_gaps() -> None:
    assert NetworkConfig.from_json(TINY.to_json()) == TINY
    fields = json.loads(TINY.to_json())
    del fields["layers"]
    with pytest.raises(TypeError, match="layers"):
        NetworkConfig.from_json(json.dumps(fields))
    with pytest.raises(TypeError):
        NetworkConfig.from_json(json.dumps(fields | {"layers": 1, "colour": 2}))


@pytest.mark.parametrize("wrong", [{"width": 15}, {"layers": 0}, {"phones": ("a", "a")}, {"speech_encoder": {}}])
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        NetworkConfig(**({"phones": ("sil",)} | wrong))  # type: ignore[arg-type]


def test_unknown_speech_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="whisper"):
        Network(NetworkConfig(phones=("sil",), speech_encoder={"model_type": "whisper", "hidden_size": 8}))


def test_checkpoint_round_trip(network: Network, tmp_path: Path) -> None:
    torch.nn.init.normal_(network.decoder.out.weight)
    path = tmp_path / "w.safetensors"
    save_checkpoint(network, path, {"note": "x"})
    loaded = load_checkpoint(path)
    sound, style = Sound(torch.randn(1, 12, 160)), torch.randn(1, 16)
    torch.testing.assert_close(loaded(sound, style)[0], network(sound, style)[0], rtol=0, atol=0)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.safetensors"
    garbage.write_bytes(b"\x80\x04not a tensor file")
    other = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(1)}, other)
    for path in (garbage, other, tmp_path / "missing.safetensors"):
        with pytest.raises(UserError):
            load_checkpoint(path)


def test_weights_of_another_version_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for config in ("{}", "not json", TINY.to_json().replace('"layers": 1', '"layers": 0')):
        save_file({"x": torch.zeros(1)}, path, metadata={"format": FORMAT, "config": config})
        with pytest.raises(UserError, match="of this version"):
            load_checkpoint(path)


def test_a_missing_tensor_is_an_error(network: Network, tmp_path: Path) -> None:
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    state.pop("decoder.out.bias")
    path = tmp_path / "w.safetensors"
    save_file(state, path, metadata={"format": FORMAT, "config": TINY.to_json()})
    with pytest.raises(UserError, match=r"decoder\.out\.bias"):
        load_checkpoint(path)


def test_weights_without_a_configuration_are_refused_in_one_line(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(network.state_dict(), path, metadata={"format": FORMAT})
    with pytest.raises(UserError) as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_the_speech_part_of_other_weights_is_taken_and_nothing_else(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    network.mel.mean.fill_(3.0)
    save_checkpoint(network, path)
    other = Network(replace(TINY, layers=2, identities=("c",)))
    decoder = other.decoder.start.weight.clone()
    load_speech_part(other, path)
    encoders = (n.audio_content.encoder.parameters() for n in (other, network))
    for mine, theirs in zip(*encoders, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
    torch.testing.assert_close(other.audio_content.phone_head.weight, network.audio_content.phone_head.weight)
    assert float(other.mel.mean[0]) == 3.0
    torch.testing.assert_close(other.decoder.start.weight, decoder, rtol=0, atol=0)
    # Weights of the first version hold the same speech part.
    state = {
        name: tensor.clone()
        for name, tensor in network.state_dict().items()
        if name.startswith(("audio_content", "mel"))
    }
    config = {name: json.loads(TINY.to_json())[name] for name in ("speech_encoder", "phones", "mels")}
    save_file(state, path, metadata={"format": "ptalker-network-1", "config": json.dumps(config)})
    load_speech_part(other, path)
    with pytest.raises(UserError, match="another speech encoder"):
        load_speech_part(Network(replace(TINY, mels=40)), path)
    with pytest.raises(UserError, match="ptalker-network-1"):
        load_checkpoint(path)


def test_style_adaptive_norm_starts_plain_and_then_listens() -> None:
    norm = StyleAdaptiveLayerNorm(8)
    x, style = torch.randn(2, 5, 8), torch.randn(2, 8)
    torch.testing.assert_close(norm(x, style), torch.nn.functional.layer_norm(x, (8,)))
    torch.nn.init.normal_(norm.affine.weight)
    assert not torch.allclose(norm(x, style), norm(x, -style))


def test_the_rest_of_other_weights_is_taken_without_their_speech_part(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_checkpoint(network, path)
    other = Network(replace(TINY, lead_frames=1))
    encoder = {name: tensor.clone() for name, tensor in other.audio_content.encoder.state_dict().items()}
    load_motion_part(other, path)
    torch.testing.assert_close(other.decoder.start.weight, network.decoder.start.weight, rtol=0, atol=0)
    torch.testing.assert_close(other.audio_content.project.weight, network.audio_content.project.weight)
    for name, tensor in other.audio_content.encoder.state_dict().items():
        torch.testing.assert_close(tensor, encoder[name], rtol=0, atol=0)
    with pytest.raises(UserError, match="another configuration"):
        load_motion_part(Network(replace(TINY, layers=2)), path)
    more = Network(replace(TINY, identities=("c", "b")))
    assert more.identity_style is not None and network.identity_style is not None
    new = more.identity_style.table.weight[0].detach().clone()
    load_motion_part(more, path)
    torch.testing.assert_close(more.identity_style.table.weight[1], network.identity_style.table.weight[1])
    torch.testing.assert_close(more.identity_style.table.weight[0], new)


def test_fuse_is_the_mean_of_what_is_present() -> None:
    a, b = torch.ones(2, 3), 3 * torch.ones(2, 3)
    present = [torch.tensor([True, True]), torch.tensor([False, True])]
    torch.testing.assert_close(fuse([a, b], present), torch.tensor([[1.0] * 3, [2.0] * 3]))
    with pytest.raises(ValueError, match="source"):
        fuse([a, b], [torch.tensor([True, False]), torch.tensor([True, False])])
    with pytest.raises(ValueError, match="2 style codes, but 3"):
        fuse([a, b], [torch.tensor([True, True])] * 3)


def test_attention_biases() -> None:
    bias = period_bias(5, 2, 25, torch.device("cpu"), torch.float32)
    assert bias.shape == (2, 5, 5)
    assert float(bias[0, 2, 2]) == 0 and float(bias[0, 0, 4]) == pytest.approx(-8 * 4 / 25)
    reach = reach_bias(6, 2, torch.device("cpu"), torch.float32)
    assert torch.isinf(reach).sum() == 12 and float(reach[0, 2]) == 0


def test_audio_beyond_the_cross_reach_matters_only_through_neighbours(network: Network) -> None:
    """The decoder may look further through self-attention, but the frame that changed changes most."""
    torch.nn.init.normal_(network.decoder.out.weight)
    content, style = torch.randn(1, 60, 16), torch.randn(1, 16)
    moved = content.clone()
    moved[:, 30] += 1.0
    change = (network.decoder(moved, style) - network.decoder(content, style)).norm(dim=-1)[0]
    assert int(change.argmax()) == 30
