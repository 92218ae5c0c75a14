"""The computational graph: the context of an operation and the two kinds of node.

Write-up, sections 0.1.4 and A.1. A node knows the operation that made its tensor, what that
operation saved, and the nodes of its arguments, or the leaves themselves; it does not know its
tensor, so that a graph lives as long as somebody holds its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from weakref import ReferenceType, WeakValueDictionary, ref

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array, exact, floating
from mytorch._shapes import Shape
from mytorch.errors import ShapeError
from mytorch.grad_mode import is_recording
from mytorch.tensor import Tensor, wrap

if TYPE_CHECKING:
    from mytorch.autograd_engine import Function

__all__ = ["AccumulateGrad", "BackwardFunction", "ContextManager", "Node", "Wanted"]

# One clock for all threads: it tells in which order operations were recorded, and whether a tensor
# was changed in place after it was saved.
tick = count(1).__next__

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
    __slots__ = ("__dict__", "_saved", "_time")

    _saved: tuple[Tensor | _OwnOutput, ...] | None
    # When the operation was recorded; before that, nothing counts as changed.
    _time: float
    # When what it saved moved into other memory, if it did.
    _moved: int = 0
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

    def _tensor(self, position: int) -> Tensor:
        # Not `self.saved_array`, nor `self.saved` for this method: an operation may use the names.
        ContextManager.saved_array(self, position)
        saved = self._unfreed()[position]
        if isinstance(saved, Tensor):
            return saved
        output = Tensor(saved._data, requires_grad=True, is_leaf=False)
        output._memory = saved._memory
        output.grad_fn = cast(BackwardFunction, self)
        return output

    def _unfreed(self) -> tuple[Tensor | _OwnOutput, ...]:
        saved = self._saved
        if saved is None:
            raise RuntimeError(
                f"{self.function_name}: its saved tensors were freed by an earlier backward; "
                "call that one with retain_graph=True"
            )
        return saved

    def _refuse_changed(self, saved: Tensor | _OwnOutput, written: int) -> None:
        # Where it moved into other memory, that was written then.
        if written > self._moved:
            raise RuntimeError(
                f"{self.function_name}: a tensor of shape {saved._data.shape} that it saved for "
                "backward was changed in place since; change a copy (tensor.clone()), or call "
                "backward first"
            )

    @property
    def needs_input_grad(self) -> Any:
        """For each argument, whether its gradient is used: outside a graph, always True."""
        return _EVERY_ARGUMENT

    @property
    def function_name(self) -> str:
        """The name of the operation, where it is known."""
        return "ContextManager"


class _OwnOutput:
    """What a node keeps of its operation's output: not the Tensor, which knows the node."""

    __slots__ = ("_data", "_memory")

    def __init__(self, output: Tensor) -> None:
        self._data = output._data
        self._memory = output._memory


