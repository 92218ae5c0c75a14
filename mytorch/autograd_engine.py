"""The autograd engine: it runs operations, records them, and walks the graph backwards.

Write-up, sections 0.1.4 to 0.1.6. `Function.apply` runs an operation and links its node;
`backward` and `grad` release the nodes in reverse, each when all its gradients are there.
The engine knows Tensor, but no operation: gradients are added, cast and copied by Tensor's
own operators, so that with `create_graph` the same code records itself.
"""

from _thread import get_ident
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, ClassVar

import numpy as np

from mytorch._dtypes import Array, exact, floating
from mytorch._quiet import IGNORED, numpy_errors
from mytorch.anomaly import calling_line, check_backward, check_forward, watching
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import recording
from mytorch.graph import (
    AccumulateGrad,
    BackwardFunction,
    ContextManager,
    HookHandle,
    Node,
    Receiver,
    accumulate,
    fitted,
    fitted_array,
    node_of,
    receiver_of,
    tick,
)
from mytorch.tensor import Tensor, wrap

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
    # without a copy, which is a tenth of the time of a wide network's step.
    fresh_gradients: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "backward" in vars(cls) and "array_backward" not in vars(cls):
            # That of a base class would go on computing what the base class's backward does.
            setattr(cls, "array_backward", vars(Function)["array_backward"])  # noqa: B010

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Tensor:
        """The output of the operation; what backward needs is left in `ctx`."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        """The gradient of each argument, from that of the output."""
        raise NotImplementedError("a Function needs a static method backward(ctx, grad_output)")

    @classmethod
    def array_backward(cls, ctx: Any, gradient: Array) -> Sequence[Array | None]:
        """`backward` where nothing is recorded: the same numbers, from and to bare arrays, one
        for each argument.

        Operations that small networks are made of have a static method of their own in place of
        this one: without a Tensor for each gradient a chain of them takes a tenth less to walk.
        """
        parts = _as_parts(cls.backward(ctx, wrap(gradient)))
        try:
            return [None if part is None else part._data for part in parts]
        except AttributeError:
            return _arrays_of(parts, ctx)

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Runs forward and, if recording and some argument requires a gradient, links the node.

        Only here it is decided whether the output requires a gradient (write-up, 0.1.4).
        """
        # The constructor and a method that links the node would cost a sixth of the whole call.
        node = _new(BackwardFunction)
        node._forward_cls = cls
        node._hooks = None
        node._saved = ()
        node._time = inf
        output = cls.forward(node, *args)
        if not isinstance(output, Tensor):
            raise TypeError(
                f"{cls.__name__}.forward: expected it to return a Tensor, got {type(output)}"
            )
        if watching and get_ident() in watching:
            arrays = [argument._data for argument in args if isinstance(argument, Tensor)]
            check_forward(cls.__name__, arrays, output._data)
            node.line = calling_line()
        if recording.get():
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
                node.edges = tuple(edges)
                node.shape = data.shape
                node.dtype = data.dtype
                if node._saved:
                    # From now on what was saved must not change.
                    node._time = tick()
                    for tensor in node._saved:
                        if tensor is output:
                            node.let_go(output)
                output._requires_grad = True
                output.is_leaf = False
                output.grad_fn = node
                return output
        if output._requires_grad:
            output = wrap(output._data)
        return output


_new = object.__new__
_NEVER = inf


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
    _traverse(start, None, retain_graph or create_graph, create_graph)


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
    start = _start("grad", outputs, grad_outputs)
    wanted = _as_tuple(inputs)
    receivers = _required_receivers("grad", wanted)
    found = _traverse(start, set(receivers), retain_graph, create_graph)
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
        _traverse(start, None, retain_graph, create_graph)
        return
    wanted = _as_tuple(inputs)
    tensor_of = dict(zip(_required_receivers("backward", wanted), wanted, strict=True))
    found = _traverse(start, set(tensor_of), retain_graph, create_graph)
    for receiver, gradient in found.items():
        accumulate(tensor_of[receiver], gradient, False)


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
        node.retain(tensor)


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
    """`Tensor.register_hook`: a leaf keeps the hook itself; else the node, which outlives the
    tensor."""
    holder = _required_receiver(tensor, "register_hook: the tensor")
    if holder._hooks is None:
        holder._hooks = {}
    return HookHandle(holder._hooks, hook)


