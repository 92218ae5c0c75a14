"""The graded library, imported piece by piece when a test first uses a piece.

Imported at the top of the tests, one broken file would keep all problems from being graded.
"""

import sys
from contextlib import suppress
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

MODULES = {
    "engine": "mytorch.autograd_engine",
    "functional": "mytorch.nn.functional",
    "sequential": "mytorch.nn.sequential",
    "linear": "mytorch.nn.linear",
    "activations": "mytorch.nn.activations",
    "batchnorm": "mytorch.nn.batchnorm",
    "loss": "mytorch.nn.loss",
    "sgd": "mytorch.optim.sgd",
    "operations": "operations",
}


def claim(package: str) -> None:
    """Import the package that lies beside autograder/, even where another one is installed: to
    that one Python would prefer it if it has no `__init__.py`.

    Raises ModuleNotFoundError if there is no such folder, and what importing it raises.
    """
    if package in sys.modules:
        return
    spec = PathFinder.find_spec(package, [str(ROOT)])
    if spec is None:
        raise ModuleNotFoundError(f"there is no folder {package}/ beside autograder/")
    module = sys.modules[package] = module_from_spec(spec)
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[package]
        raise


def tensor(data: Any, **flags: bool) -> Any:
    """A Tensor of the homework."""
    return import_module("mytorch.tensor").Tensor(data, **flags)


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(name)
    # The handout's files import each other in a circle that works only when entered here.
    with suppress(Exception):
        import_module("mytorch.tensor")
    return import_module(MODULES[name])
