"""The normal distribution of vectors."""

from __future__ import annotations

from collections.abc import Iterable
from math import log, pi, prod

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import lazy_property
from mytorch.errors import RangeError, ShapeError
from mytorch.linalg import cholesky, solve_triangular
from mytorch.ops import eye, randn
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["MultivariateNormal", "half_log_det", "squared_distance"]


def half_log_det(scale_tril: Tensor) -> Tensor:
    """The logarithm of the root of a covariance's determinant."""
    logs: Tensor = scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return logs


def squared_distance(scale_tril: Tensor, difference: Tensor) -> Tensor:
    """Mahalanobis's, of vectors whose shape ends with the batch's, or with one that it broadcasts
    to."""
    batch = scale_tril.shape[:-2]
    outer = difference.shape[: difference.ndim - len(batch) - 1]
    # The outer ones beside each other, so that each matrix is solved by once.
    columns = difference.reshape(prod(outer), *difference.shape[len(outer) :]).movedim(0, -1)
    squares: Tensor = (solve_triangular(scale_tril, columns, upper=False) ** 2).sum(-2)
    return squares.movedim(-1, 0).reshape(*outer, *squares.shape[:-1])


class MultivariateNormal(Distribution):
    """N(loc, covariance) of vectors along the last axis. The covariance is given as such, or by its
    inverse, `precision_matrix`, or by the lower triangular `scale_tril` with
    scale_tril @ scale_tril.mT = covariance, which is what is computed with.

    Raises ValueError unless just one of the three is given, and it is of loc's size.

    >>> normal = MultivariateNormal(Tensor([0.0, 0.0]), Tensor([[1.0, 0.5], [0.5, 1.0]]))
    >>> normal.log_prob(Tensor([0.0, 0.0]))
    tensor(-1.69403603)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
        if len(given) != 1:
            raise RangeError(
                f"MultivariateNormal: expected one of {', '.join(matrices)}, got "
                f"{', '.join(given) or 'none'}"
            )
        ((name, matrix),) = given.items()
        if data_of("MultivariateNormal", loc).ndim < 1 or data_of(name, matrix).ndim < 2:
            raise ShapeError(
                f"MultivariateNormal: expected loc of at least one axis and {name} of at least "
                f"two, got shapes {loc.shape} and {matrix.shape}"
            )
        if matrix.shape[-2:] != loc.shape[-1:] * 2:
            raise ShapeError(
                f"MultivariateNormal: expected a loc of n numbers and a {name} of n times n, got "
                f"shapes {loc.shape} and {matrix.shape}"
            )
        batch = np.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand(*batch, -1)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, loc.shape[-1:], validate_args=validate_args)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        if "covariance_matrix" in vars(self):
            return cholesky(self.covariance_matrix)
        # Of the matrix that is turned round the factor is upper triangular, and so is its inverse.
        turned = cholesky(self.precision_matrix.flip(-2, -1)).flip(-2, -1).mT
        return solve_triangular(turned, self._identity(), upper=False)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = solve_triangular(self.scale_tril, self._identity(), upper=False)
        return inverse.mT @ inverse

    def _identity(self) -> Tensor:
        size = self._event_shape[0]
        return eye(size, dtype=self.loc.dtype).expand(*self._batch_shape, size, size)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        draws = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self.scale_tril @ draws.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        distance = squared_distance(self.scale_tril, value - self.loc)
        size = self._event_shape[0]
        return -0.5 * (size * log(2 * pi) + distance) - half_log_det(self.scale_tril)

    def entropy(self) -> Tensor:
        return self._event_shape[0] * (1 + log(2 * pi)) / 2 + half_log_det(self.scale_tril)
