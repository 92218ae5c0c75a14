"""nn.utils.rnn against PyTorch's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.errors import ShapeError
from mytorch.nn.utils import rnn
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)
from tests.ops.oracles import assert_close, leaf, value

LENGTHS = [2, 4, 1, 4]
SORTED = [4, 4, 2, 1]


def sequences(library: Any, lengths: list[int]) -> list[Any]:
    generator = np.random.default_rng(0)
    return [leaf(library, generator.normal(size=(length, 2))) for length in lengths]


def padded(library: Any) -> Any:
    return leaf(library, np.random.default_rng(1).normal(size=(4, 4, 2)))


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "pack": lambda lib, r: (s := sequences(lib, SORTED), r.pack_sequence(s)),
    "pack unsorted": lambda lib, r: (s := sequences(lib, LENGTHS), r.pack_sequence(s, False)),
    "pack padded": lambda lib, r: (s := padded(lib), r.pack_padded_sequence(s, SORTED)),
    "pack padded unsorted": lambda lib, r: (
        s := padded(lib),
        r.pack_padded_sequence(s, lib.tensor(LENGTHS), batch_first=True, enforce_sorted=False),
    ),
    "pack padded short": lambda lib, r: (
        s := padded(lib),
        r.pack_padded_sequence(s, [2, 1, 1, 1]),
    ),
    "pad packed": lambda lib, r: (
        s := sequences(lib, LENGTHS),
        r.pad_packed_sequence(r.pack_sequence(s, False)),
    ),
    "pad packed to a length": lambda lib, r: (
        s := sequences(lib, SORTED),
        r.pad_packed_sequence(r.pack_sequence(s), True, -1.5, total_length=6),
    ),
    "unpack": lambda lib, r: (
        s := sequences(lib, LENGTHS),
        r.unpack_sequence(r.pack_sequence(s, False)),
    ),
    "pad": lambda lib, r: (s := sequences(lib, LENGTHS), r.pad_sequence(s)),
    "pad left": lambda lib, r: (
        s := sequences(lib, LENGTHS),
        r.pad_sequence(s, True, 7.0, "left"),
    ),
    "pad empty": lambda lib, r: (s := sequences(lib, [0, 2]), r.pad_sequence(iter(s))),
    "pad of vectors": lambda lib, r: (
        None,
        r.pad_sequence([lib.tensor([1, 2]), lib.tensor([3])]),
    ),
    "unpad": lambda lib, r: (s := padded(lib), r.unpad_sequence(s * 1, lib.tensor(LENGTHS))),
    "unpad first": lambda lib, r: (
        s := padded(lib),
        r.unpad_sequence(s, lib.tensor(LENGTHS), True),
    ),
    "invert": lambda lib, r: (None, r.invert_permutation(lib.tensor([2, 0, 1]))),
    "of old": lambda lib, r: (None, r.PackedSequence((lib.tensor([1.5]), lib.tensor([1])))),
    "of indices": lambda lib, r: (
        None,
        r.PackedSequence(lib.tensor([1.5, 2.5]), lib.tensor([2]), lib.tensor([1, 0])),
    ),
    "double": lambda lib, r: (None, r.pack_sequence([lib.tensor([1, 2])]).to(lib.float64)),
    "int": lambda lib, r: (None, r.pack_sequence([lib.tensor([1.5])]).int()),
}


def flat(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [part for inner in result for part in flat(inner)]
    return [] if result is None else [result]


def results(library: Any, program: Callable[[Any, Any], Any]) -> list[np.ndarray]:
    leaves, result = program(library, library.nn.utils.rnn)
    parts = flat(result)
    found = [value(part) for part in parts]
    moving = [part for part in parts if part.requires_grad]
    if moving:
        loss = sum((part.sin() * (number + 1)).sum() for number, part in enumerate(moving))
        loss.backward()
        found += [value(x.grad) for x in flat(leaves) if x.grad is not None]
    return found


def test_lengths_beyond_the_input_are_refused() -> None:
    """PyTorch reads on behind it."""
    with pytest.raises(ShapeError, match=r"4 lengths of at most 4 .*, got \[5, 4, 3, 2\]"):
        rnn.pack_padded_sequence(padded(mytorch), [5, 4, 3, 2])


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_and_gradients_equal_pytorchs(name: str) -> None:
    assert_close(*(results(library, PROGRAMS[name]) for library in (mytorch, torch)))


REFUSED: list[Callable[[Any, Any], Any]] = [
    lambda lib, r: r.pack_sequence(sequences(lib, LENGTHS)),
    lambda lib, r: r.pack_sequence(sequences(lib, [2, 0])),
    lambda lib, r: r.pack_padded_sequence(padded(lib), LENGTHS),
    lambda lib, r: r.pack_padded_sequence(padded(lib), [4, 3]),
    lambda lib, r: r.pad_packed_sequence(r.pack_sequence(sequences(lib, [3])), total_length=2),
    lambda lib, r: r.pad_sequence([]),
    lambda lib, r: r.pad_sequence(3),
    lambda lib, r: r.pad_sequence([lib.ones(2, 3), lib.ones(2, 2)]),
    lambda lib, r: r.pad_sequence(sequences(lib, [1]), padding_side="middle"),
    lambda lib, r: r.unpad_sequence(padded(lib), lib.tensor([1, 2])),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_pytorch_refuses_is_refused(number: int) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        REFUSED[number](torch, torch.nn.utils.rnn)
    with pytest.raises((RuntimeError, ValueError), match="expected"):
        REFUSED[number](mytorch, rnn)


def test_the_longest_sequence_has_to_fit() -> None:
    packed = rnn.pack_sequence([Tensor([1.0, 2.0, 3.0])])
    with pytest.raises(ValueError, match=r"a total_length of at least 3, .*, got 2"):
        rnn.pad_packed_sequence(packed, total_length=2)


def test_a_packed_sequence_is_a_named_tuple() -> None:
    packed = rnn.pack_sequence([Tensor([1.0]), Tensor([2.0, 3.0])], enforce_sorted=False)
    theirs = torch.nn.utils.rnn.pack_sequence([torch.ones(1), torch.ones(2)], enforce_sorted=False)
    assert packed._fields == theirs._fields
    assert [str(part.dtype) for part in packed[1:]] == ["int64"] * 3
    assert packed.to("cpu") is packed is packed.cpu()
    assert not packed.is_cuda
    assert packed.float().data.dtype == packed.half().float().data.dtype == np.float32
    assert packed.double() is packed
    assert packed.long().data.dtype == np.int64
