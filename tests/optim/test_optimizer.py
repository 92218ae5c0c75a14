"""What all optimizers share: options and groups, state, closures, gradients set to zero; judged
by PyTorch."""

import copy

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, optim

OPTIONS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.3, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 1.5}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.5, "centered": True, "eps": 0.1}),
    ("RMSprop", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    ("Adadelta", {"lr": 0.1, "weight_decay": 0.1}),
    ("Adamax", {"lr": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.1, "betas": (0.9, 0.9)}),
    ("Rprop", {"lr": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 2, "lambd": 0.1, "weight_decay": 0.1}),
]
SHAPES = [(2, 3), (3,), ()]
every_option = pytest.mark.parametrize(("name", "options"), OPTIONS, ids=str)
every = pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.1, "amsgrad": True})],
    ids=["SGD", "Adam"],
)


def parameter(*values: float) -> Tensor:
    return Tensor(list(values), is_parameter=True)


class Pair:
    """The same optimizer here and in PyTorch, over the same parameters in two groups."""

    def __init__(self, name: str, options: dict, seed: int = 0, **second) -> None:
        generator = np.random.default_rng(seed)
        arrays = [generator.normal(size=shape) for shape in SHAPES]
        self.ours = [Tensor(array, is_parameter=True) for array in arrays]
        self.theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
        self.our, self.their = (
            getattr(room, name)(
                [{"params": params[:2]}, {"params": params[2], **second}], **options
            )
            for room, params in ((optim, self.ours), (torch.optim, self.theirs))
        )

    def step(self, number: int) -> None:
        generator = np.random.default_rng(100 + number)
        for i, (mine, other) in enumerate(zip(self.ours, self.theirs, strict=True)):
            gradient = np.asarray(generator.normal(size=mine.shape))
            absent = (number + i) % 4 == 0
            mine.grad = None if absent else Tensor(gradient)
            other.grad = None if absent else torch.tensor(gradient)
        self.our.step()
        self.their.step()

    def check(self) -> None:
        for mine, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(mine.data, other.detach().numpy(), rtol=0, atol=1e-12)


@every_option
@pytest.mark.parametrize("skip", [False, True], ids=["every step", "steps missing"])
def test_parameters_together_are_as_each_alone(name: str, options: dict, skip: bool) -> None:
    """Two dtypes, a large parameter among small ones, no axes, no elements."""
    generator = np.random.default_rng(0)
    shapes = (2, 3), (), (0, 2), (300, 300), (3,), ()
    kinds = zip(shapes, ("f4", "f8", "f4", "f4", "f8", "f4"), strict=True)
    arrays = [np.asarray(generator.normal(size=shape), dtype) for shape, dtype in kinds]
    params, alone = ([Tensor(a, is_parameter=True) for a in arrays] for _ in range(2))
    together = getattr(optim, name)(params, **options)
    others = [getattr(optim, name)([param], **options) for param in alone]
    for step in range(4):
        for i, (param, other) in enumerate(zip(params, alone, strict=True)):
            gradient = np.asarray(generator.normal(size=param.shape), param.dtype)
            absent = skip and (step + i) % 3 == 0
            param.grad = other.grad = None if absent else Tensor(gradient)
        together.step()
        given = [None if p.grad is None else p.grad.data.copy() for p in alone]
        for optimizer in others:
            optimizer.step()
        for param, other, gradient in zip(params, alone, given, strict=True):
            assert param.data.tobytes() == other.data.tobytes()
            if gradient is not None:
                np.testing.assert_array_equal(param.grad.data, gradient)
                np.testing.assert_array_equal(other.grad.data, gradient)
    states = [optimizer.state_dict()["state"].get(0) for optimizer in others]
    for i, expected in enumerate(states):
        found = together.state_dict()["state"].get(i)
        assert (found and found.keys()) == (expected and expected.keys())
        for entry in found or ():
            assert found[entry].dtype == expected[entry].dtype
            np.testing.assert_array_equal(found[entry].data, expected[entry].data)


