"""The autograd engine: it runs operations, records them, and has the graph walked backwards.

Write-up, sections 0.1.4 to 0.1.6. `Function.apply` runs an operation and links its node;
`backward` and `grad` say where a traversal starts and where its gradients go. The engine knows
Tensor, but no operation: gradients are added, cast and copied by Tensor's own operators, so that
with `create_graph` the same code records itself.
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, ClassVar

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import Array, floating
from mytorch.anomaly import check_forward, watching
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import is_recording
from mytorch.graph import (
    AccumulateGrad,
    BackwardFunction,
    ContextManager,
    HookHandle,
    Node,
    Receiver,
    Wanted,
    accumulate,
    fitted,
    receiver_of,
    tick,
)
from mytorch.tensor import Tensor, wrap
from mytorch.traversal import as_parts, traverse

__all__ = [
    "AccumulateGrad",
    "BackwardFunction",
    "ContextManager",
    "Function",
    "backward",
    "grad",
]


class Function:
    """An operation: subclass it with static `forward(ctx, *args)` and `backward(ctx, grad)`.

    `forward` takes Tensors (and other arguments as they are) and returns a new Tensor;
    `backward` takes d final / d output and returns d final / d input for each argument, as a
    tuple (None for what is not differentiable), or one Tensor for a single input. Written
    with Tensor operations, backward can be differentiated again.

    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return Tensor(x.data**3)
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         (x,) = ctx.saved_tensors
    ...         return grad_output * 3 * x * x
    >>> x = Tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    # Whether `array_backward` returns arrays that nobody else holds: a leaf may then keep them
    # without a copy.
    fresh_gradients: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        if cls.__base__ is not Function and "backward" in own and "array_backward" not in own:
            # What a base class has goes with the base class's backward.
            setattr(cls, "array_backward", vars(Function)["array_backward"])  # noqa: B010
            cls.fresh_gradients = own.get("fresh_gradients", False)

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Tensor:
        """The output of the operation; what backward needs is left in `ctx`."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        """The gradient of each argument, from that of the output."""
        raise NotImplementedError("a Function needs a static method backward(ctx, grad_output)")

    @classmethod
    def array_backward(cls, ctx: Any, gradient: Array, wanted: Wanted) -> Sequence[Array | None]:
        """`backward` where nothing is recorded: the same numbers, from and to bare arrays, one
        for each argument. An entry of `wanted` is None where that argument's gradient is not used
        and may be None as well; otherwise it is no truth value (`wanted[0] is not None`).

        Operations that small networks are made of have a static method of their own in place of
        this one, which makes no Tensor for each gradient.
        """
        parts = as_parts(cls.backward(ctx, wrap(gradient)))
        try:
            return [None if part is None else part._data for part in parts]
        except AttributeError:
            return _arrays_of(parts, ctx, wanted)

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Runs forward and, if recording and some argument requires a gradient, links the node.

        Only here it is decided whether the output requires a gradient (write-up, 0.1.4).
        """
        # Not by the constructor and a method that links the node: two calls.
        node = _new(BackwardFunction)
        node._forward_cls = cls
        node._saved = ()
        node._time = inf
        output = cls.forward(node, *args)
        if not isinstance(output, Tensor):
            raise TypeError(
                f"{cls.__name__}.forward: expected it to return a Tensor, got "
                f"{kind_of(output, Tensor)}"
            )
        if watching and get_ident() in watching:
            node._line = check_forward(cls.__name__, args, output._data)
        if is_recording():
            edges: list[Receiver | None] = []
            differentiable = False
            for argument in args:
                if argument is output:
                    output = wrap(output._data)
                if isinstance(argument, Tensor) and argument._requires_grad:
                    edges.append(argument.grad_fn or argument)
                    differentiable = True
                else:
                    edges.append(None)
            if differentiable:
                data = output._data
                node._hooks = None
                node._edges = tuple(edges)
                node._shape = data.shape
                node._dtype = data.dtype
                # From now on what was saved must not change.
                node._time = tick()
                if node._saved:
                    for tensor in node._saved:
                        if tensor is output:
                            node._let_go(output)
                output._requires_grad = True
                output._is_leaf = False
                output.grad_fn = node
                return output
        if output._requires_grad:
            output = wrap(output._data)
        return output


_new = object.__new__


