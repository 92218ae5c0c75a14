"""The memory that tensors share: when it was last written, and how its views follow a change.

A tensor that is alone with its memory has no `Memory`: it is made when the first view is taken, or
the first change noted. A change in place of a view is one of the tensor it was taken from, the
root, and gives a new history to every view of that memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING
from weakref import ReferenceType, WeakSet, ref

from mytorch.observe import observed, tell

if TYPE_CHECKING:
    from mytorch._dtypes import Array
    from mytorch.engine.context import ContextManager
    from mytorch.tensor import Tensor

# One clock for all threads: it tells in which order operations were recorded, and whether a tensor
# was changed in place after it was saved.
tick = count(1).__next__


class Memory:
    """What the tensors of one memory know together.

    Attributes: `written`, when it was last changed in place, on the engine's clock; `views`, the
    recorded views among them, in the order in which they were taken; `savers`, if there are any,
    the nodes that copy what they saved of it before it changes.
    """

    __slots__ = ("_limit", "savers", "views", "written")
    # Whether one of the tensors shows the memory in another shape than it once did.
    reshaped = False

    def __init__(self) -> None:
        self.written = 0
        self.views: list[ReferenceType[Tensor]] = []
        self.savers: WeakSet[ContextManager] | None = None
        self._limit = 8

    def add(self, view: Tensor) -> None:
        """Notes a view, and now and then forgets those that are gone."""
        if len(self.views) >= self._limit:
            self.views = [reference for reference in self.views if reference() is not None]
            self._limit = 2 * len(self.views) + 8
        self.views.append(ref(view))


class Reshaped(Memory):
    """A memory of which that is true: a class, so that no other one has to say that it is not."""

    __slots__ = ()
    reshaped = True


def touch(tensors: Sequence[Tensor]) -> None:
    """`Tensor._touch` for each, at one tick."""
    now = tick()
    for tensor in tensors:
        (tensor._memory or tensor._share()).written = now
    if observed:
        for tensor in tensors:
            tell("wrote", tensor)


def root_of(tensor: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The tensor whose memory `tensor` shows, and how to take `tensor` out of such a tensor."""
    root, steps = tensor, []
    while root._view is not None and root._view[1]._memory is root._memory:
        operation, parent, args = root._view
        steps.append((operation, args))
        root = parent

    def region(a: Tensor) -> Tensor:
        for operation, args in reversed(steps):
            a = operation.apply(a, *args)
        return a

    return root, region


def taken_anew(root: Tensor, region: Callable[[Tensor], Tensor]) -> Tensor:
    """The region by nodes of its own. What was asked of the nodes of views, by hooks, is not asked
    of it: a gradient that arrives there is none of theirs."""
    return region(with_own_memory(root, root._data))


def with_own_memory(tensor: Tensor, data: Array) -> Tensor:
    """A tensor of these data, and of that history, which shares its memory with none."""
    twin = tensor._with_data(data)
    twin._memory = Memory()
    return twin


def take_place(tensor: Tensor, result: Tensor) -> None:
    """From now on `tensor` has the history of `result`, and so have its views."""
    _take_history(tensor, result)
    memory = tensor._share()
    views = [view for view in (reference() for reference in memory.views) if view is not None]
    for view in views:
        if view._view is not None and view._view[1]._memory is memory:
            _take_history(view, taken_anew(*root_of(view)))
    memory.views = [ref(view) for view in views]


def _take_history(tensor: Tensor, result: Tensor) -> None:
    """Puts the result's node in place of the tensor's. The gradient that the tensor retains is
    that of its value from now on; hooks stay with the value before."""
    before, node = tensor.grad_fn, result.grad_fn
    tensor._requires_grad, tensor._is_leaf = result._requires_grad, result._is_leaf
    tensor.grad_fn = node
    if before is not None and node is not None and before._retained is not None:
        before._retained = None
        node._retain(tensor)


def is_reshaped(tensor: Tensor) -> bool:
    """Whether its memory is one of those."""
    return tensor._memory is not None and tensor._memory.reshaped


def as_it_was(tensor: Tensor) -> Tensor:
    """Another tensor of the same memory and history, which `tensor` is to be a view of."""
    before = tensor._with_data(tensor._data)
    before._memory, before._view = tensor._share(), tensor._view
    return before


def move_view(before: Tensor, tensor: Tensor, result: Tensor) -> None:
    """From now on `tensor` is the view `result` of `before`, its `as_it_was`, which takes its place
    for the views that were taken of it."""
    memory = tensor._share()
    for reference in memory.views:
        view = reference()
        if view is not None and view._view is not None and view._view[1] is tensor:
            view._view = (view._view[0], before, view._view[2])
    memory.__class__ = Reshaped
    tensor.data = result
    tensor._memory, tensor._view = memory, result._view
    if result.grad_fn is not None:
        _take_history(tensor, result)
    memory.add(tensor)
