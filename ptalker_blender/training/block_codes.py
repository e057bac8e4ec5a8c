"""Tensors in fewer bits: blocks of values with a scale each, on a linear or a logarithmic grid.

Blocks keep one outlier from coarsening a whole tensor (Dettmers et al., "8-bit optimizers via block-wise
quantization", ICLR 2022). The second moments of Adam span tens of octaves and divide the step, where a value rounded to
zero would make it boundless: they get a logarithmic grid, on which nothing but zero becomes zero.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

BLOCK = 256  # values with a scale of their own; float32 scales cost 1/64 of a byte a value
LEVELS = 254  # steps of the logarithmic grid; code 0 is zero itself
SMALLEST = torch.finfo(torch.float32).tiny  # of the logarithmic grid; what is less counts as zero
_STORED = {16: torch.int16, 8: torch.int8}


def encode_linear(values: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Codes and scales of float values of any sign and shape.

    Each value is off by at most half a step: the block's largest magnitude / (2^bits - 2).

    Args:
        values: float [...], N values in all.
        bits: 16, 8 or 4.

    Returns:
        codes, int16 or int8 [N], or two codes a byte, uint8 [(N + 1) // 2]; and scales, float32 [ceil(N / BLOCK)].

    Raises:
        ValueError: other bits, or values that are not finite.
    """
    blocks = _blocks(values)
    limit = _limit(bits)
    scales = blocks.abs().amax(1) / limit
    # A scale may be subnormal, and coarse, where the values themselves are not; only a block of zeros has none.
    codes = (blocks / scales.where(scales > 0, torch.ones_like(scales))[:, None]).round().clamp(-limit, limit)
    whole = codes.flatten()[: values.numel()]
    return (_pack_nibbles(whole) if bits == 4 else whole.to(_STORED[bits])), scales


def decode_linear(codes: Tensor, scales: Tensor, bits: int, shape: torch.Size) -> Tensor:
    """Float32 values of the given shape from what `encode_linear` gave."""
    count = shape.numel()
    _limit(bits)
    whole = _unpack_nibbles(codes, count) if bits == 4 else codes.float()
    return (_blocks(whole) * scales[:, None]).flatten()[:count].reshape(shape)


def encode_log(values: Tensor) -> tuple[Tensor, Tensor]:
    """Codes and scales of float values that are not negative.

    Each value is off by at most a factor of (largest / smallest above zero in its block) ** (1 / (2 LEVELS)).

    Returns:
        codes, uint8 [N], and scales, float32 [ceil(N / BLOCK), 2]: the block's least and greatest binary logarithm.

    Raises:
        ValueError: values that are negative or not finite.
    """
    blocks = _blocks(values)
    if bool((blocks < 0).any()):
        raise ValueError("negative values have no logarithm")
    present = blocks >= SMALLEST
    logs = blocks.clamp(min=SMALLEST).log2()
    low = torch.where(present, logs, torch.inf).amin(1)
    high = torch.where(present, logs, -torch.inf).amax(1)
    low, high = (torch.where(present.any(1), edge, 0.0) for edge in (low, high))
    span = (high - low).clamp(min=SMALLEST)
    codes = 1 + ((logs - low[:, None]) / span[:, None] * LEVELS).round().clamp(0, LEVELS)
    stored = torch.where(present, codes, 0.0).flatten()[: values.numel()]
    return stored.to(torch.uint8), torch.stack([low, high], 1)


def decode_log(codes: Tensor, scales: Tensor, shape: torch.Size) -> Tensor:
    """Float32 values of the given shape from what `encode_log` gave."""
    blocks = _blocks(codes.float())
    low, high = scales[:, :1], scales[:, 1:]
    values = torch.exp2(low + (blocks - 1) / LEVELS * (high - low))
    return torch.where(blocks > 0, values, 0.0).flatten()[: shape.numel()].reshape(shape)


def _limit(bits: int) -> int:
    if bits not in (16, 8, 4):
        raise ValueError(f"{bits} bits; 16, 8 or 4 are known")
    return int(2 ** (bits - 1) - 1)


def _blocks(values: Tensor) -> Tensor:
    """Float32 [ceil(N / BLOCK), BLOCK], filled up with zeros."""
    flat = values.detach().float().flatten()
    if not bool(torch.isfinite(flat).all()):
        raise ValueError("values that are not finite cannot be coded")
    return F.pad(flat, (0, -flat.numel() % BLOCK)).view(-1, BLOCK)


def _pack_nibbles(codes: Tensor) -> Tensor:
    pairs = F.pad(codes + 8, (0, codes.numel() % 2)).to(torch.uint8).view(-1, 2)
    return pairs[:, 0] | (pairs[:, 1] << 4)


def _unpack_nibbles(codes: Tensor, count: int) -> Tensor:
    return torch.stack([codes & 15, codes >> 4], 1).flatten()[:count].float() - 8
