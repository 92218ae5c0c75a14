"""Transforms of variables, with the logarithm of what they do to volumes, by PyTorch's names.

`t(x)` is the transform, `t.inv(y)` its inverse, `t.log_abs_det_jacobian(x, y)` the logarithm of
|dy/dx|. Write your own as a subclass with `domain`, `codomain`, `bijective`, `_call`, `_inverse`
and `log_abs_det_jacobian`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from math import log, prod
from typing import Any

import numpy as np

from mytorch._shapes import Shape
from mytorch.distributions import constraints
from mytorch.distributions.utils import broadcast_all, sum_rightmost
from mytorch.errors import RangeError, ShapeError
from mytorch.nn.functional import logsigmoid, pad, softplus
from mytorch.ops import arange, broadcast_to, diag_embed, sigmoid, softmax, zeros, zeros_like
from mytorch.tensor import Tensor

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "ComposeTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


class Transform:
    """The base of all transforms. With `cache_size=1` the last pair of arguments and results is
    remembered: the inverse of a result is then what it was made of, without a rounding.

    Attributes: `domain` and `codomain`, the constraints of both sides; `bijective`; `sign`, of a
    univariate one +1 where it rises and -1 where it falls.

    >>> class Cube(Transform):
    ...     domain, codomain, bijective, sign = constraints.real, constraints.real, True, 1
    ...     def _call(self, x):
    ...         return x**3
    >>> Cube()(Tensor([1.0, 2.0]))
    tensor([1., 8.])
    """

    domain: Any
    codomain: Any
    bijective: Any = False
    _inverted: Any = None

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise RangeError(
                f"{type(self).__name__}: expected a cache_size of 0 or 1, got {cache_size}"
            )
        self._cache_size = cache_size
        self._cached_x_y: tuple[Any, Any] = None, None

    @property
    def event_dim(self) -> int:
        """The number of axes of one event, if it is that of both sides."""
        event_dim: int = self.domain.event_dim
        if event_dim != self.codomain.event_dim:
            raise ShapeError(
                f"{type(self).__name__}: its sides differ in event_dim; ask .domain or .codomain"
            )
        return event_dim

    @property
    def inv(self) -> Any:
        """The inverse; its inverse is this transform itself."""
        if self._inverted is None:
            self._inverted = _InverseTransform(self)
        return self._inverted

    @property
    def sign(self) -> Any:
        """+1 or -1: whether it rises."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def with_cache(self, cache_size: int = 1) -> Any:
        """The transform with another cache."""
        if self._cache_size == cache_size:
            return self
        new = copy(self)
        new._inverted = None
        Transform.__init__(new, cache_size)
        return new

    def __call__(self, x: Tensor) -> Tensor:
        before, after = self._cached_x_y
        if before is not None and x is before:
            return after  # type: ignore[no-any-return]
        return self._remember(x, self._call(x))[1]

    def _inv_call(self, y: Tensor) -> Tensor:
        before, after = self._cached_x_y
        if after is not None and y is after:
            return before  # type: ignore[no-any-return]
        return self._remember(self._inverse(y), y)[0]

    def _remember(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        if self._cache_size:
            self._cached_x_y = x, y
        return x, y

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__}._call is not defined")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |dy/dx|, of the shape without the axes of an event."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: Shape) -> Shape:
        """The shape of the result for an argument's."""
        return shape

    def inverse_shape(self, shape: Shape) -> Shape:
        """The shape of the argument for a result's."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """The inverse of a transform, which does all the work."""

    _inverted: Transform

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inverted = transform

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return self._inverted.codomain

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return self._inverted.domain

    @property
    def bijective(self) -> Any:
        return self._inverted.bijective

    @property
    def sign(self) -> Any:
        return self._inverted.sign

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._inverted.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inverted == other._inverted

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, x: Tensor) -> Tensor:
        return self._inverted._inv_call(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inverted.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Shape) -> Shape:
        return self._inverted.inverse_shape(shape)

    def inverse_shape(self, shape: Shape) -> Shape:
        return self._inverted.forward_shape(shape)

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inverted!r})"


class ComposeTransform(Transform):
    """One transform after the other.

    >>> both = ComposeTransform([AffineTransform(0.0, 2.0), ExpTransform()])
    >>> both(Tensor([0.0, 0.5]))
    tensor([1.        , 2.71828183])
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return _side([(part.domain, part.codomain) for part in self.parts])

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return _side([(part.codomain, part.domain) for part in reversed(self.parts)])

    @property
    def bijective(self) -> Any:
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Any:
        if self._inverted is None:
            self._inverted = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inverted._inverted = self
        return self._inverted

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return zeros_like(x)
        total: Any = 0
        event_dim: int = self.domain.event_dim
        for place, part in enumerate(self.parts):
            after = part(x) if place + 1 < len(self.parts) else y
            one = part.log_abs_det_jacobian(x, after)
            total = total + sum_rightmost(one, event_dim - part.domain.event_dim)
            event_dim += part.codomain.event_dim - part.domain.event_dim
            x = after
        return total  # type: ignore[no-any-return]

    def forward_shape(self, shape: Shape) -> Shape:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Shape) -> Shape:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        parts = ",\n    ".join(map(repr, self.parts))
        return f"ComposeTransform(\n    {parts}\n)"


