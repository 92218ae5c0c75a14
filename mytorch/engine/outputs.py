"""An operation with several outputs, or with one that it has changed in place.

A node has one output. That of such an operation is a stand-in: of it each output is made by a node
of its own, so that the gradients of all come together in one gradient of the stand-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.engine.context import OwnOutput, Wanted
from mytorch.engine.returns import Dirty, arrays_of, no_output
from mytorch.grad_mode import is_recording
from mytorch.memory import root_of, take_place
from mytorch.observe import Listened
from mytorch.tensor import Tensor, wrap

if TYPE_CHECKING:
    from mytorch.autograd_engine import Function
    from mytorch.engine.graph import BackwardFunction


class Stand:
    """Stands for an operation in a node: what the engine asks of a class of operations."""

    fresh_gradients = False
    before_change = None

    def __init__(self, operation: type[Function]) -> None:
        self.operation, self.__name__ = operation, operation.__name__

    def apply(self, *args: Any) -> Any:
        """`Function.apply` of this operation."""
        return self.operation.apply.__func__(self, *args)  # type: ignore[attr-defined]


class Entry(NamedTuple):
    """An output, and where its numbers begin in the stand-in, if it has a gradient."""

    shape: Shape
    dtype: np.dtype[Any]
    start: int | None


class Together(Stand):
    """The operation itself. Its stand-in has the numbers of all outputs that have a gradient, and
    behind those of each one more, whose gradient is not 0 if one has come to that output."""

    def __init__(self, operation: type[Function], ran: BackwardFunction, outputs: Any) -> None:
        super().__init__(operation)
        self.ran, self.materialize = ran, ran._materialize
        self.layout: list[Entry | None] = []
        self.size, dtypes = 0, []
        for output in outputs:
            if not isinstance(output, Tensor):
                self.layout.append(None)
                continue
            start = None
            if output.dtype.kind == "f" and not any(output is one for one in ran._constant):
                start = self.size
                self.size += output.numel() + 1
                dtypes.append(output.dtype)
            self.layout.append(Entry(output.shape, output.dtype, start))
        self.dtype = np.result_type(*dtypes) if dtypes else None

    def forward(self, ctx: BackwardFunction, *args: Any) -> Tensor:
        ctx.__dict__.update(self.ran.__dict__)
        ctx._dirty, ctx._constant = (), ()
        ctx._saved = self.ran._saved
        del self.ran
        return wrap(np.broadcast_to(np.zeros((), self.dtype), (self.size,)))

    def backward(self, ctx: BackwardFunction, grad_output: Tensor) -> Any:
        ctx.require_unfreed()
        gradients: list[Any] = []
        for entry in self.layout:
            if entry is None:
                gradients.append(None)
                continue
            shape, dtype, start = entry
            size = prod(shape)
            if start is not None and (self.materialize or grad_output._data[start + size] != 0):
                part = grad_output[start : start + size]
                gradients.append(part.reshape(shape).to(dtype))
            else:
                gradients.append(Tensor(np.zeros(shape, dtype)) if self.materialize else None)
        return self.operation.backward(ctx, *gradients)

    def array_backward(
        self, ctx: BackwardFunction, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        return arrays_of(self.backward(ctx, wrap(gradient)), wanted, self.__name__)


class Output(Stand):
    """One of the outputs, made of the stand-in."""

    def __init__(self, together: Together, entry: Entry) -> None:
        super().__init__(together.operation)
        self.start = entry.start or 0
        self.stop = self.start + prod(entry.shape)
        self.size, self.dtype = together.size, together.dtype

    def forward(self, ctx: BackwardFunction, stand_in: Tensor, output: Tensor) -> Tensor:
        return Tensor(output)

    def backward(self, ctx: BackwardFunction, grad_output: Tensor) -> tuple[Tensor, None]:
        whole = wrap(np.zeros(self.size, self.dtype))
        whole._data[self.stop] = 1
        whole[self.start : self.stop] = grad_output.reshape(-1)
        return whole, None

    def array_backward(
        self, ctx: BackwardFunction, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None]:
        whole = np.zeros(self.size, self.dtype, like=gradient)
        whole[self.start : self.stop] = gradient.reshape(-1)
        whole[self.stop] = 1
        return whole, None


class SavedOutput(OwnOutput):
    """What the node keeps of one of its outputs."""

    __slots__ = ("_made_by",)

    def __init__(self, output: Tensor, made_by: Output) -> None:
        super().__init__(output)
        self._made_by = made_by

    def tensor(self, node: BackwardFunction) -> Tensor:
        stand_in = Tensor(np.broadcast_to(np.zeros(()), (self._made_by.size,)), True, False)
        stand_in.grad_fn = node
        output = Tensor(self._data)
        output._memory = self._memory
        return self._made_by.apply(stand_in, output)  # type: ignore[no-any-return]


def several(
    operation: type[Function], ran: BackwardFunction, args: tuple[Any, ...], returned: Any
) -> Any:
    """What `apply` gives for what forward has returned: a tuple of outputs, each with its place in
    the graph, or the one output that is an argument, changed in place.

    Raises TypeError for anything else, and RuntimeError for a change of what must not change, or of
    what is not returned.
    """
    if type(returned) not in (tuple, Dirty):
        raise no_output(returned, operation.__name__)
    dirty = ran._dirty
    for target in dirty:
        if not any(output is target for output in returned):
            raise RuntimeError(
                f"{operation.__name__}: mark_dirty: expected forward to return each Tensor that it "
                "changed in place; return the argument itself"
            )
        target._touch()
        _require_replaceable(operation.__name__, target)
    together = Together(operation, ran, returned)
    outputs = list(returned)
    with Listened():
        stand_in = together.apply(*args)
        made: dict[int, Output] = {}
        for place, entry in enumerate(together.layout):
            if entry is None:
                continue
            if stand_in.requires_grad and entry.start is not None:
                made[place] = Output(together, entry)
                outputs[place] = made[place].apply(stand_in, returned[place])
            elif outputs[place].requires_grad:
                outputs[place] = Tensor(returned[place])
    node = stand_in.grad_fn
    if node is not None:
        makers = {id(returned[place]): maker for place, maker in made.items()}
        node._saved = tuple(
            [
                SavedOutput(saved, makers[id(saved)]) if id(saved) in makers else saved
                for saved in node._saved or ()
            ]
        )
    for target in dirty:
        place = next(place for place, output in enumerate(returned) if output is target)
        if place in made:
            take_place(target, outputs[place])
        outputs[place] = target
    return outputs[0] if isinstance(returned, Dirty) else tuple(outputs)


def _require_replaceable(name: str, target: Tensor) -> None:
    """Raises RuntimeError if a tensor that was changed in place cannot be the result's."""
    if not is_recording():
        return
    if target.requires_grad and target.is_leaf:
        raise RuntimeError(
            f"{name}: mark_dirty: expected no leaf that requires a gradient, which cannot be "
            "changed in place while operations are recorded; give forward a copy, as by x.clone()"
        )
    if root_of(target)[0] is not target:
        raise RuntimeError(
            f"{name}: mark_dirty: expected no view of another tensor, which would miss the change; "
            "give forward a copy, as by x.clone()"
        )
