"""The reversed gradient is reversed, and content trained through it really loses the speaker."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ptalker_blender.training.constraints.adversary import InverseClassifier, StyleClassifier, reverse_gradient


def test_reversal_is_the_identity_forward_and_minus_strength_backward() -> None:
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = reverse_gradient(x, 0.5)
    assert torch.equal(y, x)
    (y * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert torch.equal(x.grad, torch.tensor([-0.5, -5.0, -50.0]))


def test_style_classifier_is_linear_cross_entropy() -> None:
    classifier = StyleClassifier(2, 3)
    with torch.no_grad():
        classifier.read.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
        classifier.read.bias.zero_()
    code = torch.tensor([[2.0, 0.0], [0.0, 1.0]], requires_grad=True)
    loss, accuracy = classifier(code, torch.tensor([0, 2]))
    expected = (math.log(math.e**2 + 2) - 2 + math.log(math.e + 2)) / 2
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-6)
    assert float(accuracy) == 0.5
    assert not accuracy.requires_grad
    before = float(loss.detach())
    loss.backward()
    with torch.no_grad():
        after, _ = classifier(code - 0.1 * code.grad, torch.tensor([0, 2]))
    assert float(after) < before


def test_the_content_climbs_where_the_classifier_descends() -> None:
    torch.manual_seed(0)
    classifier = InverseClassifier(4, 3)
    label = torch.tensor([0, 1, 2, 0, 1])
    content = torch.randn(5, 9, 4, requires_grad=True)
    loss, _ = classifier(content, label, 1.0)
    loss.backward()
    with torch.no_grad():
        moved, _ = classifier(content - 0.5 * content.grad, label)
    assert float(moved) > float(loss.detach())
    weights = [parameter.grad for parameter in classifier.parameters()]
    with torch.no_grad():
        for parameter, gradient in zip(classifier.parameters(), weights, strict=True):
            parameter -= 0.05 * gradient
        learned, _ = classifier(content, label)
    assert float(learned) < float(loss.detach())


def test_strength_scales_only_what_reaches_the_content() -> None:
    torch.manual_seed(0)
    classifier = InverseClassifier(4, 3)
    raw, label = torch.randn(5, 9, 4), torch.tensor([0, 1, 2, 0, 1])
    gradients = []
    for strength in (1.0, 0.25, 0.0):
        content = raw.clone().requires_grad_()
        classifier.zero_grad()
        classifier(content, label, strength)[0].backward()
        gradients.append((content.grad, classifier.read[0].weight.grad.clone()))
    torch.testing.assert_close(gradients[1][0], 0.25 * gradients[0][0])
    assert not gradients[2][0].any()
    torch.testing.assert_close(gradients[1][1], gradients[0][1])


def test_shrinking_the_content_fools_nobody() -> None:
    torch.manual_seed(0)
    classifier = InverseClassifier(4, 3)
    content, label = torch.randn(5, 9, 4), torch.tensor([0, 1, 2, 0, 1])
    whole, _ = classifier(content, label)
    small, _ = classifier(1e-3 * content, label)
    assert float(small.detach()) == pytest.approx(float(whole.detach()), rel=1e-4)


def test_doubt_is_the_divergence_from_no_opinion_and_reaches_the_content_only() -> None:
    torch.manual_seed(0)
    classifier = InverseClassifier(4, 3)
    content = torch.randn(5, 9, 4, requires_grad=True)
    doubt = classifier.doubt(content)
    # Its cross-entropies against each label average to ln 3 more than that divergence.
    losses = [classifier(content, torch.full((5,), label))[0].detach() for label in range(3)]
    assert float(doubt.detach()) == pytest.approx(float(torch.stack(losses).mean()) - math.log(3), abs=1e-6)
    doubt.backward()
    assert content.grad.any()
    assert all(parameter.grad is None for parameter in classifier.parameters())
    with torch.no_grad():
        assert 0 < float(classifier.doubt(content - 0.5 * content.grad)) < float(doubt)


@pytest.mark.parametrize(("hidden_in", "way"), [("spread", "reversed"), ("spread", "doubt"), ("mean", "doubt")])
def test_an_encoder_trained_through_it_loses_the_speaker(hidden_in: str, way: str) -> None:
    """Two speakers differ in channel 0; the encoder must keep channels 1 to 3, which it is asked to copy."""
    label = torch.arange(32) % 2
    mark = (2.0 * label - 1.0)[:, None]

    def speak() -> torch.Tensor:
        sound = torch.randn(32, 20, 4)
        sound[..., 0] = sound[..., 0] + 2 * mark if hidden_in == "mean" else sound[..., 0] * (2.0 + 1.5 * mark)
        return sound

    def train(fooled: bool) -> tuple[float, float, float]:
        torch.manual_seed(0)
        encoder, classifier = nn.Linear(4, 4), InverseClassifier(4, 2)
        nn.init.eye_(encoder.weight)  # it starts by telling everything
        optimizer = torch.optim.Adam([*encoder.parameters(), *classifier.parameters()], lr=1e-2)
        for _ in range(150):
            sound = speak()
            content = encoder(sound)
            loss, _ = classifier(content, label, float(fooled and way == "reversed"))
            doubt = classifier.doubt(content) if fooled and way == "doubt" else torch.zeros(())
            optimizer.zero_grad()
            (loss + doubt + F.mse_loss(content[..., 1:], sound[..., 1:])).backward()
            optimizer.step()
        content = encoder(sound).detach()
        # The gap between the speakers, of the mean or of the deviation, in the channel where it is largest.
        told = content.mean(1) if hidden_in == "mean" else content.std(1)
        gap = (told[label == 1].mean(0) - told[label == 0].mean(0)).abs() / content.std((0, 1))
        return float(gap.max()), float(loss.detach()), float(F.mse_loss(content[..., 1:], sound[..., 1:]))

    seen_gap, seen_loss, _ = train(fooled=False)
    hidden_gap, hidden_loss, damage = train(fooled=True)
    assert seen_gap > 0.7
    assert hidden_gap < 0.2 * seen_gap
    assert seen_loss < 0.2 < 0.6 < hidden_loss
    assert damage < 0.05


def test_content_that_stands_still_has_a_finite_gradient() -> None:
    content = torch.ones(2, 5, 3, requires_grad=True)
    loss, _ = InverseClassifier(3, 2)(content, torch.tensor([0, 1]))
    loss.backward()
    assert torch.isfinite(content.grad).all()
