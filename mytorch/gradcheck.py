"""Finite differences as the judge of gradients: `gradcheck` and `gradgradcheck`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch.autograd_engine import grad
from mytorch.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient differs from its finite differences."""


def gradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """Compares the gradients of `function` with central differences
    (f(x + eps) - f(x - eps)) / (2 eps), for every element of every output and input.

    Arguments:
        function: takes Tensors, returns a Tensor or a sequence of Tensors.
        inputs: the point; float64 Tensors, of which those with requires_grad are checked.
        eps: the step. atol, rtol: allowed is |analytic - numeric| <= atol + rtol * |numeric|.

    Returns True. Raises GradcheckError that names the output, the input, the place and both
    numbers; ValueError if no input requires a gradient or one is not float64, where differences
    mean nothing. PyTorch's function of this name checks random projections if asked to; this
    one is always exhaustive.

    >>> x = Tensor([0.5, 2.0], requires_grad=True)
    >>> gradcheck(lambda x: x.log(), x)
    True
    """
    points = _points(inputs)
    for number, output in enumerate(_outputs(function(*points))):
        if not output.requires_grad:
            raise GradcheckError(f"gradcheck: output {number} does not require a gradient")
        for position, point in enumerate(points):
            if point.requires_grad:
                analytic = _analytic_jacobian(output, point)
                numeric = _numeric_jacobian(function, points, point, number, eps)
                _compare(analytic, numeric, atol, rtol, f"output {number}, input {position}")
    return True


def gradgradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """`gradcheck` of the gradient itself: checks the second derivatives of `function`.

    The gradients that start backward are drawn from a fixed seed, and checked as inputs too.

    >>> x = Tensor([0.5, 2.0], requires_grad=True)
    >>> gradgradcheck(lambda x: x * x * x, x)
    True
    """
    points = _points(inputs)
    generator = np.random.default_rng(0)
    starts = [
        Tensor(generator.standard_normal(output.shape), requires_grad=True)
        for output in _outputs(function(*points))
    ]
    wanted = [point.requires_grad for point in points]

    def gradient(*everything: Tensor) -> list[Tensor]:
        given, seeds = everything[: len(points)], everything[len(points) :]
        checked = [point for point, want in zip(given, wanted, strict=True) if want]
        found = grad(
            _outputs(function(*given)), checked, seeds, create_graph=True, allow_unused=True
        )
        return [part for part in found if part is not None and part.requires_grad]

    return gradcheck(gradient, [*points, *starts], eps, atol, rtol)


def _points(inputs: Tensor | Sequence[Tensor]) -> list[Tensor]:
    points = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [point for point in points if isinstance(point, Tensor) and point.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient, so there is nothing to check")
    for point in checked:
        if point.dtype != np.float64:
            raise ValueError(
                f"gradcheck: expected float64 inputs, got {point.dtype}: the differences would "
                "be rounding errors; convert them with x.to(np.float64)"
            )
    return points


def _outputs(result: Any) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else list(result)


def _analytic_jacobian(output: Tensor, point: Tensor) -> Array:
    """Row i: the gradient of the output's element i, one backward pass each."""
    jacobian = np.zeros((output.numel(), point.numel()))
    for row, unit in zip(jacobian, np.eye(output.numel()), strict=True):
        start = Tensor(unit.reshape(output.shape))
        (found,) = grad(output, point, start, retain_graph=True, allow_unused=True)
        if found is not None:
            row[...] = found.data.reshape(-1)
    return jacobian


def _numeric_jacobian(
    function: Callable[..., Any], points: list[Tensor], point: Tensor, number: int, eps: float
) -> Array:
    columns = []
    for element in _elements(point):
        middle = float(element[...])
        element[...] = middle + eps
        above = _outputs(function(*points))[number].data.copy()
        element[...] = middle - eps
        below = _outputs(function(*points))[number].data.copy()
        element[...] = middle
        columns.append((above - below).reshape(-1) / (2 * eps))
    size = _outputs(function(*points))[number].numel()
    return np.stack(columns, 1) if columns else np.zeros((size, 0))


def _elements(point: Tensor) -> Iterator[Array]:
    """Each element as a 0-d view that can be written to."""
    for place in np.ndindex(point.shape):
        yield point.data[(*place, ...)]


def _compare(analytic: Array, numeric: Array, atol: float, rtol: float, what: str) -> None:
    wrong = ~np.isclose(analytic, numeric, rtol, atol, equal_nan=True)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise GradcheckError(
            f"gradcheck: {what}: d output[{row}] / d input[{column}] (flat places) is "
            f"{analytic[row, column]:.8g} by backward, {numeric[row, column]:.8g} by finite "
            f"differences; {int(wrong.sum())} of {wrong.size} differ"
        )
