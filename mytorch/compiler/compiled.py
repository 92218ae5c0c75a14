"""compile: a function that records its runs, and replays them when they are settled."""

from __future__ import annotations

import functools
import sys
import warnings
from _thread import RLock, get_ident
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from mytorch.compiler.program import MISS, Program
from mytorch.compiler.reads import Reads, watched
from mytorch.compiler.stand_in import Recorded
from mytorch.compiler.state import Place, same, walk
from mytorch.compiler.tape import CompileError, Tape
from mytorch.grad_mode import is_recording
from mytorch.tensor import Tensor, wrap

__all__ = ["compile"]

MOST_PROGRAMS = 16
# How many recordings in a row without a replay show that there will never be one.
MOST_MISSES = 24

# While a run is recorded the stand-ins lie in the places that all threads see.
_one_recording = RLock()
_recording_thread: int | None = None


def compile(function: Callable[..., Any]) -> Compiled:
    """A function that does what `function` does, to the bit, without building a graph each time.

    Used as `torch.compile`: on a training step, a function of tensors, or a module (within
    `no_grad`). Unlike there, what a step returns is cut from its graph, and a step that cannot
    be recorded runs as it is (one warning) or raises CompileError; there is no partial graph.

    The first runs are real ones that are recorded; as soon as two recordings agree, further
    calls replay the NumPy calls into prepared buffers. Everything the function can reach (its
    closure, the globals it names, arguments, and those of their attributes that its Python code
    reads) is watched: another shape, dtype, mode or number (as `optimizer.lr`) records anew;
    arrays are always current.

    Raises CompileError when a tensor's value is read inside: `item`, `bool`, `float`, printing,
    conversion to NumPy, boolean indexing. All state is then as before the call.

    A Python number that each run changes cannot be replayed: keep it in a 0-d array; so too a
    learning rate that changes with each step (`optimizer.lr = numpy.array(0.1, dtype)`, then
    `optimizer.lr[...] = 0.05`). What a run does beside arrays, as printing or taking the next
    item of an iterator, replays do not; NumPy's floating-point warnings may be silent in them.

    >>> from mytorch import Tensor, compile, nn, optim
    >>> model = nn.Linear(1, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> @compile
    ... def step(x, y):
    ...     optimizer.zero_grad()
    ...     loss = nn.MSELoss()(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> losses = [step(Tensor([[1.0], [2.0]]), Tensor([[2.0], [4.0]])).item() for _ in range(100)]
    >>> losses[-1] < 0.1
    True
    """
    return Compiled(function)


class Counts(NamedTuple):
    """How many calls of a compiled function were `recorded` (real runs, too), `replayed`, and run
    as they are, `eager`. Calls inside another one's recorded run are a part of it."""

    recorded: int
    replayed: int
    eager: int


