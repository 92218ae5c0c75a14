"""Analysis of a recorded run, which makes a plan of it: what is another object in each run, and
which calls count.

Three questions are answered. Which places hold something else in each run (arguments, gradients,
state that is replaced): these are the program's variables. Which results need new memory, since
the caller can keep them: all others are buffers, made once. And which calls are live.
"""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

import numpy as np

from mytorch.compiler.calls import Call, Check, Draw, Ref, map_leaves
from mytorch.compiler.layout import Layout
from mytorch.compiler.number import PLAIN, Number
from mytorch.compiler.placing import mask_before_placing
from mytorch.compiler.plan import Copied, Held, Named, Plan, Value, Wrapped
from mytorch.compiler.reuse import write_over
from mytorch.compiler.stand_in import Recorded, StandIn
from mytorch.compiler.state import Place
from mytorch.compiler.tape import SCALAR_OPERATORS, CompileError, Tape
from mytorch.engine.graph import BackwardFunction
from mytorch.tensor import Tensor

__all__ = [
    "COMPARISONS",
    "Analysis",
    "compares_numbers",
    "identities",
    "is_reduction",
    "is_spent",
]


COMPARISONS: dict[Any, str] = {
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
    np.equal: "==",
    np.not_equal: "!=",
}
# What may raise an error for some values of its arguments, by name, and whose second argument is an
# index.
_NAMES = "at put put_along_axis repeat take take_along_axis"
INDEXING = frozenset(_NAMES.split())
_NAMES = "average bincount cholesky choose inv pinv solve svd"
RAISING = INDEXING.union(_NAMES.split())
# What raises no error for any numbers.
EXACT = (operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs)


