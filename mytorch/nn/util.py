"""The course's address of homework 3: packed sequences in its form.

They are PyTorch's, of `mytorch.nn.utils.rnn`, with three parts in another order, of which two are
NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mytorch._dtypes import Array
from mytorch.nn.utils import rnn
from mytorch.tensor import Tensor, wrap

__all__ = ["PackedSequence", "pack_sequence", "unpack_sequence"]


class PackedSequence(NamedTuple):
    """Sequences of many lengths without padding.

    Attributes:
        data: the rows of all steps below each other, in each step that of the longest sequence
            first.
        sorted_indices: which sequence is the longest, which comes next ...
        batch_sizes: how many sequences have a first step, a second one ...
    """

    data: Tensor
    sorted_indices: Array
    batch_sizes: Array


def pack_sequence(sequences: Sequence[Tensor]) -> PackedSequence:
    """Packs sequences (length, features), in any order of lengths.

    >>> packed = pack_sequence([Tensor([4.0]), Tensor([1.0, 2.0])])
    >>> packed.data, packed.sorted_indices.tolist(), packed.batch_sizes.tolist()
    (tensor([1., 4., 2.]), [1, 0], [2, 1])
    """
    packed: Any = rnn.pack_sequence(sequences, enforce_sorted=False)
    return PackedSequence(packed.data, packed.sorted_indices.data, packed.batch_sizes.data)


def unpack_sequence(ps: PackedSequence) -> list[Tensor]:
    """The sequences, in the order in which they were packed.

    >>> unpack_sequence(pack_sequence([Tensor([4.0]), Tensor([1.0, 2.0])]))
    [tensor([4.]), tensor([1., 2.])]
    """
    data, sorted_indices, batch_sizes = ps
    return rnn.unpack_sequence(rnn.PackedSequence(data, wrap(batch_sizes), wrap(sorted_indices)))
