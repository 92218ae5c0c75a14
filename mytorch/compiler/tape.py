"""The tape: which NumPy calls one run of a function made, and on which arrays."""

from __future__ import annotations

import operator
import sys
from _thread import get_ident
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from types import FrameType, MethodDescriptorType
from typing import Any
from weakref import ReferenceType

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import as_array
from mytorch._kernels.elementwise import KERNELS
from mytorch._silence import numpy_errors
from mytorch.compiler.calls import TREES, Call, Check, Draw, Ref, map_leaves
from mytorch.compiler.draws import GENERATORS, fingerprint, state_of
from mytorch.compiler.layout import Layout, Made
from mytorch.compiler.number import NUMERIC, TRUTHS, Number
from mytorch.compiler.stand_in import (
    LayoutFlags,
    Recorded,
    StandIn,
    array_of,
    here,
    value_of,
)

__all__ = ["SCALAR_OPERATORS", "CompileError", "Tape"]

# Whose lines are no user's.
LIBRARIES = {"mytorch", "numpy", *sys.stdlib_module_names} - {"__main__"}
# Where a Tensor's own methods are: what reads a value there does so for the one who calls them.
CARRIERS = ("mytorch.tensor", "mytorch.compiler")
# They compute a NumPy scalar's power in another way than a 0-d array's.
SCALAR_OPERATORS = (operator.pow, operator.ipow)
# From which argument on they have operands, which may be numbers, as ufuncs have from the first on.
OPERANDS: dict[Any, int] = {
    **dict.fromkeys((*SCALAR_OPERATORS, as_array, *KERNELS), 0),
    **dict.fromkeys((np.ndarray.fill, np.clip, np.where), 1),
    operator.setitem: 2,
}


# What is known of an array that has no number.
UNKNOWN: Any = None, lambda: None
# What stands for itself in a call.
PLAIN = frozenset([bool, int, float, str, type(None), type(...)])

# What warns of no number.
QUIET = frozenset(
    [
        operator.getitem,
        np.ndarray.copy,
        np.ndarray.ravel,
        np.ndarray.reshape,
        np.ndarray.transpose,
        np.ndarray.view,
    ]
)

# C code that runs Python code for its arguments alone, and not for these.
OF_C = frozenset(
    [
        *(
            function
            for function in (*vars(np).values(), *vars(np.ndarray).values())
            if isinstance(function, (np.ufunc, MethodDescriptorType)) or function is np.dot
        ),
        operator.getitem,
        operator.setitem,
        *SCALAR_OPERATORS,
    ]
)
FIXED = (np.generic, np.dtype)


class CompileError(RuntimeError):
    """A compiled function cannot be what was asked of it; the message says what to do."""


