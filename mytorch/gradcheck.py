"""Finite differences as the judge of gradients: `gradcheck` and `gradgradcheck`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mytorch._checks import kind_of, option
from mytorch._dtypes import Array
from mytorch._silence import silenced
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
    raise_exception: bool = True,
) -> bool:
    """Compares the gradients of `function` with central differences
    (f(x + eps) - f(x - eps)) / (2 eps), for every element of every output and input that requires
    a gradient.

    Arguments:
        function: takes Tensors, returns a Tensor or a sequence of Tensors.
        inputs: the point; float64 Tensors, of which those with requires_grad are checked.
        eps: the step. atol, rtol: allowed is |analytic - numeric| <= atol + rtol * |numeric|.
        raise_exception: whether a difference raises GradcheckError, or the answer is False.

    It also checks that backward is linear in the gradient that it starts from, so does not ignore
    it. NaN agrees with nothing, not even NaN.

    Returns whether they agree. Raises GradcheckError that names the output, the input, the place
    and both numbers; ValueError if no input requires a gradient, if one is not float64, where
    differences mean nothing, or if its memory cannot be written. PyTorch's function of this name
    checks random projections if asked to; this one is always exhaustive.

    >>> x = Tensor([0.5, 2.0], requires_grad=True)
    >>> gradcheck(lambda x: x.log(), x)
    True
    """
    points = _points(inputs)
    outputs = _outputs(function(*points))
    return _holds(raise_exception, _check_each, function, points, outputs, eps, atol, rtol)


def _holds(raise_exception: bool, check: Callable[..., None], *args: Any) -> bool:
    try:
        check(*args)
    except GradcheckError:
        if option("gradcheck", "raise_exception", raise_exception):
            raise
        return False
    return True


def _check_each(
    function: Callable[..., Any], points: list[Tensor], outputs: list[Tensor], *settings: float
) -> None:
    for number, output in enumerate(outputs):
        if not output.requires_grad:
            raise GradcheckError(f"gradcheck: output {number} does not require a gradient")
    _check(function, points, outputs, *settings)


def _check(
    function: Callable[..., Any],
    points: list[Tensor],
    outputs: list[Tensor],
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    checked = {position: point for position, point in enumerate(points) if _is_checked(point)}
    backward = [_Backward(output, [*checked.values()]) for output in outputs]
    for place, (position, point) in enumerate(checked.items()):
        numeric = _numeric_jacobians(function, points, point, outputs, eps)
        for number, of_output in enumerate(backward):
            what = f"output {number}, input {position}"
            _compare(of_output.jacobians[place], numeric[number], atol, rtol, what)
            of_output.check_linear(place, atol, rtol, what)


def gradgradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
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
    wanted = [_is_checked(point) for point in points]

    def gradient(*everything: Tensor) -> list[Tensor]:
        given, seeds = everything[: len(points)], everything[len(points) :]
        checked = [point for point, want in zip(given, wanted, strict=True) if want]
        found = grad(
            _outputs(function(*given)), checked, seeds, create_graph=True, allow_unused=True
        )
        return [part for part in found if part is not None]

    everything = [*points, *starts]
    # A gradient that does not depend on anything has to be constant: it is checked as others are.
    outputs = gradient(*everything)
    return _holds(raise_exception, _check, gradient, everything, outputs, eps, atol, rtol)


def _points(inputs: Tensor | Sequence[Tensor]) -> list[Tensor]:
    points = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [point for point in points if _is_checked(point)]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient, so there is nothing to check")
    for point in checked:
        if point.dtype != np.float64:
            raise ValueError(
                f"gradcheck: expected float64 inputs, got {point.dtype}: the differences would "
                "be rounding errors; convert them with x.to(np.float64)"
            )
        if not point.data.flags.writeable:
            raise ValueError(
                f"gradcheck: the memory of an input of shape {point.shape} cannot be written, as "
                "it must be for differences (it is expanded, or read only); pass a copy"
            )
    return points


def _is_checked(point: Any) -> bool:
    """The function may take more than Tensors."""
    return isinstance(point, Tensor) and point.requires_grad


def _outputs(result: Any) -> list[Tensor]:
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    for output in outputs:
        if not isinstance(output, Tensor):
            raise TypeError(
                "gradcheck: expected the function to return a Tensor or a tuple of Tensors, got "
                f"{kind_of(output, Tensor)}; wrap what is constant outside of it"
            )
    return outputs


class _Backward:
    """What backward gives for an output: of each point the Jacobian, whose row i is the gradient
    of the output's element i, one pass each for all points."""

    def __init__(self, output: Tensor, points: list[Tensor]) -> None:
        self.output, self.points = output, points
        self.jacobians = [np.zeros((output.numel(), point.numel())) for point in points]
        self._linear: list[tuple[Array, Array]] = []
        if not output.requires_grad or not output.numel():
            return
        for row, unit in enumerate(np.eye(output.numel())):
            for jacobian, found in zip(self.jacobians, self.gradients(unit), strict=True):
                jacobian[row] = found
        # The first one is negative: of a single number an absolute value would pass otherwise.
        self.start = -np.random.default_rng(0).standard_normal(output.numel())
        both = self.gradients(self.start), self.gradients(0 * self.start)
        self._linear = [*zip(*both, strict=True)]

    def gradients(self, start: Array) -> list[Array]:
        """The flat gradients of the points, from that of the output."""
        seed = Tensor(start.reshape(self.output.shape))
        found = grad(self.output, self.points, seed, retain_graph=True, materialize_grads=True)
        return [part.data.reshape(-1) for part in found if part is not None]

    def check_linear(self, place: int, atol: float, rtol: float, what: str) -> None:
        """Whether it multiplies what it starts from by the Jacobian; by 0 it is exactly 0."""
        if not self._linear:
            return
        found, of_zero = self._linear[place]
        expected = self.start @ self.jacobians[place]
        wrong = ~np.isclose(found, expected, rtol, atol) | (of_zero != 0)
        if wrong.any():
            at = np.argmax(wrong)
            raise GradcheckError(
                f"gradcheck: {what}: backward is not linear in grad_output: d input[{at}] (flat "
                f"place) is {found[at]:.8g} for a grad_output by which it should be "
                f"{expected[at]:.8g}, or is not 0 for one of 0; multiply by grad_output, and by "
                "nothing that changes from one backward to the next"
            )


