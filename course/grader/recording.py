"""Looks on, in the homework's process, while a test runs, and tells as plain data what the engine
did: which operations, which gradients, what was stored.

It needs the write-up's names alone (sections 0.1.4 to 0.1.6): `Function.apply`, `grad_fn`, its
`apply` and `next_functions`, and the `variable` of an AccumulateGrad. An engine with a door for
lookers-on, as MyTorch's own, is asked there. `tracing.py` makes a trace of what is told.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import isclass
from itertools import islice
from types import FrameType
from typing import Any

import numpy as np

MOST_EVENTS = 4000
MOST_NUMBERS = 2**20
# Files whose lines call operations on behalf of other lines.
MACHINERY = ("autograd_engine.py", "tensor.py")


class UnfitError(Exception):
    """The engine is not as the write-up has it."""


def piece(module: str, name: str) -> Any:
    """What a module of the homework has by this name."""
    try:
        return getattr(import_module(module), name)
    except BaseException as error:
        raise UnfitError(f"there is no {module}.{name} ({type(error).__name__})") from None


class Recorder:
    """Notes what happens from now on. `root` is the homework's folder, `number_of` the number by
    which the grader knows an object, `request` that of the request that is answered."""

    def __init__(
        self, root: str, number_of: Callable[[Any], Any], request: Callable[[], int]
    ) -> None:
        self.library = os.path.join(root, "mytorch") + os.sep
        self.number_of, self.request = number_of, request
        self.events: list[list[Any]] = []
        self.tensors: list[Any] = []
        self.nodes: list[Any] = []
        self.rows: list[list[Any]] = []
        self.unfit = ""
        self.numbers_left = MOST_NUMBERS
        self._tensor_of: dict[int, int] = {}
        self._node_of: dict[int, int] = {}
        self._inside = False
        self._storing: list[Any] = []
        self.tensor_class = piece("mytorch.tensor", "Tensor")
        self.function_class = piece("mytorch.autograd_engine", "Function")
        self.leaf_class = piece("mytorch.autograd_engine", "AccumulateGrad")
        self._has_door = False
        try:
            door = import_module("mytorch.observe").enter
        except BaseException:
            self._patch(piece("mytorch.autograd_engine", "BackwardFunction"))
        else:
            self._has_door = True
            door(self)

    def told(self) -> list[Any]:
        """All that was noted: the events; of each tensor its numbers, whether it requires a
        gradient and is a parameter, the grader's number for it, its gradient by now and the number
        for that; whether there was too much; and why nothing can be told."""
        for row, tensor in zip(self.rows, self.tensors, strict=True):
            row += self._note(self._by_now, tensor) or [None, None, None]
        return [self.events, self.rows, self._is_full(), self.unfit]

    def _by_now(self, tensor: Any) -> list[Any]:
        numbers = [self.number_of(tensor), self.number_of(tensor.grad)]
        return [numbers[0], self._numbers(tensor.grad), numbers[1]]

    def method(self, owner: Any, name: str) -> Any:
        """As getattr; forward and backward of an operation that the grader calls by itself are
        noted, too."""
        value = getattr(owner, name)
        if not isclass(owner) or not issubclass(owner, self.function_class):
            return value

        def forward(context: Any, *arguments: Any) -> Any:
            result = value(context, *arguments)
            self._note(self._operation, owner, arguments, result, context)
            return result

        def backward(context: Any, *gradients: Any) -> Any:
            event = self._note(self._begin_run, context, gradients, True)
            parts = value(context, *gradients)
            self._note(self._end_run, event, context, parts)
            return parts

        return {"forward": forward, "backward": backward}.get(name, value)

    # What an engine with a door tells; the rest of that is not asked for.

    def applied(self, operation: type, args: Sequence[Any], output: Any) -> None:
        self._note(self._operation, operation, args, output, output.grad_fn)

    def ran(self, node: Any, gradient: Any, parts: Sequence[Any]) -> None:
        event = self._note(self._begin_run, node, (gradient,), False)
        self._note(self._end_run, event, node, parts)

    def storing(self, tensor: Any, gradient: Any) -> None:
        before = self._note(self._numbers, tensor.grad)
        event = self._note(self._store, tensor, before, gradient, None)
        self._storing.append((event, tensor))

    def ended(self) -> None:
        for event, tensor in self._storing:
            if event is not None:
                event[-1] = self._note(self._numbers, tensor.grad)
        self._storing.clear()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: None

    # The same of an engine without a door.

    def _patch(self, node_class: Any) -> None:
        """Put what notes in the place of the three `apply`."""
        apply = vars(self.function_class).get("apply")
        if not isinstance(apply, classmethod):
            raise UnfitError("Function.apply is no class method")
        run, store = (getattr(cls, "apply", None) for cls in (node_class, self.leaf_class))
        if not callable(run) or not callable(store):
            raise UnfitError("BackwardFunction and AccumulateGrad need a method apply")
        original: Any = apply.__func__

        def apply_operation(cls: Any, *arguments: Any) -> Any:
            if self._inside:  # an operation inside another one, or inside a backward
                return original(cls, *arguments)
            self._inside = True
            try:
                result = original(cls, *arguments)
            finally:
                self._inside = False
            self._note(self._operation, cls, arguments, result, getattr(result, "grad_fn", None))
            return result

        def apply_node(node: Any, *gradients: Any) -> Any:
            event = self._note(self._begin_run, node, gradients, False)
            inside, self._inside = self._inside, True
            try:
                parts = run(node, *gradients)
            finally:
                self._inside = inside
            self._note(self._end_run, event, node, parts)
            return parts

        def apply_leaf(leaf: Any, *gradients: Any) -> Any:
            before = self._note(self._stored, leaf)
            result = store(leaf, *gradients)
            after = self._note(self._stored, leaf)
            self._note(self._store, leaf.variable, before, *gradients[:1], after)
            return result

        self.function_class.apply = classmethod(apply_operation)
        node_class.apply, self.leaf_class.apply = apply_node, apply_leaf

    def _stored(self, leaf: Any) -> Any:
        return self._numbers(leaf.variable.grad)

    # What is noted.

    def _note(self, note: Callable[..., Any], *arguments: Any) -> Any:
        if self.unfit or self._is_full():
            return None
        try:
            return note(*arguments)
        except UnfitError as error:
            self.unfit = str(error)
        except BaseException as error:
            self.unfit = f"{type(error).__name__} where the graph was looked at: {error}"[:300]
        return None

    def _is_full(self) -> bool:
        return len(self.events) >= MOST_EVENTS or self.numbers_left < 0

    def _add(self, kind: str, *fields: Any) -> list[Any]:
        self.events.append([kind, self.request(), *fields])
        return self.events[-1]

    def _operation(self, cls: Any, arguments: Sequence[Any], result: Any, node: Any) -> None:
        inputs = [self._tensor(a) if isinstance(a, self.tensor_class) else None for a in arguments]
        number = None if node is None else self._node(node)
        parents = self._parents(node)
        place = None if self._has_door else self._place()
        self._add("op", cls.__name__, self._tensor(result), inputs, number, parents, place)

    def _place(self) -> list[Any] | None:
        """The homework's line that asked for an operation: file, line, last line, columns."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            path = os.path.abspath(code.co_filename)
            if path.startswith(self.library) and os.path.basename(path) not in MACHINERY:
                positions = next(islice(code.co_positions(), frame.f_lasti // 2, None))
                return [path, *positions]
            frame = frame.f_back
        return None

    def _begin_run(self, node: Any, gradients: tuple[Any, ...], direct: bool) -> list[Any]:
        (gradient,) = gradients
        return self._add("run", self._node(node), self._numbers(gradient), direct, [], [])

    def _end_run(self, event: list[Any], node: Any, parts: Any) -> None:
        several = parts if isinstance(parts, tuple | list) else (parts,)
        event[-2:] = [self._numbers(part) for part in several], self._parents(node)

    def _store(self, tensor: Any, before: Any, gradient: Any, after: Any) -> list[Any]:
        return self._add("store", self._tensor(tensor), before, self._numbers(gradient), after)

    def _parents(self, node: Any) -> list[Any]:
        found: list[Any] = []
        for parent in getattr(node, "next_functions", ()):
            if parent is None:
                found.append(None)
            elif isinstance(parent, self.leaf_class):
                found.append(["leaf", self._tensor(parent.variable)])
            elif hasattr(parent, "next_functions"):
                found.append(["node", self._node(parent)])
            else:
                kind = type(parent).__name__
                raise UnfitError(f"next_functions holds an object of the class {kind}")
        return found

    def _tensor(self, tensor: Any) -> int:
        if not isinstance(tensor, self.tensor_class):
            kind = type(tensor).__name__
            raise UnfitError(f"expected a Tensor, got an object of the class {kind}")
        number = self._tensor_of.get(id(tensor))
        if number is None:
            flags = bool(tensor.requires_grad), bool(getattr(tensor, "is_parameter", False))
            self.rows.append([self._numbers(tensor), *flags])
            number = self._tensor_of[id(tensor)] = len(self.tensors)
            self.tensors.append(tensor)  # alive, so that its id stays its own
        return number

    def _node(self, node: Any) -> int:
        number = self._node_of.get(id(node))
        if number is None:
            number = self._node_of[id(node)] = len(self.nodes)
            self.nodes.append(node)
        return number

    def _numbers(self, value: Any) -> Any:
        """A copy of the numbers of a tensor, array or None."""
        if value is None:
            return None
        array = value.data if isinstance(value, self.tensor_class) else value
        if not isinstance(array, np.ndarray | np.generic | float | int):
            raise UnfitError(f"expected an array of numbers in .data, got {type(array).__name__}")
        array = np.array(array)
        if array.dtype.kind not in "biuf":
            raise UnfitError(f"expected numbers in .data, got the dtype {array.dtype}")
        self.numbers_left -= array.size
        return array
