"""NumPy alone at the numbers of some calls: no operation can take less time than its arrays do.

They are the calls that stay slow beside PyTorch. Each function takes the arrays of the call and
gives its result, in NumPy's own call where there is one, else in as few passes as are known.
"""

from collections.abc import Callable
from functools import partial
from math import log, pi, sqrt
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mytorch._kernels.bessel import scaled_bessel_of
from mytorch._kernels.elementwise import of_two_shapes
from mytorch._kernels.linalg import lu, order_of
from mytorch._kernels.normal_quantiles import erfinv_of
from mytorch.nn.functional.smooth_activations import _ODDS
from mytorch.ops.error_functions import _SINGLE_ERF, _SINGLE_ERFC

Numbers = NDArray[Any]

_BLOCK = 2**14
_ONES = np.ones(1000, np.float32)
# The call's own, drawn as `benchmarks.operations` draws them.
_GENERATOR = np.random.default_rng(0)
_GRID = _GENERATOR.integers(0, 100, (100, 1000))
_ROWS, _COLUMNS = _GRID[0, :100], _GRID[1, :100] * 10
_GENERATOR.standard_normal((100, 1000))
_ORDER = _GENERATOR.permutation(100)


def _standard(rows: Numbers) -> Numbers:
    size = rows.shape[-1]
    means = (rows @ np.full(size, 1 / size, np.float32))[..., None]
    centred = of_two_shapes(np.subtract, rows, means)
    centred /= np.sqrt(np.vecdot(centred, centred) / np.float32(size) + np.float32(1e-5))[..., None]
    return centred


def _layer_norm(x: Numbers, weight: Numbers, bias: Numbers) -> Numbers:
    out = of_two_shapes(np.multiply, _standard(x), weight)
    out += bias
    return out


def _group_norm(x: Numbers, weight: Numbers, bias: Numbers) -> Numbers:
    out = _standard(x.reshape(10, 10, 1000)).reshape(x.shape)
    out = of_two_shapes(np.multiply, out, weight[:, None])
    out += bias[:, None]
    return out


def _huber(x: Numbers, y: Numbers) -> Any:
    difference = x - y
    factor = np.clip(difference, -1, 1)
    out = factor * np.float32(-0.5)
    out += difference
    out *= factor
    return (out @ _ONES).sum() / x.size


def _threshold(x: Numbers) -> Numbers:
    """By bits: `np.where` has to guess at each number."""
    bits, value = x.view(np.int32), np.float32(20).view(np.int32)
    out = (x <= np.float32(0.5)).astype(np.int32)
    out *= bits ^ value
    out ^= bits
    return out.view(np.float32)


def _product(x: Numbers) -> Numbers:
    """Halves by halves: one by one, each number would have to wait for the one before."""
    while x.shape[1] > 1:
        half, odd = divmod(x.shape[1], 2)
        products = x[:, :half] * x[:, half : 2 * half]
        if odd:
            products[:, 0] *= x[:, -1]
        x = products
    return x[:, 0]


def _running_sum(x: Numbers) -> Numbers:
    """In double precision as PyTorch's; two rows are one of complex numbers."""
    pairs = np.empty((50, 1000, 2))
    pairs[..., 0], pairs[..., 1] = x[:50], x[50:]
    np.add.accumulate(pairs.view(np.complex128), 1, out=pairs.view(np.complex128))
    out = np.empty_like(x)
    out[:50], out[50:] = pairs[..., 0], pairs[..., 1]
    return out


def _index_add(x: Numbers, y: Numbers) -> Numbers:
    out = x.copy()
    for place, row in zip(_ROWS, y, strict=True):
        target = out[place]
        target += row
    return out


def _polynomial(coefficients: list[float], x: Numbers) -> Numbers:
    total = x * coefficients[0]
    total += coefficients[1]
    for coefficient in coefficients[2:]:
        total *= x
        total += coefficient
    return total


def _gelu(x: Numbers) -> Numbers:
    square = x * x
    exponent, below = (_polynomial(coefficients, square) for coefficients in _ODDS)
    exponent /= below
    exponent *= x
    np.exp(exponent, out=exponent)
    exponent += 1
    return np.divide(x, exponent, out=exponent)


