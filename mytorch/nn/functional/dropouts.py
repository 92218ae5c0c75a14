"""Dropout."""

from __future__ import annotations

import numpy as np

from mytorch._checks import flag
from mytorch._kernels.constants import setting
from mytorch._shapes import Shape
from mytorch.errors import ShapeError
from mytorch.ops._operands import data_of, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = [
    "Dropout",
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, each element with probability `p` times 0, else times 1 / (1 - p), so that its
    expectation stays (Srivastava et al., 2014); else the input itself.

    Draws from NumPy's global generator. With `inplace=True` the result is stored in the input's
    memory. Raises ValueError unless 0 <= p <= 1, DtypeError for integers where 0 < p < 1.

    >>> dropout(Tensor([1.0, 2.0]), p=0.5, training=False)
    tensor([1., 2.])
    """
    return _dropped("dropout", input, p, training, inplace, data_of("dropout", input).shape)


def _dropped(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, shape: Shape
) -> Tensor:
    """The input times factors of this shape, which are drawn."""
    if not _drops(name, p, training, inplace):
        return input
    if p == 1:
        factors = np.zeros_like(input.data)
    else:
        data = require_floating(name, input)
        kept = np.random.random(shape) >= p
        factors = kept * setting(1 / (1 - p), data.dtype)
    mask = wrap(factors)
    return input.mul_(mask) if inplace else input * mask


def _drops(name: str, p: float, training: bool, inplace: bool) -> bool:
    """Whether anything is dropped. Raises TypeError for flags, ValueError for a probability."""
    for option, value in (("training", training), ("inplace", inplace)):
        flag(name, option, value)
    try:
        inside = 0 <= p <= 1
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ValueError(f"{name}: expected a probability from 0 to 1, got {p!r}")
    return training and p != 0


class Dropout:
    """The course's name for `dropout`, which drops nothing unless `is_train`."""

    @staticmethod
    def apply(x: Tensor, p: float = 0.5, is_train: bool = False) -> Tensor:
        """`dropout(x, p, is_train)`.

        >>> Dropout.apply(Tensor([1.0, 2.0]), 0.5)
        tensor([1., 2.])
        """
        return dropout(x, p, is_train)


def _channels(name: str, input: Tensor, axes: int, batched: bool) -> Shape:
    """The shape that has a number for each channel of (N, C, ...), or of (C, ...)."""
    shape: Shape = data_of(name, input).shape
    if len(shape) not in (axes + 1, axes + 2):
        raise ShapeError(
            f"{name}: expected an input of {axes + 1} or {axes + 2} axes, got shape {shape}"
        )
    first = 2 if batched or len(shape) == axes + 2 else 1
    return shape[:first] + (1,) * (len(shape) - first)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels, of an input (N, C, L) or (C, L). Raises ShapeError for another.

    >>> dropout1d(Tensor.ones(1, 2, 3), p=1.0)
    tensor([[[0., 0., 0.],
             [0., 0., 0.]]])
    """
    shape = _channels("dropout1d", input, 1, False)
    return _dropped("dropout1d", input, p, training, inplace, shape)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels, of an input (N, C, H, W). One of three axes is taken for
    (N, C, L), as in PyTorch, which warns of it. Raises ShapeError for another.

    >>> dropout2d(Tensor.ones(1, 2, 1, 2), p=0.0).shape
    (1, 2, 1, 2)
    """
    shape = _channels("dropout2d", input, 2, True)
    return _dropped("dropout2d", input, p, training, inplace, shape)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels, of an input (N, C, D, H, W) or (C, D, H, W). Raises ShapeError
    for another.

    >>> dropout3d(Tensor.ones(1, 2, 1, 1, 2), p=0.0).shape
    (1, 2, 1, 1, 2)
    """
    shape = _channels("dropout3d", input, 3, False)
    return _dropped("dropout3d", input, p, training, inplace, shape)


# The limit of selu far below 0.
_LOWEST = -1.7580993408473766


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """In training, each element with probability `p` is set to the lowest value of selu; then all
    are scaled and moved, so that mean 0 and variance 1 stay (Klambauer et al., 2017).

    Draws from NumPy's global generator. Raises ValueError unless 0 <= p <= 1, DtypeError for
    integers where 0 < p < 1.

    >>> alpha_dropout(Tensor([1.0, 2.0]), p=0.5)
    tensor([1., 2.])
    """
    name = "alpha_dropout"
    return _alpha_dropped(name, input, p, training, inplace, data_of(name, input).shape)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels, of an input (N, C, ...). Raises ShapeError for fewer than
    two axes.

    >>> feature_alpha_dropout(Tensor.ones(1, 2, 3), p=0.5).shape
    (1, 2, 3)
    """
    name = "feature_alpha_dropout"
    shape = data_of(name, input).shape
    if training and len(shape) < 2:
        raise ShapeError(f"{name}: expected an input (N, C, ...), got shape {shape}")
    kept = shape[:2] + (1,) * (len(shape) - 2)
    return _alpha_dropped(name, input, p, training, inplace, kept)


def _alpha_dropped(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, shape: Shape
) -> Tensor:
    if not _drops(name, p, training, inplace):
        return input
    if p == 1:
        factors = shift = np.zeros_like(input.data)
    else:
        data = require_floating(name, input)
        scale = 1 / np.sqrt((_LOWEST**2 * p + 1) * (1 - p))
        kept = np.random.random(shape) >= p
        factors = kept * data.dtype.type(scale)
        # To the lowest value where an element is dropped, and all by its mean.
        lowest = data.dtype.type(_LOWEST * scale)
        shift = ~kept * lowest - lowest * data.dtype.type(p)
    if inplace:
        return input.mul_(wrap(factors)).add_(wrap(shift))
    return input * wrap(factors) + wrap(shift)
