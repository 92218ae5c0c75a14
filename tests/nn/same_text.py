"""Programs that are run with both libraries, to the letter, and must show the same."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import torch

import mytorch

Program = Callable[[ModuleType], Iterator[Any]]

ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError)


def programs(space: dict[str, Any]) -> list[Program]:
    """The programs of a module: its functions of a library `T`."""
    own = [
        value for value in space.values() if getattr(value, "__module__", "") == space["__name__"]
    ]
    return [value for value in own if "T" in value.__annotations__]


def shown(program: Program, library: ModuleType) -> list[Any]:
    """What a program yields, in plain Python."""
    return [plain(value) for value in program(library)]


def refusal(call: Callable[[], Any]) -> list[str]:
    """The kinds of the error that a call raises; none if it raises none."""
    try:
        call()
    except ERRORS as error:
        return [kind.__name__ for kind in ERRORS if isinstance(error, kind)]
    return []


def plain(value: Any) -> Any:
    """A value that does not tell which library it comes from."""
    if isinstance(value, (torch.Tensor, mytorch.Tensor)):
        return value.detach().numpy().round(12).tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (torch.nn.Module, mytorch.nn.Module)):
        return type(value).__name__
    if isinstance(value, type):
        return value.__name__
    assert isinstance(value, (int, float, str, type(None))), value
    return value


def names(module: Any) -> list[list[str]]:
    """All that a module lists."""
    return [
        [name for name, _ in module.named_parameters()],
        [name for name, _ in module.named_buffers()],
        [name for name, _ in module.named_modules()],
        list(module.state_dict()),
    ]


def linear(T: ModuleType, rows: int = 2, columns: int = 2) -> Any:  # noqa: N803
    """A Linear of halves, and biases of 1."""
    layer = T.nn.Linear(columns, rows)
    layer.weight.data[...] = 0.5
    layer.bias.data[...] = 1.0
    return layer
