"""The cross-entropy loss as one operation (write-up 2.5, Appendix B)."""

import numpy as np

from mytorch._dtypes import Array
from mytorch.autograd_engine import Function
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = ["CrossEntropy"]


class CrossEntropy(Function):
    """The mean over the rows n of -log(softmax(logits[n]))[labels[n]].

    The labels are a checked array of integers (N,); the logits have shape (N, C). Composed of
    log_softmax, indexing and a mean it makes a whole training step 1.3 to 1.7 times as long.
    """

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, logits: Tensor, labels: Array) -> Tensor:
        ctx.save_for_backward(logits)
        data = require_floating("cross_entropy", logits)
        # One column a row: NumPy reduces the leading axis three times as fast as the last.
        columns = data.T.copy()
        with np.errstate(invalid="ignore"):
            columns -= np.maximum.reduce(columns, 0)
            picked = columns[labels, np.arange(len(labels))]
            exponentials = np.exp(columns, out=columns)
            sums = add_reduce(exponentials, 0)
            losses = np.log(sums) - picked
            ctx.labels, ctx.exponentials, ctx.sums = labels, exponentials, sums
            # Over no rows the mean is NaN, as PyTorch's.
            return wrap(add_reduce(losses) / np.asarray(len(labels), data.dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (logits,) = ctx.saved_tensors
        labels = ctx.labels
        size = max(len(labels), 1)
        rows = np.arange(len(labels))
        if recording.get():
            # A second derivative needs the softmax as a function of the logits.
            hits = np.zeros(logits.shape, logits.dtype)
            hits[rows, labels] = 1
            return (logits.softmax(1) - Tensor(hits)) * (grad_output / size), None
        scale = grad_output._data / size
        gradient = ctx.exponentials * (scale / ctx.sums)
        gradient[labels, rows] -= scale
        return wrap(gradient.T.copy()), None
