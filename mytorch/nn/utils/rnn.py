"""Sequences of many lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from mytorch._absent import finder
from mytorch._checks import flag, kind_of
from mytorch._dtypes import Array
from mytorch.errors import RangeError, ShapeError
from mytorch.ops import cat, full
from mytorch.tensor import Tensor, wrap

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Fields):
    """Sequences of many lengths without padding, as the recurrent layers take them: a named tuple,
    made by `pack_sequence` or `pack_padded_sequence`.

    Attributes:
        data: the rows of all steps below each other, those of the first step first; in each step
            those of the longest sequence first.
        batch_sizes: how many sequences have a first step, a second one ...
        sorted_indices: which sequence is the longest, which comes next ..., or None if they were
            sorted.
        unsorted_indices: the place of each sequence in that order, or None.

    >>> packed = pack_sequence([Tensor([1.0, 2.0, 3.0]), Tensor([4.0])])
    >>> packed.data, packed.batch_sizes
    (tensor([1., 4., 2., 3.]), tensor([2, 1, 1]))
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:  # PyTorch's older form: both in a pair
            data, batch_sizes = data
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    @property
    def is_cuda(self) -> bool:
        """False: the device is the CPU."""
        return self.data.is_cuda

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """With the data as `data.to` gives them; itself if these are so already."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self) -> Self:
        """Itself."""
        return self

    def double(self) -> Self:
        """`to(np.float64)`."""
        return self.to(np.float64)

    def float(self) -> Self:
        """`to(np.float32)`."""
        return self.to(np.float32)

    def half(self) -> Self:
        """`to(np.float16)`."""
        return self.to(np.float16)

    def long(self) -> Self:
        """`to(np.int64)`."""
        return self.to(np.int64)

    def int(self) -> Self:
        """`to(np.int32)`."""
        return self.to(np.int32)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one; None for None.

    >>> invert_permutation(Tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return permutation.argsort()


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Packs sequences that are padded: input (T, N, ...), or with `batch_first` (N, T, ...), of
    which sequence i has lengths[i] steps, at least 1 and at most T.

    Unless `enforce_sorted` is False the longest has to come first, and so on. Raises ShapeError for
    lengths that do not fit, RangeError for those that are not positive or not sorted.

    >>> padded = Tensor([[1.0, 4.0], [2.0, 0.0], [3.0, 0.0]])
    >>> pack_padded_sequence(padded, [3, 1]).data
    tensor([1., 4., 2., 3.])
    """
    name = "pack_padded_sequence"
    first = flag(name, "batch_first", batch_first)
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: expected a Tensor, got {kind_of(input, Tensor)}")
    if input.ndim < 2:
        raise ShapeError(f"{name}: expected an input (T, N, ...), got shape {input.shape}")
    batch, length = input.shape[:2] if first else input.shape[1::-1]
    sizes = _lengths(name, lengths)
    if len(sizes) != batch or max(sizes) > length:
        raise ShapeError(
            f"{name}: expected {batch} lengths of at most {length} for the shape {input.shape}, "
            f"got {sizes}; batch_first tells which axis is that of the steps"
        )
    order = _order(name, sizes, enforce_sorted)
    steps, sequences, batch_sizes = _rows(sizes, order)
    places = sequences * length + steps if first else steps * batch + sequences
    rows = input.reshape(batch * length, *input.shape[2:])
    return _packed(rows[places], batch_sizes, order, enforce_sorted)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences (length, ...) of many lengths, each at least 1.

    Unless `enforce_sorted` is False the longest has to come first, and so on. Raises ShapeError for
    shapes that do not fit, RangeError for lengths that are not positive or not sorted.

    >>> pack_sequence([Tensor([4.0]), Tensor([1.0, 2.0])], enforce_sorted=False).data
    tensor([1., 4., 2.])
    """
    parts = _sequences("pack_sequence", sequences)
    sizes = _lengths("pack_sequence", [len(part) for part in parts])
    order = _order("pack_sequence", sizes, enforce_sorted)
    steps, chosen, batch_sizes = _rows(sizes, order)
    places = _starts(sizes)[chosen] + steps
    return _packed(cat(parts)[places], batch_sizes, order, enforce_sorted)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The sequences, in the order in which they were packed, padded to the longest length or to
    `total_length`: (T, N, ...), or with `batch_first` (N, T, ...). Then their lengths.

    Raises RangeError for a total_length that is too small.

    >>> packed = pack_sequence([Tensor([1.0, 2.0, 3.0]), Tensor([4.0])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1., 2., 3.],
            [4., 0., 0.]]), tensor([3, 1]))
    """
    name = "pad_packed_sequence"
    first = flag(name, "batch_first", batch_first)
    sizes, order = _unpacked(sequence)
    length = max(sizes)
    if total_length is not None:
        if total_length < length:
            raise RangeError(
                f"{name}: expected a total_length of at least {length}, the longest sequence's, "
                f"got {total_length}"
            )
        length = total_length
    steps, sequences, _ = _rows(sizes, order)
    places = sequences * length + steps if first else steps * len(sizes) + sequences
    shape = (len(sizes), length) if first else (length, len(sizes))
    return _padded(sequence.data, places, shape, padding_value), wrap(np.array(sizes))


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences, in the order in which they were packed.

    >>> unpack_sequence(pack_sequence([Tensor([1.0, 2.0, 3.0]), Tensor([4.0])]))
    [tensor([1., 2., 3.]), tensor([4.])]
    """
    sizes, order = _unpacked(packed_sequences)
    steps, sequences, _ = _rows(sizes, order)
    places = np.empty(len(steps), np.int64)
    places[_starts(sizes)[sequences] + steps] = np.arange(len(steps))
    return list(packed_sequences.data[places].split(sizes))


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (length, ...) of many lengths in one tensor (T, N, ...), or with `batch_first`
    (N, T, ...), padded at their ends, or with padding_side="left" before them.

    Raises ShapeError for shapes that do not fit, ValueError for another side.

    >>> pad_sequence([Tensor([1.0, 2.0]), Tensor([3.0])], batch_first=True, padding_side="left")
    tensor([[1., 2.],
            [0., 3.]])
    """
    first = flag("pad_sequence", "batch_first", batch_first)
    if padding_side not in ("left", "right"):
        raise RangeError(
            f"pad_sequence: expected padding_side 'left' or 'right', got {padding_side!r}"
        )
    parts = _sequences("pad_sequence", sequences)
    sizes = [len(part) for part in parts]
    length = max(sizes)
    steps = [np.arange(n) + (length - n if padding_side == "left" else 0) for n in sizes]
    chosen = np.repeat(np.arange(len(sizes)), sizes)
    along = np.concatenate(steps)
    places = chosen * length + along if first else along * len(sizes) + chosen
    shape = (len(sizes), length) if first else (length, len(sizes))
    return _padded(cat(parts), places, shape, padding_value)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False
) -> list[Tensor]:
    """Views of the sequences of these lengths in a tensor that was padded at their ends: (T, N,
    ...), or with `batch_first` (N, T, ...).

    Raises ShapeError unless there are as many lengths as sequences.

    >>> unpad_sequence(Tensor([[1.0, 3.0], [2.0, 0.0]]), [2, 1])
    [tensor([1., 2.]), tensor([3.])]
    """
    first = flag("unpad_sequence", "batch_first", batch_first)
    each = (padded_sequences if first else padded_sequences.transpose(0, 1)).unbind(0)
    sizes = lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
    if len(each) != len(sizes):
        raise ShapeError(
            f"unpad_sequence: expected as many lengths as sequences, {len(each)}, got {len(sizes)}"
        )
    return [sequence[:size] for sequence, size in zip(each, sizes, strict=True)]