class Compiled:
    """What `compile` returns; attributes that it has not are those of the function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"compile: expected a function or Module, got {type(function)}")
        self.__compiled__ = function
        self._programs: dict[tuple[Any, ...], list[Program]] = {}
        self._candidates: dict[tuple[Any, ...], list[Program]] = {}
        self._misses = 0
        self._recorded = self._replayed = self._uncompiled = 0
        # The kinds of calls that cannot be compiled.
        self._eager: set[tuple[Any, ...]] = set()
        self._lock = RLock()
        # For a Module its attributes are reached by __getattr__ instead.
        if hasattr(function, "__name__"):
            functools.update_wrapper(self, function, updated=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["__compiled__"], name)

    def __repr__(self) -> str:
        return f"compile({self.__compiled__!r})"

    @property
    def counts(self) -> Counts:
        """How many calls were recorded, replayed and run as they are, so far.

        >>> import mytorch
        >>> double = mytorch.compile(lambda x: x * 2)
        >>> for _ in range(5):
        ...     _ = double(mytorch.Tensor([1.0]))
        >>> double.counts
        Counts(recorded=2, replayed=3, eager=0)
        """
        return Counts(self._recorded, self._replayed, self._uncompiled)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _recording_thread is None or _recording_thread != get_ident():
            # In two cases, which saves time.
            if kwargs:
                key: tuple[Any, ...] = (is_recording(), len(args), *kwargs)
                values = (*args, *kwargs.values())
            else:
                key, values = (is_recording(), len(args)), args
            # `with` is slower.
            lock = self._lock
            lock.acquire()
            try:
                for program in self._programs.get(key, ()):
                    result = program.run(*values)
                    if result is not MISS:
                        self._misses = 0
                        self._replayed += 1
                        return result
                if key not in self._eager:
                    return self._record(key, args, kwargs)
                self._uncompiled += 1
            finally:
                lock.release()
        return self.__compiled__(*args, **kwargs)

    def _record(self, key: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One real run, recorded."""
        self._misses += 1
        if self._misses > MOST_MISSES:
            self._give_up(key, "something it depends on was different in each of its runs")
            self._uncompiled += 1
            return self.__compiled__(*args, **kwargs)
        self._recorded += 1
        with _one_recording:
            record = Recording(self.__compiled__, args, kwargs)
            result = record.run()
        if record.trouble is not None:
            if not record.disturbed or self._misses == MOST_MISSES:
                self._give_up(key, record.trouble)
        elif record.program is not None:
            self._settle(key, record.program)
        return result

    def _settle(self, key: tuple[Any, ...], program: Program) -> None:
        """Two recordings that agree are a program: what is drawn at random, counted or hidden
        from view differs in the second."""
        candidates = self._candidates.setdefault(key, [])
        if not any(program.agrees(known) for known in candidates):
            candidates.append(program)
            del candidates[:-MOST_PROGRAMS]
            return
        self._candidates[key] = [known for known in candidates if not program.agrees(known)]
        programs = self._programs.setdefault(key, [])
        programs.insert(0, program)
        del programs[MOST_PROGRAMS:]

    def _give_up(self, key: tuple[Any, ...], reason: str) -> None:
        self._eager.add(key)
        self._programs.pop(key, None)
        self._misses = 0
        name = getattr(self.__compiled__, "__name__", type(self.__compiled__).__name__)
        warnings.warn(f"compile: {name} runs uncompiled from now on: {reason}", stacklevel=4)


