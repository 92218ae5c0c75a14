"""The operations as methods of Tensor, one line each.

What an operation does, what it raises and an example are told where it is defined, in
`mytorch.ops`, under the same name. What has the arguments `dim` and `keepdim` also takes NumPy's
`axis` and `keepdims`: there the docstring names the arguments.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from mytorch.dtypes import DTypeLike

if TYPE_CHECKING:
    from mytorch import ops as _ops
    from mytorch.tensor import Operand, Tensor

__all__ = ["Methods"]


class Methods:
    """The base of Tensor that holds the operations.

    `self` is a Tensor, which this room cannot know.
    """

    __slots__ = ()

    # ------------------------------------------------------------ arithmetic

    def add(self: Any, other: Operand, *, alpha: float = 1) -> Tensor:
        """self + alpha * other."""
        return _ops.add(self, other, alpha=alpha)

    def sub(self: Any, other: Operand, *, alpha: float = 1) -> Tensor:
        """self - alpha * other."""
        return _ops.sub(self, other, alpha=alpha)

    def mul(self: Any, other: Operand) -> Tensor:
        """self * other."""
        return _ops.mul(self, other)

    def div(self: Any, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """self / other, rounded by `rounding_mode`: None, "trunc" or "floor"."""
        return _ops.div(self, other, rounding_mode=rounding_mode)

    def floor_divide(self: Any, other: Operand) -> Tensor:
        """self // other."""
        return _ops.floor_divide(self, other)

    def remainder(self: Any, other: Operand) -> Tensor:
        """self % other."""
        return _ops.remainder(self, other)

    def pow(self: Any, exponent: Operand) -> Tensor:
        """self ** exponent."""
        return _ops.pow(self, exponent)

    def square(self: Any) -> Tensor:
        """self ** 2."""
        return _ops.square(self)

    def neg(self: Any) -> Tensor:
        """-self."""
        return _ops.neg(self)

    # ----------------------------------------------------------- elementwise

    def abs(self: Any) -> Tensor:
        """|self|."""
        return _ops.abs(self)

    def sign(self: Any) -> Tensor:
        """1 above 0, -1 below, 0 at 0."""
        return _ops.sign(self)

    def exp(self: Any) -> Tensor:
        """e ** self."""
        return _ops.exp(self)

    def expm1(self: Any) -> Tensor:
        """e ** self - 1."""
        return _ops.expm1(self)

    def log(self: Any) -> Tensor:
        """The natural logarithm."""
        return _ops.log(self)

    def log1p(self: Any) -> Tensor:
        """log(1 + self)."""
        return _ops.log1p(self)

    def log2(self: Any) -> Tensor:
        """The logarithm to base 2."""
        return _ops.log2(self)

    def log10(self: Any) -> Tensor:
        """The logarithm to base 10."""
        return _ops.log10(self)

    def sqrt(self: Any) -> Tensor:
        """The square root."""
        return _ops.sqrt(self)

    def rsqrt(self: Any) -> Tensor:
        """1 / sqrt(self)."""
        return _ops.rsqrt(self)

    def reciprocal(self: Any) -> Tensor:
        """1 / self."""
        return _ops.reciprocal(self)

    def sin(self: Any) -> Tensor:
        """The sine."""
        return _ops.sin(self)

    def cos(self: Any) -> Tensor:
        """The cosine."""
        return _ops.cos(self)

    def floor(self: Any) -> Tensor:
        """Rounded down."""
        return _ops.floor(self)

    def ceil(self: Any) -> Tensor:
        """Rounded up."""
        return _ops.ceil(self)

    def trunc(self: Any) -> Tensor:
        """Rounded towards 0."""
        return _ops.trunc(self)

    def round(self: Any, *, decimals: int = 0) -> Tensor:
        """The nearest number of so many decimals, halves to the even one."""
        return _ops.round(self, decimals=decimals)

    def erf(self: Any) -> Tensor:
        """The error function."""
        return _ops.erf(self)

    def erfc(self: Any) -> Tensor:
        """1 - erf(self)."""
        return _ops.erfc(self)

    # ----------------------------------------------------------- comparisons

    def eq(self: Any, other: Operand) -> Tensor:
        """self == other, elementwise."""
        return _ops.eq(self, other)

    def ne(self: Any, other: Operand) -> Tensor:
        """self != other, elementwise."""
        return _ops.ne(self, other)

    def lt(self: Any, other: Operand) -> Tensor:
        """self < other, elementwise."""
        return _ops.lt(self, other)

    def le(self: Any, other: Operand) -> Tensor:
        """self <= other, elementwise."""
        return _ops.le(self, other)

    def gt(self: Any, other: Operand) -> Tensor:
        """self > other, elementwise."""
        return _ops.gt(self, other)

    def ge(self: Any, other: Operand) -> Tensor:
        """self >= other, elementwise."""
        return _ops.ge(self, other)

    def logical_and(self: Any, other: Tensor) -> Tensor:
        """Whether both elements are not 0."""
        return _ops.logical_and(self, other)

    def logical_or(self: Any, other: Tensor) -> Tensor:
        """Whether one of the elements is not 0."""
        return _ops.logical_or(self, other)

    def logical_xor(self: Any, other: Tensor) -> Tensor:
        """Whether just one of the elements is not 0."""
        return _ops.logical_xor(self, other)

    def logical_not(self: Any) -> Tensor:
        """Whether the element is 0."""
        return _ops.logical_not(self)

    def bitwise_and(self: Any, other: Operand) -> Tensor:
        """self & other."""
        return _ops.bitwise_and(self, other)

    def bitwise_or(self: Any, other: Operand) -> Tensor:
        """self | other."""
        return _ops.bitwise_or(self, other)

    def bitwise_xor(self: Any, other: Operand) -> Tensor:
        """self ^ other."""
        return _ops.bitwise_xor(self, other)

    def bitwise_not(self: Any) -> Tensor:
        """~self."""
        return _ops.bitwise_not(self)

    def isnan(self: Any) -> Tensor:
        """Whether the element is NaN."""
        return _ops.isnan(self)

    def isinf(self: Any) -> Tensor:
        """Whether the element is infinite."""
        return _ops.isinf(self)

    def isfinite(self: Any) -> Tensor:
        """Whether the element is neither infinite nor NaN."""
        return _ops.isfinite(self)

    def isclose(
        self: Any, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> Tensor:
        """Whether |self - other| <= atol + rtol * |other|."""
        return _ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(
        self: Any, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether all elements are close."""
        return _ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self: Any, other: Tensor) -> bool:
        """Whether the shapes and all elements are equal."""
        return _ops.equal(self, other)

    def all(self: Any, *args: Any, **options: Any) -> Tensor:
        """all(dim=None, keepdim=False): whether all elements over `dim` are true."""
        return _ops.all(self, *args, **options)

    def any(self: Any, *args: Any, **options: Any) -> Tensor:
        """any(dim=None, keepdim=False): whether any element over `dim` is true."""
        return _ops.any(self, *args, **options)

    # ------------------------------------------------------------- selection

    def where(self: Any, condition: Tensor, other: Operand) -> Tensor:
        """self where the condition holds, else other."""
        return _ops.where(condition, self, other)

    def masked_fill(self: Any, mask: Tensor, value: Tensor | float) -> Tensor:
        """`value` where the mask holds, else self."""
        return _ops.masked_fill(self, mask, value)

    def masked_select(self: Any, mask: Tensor) -> Tensor:
        """The elements where the mask holds, in a row."""
        return _ops.masked_select(self, mask)

    # ----------------------------------------------------------- activations

    def relu(self: Any) -> Tensor:
        """max(self, 0)."""
        return _ops.relu(self)

    def sigmoid(self: Any) -> Tensor:
        """1 / (1 + exp(-self))."""
        return _ops.sigmoid(self)

    def tanh(self: Any) -> Tensor:
        """The hyperbolic tangent."""
        return _ops.tanh(self)

    def softmax(self: Any, *args: Any, **options: Any) -> Tensor:
        """softmax(dim, dtype=None): exp(self) / sum(exp(self)) along an axis."""
        return _ops.softmax(self, *args, **options)

    def log_softmax(self: Any, *args: Any, **options: Any) -> Tensor:
        """log_softmax(dim, dtype=None): the logarithm of `softmax`."""
        return _ops.log_softmax(self, *args, **options)

    # ------------------------------------------------------------ reductions

    def sum(self: Any, *args: Any, **options: Any) -> Tensor:
        """sum(dim=None, keepdim=False, *, dtype=None): the sum over `dim`, all axes for None."""
        return _ops.sum(self, *args, **options)

    def mean(self: Any, *args: Any, **options: Any) -> Tensor:
        """mean(dim=None, keepdim=False, *, dtype=None): the mean over `dim`."""
        return _ops.mean(self, *args, **options)

    def var(self: Any, *args: Any, **options: Any) -> Tensor:
        """var(dim=None, *, correction=1, keepdim=False): the variance over `dim`."""
        return _ops.var(self, *args, **options)

    def std(self: Any, *args: Any, **options: Any) -> Tensor:
        """std(dim=None, *, correction=1, keepdim=False): the standard deviation."""
        return _ops.std(self, *args, **options)

    def prod(self: Any, *args: Any, **options: Any) -> Tensor:
        """prod(dim=None, keepdim=False, *, dtype=None): the product along `dim`."""
        return _ops.prod(self, *args, **options)

    def norm(self: Any, *args: Any, **options: Any) -> Tensor:
        """norm(p=2, dim=None, keepdim=False, dtype=None): the p-norm over `dim`."""
        return _ops.norm(self, *args, **options)

    def logsumexp(self: Any, *args: Any, **options: Any) -> Tensor:
        """logsumexp(dim, keepdim=False): log(sum(exp(self))) over `dim`."""
        return _ops.logsumexp(self, *args, **options)

    def count_nonzero(self: Any, *args: Any, **options: Any) -> Tensor:
        """count_nonzero(dim=None): how many elements over `dim` are not 0."""
        return _ops.count_nonzero(self, *args, **options)

    def max(self: Any, *args: Any, **options: Any) -> Any:
        """max(dim=None, keepdim=False): the largest element; along an axis, (values, indices).

        max(other): `maximum`.
        """
        return _ops.max(self, *args, **options)

    def min(self: Any, *args: Any, **options: Any) -> Any:
        """min(dim=None, keepdim=False): the smallest element; along an axis, (values, indices).

        min(other): `minimum`.
        """
        return _ops.min(self, *args, **options)

    def amax(self: Any, *args: Any, **options: Any) -> Tensor:
        """amax(dim=(), keepdim=False): the largest element over `dim`."""
        return _ops.amax(self, *args, **options)

    def amin(self: Any, *args: Any, **options: Any) -> Tensor:
        """amin(dim=(), keepdim=False): the smallest element over `dim`."""
        return _ops.amin(self, *args, **options)

    def argmax(self: Any, *args: Any, **options: Any) -> Tensor:
        """argmax(dim=None, keepdim=False): the index of the first largest element."""
        return _ops.argmax(self, *args, **options)

    def argmin(self: Any, *args: Any, **options: Any) -> Tensor:
        """argmin(dim=None, keepdim=False): the index of the first smallest element."""
        return _ops.argmin(self, *args, **options)

    def maximum(self: Any, other: Tensor) -> Tensor:
        """The larger of each two elements."""
        return _ops.maximum(self, other)

    def minimum(self: Any, other: Tensor) -> Tensor:
        """The smaller of each two elements."""
        return _ops.minimum(self, other)

    def clamp(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """min(max(self, min), max)."""
        return _ops.clamp(self, min, max)

    def clip(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """min(max(self, min), max)."""
        return _ops.clip(self, min, max)

    def clamp_min(self: Any, min: Any) -> Tensor:
        """max(self, min), elementwise."""
        return _ops.clamp_min(self, min)

    def clamp_max(self: Any, max: Any) -> Tensor:
        """min(self, max), elementwise."""
        return _ops.clamp_max(self, max)

    # ------------------------------------------------------- scans and order

    def cumsum(self: Any, *args: Any, **options: Any) -> Tensor:
        """cumsum(dim, *, dtype=None): the running sum."""
        return _ops.cumsum(self, *args, **options)

    def cumprod(self: Any, *args: Any, **options: Any) -> Tensor:
        """cumprod(dim, *, dtype=None): the running product."""
        return _ops.cumprod(self, *args, **options)

    def sort(self: Any, *args: Any, **options: Any) -> Any:
        """sort(dim=-1, descending=False, *, stable=False): (values, indices) in order."""
        return _ops.sort(self, *args, **options)

    def argsort(self: Any, *args: Any, **options: Any) -> Tensor:
        """argsort(dim=-1, descending=False, *, stable=False): the indices of `sort`."""
        return _ops.argsort(self, *args, **options)

    def topk(self: Any, *args: Any, **options: Any) -> Any:
        """topk(k, dim=-1, largest=True, sorted=True): the largest, (values, indices)."""
        return _ops.topk(self, *args, **options)

    # --------------------------------------------------------------- shaping

    @property
    def T(self: Any) -> Tensor:
        """The tensor with its axes reversed: a matrix transposed."""
        return _ops.Transpose.apply(self)

    def t(self: Any) -> Tensor:
        """A matrix transposed."""
        return _ops.t(self)

    def permute(self: Any, *dims: Any, **options: Any) -> Tensor:
        """The axes in the order `dims`."""
        return _ops.permute(self, *dims, **options)

    def transpose(self: Any, dim0: int, dim1: int) -> Tensor:
        """Two axes exchanged."""
        return _ops.transpose(self, dim0, dim1)

    def reshape(self: Any, *shape: Any) -> Tensor:
        """The same elements in another shape; one size may be -1."""
        return _ops.reshape(self, *shape)

    def expand(self: Any, *sizes: Any) -> Tensor:
        """The tensor repeated to `sizes` as broadcasting does; -1 keeps a size."""
        return _ops.expand(self, *sizes)

    def broadcast_to(self: Any, size: Any) -> Tensor:
        """The tensor repeated to the shape `size`."""
        return _ops.broadcast_to(self, size)

    @property
    def mT(self: Any) -> Tensor:
        """Each matrix of a stack transposed."""
        return _ops.matrix_transpose(self)

    def view(self: Any, *shape: Any) -> Tensor:
        """`reshape` that never copies."""
        return _ops.view(self, *shape)

    def view_as(self: Any, other: Tensor) -> Tensor:
        """`view` in the shape of `other`."""
        return _ops.view_as(self, other)

    def reshape_as(self: Any, other: Tensor) -> Tensor:
        """`reshape` to the shape of `other`."""
        return _ops.reshape_as(self, other)

    def flatten(self: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from start_dim to end_dim as one."""
        return _ops.flatten(self, start_dim, end_dim)

    def unflatten(self: Any, *args: Any, **options: Any) -> Tensor:
        """unflatten(dim, sizes): the axis `dim` as several."""
        return _ops.unflatten(self, *args, **options)

    def squeeze(self: Any, *args: Any, **options: Any) -> Tensor:
        """squeeze(dim=None): without the axes of size 1."""
        return _ops.squeeze(self, *args, **options)

    def unsqueeze(self: Any, *args: Any, **options: Any) -> Tensor:
        """unsqueeze(dim): with a new axis of size 1."""
        return _ops.unsqueeze(self, *args, **options)

    def swapaxes(self: Any, axis0: int, axis1: int) -> Tensor:
        """Two axes exchanged."""
        return _ops.swapaxes(self, axis0, axis1)

    def movedim(self: Any, source: Any, destination: Any) -> Tensor:
        """The axes `source` moved to the places `destination`."""
        return _ops.movedim(self, source, destination)

    def moveaxis(self: Any, source: Any, destination: Any) -> Tensor:
        """`movedim`, by NumPy's name."""
        return _ops.moveaxis(self, source, destination)

    def flip(self: Any, *dims: Any, **options: Any) -> Tensor:
        """A copy in reverse order along axes."""
        return _ops.flip(self, *dims, **options)

    def roll(self: Any, shifts: Any, dims: Any = None) -> Tensor:
        """A copy with the elements moved along axes, in a circle."""
        return _ops.roll(self, shifts, dims)

    def expand_as(self: Any, other: Tensor) -> Tensor:
        """The tensor repeated to the shape of `other`."""
        return _ops.expand_as(self, other)

    def repeat(self: Any, *sizes: Any) -> Tensor:
        """A copy with the whole tensor repeated along its axes."""
        return _ops.repeat(self, *sizes)

    def tile(self: Any, *dims: Any) -> Tensor:
        """`repeat`, once for axes that are not named."""
        return _ops.tile(self, *dims)

    def repeat_interleave(self: Any, *args: Any, **options: Any) -> Tensor:
        """repeat_interleave(repeats, dim=None, *, output_size=None): each element repeated."""
        return _ops.repeat_interleave(self, *args, **options)

    def split(self: Any, *args: Any, **options: Any) -> tuple[Tensor, ...]:
        """split(split_size_or_sections, dim=0): views of the parts along an axis."""
        return _ops.split(self, *args, **options)

    def chunk(self: Any, *args: Any, **options: Any) -> tuple[Tensor, ...]:
        """chunk(chunks, dim=0): views of equal parts along an axis."""
        return _ops.chunk(self, *args, **options)

    def unbind(self: Any, *args: Any, **options: Any) -> tuple[Tensor, ...]:
        """unbind(dim=0): views along an axis, without it."""
        return _ops.unbind(self, *args, **options)

    # -------------------------------------------------------------- indexing

    def select(self: Any, *args: Any, **options: Any) -> Tensor:
        """select(dim, index): one place of an axis, a view."""
        return _ops.select(self, *args, **options)

    def narrow(self: Any, *args: Any, **options: Any) -> Tensor:
        """narrow(dim, start, length): some places of an axis, a view."""
        return _ops.narrow(self, *args, **options)

    def index_select(self: Any, *args: Any, **options: Any) -> Tensor:
        """index_select(dim, index): the places of an axis that `index` names."""
        return _ops.index_select(self, *args, **options)

    def gather(self: Any, *args: Any, **options: Any) -> Tensor:
        """gather(dim, index): self[i, index[i, j], ...] for dim=1."""
        return _ops.gather(self, *args, **options)

    def take_along_dim(self: Any, *args: Any, **options: Any) -> Tensor:
        """take_along_dim(indices, dim=None): `gather` with broadcasting."""
        return _ops.take_along_dim(self, *args, **options)

    def take(self: Any, index: Any) -> Tensor:
        """The elements at places of the flattened tensor."""
        return _ops.take(self, index)

    def scatter(self: Any, *args: Any, **options: Any) -> Tensor:
        """scatter(dim, index, src, *, reduce=None): with src at [i, index[i, j], ...] for dim=1."""
        return _ops.scatter(self, *args, **options)

    def scatter_add(self: Any, *args: Any, **options: Any) -> Tensor:
        """scatter_add(dim, index, src): `scatter` that adds."""
        return _ops.scatter_add(self, *args, **options)

    def index_add(self: Any, *args: Any, **options: Any) -> Tensor:
        """index_add(dim, index, source, *, alpha=1): with source added at places of an axis."""
        return _ops.index_add(self, *args, **options)

    def index_copy(self: Any, *args: Any, **options: Any) -> Tensor:
        """index_copy(dim, index, source): with source stored at places of an axis."""
        return _ops.index_copy(self, *args, **options)

    def index_fill(self: Any, *args: Any, **options: Any) -> Tensor:
        """index_fill(dim, index, value): with a number at places of an axis."""
        return _ops.index_fill(self, *args, **options)

    def tril(self: Any, diagonal: int = 0) -> Tensor:
        """The lower triangle, zeros above the diagonal."""
        return _ops.tril(self, diagonal)

    def triu(self: Any, diagonal: int = 0) -> Tensor:
        """The upper triangle, zeros below the diagonal."""
        return _ops.triu(self, diagonal)

    def diag(self: Any, diagonal: int = 0) -> Tensor:
        """A matrix with this diagonal, or the diagonal of this matrix."""
        return _ops.diag(self, diagonal)

    def diagonal(self: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """The diagonal of the matrices in two axes, a view."""
        return _ops.diagonal(self, offset, dim1, dim2)

    def diag_embed(self: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
        """Matrices with the last axis as their diagonal."""
        return _ops.diag_embed(self, offset, dim1, dim2)

    def trace(self: Any) -> Tensor:
        """The sum of a matrix's diagonal."""
        return _ops.trace(self)

    # --------------------------------------------------------- linear algebra

    def matmul(self: Any, other: Operand) -> Tensor:
        """The matrix product self @ other."""
        return _ops.matmul(self, other)

    def mm(self: Any, mat2: Tensor) -> Tensor:
        """The product of two matrices."""
        return _ops.mm(self, mat2)

    def bmm(self: Any, mat2: Tensor) -> Tensor:
        """The products of two stacks of matrices."""
        return _ops.bmm(self, mat2)

    def mv(self: Any, vec: Tensor) -> Tensor:
        """The product of a matrix and a vector."""
        return _ops.mv(self, vec)

    def dot(self: Any, tensor: Tensor) -> Tensor:
        """The inner product of two vectors."""
        return _ops.dot(self, tensor)

    def outer(self: Any, vec2: Tensor) -> Tensor:
        """The products of the elements of two vectors."""
        return _ops.outer(self, vec2)

    def addmm(
        self: Any, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
    ) -> Tensor:
        """beta * self + alpha * (mat1 @ mat2)."""
        return _ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    # ------------------------------------------------------------ conversions

    def clone(self: Any) -> Tensor:
        """A copy that stays in the graph."""
        return _ops.clone(self)

    def to(self: Any, *args: Any, **options: Any) -> Tensor:
        """to(dtype), to(device, dtype) or to(other): itself if it has that dtype already."""
        return _ops.to(self, *args, **options)

    def type_as(self: Any, other: Tensor) -> Tensor:
        """The tensor in the dtype of `other`."""
        return _ops.type_as(self, other)

    def cpu(self: Any) -> Tensor:
        """The tensor itself: there is no other device."""
        return _ops.to(self)

    def contiguous(self: Any) -> Tensor:
        """The tensor in C order in memory, a copy only if it is not."""
        return _ops.contiguous(self)

    def is_floating_point(self: Any) -> bool:
        """Whether the dtype is a floating one."""
        return _ops.is_floating_point(self)

    # ---------------------------------------------------------------- new ones

    def new_zeros(self: Any, *size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
        """`mytorch.zeros`, of this tensor's dtype unless another is given."""
        return _ops.zeros(*size, dtype=dtype or self.dtype, **options)

    def new_ones(self: Any, *size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
        """`mytorch.ones`, of this tensor's dtype unless another is given."""
        return _ops.ones(*size, dtype=dtype or self.dtype, **options)

    def new_empty(self: Any, *size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
        """`mytorch.empty`, of this tensor's dtype unless another is given."""
        return _ops.empty(*size, dtype=dtype or self.dtype, **options)

    def new_full(
        self: Any,
        size: Any,
        fill_value: Any,
        *,
        dtype: DTypeLike | None = None,
        **options: Any,
    ) -> Tensor:
        """`mytorch.full`, of this tensor's dtype unless another is given."""
        return _ops.full(size, fill_value, dtype=dtype or self.dtype, **options)

    # --------------------------------------------------------------- in place

    def copy_(self: Any, source: Operand) -> Tensor:
        """Copies `source`, broadcast and converted, into this tensor's memory."""
        return _ops.set_item("copy_", self, ..., source)

    def fill_(self: Any, value: Operand) -> Tensor:
        """Sets every element to `value`."""
        return _ops.set_item("fill_", self, ..., value)

    def zero_(self: Any) -> Tensor:
        """Sets every element to 0."""
        return _ops.set_item("zero_", self, ..., 0)

    def add_(self: Any, other: Operand, *, alpha: float = 1) -> Tensor:
        """self += alpha * other."""
        return _ops.in_place("add_", _ops.add, self, other, alpha=alpha)

    def sub_(self: Any, other: Operand, *, alpha: float = 1) -> Tensor:
        """self -= alpha * other."""
        return _ops.in_place("sub_", _ops.sub, self, other, alpha=alpha)

    def mul_(self: Any, other: Operand) -> Tensor:
        """self *= other."""
        return _ops.in_place("mul_", _ops.mul, self, other)

    def div_(self: Any, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """self /= other, rounded by `rounding_mode`."""
        return _ops.in_place("div_", _ops.div, self, other, rounding_mode=rounding_mode)

    def floor_divide_(self: Any, other: Operand) -> Tensor:
        """self //= other."""
        return _ops.in_place("floor_divide_", _ops.floor_divide, self, other)

    def remainder_(self: Any, other: Operand) -> Tensor:
        """self %= other."""
        return _ops.in_place("remainder_", _ops.remainder, self, other)

    def pow_(self: Any, exponent: Operand) -> Tensor:
        """self **= exponent."""
        return _ops.in_place("pow_", _ops.pow, self, exponent)

    def neg_(self: Any) -> Tensor:
        """self = -self."""
        return _ops.in_place("neg_", _ops.neg, self)

    def square_(self: Any) -> Tensor:
        """self = self ** 2."""
        return _ops.in_place("square_", _ops.square, self)

    def abs_(self: Any) -> Tensor:
        """self = |self|."""
        return _ops.in_place("abs_", _ops.abs, self)

    def sign_(self: Any) -> Tensor:
        """self = sign(self)."""
        return _ops.in_place("sign_", _ops.sign, self)

    def exp_(self: Any) -> Tensor:
        """self = e ** self."""
        return _ops.in_place("exp_", _ops.exp, self)

    def expm1_(self: Any) -> Tensor:
        """self = e ** self - 1."""
        return _ops.in_place("expm1_", _ops.expm1, self)

    def log_(self: Any) -> Tensor:
        """self = log(self)."""
        return _ops.in_place("log_", _ops.log, self)

    def log1p_(self: Any) -> Tensor:
        """self = log(1 + self)."""
        return _ops.in_place("log1p_", _ops.log1p, self)

    def log2_(self: Any) -> Tensor:
        """self = log2(self)."""
        return _ops.in_place("log2_", _ops.log2, self)

    def log10_(self: Any) -> Tensor:
        """self = log10(self)."""
        return _ops.in_place("log10_", _ops.log10, self)

    def sqrt_(self: Any) -> Tensor:
        """self = sqrt(self)."""
        return _ops.in_place("sqrt_", _ops.sqrt, self)

    def rsqrt_(self: Any) -> Tensor:
        """self = 1 / sqrt(self)."""
        return _ops.in_place("rsqrt_", _ops.rsqrt, self)

    def reciprocal_(self: Any) -> Tensor:
        """self = 1 / self."""
        return _ops.in_place("reciprocal_", _ops.reciprocal, self)

    def sin_(self: Any) -> Tensor:
        """self = sin(self)."""
        return _ops.in_place("sin_", _ops.sin, self)

    def cos_(self: Any) -> Tensor:
        """self = cos(self)."""
        return _ops.in_place("cos_", _ops.cos, self)

    def floor_(self: Any) -> Tensor:
        """self = floor(self)."""
        return _ops.in_place("floor_", _ops.floor, self)

    def ceil_(self: Any) -> Tensor:
        """self = ceil(self)."""
        return _ops.in_place("ceil_", _ops.ceil, self)

    def trunc_(self: Any) -> Tensor:
        """self = trunc(self)."""
        return _ops.in_place("trunc_", _ops.trunc, self)

    def round_(self: Any, *, decimals: int = 0) -> Tensor:
        """self = round(self, decimals=decimals)."""
        return _ops.in_place("round_", _ops.round, self, decimals=decimals)

    def bitwise_and_(self: Any, other: Operand) -> Tensor:
        """self &= other."""
        return _ops.in_place("bitwise_and_", _ops.bitwise_and, self, other)

    def bitwise_or_(self: Any, other: Operand) -> Tensor:
        """self |= other."""
        return _ops.in_place("bitwise_or_", _ops.bitwise_or, self, other)

    def bitwise_xor_(self: Any, other: Operand) -> Tensor:
        """self ^= other."""
        return _ops.in_place("bitwise_xor_", _ops.bitwise_xor, self, other)

    def bitwise_not_(self: Any) -> Tensor:
        """self = ~self."""
        return _ops.in_place("bitwise_not_", _ops.bitwise_not, self)

    # What compares has no gradient: it overwrites what was there, converted to its dtype.

    def eq_(self: Any, other: Operand) -> Tensor:
        """self = eq(self, other)."""
        return _ops.set_item("eq_", self, ..., _ops.eq(self, other))

    def ne_(self: Any, other: Operand) -> Tensor:
        """self = ne(self, other)."""
        return _ops.set_item("ne_", self, ..., _ops.ne(self, other))

    def lt_(self: Any, other: Operand) -> Tensor:
        """self = lt(self, other)."""
        return _ops.set_item("lt_", self, ..., _ops.lt(self, other))

    def le_(self: Any, other: Operand) -> Tensor:
        """self = le(self, other)."""
        return _ops.set_item("le_", self, ..., _ops.le(self, other))

    def gt_(self: Any, other: Operand) -> Tensor:
        """self = gt(self, other)."""
        return _ops.set_item("gt_", self, ..., _ops.gt(self, other))

    def ge_(self: Any, other: Operand) -> Tensor:
        """self = ge(self, other)."""
        return _ops.set_item("ge_", self, ..., _ops.ge(self, other))

    def logical_and_(self: Any, other: Tensor) -> Tensor:
        """self = logical_and(self, other)."""
        return _ops.set_item("logical_and_", self, ..., _ops.logical_and(self, other))

    def logical_or_(self: Any, other: Tensor) -> Tensor:
        """self = logical_or(self, other)."""
        return _ops.set_item("logical_or_", self, ..., _ops.logical_or(self, other))

    def logical_xor_(self: Any, other: Tensor) -> Tensor:
        """self = logical_xor(self, other)."""
        return _ops.set_item("logical_xor_", self, ..., _ops.logical_xor(self, other))

    def logical_not_(self: Any) -> Tensor:
        """self = logical_not(self)."""
        return _ops.set_item("logical_not_", self, ..., _ops.logical_not(self))

    def masked_fill_(self: Any, mask: Tensor, value: Tensor | float) -> Tensor:
        """Sets the elements where the mask holds to `value`."""
        return _ops.in_place("masked_fill_", _ops.masked_fill, self, mask, value)

    def erf_(self: Any) -> Tensor:
        """self = erf(self)."""
        return _ops.in_place("erf_", _ops.erf, self)

    def erfc_(self: Any) -> Tensor:
        """self = erfc(self)."""
        return _ops.in_place("erfc_", _ops.erfc, self)

    def clamp_(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """self = min(max(self, min), max)."""
        return _ops.in_place("clamp_", _ops.clamp, self, min, max)

    def clip_(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """self = min(max(self, min), max)."""
        return _ops.in_place("clip_", _ops.clip, self, min, max)

    def clamp_min_(self: Any, min: Any) -> Tensor:
        """self = max(self, min), elementwise."""
        return _ops.in_place("clamp_min_", _ops.clamp_min, self, min)

    def clamp_max_(self: Any, max: Any) -> Tensor:
        """self = min(self, max), elementwise."""
        return _ops.in_place("clamp_max_", _ops.clamp_max, self, max)

    def cumsum_(self: Any, *args: Any, **options: Any) -> Tensor:
        """cumsum_(dim, *, dtype=None): self = cumsum(self, dim)."""
        return _ops.in_place("cumsum_", _ops.cumsum, self, *args, **options)

    def cumprod_(self: Any, *args: Any, **options: Any) -> Tensor:
        """cumprod_(dim, *, dtype=None): self = cumprod(self, dim)."""
        return _ops.in_place("cumprod_", _ops.cumprod, self, *args, **options)

    def relu_(self: Any) -> Tensor:
        """self = max(self, 0)."""
        return _ops.in_place("relu_", _ops.relu, self)

    def sigmoid_(self: Any) -> Tensor:
        """self = sigmoid(self)."""
        return _ops.in_place("sigmoid_", _ops.sigmoid, self)

    def tanh_(self: Any) -> Tensor:
        """self = tanh(self)."""
        return _ops.in_place("tanh_", _ops.tanh, self)

    def scatter_(self: Any, dim: int, index: Any, src: Any = None, **options: Any) -> Tensor:
        """self = scatter(self, dim, index, src, *, value=None, reduce=None)."""
        return _ops.in_place("scatter_", _ops.scatter, self, dim, index, src, **options)

    def scatter_add_(self: Any, dim: int, index: Any, src: Tensor) -> Tensor:
        """self = scatter_add(self, dim, index, src)."""
        return _ops.in_place("scatter_add_", _ops.scatter_add, self, dim, index, src)

    def index_add_(self: Any, dim: int, index: Any, source: Tensor, *, alpha: Any = 1) -> Tensor:
        """self = index_add(self, dim, index, source, alpha=alpha)."""
        return _ops.in_place("index_add_", _ops.index_add, self, dim, index, source, alpha=alpha)

    def index_copy_(self: Any, dim: int, index: Any, source: Tensor) -> Tensor:
        """self = index_copy(self, dim, index, source)."""
        return _ops.in_place("index_copy_", _ops.index_copy, self, dim, index, source)

    def index_fill_(self: Any, dim: int, index: Any, value: Any) -> Tensor:
        """self = index_fill(self, dim, index, value)."""
        return _ops.in_place("index_fill_", _ops.index_fill, self, dim, index, value)

    def tril_(self: Any, diagonal: int = 0) -> Tensor:
        """self = tril(self, diagonal)."""
        return _ops.in_place("tril_", _ops.tril, self, diagonal)

    def triu_(self: Any, diagonal: int = 0) -> Tensor:
        """self = triu(self, diagonal)."""
        return _ops.in_place("triu_", _ops.triu, self, diagonal)

    def addmm_(
        self: Any, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
    ) -> Tensor:
        """self = addmm(self, mat1, mat2, beta=beta, alpha=alpha)."""
        return _ops.in_place("addmm_", _ops.addmm, self, mat1, mat2, beta=beta, alpha=alpha)

    # ------------------------------------------- conversions to a named dtype

    # At the end, because their names hide the builtins from what follows.

    def double(self: Any) -> Tensor:
        """The tensor in dtype float64."""
        return _ops.to(self, np.dtype(np.float64))

    def float(self: Any) -> Tensor:
        """The tensor in dtype float32."""
        return _ops.to(self, np.dtype(np.float32))

    def half(self: Any) -> Tensor:
        """The tensor in dtype float16."""
        return _ops.to(self, np.dtype(np.float16))

    def long(self: Any) -> Tensor:
        """The tensor in dtype int64."""
        return _ops.to(self, np.dtype(np.int64))

    def int(self: Any) -> Tensor:
        """The tensor in dtype int32."""
        return _ops.to(self, np.dtype(np.int32))

    def short(self: Any) -> Tensor:
        """The tensor in dtype int16."""
        return _ops.to(self, np.dtype(np.int16))

    def bool(self: Any) -> Tensor:
        """The tensor in dtype bool."""
        return _ops.to(self, np.dtype(np.bool_))


def bind(ops: ModuleType) -> None:
    """Gives the methods the operations, which import Tensor."""
    globals().update(_ops=ops)
