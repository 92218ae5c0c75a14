"""Recurrent layers: all steps of one layer in one direction as one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels import recurrent
from mytorch._kernels.recurrent_products import Wants
from mytorch._kernels.steps import Sizes, last
from mytorch._silence import silenced
from mytorch.autograd_engine import Function, grad
from mytorch.engine.context import ContextManager, Wanted, copy_output
from mytorch.grad_mode import enable_grad
from mytorch.nn.functional.affine import linear
from mytorch.ops.joining import cat, stack
from mytorch.tensor import Tensor, wrap

__all__: list[str] = []

# Each operation takes x of shape (T, N, in), or with `sizes`, the numbers of rows of each step, the
# rows of all steps below each other; states before the first step of shape (N, hidden); then
# weights and biases. Both biases are given, or neither. It gives h after each step.


def _keep_states(ctx: ContextManager) -> None:
    """The output is a part of the states."""
    copy_output(ctx)
    ctx.states = ctx.states.copy()


class RNN(Function):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that. The caller has checked the
    operands."""

    fresh_gradients = True
    before_change = _keep_states

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        h: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor | None,
        b_hh: Tensor | None,
        sizes: Sizes | None,
        relu: bool,
    ) -> Tensor:
        arrays = _begin(ctx, (x, h, w_ih, w_hh, b_ih, b_hh), sizes)
        ctx.states = silenced().run(recurrent.rnn, *arrays, ctx.sizes, relu)
        ctx.options = (relu,)
        return _end(ctx, ctx.states[ctx.sizes[0] :])

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return (*_by_steps(ctx, grad_output, _rnn_steps), None)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        rows, wants = _arrived(ctx, gradient), _wants(wanted, 2)
        cache: Any = (ctx.states, ctx.sizes, *ctx.options, wants)
        dh, x, *rest = recurrent.rnn_backward(rows, *_operands(ctx, 0, 2, 3), *cache)
        return _shaped(ctx, x), dh, *rest, None, None


class LSTM(Function):
    """i, f, o = sigmoid and g = tanh of W_ih x + b_ih + W_hh h + b_hh; c = f c + i g;
    h = o tanh(c), or with a projection W_hr times that. The caller has checked the operands.

    Below h after each step it gives c after the last one. They may be of another width: with a
    projection all is one vector.
    """

    fresh_gradients = True
    before_change = _keep_states

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        h: Tensor,
        c: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor | None,
        b_hh: Tensor | None,
        w_hr: Tensor | None,
        sizes: Sizes | None,
    ) -> Tensor:
        arrays = _begin(ctx, (x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr), sizes)
        ctx.states, *ctx.cache = silenced().run(recurrent.lstm, *arrays, ctx.sizes)
        batch = ctx.sizes[0]
        out = ctx.states[batch:]
        if w_hr is None:
            return _end(ctx, out, 1)
        last_c = last(ctx.cache[0][batch:], ctx.sizes)
        return _end(ctx, np.concatenate([out.reshape(-1), last_c.reshape(-1)]))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return _by_steps(ctx, grad_output, _lstm_steps)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        whole, wants = _arrived(ctx, gradient), _wants(wanted, 3)
        x, _, w_hh, w_hr = operands = _operands(ctx, 0, 3, 4, 7)
        batch, width = ctx.sizes[0], w_hh.shape[0] // 4
        if w_hr is None:
            of_h, of_c = whole[: len(whole) - batch], whole[len(whole) - batch :]
        else:
            end = len(whole) - batch * width
            of_h, of_c = whole[:end].reshape(len(x), len(w_hr)), whole[end:]
            of_c = of_c.reshape(batch, width)
        cache: Any = (ctx.states, *ctx.cache, ctx.sizes, wants)
        dh, dc, project, x, *rest = recurrent.lstm_backward(of_h, of_c, *operands, *cache)
        return _shaped(ctx, x), dh, dc, *rest, project, None


class GRU(Function):
    """r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)),
    h = (1 - z) n + z h. The caller has checked the operands."""

    fresh_gradients = True
    before_change = _keep_states

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        h: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor | None,
        b_hh: Tensor | None,
        sizes: Sizes | None,
    ) -> Tensor:
        arrays = _begin(ctx, (x, h, w_ih, w_hh, b_ih, b_hh), sizes)
        ctx.states, *ctx.cache = silenced().run(recurrent.gru, *arrays, ctx.sizes)
        return _end(ctx, ctx.states[ctx.sizes[0] :])

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return _by_steps(ctx, grad_output, _gru_steps)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        rows, wants = _arrived(ctx, gradient), _wants(wanted, 2)
        cache: Any = (ctx.states, *ctx.cache, ctx.sizes, wants)
        dh, x, *rest = recurrent.gru_backward(rows, *_operands(ctx, 0, 2, 3), *cache)
        return _shaped(ctx, x), dh, *rest, None


