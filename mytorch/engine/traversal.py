"""The walk back over the graph: each node runs once, when all its gradients have arrived.

Write-up, sections 0.1.5 and 0.1.6, without the recursion. It knows nodes and leaves, but no
operation. What depends on `create_graph` is known to the two kinds of gradient alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, TypeAlias

import numpy as np

from mytorch._dtypes import exact
from mytorch._silence import IGNORED, numpy_errors
from mytorch.engine.endpoints import on_the_way
from mytorch.engine.gradients import as_tensor, fit_array, fit_tensor
from mytorch.engine.graph import BackwardFunction, Receiver
from mytorch.engine.hooks import hooked, store
from mytorch.engine.parts import Part
from mytorch.engine.returns import as_sequence, one_each
from mytorch.grad_mode import recording
from mytorch.observe import Audience, audience, observed
from mytorch.tensor import Tensor

Inputs: TypeAlias = Mapping[Receiver, Tensor | None] | None


class Recorded:
    """Gradients as Tensors, which record what is done with them."""

    kind, fit = Tensor, staticmethod(fit_tensor)

    def of(self, gradient: Tensor, leaf: bool) -> Any:
        return gradient

    def run(self, node: BackwardFunction, gradient: Any) -> Sequence[Any]:
        return as_sequence(node._forward_cls.backward(node, gradient))

    def keep(self, part: Any) -> Any:
        return part

    def add(self, known: Any, part: Any, leaf: bool) -> Any:
        return known + part


class Bare:
    """Gradients as arrays. That of a leaf nobody else holds: it becomes the leaf's `.grad`."""

    kind, fit = np.ndarray, staticmethod(fit_array)

    def of(self, gradient: Tensor, leaf: bool) -> Any:
        return gradient._data.copy() if leaf else gradient._data

    def run(self, node: BackwardFunction, gradient: Any) -> Sequence[Any]:
        return node._forward_cls.array_backward(node, gradient, node._receivers)

    def keep(self, part: Any) -> Any:
        return part.copy()

    def add(self, known: Any, part: Any, leaf: bool) -> Any:
        # In place NumPy adds one number more slowly, and an array that `compile` records
        # cannot be added to one that it knows nothing of.
        if leaf and part.size > 1 and type(part) is type(known):
            known += part
            return known
        return exact(known + part)


def traverse(
    start: dict[Receiver, Tensor], retain_graph: bool, create_graph: bool, inputs: Inputs = None
) -> dict[Any, Any]:
    """Walks back from the gradients in `start` and adds to the `.grad` of every leaf, or of the
    tensors in `inputs` alone, by their receivers (None for no tensor). Returns the gradients.

    Frees the graph unless `retain_graph`. If anything raises no `.grad` has changed.
    """
    listening = audience() if observed else None
    recorded = recording.set(create_graph)
    # An infinite or undefined gradient is an answer, as in PyTorch, not a warning.
    errors = numpy_errors.set(IGNORED)
    try:
        if listening is not None:
            listening.begin(start, inputs, create_graph, retain_graph)
        arrived, ran = _walk(start, inputs, Recorded() if create_graph else Bare(), listening)
        stored = arrived if inputs is None else {inputs[end]: arrived[end] for end in arrived}
        if listening is not None:
            listening.before_the_end(stored, [] if retain_graph else ran)
        for tensor, gradient in stored.items():
            if tensor is not None and tensor._requires_grad:  # still
                store(tensor, gradient, create_graph)
        for node in () if retain_graph else ran:
            if node._saved:
                node._free()
    finally:
        numpy_errors.reset(errors)
        recording.reset(recorded)
        if listening is not None:
            listening.end()
    return arrived


def _walk(
    start: dict[Receiver, Tensor], inputs: Inputs, kind: Recorded | Bare, listening: Audience | None
) -> tuple[dict[Any, Any], list[BackwardFunction]]:
    """Runs every node once, the latest first: no gradient can reach it any more then. Returns the
    places where a gradient is to be stored, or asked for, with it, and the nodes that ran."""
    useful = start.keys() if inputs is None else on_the_way(start, inputs)
    gradients: dict[Any, Any] = {}
    queue: list[tuple[float, BackwardFunction]] = []
    for receiver, seed in start.items():
        if receiver in useful:
            gradients[receiver] = kind.of(seed, isinstance(receiver, Tensor))
            if isinstance(receiver, BackwardFunction):
                heappush(queue, (-receiver._time, receiver))
    arrived: dict[Any, Any] = {}
    ran: list[BackwardFunction] = []
    sums: dict[Receiver, Any] = {}
    expected, run, keep = kind.kind, kind.run, kind.keep
    while queue:
        node = heappop(queue)[1]
        gradient = gradients.pop(node)
        receivers: Sequence[Any] = node._receivers
        if node._hooks is not None:
            seen = hooked(node, as_tensor(gradient), listening)
            gradient = kind.of(seen, False)
            if inputs is None and node._retained is not None:
                arrived[node._retained()] = kind.of(seen, True)
        if inputs is not None and node in inputs:
            arrived[node] = keep(gradient)
            if useful.isdisjoint(receivers):
                continue
        parts = run(node, gradient)
        if len(parts) != len(receivers):
            parts = one_each(parts, receivers, node.function_name)
        ran.append(node)
        if listening is not None:
            listening.tell("ran", node, gradient, parts)
        for place, receiver in enumerate(receivers):
            part = parts[place]
            if receiver is None or part is None or (inputs is not None and receiver not in useful):
                continue
            leaf = isinstance(receiver, Tensor)
            if leaf:
                shape, dtype = receiver._data.shape, receiver._data.dtype
            else:
                shape, dtype = receiver._shape, receiver._dtype
            if type(part) is not expected or part.shape != shape or part.dtype is not dtype:
                if type(part) is Part:
                    if part.add_to(gradients, receiver, sums) and not leaf:
                        heappush(queue, (-receiver._time, receiver))
                    continue
                part = kind.fit(part, shape, dtype, node.function_name, place)
            known = gradients.get(receiver)
            if known is not None:
                gradients[receiver] = kind.add(known, part, leaf)
            elif leaf:
                gradients[receiver] = part if node._forward_cls.fresh_gradients else keep(part)
            else:
                gradients[receiver] = part
                heappush(queue, (-receiver._time, receiver))
    for leaf, gradient in gradients.items():
        if leaf._hooks:
            gradients[leaf] = kind.of(hooked(leaf, as_tensor(gradient), listening), True)
    return {**arrived, **gradients}, ran