@every_option
def test_the_layout_of_a_large_parameter_does_not_matter(name: str, options: dict) -> None:
    generator = np.random.default_rng(0)
    start = generator.normal(size=(300, 400))
    params = [Tensor(start, is_parameter=True) for _ in range(2)]
    params[1].data = np.asfortranarray(start)
    optimizers = [getattr(optim, name)([param], **options) for param in params]
    for _ in range(3):
        gradient = generator.normal(size=start.shape)
        for param, layout in zip(params, ("F", "C"), strict=True):
            param.grad = Tensor(np.array(gradient, order=layout))
        for optimizer in optimizers:
            optimizer.step()
        np.testing.assert_array_equal(params[0].data, params[1].data)
    assert params[1].data.flags.f_contiguous
    assert not np.array_equal(params[1].data, start)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_an_infinite_gradient_is_forgotten_where_pytorch_forgets_it(name: str) -> None:
    """And no warning leaks: pytest turns them into errors."""
    ours, theirs = parameter(1.0, 1.0), torch.tensor([1.0, 1.0], requires_grad=True)
    for room, p, tensor in ((optim, ours, Tensor), (torch.optim, theirs, torch.tensor)):
        optimizer = getattr(room, name)([p], lr=0.5)
        for gradient in ([np.inf, 1.0], [2.0, 1.0]):
            p.data = tensor([1.0, 1.0])
            p.grad = tensor(gradient)
            optimizer.step()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-6)


def test_a_first_step_without_change_counts_for_dampening() -> None:
    ours, theirs = parameter(1.0), torch.tensor([1.0], requires_grad=True)
    for room, p, tensor in ((optim, ours, Tensor), (torch.optim, theirs, torch.tensor)):
        optimizer = room.SGD([p], lr=1.0, momentum=0.5, dampening=0.25)
        for gradient in (0.0, 2.0):
            state = copy.deepcopy(optimizer.state_dict())
            optimizer = room.SGD([p], lr=1.0)
            optimizer.load_state_dict(state)
            p.grad = tensor([gradient])
            optimizer.step()
    assert ours.item() == theirs.item() == -0.5


@every
def test_a_group_has_its_own_options(name: str, options: dict) -> None:
    pair = Pair(name, options, lr=0.01, weight_decay=0.2)
    for number in range(8):
        if number == 4:
            for optimizer in (pair.our, pair.their):
                optimizer.param_groups[1]["weight_decay"] = 0.5
        pair.step(number)
        pair.check()


@every
def test_a_group_added_later(name: str, options: dict) -> None:
    pair = Pair(name, options)
    pair.step(1)
    pair.ours.append(parameter(1.0, 2.0))
    pair.theirs.append(torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True))
    pair.our.add_param_group({"params": [pair.ours[-1]], "lr": 0.02})
    pair.their.add_param_group({"params": [pair.theirs[-1]], "lr": 0.02})
    for number in range(2, 6):
        pair.step(number)
        pair.check()
    assert pair.our.params == pair.ours


@every_option
def test_training_resumed_goes_on_to_the_bit(name: str, options: dict) -> None:
    first, second = Pair(name, options, lr=0.3), Pair(name, options)
    for number in range(5):
        first.step(number)
    state = copy.deepcopy(first.our.state_dict())
    for mine, other in zip(second.ours, first.ours, strict=True):
        mine.data[...] = other.data
    second.our.load_state_dict(state)
    assert second.our.param_groups[1]["lr"] == 0.3
    for number in range(5, 10):
        first.step(number)
        second.step(number)
        for mine, other in zip(second.ours, first.ours, strict=True):
            np.testing.assert_array_equal(mine.data, other.data)


