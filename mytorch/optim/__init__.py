"""Optimizers: what turns gradients into better parameters."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.optim.adagrad import Adagrad
from mytorch.optim.adam import Adam
from mytorch.optim.adamw import AdamW
from mytorch.optim.optimizer import Optimizer
from mytorch.optim.rmsprop import RMSprop
from mytorch.optim.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
