"""The walk back over the graph: each node runs once, when all its gradients have arrived.

Write-up, sections 0.1.5 and 0.1.6, without the recursion. It knows nodes and leaves, but no
operation; with `create_graph` gradients are Tensors, which record what is done with them, and
otherwise bare arrays.
"""

from __future__ import annotations

from _thread import get_ident
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import exact
from mytorch._silence import IGNORED, numpy_errors
from mytorch.anomaly import check_backward, watching
from mytorch.grad_mode import recording
from mytorch.graph import (
    BackwardFunction,
    Receiver,
    accumulate,
    as_tensor,
    fitted,
    fitted_array,
    node_of,
)
from mytorch.tensor import Tensor

__all__ = ["as_parts", "traverse"]


def traverse(
    start: dict[Receiver, Tensor],
    wanted: set[Receiver] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Receiver, Tensor]:
    """Walks over the graph; returns the gradients of the wanted nodes, or stores those of the
    leaves. Its tables live and die with it; nothing is left on nodes.

    Frees the graph unless `retain_graph`, which None sets to `create_graph`.
    """
    if retain_graph is not None or create_graph is not False:
        flag("backward", "create_graph", create_graph)
        flag("backward", "retain_graph", create_graph if retain_graph is None else retain_graph)
    useful = None if wanted is None else _useful(start, wanted)
    before = recording.set(create_graph)
    # An infinite or undefined gradient is an answer, as in PyTorch, not a warning.
    errors = numpy_errors.set(IGNORED)
    watched = bool(watching) and get_ident() in watching
    origin = None
    if watched:
        # What backward itself computes is not the forward of anything.
        origin = watching.pop(get_ident())
    try:
        arrived, ran = _walk(start, wanted, useful, create_graph, watched, origin)
        if wanted is None:
            # Only now, when nothing can fail any more, the outside is changed.
            for leaf, gradient in arrived.items():
                if leaf._requires_grad:  # still
                    accumulate(leaf, gradient, create_graph)
    finally:
        numpy_errors.reset(errors)
        recording.reset(before)
        if watched:
            watching[get_ident()] = origin
    if not (create_graph if retain_graph is None else retain_graph):
        for run in ran:
            if run._saved:
                run._free()
    return {} if wanted is None else {place: as_tensor(found) for place, found in arrived.items()}


def _useful(start: Iterable[Receiver], wanted: set[Receiver]) -> set[Receiver]:
    """The nodes and leaves on a way from the start to a wanted one."""
    came_from: defaultdict[Receiver, list[Receiver]] = defaultdict(list)
    stack = list(start)
    seen = set(stack)
    while stack:
        node = stack.pop()
        for edge in node._edges if isinstance(node, BackwardFunction) else ():
            if edge is not None:
                came_from[edge].append(node)
                if edge not in seen:
                    seen.add(edge)
                    stack.append(edge)
    useful = wanted & seen
    stack = list(useful)
    while stack:
        for node in came_from[stack.pop()]:
            if node not in useful:
                useful.add(node)
                stack.append(node)
    return useful