@every
def test_form_of_the_state(name: str, options: dict) -> None:
    pair = Pair(name, options)
    assert pair.our.state_dict()["state"] == pair.their.state_dict()["state"] == {}
    pair.step(1)
    ours, theirs = pair.our.state_dict(), pair.their.state_dict()
    assert ours["state"].keys() == theirs["state"].keys()
    assert [group["params"] for group in ours["param_groups"]] == [[0, 1], [2]]
    for mine, other in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert {key: other[key] for key in mine} == mine
    if name == "Adam":
        for number, entries in theirs["state"].items():
            assert ours["state"][number].keys() == entries.keys()
            for entry, value in entries.items():
                np.testing.assert_allclose(ours["state"][number][entry].data, value, rtol=1e-12)
    else:
        for number, entries in theirs["state"].items():
            found = ours["state"][number]["momentum_buffer"]
            np.testing.assert_allclose(found.data, entries["momentum_buffer"], rtol=1e-12)
    # Tensors of the state are the optimizer's own: changing them changes the next step.
    entry = "change" if name == "SGD" else "exp_avg"
    pair.our.state[pair.ours[0]][entry].fill_(7.0)
    assert (pair.our.state_dict()["state"][0][entry].data == 7).all()


@every
def test_a_state_that_does_not_fit_is_refused_and_nothing_loaded(name: str, options: dict) -> None:
    pair = Pair(name, options)
    pair.step(1)
    state = copy.deepcopy(pair.our.state_dict())
    for entries in state["state"].values():
        for value in entries.values():
            value.fill_(77.0)
    before = copy.deepcopy(pair.our.state_dict())

    def refused(change, says: str, error=ValueError) -> None:
        broken = copy.deepcopy(state)
        broken["param_groups"][0]["lr"] = 7.0
        change(broken)
        with pytest.raises(error, match=says):
            pair.our.load_state_dict(broken)
        after = pair.our.state_dict()
        assert after["param_groups"] == before["param_groups"]
        for number, entries in before["state"].items():
            for entry, value in entries.items():
                np.testing.assert_array_equal(after["state"][number][entry].data, value.data)

    refused(lambda broken: broken["param_groups"].pop(), r"groups of \[2, 1\].*got \[2\]")
    refused(lambda broken: broken["param_groups"][1]["params"].append(3), r"got \[2, 2\]")
    refused(lambda broken: broken["param_groups"][1].update(lr=-1.0), "lr >= 0, got -1.0")
    refused(lambda broken: broken.pop("param_groups"), r"got one with \['state'\]", KeyError)
    entry = "change" if name == "SGD" else "exp_avg"
    refused(lambda broken: broken["state"][0].update({entry: Tensor([1.0])}), rf"'{entry}'.*\(1,\)")


def test_the_state_of_sgd_outlives_a_learning_rate_of_0() -> None:
    w = parameter(1.0)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.5)
    w.grad = Tensor([1.0])
    optimizer.step()
    optimizer.lr = 0.0
    (entries,) = optimizer.state_dict()["state"].values()
    assert entries["momentum_buffer"].tolist() == [1.0]
    twin = optim.SGD([parameter(1.0)], lr=1.0, momentum=0.5)
    twin.load_state_dict(optimizer.state_dict())
    (entries,) = twin.state_dict()["state"].values()
    assert entries["momentum_buffer"].tolist() == [1.0]


def test_named_parameters() -> None:
    def names(room, module):
        optimizer = room.SGD(module.named_parameters(), lr=0.1)
        return optimizer.param_groups[0]["param_names"], len(optimizer.param_groups[0]["params"])

    assert names(optim, mytorch.nn.Linear(2, 1)) == names(torch.optim, torch.nn.Linear(2, 1))


def test_a_loaded_state_is_a_copy() -> None:
    first, second = Pair("Adam", {}), Pair("Adam", {})
    first.step(1)
    second.our.load_state_dict(first.our.state_dict())
    before = first.our.state[first.ours[0]]["exp_avg"].data.copy()
    second.step(2)
    np.testing.assert_array_equal(first.our.state[first.ours[0]]["exp_avg"].data, before)


def test_an_optimizer_of_ones_own_keeps_its_state() -> None:
    class Counting(optim.Optimizer):
        def step(self, closure=None):
            for group in self.param_groups:
                for param in group["params"]:
                    self.state[param]["count"] = self.state[param].get("count", 0) + group["by"]

    w = parameter(1.0)
    optimizer = Counting([w], {"by": 2})
    optimizer.step()
    twin = Counting([parameter(1.0)], {"by": 3})
    twin.load_state_dict(optimizer.state_dict())
    twin.step()
    assert [entries["count"] for entries in twin.state.values()] == [4]
    assert optimizer.state[w]["count"] == 2
    assert optimizer.defaults == {"by": 2}


