"""The two ends of a walk, as arguments: what it starts from, where it is to arrive,
and the ways between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import floating
from mytorch._shapes import Shape
from mytorch.engine.gradients import fit_tensor
from mytorch.engine.graph import AccumulateGrad, BackwardFunction, Node, Receiver
from mytorch.errors import RangeError, ShapeError
from mytorch.tensor import Tensor, wrap


def seeds(name: str, outputs: Any, gradients: Any) -> dict[Receiver, Tensor]:
    """Where a walk starts, with the gradients of the outputs: ones, where none are given."""
    finals = as_tuple(outputs)
    given = (None,) * len(finals) if gradients is None else as_tuple(gradients)
    if len(given) != len(finals):
        raise ShapeError(
            f"{name}: {len(finals)} outputs need {len(finals)} gradients, got {len(given)}"
        )
    start: dict[Receiver, Tensor] = {}
    for position, output in enumerate(finals):
        receiver, seed = receiver_of(output, f"{name}: an output"), given[position]
        if seed is None:
            ones = np.empty(output._data.shape, floating(output._data.dtype))
            ones.fill(1)  # `np.ones` is slower
            seed = wrap(ones)
        elif isinstance(seed, Tensor) and seed.shape != output.shape:
            raise ShapeError(
                f"{name}: an output of shape {output.shape} needs a gradient of that shape, got "
                f"{seed.shape}"
            )
        else:
            seed = fit_tensor(seed, output.shape, output.dtype, name, 0)
        start[receiver] = start[receiver] + seed if receiver in start else seed
    return start


def seed_at(node: Node, gradient: Tensor) -> dict[Receiver, Tensor]:
    """Where a walk starts that starts at a node."""
    if node is None:
        raise RuntimeError(
            "backward: expected a node of a graph, got None: nothing before this tensor "
            "requires a gradient; set requires_grad=True on the leaves before computing"
        )
    receiver = node.variable if isinstance(node, AccumulateGrad) else node
    return {receiver: fit_tensor(gradient, *layout_of(receiver), "backward", 0)}


def targets(name: str, inputs: Any) -> dict[Receiver, Tensor]:
    """Where the gradients arrive that are asked for, with the tensors that ask."""
    tensors = as_tuple(inputs)
    if not tensors:
        raise RangeError(f"{name}: expected at least one input, got none")
    return {receiver_of(tensor, f"{name}: an input"): tensor for tensor in tensors}


def flags(retain_graph: bool | None, create_graph: bool) -> tuple[bool, bool]:
    """The flags of a walk, `retain_graph` without its default, which is `create_graph`."""
    if create_graph is not False:
        create_graph = flag("backward", "create_graph", create_graph)
    if retain_graph is None:
        return create_graph, create_graph
    return flag("backward", "retain_graph", retain_graph), create_graph


def receiver_of(tensor: Tensor, role: str) -> Receiver:
    """Where the tensor's gradient goes. Raises an error that says why it has none."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{role}: expected a Tensor, got {kind_of(tensor, Tensor)}")
    if not tensor._requires_grad:
        raise RuntimeError(
            f"{role} of shape {tensor.shape} does not require a gradient: nothing it was computed "
            "from does, or recording was off; set requires_grad=True on the leaves before computing"
        )
    return tensor.grad_fn or tensor


def layout_of(receiver: Receiver) -> tuple[Shape | None, np.dtype[Any] | None]:
    """The shape and dtype of the gradients that arrive."""
    if isinstance(receiver, Tensor):
        return receiver.shape, receiver.dtype
    return receiver._shape, receiver._dtype


def as_tuple(tensors: Any) -> tuple[Any, ...]:
    """Several tensors, or one alone."""
    alone = isinstance(tensors, Tensor) or not isinstance(tensors, Iterable)
    return (tensors,) if alone else tuple(tensors)


def on_the_way(start: Iterable[Receiver], wanted: Iterable[Receiver]) -> set[Receiver]:
    """The receivers on a way from the start to a wanted one."""
    came_from: defaultdict[Receiver, list[Receiver]] = defaultdict(list)
    stack = list(start)
    seen = set(stack)
    while stack:
        node = stack.pop()
        for receiver in node._receivers if isinstance(node, BackwardFunction) else ():
            if receiver is not None:
                came_from[receiver].append(node)
                if receiver not in seen:
                    seen.add(receiver)
                    stack.append(receiver)
    useful = seen.intersection(wanted)
    stack = list(useful)
    while stack:
        for node in came_from[stack.pop()]:
            if node not in useful:
                useful.add(node)
                stack.append(node)
    return useful
