"""compile: replays equal eager runs to the bit, and no answer is ever stale."""

import functools
import itertools
import linecache
import operator
import re
import threading
import warnings
from collections import defaultdict
from itertools import pairwise
from weakref import WeakValueDictionary

import numpy as np
import pytest

import mytorch
from mytorch import CompileError, Tensor, nn, no_grad, optim
from mytorch.compiler import compiled as room

SEED = ([784, 20, 10], True, 100)
TINY = ([4, 32, 32, 2], False, 32)


def network(sizes: list[int], batch_norm: bool, dtype=np.float32) -> nn.Sequential:
    layers: list[nn.Module] = []
    for position, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(inputs, outputs))
        if position < len(sizes) - 2:
            layers += [nn.BatchNorm1d(outputs)] if batch_norm else []
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).to(dtype)


class Drawer:
    def __init__(self, inner: dict[int, Tensor]) -> None:
        self.inner = inner


class Training:
    """A model with its optimizer and one training step, from the same seed each time."""

    def __init__(self, sizes=(4, 32, 2), batch_norm=True, make=None, dtype=np.float32) -> None:
        mytorch.manual_seed(0)
        self.model = network(sizes, batch_norm, dtype)
        make = make or functools.partial(optim.SGD, lr=0.1, momentum=0.9)
        self.optimizer = make(self.model.parameters())

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(self.model(Tensor(x)), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self) -> list[bytes]:
        arrays = [value.data for value in self.model.state_dict().values()]
        arrays += [p.grad.data for p in self.model.parameters() if p.grad is not None]
        return [array.tobytes() for array in arrays]


def batch(step: int, sizes=TINY[0], rows: int = 32, dtype=np.float32):
    generator = np.random.default_rng(step)
    x = generator.normal(size=(rows, sizes[0])).astype(dtype)
    return x, generator.integers(0, sizes[-1], rows)


def replayed(recordings: list[int], call) -> object:
    """Calls until two calls in a row were not recorded; fails if that never happens."""
    for _ in range(8):
        before = len(recordings)
        call()
        if len(recordings) == before:
            before = len(recordings)
            result = call()
            assert len(recordings) == before
            return result
    raise AssertionError("it is recorded again and again")


