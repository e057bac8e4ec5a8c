"""Speech encoders from local folders: on our time grid, true to the checkpoint, fine-tuned, stored, and refused."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2BertConfig,
    Wav2Vec2BertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)

from ptalker_blender.errors import UserError
from ptalker_blender.model.audio_content import AudioContentEncoder
from ptalker_blender.model.checkpoint import load_checkpoint, save_checkpoint
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.mel import FIRST_CENTRE, FRAME, LogMel, samples_for
from ptalker_blender.model.network import Network
from ptalker_blender.model.sound import Sound
from ptalker_blender.model.speech_encoder import WaveInput, receptive_field
from ptalker_blender.model.speech_folder import load_speech_encoder
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.mix import CorpusShare, mix_speech
from ptalker_blender.training.phone_stage import PhoneStage, phone_posteriors, train_phones
from ptalker_blender.training.speech_data import Utterance

KERNELS, STRIDES = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "vocab_size": 8,
}  # fmt: skip
COMPACT = COMPACT_SPEECH_ENCODER | {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 32}
FRAMES = 30


def write_hubert(folder: Path) -> None:
    """HuBERT with a CTC head, as papers use it: its encoder's tensors have names of their own."""
    HubertForCTC(HubertConfig(**SMALL)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


def write_wav2vec2(folder: Path) -> None:
    """A bare wav2vec 2.0 of the large models' kind: layer norm in the convolutions and before each layer."""
    large = SMALL | {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
    Wav2Vec2Model(Wav2Vec2Config(**large)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(folder)


WRITERS = {"hubert": write_hubert, "wav2vec2": write_wav2vec2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.manual_seed(0)
    made = {}
    for name, write in WRITERS.items():
        made[name] = tmp_path_factory.mktemp(name)
        write(made[name])
    return made


@pytest.fixture(params=WRITERS)
def folder(request: pytest.FixtureRequest, folders: dict[str, Path], tmp_path: Path) -> Path:
    """A checkpoint's folder that the test may damage."""
    return Path(shutil.copytree(folders[request.param], tmp_path / request.param))


def network_of(folder: Path) -> Network:
    config, state = load_speech_encoder(folder)
    torch.manual_seed(0)
    network = Network(NetworkConfig(phones=PHONES, speech_encoder=config, width=16, layers=1, feed_forward=16))
    network.audio_content.encoder.load_state_dict(state, strict=True)
    return network


def noise(length: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(1, length, generator=torch.Generator().manual_seed(seed))


# Time origin


def test_the_papers_encoders_see_400_samples_every_320() -> None:
    assert receptive_field(KERNELS, STRIDES) == 400
    for kernels, strides in (((10, 3), (5, 2)), ((11, 3, 3, 3, 3, 2, 2), STRIDES), ((400, 3, 3, 3, 3, 2, 2), STRIDES)):
        with pytest.raises(ValueError, match="samples apart"):
            receptive_field(kernels, strides)


@pytest.mark.parametrize("frame", [0, 11, FRAMES - 1])
def test_a_frame_of_the_convolutions_sees_its_own_400_samples_and_no_other(
    frame: int, folders: dict[str, Path]
) -> None:
    content = network_of(folders["wav2vec2"]).audio_content
    samples = noise(samples_for(FRAMES)).requires_grad_()
    assert content.waves is not None
    features = content.encoder.feature_extractor(content.waves(samples, FRAMES))
    assert features.shape[2] == FRAMES
    (gradient,) = torch.autograd.grad(features[0, :, frame].square().sum(), samples)
    seen = gradient[0].nonzero()[:, 0]
    # Whole samples either side of the frame's centre, which is half way between two of them.
    assert (int(seen.min()), int(seen.max())) == (
        FIRST_CENTRE + FRAME * frame - 200,
        FIRST_CENTRE + FRAME * frame + 199,
    )


@pytest.mark.parametrize("kind", ["wav2vec2-bert", *WRITERS])
@pytest.mark.parametrize("frame", [0, 1, 15, FRAMES - 1])
def test_a_click_on_a_motion_frame_is_heard_in_that_frame(kind: str, frame: int, folders: dict[str, Path]) -> None:
    """On average over untrained encoders: one alone may by chance pass on to a neighbour more than it keeps."""
    config = COMPACT if kind == "wav2vec2-bert" else load_speech_encoder(folders[kind])[0]
    mel, quiet = LogMel(80), noise(samples_for(FRAMES))
    loud = quiet.clone()
    loud[0, FIRST_CENTRE + FRAME * frame] += 1.0
    change = torch.zeros(FRAMES)
    for seed in range(8):
        torch.manual_seed(seed)
        content = AudioContentEncoder(config | {"num_hidden_layers": 1}, width=16, phones=4).eval()
        with torch.no_grad():
            before, after = (content.hidden(Sound(mel.windows(s), s)) for s in (quiet, loud))
        change += (after - before).norm(dim=-1)[0]
    assert int(change.argmax()) == frame


# True to the checkpoint


def test_states_are_those_of_transformers_own_pipeline(folders: dict[str, Path]) -> None:
    """The feature extractor, the model and the cut, by the library's own code."""
    samples = noise(samples_for(FRAMES)) + 0.3
    for name, model in (("hubert", HubertModel), ("wav2vec2", Wav2Vec2Model)):
        content = network_of(folders[name]).audio_content.eval()
        extract = Wav2Vec2FeatureExtractor.from_pretrained(folders[name])
        inputs = extract(samples[0, 80:-80].numpy(), sampling_rate=16_000, return_tensors="pt").input_values
        with torch.no_grad():
            expected = model.from_pretrained(folders[name]).eval()(inputs).last_hidden_state
            states = content.hidden(Sound(torch.zeros(1, FRAMES, 160), samples))
        torch.testing.assert_close(states, expected, rtol=1e-4, atol=1e-5)


def test_a_silent_window_stays_silent_and_finite() -> None:
    waves = WaveInput(400, normalise=True)(torch.zeros(1, samples_for(5)), 5)
    assert waves.shape == (1, 4 * FRAME + 400) and not waves.any()


def test_old_spellings_and_halves_are_understood(folder: Path) -> None:
    expected = load_speech_encoder(folder)[1]
    old = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): tensor.half()
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    assert any(name.endswith("weight_v") for name in old)
    save_file(old, folder / "model.safetensors")
    state = load_speech_encoder(folder)[1]
    assert {name: tensor.dtype for name, tensor in state.items()} == dict.fromkeys(expected, torch.float32)
    for name, tensor in state.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-4)


def test_an_encoder_of_log_mel_frames_loads_too(tmp_path: Path) -> None:
    fields = {key: value for key, value in COMPACT.items() if key != "model_type"}
    saved = Wav2Vec2BertModel(Wav2Vec2BertConfig(**fields))
    saved.save_pretrained(tmp_path)
    config, state = load_speech_encoder(tmp_path)
    content = AudioContentEncoder(config, width=16, phones=4).eval()
    content.encoder.load_state_dict(state, strict=True)
    mel = torch.randn(1, FRAMES, 160)
    with torch.no_grad():
        expected = saved.eval()(input_features=mel).last_hidden_state
        torch.testing.assert_close(content.hidden(Sound(mel)), expected)


@pytest.mark.parametrize(("hidden", "layers", "millions"), [(768, 12, 95), (1024, 24, 316)])
def test_the_papers_own_sizes_fit(hidden: int, layers: int, millions: int) -> None:
    """HuBERT base and large have 95 and 316 million parameters (Hsu et al., 2021, table I)."""
    large = hidden == 1024
    config = {
        "model_type": "hubert", "hidden_size": hidden, "num_hidden_layers": layers, "normalise_windows": large,
        "num_attention_heads": hidden // 64, "intermediate_size": 4 * hidden, "do_stable_layer_norm": large,
        "feat_extract_norm": "layer" if large else "group", "conv_bias": large,
    }  # fmt: skip
    with torch.device("meta"):
        content = AudioContentEncoder(config, width=128, phones=40)
    assert sum(p.numel() for p in content.encoder.parameters()) / 1e6 == pytest.approx(millions, abs=1)
    assert content.project.in_features == hidden + 40 and content.project.out_features == 128


# Training and storage


def tones(seed: int) -> Utterance:
    """A second and a half of tones, whose pitch names the phone."""
    hertz = {"sil": 0.0, "aa": 300.0, "iy": 2300.0}
    rng = np.random.default_rng(seed)
    phones = ["sil", *rng.choice(["aa", "iy"], 5)]
    times = np.arange(4000) / 16_000
    sound = np.concatenate([8000 * np.sin(2 * np.pi * hertz[p] * times) for p in phones]) + rng.normal(0, 30, 24_000)
    starts = np.arange(len(phones)) * 0.25
    return Utterance(sound.astype(np.int16), starts, np.array([PHONES.index(p) for p in phones]), 1.5, "tones")


def test_stage_1_fine_tunes_all_but_the_front(folder: Path, tmp_path: Path) -> None:
    network = network_of(folder)
    before = {name: tensor.clone() for name, tensor in network.audio_content.encoder.state_dict().items()}
    utterances = [tones(i) for i in range(6)]
    speech = mix_speech([(CorpusShare(Path("tones")), utterances)], rare_power=0.0, smoothing=0.0)
    stage = PhoneStage(steps=12, batch=4, learning_rate=3e-3)
    losses = [loss for _, loss, _ in train_phones(network, speech, stage, seed=1)]
    assert np.mean(losses[-3:]) < 0.7 * losses[0]
    after = network.audio_content.encoder.state_dict()
    moved = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith("feature_extractor.") for name in moved)
    assert any(name.startswith("encoder.layers.1.") for name in moved)
    # Several processes sum the gradients of what is tuned, so none of it may be without.
    assert all(parameter.grad is not None for parameter in network.audio_content.tuned_parameters())
    path = tmp_path / "w.safetensors"
    save_checkpoint(network, path)
    loaded = load_checkpoint(path)
    sound = network.eval().hear(noise(samples_for(FRAMES)))
    with torch.no_grad():
        for ours, theirs in zip(network.content_of_sound(sound), loaded.content_of_sound(sound), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_the_front_learns_where_the_setting_says_so(folders: dict[str, Path]) -> None:
    config, _ = load_speech_encoder(folders["hubert"])
    frozen, free = (AudioContentEncoder(config | {"freeze_front": f}, 16, 4) for f in (True, False))
    front = sum(1 for _ in frozen.encoder.feature_extractor.parameters())
    assert len(free.tuned_parameters()) - len(frozen.tuned_parameters()) == front > 0
    assert all(parameter.requires_grad for parameter in free.encoder.feature_extractor.parameters())


def test_posteriors_of_a_clip_come_through_the_waves(folders: dict[str, Path]) -> None:
    from ptalker_blender.audio.clip import AudioClip

    samples = noise(16_000)[0].numpy()
    posteriors = phone_posteriors(network_of(folders["hubert"]), AudioClip(samples))
    assert posteriors.shape == (50, len(PHONES))
    np.testing.assert_allclose(posteriors.sum(1), 1.0, rtol=1e-5)


def test_masking_and_layer_drop_are_off(folder: Path) -> None:
    """In training mode, with dropout at 0, the encoder says the same twice: nothing else inside it is drawn."""
    config, state = load_speech_encoder(folder)
    still = {key: 0.0 for key in config if key.endswith("dropout")}
    content = AudioContentEncoder(config | still, 16, 4).train()
    content.encoder.load_state_dict(state, strict=True)
    sound = Sound(torch.zeros(1, FRAMES, 160), noise(samples_for(FRAMES)))
    torch.testing.assert_close(content.hidden(sound), content.hidden(sound), rtol=0, atol=0)


def test_a_wave_encoder_without_waves_or_with_too_few_is_told(folders: dict[str, Path]) -> None:
    content = network_of(folders["hubert"]).audio_content
    with pytest.raises(ValueError, match="reads waves"):
        content.hidden(Sound(torch.zeros(1, FRAMES, 160)))
    with pytest.raises(ValueError, match="do not hold"):
        content.hidden(Sound(torch.zeros(1, FRAMES, 160), noise(samples_for(FRAMES) - 81)))
    config, _ = load_speech_encoder(folders["hubert"])
    del config["normalise_windows"]
    with pytest.raises(ValueError, match="normalise_windows"):
        AudioContentEncoder(config, 16, 4)


def test_transformers_is_imported_only_for_what_is_used() -> None:
    script = (
        "import sys, ptalker_blender.model.network as n, ptalker_blender.model.config as c\n"
        "assert 'transformers' not in sys.modules\n"
        "n.Network(c.NetworkConfig(phones=('sil',)))\n"
        "loaded = [m for m in sys.modules if m.startswith('transformers.models.')]\n"
        "assert any('wav2vec2_bert' in m for m in loaded)\n"
        "assert not any(m.endswith(('.modeling_hubert', '.modeling_wav2vec2')) for m in loaded), loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Refusals


def edit(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def pickled(folder: Path) -> None:
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def lacking(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    del tensors[next(name for name in tensors if name.endswith("layers.0.attention.k_proj.bias"))]
    save_file(tensors, path)


def cut_short(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shutil.rmtree, "no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "config.json").write_text("[]"), "holds no settings"),
        (lambda f: edit(f, "config.json", model_type="whisper"), "whisper"),
        (lambda f: edit(f, "config.json", hidden_size="wide"), "hidden_size"),
        (lambda f: edit(f, "config.json", hidden_size=48), "shape"),
        (lambda f: edit(f, "config.json", conv_stride=[5, 2, 2, 2, 2, 2, 1]), "160 samples apart"),
        (lambda f: edit(f, "config.json", add_adapter=True), "adapter"),
        (lambda f: (f / "preprocessor_config.json").unlink(), "no preprocessor_config.json"),
        (lambda f: edit(f, "preprocessor_config.json", sampling_rate=8000), "8000"),
        (lambda f: edit(f, "preprocessor_config.json", do_normalize=None), "do_normalize"),
        (lambda f: (f / "model.safetensors").unlink(), "no model.safetensors"),
        (pickled, "pickled"),
        (lacking, "k_proj.bias"),
        (cut_short, "not a readable safetensors"),
    ],
)
def test_folders_that_cannot_be_used_are_refused_in_one_line(damage: object, words: str, folder: Path) -> None:
    damage(folder)  # type: ignore[operator]
    with pytest.raises(UserError, match=words) as caught:
        load_speech_encoder(folder)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_with_a_way_out(folder: Path) -> None:
    pickled(folder)
    with pytest.raises(UserError, match="save_pretrained"):
        load_speech_encoder(folder)
