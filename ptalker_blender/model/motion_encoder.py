"""Motion encoder: a moving face to one feature vector a frame, through its face graph (PTalker's E_G).

The released PTalker has a single linear layer in its place (papers.md section 1.3). Here each point of the graph has
its displacement, its velocity and its place at rest; graph attention mixes neighbours; and points are pooled by
where they lie. Nothing depends on the numbering of the points.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .face_graph import FaceGraph
from .graph_attention import GraphAttention, along, mutual_places

POOLS = 16  # regions a face is summed up in
REGION = 0.25  # radius of a region before training, in units of the points' mean distance from their centre
STRIDE = 2  # frames at 25 Hz that the graph attention takes at a time: its cost is per step, not per frame
# A frame's change at 25 Hz is about a fifth of the displacement itself: both are brought to one scale.
VELOCITY_SCALE = 5.0


def changes(motion: Tensor) -> Tensor:
    """Difference of each frame to the one before [B, P, ...]; 0 at the first."""
    return torch.cat([torch.zeros_like(motion[:, :1]), motion[:, 1:] - motion[:, :-1]], dim=1)


class PointMotion(nn.Module):
    """A motion's channels to displacements of the graph's points.

    Args:
        channels: C, of the motion.
        points: N, of the graph.
        vertex_output: whether the channels are vertex offsets, of which the points are some; else they are controls,
            which move the points linearly.
        others: number of channels that move no point but say something, such as the turn of the head and the eyes.
    """

    basis: Tensor
    chosen: Tensor
    extra: Tensor
    extra_scale: Tensor
    scale: Tensor

    def __init__(self, channels: int, points: int, vertex_output: bool, others: int) -> None:
        super().__init__()
        self.vertex_output = vertex_output
        if vertex_output:
            self.register_buffer("chosen", torch.zeros(points, dtype=torch.int64))
        else:
            self.register_buffer("basis", torch.zeros(channels, 3 * points))
        self.register_buffer("extra", torch.zeros(others, dtype=torch.int64))
        self.register_buffer("extra_scale", torch.ones(others))
        self.register_buffer("scale", torch.ones(points, 1))

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Motion [B, P, C] to displacements [B, P, N, 3], about 1 in size, and the other channels [B, P, others]."""
        if self.vertex_output:
            moved = motion.view(*motion.shape[:2], -1, 3)[:, :, self.chosen]
        else:
            moved = (motion @ self.basis).view(*motion.shape[:2], -1, 3)
        return self.scale * moved, self.extra_scale * motion[..., self.extra]


