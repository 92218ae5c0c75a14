"""Connectionist temporal classification: the loss of labels without their places in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._kernels.alignments import forwards, occupied, summed
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.nn.functional.losses import reduced, require_reduction
from mytorch.ops import where
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import require_floating
from mytorch.ops.joining import cat, stack
from mytorch.ops.scattering import scatter_add
from mytorch.tensor import Tensor, wrap

__all__ = ["ctc_loss"]


class CTC(Function):
    """-log of the probability (N,) of labels (N, S), blanks among them, by log probabilities
    (T, N, C), of which each example has `lengths` (N,), and which end at `ends` (N, S).

    As PyTorch's, the gradient is that of log_softmax in front: exp(logs) is added, which
    log_softmax takes away again. An infinite loss has the gradient NaN, or (`finite`) 0.
    """

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(
        ctx: ContextManager,
        logs: Tensor,
        labels: Array,
        skips: Array,
        ends: Array,
        lengths: Array,
        finite: bool,
    ) -> Tensor:
        ctx.save_for_backward(logs)
        data = logs._data
        rows = np.arange(len(labels))
        # In float64: the logarithms become large, and their differences are asked for.
        emitted = data[:, rows[:, None], labels].astype(np.float64)
        alphas = forwards(emitted, skips)
        arrived = alphas[np.maximum(lengths - 1, 0), rows]
        # Before the first step, the way is at the blank before all labels.
        start = np.where(np.arange(labels.shape[1]), -np.inf, 0.0)
        arrived = np.where(lengths[:, None] > 0, arrived, start)
        total = summed(np.where(ends, arrived, -np.inf), 1)
        ctx.found = emitted, alphas, total
        ctx.given = labels, skips, ends, lengths, finite
        return wrap(np.where(finite & (total == -np.inf), 0, -total).astype(data.dtype))

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor, None, None, None, None, None]:
        logs, (labels, skips, ends, lengths, finite), total = ctx.saved(0), ctx.given, ctx.found[2]
        index = wrap(np.broadcast_to(labels, (logs.shape[0], *labels.shape)).copy())
        places = _occupied(logs.gather(2, index), skips, ends, lengths)
        undefined = wrap(np.where(total == -np.inf, np.nan, 0.0).astype(logs.dtype)[:, None])
        slope = scatter_add(logs.exp(), 2, index, -places) * grad_output.unsqueeze(1) + undefined
        return where(_used(logs.shape[0], lengths, total, finite), slope, 0.0), *_NONE

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None, None, None, None, None]:
        data, (labels, skips, ends, lengths, finite) = ctx.saved_array(0), ctx.given
        emitted, alphas, total = ctx.found
        places = occupied(emitted, skips, ends, lengths - 1, alphas, total)
        classes = (labels[:, :, None] == np.arange(data.shape[2])).astype(data.dtype)
        places = places.astype(data.dtype)
        slope = np.exp(data)
        slope -= np.matmul(places.transpose(1, 0, 2), classes).transpose(1, 0, 2)
        slope *= gradient[:, None]
        return np.where(_used(len(data), lengths, total, finite), slope, 0), *_NONE


_NONE = (None, None, None, None, None)


def _used(steps: int, lengths: Array, total: Array, finite: bool) -> Array:
    """Which log probabilities (T, N, 1) have a gradient."""
    used = np.arange(steps)[:, None] < lengths
    if finite:
        used = used & (total != -np.inf)
    found: Array = used[:, :, None]
    return found


def _occupied(emitted: Tensor, skips: Array, ends: Array, lengths: Array) -> Tensor:
    """The kernel `occupied` by Tensor operations. What is impossible has a large negative number:
    the gradient of logsumexp is undefined where all are infinite."""
    steps, examples, states = emitted.shape

    def log(mask: Array) -> Tensor:
        return wrap(np.where(mask, 0.0, -1e30).astype(emitted.dtype))

    never = log(np.zeros((examples, 1), bool))
    skipping, final = log(skips), log(ends)
    alphas, betas = [emitted[0] + log(np.arange(states) < 2)], [final]
    for step in range(1, steps):
        at = alphas[-1]
        second = cat([never, at[:, :-1]], 1)
        third = cat([never, second[:, :-1]], 1) + skipping
        alphas.append(stack([at, second, third]).logsumexp(0) + emitted[step])
    for step in range(steps - 2, -1, -1):
        at = betas[-1] + emitted[step + 1]
        second = cat([at[:, 1:], never], 1)
        third = cat([(at + skipping)[:, 2:], never, never], 1)[:, :states]
        found = stack([at, second, third]).logsumexp(0)
        betas.append(where((lengths - 1 <= step)[:, None], final, found))
    ways = stack(alphas) + stack(betas[::-1])
    return (ways - ways.logsumexp(2, keepdim=True)).exp()


@numpy_names
def ctc_loss(
    log_probs: Tensor,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that a sequence in time says the labels: the sum over all ways to
    place them in order, each for one step or more, with blanks anywhere between, and at least one
    between two that are equal.

    Arguments:
        log_probs: of steps, examples and classes, floating (T, N, C), or (T, C) of one example: a
            log_softmax over the classes.
        targets: labels, integers from 0 to C - 1: (N, S), or those of all examples one after the
            other (sum(target_lengths),).
        input_lengths: how many steps each of the N examples has, at most T.
        target_lengths: how many labels.
        blank: the class that stands for no label.
        reduction: "mean" divides each loss by its number of labels (at least 1), and takes the mean
            over the examples; or "sum", or "none".
        zero_infinity: takes a loss of infinity (there are too few steps for the labels) for 0.

    As PyTorch's, the gradient is that for log probabilities made by log_softmax: it has exp(logs)
    added, which log_softmax takes away. PyTorch has no second derivative.

    Raises ShapeError for shapes that do not fit, DtypeError for log probabilities that are not
    floating or labels or lengths that are not integers, RangeError for a label, blank or length out
    of range, ValueError for another reduction.

    Source: Graves et al., "Connectionist temporal classification", 2006.

    >>> log_probs = Tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log()  # each of 4 ways has 1/4
    >>> ctc_loss(log_probs, Tensor([[1]]), [2], [1]).exp()  # 3 of them say one 1
    tensor(1.33333333)
    """
    name = "ctc_loss"
    require_reduction(name, reduction)
    shape = require_floating(name, log_probs).shape
    if len(shape) not in (2, 3) or not log_probs.numel():
        raise ShapeError(f"{name}: expected log_probs (T, N, C) or (T, C), got {shape}")
    single = len(shape) == 2
    logs = log_probs.unsqueeze(1) if single else log_probs
    steps, examples, classes = logs.shape
    lengths = _lengths(name, "input_lengths", input_lengths, examples)
    sizes = _lengths(name, "target_lengths", target_lengths, examples)
    _require(name, "input length", lengths, steps + 1)
    if not 0 <= blank < classes:
        raise RangeError(f"{name}: expected a blank from 0 to {classes - 1}, got {blank}")
    rows = _labels(name, _integers(name, "targets", targets), sizes)
    counted = np.arange(rows.shape[1]) < sizes[:, None]
    rows = np.where(counted, rows, blank)
    _require(name, "label", rows, classes)
    labels = np.zeros((examples, 2 * rows.shape[1] + 1), np.int64, like=rows) + blank
    labels[:, 1::2] = rows
    skips = np.zeros(labels.shape, bool, like=rows)
    skips[:, 2:] = labels[:, 2:] != labels[:, :-2]
    after = 2 * sizes[:, None] - np.arange(labels.shape[1])
    ends = (after == 0) | (after == 1)
    finite = flag(name, "zero_infinity", zero_infinity)
    loss = CTC.apply(logs, labels, skips, ends, lengths, finite)
    if reduction == "mean":
        loss = loss / wrap(np.maximum(sizes, 1).astype(loss.dtype))
    loss = reduced(name, loss, reduction)
    return loss.reshape(()) if single else loss


