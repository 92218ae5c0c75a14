"""Checkpoints: a part of a model whose inner results are computed again in backward, not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from mytorch._absent import finder
from mytorch._checks import kind_of, option
from mytorch._shapes import whole
from mytorch.autograd_engine import Function, grad
from mytorch.engine.graph import AccumulateGrad, Node
from mytorch.grad_mode import enable_grad, is_recording
from mytorch.ops import zeros
from mytorch.random import fork_rng, get_rng_state, set_rng_state
from mytorch.tensor import Tensor

__all__ = ["checkpoint", "checkpoint_sequential"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, of which nothing is kept but the arguments: backward calls the
    function again, and takes the gradients of what that computes.

    It has to compute the same again. Random draws are the same, unless `preserve_rng_state` is
    False. `use_reentrant` changes nothing: gradients reach the arguments and all leaves that the
    function uses. Where a backward with retain_graph ends in another operation's error, gradients
    may stay with the part: compute it anew before the next one.

    Raises TypeError if the function returns anything but Tensors, numbers, None, and tuples, lists
    and dicts of them; in backward RuntimeError with `create_graph`, or if an argument or a leaf was
    changed in place.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (3 * x).square(), x).sum().backward()
    >>> x.grad
    tensor([18., 36.])
    """
    if use_reentrant is not None:
        option("checkpoint", "use_reentrant", use_reentrant)
    kept = option("checkpoint", "preserve_rng_state", preserve_rng_state)
    if not is_recording():
        return function(*args, **kwargs)
    part = _Part(function, (args, kwargs), get_rng_state() if kept else None)
    # This graph is forgotten as soon as it has told of which leaves it was made.
    begins, output, ends = part.run()
    part.count = len(ends)
    leaves = _leaves(ends, begins)
    start = CheckpointStart.apply(part, leaves, *part.begins, *leaves)
    places = iter(range(len(ends)))

    def end(value: Tensor) -> Tensor:
        if not value.requires_grad:
            return value
        return CheckpointEnd.apply(start, part.gradients, next(places), value.detach())

    return _mapped(output, end)


