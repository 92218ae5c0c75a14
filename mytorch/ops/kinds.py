"""What kinds of numbers tensors hold, and which dtype comes of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array, can_store, scalar_dtype
from mytorch._dtypes import result_type as result_type_of
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.ops.shaping import matrix_transpose
from mytorch.tensor import Operand, Tensor

__all__ = [
    "adjoint",
    "can_cast",
    "conj",
    "is_complex",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "promote_types",
    "real",
    "resolve_conj",
    "resolve_neg",
    "result_type",
]


@explained
def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """Whether numbers of one dtype may be stored in place among those of another: never those of a
    higher kind, as floats among integers.

    >>> can_cast(np.float64, np.float32), can_cast(np.float32, np.int64)
    (True, False)
    """
    return can_store(np.dtype(from_), np.dtype(to))


@explained
def promote_types(type1: DTypeLike, type2: DTypeLike) -> np.dtype[Any]:
    """The smallest dtype of the higher kind that holds both.

    >>> promote_types(np.float32, np.int64)
    dtype('float32')
    """
    return result_type_of(np.empty(0, type1), np.empty(0, type2))


@explained
def result_type(tensor1: Operand, tensor2: Operand) -> np.dtype[Any]:
    """The dtype of an operation on two tensors, or a tensor and a number.

    >>> result_type(Tensor([1, 2]), 1.0)
    dtype('float64')
    """
    arrays = [x._data for x in (tensor1, tensor2) if isinstance(x, Tensor)]
    beside = arrays[0] if arrays else np.zeros((), bool)

    def array(x: Any) -> Array:
        return x._data if isinstance(x, Tensor) else np.zeros((), scalar_dtype(x, beside))

    return result_type_of(array(tensor1), array(tensor2))


def is_complex(input: Tensor) -> bool:
    """Whether the numbers are complex: never.

    >>> is_complex(Tensor([1.0]))
    False
    """
    return data_of("is_complex", input).dtype.kind == "c"


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    >>> is_signed(Tensor([1])), is_signed(Tensor([True]))
    (True, False)
    """
    return data_of("is_signed", input).dtype.kind in "if"


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is another than 0. Raises ShapeError for any other size.

    >>> is_nonzero(Tensor([0.0]))
    False
    """
    if data_of("is_nonzero", input).size != 1:
        raise ShapeError(f"is_nonzero: expected a tensor of one element, got shape {input.shape}")
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape.

    >>> is_same_size(Tensor([1.0]), Tensor([2]))
    True
    """
    shapes = [data_of("is_same_size", x).shape for x in (input, other)]
    return bool(shapes[0] == shapes[1])


def conj(input: Tensor) -> Tensor:
    """The tensor itself: its numbers are real.

    >>> conj(Tensor([1.0]))
    tensor([1.])
    """
    data_of("conj", input)
    return input


def real(input: Tensor) -> Tensor:
    """The tensor itself: its numbers are real.

    >>> real(Tensor([1.0]))
    tensor([1.])
    """
    return conj(input)


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: its numbers are real.

    >>> resolve_conj(Tensor([1.0]))
    tensor([1.])
    """
    return conj(input)


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: its numbers are as they are.

    >>> resolve_neg(Tensor([1.0]))
    tensor([1.])
    """
    return conj(input)


def adjoint(input: Tensor) -> Tensor:
    """Each matrix of a stack transposed, as its numbers are real.

    >>> adjoint(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 3.],
            [2., 4.]])
    """
    return matrix_transpose(input)
