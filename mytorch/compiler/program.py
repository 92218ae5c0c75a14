"""Programs: a recorded run as Python source, guards first, then the calls, then what they leave.

Arrays that are the same in every run are bound to names once: the parameters, and as buffers the
very arrays that the recorded run made, with the views it made of them. What the caller can keep
(results, gradients, running statistics) is made anew each time.
"""

import operator
import re
from collections import Counter, deque
from collections.abc import Callable
from gc import get_referents
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array, get_default_dtype
from mytorch.compiler.recorder import (
    SCALAR_OPERATORS,
    Call,
    CompileError,
    Recorded,
    Ref,
    Tape,
)
from mytorch.compiler.state import Place, same
from mytorch.graph import BackwardFunction, tick
from mytorch.tensor import Tensor, wrap

__all__ = ["MISS", "Program"]

# What `run` returns instead of a result where a guard fails, or a value that the run was recorded
# with decides otherwise: nothing has changed then.
MISS = object()

REDUCE = ("axis", "dtype", "out", "keepdims")
# NumPy 2.4 deprecates their positional out.
KEYWORD_OUT = (np.maximum, np.minimum)


ALWAYS: dict[str, Any] = {
    "MISS": MISS,
    "asarray": np.asarray,
    "default_dtype": get_default_dtype,
    "errstate": np.errstate,
    "get_referents": get_referents,
    "same": same,
    "tick": tick,
    "wrap": wrap,
}


