"""The course's address of homework 3: an RNN of a unit, which does one step, and the loop over
packed sequences. PyTorch's are `nn.RNNCell` and `nn.RNN`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mytorch.nn import recurrent
from mytorch.nn.module import Module
from mytorch.nn.util import PackedSequence
from mytorch.ops import cat
from mytorch.tensor import Tensor

__all__ = ["RNN", "RNNUnit", "TimeIterator"]


class RNNUnit(recurrent.RNNCell):
    """One step, tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that: input (N, input_size) and
    `hidden` (N, hidden_size), zeros if None, to the next hidden state.

    >>> RNNUnit(3, 4)(Tensor.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh") -> None:
        super().__init__(input_size, hidden_size, nonlinearity=nonlinearity)

    def forward(self, input: Tensor, hidden: Tensor | None = None) -> Tensor:
        """The next hidden state."""
        return super().forward(input.to(self.weight_ih.dtype), hidden)


class TimeIterator(Module):
    """A unit over all steps of packed sequences.

    Attributes: `unit`, which is `basic_unit(input_size, hidden_size, nonlinearity)`.

    >>> from mytorch.nn.util import pack_sequence
    >>> packed = pack_sequence([Tensor.ones(1, 3), Tensor.ones(5, 3)])
    >>> out, hidden = TimeIterator(RNNUnit, 3, 4)(packed)
    >>> out.data.shape, hidden.shape
    ((6, 4), (2, 4))
    """

    def __init__(
        self,
        basic_unit: Callable[..., Module],
        input_size: int,
        hidden_size: int,
        nonlinearity: str = "tanh",
    ) -> None:
        super().__init__()
        self.unit = basic_unit(input_size, hidden_size, nonlinearity)

    def forward(
        self, input: PackedSequence, hidden: Tensor | None = None
    ) -> tuple[PackedSequence, Tensor]:
        """The hidden states after each step, packed, and those after each sequence's last one,
        (N, hidden_size), that of the longest sequence first."""
        data, sorted_indices, batch_sizes = input
        outputs: list[Tensor] = []
        ended: list[Tensor] = []
        state: Any = hidden
        for rows in data.split(batch_sizes.tolist()):
            if state is not None and len(rows) < len(state):
                ended.insert(0, state[len(rows) :])
                state = state[: len(rows)]
            state = self.unit(rows, state)
            outputs.append(state)
        out = PackedSequence(cat(outputs), sorted_indices, batch_sizes)
        return out, cat([state, *ended])


class RNN(TimeIterator):
    """The time iterator of `RNNUnit`.

    >>> RNN(3, 4).unit
    RNNUnit(3, 4)
    """

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh") -> None:
        super().__init__(RNNUnit, input_size, hidden_size, nonlinearity)
