"""Operations in place: a tensor's own memory is overwritten, and its history with it.

The operation is computed as always, into new memory. Then its result is stored in the target's
memory, and the target takes the result's place in the graph. If the target is a view, the tensor
it was taken from does, and every view of that memory is derived from it again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from operator import setitem
from typing import Any

import numpy as np

from mytorch._checks import option
from mytorch._dtypes import can_store, cast
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, about_to_change, keep_saved, move_output
from mytorch.errors import DtypeError, ShapeError
from mytorch.grad_mode import is_recording
from mytorch.memory import (
    as_it_was,
    is_reshaped,
    move_view,
    root_of,
    take_place,
    taken_anew,
    tick,
    with_own_memory,
)
from mytorch.observe import observed, tell
from mytorch.ops._operands import data_of, pair
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.conversion import to
from mytorch.ops.indexing import Index, plain_index, require_masks_fit, two_steps, unfit
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__: list[str] = []


class Overwrite(Function):
    """a after `value` was stored in `region(a)[index]`, which its memory shows already."""

    @staticmethod
    def forward(
        ctx: ContextManager,
        a: Tensor,
        value: Tensor,
        region: Callable[[Tensor], Tensor],
        index: Any,
    ) -> Tensor:
        ctx.region, ctx.index, ctx.shapes = region, index, value.shape
        return wrap(a._data)

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None]:
        needs = ctx.needs_input_grad
        grad_a = grad_value = None
        if needs[0]:
            untouched = wrap(np.ones(grad_output.shape, bool, like=grad_output._data))
            ctx.region(untouched)._data[ctx.index] = False
            grad_a = where(untouched, grad_output, 0.0)
        if needs[1]:
            written = Index.apply(ctx.region(grad_output), ctx.index)
            grad_value = unbroadcast(written, ctx.shapes)
        return grad_a, grad_value, None, None


def in_place(
    name: str,
    operation: Callable[..., Tensor],
    target: Tensor,
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> Tensor:
    """target = operation(target, *args, **options), in the target's memory. Returns the target.

    Raises RuntimeError for a leaf that requires a gradient (unless nothing is recorded),
    ShapeError if the result has another shape and DtypeError if its kind of numbers does not fit.
    """
    root, region = _writable(name, target)
    record = is_recording() and (
        target._requires_grad
        or any(isinstance(arg, Tensor) and arg._requires_grad for arg in (*args, *options.values()))
    )
    before = target
    if record:
        before = target if root is target else taken_anew(root, region)
        before, start = with_own_memory(before, target._data), tick()
    result = operation(before, *args, **options)
    data = target._data
    if result.shape != data.shape:
        raise ShapeError(
            f"{name}: the result has shape {result.shape}, which does not fit in place into the "
            f"tensor of shape {data.shape}; use the operation that returns a new tensor"
        )
    if not can_store(result.dtype, data.dtype):
        raise DtypeError(
            f"{name}: the result has dtype {result.dtype}, which does not fit in place into the "
            f"tensor of dtype {data.dtype}; convert the tensor first, with x.to({result.dtype})"
        )
    if record:
        keep_saved(result.grad_fn, before, start)
    np.copyto(data, cast(result._data, data.dtype))
    target._touch()
    if observed:
        tell("computed", "stored", (result, ...), target)
    if record:
        if result.dtype == data.dtype and result.grad_fn is not None:
            move_output(result.grad_fn, result, target)
        result = to(result, data.dtype)
        if root is target:
            take_place(target, result)
        else:
            take_place(root, Overwrite.apply(root._with_data(root._data), result, region, ...))
    return target


def in_place_if(
    name: str, inplace: bool, operation: Callable[..., Tensor], input: Tensor, *args: Any
) -> Tensor:
    """operation(input, *args), in the input's memory if `inplace`, an option of functions."""
    if inplace is not False and option(name, "inplace", inplace):
        return in_place(f"{name}(inplace=True)", operation, input, args, {})
    return operation(input, *args)


