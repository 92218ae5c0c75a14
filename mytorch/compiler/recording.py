"""Recording: one real run of a function, with stand-ins in place of all arrays that it can reach.

`Reach` finds the places, lays the stand-ins there, tells what the run has changed, and puts things
back; `Recording` runs the function and has a plan made of what the tape has.
"""

from __future__ import annotations

import gc
import math
import operator
import os
import sys
from _thread import RLock, get_ident
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any
from weakref import ref

import numpy as np

from mytorch._recorders import recorders
from mytorch._replaced import watch
from mytorch.compiler import numpys
from mytorch.compiler.analysis import Analysis, is_spent
from mytorch.compiler.draws import FUNCTIONS, GENERATORS, GLOBAL, Source, set_state
from mytorch.compiler.number import MATH, NUMERIC, Number
from mytorch.compiler.plan import Plan
from mytorch.compiler.reads import Reads, holder_of, watched
from mytorch.compiler.stand_in import Recorded, StandIn, value_of
from mytorch.compiler.state import Place, has_inside, is_plain, raises_errors, same, walk
from mytorch.compiler.tape import CompileError, Tape
from mytorch.compiler.understood import room_of
from mytorch.errors import UninitializedError
from mytorch.random import default_generator
from mytorch.tensor import Tensor, wrap

__all__ = ["Recording", "recording_threads"]

PLAIN = (bool, int, float, str)

# What has no stand-in and is no container that can change: most of what is found.
NOT_HELD = frozenset([bool, bytes, str, type, type(None), CellType, CodeType, FunctionType])

# The methods that Python refuses to take another number of than its own.
CONVERSIONS = frozenset(
    ["__bool__", "__complex__", "__float__", "__hash__", "__index__", "__int__", "__len__"]
)

# The threads that record now; one at a time, for the stand-ins lie in the places that all see.
recording_threads: set[int] = set()
_one_recording = RLock()
# A process is not split while stand-ins lie around: nobody would put the arrays back in the child.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_one_recording.acquire,
        after_in_parent=_one_recording.release,
        after_in_child=_one_recording.release,
    )


class Changing:
    """Which numbers, of those that a function reaches, change from call to call, and at which
    places arrays, tensors and what has others inside are replaced."""

    def __init__(self) -> None:
        self._last: dict[int, Any] = {}
        self._held: dict[int, ref[Any]] = {}
        self._changed: set[int] = set()
        # Paths by their numbers: how places are reached from the roots, by whichever objects.
        self._paths: dict[Any, int] = {}
        # Whether the code may ask a number for its type, which a stand-in's is not.
        self.asks_types = False
        # Whether a run has added to what it reaches, as a first one may do once and for all.
        self.has_grown = False
        # What the last run has reached that does something once, at its next use.
        self.late: list[ref[Any]] = []

    def add(self, place: Place) -> None:
        """Notes that what is at a place changes."""
        self._changed.add(self.path(place))

    def has(self, place: Place) -> bool:
        """Whether the number at a place has changed since it was asked for the first time."""
        path = self.path(place)
        if not same(self._last.setdefault(path, place.value), place.value):
            self._changed.add(path)
        return path in self._changed and not self.asks_types

    def knows(self, place: Place) -> bool:
        """Whether what is at a place, or beside it in a list, is known to change."""
        changed = self._changed
        return bool(changed) and not changed.isdisjoint((self.path(place), self._beside(place)))

    def replaces(self, place: Place) -> bool:
        """Whether the array or tensor at a place is another than when it was asked for first, or
        known to be replaced."""
        path = self.path(place)
        if path not in self._held:
            self._held[path] = ref(place.value)
        elif self._held[path]() is not place.value:
            self.add_replaced(place)
        return self.knows(place)

    def add_replaced(self, place: Place) -> None:
        """Notes that what is at a place is replaced."""
        self.add(place)
        if isinstance(place.owner, (list, deque)) and holder_of(place) != "ours":
            self._changed.add(self._beside(place))

    def _beside(self, place: Place) -> int:
        """The number of the places beside one, in what holds them."""
        step = self.path(place.parent), "beside", None
        return self._paths.setdefault(step, len(self._paths))

    def path(self, place: Place | None) -> int:
        """The number of a place's path."""
        if place is None:
            return -1
        if place.path is None:
            step = self.path(place.parent), place.access, place.key
            place.path = self._paths.setdefault(step, len(self._paths))
        return place.path


