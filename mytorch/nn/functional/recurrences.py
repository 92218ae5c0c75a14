"""Recurrent layers: all steps of one layer in one direction as one operation."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels import recurrent
from mytorch._kernels.products import dot, matmul
from mytorch._kernels.recurrent import Sizes
from mytorch._kernels.sums import add_up
from mytorch._silence import silenced
from mytorch.autograd_engine import Function, grad
from mytorch.grad_mode import enable_grad
from mytorch.graph import ContextManager, Wanted
from mytorch.nn.functional.affine import linear
from mytorch.ops.joining import cat, stack
from mytorch.tensor import Tensor, wrap

__all__: list[str] = []

# Each operation takes x of shape (T, N, in), or with `sizes`, the numbers of rows of each step, the
# rows of all steps below each other; states before the first step of shape (N, hidden); then
# weights and biases. Both biases are given, or neither. It gives h after each step.


class RNN(Function):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that. The caller has checked the
    operands."""

    fresh_gradients = True

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
        rows, *arrays, b, d = _begin(ctx, (x, h, w_ih, w_hh, b_ih, b_hh), sizes)
        shift = None if b is None or d is None else b + d
        ctx.states = silenced().run(recurrent.rnn, rows, *arrays, shift, ctx.sizes, relu)
        ctx.options = (relu,)
        return _end(ctx, ctx.states[len(ctx.states) - len(rows) :])

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return (*_by_steps(ctx, grad_output, _rnn_steps), None)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        rows, states = _arrived(ctx, gradient), ctx.states
        dz, dh = recurrent.rnn_backward(rows, _operand(ctx, 3), states, ctx.sizes, *ctx.options)
        x, *rest = _parts(ctx, wanted, 2, dz, dz, states)
        return x, dh, *rest, None, None


class LSTM(Function):
    """i, f, o = sigmoid and g = tanh of W_ih x + b_ih + W_hh h + b_hh; c = f c + i g;
    h = o tanh(c), or with a projection W_hr times that. The caller has checked the operands.

    Below h after each step it gives c after the last one. They may be of another width: with a
    projection all is one vector.
    """

    fresh_gradients = True

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
        rows, *arrays, b, d, p = _begin(ctx, (x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr), sizes)
        shift = None if b is None or d is None else b + d
        run = silenced().run
        ctx.states, *ctx.cache = run(recurrent.lstm, rows, *arrays, shift, p, ctx.sizes)
        batch = ctx.sizes[0]
        last_c = recurrent.last(ctx.cache[0][batch:], ctx.sizes)
        out = ctx.states[batch:]
        if p is None:
            out[len(out) - batch :] = last_c
            return _end(ctx, out, 1)
        return _end(ctx, np.concatenate([out.reshape(-1), last_c.reshape(-1)]))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return _by_steps(ctx, grad_output, _lstm_steps)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        whole = _arrived(ctx, gradient)
        w_hh, w_hr = _operand(ctx, 4), _operand(ctx, 7)
        states, cells, sizes = ctx.states, ctx.cache[0], ctx.sizes
        batch, width = sizes[0], cells.shape[1]
        if w_hr is None:
            of_h, of_c = whole[: len(whole) - batch], whole[len(whole) - batch :]
            states = states[: len(states) - batch]
        else:
            end = len(whole) - batch * width
            of_h, of_c = whole[:end].reshape(sum(sizes), len(w_hr)), whole[end:]
            of_c = of_c.reshape(batch, width)
        cache: Any = (states, *ctx.cache, sizes)
        dz, dh, dc, project = recurrent.lstm_backward(of_h, of_c, w_hh, w_hr, *cache)
        x, *rest = _parts(ctx, wanted, 3, dz, dz, states)
        return x, dh, dc, *rest, project, None


class GRU(Function):
    """r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)),
    h = (1 - z) n + z h. The caller has checked the operands."""

    fresh_gradients = True

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
        rows, states = _arrived(ctx, gradient), ctx.states
        cache: Any = (*ctx.cache, ctx.sizes)
        dz, dq, dh = recurrent.gru_backward(rows, _operand(ctx, 3), states, *cache)
        x, *rest = _parts(ctx, wanted, 2, dz, dq, states)
        return x, dh, *rest, None


def _begin(
    ctx: ContextManager, operands: tuple[Tensor | None, ...], sizes: Sizes | None
) -> list[Any]:
    """The operands' arrays in the dtype of the sums; x as rows."""
    ctx.options = ()
    ctx.operands = [operand is not None for operand in operands]
    ctx.save_for_backward(*[operand for operand in operands if operand is not None])
    x: Any = operands[0]
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


def _operand(ctx: ContextManager, position: int) -> Any:
    """The array of an operand, in the dtype of the sums, if it was given."""
    given = ctx.operands
    if not given[position]:
        return None
    return cast(ctx.saved_array(sum(given[:position])), ctx.states.dtype)


def _parts(
    ctx: ContextManager, wanted: Wanted, weights: int, dz: Array, dq: Array, states: Array
) -> list[Array | None]:
    """The gradients of x, of both weights, the first of which is the operand `weights`, and of the
    biases, from those of the products with x and with the states, (gates, rows, features)."""
    parts: list[Array | None] = [None] * 5
    if wanted[0] is not None:
        first, *rest = zip(dz, recurrent.by_gate(_operand(ctx, weights), len(dz)), strict=True)
        rows = dot(*first)
        for plane, weight in rest:
            rows += dot(plane, weight)
        parts[0] = rows.reshape(ctx.saved_array(0).shape)
    if wanted[weights] is not None:
        x = _operand(ctx, 0)
        parts[1] = _of_weight(dz, x.reshape(prod(x.shape[:-1]), x.shape[-1]))
    if wanted[weights + 1] is not None:
        parts[2] = _of_weight(dq, recurrent.before(states, ctx.sizes))
    if wanted[weights + 2] is not None:
        parts[3] = _of_bias(dz)
    if wanted[weights + 3] is not None:
        parts[4] = parts[3].copy() if dz is dq and parts[3] is not None else _of_bias(dq)
    return parts


def _of_weight(planes: Array, rows: Array) -> Array:
    gates, _, width = planes.shape
    return matmul(planes.swapaxes(1, 2), rows).reshape(gates * width, rows.shape[1])


def _of_bias(planes: Array) -> Array:
    gates, _, width = planes.shape
    return cast(add_up(planes, (1,)), planes.dtype).reshape(gates * width)


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
