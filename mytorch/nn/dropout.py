"""Dropout: the layer that drops elements at random."""

from __future__ import annotations

from mytorch._checks import option
from mytorch.errors import RangeError
from mytorch.nn import functional as F
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, sets each element with probability `p` to 0 and multiplies the others by
    1 / (1 - p); in evaluation, returns the input (Srivastava et al., 2014).

    Draws from NumPy's global generator. Raises RangeError unless 0 <= p <= 1.

    >>> Dropout(0.5).eval()(Tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise RangeError(f"Dropout: expected a probability from 0 to 1, got {p}")
        self.p = p
        self.inplace = option(type(self).__name__, "inplace", inplace)

    def forward(self, input: Tensor) -> Tensor:
        """dropout(input)."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}, inplace={self.inplace}"