def _numeric_jacobians(
    function: Callable[..., Any],
    points: list[Tensor],
    point: Tensor,
    outputs: list[Tensor],
    eps: float,
) -> list[Array]:
    """For each output: column i is its change with the point's element i."""
    jacobians = [np.zeros((output.numel(), point.numel())) for output in outputs]
    for column, element in enumerate(_elements(point)):
        middle = float(element[...])
        try:
            element[...] = middle + eps
            above = [output.data.copy() for output in _outputs(function(*points))]
            element[...] = middle - eps
            below = [output.data for output in _outputs(function(*points))]
            for jacobian, *both in zip(jacobians, above, below, strict=True):
                difference = silenced().run(np.subtract, *both)
                jacobian[:, column] = difference.reshape(-1) / (2 * eps)
        finally:
            element[...] = middle
    return jacobians


def _elements(point: Tensor) -> Iterator[Array]:
    """Each element as a 0-d view that can be written to."""
    for place in np.ndindex(point.shape):
        yield point.data[(*place, ...)]


def _compare(analytic: Array, numeric: Array, atol: float, rtol: float, what: str) -> None:
    wrong = ~np.isclose(analytic, numeric, rtol, atol)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise GradcheckError(
            f"gradcheck: {what}: d output[{row}] / d input[{column}] (flat places) is "
            f"{analytic[row, column]:.8g} by backward, {numeric[row, column]:.8g} by finite "
            f"differences; {int(wrong.sum())} of {wrong.size} differ"
        )
