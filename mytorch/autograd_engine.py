"""The autograd engine: it records operations as a graph and walks that graph backwards.

Write-up, sections 0.1.4 to 0.1.6. `Function.apply` runs an operation and links its node;
`backward` and `grad` release the nodes in reverse, each when all its gradients are there.
The engine knows Tensor, but no operation: gradients are added, cast and copied by Tensor's
own operators, so that with `create_graph` the same code records itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from weakref import ReferenceType, ref

import numpy as np

from mytorch._dtypes import floating
from mytorch._shapes import Shape
from mytorch.errors import ShapeError
from mytorch.grad_mode import is_grad_enabled as is_grad_enabled
from mytorch.grad_mode import recording
from mytorch.tensor import Tensor

__all__ = [
    "AccumulateGrad",
    "BackwardFunction",
    "ContextManager",
    "Function",
    "backward",
    "grad",
]

# One clock for all threads: it tells whether a tensor was changed in place after it was saved.
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

    __slots__ = ("__dict__", "_output", "_saved", "_time", "shapes")

    def __init__(self) -> None:
        self._saved: tuple[Tensor, ...] | None = ()
        self._time: float = inf
        # Which saved tensor is the operation's own output, if one is.
        self._output: tuple[int, ReferenceType[Tensor]] | None = None
        # For operations that need no more of their operands than the shapes. A slot: the
        # first free attribute of a node costs a dict.
        self.shapes: Any = None

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keeps tensors, inputs or the output, until backward. They are not copied; backward
        refuses to run if one of them has been changed in place in between.

        Raises TypeError for anything that is not a Tensor.
        """
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    f"save_for_backward: expected Tensors, got {type(tensor).__name__}; "
                    "store anything else as an attribute, as in ctx.shape = shape"
                )
        assert self._saved is not None
        self._saved += tensors
        self._time = tick()

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """The saved tensors, in order.

        Raises RuntimeError if backward has freed them or one was changed in place.
        """
        saved = self._saved
        if saved is None:
            raise RuntimeError(
                f"{self._name}: its saved tensors were freed by an earlier backward; "
                "call that one with retain_graph=True"
            )
        if self._output is not None:
            saved = self._with_output(saved, *self._output)
        for tensor in saved:
            if tensor._written > self._time:
                raise RuntimeError(
                    f"{self._name}: a tensor of shape {tensor.shape} that it saved for backward "
                    "was changed in place since; change a copy (tensor.clone()) instead, or "
                    "call backward first"
                )
        return saved

    if TYPE_CHECKING:  # attributes are free

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    @property
    def needs_input_grad(self) -> Any:
        """For each argument, whether its gradient is used: outside a graph, always True."""
        return _EVERY_ARGUMENT

    @property
    def _name(self) -> str:
        return "backward"

    def _with_output(
        self, saved: tuple[Tensor, ...], position: int, reference: ReferenceType[Tensor]
    ) -> tuple[Tensor, ...]:
        output = reference()
        if output is None:
            output = Tensor(saved[position].data, requires_grad=True, is_leaf=False)
            output.grad_fn = cast(BackwardFunction, self)
        return (*saved[:position], output, *saved[position + 1 :])


