"""New tensors: constants, ranges and random draws.

All take `dtype` (None: the default dtype, or what is said) and `requires_grad`. The draws come from
NumPy's global generator, which `mytorch.manual_seed` seeds.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mytorch._dtypes import Scalar, get_default_dtype, scalar_dtype
from mytorch._shapes import Shape, sizes_of
from mytorch.errors import ShapeError
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "rand",
    "randint",
    "randn",
    "zeros",
    "zeros_like",
]


def _shape(name: str, size: tuple[Any, ...]) -> Shape:
    shape = sizes_of(size)
    if any(n < 0 for n in shape):
        raise ShapeError(f"{name}: expected sizes of at least 0, got {shape}")
    return shape


def zeros(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros.

    >>> zeros(2, 3).shape
    (2, 3)
    """
    return Tensor(np.zeros(_shape("zeros", size), dtype or get_default_dtype()), requires_grad)


def ones(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    return Tensor(np.ones(_shape("ones", size), dtype or get_default_dtype()), requires_grad)


def empty(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory held: for tensors that are filled afterwards.

    >>> empty(2, 3).shape
    (2, 3)
    """
    return Tensor(np.empty(_shape("empty", size), dtype or get_default_dtype()), requires_grad)


def full(
    size: Any, fill_value: Scalar, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` everywhere; its kind of number gives the dtype if none is given.

    >>> full((2,), 3)
    tensor([3, 3])
    """
    if dtype is None:
        dtype = scalar_dtype(fill_value, np.zeros((), bool))
    return Tensor(np.full(_shape("full", (size,)), fill_value, dtype), requires_grad)


def zeros_like(
    input: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Zeros of the input's shape and, unless another is given, dtype.

    >>> zeros_like(Tensor([1, 2]))
    tensor([0, 0])
    """
    return Tensor(np.zeros_like(data_of("zeros_like", input), dtype), requires_grad)


def ones_like(
    input: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Ones of the input's shape and, unless another is given, dtype.

    >>> ones_like(Tensor([1, 2]))
    tensor([1, 1])
    """
    return Tensor(np.ones_like(data_of("ones_like", input), dtype), requires_grad)


def empty_like(
    input: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """`empty` of the input's shape and, unless another is given, dtype.

    >>> empty_like(Tensor([1, 2])).shape
    (2,)
    """
    return Tensor(np.empty_like(data_of("empty_like", input), dtype), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in the input's shape and, unless another is given, dtype.

    >>> full_like(Tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    return Tensor(np.full_like(data_of("full_like", input), fill_value, dtype), requires_grad)


def arange(*interval: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """`arange(end)`, `arange(start, end)` or `arange(start, end, step)`, without the end itself;
    int64 for integers, the default dtype as soon as one of them is a float.

    >>> arange(3)
    tensor([0, 1, 2])
    """
    values = np.arange(*interval)
    if dtype is None and values.dtype.kind == "f":
        dtype = get_default_dtype()
    return Tensor(values if dtype is None else values.astype(dtype), requires_grad)


def linspace(
    start: Scalar,
    end: Scalar,
    steps: int,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included, at equal distances.

    >>> linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    return Tensor(np.linspace(start, end, steps, dtype=dtype or get_default_dtype()), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Ones on the diagonal of an (n, m) matrix, square if m is None, zeros elsewhere.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(np.eye(n, m, dtype=dtype or get_default_dtype()), requires_grad)


def rand(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Draws from the uniform distribution on [0, 1).

    >>> rand(2, 3).shape
    (2, 3)
    """
    draws = np.random.random_sample(_shape("rand", size))
    return Tensor(np.asarray(draws, dtype or get_default_dtype()), requires_grad)


def randn(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Draws from the normal distribution N(0, 1).

    >>> randn(2, 3).shape
    (2, 3)
    """
    draws = np.random.standard_normal(_shape("randn", size))
    return Tensor(np.asarray(draws, dtype or get_default_dtype()), requires_grad)


def randint(
    low: int,
    high: Any,
    size: Any = None,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers drawn from low to high - 1 (`randint(high, size)`: from 0), all as likely; int64.

    >>> randint(0, 10, (2, 3)).shape
    (2, 3)
    """
    if size is None:
        low, high, size = 0, low, high
    draws = np.random.randint(low, high, _shape("randint", (size,)))
    return Tensor(np.asarray(draws, dtype or np.int64), requires_grad)