def seen_as(
    name: str,
    operation: Callable[..., Tensor],
    target: Tensor,
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> Tensor:
    """Has `target` show its memory as `operation`, which gives views, does. Returns the target.

    The target becomes a view of what it was, from which its own views are taken from now on. What
    saved it for backward finds it changed. Raises RuntimeError for a leaf that requires a gradient,
    and for a result of operations while nothing is recorded.
    """
    data_of(name, target)
    if target._requires_grad and (target._is_leaf or not is_recording()):
        raise RuntimeError(
            f"{name}: this tensor requires a gradient, of the shape {target.shape}, and keeps its "
            f"shape {'' if target._is_leaf else 'inside no_grad'}; use {name[:-1]}"
        )
    about_to_change(root_of(target)[0])
    before = as_it_was(target)
    result = operation(before, *args, **options)
    if result is before:
        return target
    move_view(before, target, result)
    target._touch()
    return target


def set_item(name: str, target: Tensor, index: Any, value: Any) -> Tensor:
    """`store` for a value that has to fit: raises DtypeError for a float that the target's dtype
    cannot hold."""
    if isinstance(value, (float, np.floating)):
        _require_fits(name, value, data_of(name, target).dtype)
    return store(name, target, index, value)


def store(name: str, target: Tensor, index: Any, value: Any) -> Tensor:
    """target[index] = value, broadcast and converted to what the target holds. Returns the target.

    Raises RuntimeError for a leaf that requires a gradient (unless nothing is recorded) and
    ShapeError for a value that does not broadcast.
    """
    index = plain_index(index)
    steps = two_steps(index)
    if steps is not None:
        store(name, Index.apply(target, steps[0]), steps[1], value)
        return target
    root, region = _writable(name, target)
    _, value = pair(name, target, value)
    # Leading axes of size 1 are too many for some places, to which the rest fits.
    surplus = next((axis for axis, size in enumerate(value.shape) if size != 1), value.ndim)
    if surplus and (index is not ... or value.ndim > target.ndim):
        value = value.reshape(value.shape[surplus:])
    data = target._data
    if index is not ...:
        require_masks_fit(name, data.shape, index)
    then = data.copy() if observed and index is not ... else None
    if then is not None:
        tell("computed", "copy", (target,), then)
    try:
        silenced().run(setitem, data, index, value._data)
    except (IndexError, OverflowError) as error:
        raise unfit(f"{name}: indexing", data.shape, index, error) from None
    except (TypeError, ValueError):
        raise ShapeError(
            f"{name}: the value has shape {value.shape}, which does not broadcast to the "
            f"shape {data[index].shape} of what it is to replace"
        ) from None
    target._touch()
    if observed:
        tell("computed", "stored", (value, index, then), target)
    value = to(value, data.dtype)
    if is_recording() and (target._requires_grad or value._requires_grad):
        before = root._with_data(root._data)
        take_place(root, Overwrite.apply(before, value, region, index))
    return target


def _require_fits(name: str, value: Any, dtype: np.dtype[Any]) -> None:
    """Raises DtypeError for a float that NumPy would wrap around, or make infinite."""
    if isinstance(value, np.generic):
        value = value.item()  # some versions of NumPy would compare in its own dtype
    if dtype.kind in "iu":
        if not isfinite(value):
            raise DtypeError(f"{name}: {value} is no integer; the tensor has dtype {dtype}")
        fits = np.iinfo(dtype).min <= value <= np.iinfo(dtype).max
    elif dtype.kind == "f":
        size = abs(value)
        fits = not size > float(np.finfo(dtype).max) or size == inf
    else:
        return
    if not fits:
        raise DtypeError(
            f"{name}: the number {value} does not fit into the tensor's dtype {dtype}; convert "
            "the tensor first, as by x.to(float)"
        )


def _writable(name: str, target: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The target's `root_of`. Raises RuntimeError if it must not be written to."""
    data = data_of(name, target)
    root, region = root_of(target)
    if is_reshaped(root) and region(root).stride() != target.stride():
        raise RuntimeError(
            f"{name}: this tensor is a view that was taken inside no_grad of a tensor whose shape "
            "was changed in place since, which would miss the change; take the view again"
        )
    if is_recording() and root._requires_grad:
        if root._is_leaf:
            whose = "this tensor is" if root is target else "this tensor is a view of"
            raise RuntimeError(
                f"{name}: {whose} a leaf that requires a gradient and cannot be changed in place "
                "while operations are recorded; do it inside `with mytorch.no_grad():`"
            )
        if not target._requires_grad:
            raise RuntimeError(
                f"{name}: this tensor is a view that was taken inside no_grad of a tensor with a "
                "history, which would miss the change; take the view outside, or clone() it"
            )
    if not data.flags.writeable:
        raise RuntimeError(
            f"{name}: the memory of this tensor of shape {data.shape} cannot be written (it is "
            "expanded, or read only); change a copy, as by x.clone()"
        )
    about_to_change(root)
    return root, region
