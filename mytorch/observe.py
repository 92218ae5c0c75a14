"""One door for lookers-on: who wants to be told what the library does while a program runs.

An observer is told of what happens in the thread where it was entered. While observers compute
themselves, or an operation runs inside another one, nobody is told. Nobody looking costs one truth
test where there would be something to tell.
"""

from __future__ import annotations

from _thread import _local as local  # `threading` finds it there, and takes long to load
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mytorch.engine.graph import BackwardFunction, Receiver
    from mytorch.tensor import Tensor

T = TypeVar("T", bound="Observer")
U = TypeVar("U")

# The threads in which somebody looks, each by a number. Not empty is all that most need to know.
observed: set[int] = set()
# These, and hooks of modules. Empty where the call of a module is its `forward` and no more.
around_calls: set[int] = set()


class Observer:
    """Told, inside its with-block, what this thread does; a subclass has the methods for what it
    wants to know. What they raise goes on to the program. Gradients may be written to later: who
    needs their numbers copies them at once.

    >>> from mytorch import Tensor
    >>> class Names(Observer):
    ...     def applied(self, operation, args, output):
    ...         print(operation.__name__)
    >>> with Names():
    ...     y = Tensor(2.0) * 3.0 + 1.0
    Mul
    Add
    """

    def __enter__(self: T) -> T:
        enter(self)
        return self

    def __exit__(self, *exception: object) -> None:
        leave(self)

    def applied(self, operation: type, args: tuple[Any, ...], output: Tensor) -> None:
        """An operation has run; its output is linked to the graph. Of several it is told one by
        one, of those with a gradient as made by nodes of their own."""

    def computed(self, name: str, args: tuple[Any, ...], output: Any) -> None:
        """Something that has no gradient was computed from tensors, arrays and numbers: a Tensor,
        or an array that an operation is about to take. What an operation has made (as the gathered
        elements of `sort`) may be told of again, by what it means."""

    def failed(self, operation: type, args: tuple[Any, ...], error: BaseException) -> None:
        """An operation has raised."""

    def started(
        self,
        start: Mapping[Receiver, Tensor],
        inputs: Collection[Receiver] | None,
        create_graph: bool,
        retain_graph: bool,
    ) -> None:
        """A walk back over the graph begins at these receivers, with these gradients. With
        `create_graph` the operations of backwards are told of, too, until it ends."""

    def ran(self, node: BackwardFunction, gradient: Any, parts: Sequence[Any]) -> None:
        """A node has turned its gradient into those of its arguments, Tensors or bare arrays,
        which are not added up yet."""

    def hooked(self, receiver: Receiver, before: Tensor, after: Tensor) -> None:
        """The hooks of a node or leaf have seen its gradient, and may have replaced it."""

    def storing(self, tensor: Tensor, gradient: Any) -> None:
        """A gradient is about to be added to a tensor's `.grad`."""

    def freeing(self, nodes: Sequence[BackwardFunction]) -> None:
        """What these nodes have saved is about to be freed."""

    def ended(self) -> None:
        """The walk is over, or has raised."""

    def wrote(self, tensor: Tensor) -> None:
        """A tensor's memory was changed in place."""

    def entering(self, module: Any) -> None:
        """A module is about to be called."""

    def leaving(self, module: Any) -> None:
        """A module has returned, or raised."""

    def updating(self, optimizer: Any) -> None:
        """An optimizer is about to change its parameters."""

    def updated(self, optimizer: Any) -> None:
        """An optimizer has changed its parameters."""

    def uncompiled(self, function: Any) -> None:
        """A function of `mytorch.compile` runs as it is, since somebody looks on."""

    def zeroing(self, tensors: Sequence[Tensor], to_none: bool) -> None:
        """The gradients of these tensors are about to be set to None, or else to zero."""


