"""The context of an operation: what its forward leaves for its backward.

What is saved is not copied. Each tensor's memory knows when it was last written, so that a change
in between is found out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import inf, nan
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from weakref import WeakSet

from mytorch._checks import flag, kind_of
from mytorch._dtypes import Array
from mytorch.memory import Memory, tick
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.engine.graph import BackwardFunction

# What `array_backward` is told of each argument: None if its gradient is not used.
Wanted: TypeAlias = Sequence[object]

_EVERY_ARGUMENT: defaultdict[int, bool] = defaultdict(lambda: True)


class ContextManager:
    """What an operation's forward leaves for its backward, by convention named `ctx`.

    Tensors go through `save_for_backward`; everything else is set as an attribute.

    >>> ctx = ContextManager()
    >>> ctx.save_for_backward(Tensor([1.0]))
    >>> ctx.axis = 0
    >>> ctx.saved_tensors, ctx.axis
    ((tensor([1.]),), 0)
    """

    # Free attributes go into a dict that exists only where one is set.
    __slots__ = ("__dict__", "__weakref__", "_saved", "_time")

    # None after it was freed.
    _saved: tuple[Tensor | OwnOutput, ...] | None
    # When the operation was recorded. Before that, at infinity, nothing counts as changed. Never,
    # not a number, if forward says that its output has no gradient.
    _time: float
    # When the output that it saved moved into other memory, if it did.
    _moved: int = 0
    # Of several outputs those without, and what forward has changed in place.
    _constant: tuple[Tensor, ...] = ()
    _dirty: tuple[Tensor, ...] = ()
    # Whether backward is given zeros for an output to which no gradient has come.
    _materialize: bool = True
    # The operands' shapes, for operations that need nothing else, or only if they differ.
    shapes: Any = None

    def __init__(self) -> None:
        self._saved = ()
        self._time = inf

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keeps tensors, inputs or the output, until backward. They are not copied; backward
        refuses to run if one of them has been changed in place in between.

        Raises TypeError for anything that is not a Tensor.
        """
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    f"save_for_backward: expected Tensors, got {kind_of(tensor, Tensor)}; "
                    "store anything else as an attribute, as in ctx.shape = shape"
                )
        self._saved = self._saved + tensors if self._saved else tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Forward says of these of its outputs that they have no gradient: they will not require
        one. Those of integers and booleans never do where there are several."""
        if outputs:
            self._time = nan
            self._constant = outputs

    def mark_dirty(self, *args: Tensor) -> None:
        """Forward says of these of its arguments that it changes them in place. It returns them,
        and they are its outputs.

        `apply` raises RuntimeError for one that is not returned and, where operations are recorded,
        for a leaf that requires a gradient, and for a view.
        """
        self._dirty = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward is given zeros for an output to which no gradient has come, or None."""
        self._materialize = flag("set_materialize_grads", "value", value)

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """The saved tensors, in order.

        Raises RuntimeError if backward has freed them or one was changed in place.
        """
        count = len(self._saved or self._unfreed())
        return tuple([self._tensor(position) for position in range(count)])

    def saved(self, position: int) -> Tensor:
        """One of `saved_tensors`, for a backward that does not need all: those it does not need
        may have been changed in place."""
        return self._tensor(position)

    def saved_array(self, position: int) -> Array:
        """The array of one of `saved_tensors`, for an `array_backward`; raises as those."""
        saved = (self._saved or self._unfreed())[position]
        memory = saved._memory
        if memory is not None and memory.written > self._time:
            self._refuse_changed(saved, memory.written)
        return saved._data

    def copy_before_change(self, *operands: Tensor) -> None:
        """For saved operands that PyTorch rearranges first, and so saves a copy of: one that is
        about to be changed in place is copied, and backward does not refuse."""
        for operand in operands:
            memory = operand._memory or operand._share()
            if memory.savers is None:
                memory.savers = WeakSet()
            memory.savers.add(self)

    def require_unfreed(self) -> None:
        """Raises RuntimeError if backward has freed the saved tensors, for an `array_backward` that
        asks for none of them."""
        if self._saved is None:
            self._unfreed()

    def _tensor(self, position: int) -> Tensor:
        # Not `self.saved_array`, nor `self.saved` for this method: an operation may use the names.
        ContextManager.saved_array(self, position)
        saved = self._unfreed()[position]
        if isinstance(saved, Tensor):
            return saved
        return saved.tensor(cast("BackwardFunction", self))

    def _unfreed(self) -> tuple[Tensor | OwnOutput, ...]:
        saved = self._saved
        if saved is None:
            raise RuntimeError(
                f"{self.function_name}: its saved tensors were freed by an earlier backward; "
                "call that one with retain_graph=True"
            )
        return saved

    def _refuse_changed(self, saved: Tensor | OwnOutput, written: int) -> None:
        # Where the output moved into other memory, that was written then.
        if written > self._moved or isinstance(saved, Tensor):
            raise RuntimeError(
                f"{self.function_name}: a tensor of shape {saved._data.shape} that it saved for "
                "backward was changed in place since; change a copy (tensor.clone()), or call "
                "backward first"
            )

    def _let_go(self, output: Tensor) -> None:
        """Keeps of the output, which it has saved, the data alone: the two would be a cycle."""
        self._saved = tuple(
            [OwnOutput(output) if saved is output else saved for saved in self._saved or ()]
        )

    def _link_output(self, output: Tensor) -> None:
        """The output has begun to share its memory: a change of that must be noticed here too."""
        for saved in self._saved or ():
            if isinstance(saved, OwnOutput) and saved._data is output._data:
                saved._memory = output._memory

    def _keep_operands(self, memory: Memory) -> None:
        """What was saved of that memory is from now on a copy. Not so a leaf's, where a second
        derivative has to arrive at the leaf itself."""
        if memory.written <= self._time:
            self._saved = tuple(
                [
                    saved._with_data(saved._data.copy())
                    if isinstance(saved, Tensor)
                    and saved._memory is memory
                    and (saved.grad_fn is not None or not saved._requires_grad)
                    else saved
                    for saved in self._saved or ()
                ]
            )

    @property
    def needs_input_grad(self) -> Any:
        """For each argument, whether its gradient is used: outside a graph, always True."""
        return _EVERY_ARGUMENT

    @property
    def function_name(self) -> str:
        """The name of the operation, where it is known."""
        return "ContextManager"


