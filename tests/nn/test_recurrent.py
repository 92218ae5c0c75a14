"""Recurrent layers beside the table: states, packed sequences, both ways back."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch._kernels import recurrent, recurrent_products
from mytorch.nn.functional import recurrences
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)
from tests.ops.oracles import assert_close, leaf, value

# PyTorch's of a projection.
pytestmark = pytest.mark.filterwarnings("ignore:.*oneDNN")

KINDS: dict[str, dict[str, Any]] = {
    "RNN": {"nonlinearity": "relu"},
    "GRU": {"bias": False},
    "LSTM": {"batch_first": True},
    "LSTM ": {"proj_size": 2},
}
LENGTHS = [2, 4, 1, 4, 3]
every_kind = pytest.mark.parametrize("kind", KINDS)


def made(library: Any, kind: str, **options: Any) -> Any:
    return getattr(library.nn, kind.strip())(3, 4, **(KINDS[kind] | options))


def pair(kind: str, **options: Any) -> tuple[Any, Any]:
    ours, theirs = made(mytorch, kind, **options), made(torch, kind, **options).double()
    theirs.load_state_dict({name: torch.tensor(t.data) for name, t in ours.state_dict().items()})
    return ours, theirs


def states(kind: str, count: int, *batch: int) -> list[np.ndarray]:
    widths = {"LSTM": (4, 4), "LSTM ": (2, 4)}.get(kind, (4,))
    generator = np.random.default_rng(1)
    return [generator.uniform(-1, 1, (count, *batch, width)) for width in widths]


def inputs(kind: str, *lead: int) -> np.ndarray:
    x = np.random.default_rng(0).uniform(-1, 1, (*lead, 3))
    return x.swapaxes(0, 1).copy() if "batch_first" in KINDS[kind] and x.ndim == 3 else x


def run(library: Any, module: Any, way: str, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Outputs, states after the last step, and derivatives of both orders."""
    leaves = [leaf(library, array) for array in arrays]
    x, *first = leaves
    given: Any = x * 1
    rnn = library.nn.utils.rnn
    if way != "plain":
        lengths = sorted(LENGTHS, reverse=True) if way == "sorted" else LENGTHS
        given = rnn.pack_padded_sequence(given, lengths, module.batch_first, way == "sorted")
    out, after = module(given, tuple(first) if len(first) == 2 else first[0])
    if way != "plain":
        out = rnn.pad_packed_sequence(out, module.batch_first)[0]
    outputs = [out, *(after if isinstance(after, tuple) else (after,))]
    variables = [*leaves, *module.parameters()]
    gradient = mytorch.grad if library is mytorch else torch.autograd.grad
    loss = sum((part.sin() * (number + 1)).sum() for number, part in enumerate(outputs))
    grads = gradient(loss, variables, create_graph=True)
    again = gradient(sum((part * part).sum() for part in grads), variables, retain_graph=True)
    bare = gradient(loss, variables)
    return [value(part) for part in (*outputs, *grads, *again, *bare)]


@every_kind
@pytest.mark.parametrize("way", ["plain", "sorted", "unsorted"])
def test_states_packed_sequences_and_both_orders_equal_pytorchs(kind: str, way: str) -> None:
    arrays = [inputs(kind, 4, 5), *states(kind, 4, 5)]
    ours, theirs = pair(kind, num_layers=2, bidirectional=True)
    found, expected = run(mytorch, ours, way, arrays), run(torch, theirs, way, arrays)
    assert_close(found, expected, 1e-10, 64)