class Tape:
    """What one run of a function has called, in order.

    Every array has a number, its index in `arrays` and `roots`: the root is the number of the
    array that owns its memory. Roots in `external` exist outside of the run, roots in `constant`
    were met as plain arrays; the run made all others. Of these the tape keeps what is `Made`, so
    they go when they would go without it.

    One that is `strict` can have all undone in any case, others as long as nothing `reaches_out`.
    """

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict
        # Arrays, what is left of those that the run made, and Python numbers.
        self.arrays: list[Any] = []
        self.roots: list[int] = []
        self.calls: list[Call] = []
        # Which of the arrays are NumPy scalars.
        self.scalars: set[int] = set()
        self.external: set[int] = set()
        # The arrays in external memory that the run was given.
        self.entered: set[int] = set()
        self.constant: dict[int, Array] = {}
        # The ids of the early checks, and of the calls that they need.
        self.early: set[int] = set()
        # Pairs of arrays in `entered` that must not share memory.
        self.apart: set[tuple[int, int]] = set()
        # External roots that were written to, and what they held before.
        self.changed: set[int] = set()
        self.before: dict[int, Array] = {}
        self.alive: list[ReferenceType[StandIn]] = []
        # The Python numbers, and those that every run must find the same.
        self.numbers: set[int] = set()
        self.settled: set[int] = set()
        # By id the generators that are drawn from, with their states before the run, and what
        # these are after the last draw that was seen.
        self.generators: dict[int, tuple[Any, Any]] = {}
        self._drawn: dict[int, bytes] = {}
        # Whether a draw was not seen, which may be another thread's.
        self.missed = False
        # Why the run cannot be a program, if it cannot: it then goes on without recording.
        self.trouble: str | None = None
        # Whether it may have done what cannot be undone.
        self.reaches_out = False
        self.open = True
        # Whether a Tensor holds a NumPy scalar, as a 0-d array.
        self.holds = False
        # Whether a call ran with other error settings than the run began with.
        self.quiet = False
        self._errors = np.geterr()
        # What NumPy keeps these settings in, another object once they are set.
        self._setting = numpy_errors.get(None)
        # By the id of an array, which another one can have once it is gone.
        self._numbers: dict[int, tuple[int, ReferenceType[Array]]] = {}
        self._thread = get_ident()
        # The profile function of the run, which is to see the run's calls and not the tape's own.
        self.observer: Callable[..., Any] | None = None

    def enter(self, array: Array) -> Recorded:
        """The stand-in for an array that exists outside."""
        index = self._number(array)
        self.external.add(self.roots[index])
        self.entered.add(index)
        return Recorded(self, array, index)

    def enter_number(self, value: Any) -> Number:
        """The stand-in for a Python number."""
        index = len(self.arrays)
        self.arrays.append(value)
        self.roots.append(index)
        self.numbers.add(index)
        return Number(self, value, index)

    def enter_generator(self, generator: Any) -> None:
        """Notes where a generator stands."""
        if id(generator) not in self.generators:
            state = state_of(generator)
            self.generators[id(generator)] = generator, state
            self._drawn[id(generator)] = fingerprint(state)

    def made(self, array: Any) -> Any:
        """The stand-in for an array that the run has just made of constants."""
        recorded = isinstance(array, StandIn) or not self.is_recording()
        return array if recorded else self.call(np.ndarray.copy, (array,), {})

    def of_numbers(self, data: Any, dtype: Any) -> Any:
        """The recorded array of a number, or of lists of such, if Numbers are among them. None if
        not, or if they do not fit the dtype, as integers may not."""
        leaves: list[Any] = []
        map_leaves(data, leaves.append)
        numbers: list[Any] = [leaf for leaf in leaves if type(leaf) is Number]
        if not numbers or not self.is_recording():
            return None
        if not all(type(leaf) in (Number, *NUMERIC, *TRUTHS) for leaf in leaves):
            return None
        try:
            dtype = as_array(map_leaves(data, value_of), dtype).dtype
        except (OverflowError, ValueError):
            return None
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            for number in numbers:
                if type(number._array) is float or not limits.min <= number <= limits.max:
                    return None
        return self.call(as_array, (data, dtype), {}) if dtype.kind in "fiu" else None

    def fold(self, kept: set[int]) -> None:
        """Takes copies of constants for constants, too, unless they are written to or kept."""
        written = {self.roots[index] for call in self.calls for index in call.writes}
        for call in self.calls.copy():
            if call.function is np.ndarray.copy and self.roots[call.reads()[0]] in self.constant:
                index = call.outputs.index
                if index not in written and index not in kept:
                    array = self.array(call.reads()[0])
                    copy = np.ndarray.copy(array, *call.args[1:], **call.kwargs)
                    self.arrays[index] = self.constant[index] = copy
                    self.calls.remove(call)

    def array(self, index: int) -> Array:
        """An array in memory that is outside or constant, with what the run found in a constant."""
        array = self.constant.get(index, self.arrays[index])
        return array.within(self.arrays[self.roots[index]]) if type(array) is Made else array

    def planned(self, layout: Layout, owner: int | None = None, offset: int = 0) -> Ref:
        """What stands for an array that replays alone make."""
        index = len(self.arrays)
        self.arrays.append(Made(layout, offset))
        self.roots.append(index if owner is None else self.roots[owner])
        return Ref(index)

    def layout(self, index: int) -> Layout:
        """The layout of an array."""
        array = self.arrays[index]
        return array.layout if type(array) is Made else Layout.of(array)

    def is_recording(self) -> bool:
        """Whether calls are written down: another thread's never are."""
        return self.open and self.trouble is None and get_ident() == self._thread

    def stop(self, reason: str) -> None:
        """Ends the recording; the run itself goes on."""
        if self.is_recording():
            self.trouble = reason
            # What else the run changes is not seen any more.
            for index in self.entered if self.strict or not self.reaches_out else ():
                self.before.setdefault(index, self.arrays[index].copy())

    def stop_at(self, thing: str) -> None:
        """Ends the recording at what the user's code does in this line."""
        if self.is_recording():
            self.stop(f"{thing} cannot be recorded{_where()}")

    def refuse(self, reason: str) -> None:
        """Ends the recording at what may be seen outside, so that it is not to be done twice."""
        self.reaches_out = True
        self.stop(reason)

    def read(self, value: Recorded, action: str) -> None:
        """Notes that the run reads an array's values. The library may, to choose a way or to raise
        an error: that they are the same is checked. The user's code stops the recording."""
        if not self.is_recording():
            return
        if _is_ours_reading():
            self._ask(np.ndarray.tobytes, value._index, value._array.tobytes())
            return
        self.stop(
            f"{action}{_where()}: the values of a tensor cannot be read inside a compiled "
            "function, for its later runs would keep what this one finds; return the tensor "
            "and read it outside, or choose elements by mytorch.where"
        )

    def flags_of(self, value: Recorded) -> Any:
        """The flags of an array; the user's code may ask for those that follow from the layout."""
        flags = np.asarray(value._array).flags
        return flags if _is_ours_reading() else LayoutFlags(self, flags)

    def stop_at_flag(self, name: str) -> None:
        """Stops at a flag that may be set unseen."""
        self.stop(f"it reads the flag {name} of an array{_where()}, which may be set unseen")

    def with_its_shape(self, result: Any) -> Any:
        """The result of a call whose shape depends on values: that it is the same is checked."""
        map_leaves(result, lambda x: self._ask(np.shape, x._index, x.shape), Recorded)
        return result

    def refuse_aliases(self, arrays: Sequence[Any]) -> None:
        """Refuses to ask whether arrays share memory, unless their layout decides or the run made
        them: two that come from outside may do so in one run and not in the next."""
        roots = {self.roots[array._index] for array in arrays if type(array) is Recorded}
        outside = sum(self.roots[index] in roots for index in self.entered)
        if outside > 1 or any(type(array) is not Recorded for array in arrays):
            self.stop("it asks whether arrays from outside share memory")

    def check(self, value: StandIn) -> bool:
        """The truth of an array or number, on which the run depends."""
        truth = bool(value._array)
        self._ask(bool, value._index, truth)
        return truth

    def is_of_numbers(self, index: int) -> bool:
        """Whether an array was computed of Python numbers alone."""
        read = {i for call in self.needed([index]) for i in call.reads()}
        return not self.numbers.isdisjoint(read) and all(
            i in self.numbers or self.roots[i] not in self.external for i in read
        )

    def settle(self, number: Any) -> Any:
        """Notes that the run needs the value of a number; returns it."""
        if type(number) is Number and number._index not in self.settled:
            self.settled.add(number._index)
            self._ask(repr, number._index, number._array)
        return value_of(number)

    def compute(self, function: Callable[..., Any], *args: Any) -> Any:
        """Runs a call on Python numbers alone; returns what stands for its result, or the truth
        that is its result, for which replays will ask."""
        try:
            result = function(*map(value_of, args))
        except Exception:
            # Other numbers may raise none.
            map_leaves(args, self.settle, Number)
            raise
        if not self.is_recording():
            return result
        if type(result) not in (*NUMERIC, *TRUTHS):
            map_leaves(args, self.settle, Number)
            return result
        number = self.enter_number(result)
        refs = map_leaves(args, self._refer)
        call = Call(function, refs, {}, [], Ref(number._index))
        if not any(type(needed) is Draw for needed in self.needed(call.reads())):
            self.early.add(id(call))
        self.calls.append(call)
        if type(result) in TRUTHS:
            self._ask(bool, number._index, bool(result))
            return result
        return number

    def draw(
        self,
        generator: Any,
        method: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        written: Sequence[Any] = (),
    ) -> Any:
        """Runs a method that draws from a generator, as `call` does."""
        if self.is_recording():
            self.enter_generator(generator)
            self._miss_draws(generator)
        count = len(self.calls)
        result = self.call(method, args, kwargs, written)
        if len(self.calls) > count:
            call = self.calls.pop()
            self.calls.append(draw := Draw(method, call.args, call.kwargs, call.writes))
            draw.outputs, draw.generator = call.outputs, generator
            self._drawn[id(generator)] = fingerprint(state_of(generator))
        return result

    def miss_draws(self) -> None:
        """Stops if a generator was drawn from, or changed, in a way that was not seen."""
        for generator, _ in self.generators.values():
            self._miss_draws(generator)

    def _miss_draws(self, generator: Any) -> None:
        if self._drawn[id(generator)] != fingerprint(state_of(generator)):
            self.missed = True
            self.stop(
                "it draws random numbers where that cannot be seen, or seeds a generator; draw by "
                "numpy.random, a generator that it holds, or this library, and seed outside"
            )

    def _ask(self, function: Callable[..., Any], index: int, answer: Any) -> None:
        """Writes a check down."""
        if not self.is_recording():
            return
        needed = self.needed([index])
        read = {self.roots[i] for i in (index, *(i for call in needed for i in call.reads()))}
        check = Check(function, index, answer)
        self.calls.append(check)
        if read.isdisjoint(self.changed) and not any(
            call.writes or type(call) is Draw for call in needed
        ):
            self.early.update(map(id, (*needed, check)))
            asked = [i for i in self.entered if self.roots[i] in read]
            changed = [i for i in self.entered if self.roots[i] in self.changed]
            self.apart.update(product(asked, changed))

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        written: Sequence[Any] = (),
    ) -> Any:
        """Runs a call on the arrays, writes it down and returns what stands for its result."""
        profile = here.profile
        if profile is None:
            return self._call(function, args, kwargs, written)
        here.profile = None
        sys.setprofile(None)
        try:
            return self._call(function, args, kwargs, written)
        finally:
            here.profile = profile
            sys.setprofile(profile)

    def _run(self, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        """Runs a call, with the profile function set again where it may call the user's code."""
        observed = (
            self.observer is not None
            and _may_call(function, (*args, *kwargs.values()))
            and get_ident() == self._thread
            and sys.getprofile() is None
        )
        if observed:
            here.profile = self.observer
            sys.setprofile(self.observer)
        try:
            return function(*args, **kwargs)
        except Exception as error:
            self.stop(f"{function.__name__} raises {error!r}, as it may not for other values")
            raise
        finally:
            if observed:
                here.profile = None
                sys.setprofile(None)

    def _call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        written: Sequence[Any],
    ) -> Any:
        if self.holds:
            # Elsewhere a ufunc makes no difference between a 0-d array and a scalar.
            map_leaves(
                written if isinstance(function, np.ufunc) else (args, kwargs), self._hold, Recorded
            )
        arrays = value_of if function in SCALAR_OPERATORS else array_of
        args, kwargs = self._with_operands(function, args, kwargs)
        written = [array for array in written if array is not None]
        for array in written:
            self._will_write(array)
        recording = self.is_recording()
        plain_args, refs = self._parted(args, arrays, recording)
        plain_kwargs, keywords = kwargs, kwargs
        if kwargs:
            plain_kwargs, keywords = self._parted(kwargs, arrays, recording)
        if not self.is_recording():
            result = self._run(function, plain_args, plain_kwargs)
            return written[0] if written and result is array_of(written[0]) else result
        numbers = [array._index for array in written]
        call = Call(function, refs, keywords, numbers)
        if not self.quiet and function not in QUIET:
            self.quiet = numpy_errors.get(None) is not self._setting and np.geterr() != self._errors
        result = self._run(function, plain_args, plain_kwargs)
        if not written and isinstance(result, np.ndarray):
            if id(result) in map(id, plain_args[1:]):
                self.stop_at(f"{function.__name__} with a positional out")
                return next(array for array in args[1:] if result is array_of(array))
            if plain_args and result is plain_args[0]:  # as `astype` without a copy does
                return args[0]
        self.calls.append(call)
        if written and result is written[0]._array:
            call.outputs = Ref(numbers[0])
            return written[0]
        if type(result) not in TREES:
            lifted = self._lift(result)
            call.outputs = Ref(lifted._index) if isinstance(lifted, StandIn) else lifted
            return lifted
        lifted = map_leaves(result, self._lift)
        call.outputs = map_leaves(lifted, lambda array: Ref(array._index), StandIn)
        return lifted

    def _parted(self, tree: Any, arrays: Callable[[Any], Any], recording: bool) -> tuple[Any, Any]:
        """A tree of arguments with arrays for the stand-ins, and with what stands for the
        arguments in the recorded call."""
        kind = type(tree)
        if kind is tuple or kind is list:
            plains, refs = [], []
            for part in tree:
                if type(part) is Recorded and recording and part._tape is self:
                    array = part._array
                    plains.append(array if type(array) is np.ndarray else arrays(part))
                    refs.append(Ref(part._index))
                elif type(part) in PLAIN:
                    plains.append(part)
                    refs.append(part)
                else:
                    plain, ref = self._parted(part, arrays, recording)
                    plains.append(plain)
                    refs.append(ref)
            return kind(plains), kind(refs)
        if kind is dict:
            plain, ref = self._parted([*tree.values()], arrays, recording)
            return dict(zip(tree, plain, strict=True)), dict(zip(tree, ref, strict=True))
        if kind in PLAIN:
            return tree, tree
        return arrays(tree), self._refer(tree) if recording else None

    def _with_operands(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The arguments of a call, with the numbers among them as they are where they are
        operands; the others are settled, for they can decide a shape or an axis."""
        if not self.numbers:
            return args, kwargs
        if isinstance(getattr(function, "__self__", None), GENERATORS):
            # A size is no float.
            return map_leaves(
                (args, kwargs), lambda x: x if type(x._array) is float else self.settle(x), Number
            )
        first = 0 if isinstance(function, np.ufunc) else OPERANDS.get(function, len(args))
        settled = map_leaves(args[:first], self.settle, Number)
        return (*settled, *args[first:]), map_leaves(kwargs, self.settle, Number)

    def _hold(self, array: Recorded) -> None:
        """Gives a Tensor's number memory of its own: it is about to be written to, or viewed."""
        if array._is_held and isinstance(array._array, np.generic):
            number = Recorded(self, array._array, array._index)
            made = self.call(np.ndarray.copy, (number,), {})
            array._array = array_of(made)
            if type(made) is Recorded:
                array._index = made._index

    def needed(self, shown: Iterable[int], memory: Iterable[int] = ()) -> list[Call]:
        """The calls on which the values `shown` depend, and all writes to `memory` (roots)."""
        roots = self.roots
        values, wanted = set(shown), {*memory, *(roots[index] for index in shown)}
        found: list[Call] = []
        if not wanted:
            return found
        for call in reversed(self.calls):
            for index in call.writes:
                if roots[index] in wanted:
                    break
            else:
                for index in call.made():
                    if index in values or (index in wanted and roots[index] == index):
                        break
                else:
                    continue
            reads = call.reads()
            values.update(reads)
            wanted.update([roots[index] for index in reads])
            found.append(call)
        return found[::-1]

    def _lift(self, result: Any) -> Any:
        if result is None:
            return None
        if type(result) in (int, float):
            return self.enter_number(result)
        if not isinstance(result, (np.ndarray, np.generic)):
            self.stop_at(f"a result of type {type(result).__name__}")
            return result
        array = result if type(result) is np.ndarray else np.asarray(result)
        index = self._known(array)
        if index is None:
            owner = _owner(array)
            root = None if owner is array else self._known(owner)
            made = root is None or type(self.arrays[root]) is Made
            index = self._add(array, Made.of(array, owner) if made else array, root)
            if root is None and owner is not array:
                # Memory of its own, which may be hidden: `reshape` can return a view of a copy.
                self._numbers[id(owner)] = index, ReferenceType(owner)
        if array is not result:
            self.scalars.add(index)
        return Recorded(self, result, index)

    def _refer(self, leaf: Any) -> Any:
        """What stands for an argument in the recorded call."""
        if isinstance(leaf, StandIn) and leaf._tape is self:
            return Ref(leaf._index)
        if type(leaf) is slice:
            # Its numbers are asked for already, by NumPy.
            return slice(*map(value_of, (leaf.start, leaf.stop, leaf.step)))
        array = array_of(leaf)
        if not isinstance(array, np.ndarray):
            return leaf
        known = self._known(array) is not None
        index = self._number(array)
        if index not in self.constant:
            if known:  # an external array that is reached by another way
                return Ref(index)
            self.constant[index] = array.copy("K")
        elif self.constant[index].tobytes() != array.tobytes():
            self.stop(
                f"a plain array of shape {array.shape} was changed during the run, unseen; keep "
                "arrays that change in a Tensor that the function or its modules hold"
            )
        return Ref(index)

    def _will_write(self, array: Any) -> None:
        if type(array) is not Recorded or array._tape is not self:
            self.stop(
                f"the run writes into a plain array of shape {array.shape}; create it from a "
                "recorded one (np.zeros_like), or hold it in a Tensor"
            )
            return
        root = self.roots[array._index]
        if self.is_recording() and root in self.external and root not in self.changed:
            self.changed.add(root)
            self.before[root] = self.arrays[root].copy()

    def _number(self, array: Array) -> int:
        """The number of an array that is there without the run."""
        index = self._known(array)
        if index is None:
            owner = _owner(array)
            index = self._add(array, array, None if owner is array else self._number(owner))
        return index

    def _known(self, array: Array) -> int | None:
        """The number of an array that has one."""
        index, reference = self._numbers.get(id(array), UNKNOWN)
        return index if reference() is array else None

    def _add(self, array: Array, kept: Any, owner: int | None) -> int:
        """Gives a new number to an array, of which is kept what is said."""
        index = len(self.arrays)
        self._numbers[id(array)] = index, ReferenceType(array)
        self.arrays.append(kept)
        self.roots.append(index if owner is None else self.roots[owner])
        return index


def _may_call(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether a call may run code of the user's."""
    if function not in OF_C:
        return True
    for arg in args:
        if type(arg) is np.ndarray:
            if arg.dtype.hasobject:
                return True
        elif type(arg) not in PLAIN and not isinstance(arg, FIXED):
            return True
    return False


def _owner(array: Array) -> Array:
    """The array whose memory it is."""
    while True:
        base: Any = array.base
        if base is not None and not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # NumPy's windows are views of what holds the array
        if not isinstance(base, np.ndarray):
            return array
        array = base


def _is_ours_reading() -> bool:
    """Whether it is the library that reads a value, not the user through a method of Tensor."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not f"{name}.".startswith("numpy.") and not name.startswith(CARRIERS):
            return name.partition(".")[0] == "mytorch"
        frame = frame.f_back
    return False


def _where() -> str:
    """The line of the user's code that runs, as " (file, line 3)"."""
    frame = sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARIES:
        frame = frame.f_back
    return f" ({frame.f_code.co_filename}, line {frame.f_lineno})"