def _erf(x: Numbers) -> Numbers:
    x = np.clip(x, -4, 4)
    above, below = (_polynomial(coefficients, x * x) for coefficients in _SINGLE_ERF)
    above /= below
    above *= x
    return above


def _erfc(x: Numbers) -> Numbers:
    size = np.abs(x)
    t = size * 0.3
    t += 1
    np.reciprocal(t, out=t)
    out = _polynomial(_SINGLE_ERFC, t)
    out *= t
    size *= -size
    out *= np.exp(size, out=size)
    np.copysign(out, x, out=out)
    out += x < 0
    out += x < 0
    return out


def _in_double(function: Callable[[Numbers], Numbers]) -> Callable[[Numbers], Numbers]:
    """The function in double precision, by blocks that fit the processor's cache."""

    def run(x: Numbers) -> Numbers:
        flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
        for start in range(0, x.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            out[part] = function(flat[part].astype(np.float64))
        return out.reshape(x.shape)

    return run


def _stirling(x: Numbers) -> Numbers:
    """The call's numbers are so large that the series needs no step before it."""
    inverse = 1 / x
    square = inverse * inverse
    series = (square * (1 / 1260) - 1 / 360) * square + 1 / 12
    out = np.log(x)
    out -= 1
    out *= x - 0.5
    out += series * inverse
    out += (log(2 * pi) - 1) / 2
    return out


def _multivariate_gamma(x: Numbers) -> Numbers:
    return _stirling(x) + _stirling(x - 0.5) + _stirling(x - 1) + 1.5 * log(pi)


def _lerp(x: Numbers, y: Numbers, z: Numbers) -> list[Numbers]:
    far = np.abs(z) >= 0.5
    between = of_two_shapes(np.subtract, y, x)
    first = x.copy()
    first[far[:, 0]] = y
    first += of_two_shapes(np.multiply, between, z - far.astype(np.float32))
    second = between * np.float32(0.25)
    second += x
    third = between * np.float32(-0.25)
    third += y
    return [first, second, third]


def _addcmul(x: Numbers, y: Numbers, z: Numbers) -> list[Numbers]:
    product = of_two_shapes(np.multiply, y, z)
    return [product * np.float32(2) + x, product + x]


def _extremes_so_far(x: Numbers) -> list[Numbers]:
    found: list[Numbers] = []
    for pick, axis in ((np.maximum, 1), (np.minimum, 0)):
        values = pick.accumulate(x, axis)
        places = np.arange(x.shape[axis], dtype=np.int32).reshape(-1, *(1,) * (1 - axis))
        found += [values, np.maximum.accumulate((x == values) * places, axis)]
    return found


def _largest_rows(x: Numbers, y: Numbers) -> Numbers:
    out = x.copy()
    for place, row in zip(_ORDER, y, strict=True):
        target = out[place]
        np.maximum(target, row, out=target)
    return out


def _outer_sum(x: Numbers, y: Numbers, z: Numbers) -> Numbers:
    out = of_two_shapes(np.multiply, y[:, None], z)
    out += x
    return out


def _powers(x: Numbers) -> Numbers:
    """In double precision as PyTorch's, from the highest down."""
    out, power = np.empty((10, len(x)), x.dtype), np.ones(len(x))
    for row in out[::-1]:
        row[...] = power
        power *= x
    return np.ascontiguousarray(out.T)


def _solution(x: Numbers, y: Numbers) -> Numbers:
    return np.linalg.solve(x + 40 * np.eye(32, dtype=np.float32), y)


def _inverse(x: Numbers) -> Numbers:
    return np.linalg.inv(x + 400 * np.eye(256, dtype=np.float32)).reshape(16, 16, 256)


def _order_of_rows(x: Numbers) -> Numbers:
    """Which row is which after elimination with pivots, for which NumPy has no call."""
    out, order, block = x.copy(), np.arange(len(x)), 16
    for start in range(0, len(x), block):
        end = min(start + block, len(x))
        for place in range(start, end):
            best = place + int(np.abs(out[place:, place]).argmax())
            swap = np.array([place, best])
            out[swap], order[swap] = out[swap[::-1]], order[swap[::-1]]
            out[place + 1 :, place] /= out[place, place]
            rest = out[place + 1 :, place + 1 : end]
            rest -= out[place + 1 :, place, None] * out[place, place + 1 : end]
        for place in range(start, end - 1):
            right = out[place + 1 : end, end:]
            right -= out[place + 1 : end, place, None] * out[place, end:]
        out[end:, end:] -= out[end:, start:end] @ out[start:end, end:]
    return order


def _swapped(order: Numbers) -> Numbers:
    out = np.zeros((len(order), len(order)), np.float32)
    out[order, np.arange(len(order))] = 1
    return out


def _factors(x: Numbers) -> list[Numbers]:
    out, swaps, _ = lu(x, True)
    order = order_of(swaps, len(x))
    lower = np.tril(out[:, : len(out)], -1)
    np.fill_diagonal(lower, 1)
    return [_swapped(order), lower, np.triu(out)]


def _renorm(x: Numbers) -> list[Numbers]:
    found = []
    for lengths, most in (
        (np.sqrt(np.vecdot(x, x))[:, None], np.float32(1.5)),
        (np.abs(x).sum(0), np.float32(2)),
    ):
        found.append(x * np.where(lengths > most, most / (lengths + np.float32(1e-7)), 1))
    return found


def _windows(x: Numbers) -> list[Numbers]:
    shapes = ((100, 999, 2), (4000, 4, 4)), ((49, 1000, 3), (8000, 4, 4000))
    last = ((100, 499, 3), (4000, 8, 4))
    return [np.ndarray(shape, x.dtype, x, 0, strides) for shape, strides in (*shapes, last)]


def _grid_sample(x: Numbers, y: Numbers) -> Any:
    """At rows of channels, behind which one of zeros stands for what is beyond the ends."""
    rows = np.zeros((32 * 196 + 1, 16), x.dtype)
    rows[:-1].reshape(32, 196, 16)[...] = x.reshape(32, 16, 196).transpose(0, 2, 1)
    middle = ((y.reshape(-1, 2) + np.float32(1)) * np.float32(14) - np.float32(1)) / np.float32(2)
    low = np.floor(middle)
    shares, places = middle - low, low.astype(np.intp)
    left, above = shares.T
    first = np.arange(32).repeat(196)
    out: Any = None
    for down, height in ((0, 1 - above), (1, above)):
        for right, width in ((0, 1 - left), (1, left)):
            column, row = places[:, 0] + right, places[:, 1] + down
            within = (column >= 0) & (column < 14) & (row >= 0) & (row < 14)
            part = rows.take(np.where(within, (first * 14 + row) * 14 + column, 32 * 196), 0)
            part *= (height * width).repeat(16).reshape(-1, 16)
            out = part if out is None else np.add(out, part, out=out)
    return out.reshape(32, 196, 16).transpose(0, 2, 1).reshape(x.shape)


def _depthwise(x: Numbers, y: Numbers, z: Numbers) -> Any:
    """The columns of each channel times its kernel."""
    around = np.zeros((32, 16, 16, 16), x.dtype)
    around[..., 1:-1, 1:-1] = x
    windows = as_strided(
        around, (32, 16, 3, 3, 14, 14), (*around.strides, *around.strides[2:])
    ).reshape(32, 16, 9, 196)
    out = (y.reshape(16, 1, 9) @ windows).reshape(x.shape)
    out += z[:, None, None]
    return out


def _shrunk(x: Numbers) -> Numbers:
    size = np.abs(x)
    kept = size.view(np.int32)
    np.copyto(kept, size > np.float32(0.5))
    kept *= x.view(np.int32)
    return size


FLOORS: dict[str, Callable[..., Any]] = {
    "T.lgamma(x)": _in_double(_stirling),
    "T.mvlgamma(x, 3)": _in_double(_multivariate_gamma),
    "[T.lerp(x, y, z), x.lerp(y, 0.25), x.clone().lerp_(y, weight=0.75)]": _lerp,
    "[T.addcmul(x, y, z, value=2), x.clone().addcmul_(y, z)]": _addcmul,
    "[*T.cummax(x, 1), *x.cummin(dim=0)]": _extremes_so_far,
    "T.index_reduce(x, 0, order, y, 'amax')": _largest_rows,
    "T.addr(x, y, z)": _outer_sum,
    "T.vander(x, 10)": _powers,
    "T.linalg.lu_solve(*T.linalg.lu_factor((x + 40 * T.eye(32))), y)": _solution,
    "T.linalg.lstsq(x, y)[0]": lambda x, y: np.linalg.lstsq(x, y)[0],
    "T.linalg.tensorinv((x + 400 * T.eye(256)).reshape(256, 16, 16), ind=1)": _inverse,
    "T.lu_unpack(*T.linalg.lu_factor(x), unpack_data=False)[0]": (
        lambda x: _swapped(_order_of_rows(x))
    ),
    "T.linalg.lu(x)": _factors,
    "[T.renorm(x, 2, 0, 1.5), x.clone().renorm_(1, dim=1, maxnorm=2)]": _renorm,
    "[x.unfold(1, 2, 1), x.unfold(0, 3, 2), x.unfold(dimension=-1, size=3, step=2)]": _windows,
    "F.grid_sample(x, y, align_corners=False)": _grid_sample,
    "F.conv2d(x, y, z, padding=1, groups=16)": _depthwise,
    "F.hardshrink(x)": _shrunk,
    "F.relu_(x.clone())": lambda x: np.clip(x, 0, np.inf),
    "T.linalg.matrix_norm(x)": lambda x: np.sqrt(np.vdot(x, x)),
    "T.linalg.diagonal(x)": lambda x: x.diagonal(0, 1, 2),
    "F.adaptive_avg_pool3d(x, 1)": (
        lambda x: (x.reshape(32, -1) @ np.full(2744, 1 / 2744, x.dtype)).reshape(8, 4, 1, 1, 1)
    ),
    "F.nll_loss(x, columns)": lambda x: -x[np.arange(100), _COLUMNS].mean(),
    "T.erf(x)": _in_double(_erf),
    "T.erfc(x)": _in_double(_erfc),
    "F.gelu(x)": _gelu,
    "x.prod(1)": _product,
    "T.cumsum(x, 1)": _running_sum,
    "x.trace()": np.trace,
    "x.index_add(0, rows, y)": _index_add,
    "F.layer_norm(x, (1000,), y, z)": _layer_norm,
    "F.group_norm(x, 10, y, z)": _group_norm,
    "F.threshold(x, 0.5, 20)": _threshold,
    "F.huber_loss(x, y)": _huber,
    "F.smooth_l1_loss(x, y)": _huber,
    "T.randn(100, 1000)": lambda: np.random.standard_normal((100, 1000)).astype(np.float32),
    "x.detach().normal_()": lambda x: np.random.standard_normal(x.shape).astype(np.float32),
    "T.normal(x.detach(), 2.0)": lambda x: np.random.normal(x, 2).astype(np.float32),
    "T.erfinv(x)": _in_double(partial(erfinv_of, True)),
    "T.special.i1e(x)": _in_double(partial(scaled_bessel_of, 1, True)),
    "T.special.ndtr(x)": _in_double(lambda x: _erfc(x * -sqrt(0.5)) * 0.5),
    "T.unbind(x)": list,
    "T.chunk(x, 4)": lambda x: [x[start : start + 25] for start in range(0, 100, 25)],
    "T.as_strided(x.contiguous(), (2, 3), (1, 2))": lambda x: as_strided(x, (2, 3), (4, 8)),
    "T.movedim(x, 0, -1)": lambda x: x.transpose(1, 2, 0),
    "T.permute(x, (2, 0, 1))": lambda x: x.transpose(2, 0, 1),
    "x.unflatten(1, (10, 100))": lambda x: x.reshape(100, 10, 100),
    "x.squeeze()": lambda x: x.reshape(100, 1000),
    "x.diagonal()": lambda x: x.diagonal(),
    "x.expand(100, 1000)": lambda x: np.broadcast_to(x, (100, 1000)),
    "x.broadcast_to((100, 1000))": lambda x: np.broadcast_to(x, (100, 1000)),
}
