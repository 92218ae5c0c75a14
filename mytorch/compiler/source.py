"""Source: the lines of Python that repeat a plan's steps and make its results again."""

from __future__ import annotations

import operator
from collections import deque
from typing import Any

import numpy as np

from mytorch._kernels.elementwise import WRITING
from mytorch.compiler.analysis import COMPARISONS, compares_numbers, is_reduction
from mytorch.compiler.calls import Call, Check, Draw, Ref
from mytorch.compiler.draws import saving
from mytorch.compiler.layout import Layout
from mytorch.compiler.names import Names
from mytorch.compiler.plan import Copied, Held, Named, Plan, Wrapped
from mytorch.compiler.state import Place
from mytorch.compiler.tape import SCALAR_OPERATORS
from mytorch.tensor import Tensor

__all__ = ["Source"]

# The arguments of a ufunc's `reduce` after the array, in order: by position they cost less.
REDUCE = {"axis": 0, "dtype": None, "out": None, "keepdims": False}
# NumPy 2.4 deprecates their positional out.
KEYWORD_OUT = (np.maximum, np.minimum)
# What they compute of two numbers does not depend on how these lie in memory.
EXACT = (np.add, np.subtract, np.multiply, np.divide)
# Up to this size of a result NumPy takes longer to repeat a row or column than to copy it first.
MOST_REPEATED = 2**14


