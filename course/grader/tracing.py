"""From what `recording.py` has told, the trace that a page is made of.

What comes from the homework's process is data that nobody vouches for: each field is looked at
before it is used, and what does not fit raises an exception.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.grader.printing import harmless

Array = NDArray[Any]
Fields = dict[str, Any]

MOST_EDGES = 2**14


class Tracer:
    """Makes the trace: nodes and edges as the engine linked them, steps in the order in which they
    happened.

    `names` are those of the test's variables by the numbers of the objects in them, `assigned` the
    lines where they are given to them, `places` the test's lines by the numbers of requests;
    `place_of` makes a place of what is told of a line of the homework; `value` and `first_bad` are
    those of the library's own traces.
    """

    def __init__(
        self,
        tensors: Any,
        names: Mapping[int, str],
        assigned: Mapping[int, Any],
        places: Mapping[int, Any],
        place_of: Callable[[Any], Any],
        value: Callable[[Array], Fields],
        first_bad: Callable[[Array], Fields | None],
    ) -> None:
        self.tensors, self.names, self.places = list(tensors), names, places
        self.assigned = assigned
        self.place_of, self.value, self.first_bad = place_of, value, first_bad
        self.nodes: list[Fields] = []
        self.edges: list[Fields] = []
        self.steps: list[Fields] = []
        # By the nodes that they lead to.
        self._inputs: defaultdict[int | None, list[Fields]] = defaultdict(list)
        self._of_tensor: dict[int, int] = {}
        self._of_operation: dict[int, int] = {}
        self._operations = 0
        self._bad: set[tuple[str, str]] = set()
        self._stored: set[int] = set()
        self._begin()

    def read(self, events: Any) -> None:
        """Take in all events, then what leaves hold that no event has told of."""
        kinds: dict[Any, Callable[..., None]]
        kinds = {"op": self._op, "run": self._run, "store": self._store}
        for kind, request, *fields in events:
            kinds[kind](self.places.get(request), *fields)
        self._end()
        for number, this in self._of_tensor.items():
            gradient = self.tensors[number][4]
            if gradient is not None and this not in self._stored:
                told = self.value(_array(gradient))
                self.steps.append({"kind": "store", "n": this, "v": told, "after": told})

    def node_of(self, known: int) -> int | None:
        """The node of a tensor, or of the gradient of a leaf, that the grader knows by a number."""
        for number, this in self._of_tensor.items():
            if known in (self.tensors[number][3], self.tensors[number][5]):
                return this
        return None

    # Forward.

    def _op(
        self,
        place: Any,
        name: Any,
        out: Any,
        inputs: Any,
        operation: Any,
        parents: Any,
        line: Any,
    ) -> None:
        own = None if line is None else self.place_of(line)
        ends = [self._receiver(parent) for parent in parents]
        given = [None if tensor is None else self._tensor(tensor) for tensor in inputs]
        numbers, requires_grad, _, known, *_ = self.tensors[_index(out, self.tensors)]
        self._operations += operation is not None
        this = self._add_node(
            out,
            kind="op",
            op=_word(name),
            name=self.names.get(known),
            module=None,
            value=self.value(_array(numbers)),
            requires_grad=bool(requires_grad),
            time=self._operations if operation is not None else None,
            # The expression in the test names what it made alone.
            src=own or (place if known is not None else None),
        )
        if operation is not None:
            self._of_operation[operation] = this
        for argument, start in enumerate(given):
            if start is not None:
                linked = ends[argument] == start if len(ends) == len(given) else start in ends
                self._add_edge(start, this, argument, linked)
        step = {"kind": "op", "n": this, "src": own or place}
        self._look(step, "forward", _array(numbers))
        self.steps.append({name: field for name, field in step.items() if field is not None})

    def _tensor(self, tensor: Any) -> int:
        """The node of a tensor, a new one if no operation made it."""
        number = _index(tensor, self.tensors)
        if number in self._of_tensor:
            return self._of_tensor[number]
        numbers, requires_grad, is_parameter, known, *_ = self.tensors[number]
        return self._add_node(
            number,
            kind=("param" if is_parameter else "leaf") if requires_grad else "const",
            name=self.names.get(known),
            assigned=self.assigned.get(known),
            value=self.value(_array(numbers)),
            requires_grad=bool(requires_grad),
        )

    def _receiver(self, parent: Any) -> int | None:
        """The node that an entry of next_functions leads to."""
        if parent is None:
            return None
        kind, number = parent
        return self._tensor(number) if kind == "leaf" else self._of_operation.get(number)

    def _add_node(self, tensor: int, **fields: Any) -> int:
        this = self._of_tensor[tensor] = len(self.nodes)
        self.nodes.append({"id": this, **fields})
        return this

    def _add_edge(self, start: int, end: int, argument: int, linked: bool) -> None:
        if len(self.edges) >= MOST_EDGES:
            raise ValueError("too many arguments of operations")
        edge = {"id": len(self.edges), "from": start, "to": end, "arg": argument, "grad": linked}
        self.edges.append(edge)
        self._inputs[end].append(edge)

    # Backward.

    def _begin(self, root: int | None = None) -> None:
        """A walk begins at a node."""
        # What was sent on and has not been seen to arrive: from which node, by which edge.
        self._sent: defaultdict[int, list[tuple[int, int | None, Array]]] = defaultdict(list)
        self._arrivals: defaultdict[int, list[Fields]] = defaultdict(list)
        self._runs: Counter[int] = Counter()
        self._awaited: Counter[int] = Counter()
        stack, seen = [root], {root}
        while stack:
            for edge in self._inputs[stack.pop()]:
                if edge["grad"]:
                    self._awaited[edge["from"]] += 1
                    if edge["from"] not in seen:
                        seen.add(edge["from"])
                        stack.append(edge["from"])

    def _end(self) -> None:
        for this, arrivals in self._arrivals.items():
            for step in arrivals:
                step["of"] = max(self._awaited[this], len(arrivals))

    def _run(
        self, place: Any, operation: Any, gradient: Any, direct: Any, parts: Any, parents: Any
    ) -> None:
        this = self._of_operation[operation]
        inputs = self._inputs[this]
        if direct:  # the test asks for the gradient of each argument
            for edge, name in zip(inputs, "ab", strict=False):
                edge["grad"] = True
                start = self.nodes[edge["from"]]
                start |= {"kind": "leaf", "requires_grad": True, "name": start["name"] or name}
        self._receive(this, _array(gradient), place)
        if direct:
            ends: Sequence[int | None] = [edge["from"] for edge in inputs]
        else:
            ends = [self._receiver(parent) for parent in parents]
        self._runs[this] += 1
        run: Fields = {"kind": "run", "n": this, "g": self.value(_array(gradient)), "parts": []}
        if len(self._arrivals[this]) < self._awaited[this] or self._runs[this] > 1:
            run["again"] = self._runs[this]
        self.steps.append(run)
        for argument, (end, part) in enumerate(zip(ends, parts, strict=False)):
            if end is None or part is None:
                continue
            between = [edge for edge in inputs if edge["from"] == end]
            between.sort(key=lambda edge: edge["arg"] != argument)
            way = between[0]["id"] if between else None
            if way is not None:
                run["parts"].append({"e": way, "v": self.value(_array(part))})
            self._sent[end].append((this, way, _array(part)))
            if direct:
                self._receive(end, _array(part), place)

    def _receive(self, this: int, gradient: Array, place: Any) -> None:
        """What has come to a node: all that was sent there, one part of that, or something else."""
        sent = self._sent[this]
        came: list[tuple[int | None, int | None, Array]]
        if not sent and this not in self._awaited and self.nodes[this]["kind"] == "op":
            self._end()
            self._begin(this)
            seed = {"kind": "seed", "n": this, "v": self.value(gradient), "src": place}
            self.steps.append({name: field for name, field in seed.items() if field is not None})
            return
        if len(sent) > 1 and _equal(_sum([part for _, _, part in sent]), gradient):
            came, sent[:] = [*sent], []
        else:
            same = [i for i, (_, _, part) in enumerate(sent) if _equal(part, gradient)]
            came = [sent.pop(same[-1])] if same else []
        total: Array | None = None
        for start, edge, part in came or [(None, None, gradient)]:
            before, total = total, part if total is None else _sum([total, part])
            arrivals = self._arrivals[this]
            step = {
                "kind": "arrive",
                "n": this,
                "from": start,
                "e": edge,
                "v": self.value(part),
                "before": None if before is None else self.value(before),
                "after": self.value(total),
                "got": len(arrivals) + 1,
            }
            arrivals.append({name: field for name, field in step.items() if field is not None})
            self._look(arrivals[-1], "backward", total)
            self.steps.append(arrivals[-1])

    def _store(self, place: Any, tensor: Any, before: Any, gradient: Any, after: Any) -> None:
        this, known = self._tensor(tensor), None if before is None else _array(before)
        part, now = _array(gradient), _array(after)
        self._receive(this, part, place)
        self._stored.add(this)
        step = {"kind": "store", "n": this, "v": self.value(part), "after": self.value(now)}
        if known is not None:
            step["before"] = self.value(known)
        if not _equal(part if known is None else known + part, now):
            step["disagrees"] = True
        self.steps.append(step)

    def _look(self, step: Fields, direction: str, numbers: Array) -> None:
        """Marks a step whose numbers are not finite."""
        bad = self.first_bad(numbers)
        if bad is not None:
            step["bad"] = {**bad, "first": (bad["kind"], direction) not in self._bad}
            self._bad.add((bad["kind"], direction))


def _index(value: Any, rows: Sequence[Any]) -> int:
    if type(value) is not int or not 0 <= value < len(rows):
        raise ValueError(f"no number of a tensor: {value!r}")
    return value


def _array(value: Any) -> Array:
    if isinstance(value, bool | int | float):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        raise TypeError(f"no array: {type(value).__name__}")
    return value


def _word(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"no name: {type(value).__name__}")
    return harmless(value[:60])


def _sum(parts: list[Array]) -> Array:
    total = parts[0]
    for part in parts[1:]:
        total = np.asarray(total + part)
    return total


def _equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True)
