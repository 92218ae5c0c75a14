"""The course's address of homework 3: a GRU, whose unit has each gate's weights by themselves.
PyTorch's are `nn.GRUCell` and `nn.GRU`."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch.grad_mode import no_grad
from mytorch.nn.functional import recurrences
from mytorch.nn.module import Module
from mytorch.nn.parameter import unset
from mytorch.nn.rnn import TimeIterator
from mytorch.ops import cat, zeros
from mytorch.tensor import Tensor

__all__ = ["GRU", "GRUUnit"]


class GRUUnit(Module):
    """One step: r, z = sigmoid(W_i x + b_i + W_h h + b_h), n = tanh(W_in x + b_in + r (W_hn h +
    b_hn)), and (1 - z) n + z h. Further arguments are not used.

    Attributes: `weight_ir`, `weight_iz`, `weight_in` (hidden_size, input_size), `weight_hr`,
    `weight_hz`, `weight_hn` (hidden_size, hidden_size), and for each its bias (hidden_size,), as
    `bias_ir`; drawn as those of `nn.GRUCell`.

    >>> GRUUnit(3, 4)(Tensor.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        bound = 1 / np.sqrt(hidden_size)
        for side, features in (("i", input_size), ("h", hidden_size)):
            for gate in "rzn":
                shapes = {"weight": (hidden_size, features), "bias": (hidden_size,)}
                for name, shape in shapes.items():
                    parameter = unset(*shape, device=None, dtype=None)
                    with no_grad():
                        parameter.uniform_(-bound, bound)
                    setattr(self, f"{name}_{side}{gate}", parameter)

    def forward(self, input: Tensor, hidden: Tensor | None = None) -> Tensor:
        """The next hidden state (N, hidden_size); `hidden` is zeros if None."""
        names = ("weight_i", "weight_h", "bias_i", "bias_h")
        weights = [cat([getattr(self, name + gate) for gate in "rzn"]) for name in names]
        dtype = weights[0].dtype
        if hidden is None:
            hidden = zeros(len(input), self.hidden_size, dtype=dtype)
        return recurrences.GRU.apply(input.to(dtype).unsqueeze(0), hidden, *weights, None)[0]


class GRU(TimeIterator):
    """The time iterator of `GRUUnit`.

    >>> GRU(3, 4).unit.weight_in.shape
    (4, 3)
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(GRUUnit, input_size, hidden_size)