def _sequences(name: str, sequences: Any) -> list[Tensor]:
    """The sequences, which have to be Tensors (length, ...), at least one."""
    if not isinstance(sequences, Iterable):
        raise ShapeError(f"{name}: expected Tensors, in a list, got {kind_of(sequences)}")
    parts = list(sequences)
    for part in parts:
        if not isinstance(part, Tensor):
            raise TypeError(f"{name}: expected Tensors, got a {kind_of(part, Tensor)}")
    shapes = [part.shape for part in parts]
    if not parts or any(not shape or shape[1:] != shapes[0][1:] for shape in shapes):
        raise ShapeError(
            f"{name}: expected at least one Tensor of shape (length, ...), of one shape but for "
            f"the length, got shapes {shapes}"
        )
    return parts


def _lengths(name: str, lengths: Any) -> list[int]:
    sizes = lengths.tolist() if isinstance(lengths, Tensor) else [int(size) for size in lengths]
    if not sizes or min(sizes) <= 0:
        raise RangeError(f"{name}: expected lengths of at least 1, got {sizes}")
    return sizes


def _order(name: str, lengths: list[int], enforce_sorted: bool) -> Array:
    """Which sequence is the longest, which comes next ...; of equal ones the first comes first."""
    if flag(name, "enforce_sorted", enforce_sorted) and lengths != sorted(lengths, reverse=True):
        raise RangeError(
            f"{name}: expected the longest sequence first, and so on, got the lengths {lengths}; "
            "pass enforce_sorted=False"
        )
    order: Array = np.argsort(-np.array(lengths), kind="stable")
    return order


def _rows(lengths: list[int], order: Array) -> tuple[Array, Array, Array]:
    """For each packed row its step and its sequence; then how many rows each step has."""
    present = np.arange(max(lengths))[:, None] < np.array(lengths)[order]
    steps, ranks = present.nonzero()
    return steps, order[ranks], present.sum(1)


def _starts(lengths: list[int]) -> Array:
    starts: Array = np.cumsum([0, *lengths[:-1]])
    return starts


def _packed(data: Tensor, batch_sizes: Array, order: Array, enforce_sorted: bool) -> PackedSequence:
    return PackedSequence(data, wrap(batch_sizes), None if enforce_sorted else wrap(order))


def _unpacked(packed: PackedSequence) -> tuple[list[int], Array]:
    """The lengths of the sequences as they were given, and their order."""
    sizes = np.array(packed.batch_sizes.tolist())
    ranked = (sizes[:, None] > np.arange(sizes[0])).sum(0)
    if packed.sorted_indices is None:
        return ranked.tolist(), np.arange(sizes[0])
    order = np.array(packed.sorted_indices.tolist())
    lengths = np.empty_like(ranked)
    lengths[order] = ranked
    return lengths.tolist(), order


def _padded(data: Tensor, places: Array, shape: tuple[int, int], value: float) -> Tensor:
    """The rows at their places among others that hold the value."""
    rest = data.shape[1:]
    whole = full((shape[0] * shape[1], *rest), value, dtype=data.dtype)
    return whole.index_copy(0, wrap(places), data).reshape(*shape, *rest)
