"""What the course's homework 3 asks for, by its names, beside PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.nn.gru import GRU, GRUUnit
from mytorch.nn.rnn import RNN, RNNUnit, TimeIterator
from mytorch.nn.util import PackedSequence, pack_sequence, unpack_sequence
from mytorch.tensor import cat
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

LENGTHS = [2, 5, 1, 5, 3]
draw = np.random.default_rng(0).normal


def pairs(*shapes: Any) -> tuple[list[Tensor], list[torch.Tensor]]:
    arrays = [draw(size=shape) for shape in shapes]
    mine = [Tensor(array.copy(), requires_grad=True) for array in arrays]
    return mine, [torch.tensor(array, requires_grad=True) for array in arrays]


def agree(ours: Any, theirs: Any) -> None:
    assert ours.data.dtype == np.float64
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), 1e-10, 1e-12)


def agree_backward(ours: Tensor, theirs: torch.Tensor, mine: Any, expected: Any) -> None:
    """The values, and after (x ** 2).sum() the gradients of leaves and parameters."""
    agree(ours, theirs)
    (ours**2).sum().backward()
    (theirs**2).sum().backward()
    for x, y in zip(mine, expected, strict=True):
        agree(x.grad, y.grad)
        assert x.grad.grad_fn is None
        assert not x.grad.is_parameter


def unit_pair(kind: str, nonlinearity: str = "tanh") -> tuple[Any, Any, list[torch.Tensor]]:
    """A unit, PyTorch's cell with the same parameters, and these in the order of the unit's."""
    if kind == "RNN":
        unit, cell = RNNUnit(3, 4, nonlinearity), torch.nn.RNNCell(3, 4, True, nonlinearity)
        expected = [cell.get_parameter(name) for name, _ in unit.named_parameters()]
    else:
        unit, cell = GRUUnit(3, 4, "unused", nonlinearity="tanh"), torch.nn.GRUCell(3, 4)
    cell.double()
    for parameter in unit.parameters():
        assert type(parameter).__name__ == "Tensor"
        assert parameter.is_parameter
        parameter.data = draw(size=parameter.shape)  # as the homework's checks set them
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            if kind == "RNN":
                value = unit.get_parameter(name).data
            else:
                stem = name[: -len("ih")] + name[-2]
                value = np.concatenate([unit.get_parameter(stem + gate).data for gate in "rzn"])
            parameter.copy_(torch.tensor(value))
    return unit, cell, expected if kind == "RNN" else []


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_unit(nonlinearity: str) -> None:
    unit, cell, expected = unit_pair("RNN", nonlinearity)
    assert [name for name, _ in unit.named_parameters()] == [
        *("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    mine, theirs = pairs((2, 3), (2, 4))
    agree(unit(mine[0]), cell(theirs[0]))
    out, other = unit(*mine), cell(*theirs)
    agree_backward(out, other, [*mine, *unit.parameters()], [*theirs, *expected])


def test_gru_unit() -> None:
    unit, cell, _ = unit_pair("GRU")
    mine, theirs = pairs((2, 3), (2, 4))
    agree(unit(mine[0]), cell(theirs[0]))
    agree_backward(unit(*mine), cell(*theirs), mine, theirs)
    for side in "ih":
        found = [unit.get_parameter(f"weight_{side}{gate}").grad.data for gate in "rzn"]
        expected = cell.get_parameter(f"weight_{side}h").grad
        np.testing.assert_allclose(np.concatenate(found), expected, 1e-10, 1e-12)


def test_cat_slices_and_unsqueeze() -> None:
    mine, theirs = pairs((2, 3), (4, 3))
    agree_backward(cat(mine), torch.cat(theirs), mine, theirs)
    mine, theirs = pairs((2, 3), (2, 1))
    agree_backward(cat(mine, 1), torch.cat(theirs, 1), mine, theirs)
    for key in (1, slice(1, 3), (slice(None), 2), (0, slice(0, 2))):
        mine, theirs = pairs((4, 3))
        agree_backward(mine[0][key], theirs[0][key], mine, theirs)
    mine, theirs = pairs((4, 3))
    agree(Tensor.unsqueeze(mine[0]), theirs[0].unsqueeze(0))
    agree_backward(mine[0].unsqueeze(dim=1), theirs[0].unsqueeze(1), mine, theirs)
    assert len(mine[0]) == 4


def test_pack_and_unpack() -> None:
    mine, theirs = pairs(*[(length, 3) for length in LENGTHS])
    packed = pack_sequence(mine)
    expected = torch.nn.utils.rnn.pack_sequence(theirs, enforce_sorted=False)
    _, sorted_indices, batch_sizes = packed
    assert type(packed) is PackedSequence
    assert type(sorted_indices) is type(batch_sizes) is np.ndarray
    assert sorted_indices.dtype == batch_sizes.dtype == np.int64
    np.testing.assert_array_equal(sorted_indices, expected.sorted_indices)
    np.testing.assert_array_equal(batch_sizes, expected.batch_sizes)
    for one, other in zip(unpack_sequence(packed), theirs, strict=True):
        agree(one, other)
    out = cat([part * (k + 1) for k, part in enumerate(unpack_sequence(packed))])
    other = torch.cat([part * (k + 1) for k, part in enumerate(theirs)])
    agree_backward(out, other, mine, theirs)
    mine, theirs = pairs((1, 3), (2, 3))
    packed_data = torch.nn.utils.rnn.pack_sequence(theirs, enforce_sorted=False).data
    agree_backward(pack_sequence(mine).data, packed_data, mine, theirs)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "relu"])
def test_time_iterator(kind: str) -> None:
    model: TimeIterator
    made: Any
    if kind == "GRU":
        model, made = GRU(3, 4), torch.nn.GRU(3, 4)
    else:
        curve = "relu" if kind == "relu" else "tanh"
        model, made = RNN(3, 4, curve), torch.nn.RNN(3, 4, 1, curve)
    assert type(model.unit) is (GRUUnit if kind == "GRU" else RNNUnit)
    made.double()
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            stem = name.removesuffix("_l0")
            parts = [stem] if kind != "GRU" else [stem[:-1] + gate for gate in "rzn"]
            values = [model.unit.get_parameter(part).data for part in parts]
            parameter.copy_(torch.tensor(np.concatenate(values)))
    mine, theirs = pairs(*[(length, 3) for length in LENGTHS], (5, 4))
    packed = pack_sequence(mine[:-1])
    other = torch.nn.utils.rnn.pack_sequence(theirs[:-1], enforce_sorted=False)
    agree(model(packed)[1], made(other)[1][0][other.sorted_indices])
    order = torch.tensor(packed.sorted_indices)
    # The course's hidden states are in the order of the packed sequences.
    out, hidden = model(packed, mine[-1])
    expected, last = made(other, theirs[-1][other.unsorted_indices].unsqueeze(0))
    agree(hidden, last[0][order])
    whole, other_whole = cat([out.data, hidden]), torch.cat([expected.data, last[0][order]])
    agree_backward(whole, other_whole, mine, theirs)


def test_a_plain_program_learns_with_it() -> None:
    """The sign of a sequence's sum."""
    mytorch.manual_seed(0)
    model, readout = GRU(1, 8), nn.Linear(8, 2)
    optimizer = mytorch.optim.Adam([*model.parameters(), *readout.parameters()], lr=0.02)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for _ in range(40):
        arrays = [draw(size=(length, 1)) for length in LENGTHS * 4]
        packed = pack_sequence([Tensor(array) for array in arrays])
        labels = np.array([array.sum() > 0 for array in arrays]).astype(int)
        loss = criterion(readout(model(packed)[1]), Tensor(labels[packed.sorted_indices]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.5 < 0.6 < losses[0]
