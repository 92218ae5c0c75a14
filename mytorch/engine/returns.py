"""What an operation returned, checked: of backward a gradient for each argument, each a Tensor.
And the forward of a program's own operation, around what the program has written."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch.engine.context import Wanted
from mytorch.grad_mode import recording
from mytorch.tensor import Tensor


def as_sequence(returned: Any) -> Sequence[Any]:
    """The gradients, of which one alone may be bare."""
    return returned if isinstance(returned, (tuple, list)) else (returned,)


def one_each(parts: Sequence[Any], wanted: Wanted, name: str) -> Sequence[Any]:
    """The gradients, with a None for each argument that was left out at the end, and without
    surplus Nones. Raises RuntimeError if a wanted one is missing, or another one is surplus."""
    left_out, surplus = wanted[len(parts) :], parts[len(wanted) :]
    if any(entry is not None for entry in (*left_out, *surplus)):
        raise RuntimeError(
            f"{name}.backward returned {len(parts)} gradients for {len(wanted)} arguments; return "
            "one for each, None for what is not differentiable"
        )
    return (*parts, *left_out)[: len(wanted)]


def arrays_of(returned: Any, wanted: Wanted, name: str) -> Sequence[Array | None]:
    """The gradients as arrays. What is no Tensor is refused where it is wanted."""
    parts = as_sequence(returned)
    try:
        return [None if part is None else part._data for part in parts]
    except AttributeError:
        for place, (part, receiver) in enumerate(zip(parts, wanted, strict=False)):
            if part is not None and receiver is not None:
                require_tensor(part, name, place)
        return [part._data if isinstance(part, Tensor) else part for part in parts]


def require_tensor(gradient: Any, name: str, place: int) -> Tensor:
    """The gradient of the argument at `place`. Raises TypeError if it is no Tensor."""
    if not isinstance(gradient, Tensor):
        raise TypeError(
            f"{name}: expected a Tensor as the gradient of argument {place}, got "
            f"{kind_of(gradient, Tensor)}"
        )
    return gradient


def no_output(output: Any, name: str) -> TypeError:
    """The error for what an operation's forward returned, neither a Tensor nor a tuple."""
    found = kind_of(output, Tensor)
    return TypeError(
        f"{name}.forward: expected it to return a Tensor, or a tuple of outputs, got {found}"
    )


class Dirty(NamedTuple):
    """The one output of an operation that has changed it in place."""

    output: Tensor


def forward_of(cls: type[Any]) -> Any:
    """The `forward` of an operation of a program's own, which is not recorded: it may compute with
    Tensors. In two parts it is `forward(*args)` and `setup_context(ctx, inputs, output)`."""
    # Not `__wrapped__`, which a program's own decorator may have set.
    compute = getattr(cls.forward, "_computes", cls.forward)
    setup = getattr(cls, "setup_context", None)

    def forward(ctx: Any, *args: Any) -> Any:
        ctx._receivers = [a if isinstance(a, Tensor) and a._requires_grad else None for a in args]
        recorded = recording.set(False)
        try:
            if setup is None:
                output = compute(ctx, *args)
            else:
                output = compute(*args)
                setup(ctx, args, output)
        finally:
            recording.reset(recorded)
        if not any(output is constant for constant in ctx._constant):
            ctx._time = inf  # for what has no gradient is no output
        return Dirty(output) if ctx._dirty and isinstance(output, Tensor) else output

    forward._computes = compute  # type: ignore[attr-defined]
    return staticmethod(forward)
