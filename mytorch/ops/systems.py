"""Linear systems, inverses and determinants of square matrices in the last two axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels import linalg as kernels
from mytorch._shapes import whole
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, copy_output
from mytorch.errors import DtypeError, LinAlgError, ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import broadcast_error, operands, require_floating
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.diagonals import tril, triu
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "matrix_exp",
    "matrix_power",
    "slogdet",
]


def matrices(name: str, a: Tensor) -> Array:
    """The data of a stack of matrices, in single or double precision."""
    data = require_floating(name, a)
    if data.dtype.char not in "fd":
        raise DtypeError(
            f"{name}: expected float32 or float64, got {data.dtype}; convert it with x.float()"
        )
    if data.ndim < 2:
        raise ShapeError(f"{name}: expected a matrix or a stack of them, got shape {data.shape}")
    return data


def square(name: str, a: Tensor) -> Array:
    """The data of a stack of square matrices."""
    data = matrices(name, a)
    if data.shape[-1] != data.shape[-2]:
        raise ShapeError(f"{name}: expected square matrices, got shape {data.shape}")
    return data


def check(name: str, info: Array, reason: str) -> None:
    """Raises LinAlgError if a matrix of the stack was in the way; `{}` in the reason stands for
    its info."""
    if info.any():
        place = tuple(int(at[0]) for at in np.nonzero(info)) if info.ndim else ()
        which = f"matrix {list(place)} of the stack" if place else "the matrix"
        raise LinAlgError(f"{name}: {which} {reason.format(info[place])}")


SINGULAR = "is singular: element {0} of the diagonal of U in its LU decomposition is 0"


class Inverse(Function):
    """a^-1, which the caller has computed."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, value: Array) -> Tensor:
        out = wrap(value)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        turned = ctx.saved(0).mT
        return -(turned @ grad_output @ turned), None


class Solve(Function):
    """x with a x = b, for matrices b, which the caller has computed."""

    before_change = copy_output

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, value: Array) -> Tensor:
        out = wrap(value)
        ctx.shapes = a.shape, b.shape
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor, None]:
        back = solved("solve", ctx.saved(0).mT, grad_output)[0]
        needed = ctx.needs_input_grad[0]
        slope = unbroadcast(-(back @ ctx.saved(1).mT), ctx.shapes[0]) if needed else None
        return slope, unbroadcast(back, ctx.shapes[1]), None


class SolveTriangular(Function):
    """x with a x = b, where only one triangle of a is read, with `unit` without its diagonal."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, upper: bool, unit: bool) -> Tensor:
        x, y = operands("solve_triangular", a, b)
        out = wrap(kernels.solve_triangular(x, y, upper, unit))
        ctx.options, ctx.shapes = (upper, unit), (a.shape, b.shape)
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor, None, None]:
        upper, unit = ctx.options
        back = SolveTriangular.apply(ctx.saved(0).mT, grad_output, not upper, unit)
        slope = None
        if ctx.needs_input_grad[0]:
            slope = unbroadcast(-(back @ ctx.saved(1).mT), ctx.shapes[0])
            slope = triu(slope, int(unit)) if upper else tril(slope, -int(unit))
        return slope, unbroadcast(back, ctx.shapes[1]), None, None


class Det(Function):
    """The determinant."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(kernels.determinant(a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        return grad_output[..., None, None] * Cofactors.apply(ctx.saved(0))


