"""Observers are told what their thread does, in order, and nobody else is."""

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Function, Tensor, nn
from mytorch.observe import Observer, observed, observers

EVENTS = [name for name in vars(Observer) if not name.startswith("_")]


def told(event: str) -> Any:
    def note(self: "Log", *args: Any) -> None:
        self.events.append((event, *args))

    return note


class Log(Observer):
    """Notes all events with their arguments."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    @property
    def names(self) -> list[str]:
        return [
            f"{event} {args[0].__name__}" if event == "applied" else event
            for event, *args in self.events
        ]


for each in EVENTS:
    setattr(Log, each, told(each))


def leaf(*numbers: float) -> Tensor:
    return Tensor(list(numbers), requires_grad=True)


@pytest.fixture(autouse=True)
def nobody_looks_afterwards() -> Any:
    yield
    assert observers() == ()
    assert not observed


def test_an_operation() -> None:
    x = leaf(1.0, 2.0)
    with Log() as log:
        y = x * 3.0
    assert log.names == ["applied Mul"]
    _, operation, args, output = log.events[0]
    assert operation.__name__ == "Mul"
    assert args[0] is x
    assert output is y
    assert output.grad_fn is not None


def test_what_has_no_gradient() -> None:
    x = leaf(1.0, 2.0)
    with Log() as log:
        y = x > 1.5
        place = x.argmax(0)
        with mytorch.no_grad():
            x += 1.0
    told = [(name, args[0]) for name, *args in log.events if name == "computed"]
    assert told == [("computed", "gt"), ("computed", "argmax"), ("computed", "stored")]
    assert log.events[0][2] == (x, 1.5)
    assert log.events[0][3] is y
    assert place.item() == 1
    assert log.events[-1][3] is x


def test_an_operation_that_fails() -> None:
    x = leaf(1.0, 2.0)
    with Log() as log, pytest.raises(ValueError, match="add") as error:
        x + leaf(1.0, 2.0, 3.0)
    ((event, operation, args, raised),) = log.events
    assert (event, operation.__name__, args[0], raised) == ("failed", "Add", x, error.value)
    with Log() as log:
        x + x
    assert log.names == ["applied Add"]


def test_operations_inside_an_operation_are_not_told() -> None:
    class Outer(Function):
        @staticmethod
        def forward(ctx: Any, a: Tensor) -> Tensor:
            return (a * 2 + 1).detach()

        @staticmethod
        def backward(ctx: Any, grad_output: Tensor) -> Tensor:
            return grad_output * 2

    with Log() as log:
        Outer.apply(leaf(1.0))
    assert log.names == ["applied Outer"]


def test_a_walk() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    loss = (x * w).sum()
    product, last = loss.grad_fn.next_functions[0], loss.grad_fn
    with Log() as log:
        loss.backward()
    assert log.names == ["started", "ran", "ran", "storing", "storing", "freeing", "ended"]
    started, first, second, stored_x, stored_w, freeing, _ = log.events
    assert started[1].keys() == {last}
    assert started[2:] == (None, False, False)
    assert first[1] is last
    assert second[1] is product
    assert [part.tolist() for part in second[3]] == [[3, 4], [1, 2]]
    assert (stored_x[1], stored_w[1]) == (x, w)
    assert stored_x[2].tolist() == [3, 4]
    assert product in freeing[1]


def test_storing_is_told_before_any_gradient_has_changed() -> None:
    class Before(Observer):
        def storing(self, tensor: Tensor, gradient: Any) -> None:
            seen.append([None if t.grad is None else t.grad.tolist() for t in (x, w)])

    seen: list[Any] = []
    x, w = leaf(1.0), leaf(2.0)
    with Before():
        (x * w).backward()
        (x * w).backward()
    assert seen == [[None, None]] * 2 + [[[2.0], [1.0]]] * 2


def test_a_walk_that_keeps_its_graph_and_one_to_some_inputs() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x * w
    with Log() as log:
        y.backward(retain_graph=True, inputs=[x])
    assert log.names == ["started", "ran", "storing", "ended"]
    assert list(log.events[0][2]) == [x]
    assert log.events[0][3:] == (False, True)
    assert log.events[2][1] is x
    with Log() as log:
        mytorch.grad(y.sum(), x)
    assert log.names == ["applied Sum", "started", "ran", "ran", "freeing", "ended"]


def test_a_walk_that_fails() -> None:
    class Bad(Function):
        @staticmethod
        def forward(ctx: Any, a: Tensor) -> Tensor:
            return Tensor(a.data)

        @staticmethod
        def backward(ctx: Any, grad_output: Tensor) -> Tensor:
            raise ZeroDivisionError

    x = leaf(1.0)
    y = Bad.apply(x)
    with Log() as log:
        with pytest.raises(ZeroDivisionError):
            y.backward()
        x * 2
    assert log.names == ["started", "ended", "applied Mul"]
    assert x.grad is None


def test_operations_of_backward_are_told_where_it_is_recorded() -> None:
    x = leaf(1.0, 2.0)
    with Log() as log:
        (x * x).backward(create_graph=True)
    names = log.names
    assert names[:2] == ["applied Mul", "started"]
    assert names[-3:] == ["storing", "applied Clone", "ended"]
    assert "applied Mul" in names[2:-1]
    assert "ran" in names
    with Log() as log:
        (x * x).backward()
    assert [name for name in log.names if name.startswith("applied")] == ["applied Mul"]


def test_changes_in_place() -> None:
    x, y = Tensor([1.0, 2.0]), leaf(3.0)
    with Log() as log:
        x.fill_(5.0)
        x[0] = 1.0
        with mytorch.no_grad():
            y.mul_(2.0)
        x.data = np.zeros(2)
    wrote = [args[0] for event, *args in log.events if event == "wrote"]
    assert [tensor is x for tensor in wrote] == [True, True, False, True]
    assert wrote[2] is y


def test_hooks() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.register_hook(lambda gradient: gradient * 10)
    x.register_hook(lambda gradient: None)
    with Log() as log:
        y.backward()
    (_, node, before, after), (_, end, same, unchanged) = [
        event for event in log.events if event[0] == "hooked"
    ]
    assert node is y.grad_fn
    assert (before.tolist(), after.tolist()) == ([1, 1], [10, 10])
    assert end is x
    assert same is unchanged


def test_modules_are_entered_and_left() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with Log() as log:
        model(Tensor(np.ones((1, 2))))
    assert [
        (event, args[0]) for event, *args in log.events if event in ("entering", "leaving")
    ] == [
        ("entering", model),
        ("entering", model[0]),
        ("leaving", model[0]),
        ("entering", model[1]),
        ("leaving", model[1]),
        ("leaving", model),
    ]
    with Log() as log, pytest.raises(mytorch.ShapeError):
        model(Tensor(np.ones((1, 5))))
    assert log.names == ["entering", "entering", "leaving", "leaving"]


@pytest.mark.parametrize("kind", [mytorch.optim.SGD, mytorch.optim.Adam])
def test_optimizers_step_and_zero(kind: Any) -> None:
    p, q = nn.Parameter(Tensor([1.0])), nn.Parameter(Tensor([2.0]))
    optimizer = kind([p, q], lr=0.1)
    (p * q).backward()
    with Log() as log:
        optimizer.step()
        optimizer.zero_grad()
    assert log.names == ["updating", "wrote", "wrote", "updated", "zeroing"]
    assert log.events[0][1] is log.events[3][1] is optimizer
    assert [tensor is p for tensor in log.events[4][1]] == [True, False]


def test_a_modules_gradients_are_zeroed() -> None:
    model = nn.Linear(2, 1)
    model(Tensor(np.ones((1, 2)))).backward()
    with Log() as log:
        model.zero_grad()
    ((_, tensors, to_none),) = log.events
    assert to_none
    assert [tensor is param for tensor, param in zip(tensors, model.parameters(), strict=True)]
    assert model.weight.grad is None


def test_several_observers_are_told_in_order_and_leave_in_any() -> None:
    class Named(Observer):
        def __init__(self, name: str) -> None:
            self.name = name

        def applied(self, *args: Any) -> None:
            order.append(self.name)

    order: list[str] = []
    first, second = Named("first"), Named("second")
    first.__enter__()
    second.__enter__()
    leaf(1.0) * 2
    first.__exit__()
    leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="looks on already"):
        second.__enter__()
    second.__exit__()
    leaf(1.0) * 2
    assert order == ["first", "second", "second"]
    with pytest.raises(RuntimeError, match="does not look on"):
        second.__exit__()


def test_what_observers_compute_is_not_told() -> None:
    class Computes(Log):
        def applied(self, operation: Any, args: Any, output: Tensor) -> None:
            super().applied(operation, args, output)
            (output.detach() * 2 + 1).sum()
            x = leaf(1.0)
            (x * x).backward()

        def storing(self, tensor: Tensor, gradient: Any) -> None:
            Tensor(gradient) * 2

    x = leaf(1.0, 2.0)
    with Computes() as one, Log() as other:
        (x * 3).backward()
    assert one.names == ["applied Mul", "started", "ran", "freeing", "ended"]
    assert other.names == ["applied Mul", "started", "ran", "storing", "freeing", "ended"]


def test_what_an_observer_raises_goes_on_and_leaves_no_trace() -> None:
    class Strict(Observer):
        def applied(self, operation: Any, *args: Any) -> None:
            if operation.__name__ == "Add":
                raise KeyError("no sums")

        def storing(self, tensor: Tensor, gradient: Any) -> None:
            if tensor is w:
                raise KeyError("not this one")

    x, w = leaf(1.0), leaf(2.0)
    with Log() as log, Strict():
        with pytest.raises(KeyError, match="no sums"):
            x + w
        y = x * w
        with pytest.raises(KeyError, match="not this one"):
            y.backward()
        assert x.grad is None
        assert w.grad is None
        y.backward(inputs=[x])
    assert x.grad.tolist() == [2]
    assert log.names.count("ended") == 2


def test_an_observer_may_leave_while_it_is_told() -> None:
    class Once(Log):
        def applied(self, *args: Any) -> None:
            super().applied(*args)
            self.__exit__()

    log = Once().__enter__()
    leaf(1.0) * 2 * 3
    assert log.names == ["applied Mul"]


def test_threads_do_not_see_each_other() -> None:
    def work(log: Log) -> None:
        with log:
            ready.wait()
            for _ in range(50):
                x * 2
            ready.wait()

    x = leaf(1.0)
    logs = [Log(), Log()]
    ready = threading.Barrier(3)
    threads = [threading.Thread(target=work, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    ready.wait()
    for _ in range(50):
        x + 1
    ready.wait()
    for thread in threads:
        thread.join()
    assert [log.names for log in logs] == [["applied Mul"] * 50] * 2


def test_a_thread_that_ends_with_an_observer_leaves_nothing() -> None:
    thread = threading.Thread(target=lambda: Log().__enter__())
    thread.start()
    thread.join()
    gc.collect()
    assert not observed
    seen: list[Any] = []
    other = threading.Thread(target=lambda: seen.append(observers()))
    other.start()
    other.join()
    assert seen == [()]


def test_results_are_equal_to_the_bit_with_and_without_observers() -> None:
    def train() -> list[bytes]:
        mytorch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        optimizer = mytorch.optim.Adam(model.parameters())
        for _ in range(3):
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(model(mytorch.randn(5, 3)), np.arange(5) % 2)
            loss.backward()
            optimizer.step()
        return [param.data.tobytes() for param in model.parameters()]

    alone = train()
    with Log(), Observer():
        assert train() == alone


def test_observed_graphs_are_freed() -> None:
    x = leaf(1.0)
    with Observer(), mytorch.autograd.detect_anomaly():
        y = x * 2
        node = weakref.ref(y.grad_fn)
        y.backward()
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_compiled_functions_run_as_they_are() -> None:
    class Compiled(Observer):
        def __init__(self) -> None:
            self.told: list[object] = []

        def uncompiled(self, function: object) -> None:
            self.told.append(function)

    double = mytorch.compile(lambda x: x * 2.0)
    for _ in range(4):
        double(leaf(1.0).detach())
    before = double.counts
    with Log() as log, Compiled() as compiled:
        double(leaf(1.0).detach())
    assert compiled.told == [double]
    assert double.counts == before._replace(eager=before.eager + 1)
    assert "applied Mul" in log.names


def test_every_event_has_a_test() -> None:
    text = Path(__file__).read_text()
    assert len(EVENTS) == 16
    for event in EVENTS:
        assert f'"{event}' in text or f"def {event}" in text, event