class BackwardFunction(ContextManager):
    """The graph's node of one run of an operation.

    As in PyTorch the node is its own context: `node.ctx is node` (one object less for each
    operation, an eighth of the graph's memory).

    Attributes: `ctx`, `next_functions` (for each argument the parent's node, an
    AccumulateGrad for a gradient-enabled leaf, None for a constant), `function_name`.

    >>> a = Tensor(1.0, requires_grad=True)
    >>> node = (a + 2.0).grad_fn
    >>> node.function_name, [type(parent).__name__ for parent in node.next_functions]
    ('Add', ['AccumulateGrad', 'NoneType'])
    """

    __slots__ = ("__weakref__", "_forward_cls", "_retained", "dtype", "next_functions", "shape")

    # Of the output, and so of the gradient that arrives.
    shape: Shape | None
    dtype: np.dtype[Any] | None

    def __init__(self, cls: "type[Function]") -> None:
        self._saved = ()
        self._time = inf
        self._output = None
        self.shapes = None
        self._forward_cls = cls
        self.next_functions: Sequence[Node | None] = ()
        self.shape = self.dtype = None
        self._retained: ReferenceType[Tensor] | None = None

    @property
    def ctx(self) -> ContextManager:
        """The context that forward and backward share: the node itself."""
        return self

    @property
    def function_name(self) -> str:
        """The name of the operation's class."""
        return self._forward_cls.__name__

    @property
    def _name(self) -> str:
        return self._forward_cls.__name__

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument, whether its gradient is used."""
        return tuple([parent is not None for parent in self.next_functions])

    def apply(self, *grads: Tensor) -> Any:
        """Runs the operation's backward: from d final / d output to d final / d input, for
        each input."""
        return self._forward_cls.backward(self, *grads)

    def _link(self, output: Tensor, parents: list["Node | None"]) -> None:
        self.next_functions = tuple(parents)
        data = output._data
        self.shape = data.shape
        self.dtype = data.dtype
        for position, saved in enumerate(self._saved or ()):
            if saved is output:
                # The output knows its node. A node that knew its output would be a cycle.
                self._output = (position, ref(output))
                self._saved = tuple(
                    Tensor(data) if other is output else other for other in self._saved or ()
                )

    def _free(self) -> None:
        if self._saved:
            self._saved = None
            self.__dict__.clear()


class AccumulateGrad:
    """The graph's node of a gradient-enabled leaf: it adds what arrives to `variable.grad`.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> node = AccumulateGrad(x)
    >>> node.apply(Tensor.ones(2)); node.apply(Tensor.ones(2))
    >>> x.grad
    tensor([2., 2.])
    """

    __slots__ = ("__weakref__", "variable")

    next_functions: tuple["Node | None", ...] = ()
    function_name = "AccumulateGrad"

    def __init__(self, tensor: Tensor) -> None:
        self.variable = tensor

    @property
    def shape(self) -> Shape:
        """The shape of the variable, and so of the gradient that arrives."""
        return self.variable.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the variable."""
        return self.variable.dtype

    def apply(self, grad: Tensor) -> None:
        """variable.grad += grad, in an array that no one else holds.

        Raises ShapeError if the gradient's shape is not the variable's.
        """
        _accumulate(self.variable, _checked(grad, self, self.function_name, 0))