class Cofactors(Function):
    """The derivative of the determinant, also where that is 0.

    Where its own derivative is recorded, it is that of det(a) a^-T, at a singular matrix beside it.
    """

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(kernels.cofactors(a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        a = ctx.saved(0)
        a = a + wrap(kernels.nudge(a._data))
        turned = inverted("det", a)[0].mT
        along = (grad_output * turned).sum((-2, -1), keepdim=True)
        return Det.apply(a)[..., None, None] * (along * turned - turned @ grad_output.mT @ turned)

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        return (kernels.cofactors_slope(ctx.saved_array(0), gradient),)


class LogDet(Function):
    """log |det a|, which the caller has computed."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, value: Array) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(value)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output[..., None, None] * inverted("logdet", ctx.saved(0))[0].mT, None


def inverted(name: str, a: Tensor) -> tuple[Tensor, Array]:
    """The inverse, NaN for a singular matrix, and which those are."""
    value, info = kernels.inverse(square(name, a))
    return Inverse.apply(a, value), info


def solved(name: str, a: Tensor, b: Tensor) -> tuple[Tensor, Array]:
    """x with a x = b for matrices b, NaN for a singular a, and which those are."""
    value, info = kernels.solve(*operands(name, a, b))
    return Solve.apply(a, b, value), info


def require_fit(name: str, a: Tensor, b: Tensor, left: bool) -> None:
    """Raises ShapeError unless the square matrices a go with the matrices b in a x = b, or x a = b
    if not `left`, and the stacks broadcast."""
    square(name, a), matrices(name, b)
    if a.shape[-1] != b.shape[-2 if left else -1]:
        equation = "A X = B" if left else "X A = B"
        raise ShapeError(f"{name}: A of {a.shape} and B of {b.shape} do not fit in {equation}")
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise broadcast_error(name, a, b) from None


def triangular(
    name: str, a: Tensor, b: Tensor, upper: bool, left: bool = True, unit: bool = False
) -> Tensor:
    """x with a x = b, or x a = b, for matrices b."""
    require_fit(name, a, b, left)
    if left:
        return SolveTriangular.apply(a, b, upper, unit)
    return SolveTriangular.apply(a.mT, b.mT, not upper, unit).mT


@explained
def inverse(input: Tensor) -> Tensor:
    """The inverse of each square matrix: `mytorch.linalg.inv`.

    Raises LinAlgError if one is singular.

    >>> inverse(Tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    out, info = inverted("inverse", input)
    check("inverse", info, SINGULAR)
    return out


@explained
def det(input: Tensor) -> Tensor:
    """The determinant of each square matrix.

    Its gradient is right for a singular matrix, too, where PyTorch's may be 0.

    >>> det(Tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    -2.0000000000000004
    """
    square("det", input)
    return Det.apply(input)


class SignLogDet(NamedTuple):
    """The sign of a determinant, and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor


@explained
def slogdet(input: Tensor) -> SignLogDet:
    """The sign of the determinant of each square matrix, which has no gradient, and log |det|; 0
    and -inf for a singular one.

    >>> slogdet(Tensor([[0.0, 1.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    sign, value = kernels.log_determinant(square("slogdet", input))
    return SignLogDet(noted("slogdet", (input,), wrap(sign)), LogDet.apply(input, value))


@explained
def logdet(input: Tensor) -> Tensor:
    """log(det) of each square matrix: NaN where the determinant is negative.

    >>> logdet(Tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor(0.)
    """
    sign, value = slogdet(input)
    return where(sign < 0, np.nan, value)


@numpy_names
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """x with A x = input, where A = L L^T and L is input2, or A = L^T L if that is an `upper`
    triangle.

    >>> cholesky_solve(Tensor([[8.0]]), Tensor([[2.0]]))
    tensor([[2.]])
    """
    first, last = (input2.mT, input2) if upper else (input2, input2.mT)
    half = triangular("cholesky_solve", first, input, False)
    return triangular("cholesky_solve", last, half, True)


@numpy_names
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of A = L L^T, where L is the input, or of L^T L if that is an `upper` triangle.

    >>> cholesky_inverse(Tensor([[2.0]]))
    tensor([[0.25]])
    """
    square("cholesky_inverse", input)
    return cholesky_solve(wrap(np.eye(input.shape[-1], dtype=input.dtype)), input, upper)


@explained
def matrix_power(input: Tensor, n: int) -> Tensor:
    """The product of n times each square matrix; of its inverse if n is negative.

    Raises LinAlgError if n is negative and a matrix is singular.

    >>> matrix_power(Tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    data, times = square("matrix_power", input), whole(n, "matrix_power")
    if not times:
        return _identities(data)
    return _power(inverse(input) if times < 0 else input, abs(times))


def _power(a: Tensor, times: int) -> Tensor:
    if times == 1:
        return a.clone()
    half = _power(a, times // 2)
    return half @ half @ a if times % 2 else half @ half


def _identities(like: Array) -> Tensor:
    """Identity matrices of the shape and dtype of a stack."""
    out = np.zeros(like.shape, like.dtype, like=like)
    out[...] = np.eye(like.shape[-1], dtype=like.dtype)
    return wrap(out)


# The coefficients of a Pade approximant, exact to rounding for a norm below the bound.
_PADE = (
    *(64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000),
    *(10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1),
)
_PADE_BOUND = 5.37


@explained
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of each square matrix, the sum of input^k / k! over all k: by a Pade
    approximant of it divided by a power of 2, and squares of that.

    >>> matrix_exp(Tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    data = square("matrix_exp", input)
    halvings = kernels.halvings(data, _PADE_BOUND)
    a: Any = input / wrap((2**halvings).astype(data.dtype))
    power = [_identities(data), a @ a]
    power += [power[1] @ power[1], power[1] @ power[1] @ power[1]]

    def terms(first: int) -> Any:
        """Every other one from the term of degree `first` on, divided by a ** first."""
        low, high = (
            sum(power[k] * (_PADE[first + 2 * (k + lead)] / _PADE[0]) for k in range(start, 4))
            for lead, start in ((0, 0), (3, 1))
        )
        return low + power[3] @ high

    odd, even = a @ terms(1), terms(0)
    out = solved("matrix_exp", even - odd, even + odd)[0]
    for step in range(int(halvings.max(initial=0))):
        left = halvings > step
        # A matrix beside larger ones is squared no more often than alone.
        out = out @ out if left.all() else where(left, out @ out, out)
    return out
