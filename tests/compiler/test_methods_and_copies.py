"""Compiled methods, copies and pickles of what is compiled, processes that are split."""

import copy
import gc
import os
import pickle
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from tests.compiler.trainings import Runs, replayed


class Scale:
    def __init__(self, factor: float) -> None:
        self.factor = Tensor([factor])

    @mytorch.compile
    def scaled(self, x: Tensor) -> Tensor:
        return (x * self.factor).detach()

    @mytorch.compile(fullgraph=True)
    def read(self, x: Tensor) -> float:
        return x.item()

    @staticmethod
    @mytorch.compile
    def twice(x: Tensor) -> Tensor:
        return x * 2

    @mytorch.compile
    @staticmethod
    def thrice(x: Tensor) -> Tensor:
        return x * 3


class Slotted:
    __slots__ = ("factor",)
    scaled = Scale.__dict__["scaled"]

    def __init__(self, factor: float) -> None:
        self.factor = Tensor([factor])


class Layer(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(Tensor([factor]))

    @mytorch.compile
    def scaled(self, x: Tensor) -> Tensor:
        return (x * self.factor).detach()


@mytorch.compile
def plain(x: Tensor) -> Tensor:
    return x + 1


@pytest.mark.parametrize("kind", [Scale, Slotted, Layer])
def test_each_object_has_its_own_compiled_method(kind: Any, recordings: Runs) -> None:
    for factor in (2.0, 3.0):
        scale = kind(factor)
        for value in (1.0, 2.0):
            run = lambda s=scale, v=value: s.scaled(Tensor([v]))  # noqa: E731
            assert replayed(recordings, run).item() == factor * value
    if kind is not Slotted:
        assert scale.scaled is scale.scaled
        assert scale.scaled.counts.recorded == 2
        assert kind.scaled.counts == (0, 0, 0)
        assert kind.scaled(scale, Tensor([1.0])).item() == 3


def test_options_and_static_methods() -> None:
    scale = Scale(2.0)
    with pytest.raises(mytorch.CompileError):
        scale.read(Tensor([1.0]))
    for _ in range(4):
        assert scale.twice(Tensor([2.0])).item() == Scale.twice(Tensor([2.0])).item() == 4
        assert scale.thrice(Tensor([2.0])).item() == Scale.thrice(Tensor([2.0])).item() == 6


@pytest.mark.parametrize("kind", [Scale, Layer])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))]
)
def test_a_copy_of_an_object_has_methods_of_its_own(kind: Any, copied: Any) -> None:
    first = kind(2.0)
    for _ in range(4):
        first.scaled(Tensor([1.0]))
    second = copied(first)
    second.factor = nn.Parameter(Tensor([5.0]))
    for _ in range(4):
        assert second.scaled(Tensor([1.0])).item() == 5
    # After `copy.copy` a Layer's parameters are those of both.
    expected = first.factor.item()
    assert first.scaled(Tensor([1.0])).item() == expected
    assert second.scaled.counts.recorded == 2
    assert pickle.loads(pickle.dumps(second.scaled))(Tensor([1.0])).item() == 5
    assert copy.deepcopy(second.scaled)(Tensor([1.0])).item() == 5


@pytest.mark.parametrize("kind", [Scale, Layer])
def test_an_object_with_compiled_methods_is_freed(kind: Any) -> None:
    thing = kind(2.0)
    for _ in range(4):
        thing.scaled(Tensor([1.0]))
    alive = weakref.ref(thing)
    del thing
    gc.collect()
    assert alive() is None


def test_a_method_inside_a_compiled_step(recordings: Runs) -> None:
    scale = Scale(2.0)
    step = mytorch.compile(lambda x: scale.scaled(x) + 1)
    assert replayed(recordings, lambda: step(Tensor([3.0]))).item() == 7
    scale.factor = Tensor([4.0])
    assert step(Tensor([3.0])).item() == 13


