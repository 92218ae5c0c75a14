"""What is replaced as a whole between calls, with what is inside, is an input like an argument."""

import dataclasses
from collections import deque, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor

Pair = namedtuple("Pair", "first second")


@dataclasses.dataclass
class Batch:
    first: Any
    second: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    first: Any
    second: Any


class Raw:
    """Shows what it holds under other names."""

    def __init__(self, first: Any, second: Any) -> None:
        self._parts = (first, second)

    first = property(lambda self: self._parts[0])
    second = property(lambda self: self._parts[1])


KINDS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    "list": (lambda a, b: [a, b], lambda held: (held[0], held[1])),
    "tuple": (lambda a, b: (a, b), lambda held: held),
    "namedtuple": (Pair, lambda held: (held.first, held.second)),
    "dict": (lambda a, b: {"a": a, "b": b}, lambda held: (held["a"], held["b"])),
    "nested": (lambda a, b: {"a": [a, (b,)]}, lambda held: (held["a"][0], held["a"][1][0])),
    "dataclass": (Batch, lambda held: (held.first, held.second)),
    "slots": (Frozen, lambda held: (held.first, held.second)),
    "properties": (Raw, lambda held: (held.first, held.second)),
}


def values(number: int) -> tuple[Tensor, float]:
    return Tensor(np.array([number, 1.0])), number / 4


class Holder:
    held: Any = None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["attribute", "entry", "argument"])
def test_it_is_an_input(kind: str, how: str) -> None:
    make, parts = KINDS[kind]
    holder, entries = Holder(), [make(*values(5)) for _ in range(2) if how == "entry"]

    def step(x: Tensor, given: Any) -> Tensor:
        for held in (holder.held, *entries, given):
            if held is not None:
                first, second = parts(held)
                x = x * first + second
        return x

    compiled = mytorch.compile(step)
    for number in range(24):
        held, given = make(*values(number)), None
        if how == "attribute":
            holder.held = held
        elif how == "entry":
            entries[number % 2] = held
        else:
            given = held
        x = Tensor(np.array([2.0, number]))
        assert compiled(x, given).tolist() == step(x, given).tolist(), number
    assert compiled.counts.replayed > 12
    assert compiled.counts.eager == 0
    # Another shape, type or number of what is inside is another program.
    for first, second in [(Tensor([2.0]), 1.5), (Tensor([2.0, 3.0]), 2), (3.0, Tensor([5.0]))]:
        holder.held = make(first, second)
        x = Tensor(np.array([2.0, 3.0]))
        for _ in range(4):
            assert compiled(x, given).tolist() == step(x, given).tolist()


@pytest.mark.parametrize("make", [list, deque])
def test_one_entry_that_is_replaced_tells_of_the_others(make) -> None:
    """As in a memory of the latest batches."""
    memory = make(Tensor([float(number)]) for number in range(8))
    compiled = mytorch.compile(lambda x: sum(memory) * x)
    for number in range(20):
        memory[3 * number % 8] = Tensor([number + 0.5])
        assert compiled(Tensor([2.0])).item() == 2 * sum(memory).item()
    assert compiled.counts.recorded <= 5
    assert compiled.counts.eager == 0


def test_what_is_set_on_it_is_set_on_the_one_that_is_there() -> None:
    def step(batch: Batch) -> Tensor:
        batch.second = batch.second + batch.first
        return batch.first * 2

    compiled, batches = mytorch.compile(step), []
    for number in range(12):
        batches.append(Batch(Tensor([float(number)]), Tensor([1.0])))
        assert compiled(batches[-1]).item() == 2 * number
    assert compiled.counts.replayed
    assert [batch.second.item() for batch in batches] == [number + 1 for number in range(12)]


class Mode:
    pass


ONE, TWO, THREE = Mode(), Mode(), Mode()
TABLE, NESTED = {ONE: 2.0, TWO: 3.0}, {(ONE, 1): 2.0}
MODES, SOME, NUMBERS = [ONE, TWO], {ONE, THREE}, {id(ONE): 2.0}
ASKED: dict[str, Callable[[Mode], float]] = {
    "is": lambda mode: 2.0 if mode is ONE else 3.0,
    "==": lambda mode: 2.0 if mode == ONE else 3.0,
    "in a list": lambda mode: 2.0 + MODES.index(mode) if MODES.count(mode) else 1.0,
    "in a set": lambda mode: 2.0 if mode in SOME else 3.0,
    "a key": lambda mode: TABLE.get(mode, 1.0),
    "in a key": lambda mode: NESTED.get((mode, 1), 1.0),
    "made a key": lambda mode: {ONE: 2.0, THREE: 4.0}.get(mode, 1.0),
    "id": lambda mode: NUMBERS.get(id(mode), 1.0),
}


@pytest.mark.filterwarnings("ignore:compile")
@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("first", [ONE, THREE, None])
def test_which_of_two_objects_it_is_decides(name: str, first: Mode | None) -> None:
    asked, holder = ASKED[name], Holder()
    compiled = mytorch.compile(lambda x: x * asked(holder.held))
    modes = [first or Mode() for _ in range(4)] + [ONE, TWO, Mode(), THREE, Mode(), ONE, Mode()]
    for mode in (*modes, *modes):
        holder.held = mode
        assert compiled(Tensor(1.0)).item() == asked(mode)