@every_kind
@pytest.mark.parametrize("way", ["plain", "unsorted"])
@pytest.mark.parametrize("small", [0, recurrent_products.SMALL])
def test_many_steps_with_both_kinds_of_products_equal_pytorchs(
    kind: str, way: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurrent_products, "SMALL", small)
    # Several blocks, of several tiles.
    monkeypatch.setattr(recurrent_products, "COLUMNS", 2)
    monkeypatch.setattr(recurrent_products, "ROWS", 6)
    monkeypatch.setattr(recurrent, "BACKWARD", 6)
    for module in (recurrent, recurrent_products):
        monkeypatch.setattr(module, "FEW", 1)
    arrays = [inputs(kind, 4, 5), *states(kind, 1, 5)]
    ours, theirs = pair(kind)
    found, expected = run(mytorch, ours, way, arrays), run(torch, theirs, way, arrays)
    assert_close(found, expected, 1e-10, 64)


@every_kind
def test_without_a_batch(kind: str) -> None:
    arrays = [inputs(kind, 4), *states(kind, 1)]
    ours, theirs = pair(kind)
    assert_close(run(mytorch, ours, "plain", arrays), run(torch, theirs, "plain", arrays), 1e-10)


@every_kind
def test_packed_sequences_are_as_each_alone(kind: str) -> None:
    model = made(mytorch, kind, bidirectional=True)
    sequences = [Tensor(inputs(kind, size)) for size in LENGTHS]
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    out, after = model(packed)
    for place, (found, x) in enumerate(
        zip(nn.utils.rnn.unpack_sequence(out), sequences, strict=True)
    ):
        alone, state = model(x)
        np.testing.assert_allclose(found.data, alone.data, 1e-12, 1e-14)
        parts = zip(*[s if isinstance(s, tuple) else (s,) for s in (after, state)], strict=True)
        for mine, expected in parts:
            np.testing.assert_allclose(mine.data[:, place], expected.data, 1e-12, 1e-14)


OPERATIONS = {"RNN": (1, (True,)), "GRU": (3, ()), "LSTM": (4, ())}