@every
def test_closure(name: str, options: dict) -> None:
    w = parameter(3.0)
    optimizer = getattr(optim, name)([w], **options)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with mytorch.no_grad():
        assert optimizer.step(closure).item() == 9
        assert not mytorch.is_grad_enabled()
    assert w.item() < 3
    assert optimizer.step() is None


def test_zero_grad() -> None:
    w = parameter(1.0, 2.0)
    b = parameter(1.0)
    optimizer = optim.SGD([w, b])
    w.grad = Tensor([1.0, 1.0])
    held = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is held
    assert w.grad.tolist() == [0, 0]
    assert b.grad is None
    optimizer.zero_grad()
    assert w.grad is None


def test_zeroing_a_gradient_that_a_graph_needs_leaves_its_numbers() -> None:
    w = parameter(2.0)
    (w**3).sum().backward(create_graph=True)
    gradient = w.grad
    optim.SGD([w]).zero_grad(set_to_none=False)
    assert (w.grad.item(), gradient.item()) == (0, 12)
    (second,) = mytorch.grad((gradient * gradient).sum(), [w])
    assert second.item() == 2 * 12 * 12


def test_options_as_attributes() -> None:
    p, q = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": [p]}, {"params": [q]}], lr=0.5)
    optimizer.lr = 0.25
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
    optimizer.param_groups[0]["lr"] = 0.5
    with pytest.raises(AttributeError, match=r"\[0.5, 0.25\].*param_groups"):
        _ = optimizer.lr
    with pytest.raises(AttributeError, match="param_groups"):
        optimizer.lr = 0.1
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_a_learning_rate_in_a_tensor() -> None:
    p = parameter(1.0)
    optimizer = optim.SGD([p], lr=Tensor(np.array(0.5)))
    p.grad = Tensor([1.0])
    optimizer.step()
    assert p.item() == 0.5
    assert optimizer.param_groups[0]["lr"] is optimizer.lr
    optimizer.lr = rate = Tensor([1.0])
    optimizer.step()
    assert p.item() == -0.5
    rate.fill_(0.25)
    optimizer.step()
    assert p.item() == -0.75


SHARED = parameter(1.0)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: optim.SGD([{"params": [SHARED]}, {"params": [SHARED]}]), ValueError, "twice"),
        (lambda: optim.SGD([{"lr": 0.1}]), KeyError, "params"),
        (lambda: optim.SGD([{"params": {SHARED}}]), TypeError, "set"),
        (lambda: optim.SGD({"params": [SHARED]}), TypeError, "dict; pass a list of such groups"),
        (lambda: optim.SGD([{"params": [SHARED], "lr": -1}]), ValueError, "lr >= 0"),
        (lambda: optim.SGD([SHARED]).add_param_group([SHARED]), TypeError, "dict"),
        (lambda: optim.SGD([SHARED], nesterov=True), ValueError, "nesterov"),
        (
            lambda: optim.SGD([SHARED], momentum=0.9, dampening=0.1, nesterov=True),
            ValueError,
            "nesterov",
        ),
        (lambda: optim.SGD([SHARED], weight_decay=-1), ValueError, "weight_decay >= 0"),
    ],
)
def test_refusals(make, error, says: str) -> None:
    with pytest.raises(error, match=says):
        make()


def test_a_state_of_other_groups_is_refused_where_all_shapes_fit() -> None:
    a, b, c = (parameter(1.0) for _ in range(3))
    one, other = (
        optim.SGD([{"params": first}, {"params": second}], lr=0.1)
        for first, second in (([a, b], [c]), ([a], [b, c]))
    )
    with pytest.raises(ValueError, match=r"expected groups of \[1, 2\] parameters, got \[2, 1\]"):
        other.load_state_dict(one.state_dict())
