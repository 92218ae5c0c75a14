"""Converters of recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch.onnx.graph import Converter, Graph, Operand, Value, refuse

__all__ = ["CONVERTERS"]

FIRST = np.array([0], np.int64)
# The axis of directions in ONNX's outputs (steps, directions, batch, hidden).
SECOND = np.array([1], np.int64)


def _operands(
    g: Graph,
    x: Value,
    states: tuple[Value, ...],
    weights: tuple[Value, Value, Value | None, Value | None],
    sizes: Any,
    order: tuple[int, ...],
) -> list[Operand]:
    """The inputs of ONNX's operators, whose gates are in another order, and which have an axis of
    directions."""
    if sizes is not None:
        raise refuse(
            "packed sequences have no operator in ONNX; export the layer with sequences of one "
            "length, and pad"
        )
    w_ih, w_hh, b_ih, b_hh = weights
    width = w_hh.shape[1]
    rows = np.concatenate([np.arange(width) + width * gate for gate in order])
    parts = [g.node("Gather", part, rows, axis=0) for part in (w_ih, w_hh)]
    if b_ih is not None and b_hh is not None:
        biases = [g.node("Gather", part, rows, axis=0) for part in (b_ih, b_hh)]
        parts.append(g.node("Concat", *biases, axis=0))
    given = [g.node("Unsqueeze", part, FIRST) for part in parts]
    before = [g.node("Unsqueeze", state, FIRST) for state in states]
    return [x, *given, *([None] * (4 - len(given))), *before]


def _rnn(
    g: Graph,
    x: Value,
    h: Value,
    w_ih: Value,
    w_hh: Value,
    b_ih: Value | None,
    b_hh: Value | None,
    sizes: Any,
    relu: bool,
) -> str:
    operands = _operands(g, x, (h,), (w_ih, w_hh, b_ih, b_hh), sizes, (0,))
    curve = "Relu" if relu else "Tanh"
    out = g.node("RNN", *operands, hidden_size=w_hh.shape[1], activations=[curve])
    return g.node("Squeeze", out, SECOND)


def _lstm(
    g: Graph,
    x: Value,
    h: Value,
    c: Value,
    w_ih: Value,
    w_hh: Value,
    b_ih: Value | None,
    b_hh: Value | None,
    w_hr: Value | None,
    sizes: Any,
) -> str:
    if w_hr is not None:
        raise refuse("an LSTM with proj_size has no operator in ONNX")
    operands = _operands(g, x, (h, c), (w_ih, w_hh, b_ih, b_hh), sizes, (0, 3, 1, 2))
    out, _, end = g.several(3, "LSTM", *operands, hidden_size=w_hh.shape[1])
    return g.node("Concat", g.node("Squeeze", out, SECOND), end, axis=0)


def _gru(
    g: Graph,
    x: Value,
    h: Value,
    w_ih: Value,
    w_hh: Value,
    b_ih: Value | None,
    b_hh: Value | None,
    sizes: Any,
) -> str:
    operands = _operands(g, x, (h,), (w_ih, w_hh, b_ih, b_hh), sizes, (1, 0, 2))
    out = g.node("GRU", *operands, hidden_size=w_hh.shape[1], linear_before_reset=1)
    return g.node("Squeeze", out, SECOND)


CONVERTERS: dict[str, Converter] = {"GRU": _gru, "LSTM": _lstm, "RNN": _rnn}
