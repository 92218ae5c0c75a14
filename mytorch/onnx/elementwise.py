"""Converters of what is computed element by element, and of activations."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np

from mytorch.onnx.graph import Converter, Graph, Value, refuse

__all__ = ["CONVERTERS"]


def _plain(operator: str) -> Converter:
    """The converter of an operation that has an operator of its own."""
    return lambda g, *operands: g.node(operator, *map(g.cast, operands))


def _compared(operator: str, negated: bool = False) -> Converter:
    """The converter of a comparison, of which one side may be a number."""

    def convert(g: Graph, a: Any, b: Any) -> str:
        values = [operand for operand in (a, b) if isinstance(operand, Value)]
        dtype = np.result_type(*(value.dtype for value in values))
        numbers = [operand for operand in (a, b) if not isinstance(operand, Value)]
        if dtype == BOOL or not all(_fits(number, dtype) for number in numbers):
            dtype = np.result_type(np.int64, *map(type, numbers))
        sides = [
            g.cast(operand, dtype) if isinstance(operand, Value) else np.asarray(operand, dtype)
            for operand in (a, b)
        ]
        out = g.node(operator, *sides)
        return g.node("Not", out) if negated else out

    return convert


def _fits(number: float, dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "f" or np.asarray(number, dtype) == number


def _logical(operator: str) -> Converter:
    return lambda g, *operands: g.node(operator, *(g.cast(a, BOOL) for a in operands))


def _bits(operator: str) -> Converter:
    def convert(g: Graph, *operands: Value) -> str:
        booleans = g.out.dtype == BOOL
        return g.node(operator if booleans else f"Bitwise{operator}", *map(g.cast, operands))

    return convert


def _rounded_div(g: Graph, a: Value, b: Value, mode: str) -> str:
    x, y = g.cast(a), g.cast(b)
    if g.out.dtype.kind == "f":
        quotient = g.node("Div", x, y)
        if mode == "floor":
            return g.node("Floor", quotient)
        size = g.node("Floor", g.node("Abs", quotient))
        return g.node("Mul", size, g.node("Sign", quotient))
    if mode == "floor":
        x = g.node("Sub", x, g.node("Mod", x, y))
    return g.node("Div", x, y)


def _remainder(g: Graph, a: Value, b: Value) -> str:
    x, y = g.cast(a), g.cast(b)
    if g.out.dtype.kind != "f":
        return g.node("Mod", x, y)
    return g.node("Sub", x, g.node("Mul", y, g.node("Floor", g.node("Div", x, y))))


def _step(g: Graph, a: Value, function: Any) -> str:
    operators = {"floor": "Floor", "ceil": "Ceil", "rint": "Round", "signs_of": "Sign"}
    name = function.__name__
    if name == "copy":
        return g.node("Identity", a)
    if name == "trunc":
        return g.node("Mul", g.node("Floor", g.node("Abs", a)), g.node("Sign", a))
    if name not in operators:
        raise refuse("rounding to decimals has no operator in ONNX; scale, round and scale back")
    return g.node(operators[name], a)


def _scaled(operator: str, factor: float) -> Converter:
    return lambda g, a: g.node("Mul", g.node(operator, a), g.number(factor))


def _elu(g: Graph, a: Value, alpha: float, scale: float, rate: float) -> str:
    if rate == 1 and scale == 1:
        return g.node("Elu", a, alpha=alpha)
    if rate == 1:
        return g.node("Selu", a, alpha=alpha, gamma=scale)
    inner = g.node("Mul", g.node("Min", a, g.number(0)), g.number(rate))
    curved = g.node("Sub", g.node("Exp", inner), g.number(1))
    curved = g.node("Mul", curved, g.number(alpha * scale))
    straight = g.node("Mul", a, g.number(scale))
    return g.node("Where", g.node("Greater", a, g.number(0)), straight, curved)


def _softplus(g: Graph, a: Value, beta: float, threshold: float) -> str:
    scaled = g.node("Mul", a, g.number(beta))
    curved = g.node("Div", g.node("Softplus", scaled), g.number(beta))
    return g.node("Where", g.node("Greater", scaled, g.number(threshold)), a, curved)


def _gelu(g: Graph, a: Value) -> str:
    share = g.node("Erf", g.node("Mul", a, g.number(sqrt(0.5))))
    share = g.node("Mul", g.node("Add", share, g.number(1)), g.number(0.5))
    return g.node("Mul", a, share)


def _tanh_gelu(g: Graph, a: Value) -> str:
    cube = g.node("Mul", g.node("Mul", a, g.node("Mul", a, a)), g.number(0.044715))
    inner = g.node("Mul", g.node("Add", a, cube), g.number(sqrt(2 / pi)))
    share = g.node("Mul", g.node("Add", g.node("Tanh", inner), g.number(1)), g.number(0.5))
    return g.node("Mul", a, share)


def _clamp(g: Graph, a: Value, low: Value | None, high: Value | None) -> str:
    out = g.cast(a)
    if low is not None:
        out = g.node("Max", out, g.cast(low))
    return out if high is None else g.node("Min", out, g.cast(high))


def _add_combined(operator: str) -> Converter:
    def convert(g: Graph, a: Value, b: Value, c: Value, value: float) -> str:
        part = g.node(operator, g.node("Mul", g.cast(b), g.number(value)), g.cast(c))
        return g.node("Add", g.cast(a), part)

    return convert


def _number_that(comparison: str) -> Converter:
    def convert(g: Graph, a: Value, b: Value) -> str:
        x, y = g.cast(a), g.cast(b)
        first = g.node("Or", g.node(comparison, x, y), g.node("IsNaN", y))
        return g.node("Where", first, x, y)

    return convert


def _threshold(g: Graph, a: Value, limit: float, value: float) -> str:
    clipped = g.node("LessOrEqual", a, g.number(limit))
    return g.node("Where", clipped, g.number(value), a)


def _shrink(g: Graph, a: Value, lambd: float, soft: bool) -> str:
    within = g.node("Clip", a, g.number(-lambd), g.number(lambd))
    outside = g.node("Sub", a, within) if soft else a
    near = g.node("LessOrEqual", g.node("Abs", a), g.number(lambd))
    return g.node("Where", near, g.number(0), outside)


def _nan_to_num(g: Graph, a: Value, nan: float, high: float, low: float) -> str:
    ends = g.node("Where", g.node("Greater", a, g.number(0)), g.number(high), g.number(low))
    known = g.node("Where", g.node("IsInf", a), ends, a)
    return g.node("Where", g.node("IsNaN", a), g.number(nan), known)


def _huber(g: Graph, a: Value, delta: float, divisor: float) -> str:
    near = g.node("Clip", a, g.number(-delta), g.number(delta))
    rest = g.node("Sub", a, g.node("Mul", near, g.number(0.5)))
    return g.node("Mul", rest, g.node("Div", near, g.number(divisor)))


def _entropy(g: Graph, a: Value) -> str:
    product = g.node("Mul", a, g.node("Log", a))
    return g.node("Where", g.node("Equal", a, g.number(0)), a, product)


def _binary_cross_entropy(g: Graph, x: Value, y: Value) -> str:
    p, truth, one = g.cast(x), g.cast(y), g.number(1)
    yes = g.node("Max", g.node("Log", p), g.number(-100))
    no = g.node("Max", g.node("Log", g.node("Sub", one, p)), g.number(-100))
    wrong = g.node("Mul", g.node("Sub", truth, one), no)
    return g.node("Sub", wrong, g.node("Mul", truth, yes))


def _binary_cross_entropy_with_logits(g: Graph, x: Value, y: Value, p: Value | None) -> str:
    logits, truth, one = g.cast(x), g.cast(y), g.number(1)
    logarithm = g.node("Softplus", g.node("Neg", logits))
    if p is not None:
        weight = g.node("Mul", g.node("Sub", g.cast(p), one), truth)
        logarithm = g.node("Mul", logarithm, g.node("Add", weight, one))
    return g.node("Add", g.node("Mul", g.node("Sub", one, truth), logits), logarithm)


def _logit(g: Graph, a: Value, eps: float | None) -> str:
    held = a if eps is None else g.node("Clip", a, g.number(eps), g.number(1 - eps))
    return g.node("Log", g.node("Div", held, g.node("Sub", g.number(1), held)))


def _where(g: Graph, condition: Value, a: Value, b: Value) -> str:
    if g.out.dtype == BOOL:
        yes = g.node("And", condition, a)
        return g.node("Or", yes, g.node("And", g.node("Not", condition), b))
    return g.node("Where", condition, g.cast(a), g.cast(b))


def _is_finite(g: Graph, a: Value) -> str:
    return g.node("Not", g.node("Or", g.node("IsNaN", a), g.node("IsInf", a)))


BOOL = np.dtype(bool)

CONVERTERS: dict[str, Converter] = {
    **{name: _plain(name) for name in ("Abs", "Add", "Cos", "Div", "Erf", "Exp", "Log", "Mul")},
    **{name: _plain(name) for name in ("Neg", "Pow", "Reciprocal", "Sigmoid", "Sin", "Sqrt")},
    **{name: _plain(name) for name in ("Sub", "Tanh", "Mish", "Tan", "Asin", "Acos", "Atan")},
    **{name: _plain(name) for name in ("Sinh", "Cosh", "Asinh", "Acosh", "Atanh")},
    "ReLU": _plain("Relu"),
    "Maximum": _plain("Max"),
    "Minimum": _plain("Min"),
    "PReLU": _plain("PRelu"),
    "Hardswish": _plain("HardSwish"),
    "Cast": lambda g, a, dtype: g.cast(a),
    "Clone": lambda g, a: g.node("Identity", a),
    "Log2": _scaled("Log", 1 / log(2)),
    "Log10": _scaled("Log", 1 / log(10)),
    "Exp2": lambda g, a: g.node("Pow", g.number(2), a),
    "Logit": _logit,
    "Fmod": lambda g, a, b: g.node("Mod", g.cast(a), g.cast(b), fmod=1),
    "Fmax": _number_that("GreaterOrEqual"),
    "Fmin": _number_that("LessOrEqual"),
    "AddCMul": _add_combined("Mul"),
    "AddCDiv": _add_combined("Div"),
    "Lerp": lambda g, a, b, w: g.node("Add", a, g.node("Mul", w, g.node("Sub", b, a))),
    "Log1p": lambda g, a: g.node("Log", g.node("Add", a, g.number(1))),
    "Expm1": lambda g, a: g.node("Sub", g.node("Exp", a), g.number(1)),
    "Erfc": lambda g, a: g.node("Sub", g.number(1), g.node("Erf", a)),
    "Rsqrt": lambda g, a: g.node("Reciprocal", g.node("Sqrt", a)),
    "RoundedDiv": _rounded_div,
    "Remainder": _remainder,
    "Step": _step,
    "Clamp": _clamp,
    "Where": _where,
    "LeakyReLU": lambda g, a, slope: g.node("LeakyRelu", a, alpha=slope),
    "ELU": _elu,
    "Hardtanh": lambda g, a, low, high: g.node("Clip", a, g.number(low), g.number(high)),
    "Shrink": _shrink,
    "Threshold": _threshold,
    "NanToNum": _nan_to_num,
    "Hardsigmoid": lambda g, a: g.node("HardSigmoid", a, alpha=1 / 6, beta=0.5),
    "Softplus": _softplus,
    "LogSigmoid": lambda g, a: g.node("Neg", g.node("Softplus", g.node("Neg", a))),
    "SiLU": lambda g, a: g.node("Mul", a, g.node("Sigmoid", a)),
    "GELU": _gelu,
    "TanhGELU": _tanh_gelu,
    "Huber": _huber,
    "Entropy": _entropy,
    "BinaryCrossEntropy": _binary_cross_entropy,
    "BinaryCrossEntropyWithLogits": _binary_cross_entropy_with_logits,
    "eq": _compared("Equal"),
    "ne": _compared("Equal", negated=True),
    "lt": _compared("Less"),
    "le": _compared("LessOrEqual"),
    "gt": _compared("Greater"),
    "ge": _compared("GreaterOrEqual"),
    "logical_and": _logical("And"),
    "logical_or": _logical("Or"),
    "logical_xor": _logical("Xor"),
    "logical_not": _logical("Not"),
    "bitwise_and": _bits("And"),
    "bitwise_or": _bits("Or"),
    "bitwise_xor": _bits("Xor"),
    "bitwise_not": _bits("Not"),
    "isnan": lambda g, a: g.node("IsNaN", a),
    "isinf": lambda g, a: g.node("IsInf", a),
    "isfinite": _is_finite,
    "copy": lambda g, a: g.cast(a),
}
