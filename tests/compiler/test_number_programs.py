"""Random programs of numbers, which are kept, computed with, compared, set from outside and drawn:
compiled they do what they do as they are, call after call."""

import math
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor

NAMES = ("c.a", "c.b", "c.d['u']", "c.d['v']", "c.l[0]", "c.l[1]", "c.t[0]", "n")
PLAIN = ("2", "0.5", "-1.5", "3")
FORMS = (
    *["({0} + {1})", "({0} - {1})", "({0} * {1})"] * 2,
    "({0} / (1 + abs({1})))",
    "({0} % 2.5)",
    *(f"math.{name}({{0}})" for name in ("sin", "atan", "floor", "ceil")),
    "min({0}, {1})",
    "max({0}, {1})",
    "-{0}",
    "round({0}, 2)",
    *(f"({{0}} if {{1}} {sign} {{2}} else {{3}})" for sign in ("<", ">=", "==")),
)
STATEMENTS = (
    *[f"{name} = {{0}}" for name in NAMES[:6]],
    "c.d['v'] += {0}",
    "c.l = [{0}, c.l[0]]",
    "c.t = (c.t[1], {0})",
    "y = y * {0}",
    "y = y + {0}",
    "y = {0} - y",
    "y = y / (1 + abs({0}))",
    "y = Tensor(y.data * {0})",
    "y = y + Tensor.randn(2) * {0}",
    "y = y * np.random.rand()",
)


def expression(draws: random.Random, depth: int) -> str:
    if depth == 0 or draws.random() < 0.2:
        return draws.choice(NAMES + PLAIN)
    parts = [expression(draws, depth - 1) for _ in range(4)]
    return draws.choice(FORMS).format(*parts)


def program(draws: random.Random) -> str:
    lines = ["def run(c, x, n):", "y = x * 1"]
    for _ in range(draws.randrange(1, 6)):
        lines.append(draws.choice(STATEMENTS).format(expression(draws, draws.randrange(1, 4))))
    # Numbers without bounds would soon be of no use.
    lines += [f"{name} = max(min({name}, 50), -50)" for name in ("c.a", "c.b", "c.d['v']")]
    lines.append(f"return y, {expression(draws, 2)}")
    return "\n    ".join(lines)


def outcomes(text: str, calls: list[Any], compiled: bool) -> list[Any]:
    """What each call gives and leaves."""
    scope: dict[str, Any] = {"math": math, "np": np, "Tensor": Tensor}
    exec(text, scope)
    c = SimpleNamespace(a=1, b=0.5, d={"u": 2, "v": 0.25}, l=[1.5, 3], t=(0.5, 1))

    def run(x: Tensor, n: float) -> Any:
        return scope["run"](c, x, n)

    function = mytorch.compile(run) if compiled else run
    np.random.seed(0)
    found = []
    for number, (n, edit) in enumerate(calls):
        vars(c).update(edit)
        y, value = function(Tensor(np.array([number + 1, 2], np.float32)), n)
        found.append((y.data.tobytes(), y.dtype, repr(value), type(value), repr(c)))
    return found


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.parametrize("seed", range(60))
def test_random_programs_of_numbers(seed: int) -> None:
    draws = random.Random(seed)
    text = program(draws)
    n, calls = 1, []
    for _ in range(12):
        n = draws.choice([n, n, n + 1, n * 0.5])
        edited = draws.random() < 0.2
        edit = {draws.choice("ab"): draws.choice([1, 2.5, -3, 0, 7])} if edited else {}
        calls.append((n, edit))
    eager, compiled = (outcomes(text, calls, ways) for ways in (False, True))
    for number, (one, two) in enumerate(zip(eager, compiled, strict=True)):
        assert one == two, (number, text)