def _labels(name: str, labels: Array, sizes: Array) -> Array:
    """The labels (N, S), of which an example has the first `sizes`."""
    _require(name, "target length", sizes, None)
    if labels.ndim == 1:
        total = int(sizes.sum())
        if len(labels) != total:
            raise ShapeError(
                f"{name}: expected {total} targets, as many as target_lengths say, got "
                f"{len(labels)}"
            )
        starts = np.cumsum(sizes) - sizes
        places = starts[:, None] + np.arange(int(sizes.max()))
        return labels[np.minimum(places, max(total - 1, 0))] if total else labels.reshape(-1, 1)[:0]
    if labels.ndim != 2 or len(labels) != len(sizes):
        raise ShapeError(
            f"{name}: expected targets ({len(sizes)}, S), or one after the other, got "
            f"{labels.shape}"
        )
    _require(name, "target length", sizes, labels.shape[1] + 1)
    return labels


def _lengths(name: str, what: str, lengths: Any, examples: int) -> Array:
    found = _integers(name, what, lengths).reshape(-1)
    if len(found) != examples:
        raise ShapeError(f"{name}: expected {examples} {what}, got {len(found)}")
    return found


def _integers(name: str, what: str, values: Any) -> Array:
    array = values.data if isinstance(values, Tensor) else np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        raise DtypeError(
            f"{name}: expected integers as {what}, got {array.dtype}; convert them with "
            f"{what}.to(int)"
        )
    return array.astype(np.int64)


def _require(name: str, what: str, values: Array, above: int | None) -> None:
    """Raises RangeError for a number below 0, or not below `above`."""
    wrong = values[(values < 0) | (values >= above)] if above is not None else values[values < 0]
    if wrong.size:
        most = "" if above is None else f" to {above - 1}"
        raise RangeError(f"{name}: {what} {wrong[0]} is out of range; expected 0{most}")
