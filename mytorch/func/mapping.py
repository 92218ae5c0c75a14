"""A function of one, called for each of many, and modules put together to be called so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from mytorch._checks import kind_of
from mytorch.errors import ShapeError
from mytorch.func.trees import leaves, like, parts
from mytorch.nn import Module
from mytorch.ops import stack
from mytorch.tensor import Tensor

__all__ = ["stack_module_state", "vmap"]


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "different",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function of tensors with one axis more than those of `func`, which is called once for each
    place on that axis; what it returns is stacked. PyTorch's calls it once for all: this one saves
    the writing, not the time.

    Arguments:
        in_dims: the axis of each argument, None for one that is the same in all calls; a number for
            all arguments, or a tuple with an entry for each, which may have the argument's form.
            Those by name are the same in all calls.
        out_dims: where results get the axis, a number or one for each result.
        randomness: each call draws for itself; "same" is refused.
        chunk_size: has no effect.

    Raises ShapeError for arguments of several sizes, and ValueError if none has an axis.

    >>> weights, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([1.0, 10.0])
    >>> vmap(lambda w, x: (w * x).sum(), in_dims=(0, None))(weights, x)
    tensor([21., 43.])
    """
    if randomness not in ("error", "different"):
        raise ValueError(
            f"vmap: expected randomness 'error' or 'different', got {randomness!r}: each call "
            "draws for itself"
        )

    @wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: {len(dims)} in_dims for {len(args)} arguments")
        axes, tensors = _axes(tuple(dims), args), parts(args)
        sizes = {
            _size(tensor, axis)
            for tensor, axis in zip(tensors, axes, strict=True)
            if axis is not None
        }
        if not sizes:
            raise ValueError("vmap: expected an argument with an axis, in_dims has none")
        if len(sizes) > 1:
            raise ShapeError(f"vmap: expected arguments of one size along in_dims, got {sizes}")
        results = []
        for place in range(sizes.pop()):
            these = like(
                args,
                [
                    tensor if axis is None else tensor.select(axis, place)
                    for tensor, axis in zip(tensors, axes, strict=True)
                ],
            )
            results.append(func(*these, **kwargs))
        if not results:
            raise ShapeError("vmap: expected arguments with at least one entry along in_dims")
        columns = zip(
            *(leaves("vmap: expected a function that returns", result) for result in results),
            strict=True,
        )
        places = _axes(out_dims, results[0])
        stacked = [
            column[0] if axis is None else stack(column, axis)
            for column, axis in zip(columns, places, strict=True)
        ]
        return like(results[0], stacked)

    return mapped


def _axes(dims: Any, tree: Any) -> list[int | None]:
    """The axis of each part of a tree: of a smaller tree a number is that of all below it."""
    if dims is None or isinstance(dims, int):
        return [dims] * len(parts(tree))
    if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys():
        return [axis for key, part in tree.items() for axis in _axes(dims[key], part)]
    if (
        isinstance(dims, (tuple, list))
        and isinstance(tree, (tuple, list))
        and len(dims) == len(tree)
    ):
        return [axis for pair in zip(dims, tree, strict=True) for axis in _axes(*pair)]
    raise ValueError(f"vmap: expected numbers, or the form of what they are for, got {dims!r}")


def _size(tensor: Any, axis: int) -> int:
    if not isinstance(tensor, Tensor):
        raise ValueError(
            f"vmap: expected in_dims None for what is no Tensor, got {axis} for "
            f"{kind_of(tensor, Tensor)}"
        )
    if not -tensor.ndim <= axis < tensor.ndim:
        raise ShapeError(f"vmap: an argument of shape {tensor.shape} has no axis {axis}")
    return int(tensor.shape[axis])


def stack_module_state(
    models: Sequence[Module],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of modules of one kind, by name, each stacked along a new
    first axis, as leaves: `vmap` calls `functional_call` with those of each.

    Raises RuntimeError for no modules, for those of several classes, and in several modes.

    >>> from mytorch import nn
    >>> parameters, buffers = stack_module_state([nn.Linear(2, 3) for _ in range(4)])
    >>> parameters["weight"].shape, buffers
    ((4, 3, 2), {})
    """
    if not models:
        raise RuntimeError("stack_module_state: expected at least one module, got none")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: expected modules of one class")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: expected modules that all train, or none does")
    made = []
    for of_all in (
        [dict(model.named_parameters()) for model in models],
        [dict(model.named_buffers()) for model in models],
    ):
        columns = {name: [of_one[name] for of_one in of_all] for name in of_all[0]}
        made.append(
            {
                name: stack([x.detach() for x in column]).requires_grad_(column[0].requires_grad)
                for name, column in columns.items()
            }
        )
    return made[0], made[1]
