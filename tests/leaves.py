"""Tensors that tests of the engine start from."""

from mytorch import Tensor


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)
