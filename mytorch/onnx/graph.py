"""The graph of an ONNX model, made of two runs of the same model.

The runs differ in the values of the inputs and in the sizes that are to stay free. What is equal
in both is the model's own; a size that differs is that of a free axis, and a value that differs
has to come from a recorded operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.links import Links
from mytorch._kernels.windows import Window
from mytorch.errors import OnnxExporterError
from mytorch.nn._places import describe
from mytorch.onnx.recording import Event
from mytorch.tensor import Tensor

__all__ = [
    "Converter",
    "Graph",
    "Node",
    "Operand",
    "Size",
    "SlidingWindow",
    "Value",
    "Varying",
    "integers",
    "refuse",
]


class Varying(NamedTuple):
    """A number that is not the same in the two runs."""

    first: int
    second: int


Size = int | Varying


class SlidingWindow(NamedTuple):
    """A `Window` of these options along an axis whose size varies."""

    options: tuple[int, int, int, int, bool]

    @property
    def padding(self) -> int:
        """On both sides of the axis."""
        return self.options[2]


class Value:
    """A tensor or array in both runs, and its name in the graph."""

    def __init__(self, name: str, first: Array, second: Array) -> None:
        self.name, self.first, self.second = name, first, second
        self.dtype, self.shape, self.ndim = first.dtype, first.shape, first.ndim

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The shape, where it is the same."""
        pairs = zip(self.first.shape, self.second.shape, strict=True)
        return tuple(n if n == m else Varying(n, m) for n, m in pairs)


Operand = Value | str | Array | None
Converter = Callable[..., str]


