"""The record of one iteration: its nodes, edges, modules and steps, each by its number."""

from __future__ import annotations

from collections import Counter
from typing import Any
from weakref import WeakKeyDictionary, ref

from mytorch.engine.graph import BackwardFunction
from mytorch.tensor import Tensor

__all__ = ["Record"]


class Record:
    """What one iteration has done so far, ready to be written.

    `loss` is the first number that a walk started from. Of the tensors it knows which are nodes of
    it as long as they live, and keeps none alive.
    """

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.modules: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.loss: float | int | str | None = None
        self.bad = False
        self.left_out = 0
        # Of the parameters that an update moved, by name: the norms of gradient and update.
        self.norms: dict[str, tuple[float, float]] = {}
        # Of modules beyond the caps the node that stands for all their operations.
        self.gathered: dict[int, int] = {}
        self._links: set[tuple[int, int]] = set()
        self._arguments: Counter[int] = Counter()
        self._edge: dict[tuple[int, int], int] = {}
        self._tensors: dict[int, tuple[ref[Tensor], int]] = {}
        self._operations: WeakKeyDictionary[BackwardFunction, int] = WeakKeyDictionary()

    def find(self, thing: Tensor | BackwardFunction) -> int | None:
        """The number of a tensor or of the node in the engine's graph that made it."""
        if isinstance(thing, BackwardFunction):
            return self._operations.get(thing)
        if thing.grad_fn is not None:
            return self._operations.get(thing.grad_fn)
        known = self._tensors.get(id(thing))
        return known[1] if known is not None and known[0]() is thing else None

    def add_node(self, thing: Tensor | BackwardFunction, **fields: Any) -> int:
        """A new node, that of the tensor or node of the graph from now on."""
        number = len(self.nodes)
        self.nodes.append({"id": number, **fields})
        self.link(thing, number)
        return number

    def link(self, thing: Tensor | BackwardFunction, number: int) -> None:
        """From now on the thing is that node."""
        node = thing if isinstance(thing, BackwardFunction) else thing.grad_fn
        if node is not None:
            self._operations[node] = number
        if isinstance(thing, Tensor):
            self._tensors[id(thing)] = ref(thing), number

    def name(self, tensor: Tensor, name: str) -> dict[str, Any] | None:
        """Names the tensor's node, which is returned, if it has one without a name."""
        known = self._tensors.get(id(tensor))
        if known is None or known[0]() is not tensor or self.nodes[known[1]].get("name"):
            return None
        node = self.nodes[known[1]]
        node["name"] = name
        return node

    def add_edge(self, start: int, end: int, argument: int, gradient: bool) -> None:
        """An edge from a node to the argument of another."""
        number = self._edge[end, argument] = len(self.edges)
        self._links.add((start, end))
        self._arguments[end] += 1
        self.edges.append(
            {"id": number, "from": start, "to": end, "arg": argument, "grad": gradient}
        )

    def leads(self, start: int, end: int) -> bool:
        """Whether an edge leads from a node to another, or they are one."""
        return start == end or (start, end) in self._links

    def arguments(self, end: int) -> int:
        """How many edges lead to a node."""
        return self._arguments[end]

    def edge(self, end: int, argument: int) -> int | None:
        """The number of the edge to an argument of a node."""
        return self._edge.get((end, argument))

    def add_step(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A new step."""
        step = {
            "kind": kind,
            **{name: field for name, field in fields.items() if field is not None},
        }
        self.steps.append(step)
        return step
