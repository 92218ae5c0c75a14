"""Optimizers: what turns gradients into better parameters."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.optim.adam import Adam
from mytorch.optim.adamw import AdamW
from mytorch.optim.optimizer import Optimizer
from mytorch.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
