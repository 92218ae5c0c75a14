"""`counts` tells which calls were recorded, replayed and run as they are."""

import pytest

import mytorch
from mytorch import Tensor

X = Tensor([1.0])


def test_each_call_is_counted_by_the_way_it_ran() -> None:
    factor = 2.0
    compiled = mytorch.compile(lambda x: x * factor)
    found = []
    for number in range(6):
        factor = 3.0 if number > 3 else 2.0
        compiled(X)
        found.append(tuple(compiled.counts))
    assert found == [(1, 0, 0), (2, 0, 0), (2, 1, 0), (2, 2, 0), (3, 2, 0), (3, 3, 0)]
    assert compiled.counts._fields == ("recorded", "replayed", "eager")


def test_what_gave_up_is_counted_as_eager() -> None:
    compiled = mytorch.compile(lambda x: (x * 2, object()))
    with pytest.warns(UserWarning, match="uncompiled"):
        compiled(X)
    assert compiled.counts == (1, 0, 0)
    compiled(X)
    assert compiled.counts == (1, 0, 1)
    seen: list[float] = []

    def grow(x: Tensor) -> Tensor:
        seen.append(0.5)
        return x * len(seen)

    compiled = mytorch.compile(grow)
    compiled(X)  # a first run may make what the others find
    with pytest.warns(UserWarning, match="adds"):
        compiled(X)
    compiled(X)
    assert compiled.counts == (2, 0, 1)


def test_calls_inside_anothers_recorded_run_are_a_part_of_it() -> None:
    inner = mytorch.compile(lambda x: x * 2)
    outer = mytorch.compile(lambda x: inner(x) + 1)
    for _ in range(4):
        outer(X)
    assert outer.counts == (2, 2, 0)
    assert inner.counts == (0, 0, 0)
