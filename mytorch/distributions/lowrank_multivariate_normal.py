"""The normal distribution of vectors whose covariance is a diagonal and a few directions."""

from __future__ import annotations

from collections.abc import Iterable
from math import log, pi

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.multivariate_normal import half_log_det, squared_distance
from mytorch.distributions.utils import lazy_property
from mytorch.errors import ShapeError
from mytorch.linalg import cholesky, solve_triangular
from mytorch.ops import cat, diag_embed, eye, randn
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """N(loc, cov_factor @ cov_factor.mT + diag(cov_diag)) of vectors of n numbers along the last
    axis; cov_factor is (n, m). Inverse and determinant are taken of a matrix (m, m) alone, by
    Woodbury's identity.

    Raises ShapeError (a ValueError) for sizes that do not fit.

    >>> factor, diagonal = Tensor([[1.0], [0.0]]), Tensor([1.0, 1.0])
    >>> LowRankMultivariateNormal(Tensor([0.0, 0.0]), factor, diagonal).covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        cov_factor: Tensor,
        cov_diag: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        name = "LowRankMultivariateNormal"
        sizes = [data_of(name, tensor).shape for tensor in (loc, cov_factor, cov_diag)]
        if not sizes[0] or not sizes[0][-1:] == sizes[1][-2:-1] == sizes[2][-1:]:
            raise ShapeError(
                f"{name}: expected a loc and a cov_diag of n numbers and a cov_factor of n times "
                f"m, got shapes {sizes[0]}, {sizes[2]} and {sizes[1]}"
            )
        try:
            batch = np.broadcast_shapes(sizes[0][:-1], sizes[1][:-2], sizes[2][:-1])
        except ValueError:
            raise ShapeError(
                f"{name}: expected batches that broadcast, got loc, cov_diag and cov_factor of "
                f"shapes {sizes[0]}, {sizes[2]} and {sizes[1]}"
            ) from None
        self.loc, self.cov_diag = loc.expand(*batch, -1), cov_diag.expand(*batch, -1)
        self.cov_factor = cov_factor.expand(*batch, -1, -1)
        super().__init__(batch, loc.shape[-1:], validate_args=validate_args)

    @lazy_property
    def _directions(self) -> Tensor:
        """The factor, where the diagonal is 1."""
        return self.cov_factor / self.cov_diag.sqrt().unsqueeze(-1)

    @lazy_property
    def _capacitance_tril(self) -> Tensor:
        """The lower triangular factor of the small matrix."""
        directions = self._directions
        identity = eye(directions.shape[-1], dtype=directions.dtype)
        return cholesky(identity + directions.mT @ directions)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        directions = self._directions
        identity = eye(directions.shape[-2], dtype=directions.dtype)
        root = cholesky(identity + directions @ directions.mT)
        return self.cov_diag.sqrt().unsqueeze(-1) * root

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return self.cov_factor @ self.cov_factor.mT + diag_embed(self.cov_diag)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        rows = (self._directions / self.cov_diag.sqrt().unsqueeze(-1)).mT
        solved = solve_triangular(self._capacitance_tril, rows, upper=False)
        return diag_embed(self.cov_diag.reciprocal()) - solved.mT @ solved

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        along = randn((*shape[:-1], self.cov_factor.shape[-1]), dtype=self.loc.dtype)
        alone = randn(shape, dtype=self.loc.dtype)
        moved = (self.cov_factor @ along.unsqueeze(-1)).squeeze(-1)
        return self.loc + moved + self.cov_diag.sqrt() * alone

    def _half_log_det(self) -> Tensor:
        """The logarithm of the root of the covariance's determinant."""
        return half_log_det(self._capacitance_tril) + self.cov_diag.log().sum(-1) / 2

    def _root(self) -> Tensor:
        """A matrix (n, m + n) whose product with its transpose is the covariance."""
        return cat([self.cov_factor, diag_embed(self.cov_diag.sqrt())], -1)

    def _squared_distance(self, difference: Tensor) -> Tensor:
        """Mahalanobis's, of vectors along the last axis."""
        difference = difference / self.cov_diag.sqrt()
        along = (self._directions.mT @ difference.unsqueeze(-1)).squeeze(-1)
        return (difference**2).sum(-1) - squared_distance(self._capacitance_tril, along)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        distance = self._squared_distance(value - self.loc)
        return -0.5 * (self._event_shape[0] * log(2 * pi) + distance) - self._half_log_det()

    def entropy(self) -> Tensor:
        return self._event_shape[0] * (1 + log(2 * pi)) / 2 + self._half_log_det()
