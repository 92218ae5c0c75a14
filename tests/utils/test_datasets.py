"""Datasets and samplers beside PyTorch's: the same samples, lengths and refusals."""

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import mytorch
import mytorch.utils.data
from mytorch import Tensor

LIBRARIES = (mytorch, torch)
# What both libraries shall give the same for, or refuse alike.
ALIKE = """
    D.TensorDataset(x, y)[1]
    D.TensorDataset(x, y)[1:3]
    len(D.TensorDataset(x, y))
    D.TensorDataset(x, y).tensors
    D.TensorDataset(x, y[:2])
    D.TensorDataset(x.numpy())
    D.Dataset()[0]
    iter(D.IterableDataset())
    D.StackDataset(x, "abcd")[-1]
    D.StackDataset(a=x, b="abcd")[2]
    D.StackDataset(a=x, b="abcd").__getitems__([1, 0])
    D.StackDataset(D.StackDataset(x, y), "abcd").__getitems__([1, 0])
    len(D.StackDataset(x))
    D.StackDataset(x, "ab")
    D.StackDataset()
    D.StackDataset(x, b=x)
    [D.ConcatDataset(["ab", "", "cde"])[i] for i in range(-5, 5)]
    D.ConcatDataset(["ab", "cde"])[5]
    D.ConcatDataset(["ab", "cde"])[-6]
    D.ConcatDataset(["ab", "cde"]).cumulative_sizes
    list(D.Dataset.__add__("ab", "cd"))
    D.ConcatDataset([])
    D.ConcatDataset([D.IterableDataset()])
    list(D.ChainDataset(["ab"]))
    len(D.ChainDataset(["ab"]))
    D.Subset("abcd", [3, 0])[1]
    D.Subset(x, [3, 0])[[1, 0]]
    D.Subset("abcd", [3, 0]).__getitems__([1, 0])
    D.Subset(D.StackDataset("abcd"), [3, 0]).__getitems__([1])
    len(D.Subset("abcd", [3, 0]))
    type("S", (D.Subset,), {"__getitem__": lambda self, i: i})("ab", [1])
    [len(part) for part in D.random_split(range(10), [3, 7])]
    [len(part) for part in D.random_split(range(11), [0.5, 0.25, 0.25])]
    [len(part) for part in D.random_split(range(13), [1 / 3, 1 / 3, 1 / 3])]
    sorted(i for part in D.random_split(range(9), [4, 5]) for i in part)
    type(D.random_split(range(3), [1, 2])[0].indices)
    D.random_split(range(10), [3, 6])
    D.random_split(range(10), [0.5, 0.6])
    D.random_split(range(10), [1.5, -0.5])
    list(D.SequentialSampler("abc")), len(D.SequentialSampler("abc"))
    sorted(D.RandomSampler("abcd")), len(D.RandomSampler("abcd"))
    len(list(D.RandomSampler("abcd", num_samples=3))), len(D.RandomSampler("abcd", num_samples=3))
    sorted(D.RandomSampler("abcd", num_samples=8))
    len(list(D.RandomSampler("ab", True, 70)))
    D.RandomSampler("")
    D.RandomSampler("ab", num_samples=0)
    D.RandomSampler("ab", num_samples=1.0)
    D.RandomSampler("ab", replacement=1)
    [list(D.DistributedSampler("abcde", 2, rank, False)) for rank in range(2)]
    [list(D.DistributedSampler("abcde", 2, r, False, drop_last=True)) for r in range(2)]
    [list(D.DistributedSampler("ab", 5, rank, shuffle=False)) for rank in range(5)]
    sorted(D.DistributedSampler("abcd", 1, 0)), len(D.DistributedSampler("abcde", 2, 1))
    D.DistributedSampler("ab", 2, 2)
    D.DistributedSampler("ab", 2, -1)
    sorted(D.SubsetRandomSampler([7, 3])), len(D.SubsetRandomSampler([7, 3]))
    list(D.WeightedRandomSampler([0.0, 1.0], 3)), len(D.WeightedRandomSampler([1.0], 3))
    sorted(D.WeightedRandomSampler([3, 1], 2, replacement=False))
    list(D.WeightedRandomSampler([3, 1], 3, replacement=False))
    D.WeightedRandomSampler([[1.0]], 1)
    D.WeightedRandomSampler([1.0], 0)
    D.WeightedRandomSampler([1.0], True)
    D.WeightedRandomSampler([1.0], 1, replacement=1)
    list(D.BatchSampler(range(5), 2, False)), len(D.BatchSampler(range(5), 2, False))
    list(D.BatchSampler(range(5), 2, True)), len(D.BatchSampler(range(5), 2, True))
    list(D.BatchSampler(D.SequentialSampler("abcd"), 2, True))
    D.BatchSampler([1], 0, False)
    D.BatchSampler([1], True, False)
    D.BatchSampler([1], 2, 0)
    iter(D.Sampler())
    D.Dataset[int], D.Sampler[int]
"""


