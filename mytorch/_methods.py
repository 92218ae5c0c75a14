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

    def div(self: Any, other: "Operand") -> "Tensor":
        """self / other."""
        return _ops.div(self, other)

    def pow(self: Any, exponent: "Operand") -> "Tensor":
        """self ** exponent."""
        return _ops.pow(self, exponent)

    def neg(self: Any) -> "Tensor":
        """-self."""
        return _ops.neg(self)

    # ----------------------------------------------------------- elementwise

    def abs(self: Any) -> "Tensor":
        """|self|."""
        return _ops.abs(self)

    def exp(self: Any) -> "Tensor":
        """e ** self."""
        return _ops.exp(self)

    def log(self: Any) -> "Tensor":
        """The natural logarithm."""
        return _ops.log(self)

    def sqrt(self: Any) -> "Tensor":
        """The square root."""
        return _ops.sqrt(self)

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
        return _ops.in_place("add_", _ops.add, self, other if alpha == 1 else other * alpha)

    def sub_(self: Any, other: "Operand", *, alpha: float = 1) -> "Tensor":
        """self -= alpha * other."""
        return _ops.in_place("sub_", _ops.sub, self, other if alpha == 1 else other * alpha)

    def mul_(self: Any, other: "Operand") -> "Tensor":
        """self *= other."""
        return _ops.in_place("mul_", _ops.mul, self, other)

    def div_(self: Any, other: "Operand") -> "Tensor":
        """self /= other."""
        return _ops.in_place("div_", _ops.div, self, other)

    def pow_(self: Any, exponent: "Operand") -> "Tensor":
        """self **= exponent."""
        return _ops.in_place("pow_", _ops.pow, self, exponent)

    def neg_(self: Any) -> "Tensor":
        """self = -self."""
        return _ops.in_place("neg_", _ops.neg, self)

    def abs_(self: Any) -> "Tensor":
        """self = |self|."""
        return _ops.in_place("abs_", _ops.abs, self)

    def exp_(self: Any) -> "Tensor":
        """self = e ** self."""
        return _ops.in_place("exp_", _ops.exp, self)

    def log_(self: Any) -> "Tensor":
        """self = log(self)."""
        return _ops.in_place("log_", _ops.log, self)

    def sqrt_(self: Any) -> "Tensor":
        """self = sqrt(self)."""
        return _ops.in_place("sqrt_", _ops.sqrt, self)

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
