"""Arrays in the other byte order, as ">f8": taken at every door, and never held."""

import copy
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim

VALUES = np.array([[1.5, -2.0, 3.0], [0.5, 4.0, -0.25]])
PLACES = np.array([1, 0])
GRID = np.array([[0, 2, 1], [1, 0, 0]])

# Expressions of the library `T`, its `F`, a Tensor `x` (2, 3) that requires a gradient, floats `a`
# of that shape, integers `i` (2,) and `g` (2, 3): the arrays whose byte order is changed.
DOORS = [
    "T.Tensor(a)",
    "T.Tensor(i)",
    "T.Tensor(a[0, 0:1].reshape(()))",
    "T.Tensor(a.T)",
    "T.Tensor(a[:0])",
    "T.Tensor([a[0], a[1]])",
    "T.Tensor(np.ma.array(a))",
    "T.Tensor(a, requires_grad=True)",
    "T.nn.Parameter(a)",
    "T.tensor(a)",
    "T.tensor(i)",
    "T.tensor(a, dtype=T.float32)",
    "T.tensor(g, dtype=d)",
    "T.as_tensor(a)",
    "T.as_tensor(g, dtype=d)",
    "T.from_numpy(a)",
    "T.zeros(2, dtype=d)",
    "T.full((2,), 1.5, dtype=d)",
    "T.arange(3, dtype=d)",
    "T.zeros_like(x, dtype=d)",
    "T.zeros_like(T.tensor(a))",
    "T.full((2,), a[0, :1].reshape(()))",
    "x.to(d)",
    "x.to(dtype=d)",
    "x.sum(0, dtype=d)",
    "x.mean(dtype=d)",
    "x.prod(0, dtype=d)",
    "x.cumsum(0, dtype=d)",
    "x.softmax(0, dtype=d)",
    "x.norm(2, dtype=d)",
    "x + a",
    "a + x",
    "a - x",
    "x * a",
    "a / x",
    "x // a",
    "a % x",
    "x.abs() ** a",
    "a @ x.T",
    "x.T @ a",
    "T.add(x, a, alpha=2)",
    "x < a",
    "a < x",
    "x == a",
    "T.tensor(g) & g",
    "g ^ T.tensor(g)",
    "x.clamp(a)",
    "x.maximum(T.tensor(a))",
    "T.where(x > 0, x, a)",
    "x.where(x > 0, a)",
    "x[i]",
    "x[i, i]",
    "x[:, g]",
    "x[T.tensor(i)]",
    "x[i[0:1].reshape(())]",
    "x[[1, 0], i]",
    "x[:, a[0] > 0]",
    "x.index_select(0, i)",
    "x.gather(1, g)",
    "x.gather(1, T.tensor(g))",
    "x.take(g)",
    "x.take_along_dim(g, 1)",
    "x.repeat_interleave(i, 0)",
    "x.narrow(1, i[:1].reshape(()), 1)",
    "x.detach().scatter(1, g, 1.0)",
    "x.scatter_add(1, g, x)",
    "x.index_add(0, i, x)",
    "x.index_copy(0, i, x)",
    "x.index_fill(0, i, 1.0)",
    "x.clone().copy_(a)",
    "x.clone().add_(a)",
    "x.clone().fill_(a[0, :1].reshape(()))",
    "T.cat([x, T.tensor(a)])",
    "F.embedding(T.tensor(i), T.tensor(a))",
    "F.one_hot(T.tensor(g))",
    "F.to_one_hot(i, 2)",
    "F.cross_entropy(x, i)",
    "F.cross_entropy(x, T.tensor(i))",
    "F.cross_entropy(x, T.tensor(a).softmax(1))",
    "F.nll_loss(x.log_softmax(1), i)",
    "F.mse_loss(x, T.tensor(a))",
    "F.linear(x, T.tensor(a))",
    "np.log(T.tensor(a).abs())",
    "np.add(x, a)",
    "T.linalg.norm(T.tensor(a))",
]


def swapped(array: Any) -> Any:
    return array.astype(array.dtype.newbyteorder())


