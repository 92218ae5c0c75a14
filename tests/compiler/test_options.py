"""PyTorch's options of `compile`: taken, or refused by name."""

from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import CompileError, Tensor
from mytorch.compiler.kinds import FIRST
from tests.compiler.trainings import Runs, replayed


def twice(x: Tensor) -> Tensor:
    return x * 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fullgraph": True},
        {"dynamic": True},
        {"dynamic": False},
        {"backend": "inductor"},
        {"mode": "reduce-overhead"},
        {"mode": "max-autotune", "options": {}},
        {"options": None},
    ],
    ids=str,
)
def test_what_asks_for_nothing_else_is_taken(options: Any, recordings: Runs) -> None:
    """Given with the function, or alone, which makes a decorator."""
    for compiled in (mytorch.compile(twice, **options), mytorch.compile(**options)(twice)):
        assert replayed(recordings, lambda run=compiled: run(Tensor([1.0]))).item() == 2


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"backend": "eager"}, ValueError, "no backend 'eager'.*disable=True"),
        ({"backend": twice}, ValueError, "no backend <function twice"),
        ({"mode": "fastest"}, ValueError, "expected one of 'default'.*'fastest'"),
        ({"options": {"epilogue_fusion": True}}, ValueError, "'epilogue_fusion'"),
        ({"options": "fast"}, TypeError, "expected a dict of options, got str"),
        ({"fullgraph": "yes"}, TypeError, "fullgraph, got str 'yes'"),
        ({"dynamic": 3}, TypeError, "dynamic, got int 3"),
        ({"disable": None}, TypeError, "disable, got NoneType"),
        ({"recompile_limit": 3}, TypeError, "recompile_limit"),
    ],
    ids=lambda value: str(value).partition(" at 0x")[0],
)
def test_what_asks_for_something_else_is_refused_by_name(
    options: Any, error: type[Exception], match: str
) -> None:
    for call in (lambda: mytorch.compile(twice, **options), lambda: mytorch.compile(**options)):
        with pytest.raises(error, match=match):
            call()


def test_disabled_it_returns_the_function_itself() -> None:
    assert mytorch.compile(twice, disable=True) is twice
    assert mytorch.compile(disable=True)(twice) is twice


TROUBLES: dict[str, Any] = {
    "eigenvalues": lambda x: Tensor(np.linalg.eigvalsh(x.data)),
    "graph": lambda x: x * Tensor([2.0], requires_grad=True),
    "object": lambda x: (x, object()),
}


@pytest.mark.parametrize("name", ["eigenvalues", "graph", "object"])
def test_a_full_graph_or_an_error_and_state_as_before(name: str) -> None:
    state: dict[str, Any] = {"total": Tensor([[0.0]]), "last": None}

    @mytorch.compile(fullgraph=True)
    def run(x: Tensor) -> Any:
        state["total"].data += x.data
        state["last"] = x * 2
        return TROUBLES[name](x)

    for _ in range(2 * FIRST):
        with pytest.raises(CompileError):
            run(Tensor([[2.0]]))
        assert state["total"].tolist() == [[0.0]]
        assert type(state["total"].data) is np.ndarray
        assert state["last"] is None


def test_a_full_graph_is_refused_before_it_runs_where_that_is_known() -> None:
    runs = []

    @mytorch.compile(fullgraph=True)
    def run(x: Tensor) -> None:
        runs.append(x)

    with pytest.raises(CompileError, match="detach"):
        run(Tensor([1.0], requires_grad=True) * 2)
    assert not runs
