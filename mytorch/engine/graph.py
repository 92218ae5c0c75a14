"""The computational graph: nodes of operations, and leaves (write-up, sections 0.1.4 and A.1).

A node knows the operation that made its tensor, what that saved, and where the gradients of its
arguments go; it does not know its tensor, so that a graph lives as long as somebody holds its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ReferenceType, ref

import numpy as np

from mytorch._shapes import Shape
from mytorch.engine.context import ContextManager
from mytorch.engine.leaves import AccumulateGrad, leaf_node
from mytorch.memory import tick
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.autograd_engine import Function

__all__ = ["AccumulateGrad", "BackwardFunction", "Node"]


class BackwardFunction(ContextManager):
    """The graph's node of one run of an operation, and its context: `node.ctx is node`.

    Attributes: `ctx`, `next_functions` (for each argument the parent's node, an
    AccumulateGrad for a gradient-enabled leaf, None for a constant) and `function_name`. The
    engine's own fields begin with _: all other names are free for what an operation keeps.

    >>> a = Tensor(1.0, requires_grad=True)
    >>> node = (a + 2.0).grad_fn
    >>> node.function_name, [type(parent).__name__ for parent in node.next_functions]
    ('Add', ['AccumulateGrad', 'NoneType'])
    """

    __slots__ = ("_dtype", "_forward_cls", "_hooks", "_receivers", "_shape")

    # For each argument where its gradient goes: the node that made it, or the leaf itself.
    _receivers: tuple[Receiver | None, ...]
    # Of the output, and so of the gradient that arrives. None for a node made by hand.
    _shape: Shape | None
    _dtype: np.dtype[Any] | None
    # What is called with the gradient before it is used. Not None if there may be something to do.
    _hooks: dict[int, Callable[[Tensor], Tensor | None]] | None
    # The output, if it asked for its gradient by `retain_grad`. Then there are hooks, maybe none.
    _retained: ReferenceType[Tensor] | None = None

    def __init__(self, cls: type[Function]) -> None:
        super().__init__()
        self._forward_cls = cls
        self._hooks = self._shape = self._dtype = None
        self._receivers = ()

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
        return tuple([receiver is not None for receiver in self._receivers])

    @property
    def next_functions(self) -> tuple[Node | None, ...]:
        """For each argument the node where its gradient goes, None for a constant."""
        return tuple([leaf_node(r) if isinstance(r, Tensor) else r for r in self._receivers])

    @next_functions.setter
    def next_functions(self, nodes: Sequence[Node | None]) -> None:
        self._receivers = tuple([n.variable if isinstance(n, AccumulateGrad) else n for n in nodes])
        self._time = tick()

    def apply(self, *grads: Tensor) -> Any:
        """The operation's backward: d final / d input for each input, from d final / d output."""
        return self._forward_cls.backward(self, *grads)

    def _retain(self, output: Tensor) -> None:
        """From now on backward stores the gradient on the output, too."""
        self._retained = ref(output)
        self._hooks = self._hooks or {}

    def _free(self) -> None:
        """Drops what was saved; without it the node cannot run again, nor call its hooks."""
        self._saved = self._hooks = None
        del self.__dict__  # clearing it would make one first where there is none


Node: TypeAlias = BackwardFunction | AccumulateGrad
# Where a gradient goes.
Receiver: TypeAlias = BackwardFunction | Tensor
