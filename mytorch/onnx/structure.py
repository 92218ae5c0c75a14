"""Converters of what moves, gathers, adds up and multiplies elements, and of normalisation."""

from __future__ import annotations

from math import inf, prod
from typing import Any

import numpy as np

from mytorch._shapes import Axes, normalize_axes, normalize_axis
from mytorch.onnx.graph import Converter, Graph, Operand, Value, Varying, integers, refuse

__all__ = ["CONVERTERS"]


def _reduced(operator: str) -> Converter:
    """The converter of a reduction over axes."""

    def convert(g: Graph, a: Value, axis: Axes = None, keepdims: bool = False) -> str:
        return _reduce(g, operator, g.cast(a), normalize_axes(axis, a.ndim, operator), keepdims)

    return convert


def _reduce(g: Graph, operator: str, a: Operand, axes: tuple[int, ...], keepdims: bool) -> str:
    if not axes:  # of a single element; no axes would stand for all
        return g.node("Identity", a)
    return g.node(operator, a, integers(*axes), keepdims=int(keepdims))


def _squared_deviations(g: Graph, a: Value, axis: Axes, correction: float, keepdims: bool) -> str:
    axes = normalize_axes(axis, a.ndim, "var")
    sizes = [a.sizes[i] for i in axes]
    if any(isinstance(size, Varying) for size in sizes):
        raise refuse("the variance over an axis that dynamic_axes leaves free")
    centred = g.node("Sub", a, _reduce(g, "ReduceMean", a, axes, True))
    total = _reduce(g, "ReduceSum", g.node("Mul", centred, centred), axes, keepdims)
    freedom = max(prod(a.shape[i] for i in axes) - correction, 0)
    return g.node("Div", total, g.number(freedom))


def _var(
    g: Graph, a: Value, axis: Axes = None, correction: float = 1, keepdims: bool = False
) -> str:
    return _squared_deviations(g, a, axis, correction, keepdims)


def _std(
    g: Graph, a: Value, axis: Axes = None, correction: float = 1, keepdims: bool = False
) -> str:
    return g.node("Sqrt", _squared_deviations(g, a, axis, correction, keepdims))


def _norm(g: Graph, a: Value, p: float, axis: Axes = None, keepdims: bool = False) -> str:
    axes = normalize_axes(axis, a.ndim, "norm")
    size = g.node("Abs", a)
    if p in (inf, -inf):
        return _reduce(g, "ReduceMax" if p > 0 else "ReduceMin", size, axes, keepdims)
    if p in (1, 2):
        return _reduce(g, f"ReduceL{int(p)}", size, axes, keepdims)
    if p == 0:
        some = g.node("Cast", g.node("Greater", size, g.number(0)), to=a.dtype)
        return _reduce(g, "ReduceSum", some, axes, keepdims)
    total = _reduce(g, "ReduceSum", g.node("Pow", size, g.number(p)), axes, keepdims)
    return g.node("Pow", total, g.number(1 / p))


def _cdist(g: Graph, x: Value, y: Value) -> str:
    rows = [g.node("Unsqueeze", v, integers(axis)) for v, axis in ((x, -2), (y, -3))]
    return _reduce(g, "ReduceL2", g.node("Sub", *rows), (-1,), False)


def _quantified(operator: str) -> Converter:
    def convert(g: Graph, a: Value, axes: tuple[int, ...], keepdims: bool) -> str:
        truth = g.cast(g.cast(a, np.dtype(bool)), np.dtype(np.int32))
        return g.cast(_reduce(g, operator, truth, axes, keepdims))

    return convert


def _count_nonzero(g: Graph, a: Value, axes: tuple[int, ...]) -> str:
    return _reduce(g, "ReduceSum", g.cast(g.cast(a, np.dtype(bool))), axes, False)


def _one_hot(g: Graph, labels: Value, classes: int) -> str:
    if not isinstance(classes, int):
        raise refuse("one_hot without num_classes depends on the labels' values; give it")
    return g.node("Gather", np.eye(classes, dtype=np.int64), labels, axis=0)