def run(door: str, change: Any) -> Any:
    x = Tensor(VALUES.copy(), requires_grad=True)
    names = {
        "T": mytorch,
        "F": nn.functional,
        "np": np,
        "x": x,
        "a": change(VALUES),
        "i": change(PLACES),
        "g": change(GRID),
        "d": change(np.zeros(1, np.float32)).dtype,
    }
    result = eval(door, names)
    if result.requires_grad and x.requires_grad and result.grad_fn is not None:
        result.backward()
    return result, x.grad


@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_it_and_holds_the_machines(door: str) -> None:
    result, gradient = run(door, swapped)
    expected, right = run(door, lambda array: array)
    assert result.data.dtype.isnative
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result.data, expected.data)
    assert (gradient is None) == (right is None)
    if gradient is not None:
        assert gradient.data.dtype.isnative
        np.testing.assert_array_equal(gradient.data, right.data)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i2", "i4", "i8", "u1", "?"])
def test_every_dtype(kind: str) -> None:
    values = np.array([1, 0, 3]).astype(kind)
    for make in (Tensor, mytorch.tensor, mytorch.as_tensor, mytorch.from_numpy):
        tensor = make(swapped(values))
        assert tensor.dtype == values.dtype
        assert tensor.data.dtype.isnative
        assert (tensor * 1).tolist() == (Tensor(values) * 1).tolist()


def test_what_is_written() -> None:
    x = Tensor(np.zeros((2, 3)))
    x[swapped(PLACES)] = swapped(VALUES)
    assert x.tolist() == VALUES[::-1].tolist()
    x[0] = swapped(VALUES[0])
    x += swapped(VALUES)
    assert x.data.dtype.isnative
    x.data = swapped(VALUES)
    assert x.data.dtype.isnative
    x.data[...] = 0
    x.data += Tensor(swapped(VALUES))
    assert x.tolist() == VALUES.tolist()
    w = Tensor(VALUES.copy(), requires_grad=True)
    (w * 1).backward(swapped(VALUES))
    assert w.grad.data.dtype.isnative
    assert w.grad.tolist() == VALUES.tolist()


def test_what_is_loaded() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimizer = optim.Adam(model.parameters())
    x = Tensor(swapped(VALUES))
    for _ in range(2):
        loss = nn.functional.cross_entropy(model(x), swapped(PLACES))
        loss.backward()
        optimizer.step()
    state = {name: swapped(np.asarray(value)) for name, value in model.state_dict().items()}
    twin = copy.deepcopy(model)
    twin.load_state_dict(state)
    saved = optimizer.state_dict()
    for part in saved["state"].values():
        for name, value in part.items():
            if isinstance(value, Tensor):
                part[name] = swapped(np.asarray(value))
    again = optim.Adam(twin.parameters())
    again.load_state_dict(saved)
    for net, stepping in ((model, optimizer), (twin, again)):
        stepping.zero_grad()
        nn.functional.cross_entropy(net(x), Tensor(swapped(PLACES))).backward()
        stepping.step()
    for ours, theirs in zip(model.state_dict().values(), twin.state_dict().values(), strict=True):
        assert theirs.data.dtype.isnative
        np.testing.assert_array_equal(ours.data, theirs.data)


def test_a_default_dtype() -> None:
    mytorch.set_default_dtype(">f4")
    try:
        assert mytorch.get_default_dtype().isnative
        assert mytorch.zeros(2).data.dtype.isnative
    finally:
        mytorch.set_default_dtype(np.float64)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i2", "i8"])
def test_the_dtype_is_the_one_of_all_arrays(kind: str) -> None:
    """Operations ask for it by `is`."""
    assert Tensor(np.ones(2, f">{kind}")).dtype is np.dtype(kind)
    assert mytorch.tensor([1, 2], dtype=f">{kind}").dtype is np.dtype(kind)
    image, grid = np.ones((1, 1, 2, 2), ">f4"), np.zeros((1, 1, 1, 2), "f4")
    out = nn.functional.grid_sample(Tensor(image), Tensor(grid), align_corners=False)
    np.testing.assert_array_equal(out.data, [[[[1.0]]]])