def plain(value: Any) -> Any:
    """Tensors as lists, so that both libraries' are equal."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return None if "utils.data" in str(value) else value


def outcome(library: ModuleType, form: str) -> Any:
    names = {
        "D": library.utils.data,
        "x": library.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]),
        "y": library.tensor([1, 2, 3, 4]),
    }
    try:
        return plain(eval(form.strip(), names))
    except Exception as error:
        return error


@pytest.mark.parametrize("form", ALIKE.strip().splitlines())
def test_both_libraries_agree(form: str) -> None:
    ours, theirs = (outcome(library, form) for library in LIBRARIES)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), repr(ours)
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("D.TensorDataset(x, y[:2])", r"same size in the first axis, got shapes \(4, 2\), \(2,\)"),
        ("D.TensorDataset()", "got shapes of no tensors"),
        ("D.TensorDataset(x.data)", "expected Tensors, got ndarray; wrap arrays"),
        ("D.StackDataset(x, 'ab')", r"datasets of one length, got \[4, 2\]"),
        ("D.random_split('abc', [1, 1])", r"the 3 samples.* got \[1, 1\], which add up to 2"),
        ("D.random_split('abc', [4, -1])", "add up to the 3 samples"),
        ("D.random_split('abc', [1.5, -0.5])", "fractions from 0 to 1"),
        ("list(D.ChainDataset([[1]]))", "expected IterableDatasets, got list; see ConcatDataset"),
        ("D.ConcatDataset(['ab'])[2]", "index 2 is out of range for 2 samples"),
        ("D.DistributedSampler('ab', 2)", "expected num_replicas and rank"),
        ("D.DistributedSampler('ab', rank=0)", "expected num_replicas and rank"),
        ("D.BatchSampler('ab', 0, False)", "expected a positive integer as batch_size, got 0"),
        ("D.WeightedRandomSampler(x, 1)", r"a vector of weights, got shape \(4, 2\)"),
    ],
)
def test_errors_say_what_came_and_the_cure(form: str, said: str) -> None:
    error = outcome(mytorch, form)
    with pytest.raises(type(error), match=said):
        raise error


def test_the_sampler_of_a_generator_is_its_own() -> None:
    data = mytorch.utils.data
    for make in (
        lambda g: data.RandomSampler(range(99), generator=g),
        lambda g: data.RandomSampler(range(99), True, generator=g),
        lambda g: data.SubsetRandomSampler(range(99), g),
        lambda g: data.WeightedRandomSampler([1.0] * 99, 50, generator=g),
        lambda g: data.random_split(range(99), [99], g)[0],
    ):
        first, second = (make(mytorch.Generator().manual_seed(1)) for _ in "ab")
        state = mytorch.get_rng_state()
        drawn = list(first)
        assert drawn == list(second) != sorted(drawn)
        assert (mytorch.get_rng_state() == state).all()
        if not isinstance(first, data.Subset):
            assert drawn != list(first)


def test_an_empty_part_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"of 2 samples none is left for part 2, the fraction 0.2"):
        parts = mytorch.utils.data.random_split("ab", [0.4, 0.4, 0.2])
    assert [len(part) for part in parts] == [1, 1, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mytorch.utils.data.random_split("ab", [2, 0])


def test_datasets_keep_gradients() -> None:
    x = Tensor(np.ones((3, 2)), requires_grad=True)
    for (batch,) in mytorch.utils.data.DataLoader(mytorch.utils.data.TensorDataset(x), 2):
        (batch * 3).sum().backward()
    assert x.grad.tolist() == [[3, 3]] * 3
    both = mytorch.utils.data.TensorDataset(x) + mytorch.utils.data.TensorDataset(x)
    for (batch,) in mytorch.utils.data.DataLoader(both, sampler=[5, 0, 3], batch_size=3):
        (batch * Tensor([[1.0], [2.0], [3.0]])).sum().backward()
    assert x.grad.tolist() == [[8, 8], [3, 3], [4, 4]]
