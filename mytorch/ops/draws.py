"""Random draws: new tensors of them, and tensors filled with them.

`generator` (a `mytorch.Generator`; None: the global one, which `mytorch.manual_seed` seeds) decides
the numbers, which are NumPy's and not PyTorch's. New tensors also take `dtype` (None: the default
dtype, or what is said), `device` (the CPU, or RuntimeError) and `requires_grad`. Draws have no
gradient with regard to their parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._device import DeviceLike
from mytorch._dtypes import Array, cast, get_default_dtype
from mytorch._kernels.constants import as_array, number, real
from mytorch._memory_format import memory_format, require_format
from mytorch._shapes import Shape, whole
from mytorch._silence import silenced
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.ops._arguments import explained, numpy_names, sizes_named
from mytorch.ops._operands import broadcast_error, data_of, require_floating
from mytorch.ops.creation import new_leaf, new_shape, number_of
from mytorch.ops.inplace import store
from mytorch.random import Generator, draw
from mytorch.tensor import Tensor

__all__ = [
    "bernoulli",
    "binomial",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def _made(
    name: str,
    draws: Array,
    dtype: DTypeLike | None,
    device: DeviceLike | None,
    requires_grad: bool,
) -> Tensor:
    wanted = np.dtype(dtype or get_default_dtype())
    if wanted.kind != "f":
        raise DtypeError(f"{name}: expected a floating dtype, got {wanted}; see randint")
    return new_leaf(name, cast(draws, wanted), device, requires_grad)


def _below(draws: Array, low: float, high: float, dtype: np.dtype[Any]) -> Array:
    """The draws in a dtype in which some may be rounded up to `high`, which is left out."""
    last = np.nextafter(as_array(high, dtype), as_array(low, dtype))
    found: Array = np.minimum(cast(draws, dtype), last)
    return found


@sizes_named("size")
def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draws from the uniform distribution on [0, 1).

    >>> rand(2, 3).shape
    (2, 3)
    """
    draws = draw(generator, "random_sample", new_shape("rand", size))
    wanted = np.dtype(dtype or get_default_dtype())
    if wanted.kind == "f" and wanted.itemsize < 8:
        draws = _below(draws, 0, 1, wanted)
    return _made("rand", draws, wanted, device, requires_grad)


@sizes_named("size")
def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draws from the normal distribution N(0, 1).

    >>> randn(2, 3).shape
    (2, 3)
    """
    draws = draw(generator, "standard_normal", new_shape("randn", size))
    return _made("randn", draws, dtype, device, requires_grad)


@explained
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`rand` of the input's shape and, unless another is given, dtype.

    >>> rand_like(Tensor([1.0, 2.0])).shape
    (2,)
    """
    data = data_of("rand_like", input)
    if memory_format is not None:
        require_format("rand_like", memory_format, data.shape)
    options: Any = {"device": device, "requires_grad": requires_grad}
    return rand(*data.shape, generator=generator, dtype=dtype or data.dtype, **options)


@explained
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`randn` of the input's shape and, unless another is given, dtype.

    >>> randn_like(Tensor([1.0, 2.0])).shape
    (2,)
    """
    data = data_of("randn_like", input)
    if memory_format is not None:
        require_format("randn_like", memory_format, data.shape)
    options: Any = {"device": device, "requires_grad": requires_grad}
    return randn(*data.shape, generator=generator, dtype=dtype or data.dtype, **options)


@explained
def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers drawn from low to high - 1 (`randint(high, size)`: from 0), all as likely; int64.

    Raises RangeError if there is no integer to draw, or one that the dtype does not hold.

    >>> randint(0, 10, (2, 3)).shape
    (2, 3)
    """
    if size is None:
        low, high, size = 0, low, high
    shape, wanted = new_shape("randint", (size,)), np.dtype(dtype or np.int64)
    draws = _integers("randint", low, high, shape, wanted, generator)
    return new_leaf("randint", draws, device, requires_grad)