class Source:
    """Makes the source of a plan's steps, writes and result."""

    def __init__(self, names: Names, plan: Plan) -> None:
        self._names = names
        self._plan = plan
        self._values = values = plan.values
        # Lines that go before the call that is being made.
        self._before: list[str] = []
        # The names of repeated arrays that are the same until the end of the run, by the array's
        # number and the shape, and of numbers as arrays, by the number's and the dtype.
        self._copies: dict[tuple[int, Any], str] = {}
        self._changing = {values[index].root for call in plan.steps for index in call.writes}
        self._scalars = {index for index, value in values.items() if value.scalar}

    def call(self, call: Call) -> list[str]:
        """The lines that repeat a call."""
        lines = self._lines(call)
        before, self._before = self._before, []
        return before + lines

    def _lines(self, call: Call) -> list[str]:
        if type(call) is Check:
            leave = "return MISS" if id(call) in self._plan.early else "raise RuntimeError"
            return [f"if {self._other_answer(call)}:", f"    {leave}"]
        if call.writes or call.outputs is None:
            return [self._expression(call)]
        if type(call.outputs) is not Ref:
            return [
                f"{', '.join(f'v{ref.index}' for ref in call.outputs)}, = {self._expression(call)}"
            ]
        index = call.outputs.index
        value = self._values[index]
        if value.kind == "new":
            out = "" if value.over is None else self._value(value.over)
            return [f"v{index} = {self._expression(call, out)}"]
        if value.root != index or call.function is np.empty_like:
            return []  # a view, or memory, which exists
        return [self._expression(call, self._value(index))]

    def delete(self, indices: list[int]) -> str:
        """The line that lets go of new arrays."""
        return f"del {', '.join(map(self._value, indices))}"

    def _other_answer(self, call: Check) -> str:
        """The source that says whether a check has another answer than it had."""
        value = self._value(call.args[0].index)
        if call.function is bool:
            return f"not {value}" if call.outputs else value
        if call.function is np.shape:
            return f"{value}.shape != {call.outputs}"
        if call.function is repr:
            return f"not same({value}, {self._names.of_value(call.outputs)})"
        return f"{value}.tobytes() != {self._names.of_value(call.outputs)}"

    def saved(self, index: int) -> tuple[str, str]:
        """The lines that keep what an array holds, and that put it back."""
        name, layout = self._value(index), self._layout(index)
        held = self._names.of(np.empty(layout.shape, layout.dtype), "b")
        return f"{held}[...] = {name}", f"{name}[...] = {held}"

    def saved_state(self, generator: Any, draws: list[Draw]) -> tuple[str, str]:
        """The lines that keep the state of a generator, and that put it back."""
        keep, put_back = saving(generator, {draw.function.__name__ for draw in draws})
        keeping, putting = self._names.of(keep), self._names.of(put_back)
        return f"s{keeping} = {keeping}()", f"{putting}(s{keeping})"

    def made(self, tree: Any) -> str:
        """The source that makes a result."""
        kind = type(tree)
        if kind is Ref:
            return self._value(tree.index)
        if kind is Held:
            return tree.name or self._names.of(tree.thing)
        if kind is Wrapped:
            return f"wrap({self.made(tree.data)})"
        if kind is Named:
            return f"new_tuple({self._names.of(tree.kind)}, {self.made(tree.parts)})"
        if kind is Copied:
            return f"{self._names.of_constant(tree.array, tree.contents)}.copy()"
        if kind in (tuple, list):
            inner = "".join(f"{self.made(part)}, " for part in tree)
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is dict:
            pairs = [f"{self._argument(key)}: {self.made(part)}" for key, part in tree.items()]
            return f"{{{', '.join(pairs)}}}"
        if tree is None or kind in (bool, int, str):
            return repr(tree)
        return self._names.of_value(tree)

    def write(self, place: Place, tree: Any) -> str:
        """The line that sets a place: a Tensor holds no NumPy scalar."""
        made = self.made(tree)
        if type(tree) is Ref and self._values[tree.index].scalar:
            made = f"asarray({made})" if isinstance(place.owner, Tensor) else made
        if _is_set_by_code(place.owner) and id(place.parent) not in self._plan.variables:
            return f"{self._names.of(place.set, 'set')}({made})"
        return f"{self._names.reading(place, self._plan.variables)} = {made}"

    def touch(self) -> list[str]:
        """The line that marks the written tensors, if there are any."""
        tensors = "".join(f"{self.made(held)}, " for held in self._plan.touched)
        return [f"touch(({tensors}))"] if tensors else []

    def _value(self, index: int) -> str:
        """The source for an array or number, by its number."""
        value = self._values[index]
        if value.kind == "input":
            return value.name
        if value.kind == "constant":
            return self._names.of_constant(value.array, value.contents)
        if value.kind == "new":
            return f"v{index}"
        return self._names.of(value.array, "a" if value.kind == "outside" else "b")

    def _argument(self, tree: Any) -> str:
        """The source for an argument of a call."""
        kind = type(tree)
        if kind is Ref:
            return self._value(tree.index)
        if kind in (tuple, list):
            inner = "".join(f"{self._argument(part)}, " for part in tree)
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is slice:
            return f"slice({tree.start!r}, {tree.stop!r}, {tree.step!r})"
        if tree is None or tree is ... or kind in (bool, int, str):
            return repr(tree)
        return self._names.of_value(tree)

    def _expression(self, call: Call, buffer: str = "") -> str:
        """The source for a call, which writes its result into the buffer if there is one."""
        function = call.function
        if compares_numbers(call, self._scalars):
            left, right = map(self._argument, call.args)
            return f"{left} {COMPARISONS[function]} {right}"
        if isinstance(function, np.ufunc):
            return self._ufunc(call, buffer)
        arguments = [self._argument(arg) for arg in call.args]
        if function not in SCALAR_OPERATORS:
            for position, arg in enumerate(call.args):
                if type(arg) is Ref and self._is_new_scalar(arg.index):
                    arguments[position] = f"asarray({arguments[position]})"
        if function is operator.getitem:
            return "{}[{}]".format(*arguments)
        if function is operator.setitem:
            return "{}[{}] = {}".format(*arguments)
        if buffer and function in (np.ndarray.copy, np.ndarray.astype):
            return f"{buffer}[...] = {arguments[0]}"
        if is_reduction(function) and len(arguments) == 1 and call.kwargs.keys() <= REDUCE.keys():
            options = {
                key: self._argument(option) for key, option in (REDUCE | call.kwargs).items()
            }
            if buffer:
                options["out"] = buffer
            arguments += options.values()
        else:
            if buffer:
                by_place = function is np.dot or function in WRITING
                arguments.append(buffer if by_place else f"out={buffer}")
            arguments += self._keywords(call.kwargs)
        return f"{self._names.of_function(function)}({', '.join(arguments)})"

    def _ufunc(self, call: Call, buffer: str) -> str:
        arguments = [self._operand(call, position) for position in range(len(call.args))]
        options = dict(call.kwargs)
        out = buffer or (self._argument(options.pop("out")) if "out" in options else "")
        if out:
            by_keyword = call.function in KEYWORD_OUT or out.startswith("(")
            arguments.append(f"out={out}" if by_keyword else out)
        arguments += self._keywords(options)
        return f"{self._names.of_function(call.function)}({', '.join(arguments)})"

    def _keywords(self, options: dict[str, Any]) -> list[str]:
        return [f"{key}={self._argument(value)}" for key, value in options.items()]

    def _operand(self, call: Call, position: int) -> str:
        """The source for a ufunc's operand: a number as the 0-d array that NumPy makes of it on
        each call, and an array in the result's shape. Making them may take as long as a small
        operation."""
        operand = call.args[position]
        array = None
        if type(operand) is Ref:
            value = self._values[operand.index]
            if value.layout is not None:
                return self._in_shape_of(call, operand.index) or self._value(operand.index)
            array = self._converted(call, position, value.contents)
            if array is None:
                return self._value(operand.index)
            return self._filled(operand.index, array)
        if isinstance(operand, np.generic):
            array = np.asarray(operand)
        elif type(operand) in (int, float) and call.kwargs.keys() <= {"out"}:
            array = self._converted(call, position, operand)
        return self._argument(operand) if array is None else self._names.of_scalar(array)

    def _filled(self, index: int, array: Any) -> str:
        """The name of a number, which each run has another of, as an array."""
        name = self._copies.get((index, array.dtype))
        if name is None:
            name = self._copies[index, array.dtype] = self._names.of(np.empty_like(array), "b")
            self._before.append(f"{name}[()] = {self._value(index)}")
        return name

    def _in_shape_of(self, call: Call, index: int) -> str | None:
        """The name of the array in the shape of the call's result, if it has another: a view
        where that repeats nothing, or a copy where that is faster. Products of matrices do not
        broadcast so."""
        ufunc: Any = call.function
        if type(call.outputs) is not Ref or ufunc.signature is not None:
            return None
        value = self._values[index]
        array, layout = self._layout(index), self._layout(call.outputs.index)
        if array.shape == layout.shape or not array.size:
            return None
        if array.size == layout.size:
            if value.array is None:
                return None
            # It differs by axes of size 1.
            view = value.array.reshape(layout.shape)
            return self._names.of_view(self._value(index), view, value.kind == "constant")
        return self._repeated(call, index)

    def _repeated(self, call: Call, index: int) -> str | None:
        """The name of a copy of rows or columns in the shape of the call's result, where NumPy
        then has a single loop over all."""
        array, result = self._layout(index), self._layout(call.outputs.index)
        if call.function not in EXACT or array.size == 1 or result.size > MOST_REPEATED:
            return None
        layouts = [self._values[arg.index].layout for arg in call.args if type(arg) is Ref]
        whole = [a for a in (*layouts, result) if a and a.shape == result.shape and a.contiguous]
        if len(whole) < 2:
            return None
        name = self._copies.get((index, result.shape))
        if name is None:
            name = self._names.of(np.empty(result.shape, array.dtype), "b")
            self._before.append(f"{name}[...] = {self._value(index)}")
            root = self._values[index].root
            if root not in self._changing and self._values[root].kind not in ("outside", "input"):
                self._copies[index, result.shape] = name
        return name

    def _layout(self, index: int) -> Layout:
        layout = self._values[index].layout
        assert layout is not None, index
        return layout

    def _is_new_scalar(self, index: int) -> bool:
        value = self._values[index]
        return value.scalar and value.is_other

    def _converted(self, call: Call, position: int, number: Any) -> Any:
        """A Python number among a ufunc's operands as the array that NumPy makes of it."""
        ufunc: Any = call.function
        dtypes = [self._dtype(arg) for arg in call.args]
        try:
            loop = ufunc.resolve_dtypes((*dtypes, *[None] * ufunc.nout))
            return np.array(number, loop[position])
        except (TypeError, OverflowError):
            return None

    def _dtype(self, argument: Any) -> Any:
        """The dtype of a ufunc's argument, or the type of a Python number."""
        if type(argument) is Ref:
            value = self._values[argument.index]
            return value.layout.dtype if value.layout else type(value.contents)
        return getattr(argument, "dtype", type(argument))


def _is_set_by_code(owner: Any) -> bool:
    """Whether setting what it holds may call the user's code, or needs a call."""
    kind = type(owner)
    if isinstance(owner, (dict, list, deque)):
        return kind.__setitem__ not in (dict.__setitem__, list.__setitem__, deque.__setitem__)
    return isinstance(owner, type) or kind.__setattr__ not in (  # type: ignore[comparison-overlap]
        object.__setattr__,
        Tensor.__setattr__,
    )