class Node(NamedTuple):
    """A node of the graph. Of its outputs the last one is used, whose name is the node's."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


def integers(*numbers: int) -> Array:
    """A constant of int64, as operators take sizes, axes and places."""
    return np.array(numbers, np.int64)


def refuse(text: str) -> OnnxExporterError:
    """The error for what cannot be exported."""
    return OnnxExporterError(f"onnx.export: {text}")


class Graph:
    """Nodes and constants, made by a converter for each operation that was recorded.

    What cannot be converted is an error only if an output needs it.
    """

    def __init__(self, converters: Mapping[str, Converter], state: Mapping[str, Array]) -> None:
        self._converters = converters
        self.nodes: list[Node] = []
        self.inputs: list[Value] = []
        self.constants: dict[str, Array] = {}
        self.out = Value("", np.empty(0), np.empty(0))  # of the operation that is converted
        self._operation = "the output"  # that is converted
        self._names: set[str] = set()
        self._same: dict[Any, str] = {}
        self._known: dict[tuple[int, int], tuple[Array, Array, Value | OnnxExporterError]] = {}
        for name, array in state.items():
            self.reserve(name)
            self.constants[name] = array.copy()
            self._know(array, array, Value(name, array, array))

    def reserve(self, name: str) -> None:
        """Takes a name that is given. Raises ValueError if it is taken."""
        if name in self._names:
            raise ValueError(f"onnx.export: two values have the name {name!r}")
        self._names.add(name)

    def input(self, name: str, first: Array, second: Array) -> None:
        """An input of the graph."""
        self.reserve(name)
        value = Value(name, first, second)
        self.inputs.append(value)
        self._know(first, second, value)

    def add(self, one: Event, two: Event) -> None:
        """An event, as it was in both runs."""
        if one.name != two.name or len(one.args) != len(two.args):
            raise _placed(
                refuse(
                    f"the model did {one.name} in one run and {two.name} in the next, with other "
                    "inputs. What it does depends on their values or sizes; a graph is always the "
                    "same: choose by where(), or export each way by itself"
                ),
                one,
            )
        self._operation = one.name
        first, second = _array(one.output), _array(two.output)
        if one.name == "wrote":
            self._forget(one, first, second)
            return
        try:
            self.out = Value("", first, second)
            converter = self._converters.get(one.name)
            if converter is None:
                raise refuse(f"{one.name} has no operator in ONNX that this export knows")
            args = [self._both(*pair) for pair in zip(one.args, two.args, strict=True)]
            found: Any = Value(converter(self, *args), first, second)
        except OnnxExporterError as error:
            found = _placed(error, one)
        self._know(first, second, found)

    def value(self, first: Array, second: Array) -> Value:
        """A tensor or array: what an operation has made, or a constant."""
        *_, found = self._known.get((id(first), id(second)), (None,))
        if isinstance(found, OnnxExporterError):
            raise found
        return found or self._constant(first, second)

    def output(self, first: Array, second: Array) -> Value:
        """An output of the graph."""
        self._operation = "the output"
        return self.value(first, second)

    def node(self, operator: str, *inputs: Operand, **attributes: Any) -> str:
        """A new node. Returns the name of its output."""
        return self._add((), operator, inputs, attributes)

    def second(self, operator: str, *inputs: Operand, **attributes: Any) -> str:
        """A new node. Returns the name of its second output."""
        return self._add((self._new("unused"),), operator, inputs, attributes)

    def several(
        self, count: int, operator: str, *inputs: Operand, **attributes: Any
    ) -> tuple[str, ...]:
        """A new node. Returns the names of its outputs, the last of which has to be used."""
        before = tuple([self._new(operator) for _ in range(count - 1)])
        return *before, self._add(before, operator, inputs, attributes)

    def _add(
        self,
        before: tuple[str, ...],
        operator: str,
        inputs: tuple[Operand, ...],
        attributes: dict[str, Any],
    ) -> str:
        name = self._new(operator)
        operands = tuple(map(self.name, inputs))
        self.nodes.append(Node(name, operator, operands, (*before, name), attributes))
        return name

    def name(self, operand: Operand) -> str:
        """The name of what is to be a node's input."""
        if operand is None:
            return ""  # an input that is left out
        if isinstance(operand, str):
            return operand
        if isinstance(operand, Value):
            return operand.name
        key = operand.dtype.str, operand.shape, operand.tobytes()
        if key not in self._same:
            self._same[key] = self._new("constant")
            self.constants[self._same[key]] = operand
        return self._same[key]

    def number(self, value: Any) -> Array:
        """A number in the dtype of the output."""
        return np.asarray(value, self.out.dtype)

    def cast(self, operand: Value | str, dtype: np.dtype[Any] | None = None) -> str:
        """A value in a dtype, that of the output if none is given."""
        dtype = dtype or self.out.dtype
        if isinstance(operand, Value) and operand.dtype == dtype:
            return operand.name
        return self.node("Cast", operand, to=dtype)

    def shape(self, sizes: Iterable[Size], *sources: Value) -> Array | str:
        """A shape as an operand: the sizes that vary are those of axes of the sources, or of the
        graph's inputs."""
        sizes = tuple(sizes)
        if all(isinstance(size, int) for size in sizes):
            return np.array(sizes, np.int64)
        parts = [
            self.size(size, *sources) if isinstance(size, Varying) else np.array([size], np.int64)
            for size in sizes
        ]
        return self.node("Concat", *parts, axis=0)

    def size(self, size: Varying, *sources: Value) -> str:
        """A size that varies, as a vector of one element."""
        for source in (*sources, *self.inputs):
            for axis, found in enumerate(source.sizes):
                if found == size:
                    return self.node(
                        "Gather", self.node("Shape", source), np.array([axis], np.int64), axis=0
                    )
        raise refuse(
            f"the number {size.first} came to be {size.second} in a run with other inputs, and is "
            "not the size of an axis. It depends on an axis that dynamic_axes leaves free, or on "
            "the inputs' values; leave the axis out of dynamic_axes, or write the shape with -1"
        )

    def is_fixed(self, value: Value) -> bool:
        """Whether a value is made of constants alone."""
        made = {output: node for node in self.nodes for output in node.outputs}
        waiting, given = {value.name}, {value.name for value in self.inputs}
        while waiting:
            name = waiting.pop()
            if name in given:
                return False
            if name in made:
                waiting.update(made[name].inputs)
        return True

    def live(self, outputs: Iterable[str]) -> list[Node]:
        """The nodes that these outputs need. Constants that none needs are dropped."""
        wanted, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if node.name in wanted:
                wanted.update(node.inputs)
                nodes.append(node)
        self.constants = {name: data for name, data in self.constants.items() if name in wanted}
        return nodes[::-1]

    def _new(self, kind: str) -> str:
        number = len(self._names)
        while f"{kind}_{number}" in self._names:
            number += 1
        self.reserve(f"{kind}_{number}")
        return f"{kind}_{number}"

    def _know(self, first: Array, second: Array, value: Value | OnnxExporterError) -> None:
        self._known[id(first), id(second)] = first, second, value

    def _forget(self, event: Event, first: Array, second: Array) -> None:
        error = refuse(
            "a tensor was changed in place in a way that the graph cannot have; use the operation "
            "that returns a new tensor"
        )
        for one, two, _ in [*self._known.values(), (first, second, None)]:
            if np.may_share_memory(one, first):
                self._know(one, two, _placed(error, event))

    def _constant(self, first: Array, second: Array) -> Value:
        if first.dtype == second.dtype and first.ndim == second.ndim:
            if first.shape == second.shape and np.array_equal(first, second, equal_nan=True):
                return Value(self.name(first), first, second)
            number = first.reshape(-1)[:1]
            if number.size and (first == number).all() and (second == number).all():
                value = Value("", first, second)
                value.name = self.node("Expand", number.reshape(()), self.shape(value.sizes))
                return value
        raise refuse(
            f"{self._operation} takes a value that came to be another one in a run with other "
            "inputs, and no operation that can be recorded has made it. It is drawn at random, or "
            "computed from the inputs with NumPy; compute it with mytorch's operations"
        )

    def _both(self, first: Any, second: Any) -> Any:
        """An argument in both runs: tensors and arrays as Values, numbers that differ as
        Varying."""
        if isinstance(first, (Tensor, np.ndarray)) and type(first) is type(second):
            return self.value(_array(first), _array(second))
        if isinstance(first, (tuple, list)) and len(first) == len(second):
            return tuple(map(self._both, first, second))
        if isinstance(first, slice) and isinstance(second, slice):
            return slice(*(self._both(getattr(first, end), getattr(second, end)) for end in _ENDS))
        if first is second or first == second:
            return first
        if callable(first) and first.__qualname__ == second.__qualname__:
            return first
        if type(first) is type(second) is int:
            return Varying(first, second)
        if isinstance(first, Window) and isinstance(second, Window):
            options = first.options
            if options and options == second.options and not options[-1]:
                # They are those of any size, as none begins in the last part.
                return SlidingWindow(options)
        if isinstance(first, (Window, Links)):
            raise refuse(
                f"{self._operation} does along an axis that dynamic_axes leaves free what follows "
                "from its size; leave the axis out of dynamic_axes"
            )
        raise refuse(f"{first!r} came to be {second!r} in a run with other inputs")


_ENDS = ("start", "stop", "step")


def _array(output: Any) -> Array:
    array: Array = output.data if isinstance(output, Tensor) else output
    return array


def _placed(error: OnnxExporterError, event: Event) -> OnnxExporterError:
    """The error, with the place of the event unless it has one."""
    if event.modules and not error.where:
        error.where = describe(event.modules)
    return error