def _side(parts: list[tuple[Any, Any]]) -> Any:
    """The constraint of the first of some transforms, given as pairs of their near and far sides:
    of as many axes as any of them couples."""
    if not parts:
        return constraints.real
    event_dim = parts[-1][1].event_dim
    for near, far in reversed(parts):
        event_dim = max(event_dim + near.event_dim - far.event_dim, near.event_dim)
    first = parts[0][0]
    more = event_dim - first.event_dim
    return constraints.independent(first, more) if more else first


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """Another transform, whose last `reinterpreted_batch_ndims` axes are axes of one event: its
    `log_abs_det_jacobian` is added up over them.

    >>> t = IndependentTransform(ExpTransform(), 1)
    >>> x = Tensor([1.0, 2.0])
    >>> t.log_abs_det_jacobian(x, t(x))
    tensor(3.)
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return IndependentTransform(self.base_transform, self.reinterpreted_batch_ndims, cache_size)

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> Any:
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        _require_axes(self, x.shape, self.domain.event_dim)
        return self.base_transform(x)  # type: ignore[no-any-return]

    def _inverse(self, y: Tensor) -> Tensor:
        _require_axes(self, y.shape, self.codomain.event_dim)
        return self.base_transform.inv(y)  # type: ignore[no-any-return]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_rightmost(
            self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims
        )

    def forward_shape(self, shape: Shape) -> Shape:
        return self.base_transform.forward_shape(shape)  # type: ignore[no-any-return]

    def inverse_shape(self, shape: Shape) -> Shape:
        return self.base_transform.inverse_shape(shape)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


def _require_axes(transform: Transform, shape: Shape, least: int) -> None:
    if len(shape) < least:
        raise ShapeError(
            f"{type(transform).__name__}: expected at least {least} axes, got shape {shape}"
        )


class ReshapeTransform(Transform):
    """The last axes in another shape.

    >>> ReshapeTransform((4,), (2, 2))(Tensor([1.0, 2.0, 3.0, 4.0])).shape
    (2, 2)
    """

    bijective = True

    def __init__(
        self, in_shape: Iterable[int], out_shape: Iterable[int], cache_size: int = 0
    ) -> None:
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if prod(self.in_shape) != prod(self.out_shape):
            raise ShapeError(
                "ReshapeTransform: expected shapes of as many elements, got "
                f"{self.in_shape} and {self.out_shape}"
            )
        super().__init__(cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(_replaced(x.shape, self.in_shape, self.out_shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(_replaced(y.shape, self.out_shape, self.in_shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return zeros(x.shape[: x.ndim - len(self.in_shape)], dtype=x.dtype)

    def forward_shape(self, shape: Shape) -> Shape:
        return _replaced(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Shape) -> Shape:
        return _replaced(shape, self.out_shape, self.in_shape)


def _replaced(shape: Shape, old: Shape, new: Shape) -> Shape:
    cut = len(shape) - len(old)
    if cut < 0 or shape[cut:] != old:
        raise ShapeError(f"ReshapeTransform: expected a shape that ends with {old}, got {shape}")
    return shape[:cut] + new


class _Fixed(Transform):
    """A transform without parameters: all of a class are equal."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = None  # type: ignore[assignment]


class ExpTransform(_Fixed):
    """exp(x).

    >>> t = ExpTransform()
    >>> t.inv(t(Tensor([0.0, 1.0])))
    tensor([0., 1.])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(Transform):
    """x ** exponent, of positive x.

    >>> PowerTransform(2.0)(Tensor([1.0, 3.0]))
    tensor([1., 9.])
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and _equal(self.exponent, other.exponent)

    __hash__ = None  # type: ignore[assignment]

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def _call(self, x: Tensor) -> Tensor:
        return x**self.exponent

    def _inverse(self, y: Tensor) -> Tensor:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Shape) -> Shape:
        return np.broadcast_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape


