"""What is not understood is not replayed: a compiled function sees each change of what it depends
on, or it runs as it is, with one warning that names what is not understood, and where."""

import builtins
import collections
import contextlib
import decimal
import math
import random
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

import mytorch
import mytorch.nn.functional as F
from mytorch import Tensor, nn, no_grad
from tests.compiler.understood import CASES, Case


def seen(make: Case) -> tuple[object, list[str]]:
    """The counts of the compiled program and its warnings; fails if it is ever not as eager."""
    found = []
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        for kind in (lambda run: run, mytorch.compile):
            np.random.seed(0)
            random.seed(0)
            run, change = make()
            step = kind(run)
            results = []
            for number in range(12):
                if number == 6:
                    change()
                results.append(step(Tensor(np.array([1.0, 2.0]))).tolist())
            found.append(results)
    assert found[0] == found[1]
    told = [str(warning.message) for warning in raised if "compile" in str(warning.message)]
    assert len(told) <= 1
    assert step.counts.replayed > 2 or told
    return step.counts, told


@contextlib.contextmanager
def put_back(owner: object, name: str) -> Iterator[None]:
    own, before = name in vars(owner), getattr(owner, name, None)
    try:
        yield
    finally:
        setattr(owner, name, before) if own else delattr(owner, name)


PATCHES = {
    "forward": (nn.ReLU, "forward", lambda self, x: x * 3),
    "call": (nn.Module, "__call__", lambda self, x: x * 3),
    "function": (F, "relu", lambda x: x * 3),
    "method": (Tensor, "exp", lambda x: x * 3),
    "operator": (Tensor, "__mul__", lambda x, y: x - y),
    "class": (nn, "ReLU", nn.Tanh),
    "inner": (nn.Linear, "forward", lambda self, x: x * 3),
    "numpy": (np, "sinh", np.cosh),
    "math": (math, "sqrt", lambda number: 3.0),
    "builtin": (builtins, "max", lambda *numbers: 3.0),
    "name": (builtins, "scale", 3.0),
}


@pytest.mark.filterwarnings("ignore:compile. run runs uncompiled:UserWarning")
@pytest.mark.parametrize("patch", PATCHES)
def test_a_patch_of_the_library_is_seen(patch: str) -> None:
    owner, name, value = PATCHES[patch]
    layer = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def run(x):
        with no_grad():
            y = layer(x) + F.relu(x) + x.exp() * 2 + nn.ReLU()(x)
            try:
                y = y * scale  # type: ignore[name-defined]
            except NameError:
                y = y * max(1.0, 0.5)
            return y + Tensor(np.sinh(x.data)) * math.sqrt(4.0)

    compiled = mytorch.compile(run)
    x = Tensor(np.array([[1.0, 2.0]]))
    with put_back(owner, name):
        for _ in range(5):
            assert compiled(x).tolist() == run(x).tolist()
        assert compiled.counts.replayed == 3
        setattr(owner, name, value)
        assert compiled(x).tolist() == run(x).tolist()
    assert compiled(x).tolist() == run(x).tolist()


