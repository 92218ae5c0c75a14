"""Linear, BatchNorm1d, the activations and the losses."""

import pickle

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.errors import DtypeError
from mytorch.nn import functional as F


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


class TestLinear:
    def test_shapes_and_flags(self) -> None:
        layer = nn.Linear(4, 3)
        assert layer.weight.shape == (3, 4)
        assert layer.bias.shape == (3,)
        assert all(type(p) is Tensor and p.is_parameter for p in layer.parameters())

    def test_initial_values_are_within_the_bound(self) -> None:
        mytorch.manual_seed(0)
        layer = nn.Linear(100, 50)
        assert np.abs(layer.weight.data).max() <= 0.1
        assert np.abs(layer.bias.data).max() <= 0.1
        # The standard deviation of the uniform distribution on [-b, b] is b / sqrt(3).
        assert abs(layer.weight.data.std() - 0.1 / np.sqrt(3)) < 0.002

    def test_reset(self) -> None:
        mytorch.manual_seed(0)
        layer = nn.Linear(3, 2, dtype=np.float32)
        before, weight = layer.weight.data.copy(), layer.weight
        mytorch.manual_seed(0)
        layer.reset_parameters()
        np.testing.assert_array_equal(layer.weight.data, before)
        layer.reset_parameters()
        assert layer.weight is weight
        assert (layer.weight.data != before).any()
        assert layer.bias.dtype == np.float32

    def test_no_inputs(self) -> None:
        layer = nn.Linear(0, 3)
        assert layer(Tensor.ones(2, 0)).tolist() == [[0, 0, 0], [0, 0, 0]]

    def test_fused_equals_composed(self) -> None:
        x, w, b = (Tensor(draw(*s), requires_grad=True) for s in ((5, 4), (3, 4), (3,)))
        start = Tensor(draw(5, 3, seed=1))
        fused = mytorch.grad(F.linear(x, w, b), (x, w, b), start)
        composed = mytorch.grad(x @ w.T + b, (x, w, b), start)
        for one, other in zip(fused, composed, strict=True):
            np.testing.assert_allclose(one.data, other.data, rtol=1e-13, atol=1e-13)

    @pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 2), (1, 2)], ids=str)
    @pytest.mark.parametrize("create_graph", [False, True])
    def test_some_operands_are_constants(self, wanted: tuple[int, ...], create_graph: bool) -> None:
        leaves = [Tensor(draw(*shape)) for shape in ((5, 4), (3, 4), (3,))]
        for place in wanted:
            leaves[place].requires_grad = True
        x, w, b = leaves
        F.linear(x, w, b).backward(create_graph=create_graph)
        found = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        (x @ w.T + b).backward()
        for one, other in zip(found, leaves, strict=True):
            assert (one is None) is (other.grad is None)
            if one is not None:
                np.testing.assert_allclose(one.data, other.grad.data, rtol=1e-13, atol=1e-13)

    @pytest.mark.parametrize("shape", [(5, 3), (3,), ()])
    def test_wrong_size(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(RuntimeError, match=r"linear: .*weight \(2, 4\)"):
            nn.Linear(4, 2)(Tensor.ones(*shape))
        with pytest.raises(RuntimeError, match=r"linear: .*weight \(2, 4\)"):
            nn.Linear(4, 2, bias=False)(Tensor.ones(*shape))

    @pytest.mark.parametrize("bias", [None, Tensor.ones(2)], ids=["alone", "with bias"])
    @pytest.mark.parametrize("pickled", [False, True])
    def test_a_weight_of_booleans_is_refused(self, bias: Tensor | None, pickled: bool) -> None:
        weight, x = np.ones((2, 3), bool), np.ones((4, 3))
        if pickled:  # its dtype is another object then
            weight = pickle.loads(pickle.dumps(weight))
        for data in (x, weight):
            with pytest.raises(DtypeError, match="linear: booleans have no product"):
                F.linear(Tensor(data), Tensor(weight), bias)

    def test_the_input_may_be_of_another_dtype(self) -> None:
        """Course code feeds integers and single precision to float64 layers."""
        layer = nn.Linear(2, 2)
        for dtype in (np.int64, np.float32, np.uint8):
            assert layer(Tensor(np.ones((3, 2), dtype))).dtype == np.float64
        assert layer.to(np.float32)(Tensor(np.ones((3, 2), int))).dtype == np.float32


class TestBatchNorm1d:
    def test_evaluation_changes_nothing(self) -> None:
        layer = nn.BatchNorm1d(2).eval()
        layer(Tensor(draw(4, 2)))
        assert layer.running_mean.data.tolist() == [0, 0]
        assert layer.num_batches_tracked.item() == 0

    def test_running_statistics_hold_no_graph(self) -> None:
        layer = nn.BatchNorm1d(1)
        layer(Tensor(draw(4, 1), requires_grad=True))
        assert not layer.running_mean.requires_grad
        assert not layer.running_var.requires_grad

    def test_names(self) -> None:
        layer = nn.BatchNorm1d(2)
        assert layer.gamma is layer.weight
        assert layer.beta is layer.bias
        assert layer.num_features == 2
        layer.gamma = Tensor([3.0, 3.0], is_parameter=True)
        assert layer.weight.data.tolist() == [3, 3]

    @pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 3, 2, 2), (1, 3), (1, 3, 1)])
    def test_refusals(self, shape: tuple[int, ...]) -> None:
        layer = nn.BatchNorm1d(3)
        before = layer.running_mean.data.copy()
        with pytest.raises(ValueError, match=r"batch_norm|BatchNorm1d"):
            layer(Tensor.ones(*shape))
        np.testing.assert_array_equal(layer.running_mean.data, before)
        assert layer.num_batches_tracked.item() == 0

    def test_evaluation_without_running_statistics_is_refused(self) -> None:
        with pytest.raises(RuntimeError, match="running statistics"):
            F.batch_norm(Tensor(draw(4, 2)), None, None)

    def test_evaluation_of_a_single_row(self) -> None:
        x, mean, gamma, beta = (draw(1, 3, seed=seed) for seed in range(4))
        rest = mean[0], np.array([0.5, 1.0, 2.0]), gamma[0], beta[0]
        found = []
        for library, make in ((mytorch, Tensor), (torch, torch.tensor)):
            leaves = [make(values, requires_grad=True) for values in (x, gamma[0], beta[0])]
            y = library.nn.functional.batch_norm(leaves[0], *map(make, rest[:2]), *leaves[1:])
            first = library.autograd.grad((y**3).sum(), leaves, create_graph=True)
            plain = library.autograd.grad((y**3).sum(), leaves, retain_graph=True)
            second = library.autograd.grad(sum((g * g).sum() for g in first), leaves)
            found.append([values.detach().numpy() for values in (y, *first, *plain, *second)])
        for mine, expected in zip(*found, strict=True):
            assert mine.shape == expected.shape
            np.testing.assert_allclose(mine, expected, rtol=1e-12)

    def test_backward_after_another_batch(self) -> None:
        """The running statistics that a second batch moves are no part of the first's graph."""
        layer = nn.BatchNorm1d(2)
        x = Tensor(draw(4, 2), requires_grad=True)
        first = layer(x).sum()
        layer(Tensor(draw(4, 2, seed=1)))
        first.backward()
        np.testing.assert_allclose(x.grad.data, np.zeros((4, 2)), atol=1e-12)