class Reach:
    """What a function can reach, as it is before a run.

    Attributes: `places`; `stand_ins`, each by the id of the array that it stands for; `numbers`,
    the stand-ins of numbers, by the ids of their places; `laid`, by the ids of places, what was put
    there; `grows_first`, whether the run is the first that adds to what it reaches; `containers`,
    all that hold others with copies of them; `tensors`, by their ids, with their versions.
    """

    def __init__(self, tape: Tape, roots: list[Place], changing: Changing) -> None:
        self._tape = tape
        self._roots = roots
        self.changing = changing
        self.places: list[Place] = []
        self.stand_ins: dict[int, Recorded] = {}
        self.numbers: dict[int, Number] = {}
        self.laid: dict[int, Any] = {}
        # The ids of the places where no stand-in can be put.
        self._bare: set[int] = set()
        # The ids of the places where each run may find another array, tensor, container or object.
        self.replaced: set[int] = set()
        self.containers: list[tuple[Any, Any]] = []
        self.tensors: dict[int, tuple[Tensor, int]] = {}
        self.grows_first = False
        self._sources: dict[int, Source] = {}
        numpys = self.source(GLOBAL)
        self.draws = {name: getattr(numpys, name) for name in FUNCTIONS}
        self._functions = {id(FUNCTIONS[name]): draw for name, draw in self.draws.items()}
        # What is to lie where a value is, by the value's id.
        self._by_value: dict[int, Any] = {}

    def find(self) -> str | None:
        """Finds all places and makes the stand-ins; returns why the run cannot be recorded, if it
        cannot."""
        watch()
        if raises_errors():
            return "NumPy is to do more about floating-point errors than to warn of them"
        if numpys.replaced():
            return "somebody has replaced a function of NumPy"
        try:
            self.places = self._settled()
        except CompileError as error:
            return str(error)
        except UninitializedError:
            raise
        except Exception as error:
            return f"looking at an object of the user's raises {error!r}"
        troubles = [trouble for place in self.places if (trouble := self._look_at(place))]
        if self.numbers:
            self._functions |= {id(getattr(math, name)): MATH[name] for name in MATH}
        return troubles[0] if troubles else None

    def _settled(self) -> list[Place]:
        """The places, after what is done once at the next use of an object is done: an optimizer
        whose groups were edited lays its memory out anew, which replays must not do again."""
        late = [thing for weak in self.changing.late if (thing := weak()) is not None]
        done: dict[int, Any] = {}
        while True:
            for thing in late:
                # What goes wrong there will do so in the run, at its place.
                with suppress(Exception):
                    thing._settle()
            done |= {id(thing): thing for thing in late}
            places = list(walk(self._roots))
            kinds = {kind for kind in {type(p.value) for p in places} if hasattr(kind, "_settle")}
            found = [p.value for p in places if type(p.value) in kinds] if kinds else []
            late = [thing for thing in found if id(thing) not in done]
            if not late:
                self.changing.late = [ref(x) for x in found if hasattr(x, "__weakref__")]
                return places

    def _look_at(self, place: Place) -> str | None:
        value = place.value
        if (
            place.owner is not None
            and type(place.key) not in (str, int)
            and isinstance(place.owner, dict)
            and place.get() is not value
        ):
            return f"{place} is not found by its key, whose hash has changed"
        if type(value) in NOT_HELD:
            return None
        if type(value) in NUMERIC:
            if _can_change(place) and self.changing.has(place):
                self.numbers[id(place)] = self._tape.enter_number(value)
            return None
        if isinstance(value, (np.ndarray, Tensor)):
            if self.changing.replaces(place):
                self.replaced.add(id(place))
        elif self.changing.knows(place) and has_inside(value):
            self.replaced.add(id(place))
        if isinstance(value, np.ndarray):
            if type(value) is np.ndarray and value.dtype.kind in "fiub":
                if id(value) not in self.stand_ins:
                    self.stand_ins[id(value)] = self._tape.enter(value)
            elif place.parent is None or place.owner is not None:
                return f"{place} is an array of another kind than Tensors hold"
        elif isinstance(value, Tensor):
            self.tensors[id(value)] = value, value._version
            self.containers.append((vars(value), dict(vars(value))))
            if value.grad_fn is not None and not is_spent(value):
                return f"{place} is the result of a recorded operation: detach() it first"
        elif isinstance(value, dict):
            if not _is_scope(place):
                self.containers.append((value, dict(value)))
        elif isinstance(value, (list, deque, set)):
            self.containers.append((value, value.copy()))
        elif isinstance(value, GENERATORS):
            self.source(value)
        return None

    def source(self, generator: Any) -> Source:
        """The stand-in for a generator."""
        self._tape.enter_generator(generator)
        return self._sources.setdefault(id(generator), Source(self._tape, generator))

    def lay(self) -> None:
        """Puts the stand-ins into the places; those inside a tuple in another tuple."""
        self._by_value = self._functions | self._sources | self.stand_ins
        parts: dict[int, dict[int, Place]] = {}
        for place in self.places:
            parent = place.parent
            if parent is not None and isinstance(parent.value, tuple) and "[" in place.access:
                parts.setdefault(id(parent.value), {})[place.key] = place
        tuples: dict[int, Any] = {}
        for place in self.places:
            thing: Any = place.value
            if id(place) in self.numbers or isinstance(thing, tuple):
                thing = self._stand_in(place, parts, tuples)
            else:
                thing = self._by_value.get(id(thing), thing)
            if thing is place.value:
                continue
            if place.owner is not None:
                try:
                    place.set(thing)
                    self.laid[id(place)] = thing
                except Exception as error:
                    self._tape.stop(f"{place} cannot be set: {error!r}")
                    place.owner = None
            elif place.parent is None:
                self.laid[id(place)] = thing
            elif (
                not isinstance(place.parent.value, tuple)
                and id(place.value) not in self._functions  # which lie in their modules
                and self._stand_in(place.parent, parts, tuples) is place.parent.value
            ):
                self._bare.add(id(place))

    def _stand_in(
        self, place: Place, parts: dict[int, dict[int, Place]], tuples: dict[int, Any]
    ) -> Any:
        """What is to lie at a place."""
        value = place.value
        if id(place) in self.numbers:
            return self.numbers[id(place)]
        if isinstance(value, tuple):
            if id(value) not in tuples:
                known = parts.get(id(value), {})
                made = [
                    self._stand_in(known[i], parts, tuples) if i in known else part
                    for i, part in enumerate(value)
                ]
                tuples[id(value)] = (
                    value if all(map(operator.is_, made, value)) else remade(value, made)
                )
            return tuples[id(value)]
        return self._by_value.get(id(value), value)

    def bare(self, places: list[Place]) -> Place | None:
        """One of these places where no stand-in can be put."""
        return next((place for place in places if id(place) in self._bare), None)

    def argument(self, place: Place) -> Any:
        """What stands for the argument at a place."""
        return self.laid.get(id(place), place.value)

    def changes(self) -> list[tuple[Place, Any]]:
        """The places that now hold something else, with what they hold; stops the tape where a
        replay could not do the same."""
        for container, earlier in self.containers:
            # Of lists the entries are places.
            if len(container) != len(earlier) or not (
                isinstance(container, (list, deque)) or all(map(operator.is_, container, earlier))
            ):
                alone = self._tape.trouble is None
                self._tape.stop(
                    "it adds to or removes from a list, a dict or an object's attributes, or "
                    "changes their order: "
                    f"{type(container).__name__} of {len(earlier)} entries before"
                )
                self.grows_first = alone and not self.changing.has_grown
                self.changing.has_grown = True
                return []
        found: list[tuple[Place, Any]] = []
        # A container that the run has found cannot be made anew.
        known = {
            id(place.value) for place in self.places if type(place.value) in (tuple, list, dict)
        }
        for place in self.places:
            if place.owner is None:
                parent = place.parent
                kind = place.value if parent is None else type(parent.value)
                if place.access == "type({})" and kind is not place.value:
                    self._tape.stop(f"each run changes the class of {parent}")
                continue
            now = place.get()
            if now is self.laid.get(id(place), place.value):
                continue
            # Where each run finds another number, the same one was set as well.
            if id(place) not in self.numbers and type(now) in PLAIN and same(now, place.value):
                continue
            if not (_can_be_made(now) and id(now) not in known) and not isinstance(now, Tensor):
                self._tape.stop(f"each run changes {place}: it held {place.value!r}, now {now!r}")
                continue
            if type(value_of(now)) in NUMERIC and type(place.value) in NUMERIC:
                self.changing.add(place)
            found.append((place, now))
        return found

    def written(self) -> list[Tensor]:
        """The tensors that were marked as written."""
        return [tensor for tensor, time in self.tensors.values() if tensor._version != time]

    def clear(self) -> None:
        """Puts arrays back where stand-ins lie, also in places that are new."""
        for place in self.places:
            if place.owner is not None:
                now = place.get()
                if now is self.laid.get(id(place), self):
                    place.set(place.value)
                elif isinstance(now, StandIn):
                    put(place, now)
        self.stand_ins, self.numbers, self.laid, self._by_value = {}, {}, {}, {}
        if any(weak() is not None for weak in self._tape.alive):
            _clear(self._roots)

    def undo(self) -> None:
        """Makes all state what it was before the run."""
        for generator, state in self._tape.generators.values():
            set_state(generator, state)
        # The oldest last: a later one may be a view of it.
        for index, contents in reversed(self._tape.before.items()):
            array = self._tape.arrays[index]
            if array.flags.writeable:
                array[...] = contents
        for container, earlier in self.containers:
            container.clear()
            if isinstance(container, (dict, set)):
                container.update(earlier)
            else:
                container.extend(earlier)
        for place in self.places:
            if place.owner is not None and place.get() is not place.value:
                place.set(place.value)