def _hooked(receiver: Receiver, gradient: Tensor) -> Tensor:
    """The gradient after the hooks of a node or leaf."""
    for hook in tuple((receiver._hooks or {}).values()):
        changed = hook(gradient)
        if changed is not None:
            name = node_of(receiver).function_name
            gradient = fitted(changed, receiver, f"a hook of {name}", 0)
    return gradient


def _traverse(
    start: dict[Receiver, Tensor],
    wanted: set[Receiver] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Receiver, Tensor]:
    """Walks over the graph; returns the gradients of the wanted nodes, or stores those of the
    leaves. Its tables live and die with it; nothing is left on nodes.

    Frees the graph unless `retain_graph`, which None sets to `create_graph`.
    """
    waiting = _count(start)
    if wanted is not None:
        waiting = _pruned(waiting, wanted)
        start = {receiver: seed for receiver, seed in start.items() if receiver in waiting}
    before = recording.set(create_graph)
    # An infinite or undefined gradient is an answer, as in PyTorch, not a warning.
    errors = numpy_errors.set(IGNORED)
    watched = bool(watching) and get_ident() in watching
    if watched:
        # What backward itself computes is not the forward of anything.
        watching.discard(get_ident())
    try:
        arrived, ran, owned = _walk(start, waiting, wanted, create_graph, watched)
        if wanted is None:
            # Only now, when nothing can fail any more, the outside is changed.
            for leaf, gradient in arrived:
                if leaf._requires_grad:  # still
                    accumulate(leaf, gradient, leaf in owned and not create_graph)
    finally:
        numpy_errors.reset(errors)
        recording.reset(before)
        if watched:
            watching.add(get_ident())
    if not (create_graph if retain_graph is None else retain_graph):
        for run in ran:
            if run._saved:
                run.free()
    return {} if wanted is None else dict(arrived)


def _count(start: Iterable[Receiver]) -> dict[Receiver, float]:
    """For each node that will run, how many gradients it waits for: infinitely many for leaves,
    whose gradients lie where they arrive until all nodes have run."""
    waiting = {receiver: _NEVER if isinstance(receiver, Tensor) else 0 for receiver in start}
    stack = [receiver for receiver in start if isinstance(receiver, BackwardFunction)]
    while stack:
        for edge in stack.pop().edges:
            if edge is None:
                continue
            if edge in waiting:
                waiting[edge] += 1
            elif isinstance(edge, Tensor):
                waiting[edge] = _NEVER
            else:
                waiting[edge] = 1
                stack.append(edge)
    return waiting


def _pruned(waiting: dict[Receiver, float], wanted: set[Receiver]) -> dict[Receiver, float]:
    """Only the nodes and leaves on a way from the start to a wanted one."""
    children: defaultdict[Receiver, list[Receiver]] = defaultdict(list)
    for node in waiting:
        if isinstance(node, BackwardFunction):
            for edge in node.edges:
                if edge is not None:
                    children[edge].append(node)
    useful = wanted & waiting.keys()
    stack = list(useful)
    while stack:
        for child in children[stack.pop()]:
            if child not in useful:
                useful.add(child)
                stack.append(child)
    return {
        receiver: _NEVER
        if isinstance(receiver, Tensor)
        else sum(child in useful for child in children[receiver])
        for receiver in useful
    }