@explained
def randint_like(
    input: Tensor,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`randint` of the input's shape and, unless another is given, dtype: from low to high - 1, or
    `randint_like(input, high)`, from 0.

    >>> randint_like(Tensor([1.0, 2.0]), 10).dtype
    dtype('float64')
    """
    data = data_of("randint_like", input)
    if memory_format is not None:
        require_format("randint_like", memory_format, data.shape)
    low, high = (0, low) if high is None else (low, high)
    options: Any = {"device": device, "requires_grad": requires_grad}
    return randint(low, high, data.shape, generator=generator, dtype=dtype or data.dtype, **options)


@explained
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """The integers from 0 to n - 1 in random order; int64.

    >>> sorted(randperm(4).tolist())
    [0, 1, 2, 3]
    """
    (count,) = new_shape("randperm", (n,))
    order = draw(generator, "permutation", count).astype(dtype or np.int64)
    return new_leaf("randperm", order, device, requires_grad)


@explained
def normal(
    mean: Tensor | float = 0.0,
    std: Tensor | float = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draws from the normal distributions of these means and standard deviations, which broadcast.

    Two numbers need a size, and may have a dtype. Raises DtypeError for tensors of integers,
    RangeError for a negative deviation.

    >>> normal(Tensor([0.0, 5.0]), 0.1).shape, normal(0, 1, (2, 3)).shape
    ((2,), (2, 3))
    """
    if size is not None:
        center, width = real(number_of("normal", mean)), real(number_of("normal", std))
        _require("normal", width >= 0, "a std of at least 0", width)
        draws = draw(generator, "standard_normal", new_shape("normal", (size,)))
        return _made("normal", center + width * draws, dtype, device, requires_grad)
    tensors = [part for part in (mean, std) if isinstance(part, Tensor)]
    if not tensors:
        raise TypeError("normal: two numbers need a size, as in normal(0.0, 1.0, (2, 3))")
    dtypes = [require_floating("normal", part).dtype for part in tensors]
    centers, widths = (
        part.data if isinstance(part, Tensor) else np.asarray(number_of("normal", part))
        for part in (mean, std)
    )
    _require("normal", bool((widths >= 0).all()), "stds of at least 0", "negative ones")
    try:
        shape = np.broadcast_shapes(centers.shape, widths.shape)
    except ValueError:
        raise broadcast_error("normal", centers, widths) from None
    draws = centers + widths * draw(generator, "standard_normal", shape)
    return _made("normal", draws, dtype or max(dtypes), device, requires_grad)


@explained
def bernoulli(
    input: Tensor, p: Tensor | float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that the input (or `p`, which broadcasts to its shape) has in its
    place, else 0; in the input's dtype.

    Raises RangeError for what is no probability, DtypeError for integers as such.

    >>> bernoulli(Tensor([0.0, 1.0])), bernoulli(Tensor([7, 8, 9]), 1.0)
    (tensor([0., 1.]), tensor([1, 1, 1]))
    """
    data = data_of("bernoulli", input)
    return Tensor(_coins("bernoulli", data, input if p is None else p, generator))


def _coins(name: str, data: Array, p: Tensor | float, generator: Generator | None) -> Array:
    chances = require_floating(name, p) if isinstance(p, Tensor) else real(number_of(name, p))
    between = np.logical_and(np.greater_equal(chances, 0), np.less_equal(chances, 1))
    _require(name, bool(between.all()), "probabilities from 0 to 1", p)
    try:
        chances = np.broadcast_to(chances, data.shape)
    except ValueError:
        raise broadcast_error(name, p, data) from None
    draws = draw(generator, "random_sample", data.shape)
    return np.where(draws < chances, number(1, data.dtype), number(0, data.dtype))


@explained
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of events drawn from the Poisson distribution of each rate, in the input's dtype.

    Raises RangeError for rates that are negative, NaN or beyond 9e18.

    >>> poisson(Tensor([0.0, 1e6])) > 0
    tensor([False,  True])
    """
    dtype = require_floating("poisson", input).dtype
    rates = input._data.astype(np.float64)  # half precision has no 9e18
    _require("poisson", bool(((rates >= 0) & (rates <= 9e18)).all()), "rates from 0 on", input)
    return Tensor(cast(draw(generator, "poisson", rates), dtype))


@explained
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of successes among `count` trials of the probability `prob` each, elementwise with
    broadcasting, in the dtype of `count`.

    Raises DtypeError unless floating, RangeError for a negative or fractional count, or one beyond
    9e18, and for what is no probability.

    >>> binomial(Tensor([3.0, 3.0]), Tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    counts, chances = require_floating("binomial", count), require_floating("binomial", prob)
    trials = counts.astype(np.float64)
    sound = (trials >= 0) & (trials <= 9e18) & (trials == np.floor(trials))
    _require("binomial", bool(sound.all()), "counts that are whole numbers from 0 on", count)
    sound = (chances >= 0) & (chances <= 1)
    _require("binomial", bool(sound.all()), "probabilities within 0 and 1", prob)
    try:
        draws = draw(generator, "binomial", trials.astype(np.int64), chances.astype(np.float64))
    except ValueError:
        raise broadcast_error("binomial", counts, chances) from None
    return Tensor(cast(draws, counts.dtype))


@numpy_names
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """`num_samples` places of the input (or of each of its rows) drawn by the weights that stand
    there, which need not add up to 1; int64.

    Without replacement no place is drawn twice; what has no weight comes last. Raises RangeError
    for weights that are negative, not finite or all 0, and for more draws than there are places.

    >>> multinomial(Tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    weights = require_floating("multinomial", input)
    count = whole(num_samples, "multinomial")
    if weights.ndim not in (1, 2):
        raise ShapeError(f"multinomial: expected a vector or matrix, got shape {weights.shape}")
    places = weights.shape[-1]
    most = "at least 1" if replacement else f"from 1 to {places} (or replacement=True)"
    enough = count >= 1 and (replacement or count <= places)
    _require("multinomial", enough, f"a number of samples {most}", count)
    sound = np.isfinite(weights).all() and (weights >= 0).all() and weights.any(-1).all()
    _require("multinomial", bool(sound), "finite weights of at least 0, not all 0", input)
    if not replacement:
        # Who comes first of those that arrive at these rates.
        races = silenced().run(
            np.divide, draw(generator, "standard_exponential", weights.shape), weights
        )
        return Tensor(races.argsort(-1, kind="stable")[..., :count])
    draws = draw(generator, "random_sample", (*weights.shape[:-1], count))
    sums = weights.astype(np.float64).cumsum(-1)
    sums /= sums[..., -1:]
    rows = zip(sums.reshape(-1, places), draws.reshape(-1, count), strict=True)
    chosen = [row.searchsorted(drawn, "right") for row, drawn in rows]
    return Tensor(np.concatenate([np.zeros(0, np.int64), *chosen]).reshape(draws.shape))


def _require(name: str, holds: bool, expected: str, got: Any) -> None:
    if not holds:
        raise RangeError(f"{name}: expected {expected}, got {got}")


@explained
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with draws from N(mean, std**2). Returns the tensor."""
    data = require_floating("normal_", input)
    _require("normal_", std >= 0, "a std of at least 0", std)
    draws = real(mean) + real(std) * draw(generator, "standard_normal", data.shape)
    return store("normal_", input, ..., Tensor(draws))


@explained
def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with e to the power of draws from N(mean, std**2). Returns the tensor."""
    data = require_floating("log_normal_", input)
    _require("log_normal_", std > 0, "a std above 0", std)
    draws = real(mean) + real(std) * draw(generator, "standard_normal", data.shape)
    return store("log_normal_", input, ..., Tensor(silenced().run(np.exp, draws)))


@explained
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with draws from the uniform distribution on [from_, to). Returns the
    tensor."""
    dtype = require_floating("uniform_", input).dtype
    most = float(np.finfo(dtype).max)
    _require(
        "uniform_",
        -most <= from_ <= to <= most and to - from_ <= most,
        f"from_ and to within {dtype}, in this order",
        (from_, to),
    )
    draws = from_ + (to - from_) * draw(generator, "random_sample", input.shape)
    return store("uniform_", input, ..., Tensor(_below(draws, from_, to, dtype)))


@explained
def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with draws from the exponential distribution of the rate `lambd`, none of
    which is 0 at the rate 1. Returns the tensor."""
    dtype = require_floating("exponential_", input).dtype
    _require("exponential_", lambd > 0, "a rate above 0", lambd)
    draws = draw(generator, "standard_exponential", input.shape)
    draws = np.maximum(draws, float(np.finfo(dtype).smallest_subnormal))
    return store("exponential_", input, ..., Tensor(draws / lambd))


@explained
def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with draws from the Cauchy distribution. Returns the tensor."""
    data = require_floating("cauchy_", input)
    _require("cauchy_", sigma > 0, "a sigma above 0", sigma)
    draws = real(median) + real(sigma) * draw(generator, "standard_cauchy", data.shape)
    return store("cauchy_", input, ..., Tensor(draws))


@explained
def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fills this tensor with numbers of trials up to the first success, each trial with the
    probability `p`. Returns the tensor."""
    data = data_of("geometric_", input)
    _require("geometric_", 0 < p < 1, "a probability between 0 and 1", p)
    draws = draw(generator, "random_sample", data.shape)
    return store("geometric_", input, ..., Tensor(1 + np.floor(np.log1p(-draws) / np.log1p(-p))))


def bernoulli_(
    input: Tensor, p: Tensor | float = 0.5, *, generator: Generator | None = None
) -> Tensor:
    """Fills this tensor with ones, each with the probability `p` (which broadcasts), and zeros.
    Returns the tensor."""
    data = data_of("bernoulli_", input)
    return store("bernoulli_", input, ..., Tensor(_coins("bernoulli_", data, p, generator)))


@explained
def random_(
    input: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Fills this tensor with integers from `from_` (0) to `to` - 1, all as likely; `random_(to)`
    from 0. Without `to` up to the largest that the dtype holds with all before it. Returns the
    tensor."""
    dtype = data_of("random_", input).dtype
    if to is None:
        from_, to = 0, _bounds(dtype)[1] + 1 if from_ is None else from_
    draws = _integers("random_", from_ or 0, to, input.shape, dtype, generator)
    return store("random_", input, ..., Tensor(draws))


def _integers(
    name: str,
    low: int,
    high: int,
    shape: Shape,
    dtype: np.dtype[Any],
    generator: Generator | None,
) -> Array:
    first, end = whole(low, name), high if high == 2**63 else whole(high, name)
    least, most = _bounds(dtype)
    fits = dtype.kind == "f" or (least <= first and end <= most + 1)
    _require(name, fits and first < end, f"low below high, within {dtype}", (low, high))
    return draw(generator, "randint", first, end, shape, np.int64).astype(dtype, copy=False)


def _bounds(dtype: np.dtype[Any]) -> tuple[int, int]:
    """From where to where a dtype holds every integer."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        most = 2 ** (np.finfo(dtype).nmant + 1)
        return -most, most
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