OPTIMIZERS = {
    "SGD": functools.partial(optim.SGD, lr=0.1),
    "momentum": functools.partial(optim.SGD, lr=0.1, momentum=0.9),
    "damped": functools.partial(optim.SGD, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "Adam": functools.partial(optim.Adam, lr=0.01),
    "amsgrad": functools.partial(optim.Adam, lr=0.01, amsgrad=True, maximize=True),
    "AdamW": functools.partial(optim.AdamW, lr=0.01, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("sizes", "batch_norm", "rows"), [SEED, TINY], ids=["seed", "tiny"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_80_steps_equal_eager_to_the_bit(name, sizes, batch_norm, rows, dtype, recordings) -> None:
    eager = Training(sizes, batch_norm, OPTIMIZERS[name], dtype)
    compiled = Training(sizes, batch_norm, OPTIMIZERS[name], dtype)
    step = mytorch.compile(compiled.step)
    for number in range(80):
        x, y = batch(number, sizes, rows, dtype)
        expected, found = eager.step(x, y), step(x, y)
        assert found.data.dtype == expected.data.dtype
        assert found.data.tobytes() == expected.data.tobytes(), number
        assert compiled.state() == eager.state(), number
    assert len(recordings) == 3  # without gradients, with them, and once more to agree


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_large_parameter(name, recordings) -> None:
    sizes = (4, 400, 200, 2)
    eager, compiled = (Training(sizes, make=OPTIMIZERS[name]) for _ in range(2))
    step = mytorch.compile(compiled.step)
    for number in range(6):
        assert step(*batch(number)).item() == eager.step(*batch(number)).item()
        assert compiled.state() == eager.state()
    assert len(recordings) == 3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_that_never_have_a_gradient(name, recordings) -> None:
    eager, compiled = Training(make=OPTIMIZERS[name]), Training(make=OPTIMIZERS[name])
    for training in (eager, compiled):
        training.model[0].requires_grad_(False)
    step = mytorch.compile(compiled.step)
    for number in range(8):
        assert step(*batch(number)).item() == eager.step(*batch(number)).item()
        assert compiled.state() == eager.state()
    assert len(recordings) == 3


def test_groups_and_layers_with_options(recordings) -> None:
    def make(wrap):
        mytorch.manual_seed(0)
        norms = nn.BatchNorm1d(4, momentum=None), nn.BatchNorm1d(4, affine=False)
        model = nn.Sequential(nn.Linear(3, 4), *norms, nn.Linear(4, 1, bias=False))
        groups = [{"params": model[0].parameters(), "lr": 0.2}, {"params": model[3].parameters()}]
        optimizer = optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)

        def step(x):
            optimizer.zero_grad(set_to_none=False)
            loss = model(x).sum()
            loss.backward()
            optimizer.step()
            return loss

        return model, wrap(step)

    (eager, slow), (compiled, fast) = make(lambda step: step), make(mytorch.compile)
    for number in range(8):
        x = Tensor(np.random.default_rng(number).normal(size=(5, 3)))
        assert slow(x).item() == fast(x).item()
    for name, value in eager.state_dict().items():
        assert compiled.state_dict()[name].data.tobytes() == value.data.tobytes()
    assert len(recordings) == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_gradients_that_depend_on_nothing_are_added_up(order, recordings) -> None:
    def step(x):
        terms = x.sum(), (x + 1).sum(), (x * x).sum()
        x.grad = None
        sum(terms[place] for place in order).backward()
        return x.grad

    compiled = mytorch.compile(step)
    for number in range(4):
        x = Tensor(np.random.default_rng(number).normal(size=(2, 3)), requires_grad=True)
        assert compiled(x).data.tobytes() == step(x).data.tobytes()
    assert len(recordings) == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_momentum_that_changes(dtype, recordings) -> None:
    eager, layer = (nn.BatchNorm1d(3, momentum=None).to(dtype) for _ in range(2))
    compiled = mytorch.compile(layer)
    for number in range(8):
        x = Tensor(np.random.default_rng(number).normal(size=(5, 3)).astype(dtype))
        with mytorch.no_grad():
            assert compiled(x).data.tobytes() == eager(x).data.tobytes()
        for name, value in eager.state_dict().items():
            assert layer.state_dict()[name].data.tobytes() == value.data.tobytes()
    assert len(recordings) == 2


def test_a_smaller_last_batch_and_validation_each_have_a_program(recordings) -> None:
    eager, compiled = Training(), Training()
    step, predict = mytorch.compile(compiled.step), mytorch.compile(compiled.model)
    x_val, _ = batch(1000)
    for epoch in range(8):
        for number in range(5):
            x, y = batch(number, rows=32 if number < 4 else 7)
            assert step(x, y).item() == eager.step(x, y).item()
        before = len(recordings)
        eager.model.eval()
        compiled.model.eval()
        with no_grad():
            found, expected = predict(Tensor(x_val)), eager.model(Tensor(x_val))
        assert found.data.tobytes() == expected.data.tobytes()
        eager.model.train()
        compiled.model.train()
        assert compiled.state() == eager.state()
        if epoch > 4:
            assert len(recordings) == before


def test_a_result_is_not_overwritten_by_the_next_call() -> None:
    training = Training()
    step = mytorch.compile(training.step)
    kept, values = [], []
    for number in range(10):
        loss = step(*batch(number))
        gradient = training.model[0].weight.grad.data
        kept += [loss.data, gradient]
        values += [loss.data.copy(), gradient.copy()]
    for array, value in zip(kept, values, strict=True):
        np.testing.assert_array_equal(array, value)
    assert len({id(array) for array in kept}) == len(kept)


def test_a_result_has_no_graph() -> None:
    training = Training()
    step = mytorch.compile(training.step)
    for number in range(6):
        loss = step(*batch(number))
        assert type(loss) is Tensor
        assert loss.grad_fn is None
        assert not loss.requires_grad


def test_data_that_the_recording_touched_is_exactly_an_ndarray() -> None:
    training = Training()
    step = mytorch.compile(training.step)
    for number in range(5):
        step(*batch(number))
        for tensor in (*training.model.parameters(), *training.model.buffers()):
            assert type(tensor.data) is np.ndarray
            assert tensor.grad is None or type(tensor.grad.data) is np.ndarray
        assert all(type(array) is np.ndarray for array in training.optimizer.momentums)


# -------------------------------------------------------------------- never stale


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
    assert not step._eager


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
    assert len(recordings) == 5
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


# ----------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "read",
    [
        lambda t: t.item(),
        lambda t: float(t),
        lambda t: int(t),
        lambda t: bool(t > 0),
        lambda t: repr(t),
        lambda t: f"{t}",
        lambda t: t.tolist(),
        lambda t: np.asarray(t.data),
        lambda t: np.array(t.detach()),
        lambda t: float(t.data),
        lambda t: np.zeros(1).__setitem__(0, t.data),
        lambda t: [1, 2][Tensor(np.array(0)) + (t > 9).to(int)],
        lambda t: Tensor([1.0, 2.0])[Tensor([True, False]).data == (t.data > 0)],
        lambda t: np.ascontiguousarray(t.data),
    ],
)
def test_reading_a_value_is_refused_and_state_is_as_before(read) -> None:
    training = Training()
    reads = False

    @mytorch.compile
    def step(x, y):
        loss = training.step(x, y)
        if reads:
            read(loss.detach())
        return loss

    for number in range(5):
        step(*batch(number))
    before = training.state()
    reads = True
    for _ in range(2):
        with pytest.raises(CompileError, match="outside"):
            step(*batch(5))
        assert training.state() == before
        assert all(type(p.data) is np.ndarray for p in training.model.parameters())
    reads = False
    step(*batch(5))
    eager = Training()
    for number in range(6):
        eager.step(*batch(number))
    assert training.state() == eager.state()


def test_a_refusal_is_not_lost_where_the_function_catches_it() -> None:
    @mytorch.compile
    def compute(x):
        try:
            return x * x.sum().item()
        except RuntimeError:
            return x

    with pytest.raises(CompileError):
        compute(Tensor([2.0]))


def test_an_array_that_decides_is_asked_again() -> None:
    @mytorch.compile
    def compute(x):
        return x * 2 if (x.data > 0).all() else -x

    for value in (1.0, 1.0, 1.0, -1.0, 2.0, -3.0, -3.0, -3.0, 1.0):
        assert compute(Tensor([value])).item() == (2 * value if value > 0 else -value)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("swapped", [False, True])
def test_numbers_from_arrays_that_are_compared_are_asked_again(name: str, swapped: bool) -> None:
    compare = getattr(operator, name)

    def eager(x):
        number = x.data[x.data.argmax()]
        truth = compare(2, number) if swapped else compare(number, 2)
        return x * 2 if truth else -x

    compute = mytorch.compile(eager)
    for value in (1, 1, 1, 2, 3, 2, 1, np.nan, 3, 3, 1, 2):
        x = Tensor([0.5, value])
        np.testing.assert_array_equal(compute(x).data, eager(x).data)


def test_a_label_out_of_range_raises_in_replays_too() -> None:
    eager, compiled = Training(), Training()
    step = mytorch.compile(compiled.step)
    for number in range(8):
        x, y = batch(number)
        if number == 6:
            for wrong in (-1, 2):
                bad = y.copy()
                bad[3] = wrong
                for training, run in ((eager, eager.step), (compiled, step)):
                    with pytest.raises(IndexError, match=f"label {wrong}"):
                        run(x, bad)
                    training.model.zero_grad()
        assert step(x, y).item() == eager.step(x, y).item()
        assert compiled.state() == eager.state()


@pytest.mark.parametrize("rows", [5, 500], ids=["few", "many"])
def test_places_are_those_of_each_run(rows: int, recordings: list[int]) -> None:
    def step(table, places):
        table.grad = None
        out = nn.functional.embedding(places, table)
        (out.gather(1, places[:, None] % 4) * out).sum().backward()
        return table.grad

    compiled = mytorch.compile(step)
    rng = np.random.default_rng(0)
    table = Tensor(rng.standard_normal((7, 4)).astype(np.float32), requires_grad=True)

    def both() -> None:
        places = Tensor(rng.integers(0, 7, rows))
        found = compiled(table, places).data.tobytes()
        assert found == step(table, places).data.tobytes()

    replayed(recordings, both)


def test_an_exception_leaves_what_eager_leaves() -> None:
    training = Training()

    @mytorch.compile
    def step(x, y):
        training.step(x, y)
        raise KeyError("mine")

    eager = Training()
    with pytest.raises(KeyError, match="mine"):
        step(*batch(0))
    eager.step(*batch(0))
    assert training.state() == eager.state()
    assert all(type(p.data) is np.ndarray for p in training.model.parameters())
    assert room._recording_thread is None


# ---------------------------------------------------------------------- fallbacks


def falls_back(function, *args, match: str):
    """The compiled function after it gave up, with one warning."""
    compiled = mytorch.compile(function)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for _ in range(5):
            compiled(*args)
    assert len(found) == 1
    assert re.search(match, str(found[0].message))
    assert found[0].filename == __file__
    assert linecache.getline(__file__, found[0].lineno).strip() == "compiled(*args)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(*args)
    return compiled


def test_random_draws_fall_back() -> None:
    np.random.seed(0)
    compiled = falls_back(lambda x: x + Tensor.randn(2), Tensor([0.0, 0.0]), match="random")
    assert compiled(Tensor([0.0, 0.0])).data[0] != compiled(Tensor([0.0, 0.0])).data[0]


def test_another_generator_falls_back() -> None:
    generator = np.random.default_rng(0)
    compute = mytorch.compile(lambda x: x + Tensor(generator.normal(size=2)))
    x = Tensor([0.0, 0.0])
    with pytest.warns(UserWarning, match="different in each"):
        found = [compute(x).data[0] for _ in range(40)]
    assert len(set(found)) == 40


def test_a_number_that_each_run_changes_falls_back() -> None:
    class Counter:
        runs = 0

    counter = Counter()

    def compute(x):
        counter.runs += 1
        return x * counter.runs

    compiled = falls_back(compute, Tensor([1.0]), match="runs")
    assert compiled(Tensor([1.0])).item() == counter.runs == 7


def test_a_list_that_grows_falls_back() -> None:
    seen: list[Tensor] = []

    def compute(x):
        y = x * 2
        seen.append(y)
        return y

    falls_back(compute, Tensor([1.0]), match="adds")
    assert [y.item() for y in seen] == [2.0] * 6
    assert all(type(y.data) is np.ndarray for y in seen)


def test_a_result_with_its_graph_falls_back() -> None:
    model = nn.Linear(2, 1)
    compiled = falls_back(model, Tensor([[1.0, 2.0]]), match="no_grad")
    compiled(Tensor([[1.0, 2.0]])).sum().backward()
    assert model.weight.grad is not None


def test_an_array_kept_out_of_sight_falls_back() -> None:
    drawer: dict[int, Tensor] = {}
    alive = Drawer(drawer)
    places = WeakValueDictionary({0: alive})

    def compute(x):
        y = x * 2
        places[0].inner[0] = y
        return y

    compiled = falls_back(compute, Tensor([0.0]), match="keeps an array")
    for number in range(5):
        compiled(Tensor([float(number)]))
        assert drawer[0].item() == 2 * number
    del alive


def test_a_plain_array_that_is_written_to_falls_back() -> None:
    def compute(x):
        total = np.zeros(2)
        total += x.data
        total *= 2
        return Tensor(total)

    compiled = falls_back(compute, Tensor([1.0, 2.0]), match="plain array")
    assert compiled(Tensor([2.0, 3.0])).data.tolist() == [4, 6]


def test_what_cannot_be_recorded_falls_back() -> None:
    def compute(x):
        return Tensor(np.linalg.inv(x.data))

    compiled = falls_back(compute, Tensor([[2.0]]), match=r"np\.inv cannot be recorded")
    assert compiled(Tensor([[4.0]])).item() == 0.25


# ------------------------------------------------------------------------- the rest


def test_a_compiled_function_inside_another() -> None:
    inner = mytorch.compile(lambda x: x * 2)
    outer = mytorch.compile(lambda x: inner(x) + 1)
    for value in range(6):
        assert outer(Tensor([float(value)])).item() == 2 * value + 1
        assert inner(Tensor([float(value)])).item() == 2 * value


def test_no_grad_inside() -> None:
    training = Training()

    @mytorch.compile
    def step(x, y):
        loss = training.step(x, y)
        with no_grad():
            after = nn.CrossEntropyLoss()(training.model(Tensor(x)), y)
        return loss, after

    eager = Training()
    for number in range(10):
        x, y = batch(number)
        loss, after = step(x, y)
        assert loss.item() == eager.step(x, y).item()
        with no_grad():
            assert after.item() == nn.CrossEntropyLoss()(eager.model(Tensor(x)), y).item()
        assert mytorch.is_grad_enabled()


def test_threads_share_one_compiled_function() -> None:
    weight = Tensor(np.arange(64.0).reshape(8, 8))
    compute = mytorch.compile(lambda x: ((x @ weight).tanh() @ weight).sum())
    faults: list[int] = []

    def work(number: int) -> None:
        x = Tensor(np.full((4, 8), number / 100))
        expected = ((x @ weight).tanh() @ weight).sum().item()
        for _ in range(200):
            if compute(x).item() != expected:
                faults.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_a_module_keeps_its_attributes_and_a_function_its_name() -> None:
    model = nn.Linear(2, 1)
    compiled = mytorch.compile(model)
    assert list(compiled.parameters()) == list(model.parameters())
    assert compiled.weight is model.weight

    @mytorch.compile
    def named():
        """Its text."""

    assert (named.__name__, named.__doc__) == ("named", "Its text.")


def test_only_what_can_be_called_is_compiled() -> None:
    with pytest.raises(TypeError, match="function or Module"):
        mytorch.compile(3)


def test_a_learning_rate_in_an_array_needs_no_new_recording(recordings) -> None:
    eager, compiled = Training(), Training()
    for training in (eager, compiled):
        training.optimizer.lr = np.array(0.1, np.float32)
    step = mytorch.compile(compiled.step)
    for number in range(20):
        for training in (eager, compiled):
            training.optimizer.lr[...] = 0.1 / (number + 1)
        x, y = batch(number)
        assert step(x, y).item() == eager.step(x, y).item()
        assert compiled.state() == eager.state()
    assert len(recordings) == 3


def test_a_gradient_that_is_changed_in_place_or_returned() -> None:
    weight = Tensor([1.0, 2.0], is_parameter=True)

    @mytorch.compile
    def halve():
        assert weight.grad is not None
        weight.grad.data *= 0.5
        return weight.grad

    weight.grad = Tensor([8.0, 8.0])
    for number in range(3):
        assert halve().data.tolist() == [4 / 2**number] * 2
    weight.grad = Tensor([32.0, 32.0])
    for number in range(5):
        found = halve()
        assert found is weight.grad
        assert found.data.tolist() == [16 / 2**number] * 2


def test_layers_that_change_places_in_each_run_fall_back() -> None:
    class Swapping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            mytorch.manual_seed(0)
            self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

        def forward(self, x):
            self.layers = self.layers[::-1]
            return self.layers[0](x)

    eager, module = Swapping(), Swapping()
    x = Tensor([[1.0, 2.0]])
    with no_grad():
        falls_back(module, x, match="layers")
        for _ in range(6):
            eager(x)
        for _ in range(4):
            assert module(x).data.tobytes() == eager(x).data.tobytes()


def test_a_module_that_falls_back_with_a_graph_is_compiled_without(recordings) -> None:
    model = nn.Linear(2, 1)
    compiled = mytorch.compile(model)
    x = Tensor([[1.0, 2.0]])
    with pytest.warns(UserWarning, match="graph"):
        compiled(x).sum().backward()
    with no_grad():
        assert replayed(recordings, lambda: compiled(x)).item() == model(x).item()


def test_an_operation_of_the_users_own() -> None:
    class Cube(mytorch.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return Tensor(a.data**3)

        @staticmethod
        def backward(ctx, grad_output):
            (a,) = ctx.saved_tensors
            return grad_output * 3 * a * a

    @mytorch.compile
    def step(x):
        loss = Cube.apply(x).sum()
        loss.backward()
        return loss

    for number in range(5):
        x = Tensor([1.0, number], requires_grad=True)
        assert step(x).item() == 1 + number**3
        assert x.grad.data.tolist() == [3, 3 * number**2]


ELEMENTWISE = [
    lambda x: x.exp() + x.log() - x.sqrt() / (x + 1),
    lambda x: x.tanh() * x.sigmoid() + x.relu() - abs(-x),
    lambda x: x**2 + x**0.5 + 2**x + x**-1 + x**3.0,
    lambda x: x.sum(0) * x.mean(1).sum() + x.var() + x.max() - x.min(),
    lambda x: x.amax(0) + x.max(0).values + x.argmax(0) * 2,
    lambda x: x.softmax(1) * x.log_softmax(0),
    lambda x: x.T @ x + (x.reshape(-1) @ x.reshape(9)),
    lambda x: x[0] * x[:, 1] + x[[0, 2, 2]].sum(0) + x[1, 2] + x[..., None].sum(2),
    lambda x: mytorch.cat([x, x * 2], 1).sum(1) + x.permute(1, 0).expand(2, 3, 3).sum((0, 2)),
    lambda x: mytorch.where(x > 1, x, -x) + (x > 0.5).to(np.float64) + (x == x).sum(),
    lambda x: x.to(np.float32) + x.clone() + x.copy() + Tensor.ones(3, 3),
    lambda x: x.transpose(0, 1)[1:, ::2].reshape(-1).sum() * x,
]


@pytest.mark.parametrize("function", ELEMENTWISE)
@pytest.mark.parametrize("backward", [False, True])
def test_operations_equal_eager_to_the_bit(function, backward, recordings) -> None:
    def run(x):
        with mytorch.set_grad_enabled(backward):
            y = function(x)
            if backward:
                (y * y).sum().backward()
            return y.detach()

    compiled = mytorch.compile(run)
    for number in range(8):
        values = np.random.default_rng(number).uniform(0.1, 2.0, (3, 3))
        mine, theirs = (Tensor(values.copy(), requires_grad=True) for _ in range(2))
        assert compiled(mine).data.tobytes() == run(theirs).data.tobytes()
        if backward:
            assert mine.grad.data.tobytes() == theirs.grad.data.tobytes()
    assert len(recordings) == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(30,), (20, 1), (1,), ()])
def test_operands_that_are_repeated_equal_eager_to_the_bit(shape, dtype, recordings) -> None:
    def run(x, y):
        kept = [f(x, y) * 1 for f in (np.add, np.subtract, np.divide, np.maximum)]
        x += y
        y *= 2
        return *kept, y - x, x, y, np.minimum(y, x) + np.maximum(x, 0)

    compiled = mytorch.compile(run)
    special = [0.0, -0.0, 1.0, -3.0, *[np.inf, -np.inf, np.nan] * (dtype is not np.int64)]
    with np.errstate(all="ignore"):
        for number in range(6):
            generator = np.random.default_rng(number)
            x, y = (generator.choice(special, s).astype(dtype) for s in ((20, 30), shape))
            theirs = run(x.copy(), y.copy())
            assert [a.tobytes() for a in compiled(x, y)] == [a.tobytes() for a in theirs]
    assert len(recordings) == 2


def test_operands_are_repeated_once_unless_they_change() -> None:
    def run(x, row):
        fixed, changing = row * 2, row + 1
        found = [x * fixed, x - fixed, x * changing]
        changing *= 3
        return *found, x - changing

    compiled = mytorch.compile(run)
    for number in range(5):
        generator = np.random.default_rng(number)
        x, row = generator.normal(size=(20, 30)), generator.normal(size=30)
        theirs = run(x, row)
        assert [a.tobytes() for a in compiled(x, row)] == [a.tobytes() for a in theirs]
    ((program,),) = compiled._programs.values()
    assert program.source.count("[...] = ") == 3


def test_negative_zero_is_another_number() -> None:
    compute = mytorch.compile(lambda x, factor: x * factor)
    for factor in (0.0, 0.0, 0.0, -0.0, -0.0, -0.0, 0.0):
        assert np.signbit(compute(Tensor([1.0]), factor).data) == np.signbit(factor)


def test_the_memory_order_may_decide() -> None:
    compute = mytorch.compile(lambda x: x * 2 if x.flags.c_contiguous else x * 3)
    square = np.ones((2, 2))
    for _ in range(4):
        assert compute(square)[0, 0] == 2
        assert compute(square.T)[0, 0] == 3


def test_what_was_changed_in_place_cannot_decide() -> None:
    total = Tensor([0.0])

    @mytorch.compile
    def compute(x):
        total.data += x.data
        return x * 2 if (total.data > 3).all() else x

    with pytest.raises(CompileError, match="changed in place"):
        compute(Tensor([2.0]))
    assert total.item() == 0


# -------------------------------------------------------------------------- in place


def kept(x, y):
    x.data[0] = y.data[1]
    x.data[1:] *= 2
    x.data.reshape(-1)[...] += y.data


RECORDED_IN_PLACE = {
    "x[...] = y": lambda x, y: x.data.__setitem__(..., y.data),
    "x[0] = number": lambda x, y: x.data.__setitem__(0, 7.0),
    "copyto": lambda x, y: np.copyto(x.data, y.data),
    "copyto by keyword": lambda x, y: np.copyto(dst=x.data, src=y.data),
    "copyto where": lambda x, y: np.copyto(x.data, y.data, where=x.data < y.data),
    "add out": lambda x, y: np.add(x.data, y.data, out=x.data),
    "add positional out": lambda x, y: np.add(x.data, y.data, x.data),
    "add out where": lambda x, y: np.add(x.data, 1.0, out=x.data, where=y.data > x.data),
    "two outs": lambda x, y: np.divmod(y.data, 0.7, out=(x.data, y.data)),
    "add.at": lambda x, y: np.add.at(x.data, [0, 0], y.data),
    "cumsum out": lambda x, y: np.cumsum(y.data, out=x.data),
    "clip out": lambda x, y: x.data.clip(0.5, 1.5, out=x.data),
    "matrix product": lambda x, y: x.data.reshape(1, 2).__imatmul__(np.outer(y.data, y.data)),
    "fill": lambda x, y: x.data.fill(3.0),
    "sort": lambda x, y: x.data.sort(),
    "views": kept,
    "after a use": lambda x, y: setattr(y, "data", x.data * 2 + x.data.__iadd__(y.data)),
}
FALLING_BACK_IN_PLACE = {
    "clip positional out": lambda x, y: np.clip(x.data, 0.5, 1.5, x.data),
    "clip method positional out": lambda x, y: x.data.clip(0.5, 1.5, x.data),
    "sum positional out": lambda x, y: np.sum(y.data, 0, None, x.data[0:1].reshape(())),
    "put": lambda x, y: x.data.put([0], [9.0]),
    "np.put": lambda x, y: np.put(x.data, [0], y.data),
    "flat": lambda x, y: setattr(x.data, "flat", y.data),
    "shape": lambda x, y: setattr(x.data, "shape", (2,)),
    "plain add out": lambda x, y: x.data.__iadd__(np.add(y.data, 1, out=np.zeros(2))),
    "plain copyto": lambda x, y: np.copyto(np.zeros(2), y.data),
    "plain copyto by keyword": lambda x, y: np.copyto(dst=np.zeros(2), src=y.data),
}


def in_place(change):
    def run(x, y):
        change(x, y)
        return x * 2 + y

    return run


def pair(value: float) -> tuple[Tensor, Tensor]:
    return Tensor([value, -value]), Tensor([value + 1, 2 * value])


@pytest.mark.parametrize("known", [False, True], ids=["arguments", "closure"])
@pytest.mark.parametrize("name", RECORDED_IN_PLACE)
def test_changes_in_place_are_replayed(name, known, recordings) -> None:
    run = in_place(RECORDED_IN_PLACE[name])
    x, y = mine = pair(0.0)
    theirs = pair(0.0)
    compiled = mytorch.compile((lambda: run(x, y)) if known else run)
    for value in (1.0, 1.0, 2.0, 3.0, -4.0):
        for state in (mine, theirs):
            for tensor, fresh in zip(state, pair(value), strict=True):
                if known:
                    tensor.data[...] = fresh.data
                else:
                    tensor.data = fresh.data
        expected = run(*theirs)
        found = compiled() if known else compiled(*mine)
        assert found.data.tobytes() == expected.data.tobytes()
        assert [t.tolist() for t in mine] == [t.tolist() for t in theirs]
    assert len(recordings) == 2


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("name", FALLING_BACK_IN_PLACE)
def test_changes_in_place_that_cannot_be_recorded_fall_back(name) -> None:
    run = in_place(FALLING_BACK_IN_PLACE[name])
    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 1.0, 2.0, 3.0):
        mine, theirs = pair(value), pair(value)
        assert compiled(*mine).tolist() == run(*theirs).tolist()
        assert [t.tolist() for t in mine] == [t.tolist() for t in theirs]
    assert compiled._eager


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.parametrize(
    "write",
    [
        lambda total, x: np.sum(x, 0, None, total),
        lambda total, x: x.sum(0, None, total),
        lambda total, x: x.sum(0, out=total),
        lambda total, x: np.add.reduce(x, 0, out=total),
        lambda total, x: np.copyto(total, x[0]),
        lambda total, x: np.copyto(dst=total, src=x[0]),
    ],
)
def test_a_plain_array_that_numpy_writes_to_is_never_stale(write) -> None:
    @mytorch.compile
    def compute(x):
        total = np.zeros(())
        write(total, x.data)
        return Tensor(total)

    for value in (1.0, 1.0, 1.0, 2.0, 3.0):
        expected = np.zeros(())
        write(expected, np.array([value, 1.0]))
        assert compute(Tensor([value, 1.0])).item() == expected


