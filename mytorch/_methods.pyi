"""The types of Tensor's methods. `python -m tests.stub` writes this file."""

# ruff: noqa: N803 (PyTorch's names)

import builtins
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, overload

from mytorch._device import DeviceLike
from mytorch._dtypes import Array, Scalar
from mytorch._memory_format import memory_format
from mytorch._shapes import Axes, Shape
from mytorch.dtypes import DTypeLike
from mytorch.ops.decompositions import QRParts, SVDFactors
from mytorch.ops.extremes import Both, Bound, Extreme
from mytorch.ops.histograms import Histogram
from mytorch.ops.quantiles import Chosen
from mytorch.ops.scans import Sorted
from mytorch.ops.systems import SignLogDet
from mytorch.random import Generator
from mytorch.tensor import Operand, Tensor

__all__ = ["Methods"]

class Methods:
    """The base of Tensor that holds the operations."""

    def relu(self) -> Tensor:
        """max(input, 0), elementwise; the gradient at 0 is 0 (write-up 2.2).

        Raises DtypeError for booleans.
        """
    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-input)), elementwise."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent, elementwise."""
    def absolute(self) -> Tensor:
        """`abs`."""
    def arccos(self) -> Tensor:
        """`acos`."""
    def arccosh(self) -> Tensor:
        """`acosh`."""
    def arcsin(self) -> Tensor:
        """`asin`."""
    def arcsinh(self) -> Tensor:
        """`asinh`."""
    def arctan(self) -> Tensor:
        """`atan`."""
    def arctan2(self, other: Tensor) -> Tensor:
        """`atan2`."""
    def arctanh(self) -> Tensor:
        """`atanh`."""
    def divide(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """`div`."""
    def fix(self) -> Tensor:
        """`trunc`."""
    def ger(self, vec2: Tensor) -> Tensor:
        """`outer`."""
    def greater(self, other: Operand) -> Tensor:
        """`gt`."""
    def greater_equal(self, other: Operand) -> Tensor:
        """`ge`."""
    def less(self, other: Operand) -> Tensor:
        """`lt`."""
    def less_equal(self, other: Operand) -> Tensor:
        """`le`."""
    def multiply(self, other: Operand) -> Tensor:
        """`mul`."""
    def negative(self) -> Tensor:
        """`neg`."""
    def not_equal(self, other: Operand) -> Tensor:
        """`ne`."""
    def subtract(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """`sub`."""
    def swapdims(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """`transpose`."""
    def true_divide(self, other: Operand) -> Tensor:
        """`div` that does not round."""
    def add(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """input + alpha * other, elementwise with broadcasting.

        Raises DtypeError for an alpha of a higher kind than the result, as 1.5 among integers.
        """
    def div(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """input / other, elementwise with broadcasting; floating also for integers, unless rounded.

        Arguments:
            rounding_mode: None, "trunc" (towards 0) or "floor" (down). The gradient of what is
                rounded is 0.

        Raises RuntimeError for another rounding mode and, where rounded, for integers divided by 0;
        DtypeError for booleans.
        """
    def floor_divide(self, other: Operand) -> Tensor:
        """input // other: the quotient rounded down, elementwise with broadcasting.

        The gradient is 0, as that of `div` with rounding_mode="floor"; PyTorch has none. Raises
        RuntimeError for integers divided by 0, DtypeError for booleans.
        """
    def mul(self, other: Operand) -> Tensor:
        """input * other, elementwise with broadcasting."""
    def neg(self) -> Tensor:
        """-input, elementwise. Raises DtypeError for booleans."""
    def pow(self, exponent: Operand) -> Tensor:
        """input ** exponent, elementwise with broadcasting.

        An exponent of no axes is a number, as 0.5 is: the power of -inf is then that of `sqrt`, NaN,
        where PyTorch's of a tensor is infinite.

        Raises DtypeError for booleans to booleans, and for a negative power of integers (in PyTorch
        only for a number; from a tensor it makes most of them 0).
        """
    def remainder(self, other: Operand) -> Tensor:
        """input % other: the remainder of the quotient rounded down, elementwise with broadcasting.

        It has the sign of `other`, also where it is 0 (in PyTorch a 0 has that of `input`). Raises
        RuntimeError for integers divided by 0, DtypeError for booleans.
        """
    def square(self) -> Tensor:
        """input ** 2, elementwise."""
    def sub(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """input - alpha * other, elementwise with broadcasting.

        Raises DtypeError for booleans, and for an alpha as in `add`.
        """
    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind and order 0, elementwise."""
    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
        """input + value * tensor1 / tensor2. Raises DtypeError for integers."""
    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
        """input + value * tensor1 * tensor2; among integers the `value` is cut to a whole number."""
    def bitwise_left_shift(self, other: Operand) -> Tensor:
        """input * 2**other for integers, whose bits are moved up. Raises DtypeError for others."""
    def bitwise_right_shift(self, other: Operand) -> Tensor:
        """input // 2**other for integers, whose bits are moved down. Raises DtypeError for others."""
    def copysign(self, other: Operand) -> Tensor:
        """|input| with the sign of `other`, also of -0.0."""
    def float_power(self, exponent: Operand) -> Tensor:
        """input ** exponent in double precision, whatever the dtypes."""
    def fmax(self, other: Tensor) -> Tensor:
        """The larger of each two elements; unlike `maximum`, a number beside NaN is taken."""
    def fmin(self, other: Tensor) -> Tensor:
        """The smaller of each two elements; unlike `minimum`, a number beside NaN is taken."""
    def fmod(self, other: Operand) -> Tensor:
        """The remainder of the quotient rounded towards 0, with the sign of `input`; see `remainder`.

        Raises RuntimeError for integers divided by 0, DtypeError for booleans.
        """
    def gcd(self, other: Tensor) -> Tensor:
        """The greatest common divisor of integers, at least 0. Raises DtypeError for others."""
    def heaviside(self, values: Tensor) -> Tensor:
        """0 below 0, 1 above, and at 0 the number of `values`, without a gradient. Raises DtypeError
        if the dtypes differ.
        """
    def lcm(self, other: Tensor) -> Tensor:
        """The least common multiple of integers, at least 0. Raises DtypeError for others."""
    def ldexp(self, other: Tensor) -> Tensor:
        """input * 2**other."""
    def lerp(self, end: Tensor | Array, weight: Tensor | Scalar) -> Tensor:
        """input + weight * (end - input): on the way from one to the other. The weight may be a number.

        Between parameters the end may be the array of one, as in `average.lerp_(parameter.data, 0.1)`.
        Raises DtypeError unless all are of one floating dtype.
        """
    def logaddexp(self, other: Tensor) -> Tensor:
        """log(exp(input) + exp(other)), which overflows nowhere. Raises DtypeError unless floating."""
    def logaddexp2(self, other: Tensor) -> Tensor:
        """log2(2**input + 2**other), which overflows nowhere. Raises DtypeError unless floating."""
    def nextafter(self, other: Tensor) -> Tensor:
        """The number next to `input` on the way to `other`. Raises DtypeError unless floating."""
    def broadcast_to(self, size: Shape) -> Tensor:
        """The tensor repeated to the shape `size`, as `expand`."""
    def expand(self, *sizes: Any) -> Tensor:
        """The tensor repeated to `sizes` as broadcasting does; -1 keeps a size. A view, which cannot be
        written to if an element is repeated.

        Raises ShapeError if a size is neither equal nor repeats a size of 1.
        """
    def expand_as(self, other: Tensor) -> Tensor:
        """The tensor repeated to the shape of another, as `expand`."""
    def repeat(self, *sizes: Any) -> Tensor:
        """A copy with the whole tensor repeated `sizes` times along its axes, new ones in front.

        Raises ShapeError for fewer sizes than axes, or a negative one.
        """
    def sum_to_size(self, *size: Any) -> Tensor:
        """The sum over the axes along which a tensor of this size would be broadcast to the input.

        Raises ShapeError if it would not.
        """
    def tile(self, *dims: Any) -> Tensor:
        """`repeat` in which missing numbers, those of the first axes, are 1, as NumPy has it."""
    def all(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Whether all elements over `dim` are true, which all but 0 is; every axis for None, no axis
        for ().

        The result of uint8 is uint8, as in PyTorch.
        """
    def allclose(
        self,
        other: Tensor,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> builtins.bool:
        """Whether all elements are close; see `isclose`."""
    def any(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Whether any element over `dim` is true, which all but 0 is; every axis for None, no axis
        for ().

        The result of uint8 is uint8, as in PyTorch.
        """
    def bitwise_and(self, other: Operand) -> Tensor:
        """input & other for integers, bit by bit, and booleans. Raises DtypeError for floats."""
    def bitwise_not(self) -> Tensor:
        """~input for integers, bit by bit, and booleans. Raises DtypeError for floats."""
    def bitwise_or(self, other: Operand) -> Tensor:
        """input | other for integers, bit by bit, and booleans. Raises DtypeError for floats."""
    def bitwise_xor(self, other: Operand) -> Tensor:
        """input ^ other for integers, bit by bit, and booleans. Raises DtypeError for floats."""
    def eq(self, other: Operand) -> Tensor:
        """input == other, elementwise with broadcasting."""
    def equal(self, other: Tensor) -> builtins.bool:
        """Whether the shapes are equal and so are all elements, whatever the dtypes."""
    def ge(self, other: Operand) -> Tensor:
        """input >= other, elementwise with broadcasting."""
    def gt(self, other: Operand) -> Tensor:
        """input > other, elementwise with broadcasting."""
    def isclose(
        self,
        other: Tensor,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|, elementwise with broadcasting.

        Infinities are close if they are equal, NaNs with `equal_nan`. Raises DtypeError if the dtypes
        differ, RuntimeError for a negative tolerance.
        """
    def isfinite(self) -> Tensor:
        """Whether the element is neither infinite nor NaN."""
    def isinf(self) -> Tensor:
        """Whether the element is infinite, of either sign."""
    def isnan(self) -> Tensor:
        """Whether the element is NaN."""
    def isneginf(self) -> Tensor:
        """Whether the element is infinite, below 0."""
    def isposinf(self) -> Tensor:
        """Whether the element is infinite, above 0."""
    def isreal(self) -> Tensor:
        """Whether the element is real, which all are."""
    def le(self, other: Operand) -> Tensor:
        """input <= other, elementwise with broadcasting."""
    def logical_and(self, other: Tensor) -> Tensor:
        """Whether both elements are true, which all but 0 is, with broadcasting."""
    def logical_not(self) -> Tensor:
        """Whether the element is 0."""
    def logical_or(self, other: Tensor) -> Tensor:
        """Whether one of the elements is true, which all but 0 is, with broadcasting."""
    def logical_xor(self, other: Tensor) -> Tensor:
        """Whether just one of the elements is true, which all but 0 is, with broadcasting."""
    def lt(self, other: Operand) -> Tensor:
        """input < other, elementwise with broadcasting."""
    def ne(self, other: Operand) -> Tensor:
        """input != other, elementwise with broadcasting."""
    def signbit(self) -> Tensor:
        """Whether the element is below 0, or -0.0."""
    def clone(self, *, memory_format: memory_format | None = None) -> Tensor:
        """A copy that stays in the graph: the gradient passes through. It is in C order."""
    def contiguous(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor with its elements in C order in memory: itself if they are, else a copy."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the dtype is a floating one."""
    def to(
        self,
        *target: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: memory_format | None = None,
    ) -> Tensor:
        """`to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`: the tensor in that dtype, or
        in another tensor's; itself if it has it already, unless `copy`. The device is the CPU.
        `non_blocking` and `copy` may follow by place, too.

        Integers and booleans made of floats, and booleans made of integers, are constants: no
        gradient passes.

        Raises RuntimeError for any other device.
        """
    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the dtype of another."""
    def corrcoef(self) -> Tensor:
        """The correlations of variables in rows: their covariances over their deviations, from -1 to 1.

        Raises ShapeError for more than two axes.
        """
    def cov(
        self,
        *,
        correction: builtins.int = 1,
        fweights: Tensor | None = None,
        aweights: Tensor | None = None,
    ) -> Tensor:
        """The covariances of variables, of which each row has the observations; of a vector its
        variance.

        Arguments:
            correction: what the number of observations is lessened by in the divisor.
            fweights: integers: how often each observation was made.
            aweights: how much each observation counts.

        Raises ShapeError for more than two axes or other weights, DtypeError for booleans, RangeError
        for negative weights.
        """
    def cholesky(self, upper: builtins.bool = False) -> Tensor:
        """The triangle L with L L^T = A of each symmetric positive definite matrix A, or U with
        U^T U = A if `upper`. Only that triangle of A is read.

        Raises LinAlgError if a matrix is not positive definite.
        """
    def lu(
        self, pivot: builtins.bool = True, get_infos: builtins.bool = False
    ) -> tuple[Tensor, ...]:
        """`mytorch.linalg.lu_factor` as a plain tuple, with a third part if `get_infos`: the first zero
        on U's diagonal, counted from 1, or 0.
        """
    def lu_solve(self, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
        """x with A x = input, for the factors and pivots of A."""
    def pinverse(self, rcond: builtins.float = 1e-15) -> Tensor:
        """The pseudoinverse of each matrix, with singular values of at most `rcond` times the largest
        one taken for 0: see `mytorch.linalg.pinv`.
        """
    def qr(self, some: builtins.bool = True) -> QRParts:
        """The QR decomposition of each matrix: `mytorch.linalg.qr`, with mode "reduced", or "complete"
        unless `some`.
        """
    def svd(self, some: builtins.bool = True, compute_uv: builtins.bool = True) -> SVDFactors:
        """The singular value decomposition of each matrix, input = U diag(S) V^T, with square U and V
        unless `some`; see `mytorch.linalg.svd`, which gives V^T. U and V are zeros without
        `compute_uv`.
        """
    def diag(self, diagonal: builtins.int = 0) -> Tensor:
        """A matrix with the vector on a diagonal, or a copy of the diagonal of a matrix.

        Raises ShapeError for any other number of axes.
        """
    def diag_embed(
        self, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1
    ) -> Tensor:
        """Matrices in the new axes dim1 and dim2, with the last axis of input as the diagonal
        [i, i + offset] and zeros elsewhere.

        Raises ShapeError for a number, and unless dim1 and dim2 are two axes.
        """
    def diagflat(self, offset: builtins.int = 0) -> Tensor:
        """A matrix with all elements, in C order, on a diagonal."""
    def diagonal(
        self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
    ) -> Tensor:
        """The elements [i, i + offset] of the matrices in the axes dim1 and dim2, as the last axis: a
        view.

        Raises ShapeError if the axes are the same.
        """
    def trace(self) -> Tensor:
        """The sum of a matrix's diagonal. Raises ShapeError for anything but a matrix."""
    def tril(self, diagonal: builtins.int = 0) -> Tensor:
        """The elements [..., i, j] with j <= i + diagonal, zeros in place of the others.

        Raises ShapeError for less than two axes.
        """
    def triu(self, diagonal: builtins.int = 0) -> Tensor:
        """The elements [..., i, j] with j >= i + diagonal, zeros in place of the others.

        Raises ShapeError for less than two axes.
        """
    def diff(
        self,
        n: builtins.int = 1,
        dim: builtins.int = -1,
        prepend: Tensor | None = None,
        append: Tensor | None = None,
        *,
        axis: builtins.int = -1,
    ) -> Tensor:
        """Each element along an axis less the one before, n times; of booleans whether they differ.
        `prepend` and `append` are joined to the ends first.

        Raises DimensionError or ShapeError for a number, or if the joined do not fit.
        """
    def dist(self, other: Tensor, p: builtins.float = 2) -> Tensor:
        """The p-norm of input - other, with broadcasting."""
    @overload
    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Tensor:
        """The parts along an axis, each scaled down to the p-norm `maxnorm` if it is longer.

        Raises RangeError for p that is not positive or a negative norm.
        """
    @overload
    def renorm(
        self, p: builtins.float, *, axis: builtins.int, maxnorm: builtins.float
    ) -> Tensor: ...
    def bernoulli(
        self, p: Tensor | builtins.float | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """1 with the probability that the input (or `p`, which broadcasts to its shape) has in its
        place, else 0; in the input's dtype.

        Raises RangeError for what is no probability, DtypeError for integers as such.
        """
    def multinomial(
        self,
        num_samples: builtins.int,
        replacement: builtins.bool = False,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """`num_samples` places of the input (or of each of its rows) drawn by the weights that stand
        there, which need not add up to 1; int64.

        Without replacement no place is drawn twice; what has no weight comes last. Raises RangeError
        for weights that are negative, not finite or all 0, and for more draws than there are places.
        """
    def abs(self) -> Tensor:
        """|input|, elementwise; the gradient at 0 is 0. Raises DtypeError for booleans."""
    def ceil(self) -> Tensor:
        """The smallest whole number that is not below, elementwise; the gradient is 0. Raises
        DtypeError for booleans.
        """
    def cos(self) -> Tensor:
        """The cosine, elementwise."""
    def exp(self) -> Tensor:
        """e ** input, elementwise."""
    def exp2(self) -> Tensor:
        """2 ** input, elementwise."""
    def expm1(self) -> Tensor:
        """e ** input - 1, elementwise, exact also near 0."""
    def floor(self) -> Tensor:
        """The largest whole number that is not above, elementwise; the gradient is 0. Raises
        DtypeError for booleans.
        """
    def frac(self) -> Tensor:
        """What is behind the point, with the sign of the number: x - trunc(x); the gradient is 1.
        Raises DtypeError unless floating.
        """
    def frexp(self) -> tuple[Tensor, Tensor]:
        """The pair (mantissa, exponent), with input = mantissa * 2 ** exponent and mantissas from 0.5
        to 1; the exponents are int32, the mantissas have derivatives. Raises DtypeError for integers.
        """
    def log(self) -> Tensor:
        """The natural logarithm, elementwise: -inf at 0, NaN below."""
    def log1p(self) -> Tensor:
        """log(1 + input), elementwise, exact also near 0."""
    def log2(self) -> Tensor:
        """The logarithm to base 2, elementwise: -inf at 0, NaN below."""
    def log10(self) -> Tensor:
        """The logarithm to base 10, elementwise: -inf at 0, NaN below."""
    def logit(self, eps: builtins.float | None = None) -> Tensor:
        """log(x / (1 - x)), elementwise, the inverse of the sigmoid: NaN outside of 0 and 1, or with
        `eps` of x held between eps and 1 - eps, where the gradient is 0.
        """
    def nan_to_num(
        self,
        nan: builtins.float | None = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
    ) -> Tensor:
        """The elements with `nan` (0 for None) in the place of NaN, and the largest and smallest number
        of the dtype (or `posinf` and `neginf`) in that of infinities; the gradient there is 0.
        """
    def positive(self) -> Tensor:
        """The tensor itself: `+x`. Raises DtypeError for booleans."""
    def reciprocal(self) -> Tensor:
        """1 / input, elementwise."""
    def round(self, *, decimals: builtins.int = 0) -> Tensor:
        """The nearest number of so many decimals, elementwise, halves to the even one; the gradient
        is 0. Negative `decimals` count before the point.

        Raises DtypeError for booleans, and for integers unless `decimals` is 0.
        """
    def rsqrt(self) -> Tensor:
        """1 / sqrt(input), elementwise: infinite at 0, NaN below."""
    def sgn(self) -> Tensor:
        """`sign`: complex numbers, for which PyTorch has the name, there are none."""
    def sign(self) -> Tensor:
        """1 above 0, -1 below, 0 at 0 and at NaN, elementwise; the gradient is 0."""
    def sin(self) -> Tensor:
        """The sine, elementwise."""
    def sqrt(self) -> Tensor:
        """The square root, elementwise: NaN below 0; the gradient at 0 is infinite."""
    def trunc(self) -> Tensor:
        """The whole part, elementwise: rounded towards 0; the gradient is 0. Raises DtypeError for
        booleans.
        """
    def xlogy(self, other: Operand) -> Tensor:
        """input * log(other), elementwise with broadcasting: 0 where `input` is 0, also if `other` is
        0, negative or infinite.
        """
    def erf(self) -> Tensor:
        """The error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to `input`."""
    def erfc(self) -> Tensor:
        """1 - erf(input), also where that is tiny."""
    def erfinv(self) -> Tensor:
        """The inverse of the error function: infinite at 1 and -1, NaN beyond."""
    def amax(
        self,
        dim: Axes = (),
        keepdim: builtins.bool = False,
        *,
        axis: Axes = (),
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The largest element over `dim` (all axes for an empty tuple); equal maxima share the
        gradient.
        """
    def amin(
        self,
        dim: Axes = (),
        keepdim: builtins.bool = False,
        *,
        axis: Axes = (),
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The smallest element over `dim` (all axes for an empty tuple); equal minima share the
        gradient.
        """
    def aminmax(
        self,
        *,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Both:
        """`amin` and `amax` over `dim` (all axes for None): (min, max)."""
    def argmax(
        self,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The index of the first largest element, of the flattened tensor for None; int64."""
    def argmin(
        self,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The index of the first smallest element, of the flattened tensor for None; int64."""
    def clamp(self, min: Bound = None, max: Bound = None) -> Tensor:
        """min(max(input, min), max), elementwise with broadcasting: where min > max it is max.

        The bounds are numbers or tensors; at least one is given. The gradient at a bound is 1. NaN
        stays, and a bound that is NaN gives NaN. Raises DtypeError for an integer bound that the
        dtype cannot hold (PyTorch lets some of them wrap around).
        """
    def clamp_max(self, max: Bound) -> Tensor:
        """`clamp` from above alone."""
    def clamp_min(self, min: Bound) -> Tensor:
        """`clamp` from below alone."""
    def clip(self, min: Bound = None, max: Bound = None) -> Tensor:
        """`clamp` by NumPy's name."""
    @overload
    def max(
        self,
        dim: None = None,
        keepdim: builtins.bool = False,
        *,
        axis: None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The largest element; along an axis, the named tuple (values, indices); with another tensor
        in place of the axis, `maximum`.

        Of the whole tensor, equal maxima share the gradient; along an axis, the element at the
        returned index, the first of equal ones, gets it.
        """
    @overload
    def max(
        self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False
    ) -> Extreme: ...
    @overload
    def max(
        self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False
    ) -> Extreme: ...
    @overload
    def max(self, other: Tensor, /) -> Tensor: ...
    @overload
    def max(self, *, other: Tensor) -> Tensor: ...
    def maximum(self, other: Tensor) -> Tensor:
        """The larger of each two elements, with broadcasting; equal ones share the gradient. NaN wins."""
    @overload
    def min(
        self,
        dim: None = None,
        keepdim: builtins.bool = False,
        *,
        axis: None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The smallest element; along an axis, the named tuple (values, indices); with another tensor
        in place of the axis, `minimum`. As `max`.
        """
    @overload
    def min(
        self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False
    ) -> Extreme: ...
    @overload
    def min(
        self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False
    ) -> Extreme: ...
    @overload
    def min(self, other: Tensor, /) -> Tensor: ...
    @overload
    def min(self, *, other: Tensor) -> Tensor: ...
    def minimum(self, other: Tensor) -> Tensor:
        """The smaller of each two elements, with broadcasting; equal ones share the gradient. NaN
        wins.
        """
    def digamma(self) -> Tensor:
        """The derivative of `lgamma`, elementwise: NaN at the negative integers, infinite at 0."""
    def lgamma(self) -> Tensor:
        """The logarithm of |gamma(input)|, elementwise: infinite at 0 and the negative integers."""
    def mvlgamma(self, p: builtins.int) -> Tensor:
        """The logarithm of the gamma function of `p` dimensions, elementwise: the sum of
        lgamma(input - k / 2) over k below p, and p (p - 1) / 4 log(pi).

        Raises RangeError for a p below 1.
        """
    def histogram(
        self,
        bins: Any = 100,
        *,
        range: Sequence[builtins.float] | None = None,
        weight: Tensor | None = None,
        density: builtins.bool = False,
    ) -> Histogram:
        """How many elements lie in each of the parts `bins`: a number of equal ones, from the smallest
        element to the largest or through `range`, or a tensor of edges that grow; see `histogramdd`.

        Raises ShapeError for a weight of another shape.
        """
    @overload
    def gather(self, dim: builtins.int, index: Any) -> Tensor:
        """out[i, j, ...] = input[i, index[i, j, ...], ...] for dim=1, and so for other axes.

        Arguments:
            index: integers from 0 on, in as many axes as the input; but for `dim` it may be smaller.
                An empty one may be of any dtype.

        Raises DtypeError or ShapeError for another index, and a ShapeError that is also an IndexError
        for places out of range.
        """
    @overload
    def gather(self, *, axis: builtins.int, index: Any) -> Tensor: ...
    @overload
    def index_select(self, dim: builtins.int, index: Any) -> Tensor:
        """The places of an axis that `index`, a vector of integers from 0 on, names: a copy."""
    @overload
    def index_select(self, *, axis: builtins.int, index: Any) -> Tensor: ...
    @overload
    def narrow(self, dim: builtins.int, start: Any, length: builtins.int) -> Tensor:
        """The `length` places of an axis from `start` on (which may count from the end): a view.

        Raises IndexError or ShapeError for places that the axis does not have.
        """
    @overload
    def narrow(self, *, axis: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
    @overload
    def narrow_copy(self, dim: builtins.int, start: Any, length: builtins.int) -> Tensor:
        """`narrow` as a copy."""
    @overload
    def narrow_copy(self, *, axis: builtins.int, start: Any, length: builtins.int) -> Tensor: ...
    def repeat_interleave(
        self,
        repeats: Any = None,
        dim: builtins.int | None = None,
        *,
        output_size: builtins.int | None = None,
        axis: builtins.int | None = None,
    ) -> Tensor:
        """Each element repeated `repeats` times, or as a vector says for each place of the axis.
        Without an axis the tensor is flattened. Of `repeat_interleave(repeats)` the elements are the
        places of the vector.

        Raises ShapeError for a vector of another length, a negative number, or an axis that does not
        come out as long as `output_size` says, if it is given.
        """
    @overload
    def select(self, dim: builtins.int, index: builtins.int) -> Tensor:
        """The part at one place of an axis, without that axis: a view."""
    @overload
    def select(self, *, axis: builtins.int, index: builtins.int) -> Tensor: ...
    def take(self, index: Any) -> Tensor:
        """The elements at places of the flattened tensor, in the shape of `index`.

        Raises IndexError for places out of range, which may count from the end.
        """
    def take_along_dim(
        self, indices: Any, dim: builtins.int | None = None, *, axis: builtins.int | None = None
    ) -> Tensor:
        """`gather` as NumPy's `take_along_axis`: the shapes are broadcast but for `dim`, and places
        may count from the end. Without an axis the flattened tensor is taken.

        Out of range it raises; PyTorch checks that only without an axis.
        """
    def chunk(
        self, chunks: builtins.int, dim: builtins.int = 0, *, axis: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """Views of at most `chunks` parts along an axis, of equal size but the last.

        Raises ShapeError for fewer than 1 part, DimensionError for an axis that does not exist.
        """
    def split(
        self,
        split_size_or_sections: builtins.int | Sequence[builtins.int],
        dim: builtins.int = 0,
        *,
        axis: builtins.int = 0,
    ) -> tuple[Tensor, ...]:
        """Views of consecutive parts along an axis: of one size (the last may be smaller), or of the
        sizes in a list, which have to add up to that of the axis.

        Raises ShapeError for sizes that do not fit.
        """
    def unbind(self, dim: builtins.int = 0, *, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """Views of the parts along an axis, without that axis.

        Raises DimensionError for a number and for an axis that does not exist.
        """
    def adjoint(self) -> Tensor:
        """Each matrix of a stack transposed, as its numbers are real."""
    def conj(self) -> Tensor:
        """The tensor itself: its numbers are real."""
    def is_complex(self) -> builtins.bool:
        """Whether the numbers are complex: never."""
    def is_nonzero(self) -> builtins.bool:
        """Whether the one element is another than 0. Raises ShapeError for any other size."""
    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have one shape."""
    def is_signed(self) -> builtins.bool:
        """Whether the dtype has negative numbers."""
    def real(self) -> Tensor:
        """The tensor itself: its numbers are real."""
    def resolve_conj(self) -> Tensor:
        """The tensor itself: its numbers are real."""
    def resolve_neg(self) -> Tensor:
        """The tensor itself: its numbers are as they are."""
    def addmm(
        self, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2); input is broadcast to the product's shape, and with
        beta = 0 left out, whatever it holds.

        Raises ShapeError for shapes that do not fit.
        """
    def bmm(self, mat2: Tensor) -> Tensor:
        """The products of two stacks of as many matrices, (N, n, k) and (N, k, m).

        Raises ShapeError for anything else.
        """
    def dot(self, tensor: Tensor) -> Tensor:
        """The inner product of two vectors."""
    def matmul(self, other: Operand) -> Tensor:
        """The matrix product of the last two axes, the others broadcast; a vector counts as a row on
        the left, as a column on the right.

        Mixed dtypes are promoted (PyTorch refuses them). Raises ShapeError for sizes that do not fit,
        DtypeError for booleans and TypeError for numbers, which have no matrix product.
        """
    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices; nothing is broadcast.

        Raises ShapeError for anything but matrices that fit.
        """
    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix and a vector."""
    def outer(self, vec2: Tensor) -> Tensor:
        """The products input[i] * vec2[j] of two vectors."""
    def norm(
        self,
        p: builtins.float | str | None = "fro",
        dim: Axes = None,
        keepdim: builtins.bool = False,
        dtype: DTypeLike | None = None,
        *,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """sum(|input| ** p) ** (1 / p) over `dim` (all axes for None), in `dtype` if one is given.

        p = inf and -inf are the largest and the smallest |input|, 0 the number of elements that are
        not 0; "fro" is 2, "nuc" the sum of the singular values of matrices (in two axes). The gradient
        where the norm is 0 is 0, and equal extremes share it.

        Raises DtypeError unless floating and ShapeError for a negative or infinite p over no elements.
        """
    def addbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """beta * input + alpha * the sum of bmm(batch1, batch2) over the stack, as `addmm`."""
    def addmv(
        self, mat: Tensor, vec: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """beta * input + alpha * (mat @ vec), as `addmm`."""
    def addr(
        self, vec1: Tensor, vec2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """beta * input + alpha * outer(vec1, vec2), as `addmm`.

        Raises DtypeError for fractional factors of integers.
        """
    def baddbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """beta * input + alpha * bmm(batch1, batch2), as `addmm`."""
    def cross(
        self, other: Tensor, dim: builtins.int | None = None, *, axis: builtins.int | None = None
    ) -> Tensor:
        """The vector products of the vectors of three along an axis (None: the first of that size),
        with broadcasting.

        Raises ShapeError if that axis is not of size 3.
        """
    def inner(self, other: Tensor) -> Tensor:
        """The sums of products along the last axis of both, which has one size; a number scales.

        Raises ShapeError for unequal sizes.
        """
    def kron(self, other: Tensor) -> Tensor:
        """Kronecker's product: each element of input in the place of a block, times other."""
    def vdot(self, other: Tensor) -> Tensor:
        """`dot`: complex numbers, for which PyTorch has the name, there are none."""
    def kthvalue(
        self,
        k: builtins.int,
        dim: builtins.int = -1,
        keepdim: builtins.bool = False,
        *,
        axis: builtins.int = -1,
        keepdims: builtins.bool = False,
    ) -> Chosen:
        """The k-th smallest element along an axis, counted from 1, and its index: (values, indices).

        Raises RangeError if there are not so many.
        """
    @overload
    def median(
        self,
        dim: None = None,
        keepdim: builtins.bool = False,
        *,
        axis: None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The element in the middle, of two the lower one; along an axis the named tuple (values,
        indices). NaN if there is one.

        Of the whole tensor, equal elements share the gradient. Of equal elements along an axis the
        index is that of the one which `sort` puts there.
        """
    @overload
    def median(
        self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False
    ) -> Chosen: ...
    @overload
    def median(
        self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False
    ) -> Chosen: ...
    def mode(
        self,
        dim: builtins.int = -1,
        keepdim: builtins.bool = False,
        *,
        axis: builtins.int = -1,
        keepdims: builtins.bool = False,
    ) -> Chosen:
        """The element that occurs most along an axis, of several the smallest, and where it is last:
        (values, indices).

        Raises DimensionError for an axis that does not exist or has no elements.
        """
    @overload
    def nanmedian(
        self,
        dim: None = None,
        keepdim: builtins.bool = False,
        *,
        axis: None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """`median` of the elements that are no NaN; NaN if there are none."""
    @overload
    def nanmedian(
        self, dim: builtins.int, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False
    ) -> Chosen: ...
    @overload
    def nanmedian(
        self, *, axis: builtins.int, keepdim: builtins.bool = False, keepdims: builtins.bool = False
    ) -> Chosen: ...
    def nanquantile(
        self,
        q: builtins.float | Tensor,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        interpolation: str = "linear",
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """`quantile` of the elements that are no NaN; NaN if there are none."""
    def quantile(
        self,
        q: builtins.float | Tensor,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        interpolation: str = "linear",
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The q-th quantile along an axis (of all elements for None); for a vector of q one for each,
        in a new first axis. Where there is a NaN it is NaN.

        Arguments:
            interpolation: what is taken between two elements: "linear", "lower", "higher", "midpoint"
                or "nearest".

        Raises DtypeError unless floating, RangeError for q that is not from 0 to 1.
        """
    def count_nonzero(self, dim: Axes = None, *, axis: Axes = None) -> Tensor:
        """How many elements over `dim` (all axes for None) are not 0; int64, without a gradient."""
    @overload
    def logsumexp(
        self, dim: Axes, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """log(sum(exp(input))) over `dim`, finite for any finite input; -inf over no elements."""
    @overload
    def logsumexp(
        self, *, axis: Axes, keepdim: builtins.bool = False, keepdims: builtins.bool = False
    ) -> Tensor: ...
    def mean(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        dtype: DTypeLike | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The mean over `dim` (all axes for None), NaN over no elements. Raises DtypeError unless the
        input, or `dtype` if one is given, is floating.
        """
    def nanmean(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        dtype: DTypeLike | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """`mean` of the elements that are no NaN; NaN if there are none. NaN has the gradient 0, where
        PyTorch's is NaN if there is nothing else.
        """
    def nansum(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        dtype: DTypeLike | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """`sum` of the elements that are no NaN."""
    def prod(
        self,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        dtype: DTypeLike | None = None,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The product along `dim` (of all elements for None), in `dtype` if one is given; integers
        and booleans are multiplied in int64.

        Raises DimensionError for an axis that does not exist.
        """
    def std(
        self,
        dim: Axes = None,
        unbiased: builtins.bool | None = None,
        keepdim: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The standard deviation, the square root of `var`. The gradient where it is 0 is 0."""
    def sum(
        self,
        dim: Axes = None,
        keepdim: builtins.bool = False,
        *,
        dtype: DTypeLike | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The sum over `dim` (all axes for None), in `dtype` if one is given; integers and booleans
        are summed in int64.
        """
    def var(
        self,
        dim: Axes = None,
        unbiased: builtins.bool | None = None,
        keepdim: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
        axis: Axes = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """The variance sum((x - mean)**2) / (n - correction) over `dim` (all axes for None).

        Unbiased (correction=1) unless told otherwise, as PyTorch's; NumPy's default is the biased
        one. `unbiased=False` is an old name of correction=0, which may come first, as in var(False).
        Over one element the unbiased variance is NaN, without PyTorch's warning.

        Raises DtypeError unless floating.
        """
    def argsort(
        self,
        dim: builtins.int = -1,
        descending: builtins.bool = False,
        *,
        stable: builtins.bool = False,
        axis: builtins.int = -1,
    ) -> Tensor:
        """The indices that put the elements along `dim` in order, those of `sort`; int64."""
    @overload
    def cummax(self, dim: builtins.int) -> Sorted:
        """The largest element so far along `dim`, and where it is, the last of equal ones: (values,
        indices). From a NaN on it is NaN.
        """
    @overload
    def cummax(self, *, axis: builtins.int) -> Sorted: ...
    @overload
    def cummin(self, dim: builtins.int) -> Sorted:
        """The smallest element so far along `dim`, and where it is: (values, indices). See `cummax`."""
    @overload
    def cummin(self, *, axis: builtins.int) -> Sorted: ...
    @overload
    def cumprod(self, dim: builtins.int, *, dtype: DTypeLike | None = None) -> Tensor:
        """The running product along `dim`, in `dtype` if one is given; integers and booleans are
        multiplied in int64.
        """
    @overload
    def cumprod(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    @overload
    def cumsum(self, dim: builtins.int, *, dtype: DTypeLike | None = None) -> Tensor:
        """The running sum along `dim`, in `dtype` if one is given; integers and booleans are summed
        in int64.
        """
    @overload
    def cumsum(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    @overload
    def logcumsumexp(self, dim: builtins.int) -> Tensor:
        """log(cumsum(exp(input))) along `dim`, which overflows nowhere. Raises DtypeError unless
        floating.
        """
    @overload
    def logcumsumexp(self, *, axis: builtins.int) -> Tensor: ...
    def sort(
        self,
        dim: builtins.int = -1,
        descending: builtins.bool = False,
        *,
        stable: builtins.bool | None = False,
        axis: builtins.int = -1,
    ) -> Sorted:
        """The elements in order along `dim`, and where they were: (values, indices).

        NaN counts as the largest. Equal elements keep their order, whether or not `stable` is asked.
        """
    def topk(
        self,
        k: builtins.int,
        dim: builtins.int = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
        *,
        axis: builtins.int = -1,
    ) -> Sorted:
        """The `k` largest elements along `dim` (the smallest if not `largest`), and where they were:
        (values, indices).

        They are in order, whether or not `sorted` is asked. Of equal elements the first ones are
        taken (PyTorch takes any), and NaN counts as the largest. Raises ShapeError if there are fewer
        than k elements and DtypeError for booleans.
        """
    def as_strided_scatter(
        self, src: Tensor, size: Any, stride: Any, storage_offset: builtins.int | None = None
    ) -> Tensor:
        """A copy of input with src in the place of `as_strided(input, size, stride, storage_offset)`.

        Raises ShapeError unless src has the shape of that view.
        """
    def diagonal_scatter(
        self, src: Tensor, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
    ) -> Tensor:
        """A copy of input with src in the place of `diagonal(input, offset, dim1, dim2)`."""
    @overload
    def index_add(
        self, dim: builtins.int, index: Any, source: Tensor, *, alpha: Scalar = 1
    ) -> Tensor:
        """A copy of input to whose places `index` of an axis alpha * source is added.

        Raises ShapeError if the source does not have the shape of these places.
        """
    @overload
    def index_add(
        self, *, axis: builtins.int, index: Any, source: Tensor, alpha: Scalar = 1
    ) -> Tensor: ...
    @overload
    def index_copy(self, dim: builtins.int, index: Any, source: Tensor) -> Tensor:
        """A copy of input in which `source` is stored at the places `index` of an axis. One place may
        be given a number.

        Raises ShapeError if the source does not have the shape of these places.
        """
    @overload
    def index_copy(self, *, axis: builtins.int, index: Any, source: Tensor) -> Tensor: ...
    @overload
    def index_fill(self, dim: builtins.int, index: Any, value: Tensor | Scalar) -> Tensor:
        """A copy of input with a number (or a 0-d tensor) at the places `index` of an axis, which may
        count from the end.
        """
    @overload
    def index_fill(self, *, axis: builtins.int, index: Any, value: Tensor | Scalar) -> Tensor: ...
    def index_put(
        self, indices: Sequence[Tensor | None], values: Tensor, accumulate: builtins.bool = False
    ) -> Tensor:
        """A copy of input with the values at input[indices], or with `accumulate` added there: a place
        named twice gets both.

        Raises DtypeError unless both are of one dtype, IndexError for a place that does not exist.
        """
    @overload
    def index_reduce(
        self,
        dim: builtins.int,
        index: Any,
        source: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> Tensor:
        """A copy of input, in which the parts along an axis that the vector `index` names are reduced
        with the parts of `source`: by "prod", "mean", "amax" or "amin"; see `scatter_reduce`.

        Raises ShapeError for a source that does not fit, RangeError for another `reduce`.
        """
    @overload
    def index_reduce(
        self,
        *,
        axis: builtins.int,
        index: Any,
        source: Tensor,
        reduce: str,
        include_self: builtins.bool = True,
    ) -> Tensor: ...
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """A copy of input with the elements of source, in their order, where the boolean mask holds,
        with broadcasting.

        Raises ShapeError for a source with too few elements, DtypeError for another dtype or a mask
        that is not boolean.
        """
    def put(self, index: Tensor, source: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """A copy of input with the elements of source at places of the flattened tensor, or with
        `accumulate` added there.

        Raises ShapeError if there are not as many, DtypeError for another dtype and IndexError for
        places out of range.
        """
    @overload
    def scatter(
        self,
        dim: builtins.int,
        index: Any,
        src: Tensor | Scalar | None = None,
        *,
        value: Any = None,
        reduce: str | None = None,
    ) -> Tensor:
        """A copy of input in which out[i, index[i, j, ...], ...] = src[i, j, ...] for dim=1, and so
        for other axes: the reverse of `gather`.

        Arguments:
            index: as that of `gather`. Where a place is named twice, one of the values is stored.
            src: a Tensor of the input's dtype, at least as large as the index, or a number; a number
                may also be given as `value`.
            reduce: "add" or "multiply" combines the values with what is there, and with each other.

        Raises DtypeError or ShapeError for other arguments; a place out of range is an IndexError too.
        Products have no gradient, as in PyTorch: NotImplementedError where one is asked for.
        """
    @overload
    def scatter(
        self,
        *,
        axis: builtins.int,
        index: Any,
        src: Tensor | Scalar | None = None,
        value: Any = None,
        reduce: str | None = None,
    ) -> Tensor: ...
    @overload
    def scatter_add(self, dim: builtins.int, index: Any, src: Tensor) -> Tensor:
        """`scatter` that adds: a place named twice gets both values."""
    @overload
    def scatter_add(self, *, axis: builtins.int, index: Any, src: Tensor) -> Tensor: ...
    @overload
    def scatter_reduce(
        self,
        dim: builtins.int,
        index: Any,
        src: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> Tensor:
        """`scatter` in which what comes to a place is reduced: by "sum", "prod", "mean", "amax" or
        "amin", with what was there unless not `include_self`. A product has no second derivative where
        a factor is 0: NotImplementedError.

        Raises RangeError for another reduction, and as `scatter` for other arguments.
        """
    @overload
    def scatter_reduce(
        self,
        *,
        axis: builtins.int,
        index: Any,
        src: Tensor,
        reduce: str,
        include_self: builtins.bool = True,
    ) -> Tensor: ...
    @overload
    def select_scatter(self, src: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
        """A copy of input with src in the place of `select(input, dim, index)`."""
    @overload
    def select_scatter(self, src: Tensor, *, axis: builtins.int, index: builtins.int) -> Tensor: ...
    def slice_scatter(
        self,
        src: Tensor,
        dim: builtins.int = 0,
        start: builtins.int | None = None,
        end: builtins.int | None = None,
        step: builtins.int = 1,
        *,
        axis: builtins.int = 0,
    ) -> Tensor:
        """A copy of input with src in the place of the slice start:end:step of an axis."""
    def argwhere(self) -> Tensor:
        """`nonzero`, by NumPy's name."""
    def bincount(self, weights: Tensor | None = None, minlength: builtins.int = 0) -> Tensor:
        """How often each number from 0 on occurs in a vector of integers, or the sum of the weights
        that stand there; at least `minlength` of them.

        Raises ShapeError for what is no vector, or has other weights, and RangeError for negative
        numbers.
        """
    def histc(self, bins: builtins.int = 100, min: Scalar = 0, max: Scalar = 0) -> Tensor:
        """How many elements lie in each of so many equal parts from `min` to `max`, or if these are
        equal from the smallest element to the largest; the last part has both ends. What is outside,
        and NaN, is not counted. Of the dtype of the input.

        Raises DtypeError for booleans, RangeError for fewer than 1 part.
        """
    def msort(self) -> Tensor:
        """The elements in order along the first axis: the values of `sort`."""
    def nonzero(self, *, as_tuple: builtins.bool = False) -> Any:
        """The indices of the elements that are not 0, a row each; int64. With `as_tuple` one tensor of
        indices for each axis, as `where` gives them.
        """
    def unique(
        self,
        sorted: builtins.bool = True,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
        *,
        axis: builtins.int | None = None,
    ) -> Any:
        """The different elements, or slices along `dim`, in order, whether or not `sorted` is asked.
        Each NaN counts as another.

        With `return_inverse` also where each element of the input is among them, with `return_counts`
        how often each occurs: a tuple then.

        Raises DimensionError for an axis that does not exist, ShapeError for slices without elements.
        """
    def unique_consecutive(
        self,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
        *,
        axis: builtins.int | None = None,
    ) -> Any:
        """The elements, or slices along `dim`, that differ from the one before; see `unique`."""
    def masked_fill(self, mask: Tensor | Array, value: Tensor | Scalar) -> Tensor:
        """`value`, a number or a 0-d tensor, where the boolean `mask` holds, else `input`, in the
        dtype of `input`, with broadcasting.

        Raises DtypeError for a mask that is not boolean and for a number that is too large for the
        dtype. As in PyTorch the value is cut to a whole number among integers.
        """
    def masked_select(self, mask: Tensor | Array) -> Tensor:
        """The elements where the boolean `mask` holds, in a row, with broadcasting.

        Raises DtypeError for a mask that is not boolean.
        """
    def where(self, condition: Tensor, other: Operand) -> Tensor:
        """This tensor where the condition holds, else `other`; see `mytorch.where`."""
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim` as one; a 0-d tensor becomes one of shape (1,).

        Raises DimensionError for an axis out of range, ShapeError if the first comes after the last.
        """
    @overload
    def flip(self, *dims: Any) -> Tensor:
        """A copy with the elements in reverse order along the axes `dims`."""
    @overload
    def flip(self, *, dims: Any) -> Tensor: ...
    def fliplr(self) -> Tensor:
        """`flip` along the second axis. Raises ShapeError if there is none."""
    def flipud(self) -> Tensor:
        """`flip` along the first axis. Raises ShapeError if there is none."""
    def moveaxis(
        self,
        source: builtins.int | Sequence[builtins.int],
        destination: builtins.int | Sequence[builtins.int],
    ) -> Tensor:
        """`movedim`, by the name that NumPy has for it."""
    def movedim(
        self,
        source: builtins.int | Sequence[builtins.int],
        destination: builtins.int | Sequence[builtins.int],
    ) -> Tensor:
        """The axes `source` moved to the places `destination`, the others in their order.

        Raises ShapeError if they are not equally many, or one is named twice.
        """
    @overload
    def permute(self, *dims: Any) -> Tensor:
        """The axes in the order `dims`.

        Raises ShapeError unless all axes are named, DimensionError for one that does not exist or is
        named twice.
        """
    @overload
    def permute(self, *, dims: Any) -> Tensor: ...
    def ravel(self) -> Tensor:
        """All elements in a row: `reshape(-1)`."""
    def reshape(self, *shape: Any) -> Tensor:
        """The same elements, in C order, in another shape; one size may be -1, which is inferred.

        Raises ShapeError if the numbers of elements differ.
        """
    def reshape_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of another tensor."""
    def roll(
        self,
        shifts: builtins.int | Sequence[builtins.int],
        dims: builtins.int | Sequence[builtins.int] | None = None,
    ) -> Tensor:
        """A copy with the elements moved by `shifts` along the axes `dims`; those that leave at one
        end come in at the other. Without axes the flattened tensor is rolled.

        Raises ShapeError if there are no shifts, or not as many as axes.
        """
    def rot90(self, k: builtins.int = 1, dims: Sequence[builtins.int] = (0, 1)) -> Tensor:
        """A copy turned k times by 90 degrees in the plane of two axes, from the first towards the
        second.

        Raises ShapeError unless there are two axes, or for others.
        """
    def squeeze(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        *,
        axis: builtins.int | Sequence[builtins.int] | None = None,
    ) -> Tensor:
        """Without the axes of size 1: all of them, or those of `dim` that are of size 1."""
    def swapaxes(self, axis0: builtins.int, axis1: builtins.int) -> Tensor:
        """`transpose`, by the name that NumPy has for it."""
    def t(self) -> Tensor:
        """A matrix transposed (a vector or number as it is). Raises ShapeError for more axes."""
    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Two axes exchanged (PyTorch's meaning of the name; NumPy's is `permute`)."""
    @overload
    def unflatten(self, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
        """The axis `dim` as several, of the given sizes; one of them may be -1.

        Raises ShapeError if the sizes do not multiply to that of the axis.
        """
    @overload
    def unflatten(self, *, axis: builtins.int, sizes: Sequence[builtins.int]) -> Tensor: ...
    def unsqueeze(self, dim: builtins.int = 0, *, axis: builtins.int = 0) -> Tensor:
        """With a new axis of size 1 at the place `dim` (PyTorch asks for one)."""
    def view(self, *shape: Any) -> Tensor:
        """`reshape` that never copies: the result shares the memory.

        Raises ShapeError if the elements do not lie in memory as that would need. Another dtype in
        place of a shape, as PyTorch has it, is not supported.
        """
    def view_as(self, other: Tensor) -> Tensor:
        """`view` in the shape of another tensor."""
    @overload
    def log_softmax(self, dim: builtins.int, dtype: DTypeLike | None = None) -> Tensor:
        """log(softmax(input)) along `dim`, finite for any finite input (write-up B.1). Raises
        DtypeError unless the input, or `dtype` if one is given, is floating.
        """
    @overload
    def log_softmax(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    @overload
    def softmax(self, dim: builtins.int, dtype: DTypeLike | None = None) -> Tensor:
        """exp(input) / sum(exp(input)) along `dim`, stable for any input. Raises DtypeError unless
        the input, or `dtype` if one is given, is floating.
        """
    @overload
    def softmax(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    def dsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along the third axis, into equal parts."""
    def hsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along the second axis, of a vector along its only one, into equal parts.

        Raises ShapeError for a number.
        """
    def split_with_sizes(
        self, split_sizes: Sequence[builtins.int], dim: builtins.int = 0, *, axis: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """`split` by a list of sizes."""
    def tensor_split(
        self, indices_or_sections: Any, dim: builtins.int = 0, *, axis: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """Views of consecutive parts along an axis: so many, of sizes that differ by 1 at most, or
        those between the places of a list, as Python's slices.

        Raises RuntimeError for less than one part, for more parts than elements and a million (in
        PyTorch the memory decides), and for a tensor without axes.
        """
    def vsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along the first of at least two axes, into equal parts.

        Raises ShapeError for fewer than two axes.
        """
    def as_strided(
        self, size: Any, stride: Any, storage_offset: builtins.int | None = None
    ) -> Tensor:
        """The elements in memory at storage_offset + sum(place * stride) for the places of `size`: a
        view, in which one element may occur several times.

        The memory is the tensor's own: its elements in C order, the first one at 0, and it has to be
        contiguous. (PyTorch takes that of the tensor from which a view was taken.)

        Raises ShapeError for what lies outside.
        """
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """All windows of `size` places along an axis, `step` apart, in a new last axis: a view.

        Raises ShapeError for windows larger than the axis.
        """
    def acos(self) -> Tensor:
        """The inverse cosine, in radians, elementwise; NaN beyond -1 and 1."""
    def acosh(self) -> Tensor:
        """The inverse hyperbolic cosine, elementwise; NaN below 1."""
    def asin(self) -> Tensor:
        """The inverse sine, in radians, elementwise; NaN beyond -1 and 1."""
    def asinh(self) -> Tensor:
        """The inverse hyperbolic sine, elementwise."""
    def atan(self) -> Tensor:
        """The inverse tangent, in radians, elementwise."""
    def atan2(self, other: Tensor) -> Tensor:
        """The angle of the point (other, input) in radians, from -pi to pi, elementwise with
        broadcasting; the gradient at (0, 0) is 0.
        """
    def atanh(self) -> Tensor:
        """The inverse hyperbolic tangent, elementwise; infinite at -1 and 1, NaN beyond."""
    def cosh(self) -> Tensor:
        """The hyperbolic cosine, elementwise."""
    def deg2rad(self) -> Tensor:
        """Degrees in radians, elementwise."""
    def hypot(self, other: Tensor) -> Tensor:
        """sqrt(input**2 + other**2), elementwise with broadcasting. Raises DtypeError unless floating."""
    def rad2deg(self) -> Tensor:
        """Radians in degrees, elementwise."""
    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), elementwise; 1 at 0."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine, elementwise."""
    def tan(self) -> Tensor:
        """The tangent, elementwise."""
    def cholesky_inverse(self, upper: builtins.bool = False) -> Tensor:
        """The inverse of A = L L^T, where L is the input, or of L^T L if that is an `upper` triangle."""
    def cholesky_solve(self, input2: Tensor, upper: builtins.bool = False) -> Tensor:
        """x with A x = input, where A = L L^T and L is input2, or A = L^T L if that is an `upper`
        triangle.
        """
    def det(self) -> Tensor:
        """The determinant of each square matrix.

        Its gradient is right for a singular matrix, too, where PyTorch's may be 0.
        """
    def inverse(self) -> Tensor:
        """The inverse of each square matrix: `mytorch.linalg.inv`.

        Raises LinAlgError if one is singular.
        """
    def logdet(self) -> Tensor:
        """log(det) of each square matrix: NaN where the determinant is negative."""
    def matrix_exp(self) -> Tensor:
        """The exponential of each square matrix, the sum of input^k / k! over all k: by a Pade
        approximant of it divided by a power of 2, and squares of that.
        """
    def matrix_power(self, n: builtins.int) -> Tensor:
        """The product of n times each square matrix; of its inverse if n is negative.

        Raises LinAlgError if n is negative and a matrix is singular.
        """
    def slogdet(self) -> SignLogDet:
        """The sign of the determinant of each square matrix, which has no gradient, and log |det|; 0
        and -inf for a singular one.
        """
    @property
    def T(self) -> Tensor:
        """The axes in reverse order: a matrix transposed."""
    @property
    def mT(self) -> Tensor:
        """Each matrix of a stack transposed."""
    @property
    def mH(self) -> Tensor:
        """`mT`, as the numbers are real."""
    @property
    def H(self) -> Tensor:
        """A matrix transposed, as the numbers are real."""
    def apply_(self, callable: Callable[[Any], Any]) -> Tensor:
        """Puts `callable(number)` in the place of each number, one by one: slow, and without a
        gradient. Raises RuntimeError for a tensor that requires one.
        """
    def copy_(self, source: Operand) -> Tensor:
        """Copies `source`, broadcast and converted, into this tensor's memory."""
    def cpu(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor itself: there is no other device."""
    def fill_(self, value: Operand) -> Tensor:
        """Sets every element to `value`."""
    def fill_diagonal_(self, fill_value: Scalar, wrap: builtins.bool = False) -> Tensor:
        """Sets the elements whose places are equal along all axes to a number; with `wrap` those of a
        tall matrix begin anew below. Raises ShapeError for less than two axes, or three and more of
        other sizes.
        """
    def is_pinned(self, device: DeviceLike | None = None) -> builtins.bool:
        """False."""
    def new(self, *data: Any) -> Tensor:
        """A new tensor of this one's dtype: of these sizes, also as one tuple, with any numbers in it,
        or of the data, copied. It is of old: `new_empty` and `new_tensor` say which is meant.
        """
    def new_full(
        self,
        size: Any,
        fill_value: Any,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """`mytorch.full`, of this tensor's dtype unless another is given."""
    def new_tensor(
        self,
        data: Any,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """A copy of the data, of this tensor's dtype unless another is given."""
    def pin_memory(self, device: DeviceLike | None = None) -> Tensor:
        """The tensor itself: there is no GPU to copy to."""
    def polygamma(self, n: builtins.int) -> Tensor:
        """The n-th derivative of `digamma`; see `mytorch.polygamma`."""
    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """This tensor in another dtype, which may have its name of old: "torch.LongTensor". Without one
        the name of its own.
        """
    def zero_(self) -> Tensor:
        """Sets every element to 0."""
    def bernoulli_(
        self, p: Tensor | builtins.float = 0.5, *, generator: Generator | None = None
    ) -> Tensor:
        """Fills this tensor with ones, each with the probability `p` (which broadcasts), and zeros.
        Returns the tensor.
        """
    def cauchy_(
        self,
        median: builtins.float = 0.0,
        sigma: builtins.float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fills this tensor with draws from the Cauchy distribution. Returns the tensor."""
    def exponential_(
        self, lambd: builtins.float = 1.0, *, generator: Generator | None = None
    ) -> Tensor:
        """Fills this tensor with draws from the exponential distribution of the rate `lambd`, none of
        which is 0 at the rate 1. Returns the tensor.
        """
    def geometric_(self, p: builtins.float, *, generator: Generator | None = None) -> Tensor:
        """Fills this tensor with numbers of trials up to the first success, each trial with the
        probability `p`. Returns the tensor.
        """
    def log_normal_(
        self,
        mean: builtins.float = 1.0,
        std: builtins.float = 2.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fills this tensor with e to the power of draws from N(mean, std**2). Returns the tensor."""
    def normal_(
        self,
        mean: builtins.float = 0.0,
        std: builtins.float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fills this tensor with draws from N(mean, std**2). Returns the tensor."""
    def random_(
        self,
        from_: builtins.int | None = None,
        to: builtins.int | None = None,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fills this tensor with integers from `from_` (0) to `to` - 1, all as likely; `random_(to)`
        from 0. Without `to` up to the largest that the dtype holds with all before it. Returns the
        tensor.
        """
    def uniform_(
        self,
        from_: builtins.float = 0.0,
        to: builtins.float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fills this tensor with draws from the uniform distribution on [from_, to). Returns the
        tensor.
        """
    @overload
    def new_empty(
        self,
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """`mytorch.empty`, of this tensor's dtype unless another is given."""
    @overload
    def new_empty(
        self,
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...
    @overload
    def new_ones(
        self,
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """`mytorch.ones`, of this tensor's dtype unless another is given."""
    @overload
    def new_ones(
        self,
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...
    @overload
    def new_zeros(
        self,
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """`mytorch.zeros`, of this tensor's dtype unless another is given."""
    @overload
    def new_zeros(
        self,
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...
    def bool(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype bool."""
    def double(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype float64."""
    def float(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype float32."""
    def half(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype float16."""
    def int(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype int32."""
    def long(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype int64."""
    def short(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype int16."""
    def byte(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype uint8."""
    def char(self, *, memory_format: memory_format | None = None) -> Tensor:
        """This tensor in dtype int8."""
    def add_(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """`mytorch.add`, stored in this tensor's own memory. Returns the tensor."""
    def sub_(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """`mytorch.sub`, stored in this tensor's own memory. Returns the tensor."""
    def mul_(self, other: Operand) -> Tensor:
        """`mytorch.mul`, stored in this tensor's own memory. Returns the tensor."""
    def div_(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """`mytorch.div`, stored in this tensor's own memory. Returns the tensor."""
    def floor_divide_(self, other: Operand) -> Tensor:
        """`mytorch.floor_divide`, stored in this tensor's own memory. Returns the tensor."""
    def remainder_(self, other: Operand) -> Tensor:
        """`mytorch.remainder`, stored in this tensor's own memory. Returns the tensor."""
    def pow_(self, exponent: Operand) -> Tensor:
        """`mytorch.pow`, stored in this tensor's own memory. Returns the tensor."""
    def neg_(self) -> Tensor:
        """`mytorch.neg`, stored in this tensor's own memory. Returns the tensor."""
    def square_(self) -> Tensor:
        """`mytorch.square`, stored in this tensor's own memory. Returns the tensor."""
    def abs_(self) -> Tensor:
        """`mytorch.abs`, stored in this tensor's own memory. Returns the tensor."""
    def sign_(self) -> Tensor:
        """`mytorch.sign`, stored in this tensor's own memory. Returns the tensor."""
    def exp_(self) -> Tensor:
        """`mytorch.exp`, stored in this tensor's own memory. Returns the tensor."""
    def expm1_(self) -> Tensor:
        """`mytorch.expm1`, stored in this tensor's own memory. Returns the tensor."""
    def log_(self) -> Tensor:
        """`mytorch.log`, stored in this tensor's own memory. Returns the tensor."""
    def log1p_(self) -> Tensor:
        """`mytorch.log1p`, stored in this tensor's own memory. Returns the tensor."""
    def log2_(self) -> Tensor:
        """`mytorch.log2`, stored in this tensor's own memory. Returns the tensor."""
    def log10_(self) -> Tensor:
        """`mytorch.log10`, stored in this tensor's own memory. Returns the tensor."""
    def sqrt_(self) -> Tensor:
        """`mytorch.sqrt`, stored in this tensor's own memory. Returns the tensor."""
    def rsqrt_(self) -> Tensor:
        """`mytorch.rsqrt`, stored in this tensor's own memory. Returns the tensor."""
    def reciprocal_(self) -> Tensor:
        """`mytorch.reciprocal`, stored in this tensor's own memory. Returns the tensor."""
    def sin_(self) -> Tensor:
        """`mytorch.sin`, stored in this tensor's own memory. Returns the tensor."""
    def cos_(self) -> Tensor:
        """`mytorch.cos`, stored in this tensor's own memory. Returns the tensor."""
    def floor_(self) -> Tensor:
        """`mytorch.floor`, stored in this tensor's own memory. Returns the tensor."""
    def ceil_(self) -> Tensor:
        """`mytorch.ceil`, stored in this tensor's own memory. Returns the tensor."""
    def trunc_(self) -> Tensor:
        """`mytorch.trunc`, stored in this tensor's own memory. Returns the tensor."""
    def round_(self, *, decimals: builtins.int = 0) -> Tensor:
        """`mytorch.round`, stored in this tensor's own memory. Returns the tensor."""
    def erf_(self) -> Tensor:
        """`mytorch.erf`, stored in this tensor's own memory. Returns the tensor."""
    def erfc_(self) -> Tensor:
        """`mytorch.erfc`, stored in this tensor's own memory. Returns the tensor."""
    def erfinv_(self) -> Tensor:
        """`mytorch.erfinv`, stored in this tensor's own memory. Returns the tensor."""
    def lgamma_(self) -> Tensor:
        """`mytorch.lgamma`, stored in this tensor's own memory. Returns the tensor."""
    def digamma_(self) -> Tensor:
        """`mytorch.digamma`, stored in this tensor's own memory. Returns the tensor."""
    def mvlgamma_(self, p: builtins.int) -> Tensor:
        """`mytorch.mvlgamma`, stored in this tensor's own memory. Returns the tensor."""
    def polygamma_(self, n: builtins.int) -> Tensor:
        """`mytorch.polygamma`, stored in this tensor's own memory. Returns the tensor."""
    def i0_(self) -> Tensor:
        """`mytorch.i0`, stored in this tensor's own memory. Returns the tensor."""
    def xlogy_(self, other: Operand) -> Tensor:
        """`mytorch.xlogy`, stored in this tensor's own memory. Returns the tensor."""
    def relu_(self) -> Tensor:
        """`mytorch.relu`, stored in this tensor's own memory. Returns the tensor."""
    def sigmoid_(self) -> Tensor:
        """`mytorch.sigmoid`, stored in this tensor's own memory. Returns the tensor."""
    def tanh_(self) -> Tensor:
        """`mytorch.tanh`, stored in this tensor's own memory. Returns the tensor."""
    def clamp_(self, min: Bound = None, max: Bound = None) -> Tensor:
        """`mytorch.clamp`, stored in this tensor's own memory. Returns the tensor."""
    def clip_(self, min: Bound = None, max: Bound = None) -> Tensor:
        """`mytorch.clip`, stored in this tensor's own memory. Returns the tensor."""
    def clamp_min_(self, min: Bound) -> Tensor:
        """`mytorch.clamp_min`, stored in this tensor's own memory. Returns the tensor."""
    def clamp_max_(self, max: Bound) -> Tensor:
        """`mytorch.clamp_max`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def cumsum_(self, dim: builtins.int, *, dtype: DTypeLike | None = None) -> Tensor:
        """`mytorch.cumsum`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def cumsum_(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    @overload
    def cumprod_(self, dim: builtins.int, *, dtype: DTypeLike | None = None) -> Tensor:
        """`mytorch.cumprod`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def cumprod_(self, *, axis: builtins.int, dtype: DTypeLike | None = None) -> Tensor: ...
    def bitwise_and_(self, other: Operand) -> Tensor:
        """`mytorch.bitwise_and`, stored in this tensor's own memory. Returns the tensor."""
    def bitwise_or_(self, other: Operand) -> Tensor:
        """`mytorch.bitwise_or`, stored in this tensor's own memory. Returns the tensor."""
    def bitwise_xor_(self, other: Operand) -> Tensor:
        """`mytorch.bitwise_xor`, stored in this tensor's own memory. Returns the tensor."""
    def bitwise_not_(self) -> Tensor:
        """`mytorch.bitwise_not`, stored in this tensor's own memory. Returns the tensor."""
    def masked_fill_(self, mask: Tensor | Array, value: Tensor | Scalar) -> Tensor:
        """`mytorch.masked_fill`, stored in this tensor's own memory. Returns the tensor."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """`mytorch.masked_scatter`, stored in this tensor's own memory. Returns the tensor."""
    def index_put_(
        self, indices: Sequence[Tensor | None], values: Tensor, accumulate: builtins.bool = False
    ) -> Tensor:
        """`mytorch.index_put`, stored in this tensor's own memory. Returns the tensor."""
    def put_(self, index: Tensor, source: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """`mytorch.put`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def scatter_(
        self,
        dim: builtins.int,
        index: Any,
        src: Tensor | Scalar | None = None,
        *,
        value: Any = None,
        reduce: str | None = None,
    ) -> Tensor:
        """`mytorch.scatter`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def scatter_(
        self,
        *,
        axis: builtins.int,
        index: Any,
        src: Tensor | Scalar | None = None,
        value: Any = None,
        reduce: str | None = None,
    ) -> Tensor: ...
    @overload
    def scatter_add_(self, dim: builtins.int, index: Any, src: Tensor) -> Tensor:
        """`mytorch.scatter_add`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def scatter_add_(self, *, axis: builtins.int, index: Any, src: Tensor) -> Tensor: ...
    @overload
    def scatter_reduce_(
        self,
        dim: builtins.int,
        index: Any,
        src: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> Tensor:
        """`mytorch.scatter_reduce`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def scatter_reduce_(
        self,
        *,
        axis: builtins.int,
        index: Any,
        src: Tensor,
        reduce: str,
        include_self: builtins.bool = True,
    ) -> Tensor: ...
    @overload
    def index_add_(
        self, dim: builtins.int, index: Any, source: Tensor, *, alpha: Scalar = 1
    ) -> Tensor:
        """`mytorch.index_add`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def index_add_(
        self, *, axis: builtins.int, index: Any, source: Tensor, alpha: Scalar = 1
    ) -> Tensor: ...
    @overload
    def index_copy_(self, dim: builtins.int, index: Any, source: Tensor) -> Tensor:
        """`mytorch.index_copy`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def index_copy_(self, *, axis: builtins.int, index: Any, source: Tensor) -> Tensor: ...
    @overload
    def index_fill_(self, dim: builtins.int, index: Any, value: Tensor | Scalar) -> Tensor:
        """`mytorch.index_fill`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def index_fill_(self, *, axis: builtins.int, index: Any, value: Tensor | Scalar) -> Tensor: ...
    @overload
    def index_reduce_(
        self,
        dim: builtins.int,
        index: Any,
        source: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> Tensor:
        """`mytorch.index_reduce`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def index_reduce_(
        self,
        *,
        axis: builtins.int,
        index: Any,
        source: Tensor,
        reduce: str,
        include_self: builtins.bool = True,
    ) -> Tensor: ...
    @overload
    def renorm_(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Tensor:
        """`mytorch.renorm`, stored in this tensor's own memory. Returns the tensor."""
    @overload
    def renorm_(
        self, p: builtins.float, *, axis: builtins.int, maxnorm: builtins.float
    ) -> Tensor: ...
    def tril_(self, diagonal: builtins.int = 0) -> Tensor:
        """`mytorch.tril`, stored in this tensor's own memory. Returns the tensor."""
    def triu_(self, diagonal: builtins.int = 0) -> Tensor:
        """`mytorch.triu`, stored in this tensor's own memory. Returns the tensor."""
    def addmm_(
        self, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """`mytorch.addmm`, stored in this tensor's own memory. Returns the tensor."""
    def absolute_(self) -> Tensor:
        """`mytorch.absolute`, stored in this tensor's own memory. Returns the tensor."""
    def acos_(self) -> Tensor:
        """`mytorch.acos`, stored in this tensor's own memory. Returns the tensor."""
    def acosh_(self) -> Tensor:
        """`mytorch.acosh`, stored in this tensor's own memory. Returns the tensor."""
    def addbmm_(
        self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """`mytorch.addbmm`, stored in this tensor's own memory. Returns the tensor."""
    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
        """`mytorch.addcdiv`, stored in this tensor's own memory. Returns the tensor."""
    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
        """`mytorch.addcmul`, stored in this tensor's own memory. Returns the tensor."""
    def addmv_(
        self, mat: Tensor, vec: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """`mytorch.addmv`, stored in this tensor's own memory. Returns the tensor."""
    def addr_(
        self, vec1: Tensor, vec2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """`mytorch.addr`, stored in this tensor's own memory. Returns the tensor."""
    def arccos_(self) -> Tensor:
        """`mytorch.arccos`, stored in this tensor's own memory. Returns the tensor."""
    def arccosh_(self) -> Tensor:
        """`mytorch.arccosh`, stored in this tensor's own memory. Returns the tensor."""
    def arcsin_(self) -> Tensor:
        """`mytorch.arcsin`, stored in this tensor's own memory. Returns the tensor."""
    def arcsinh_(self) -> Tensor:
        """`mytorch.arcsinh`, stored in this tensor's own memory. Returns the tensor."""
    def arctan_(self) -> Tensor:
        """`mytorch.arctan`, stored in this tensor's own memory. Returns the tensor."""
    def arctan2_(self, other: Tensor) -> Tensor:
        """`mytorch.arctan2`, stored in this tensor's own memory. Returns the tensor."""
    def arctanh_(self) -> Tensor:
        """`mytorch.arctanh`, stored in this tensor's own memory. Returns the tensor."""
    def asin_(self) -> Tensor:
        """`mytorch.asin`, stored in this tensor's own memory. Returns the tensor."""
    def asinh_(self) -> Tensor:
        """`mytorch.asinh`, stored in this tensor's own memory. Returns the tensor."""
    def atan_(self) -> Tensor:
        """`mytorch.atan`, stored in this tensor's own memory. Returns the tensor."""
    def atan2_(self, other: Tensor) -> Tensor:
        """`mytorch.atan2`, stored in this tensor's own memory. Returns the tensor."""
    def atanh_(self) -> Tensor:
        """`mytorch.atanh`, stored in this tensor's own memory. Returns the tensor."""
    def baddbmm_(
        self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1
    ) -> Tensor:
        """`mytorch.baddbmm`, stored in this tensor's own memory. Returns the tensor."""
    def bitwise_left_shift_(self, other: Operand) -> Tensor:
        """`mytorch.bitwise_left_shift`, stored in this tensor's own memory. Returns the tensor."""
    def bitwise_right_shift_(self, other: Operand) -> Tensor:
        """`mytorch.bitwise_right_shift`, stored in this tensor's own memory. Returns the tensor."""
    def copysign_(self, other: Operand) -> Tensor:
        """`mytorch.copysign`, stored in this tensor's own memory. Returns the tensor."""
    def cosh_(self) -> Tensor:
        """`mytorch.cosh`, stored in this tensor's own memory. Returns the tensor."""
    def deg2rad_(self) -> Tensor:
        """`mytorch.deg2rad`, stored in this tensor's own memory. Returns the tensor."""
    def divide_(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """`mytorch.divide`, stored in this tensor's own memory. Returns the tensor."""
    def exp2_(self) -> Tensor:
        """`mytorch.exp2`, stored in this tensor's own memory. Returns the tensor."""
    def fix_(self) -> Tensor:
        """`mytorch.fix`, stored in this tensor's own memory. Returns the tensor."""
    def float_power_(self, exponent: Operand) -> Tensor:
        """`mytorch.float_power`, stored in this tensor's own memory. Returns the tensor."""
    def fmod_(self, other: Operand) -> Tensor:
        """`mytorch.fmod`, stored in this tensor's own memory. Returns the tensor."""
    def frac_(self) -> Tensor:
        """`mytorch.frac`, stored in this tensor's own memory. Returns the tensor."""
    def gcd_(self, other: Tensor) -> Tensor:
        """`mytorch.gcd`, stored in this tensor's own memory. Returns the tensor."""
    def heaviside_(self, values: Tensor) -> Tensor:
        """`mytorch.heaviside`, stored in this tensor's own memory. Returns the tensor."""
    def hypot_(self, other: Tensor) -> Tensor:
        """`mytorch.hypot`, stored in this tensor's own memory. Returns the tensor."""
    def lcm_(self, other: Tensor) -> Tensor:
        """`mytorch.lcm`, stored in this tensor's own memory. Returns the tensor."""
    def ldexp_(self, other: Tensor) -> Tensor:
        """`mytorch.ldexp`, stored in this tensor's own memory. Returns the tensor."""
    def lerp_(self, end: Tensor | Array, weight: Tensor | Scalar) -> Tensor:
        """`mytorch.lerp`, stored in this tensor's own memory. Returns the tensor."""
    def logit_(self, eps: builtins.float | None = None) -> Tensor:
        """`mytorch.logit`, stored in this tensor's own memory. Returns the tensor."""
    def multiply_(self, other: Operand) -> Tensor:
        """`mytorch.multiply`, stored in this tensor's own memory. Returns the tensor."""
    def nan_to_num_(
        self,
        nan: builtins.float | None = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
    ) -> Tensor:
        """`mytorch.nan_to_num`, stored in this tensor's own memory. Returns the tensor."""
    def negative_(self) -> Tensor:
        """`mytorch.negative`, stored in this tensor's own memory. Returns the tensor."""
    def nextafter_(self, other: Tensor) -> Tensor:
        """`mytorch.nextafter`, stored in this tensor's own memory. Returns the tensor."""
    def rad2deg_(self) -> Tensor:
        """`mytorch.rad2deg`, stored in this tensor's own memory. Returns the tensor."""
    def sgn_(self) -> Tensor:
        """`mytorch.sgn`, stored in this tensor's own memory. Returns the tensor."""
    def sinc_(self) -> Tensor:
        """`mytorch.sinc`, stored in this tensor's own memory. Returns the tensor."""
    def sinh_(self) -> Tensor:
        """`mytorch.sinh`, stored in this tensor's own memory. Returns the tensor."""
    def subtract_(self, other: Operand, *, alpha: Scalar = 1) -> Tensor:
        """`mytorch.subtract`, stored in this tensor's own memory. Returns the tensor."""
    def tan_(self) -> Tensor:
        """`mytorch.tan`, stored in this tensor's own memory. Returns the tensor."""
    def true_divide_(self, other: Operand) -> Tensor:
        """`mytorch.true_divide`, stored in this tensor's own memory. Returns the tensor."""
    def eq_(self, other: Operand) -> Tensor:
        """`mytorch.eq`, stored in this tensor's own memory. Returns the tensor."""
    def ne_(self, other: Operand) -> Tensor:
        """`mytorch.ne`, stored in this tensor's own memory. Returns the tensor."""
    def lt_(self, other: Operand) -> Tensor:
        """`mytorch.lt`, stored in this tensor's own memory. Returns the tensor."""
    def le_(self, other: Operand) -> Tensor:
        """`mytorch.le`, stored in this tensor's own memory. Returns the tensor."""
    def gt_(self, other: Operand) -> Tensor:
        """`mytorch.gt`, stored in this tensor's own memory. Returns the tensor."""
    def ge_(self, other: Operand) -> Tensor:
        """`mytorch.ge`, stored in this tensor's own memory. Returns the tensor."""
    def logical_and_(self, other: Tensor) -> Tensor:
        """`mytorch.logical_and`, stored in this tensor's own memory. Returns the tensor."""
    def logical_or_(self, other: Tensor) -> Tensor:
        """`mytorch.logical_or`, stored in this tensor's own memory. Returns the tensor."""
    def logical_xor_(self, other: Tensor) -> Tensor:
        """`mytorch.logical_xor`, stored in this tensor's own memory. Returns the tensor."""
    def logical_not_(self) -> Tensor:
        """`mytorch.logical_not`, stored in this tensor's own memory. Returns the tensor."""
    def greater_(self, other: Operand) -> Tensor:
        """`mytorch.greater`, stored in this tensor's own memory. Returns the tensor."""
    def greater_equal_(self, other: Operand) -> Tensor:
        """`mytorch.greater_equal`, stored in this tensor's own memory. Returns the tensor."""
    def less_(self, other: Operand) -> Tensor:
        """`mytorch.less`, stored in this tensor's own memory. Returns the tensor."""
    def less_equal_(self, other: Operand) -> Tensor:
        """`mytorch.less_equal`, stored in this tensor's own memory. Returns the tensor."""
    def not_equal_(self, other: Operand) -> Tensor:
        """`mytorch.not_equal`, stored in this tensor's own memory. Returns the tensor."""
    def squeeze_(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        *,
        axis: builtins.int | Sequence[builtins.int] | None = None,
    ) -> Tensor:
        """`mytorch.squeeze` of this tensor itself, in the same memory. Returns the tensor."""
    def swapaxes_(self, axis0: builtins.int, axis1: builtins.int) -> Tensor:
        """`mytorch.swapaxes` of this tensor itself, in the same memory. Returns the tensor."""
    def swapdims_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """`mytorch.swapdims` of this tensor itself, in the same memory. Returns the tensor."""
    def t_(self) -> Tensor:
        """`mytorch.t` of this tensor itself, in the same memory. Returns the tensor."""
    def transpose_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """`mytorch.transpose` of this tensor itself, in the same memory. Returns the tensor."""
    def unsqueeze_(self, dim: builtins.int = 0, *, axis: builtins.int = 0) -> Tensor:
        """`mytorch.unsqueeze` of this tensor itself, in the same memory. Returns the tensor."""
    @staticmethod
    def arange(
        start: Any = None,
        end: Any = None,
        step: Any = 1,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """`arange(end)`, `arange(start, end)` or `arange(start, end, step)`: from start (0) by step
        (1) up to the end, which is left out; int64 for integers, the default dtype as soon as one of
        them is a float. Integers count in whole steps from the whole part of `start`.

        Raises ShapeError (a RuntimeError) if no number of steps leads to the end.
        """
    @overload
    @staticmethod
    def empty(
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
        memory_format: memory_format | None = None,
    ) -> Tensor:
        """Whatever the memory held: for tensors that are filled afterwards."""
    @overload
    @staticmethod
    def empty(
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
        memory_format: memory_format | None = None,
    ) -> Tensor: ...
    @overload
    @staticmethod
    def ones(
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Ones."""
    @overload
    @staticmethod
    def ones(
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...
    @overload
    @staticmethod
    def randn(
        *size: Any,
        generator: Generator | None = None,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Draws from the normal distribution N(0, 1)."""
    @overload
    @staticmethod
    def randn(
        *,
        size: Any,
        generator: Generator | None = None,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...
    @overload
    @staticmethod
    def zeros(
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Zeros."""
    @overload
    @staticmethod
    def zeros(
        *,
        size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor: ...

def bind(ops: ModuleType) -> None: ...
