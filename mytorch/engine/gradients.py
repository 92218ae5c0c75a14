"""Gradients: the shape and dtype that they must have, and how they are added up in `.grad`.

A gradient is a Tensor where backward itself is recorded, and otherwise a bare array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array, exact, floating
from mytorch._shapes import Shape
from mytorch.engine.returns import require_tensor
from mytorch.errors import ShapeError
from mytorch.tensor import Tensor, wrap


def as_tensor(gradient: Tensor | Array) -> Tensor:
    """The gradient as a Tensor."""
    return gradient if isinstance(gradient, Tensor) else wrap(gradient)


def as_array(gradient: Tensor | Array) -> Array:
    """The gradient's numbers."""
    return gradient._data if isinstance(gradient, Tensor) else gradient


def fit_tensor(gradient: Any, shape: Shape | None, dtype: Any, name: str, place: int) -> Tensor:
    """The gradient of the operation's argument at `place`, which must have its shape, in its dtype
    (a floating one for integers). None stands for any. Raises TypeError if it is no Tensor."""
    tensor = require_tensor(gradient, name, place)
    fit_array(tensor._data, shape, None, name, place)
    return tensor if dtype is None else tensor.to(floating(dtype))


def fit_array(gradient: Any, shape: Shape | None, dtype: Any, name: str, place: int) -> Array:
    """`fit_tensor` for an array or a NumPy scalar."""
    if gradient.shape != shape and shape is not None:
        raise ShapeError(
            f"{name}: the gradient of argument {place} has shape {gradient.shape}, but the "
            f"argument has shape {shape}; they must be equal (sum over broadcast axes)"
        )
    array = exact(gradient)
    return array if dtype is None else array.astype(floating(dtype), copy=False)


def accumulate(tensor: Tensor, gradient: Tensor | Array, recorded: bool) -> None:
    """tensor.grad += gradient, which fits: an array that nobody else holds, or a Tensor, which may
    be shared, as by both sides of +.

    As in PyTorch a leaf's sum is made in place, so that all who hold its gradient or the memory
    of that see it, unless it is recorded.
    """
    known = tensor._grad
    if known is None:
        tensor._grad = gradient.clone() if isinstance(gradient, Tensor) else gradient
    elif recorded or not tensor._is_leaf or not as_array(known).flags.writeable:
        tensor._grad = as_tensor(known) + as_tensor(gradient)
    else:
        total = as_array(known)
        np.add(total, as_array(gradient), total)
        if isinstance(known, Tensor):
            known._touch()