def _walk(
    start: dict[Receiver, Tensor],
    wanted: set[Receiver] | None,
    useful: set[Receiver] | None,
    create_graph: bool,
    watched: bool,
    origin: str | None,
) -> tuple[dict[Any, Any], list[BackwardFunction]]:
    """Runs every node once, the latest first: no gradient can reach it any more then. Returns the
    places where a gradient is to be stored, or wanted, with it, and the nodes that ran. An array
    that is to be stored nobody else holds."""
    arrived: dict[Any, Any] = {}
    ran: list[BackwardFunction] = []
    # Tensors where they are recorded, else arrays, or NumPy scalars until they are fitted.
    gradient: Any
    gradients: dict[Receiver, Any] = {}
    kinds: tuple[Any, ...] = (Tensor,) if create_graph else (np.ndarray, np.generic)
    fit: Callable[..., Any] = fitted if create_graph else fitted_array
    kind = kinds[0]
    # The nodes with a gradient, as a heap.
    queue: list[tuple[float, BackwardFunction]] = []
    for place, seed in start.items():
        if useful is None or place in useful:
            gradient = seed if create_graph else seed._data
            if isinstance(place, BackwardFunction):
                heappush(queue, (-place._time, place))
            elif not create_graph:
                gradient = gradient.copy()
            gradients[place] = gradient
    while queue:
        _, node = heappop(queue)
        gradient = gradients.pop(node)
        if node._hooks is not None:
            hooked = _hooked(node, as_tensor(gradient))
            gradient = hooked if create_graph else hooked._data
            if wanted is None and node._retained is not None:
                tensor = node._retained()
                if tensor is not None:
                    arrived[tensor] = hooked if create_graph else gradient.copy()
        edges: Sequence[Any] = node._edges
        if wanted is not None and node in wanted:
            arrived[node] = gradient
            if useful is not None and useful.isdisjoint(edges):
                continue
        operation = node._forward_cls
        parts: Sequence[Any]
        if create_graph:
            parts = as_parts(operation.backward(node, gradient))
        else:
            parts = operation.array_backward(node, gradient, edges)
        if len(parts) != len(edges):
            parts = _padded(parts, node)
        if watched:
            arrays = [as_tensor(part)._data for part in parts if isinstance(part, kinds)]
            check_backward(node, as_tensor(gradient)._data, arrays, origin)
        ran.append(node)
        # As long as each other by now: `strict` would take longer than all the loop's other tests.
        for edge, part in zip(edges, parts):  # noqa: B905
            if edge is None or part is None or (useful is not None and edge not in useful):
                continue
            if isinstance(edge, Tensor):
                data = edge._data
                shape, dtype = data.shape, data.dtype
            else:
                data, shape, dtype = None, edge._shape, edge._dtype
            if type(part) is not kind or part.shape != shape or part.dtype is not dtype:
                pairs = zip(edges, parts, strict=True)
                here = [to is edge and what is part for to, what in pairs]
                part = fit(part, edge, node.function_name, here.index(True))
            known = gradients.get(edge)
            if known is not None:
                gradients[edge] = _sum(known, part, data is not None and not create_graph)
            elif data is None:
                gradients[edge] = part
                heappush(queue, (-edge._time, edge))
            elif create_graph or operation.fresh_gradients:
                gradients[edge] = part
            else:
                gradients[edge] = part.copy()
    for leaf in gradients:
        if leaf._hooks:
            hooked = _hooked(leaf, as_tensor(gradients[leaf]))
            gradients[leaf] = hooked if create_graph else hooked._data.copy()
    arrived.update(gradients)
    return arrived, ran


def _sum(known: Any, part: Any, owned: bool) -> Any:
    """Of two gradients; in place of the first one if nobody else holds it."""
    # In place NumPy adds one number more slowly, and an array that `compile` records
    # cannot be added to one that it knows nothing of.
    if owned and part.size > 1 and type(part) is type(known):
        known += part
        return known
    total = known + part
    return total if isinstance(total, Tensor) else exact(total)


def _hooked(receiver: Receiver, gradient: Tensor) -> Tensor:
    """The gradient after the hooks of a node or leaf."""
    for hook in tuple((receiver._hooks or {}).values()):
        changed = hook(gradient)
        if changed is not None:
            name = node_of(receiver).function_name
            gradient = fitted(changed, receiver, f"a hook of {name}", 0)
    return gradient


def as_parts(found: Any) -> Sequence[Any]:
    """What a backward returned, one for each argument."""
    return found if isinstance(found, (tuple, list)) else (found,)


def _padded(found: Sequence[Any], node: BackwardFunction) -> Sequence[Any]:
    """The gradients that backward returned, None for those it left out at the end, without what is
    too many there and None."""
    edges = node._edges
    padded = (*found, *[None] * (len(edges) - len(found)))
    surplus = padded[len(edges) :]
    missing = edges[len(found) :]
    if any(extra is not None for extra in surplus) or any(edge is not None for edge in missing):
        raise RuntimeError(
            f"{node.function_name}.backward returned {len(found)} gradients for "
            f"{len(edges)} arguments; return one for each, None for what is not differentiable"
        )
    return padded[: len(edges)]