def test_copies_and_pickles_leave_out_what_was_recorded() -> None:
    for _ in range(4):
        plain(Tensor([1.0]))
    assert pickle.loads(pickle.dumps(plain)) is copy.deepcopy(plain) is copy.copy(plain) is plain
    assert pickle.loads(pickle.dumps(Scale.scaled)) is Scale.scaled
    local = mytorch.compile(lambda x: x * 2)
    for _ in range(4):
        local(Tensor([1.0]))
    for other in (copy.copy(local), copy.deepcopy(local)):
        assert other is not local
        assert other.counts == (0, 0, 0)
        assert other(Tensor([1.0])).item() == 2
    assert local.counts.replayed == 2


@dataclass(frozen=True)
class Frozen:
    factor: np.ndarray


@dataclass(frozen=True, slots=True)
class FrozenSlots:
    factor: np.ndarray


class Pair(NamedTuple):
    factor: np.ndarray


class Fixed(dict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("fixed")

    @property
    def factor(self) -> Any:
        return self["factor"]


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.parametrize("kind", [Frozen, FrozenSlots, Pair, Fixed])
def test_arrays_in_what_cannot_be_set(kind: Any) -> None:
    holder = kind(factor=np.array([2.0]))
    for run in (
        mytorch.compile(lambda x: x * holder.factor),
        mytorch.compile(lambda x, h=holder: x * h.factor),
    ):
        for value in (1.0, 2.0, 3.0, 4.0):
            assert run(Tensor([value])).item() == 2 * value
            assert type(holder.factor) is np.ndarray


RESULTS: dict[str, Any] = {
    "scalar": lambda x: x.data.sum(),
    "element": lambda x: x.data[1],
    "0-d view": lambda x: x.data[1, ...],
    "mean": lambda x: np.mean(x.data),
    "square": lambda x: x.data.sum() ** 2,
    "comparison": lambda x: x.data.sum() > 2,
    "argmax": lambda x: x.data.argmax(),
    "keepdims": lambda x: x.data.sum(keepdims=True),
    "tensor": lambda x: x.sum(),
    "max": lambda x: x.reshape(1, 2).max(1),
    "pair": lambda x: Pair(x.data * 2),
    "nested": lambda x: {"a": [x.data.sum(), (x.data.max(), x.sum())]},
    "subclass": lambda x: Fixed(factor=x.sum()),
    "converted": lambda x: x.data.astype(np.float32).sum(),
    "negated": lambda x: -x.data.sum(),
    "product": lambda x: x.data @ x.data,
}


def kinds(value: Any) -> Any:
    """The types in a result, at every depth."""
    if isinstance(value, dict):
        return type(value), {key: kinds(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value), [kinds(part) for part in value]
    if isinstance(value, Tensor):
        return type(value), kinds(value.data), value.tolist()
    return type(value), value.dtype, value.shape, value.tolist()


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.parametrize("name", RESULTS)
def test_results_are_of_eagers_types(name: str) -> None:
    function = RESULTS[name]
    compiled = mytorch.compile(function)
    for value in (1.0, 2.0, 3.0, 4.0):
        x = Tensor([value, 2.0])
        assert kinds(compiled(x)) == kinds(function(x))
    assert compiled.counts.replayed == (0 if name == "subclass" else 2)


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_while_another_thread_records_or_replays() -> None:
    weight = Tensor([2.0])
    inside, seen = threading.Event(), threading.Event()

    @mytorch.compile
    def slow(x: Tensor) -> Tensor:
        inside.set()
        seen.wait(0.1)
        return x * weight

    thread = threading.Thread(target=slow, args=(Tensor([1.0]),))
    thread.start()
    inside.wait()
    child = os.fork()
    if not child:
        # A lock that nobody has, arrays in their places; no test's clean-up in here.
        works = type(weight.data) is np.ndarray and slow(Tensor([3.0])).item() == 6
        os._exit(0 if works else 1)
    ended, deadline = (0, 1), time.monotonic() + 10
    while time.monotonic() < deadline and not (ended := os.waitpid(child, os.WNOHANG))[0]:
        time.sleep(0.01)
    if not ended[0]:
        os.kill(child, 9)
        os.waitpid(child, 0)
    thread.join()
    assert ended == (child, 0)