@pytest.mark.parametrize("kind", [nn.Linear, nn.Module, Tensor])
def test_an_attribute_that_a_class_of_the_library_was_given_is_seen(
    kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = nn.Linear(1, 1)
    run = lambda x: x * (x if kind is Tensor else layer).scale  # type: ignore[operator]  # noqa: E731
    compiled = mytorch.compile(run)
    for scale in (2.0, 2.0, 2.0, 3.0):
        monkeypatch.setattr(kind, "scale", scale, raising=False)
        assert compiled(Tensor([1.0])).tolist() == [scale]
    assert compiled.counts.replayed == 1


HOLDERS = {"class": nn.Module, "numpy": np, "library": mytorch}
ASKED = {
    "by any name": lambda thing: getattr(thing, "sc" + "ale", 2.0),
    "with hasattr": lambda thing: thing.scale if hasattr(thing, "scale") else 2.0,
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("how", ASKED)
def test_an_attribute_that_was_not_there_is_seen(
    holder: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, asked = nn.Linear(1, 1), ASKED[how]
    thing = layer if holder == "class" else HOLDERS[holder]
    compiled = mytorch.compile(lambda x: x * asked(thing))
    for _ in range(3):
        assert compiled(Tensor([1.0])).tolist() == [2.0]
    for scale in (3.0, 3.0, 3.0, 4.0):
        monkeypatch.setattr(HOLDERS[holder], "scale", scale, raising=False)
        assert compiled(Tensor([1.0])).tolist() == [scale]
    assert compiled.counts.replayed == 2


@pytest.mark.filterwarnings("ignore:compile. <lambda> runs uncompiled:UserWarning")
def test_the_precision_of_decimals_is_seen() -> None:
    one = decimal.Decimal(1)
    with decimal.localcontext() as context:
        run = lambda x: x * float(one / 3)  # noqa: E731
        compiled = mytorch.compile(run)
        for context.prec in (28, 28, 28, 3):
            assert compiled(Tensor([1.0])).tolist() == run(Tensor([1.0])).tolist()


IDENTITIES = {
    "is": lambda x, y: x * 2 if x is y else x * 3,
    "in": lambda x, y: x * 2 if id(x) in {id(y)} else x * 3,
    "key": lambda x, y: x * {y: 2, Tensor([0.0]): 1}.get(x, 3),
    "not": lambda x, y: x * 2 if x is not y else x * 3,
    "member": lambda x, y: x * (2 if any(x is z for z in [y]) else 3),
}


@pytest.mark.parametrize("how", IDENTITIES)
def test_which_arguments_are_one_is_seen(how: str) -> None:
    run = IDENTITIES[how]
    compiled = mytorch.compile(run)
    one, two = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    for _ in range(3):
        for _ in range(4):
            assert compiled(one, two).tolist() == run(one, two).tolist()
        for _ in range(4):
            assert compiled(one, one).tolist() == run(one, one).tolist()


def test_whether_an_argument_is_known_is_seen() -> None:
    known = Tensor([1.0, 2.0])
    for run in (
        lambda x: x * 2 if x is known else x * 3,
        lambda x: x * {known: 2}.get(x, 3),
    ):
        compiled = mytorch.compile(run)
        for _ in range(5):
            assert compiled(Tensor([1.0, 2.0])).tolist() == [3, 6]
        assert compiled(known).tolist() == [2, 4]


BATCHES = {
    "namedtuple": lambda x: collections.namedtuple("B", "x")(x),
    "list of tuples": lambda x: [(x, 1)],
    "dict of tuples": lambda x: {"x": (x, 1)},
    "tuple of lists": lambda x: ([x],),
    "deep": lambda x: ({"x": [(1, (x,))]},),
}
READS = {
    "namedtuple": lambda b: b.x,
    "list of tuples": lambda b: b[0][0],
    "dict of tuples": lambda b: b["x"][0],
    "tuple of lists": lambda b: b[0][0],
    "deep": lambda b: b[0]["x"][0][1][0],
}


@pytest.mark.parametrize("kind", BATCHES)
def test_arrays_in_whatever_an_argument_is(kind: str) -> None:
    make = BATCHES[kind]
    if kind == "namedtuple":
        B = collections.namedtuple("B", "x")
        make = B
    read = READS[kind]
    compiled = mytorch.compile(lambda b: Tensor(read(b) / 2))
    for number in range(8):
        assert compiled(make(np.array([float(number)]))).item() == number / 2
    assert compiled.counts.replayed > 3


def test_an_observer_is_told_of_compiled_steps() -> None:
    told = []

    class Names(mytorch.observe.Observer):
        def applied(self, operation, args, output):
            told.append(operation.__name__)

    compiled = mytorch.compile(lambda x: x * 2)
    x = Tensor([1.0])
    for _ in range(4):
        compiled(x)
    with Names():
        for _ in range(3):
            compiled(x)
    assert told == ["Mul"] * 3
    compiled(x)
    assert compiled.counts == (2, 3, 3)
    with pytest.raises(RuntimeError), mytorch.autograd.detect_anomaly():
        mytorch.compile(lambda x: x.log())(Tensor([-1.0], requires_grad=True))


def test_a_function_that_only_the_library_calls_is_replaced(monkeypatch) -> None:
    layer = nn.ReLU()
    compiled = mytorch.compile(lambda x: layer(x) + 1)
    for _ in range(4):
        compiled(Tensor([1.0]))
    monkeypatch.setattr(mytorch.nn.activations, "relu", lambda *args: args[0] * 3)
    assert compiled(Tensor([1.0])).item() == layer(Tensor([1.0])).item() + 1 == 4
    monkeypatch.undo()
    assert compiled(Tensor([1.0])).item() == 2
    assert compiled.counts.replayed == 2


ELSEWHERE = [
    (np, "exp", lambda a, *args, **kwargs: np.cosh(a)),
    (np, "log", np.cbrt),
    (np.linalg, "inv", lambda a: a * 3),
    (mytorch.ops.elementwise.Exp, "forward", staticmethod(lambda ctx, x: x * 3)),
    (mytorch.ops.arithmetic.Mul, "array_backward", staticmethod(lambda *args: [args[1]] * 2)),
]


@pytest.mark.parametrize(("owner", "name", "new"), ELSEWHERE)
def test_what_the_library_finds_elsewhere_is_replaced(owner, name, new, monkeypatch) -> None:
    w = Tensor([[0.5]], requires_grad=True)

    def step(x):
        w.grad = None
        (mytorch.linalg.inv(x.exp() * w).log() * w).sum().backward()
        return w.grad.detach() * 2

    compiled = mytorch.compile(step)
    for _ in range(5):
        before = compiled(Tensor([[1.0]])).item()
    assert compiled.counts.replayed == 2
    monkeypatch.setattr(owner, name, new)
    for _ in range(2):
        assert compiled(Tensor([[1.0]])).item() == step(Tensor([[1.0]])).item()
    monkeypatch.undo()
    assert compiled(Tensor([[1.0]])).item() == before


def test_numpy_raises_errors_as_it_is_told() -> None:
    compiled = mytorch.compile(lambda x: Tensor(np.divide(1, x.data)) / 2)
    for _ in range(4):
        compiled(Tensor([2.0]))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(Tensor([0.0]))
    with np.errstate(divide="ignore"):
        assert compiled(Tensor([0.0])).item() == np.inf
    assert compiled.counts.replayed == 3


def test_code_that_names_a_dtype_is_replayed() -> None:
    """The library has its class by the name by which a tensor has its own."""
    compiled = mytorch.compile(lambda x: mytorch.zeros(2, dtype=x.dtype) + x.to(np.float32).T)
    for number in range(4):
        compiled(Tensor([number, 2.0]))
    assert compiled.counts == (2, 2, 0)


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_seen_or_it_is_not_replayed(name: str) -> None:
    seen(CASES[name])