@pytest.mark.parametrize("sizes", [None, (2, 1)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_finite_differences(name: str, sizes: Any) -> None:
    gates, options = OPERATIONS[name]
    draw = np.random.default_rng(0).normal
    batch, rows = 2 if sizes else 1, gates * 2
    shapes = [(3, 1) if sizes else (2, 1, 1), (batch, 2), (rows, 1), (rows, 2), rows, rows]
    if name == "LSTM":
        shapes.insert(2, (batch, 2))
    leaves = [Tensor(draw(size=shape), requires_grad=True) for shape in shapes]
    more = (None, sizes) if name == "LSTM" else (sizes, *options)

    def function(*operands: Tensor) -> Tensor:
        return getattr(recurrences, name).apply(*operands, *more)

    # Of steps of one size the second derivatives are compared with PyTorch's above.
    assert (mytorch.gradgradcheck if sizes else mytorch.gradcheck)(function, leaves)


@every_kind
def test_half_precision_is_rounded_once(kind: str) -> None:
    model = made(mytorch, kind).half()
    x = Tensor(inputs(kind, 4, 2).astype(np.float16), requires_grad=True)
    out, _ = model(x)
    (grad,) = mytorch.grad(out, x)
    assert out.dtype == grad.dtype == np.float16
    wide = Tensor(x.data.astype(np.float32), requires_grad=True)
    expected, _ = model.float()(wide)
    np.testing.assert_array_equal(out.data, expected.data.astype(np.float16))
    (grad_of_wide,) = mytorch.grad(expected, wide)
    np.testing.assert_array_equal(grad.data, grad_of_wide.data.astype(np.float16))


def test_extreme_sums_saturate() -> None:
    """And raise no warning of an overflow."""
    for kind in ("RNN", "GRU", "LSTM"):
        ours, theirs = getattr(nn, kind)(1, 2).float(), getattr(torch.nn, kind)(1, 2).float()
        theirs.load_state_dict({k: torch.tensor(v.data) for k, v in ours.state_dict().items()})
        for size in (1e4, np.inf, np.nan):
            x = np.array([[1.0], [size], [-size]], np.float32)
            found, expected = ours(Tensor(x))[0].data, theirs(torch.tensor(x))[0].detach().numpy()
            np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


@every_kind
def test_what_backward_needs_is_watched_and_freed(kind: str) -> None:
    model = made(mytorch, kind)
    x = Tensor(inputs(kind, 4, 2), requires_grad=True)
    out, _ = model(x)
    out.sum().backward(retain_graph=True)
    out.mul_(2)  # of which backward keeps what was there
    np.testing.assert_allclose(mytorch.grad(out.sum(), x)[0].data, 2 * x.grad.data, rtol=1e-12)
    out, _ = model(x)
    out.detach().mul_(2)
    with pytest.raises(RuntimeError, match="changed in place"):
        mytorch.grad(out.sum(), x)
    out, _ = model(x)
    freed = weakref.ref(out.grad_fn)
    out.sum().backward()
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        mytorch.grad(out.sum() * 2, x)
    gc.disable()
    del out, _
    assert freed() is None
    gc.enable()


@every_kind
def test_parameters_are_drawn_within_pytorchs_bounds(kind: str) -> None:
    model = made(mytorch, kind, num_layers=2)
    sizes = [np.abs(parameter.data).max() for parameter in model.parameters()]
    assert 0.2 < min(sizes) <= max(sizes) <= 0.5
    names = [[name for name, _ in model.named_parameters() if f"_l{k}" in name] for k in (0, 1)]
    assert model.all_weights == [[model.get_parameter(name) for name in layer] for layer in names]
    model.flatten_parameters()


def test_dropout_is_between_layers() -> None:
    with pytest.warns(UserWarning, match="between layers") as told:
        nn.GRU(3, 4, dropout=0.5)
    assert told[0].filename == __file__
    model, x = nn.GRU(3, 4, 2, dropout=0.5), Tensor(inputs("GRU", 4, 2))
    outputs = [model(x) for _ in range(2)]
    # The first layer is as it was, the second gets other inputs.
    assert (outputs[0][1][0] == outputs[1][1][0]).all()
    assert not (outputs[0][0] == outputs[1][0]).all()
    model.eval()
    assert (model(x)[0] == model(x)[0]).all()


def test_one_state_for_both() -> None:
    """Each of two operands that are one tensor has its part of the gradient."""
    cell, h = nn.LSTMCell(2, 2), Tensor(np.full((1, 2), 0.5), requires_grad=True)
    out = cell(Tensor.ones(1, 2), (h, h))[0]
    bare = mytorch.grad(out, h, retain_graph=True)[0]
    recorded = mytorch.grad(out, h, create_graph=True)[0]
    np.testing.assert_allclose(recorded.data, bare.data, 1e-13)


def test_refusals_say_what_came() -> None:
    model = nn.LSTM(3, 2)
    with pytest.raises(mytorch.errors.DtypeError, match=r"float32; convert .* x.to\('float64'\)"):
        model(Tensor(np.ones((2, 3), np.float32)))
    h = Tensor.zeros(1, 2)
    with pytest.raises(mytorch.errors.DtypeError, match="dtype float64, got float32"):
        model(Tensor.ones(4, 3), (h, h.float()))
    with pytest.raises(mytorch.errors.ShapeError, match=r"\(1, 5, 2\) and \(1, 5, 2\).*, got"):
        model(Tensor.ones(4, 5, 3), (Tensor.zeros(1, 4, 2),) * 2)
    with pytest.raises(mytorch.errors.ShapeError, match=r"\(N, T, 3\) .* at least one step"):
        nn.GRU(3, 2, batch_first=True)(Tensor.ones(2, 0, 3))
    for sizes in ([1, 2], [2, 2], [3, 0], []):
        packed = nn.utils.rnn.PackedSequence(Tensor.ones(3, 3), mytorch.tensor(sizes))
        with pytest.raises(mytorch.errors.ShapeError, match="batch_sizes"):
            model(packed)