def _searched(operator: str) -> Converter:
    def convert(g: Graph, a: Value, axis: int | None, keepdims: bool) -> str:
        if not a.ndim:
            raise refuse("the place of the extreme of a 0-d tensor")
        if axis is not None:
            return g.node(operator, a, axis=axis, keepdims=int(keepdims))
        place = g.node(operator, g.node("Reshape", a, integers(-1)), axis=0, keepdims=0)
        return g.node("Reshape", place, integers(*(1,) * (a.ndim if keepdims else 0)))

    return convert


def _order(g: Graph, a: Value, axis: int, descending: bool, k: int | None) -> str:
    size = a.sizes[axis]
    if k is not None:
        count: Operand = integers(k)
    else:
        count = g.size(size, a) if isinstance(size, Varying) else integers(size)
    # The places are the second output.
    return g.second("TopK", a, count, axis=axis, largest=int(descending))


def _softmax(operator: str) -> Converter:
    def convert(g: Graph, a: Value, axis: int) -> str:
        if a.ndim:
            return g.node(operator, a, axis=axis)
        row = g.node(operator, g.node("Reshape", a, integers(1)), axis=0)
        return g.node("Reshape", row, integers())

    return convert


def _cumsum(g: Graph, a: Value, axis: int, from_end: bool) -> str:
    if not a.ndim:
        return g.cast(a)
    place = np.array(normalize_axis(axis, a.ndim, "cumsum"))
    return g.node("CumSum", g.cast(a), place, reverse=int(from_end))


def _reshape(g: Graph, a: Value, *shape: Any) -> str:
    sizes = g.out.sizes
    free = [size for size in sizes if isinstance(size, Varying)]
    if len(free) == 1 and 0 not in sizes:
        sizes = tuple(-1 if isinstance(size, Varying) else size for size in sizes)
    return g.node("Reshape", a, g.shape(sizes, a), allowzero=int(0 in sizes))


def _expand(g: Graph, a: Value, *shape: Any) -> str:
    return g.node("Expand", a, g.shape(g.out.sizes, a))


def _transpose(g: Graph, a: Value, axes: tuple[int, ...] | None = None) -> str:
    if not a.ndim:
        return g.node("Identity", a)
    return g.node("Transpose", a, perm=list(axes or range(a.ndim)[::-1]))


def _slice(g: Graph, a: Operand, axis: int, start: Operand, end: Operand, step: int = 1) -> str:
    return g.node("Slice", a, start, end, integers(axis), integers(step))


def _flip(g: Graph, a: Value, axes: tuple[int, ...]) -> str:
    out = a.name
    for axis in axes:
        out = _slice(g, out, axis, integers(-1), integers(FIRST), -1)
    return out if axes else g.node("Identity", a)


def _roll(g: Graph, a: Value, shifts: tuple[int, ...], axes: tuple[int, ...]) -> str:
    out = a.name
    for shift, axis in zip(shifts, axes, strict=True):
        least = min(a.first.shape[axis], a.second.shape[axis])
        if isinstance(a.sizes[axis], int) and least:
            shift %= least
        if abs(shift) > least:
            raise refuse("a roll by more than the size of an axis that dynamic_axes leaves free")
        if shift:
            place = integers(-shift)
            parts = (
                _slice(g, out, axis, place, integers(LAST)),
                _slice(g, out, axis, integers(0), place),
            )
            out = g.node("Concat", *parts, axis=axis)
    return g.node("Identity", out)


def _cat(g: Graph, *tensors_and_dim: Any) -> str:
    *tensors, dim = tensors_and_dim
    parts = [tensor for tensor in tensors if tensor.shape != (0,)] or tensors
    axis = normalize_axis(dim, parts[0].ndim, "cat")
    return g.node("Concat", *map(g.cast, parts), axis=axis)


def _stack(g: Graph, *tensors_and_dim: Any) -> str:
    *tensors, dim = tensors_and_dim
    axis = normalize_axis(dim, tensors[0].ndim + 1, "stack")
    parts = [g.node("Unsqueeze", g.cast(tensor), integers(axis)) for tensor in tensors]
    return g.node("Concat", *parts, axis=axis)