class Program:
    """One recorded run of a function, to be run again by `run(*args)`, keyword arguments
    last.

    Arguments: the tape, the places that were watched, the stand-in at each place, the places
    that the run changed with what they hold now, the tensors it marked as written, and the
    result, still with the stand-ins of the tape.

    Raises CompileError if the run left something that a program cannot.
    """

    def __init__(
        self,
        tape: Tape,
        places: list[Place],
        stand_ins: dict[int, Recorded],
        changed: list[tuple[Place, Any]],
        written: list[Tensor],
        result: Any,
        parameters: str,
    ) -> None:
        self._tape = tape
        self._names: dict[int, str] = {}
        self.objects: dict[str, Any] = {}
        self.copies: dict[str, Array] = {}
        self._locals: dict[int, str] = {}
        self._tensors: dict[int, str] = {}
        self._known = {id(place.value) for place in places}
        self._rebound = {id(place) for place, _ in changed}
        # The arrays that the caller sees, and the memory made by the run that holds them.
        self._shown: set[int] = set()
        self._escaping: set[int] = set()
        self._collect(result)
        for _, value in changed:
            self._collect(value)
        self._dynamic_values: dict[int, str] = {}
        self._find_dynamic_places(places, stand_ins)
        self._dynamic = set(self._dynamic_values)
        self._find_dynamic_values()
        live = self._live_calls()
        body = [line for call in live for line in self._emit(call)]
        for place, value in changed:
            body.append(f"{self._place(place)} = {self._build(value)}")
        body += [f"{self._tensors[id(t)]}._touch()" for t in written]
        body.append(f"return {self._build(result)}")
        guards = self._guards(places, set(re.findall(r"\w+", " ".join(body))))
        self.source = _assemble(parameters, guards, tape.quiet, body)
        lines = [f"def bind({', '.join([*ALWAYS, *self.objects])}):", *self.source.split("\n")]
        space: dict[str, Any] = {}
        exec("\n    ".join(lines) + "\n    return run", space)
        self.run: Callable[..., Any] = space["bind"](**ALWAYS, **self.objects)
        del self._tape

    def agrees(self, other: "Program") -> bool:
        """Whether both recordings are one program: the same source on the same constants."""
        return (
            self.source == other.source
            and self.objects.keys() == other.objects.keys()
            and all(self._agrees_on(other, name) for name in self.objects)
        )

    def _agrees_on(self, other: "Program", name: str) -> bool:
        one, two = self.objects[name], other.objects[name]
        if name in self.copies:
            return name in other.copies and _equal(self.copies[name], other.copies[name])
        if isinstance(one, np.ndarray):
            # A buffer belongs to the program; any other array must be the same memory.
            return _layout(one) == _layout(two) and (
                name[0] == "b" or one.ctypes.data == two.ctypes.data
            )
        if callable(one) or isinstance(one, frozenset):
            return bool(one == two)
        return same(one, two)

    # --------------------------------------------------------------- analysis

    def _collect(self, value: Any) -> None:
        """Notes the memory that the value shows to the caller."""
        tape = self._tape
        if type(value) is Recorded:
            self._shown.add(value._index)
            root = tape.roots[value._index]
            if root not in tape.external and root not in tape.constant:
                self._escaping.add(root)
        elif isinstance(value, Tensor):
            if id(value) not in self._known:
                _refuse_graph(value)
                self._collect(value._data)
        elif type(value) in (tuple, list):
            for part in value:
                self._collect(part)
        elif type(value) is dict:
            for part in value.values():
                self._collect(part)

    def _find_dynamic_places(self, places: list[Place], stand_ins: dict[int, Recorded]) -> None:
        """Names the places whose value is another object in each run."""
        fixed: set[int] = set()
        for number, place in enumerate(places):
            value = place.value
            if not isinstance(value, (np.ndarray, Tensor, tuple, list, dict)):
                continue
            inherited = place.parent is not None and id(place.parent) in self._locals
            argument = place.parent is None and place.access != "function"
            gradient = place.key == "_grad"
            rebound = id(place) in self._rebound and isinstance(value, (np.ndarray, Tensor))
            if not (inherited or argument or gradient or rebound):
                fixed.add(id(value))
            elif id(value) not in fixed and id(value) not in self._tensors:
                self._locals[id(place)] = name = f"p{number}"
                self._tensors[id(value)] = name
                if id(value) in stand_ins:
                    self._dynamic_values[stand_ins[id(value)]._index] = name
        for place in places:
            if isinstance(place.value, Tensor) and id(place.value) not in self._tensors:
                self._tensors[id(place.value)] = self._name(place.value)

    def _find_dynamic_values(self) -> None:
        """Of what the calls make, what cannot be one array for all runs: memory that the caller
        sees or that cannot be written by `out`, and views of what is dynamic."""
        tape = self._tape
        powers = {i for c in tape.calls if c.function in SCALAR_OPERATORS for i in c.reads()}
        powers &= tape.scalars
        for call in tape.calls:
            for index in call.made():
                root = tape.roots[index]
                if root == index:
                    dynamic = root in self._escaping or root in powers or not _has_out(call)
                else:
                    dynamic = any(
                        read in self._dynamic for read in call.reads() if tape.roots[read] == root
                    )
                if dynamic:
                    self._dynamic.add(index)

    def _live_calls(self) -> list[Call]:
        """The calls on which results or state depend, in order, but first of all the checks:
        where one fails, nothing has changed yet."""
        tape = self._tape
        checks = [call for call in tape.calls if call.function is bool]
        asked = tape.needed({index for call in checks for index in call.reads()})
        early = {id(call) for call in (*asked, *checks)}
        live = tape.needed(self._shown, tape.external | self._escaping)
        late = [call for call in live if id(call) not in early]
        return [call for call in tape.calls if id(call) in early] + late

    # ---------------------------------------------------------------- source

    def _name(self, thing: Any, letter: str = "") -> str:
        """The name that stands for an object, the same in every run: a, b and c begin the names
        of outside arrays, buffers, and everything else."""
        letter = letter or ("a" if isinstance(thing, np.ndarray) else "c")
        name = self._names.get(id(thing))
        if name is None:
            name = self._names[id(thing)] = f"{letter}{len(self._names)}"
            self.objects[name] = thing
        return name

    def _view(self, index: int, view: Array) -> str:
        """The name of a view, of another shape, of an array that has a name."""
        name = f"{self._value(index)}_{'x'.join(map(str, view.shape))}"
        self.objects[name] = view
        if index in self._tape.constant:
            self.copies[name] = view.copy()
        return name

    def _function(self, function: Any) -> str:
        for name, known in self.objects.items():
            if known is function or (callable(known) and known == function):
                return name
        return self._name(function, f"{function.__name__.strip('_')}_")

    def _value(self, index: int) -> str:
        """The source for an array."""
        if index in self._dynamic_values:
            return self._dynamic_values[index]
        tape = self._tape
        array = tape.arrays[index]
        if index in tape.constant:
            name = self._name(array)
            self.copies[name] = tape.constant[index]
            return name
        if index in self._dynamic:
            return f"v{index}"
        outside = tape.roots[index] in tape.external or tape.roots[index] in tape.constant
        return self._name(array, "a" if outside else "b")

    def _source(self, tree: Any) -> str:
        """The source for an argument of a call."""
        kind = type(tree)
        if kind is Ref:
            return self._value(tree.index)
        if kind in (tuple, list):
            inner = "".join(f"{self._source(part)}, " for part in tree)
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is slice:
            return f"slice({tree.start!r}, {tree.stop!r}, {tree.step!r})"
        if tree is None or tree is ... or kind in (bool, int, str):
            return repr(tree)
        return self._constant(tree)

    def _constant(self, value: Any) -> str:
        for name, known in self.objects.items():
            if not isinstance(known, np.ndarray) and same(known, value):
                return name
        return self._name(value)

    def _operand(self, call: Call, position: int) -> str:
        """The source for a ufunc's operand: a number as the 0-d array that NumPy makes of it on
        each call, and a row next to one row in its shape, as nothing has to be repeated. Each is
        half of the time of a small operation."""
        operand = call.args[position]
        if type(operand) is Ref and type(call.outputs) is Ref:
            index, shape = operand.index, self._tape.arrays[call.outputs.index].shape
            array = self._tape.arrays[index]
            if index not in self._dynamic and array.shape != shape and array.size == prod(shape):
                alike = array.reshape(shape)
                if np.may_share_memory(alike, array) and array.size:
                    return self._view(index, alike)
        if isinstance(operand, np.generic):
            return self._number(np.asarray(operand))
        if type(operand) not in (int, float) or not call.kwargs.keys() <= {"out"}:
            return self._source(operand)
        ufunc: Any = call.function
        dtypes = [
            self._tape.arrays[arg.index].dtype
            if type(arg) is Ref
            else getattr(arg, "dtype", type(arg))
            for arg in call.args
        ]
        try:
            loop = ufunc.resolve_dtypes((*dtypes, *[None] * ufunc.nout))
            array = np.array(operand, loop[position])
        except (TypeError, OverflowError):
            return self._source(operand)
        return self._number(array)

    def _number(self, array: Array) -> str:
        """The name of a 0-d array that never changes."""
        for name, known in self.objects.items():
            if name in self.copies and _equal(known, array):
                return name
        name = self._name(array)
        self.copies[name] = array
        return name

    def _emit(self, call: Call) -> list[str]:
        """The lines for one call."""
        tape, function = self._tape, call.function
        if function is bool:
            negation = "not " if call.outputs else ""
            return [f"if {negation}{self._value(call.args[0].index)}:", "    return MISS"]
        output = call.outputs.index if type(call.outputs) is Ref else None
        buffer = ""
        if output is not None and not call.writes and output not in self._dynamic:
            if tape.roots[output] != output:
                return []  # a view that exists
            buffer = self._value(output)
        source = self._call(call, buffer)
        if call.writes or buffer:
            return [source]
        if output is None:
            if call.outputs is None:
                return [source]
            targets = ", ".join(f"v{ref_.index}" for ref_ in call.outputs)
            return [f"{targets}, = {source}"]
        return [f"v{output} = {source}"]

    def _call(self, call: Call, buffer: str) -> str:
        function, kwargs = call.function, dict(call.kwargs)
        names = [self._source(arg) for arg in call.args]
        if not isinstance(function, np.ufunc) and function not in SCALAR_OPERATORS:
            for position, arg in enumerate(call.args):
                if type(arg) is Ref and arg.index in self._tape.scalars & self._dynamic:
                    names[position] = f"asarray({names[position]})"
        if function is operator.getitem:
            return f"{names[0]}[{names[1]}]"
        if function is operator.setitem:
            return f"{names[0]}[{names[1]}] = {names[2]}"
        copied = function in (np.ndarray.copy, np.ndarray.astype)
        if copied and buffer:
            return f"{buffer}[...] = {names[0]}"
        if isinstance(function, np.ufunc):
            names = [self._operand(call, position) for position in range(len(call.args))]
            out = buffer or (self._source(kwargs.pop("out")) if "out" in kwargs else "")
            if out and function not in KEYWORD_OUT and not out.startswith("("):
                names.append(out)
            elif out:
                names.append(f"out={out}")
        elif _is_reduce(function) and kwargs.keys() <= set(REDUCE) and len(call.args) == 1:
            wanted = {"axis": 0, "dtype": None, "out": None, "keepdims": False} | kwargs
            rendered = [
                buffer or self._source(v) if key == "out" else self._source(v)
                for key, v in wanted.items()
            ]
            return f"{self._function(function)}({', '.join([*names, *rendered])})"
        elif buffer:
            names.append(buffer if function is np.dot else f"out={buffer}")
        names += [f"{key}={self._source(value)}" for key, value in kwargs.items()]
        return f"{self._function(function)}({', '.join(names)})"

    def _build(self, value: Any) -> str:
        """The source that makes a result, or what a place is set to."""
        kind = type(value)
        if kind is Recorded:
            return self._value(value._index)
        if id(value) in self._tensors:
            return self._tensors[id(value)]
        if isinstance(value, Tensor):
            return f"wrap({self._build(value._data)})"
        if isinstance(value, np.ndarray):
            name = self._name(value)
            self.copies[name] = value.copy()
            return f"{name}.copy()"
        if kind in (tuple, list):
            inner = "".join(f"{self._build(part)}, " for part in value)
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is dict:
            pairs = [f"{self._source(key)}: {self._build(part)}" for key, part in value.items()]
            return f"{{{', '.join(pairs)}}}"
        if value is None or kind in (bool, int, str):
            return repr(value)
        if kind is float or isinstance(value, np.generic) or id(value) in self._known:
            return self._constant(value)
        raise CompileError(
            f"a result of type {kind.__name__} cannot be made again; return tensors, arrays, or "
            "tuples, lists and dicts of them"
        )

    # ---------------------------------------------------------------- guards

    def _place(self, place: Place) -> str:
        """The source that reads a place, or with = writes it."""
        literal = type(place.key) in (str, int)
        access = place.access
        if place.parent is None:
            return access
        owner = self._locals.get(id(place.parent)) or self._name(place.parent.value)
        key = repr(place.key) if literal else self._name(place.key)
        return access.format(owner).replace("[key]", f"[{key}]")

    def _guards(self, places: list[Place], used: set[str]) -> list[str]:
        """The lines that leave with MISS unless each place holds what it should; `used` are the
        names in the lines that follow."""
        first: list[str] = []
        rest = [f"default_dtype() is {self._name(get_default_dtype())}"]
        guarded: set[int] = set()
        last: list[str] = []
        seen = Counter(id(place.value) for place in places)
        inner: dict[int, set[int]] = {id(place): {id(place)} for place in places}
        for place in places:
            if place.parent is not None and id(place.parent) in inner:
                inner[id(place.parent)].add(id(place))
        skipped: set[Place | None] = set()
        for place in places:
            value, local = place.value, self._locals.get(id(place))
            if place.parent in skipped:
                skipped.add(place)
                continue
            if place.access == "function":
                continue
            if place.key == "_grad" and value is not None:
                # Whether there is a gradient may decide something, what it is only if it is used.
                below = [
                    name for place_, name in self._locals.items() if place_ in inner[id(place)]
                ]
                if used.isdisjoint(below) and seen[id(value)] == 1:
                    rest.append(f"{self._place(place)} is not None")
                    skipped.add(place)
                    continue
            if local is not None:
                lines = first
                lines.append(f"type({local} := {self._place(place)}) is {self._name(type(value))}")
                if isinstance(value, np.ndarray):
                    lines.append(f"{local}.shape == {value.shape}")
                    dtype = self._name(value.dtype)
                    lines.append(f"({local}.dtype is {dtype} or {local}.dtype == {dtype})")
                    lines.append(f"{local}.strides == {value.strides}")
                elif isinstance(value, Tensor) and place.key != "_grad" and value.requires_grad:
                    last += self._distinct(local)
            elif "{}" in place.access and not place.access.startswith("type("):
                lines = first if self._below_argument(place) else rest
                read, name = self._place(place), self._guarded(value)
                test = f"{read} is {name}"
                lines.append(f"({test} or same({read}, {name}))" if _is_number(value) else test)
            elif place.parent is None:
                lines = first
                name = self._guarded(value)
                first.append(f"({place.access} is {name} or same({place.access}, {name}))")
            else:
                lines = rest
            if id(value) in guarded or not isinstance(value, (dict, list, tuple, set, deque)):
                continue
            guarded.add(id(value))
            holder = local or self._name(value)
            if isinstance(value, dict) and place.access != "vars":
                lines.append(f"[*{holder}] == {self._name([*value])}" if value else f"not {holder}")
            elif isinstance(value, (list, tuple, dict)) and (local or type(value) is not tuple):
                lines.append(f"len({holder}) == {len(value)}")
            elif isinstance(value, (set, deque)):
                parts = self._name([*map(id, get_referents(value))])
                lines.append(f"[*map(id, get_referents({self._name(value)}))] == {parts}")
        return [
            f"if not ({' and '.join(part)}): return MISS" for part in (first, rest, last) if part
        ]

    def _below_argument(self, place: Place) -> bool:
        return place.parent is not None and id(place.parent) in self._locals

    def _guarded(self, value: Any) -> str:
        if id(value) in self._tensors:
            return self._tensors[id(value)]
        if value is None or value is True or value is False:
            return repr(value)
        return self._name(value)

    def _distinct(self, local: str) -> list[str]:
        """No two leaves are one: their gradients would add up."""
        others = [name for name in self._tensors.values() if name != local]
        fixed = {id(self.objects[name]) for name in others if name in self.objects}
        tests = [f"{local} is not {name}" for name in others if name in self._locals.values()]
        return [*tests, f"id({local}) not in {self._name(frozenset(fixed))}"]


