"""Source: the lines of Python that repeat recorded calls and make results again."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from mytorch.compiler.analysis import COMPARISONS, Analysis, is_reduction
from mytorch.compiler.names import Names
from mytorch.compiler.stand_in import Recorded
from mytorch.compiler.state import Place
from mytorch.compiler.tape import SCALAR_OPERATORS, Call, Check, CompileError, Ref
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
    """Makes the source of one recorded run, from its values' names and what is known of them."""

    def __init__(self, names: Names, analysis: Analysis) -> None:
        self._names = names
        self._analysis = analysis
        self._tape = tape = analysis.tape
        # Lines that go before the call that is being made.
        self._before: list[str] = []
        # The names of repeated arrays that are the same until the end of the run, by the array's
        # number and the shape.
        self._copies: dict[tuple[int, Any], str] = {}
        written = {tape.roots[index] for call in tape.calls for index in call.writes}
        self._changing = written | tape.external

    def call(self, call: Call) -> list[str]:
        """The lines that repeat a call."""
        lines = self._lines(call)
        before, self._before = self._before, []
        return before + lines

    def _lines(self, call: Call) -> list[str]:
        if type(call) is Check:
            leave = "return MISS" if id(call) in self._tape.early else "raise RuntimeError"
            return [f"if {self._other_answer(call)}:", f"    {leave}"]
        if call.writes or call.outputs is None:
            return [self._expression(call)]
        if type(call.outputs) is not Ref:
            return [
                f"{', '.join(f'v{ref.index}' for ref in call.outputs)}, = {self._expression(call)}"
            ]
        index = call.outputs.index
        if index in self._analysis.dynamic:
            return [f"v{index} = {self._expression(call)}"]
        if self._tape.roots[index] != index:
            return []  # a view, which exists
        return [self._expression(call, self._array(index))]

    def _other_answer(self, call: Check) -> str:
        """The source that says whether a check has another answer than it had."""
        array = self._array(call.args[0].index)
        if call.function is bool:
            return f"not {array}" if call.outputs else array
        if call.function is np.shape:
            return f"{array}.shape != {call.outputs}"
        return f"{array}.tobytes() != {self._names.of_value(call.outputs)}"

    def saved(self, index: int) -> tuple[str, str]:
        """The lines that keep what an array holds, and that put it back."""
        array = self._tape.arrays[index]
        name, held = self._array(index), self._names.of(np.empty_like(array), "b")
        return f"{held}[...] = {name}", f"{name}[...] = {held}"

    def value(self, value: Any) -> str:
        """The source that makes a result.

        Raises CompileError for what is no tensor, array or number, nor a container of them.
        """
        kind = type(value)
        if kind is Recorded:
            return self._array(value._index)
        if id(value) in self._analysis.found:
            return self._analysis.found[id(value)]
        if isinstance(value, Tensor):
            return f"wrap({self.value(value._data)})"
        if isinstance(value, np.ndarray):
            return f"{self._names.of_constant(value, value.copy())}.copy()"
        if kind in (tuple, list):
            inner = "".join(f"{self.value(part)}, " for part in value)
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is dict:
            pairs = [f"{self._argument(key)}: {self.value(part)}" for key, part in value.items()]
            return f"{{{', '.join(pairs)}}}"
        if value is None or kind in (bool, int, str):
            return repr(value)
        if kind is float or isinstance(value, np.generic) or id(value) in self._analysis.known:
            return self._names.of_value(value)
        raise CompileError(
            f"a result of type {kind.__name__} cannot be made again; return tensors, arrays, or "
            "tuples, lists and dicts of them"
        )

    def held(self, place: Place, value: Any) -> str:
        """The source that makes what a place is set to: a Tensor holds no NumPy scalar."""
        made = self.value(value)
        scalar = type(value) is Recorded and value._index in self._tape.scalars
        return f"asarray({made})" if scalar and isinstance(place.owner, Tensor) else made

    def _array(self, index: int) -> str:
        """The source for an array, by its number."""
        tape = self._tape
        if index in self._analysis.arrays:
            return self._analysis.arrays[index]
        array = tape.arrays[index]
        if index in tape.constant:
            return self._names.of_constant(array, tape.constant[index])
        if index in self._analysis.dynamic:
            return f"v{index}"
        outside = tape.roots[index] in tape.external or tape.roots[index] in tape.constant
        return self._names.of(array, "a" if outside else "b")

    def _argument(self, tree: Any) -> str:
        """The source for an argument of a call."""
        kind = type(tree)
        if kind is Ref:
            return self._array(tree.index)
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
        if self._analysis.compares_numbers(call):
            left, right = map(self._argument, call.args)
            return f"{left} {COMPARISONS[function]} {right}"
        if isinstance(function, np.ufunc):
            return self._ufunc(call, buffer)
        arguments = [self._argument(arg) for arg in call.args]
        if function not in SCALAR_OPERATORS:
            for position, arg in enumerate(call.args):
                if type(arg) is Ref and arg.index in self._tape.scalars & self._analysis.dynamic:
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
                arguments.append(buffer if function is np.dot else f"out={buffer}")
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
        if type(operand) is Ref:
            return self._in_shape_of(call, operand.index) or self._array(operand.index)
        array = None
        if isinstance(operand, np.generic):
            array = np.asarray(operand)
        elif type(operand) in (int, float) and call.kwargs.keys() <= {"out"}:
            array = self._converted(call, position)
        return self._argument(operand) if array is None else self._names.of_scalar(array)

    def _in_shape_of(self, call: Call, index: int) -> str | None:
        """The name of the array in the shape of the call's result, if it has another: a view
        where that repeats nothing, or a copy where that is faster. Products of matrices do not
        broadcast so."""
        ufunc: Any = call.function
        if type(call.outputs) is not Ref or ufunc.signature is not None:
            return None
        array, result = self._tape.arrays[index], self._tape.arrays[call.outputs.index]
        if array.shape == result.shape or not array.size:
            return None
        if array.size == result.size:
            if index in self._analysis.dynamic:
                return None
            # It differs by axes of size 1.
            view = array.reshape(result.shape)
            return self._names.of_view(self._array(index), view, index in self._tape.constant)
        return self._repeated(call, index)

    def _repeated(self, call: Call, index: int) -> str | None:
        """The name of a copy of rows or columns in the shape of the call's result, where NumPy
        then has a single loop over all."""
        array, result = self._tape.arrays[index], self._tape.arrays[call.outputs.index]
        if call.function not in EXACT or array.size == 1 or result.size > MOST_REPEATED:
            return None
        others = [self._tape.arrays[arg.index] for arg in call.args if type(arg) is Ref]
        whole = [a for a in (*others, result) if a.shape == result.shape and a.flags.c_contiguous]
        if len(whole) < 2:
            return None
        name = self._copies.get((index, result.shape))
        if name is None:
            name = self._names.of(np.empty(result.shape, array.dtype), "b")
            self._before.append(f"{name}[...] = {self._array(index)}")
            if self._tape.roots[index] not in self._changing:
                self._copies[index, result.shape] = name
        return name

    def _converted(self, call: Call, position: int) -> Any:
        """A Python number among a ufunc's operands as the array that NumPy makes of it."""
        ufunc: Any = call.function
        dtypes = [
            self._tape.arrays[arg.index].dtype
            if type(arg) is Ref
            else getattr(arg, "dtype", type(arg))
            for arg in call.args
        ]
        try:
            loop = ufunc.resolve_dtypes((*dtypes, *[None] * ufunc.nout))
            return np.array(call.args[position], loop[position])
        except (TypeError, OverflowError):
            return None