def _pad(g: Graph, a: Value, pairs: tuple[tuple[int, int], ...], value: float) -> str:
    ends = [before for before, _ in pairs] + [after for _, after in pairs]
    return g.node("Pad", a, integers(*ends), g.number(value))


def _index(g: Graph, a: Value, index: Any) -> str:
    parts = [
        unmasked
        for part in (index if isinstance(index, tuple) else [index])
        for unmasked in _unmasked(g, part)
    ]
    arrays = [part for part in parts if isinstance(part, Value)]
    if len(arrays) > 1:
        return _at_places(g, a, parts, arrays)
    if any(isinstance(part, Varying) for part in parts):
        raise refuse("an index that depends on the inputs; use gather() or index_select()")
    used = sum(part is not None and part is not ... for part in parts)
    rest = [slice(None)] * (a.ndim - used)
    place = parts.index(...) if any(part is ... for part in parts) else len(parts)
    parts[place : place + 1] = rest
    out, axis, gone, new = a.name, 0, [], []
    for part in parts:
        if part is None:
            continue
        if isinstance(part, int):
            end = integers(part + 1 if part != -1 else LAST)
            out = _slice(g, out, axis, integers(part), end)
            gone.append(axis)
        elif isinstance(part, Value):
            if part.ndim != 1 and len(parts) > 1 and (gone or any(p is None for p in parts)):
                raise refuse("an index array of several axes beside numbers or None")
            out = g.node("Gather", out, part, axis=axis)
            axis += part.ndim - 1
        elif part != slice(None):
            start = _bound(g, part.start, 0, a)
            out = _slice(g, out, axis, start, _bound(g, part.stop, LAST, a), part.step or 1)
        axis += 1
    if gone:
        out = g.node("Squeeze", out, integers(*gone))
    kept = [part for part in parts if not isinstance(part, int)]
    new = [i for i, part in enumerate(kept) if part is None]
    if new:
        out = g.node("Unsqueeze", out, integers(*new))
    return g.node("Identity", out) if out == a.name else out


def _unmasked(g: Graph, part: Any) -> list[Any]:
    """A part of an index, or the places that it names as a mask of the model's own."""
    mask = part if isinstance(part, Value) and part.dtype.kind == "b" else None
    if isinstance(part, bool) or (mask and not mask.ndim):
        raise refuse("a truth value as an index; use None for an axis of size 1")
    if not mask:
        return [part]
    if not g.is_fixed(mask):
        raise refuse(
            "a mask as an index that depends on the inputs gives as many elements as it finds; a "
            "graph has fixed sizes: use where(mask, x, y)"
        )
    return [g.value(places, places) for places in mask.first.nonzero()]


def _at_places(g: Graph, a: Value, parts: list[Any], arrays: list[Value]) -> str:
    """The elements, or blocks of them, at places that arrays of the first axes name."""
    whole = np.broadcast_shapes(*(array.shape for array in arrays))
    if parts[: len(arrays)] != arrays or any(
        isinstance(part, Varying) for array in arrays for part in array.sizes
    ):
        raise refuse(
            "an index of several arrays has an operator in ONNX for the first axes alone, and if "
            "no axis of the arrays is free; index by one array at a time"
        )
    columns = [g.node("Expand", array, integers(*whole)) for array in arrays]
    columns = [g.node("Unsqueeze", column, integers(-1)) for column in columns]
    out = g.node("GatherND", a, g.node("Concat", *columns, axis=-1))
    rest = tuple(part for part in parts[len(arrays) :] if part is not ...)
    if any(part != slice(None) for part in rest):
        raise refuse("an index of several arrays beside slices; index by one at a time")
    return out


def _diagonal(g: Graph, a: Value, offset: int, axes: tuple[int, int]) -> str:
    first, second = (axis % a.ndim for axis in axes)
    rows, columns = a.sizes[first], a.sizes[second]
    if isinstance(rows, Varying) or isinstance(columns, Varying):
        raise refuse("a diagonal along an axis that dynamic_axes leaves free")
    others = [axis for axis in range(a.ndim) if axis not in (first, second)]
    matrices = g.node("Transpose", a, perm=[*others, first, second])
    sizes = g.shape([*(a.sizes[axis] for axis in others), rows * columns], a)
    places = np.arange(rows * columns).reshape(rows, columns).diagonal(offset)
    return g.node("Gather", g.node("Reshape", matrices, sizes), places.copy(), axis=-1)


