"""Errors that modules raise tell where in the model they arose."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(4, 3), nn.Linear(2, 2)))
        self.heads = nn.ModuleList([nn.Linear(3, 1)])
        self.branches = nn.ModuleDict({"left": nn.Linear(5, 1)})
        self.route = "body"
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x: Tensor) -> Tensor:
        if self.route == "own":
            return x @ x
        if self.route == "free":
            return nn.Sequential(nn.Linear(7, 7))(x)
        if self.route == "label":
            return self.criterion(x, [9, 9])
        if self.route == "heads":
            return self.heads[0](x)
        if self.route == "left":
            return self.branches["left"](x)
        return self.body(x)


@pytest.mark.parametrize(
    ("route", "place"),
    [
        ("body", "Net.body[1][1]: Linear(2, 2)"),
        ("heads", "Net.heads[0]: Linear(3, 1)"),
        ("left", "Net.branches.left: Linear(5, 1)"),
        ("own", "Net"),
        ("free", "Net > Sequential[0]: Linear(7, 7)"),
        ("label", "Net.criterion: CrossEntropyLoss()"),
    ],
)
def test_place(route: str, place: str) -> None:
    net = Net()
    net.route = route
    with pytest.raises((RuntimeError, IndexError)) as raised:
        net(Tensor.ones(2, 4))
    message, where = str(raised.value).rsplit("\n", 1)
    assert where == f"  in {place}"
    assert message == raised.value.args[0]


def test_a_layer_by_itself_and_none() -> None:
    with pytest.raises(mytorch.ShapeError, match=r"\n  in Linear\(2, \d+\)$"):
        nn.Linear(2, 1)(Tensor.ones(3, 3))
    with pytest.raises(mytorch.ShapeError) as raised:
        Tensor.ones(2) @ Tensor.ones(3)
    assert str(raised.value) == raised.value.args[0]


def test_a_layer_at_two_places_names_both() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(mytorch.ShapeError, match=r"in Sequential\[0\] or \[2\]: Linear\(2, 2\)"):
        nn.Sequential(layer, nn.ReLU(), layer)(Tensor.ones(1, 3))


def test_other_errors_pass_as_they_are() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        nn.Sequential(Broken())(1)


def test_a_compiled_model_tells_it_too() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 1))
    run = mytorch.compile(model)
    with mytorch.no_grad():
        for _ in range(4):
            run(Tensor.ones(3, 2))
        with pytest.raises(mytorch.ShapeError, match=r"in Sequential\[1\]: Linear\(2, 1\)"):
            run(Tensor.ones(3, 3))
        np.testing.assert_array_equal(run(Tensor.ones(1, 2)).data, model(Tensor.ones(1, 2)).data)