class Recording:
    """One recorded run of a function; a `strict` one raises CompileError where there can be no
    program, with all state as before.

    Attributes: `plan`, or why there is none, `trouble`; `disturbed`, whether another thread that
    looked at a place during the run may be the reason, so that the next recording can do better.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        changing: Changing,
        strict: bool = False,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.plan: Plan | None = None
        self.trouble: str | None = None
        self.disturbed = False
        self.tape = Tape(strict)
        # The function first: what it knows by itself is no argument.
        roots = [Place(None, "function", function)]
        values = (*args, *kwargs.values())
        roots += [Place(None, f"x{i}", value) for i, value in enumerate(values)]
        self.roots = roots
        self.reach = Reach(self.tape, roots, changing)
        self.reads = Reads(self.tape.refuse)
        self.misunderstood: str | None = None

    def run(self) -> Any:
        """Runs the function, as if it were not recorded; returns its result without graph."""
        with _one_recording, _no_collection():
            try:
                self.trouble = self.reach.find()
            except UninitializedError as error:  # the run is about to give the tensor its shape
                self.trouble, self.disturbed = str(error), True
            if self.trouble is not None:
                if self.tape.strict:
                    raise CompileError(self.trouble)
                return self.function(*self.args, **self.kwargs)
            recording_threads.add(get_ident())
            recorders[get_ident()] = self.tape
            try:
                result = self._recorded()
            except Exception as error:
                if not self._can_be_repeated():
                    raise
                self.tape.stop(f"it raises {error!r}{_line_of(error)} while it is recorded")
                self.trouble = self.tape.trouble
            else:
                if self.trouble is not None and self.tape.strict:
                    self.reach.undo()
                    raise CompileError(self.trouble)
                self.tape.arrays.clear()  # before a program has memory of its own
                return result
            finally:
                recording_threads.discard(get_ident())
                del recorders[get_ident()]
                self.tape.open = False
                self.tape.observer = None  # which has hold of the tape
                if self.reach.laid:  # the run has raised
                    self.reach.clear()
            return self._repeated()

    def _recorded(self) -> Any:
        """The result of the function called with stand-ins, which it does not have any more."""
        # In a list, for nobody else is to have hold of its stand-ins when they are cleared.
        results = [self._call()]
        if any(map(_tells_numbers_apart, self.reads.users())):
            self.reach.changing.asks_types = True
        self.tape.miss_draws()
        changed = self.reach.changes()
        self._make_plan(changed, results[0])
        result = self._finish(changed, results)
        self._look_for_stand_ins()
        return result

    def _can_be_repeated(self) -> bool:
        """Whether all that a run has done can be undone, after an error that may be a stand-in's,
        as where C code asks for an array's memory."""
        reads = self.reads
        if self.tape.reaches_out or reads.ran is None:
            return False
        return reads.misunderstood(watched(self.reach.places, reads.names, (), reads)) is None

    def _repeated(self) -> Any:
        """The result of the function called as it is, with all state as before the run."""
        self.reach.undo()
        result = self.function(*self.args, **self.kwargs)
        if self.tape.strict:
            self.reach.undo()
            raise CompileError(self.trouble)
        return result

    def _call(self) -> Any:
        """Calls the function with the stand-ins."""
        self.reach.lay()
        values = [self.reach.argument(root) for root in self.roots[1:]]
        args, kwargs = values[: len(self.args)], values[len(self.args) :]
        del values
        functions = MATH if self.reach.numbers else {}
        numpys = {"numpys": self.reach.source(GLOBAL)}
        with (
            replaced(np.random, self.reach.draws),
            replaced(default_generator, numpys),
            replaced(math, functions),
            self.reads as self.tape.observer,
        ):
            return self.function(*args, **dict(zip(self.kwargs, kwargs, strict=True)))

    def _make_plan(self, changed: list[tuple[Place, Any]], result: Any) -> None:
        """Makes the plan, unless something cannot be in one."""
        tape, reach = self.tape, self.reach
        if tape.trouble is not None:
            return
        written = reach.written()
        # What the program will touch or look at has to be among what it guards.
        used = [tape.arrays[i] for call in tape.calls for i in call.reads() if i in tape.entered]
        needed = [*(place.value for place, _ in changed), *written, *used]
        reads = self.reads
        places = watched(reach.places, reads.names, needed, reads)
        kept = {id(place) for place in places}
        numbers = {i for call in tape.calls for i in call.reads()}
        numbers |= {x._index for x in _leaves([changed, result]) if type(x) is Number}
        unkept = reach.numbers.keys() - kept
        if any(reach.numbers[key]._index in numbers for key in unkept) or any(
            id(place) not in kept for place, _ in changed
        ):
            places = reach.places
        self.misunderstood = reads.misunderstood(places)
        bare = reach.bare(places)
        if bare is not None:
            kind = type(bare.parent.value if bare.parent else None).__name__
            tape.stop(f"{bare} is in a {kind}, where it cannot be watched: hold it elsewhere")
            return
        places = [*places, *reads.replaceable(places)]
        try:
            analysis = Analysis(tape, places, changed, result)
            # What is told of an object by a number is not watched.
            replaced = set() if reads.asks_numbers_of_objects() else reach.replaced
            self.plan = plan = analysis.plan(reach.stand_ins, reach.numbers, replaced, written)
            plan.identities = (
                reads.asks_identity()
                or any(map(_is_keyed_by_tensors, places))
                or any(id(p) in plan.variables and is_plain(p.value) for p in places)
            )
        except CompileError as error:
            tape.stop(str(error))

    def _finish(self, changed: list[tuple[Place, Any]], results: list[Any]) -> Any:
        """Puts arrays in place of all stand-ins; returns the result with arrays, of which it
        empties both lists."""
        self.tape.open = False
        while changed:
            place, value = changed.pop()
            if isinstance(value, StandIn):
                put(place, value)
            else:
                place.set(self._with_arrays(value))
            del value
        result = self._with_arrays(results.pop())
        self.reach.clear()
        return result

    def _with_arrays(self, value: Any) -> Any:
        """The value with arrays in place of stand-ins. Tensors that the run made are made again,
        as replays do: whoever else holds one is then found out by its stand-in."""
        if isinstance(value, StandIn):
            return value._array
        if isinstance(value, Tensor):
            data: Any = value._data
            if type(data) is not Recorded:
                return value
            if self.tape.trouble is None and id(value) not in self.reach.tensors:
                return wrap(data._array)
            value._data = np.asarray(data._array)
            return value
        if isinstance(value, tuple):
            return remade(value, [*map(self._with_arrays, value)])
        if type(value) is list:
            return [*map(self._with_arrays, value)]
        if type(value) is dict:
            return {key: self._with_arrays(part) for key, part in value.items()}
        _clear([Place(None, "result", value)])
        return value

    def _look_for_stand_ins(self) -> None:
        """Finds out whether the run has kept stand-ins where no place is."""
        tape = self.tape
        self.disturbed = self.reads.imports
        left = [found for weak in tape.alive if (found := weak()) is not None]
        # A number that is settled is the same in each run, wherever it is kept.
        left = [found for found in left if found._index not in tape.settled]
        if tape.trouble is None and left:
            tape.trouble = "it keeps an array where it cannot be found, or part of its graph"
            self.disturbed = len(sys._current_frames()) > 1 and all(
                stand_in._index in tape.entered for stand_in in left
            )
        if self.reach.grows_first:
            self.disturbed = True
        if tape.missed:
            self.disturbed = len(sys._current_frames()) > 1
        self.trouble = tape.trouble or self.misunderstood
        if self.trouble is not None:
            self.plan = None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps the garbage collector away: whose finalizers it would run have no part in a run."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _clear(roots: list[Place]) -> None:
    """Puts arrays back where stand-ins lie below the roots."""
    with suppress(CompileError):
        for place in walk(roots):
            value: Any = place.get()
            if isinstance(value, StandIn) and place.owner is not None:
                put(place, value)


