"""`grad`: gradients with respect to some tensors, which are returned."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import floating
from mytorch.engine.endpoints import as_tuple, flags, seeds, targets
from mytorch.engine.traversal import traverse
from mytorch.tensor import Tensor, wrap


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` (their sum) with respect to `inputs`, as
    `torch.autograd.grad`: they are returned, and no `.grad` changes.

    `grad_outputs` are d final / d output, ones where None (for any shape; PyTorch only for
    scalars). An input that no output depends on raises RuntimeError, or with `allow_unused`
    gives None, or with `materialize_grads` zeros. `only_inputs` has no effect, as in
    PyTorch, and False warns.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> (second,) = grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    if not flag("grad", "only_inputs", only_inputs):
        warnings.warn(
            "grad: only_inputs=False has no effect; call backward() to fill .grad of all leaves",
            FutureWarning,
            stacklevel=2,
        )
    flag("grad", "allow_unused", allow_unused)
    flag("grad", "materialize_grads", materialize_grads)
    start = seeds("grad", outputs, grad_outputs)
    tensors = as_tuple(inputs)
    ends = dict.fromkeys(targets("grad", tensors))
    arrived = traverse(start, *flags(retain_graph, create_graph), ends)
    gradients: list[Tensor | None] = []
    for position, tensor in enumerate(tensors):
        receiver = tensor.grad_fn or tensor
        if receiver in arrived:
            # A copy: two inputs may have received the same array, or the one in grad_outputs.
            found = arrived[receiver]
            gradients.append(found.clone() if isinstance(found, Tensor) else wrap(found.copy()))
        elif materialize_grads:
            gradients.append(Tensor(np.zeros(tensor.shape, floating(tensor.dtype))))
        elif allow_unused:
            gradients.append(None)
        else:
            raise RuntimeError(
                f"grad: input {position} (shape {tensor.shape}) was not used to compute the "
                "outputs; pass allow_unused=True to get None for it"
            )
    return tuple(gradients)
