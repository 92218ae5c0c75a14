"""The recording switch: with-blocks, decorators, exceptions, threads."""

import threading

import pytest

import mytorch
from mytorch import Tensor, enable_grad, is_grad_enabled, no_grad, set_grad_enabled


@pytest.fixture
def x() -> Tensor:
    return Tensor([1.0], requires_grad=True)


def test_no_grad_records_nothing(x: Tensor) -> None:
    with no_grad():
        y = x * 2
    assert not y.requires_grad
    assert y.is_leaf
    assert y.grad_fn is None
    assert (x * 2).requires_grad


def test_nesting(x: Tensor) -> None:
    with no_grad():
        with enable_grad():
            assert (x * 2).requires_grad
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_one_object_entered_twice() -> None:
    scope = no_grad()
    with scope:
        with enable_grad(), scope:
            pass
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_restored_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_grad_enabled()


@pytest.mark.parametrize(
    "decorator", [lambda: no_grad, lambda: no_grad(), lambda: set_grad_enabled(False)]
)
def test_decorator(x: Tensor, decorator) -> None:
    @decorator()
    def double(t: Tensor) -> Tensor:
        return t * 2

    assert double.__name__ == "double"
    assert not double(x).requires_grad
    assert is_grad_enabled()


def test_decorated_functions_take_arguments_by_name() -> None:
    @no_grad()
    def double(*, t: int) -> int:
        return t * 2

    @no_grad()
    def count(*, stop: int):
        yield from range(stop)

    assert double(t=3) == 6
    assert list(count(stop=3)) == [0, 1, 2]


def test_enable_grad_as_decorator(x: Tensor) -> None:
    @enable_grad
    def double(t: Tensor) -> Tensor:
        return t * 2

    with no_grad():
        assert double(x).requires_grad


def test_decorated_generator_switches_only_inside() -> None:
    @no_grad()
    def steps():
        try:
            while True:
                received = yield is_grad_enabled()
                assert received == "go"
        finally:
            seen.append(is_grad_enabled())

    seen: list[bool] = []
    generator = steps()
    assert next(generator) is False
    assert is_grad_enabled()
    assert generator.send("go") is False
    assert is_grad_enabled()
    generator.close()
    assert seen == [False]
    assert is_grad_enabled()


def test_decorated_generator_receives_exceptions_and_returns() -> None:
    @no_grad()
    def steps():
        try:
            yield 1
        except KeyError:
            yield 2
        return 3

    generator = steps()
    assert next(generator) == 1
    assert generator.throw(KeyError()) == 2
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == 3


def test_set_grad_enabled_at_once_and_as_block() -> None:
    try:
        set_grad_enabled(False)
        assert not is_grad_enabled()
        with set_grad_enabled(True):
            assert is_grad_enabled()
        assert not is_grad_enabled()
        later = set_grad_enabled(False)
        set_grad_enabled(True)
        with later:
            assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)


def test_each_thread_has_its_own_switch(x: Tensor) -> None:
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_threads_train_as_one_after_the_other() -> None:
    def train(seed: int, results: dict[int, float]) -> None:
        w = Tensor([float(seed)], requires_grad=True)
        for _ in range(200):
            loss = (w - 3.0) * (w - 3.0)
            loss.backward()
            with no_grad():
                w = Tensor(w.data - 0.01 * w.grad.data, requires_grad=True)
        results[seed] = w.item()

    serial: dict[int, float] = {}
    parallel: dict[int, float] = {}
    for seed in range(8):
        train(seed, serial)
    threads = [threading.Thread(target=train, args=(seed, parallel)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parallel == serial
    assert mytorch.is_grad_enabled()


def test_inference_mode(x: Tensor) -> None:
    @mytorch.inference_mode()
    def double() -> Tensor:
        return x * 2

    with mytorch.inference_mode():
        assert not (x * 2).requires_grad
    assert not double().requires_grad
    assert (double() * x).requires_grad