def remade(value: tuple[Any, ...], parts: list[Any]) -> tuple[Any, ...]:
    """A tuple of the same class with other parts."""
    made = tuple.__new__(type(value), parts)
    if hasattr(value, "__dict__"):
        vars(made).update(vars(value))
    return made


def put(place: Place, stand_in: StandIn) -> None:
    """Puts there what the stand-in stands for; a Tensor holds no NumPy scalar."""
    value = stand_in._array
    place.set(np.asarray(value) if isinstance(place.owner, Tensor) else value)


@contextmanager
def replaced(owner: Any, attributes: Mapping[str, Any]) -> Iterator[None]:
    """Has a module or an object other attributes for a while."""
    before = {name: getattr(owner, name) for name in attributes}
    try:
        for name, value in attributes.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


def _leaves(tree: Any) -> Iterator[Any]:
    """What is in a tree of tuples, of any class, lists and dicts."""
    if isinstance(tree, (tuple, list, dict)):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(part)
    else:
        yield tree


def _can_change(place: Place) -> bool:
    """Whether a stand-in can be put there: into an owner, a tuple in one, or an argument."""
    while place.owner is None and place.parent is not None:
        if not isinstance(place.parent.value, tuple):
            return False
        place = place.parent
    return place.owner is not None or place.access != "function"