def checkpoint_sequential(
    functions: Iterable[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:
    """The functions, as the layers of a `Sequential`, one after another in as many segments, each a
    `checkpoint` but for the last. Raises ValueError for more segments than functions, or none,
    TypeError for what is no number of them.

    >>> double, square = (lambda x: 2 * x), (lambda x: x * x)
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint_sequential([double, square, double, square], 2, x).sum().backward()
    >>> x.grad
    tensor([ 256., 2048.])
    """
    steps, segments = list(functions), whole(segments, "checkpoint_sequential: segments")
    if not 1 <= segments <= max(len(steps), 1):
        raise ValueError(
            f"checkpoint_sequential: expected from 1 to {len(steps)} segments, as many as there "
            f"are functions, got {segments}"
        )
    size = len(steps) // segments

    def run(part: list[Callable[..., Any]], value: Any) -> Any:
        for step in part:
            value = step(value)
        return value

    for start in range(0, size * (segments - 1), size):
        input = checkpoint(
            run,
            steps[start : start + size],
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )
    return run(steps[size * (segments - 1) :], input)


class _Part:
    """One run of a function: how to run it again, and the gradients of what came out of it."""

    def __init__(self, function: Callable[..., Any], given: Any, state: Tensor | None) -> None:
        self.function, self.given, self.state = function, given, state
        self.tensors: list[Tensor] = []
        _mapped(given, self.tensors.append, strict=False)
        self.begins = [tensor for tensor in self.tensors if tensor.requires_grad]
        # Of what came out and requires a gradient: how many there are, and the gradients by place.
        self.count = 0
        self.gradients: dict[int, Tensor] = {}

    def run(self) -> tuple[list[Tensor], Any, list[Tensor]]:
        """What stands for the arguments that require a gradient, what comes out, and the Tensors
        in it that do."""
        begins: list[Tensor] = []
        ends: list[Tensor] = []

        def begin(value: Tensor) -> Tensor:
            found = value.detach()
            if value.requires_grad:
                begins.append(found.requires_grad_())
            return found

        args, kwargs = _mapped(self.given, begin, strict=False)
        with enable_grad():
            output = self.function(*args, **kwargs)
        _mapped(output, lambda value: ends.append(value) if value.requires_grad else None)
        return begins, output, ends

    def gradients_of(
        self, leaves: list[Tensor], gradients: dict[int, Tensor]
    ) -> tuple[Tensor | None, ...]:
        """The gradients of what the function was computed of, which it is again, from those of
        what came out."""
        with fork_rng(enabled=self.state is not None):
            if self.state is not None:
                set_rng_state(self.state)
            begins, _, ends = self.run()
        if len(ends) != self.count:
            raise RuntimeError(
                f"checkpoint: expected the function to compute again the {self.count} tensors that "
                f"require a gradient, got {len(ends)}"
            )
        # The hooks of leaves are called by the walk that this is a step of.
        hooks = [leaf._hooks for leaf in leaves]
        try:
            for leaf in leaves:
                leaf._hooks = None
            outputs = [ends[place] for place in gradients]
            found = [*begins, *leaves]
            return grad(outputs, found, [*gradients.values()], retain_graph=True, allow_unused=True)
        finally:
            for leaf, own in zip(leaves, hooks, strict=True):
                leaf._hooks = own


class CheckpointStart(Function):
    """Nothing, made of all that a part is made of: when its backward is called, the gradients of
    all that came out of the part are there."""

    @staticmethod
    def forward(ctx: Any, part: _Part, leaves: list[Tensor], *ends: Tensor) -> Tensor:
        ctx.part, ctx.leaves = part, leaves
        ctx.save_for_backward(*part.tensors, *leaves)
        return zeros(0)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        _ = ctx.saved_tensors  # which raises if one was changed, or the graph is freed
        part = ctx.part
        gradients = dict(part.gradients)
        part.gradients.clear()
        if is_recording():
            raise RuntimeError(
                "checkpoint: expected create_graph=False; it has first derivatives only"
            )
        return (None, None, *part.gradients_of(ctx.leaves, gradients))


class CheckpointEnd(Function):
    """What came out of a part: its gradient is left to the start."""

    @staticmethod
    def forward(
        ctx: Any, start: Tensor, gradients: dict[int, Tensor], place: int, output: Tensor
    ) -> Tensor:
        ctx.gradients, ctx.place = gradients, place
        return output.detach()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        ctx.gradients[ctx.place] = grad_output
        return zeros(0), None, None, None


def _mapped(value: Any, function: Callable[[Tensor], Any], strict: bool = True) -> Any:
    """The value, with the function of each Tensor in it in its place. Raises TypeError (if
    `strict`) for what may have Tensors that are not found."""
    if isinstance(value, Tensor):
        return function(value)
    if type(value) in (tuple, list):
        return type(value)([_mapped(entry, function, strict) for entry in value])
    if type(value) is dict:
        return {key: _mapped(entry, function, strict) for key, entry in value.items()}
    if strict and not isinstance(value, (int, float, str, np.generic, np.ndarray, type(None))):
        raise TypeError(
            "checkpoint: expected the function to return Tensors, numbers, None, or tuples, lists "
            f"and dicts of them, got {kind_of(value)}"
        )
    return value


def _leaves(ends: list[Tensor], begins: list[Tensor]) -> list[Tensor]:
    """The leaves of a graph, but those with which it begins."""
    found: dict[int, Tensor] = {id(end): end for end in ends if end.is_leaf}
    nodes: list[Node | None] = [end.grad_fn for end in ends]
    seen: set[Node] = set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, AccumulateGrad):
            found[id(node.variable)] = node.variable
        elif node is not None and node not in seen:
            seen.add(node)
            nodes += node.next_functions
    for begin in begins:
        found.pop(id(begin), None)
    return [*found.values()]