class Recording:
    """One real run of a function with stand-ins in place of all arrays it can reach.

    Attributes: `program`, or why there is none, `trouble`; `disturbed`, whether another thread that
    looked at a place during the run may be the reason, so that the next recording can do better.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.program: Program | None = None
        self.trouble: str | None = None
        self.disturbed = False
        self.tape = Tape()
        # The function first: what it knows by itself is no argument.
        self.roots = [Place(None, "function", function)]
        values = (*args, *kwargs.values())
        self.roots += [Place(None, f"x{i}", value) for i, value in enumerate(values)]
        self.places: list[Place] = []
        self.sizes: list[tuple[Any, Any]] = []
        self.stand_ins: dict[int, Recorded] = {}
        self.times: dict[int, tuple[Tensor, int]] = {}
        self.result: Any = None
        self.reads = Reads()

    def run(self) -> Any:
        """Runs the function, as if it were not recorded; returns its result without graph."""
        global _recording_thread
        try:
            self.places = _settled(self.roots)
        except CompileError as error:
            self.trouble = str(error)
        for place in self.places:
            self._look_at(place)
        if self.trouble is not None:
            return self.function(*self.args, **self.kwargs)
        random_state = np.random.get_state(legacy=False)
        before = _recording_thread
        _recording_thread = get_ident()
        try:
            args = tuple(map(self._stand_in, self.args))
            kwargs = {name: self._stand_in(value) for name, value in self.kwargs.items()}
            for place in self.places:
                if id(place.value) in self.stand_ins and place.owner is not None:
                    place.set(self.stand_ins[id(place.value)])
            with self.reads:
                self.result = self.function(*args, **kwargs)
            del args, kwargs
            if _differs(random_state, np.random.get_state(legacy=False)):
                self.tape.stop("it draws random numbers; draw them outside and pass them in")
            self._finish(self._changes())
        finally:
            _recording_thread = before
            self.tape.open = False
            self._clear()
        if self.tape.misread is not None:
            self._undo()
            np.random.set_state(random_state)
            raise self.tape.misread
        return self.result

    def _look_at(self, place: Place) -> None:
        value = place.value
        if isinstance(value, np.ndarray):
            if type(value) is np.ndarray and value.dtype.kind in "fiub":
                if id(value) not in self.stand_ins:
                    self.stand_ins[id(value)] = self.tape.enter(value)
            elif place.parent is None or place.owner is not None:
                self.trouble = f"{place} is an array of another kind than Tensors hold"
        elif isinstance(value, Tensor):
            self.times[id(value)] = value, value._version
            if value.grad_fn is not None and self.trouble is None:
                self.trouble = f"{place} is the result of a recorded operation: detach() it first"
        elif isinstance(value, dict):
            if not _is_scope(place):
                self.sizes.append((value, dict(value)))
        elif isinstance(value, list):
            self.sizes.append((value, list(value)))

    def _stand_in(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self.stand_ins[id(value)]
        return tuple(map(self._stand_in, value)) if type(value) is tuple else value

    def _changes(self) -> list[tuple[Place, Any]]:
        """The places that now hold something else, with what they hold."""
        found: list[tuple[Place, Any]] = []
        for container, earlier in self.sizes:
            if (
                container.keys() != earlier.keys()
                if isinstance(container, dict)
                else len(container) != len(earlier)
            ):
                self.tape.stop(
                    "it adds to or removes from a list, a dict or an object's attributes: "
                    f"{type(container).__name__} of {len(earlier)} entries before"
                )
                return found
        for place in self.places:
            if place.owner is None:
                continue
            now = place.get()
            if now is self.stand_ins.get(id(place.value), place.value):
                continue
            arrays = (np.ndarray, Tensor)
            if not isinstance(now, arrays) and not (
                now is None and isinstance(place.value, arrays)
            ):
                if not same(now, place.value):
                    self.tape.stop(
                        f"each run changes {place} ({place.value!r} became {now!r}); keep what "
                        "changes in an array"
                    )
                continue
            found.append((place, now))
        return found

    def _finish(self, changed: list[tuple[Place, Any]]) -> None:
        """Makes the program, then puts arrays in place of all stand-ins."""
        tape = self.tape
        if tape.trouble is None:
            written = [tensor for tensor, time in self.times.values() if tensor._version != time]
            # What the program will touch or look at has to be among what it guards.
            used = [
                tape.arrays[i] for call in tape.calls for i in call.reads() if i in tape.entered
            ]
            needed = [*(place.value for place, _ in changed), *written, *used]
            places = watched(self.places, self.reads.names, needed)
            try:
                self.program = Program(tape, places, self.stand_ins, changed, written, self.result)
            except CompileError as error:
                tape.stop(str(error))
        tape.open = False
        for place, value in changed:
            if type(value) is Recorded:
                _put(place, value)
            else:
                place.set(self._settled(value))
        self.result = self._settled(self.result)
        self._clear()
        self.stand_ins = {}
        value = None
        changed.clear()
        left = [found for weak in tape.alive if (found := weak()) is not None]
        if tape.trouble is None and left:
            tape.trouble = "it keeps an array where it cannot be found, or part of its graph"
            self.disturbed = len(sys._current_frames()) > 1 and all(
                stand_in._index in tape.entered for stand_in in left
            )
        if tape.trouble is not None:
            self.program, self.trouble = None, tape.trouble

    def _settled(self, value: Any) -> Any:
        """The value with arrays in place of stand-ins. Tensors that the run made are made again,
        as replays do: whoever else holds one is then found out by its stand-in."""
        if type(value) is Recorded:
            return value._array
        if isinstance(value, Tensor):
            data: Any = value._data
            if type(data) is not Recorded:
                return value
            if self.tape.trouble is None and id(value) not in self.times:
                return wrap(data._array)
            value._data = np.asarray(data._array)
            return value
        if type(value) in (tuple, list):
            return type(value)(map(self._settled, value))
        if type(value) is dict:
            return {key: self._settled(part) for key, part in value.items()}
        return value

    def _clear(self) -> None:
        """Puts arrays back where stand-ins lie, also in places that are new."""
        places = self.places
        with suppress(CompileError):
            places = [*places, *walk(self.roots)]
        for place in places:
            value: Any = place.get()
            if type(value) is Recorded and place.owner is not None:
                _put(place, value)

    def _undo(self) -> None:
        """Makes all state what it was before the run."""
        # The oldest last: a later one may be a view of it.
        for index, array in reversed(self.tape.before.items()):
            self.tape.arrays[index][...] = array
        for container, earlier in self.sizes:
            if isinstance(container, dict):
                container.clear()
                container.update(earlier)
            else:
                container[:] = earlier
        for place in self.places:
            if place.owner is not None and place.get() is not place.value:
                place.set(place.value)


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


def _put(place: Place, stand_in: Recorded) -> None:
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