def _begin(
    ctx: ContextManager, operands: tuple[Tensor | None, ...], sizes: Sizes | None
) -> list[Any]:
    """The operands' arrays in the dtype of the sums; x as rows."""
    ctx.options = ()
    ctx.operands = [operand is not None for operand in operands]
    ctx.save_for_backward(*[operand for operand in operands if operand is not None])
    x: Any = operands[0]
    if not x._data.flags.c_contiguous:
        ctx.copy_before_change(x)
    # Half precision is rounded once, at the end.
    ctx.dtype = dtype = x.dtype
    wide = np.dtype(np.float32) if dtype.itemsize == 2 else dtype
    arrays: list[Any] = [
        None if operand is None else cast(operand._data, wide) for operand in operands
    ]
    if sizes is None:
        steps, batch, width = x.shape
        ctx.sizes = (batch,) * steps
        arrays[0] = arrays[0].reshape(steps * batch, width)
    else:
        ctx.sizes = sizes
    ctx.by_steps = sizes is None
    return arrays


def _end(ctx: ContextManager, rows: Array, more: int = 0) -> Tensor:
    """The output in the operands' dtype, by steps, and as many `more`, if x is."""
    if ctx.by_steps and rows.ndim == 2:
        rows = rows.reshape(len(ctx.sizes) + more, ctx.sizes[0], rows.shape[1])
    out = wrap(cast(rows, ctx.dtype))
    ctx.save_for_backward(out)
    return out


def _arrived(ctx: ContextManager, gradient: Array) -> Array:
    """The output's gradient as rows, or as the vector that the output was, in the dtype of the
    sums."""
    ctx.saved_array(-1)  # which refuses to run twice, and an output that was changed
    if gradient.ndim == 3:
        steps, batch, width = gradient.shape
        gradient = gradient.reshape(steps * batch, width)
    return cast(gradient, ctx.states.dtype)


def _operands(ctx: ContextManager, *positions: int) -> list[Any]:
    """The arrays of operands, in the dtype of the sums, or None; the first as rows."""
    given = ctx.operands
    arrays: list[Any] = [
        cast(ctx.saved_array(sum(given[:position])), ctx.states.dtype) if given[position] else None
        for position in positions
    ]
    arrays[0] = arrays[0].reshape(sum(ctx.sizes), arrays[0].shape[-1])
    return arrays


def _wants(wanted: Wanted, weights: int) -> Wants:
    """Which gradients are wanted of x, and of the weights and biases, the first of which is the
    operand `weights`."""
    return tuple([part is not None for part in (wanted[0], *wanted[weights : weights + 4])])


def _shaped(ctx: ContextManager, rows: Array | None) -> Array | None:
    """The gradient of x in its shape."""
    return None if rows is None else rows.reshape(ctx.saved_array(0).shape)


# Higher derivatives go step by step.

Plain = Callable[..., Tensor]


def _by_steps(ctx: ContextManager, grad_output: Tensor, plain: Plain) -> tuple[Tensor | None, ...]:
    """The gradients as functions of the operands and of `grad_output`: those of `plain`, which
    computes the output by operations that can be differentiated again."""
    saved = iter(ctx.saved_tensors)
    with enable_grad():
        # Not the operands themselves: two of them may be one tensor.
        operands = [_alias(next(saved)) if given else None for given in ctx.operands]
        sizes = None if ctx.by_steps else ctx.sizes
        out = plain(*operands, sizes, *ctx.options)
        given = [operand for operand in operands if operand is not None]
        found = iter(grad(out, given, grad_output, create_graph=True))
    return (*(None if operand is None else next(found) for operand in operands), None)


def _alias(tensor: Tensor) -> Tensor:
    return tensor.clone() if tensor.requires_grad else tensor.detach().requires_grad_()


def _rnn_steps(
    x: Tensor, h: Tensor, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any, relu: bool
) -> Tensor:
    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        z = linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)
        return (z.relu() if relu else z.tanh(),)

    return _steps(step, x, (h,), sizes)[0]


def _lstm_steps(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_hr: Tensor | None,
    sizes: Any,
) -> Tensor:
    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = (linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h if w_hr is None else linear(h, w_hr), c

    out, _, c = _steps(step, x, (h, c), sizes)
    if w_hr is not None:
        return cat([out.reshape(-1), c.reshape(-1)])
    return cat([out, c if out.ndim == 2 else c.unsqueeze(0)])


def _gru_steps(
    x: Tensor, h: Tensor, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any
) -> Tensor:
    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        r, z, n = linear(x, w_ih, b_ih).chunk(3, -1)
        of_r, of_z, of_n = linear(h, w_hh, b_hh).chunk(3, -1)
        z = (z + of_z).sigmoid()
        n = (n + (r + of_r).sigmoid() * of_n).tanh()
        return (n + z * (h - n),)

    return _steps(step, x, (h,), sizes)[0]


def _steps(
    step: Callable[..., tuple[Tensor, ...]],
    x: Tensor,
    states: tuple[Tensor, ...],
    sizes: Sizes | None,
) -> tuple[Tensor, ...]:
    """The first state after each step, and all states after each sequence's last one."""
    parts = x.unbind(0) if sizes is None else x.split(sizes)
    outputs = []
    for part in parts:
        n = len(part)
        new = step(part, *(state[:n] for state in states))
        outputs.append(new[0])
        states = tuple(cat([a, b[n:]]) for a, b in zip(new, states, strict=True))
    return (stack(outputs) if sizes is None else cat(outputs)), *states
