"""The losses as modules, and the corners of the functions behind them."""

from itertools import groupby, product
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def test_the_losses_are_told_by_their_base() -> None:
    for name in nn.__all__:
        if name.endswith("Loss") and name != "AdaptiveLogSoftmaxWithLoss":
            assert issubclass(getattr(nn, name), nn.Loss)


def both(form: str, *arrays: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Value and gradients of a form in x and y by MyTorch and by PyTorch."""
    found = []
    for library, make in ((mytorch, Tensor), (torch, torch.tensor)):
        leaves = [make(np.array(values, float), requires_grad=True) for values in arrays]
        names = dict(zip("xy", leaves, strict=False))
        out = eval(form, {"F": library.nn.functional, "T": library, **names})
        out.sum().backward()
        found.append([out.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)])
    return found[0], found[1]


INFINITE = [np.inf, -np.inf, np.inf, -np.inf, np.nan, 1e5, -1e5, 50.0, -50.0]


@pytest.mark.parametrize(
    ("form", "arrays"),
    [
        (
            "F.binary_cross_entropy(x, y, reduction='none')",
            ([0, 1, 0.5, 0, 1, 0.3, 1e-50], [1, 0, 0.5, 0, 1, 0.2, 1]),
        ),
        (
            "F.binary_cross_entropy_with_logits(x, y, reduction='none')",
            (INFINITE, [0, 0, 1, 1, 0, 0.2, 1, 1, 0]),
        ),
        (
            "F.binary_cross_entropy_with_logits(x, y, reduction='none', pos_weight=T.tensor(2.0))",
            (INFINITE, [0, 0, 1, 1, 0, 0.2, 1, 1, 0]),
        ),
        ("F.kl_div(x, y, reduction='none')", ([0, 1, -np.inf, 2, 2], [0, 0.5, 0, -1, np.inf])),
        (
            "F.kl_div(x, y, reduction='none', log_target=True)",
            ([0, 1, -np.inf, 2], [0, 0.5, 0, -np.inf]),
        ),
        *(
            (f"F.{name}(x, y, reduction='none')", ([0, 1, -1, 5, np.inf, -np.inf], [0] * 6))
            for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
        ),
        ("F.smooth_l1_loss(x, y, reduction='none', beta=0)", ([0, 1, -np.inf], [0, 0, 0])),
        ("F.nll_loss(x, T.tensor([-100, 0]))", ([[np.nan, 0], [1, -np.inf]],)),
        ("F.nll_loss(x, T.tensor([0]), T.tensor([0.0, 1.0]).to(x.dtype))", ([[-np.inf, 0]],)),
        ("F.cross_entropy(x, T.tensor([1]), label_smoothing=0.1)", ([[-np.inf, 0]],)),
        ("F.cross_entropy(x, T.tensor([1]), reduction='sum')", ([[1e4, -1e4]],)),
        ("F.cross_entropy(x, y)", ([[1e4, -1e4]], [[0.5, 0.5]])),
        ("F.cross_entropy(x, T.tensor([-100, -100]))", ([[1, 2], [3, 4]],)),
        ("F.cross_entropy(x, T.tensor([-100, -100]), reduction='sum')", ([[1, 2], [3, 4]],)),
        ("F.cross_entropy(x, T.tensor([-100, 1]), reduction='none')", ([[1, 2], [3, 4]],)),
    ],
)
def test_special_values(form: str, arrays: Any) -> None:
    """Silently, and as PyTorch."""
    for mine, expected in zip(*both(form, *arrays), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nothing(reduction: str) -> None:
    for labels in (np.zeros(0, int), np.zeros((0, 3))):
        ours = F.cross_entropy(Tensor(np.zeros((0, 3))), labels, reduction=reduction)
        theirs = torch.nn.functional.cross_entropy(
            torch.zeros(0, 3), torch.tensor(labels), reduction=reduction
        )
        np.testing.assert_array_equal(ours.data, theirs.numpy())


def test_second_derivative_of_binary_cross_entropy() -> None:
    x, y = (Tensor(draw(3, 2, seed=seed), requires_grad=True) for seed in range(2))
    assert mytorch.gradgradcheck(F.binary_cross_entropy, [x, y])


def test_shapes_that_differ_are_broadcast_with_a_warning() -> None:
    x, y = draw(3, 1), draw(3)
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        with pytest.warns(UserWarning, match=f"{name}.*broadcast") as caught:
            ours = getattr(F, name)(Tensor(x), Tensor(y))
        assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match="broadcast"):
            theirs = getattr(torch.nn.functional, name)(torch.tensor(x), torch.tensor(y))
        np.testing.assert_allclose(ours.data, theirs.numpy(), rtol=1e-14)


def test_integers_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^huber_loss: expected a floating dtype"):
        F.huber_loss(Tensor([1, 2]), Tensor([1.5, 2.0]))


def test_the_mean_of_kl_div_warns() -> None:
    with pytest.warns(UserWarning, match="batchmean") as caught:
        loss = F.kl_div(Tensor(draw(2, 3)), Tensor(draw(2, 3, seed=1)))
    assert caught[0].filename == __file__
    total = F.kl_div(Tensor(draw(2, 3)), Tensor(draw(2, 3, seed=1)), reduction="sum")
    np.testing.assert_allclose(loss.data, total.data / 6, rtol=1e-14)


@pytest.mark.parametrize(
    "form",
    [
        "F.mse_loss(x, y)",
        "F.mse_loss(y, x)",
        "F.huber_loss(x, y)",
        "F.huber_loss(y, x)",
        "F.smooth_l1_loss(x, y)",
        "F.kl_div(x, y, reduction='sum')",
        "F.binary_cross_entropy_with_logits(x, y)",
        "F.binary_cross_entropy_with_logits(y, x)",
        "F.cross_entropy(x, y)",
        "F.mse_loss(x, y > 0.5)",
    ],
)
def test_mixed_dtypes(form: str) -> None:
    single, double = draw(3, 2).astype(np.float32), draw(3, 2, seed=1)
    names = {"F": F, "x": Tensor(single), "y": Tensor(double)}
    others = {"F": torch.nn.functional, "x": torch.tensor(single), "y": torch.tensor(double)}
    ours, theirs = eval(form, names), eval(form, others).numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.data, theirs, rtol=1e-6)


def test_arrays_and_sequences_as_targets() -> None:
    x = Tensor(draw(2, 3))
    for labels in ([0, 2], np.array([0, 2], np.int32), (0, 2)):
        assert F.nll_loss(x, labels).item() == F.nll_loss(x, Tensor([0, 2])).item()
    rows = [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    assert F.cross_entropy(x, rows).item() == F.cross_entropy(x, Tensor(rows)).item()


def test_fused_and_composed_cross_entropy_agree() -> None:
    x, labels = Tensor(draw(5, 3), requires_grad=True), np.array([0, 2, 1, 1, 0])
    fused = F.cross_entropy(x, labels)
    composed = F.cross_entropy(x, labels, reduction="sum") / 5
    np.testing.assert_allclose(fused.data, composed.data, rtol=1e-14)
    for one, other in zip(mytorch.grad(fused, x), mytorch.grad(composed, x), strict=True):
        np.testing.assert_allclose(one.data, other.data, atol=1e-16)


def test_an_ignored_class_is_left_out() -> None:
    x = Tensor(draw(3, 3))
    loss = F.cross_entropy(x, [0, 1, 2], ignore_index=0)
    np.testing.assert_allclose(loss.data, F.cross_entropy(x[1:], [1, 2]).data, rtol=1e-14)


def test_labels_changed_afterwards_do_no_harm() -> None:
    x, labels = Tensor(draw(3, 3), requires_grad=True), np.array([0, 1, 2])
    (expected,) = mytorch.grad(F.nll_loss(x, labels), x)
    loss = F.nll_loss(x, labels)
    labels[:] = 0
    (found,) = mytorch.grad(loss, x)
    np.testing.assert_array_equal(found.data, expected.data)


WORDS = [[1, 1], [2, 0], [0, 0]]


def ctc(logits: Tensor, **options: Any) -> Tensor:
    """Of words of two letters, one and none, the last in two steps."""
    return F.ctc_loss(logits.log_softmax(2), WORDS, [4, 3, 2], [2, 1, 0], **options)


def test_ctc_sums_over_all_alignments() -> None:
    logits = draw(4, 3, 3)
    logs = Tensor(logits).log_softmax(2).data
    losses = ctc(Tensor(logits), reduction="none").data
    for number, (steps, letters) in enumerate([(4, [1, 1]), (3, [2]), (2, [])]):
        total = 0.0
        for path in product(range(3), repeat=steps):
            if [letter for letter, _ in groupby(path) if letter] == letters:
                total += np.exp(sum(logs[step, number, c] for step, c in enumerate(path)))
        np.testing.assert_allclose(losses[number], -np.log(total), rtol=1e-13)


def test_ctc_has_a_second_derivative() -> None:
    logits = Tensor(draw(4, 3, 3), requires_grad=True)
    assert mytorch.gradcheck(ctc, (logits,))
    assert mytorch.gradgradcheck(ctc, (logits,))
    recorded = mytorch.grad(ctc(logits), logits, create_graph=True)
    for one, other in zip(recorded, mytorch.grad(ctc(logits), logits), strict=True):
        np.testing.assert_allclose(one.data, other.data, rtol=1e-13, atol=1e-15)


def test_ctc_far_from_the_labels() -> None:
    """The probability is less than any number; its logarithm is one."""
    logs = np.zeros((40, 1, 2), np.float32)
    logs[:, :, 1] = -100
    logs = Tensor(logs, requires_grad=True)
    labels = np.ones((1, 20), int)
    loss = F.ctc_loss(logs, labels, [40], [20], reduction="sum")
    theirs = torch.tensor(logs.data.astype(float), requires_grad=True)
    expected = torch.nn.functional.ctc_loss(
        theirs, torch.tensor(labels), [40], [20], reduction="sum"
    )
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    loss.backward()
    expected.backward()
    assert logs.grad is not None
    np.testing.assert_allclose(logs.grad.data, theirs.grad.numpy(), rtol=1e-6)


def test_ctc_of_too_few_steps() -> None:
    logits = Tensor(draw(2, 1, 3), requires_grad=True)
    for finite, expected, slope in ((False, np.inf, np.nan), (True, 0.0, 0.0)):
        for create_graph in (False, True):
            loss = F.ctc_loss(logits, [[1, 1]], [2], [2], zero_infinity=finite)
            assert loss.item() == expected
            (grad,) = mytorch.grad(loss, logits, create_graph=create_graph)
            np.testing.assert_array_equal(grad.data, np.full((2, 1, 3), slope))


def test_a_soft_margin_of_any_size() -> None:
    x = Tensor([1e4, -1e4], requires_grad=True)
    loss = F.soft_margin_loss(x, Tensor([-1, -1]), reduction="none")
    np.testing.assert_array_equal(loss.data, [1e4, 0])
    np.testing.assert_array_equal(mytorch.grad(loss.sum(), x)[0].data, [1, 0])


def test_weights_are_in_the_dtype_of_the_input() -> None:
    x, weight = Tensor(draw(2, 3).astype(np.float32)), Tensor([1.0, 2.0, 3.0])
    assert F.multi_margin_loss(x, [0, 2], weight=weight).dtype == np.float32


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_an_adaptive_softmax_predicts_the_likeliest_class(rows: int) -> None:
    mytorch.manual_seed(3)
    loss = nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], 2.0, head_bias=True)
    x = 3 * mytorch.randn(rows, 4)
    found = loss.predict(x)
    assert found.tolist() == loss.log_prob(x).argmax(1).tolist()
    if rows > 1:  # of the short list, and of each cluster
        assert set(np.searchsorted([2, 5], found.data, "right").tolist()) == {0, 1, 2}
