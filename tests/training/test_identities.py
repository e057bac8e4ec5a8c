"""The identity table follows the performances, and nothing else of the network moves."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ptalker_blender.training.identities import fit_identities, mean_code
from tests.tiny_network import tiny_network


def test_learned_codes_become_their_performers_means() -> None:
    network = tiny_network(identities=("a", "b", "c"))
    rng = np.random.default_rng(0)
    performances = [
        [np.abs(np.sin(rng.normal(0, 0.2, (40, 55)).cumsum(0) + who)).astype(np.float32) for _ in range(3)]
        for who in range(3)
    ]
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    cosine = fit_identities(network, performances)
    assert cosine > 0.98
    for name, tensor in network.state_dict().items():
        assert name.startswith("identity_style.") or torch.equal(tensor, before[name])
    with torch.no_grad():
        codes = network.style_of_identity(torch.arange(3))
        means = torch.stack([mean_code(network, clips) for clips in performances])
    assert bool((F.cosine_similarity(codes, means) > 0.98).all())
    with pytest.raises(ValueError, match="2 performers"):
        fit_identities(network, performances[:2])
