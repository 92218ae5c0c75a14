"""Recording: one real run of a function, with stand-ins in place of all arrays that it can reach.

`Reach` finds the places, lays the stand-ins there, tells what the run has changed, and puts things
back; `Recording` runs the function and makes a program of what the tape has.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock, get_ident
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from mytorch.compiler.program import Program
from mytorch.compiler.reads import Reads, watched
from mytorch.compiler.stand_in import Recorded
from mytorch.compiler.state import Place, same, walk
from mytorch.compiler.tape import CompileError, Tape
from mytorch.tensor import Tensor, wrap

__all__ = ["Recording", "recording_threads"]

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


class Reach:
    """What a function can reach, as it is before a run.

    Attributes: `places`; `stand_ins`, each by the id of the array that it stands for; `containers`,
    the lists and dicts with copies of them; `tensors`, by their ids, with their versions.
    """

    def __init__(self, tape: Tape, roots: list[Place]) -> None:
        self._tape = tape
        self._roots = roots
        self.places: list[Place] = []
        self.stand_ins: dict[int, Recorded] = {}
        self.containers: list[tuple[Any, Any]] = []
        self.tensors: dict[int, tuple[Tensor, int]] = {}

    def find(self) -> str | None:
        """Finds all places and makes the stand-ins; returns why the run cannot be recorded, if it
        cannot."""
        try:
            self.places = _settled(self._roots)
        except CompileError as error:
            return str(error)
        troubles = [trouble for place in self.places if (trouble := self._look_at(place))]
        return troubles[0] if troubles else None

    def _look_at(self, place: Place) -> str | None:
        value = place.value
        if isinstance(value, np.ndarray):
            if type(value) is np.ndarray and value.dtype.kind in "fiub":
                if id(value) not in self.stand_ins:
                    self.stand_ins[id(value)] = self._tape.enter(value)
            elif place.parent is None or place.owner is not None:
                return f"{place} is an array of another kind than Tensors hold"
        elif isinstance(value, Tensor):
            self.tensors[id(value)] = value, value._version
            if value.grad_fn is not None:
                return f"{place} is the result of a recorded operation: detach() it first"
        elif isinstance(value, dict):
            if not _is_scope(place):
                self.containers.append((value, dict(value)))
        elif isinstance(value, list):
            self.containers.append((value, list(value)))
        return None

    def lay(self) -> None:
        """Puts the stand-ins into the places."""
        for place in self.places:
            if id(place.value) in self.stand_ins and place.owner is not None:
                try:
                    place.set(self.stand_ins[id(place.value)])
                except Exception as error:
                    self._tape.stop(f"{place} cannot be set: {error!r}")
                    place.owner = None

    def stand_in(self, value: Any) -> Any:
        """An argument with stand-ins in place of arrays."""
        if isinstance(value, np.ndarray):
            return self.stand_ins[id(value)]
        return tuple(map(self.stand_in, value)) if type(value) is tuple else value

    def changes(self) -> list[tuple[Place, Any]]:
        """The places that now hold something else, with what they hold; stops the tape where a
        replay could not do the same."""
        for container, earlier in self.containers:
            if (
                container.keys() != earlier.keys()
                if isinstance(container, dict)
                else len(container) != len(earlier)
            ):
                self._tape.stop(
                    "it adds to or removes from a list, a dict or an object's attributes: "
                    f"{type(container).__name__} of {len(earlier)} entries before"
                )
                return []
        found: list[tuple[Place, Any]] = []
        arrays = (np.ndarray, Tensor)
        for place in self.places:
            if place.owner is None:
                continue
            now = place.get()
            if now is self.stand_ins.get(id(place.value), place.value):
                continue
            if isinstance(now, arrays) or (now is None and isinstance(place.value, arrays)):
                found.append((place, now))
            elif not same(now, place.value):
                self._tape.stop(
                    f"each run changes {place} ({place.value!r} became {now!r}); keep what "
                    "changes in an array"
                )
        return found

    def written(self) -> list[Tensor]:
        """The tensors that were marked as written."""
        return [tensor for tensor, time in self.tensors.values() if tensor._version != time]

    def clear(self) -> None:
        """Puts arrays back where stand-ins lie, also in places that are new."""
        for place in self.places:
            _clear_place(place)
        _clear(self._roots)

    def undo(self) -> None:
        """Makes all state what it was before the run."""
        # The oldest last: a later one may be a view of it.
        for index, array in reversed(self._tape.before.items()):
            self._tape.arrays[index][...] = array
        for container, earlier in self.containers:
            if isinstance(container, dict):
                container.clear()
                container.update(earlier)
            else:
                container[:] = earlier
        for place in self.places:
            if place.owner is not None and place.get() is not place.value:
                place.set(place.value)


class Recording:
    """One recorded run of a function; a `strict` one raises CompileError where there can be no
    program, with all state as before.

    Attributes: `program`, or why there is none, `trouble`; `disturbed`, whether another thread that
    looked at a place during the run may be the reason, so that the next recording can do better.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        strict: bool = False,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.program: Program | None = None
        self.trouble: str | None = None
        self.disturbed = False
        self.tape = Tape(strict)
        # The function first: what it knows by itself is no argument.
        roots = [Place(None, "function", function)]
        values = (*args, *kwargs.values())
        roots += [Place(None, f"x{i}", value) for i, value in enumerate(values)]
        self.reach = Reach(self.tape, roots)
        self.reads = Reads()

    def run(self) -> Any:
        """Runs the function, as if it were not recorded; returns its result without graph."""
        with _one_recording:
            self.trouble = self.reach.find()
            if self.trouble is not None:
                if self.tape.strict:
                    raise CompileError(self.trouble)
                return self.function(*self.args, **self.kwargs)
            random_state = np.random.get_state(legacy=False)
            recording_threads.add(get_ident())
            try:
                result = self._call()
                if _differs(random_state, np.random.get_state(legacy=False)):
                    self.tape.stop("it draws random numbers; draw them outside and pass them in")
                changed = self.reach.changes()
                self._make_program(changed, result)
                result = self._finish(changed, result)
                self._look_for_stand_ins()
            finally:
                recording_threads.discard(get_ident())
                self.tape.open = False
                self.reach.clear()
            if self.trouble is not None and self.tape.strict:
                self.reach.undo()
                np.random.set_state(random_state)
                raise CompileError(self.trouble)
            return result

    def _call(self) -> Any:
        """Calls the function with the stand-ins."""
        stand_in = self.reach.stand_in
        args = tuple(map(stand_in, self.args))
        kwargs = {name: stand_in(value) for name, value in self.kwargs.items()}
        self.reach.lay()
        with self.reads:
            return self.function(*args, **kwargs)

    def _make_program(self, changed: list[tuple[Place, Any]], result: Any) -> None:
        """Makes the program, unless something cannot be in one."""
        tape, reach = self.tape, self.reach
        if tape.trouble is not None:
            return
        written = reach.written()
        # What the program will touch or look at has to be among what it guards.
        used = [tape.arrays[i] for call in tape.calls for i in call.reads() if i in tape.entered]
        needed = [*(place.value for place, _ in changed), *written, *used]
        places = watched(reach.places, self.reads.names, needed)
        try:
            self.program = Program(tape, places, reach.stand_ins, changed, written, result)
        except CompileError as error:
            tape.stop(str(error))

    def _finish(self, changed: list[tuple[Place, Any]], result: Any) -> Any:
        """Puts arrays in place of all stand-ins; returns the result with arrays."""
        self.tape.open = False
        while changed:
            place, value = changed.pop()
            if type(value) is Recorded:
                put(place, value)
            else:
                place.set(self._with_arrays(value))
        result = self._with_arrays(result)
        self.reach.clear()
        self.reach.stand_ins = {}
        return result

    def _with_arrays(self, value: Any) -> Any:
        """The value with arrays in place of stand-ins. Tensors that the run made are made again,
        as replays do: whoever else holds one is then found out by its stand-in."""
        if type(value) is Recorded:
            return value._array
        if isinstance(value, Tensor):
            data: Any = value._data
            if type(data) is not Recorded:
                return value
            if self.tape.trouble is None and id(value) not in self.reach.tensors:
                return wrap(data._array)
            value._data = np.asarray(data._array)
            return value
        if type(value) in (tuple, list):
            return type(value)(map(self._with_arrays, value))
        if type(value) is dict:
            return {key: self._with_arrays(part) for key, part in value.items()}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self._with_arrays, value))
        _clear([Place(None, "result", value)])
        return value

    def _look_for_stand_ins(self) -> None:
        """Finds out whether the run has kept stand-ins where no place is."""
        tape = self.tape
        left = [found for weak in tape.alive if (found := weak()) is not None]
        if tape.trouble is None and left:
            tape.trouble = "it keeps an array where it cannot be found, or part of its graph"
            self.disturbed = len(sys._current_frames()) > 1 and all(
                stand_in._index in tape.entered for stand_in in left
            )
        if tape.trouble is not None:
            self.program, self.trouble = None, tape.trouble


