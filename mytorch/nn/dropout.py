"""Layers that drop elements or channels at random."""

from __future__ import annotations

from mytorch._checks import option
from mytorch.errors import RangeError
from mytorch.nn import functional as F
from mytorch.nn.module import Module
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = [
    "AlphaDropout",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
]


class _Dropping(Module):
    """A layer that drops with the probability `p`."""

    @explained
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            name = type(self).__name__
            raise RangeError(f"{name}: expected a probability from 0 to 1, got {p}")
        self.p = p
        self.inplace = option(type(self).__name__, "inplace", inplace)

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropping):
    """In training, sets each element with probability `p` to 0 and multiplies the others by
    1 / (1 - p); in evaluation, returns the input (Srivastava et al., 2014).

    Draws from NumPy's global generator. Raises RangeError unless 0 <= p <= 1.

    >>> Dropout(0.5).eval()(Tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """dropout(input)."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropping):
    """Drops whole channels of (N, C, L) or (C, L); see `dropout1d`.

    >>> Dropout1d(0.5).eval()(Tensor.ones(1, 2, 3)).sum()
    tensor(6.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """dropout1d(input)."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropping):
    """Drops whole channels of (N, C, H, W); see `dropout2d`.

    >>> Dropout2d(0.5).eval()(Tensor.ones(1, 2, 1, 3)).sum()
    tensor(6.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """dropout2d(input)."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropping):
    """Drops whole channels of (N, C, D, H, W) or (C, D, H, W); see `dropout3d`.

    >>> Dropout3d(0.5).eval()(Tensor.ones(1, 2, 1, 1, 3)).sum()
    tensor(6.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """dropout3d(input)."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropping):
    """Drops elements so that mean 0 and variance 1 stay, for selu; see `alpha_dropout`.

    >>> AlphaDropout(0.5).eval()(Tensor.ones(2, 3)).sum()
    tensor(6.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """alpha_dropout(input); as in PyTorch, `inplace` means nothing."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropping):
    """`AlphaDropout` of whole channels of (N, C, ...); see `feature_alpha_dropout`.

    >>> FeatureAlphaDropout(0.5).eval()(Tensor.ones(1, 2, 3)).sum()
    tensor(6.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """feature_alpha_dropout(input); as in PyTorch, `inplace` means nothing."""
        return F.feature_alpha_dropout(input, self.p, self.training)
