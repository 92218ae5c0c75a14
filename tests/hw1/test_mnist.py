"""hw1.mnist: the three functions to the write-up's letter."""

import inspect
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import hw1.mnist as program
import mytorch
from hw1.mnist import BATCH_SIZE, mnist, train, validate
from mytorch.nn.activations import ReLU
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.linear import Linear
from mytorch.nn.loss import CrossEntropyLoss
from mytorch.nn.module import Module
from mytorch.nn.sequential import Sequential
from mytorch.optim.sgd import SGD
from mytorch.tensor import Tensor
from tests.hw1.program import ROOT, Dataset


class Spy(Module):
    """A model that notes, for each call, the inputs it got, its mode and whether it records."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = Linear(1, 10)
        self.calls: list[tuple[list[int], bool, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        assert not x.requires_grad
        out = self.layer(x)
        self.calls.append(([int(v) for v in x.data[:, 0]], self.is_train, out.requires_grad))
        return out


def spy_on(count: int, **options: Any) -> tuple[Spy, list[float]]:
    """Train a spy on the inputs 0, 1, ... count - 1 and validate it on 1000 ... 1129."""
    model = Spy()
    x = np.arange(float(count))[:, None]
    val_x = 1000 + np.arange(130.0)[:, None]
    accuracies = train(
        model,
        SGD(model.parameters(), lr=0.0),
        CrossEntropyLoss(),
        x,
        np.arange(count) % 10,
        val_x,
        np.arange(130) % 10,
        **options,
    )
    return model, accuracies


def test_the_signatures_are_the_contracts() -> None:
    def positional(function: Any) -> list[str]:
        parameters = inspect.signature(function).parameters.values()
        return [str(p).split(":")[0] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]

    arrays = ["train_x", "train_y", "val_x", "val_y"]
    assert BATCH_SIZE == 100
    assert positional(mnist) == arrays
    assert positional(train) == ["model", "optimizer", "criterion", *arrays, "num_epochs"]
    assert positional(validate) == ["model", "val_x", "val_y"]
    assert inspect.signature(train).parameters["num_epochs"].default == 3


def test_mnist_builds_the_writeups_network(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def note(*args: Any, **options: Any) -> list[float]:
        seen.extend(args)
        return []

    monkeypatch.setattr(program, "train", note)
    mnist(*dataset)
    model, optimizer, criterion, *arrays, num_epochs = seen
    assert [type(layer) for layer in model] == [Linear, BatchNorm1d, ReLU, Linear]
    assert [p.data.size for p in model.parameters()] == [20 * 784, 20, 20, 20, 10 * 20, 10]
    assert {p.data.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert (type(optimizer), optimizer.lr, optimizer.momentum) == (SGD, 0.1, 0.9)
    assert type(criterion) is CrossEntropyLoss
    assert num_epochs == 3
    assert [a.dtype.name for a in arrays] == ["float32", "int64", "float32", "int64"]


def test_mnist_slows_down_for_the_last_third(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []

    class Noting(SGD):
        def step(self) -> None:
            rates.append(self.lr)
            super().step()

    monkeypatch.setattr(program, "SGD", Noting)
    mnist(*dataset, num_epochs=3, lr=0.2)
    assert rates == [0.2] * 14 + [0.02] * 7
    rates.clear()
    mnist(*dataset, num_epochs=1, batch_size=310)
    assert rates == [0.1, 0.01]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_it_learns_from_any_float_type_and_modifies_nothing(
    dataset: Dataset, dtype: npt.DTypeLike
) -> None:
    train_x, train_y, val_x, val_y = dataset
    given = (train_x.astype(dtype), train_y.astype(np.uint8), val_x.astype(dtype), val_y)
    before = [array.copy() for array in given]
    for array in given:
        array.setflags(write=False)
    mytorch.manual_seed(0)
    accuracies = mnist(*given, num_epochs=5, batch_size=5)
    assert len(accuracies) == 5 * 2
    assert accuracies[-1] > 0.9 > accuracies[0]
    for array, copy in zip(given, before, strict=True):
        assert array.dtype == copy.dtype
        assert np.array_equal(array, copy)


def test_the_same_seed_gives_the_same_curve_to_the_bit(dataset: Dataset) -> None:
    def curve(seed: int) -> list[float]:
        mytorch.manual_seed(seed)
        losses: list[float] = []
        accuracies = mnist(*dataset, on_batch=lambda _, loss, __: losses.append(loss))
        return accuracies + losses

    first = curve(3)
    np.random.seed(3)
    mytorch.manual_seed(3)
    assert curve(3) == first
    assert curve(4) != first


def test_numpys_seed_seeds_it_too(dataset: Dataset) -> None:
    curves = []
    for _ in range(2):
        np.random.seed(7)
        losses: list[float] = []
        mnist(*dataset, num_epochs=1, on_batch=lambda _, loss, __, to=losses: to.append(loss))
        curves.append(losses)
    assert curves[0] == curves[1]


def test_each_epoch_takes_every_image_once_in_a_new_order() -> None:
    model, _ = spy_on(620, num_epochs=2)
    trained = [inputs for inputs, _, _ in model.calls if inputs[0] < 1000]
    assert [len(inputs) for inputs in trained] == [100, 100, 100, 100, 100, 100, 20] * 2
    first, second = list(chain(*trained[:7])), list(chain(*trained[7:]))
    assert sorted(first) == sorted(second) == list(range(620))
    assert first != second != sorted(second)


def test_images_and_labels_stay_together(dataset: Dataset) -> None:
    class Check(CrossEntropyLoss):
        def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
            assert not target.requires_grad
            assert np.array_equal(target.data, np.array(model.calls[-1][0]) % 10)
            return super().forward(predicted, target)

    model = Spy()
    x, y = np.arange(130.0)[:, None], np.arange(130) % 10
    train(model, SGD(model.parameters(), lr=0.0), Check(), x, y, x, y)


def test_it_validates_on_everything_after_batches_1_101_201_of_each_epoch() -> None:
    events: list[tuple[int, bool]] = []
    model, accuracies = spy_on(
        202, num_epochs=2, batch_size=1, on_batch=lambda n, _, a: events.append((n, a is not None))
    )
    assert [n for n, _ in events] == list(range(1, 405))
    assert [n for n, validated in events if validated] == [1, 101, 201, 203, 303, 403]
    assert len(accuracies) == 6
    validated = list(chain(*(inputs for inputs, _, _ in model.calls if inputs[0] >= 1000)))
    assert sorted(validated) == sorted(list(range(1000, 1130)) * 6)


def test_batches_train_and_validation_evaluates_without_a_graph() -> None:
    model, _ = spy_on(310, num_epochs=2)
    for inputs, is_train, recorded in model.calls:
        training = inputs[0] < 1000
        assert is_train is training
        assert recorded is training
    assert model.is_train


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [
        (8, 3, [3, 3, 2]),
        (9, 3, [3, 3, 3]),
        (7, 3, [3, 4]),  # a single image left over joins the batch before it
        (4, 3, [4]),
        (2, 3, [2]),
        (1, 3, [1]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_the_last_batch(count: int, batch_size: int, sizes: list[int]) -> None:
    model, _ = spy_on(count, num_epochs=1, batch_size=batch_size)
    assert [len(inputs) for inputs, _, _ in model.calls if inputs[0] < 1000] == sizes


def test_no_epochs_give_no_accuracies() -> None:
    assert spy_on(5, num_epochs=0)[1] == []


@pytest.mark.parametrize("training", [True, False])
def test_validate_leaves_the_mode_as_it_was(training: bool) -> None:
    model = Spy()
    model.train() if training else model.eval()
    accuracy = validate(model, np.ones((250, 1)), np.zeros(250, int))
    assert accuracy in (0.0, 1.0)
    assert type(accuracy) is float
    assert model.is_train is training
    with pytest.raises(Exception, match="3"):
        validate(model, np.ones((250, 3)), np.zeros(250, int))  # the layer takes one column
    assert model.is_train is training


def test_validate_counts() -> None:
    scores = np.eye(10)[[3, 1, 4, 1, 5, 9, 2, 6]]
    assert validate(Sequential(), scores, np.array([3, 1, 4, 1, 0, 0, 0, 0])) == 0.5


def damaged(dataset: Dataset, **changes: Any) -> Dataset:
    named = dict(zip(("train_x", "train_y", "val_x", "val_y"), dataset, strict=True))
    for name, change in changes.items():
        named[name] = change(named[name])
    return named["train_x"], named["train_y"], named["val_x"], named["val_y"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train_x", lambda x: x[:, :-1], r"train_x: expected .*\(N, 784\).*\(620, 783\)"),
        ("val_x", lambda x: x.reshape(-1, 28, 28), r"val_x: .*\(130, 28, 28\); .*reshape"),
        ("train_x", lambda x: (x * 255).astype(np.uint8), r"found uint8 .*255"),
        ("train_x", lambda x: x[:0], "train_x: expected at least one image"),
        ("train_x", lambda x: np.where(x > 0.99, np.nan, x), "train_x: expected finite"),
        ("val_x", lambda x: np.where(x > 0.99, np.inf, x), "val_x: expected finite"),
        ("train_x", lambda x: np.where(x > 0.99, -np.inf, x), "train_x: expected finite"),
        ("train_y", lambda y: y[:-1], r"train_y: expected .*\(620,\).*\(619,\)"),
        ("train_y", lambda y: y[:, None], r"train_y: .*\(620, 1\)"),
        ("val_y", lambda y: y.astype(float), r"val_y: expected integers.* float64"),
        ("train_y", lambda y: y + 1, "train_y: expected labels from 0 to 9, found 1 to 10"),
        ("val_y", lambda y: y - 1, "val_y: expected labels from 0 to 9, found -1 to 8"),
    ],
)
def test_mnist_refuses_bad_input(dataset: Dataset, name: str, change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mnist(*damaged(dataset, **{name: change}))


def test_train_and_validate_refuse_bad_input() -> None:
    model, x, y = Spy(), np.ones((6, 1)), np.zeros(6, int)
    with pytest.raises(ValueError, match="val_y: expected integers"):
        validate(model, x, y[:5])
    with pytest.raises(ValueError, match="val_x: expected at least one"):
        validate(model, x[:0], y[:0])
    with pytest.raises(ValueError, match="batch_size: expected at least 1, found 0"):
        spy_on(5, batch_size=0)
    with pytest.raises(ValueError, match="train_x: expected at least one"):
        spy_on(0)


def test_importing_it_needs_numpy_alone() -> None:
    code = "import sys, hw1.mnist; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    assert "numpy" in modules
    assert not modules & {"matplotlib", "tqdm", "data", "torch", "scipy"}


def test_it_may_be_imported_as_a_file(tmp_path: Path) -> None:
    """As graders do that put hw1/ among the folders of modules."""
    code = f"import sys; sys.path.append({str(ROOT / 'hw1')!r}); from mnist import mnist, train"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
