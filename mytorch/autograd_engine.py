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

from mytorch._dtypes import exact, floating
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
    fitted,
    node_of,
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

    # Whether backward, when it is not recorded, returns arrays that nobody else holds: a leaf
    # may then keep them without a copy, which is a tenth of the time of a wide network's step.
    fresh_gradients: ClassVar[bool] = False

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Tensor:
        """The output of the operation; what backward needs is left in `ctx`."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        """The gradient of each argument, from that of the output."""
        raise NotImplementedError("a Function needs a static method backward(ctx, grad_output)")

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
            parents: list[Node | None] = []
            differentiable = False
            for argument in args:
                if argument is output:
                    output = wrap(output._data)
                if isinstance(argument, Tensor) and argument._requires_grad:
                    parents.append(argument.grad_fn or argument._accumulator() or node_of(argument))
                    differentiable = True
                else:
                    parents.append(None)
            if differentiable:
                data = output._data
                node.next_functions = tuple(parents)
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
    start = {grad_fn: fitted(grad_of_outputs, grad_fn, "backward", 0)}
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
    nodes = _required_nodes("grad", wanted)
    found = _traverse(start, set(nodes), retain_graph, create_graph)
    for position, node in enumerate(nodes):
        if node not in found and not (allow_unused or materialize_grads):
            raise RuntimeError(
                f"grad: input {position} (shape {wanted[position].shape}) was not used to compute "
                "the outputs; pass allow_unused=True to get None for it"
            )
    # Copies: two inputs may have received the same array, or the one in grad_outputs.
    return tuple(
        [
            found[node].clone()
            if node in found
            else Tensor(np.zeros(tensor.shape, floating(tensor.dtype)))
            if materialize_grads
            else None
            for node, tensor in zip(nodes, wanted, strict=True)
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
    tensor_of = dict(zip(_required_nodes("backward", wanted), wanted, strict=True))
    found = _traverse(start, set(tensor_of), retain_graph, create_graph)
    for node, gradient in found.items():
        AccumulateGrad(tensor_of[node]).apply(gradient)


def _start(name: str, outputs: Any, gradients: Any) -> dict[Node, Tensor]:
    """Where a traversal starts, with the gradients of the outputs."""
    finals = _as_tuple(outputs)
    given = (None,) * len(finals) if gradients is None else _as_tuple(gradients)
    if len(given) != len(finals):
        raise ShapeError(
            f"{name}: {len(finals)} outputs need {len(finals)} gradients, got {len(given)}"
        )
    start: dict[Node, Tensor] = {}
    for output, gradient in zip(finals, given, strict=True):
        node = _required_node(output, f"{name}: an output")
        seed = _seed(name, output, node, gradient)
        start[node] = start[node] + seed if node in start else seed
    return start


def _required_nodes(name: str, inputs: Sequence[Any]) -> list[Node]:
    """The nodes of the inputs that gradients are asked for."""
    if not inputs:
        raise RangeError(f"{name}: expected at least one input, got none")
    return [_required_node(tensor, f"{name}: an input") for tensor in inputs]


def retain_grad(tensor: Tensor) -> None:
    """`Tensor.retain_grad`: asks the tensor's node to store the gradient on it, too."""
    node = _required_node(tensor, "retain_grad: the tensor")
    if isinstance(node, BackwardFunction):
        node.retain(tensor)


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
    """`Tensor.register_hook`: a leaf keeps the hook itself; else the node, which outlives the
    tensor."""
    node = _required_node(tensor, "register_hook: the tensor")
    holder: Any = tensor if isinstance(node, AccumulateGrad) else node
    if holder._hooks is None:
        holder._hooks = {}
    return HookHandle(holder._hooks, hook)


def _hooked(node: Node, gradient: Tensor) -> Tensor:
    """The gradient after the node's hooks."""
    for hook in tuple((node._hooks or {}).values()):
        changed = hook(gradient)
        if changed is not None:
            gradient = fitted(changed, node, f"a hook of {node.function_name}", 0)
    return gradient


def _traverse(
    start: dict[Node, Tensor],
    wanted: set[Node] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Node, Tensor]:
    """Walks over the graph; returns the gradients of the wanted nodes, or stores those of the
    leaves. Its tables live and die with it; nothing is left on nodes.

    Frees the graph unless `retain_graph`, which None sets to `create_graph`.
    """
    waiting = _count(start)
    if wanted is not None:
        waiting = _pruned(waiting, wanted)
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
            for node, gradient in arrived:
                if node.variable._requires_grad:  # still
                    if node in owned and not create_graph:
                        node.keep(gradient)
                    else:
                        node.apply(gradient)
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


def _count(start: Iterable[Node]) -> dict[Node, int]:
    """For each node that will run, how many gradients it waits for."""
    waiting: dict[Node, int] = dict.fromkeys(start, 0)
    stack = list(start)
    while stack:
        for parent in stack.pop().next_functions:
            if parent is None:
                continue
            if parent in waiting:
                waiting[parent] += 1
            else:
                waiting[parent] = 1
                stack.append(parent)
    return waiting