class OwnOutput:
    """What a node keeps of its operation's output: not the Tensor, which knows the node."""

    __slots__ = ("_data", "_memory")

    def __init__(self, output: Tensor) -> None:
        self._data = output._data
        self._memory = output._memory

    def tensor(self, node: BackwardFunction) -> Tensor:
        """The output again, which the node has made."""
        output = Tensor(self._data, requires_grad=True, is_leaf=False)
        output._memory = self._memory
        output.grad_fn = node
        return output


def about_to_change(root: Tensor) -> None:
    """The memory of a tensor that is no view is about to change: the operation that it came from,
    and those it went into, keep what they need, if they can."""
    node, memory = root.grad_fn, root._memory
    if node is not None and node._saved and node._forward_cls.before_change is not None:
        node._forward_cls.before_change(node)
    if memory is not None and memory.savers is not None:
        for saver in memory.savers:
            if saver._saved:
                saver._keep_operands(memory)
        memory.savers = None


def sparing(out: Tensor, *operands: Tensor) -> Tensor:
    """The result of an operation, whose operands may be changed in place before backward."""
    if out.grad_fn is not None:
        out.grad_fn.copy_before_change(*operands)
    return out


def copy_output(ctx: ContextManager) -> None:
    """A `before_change`: what was saved of the output is from now on a copy."""
    for saved in ctx._saved or ():
        unchanged = saved._memory is None or saved._memory.written <= max(ctx._time, ctx._moved)
        if isinstance(saved, OwnOutput) and unchanged:
            saved._data, saved._memory = saved._data.copy(), None


def keep_saved(node: Any, tensor: Tensor, start: int) -> None:
    """The tensor's memory is about to change: what the node, and those it was made of since the
    start, have saved of it is copied."""
    nodes, seen = [node], set()
    while nodes:
        node = nodes.pop()
        if not isinstance(node, ContextManager) or node._time < start or node in seen:
            continue
        seen.add(node)
        for saved in node._saved or ():
            if saved._memory is tensor._memory:
                saved._data = saved._data.copy()
        nodes += cast("BackwardFunction", node)._receivers


def move_output(node: ContextManager, output: Tensor, target: Tensor) -> None:
    """The node's output was copied into the target's memory, which takes its place: if it was
    saved, it is kept there from now on."""
    for saved in node._saved or ():
        if isinstance(saved, OwnOutput) and saved._data is output._data:
            saved._data, saved._memory = target._data, target._share()
            node._moved = tick()
