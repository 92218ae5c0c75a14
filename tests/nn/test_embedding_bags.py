"""EmbeddingBag, beside what the tables of operations and layers test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.errors import OnnxExporterError
from mytorch.nn import functional as F

INDICES = Tensor([2, 0, 1, 2, 2, 3])
OFFSETS = Tensor([0, 0, 3, 5])


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_both_orders_of_gradient_equal_finite_differences(mode: str) -> None:
    random = np.random.default_rng(0)
    table = Tensor(random.normal(size=(5, 3)), requires_grad=True)
    factors = Tensor(random.normal(size=6), requires_grad=True)

    def bags(table: Tensor, factors: Tensor) -> Tensor:
        given = factors if mode == "sum" else None
        found = F.embedding_bag(
            INDICES, table, OFFSETS, None, 2.0, False, mode, False, given, padding_idx=1
        )
        # A square: what is linear has no second derivatives.
        return found * found if given is not None else found * found * factors[:4, None]

    assert mytorch.autograd.gradcheck(bags, (table, factors))
    assert mytorch.autograd.gradgradcheck(bags, (table, factors))


def test_the_first_of_equal_rows_gets_the_gradient() -> None:
    def gradient(library: Any, indices: Any, offsets: Any) -> Any:
        table = library.tensor([[1.0, 5.0], [2.0, 5.0], [2.0, 4.0], [2.0, 5.0]])
        table.requires_grad_()
        bags = library.nn.functional.embedding_bag(
            library.tensor(indices), table, offsets and library.tensor(offsets), mode="max"
        )
        bags.sum().backward()
        return bags.tolist(), table.grad.tolist()

    for given in (([2, 1, 3, 0, 1, 3], [0, 4, 4]), ([[2, 1, 3], [0, 3, 1]], None)):
        assert gradient(mytorch, *given) == gradient(torch, *given)


def test_a_gradient_is_divided_by_the_uses_of_its_own_row() -> None:
    layer = nn.EmbeddingBag(4, 1, mode="sum", scale_grad_by_freq=True)
    layer(Tensor([[0, 1, 1], [0, 0, 2]])).backward()
    assert layer.weight.grad.tolist() == [[1], [1], [1], [0]]


def test_what_is_in_no_bag_counts_for_nothing() -> None:
    table = Tensor([[1.0], [np.nan], [np.inf]], requires_grad=True)
    for mode in ("sum", "mean", "max"):
        bags = F.embedding_bag(
            Tensor([1, 0, 1, 2]),
            table,
            Tensor([0, 2, 3]),
            mode=mode,
            include_last_offset=True,
            padding_idx=1,
        )
        assert bags.tolist() == [[1], [0]]
        (gradient,) = mytorch.grad(bags, table, mytorch.ones(2, 1))
        assert gradient.tolist() == [[1], [0], [0]]


@pytest.mark.parametrize("other", [np.nan, -np.inf])
def test_a_maximum_of_nan_is_nan(other: float) -> None:
    table = Tensor([[-np.inf], [other]])
    for indices, offsets in ((Tensor([[0, 1], [1, 0]]), None), (Tensor([0, 1, 1]), Tensor([0, 2]))):
        found = F.embedding_bag(indices, table, offsets, mode="max")
        np.testing.assert_array_equal(found.data, [[other], [other]])


def test_bags_of_nothing() -> None:
    table = mytorch.ones(3, 2)
    nothing = mytorch.zeros(0).to(mytorch.int64)
    for mode in ("sum", "mean", "max"):
        assert F.embedding_bag(nothing, table, nothing, mode=mode).shape == (0, 2)
        assert F.embedding_bag(nothing.reshape(2, 0), table, mode=mode).tolist() == [[0, 0]] * 2
        assert F.embedding_bag(Tensor([[1]]), table[:, :0], mode=mode).shape == (1, 0)


@pytest.mark.parametrize(
    ("offsets", "says"),
    [
        ([0, 2, 1], "ascend to at most the number of indices, 2"),
        ([1], "begin with 0"),
        ([0, 3], "ascend to at most the number of indices, 2"),
        (mytorch.zeros(0).to(mytorch.int64), "at least one"),
    ],
)
def test_offsets_that_say_no_bags_are_refused(offsets: Any, says: str) -> None:
    with pytest.raises(ValueError, match=f"^embedding_bag: .*{says}"):
        F.embedding_bag(Tensor([0, 1]), mytorch.ones(2, 2), Tensor(offsets))


def test_sparse_gradients_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="leave sparse False"):
        nn.EmbeddingBag(2, 2, sparse=True)(Tensor([[0]]))
    assert nn.Embedding(2, 2, sparse=False)(Tensor([0])).shape == (1, 2)
    with pytest.raises(NotImplementedError, match="leave sparse False"):
        nn.Embedding(2, 2, sparse=True)(Tensor([0]))


@pytest.mark.parametrize(
    "made",
    [
        "EmbeddingBag(3, 4)",
        "EmbeddingBag(3, 4, mode='max', padding_idx=-1)",
        "EmbeddingBag(3, 4, 2.0, 1.0, True, 'sum')",
    ],
)
def test_states_go_both_ways(made: str) -> None:
    ours, theirs = (eval(made, vars(room)) for room in (nn, torch.nn))
    assert repr(ours) == repr(theirs)
    if ours.padding_idx is not None:
        assert not ours.weight.data[2].any()
    theirs.load_state_dict({"weight": torch.tensor(ours.weight.data.copy())})
    ours.load_state_dict({"weight": Tensor(theirs.weight.detach().numpy())})
    indices = [[0, 1, 2], [1, 1, 2]]
    np.testing.assert_allclose(
        ours(Tensor(indices)).data, theirs(torch.tensor(indices)).detach(), rtol=1e-6
    )


def test_a_row_that_is_not_used_adds_nothing() -> None:
    table = Tensor([[1.0, 2.0], [np.inf, np.nan], [3.0, 4.0]], requires_grad=True)
    bags = nn.functional.embedding_bag(Tensor([[0, 2], [2, 2], [0, 1]]), table, mode="sum")
    np.testing.assert_array_equal(bags.data, [[4, 6], [6, 8], [np.inf, np.nan]])
    bags.backward(Tensor([[np.inf, 1.0], [1.0, 1.0], [1.0, 1.0]]))
    assert table.grad is not None
    np.testing.assert_array_equal(table.grad.data, [[np.inf, 2], [1, 1], [np.inf, 3]])


def test_the_bags_of_an_exported_model(tmp_path: Any) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    onnx_runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    indices, path = np.array([[0, 3, 3], [1, 2, 0]]), tmp_path / "bags.onnx"
    for mode in ("sum", "mean", "max"):
        model = nn.EmbeddingBag(4, 2, mode=mode, dtype=mytorch.float32)
        axes = {"input": {0: "batch"}}
        mytorch.onnx.export(model, Tensor(indices), path, dynamic_axes=axes)
        session = onnx_runtime.InferenceSession(path.read_bytes())
        for given in (indices, indices[:1] + 0, np.array([[1, 1, 3]] * 4)):
            (found,) = session.run(None, {"input": given})
            np.testing.assert_allclose(found, model(Tensor(given)).data, rtol=1e-6)
    # Which indices are in which bag hangs on the input.
    with pytest.raises(OnnxExporterError):
        mytorch.onnx.export(nn.EmbeddingBag(4, 2, padding_idx=3), Tensor(indices), path)