def _equal(a: Any, b: Any) -> bool:
    """Whether two parameters, each a tensor or a number, are equal."""
    return bool(np.all(np.equal(*(x.data if isinstance(x, Tensor) else x for x in (a, b)))))


def _clipped(y: Tensor) -> Tensor:
    finfo = np.finfo(y.dtype)
    return y.clamp(float(finfo.tiny), float(1 - finfo.eps))


class SigmoidTransform(_Fixed):
    """1 / (1 + exp(-x)), held from 0 and 1 by as little as the dtype has.

    >>> SigmoidTransform()(Tensor([0.0]))
    tensor([0.5])
    """

    domain = constraints.real
    codomain = constraints.unit_interval
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return _clipped(sigmoid(x))

    def _inverse(self, y: Tensor) -> Tensor:
        y = _clipped(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_Fixed):
    """log(1 + exp(x)).

    >>> SoftplusTransform()(Tensor([0.0]))
    tensor([0.69314718])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(_Fixed):
    """tanh(x).

    >>> TanhTransform()(Tensor([0.0, 1.0]))
    tensor([0.        , 0.76159416])
    """

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2.0 * (log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(_Fixed):
    """|x|; what it calls its inverse is the positive one of two.

    >>> AbsTransform()(Tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """loc + scale * x, of tensors or numbers; `event_dim` of the last axes are one event.

    >>> t = AffineTransform(1.0, 2.0)
    >>> t(Tensor([0.0, 3.0])), t.inv(Tensor([1.0]))
    (tensor([1., 7.]), tensor([0.]))
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return (
            constraints.independent(constraints.real, self._event_dim)
            if self._event_dim
            else constraints.real
        )

    codomain = domain

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AffineTransform)
            and _equal(self.loc, other.loc)
            and _equal(self.scale, other.scale)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def sign(self) -> Any:
        if isinstance(self.scale, Tensor):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x  # type: ignore[no-any-return]

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale  # type: ignore[no-any-return]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        scale = self.scale if isinstance(self.scale, Tensor) else x.new_full((), self.scale)
        return sum_rightmost(broadcast_to(scale.abs().log(), x.shape), self._event_dim)

    def forward_shape(self, shape: Shape) -> Shape:
        parameters = (getattr(x, "shape", ()) for x in (self.loc, self.scale))
        return np.broadcast_shapes(shape, *parameters)

    inverse_shape = forward_shape


class SoftmaxTransform(_Fixed):
    """The softmax along the last axis, which forgets a constant: it is not bijective.

    >>> SoftmaxTransform()(Tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Shape) -> Shape:
        _require_axes(self, shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(_Fixed):
    """Vectors as shares, one more than they are long: of what is left of a stick each number breaks
    off the part that its sigmoid says.

    >>> StickBreakingTransform()(Tensor([0.0, 0.0]))
    tensor([0.33333333, 0.33333333, 0.33333333])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    @staticmethod
    def _offset(x: Tensor, breaks: int) -> Tensor:
        """log(breaks) and down to log(1): so zeros break a stick into equal parts."""
        return arange(breaks, 0, -1, dtype=x.dtype).log()

    def _call(self, x: Tensor) -> Tensor:
        z = _clipped(sigmoid(x - self._offset(x, x.shape[-1])))
        rest = (1 - z).cumprod(-1)
        return pad(z, [0, 1], value=1) * pad(rest, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        broken = y[..., :-1]
        rest = (1 - broken.cumsum(-1)).clamp(float(np.finfo(y.dtype).tiny))
        return broken.log() - rest.log() + self._offset(y, y.shape[-1] - 1)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - self._offset(x, x.shape[-1])
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Shape) -> Shape:
        _require_axes(self, shape, 1)
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Shape) -> Shape:
        _require_axes(self, shape, 1)
        return (*shape[:-1], shape[-1] - 1)


class LowerCholeskyTransform(_Fixed):
    """Square matrices as lower triangular ones with a positive diagonal, the exponential of
    theirs.

    >>> LowerCholeskyTransform()(Tensor([[0.0, 9.0], [5.0, 0.0]]))
    tensor([[1., 0.],
            [5., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + diag_embed(x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + diag_embed(y.diagonal(dim1=-2, dim2=-1).log())
