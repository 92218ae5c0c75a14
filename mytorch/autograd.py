"""PyTorch's address of what concerns differentiation: `mytorch.autograd.grad` and its kin."""

from mytorch.anomaly import detect_anomaly, set_detect_anomaly
from mytorch.autograd_engine import Function, grad
from mytorch.gradcheck import gradcheck, gradgradcheck

__all__ = [
    "Function",
    "detect_anomaly",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "set_detect_anomaly",
]
