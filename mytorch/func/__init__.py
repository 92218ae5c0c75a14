"""PyTorch's `torch.func`: derivatives as functions of functions, and modules called with other
tensors. There is no `vmap`."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.func.derivatives import grad, grad_and_value, hessian, jacrev
from mytorch.func.functional_call import functional_call

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacrev"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
