"""Covariances and correlations of variables in rows."""

from __future__ import annotations

from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.ops._operands import data_of, require_numbers
from mytorch.ops.extremes import clamp
from mytorch.tensor import Tensor

__all__ = ["corrcoef", "cov"]


def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """The covariances of variables, of which each row has the observations; of a vector its
    variance.

    Arguments:
        correction: what the number of observations is lessened by in the divisor.
        fweights: integers: how often each observation was made.
        aweights: how much each observation counts.

    Raises ShapeError for more than two axes or other weights, DtypeError for booleans, RangeError
    for negative weights.

    >>> cov(Tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    data = require_numbers("cov", input)
    if data.ndim > 2:
        raise ShapeError(f"cov: expected at most 2 axes, got shape {data.shape}")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    count = rows.shape[1]
    for name, weights, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if weights is None:
            continue
        found = data_of("cov", weights)
        if found.shape != (count,) and (found.ndim > 1 or found.size != count):
            raise ShapeError(f"cov: expected {name} of shape ({count},), got {found.shape}")
        if found.dtype.kind not in kinds:
            raise DtypeError(f"cov: expected {name} of another kind, got {found.dtype}")
        if found.size and bool((found < 0).any()):
            raise RangeError(f"cov: expected {name} of at least 0")
    weights = aweights if fweights is None else fweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    if weights is None:
        freedom: Tensor | float = max(count - correction, 0)
        centred = rows - rows.sum(1, keepdim=True) / count
        product = centred @ centred.mT
    else:
        weights = weights.reshape(-1)
        total = weights.sum()
        centred = rows - (rows * weights).sum(1, keepdim=True) / total
        product = centred @ (centred * weights).mT
        freedom = total - correction
        if aweights is not None:
            freedom = total - correction * (weights * aweights.reshape(-1)).sum() / total
        freedom = clamp(freedom, 0)
    out = product / freedom
    return out.reshape(()) if len(rows) == 1 else out


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of variables in rows: their covariances over their deviations, from -1 to 1.

    Raises ShapeError for more than two axes.

    >>> corrcoef(Tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if data_of("corrcoef", input).ndim > 2:
        raise ShapeError(f"corrcoef: expected at most 2 axes, got shape {input.shape}")
    found = cov(input)
    if not found.ndim:
        return found / found
    deviations = found.diagonal().sqrt()
    return clamp(found / deviations.unsqueeze(1) / deviations, -1, 1)
