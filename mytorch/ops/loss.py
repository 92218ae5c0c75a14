"""The cross-entropy loss as one operation (write-up 2.5, Appendix B)."""

import numpy as np

from mytorch._dtypes import Array
from mytorch.autograd_engine import Function
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import require_floating
from mytorch.ops.activation import log_softmax_of
from mytorch.tensor import Tensor, wrap

__all__ = ["CrossEntropy"]


class CrossEntropy(Function):
    """The mean over the rows n of -log(softmax(logits[n]))[labels[n]].

    The labels are a checked array of integers (N,); the logits have shape (N, C).
    """

    @staticmethod
    def forward(ctx: ContextManager, logits: Tensor, labels: Array) -> Tensor:
        ctx.save_for_backward(logits)
        ctx.labels = labels
        ctx.log_softmax = log_softmax_of(require_floating("cross_entropy", logits), 1)
        picked = ctx.log_softmax[np.arange(len(labels)), labels]
        # Over no rows the mean is NaN, as PyTorch's.
        with np.errstate(invalid="ignore"):
            return wrap(-picked.sum() / np.asarray(len(labels), picked.dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (logits,) = ctx.saved_tensors
        labels = ctx.labels
        # A second derivative needs the softmax as a function of the logits.
        softmax = logits.softmax(1) if recording.get() else Tensor(np.exp(ctx.log_softmax))
        hits = np.zeros(logits.shape, logits.dtype)
        hits[np.arange(len(labels)), labels] = 1
        return (softmax - Tensor(hits)) * (grad_output / max(len(labels), 1)), None