Node: TypeAlias = BackwardFunction | AccumulateGrad


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
        node = BackwardFunction(cls)
        output = cls.forward(node, *args)
        if not isinstance(output, Tensor):
            raise TypeError(
                f"{cls.__name__}.forward: expected it to return a Tensor, got {type(output)}"
            )
        parents: list[Node | None] = []
        differentiable = False
        for argument in args:
            if argument is output:
                output = Tensor(output._data)
            if isinstance(argument, Tensor) and argument.requires_grad:
                parents.append(argument.grad_fn or _leaf_node(argument))
                differentiable = True
            else:
                parents.append(None)
        if differentiable and recording.enabled:
            node._link(output, parents)
            output.requires_grad = True
            output.is_leaf = False
            output.grad_fn = node
        else:
            output.requires_grad = False
            output.is_leaf = True
            output.grad_fn = None
        return output


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
    start = {grad_fn: _checked(grad_of_outputs, grad_fn, "backward", 0)}
    _Traversal(start, None).run(retain_graph or create_graph, create_graph)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` (their sum) with respect to `inputs`, as
    `torch.autograd.grad`: they are returned, and no `.grad` changes.

    `grad_outputs` are d final / d output, ones where None (for any shape; PyTorch only for
    scalars). An input that no output depends on raises RuntimeError, or with `allow_unused`
    gives None.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> (second,) = grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    finals = _as_tuple(outputs)
    wanted = _as_tuple(inputs)
    given = (None,) * len(finals) if grad_outputs is None else _as_tuple(grad_outputs)
    if len(given) != len(finals):
        raise ValueError(
            f"grad: {len(finals)} outputs need {len(finals)} grad_outputs, got {len(given)}"
        )
    start: dict[Node, Tensor] = {}
    for output, gradient in zip(finals, given, strict=True):
        node = _node_of(output, "grad: an output")
        seed = _seed(output, node, gradient)
        start[node] = start[node] + seed if node in start else seed
    nodes = [_node_of(tensor, "grad: an input") for tensor in wanted]
    keep = create_graph if retain_graph is None else retain_graph
    found = _Traversal(start, set(nodes)).run(keep, create_graph)
    for position, node in enumerate(nodes):
        if node not in found and not allow_unused:
            raise RuntimeError(
                f"grad: input {position} (shape {wanted[position].shape}) was not used to compute "
                "the outputs; pass allow_unused=True to get None for it"
            )
    return tuple([_owned(found[node]) if node in found else None for node in nodes])


def backward_from(
    tensor: Tensor, gradient: Tensor | None, retain_graph: bool | None, create_graph: bool
) -> None:
    """`Tensor.backward`: starts the traversal at the tensor's node."""
    node = _node_of(tensor, "backward: the tensor")
    keep = create_graph if retain_graph is None else retain_graph
    _Traversal({node: _seed(tensor, node, gradient)}, None).run(keep, create_graph)


def retain_grad(tensor: Tensor) -> None:
    """`Tensor.retain_grad`: asks the tensor's node to store the gradient on it, too."""
    node = _node_of(tensor, "retain_grad: the tensor")
    if isinstance(node, BackwardFunction):
        node._retained = ref(tensor)


class _Traversal:
    """One walk over the graph. Its tables live and die with it; nothing is left on nodes."""

    def __init__(self, start: dict[Node, Tensor], wanted: set[Node] | None) -> None:
        self.gradients = start
        self.wanted = wanted
        self.ran: list[BackwardFunction] = []
        # For each node that will run, how many gradients it still waits for.
        self.waiting: dict[Node, int] = dict.fromkeys(start, 0)
        self._count()
        if wanted is not None:
            self._prune(wanted)

    def _count(self) -> None:
        waiting = self.waiting
        stack = list(waiting)
        while stack:
            for parent in stack.pop().next_functions:
                if parent is None:
                    continue
                if parent in waiting:
                    waiting[parent] += 1
                else:
                    waiting[parent] = 1
                    stack.append(parent)

    def _prune(self, wanted: set[Node]) -> None:
        """Leaves only the nodes on a way from the start to a wanted node."""
        children: defaultdict[Node, list[Node]] = defaultdict(list)
        for node in self.waiting:
            for parent in node.next_functions:
                if parent is not None:
                    children[parent].append(node)
        useful = wanted & self.waiting.keys()
        stack = list(useful)
        while stack:
            for child in children[stack.pop()]:
                if child not in useful:
                    useful.add(child)
                    stack.append(child)
        self.waiting = {node: sum(child in useful for child in children[node]) for node in useful}

    def run(self, retain_graph: bool, create_graph: bool) -> dict[Node, Tensor]:
        """Walks; returns the gradients of the wanted nodes, or stores those of the leaves."""
        previous = recording.enabled
        recording.enabled = create_graph
        try:
            # An infinite or undefined gradient is an answer, as in PyTorch, not a warning.
            with np.errstate(all="ignore"):
                arrived = self._walk()
            if self.wanted is None:
                # Only now, when nothing can fail any more, the outside is changed.
                for tensor, gradient in arrived:
                    _accumulate(tensor, gradient)
        finally:
            recording.enabled = previous
        if not retain_graph:
            for node in self.ran:
                node._free()
        return self.gradients

    def _walk(self) -> list[tuple[Tensor, Tensor]]:
        waiting, gradients, wanted = self.waiting, self.gradients, self.wanted
        arrived: list[tuple[Tensor, Tensor]] = []
        left = dict(waiting) if wanted is not None else waiting
        ready = [node for node in gradients if left.get(node) == 0]
        while ready:
            node = ready.pop()
            if wanted is not None and node in wanted:
                gradient = gradients.get(node)
            else:
                gradient = gradients.pop(node, None)
            if isinstance(node, AccumulateGrad):
                if gradient is not None:
                    arrived.append((node.variable, gradient))
                continue
            parents = node.next_functions
            if wanted is not None and not any(parent in left for parent in parents):
                continue
            found: Sequence[Any]
            if gradient is None:
                found = (None,) * len(parents)
            else:
                if node._retained is not None:
                    tensor = node._retained()
                    if tensor is not None:
                        arrived.append((tensor, gradient))
                found = node.apply(gradient)
                if type(found) is not tuple:
                    found = tuple(found) if isinstance(found, list) else (found,)
                if len(found) != len(parents):
                    found = _padded(found, node)
                self.ran.append(node)
            for position, parent in enumerate(parents):
                if parent is None or parent not in left:
                    continue
                part = found[position]
                if part is not None:
                    part = _checked(part, parent, node.function_name, position)
                    known = gradients.get(parent)
                    gradients[parent] = part if known is None else known + part
                left[parent] -= 1
                if not left[parent]:
                    ready.append(parent)
        return arrived


def _node_of(tensor: Tensor, role: str) -> Node:
    """The tensor's node: what computed it, or a leaf's AccumulateGrad."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{role}: expected a Tensor, got {type(tensor).__name__}")
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{role} of shape {tensor.shape} does not require a gradient: nothing it was computed "
            "from does, or recording was off; set requires_grad=True on the leaves before computing"
        )
    return tensor.grad_fn or _leaf_node(tensor)


def _leaf_node(tensor: Tensor) -> AccumulateGrad:
    """The one AccumulateGrad of a leaf, as long as some graph uses it."""
    node = tensor._accumulator() if tensor._accumulator is not None else None
    if node is None:
        node = AccumulateGrad(tensor)
        tensor._accumulator = ref(node)
    return node


def _seed(output: Tensor, node: Node, gradient: Tensor | None) -> Tensor:
    """The gradient to start from: ones of the output's shape, unless one is given."""
    if gradient is None:
        return Tensor(np.ones(output.shape, floating(output.dtype)))
    return _checked(gradient, node, "backward", 0)


def _checked(gradient: Any, node: Node, operation: str, position: int) -> Tensor:
    """The gradient, in the dtype and, this is checked, the shape of what it belongs to."""
    if not isinstance(gradient, Tensor):
        raise TypeError(
            f"{operation}: expected a Tensor as the gradient of argument {position}, got "
            f"{type(gradient).__name__}"
        )
    data = gradient._data
    if data.shape != node.shape and node.shape is not None:
        raise ShapeError(
            f"{operation}: the gradient of argument {position} has shape {data.shape}, but the "
            f"argument has shape {node.shape}; they must be equal (sum over broadcast axes)"
        )
    if data.dtype is not node.dtype and node.dtype is not None:
        return gradient.to(floating(node.dtype))
    return gradient


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


def _accumulate(tensor: Tensor, gradient: Tensor) -> None:
    """tensor.grad += gradient. The sum is a new array, as no one tells who holds the old one."""
    known = tensor._grad
    tensor._grad = _owned(gradient) if known is None else known + gradient


def _owned(gradient: Tensor) -> Tensor:
    """The gradient in an array of its own: what arrives may be shared, as by both sides of +."""
    return gradient.clone()


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    return (
        tuple(tensors)
        if isinstance(tensors, Iterable) and not isinstance(tensors, Tensor)
        else (tensors,)
    )
