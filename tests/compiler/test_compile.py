"""Replays equal eager runs to the bit; what else a compiled function does."""

import functools
import itertools
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, no_grad, optim
from tests.compiler.trainings import SEED, TINY, Training, batch, programs

OPTIMIZERS = {
    "SGD": functools.partial(optim.SGD, lr=0.1),
    "momentum": functools.partial(optim.SGD, lr=0.1, momentum=0.9),
    "damped": functools.partial(optim.SGD, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "Adam": functools.partial(optim.Adam, lr=0.01),
    "amsgrad": functools.partial(optim.Adam, lr=0.01, amsgrad=True, maximize=True),
    "AdamW": functools.partial(optim.AdamW, lr=0.01, weight_decay=0.1),
    "RMSprop": functools.partial(optim.RMSprop, lr=0.01, momentum=0.5, centered=True, eps=0.01),
    "Adagrad": functools.partial(optim.Adagrad, lr=0.1, lr_decay=0.1),
    "Adadelta": functools.partial(optim.Adadelta, lr=0.1),
    "Adamax": functools.partial(optim.Adamax, lr=0.01),
    "NAdam": functools.partial(optim.NAdam, lr=0.01, weight_decay=0.1),
    "RAdam": functools.partial(optim.RAdam, lr=0.01, weight_decay=0.1),
    "Rprop": functools.partial(optim.Rprop, lr=0.01),
    "ASGD": functools.partial(optim.ASGD, lr=0.1, lambd=0.01, t0=5),
}


# What differs between optimizers does not depend on the size.
LARGE = [*OPTIMIZERS][: [*OPTIMIZERS].index("RMSprop")]
CASES = [
    pytest.param(name, *model, id=f"{size}-{name}")
    for size, model, names in (("seed", SEED, LARGE), ("tiny", TINY, OPTIMIZERS))
    for name in names
]


@pytest.mark.parametrize(("name", "sizes", "batch_norm", "rows"), CASES)
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


def test_steps_equal_eager_to_the_bit_where_blas_has_threads() -> None:
    """As it has in users' processes, but not in that of the tests (see tests/conftest.py)."""
    test = f"{__file__}::{test_80_steps_equal_eager_to_the_bit.__name__}[float32-seed-momentum]"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test]
    threads = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(command, env=threads, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout


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


def test_a_number_in_a_tensor_is_exactly_an_ndarray(recordings) -> None:
    w = Tensor(3.0, requires_grad=True)

    @mytorch.compile
    def step():
        w.grad = None
        (w * w).backward()
        w.data = w.data.sum() - 1

    for number in range(5):
        step()
        assert type(w._grad) is type(w.data) is np.ndarray
        assert (w.grad.item(), w.item()) == (6 - 2 * number, 2 - number)
    assert len(recordings) == 3


def test_a_gradient_may_be_read_between_calls(recordings) -> None:
    eager, compiled = Training(), Training()
    step = mytorch.compile(compiled.step)
    for number in range(6):
        assert step(*batch(number)).item() == eager.step(*batch(number)).item()
        if number % 2:
            for mine, theirs in zip(
                compiled.model.parameters(), eager.model.parameters(), strict=True
            ):
                assert mine.grad.data.tobytes() == theirs.grad.data.tobytes()
    # The first without gradients; that some were read makes no difference.
    assert len(recordings) == 3


def test_a_plain_array_on_either_side_of_a_product(recordings) -> None:
    @mytorch.compile
    def project(x):
        rows = nn.functional.linear(x, Tensor(np.eye(3)), Tensor(np.ones(3)))
        return rows.data.dot(np.full(3, 2.0)) + nn.functional.linear(Tensor(np.eye(3)), x).data[0]

    for number in range(4):
        x = Tensor(np.arange(9.0).reshape(3, 3) + number)
        expected = (x.data + 1).sum(1) * 2 + x.data[:, 0]
        np.testing.assert_array_equal(project(x), expected)
    assert len(recordings) == 2


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


def test_a_thread_that_reads_what_is_recorded_does_not_stop_it(recordings) -> None:
    """While a run is recorded, the stand-ins lie where all threads see them."""
    weight = Tensor([1.0, 2.0])
    done = threading.Event()

    def look() -> None:
        while type(data := weight.data) is np.ndarray and not done.is_set():
            pass
        done.wait()  # with what it has seen in its hands
        del data

    @mytorch.compile
    def scaled(x: Tensor) -> Tensor:
        time.sleep(0.05)
        return x * weight

    thread = threading.Thread(target=look)
    thread.start()
    try:
        assert scaled(Tensor([3.0, 4.0])).tolist() == [3, 8]
    finally:
        done.set()
        thread.join()
    for _ in range(4):
        assert scaled(Tensor([3.0, 4.0])).tolist() == [3, 8]
    assert len(recordings) == 3
    assert recordings.replays == 2


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
    (program,) = programs(compiled)
    assert program.source.count("[...] = ") == 3


def test_negative_zero_is_another_number() -> None:
    compute = mytorch.compile(lambda x, factor: x * factor)
    for factor in (0.0, 0.0, 0.0, -0.0, -0.0, -0.0, 0.0):
        assert np.signbit(compute(Tensor([1.0]), factor).data) == np.signbit(factor)


def test_numbers_of_equal_bytes_are_told_apart(recordings) -> None:
    def run(x):
        return x + 0, x + 0.0, x * 1, x * 5e-324, x + np.int32(0), x + np.float32(0)

    compiled = mytorch.compile(run)
    x = np.array([3, 4])
    for _ in range(4):
        for found, expected in zip(compiled(x), run(x), strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
    assert len(recordings) == 2


def test_the_memory_order_may_decide() -> None:
    compute = mytorch.compile(lambda x: x * 2 if x.flags.c_contiguous else x * 3)
    square = np.ones((2, 2))
    for _ in range(4):
        assert compute(square)[0, 0] == 2
        assert compute(square.T)[0, 0] == 3


def test_what_was_changed_in_place_decides_too(recordings) -> None:
    def run(total, x):
        total.data += x.data
        return x * 2 if (total.data > 3).all() else x

    mine, theirs = Tensor([0.0]), Tensor([0.0])
    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 0.5, 0.25, 9.0, 1.0, -20.0, 1.0, 1.0, 20.0, -20.0):
        x = Tensor([value])
        assert compiled(mine, x).item() == run(theirs, x).item()
        assert mine.item() == theirs.item()
    assert recordings.replays
