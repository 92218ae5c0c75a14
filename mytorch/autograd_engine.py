"""The autograd engine: it runs operations, records them, and has the graph walked backwards.

Write-up, sections 0.1.4 to 0.1.6. The engine knows Tensor, but no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, ClassVar

from mytorch._dtypes import Array
from mytorch._replaced import WatchedClass
from mytorch.engine.context import ContextManager, Wanted
from mytorch.engine.endpoints import flags, seed_at, seeds, targets
from mytorch.engine.graph import AccumulateGrad, BackwardFunction, Node, Receiver
from mytorch.engine.outputs import several
from mytorch.engine.partials import grad
from mytorch.engine.returns import arrays_of, forward_of
from mytorch.engine.traversal import traverse
from mytorch.grad_mode import is_recording
from mytorch.memory import tick
from mytorch.observe import audience, observed
from mytorch.tensor import Tensor, wrap

__all__ = ["AccumulateGrad", "BackwardFunction", "ContextManager", "Function", "backward", "grad"]

_new = object.__new__


class Function(metaclass=WatchedClass):
    """An operation: subclass it with static `forward(ctx, *args)` and `backward(ctx, grad)`.

    `forward` takes Tensors (and other arguments as they are) and returns a new Tensor, or a tuple
    of several; `backward` takes d final / d output, of each, and returns d final / d input for each
    argument, as a tuple (None for what is not differentiable), or one Tensor for a single input.
    Written with Tensor operations, backward can be differentiated again.

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

    # Whether nobody else holds what `array_backward` returns: a leaf then keeps it without a copy.
    fresh_gradients: ClassVar[bool] = False
    # Called with the context before the output is changed in place, if backward needs no refusal.
    before_change: ClassVar[Callable[[Any], None] | None] = None

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        if cls.__base__ is not Function and "backward" in own and "array_backward" not in own:
            # What a base class has goes with the base class's backward.
            setattr(cls, "array_backward", vars(Function)["array_backward"])  # noqa: B010
            cls.fresh_gradients = own.get("fresh_gradients", False)
        if not cls.__module__.startswith("mytorch.") and own.keys() & {"forward", "setup_context"}:
            setattr(cls, "forward", forward_of(cls))  # noqa: B010

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

        Operations of small networks have a static one of their own, which makes no Tensors.
        """
        return arrays_of(cls.backward(ctx, wrap(gradient)), wanted, cls.__name__)

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Runs forward and, if recording and some argument requires a gradient, links the node:
        only here it is decided whether the output requires one (write-up, 0.1.4)."""
        if observed and (listening := audience()) is not None:
            return listening.run(cls, args)
        # Not by the constructor and a method that links the node: they are two calls.
        node: Any = _new(BackwardFunction)
        node._forward_cls = cls
        node._saved = ()
        node._time = inf
        output = cls.forward(node, *args)
        if not isinstance(output, Tensor):
            return several(cls, node, args, output)
        if node._time is inf and is_recording():
            receivers: list[Receiver | None] = []
            differentiable = False
            for argument in args:
                if argument is output:
                    output = wrap(output._data)
                if isinstance(argument, Tensor) and argument._requires_grad:
                    receivers.append(argument.grad_fn or argument)
                    differentiable = True
                else:
                    receivers.append(None)
            if differentiable:
                first, shape = receivers[0], output._data.shape
                if type(first) is BackwardFunction and first._shape == shape:
                    shape = first._shape  # another tuple would be much of a node's memory
                node._hooks, node._receivers = None, tuple(receivers)
                node._shape, node._dtype = shape, output._data.dtype
                # From now on what was saved must not change.
                node._time = tick()
                for saved in node._saved:
                    if saved is output:
                        node._let_go(output)
                output._requires_grad, output._is_leaf = True, False
                output.grad_fn = node
                return output
        return wrap(output._data) if output._requires_grad else output


def backward(
    grad_fn: Node, grad_of_outputs: Tensor, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Walks back from a node whose output has this gradient; adds to the `.grad` of each leaf.

    Depth costs no stack, and each node runs once (in the write-up's recursion, once for each path
    to it). If an operation raises, no `.grad` has changed and the graph is as before.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> backward(y.grad_fn, Tensor.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    traverse(seed_at(grad_fn, grad_of_outputs), *flags(retain_graph or create_graph, create_graph))


def backward_from(
    tensors: Tensor | Sequence[Tensor],
    gradients: Tensor | Sequence[Tensor | None] | None,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Tensor | Sequence[Tensor] | None,
) -> None:
    """`Tensor.backward` and `mytorch.autograd.backward`."""
    start = seeds("backward", tensors, gradients)
    ends = None if inputs is None else targets("backward", inputs)
    traverse(start, *flags(retain_graph, create_graph), ends)