def _settled(roots: list[Place]) -> list[Place]:
    """The places, after what is done once at the next use of an object is done: an optimizer whose
    groups were edited lays its memory out anew, which replays must not do again."""
    places = list(walk(roots))
    late = [place.value for place in places if hasattr(type(place.value), "_settle")]
    for thing in late:
        # What goes wrong there will do so in the run, at its place.
        with suppress(Exception):
            thing._settle()
    return list(walk(roots)) if late else places


def _clear(roots: list[Place]) -> None:
    """Puts arrays back where stand-ins lie below the roots."""
    with suppress(CompileError):
        for place in walk(roots):
            _clear_place(place)


def _clear_place(place: Place) -> None:
    value: Any = place.get()
    if type(value) is Recorded and place.owner is not None:
        put(place, value)


def put(place: Place, stand_in: Recorded) -> None:
    """Puts there what the stand-in stands for; a Tensor holds no NumPy scalar."""
    array = stand_in._array
    place.set(np.asarray(array) if isinstance(place.owner, Tensor) else array)


def _differs(one: Any, other: Any) -> bool:
    return bool(
        one["state"]["pos"] != other["state"]["pos"]
        or (one["state"]["key"] != other["state"]["key"]).any()
        or one["has_gauss"] != other["has_gauss"]
    )


def _is_scope(place: Place) -> bool:
    """Whether a dict is a module's or class's namespace, of which only some names are watched."""
    return (
        place.access == "vars"
        and place.parent is not None
        and isinstance(place.parent.value, type(np))
    )