class Audience:
    """The observers of one thread. While `deaf` is set they are told of no operation."""

    def __init__(self) -> None:
        self.observers: list[Observer] = []
        self.deaf = False

    def tell(self, event: str, *args: Any) -> None:
        """Calls this method of every observer."""
        before, self.deaf = self.deaf, True
        try:
            for observer in tuple(self.observers):
                getattr(observer, event)(*args)
        finally:
            self.deaf = before

    def begin(self, *walk: Any) -> None:
        """Tells that a walk has started."""
        self.tell("started", *walk)
        create_graph: bool = walk[2]
        self.deaf = not create_graph

    def before_the_end(self, stored: Mapping[Any, Any], ran: Sequence[BackwardFunction]) -> None:
        """Tells what a walk that has gone well is about to store, and to free."""
        for tensor, gradient in stored.items():
            if tensor is not None and tensor._requires_grad:
                self.tell("storing", tensor, gradient)
        freed = [node for node in ran if node._saved]
        if freed:
            self.tell("freeing", freed)

    def end(self) -> None:
        """Tells that the walk is over."""
        self.deaf = False
        self.tell("ended")

    def run(self, operation: Any, args: tuple[Any, ...]) -> Tensor:
        """`operation.apply(*args)`, and tells of it."""
        known = {None, *(arg.grad_fn for arg in args if hasattr(arg, "grad_fn"))}
        self.deaf = True
        try:
            output: Any = operation.apply(*args)
        except BaseException as error:
            self.tell("failed", operation, args, error)
            raise
        finally:
            self.deaf = False
        # What has a new node of another one was told inside, as each of several with a gradient.
        for part in output if type(output) is tuple else (output,):
            node = part.grad_fn if hasattr(part, "grad_fn") else part
            if part is not node and (node in known or node._forward_cls is operation):
                self.tell("applied", operation, args, part)
        return output  # type: ignore[no-any-return]

    # At the interpreter's end a global may be None before this is called.
    def __del__(self, sets: tuple[set[int], ...] = (observed, around_calls)) -> None:
        # The thread is gone.
        for numbers in sets:
            numbers.discard(id(self))


_thread = local()


def audience() -> Audience | None:
    """This thread's observers, if there are some who listen."""
    found: Audience | None = getattr(_thread, "audience", None)
    return found if found is not None and found.observers and not found.deaf else None


class Listened:
    """Inside, who looks on in this thread is told of operations, also inside of one."""

    def __enter__(self) -> None:
        self.audience: Audience | None = getattr(_thread, "audience", None)
        if self.audience is not None:
            self.deaf, self.audience.deaf = self.audience.deaf, False

    def __exit__(self, *exception: object) -> None:
        if self.audience is not None:
            self.audience.deaf = self.deaf


def tell(event: str, *args: Any) -> None:
    """Tells this thread's observers, if there are some who listen. Called where `observed` is not
    empty."""
    listening = audience()
    if listening is not None:
        listening.tell(event, *args)


def noted(name: str, args: tuple[Any, ...], output: U) -> U:
    """The output; who looks is told by `computed` that it was made."""
    if observed:
        tell("computed", name, args, output)
    return output


def observers() -> tuple[Observer, ...]:
    """The observers of this thread, in the order in which they were entered."""
    found: Audience | None = getattr(_thread, "audience", None)
    return () if found is None else tuple(found.observers)


def enter(observer: Observer) -> None:
    """From now on the observer is told what this thread does. Raises RuntimeError if it is
    already."""
    if observer in observers():
        raise RuntimeError("observe: this observer looks on already, in this thread")
    if not hasattr(_thread, "audience"):
        _thread.audience = Audience()
    _thread.audience.observers.append(observer)
    observed.add(id(_thread.audience))
    around_calls.add(id(_thread.audience))


def leave(observer: Observer) -> None:
    """From now on the observer is told nothing more of this thread."""
    if observer not in observers():
        raise RuntimeError("observe: this observer does not look on in this thread")
    found = _thread.audience
    found.observers.remove(observer)
    if not found.observers:
        observed.discard(id(found))
        around_calls.discard(id(found))
