"""Layers, losses and the functions they are made of."""

from mytorch.nn import functional
from mytorch.nn.activations import ReLU, Sigmoid, Tanh
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.linear import Linear
from mytorch.nn.loss import CrossEntropyLoss, Loss, MSELoss
from mytorch.nn.module import Module
from mytorch.nn.sequential import Sequential

__all__ = [
    "BatchNorm1d",
    "CrossEntropyLoss",
    "Linear",
    "Loss",
    "MSELoss",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
]