class Analysis:
    """What is known of a run's values before a plan is made of them; `Plan` tells the arguments.

    Attributes:
        variables: the name of each place, by its id, whose value is another object in each run.
        found: each variable's value, and each Tensor, by the value's id.
        inputs: the name of each array or number, by its number, that a variable holds.
        dynamic: the numbers of all arrays that are other objects in each run.
        known: the ids of all values in the places.
    """

    def __init__(
        self, tape: Tape, places: list[Place], changed: list[tuple[Place, Any]], result: Any
    ) -> None:
        self.tape = tape
        self.places = places
        self.known = {id(place.value) for place in places if type(place.value) not in PLAIN}
        # The values that the caller sees, and the memory made by the run that holds them.
        self._shown: set[int] = set()
        self._escaping: set[int] = set()
        self._show(result)
        for _, value in changed:
            self._show(value)
        tape.fold(self._escaping)
        mask_before_placing(tape, self._escaping)
        self.variables: dict[int, str] = {}
        self.found: dict[int, Held] = {}
        self.inputs: dict[int, str] = {}
        self.dynamic: set[int] = set()
        self._buffers: set[int] = set()
        self._changed = changed
        self._result = result

    def plan(
        self,
        stand_ins: dict[int, Recorded],
        numbers: dict[int, Number],
        replaced: set[int],
        written: list[Tensor],
    ) -> Plan:
        """The plan, for the stand-ins of arrays, by the array's ids, and of numbers, by the ids of
        their places, the ids of the places where other objects are put between runs, and the
        tensors that were marked as written.

        Raises CompileError if the run left something that no plan can.
        """
        tape = self.tape
        self._find_variables(stand_ins, numbers, replaced)
        for place in self.places:
            if isinstance(place.value, Tensor) and id(place.value) not in self.found:
                self.found[id(place.value)] = Held("", place.value)
        self.dynamic |= self.inputs.keys()
        self._find_dynamic_results()
        attempt, rest = self._live_calls()
        steps = attempt + rest
        plan = Plan(
            places=self.places,
            variables=self.variables,
            values={},
            steps=steps,
            early=tape.early,
            attempted=len(attempt),
            writes=[(place, self._made(value)) for place, value in self._changed],
            touched=[self.found[id(tensor)] for tensor in written],
            result=self._made(self._result),
            apart=tape.apart,
            silent=tape.quiet,
            undone=self._undone(attempt),
        )
        used = {index for call in steps for index in (*call.reads(), *call.made(), *call.writes)}
        used.update(self._shown, self.inputs, *tape.apart, plan.undone)
        used.update([tape.roots[index] for index in used])
        plan.values = {index: self._value(index) for index in sorted(used)}
        write_over(plan)
        return plan

    def _value(self, index: int) -> Value:
        """What is known of an array or number."""
        tape = self.tape
        thing, root = tape.arrays[index], tape.roots[index]
        value = Value("buffer", root, scalar=index in tape.scalars)
        if index in tape.numbers:
            value.contents = thing
        else:
            value.layout = tape.layout(index)
        if index in self.inputs:
            value.kind, value.name = "input", self.inputs[index]
        elif index in self.dynamic:
            value.kind = "new"
        elif root in self._buffers and index not in tape.constant:
            value.offset = thing.offset
        else:
            value.array = thing
            if index in tape.constant:
                value.kind = "constant"
                value.contents = contents = tape.constant[index]
                if contents.tobytes() != thing.tobytes():
                    # The run has changed it since, as backward does by adding to a gradient.
                    value.array = contents
                    value.layout = Layout.of(contents)
            elif root in tape.external:
                value.kind = "outside"
            else:  # a view of one, or what one is a view of
                value.kind = "constant"
                value.array = array = tape.array(index)
                value.contents = array.copy()
        return value

    def _made(self, value: Any) -> Any:
        """How a result, or what a place is set to, is made.

        Raises CompileError for what is no tensor, array or number, nor a container of them.
        """
        kind = type(value)
        if isinstance(value, StandIn):
            return Ref(value._index)
        if id(value) in self.found and kind not in PLAIN:
            return self.found[id(value)]
        if isinstance(value, Tensor):
            return Wrapped(self._made(value._data))
        if isinstance(value, np.ndarray):
            return Copied(value, value.copy())
        if kind in (tuple, list):
            return kind(map(self._made, value))
        if _is_named(value):
            return Named(kind, tuple(map(self._made, value)))
        if kind is dict:
            return {key: self._made(part) for key, part in value.items()}
        if value is None or kind in (*PLAIN, str) or isinstance(value, np.generic):
            return value
        if id(value) in self.known:
            return Held("", value)
        raise CompileError(
            f"a result of type {kind.__name__} cannot be made again; return tensors, arrays, or "
            "tuples, lists and dicts of them"
        )

    def _show(self, value: Any) -> None:
        """Notes the memory that a value shows to the caller."""
        tape = self.tape
        if isinstance(value, StandIn):
            self._shown.add(value._index)
            root = tape.roots[value._index]
            if root not in tape.external and root not in tape.constant:
                self._escaping.add(root)
        elif isinstance(value, Tensor):
            if id(value) not in self.known:
                _require_bare(value)
                self._show(value._data)
        elif type(value) in (tuple, list) or _is_named(value):
            for part in value:
                self._show(part)
        elif type(value) is dict:
            for part in value.values():
                self._show(part)

    def _find_variables(
        self, stand_ins: dict[int, Recorded], numbers: dict[int, Number], replaced: set[int]
    ) -> None:
        fixed: set[int] = set()
        rebound = replaced.union(id(place) for place, _ in self._changed)
        # An object that is found elsewhere, too, may be compared with that.
        shared = identities(self.places) if replaced else Counter()
        # The tuples in which a number changes.
        remade: set[int] = set()
        for place in self.places if numbers else ():
            parent = place.parent
            while id(place) in numbers and parent and isinstance(parent.value, tuple):
                remade.add(id(parent.value))
                parent = parent.parent
        for number, place in enumerate(self.places):
            value = place.value
            if id(place) in numbers:
                self.variables[id(place)] = name = f"p{number}"
                self.inputs[numbers[id(place)]._index] = name
                continue
            containers = isinstance(value, (np.ndarray, Tensor, tuple, list, dict))
            if not containers and (id(place) not in replaced or shared[id(value)] > 1):
                continue
            inherited = place.parent is not None and id(place.parent) in self.variables
            argument = place.parent is None and place.access != "function"
            gradient = place.key == "_grad"
            other = id(place) in rebound or id(value) in remade
            if not (inherited or argument or gradient or other):
                fixed.add(id(value))
            elif id(value) not in fixed and id(value) not in self.found:
                self.variables[id(place)] = name = f"p{number}"
                self.found[id(value)] = Held(name)
                if id(value) in stand_ins:
                    self.inputs[stand_ins[id(value)]._index] = name

    def _find_dynamic_results(self) -> None:
        """Of what the calls make, what cannot be one array for all runs: memory that the caller
        sees or that cannot be written by `out`, and views of what is dynamic."""
        tape = self.tape
        powers = {i for c in tape.calls if c.function in SCALAR_OPERATORS for i in c.reads()}
        powers &= tape.scalars
        for call in tape.calls:
            for index in call.made():
                root = tape.roots[index]
                if root == index:
                    dynamic = (
                        root in self._escaping
                        or root in powers
                        or not (_has_out(call) or call.function is np.empty_like)
                        or tape.layout(index).dtype.hasobject
                        or compares_numbers(call, tape.scalars)
                    )
                else:
                    # Two results of one call may share its memory.
                    dynamic = root in call.made() or any(
                        read in self.dynamic for read in call.reads() if tape.roots[read] == root
                    )
                if dynamic:
                    self.dynamic.add(index)
                elif root == index:
                    self._buffers.add(index)

    def _live_calls(self) -> tuple[list[Call], list[Call]]:
        """The calls on which results, state, draws or checks depend, in order, but first of all
        the early checks: those up to the last one that a replay may end at, and those after it."""
        tape = self.tape
        checks = {id(call) for call in tape.calls if type(call) in (Check, Draw)} - tape.early
        asked = {i for call in tape.calls if id(call) in checks for i in call.reads()}
        live = tape.needed(self._shown | asked, tape.external | self._escaping)
        late = checks.union(map(id, live)) - tape.early
        calls = [call for ids in (tape.early, late) for call in tape.calls if id(call) in ids]
        # What an early check has read is an index that somebody has looked at.
        looked_at = {tape.roots[i] for c in tape.calls if id(c) in tape.early for i in c.reads()}
        ends = [n for n, call in enumerate(calls) if self._may_end(call, looked_at)]
        end = ends[-1] + 1 if ends else 0
        return calls[:end], calls[end:]

    def _may_end(self, call: Call, looked_at: set[int]) -> bool:
        """Whether a replay may end at a call, other than at an early check: another check may fail,
        an index be out of range."""
        tape, function = self.tape, call.function
        if type(call) is Check:
            return id(call) not in tape.early
        if not tape.numbers.isdisjoint(call.made()):
            return function not in EXACT and type(call) is not Draw
        indexing = function in (operator.getitem, operator.setitem)
        if not indexing and function.__name__ not in RAISING:
            return False
        indexes: list[int] = []
        map_leaves(call.args[1:2], lambda ref: indexes.append(ref.index), Ref)
        if not indexing and function.__name__ not in INDEXING:
            indexes = list(call.reads())
        read = {*indexes, *(i for needed in tape.needed(indexes) for i in needed.reads())}
        return not looked_at.issuperset({tape.roots[i] for i in read} & tape.external)

    def _undone(self, calls: list[Call]) -> list[int]:
        """The numbers of the arrays from outside that the calls change."""
        tape = self.tape
        roots = {tape.roots[index] for call in calls for index in call.writes} & tape.external
        return [
            index
            for index in sorted(tape.entered)
            if tape.roots[index] in roots
            and (index in roots or tape.roots[index] not in tape.entered)
        ]


