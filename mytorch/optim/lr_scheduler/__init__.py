"""Learning-rate schedulers: what changes the rates of an optimizer on a plan."""

from mytorch.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from mytorch.optim.lr_scheduler.cosines import CosineAnnealingLR, CosineAnnealingWarmRestarts
from mytorch.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from mytorch.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from mytorch.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from mytorch.optim.lr_scheduler.plateau import ReduceLROnPlateau
from mytorch.optim.lr_scheduler.scheduler import LRScheduler as LRScheduler
from mytorch.optim.lr_scheduler.scheduler import _LRScheduler as _LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