def _cross(g: Graph, a: Value, b: Value, axis: int) -> str:
    after, last = (
        [g.node("Gather", g.cast(x), integers(*places), axis=axis) for x in (a, b)]
        for places in ((1, 2, 0), (2, 0, 1))
    )
    return g.node("Sub", g.node("Mul", after[0], last[1]), g.node("Mul", last[0], after[1]))


def _trace(g: Graph, a: Value) -> str:
    return _reduce(g, "ReduceSum", g.cast(_diagonal(g, a, 0, (0, 1))), (0,), False)


def _bound(g: Graph, bound: int | Varying | None, other: int, a: Value) -> Operand:
    if isinstance(bound, Varying):
        return g.size(bound, a)
    return integers(other if bound is None else bound)


def _undiagonal(
    g: Graph, a: Value, offset: int, axes: tuple[int, int], shape: tuple[int, ...]
) -> str:
    size, (first, second) = a.sizes[-1], axes
    if isinstance(size, Varying):
        raise refuse("a diagonal along an axis that dynamic_axes leaves free")
    # Of the numbers and a zero behind them each element takes one.
    chosen = np.full((shape[first], shape[second]), size)
    np.fill_diagonal(chosen[max(0, -offset) :, max(0, offset) :], np.arange(size))
    row = g.node("Pad", a, integers(*(0,) * (2 * a.ndim - 1), 1), g.number(0))
    matrices = g.node("Gather", row, chosen, axis=-1)
    order = [axis for axis in range(len(shape)) if axis not in axes]
    return g.node("Transpose", matrices, perm=np.argsort([*order, first, second]).tolist())


def _gather(g: Graph, a: Value, axis: int, index: Value) -> str:
    return g.node("GatherElements", a, index, axis=axis)


def _scatter(g: Graph, a: Value, axis: int, index: Value, part: Value, reduce: str) -> str:
    reduction = {"none": "none", "add": "add", "multiply": "mul"}[reduce]
    rows = [
        operand if operand.ndim else g.node("Reshape", operand, integers(1))
        for operand in (a, index, part)
    ]
    out = g.node("ScatterElements", *rows, axis=axis, reduction=reduction)
    return out if a.ndim else g.node("Reshape", out, integers())


def _triangle(g: Graph, a: Value, diagonal: int, lower: bool) -> str:
    return g.node("Trilu", a, np.array(diagonal), upper=int(not lower))


def _linear(g: Graph, x: Value, weight: Value, bias: Value) -> str:
    if x.ndim == 2:
        return g.node("Gemm", *map(g.cast, (x, weight, bias)), transB=1)
    product = g.node("MatMul", g.cast(x), g.node("Transpose", g.cast(weight), perm=[1, 0]))
    return g.node("Add", product, g.cast(bias))


def _matmul(g: Graph, a: Value, b: Value) -> str:
    return g.node("MatMul", g.cast(a), g.cast(b))


def _embedding(g: Graph, weight: Value, indices: Value, padding: Any, averaged: bool) -> str:
    return g.node("Gather", weight, indices, axis=0)


def _bags(g: Graph, table: Value, indices: Value, bags: Operand, count: int) -> str:
    rows = g.node("Gather", table, indices, axis=0)
    if bags is None:  # each row of the indices is one
        return _reduce(g, "ReduceSum", rows, (1,), False)
    each = g.node("Equal", np.arange(count)[:, None], bags)
    return g.node("MatMul", g.cast(each, table.dtype), rows)


def _standardized(g: Graph, a: Operand, axes: tuple[int, ...], eps: float, centring: bool) -> str:
    if centring:
        a = g.node("Sub", a, _reduce(g, "ReduceMean", a, axes, True))
    square = _reduce(g, "ReduceMean", g.node("Mul", a, a), axes, True)
    return g.node("Div", a, g.node("Sqrt", g.node("Add", square, g.number(eps))))