def _walk(
    start: dict[Receiver, Tensor],
    waiting: dict[Receiver, float],
    wanted: set[Receiver] | None,
    create_graph: bool,
    watched: bool,
) -> tuple[list[tuple[Any, Tensor]], list[BackwardFunction], set[Receiver]]:
    """Runs every node once. Returns the nodes where a gradient is to be stored, or wanted, with
    it; the nodes that ran; and the nodes whose gradient is in an array that nobody else holds."""
    arrived: list[tuple[Any, Tensor]] = []
    ran: list[BackwardFunction] = []
    owned: set[Receiver] = set()
    # Tensors where they are recorded, else arrays, or NumPy scalars until they are fitted.
    gradients: dict[Receiver, Any] = start
    kinds: tuple[Any, ...] = (Tensor,)
    fit: Callable[..., Any] = fitted
    as_tensor: Callable[[Any], Tensor] = Tensor.__pos__  # itself
    if not create_graph:
        gradients = {receiver: seed._data for receiver, seed in start.items()}
        kinds, fit, as_tensor = (np.ndarray, np.generic), fitted_array, wrap
    kind = kinds[0]
    ready: list[Any] = [node for node in gradients if waiting[node] == 0]
    while ready:
        node: BackwardFunction = ready.pop()
        gradient = gradients.pop(node, None)
        if node._hooks is not None and gradient is not None:
            hooked = _hooked(node, as_tensor(gradient))
            gradient = hooked if create_graph else hooked._data
            if wanted is None and node._retained is not None:
                tensor = node._retained()
                if tensor is not None:
                    arrived.append((tensor, hooked))
        if wanted is not None and node in wanted:
            if gradient is not None:
                arrived.append((node, as_tensor(gradient)))
            if waiting.keys().isdisjoint(node.edges):
                continue
        edges = node.edges
        operation = node._forward_cls
        parts: Sequence[Any]
        if gradient is None:
            parts = (None,) * len(edges)
        else:
            if create_graph:
                parts = _as_parts(operation.backward(node, gradient))
            else:
                parts = operation.array_backward(node, gradient)
            if len(parts) != len(edges):
                parts = _padded(parts, node)
            if watched:
                arrays = [as_tensor(part)._data for part in parts if isinstance(part, kinds)]
                check_backward(node.function_name, as_tensor(gradient)._data, arrays, node.line)
            ran.append(node)
        # As long as each other by now: `strict` would take longer than all the loop's other tests.
        for edge, part in zip(edges, parts):  # noqa: B905
            if edge is None or (left := waiting.get(edge)) is None:
                continue
            if part is not None:
                # A Tensor's own shape and dtype are properties, which take thrice as long.
                place = edge._data if left is _NEVER else edge
                if (
                    type(part) is not kind
                    or part.shape != place.shape
                    or part.dtype is not place.dtype
                ):
                    pairs = zip(edges, parts, strict=True)
                    here = [to is edge and what is part for to, what in pairs]
                    part = fit(part, edge, node.function_name, here.index(True))
                known = gradients.get(edge)
                if known is None:
                    gradients[edge] = part
                    if operation.fresh_gradients:
                        owned.add(edge)
                elif create_graph:
                    gradients[edge] = known + part
                elif edge not in owned:
                    gradients[edge] = exact(known + part)
                    owned.add(edge)
                elif part.size == 1 or type(part) is not type(known):
                    # In place NumPy adds one number in three times the time, and an array that
                    # `compile` records cannot be added to one that it knows nothing of.
                    gradients[edge] = exact(known + part)
                else:
                    known += part
            if left == 1:
                ready.append(edge)
            elif left is not _NEVER:
                waiting[edge] = left - 1
    for leaf, gradient in gradients.items():
        gradient = as_tensor(gradient)
        if leaf._hooks:
            gradient = _hooked(leaf, gradient)
            owned.discard(leaf)
        arrived.append((leaf, gradient))
    return arrived, ran, owned


def _as_parts(found: Any) -> Sequence[Any]:
    """What a backward returned, one for each argument."""
    return found if isinstance(found, (tuple, list)) else (found,)


def _arrays_of(parts: Sequence[Any], node: BackwardFunction) -> list[Any]:
    """The data of what a backward returned, some of which is no Tensor: that is refused where it
    should be a gradient."""
    used = dict(enumerate(node.edges))
    for place, part in enumerate(parts):
        edge = used.get(place)
        if edge is not None and part is not None:
            fitted(part, edge, node.function_name, place)
    return [part._data if isinstance(part, Tensor) else part for part in parts]


def _required_receiver(tensor: Tensor, role: str) -> Receiver:
    """Where the tensor's gradient goes; an error that says why it has none."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{role}: expected a Tensor, got {type(tensor).__name__}")
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
        ones.fill(1)  # `np.ones` takes a microsecond more
        return wrap(ones)
    if isinstance(gradient, Tensor) and gradient.shape != output.shape:
        raise ShapeError(
            f"{name}: an output of shape {output.shape} needs a gradient of that shape, got "
            f"{gradient.shape}"
        )
    return fitted(gradient, receiver, name, 0)


def _padded(found: Sequence[Any], node: BackwardFunction) -> Sequence[Any]:
    """The gradients that backward returned, None for those it left out at the end."""
    edges = node.edges
    padded = (*found, *[None] * (len(edges) - len(found)))
    surplus = padded[len(edges) :]
    missing = edges[len(found) :]
    if any(extra is not None for extra in surplus) or any(edge is not None for edge in missing):
        raise RuntimeError(
            f"{node.function_name}.backward returned {len(found)} gradients for "
            f"{len(edges)} arguments; return one for each, None for what is not differentiable"
        )
    return padded


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    alone = isinstance(tensors, Tensor) or not isinstance(tensors, Iterable)
    return (tensors,) if alone else tuple(tensors)
