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
from mytorch.compiler.changes import told
from mytorch.compiler.explanation import explanation
from mytorch.compiler.kinds import Kind
from mytorch.compiler.options import check_options
from mytorch.compiler.program import MISS
from mytorch.compiler.recording import Recording, recording_threads
from mytorch.compiler.state import Place
from mytorch.compiler.trial import Trial
from mytorch.grad_mode import is_recording
from mytorch.observe import audience, observed

__all__ = ["compile"]


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

    The first runs are real ones that are recorded, or compared with a replay; as soon as two agree,
    further calls replay the NumPy calls into prepared buffers. Everything the function can reach
    (its closure, the globals it names, arguments, and those of their attributes that its Python
    code reads) is watched: another shape, dtype or mode records anew. Arrays are always current,
    numbers that change become inputs, and NumPy's generators draw anew. What leads to nothing is
    recorded ever more seldom. `counts` of the result tells which calls were which.

    It cannot be replayed where a tensor's value is read inside: by `item`, `bool`, `float`,
    printing, conversion to NumPy.

    Arguments: with `fullgraph` a call that cannot be replayed raises CompileError instead, with all
    state as before it; with `disable` the function is returned as it is. `dynamic`, `backend` and
    `mode` are taken where they ask for what is done anyway, for all modes give the same bits.

    What is not understood is not replayed: a step that asks a clock, Python's `random`, a file or
    an iterator that lives on, or that prints, runs as it is. NumPy's floating-point warnings may be
    silent in replays. docs/compile.md tells more.

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
    """How many calls of a compiled function were `recorded` (real runs, too, or such beside a first
    replay), `replayed`, and run as they are, `eager`. Calls inside another one's recorded run are a
    part of it."""

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
        self._kinds: dict[Any, Kind] = {}
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
        kinds = self._kinds.values()
        return Counts(
            sum(kind.recorded for kind in kinds),
            sum(kind.replayed for kind in kinds),
            sum(kind.eager for kind in kinds),
        )

    def explain(self) -> str:
        """What is replayed, as a text of at most 80 columns: for each kind of call its programs,
        and of each the inputs, which may change, the guards, the buffers, and the steps in order.

        >>> import mytorch
        >>> double = mytorch.compile(lambda x: x * 2)
        >>> for _ in range(3):
        ...     _ = double(mytorch.Tensor([1.0, 3.0]))
        >>> print(double.explain())
        1 argument, recording: 1 program
        <BLANKLINE>
        inputs   x0: float64 (2,)
        guards   8, of 6 values that have to be the same
        buffers  0 arrays, 0 bytes
        steps    %1: float64 (2,) = multiply(x0, 2.0)
        result   Tensor(%1)
        """
        parts = []
        for key, kind in self._kinds.items():
            number, *names = key if isinstance(key, tuple) else (key,)
            count, mode = (number, "recording") if number >= 0 else (~number, "within no_grad")
            what = ", ".join([f"{count} argument{'s' * (count != 1)}", *names, mode])
            programs = kind.programs
            parts.append(f"{what}: {len(programs)} program{'s' * (len(programs) != 1)}")
            parts += [explanation(program.plan) for program in programs]
        return "\n\n".join(parts)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not recording_threads or get_ident() not in recording_threads:
            # In two cases, which saves time, as does a number for a key.
            key: Any = len(args) if is_recording() else ~len(args)
            values = args
            if kwargs:
                key, values = (key, *kwargs), (*args, *kwargs.values())
            # `with` is slower.
            lock = self._lock
            lock.acquire()
            try:
                try:
                    kind = self._kinds[key]
                except KeyError:
                    kind = self._kinds[key] = Kind()
                if observed and (listening := audience()) is not None:
                    # A replay would have nothing to show.
                    listening.tell("uncompiled", self)
                else:
                    for program in kind.programs:
                        result = program.run(*values)
                        if result is not MISS:
                            kind.replayed += 1
                            if program is not kind.programs[0]:
                                kind.prefer(program)
                            return result
                    if kind.may_record(values):
                        trial = kind.begin_trial(values)
                        if trial is not None:
                            return self._try(kind, trial, args, kwargs)
                        return self._record(kind, args, kwargs)
                    if not kind.warned and kind.new is not None and kind.is_waiting():
                        self._warn(kind, None, kind.latest()[0].places, stacklevel=3)
                kind.eager += 1
            finally:
                lock.release()
        return self.__compiled__(*args, **kwargs)

    def _try(self, kind: Kind, trial: Trial, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One real run, beside which a program was replayed."""
        kind.begin()
        recording_threads.add(get_ident())  # what is compiled inside is a part of it
        try:
            result = trial.run(self.__compiled__, args, kwargs)
        finally:
            recording_threads.discard(get_ident())
        kind.end_trial(trial)
        if kind.is_waiting() and not kind.warned:
            self._warn(kind, None, trial.program.plan.places, stacklevel=4)
        return result

    def _record(self, kind: Kind, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One real run, recorded."""
        record = Recording(self.__compiled__, args, kwargs, kind.changing, self._strict)
        if not self._strict:
            kind.begin()
        result = record.run()
        if self._strict:  # one that raises is not the last to do so
            kind.begin()
        if record.plan is not None:
            kind.settle(record.plan)
        elif not record.disturbed:
            kind.pass_over()
        if kind.is_waiting() and not kind.warned:
            self._warn(kind, record.trouble, record.reach.places, stacklevel=4)
        return result

    def _warn(self, kind: Kind, trouble: str | None, places: list[Place], stacklevel: int) -> None:
        """Tells, once, that calls run as they are."""
        kind.warned = True
        reason = trouble or told(kind.latest(), places, kind.new)
        name = getattr(self.__compiled__, "__name__", type(self.__compiled__).__name__)
        text = f"compile: {name} runs uncompiled from now on: {reason}"
        warnings.warn(text, stacklevel=stacklevel)