def _pruned(waiting: dict[Node, int], wanted: set[Node]) -> dict[Node, int]:
    """Only the nodes on a way from the start to a wanted node."""
    children: defaultdict[Node, list[Node]] = defaultdict(list)
    for node in waiting:
        for parent in node.next_functions:
            if parent is not None:
                children[parent].append(node)
    useful = wanted & waiting.keys()
    stack = list(useful)
    while stack:
        for child in children[stack.pop()]:
            if child not in useful:
                useful.add(child)
                stack.append(child)
    return {node: sum(child in useful for child in children[node]) for node in useful}


def _walk(
    gradients: dict[Node, Tensor],
    waiting: dict[Node, int],
    wanted: set[Node] | None,
    create_graph: bool,
    watched: bool,
) -> tuple[list[tuple[Any, Tensor]], list[BackwardFunction], set[Node]]:
    """Runs every node once. Returns the nodes where a gradient is to be stored, or wanted, with
    it; the nodes that ran; and the nodes whose gradient is in an array that nobody else holds."""
    arrived: list[tuple[Any, Tensor]] = []
    ran: list[BackwardFunction] = []
    owned: set[Node] = set()
    ready = [node for node in gradients if waiting.get(node) == 0]
    while ready:
        node = ready.pop()
        gradient = gradients.pop(node, None)
        if node._hooks is not None and gradient is not None:
            gradient = _hooked(node, gradient)
            owned.discard(node)
            if wanted is None and isinstance(node, BackwardFunction) and node._retained:
                tensor = node._retained()
                if tensor is not None:
                    arrived.append((AccumulateGrad(tensor), gradient))
        if isinstance(node, AccumulateGrad) if wanted is None else node in wanted:
            if gradient is not None:
                arrived.append((node, gradient))
            if wanted is None or waiting.keys().isdisjoint(node.next_functions):
                continue
        assert isinstance(node, BackwardFunction)
        parents = node.next_functions
        operation = node._forward_cls
        parts: Sequence[Any]
        if gradient is None:
            parts = (None,) * len(parents)
        else:
            # node.apply(gradient), less one call
            parts = operation.backward(node, gradient)
            if type(parts) is not tuple:
                parts = tuple(parts) if isinstance(parts, list) else (parts,)
            if len(parts) != len(parents):
                parts = _padded(parts, node)
            if watched:
                arrays = [part._data for part in parts if isinstance(part, Tensor)]
                check_backward(node.function_name, gradient._data, arrays, node.line)
            ran.append(node)
        # As long as each other by now: `strict` would take longer than all the loop's other tests.
        for parent, part in zip(parents, parts):  # noqa: B905
            if parent is None or (left := waiting.get(parent)) is None:
                continue
            if part is not None:
                if (
                    type(part) is not Tensor
                    or part._data.shape != parent.shape
                    or part._data.dtype is not parent.dtype
                ):
                    edges = zip(parents, parts, strict=True)
                    here = [to is parent and along is part for to, along in edges]
                    part = fitted(part, parent, node.function_name, here.index(True))
                known = gradients.get(parent)
                if known is None:
                    gradients[parent] = part
                    if operation.fresh_gradients:
                        owned.add(parent)
                elif create_graph:
                    gradients[parent] = known + part
                elif parent not in owned:
                    # Past the operation, of which nothing is recorded: a third of its time.
                    gradients[parent] = wrap(known._data + part._data)
                    owned.add(parent)
                elif part._data.size == 1:
                    # In place NumPy adds one number in three times the time.
                    known._data = exact(known._data + part._data)
                else:
                    known._data += part._data
            if left == 1:
                ready.append(parent)
            else:
                waiting[parent] = left - 1
    return arrived, ran, owned


def _required_node(tensor: Tensor, role: str) -> Node:
    """The tensor's node; an error that says why there is none."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{role}: expected a Tensor, got {type(tensor).__name__}")
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{role} of shape {tensor.shape} does not require a gradient: nothing it was computed "
            "from does, or recording was off; set requires_grad=True on the leaves before computing"
        )
    return node_of(tensor)


def _seed(name: str, output: Tensor, node: Node, gradient: Tensor | None) -> Tensor:
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
    return fitted(gradient, node, name, 0)


def _padded(found: Sequence[Any], node: BackwardFunction) -> Sequence[Any]:
    """The gradients that backward returned, None for those it left out at the end."""
    parents = node.next_functions
    padded = (*found, *[None] * (len(parents) - len(found)))
    surplus = padded[len(parents) :]
    missing = parents[len(found) :]
    if any(extra is not None for extra in surplus) or any(p is not None for p in missing):
        raise RuntimeError(
            f"{node.function_name}.backward returned {len(found)} gradients for "
            f"{len(parents)} arguments; return one for each, None for what is not differentiable"
        )
    return padded


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    alone = isinstance(tensors, Tensor) or not isinstance(tensors, Iterable)
    return (tensors,) if alone else tuple(tensors)
