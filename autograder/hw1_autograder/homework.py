"""The graded library, imported piece by piece when a test first uses a piece.

Imported at the top of the tests, one broken file would keep all problems from being graded.
"""

from contextlib import suppress
from importlib import import_module
from typing import Any

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
