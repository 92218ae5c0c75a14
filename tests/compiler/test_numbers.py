"""Python numbers that change from call to call are inputs of a program, equal to the bit."""

import math
import random
from datetime import timedelta
from enum import IntEnum
from fractions import Fraction
from math import cos
from typing import Any

import numpy as np
import pytest

import mytorch
import mytorch.nn.functional as F
from mytorch import Tensor, nn, optim
from mytorch.optim import lr_scheduler as schedules
from tests.compiler.trainings import Training, batch

STEPS = 12


def rate_per_step(training: Training, number: int) -> None:
    training.optimizer.lr = 0.1 / (number + 1)


def rate_per_epoch(training: Training, number: int) -> None:
    if number in (5, 8):
        training.optimizer.param_groups[0]["lr"] *= 0.3


def decay(training: Training, number: int) -> None:
    training.optimizer.param_groups[0]["weight_decay"] = 0.01 * number + 0.01


def momentum(training: Training, number: int) -> None:
    options = training.optimizer.param_groups[0]
    if "betas" in options:
        options["betas"] = (0.9 - number / 100, 0.999 - number / 1000)
    else:
        options["momentum"] = 0.9 - number / 100


OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, 0.1, 0.9),
    "Nesterov": lambda params: optim.SGD(params, 0.1, 0.9, weight_decay=0.1, nesterov=True),
    "Adam": lambda params: optim.Adam(params, 0.01),
    "AdamW": lambda params: optim.AdamW(params, 0.01),
    "RMSprop": lambda params: optim.RMSprop(params, 0.01, momentum=0.5),
    "Adagrad": lambda params: optim.Adagrad(params, 0.01, lr_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("change", [rate_per_step, rate_per_epoch, decay, momentum])
def test_options_of_optimizers_are_inputs(change: Any, name: str) -> None:
    eager, compiled = (Training(make=OPTIMIZERS[name], batch_norm=False) for _ in range(2))
    if change is momentum and name in ("RMSprop", "Adagrad"):
        change = decay
    step = mytorch.compile(compiled.step)
    for number in range(STEPS):
        for training in (eager, compiled):
            change(training, number)
        x, y = batch(number)
        assert step(x, y).data.tobytes() == eager.step(x, y).data.tobytes(), number
        assert compiled.state() == eager.state(), number
    # The first run finds no gradients; a rate that changes late is seen late.
    assert step.counts.recorded <= (5 if change is rate_per_epoch else 3)
    assert not step.counts.eager


class Level(IntEnum):
    LOW = 1


class Counting:
    """Keeps numbers in all places that there are."""

    start = 1.0

    def __init__(self) -> None:
        self.step = 0
        self.table: dict[str, Any] = {"rate": 0.5, "both": (0.25, 2)}
        self.row = [1.0, 2.0]


def in_attribute(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return x * c.step


def in_dict(c: Counting, x: Tensor) -> Tensor:
    c.table["rate"] *= 0.9
    return x - c.table["rate"]


def in_list(c: Counting, x: Tensor) -> Tensor:
    c.row[1] -= 0.125
    return c.row[1] / x


def in_a_tuple(c: Counting, x: Tensor) -> Tensor:
    first, second = c.table["both"]
    c.table["both"] = (first * 1.5, second + 1)
    return x * first + second


def in_a_new_list(c: Counting, x: Tensor) -> Tensor:
    c.row = [entry + 0.5 for entry in c.row]
    return x + c.row[0]


def warmed_up(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return x * min(1.0, c.step / 4) * (1 + math.cos(math.pi * c.step / 20)) * cos(c.step)


def corrected(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return x * -(0.5 / (1 - 0.9**c.step)) + math.sqrt(c.step) - round(c.step / 3, 1)


def every_third(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return x + 1 if c.step % 3 == 0 else x * c.step


def divided(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return x / c.step + c.step / x


def of_arrays(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    return Tensor(np.sqrt(c.step) * x.data + np.ones(2, np.float32) / c.step)


def filled(c: Counting, x: Tensor) -> Tensor:
    c.step += 1
    y = x.clone()
    y.data[0] = c.step
    y[1:].fill_(1.5)
    return y * np.float32(2)


def returned(c: Counting, x: Tensor) -> Any:
    c.step += 1
    return x * 2, c.step, [c.step / 2, {"step": c.step}]


FUNCTIONS = [
    in_attribute,
    in_dict,
    in_list,
    in_a_tuple,
    in_a_new_list,
    warmed_up,
    corrected,
    every_third,
    divided,
    of_arrays,
    filled,
    returned,
]


def seen(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.data.tobytes()
    if isinstance(value, (tuple, list)):
        return [seen(part) for part in value]
    return repr(value), type(value)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_what_a_run_counts_is_counted_by_replays(function: Any) -> None:
    eager, counted = Counting(), Counting()
    compiled = mytorch.compile(lambda x: function(counted, x))
    for number in range(20):
        x = Tensor(np.array([number + 1, 2], np.float32))
        assert seen(compiled(x)) == seen(function(eager, x)), number
        assert repr(vars(counted)) == repr(vars(eager))
        assert all(type(n) in (int, float) for n in (counted.step, *counted.row))
    assert compiled.counts.replayed >= 14
    assert not compiled.counts.eager


def test_numbers_are_inputs_in_arguments_closures_globals_and_defaults() -> None:
    scale, box = 1.0, [1.0]

    def run(x: Tensor, factor: float, pair: tuple[float, int], *, shift: float = 0.0) -> Tensor:
        return x * factor * scale + pair[0] - pair[1] * box[0] + shift + GLOBAL["number"]

    compiled = mytorch.compile(run)
    x = Tensor([1.0, -2.0])
    for number in range(15):
        scale, box[0], GLOBAL["number"] = 1.0 + number, number / 3, -number / 7
        run.__kwdefaults__["shift"] = number / 9
        arguments = (x, number / 2, (number / 5, number))
        assert compiled(*arguments).data.tobytes() == run(*arguments).data.tobytes()
    assert compiled.counts == (2, 13, 0)


GLOBAL = {"number": 0.0}


SETTINGS: dict[str, Any] = {
    "full": lambda x, n: x * mytorch.full((2, 3), n),
    "full_like": lambda x, n: x * mytorch.full_like(x, n),
    "fill_": lambda x, n: x * x.detach().clone().fill_(n),
    "masked_fill": lambda x, n: x.masked_fill(x > 0, n) * x,
    "lerp": lambda x, n: mytorch.lerp(x.exp(), x * x, n),
    "clamp": lambda x, n: x.clamp(-n, n),
    "where": lambda x, n: mytorch.where(x > 0, x, n) * x,
    "power": lambda x, n: x.abs() ** n + x**3,
    "tensor": lambda x, n: x * mytorch.tensor([n, 1, 1 - n], dtype=x.dtype) + Tensor(n).exp(),
    "threshold": lambda x, n: F.threshold(x, n / 9, n),
    "hardtanh": lambda x, n: F.hardtanh(x, -n, n),
    "normal": lambda x, n: x * mytorch.normal(0.0, n, (2, 3)) + x.detach().clone().uniform_(-n, n),
    "quantile": lambda x, n: mytorch.quantile(x, 0.5 + n / 99) * x,
    "dropout": lambda x, n: F.dropout(x, n),
    "leaky_relu": lambda x, n: F.leaky_relu(x, n),
    "elu": lambda x, n: F.elu(x, n),
    "hardshrink": lambda x, n: F.hardshrink(x, n),
    "softshrink": lambda x, n: F.softshrink(x, n),
    "softplus": lambda x, n: F.softplus(x, n, 2 * n),
    "huber_loss": lambda x, n: F.huber_loss(x, x * x, delta=n),
    "smooth_l1_loss": lambda x, n: F.smooth_l1_loss(x, x * x, beta=n),
    "layer_norm": lambda x, n: F.layer_norm(x, (3,), eps=n),
    "batch_norm": lambda x, n: F.batch_norm(x, None, None, training=True, eps=n),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_operations_are_inputs(name: str, dtype: Any) -> None:
    function = SETTINGS[name]

    def run(x: Tensor, n: float) -> Tensor:
        x.grad = None
        y = function(x, n)
        y.sum().backward()
        return y.detach()

    compiled = mytorch.compile(run)
    for number in range(12):
        found = []
        for step in (run, compiled):
            np.random.seed(number)
            x = Tensor(np.random.normal(size=(2, 3)).astype(dtype), requires_grad=True)
            found.append((step(x, 0.04 * number + 0.05).data.tobytes(), x.grad.data.tobytes()))
        assert found[0] == found[1], number
    assert compiled.counts == (2, 10, 0)


def test_a_number_that_decides_a_shape_is_guarded() -> None:
    compiled = mytorch.compile(lambda x, n: x[:n] * n + x.reshape(n, -1)[0].sum())
    x = Tensor(np.arange(12.0))
    for _ in range(4):
        for n in (2, 3, 4):
            expected = compiled.__compiled__(x, n)
            assert compiled(x, n).data.tobytes() == expected.data.tobytes()
    assert compiled.counts.replayed >= 3


def test_a_number_that_is_read_as_itself_is_guarded() -> None:
    reads = [
        lambda x, n: x * {3: 2.0}.get(n, 1.0),
        lambda x, n: x * len(f"{n}"),
        lambda x, n: x * float(n),
        lambda x, n: x * int(n / 2),
        lambda x, n: x * len([None] * n),
        lambda x, n: x + Tensor(np.array([n, n])),
        lambda x, n: x * (1 if n else 2),
        lambda x, n: x * n.bit_length(),
        lambda x, n: x + sum(range(n)),
        lambda x, n: x * (Level.LOW + n),
        lambda x, n: x * float(Fraction(1, 2) * n + n),
        lambda x, n: x * (timedelta(seconds=3) * n).seconds,
        lambda x, n: x * abs(n * 1j),
        lambda x, n: x * len([1] * n + n * [2]) + len("a" * n),
        lambda x, n: x * float(n == None) + float(n != "a"),  # noqa: E711
        lambda x, n: x * isinstance(n, int) + float("%d" % n) + n.real,  # noqa: UP031
        lambda x, n: x * divmod(n, 2)[1] + pow(n, 2, 5) + (n << 1) + (~n & 3),
    ]
    x = Tensor([1.0, 2.0])
    for read in reads:
        compiled = mytorch.compile(read)
        for n in (1, 2, 3, 2, 3, 1, 0, 2):
            for _ in range(2):
                assert compiled(x, n).tolist() == read(x, n).tolist()


def test_an_error_of_arithmetic_is_eagers() -> None:
    def run(x: Tensor, n: int) -> Tensor:
        x.data[...] += 1
        return x / (1 / n)

    compiled = mytorch.compile(run)
    x, y = Tensor([1.0]), Tensor([1.0])
    for n in (1, 2, 3, 4):
        assert compiled(x, n).item() == run(y, n).item()
    for z, function in ((x, compiled), (y, run)):
        with pytest.raises(ZeroDivisionError):
            function(z, 0)
    assert x.item() == y.item()
    assert compiled(x, 5).item() == run(y, 5).item()


def test_numbers_do_not_leak() -> None:
    """What a run keeps in places that nobody sees is a number, or the run is not replayed."""

    class Hidden:
        __slots__ = ("kept",)

    hidden = Hidden()
    hidden.kept = 0.0
    history = [0.0]

    def run(x: Tensor, rate: float) -> Tensor:
        hidden.kept = rate
        history[:] = [rate]
        return x * rate

    compiled = mytorch.compile(run)
    for number in range(8):
        compiled(Tensor([1.0]), number / 2)
        assert [repr(hidden.kept), repr(history)] == [repr(number / 2), repr([number / 2])]
        assert (type(hidden.kept), type(history[0])) == (float, float)


def test_a_number_that_is_drawn_by_chance_is_no_input() -> None:
    def run(x: Tensor) -> Tensor:
        return x * random.random()

    compiled = mytorch.compile(run)
    with pytest.warns(UserWarning, match="uncompiled"):
        found = {compiled(Tensor([1.0])).item() for _ in range(30)}
    assert len(found) == 30


@pytest.mark.parametrize(
    "make_schedule",
    [
        lambda optimizer: schedules.OneCycleLR(optimizer, 0.1, 40),
        # The rate changes while the first recordings are made.
        lambda optimizer: schedules.StepLR(optimizer, 3),
        lambda optimizer: schedules.ConstantLR(optimizer, 0.5, 3),
        lambda optimizer: schedules.MultiStepLR(optimizer, [3, 3, 20]),
        lambda optimizer: schedules.MultiplicativeLR(optimizer, lambda n: 0.5 if n == 3 else 1.0),
    ],
)
def test_a_schedule_inside_the_step(make_schedule: Any) -> None:
    def make() -> tuple[Any, Any]:
        training = Training(make=lambda params: optim.Adam(params, 0.01), batch_norm=False)
        schedule = make_schedule(training.optimizer)

        def step(x: Any, y: Any) -> Tensor:
            loss = training.step(x, y)
            schedule.step()
            return loss

        return training, step

    (eager, plain), (compiled, step) = make(), make()
    step = mytorch.compile(step)
    for number in range(30):
        x, y = batch(number)
        assert step(x, y).data.tobytes() == plain(x, y).data.tobytes(), number
        assert compiled.state() == eager.state()
    assert step.counts.replayed > 15


def test_batch_norm_that_counts_its_batches() -> None:
    def make() -> Any:
        mytorch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=None))

    eager, compiled = make(), make()
    with mytorch.no_grad():
        run = mytorch.compile(compiled)
        for number in range(6):
            x = Tensor(np.random.default_rng(number).random((5, 3)))
            assert run(x).data.tobytes() == eager(x).data.tobytes()


def test_what_a_run_sets_is_set_again_where_it_found_the_same() -> None:
    def run(c: Counting, x: Tensor) -> Tensor:
        c.step = 2
        return x * 3

    eager, counted = Counting(), Counting()
    compiled = mytorch.compile(lambda x: run(counted, x))
    for number in (7, 2, 2, 5, 5, 9, 2):
        for c, function in ((eager, lambda x: run(eager, x)), (counted, compiled)):
            c.step = number
            function(Tensor([1.0]))
        assert counted.step == eager.step == 2, number


def test_numbers_beside_numpys() -> None:
    def run(x: Tensor, n: float) -> Tensor:
        both = np.float64(2) * n + n / np.float32(3)
        return x * float(n > 1) + Tensor(np.add(both, n) * np.ones(2)) + Tensor(x.data**2 * n)

    compiled = mytorch.compile(run)
    x = Tensor(np.array([1, 2], np.float32))
    for number in range(12):
        assert compiled(x, number / 3).data.tobytes() == run(x, number / 3).data.tobytes()
    assert compiled.counts.replayed >= 6


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(
    "form",
    [
        "x * k",
        "x.add(x, alpha=k)",
        "x * (k * 2**-3) + k // 0.1 - abs(-k) % 0.3",
        "Tensor(k / x.data)",
        "Tensor(abs(x.data) ** k)",
        "x * (0.5 * (1 + np.cos(np.pi * k)))",
        "x * k.item() * math.cos(k)",
        "(x if k > 0.3 else -x) * max(k, 0.2) * round(k, 1)",
        "(x > 0) * k + Tensor([k, 1.0])",
        "(x * isinstance(k, float), k * 2, x * np.float32(1) * k)",
    ],
)
def test_numbers_of_numpy_are_inputs(form: str, kind: Any) -> None:
    function = eval(f"lambda x, k: {form}", {"np": np, "math": math, "Tensor": Tensor})
    compiled = mytorch.compile(function)
    for number in range(12):
        k = kind(0.37 + number * 0.61 % 1)
        x = Tensor(np.array([0.3 + number, -1.7]))
        assert bits(compiled(x, k)) == bits(function(x, k)), number
    assert compiled.counts.replayed >= 6


def bits(value: Any) -> Any:
    """A result's types and bits."""
    if isinstance(value, tuple):
        return [*map(bits, value)]
    array = value.data if isinstance(value, Tensor) else value
    return type(value), type(array), array.dtype, array.tobytes()


def test_code_that_asks_for_types_gets_numbers() -> None:
    def run(x: Tensor, n: float) -> Tensor:
        return x * n if type(n) is float else x - n

    compiled = mytorch.compile(run)
    for n in (1.0, 2.0, 2, 3.0, 2.0, 3, 2.0, 2.0):
        for _ in range(2):
            assert compiled(Tensor([3.0]), n).item() == run(Tensor([3.0]), n).item()


def test_what_a_first_run_makes_is_there_in_the_others() -> None:
    class Counter:
        runs = 0

    def run(c: Any, x: Tensor) -> Tensor:
        c.runs += 1
        if not hasattr(c, "mean"):
            c.mean = x * 0
        c.mean = c.mean * 0.5 + x
        return c.mean * c.runs

    eager, counter = Counter(), Counter()
    compiled = mytorch.compile(lambda x: run(counter, x))
    for number in range(9):
        x = Tensor([float(number), 1.0])
        assert compiled(x).tolist() == run(eager, x).tolist()
        assert counter.runs == eager.runs == number + 1
    assert compiled.counts.replayed >= 5
