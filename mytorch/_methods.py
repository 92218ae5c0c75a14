"""The operations as methods of Tensor, one line each.

What an operation does, what it raises and an example are told where it is defined, in
`mytorch.ops`, under the same name. What has the arguments `dim` and `keepdim` also takes NumPy's
`axis` and `keepdims`: there the docstring names the arguments.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

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

    def add(self: Any, other: "Operand", *, alpha: float = 1) -> "Tensor":
        """self + alpha * other."""
        return _ops.add(self, other, alpha=alpha)

    def sub(self: Any, other: "Operand", *, alpha: float = 1) -> "Tensor":
        """self - alpha * other."""
        return _ops.sub(self, other, alpha=alpha)

    def mul(self: Any, other: "Operand") -> "Tensor":
        """self * other."""
        return _ops.mul(self, other)

    def div(self: Any, other: "Operand", *, rounding_mode: str | None = None) -> "Tensor":
        """self / other, rounded by `rounding_mode`: None, "trunc" or "floor"."""
        return _ops.div(self, other, rounding_mode=rounding_mode)

    def floor_divide(self: Any, other: "Operand") -> "Tensor":
        """self // other."""
        return _ops.floor_divide(self, other)

    def remainder(self: Any, other: "Operand") -> "Tensor":
        """self % other."""
        return _ops.remainder(self, other)

    def pow(self: Any, exponent: "Operand") -> "Tensor":
        """self ** exponent."""
        return _ops.pow(self, exponent)

    def square(self: Any) -> "Tensor":
        """self ** 2."""
        return _ops.square(self)

    def neg(self: Any) -> "Tensor":
        """-self."""
        return _ops.neg(self)

    # ----------------------------------------------------------- elementwise

    def abs(self: Any) -> "Tensor":
        """|self|."""
        return _ops.abs(self)

    def sign(self: Any) -> "Tensor":
        """1 above 0, -1 below, 0 at 0."""
        return _ops.sign(self)

    def exp(self: Any) -> "Tensor":
        """e ** self."""
        return _ops.exp(self)

    def expm1(self: Any) -> "Tensor":
        """e ** self - 1."""
        return _ops.expm1(self)

    def log(self: Any) -> "Tensor":
        """The natural logarithm."""
        return _ops.log(self)

    def log1p(self: Any) -> "Tensor":
        """log(1 + self)."""
        return _ops.log1p(self)

    def log2(self: Any) -> "Tensor":
        """The logarithm to base 2."""
        return _ops.log2(self)

    def log10(self: Any) -> "Tensor":
        """The logarithm to base 10."""
        return _ops.log10(self)

    def sqrt(self: Any) -> "Tensor":
        """The square root."""
        return _ops.sqrt(self)

    def rsqrt(self: Any) -> "Tensor":
        """1 / sqrt(self)."""
        return _ops.rsqrt(self)

    def reciprocal(self: Any) -> "Tensor":
        """1 / self."""
        return _ops.reciprocal(self)

    def sin(self: Any) -> "Tensor":
        """The sine."""
        return _ops.sin(self)

    def cos(self: Any) -> "Tensor":
        """The cosine."""
        return _ops.cos(self)

    def floor(self: Any) -> "Tensor":
        """Rounded down."""
        return _ops.floor(self)

    def ceil(self: Any) -> "Tensor":
        """Rounded up."""
        return _ops.ceil(self)

    def trunc(self: Any) -> "Tensor":
        """Rounded towards 0."""
        return _ops.trunc(self)

    def round(self: Any, *, decimals: int = 0) -> "Tensor":
        """The nearest number of so many decimals, halves to the even one."""
        return _ops.round(self, decimals=decimals)

    def erf(self: Any) -> "Tensor":
        """The error function."""
        return _ops.erf(self)

    def erfc(self: Any) -> "Tensor":
        """1 - erf(self)."""
        return _ops.erfc(self)

    # ----------------------------------------------------------- comparisons

    def eq(self: Any, other: "Operand") -> "Tensor":
        """self == other, elementwise."""
        return _ops.eq(self, other)

    def ne(self: Any, other: "Operand") -> "Tensor":
        """self != other, elementwise."""
        return _ops.ne(self, other)

    def lt(self: Any, other: "Operand") -> "Tensor":
        """self < other, elementwise."""
        return _ops.lt(self, other)

    def le(self: Any, other: "Operand") -> "Tensor":
        """self <= other, elementwise."""
        return _ops.le(self, other)

    def gt(self: Any, other: "Operand") -> "Tensor":
        """self > other, elementwise."""
        return _ops.gt(self, other)

    def ge(self: Any, other: "Operand") -> "Tensor":
        """self >= other, elementwise."""
        return _ops.ge(self, other)

    def logical_and(self: Any, other: "Tensor") -> "Tensor":
        """Whether both elements are not 0."""
        return _ops.logical_and(self, other)

    def logical_or(self: Any, other: "Tensor") -> "Tensor":
        """Whether one of the elements is not 0."""
        return _ops.logical_or(self, other)

    def logical_xor(self: Any, other: "Tensor") -> "Tensor":
        """Whether just one of the elements is not 0."""
        return _ops.logical_xor(self, other)

    def logical_not(self: Any) -> "Tensor":
        """Whether the element is 0."""
        return _ops.logical_not(self)

    def bitwise_and(self: Any, other: "Operand") -> "Tensor":
        """self & other."""
        return _ops.bitwise_and(self, other)

    def bitwise_or(self: Any, other: "Operand") -> "Tensor":
        """self | other."""
        return _ops.bitwise_or(self, other)

    def bitwise_xor(self: Any, other: "Operand") -> "Tensor":
        """self ^ other."""
        return _ops.bitwise_xor(self, other)

    def bitwise_not(self: Any) -> "Tensor":
        """~self."""
        return _ops.bitwise_not(self)

    def isnan(self: Any) -> "Tensor":
        """Whether the element is NaN."""
        return _ops.isnan(self)

    def isinf(self: Any) -> "Tensor":
        """Whether the element is infinite."""
        return _ops.isinf(self)

    def isfinite(self: Any) -> "Tensor":
        """Whether the element is neither infinite nor NaN."""
        return _ops.isfinite(self)

    def isclose(
        self: Any, other: "Tensor", rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> "Tensor":
        """Whether |self - other| <= atol + rtol * |other|."""
        return _ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(
        self: Any, other: "Tensor", rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether all elements are close."""
        return _ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self: Any, other: "Tensor") -> bool:
        """Whether the shapes and all elements are equal."""
        return _ops.equal(self, other)

    def all(self: Any, *args: Any, **options: Any) -> "Tensor":
        """all(dim=None, keepdim=False): whether all elements over `dim` are true."""
        return _ops.all(self, *args, **options)

    def any(self: Any, *args: Any, **options: Any) -> "Tensor":
        """any(dim=None, keepdim=False): whether any element over `dim` is true."""
        return _ops.any(self, *args, **options)

    # ------------------------------------------------------------- selection

    def where(self: Any, condition: "Tensor", other: "Operand") -> "Tensor":
        """self where the condition holds, else other."""
        return _ops.where(condition, self, other)

    def masked_fill(self: Any, mask: "Tensor", value: "Tensor | float") -> "Tensor":
        """`value` where the mask holds, else self."""
        return _ops.masked_fill(self, mask, value)

    def masked_select(self: Any, mask: "Tensor") -> "Tensor":
        """The elements where the mask holds, in a row."""
        return _ops.masked_select(self, mask)

    # ----------------------------------------------------------- activations

    def relu(self: Any) -> "Tensor":
        """max(self, 0)."""
        return _ops.relu(self)

    def sigmoid(self: Any) -> "Tensor":
        """1 / (1 + exp(-self))."""
        return _ops.sigmoid(self)

    def tanh(self: Any) -> "Tensor":
        """The hyperbolic tangent."""
        return _ops.tanh(self)

    def softmax(self: Any, *args: Any, **options: Any) -> "Tensor":
        """softmax(dim): exp(self) / sum(exp(self)) along an axis."""
        return _ops.softmax(self, *args, **options)

    def log_softmax(self: Any, *args: Any, **options: Any) -> "Tensor":
        """log_softmax(dim): the logarithm of `softmax`."""
        return _ops.log_softmax(self, *args, **options)

    # ------------------------------------------------------------ reductions

    def sum(self: Any, *args: Any, **options: Any) -> "Tensor":
        """sum(dim=None, keepdim=False): the sum over `dim`, all axes for None."""
        return _ops.sum(self, *args, **options)

    def mean(self: Any, *args: Any, **options: Any) -> "Tensor":
        """mean(dim=None, keepdim=False): the mean over `dim`, all axes for None."""
        return _ops.mean(self, *args, **options)

    def var(self: Any, *args: Any, **options: Any) -> "Tensor":
        """var(dim=None, *, correction=1, keepdim=False): the variance over `dim`."""
        return _ops.var(self, *args, **options)

    def max(self: Any, *args: Any, **options: Any) -> Any:
        """max(dim=None, keepdim=False): the largest element; along an axis, (values, indices)."""
        return _ops.max(self, *args, **options)

    def min(self: Any, *args: Any, **options: Any) -> Any:
        """min(dim=None, keepdim=False): the smallest element; along an axis, (values, indices)."""
        return _ops.min(self, *args, **options)

    def amax(self: Any, *args: Any, **options: Any) -> "Tensor":
        """amax(dim=(), keepdim=False): the largest element over `dim`."""
        return _ops.amax(self, *args, **options)

    def amin(self: Any, *args: Any, **options: Any) -> "Tensor":
        """amin(dim=(), keepdim=False): the smallest element over `dim`."""
        return _ops.amin(self, *args, **options)

    def argmax(self: Any, *args: Any, **options: Any) -> "Tensor":
        """argmax(dim=None, keepdim=False): the index of the first largest element."""
        return _ops.argmax(self, *args, **options)

    def argmin(self: Any, *args: Any, **options: Any) -> "Tensor":
        """argmin(dim=None, keepdim=False): the index of the first smallest element."""
        return _ops.argmin(self, *args, **options)

    # --------------------------------------------------------------- shaping

    @property
    def T(self: Any) -> "Tensor":
        """The tensor with its axes reversed: a matrix transposed."""
        return _ops.Transpose.apply(self)

    def t(self: Any) -> "Tensor":
        """A matrix transposed."""
        return _ops.t(self)

    def permute(self: Any, *dims: Any) -> "Tensor":
        """The axes in the order `dims`."""
        return _ops.permute(self, *dims)

    def transpose(self: Any, dim0: int, dim1: int) -> "Tensor":
        """Two axes exchanged."""
        return _ops.transpose(self, dim0, dim1)

    def reshape(self: Any, *shape: Any) -> "Tensor":
        """The same elements in another shape; one size may be -1."""
        return _ops.reshape(self, *shape)

    def expand(self: Any, *sizes: Any) -> "Tensor":
        """The tensor repeated to `sizes` as broadcasting does; -1 keeps a size."""
        return _ops.expand(self, *sizes)

    def broadcast_to(self: Any, size: Any) -> "Tensor":
        """The tensor repeated to the shape `size`."""
        return _ops.broadcast_to(self, size)

    # --------------------------------------------------------- linear algebra

    def matmul(self: Any, other: "Operand") -> "Tensor":
        """The matrix product self @ other."""
        return _ops.matmul(self, other)

    # ------------------------------------------------------------ conversions

    def clone(self: Any) -> "Tensor":
        """A copy that stays in the graph."""
        return _ops.clone(self)

    def to(self: Any, dtype: DTypeLike) -> "Tensor":
        """The tensor in another dtype; itself if it has that one already."""
        return _ops.to(self, dtype)

    # --------------------------------------------------------------- in place

    def copy_(self: Any, source: "Operand") -> "Tensor":
        """Copies `source`, broadcast and converted, into this tensor's memory."""
        return _ops.set_item("copy_", self, ..., source)

    def fill_(self: Any, value: "Operand") -> "Tensor":
        """Sets every element to `value`."""
        return _ops.set_item("fill_", self, ..., value)

    def zero_(self: Any) -> "Tensor":
        """Sets every element to 0."""
        return _ops.set_item("zero_", self, ..., 0)

    def add_(self: Any, other: "Operand", *, alpha: float = 1) -> "Tensor":
        """self += alpha * other."""
        return _ops.in_place("add_", _ops.add, self, other, alpha=alpha)

    def sub_(self: Any, other: "Operand", *, alpha: float = 1) -> "Tensor":
        """self -= alpha * other."""
        return _ops.in_place("sub_", _ops.sub, self, other, alpha=alpha)

    def mul_(self: Any, other: "Operand") -> "Tensor":
        """self *= other."""
        return _ops.in_place("mul_", _ops.mul, self, other)

    def div_(self: Any, other: "Operand", *, rounding_mode: str | None = None) -> "Tensor":
        """self /= other, rounded by `rounding_mode`."""
        return _ops.in_place("div_", _ops.div, self, other, rounding_mode=rounding_mode)

    def floor_divide_(self: Any, other: "Operand") -> "Tensor":
        """self //= other."""
        return _ops.in_place("floor_divide_", _ops.floor_divide, self, other)

    def remainder_(self: Any, other: "Operand") -> "Tensor":
        """self %= other."""
        return _ops.in_place("remainder_", _ops.remainder, self, other)

    def pow_(self: Any, exponent: "Operand") -> "Tensor":
        """self **= exponent."""
        return _ops.in_place("pow_", _ops.pow, self, exponent)

    def neg_(self: Any) -> "Tensor":
        """self = -self."""
        return _ops.in_place("neg_", _ops.neg, self)

    def square_(self: Any) -> "Tensor":
        """self = self ** 2."""
        return _ops.in_place("square_", _ops.square, self)

    def abs_(self: Any) -> "Tensor":
        """self = |self|."""
        return _ops.in_place("abs_", _ops.abs, self)

    def sign_(self: Any) -> "Tensor":
        """self = sign(self)."""
        return _ops.in_place("sign_", _ops.sign, self)

    def exp_(self: Any) -> "Tensor":
        """self = e ** self."""
        return _ops.in_place("exp_", _ops.exp, self)

    def expm1_(self: Any) -> "Tensor":
        """self = e ** self - 1."""
        return _ops.in_place("expm1_", _ops.expm1, self)

    def log_(self: Any) -> "Tensor":
        """self = log(self)."""
        return _ops.in_place("log_", _ops.log, self)

    def log1p_(self: Any) -> "Tensor":
        """self = log(1 + self)."""
        return _ops.in_place("log1p_", _ops.log1p, self)

    def log2_(self: Any) -> "Tensor":
        """self = log2(self)."""
        return _ops.in_place("log2_", _ops.log2, self)

    def log10_(self: Any) -> "Tensor":
        """self = log10(self)."""
        return _ops.in_place("log10_", _ops.log10, self)

    def sqrt_(self: Any) -> "Tensor":
        """self = sqrt(self)."""
        return _ops.in_place("sqrt_", _ops.sqrt, self)

    def rsqrt_(self: Any) -> "Tensor":
        """self = 1 / sqrt(self)."""
        return _ops.in_place("rsqrt_", _ops.rsqrt, self)

    def reciprocal_(self: Any) -> "Tensor":
        """self = 1 / self."""
        return _ops.in_place("reciprocal_", _ops.reciprocal, self)

    def sin_(self: Any) -> "Tensor":
        """self = sin(self)."""
        return _ops.in_place("sin_", _ops.sin, self)

    def cos_(self: Any) -> "Tensor":
        """self = cos(self)."""
        return _ops.in_place("cos_", _ops.cos, self)

    def floor_(self: Any) -> "Tensor":
        """self = floor(self)."""
        return _ops.in_place("floor_", _ops.floor, self)

    def ceil_(self: Any) -> "Tensor":
        """self = ceil(self)."""
        return _ops.in_place("ceil_", _ops.ceil, self)

    def trunc_(self: Any) -> "Tensor":
        """self = trunc(self)."""
        return _ops.in_place("trunc_", _ops.trunc, self)

    def round_(self: Any, *, decimals: int = 0) -> "Tensor":
        """self = round(self, decimals=decimals)."""
        return _ops.in_place("round_", _ops.round, self, decimals=decimals)

    def bitwise_and_(self: Any, other: "Operand") -> "Tensor":
        """self &= other."""
        return _ops.in_place("bitwise_and_", _ops.bitwise_and, self, other)

    def bitwise_or_(self: Any, other: "Operand") -> "Tensor":
        """self |= other."""
        return _ops.in_place("bitwise_or_", _ops.bitwise_or, self, other)

    def bitwise_xor_(self: Any, other: "Operand") -> "Tensor":
        """self ^= other."""
        return _ops.in_place("bitwise_xor_", _ops.bitwise_xor, self, other)

    def masked_fill_(self: Any, mask: "Tensor", value: "Tensor | float") -> "Tensor":
        """Sets the elements where the mask holds to `value`."""
        return _ops.in_place("masked_fill_", _ops.masked_fill, self, mask, value)

    def erf_(self: Any) -> "Tensor":
        """self = erf(self)."""
        return _ops.in_place("erf_", _ops.erf, self)

    def erfc_(self: Any) -> "Tensor":
        """self = erfc(self)."""
        return _ops.in_place("erfc_", _ops.erfc, self)

    def relu_(self: Any) -> "Tensor":
        """self = max(self, 0)."""
        return _ops.in_place("relu_", _ops.relu, self)

    def sigmoid_(self: Any) -> "Tensor":
        """self = sigmoid(self)."""
        return _ops.in_place("sigmoid_", _ops.sigmoid, self)

    def tanh_(self: Any) -> "Tensor":
        """self = tanh(self)."""
        return _ops.in_place("tanh_", _ops.tanh, self)


def bind(ops: ModuleType) -> None:
    """Gives the methods the operations, which import Tensor."""
    globals().update(_ops=ops)
