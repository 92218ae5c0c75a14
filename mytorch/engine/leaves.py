"""The graph's node of a leaf, as the write-up has it (sections 0.1.4 and A.1).

The graph itself leads to the leaf: its node is made where somebody looks at it.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from mytorch.engine.gradients import accumulate, fit_tensor
from mytorch.grad_mode import is_recording
from mytorch.tensor import Tensor


class AccumulateGrad:
    """The graph's node of a gradient-enabled leaf: it adds what arrives to `variable.grad`.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> node = AccumulateGrad(x)
    >>> node.apply(Tensor.ones(2)); node.apply(Tensor.ones(2))
    >>> x.grad
    tensor([2., 2.])
    """

    __slots__ = ("__weakref__", "variable")

    next_functions: tuple[()] = ()
    function_name = "AccumulateGrad"

    def __init__(self, tensor: Tensor) -> None:
        self.variable = tensor

    def apply(self, grad: Tensor) -> None:
        """variable.grad += grad: in place of a gradient that is there, unless operations are
        recorded; the first one is copied.

        Raises ShapeError if the gradient's shape is not the variable's.
        """
        leaf = self.variable
        gradient = fit_tensor(grad, leaf.shape, leaf.dtype, self.function_name, 0)
        accumulate(leaf, gradient, is_recording())


# The nodes that somebody holds, by the leaf's id, which is its own as long: the node holds the
# leaf.
_nodes: WeakValueDictionary[int, AccumulateGrad] = WeakValueDictionary()


def leaf_node(leaf: Tensor) -> AccumulateGrad:
    """The leaf's node: the same one as long as somebody holds it."""
    node = _nodes.get(id(leaf))
    if node is None:
        node = _nodes[id(leaf)] = AccumulateGrad(leaf)
    return node