class BackwardFunction(ContextManager):
    """The graph's node of one run of an operation.

    As in PyTorch the node is its own context: `node.ctx is node`, one object less for each
    operation.

    Attributes: `ctx`, `next_functions` (for each argument the parent's node, an
    AccumulateGrad for a gradient-enabled leaf, None for a constant) and `function_name`. The
    engine's own fields begin with _: all other names are free for what an operation keeps.

    >>> a = Tensor(1.0, requires_grad=True)
    >>> node = (a + 2.0).grad_fn
    >>> node.function_name, [type(parent).__name__ for parent in node.next_functions]
    ('Add', ['AccumulateGrad', 'NoneType'])
    """

    __slots__ = ("__weakref__", "_dtype", "_edges", "_forward_cls", "_hooks", "_shape")

    # For each argument where its gradient goes: the node of the operation that made it, or the leaf
    # itself.
    _edges: tuple[Receiver | None, ...]
    # Of the output, and so of the gradient that arrives. None for a node made by hand.
    _shape: Shape | None
    _dtype: np.dtype[Any] | None
    # What is called with the gradient before it is used. Not None if there may be something
    # to do with the gradient: one look for each node, in every traversal.
    _hooks: Hooks | None
    # The output, if it asked for its gradient by `retain_grad`; then there are hooks, maybe none.
    _retained: ReferenceType[Tensor] | None = None
    # Where the operation was called, known in anomaly mode alone.
    _line: str | None = None

    def __init__(self, cls: type[Function]) -> None:
        super().__init__()
        self._forward_cls = cls
        self._hooks = None
        self._edges = ()
        self._shape = None
        self._dtype = None

    @property
    def ctx(self) -> ContextManager:
        """The context that forward and backward share: the node itself."""
        return self

    @property
    def function_name(self) -> str:
        """The name of the operation's class."""
        return self._forward_cls.__name__

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument, whether its gradient is used."""
        return tuple([edge is not None for edge in self._edges])

    @property
    def next_functions(self) -> tuple[Node | None, ...]:
        """For each argument the node where its gradient goes, None for a constant."""
        return tuple([None if edge is None else node_of(edge) for edge in self._edges])

    @next_functions.setter
    def next_functions(self, nodes: Sequence[Node | None]) -> None:
        self._edges = tuple([None if node is None else receiver_of(node) for node in nodes])
        self._time = tick()

    def apply(self, *grads: Tensor) -> Any:
        """Runs the operation's backward: from d final / d output to d final / d input, for
        each input."""
        return self._forward_cls.backward(self, *grads)

    def _let_go(self, output: Tensor) -> None:
        """Keeps of the output, which it has saved, the data alone: the two would be a cycle."""
        self._saved = tuple(
            [_OwnOutput(output) if saved is output else saved for saved in self._saved or ()]
        )

    def _retain(self, output: Tensor) -> None:
        """From now on backward stores the gradient on the output, too."""
        self._retained = ref(output)
        self._hooks = self._hooks or {}

    def _link_output(self, output: Tensor) -> None:
        """The output has begun to share its memory: a change of that must be noticed here too."""
        for saved in self._saved or ():
            if isinstance(saved, _OwnOutput) and saved._data is output._data:
                saved._memory = output._memory

    def _move_output(self, output: Tensor, target: Tensor) -> None:
        """The output was copied into the target's memory, which takes its place: if it was saved,
        it is kept there from now on."""
        for saved in self._saved or ():
            if isinstance(saved, _OwnOutput) and saved._data is output._data:
                saved._data, saved._memory = target._data, target._share()
                self._moved = tick()

    def _free(self) -> None:
        """Drops what was saved; without it the node cannot run again, nor call its hooks."""
        self._saved = self._hooks = None
        del self.__dict__  # clearing it would make one first where there is none


class AccumulateGrad:
    """The graph's node of a gradient-enabled leaf: it adds what arrives to `variable.grad`.

    It is made where somebody looks at it: the graph itself leads to the leaf.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> node = AccumulateGrad(x)
    >>> node.apply(Tensor.ones(2)); node.apply(Tensor.ones(2))
    >>> x.grad
    tensor([2., 2.])
    """

    __slots__ = ("__weakref__", "variable")

    next_functions: tuple[Node | None, ...] = ()
    function_name = "AccumulateGrad"

    def __init__(self, tensor: Tensor) -> None:
        self.variable = tensor

    def apply(self, grad: Tensor) -> None:
        """variable.grad += grad: in place of a gradient that is there, unless operations are
        recorded; the first one is copied.

        Raises ShapeError if the gradient's shape is not the variable's.
        """
        fit = fitted(grad, self.variable, self.function_name, 0)
        accumulate(self.variable, fit, is_recording())


def accumulate(tensor: Tensor, gradient: Tensor | Array, recorded: bool) -> None:
    """tensor.grad += gradient, which fits: an array that nobody else holds, or a Tensor, which may
    be shared, as by both sides of +.

    As in PyTorch a leaf's sum is made in place, so that all who hold its gradient or the memory
    of that see it, unless it is recorded.
    """
    known = tensor._grad
    if known is None:
        tensor._grad = gradient.clone() if isinstance(gradient, Tensor) else gradient
    elif recorded or not tensor._is_leaf or not _add_to(known, gradient):
        tensor._grad = as_tensor(known) + as_tensor(gradient)


def _add_to(known: Tensor | Array, gradient: Tensor | Array) -> bool:
    """known += gradient; False if the memory cannot be written, as where it is expanded."""
    total = known._data if isinstance(known, Tensor) else known
    if not total.flags.writeable:
        return False
    np.add(total, gradient._data if isinstance(gradient, Tensor) else gradient, total)
    if isinstance(known, Tensor):
        known._touch()
    return True


# The nodes of leaves that somebody holds, by the leaf's id, which is its own as long: the node
# holds the leaf.
_leaf_nodes: WeakValueDictionary[int, AccumulateGrad] = WeakValueDictionary()

Node: TypeAlias = BackwardFunction | AccumulateGrad
# Where a gradient goes.
Receiver: TypeAlias = BackwardFunction | Tensor
# What `array_backward` is told of each argument: None if its gradient is not used.
Wanted: TypeAlias = Sequence[object]
Hooks: TypeAlias = dict[int, Callable[[Tensor], Tensor | None]]


class HookHandle:
    """What `register_hook` returns."""

    def __init__(self, hooks: Hooks, hook: Callable[[Tensor], Tensor | None]) -> None:
        self._hooks = hooks
        self._number = tick()
        hooks[self._number] = hook

    def remove(self) -> None:
        """Takes the hook away."""
        self._hooks.pop(self._number, None)


def as_tensor(gradient: Any) -> Tensor:
    """The gradient as a Tensor, if it is an array."""
    return gradient if isinstance(gradient, Tensor) else wrap(gradient)


def fitted(gradient: Any, receiver: Receiver, operation: str, position: int) -> Tensor:
    """The gradient, in the dtype and, this is checked, the shape of what it belongs to."""
    if not isinstance(gradient, Tensor):
        raise TypeError(
            f"{operation}: expected a Tensor as the gradient of argument {position}, got "
            f"{kind_of(gradient, Tensor)}"
        )
    data = gradient._data
    _require_shape(data, receiver, operation, position)
    dtype = _layout(receiver)[1]
    if data.dtype is not dtype and dtype is not None:
        return gradient.to(floating(dtype))
    return gradient


def fitted_array(gradient: Any, receiver: Receiver, operation: str, position: int) -> Array:
    """`fitted` for a gradient that is an array or a NumPy scalar."""
    data = exact(gradient)
    _require_shape(data, receiver, operation, position)
    dtype = _layout(receiver)[1]
    if data.dtype is not dtype and dtype is not None:
        return data.astype(floating(dtype), copy=False)
    return data


def _require_shape(data: Array, receiver: Receiver, operation: str, position: int) -> None:
    shape = _layout(receiver)[0]
    if data.shape != shape and shape is not None:
        raise ShapeError(
            f"{operation}: the gradient of argument {position} has shape {data.shape}, but the "
            f"argument has shape {shape}; they must be equal (sum over broadcast axes)"
        )


def _layout(receiver: Receiver) -> tuple[Shape | None, np.dtype[Any] | None]:
    """The shape and dtype of the gradients that arrive."""
    if isinstance(receiver, Tensor):
        return receiver.shape, receiver.dtype
    return receiver._shape, receiver._dtype


def receiver_of(place: Tensor | Node) -> Receiver:
    """Where the gradient of a tensor that requires one goes, or what arrives at a node."""
    if isinstance(place, Tensor):
        return place.grad_fn or place
    return place.variable if isinstance(place, AccumulateGrad) else place


def node_of(receiver: Receiver) -> Node:
    """The node itself, or that of a leaf: the same one as long as somebody holds it."""
    if isinstance(receiver, BackwardFunction):
        return receiver
    node = _leaf_nodes.get(id(receiver))
    if node is None:
        node = _leaf_nodes[id(receiver)] = AccumulateGrad(receiver)
    return node
