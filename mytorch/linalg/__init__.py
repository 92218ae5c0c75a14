"""Linear algebra on stacks of matrices, by PyTorch's names in `torch.linalg`.

Matrices are the last two axes; whatever is before them is a stack, each matrix of which is taken by
itself. Gradients can be taken of any order. There are no complex numbers, and what needs them
(`eig`, `eigvals`) is not there.

>>> from mytorch import Tensor, linalg
>>> A, b = Tensor([[2.0, 1.0], [1.0, 3.0]]), Tensor([3.0, 5.0])
>>> linalg.solve(A, b)
tensor([0.8, 1.4])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.errors import LinAlgError as LinAlgError
from mytorch.linalg import decompositions, norms, products, systems
from mytorch.linalg.decompositions import *
from mytorch.linalg.norms import *
from mytorch.linalg.products import *
from mytorch.linalg.systems import *

__all__ = ["LinAlgError"]
__all__ += decompositions.__all__
__all__ += norms.__all__
__all__ += products.__all__
__all__ += systems.__all__

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