def view_of_a_clone(x, y, w):
    z = x.clone()
    z[0:1].mul_(w[0:1])
    (z * y).sum().backward()
    return z.detach()


def result_in_a_graph(x, y, w):
    z = w * 2
    z.mul_(x)
    z[0] = y[0]
    (z * z).sum().backward()
    return z.detach()


def leaf_without_recording(x, y, w):
    with no_grad():
        w.sub_(x * 0.1)
    return w * y.detach()


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y, w: x.add_(y) * 2,
        lambda x, y, w: x.copy_(y) * 2,
        lambda x, y, w: (x.zero_(), x[1:].mul_(3).add_(1), x.__setitem__(0, y[1]), x * 2)[-1],
        view_of_a_clone,
        result_in_a_graph,
        leaf_without_recording,
    ],
)
def test_in_place_operations_of_tensors_are_replayed(change, recordings) -> None:
    def run(x, y, w):
        result = change(x, y, w)
        return result.detach()

    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 2.0, 3.0):
        sides = []
        for function in (run, compiled):
            x, y = pair(value)
            w = Tensor([value, 1.0], requires_grad=True)
            result = function(x, y, w).tolist()
            gradient = None if w.grad is None else w.grad.tolist()
            tensors = (x, y, w)
            written = [tensor._version > 0 for tensor in tensors]
            sides.append((result, gradient, [t.tolist() for t in tensors], written))
        assert sides[0] == sides[1]
    assert len(recordings) == 2


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
def test_an_argument_that_enters_a_graph_in_place_falls_back() -> None:
    @mytorch.compile
    def compute(x, w):
        x.mul_(w)
        x.sum().backward()
        return x.detach()

    for value in (1.0, 1.0, 1.0, 2.0):
        x, w = Tensor([value]), Tensor([3.0], requires_grad=True)
        assert compute(x, w).item() == 3 * value
        assert w.grad.item() == value
        assert x.grad_fn is not None


