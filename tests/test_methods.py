"""The methods of Tensor are the operations; their stub tells the types."""

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch

import mytorch
from mytorch import Tensor, ops
from tests import typed_program
from tests.stub import METHODS, STUB, stub
from tests.together import together

# The write-up's, static.
FACTORIES = {"arange", "empty", "ones", "randn", "zeros"}
# They change the shape, which what is in place here cannot.
RESHAPING = {"as_strided_", "squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_", "unsqueeze_"}

OPERATIONS = sorted(METHODS.keys() & set(ops.__all__) - {"polygamma", "where"})
WITH_DIM = [
    name
    for name, method in METHODS.items()
    if not isinstance(method, property) and "dim" in inspect.signature(method).parameters
]


def initial(name: str) -> str:
    return name[0]


def test_the_stub_is_what_its_command_writes() -> None:
    assert STUB.read_text() == stub(), "the operations have changed: run `python -m tests.stub`"


def test_a_program_with_types_runs() -> None:
    # mypy reads it, too: `make lint`, `make test-package`.
    typed_program.main()


@together("name", OPERATIONS, initial)
def test_the_function_is_the_method(name: str) -> None:
    assert getattr(Tensor, name) is getattr(mytorch, name)


def test_methods_are_those_that_pytorch_has() -> None:
    for name in set(ops.__all__) - FACTORIES:
        assert hasattr(Tensor, name) == hasattr(torch.Tensor, name), name
        name += "_"
        if name not in RESHAPING:
            assert hasattr(Tensor, name) == hasattr(torch.Tensor, name), name
    assert {name for name in METHODS if not hasattr(torch.Tensor, name)} == FACTORIES


def test_signatures_and_docstrings_are_those_of_the_functions() -> None:
    assert inspect.signature(Tensor.sum) == inspect.signature(mytorch.sum)
    assert inspect.signature(Tensor.add_) == inspect.signature(mytorch.add)
    assert [*inspect.signature(Tensor([1.0]).add_).parameters] == ["other", "alpha"]
    for name, method in METHODS.items():
        assert inspect.getdoc(method), name
    assert ">>> " in inspect.getdoc(Tensor.sum)  # type: ignore[operator]


@together("name", sorted(METHODS), initial)
def test_methods_have_their_own_names(name: str) -> None:
    method = METHODS[name]
    if not isinstance(method, property):
        assert method.__name__ == name
        assert pickle.loads(pickle.dumps(method)) is method
        assert copy.deepcopy(method) is method
        bound = getattr(Tensor([1.0]), name)
        again = pickle.loads(pickle.dumps(bound))
        assert getattr(again, "__func__", again) is method


@pytest.mark.parametrize("name", WITH_DIM)
def test_numpys_names_are_known_wherever_the_stub_has_them(name: str) -> None:
    options: dict[str, Any] = {"dim": 0, "axis": 0}
    method = inspect.unwrap(METHODS[name])
    for option in [*inspect.signature(method).parameters][1:]:
        options.setdefault(option, Tensor([0]))
    with pytest.raises(TypeError, match=r"dim and axis mean the same; give one of them"):
        getattr(Tensor([1.0]), name)(**options)
