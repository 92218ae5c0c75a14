"""No answer of a compiled function is ever stale: every change of what it depends on is seen."""

from abc import ABC, abstractmethod
from collections import defaultdict

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.amp import GradScaler
from mytorch.compiler import kinds
from tests.compiler.trainings import Training, batch, gave_up, replayed


def changed_lr(training: Training) -> None:
    training.optimizer.lr = 0.01


def changed_momentum(training: Training) -> None:
    training.optimizer.momentum = 0.0


def changed_eps(training: Training) -> None:
    training.model[1].eps = 0.1


def evaluation(training: Training) -> None:
    training.model.eval()


def frozen(training: Training) -> None:
    training.model[0].weight.requires_grad = False
    training.model[0].weight.grad = None


def new_data(training: Training) -> None:
    for parameter in training.model.parameters():
        parameter.data = parameter.data * np.float32(0.5)


def loaded_in_place(training: Training) -> None:
    state = training.model.state_dict()
    training.model.load_state_dict({name: value.data * 0 for name, value in state.items()})


def other_layer(training: Training) -> None:
    mytorch.manual_seed(5)
    training.model.add_module("2", nn.Tanh())


def other_weight(training: Training) -> None:
    values = np.full(training.model[0].weight.shape, 0.1, np.float32)
    training.model[0].weight = Tensor(values, is_parameter=True)


def other_order(training: Training) -> None:
    layers = training.model._submodules
    layers["2"] = layers.pop("2")


def other_type(training: Training) -> None:
    training.model.to(np.float64)


def cleared(training: Training) -> None:
    training.model.zero_grad()


def new_gradients(training: Training) -> None:
    for parameter in training.model.parameters():
        parameter.grad = Tensor(np.ones_like(parameter.data))


