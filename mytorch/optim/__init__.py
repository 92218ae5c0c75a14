"""Optimizers: what turns gradients into better parameters."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mytorch._absent import finder
from mytorch.optim.adadelta import Adadelta
from mytorch.optim.adagrad import Adagrad
from mytorch.optim.adam import Adam
from mytorch.optim.adamax import Adamax
from mytorch.optim.adamw import AdamW
from mytorch.optim.asgd import ASGD
from mytorch.optim.lbfgs import LBFGS
from mytorch.optim.muon import Muon
from mytorch.optim.nadam import NAdam
from mytorch.optim.optimizer import Optimizer
from mytorch.optim.radam import RAdam
from mytorch.optim.rmsprop import RMSprop
from mytorch.optim.rprop import Rprop
from mytorch.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
]

if TYPE_CHECKING:
    from mytorch.optim import lr_scheduler as lr_scheduler
    from mytorch.optim import swa_utils as swa_utils
else:
    # Loaded when it is first asked for.
    _LATER = ("lr_scheduler", "swa_utils")

    def __getattr__(name: str) -> Any:
        if name in _LATER:
            return import_module(f"mytorch.optim.{name}")
        return finder(__name__)(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})