def backward(
    grad_fn: Node, grad_of_outputs: Tensor, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Walks the graph from the node `grad_fn`, whose output has the gradient
    `grad_of_outputs`, and adds to the `.grad` of every leaf it reaches.

    A node runs when every gradient it waits for has arrived, so each runs once, and depth
    costs no stack (the write-up's recursion visits a node once for each path to it). If an
    operation raises, no `.grad` has changed and the graph is as before.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> backward(y.grad_fn, Tensor.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    if grad_fn is None:
        raise RuntimeError(
            "backward: expected a node of a graph, got None: nothing before this tensor "
            "requires a gradient; set requires_grad=True on the leaves before computing"
        )
    receiver = receiver_of(grad_fn)
    start = {receiver: fitted(grad_of_outputs, receiver, "backward", 0)}
    traverse(start, None, retain_graph or create_graph, create_graph)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` (their sum) with respect to `inputs`, as
    `torch.autograd.grad`: they are returned, and no `.grad` changes.

    `grad_outputs` are d final / d output, ones where None (for any shape; PyTorch only for
    scalars). An input that no output depends on raises RuntimeError, or with `allow_unused`
    gives None, or with `materialize_grads` zeros.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> (second,) = grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    flag("grad", "allow_unused", allow_unused)
    flag("grad", "materialize_grads", materialize_grads)
    start = _start("grad", outputs, grad_outputs)
    wanted = _as_tuple(inputs)
    receivers = _required_receivers("grad", wanted)
    found = traverse(start, set(receivers), retain_graph, create_graph)
    for position, receiver in enumerate(receivers):
        if receiver not in found and not (allow_unused or materialize_grads):
            raise RuntimeError(
                f"grad: input {position} (shape {wanted[position].shape}) was not used to compute "
                "the outputs; pass allow_unused=True to get None for it"
            )
    # Copies: two inputs may have received the same array, or the one in grad_outputs.
    return tuple(
        [
            found[receiver].clone()
            if receiver in found
            else Tensor(np.zeros(tensor.shape, floating(tensor.dtype)))
            if materialize_grads
            else None
            for receiver, tensor in zip(receivers, wanted, strict=True)
        ]
    )


def backward_from(
    tensors: Tensor | Sequence[Tensor],
    gradients: Tensor | Sequence[Tensor | None] | None,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """`Tensor.backward` and `mytorch.autograd.backward`: starts the traversal at the tensors'
    nodes."""
    start = _start("backward", tensors, gradients)
    if inputs is None:
        traverse(start, None, retain_graph, create_graph)
        return
    wanted = _as_tuple(inputs)
    tensor_of = dict(zip(_required_receivers("backward", wanted), wanted, strict=True))
    found = traverse(start, set(tensor_of), retain_graph, create_graph)
    for receiver, gradient in found.items():
        accumulate(tensor_of[receiver], gradient, create_graph)


def _start(name: str, outputs: Any, gradients: Any) -> dict[Receiver, Tensor]:
    """Where a traversal starts, with the gradients of the outputs."""
    finals = _as_tuple(outputs)
    given = (None,) * len(finals) if gradients is None else _as_tuple(gradients)
    if len(given) != len(finals):
        raise ShapeError(
            f"{name}: {len(finals)} outputs need {len(finals)} gradients, got {len(given)}"
        )
    start: dict[Receiver, Tensor] = {}
    for position, output in enumerate(finals):
        receiver = _required_receiver(output, f"{name}: an output")
        seed = _seed(name, output, receiver, given[position])
        start[receiver] = start[receiver] + seed if receiver in start else seed
    return start


def _required_receivers(name: str, inputs: Sequence[Any]) -> list[Receiver]:
    """Where the gradients arrive that are asked for."""
    if not inputs:
        raise RangeError(f"{name}: expected at least one input, got none")
    return [_required_receiver(tensor, f"{name}: an input") for tensor in inputs]


def retain_grad(tensor: Tensor) -> None:
    """`Tensor.retain_grad`: asks the tensor's node to store the gradient on it, too."""
    node = _required_receiver(tensor, "retain_grad: the tensor")
    if isinstance(node, BackwardFunction):
        node._retain(tensor)


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
    """`Tensor.register_hook`: a leaf keeps the hook itself; else the node, which outlives the
    tensor."""
    holder = _required_receiver(tensor, "register_hook: the tensor")
    if holder._hooks is None:
        holder._hooks = {}
    return HookHandle(holder._hooks, hook)


def _arrays_of(parts: Sequence[Any], node: BackwardFunction, wanted: Sequence[Any]) -> list[Any]:
    """The data of what a backward returned, some of which is no Tensor: that is refused where it
    should be a gradient."""
    for place, (edge, part) in enumerate(zip(wanted, parts, strict=False)):
        if edge is not None and part is not None:
            fitted(part, edge, node.function_name, place)
    return [part._data if isinstance(part, Tensor) else part for part in parts]


def _required_receiver(tensor: Tensor, role: str) -> Receiver:
    """Where the tensor's gradient goes; an error that says why it has none."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{role}: expected a Tensor, got {kind_of(tensor, Tensor)}")
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{role} of shape {tensor.shape} does not require a gradient: nothing it was computed "
            "from does, or recording was off; set requires_grad=True on the leaves before computing"
        )
    return receiver_of(tensor)


def _seed(name: str, output: Tensor, receiver: Receiver, gradient: Tensor | None) -> Tensor:
    """The gradient to start from: ones of the output's shape, unless one is given."""
    if gradient is None:
        ones = np.empty(output.shape, floating(output.dtype))
        ones.fill(1)  # `np.ones` is slower
        return wrap(ones)
    if isinstance(gradient, Tensor) and gradient.shape != output.shape:
        raise ShapeError(
            f"{name}: an output of shape {output.shape} needs a gradient of that shape, got "
            f"{gradient.shape}"
        )
    return fitted(gradient, receiver, name, 0)


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    alone = isinstance(tensors, Tensor) or not isinstance(tensors, Iterable)
    return (tensors,) if alone else tuple(tensors)