@pytest.mark.parametrize(
    "change",
    [
        changed_lr,
        changed_momentum,
        changed_eps,
        evaluation,
        frozen,
        new_data,
        loaded_in_place,
        other_layer,
        other_weight,
        other_order,
        other_type,
        cleared,
        new_gradients,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_between_calls_is_seen(change) -> None:
    eager, compiled = Training(), Training()
    step = mytorch.compile(compiled.step)
    for number in range(30):
        if number == 10:
            change(eager)
            change(compiled)
        x, y = batch(number)
        assert step(x, y).data.tobytes() == eager.step(x, y).data.tobytes(), number
        assert compiled.state() == eager.state()
    assert not gave_up(step)


def groups(training: Training) -> list[dict]:
    return training.optimizer.param_groups


def replaced(training: Training) -> None:
    old = training.model[0].weight
    training.model[0].weight = new = Tensor(old.data * 2, is_parameter=True)
    groups(training)[0]["params"][0] = new


def popped(training: Training) -> None:
    groups(training)[0]["params"].pop()


def popped_and_back(training: Training) -> None:
    params = groups(training)[0]["params"]
    params.insert(0, params.pop())


def own_group(training: Training) -> None:
    params = groups(training)[0]["params"]
    training.optimizer.add_param_group({"params": [params.pop(0)], "lr": 0.01})


def moved(training: Training) -> None:
    if len(groups(training)) == 1:
        own_group(training)
    else:
        groups(training)[0]["params"].append(groups(training)[1]["params"].pop())


def shallow_copies(training: Training) -> None:
    training.optimizer.param_groups = [dict(group) for group in groups(training)]
    groups(training)[0]["lr"] = 0.02


def reset(training: Training) -> None:
    training.optimizer.load_state_dict({**training.optimizer.state_dict(), "state": {}})


def state_cleared(training: Training) -> None:
    training.optimizer.state.clear()


def state_edited(training: Training) -> None:
    for entries in training.optimizer.state.values():
        for name in entries.keys() - {"step", "change"}:
            entries[name] = entries[name] * 0.5


def state_scaled(training: Training) -> None:
    for entries in training.optimizer.state.values():
        for name in entries.keys() - {"step", "change"}:
            entries[name].mul_(0.5)


def seen_and_replaced(training: Training) -> None:
    for _ in range(2):  # the one that is replaced keeps its state, the last one loses it
        replaced(training)
        training.optimizer.state.pop(groups(training)[0]["params"][-1], None)


def seen_and_set(training: Training) -> None:
    params, state = groups(training)[0]["params"], training.optimizer.state
    state[params[0]] = state.pop(params[0])  # the order is another


def rate_in_a_tensor(training: Training) -> None:
    groups(training)[0]["lr"] = Tensor(np.array(0.01, np.float32))


def rate_0(training: Training) -> None:
    training.optimizer.lr = 0.0


def with_the_weight_decay(training: Training) -> None:
    training.optimizer.weight_decay = 0.1


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(
    "change",
    [
        replaced,
        popped,
        popped_and_back,
        moved,
        shallow_copies,
        reset,
        state_cleared,
        state_edited,
        state_scaled,
        seen_and_replaced,
        seen_and_set,
        rate_in_a_tensor,
        rate_0,
        with_the_weight_decay,
        new_data,
        other_type,
    ],
    ids=lambda change: change.__name__,
)
def test_an_edit_of_the_optimizer_is_seen(change, optimizer: str, recordings) -> None:
    make = {
        "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
        "Adam": lambda params: optim.Adam(params, lr=0.01),
    }[optimizer]
    eager, compiled = Training(make=make), Training(make=make)
    step = mytorch.compile(compiled.step)
    for number in range(24):
        if number in (6, 14):
            change(eager)
            change(compiled)
        if number == 20:
            groups(eager)[0]["lr"] = groups(compiled)[0]["lr"] = 0.05
        x, y = batch(number)
        assert step(x, y).data.tobytes() == eager.step(x, y).data.tobytes(), number
        assert compiled.state() == eager.state(), number
    assert not gave_up(step)
    assert len(recordings) < 18  # the others were replayed


def test_a_method_of_an_optimizer_that_the_library_calls_may_be_replaced(monkeypatch) -> None:
    """As by a GradScaler."""
    w = Tensor([1.0], requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.5), GradScaler(enabled=False)

    @mytorch.compile
    def step(x):
        w.grad = None
        scaler.scale((w * x).sum()).backward()
        scaler.step(optimizer)

    for _ in range(5):
        step(Tensor([1.0]))
    assert step.counts.replayed
    monkeypatch.setattr(optim.SGD, "step", lambda self: None)
    before = w.item()
    step(Tensor([1.0]))
    assert w.item() == before


def test_gradients_accumulate_without_zero_grad(recordings) -> None:
    def step(training, x, y):
        loss = nn.CrossEntropyLoss()(training.model(Tensor(x)), y)
        loss.backward()
        return loss

    eager, compiled = Training(), Training()
    fast = mytorch.compile(lambda x, y: step(compiled, x, y))
    for number in range(10):
        x, y = batch(number)
        assert fast(x, y).item() == step(eager, x, y).item()
        assert compiled.state() == eager.state()
    assert len(recordings) == 3


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
def test_a_schedule_of_the_learning_rate_is_followed() -> None:
    eager, compiled = Training(), Training()
    step = mytorch.compile(compiled.step)
    for number in range(60):
        eager.optimizer.lr = compiled.optimizer.lr = 0.1 / (number + 1)
        x, y = batch(number)
        assert step(x, y).item() == eager.step(x, y).item()
    assert compiled.state() == eager.state()


def test_numbers_as_arguments_globals_closures_and_attributes_are_watched(recordings) -> None:
    class Settings:
        scale = 1.0

    settings = Settings()
    table = {"shift": 0.0}
    power = [2.0]

    @mytorch.compile
    def compute(x, factor):
        return x * factor * settings.scale + table["shift"] - power[0]

    x = Tensor([1.0, 2.0])
    for value in (1.0, 2.0, -0.0, 0.0):
        for change in (
            lambda value: None,
            lambda value: setattr(settings, "scale", value),
            lambda value: table.update(shift=value),
            lambda value: power.__setitem__(0, value),
            lambda value: setattr(Settings, "scale", value + 1),
        ):
            change(value)
            for _ in range(4):
                expected = compute.__compiled__(x, value)
                assert compute(x, value).data.tobytes() == expected.data.tobytes()
        if hasattr(settings, "scale") and "scale" in vars(settings):
            del settings.scale


def test_an_integer_and_an_equal_float_are_different_arguments() -> None:
    compute = mytorch.compile(lambda x, factor: x * factor)
    x = Tensor([1, 2])
    for _ in range(4):
        assert compute(x, 2).dtype == np.int64
        assert compute(x, 2.0).dtype == np.float64


def test_numbers_in_tuples_are_watched(recordings) -> None:
    fixed = (2.0, 5.0)
    compute = mytorch.compile(lambda x, pair: x * pair[0] + pair[1][0] * fixed[0])
    for number in (1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 1.0):
        assert compute(Tensor([2.0]), (number, (1.0, 2.0))).item() == 2 * number + 2
    assert len(recordings) == 3
    fixed = (3.0, 5.0)
    assert compute(Tensor([2.0]), (1.0, (4.0, 2.0))).item() == 14


def test_layout_is_a_part_of_the_signature() -> None:
    compute = mytorch.compile(lambda x: x.reshape(-1) * 2)
    square = np.arange(9.0).reshape(3, 3)
    for _ in range(4):
        for array in (square, square.T, square[::-1], np.asfortranarray(square)):
            np.testing.assert_array_equal(compute(Tensor(array)).data, array.reshape(-1) * 2)


def test_the_recording_switch_and_default_dtype_are_parts_of_the_signature() -> None:
    made = []
    compute = mytorch.compile(lambda x: (x * Tensor([2.0])).sum())
    x = Tensor([1.0])
    for _ in range(4):
        made.append(compute(x).dtype)
        mytorch.set_default_dtype(np.float32)
        try:
            made.append(compute(Tensor(np.ones(1, np.float32))).dtype)
        finally:
            mytorch.set_default_dtype(np.float64)
    assert made == [np.float64, np.float32] * 4


def test_one_array_as_two_arguments_and_as_two() -> None:
    def both(x, y):
        x += y
        return x * 1, y * 1

    compute = mytorch.compile(both)
    for _ in range(5):
        x, y = np.ones(3), np.full(3, 2.0)
        assert [found[0] for found in compute(x, y)] == [3, 2]
        z = np.ones(3)
        assert [found[0] for found in compute(z, z)] == [2, 2]


def test_one_leaf_as_two_arguments_gets_both_gradients() -> None:
    @mytorch.compile
    def compute(x, y):
        loss = (x * 2 + y * y * 3).sum()
        loss.backward()
        return loss

    for _ in range(5):
        x, y = (Tensor([1.0], requires_grad=True) for _ in range(2))
        compute(x, y)
        assert (x.grad.item(), y.grad.item()) == (2, 6)
        x = Tensor([1.0], requires_grad=True)
        compute(x, x)
        assert x.grad.item() == 8


def test_an_argument_may_also_be_known_to_the_function() -> None:
    known = Tensor([1.0])
    compute = mytorch.compile(lambda x: x + known * 10)
    for value in (2.0, 3.0, 4.0, 5.0):
        assert compute(known).item() == 11
        assert compute(Tensor([value])).item() == value + 10


def test_state_that_is_replaced_in_each_run() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = Tensor([0.0])
            self.register_buffer("total", Tensor([0.0]))

        def forward(self, x):
            self.hidden = (self.hidden * 0.5 + x).detach()
            self.total.data = self.total.data + self.hidden.data
            return self.hidden + self.total

    eager, module = Recurrent(), Recurrent()
    compiled = mytorch.compile(module)
    kept = []
    for number in range(10):
        x = Tensor([float(number)])
        assert compiled(x).item() == eager(x).item()
        kept.append((module.hidden, module.hidden.item()))
    assert all(tensor.item() == value for tensor, value in kept)


def test_a_loop_in_the_step_and_structured_results() -> None:
    @mytorch.compile
    def compute(x, *, times):
        parts = []
        for number in range(times):
            x = x * 2 + number
            parts.append(x.sum())
        return {"last": x, "parts": parts, "pair": (x.data, None, 3)}

    for times in (1, 3, 3, 3, 3, 1):
        found = compute(Tensor([1.0]), times=times)
        expected = compute.__compiled__(Tensor([1.0]), times=times)
        assert [p.item() for p in found["parts"]] == [p.item() for p in expected["parts"]]
        assert found["last"].item() == expected["last"].item()
        assert found["pair"][0].tobytes() == expected["pair"][0].tobytes()
        assert found["pair"][1:] == (None, 3)


def test_in_place_changes_are_marked_for_graphs_that_saved_the_tensor() -> None:
    training = Training()
    step = mytorch.compile(training.step)
    for number in range(5):
        step(*batch(number))
    out = training.model[0](Tensor(batch(0)[0]).requires_grad_()).sum()
    step(*batch(9))
    with pytest.raises(RuntimeError, match="changed in place"):
        out.backward()


def test_entries_that_are_added_removed_or_move_are_seen(recordings, monkeypatch) -> None:
    monkeypatch.setattr(kinds, "FIRST", 99)

    class Settings:
        pass

    settings = Settings()
    settings.scale = 2.0
    one, two, numbers = {"a": 1.0, "b": 2.0}, {"c": 3.0}, [1.0, 2.0]
    made = defaultdict(lambda: 1.0, a=4.0, b=5.0)

    def run(x):
        y = x * len(vars(settings)) + len(one) * 10 + len(two) * 100 + len(numbers) * 1000
        return y + Tensor([*one.values(), *two.values()]).sum() * list(one).index("b") + len(made)

    changes = (
        lambda: setattr(settings, "shift", 1.0),
        lambda: delattr(settings, "shift"),
        lambda: one.update(d=1.0),
        lambda: one.pop("d"),
        lambda: one.update(a=one.pop("a")),  # now the last
        lambda: two.update(a=one.pop("a")),
        lambda: numbers.append(0.0),
        lambda: (numbers.pop(), two.update(e=1.0)),
        lambda: made.pop("b"),
    )
    compiled = mytorch.compile(run)
    x = Tensor([1.0])
    for change in changes:
        replayed(recordings, lambda: compiled(x))
        change()
        expected, before = run(x).item(), dict(made)
        assert compiled(x).item() == expected
        assert made == before


def test_leaves_with_an_old_gradient_as_arguments(recordings) -> None:
    @mytorch.compile
    def compute(x, y):
        x.grad = y.grad = None
        loss = (x * 2 + y * y * 3).sum()
        loss.backward()
        return loss

    x, y = (Tensor([1.0], requires_grad=True) for _ in range(2))
    assert replayed(recordings, lambda: compute(x, y)).item() == 5
    assert (x.grad.item(), y.grad.item()) == (2, 6)
    compute(x, x)
    assert x.grad.item() == 8


@pytest.mark.parametrize("name", ["sum", "__dict__"])
def test_an_attribute_that_hides_a_method_of_a_tensor_is_seen(name: str) -> None:
    w = Tensor([1.0, 2.0])
    compiled = mytorch.compile(lambda x: x * w.sum())
    assert [compiled(Tensor(1.0)).item() for _ in range(4)] == [3] * 4
    assert compiled.counts.replayed
    setattr(w, name, {"sum": lambda: 5.0} if name == "__dict__" else lambda: 5.0)
    assert [compiled(Tensor(1.0)).item() for _ in range(4)] == [5] * 4


@pytest.mark.parametrize("replace", ["_advance", "zero_grad", "step"])
def test_any_method_of_an_optimizers_class_may_be_replaced(replace, monkeypatch) -> None:
    training, calls = Training(), []
    step = mytorch.compile(training.step)
    for number in range(5):
        step(*batch(number))
    assert step.counts.replayed
    method = getattr(optim.SGD, replace)

    def counted(*args, **kwargs):
        calls.append(replace)
        return method(*args, **kwargs)

    monkeypatch.setattr(optim.SGD, replace, counted)
    for number in range(3):
        step(*batch(number))
    assert calls == [replace] * 3


def test_an_optimizer_may_be_of_an_abstract_class() -> None:
    class Abstract(optim.Optimizer, ABC):
        @abstractmethod
        def step(self, closure=None): ...

    with pytest.raises(TypeError, match="abstract"):
        Abstract([Tensor([1.0], is_parameter=True)])


class Plain:
    pass


class WithProperty:
    """Its property finds the attribute of the same name, doubled."""

    @property
    def scale(self) -> float:
        return 2 * vars(self)["scale"]


class WithLookup:
    """Every name finds the same."""

    def __getattribute__(self, name: str) -> object:
        return object.__getattribute__(self, name) if name.startswith("__") else 0.0


@pytest.mark.parametrize("kind", [Plain, WithProperty, WithLookup])
@pytest.mark.parametrize("key", ["scale", "class", "two words", 5], ids=str)
def test_whatever_names_attributes_have_their_changes_are_seen(kind, key, recordings) -> None:
    settings = kind()
    vars(settings).update({"scale": 1.0, "class": 1.0, "two words": 1.0, 5: 1.0})

    def scaled(x):
        for value in vars(settings).values():
            x = x * value
        return x

    compiled = mytorch.compile(scaled)
    x = Tensor([1.0, 2.0])
    for factor in (1.0, 3.0, 7.0):
        vars(settings)[key] = factor
        for _ in range(4):
            assert compiled(x).data.tolist() == [factor, 2 * factor]
    assert len(recordings) == 3