def test_a_tensor_written_into_an_array_is_refused() -> None:
    for write in (
        lambda x, y: x.data.__setitem__(..., y),
        lambda x, y: np.copyto(x.data, y),
        lambda x, y: np.zeros(2).__setitem__(..., x.data),
        lambda x, y: x.data.__setitem__(x.data > 0, 0.0),
    ):
        x, y = pair(1.0)
        with pytest.raises(CompileError, match="outside"):
            mytorch.compile(write)(x, y)
        assert x.tolist() == [1, -1]


def test_a_product_in_place_refuses_a_vector_as_eager_does() -> None:
    @mytorch.compile
    def compute(x, y):
        x.data @= y.data

    with pytest.raises(ValueError, match="matrix"):
        compute(Tensor(np.ones((2, 2))), Tensor(np.ones(2)))


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
def test_shared_memory_may_decide(recordings) -> None:
    own = mytorch.compile(lambda x: x * 2 if np.may_share_memory(x, x.reshape(-1)) else x * 3)
    square = np.arange(4.0).reshape(2, 2)
    for _ in range(4):
        assert own(square)[0, 1] == 2
        assert own(square.T)[0, 1] == 6
    assert not own._eager
    two = mytorch.compile(lambda x, y: x * 2 if np.shares_memory(x, y) else x * 3)
    for _ in range(4):
        assert two(square, square.copy())[0, 1] == 3
        assert two(square, square[:])[0, 1] == 2


def test_what_decides_may_be_a_view_of_what_was_changed_before() -> None:
    def run(x, y):
        x += 10
        return x * 2 if (y > 5).all() else x * 1

    compiled = mytorch.compile(run)
    for _ in range(4):
        assert compiled(np.zeros(2), np.zeros(2))[0] == 10
    memory, same = np.zeros(3), np.zeros(3)
    with pytest.raises(CompileError, match="changed in place"):
        compiled(memory[:2], memory[1:])
    with pytest.raises(CompileError, match="changed in place"):
        compiled(same, same)
    assert not memory.any()
    assert not same.any()


def test_what_is_changed_unseen_after_a_refused_read_is_undone() -> None:
    @mytorch.compile
    def compute(x):
        x.sum().item()
        np.put(x.data, [0], 9.0)

    x = Tensor([1.0, 2.0])
    with pytest.raises(CompileError):
        compute(x)
    assert x.tolist() == [1, 2]


# ---------------------------------------------------------------------------- guards


def test_entries_that_are_added_removed_or_move_are_seen(recordings) -> None:
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
    assert len(recordings) == 6
