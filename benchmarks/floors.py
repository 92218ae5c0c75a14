"""NumPy alone at the numbers of some calls: no operation can take less time than its arrays do.

They are the calls that stay slow beside PyTorch. Each function takes the arrays of the call and
gives its result, in NumPy's own call where there is one, else in as few passes as are known.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.ops.error_functions import _SINGLE_ERF, _SINGLE_ERFC

Numbers = NDArray[Any]

_BLOCK = 2**14


def _norm(x: Numbers, axis: int | None = None) -> Any:
    """In double precision, as squares overflow in single."""
    wide = x.astype(np.float64)
    rows = wide.reshape(-1) if axis is None else wide
    return np.sqrt(np.vecdot(rows, rows)).astype(np.float32)


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
    size = np.abs(x - y)
    factor = np.clip(size, 0, 1)
    size -= factor * np.float32(0.5)
    size *= factor
    return size.mean()


def _polynomial(coefficients: list[float], x: Numbers) -> Numbers:
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total


def _erf(x: Numbers) -> Numbers:
    x = np.clip(x, -4, 4)
    above, below = (_polynomial(coefficients, x * x) for coefficients in _SINGLE_ERF)
    above /= below
    above *= x
    return above


def _erfc(x: Numbers) -> Numbers:
    size = np.abs(x)
    t = 1 / (1 + 0.3 * size)
    out = _polynomial(_SINGLE_ERFC, t)
    out *= t
    out *= np.exp(-size * size)
    return np.where(x < 0, 2 - out, out)


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
    "x // y": np.floor_divide,
    "x % y": np.remainder,
    "T.erf(x)": _in_double(_erf),
    "T.erfc(x)": _in_double(_erfc),
    "x.prod(1)": lambda x: np.prod(x, 1),
    "T.cumsum(x, 1)": lambda x: np.cumsum(x, 1),
    "x.trace()": np.trace,
    "x.norm()": _norm,
    "x.norm(dim=1)": lambda x: _norm(x, 1),
    "T.linalg.norm(x)": _norm,
    "T.linalg.vector_norm(x)": _norm,
    "x.tril()": np.tril,
    "F.layer_norm(x, (1000,), y, z)": _layer_norm,
    "F.group_norm(x, 10, y, z)": _group_norm,
    "F.prelu(x, y)": lambda x, y: np.where(x > 0, x, x * y),
    "F.threshold(x, 0.5, 20)": lambda x: np.where(x > np.float32(0.5), x, np.float32(20)),
    "F.huber_loss(x, y)": _huber,
    "F.smooth_l1_loss(x, y)": _huber,
    "T.randn(100, 1000)": lambda: np.random.standard_normal((100, 1000)).astype(np.float32),
    "T.unbind(x)": list,
    "T.chunk(x, 4)": lambda x: np.split(x, 4),
    "T.split(x, 25)": lambda x: np.split(x, 4),
    "T.movedim(x, 0, -1)": lambda x: np.moveaxis(x, 0, -1),
    "T.permute(x, (2, 0, 1))": lambda x: np.transpose(x, (2, 0, 1)),
    "x.mT": np.matrix_transpose,
    "x.squeeze()": np.squeeze,
    "x.diagonal()": np.diagonal,
    "x.expand(100, 1000)": lambda x: np.broadcast_to(x, (100, 1000)),
    "x.broadcast_to((100, 1000))": lambda x: np.broadcast_to(x, (100, 1000)),
    "T.broadcast_tensors(x, y)": np.broadcast_arrays,
}
