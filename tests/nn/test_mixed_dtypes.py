"""An input of a wider floating dtype than a layer's parameters: one warning that says where."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(3, 3),
    "linear without bias": lambda: nn.Linear(3, 3, bias=False),
    "batch_norm": lambda: nn.BatchNorm1d(3),
    "batch_norm in eval": lambda: nn.BatchNorm1d(3).eval(),
    "layer_norm": lambda: nn.LayerNorm(3),
    "rms_norm": lambda: nn.RMSNorm(3),
    "group_norm": lambda: nn.GroupNorm(1, 3),
}


def data(dtype: Any = np.float64) -> Tensor:
    return Tensor(np.random.default_rng(0).normal(size=(4, 3)).astype(dtype))


def warned(action: Callable[[], Any]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return caught


@pytest.mark.parametrize(("wide", "narrow"), [(np.float64, np.float32), (np.float32, np.float16)])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_with_parameters_warns(name: str, wide: Any, narrow: Any) -> None:
    layer = LAYERS[name]().to(narrow)
    (found,) = warned(lambda: layer(data(wide)))
    text = str(found.message)
    assert found.category is UserWarning
    assert found.filename == __file__
    wide, narrow = np.dtype(wide).name, np.dtype(narrow).name
    kind = name.split(" ")[0]
    assert text.startswith(f"{kind}: the input has dtype {wide}, the parameters {narrow}, in ")
    assert f"in {type(layer).__name__}(" in text
    assert f"x.to('{narrow}')" in text
    assert f"model.to('{wide}')" in text


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_not_wider_is_silent(name: str) -> None:
    for dtype, of_input in (
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float64, np.float32),
        (np.float32, np.float16),
    ):
        assert not warned(lambda: LAYERS[name]().to(dtype)(data(of_input)))  # noqa: B023
    if "norm" not in name:
        assert not warned(lambda: LAYERS[name]().to(np.float32)(data(int)))


def model() -> nn.Module:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Sequential(nn.Tanh(), nn.Linear(3, 4), nn.BatchNorm1d(4))
            self.second = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            x = self.first(x)
            return self.second(x)

    return Net().to(np.float32)


def test_once_for_a_model_and_a_line() -> None:
    net = model()

    def train() -> None:
        for _ in range(3):
            net(data()).sum().backward()  # here

    (found,) = warned(train)
    assert "in Net.first[1]: Linear(3, 4)" in str(found.message)
    assert found.lineno == train.__code__.co_firstlineno + 2
    assert not warned(train)
    assert len(warned(lambda: net(data()))) == 1
    for each in (net, model(), model()):
        assert len(warned(lambda: each(data()))) == 1  # noqa: B023


def test_functions_warn_once_for_a_line() -> None:
    weight = Tensor(np.ones((2, 3), np.float32))

    def call() -> None:
        for _ in range(3):
            F.linear(data(), weight)

    (found,) = warned(call)
    assert "in " not in str(found.message).split(":")[1]
    assert found.lineno == call.__code__.co_firstlineno + 2


def test_it_can_be_filtered_and_be_made_an_error() -> None:
    net = model()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for _ in range(2):
            with pytest.raises(UserWarning, match="float64"):
                net(data())
        warnings.filterwarnings("ignore", "linear: the input has dtype")
        net(data())


def test_replays_of_a_compiled_step_are_silent() -> None:
    net = model()
    optimizer = mytorch.optim.SGD(net.parameters(), lr=0.1)

    @mytorch.compile
    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = net(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    (found,) = warned(lambda: [step(data()) for _ in range(5)])
    assert "Net.first[1]" in str(found.message)
