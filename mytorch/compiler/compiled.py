"""compile: a function that records its runs, and replays them when they are settled."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from _thread import RLock, get_ident
from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter
from types import FunctionType, MethodType
from typing import Any, NamedTuple
from weakref import WeakSet

from mytorch._checks import option
from mytorch.compiler.agreement import agree
from mytorch.compiler.options import check_options
from mytorch.compiler.plan import Plan
from mytorch.compiler.program import MISS, Program
from mytorch.compiler.recording import Changing, Recording, recording_threads
from mytorch.grad_mode import is_recording

__all__ = ["compile"]

MOST_PROGRAMS = 16
# How many recordings in a row without a replay show that there will never be one.
MOST_MISSES = 24


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """A function that does what `model` does, to the bit, without building a graph each time.

    Used as `torch.compile`: on a training step, a function of tensors, or a module (within
    `no_grad`), or without one as a decorator with options. Unlike there, what a step returns is cut
    from its graph, and a step that cannot be replayed as a whole runs as it is, with one warning.

    The first runs are real ones that are recorded; as soon as two recordings agree, further
    calls replay the NumPy calls into prepared buffers. Everything the function can reach (its
    closure, the globals it names, arguments, and those of their attributes that its Python code
    reads) is watched: another shape, dtype or mode records anew; arrays are always current.

    A Python number that is another one in a later call, as `optimizer.lr` or a count that the run
    itself changes, is an input of the replays from then on, with all that is computed of it by
    operators and the functions of `math`. What it decides is asked again: a comparison for its
    truth; an index, a key, a text or a shape only for the very same number.

    Random draws are made anew by each replay, as in a plain run: from the global generator, a
    `mytorch.Generator`, or NumPy's generators and functions.

    It cannot be replayed where a tensor's value is read inside: by `item`, `bool`, `float`,
    printing, conversion to NumPy.

    Arguments: with `fullgraph` a call that cannot be replayed raises CompileError instead, with all
    state as before it; with `disable` the function is returned as it is. `dynamic`, `backend` and
    `mode` are taken where they ask for what is done anyway, for all modes give the same bits.

    What a run does beside arrays, as printing or taking the next
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
    check_options(dynamic, backend, mode, options)
    strict = option("compile", "fullgraph", fullgraph)
    disabled = option("compile", "disable", disable)

    def made(function: Any) -> Any:
        if disabled:
            return function
        compiled = Compiled(function, strict)
        # A Module's is a Module, which this room does not know.
        around = getattr(type(function), "__compiled_as__", None)
        return compiled if around is None else around(function, compiled)

    return made if model is None else made(model)


class Counts(NamedTuple):
    """How many calls of a compiled function were `recorded` (real runs, too), `replayed`, and run
    as they are, `eager`. Calls inside another one's recorded run are a part of it."""

    recorded: int
    replayed: int
    eager: int


class Methods(dict["Compiled", "Compiled"]):
    """What an object's compiled methods are for itself, kept among its attributes, for they have
    hold of it; a copy of the object has none."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return Methods, ()


# Whose locks a child process makes anew: threads that hold them are not there.
_all: WeakSet[Compiled] = WeakSet()


def _unlock_all() -> None:
    for compiled in _all:
        compiled._lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)


class Compiled:
    """What `compile` returns; attributes that it has not are those of the function. In a class it
    is a method, which each object has a compiled one of for itself."""

    def __init__(self, function: Callable[..., Any], strict: bool = False) -> None:
        if not callable(function):
            raise TypeError(f"compile: expected a function or Module, got {type(function)}")
        self.__compiled__ = function
        self._strict = strict
        self._programs: dict[tuple[Any, ...], list[Program]] = {}
        self._candidates: dict[tuple[Any, ...], list[Plan]] = {}
        self._changing: dict[tuple[Any, ...], Changing] = {}
        self._misses = 0
        self._recorded = self._replayed = self._uncompiled = 0
        # The kinds of calls that cannot be compiled.
        self._eager: set[tuple[Any, ...]] = set()
        self._lock = RLock()
        _all.add(self)
        # For a Module its attributes are reached by __getattr__ instead.
        if hasattr(function, "__name__"):
            functools.update_wrapper(self, function, updated=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["__compiled__"], name)

    def __repr__(self) -> str:
        return f"compile({self.__compiled__!r})"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None or not isinstance(self.__compiled__, FunctionType):
            return self
        method = MethodType(self.__compiled__, instance)
        if get_ident() in recording_threads:
            return method
        fields = getattr(instance, "__dict__", None)
        if fields is None:
            return MethodType(self, instance)
        found = fields.get("_compiled_methods", {}).get(self)
        # A shallow copy has hold of the methods of another.
        if found is None or found.__compiled__.__self__ is not instance:
            fields["_compiled_methods"] = known = Methods(fields.get("_compiled_methods", ()))
            found = known[self] = Compiled(method, self._strict)
        return found

    def __reduce__(self) -> Any:
        """By name where it is found by that; else anew, without what was recorded."""
        function: Any = self.__compiled__
        with suppress(AttributeError):
            if attrgetter(self.__qualname__)(sys.modules[self.__module__]) is self:
                return self.__qualname__
            if getattr(function.__self__, function.__name__) is self:
                return getattr, (function.__self__, function.__name__)
        return Compiled, (function, self._strict)

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
        if not recording_threads or get_ident() not in recording_threads:
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
        changing = self._changing.setdefault(key, Changing())
        record = Recording(self.__compiled__, args, kwargs, changing, self._strict)
        result = record.run()
        if record.trouble is not None:
            if not record.disturbed or self._misses == MOST_MISSES:
                self._give_up(key, record.trouble)
        elif record.plan is not None:
            self._settle(key, record.plan)
        return result

    def _settle(self, key: tuple[Any, ...], plan: Plan) -> None:
        """Two recordings that agree are a program: what is drawn unseen, counted or hidden from
        view differs in the second."""
        candidates = self._candidates.setdefault(key, [])
        programs = self._programs.setdefault(key, [])
        # A program did not fit this time; but what was a number of it may be an input now.
        known = candidates + [program.plan for program in programs if plan.numbers()]
        agreeing = [earlier for earlier in known if agree(plan, earlier)]
        if not agreeing:
            plan.forget()
            candidates.append(plan)
            del candidates[:-MOST_PROGRAMS]
            return
        self._candidates[key] = [earlier for earlier in candidates if earlier not in agreeing]
        programs[:] = [program for program in programs if program.plan not in agreeing]
        programs.insert(0, Program(plan))
        del programs[MOST_PROGRAMS:]

    def _give_up(self, key: tuple[Any, ...], reason: str) -> None:
        self._eager.add(key)
        self._programs.pop(key, None)
        self._misses = 0
        name = getattr(self.__compiled__, "__name__", type(self.__compiled__).__name__)
        warnings.warn(f"compile: {name} runs uncompiled from now on: {reason}", stacklevel=4)
