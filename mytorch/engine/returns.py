"""What an operation returned, checked: of backward a gradient for each argument, each a Tensor.
And the forward that returns the output, where its context is set up apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch.engine.context import Wanted
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


def arrays_of(parts: Sequence[Any], wanted: Wanted, name: str) -> Sequence[Array | None]:
    """The gradients as arrays. What is no Tensor is refused where it is wanted."""
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
    """The error for what an operation's forward returned, which is no Tensor."""
    found = kind_of(output, Tensor)
    return TypeError(f"{name}.forward: expected it to return a Tensor, got {found}")


def with_setup(cls: type[Any]) -> Any:
    """The `forward` of an operation in two parts: `forward(*args)` and `setup_context(ctx, inputs,
    output)`."""
    compute, setup = cls.forward, cls.setup_context

    def forward(ctx: Any, *args: Any) -> Any:
        output = compute(*args)
        setup(ctx, args, output)
        return output

    return staticmethod(forward)
