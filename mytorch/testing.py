"""What tests ask: whether tensors are close, and if not, where and by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from mytorch._absent import finder
from mytorch._dtypes import Array
from mytorch._silence import silenced
from mytorch.tensor import Tensor

__all__ = ["assert_close"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)

# By dtype, the relative and the absolute one; others have to be equal.
_TOLERANCES = {
    np.dtype(np.float16): (1e-3, 1e-5),
    np.dtype(np.float32): (1.3e-6, 1e-5),
    np.dtype(np.float64): (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raises AssertionError if tensors, arrays, numbers, or sequences and mappings of them, are not
    close: |actual - expected| <= atol + rtol * |expected|, in one shape and dtype.

    The tolerances, of which both are given or none, are by dtype: 1.3e-6 and 1e-5 for float32, 1e-7
    and 1e-7 for float64, else 0. A NaN is close to another with `equal_nan`. `msg` is the error's
    text, or a function that makes it of this one. There is one device and layout, so that to check
    them finds nothing.

    Raises ValueError for one tolerance alone, TypeError for what cannot be compared.

    >>> assert_close(Tensor([1.0, 2.0]), Tensor([1.0, 2.0 + 1e-9]))
    >>> assert_close({"w": Tensor([1.0, 2.0])}, {"w": Tensor([1.0, 2.5])}, rtol=0, atol=0.1)
    Traceback (most recent call last):
        ...
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 0.5 at index (1,) (up to 0.1 allowed)
    Greatest relative difference: 0.2 at index (1,) (up to 0 allowed)
    <BLANKLINE>
    The failure occurred for item ['w']
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            f"assert_close: rtol and atol must both be given or none, got rtol={rtol}, atol={atol}"
        )
    given = None if rtol is None or atol is None else (rtol, atol)
    for place, ours, theirs in _pairs(actual, expected, ()):
        found = _difference(ours, theirs, given, equal_nan, check_dtype, check_stride)
        if found is not None:
            raise AssertionError(_text(found, place, msg))


def _pairs(actual: Any, expected: Any, place: tuple[Any, ...]) -> list[tuple[Any, Any, Any]]:
    """The values that are to be compared, each with its place in the containers."""
    pair = (actual, expected)
    if all(isinstance(value, Sequence) and not isinstance(value, (str, bytes)) for value in pair):
        if len(actual) != len(expected):
            found = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise AssertionError(_text(found, place))
        keys: Sequence[Any] = range(len(actual))
    elif all(isinstance(value, Mapping) for value in pair):
        missing = [key for key in expected if key not in actual]
        added = [key for key in actual if key not in expected]
        if missing or added:
            found = (
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(missing, key=str)}\n"
                f"Additional keys in the actual mapping: {sorted(added, key=str)}"
            )
            raise AssertionError(_text(found, place))
        keys = sorted(expected, key=str)
    else:
        return [(place, actual, expected)]
    return [entry for key in keys for entry in _pairs(actual[key], expected[key], (*place, key))]


def _text(found: str, place: tuple[Any, ...], msg: str | Callable[[str], str] | None = None) -> str:
    """The error's text, with the place of what differs."""
    if place:
        items = "".join(f"[{key!r}]" for key in place)
        found = f"{found}\n\nThe failure occurred for item {items}"
    return found if msg is None else msg(found) if callable(msg) else str(msg)


def _difference(
    actual: Any,
    expected: Any,
    given: tuple[float, float] | None,
    equal_nan: bool,
    check_dtype: bool,
    check_stride: bool,
) -> str | None:
    """In what two values differ: None if they are close."""
    if actual is None and expected is None:
        return None
    if isinstance(actual, Number) and isinstance(expected, Number):
        actual, expected = (
            value.item() if isinstance(value, np.generic) else value for value in (actual, expected)
        )
        if check_dtype and type(actual) is not type(expected):
            return f"The (d)types do not match: {type(actual)} != {type(expected)}."
        if type(actual) is type(expected) is bool:
            return None if actual is expected else f"Booleans mismatch: {actual} is not {expected}"
    elif not any(
        isinstance(actual, kind) and isinstance(expected, kind) for kind in (Tensor, np.ndarray)
    ):
        raise TypeError(
            "assert_close: expected two tensors, arrays or numbers, or sequences or mappings of "
            f"them, got {type(actual).__name__} and {type(expected).__name__}"
        )
    x, y = (
        value.data if isinstance(value, Tensor) else np.asarray(value)
        for value in (actual, expected)
    )
    if x.shape != y.shape:
        return f"The values for attribute 'shape' do not match: {x.shape} != {y.shape}."
    if check_stride and x.strides != y.strides:
        steps = (tuple(step // a.itemsize for step in a.strides) for a in (x, y))
        return "The values for attribute 'stride()' do not match: {} != {}.".format(*steps)
    if check_dtype and x.dtype != y.dtype:
        return f"The values for attribute 'dtype' do not match: {x.dtype} != {y.dtype}."
    known = [_TOLERANCES.get(array.dtype, (0.0, 0.0)) for array in (x, y)]
    rtol, atol = given or (max(pair[0] for pair in known), max(pair[1] for pair in known))
    found: str | None = silenced().run(_mismatch, x, y, rtol, atol, equal_nan)
    return found


def _mismatch(x: Array, y: Array, rtol: float, atol: float, equal_nan: bool) -> str | None:
    """Where two arrays of one shape are not close, and by how much."""
    kind = np.result_type(x, y, np.int64 if x.dtype.kind in "iub" else np.float64)
    x, y = x.astype(kind), y.astype(kind)
    exact = rtol == atol == 0
    apart = np.abs(x - y)
    near = x == y if exact else (x == y) | (np.isfinite(y) & (apart <= atol + rtol * np.abs(y)))
    if equal_nan and kind.kind == "f":
        near |= np.isnan(x) & np.isnan(y)
    if near.all():
        return None
    word = "equal" if exact else "close"
    if not x.ndim:
        lines = [f"Scalars are not {word}!", "", f"Expected {y.item()} but got {x.item()}."]
        lines += [f"Absolute difference: {apart.item()}{_allowed(atol, exact)}"]
        relative = apart.item() / abs(y.item()) if y.item() else float("inf")
        return "\n".join([*lines, f"Relative difference: {relative}{_allowed(rtol, exact)}"])
    count = int((~near).sum())
    lines = [f"Tensor-likes are not {word}!", ""]
    lines += [f"Mismatched elements: {count} / {x.size} ({count / x.size:.1%})"]
    for name, size, allowed in (
        ("absolute", apart, atol),
        ("relative", apart / np.abs(y), rtol),
    ):
        size = np.where(near, 0, size)
        place = int(size.argmax())
        index = tuple(int(n) for n in np.unravel_index(place, size.shape))
        lines += [
            f"Greatest {name} difference: {size.flat[place].item()} at index {index}"
            + _allowed(allowed, exact)
        ]
    return "\n".join(lines)


def _allowed(tolerance: float, exact: bool) -> str:
    return "" if exact else f" (up to {tolerance} allowed)"