def compares_numbers(call: Call, scalars: set[int]) -> bool:
    """Whether it compares NumPy scalars: the operator is faster than the ufunc."""
    if call.function not in COMPARISONS or call.kwargs:
        return False
    reads = call.reads()
    return bool(reads) and scalars.issuperset(reads)


def is_reduction(function: Any) -> bool:
    """Whether it is a ufunc's `reduce`."""
    return (
        isinstance(getattr(function, "__self__", None), np.ufunc) and function.__name__ == "reduce"
    )


def _has_out(call: Call) -> bool:
    """Whether the call can write its result into a buffer."""
    function = call.function
    if type(call.outputs) is not Ref or "out" in call.kwargs or "where" in call.kwargs:
        return False
    if isinstance(function, np.ufunc) or is_reduction(function):
        return True
    copies = function in (np.ndarray.copy, np.ndarray.astype) and not call.kwargs.get("order")
    return (
        copies or function is np.dot or (function is np.concatenate and "dtype" not in call.kwargs)
    )


def identities(places: list[Place]) -> Counter[int]:
    """How often each object is found in places, or among keys, by ids."""
    found = Counter(id(place.value) for place in places)
    keyed = {id(p.value): p.value for p in places if isinstance(p.value, (dict, set, frozenset))}
    stack: list[Any] = [*keyed.values()]
    while stack:
        for key in stack.pop():
            found[id(key)] += 1
            if isinstance(key, (tuple, frozenset)):
                stack.append(key)
    return found


def _is_named(value: Any) -> bool:
    """Whether it is a namedtuple, which has nothing but its parts."""
    named = isinstance(value, tuple) and hasattr(type(value), "_fields")
    return named and not getattr(value, "__dict__", None)


def _require_bare(tensor: Tensor) -> None:
    """Raises CompileError for a result that has attributes of the program's, or that backward has
    not gone through: the caller could."""
    if vars(tensor):
        raise CompileError(
            f"a new tensor with attributes ({', '.join(vars(tensor))}) cannot be made again"
        )
    if tensor.grad_fn is None:
        if tensor.requires_grad:
            raise CompileError("a new leaf that requires a gradient cannot be made again")
    elif not is_spent(tensor):
        raise CompileError(
            "the result still has its graph, which replays do not build; compile the whole step "
            "with backward() and the update, or call the function within mytorch.no_grad()"
        )


def is_spent(tensor: Tensor) -> bool:
    """Whether backward has gone through a tensor's graph, so that it cannot do so again."""
    stack: list[Any] = [tensor.grad_fn]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if not isinstance(node, BackwardFunction) or id(node) in seen:
            continue
        seen.add(id(node))
        if node._saved is None:
            return True
        stack.extend(node._receivers)
    return False