class TestCrossEntropy:
    def test_equals_pytorch(self) -> None:
        logits, labels = draw(6, 4) * 5, np.array([0, 3, 1, 1, 2, 0])
        x, y = Tensor(logits, requires_grad=True), torch.tensor(logits, requires_grad=True)
        ours = nn.CrossEntropyLoss()(x, Tensor(labels))
        theirs = torch.nn.CrossEntropyLoss()(y, torch.tensor(labels))
        assert ours.shape == ()
        np.testing.assert_allclose(ours.item(), theirs.item(), rtol=1e-14)
        ours.backward()
        theirs.backward()
        np.testing.assert_allclose(x.grad.data, y.grad.numpy(), atol=1e-15)

    @pytest.mark.parametrize("kind", [Tensor, np.array, list, lambda v: np.array(v, np.uint8)])
    def test_labels_of_every_kind(self, kind) -> None:
        x = Tensor(draw(3, 2))
        assert F.cross_entropy(x, kind([0, 1, 1])).item() == F.cross_entropy(x, [0, 1, 1]).item()

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u4", "i4", ">i8", "u8", np.longlong])
    def test_labels_of_every_dtype_can_be_compiled(self, dtype) -> None:
        x, labels = Tensor(draw(3, 2)), np.array([0, 1, 1], dtype)
        compiled = mytorch.compile(F.cross_entropy)
        for _ in range(3):
            assert compiled(x, labels).item() == F.cross_entropy(x, [0, 1, 1]).item()
        labels[0] = 2
        with pytest.raises(IndexError, match="label 2"):
            F.cross_entropy(x, labels)

    def test_extreme_logits(self) -> None:
        x = Tensor([[1e4, -1e4], [-1e300, 1e300]], requires_grad=True)
        loss = F.cross_entropy(x, [0, 1])
        assert loss.item() == 0
        loss.backward()
        assert x.grad.data.tolist() == [[0, 0], [0, 0]]
        assert F.cross_entropy(Tensor([[1e4, -1e4]]), [1]).item() == 2e4

    def test_composed(self) -> None:
        x = Tensor(draw(5, 3), requires_grad=True)
        labels = np.array([2, 0, 1, 1, 0])
        composed = -(x.log_softmax(1) * F.to_one_hot(labels, 3)).sum() / 5
        (of_composed,) = mytorch.grad(composed, x)
        (of_fused,) = mytorch.grad(F.cross_entropy(x, labels), x)
        np.testing.assert_allclose(of_fused.data, of_composed.data, atol=1e-15)

    @pytest.mark.parametrize(
        ("logits", "labels", "error", "says"),
        [
            ((2, 3), [0, 3], IndexError, "label 3"),
            ((2, 3), [-1, 0], IndexError, "label -1"),
            ((2, 3), np.array([2**64 - 100, 0], np.uint64), IndexError, "label 184467440737095"),
            ((2, 3), [0.0, 1.0], TypeError, "float64"),
            ((2, 3), [True, False], TypeError, "bool"),
            ((2, 3), [0], ValueError, r"\(2,\)"),
            ((2, 3), [[0, 1]], ValueError, r"\(1, 2\)"),
            ((3,), [0, 1], ValueError, r"\(1,\)"),
            ((), 0, ValueError, r"\(N, C\)"),
        ],
    )
    def test_bad_labels(self, logits, labels, error, says: str) -> None:
        with pytest.raises(error, match=says):
            F.cross_entropy(Tensor.ones(*logits), labels)

    def test_integer_logits(self) -> None:
        with pytest.raises(TypeError, match="floating"):
            F.cross_entropy(Tensor([[1, 2]]), [0])

    def test_no_rows(self) -> None:
        assert np.isnan(F.cross_entropy(Tensor.zeros(0, 3), np.zeros(0, int)).item())

    def test_many_rows_cost_no_accuracy(self) -> None:
        logits, labels = draw(300_000, 2), np.random.default_rng(1).integers(0, 2, 300_000)
        exact = F.cross_entropy(Tensor(logits), labels).item()
        for dtype, rtol in ((np.float32, 3e-7), (np.float16, 1e-3)):
            loss = F.cross_entropy(Tensor(logits.astype(dtype)), labels)
            assert loss.dtype == dtype
            np.testing.assert_allclose(loss.item(), exact, rtol=rtol)

    def test_changing_the_labels_afterwards_does_no_harm(self) -> None:
        x, labels = Tensor(draw(3, 2), requires_grad=True), np.array([0, 1, 1])
        (expected,) = mytorch.grad(F.cross_entropy(x, labels), x)
        loss = F.cross_entropy(x, labels)
        labels[:] = 0
        (found,) = mytorch.grad(loss, x)
        np.testing.assert_array_equal(found.data, expected.data)


class TestOthers:
    def test_mse_loss(self) -> None:
        assert nn.MSELoss()(Tensor([1.0, 3.0]), Tensor([1.0, 1.0])).item() == 2
        with pytest.warns(UserWarning, match="broadcast"):
            loss = F.mse_loss(Tensor([[1.0], [2.0]]), Tensor([1.0, 2.0]))
        assert loss.item() == 0.5

    def test_to_one_hot(self) -> None:
        rows = F.to_one_hot(np.array([1, 0]), 3)
        assert isinstance(rows, Tensor)
        assert rows.data.tolist() == [[0, 1, 0], [1, 0, 0]]
        with pytest.raises(IndexError, match="0 to 2"):
            F.to_one_hot([3], 3)
        assert F.to_one_hot([2, 2], 3).data.tolist() == [[0, 0, 1], [0, 0, 1]]


def test_a_causal_mask_has_the_dtype_that_is_asked_for() -> None:
    for kind in (mytorch.float32, mytorch.float64):
        mask = nn.Transformer.generate_square_subsequent_mask(2, dtype=kind)
        assert mask.dtype == kind
        assert mask.tolist() == [[0, -np.inf], [0, 0]]
