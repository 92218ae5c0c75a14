"""Layers, losses and the functions they are made of."""

from mytorch.nn import functional
from mytorch.nn.activations import ReLU, Sigmoid, Tanh
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.containers import ModuleDict, ModuleList
from mytorch.nn.flatten import Flatten
from mytorch.nn.linear import Identity, Linear
from mytorch.nn.loss import CrossEntropyLoss, Loss, MSELoss
from mytorch.nn.module import Module
from mytorch.nn.normalization import GroupNorm, LayerNorm, RMSNorm
from mytorch.nn.parameter import Parameter
from mytorch.nn.sequential import Sequential

__all__ = [
    "BatchNorm1d",
    "CrossEntropyLoss",
    "Flatten",
    "GroupNorm",
    "Identity",
    "LayerNorm",
    "Linear",
    "Loss",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
]
