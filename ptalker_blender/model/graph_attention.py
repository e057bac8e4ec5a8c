"""Graph attention over a face graph (PTalker's E_G; Veličković et al., "Graph attention networks", 2018).

Points come first and frames last in all arrays: neighbours are then gathered as whole rows and every operation runs
along frames, which makes this affordable on a processor without a GPU (5 times as fast as the usual order).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2  # of the leaky rectifier on attention scores, as in the paper


class WeightedNeighbours(torch.autograd.Function):
    """Weighted sum of each point's neighbours, one place of the neighbour lists at a time.

    The plain expression, gather and sum, gives the same numbers (tested), but holds ten copies of the features at a
    time, and its gradient scatters. Neighbourhood is mutual, so here the gradient gathers as well.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, weights: Tensor, neighbours: Tensor, places: Tensor) -> Tensor:
        """features [N, H, d, F], weights [N, K, H, F], neighbours and places [N, K] -> [N, H, d, F]."""
        ctx.save_for_backward(features, weights, neighbours, places)
        out = torch.zeros_like(features)
        for place in range(neighbours.shape[1]):
            out.addcmul_(features[neighbours[:, place]], weights[:, place, :, None])
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Gradients of features and weights."""
        (gradient,) = gradients
        features, weights, neighbours, places = ctx.saved_tensors
        of_features, of_weights = torch.zeros_like(features), torch.empty_like(weights)
        for place in range(neighbours.shape[1]):
            ids = neighbours[:, place]
            of_weights[:, place] = torch.linalg.vecdot(gradient, features[ids], dim=2)
            # A padded place counts nothing: its weight, looked up at the neighbour's own place for it, is 0.
            of_features.addcmul_(gradient[ids], weights[ids, places[:, place], :, None])
        return of_features, of_weights, None, None


def mutual_places(neighbours: Tensor, real: Tensor) -> Tensor:
    """Where each point stands in the list of each of its neighbours, [N, K].

    Padding names the point itself and its own padded place, whose weight is 0.

    Raises:
        ValueError: a neighbour that does not know the point.
    """
    places = torch.arange(neighbours.shape[1]).expand_as(neighbours).clone()
    for point, place in real.nonzero().tolist():
        other = int(neighbours[point, place])
        found = (real[other] & (neighbours[other] == point)).nonzero()
        if not len(found):
            raise ValueError(f"point {other} does not know its neighbour {point}")
        places[point, place] = found[0, 0]
    return places


class GraphAttention(nn.Module):
    """One layer: every point takes up features of its neighbours and itself, by attention.

    Args:
        inputs: features per point that come in.
        outputs: features per point that go out; a multiple of ``heads``.
        heads: attention heads, concatenated.
    """

    def __init__(self, inputs: int, outputs: int, heads: int) -> None:
        super().__init__()
        if outputs % heads:
            raise ValueError(f"{outputs} features are not a multiple of {heads} heads")
        self.heads = heads
        self.features = nn.Linear(inputs, outputs)
        self.own = nn.Linear(inputs, heads)
        self.theirs = nn.Linear(inputs, heads, bias=False)

    def forward(self, points: Tensor, neighbours: Tensor, real: Tensor, places: Tensor) -> Tensor:
        """Points [N, inputs, F] of F frames to [N, outputs, F].

        Args:
            points: features.
            neighbours: ids [N, K], the point itself among them.
            real: which of them are, bool [N, K]; the rest is padding.
            places: see `mutual_places`.
        """
        features = along(self.features, points).view(len(points), self.heads, -1, points.shape[2])
        own, theirs = along(self.own, points), along(self.theirs, points)
        # index_select, whose gradient adds whole rows; that of plain indexing sorts and takes 5 times as long.
        gathered = theirs.index_select(0, neighbours.flatten()).view(*neighbours.shape, *theirs.shape[1:])
        scores = F.leaky_relu(own[:, None] + gathered, SLOPE)
        weights = scores.masked_fill(~real[:, :, None, None], float("-inf")).softmax(dim=1)
        mixed: Tensor = WeightedNeighbours.apply(features, weights, neighbours, places)  # type: ignore[no-untyped-call]
        return mixed.flatten(1, 2)


def along(linear: nn.Linear, x: Tensor) -> Tensor:
    """A linear layer over the middle dimension: [N, inputs, F] -> [N, outputs, F]."""
    out = linear.weight @ x
    return out if linear.bias is None else out + linear.bias[:, None]