class MotionEncoder(nn.Module):
    """Frames of motion to frames of features.

    Args:
        channels: C of the motion.
        points, degree: of the face graph: N, and neighbours of a point at most.
        others: see `PointMotion`.
        vertex_output: see `PointMotion`.
        width: D.
        features: per point inside.
        heads: attention heads of each graph layer.
        graph: False puts a linear layer in place of the graph attention, as the released PTalker does; an ablation.
    """

    rest: Tensor
    neighbours: Tensor
    real: Tensor
    places: Tensor

    def __init__(
        self,
        *,
        channels: int,
        points: int,
        degree: int,
        others: int,
        vertex_output: bool,
        width: int,
        features: int,
        heads: int,
        graph: bool,
    ) -> None:
        super().__init__()
        self.width = width
        self.points = PointMotion(channels, points, vertex_output, others)
        self.register_buffer("rest", torch.zeros(points, 3))
        self.register_buffer("neighbours", torch.zeros(points, 1 + degree, dtype=torch.int64))
        self.register_buffer("real", torch.zeros(points, 1 + degree, dtype=torch.bool))
        self.register_buffer("places", torch.zeros(points, 1 + degree, dtype=torch.int64))
        self.layers: nn.ModuleList | None = None
        if graph:
            self.place = nn.Sequential(nn.Linear(3, 32), nn.GELU(), nn.Linear(32, features))
            self.inputs = nn.Linear(6 * STRIDE, features)
            self.layers = nn.ModuleList(GraphAttention(features, features, heads) for _ in range(2))
            self.norms = nn.ModuleList(FeatureNorm(features) for _ in range(2))
            self.regions = Regions()
            self.out = nn.Linear(POOLS * features, STRIDE * width)
        else:
            self.out = nn.Linear(6 * points, width)
        self.others = nn.Linear(2 * others, width) if others else None

    def set_graph(self, graph: FaceGraph) -> None:
        """Take over a graph's points and neighbours; the sizes must be those of the configuration."""
        ids, real = graph.neighbours()
        self.rest.copy_(torch.from_numpy(graph.rest))
        self.neighbours.copy_(torch.from_numpy(ids))
        self.real.copy_(torch.from_numpy(real))
        self.places.copy_(mutual_places(torch.from_numpy(ids), torch.from_numpy(real)))
        if self.layers is not None:
            self.regions.spread(self.rest)

    def forward(self, motion: Tensor) -> Tensor:
        """[B, P, C] at 25 Hz -> [B, P, D]."""
        moved, others = self.points(motion)
        state = torch.cat([moved, VELOCITY_SCALE * changes(moved)], dim=-1)
        seen = self.out(state.flatten(2)) if self.layers is None else self._attend(state)
        if self.others is None:
            return seen
        out: Tensor = seen + self.others(torch.cat([others, VELOCITY_SCALE * changes(others)], dim=-1))
        return out

    def _attend(self, state: Tensor) -> Tensor:
        """Displacement and velocity of the points [B, P, N, 6] to features [B, P, D]."""
        batch, frames = state.shape[:2]
        if frames % STRIDE:  # the last frame goes on, standing still
            last = torch.cat([state[:, -1:, :, :3], torch.zeros_like(state[:, -1:, :, 3:])], dim=-1)
            state = torch.cat([state, last.expand(-1, STRIDE - frames % STRIDE, -1, -1)], dim=1)
        x = (
            state.view(batch, -1, STRIDE, *state.shape[2:]).permute(3, 2, 4, 0, 1).flatten(3).flatten(1, 2)
        )  # [N, STRIDE * 6, steps]
        x = along(self.inputs, x) + self.place(self.rest)[..., None]
        for layer, norm in zip(self.layers or (), self.norms, strict=True):
            x = x + F.gelu(layer(norm(x), self.neighbours, self.real, self.places))
        pooled = torch.einsum("ng,ncf->fgc", self.regions(self.rest), x).flatten(1)
        out: Tensor = self.out(pooled).view(batch, -1, self.width)
        return out[:, :frames]


class Regions(nn.Module):
    """Soft regions of the face: each a weighting of the points by their distance from a centre; all of it is learned.

    Regions that begin as the whole face average a brow's few points away.
    """

    def __init__(self) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(POOLS, 3))
        self.log_radius = nn.Parameter(torch.full((POOLS,), math.log(REGION)))

    @torch.no_grad()
    def spread(self, rest: Tensor) -> None:
        """Put the centres on points [N, 3] far from one another, whatever the points' numbering."""
        order = sorted(range(len(rest)), key=lambda k: [round(x, 4) for x in rest[k].tolist()])  # ties by place
        places = rest[order]
        nearest = (places - places.mean(0)).norm(dim=1)
        for region in range(POOLS):
            far = int((nearest * 1e4).round().argmax())
            self.centres[region] = places[far]
            distance = (places - places[far]).norm(dim=1)
            nearest = distance if region == 0 else torch.minimum(nearest, distance)

    def forward(self, rest: Tensor) -> Tensor:
        """Weight of each point in each region [N, POOLS], summing to 1 over the points."""
        squared = (rest[:, None] - self.centres).square().sum(-1)
        return (-0.5 * squared / (2 * self.log_radius).exp()).softmax(dim=0)


class FeatureNorm(nn.Module):
    """Layer norm over the middle dimension of [N, features, F].

    Args:
        features: how many.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(features, 1))
        self.shift = nn.Parameter(torch.zeros(features, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, features, F] -> the same."""
        centred = x - x.mean(dim=1, keepdim=True)
        return centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + 1e-5) * self.scale + self.shift
