"""NumPy alone at the numbers of some calls: no operation can take less time than its arrays do.

They are the calls that stay slow beside PyTorch. Each function takes the arrays of the call and
gives its result, in NumPy's own call where there is one, else in as few passes as are known.
"""

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mytorch._kernels.bessel import scaled_bessel_of
from mytorch._kernels.normal_quantiles import erfinv_of
from mytorch.nn.functional.smooth_activations import _ODDS
from mytorch.ops.error_functions import _SINGLE_ERF, _SINGLE_ERFC

Numbers = NDArray[Any]

_BLOCK = 2**14
_ONES = np.ones(1000, np.float32)
# The call's own.
_ROWS = np.random.default_rng(0).integers(0, 100, (100, 1000))[0, :100]


def _standard(rows: Numbers) -> Numbers:
    size = rows.shape[-1]
    centred: Numbers = rows - (rows @ np.full(size, 1 / size, np.float32))[..., None]
    centred /= np.sqrt(np.vecdot(centred, centred) / np.float32(size) + np.float32(1e-5))[..., None]
    return centred


def _layer_norm(x: Numbers, weight: Numbers, bias: Numbers) -> Numbers:
    out = _standard(x) * weight
    out += bias
    return out


def _group_norm(x: Numbers, weight: Numbers, bias: Numbers) -> Numbers:
    out = _standard(x.reshape(10, 10, 1000)).reshape(x.shape) * weight[:, None]
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


FLOORS: dict[str, Callable[..., Any]] = {
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
