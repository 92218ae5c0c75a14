"""The dtype of a result: of two dtypes, of a number beside an array, of a sum, as PyTorch's."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.together import as_one, together

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("left", DTYPES)
@together("right", DTYPES, as_one)
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())])
def test_result_dtypes_are_those_of_pytorch(left: str, right: str, shapes) -> None:
    a, b = (np.ones(shape, dtype) for shape, dtype in zip(shapes, (left, right), strict=True))
    ours = Tensor(a) * Tensor(b)
    theirs = torch.tensor(a) * torch.tensor(b)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scalar", [True, 2, 2.5])
def test_result_dtypes_with_scalars(dtype: str, scalar) -> None:
    array = np.ones(2, dtype)
    mytorch.set_default_dtype(np.float32)
    try:
        for result, expected in (
            (Tensor(array) * scalar, torch.tensor(array) * scalar),
            (scalar + Tensor(array), scalar + torch.tensor(array)),
            (Tensor(array) / scalar, torch.tensor(array) / scalar),
        ):
            assert str(result.dtype) == str(expected.dtype).removeprefix("torch.")
    finally:
        mytorch.set_default_dtype(np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_of_sums(dtype: str) -> None:
    array = np.full(300, 1, dtype)
    ours, theirs = Tensor(array).sum(), torch.tensor(array).sum()
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    assert ours.item() == theirs.item()


def test_integers_wrap_around_as_in_pytorch() -> None:
    for library in (mytorch, torch):
        assert (library.tensor([2], dtype=library.uint8) * 300).tolist() == [88]
