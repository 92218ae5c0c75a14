"""PyTorch's `torch.func`: derivatives as functions of functions, functions called for each of many,
and modules called with other tensors."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.func.derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from mytorch.func.functional_call import functional_call
from mytorch.func.mapping import stack_module_state, vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