def _standardize(
    g: Graph,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    count: int,
    eps: float,
    centring: bool,
) -> str:
    if centring and weight is not None and weight.shape == x.shape[-count:]:
        values = [g.cast(weight)] if bias is None else [g.cast(weight), g.cast(bias)]
        return g.node("LayerNormalization", g.cast(x), *values, axis=-count, epsilon=eps)
    axes = tuple(range(x.ndim - count, x.ndim))
    out = _standardized(g, g.cast(x), axes, eps, centring)
    if weight is not None:
        out = g.node("Mul", out, g.cast(weight))
    return out if bias is None else g.node("Add", out, g.cast(bias))


def _batch_norm(g: Graph, x: Value, gamma: Value, beta: Value, settings: tuple[Any, ...]) -> str:
    mean, var, training, _, eps = settings
    if not training:
        values = map(g.cast, (x, gamma, beta, mean, var))
        return g.node("BatchNormalization", *values, epsilon=eps)
    # By its own mean and variance, as a layer without running ones does in evaluation, too.
    if mean is not None:
        raise refuse("batch norm in training changes its running statistics; call it in evaluation")
    axes = (0, *range(2, x.ndim))
    out = _standardized(g, g.cast(x), axes, eps, True)
    along = integers(-1, *(1,) * (x.ndim - 2))
    gamma_along, beta_along = (g.node("Reshape", g.cast(v), along) for v in (gamma, beta))
    return g.node("Add", g.node("Mul", out, gamma_along), beta_along)


def _attention(
    g: Graph,
    q: Value,
    k: Value,
    v: Value,
    mask: Value | None,
    factors: Any,
    scale: float,
    causal: bool,
) -> str:
    if factors is not None:
        raise refuse("attention with dropout draws random numbers; call it in evaluation")
    order = (*range(k.ndim - 2), k.ndim - 1, k.ndim - 2)
    turned = g.node("Transpose", k, perm=order)
    scores = g.node("Mul", g.node("MatMul", q, turned), g.number(scale))
    keep: Operand = mask
    if causal:
        rows, columns = q.sizes[-2], k.sizes[-2]
        whole = g.node("Expand", np.array(1, np.int64), g.shape((rows, columns), q, k))
        keep = g.cast(g.node("Trilu", whole, upper=0), np.dtype(bool))
    elif mask is not None and mask.dtype.kind == "f":
        scores, keep = g.node("Add", scores, mask), None
    if keep is not None:
        scores = g.node("Where", keep, scores, g.number(-inf))
    weights = g.node("Softmax", scores, axis=-1)
    if mask is not None:  # a row that keeps nothing
        weights = g.node("Where", g.node("IsNaN", weights), g.number(0), weights)
    return g.node("MatMul", weights, v)


def _stored(g: Graph, value: Value, index: Any, before: Value | None = None) -> str:
    """A tensor that was written, whole or in part."""
    part = g.cast(value)
    if index is ... or before is None:
        return g.node("Expand", part, g.shape(g.out.sizes))
    if isinstance(index, Value) and index.dtype.kind == "b":
        if value.ndim > g.out.ndim - index.ndim:
            raise refuse("a value for each element of a mask; use where(mask, x, y)")
        last = integers(*range(index.ndim, g.out.ndim))
        mask = g.node("Unsqueeze", index, last) if last.size else index
        return g.node("Where", mask, part, before)
    sizes = g.out.sizes
    if isinstance(index, Value):
        rows = g.node("Expand", part, g.shape((*index.sizes, *sizes[1:]), index, g.out, before))
        return g.node("ScatterND", before, g.node("Unsqueeze", index, integers(-1)), rows)
    return _stored_at(g, part, index, before)


