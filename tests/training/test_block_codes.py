"""Values in fewer bits: known codes, and the promised bounds on any values."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ptalker_blender.training.block_codes import (
    BLOCK,
    LEVELS,
    SMALLEST,
    decode_linear,
    decode_log,
    encode_linear,
    encode_log,
)

SHAPES = array_shapes(min_dims=0, max_dims=3, max_side=23)


def by_block(values: torch.Tensor) -> torch.Tensor:
    flat = values.flatten()
    return torch.nn.functional.pad(flat, (0, -len(flat) % BLOCK)).view(-1, BLOCK)


def test_the_codes_are_the_written_ones() -> None:
    codes, scales = encode_linear(torch.tensor([0.0, 1.27, -1.27, 0.014, 0.016]), 8)
    assert codes.tolist() == [0, 127, -127, 1, 2] and scales.tolist() == pytest.approx([0.01])
    codes, scales = encode_linear(torch.tensor([7.0, -7.0, 3.4]), 4)
    assert codes.tolist() == [15 | 1 << 4, 11] and scales.tolist() == [1.0]
    codes, scales = encode_log(torch.tensor([0.0, 1.0, 2.0**127, 2.0**64]))
    assert codes.tolist() == [0, 1, 255, 129] and scales.tolist() == [[0.0, 127.0]]


@example(np.array(1.4032207e-37, np.float32), 16)  # its scale is subnormal
@given(arrays(np.float32, SHAPES, elements=st.floats(-(2.0**100), 2.0**100, width=32)), st.sampled_from([16, 8, 4]))
def test_linear_values_come_back_within_half_a_step_of_their_block(values: np.ndarray, bits: int) -> None:
    tensor = torch.from_numpy(values)
    codes, scales = encode_linear(tensor, bits)
    assert codes.numel() * codes.element_size() == (tensor.numel() * bits + 7) // 8
    decoded = decode_linear(codes, scales, bits, tensor.shape)
    bound = by_block(tensor.double()).abs().amax(1, keepdim=True) / (2**bits - 2)
    assert decoded.shape == tensor.shape
    assert ((by_block(decoded.double()) - by_block(tensor.double())).abs() <= bound * (1 + 1e-3) + SMALLEST).all()


@given(arrays(np.float32, SHAPES, elements=st.just(0.0) | st.floats(2.0**-120, 2.0**120, width=32)))
def test_logarithmic_values_come_back_within_their_factor_and_zero_alone_is_zero(values: np.ndarray) -> None:
    tensor = torch.from_numpy(values)
    codes, scales = encode_log(tensor)
    decoded = decode_log(codes, scales, tensor.shape)
    assert decoded.shape == tensor.shape and torch.equal(decoded == 0, tensor == 0)
    found, wanted = (by_block(t.double()).log2() for t in (decoded, tensor))
    present = torch.isfinite(wanted)
    octaves = scales[:, 1:].double() - scales[:, :1].double()
    assert ((found - wanted).abs() <= octaves / (2 * LEVELS) + 1e-4)[present].all()


def test_a_block_is_not_coarsened_by_its_neighbours_outlier() -> None:
    tensor = torch.full((2 * BLOCK,), 1e-3)
    tensor[0] = 1000.0
    decoded = decode_linear(*encode_linear(tensor, 8), 8, tensor.shape)
    assert decoded[1] == 0.0
    torch.testing.assert_close(decoded[BLOCK:], tensor[BLOCK:])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    for encode in (lambda t: encode_linear(t, 8), encode_log):
        with pytest.raises(ValueError, match="not finite"):
            encode(torch.tensor([1.0, value]))


def test_negative_logarithms_and_odd_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        encode_log(torch.tensor([-1e-30]))
    with pytest.raises(ValueError, match="5 bits"):
        encode_linear(torch.ones(3), 5)