def _can_be_made(value: Any) -> bool:
    """Whether a replay can make a value: a plain one, or a container of such and arrays."""
    kind = type(value)
    if kind in (tuple, list):
        return all(map(_can_be_made, value))
    if kind is dict:
        return all(map(_can_be_made, (*value, *value.values())))
    return value is None or kind in PLAIN or isinstance(value, (StandIn, np.ndarray, Tensor))


def _line_of(error: BaseException) -> str:
    """The last line of the user's code that an error came through, as " (file, line 3)"."""
    found, traceback = "", error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if room_of(str(frame.f_globals.get("__name__"))) == "user":
            found = f" ({frame.f_code.co_filename}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return found


def _is_keyed_by_tensors(place: Place) -> bool:
    """Whether the user can ask by it which tensor another one is."""
    value = place.value
    keyed = isinstance(value, (dict, set)) and any(isinstance(key, Tensor) for key in value)
    return keyed and holder_of(place) != "ours"


def _tells_numbers_apart(code: CodeType) -> bool:
    """Whether the code may ask a number for its type, or gives one to C code that does."""
    return "type" in code.co_names or code.co_name in CONVERSIONS


def _is_scope(place: Place) -> bool:
    """Whether a dict is a module's or class's namespace, of which only some names are watched."""
    return (
        place.access == "vars"
        and place.parent is not None
        and isinstance(place.parent.value, ModuleType)
    )
