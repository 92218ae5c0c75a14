"""Arenas: what an optimizer remembers of many parameters, end to end in a few flat arrays.

One NumPy call then serves all parameters, instead of one for each, and calls are nearly all of a
small net's step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np

from mytorch._kernels.constants import number
from mytorch.tensor import Tensor, gradient_of, wrap

__all__ = ["Arena", "Array", "Flat", "Group", "Segment", "is_large"]

Array: TypeAlias = np.ndarray[Any, Any]
Group: TypeAlias = dict[str, Any]

# How many numbers of a large parameter are updated at a time: what one call leaves in the cache
# the next one finds there.
BLOCK = 2**15
# A formula has no more numbers than these.
NUMBERS = 8


def is_large(param: Tensor) -> bool:
    """Whether a parameter has an arena of its own, where it is updated block by block."""
    return param.numel() > 2 * BLOCK


class Flat:
    """A flat array, `whole`, with views of its parts, end to end: `rows`, flat, and `parts`, of
    these shapes."""

    def __init__(self, whole: Array, shapes: Sequence[tuple[int, ...]]) -> None:
        ends = pairwise([0, *accumulate(map(prod, shapes))])
        self.whole = whole
        # Tuples hold what they held: to watch them costs a compiled step nothing.
        self.rows = tuple([whole[start:end] for start, end in ends])
        self.parts = tuple([row.reshape(s) for row, s in zip(self.rows, shapes, strict=True)])


class Segment:
    """What is updated at a time: all parameters of an arena, one of them, or a block of one.

    Attributes: `params`, these; `out`, a flat array for their changes; `arrays`, what is
    remembered of them, flat, or None. If there are several parameters, `parts` are the views of
    `out` for each of them, and `pieces` those of each of the arrays.
    """

    __slots__ = ("arrays", "out", "params", "parts", "pieces")

    def __init__(
        self,
        params: Sequence[Tensor],
        out: Array,
        arrays: Sequence[Array | None],
        parts: Sequence[Array] = (),
        pieces: Sequence[Sequence[Array]] = (),
    ) -> None:
        self.params = params
        self.out = out
        self.arrays = arrays
        self.parts = parts
        self.pieces = pieces

    # The loops are over sequences of one length; `strict` would take time.

    def gather(self, decay: Any, maximize: Any) -> Array:
        """The gradients, or with `maximize` their opposites, plus decay * W, flat: in `out`, or
        where one alone is, which is not to be written to."""
        params, out, parts = self.params, self.out, self.parts
        if parts:
            for param, part in zip(params, parts):  # noqa: B905
                gradient: Any = param._grad  # as by `gradient_of`, without a call each
                part[...] = gradient._data if isinstance(gradient, Tensor) else gradient
        else:
            flat: Array = gradient_of(params[0]).reshape(-1)
            if not decay and not maximize:
                return flat
            out[...] = flat
            parts = (out.reshape(params[0]._data.shape),)
        if maximize:
            np.negative(out, out)
        if decay:
            for param, part in zip(params, parts):  # noqa: B905
                part += decay * param._data
        return out

    def add(self, change: Array, keep: Any) -> None:
        """Adds to each parameter its part of the change, before that multiplied by `keep` unless
        it is None."""
        params, add = self.params, np.add
        if keep is not None:
            for param in params:
                np.multiply(param._data, keep, param._data)
        for param, part in zip(params, self._parts(change)):  # noqa: B905
            data = param._data
            add(data, part, data)

    def _parts(self, change: Array) -> Sequence[Array]:
        """The views of a change for each parameter."""
        parts = self.parts
        if not parts:
            return (change.reshape(self.params[0]._data.shape),)
        if change is not self.out:
            # Not by the arrays of the pieces: while `compile` records, it stands for its own.
            for array, views in zip(self.arrays, self.pieces):  # noqa: B905
                if array is change:
                    return views
            self.out[...] = change
        return parts


class Arena:
    """What is remembered of a group's parameters of one dtype, or of a large one.

    Attributes: `group`; `params`, which are the arena's; `dtype`, theirs; `arrays`, for each name
    the remembered numbers of all, a Flat, or None as long as they are not needed; `counts`, for
    each name one float64 of each parameter, the first of which is how many steps it has made.
    """

    def __init__(
        self,
        group: Group,
        params: Sequence[Tensor],
        counts: Iterable[str],
        arrays: Mapping[str, str],
    ) -> None:
        self.group = group
        self.params = tuple(params)
        self.dtype = params[0].dtype
        self._shapes = [param.shape for param in params]
        ones: list[tuple[int, ...]] = [()] * len(params)
        self._counts = {name: Flat(np.zeros(len(params)), ones) for name in counts}
        self.counts = [flat.whole for flat in self._counts.values()]
        self.arrays: dict[str, Flat | None] = dict.fromkeys(arrays)
        self._needed = arrays
        # Whether the counts of the parameters differ, so that each is updated by itself; an array,
        # for what each run may set can then be recorded.
        self.differ = np.zeros((), bool)
        self.in_blocks = is_large(params[0])
        self._out = Flat(np.zeros(BLOCK, self.dtype), []) if self.in_blocks else self.zeros()
        self._rooms = [np.zeros((), self.dtype) for _ in range(NUMBERS)]
        self.gather_arrays()

    def zeros(self) -> Flat:
        """A zero for each number of the parameters."""
        return Flat(np.zeros(sum(map(prod, self._shapes)), self.dtype), self._shapes)

    def begin(self, name: str, value: float = 0.0) -> Flat:
        """Remembers numbers of this name from now on, of this value at first."""
        self.arrays[name] = flat = self.zeros()
        flat.whole.fill(value)
        self.gather_arrays()
        return flat

    def gather_arrays(self) -> None:
        """Makes the segment of all parameters, when there are other arrays than before."""
        flats = self.arrays.values()
        arrays = tuple([None if flat is None else flat.whole for flat in flats])
        views = [() if flat is None else flat.parts for flat in (self._out, *flats)]
        parts, *pieces = views if len(self.params) > 1 else [()]
        self.absent = [
            (name, self._needed[name])
            for name, flat in self.arrays.items()
            if flat is None and self._needed[name]
        ]
        self.whole = (Segment(self.params, self._out.whole, arrays, parts, tuple(pieces)),)

    def number(self, value: Any) -> Any:
        """A Python number as an array of the arena's dtype, made once; another one as it is."""
        return number(value, self.dtype) if type(value) in (float, int) else value

    def numbers(self, values: Iterable[Any]) -> list[Any]:
        """Numbers as arrays of the arena's dtype, which cost an operation less. Those of Python
        floats are made once."""
        found: list[Any] = []
        dtype = self.dtype
        for value, room in zip(values, self._rooms):  # noqa: B905
            if type(value) is float:
                found.append(number(value, dtype))
            elif value.__class__ is float:  # what stands for one
                found.append(value)
            else:
                room[...] = value
                found.append(room)
        return found

    def segments(self, i: int) -> Iterator[Segment]:
        """One parameter by itself, in blocks if it is large."""
        param, flats = self.params[i], self.arrays.values()
        rows = [None if flat is None else flat.rows[i] for flat in flats]
        if not self.in_blocks:
            yield Segment((param,), self._out.rows[i], rows)
            return
        data, out = param._data, self._out.whole
        if not data.flags.c_contiguous:  # it has no flat view
            yield Segment((param,), np.empty(data.size, self.dtype), rows)
            return
        data, gradient = data.reshape(-1), gradient_of(param).reshape(-1)
        for start in range(0, data.size, BLOCK):
            region = slice(start, min(start + BLOCK, data.size))
            block = wrap(data[region])
            block._grad = gradient[region]
            arrays = [None if row is None else row[region] for row in rows]
            yield Segment((block,), out[: block.numel()], arrays)

    def has_begun(self, i: int) -> bool:
        """Whether a parameter has made a step that is remembered."""
        return bool(self.counts[0][i])

    def entries(self, i: int) -> dict[str, Array]:
        """What is remembered of a parameter, by its names in the state. Names that begin with _
        are not for the state."""
        return {
            name: flat.parts[i]
            for name, flat in (*self._counts.items(), *self.arrays.items())
            if flat is not None and name[0] != "_"
        }

    def link(self, i: int, entries: dict[str, Any]) -> None:
        """Puts it into the entries of the parameter's state: Tensors of the same memory."""
        for name, row in self.entries(i).items():
            held = entries.get(name)
            if not isinstance(held, Tensor) or held._data is not row:
                entries[name] = Tensor(row)

    def refresh(self) -> None:
        """Called after a step once a caller has seen the state."""