def _has_out(call: Call) -> bool:
    """Whether the call can write its result into a buffer."""
    function = call.function
    if type(call.outputs) is not Ref or "out" in call.kwargs or "where" in call.kwargs:
        return False
    if isinstance(function, np.ufunc) or _is_reduce(function):
        return True
    copies = function in (np.ndarray.copy, np.ndarray.astype) and not call.kwargs.get("order")
    return (
        copies or function is np.dot or (function is np.concatenate and "dtype" not in call.kwargs)
    )


def _is_reduce(function: Any) -> bool:
    return (
        isinstance(getattr(function, "__self__", None), np.ufunc) and function.__name__ == "reduce"
    )


def _layout(array: Array) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype


def _equal(one: Array, two: Array) -> bool:
    return _layout(one) == _layout(two) and one.tobytes() == two.tobytes()


def _is_number(value: Any) -> bool:
    """Whether another object may be the same value: not so None and the booleans."""
    return isinstance(value, (int, float, complex, str, bytes, np.generic, slice)) and not (
        isinstance(value, bool)
    )


def _refuse_graph(tensor: Tensor) -> None:
    """Raises CompileError for a result that backward has not gone through: the caller could."""
    stack: list[Any] = [tensor.grad_fn]
    seen: set[int] = set()
    if tensor.grad_fn is None:
        if tensor.requires_grad:
            raise CompileError("a new leaf that requires a gradient cannot be made again")
        return
    while stack:
        node = stack.pop()
        if not isinstance(node, BackwardFunction) or id(node) in seen:
            continue
        seen.add(id(node))
        if node._saved is None:
            return
        stack.extend(node.next_functions)
    raise CompileError(
        "the result still has its graph, which replays do not build; compile the whole step with "
        "backward() and the update, or call the function within mytorch.no_grad()"
    )


def _assemble(parameters: str, guards: list[str], quiet: bool, body: list[str]) -> str:
    """The source of `run` inside a function whose arguments are the names it is bound to."""
    if quiet:
        body = ["with errstate(all='ignore'):", *[f"    {line}" for line in body]]
    return "\n".join(
        [
            f"def run({parameters}):",
            "    try:",
            *[f"        {line}" for line in guards],
            "    except (AttributeError, LookupError, TypeError, ValueError):",
            "        return MISS",
            *[f"    {line}" for line in body],
        ]
    )
