"""`testing.assert_close` beside PyTorch's: what is close, and the text of what is not."""

import re
from typing import Any

import numpy as np
import pytest
import torch

import mytorch

CALLS = [
    "d([1, 2]), d([1, 2 + 1e-8])",
    "d([1, 2]), d([1, 2.5])",
    "f([1, 2]), f([1, 2 + 1e-6])",
    "f([4.0, 3.0]), f([4.0, 2.0])",
    "T.tensor([1, 2]), T.tensor([1, 4])",
    "T.tensor([250], dtype=T.uint8), T.tensor([1], dtype=T.uint8)",
    "T.tensor([True, False]), T.tensor([True, True])",
    "d(1), d(2)",
    "d([1]), d([1, 2])",
    "d([1]), T.tensor([1])",
    "d([1]), T.tensor([1]), check_dtype=False",
    "d([1.1]), T.tensor([1]), check_dtype=False",
    "d([[1, 2], [3, 4]]), d([[1, 2], [4, 4]]), rtol=0, atol=0",
    "d([1]), d([2]), rtol=0.1, atol=0.25",
    "d([1]), d([2]), rtol=0.5, atol=0",
    "d([1]), d([0])",
    "d([nan]), d([nan])",
    "d([nan]), d([nan]), equal_nan=True",
    "d([inf]), d([inf])",
    "d([inf, 1.0]), d([1.0, -inf])",
    "d([]), d([])",
    "d([[1, 2]]).t(), d([[1], [2]]), check_stride=True",
    "T.zeros(2, 3).t(), T.zeros(3, 2), check_stride=True",
    "np.ones(2), np.array([1.0, 4.0])",
    "np.float64(1.0), 1.0",
    "1.0, 2.0",
    "1.0, 0.0",
    "1, 2",
    "1, 1.0",
    "1.0, 1.0000000001",
    "nan, nan",
    "nan, nan, equal_nan=True",
    "True, False",
    "True, True",
    "None, None",
    "[1.0, d([1])], (1.0, d([2]))",
    "[1.0], [1.0, 2.0]",
    "{'a': 1.0}, {'b': 1.0}",
    "{'a': [1.0, 2.0]}, {'a': [1.0, 4.0]}",
    "{'a': [1.0, 2.0]}, {'a': [1.0]}",
    "d([1]), d([2]), msg='not so'",
    "d([1]), d([2]), msg=lambda text: 'here: ' + text",
    "d([1]), d([2]), rtol=1",
    "'a', 'a'",
    "d([1]), 1.0",
    "[d([1]), d([2])], [d([1]), 'a']",
]


def found(T: Any, call: str) -> str:  # noqa: N803
    names = {
        "T": T,
        "np": np,
        "nan": float("nan"),
        "inf": float("inf"),
        "d": lambda numbers: T.tensor(numbers, dtype=T.float64),
        "f": lambda numbers: T.tensor(numbers, dtype=T.float32),
    }
    try:
        eval(f"T.testing.assert_close({call})", names)
    except (AssertionError, TypeError, ValueError) as error:
        return (
            f"{type(error).__name__}: {error}"
            if isinstance(error, AssertionError)
            else str(type(error))
        )
    return "close"


@pytest.mark.parametrize("call", CALLS)
def test_the_answer_and_its_text_are_pytorchs(call: str) -> None:
    theirs = re.sub(r"torch\.Size\(\[(\d+)\]\)", r"(\1,)", found(torch, call))
    theirs = theirs.replace("torch.", "")
    ours = found(mytorch, call)
    assert ours == theirs


def test_what_is_refused_tells_what_came() -> None:
    with pytest.raises(TypeError, match="got Tensor and float"):
        mytorch.testing.assert_close(mytorch.ones(1), 1.0)
    with pytest.raises(ValueError, match="rtol=1, atol=None"):
        mytorch.testing.assert_close(1.0, 1.0, rtol=1)