def _stored_at(g: Graph, part: str, index: Any, before: Value) -> str:
    """A tensor, of which a part was written that numbers and slices name: in the axes of fixed
    size, which are counted as one, it is rows that are written."""
    parts, sizes = list(index) if isinstance(index, tuple) else [index], g.out.sizes
    if ... in parts:
        place = parts.index(...)
        parts[place : place + 1] = [slice(None)] * (len(sizes) + 1 - len(parts))
    parts += [slice(None)] * (len(sizes) - len(parts))
    free = [axis for axis, size in enumerate(sizes) if isinstance(size, Varying)]
    ends = [part for part in parts if not isinstance(part, slice)]
    ends += [end for part in parts if isinstance(part, slice) for end in (part.start, part.stop)]
    named = all(type(end) is int or (end is None and None not in parts) for end in ends)
    if not named or any(parts[axis] != slice(None) for axis in free):
        raise refuse(
            "a part of a tensor was changed in place that is not named by numbers and slices, or "
            "lies in an axis that dynamic_axes leaves free; join the parts by cat() or where()"
        )
    fixed = [axis for axis in range(len(sizes)) if axis not in free]
    shape = tuple(g.out.shape[axis] for axis in fixed)
    places = np.arange(prod(shape)).reshape(shape)[tuple(parts[axis] for axis in fixed)]
    kept = [axis for axis in range(len(sizes)) if isinstance(parts[axis], slice)]
    lengths = iter(places.shape)
    whole = [sizes[axis] if axis in free else next(lengths) for axis in kept]
    order = [kept.index(axis) for axis in (*(a for a in kept if a in fixed), *free)]
    rest = [sizes[axis] for axis in free]
    rows = g.node("Transpose", g.node("Expand", part, g.shape(whole, before)), perm=order)
    rows = g.node("Reshape", rows, g.shape([places.size, *rest], before))
    lines = g.node("Transpose", before, perm=[*fixed, *free])
    lines = g.node("Reshape", lines, g.shape([prod(shape), *rest], before))
    lines = g.node("ScatterND", lines, places.reshape(-1, 1), rows)
    lines = g.node("Reshape", lines, g.shape([*shape, *rest], before))
    return g.node("Transpose", lines, perm=np.argsort([*fixed, *free]).tolist())


FIRST, LAST = -(2**63) + 1, 2**63 - 1

CONVERTERS: dict[str, Converter] = {
    "Sum": _reduced("ReduceSum"),
    "Mean": _reduced("ReduceMean"),
    "Max": _reduced("ReduceMax"),
    "Min": _reduced("ReduceMin"),
    "Prod": _reduced("ReduceProd"),
    "Diagonal": _diagonal,
    "Trace": _trace,
    "Cross": _cross,
    "CrossEntropy": lambda g, a, labels: g.node("SoftmaxCrossEntropyLoss", a, labels),
    "NegativeMean": lambda g, a, labels: g.node("NegativeLogLikelihoodLoss", a, labels),
    "LogSumExp": _reduced("ReduceLogSumExp"),
    "Var": _var,
    "Std": _std,
    "Norm": _norm,
    "Cdist": _cdist,
    "all": _quantified("ReduceMin"),
    "any": _quantified("ReduceMax"),
    "count_nonzero": _count_nonzero,
    "one_hot": _one_hot,
    "argmax": _searched("ArgMax"),
    "argmin": _searched("ArgMin"),
    "order": _order,
    "CumSum": _cumsum,
    "Softmax": _softmax("Softmax"),
    "LogSoftmax": _softmax("LogSoftmax"),
    "Reshape": _reshape,
    "Expand": _expand,
    "Transpose": _transpose,
    "Flip": _flip,
    "Roll": _roll,
    "Cat": _cat,
    "Stack": _stack,
    "Pad": _pad,
    "Found": _index,
    "Index": _index,
    "gather": _gather,
    "scatter": _scatter,
    "Undiagonal": _undiagonal,
    "Triangle": _triangle,
    "Linear": _linear,
    "Det": lambda g, a: g.node("Det", g.cast(a)),
    "MatMul": _matmul,
    "Embedding": _embedding,
    "Bags": _bags,
    "Standardize": _standardize,
    "BatchNorm": _batch_norm,
    "Attention": _attention,
    "stored": _stored,
}
