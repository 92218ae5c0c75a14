"""Where in a model something arose, for errors and warnings."""

from __future__ import annotations

import os.path
import re
import sys
import warnings
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

from mytorch._dtypes import Array

__all__ = ["describe", "warn_of_wider_input"]

_NN = os.path.dirname(__file__)
_PACKAGE = os.path.dirname(_NN) + os.sep
_MODULE = os.path.join(_NN, "module.py")

# The lines of user's code that have been warned, for each model that was called there.
_warned: WeakKeyDictionary[Any, set[tuple[str, int]]] = WeakKeyDictionary()


def describe(modules: list[Any]) -> str:
    """The place of the first of these modules, each of which is called by the next one, in the form
    `Net.body[2]: Linear(784, 20)`."""
    innermost, outermost = modules[0], modules[-1]
    kind = type(innermost).__name__
    # The whole numbers, as 784 and 20 in "in_features=784, out_features=20, bias=True".
    sizes = ", ".join(re.findall(r"(?<![\w.-])\d+(?![\w.])", innermost.extra_repr()))
    itself = kind if innermost._modules else f"{kind}({sizes})"
    if innermost is outermost:
        return itself
    path = type(outermost).__name__
    for outer, inner in pairwise(modules[::-1]):
        places = outer.named_modules(remove_duplicate=False)
        names = [name for name, module in places if module is inner]
        path += " or ".join(map(_access, names)) if names else f" > {type(inner).__name__}"
    return f"{path}: {itself}"


def _access(name: str) -> str:
    """`.body[2]` for the name `body.2`."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in name.split("."))


def warn_of_wider_input(name: str, data: Array, values: Array) -> None:
    """Warns if the input's floating dtype is wider than a parameter's, for what is computed from it
    is so too. Once for each line of the user's code and the model that it calls."""
    wide, narrow = data.dtype, values.dtype
    if not wide.kind == narrow.kind == "f" or wide.itemsize <= narrow.itemsize:
        return
    modules, line, level = _callers()
    known = _warned.setdefault(modules[-1] if modules else warn_of_wider_input, set())
    if line in known:
        return
    where = f", in {describe(modules)}" if modules else ""
    warnings.warn(
        f"{name}: the input has dtype {wide}, the parameters {narrow}{where}: it is computed in "
        f"{wide} from here on. Convert the input with x.to({narrow.name!r}), or the model with "
        f"model.to({wide.name!r}); set_default_dtype sets what new tensors have",
        stacklevel=level,
    )
    known.add(line)


def _callers() -> tuple[list[Any], tuple[str, int], int]:
    """The modules that are being called, the innermost first, the line of user's code that called
    the last one, and its stacklevel for the caller."""
    modules: list[Any] = []
    line, found = ("", 0), 1
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        frame, level = frame.f_back, level + 1
        code = frame.f_code
        if code.co_filename == _MODULE and code.co_name == "__call__":
            modules.append(frame.f_locals["self"])
            found = 1
        elif found == 1 and not code.co_filename.startswith(_PACKAGE):
            line, found = (code.co_filename, frame.f_lineno), level
    return modules, line, found
