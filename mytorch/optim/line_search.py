"""How far to go along a direction: a step that meets the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mytorch._silence import silent
from mytorch.optim.arena import Array

__all__ = ["Point", "strong_wolfe"]

# The loss falls by this share of what the slope promises ...
_FALL = 1e-4
# ... and the slope is this share of the first one, or less.
_FLAT = 0.9


class Point(NamedTuple):
    """What is known at a step's end: how far it went, loss, gradient, slope along the direction."""

    t: Any
    loss: float
    gradient: Array
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any], Point],
    start: Point,
    t: Any,
    size: Any,
    tolerance: float,
    most_tries: int,
) -> tuple[Point, int]:
    """A point with a smaller loss and a flatter slope than `start`, and how many were tried.

    Goes on from `t` until a minimum lies behind, then narrows the bracket around it by cubic
    interpolation, until that is shorter than `tolerance` in the direction's largest number `size`.

    Source: Nocedal and Wright, "Numerical Optimization", 2006, algorithms 3.5 and 3.6, as PyTorch
    has them.
    """

    def too_high(point: Point) -> bool:
        return bool(point.loss > start.loss + _FALL * point.t * start.slope)

    def is_flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -_FLAT * start.slope)

    before, point = start, evaluate(t)
    tries = 1
    while tries <= most_tries:
        if too_high(point) or (tries > 2 and point.loss >= before.loss):
            break
        if is_flat(point):
            return point, tries
        if point.slope >= 0:
            break
        bounds = point.t + 0.01 * (point.t - before.t), point.t * 10
        before, point = point, evaluate(_interpolate(before, point, *bounds))
        tries += 1
    else:
        before = start
    bracket = [before, point]
    low = _lower(bracket)
    is_slow = False
    while tries <= most_tries:
        left, right = sorted(one.t for one in bracket)
        if (right - left) * size < tolerance:
            break
        t = _interpolate(bracket[0], bracket[1], left, right)
        margin = 0.1 * (right - left)
        if not min(right - t, t - left) < margin:
            is_slow = False
        elif is_slow or t >= right or t <= left:
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            is_slow = False
        else:
            is_slow = True
        point = evaluate(t)
        tries += 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[1 - low] = point
            low = _lower(bracket)
            continue
        if is_flat(point):
            return point, tries
        if point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = point
    return bracket[low], tries


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


@silent
def _interpolate(one: Point, other: Point, least: Any, most: Any) -> Any:
    """Where the cubic through both points has its minimum, within bounds; their middle if it has
    none."""
    a, b = (one, other) if one.t <= other.t else (other, one)
    mixed = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = mixed * mixed - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    root = square**0.5
    found = b.t - (b.t - a.t) * ((b.slope + root - mixed) / (b.slope - a.slope + 2 * root))
    return min(max(found, least), most)
