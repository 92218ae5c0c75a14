"""The Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mytorch._kernels.incomplete_gamma import dirichlet_slope_of
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.gamma import OnceDifferentiable
from mytorch.engine.context import ContextManager
from mytorch.errors import ShapeError
from mytorch.nn.functional import one_hot
from mytorch.ops import digamma, lgamma, where, xlogy
from mytorch.ops._operands import data_of
from mytorch.random import draw
from mytorch.tensor import Tensor, wrap

__all__ = ["Dirichlet"]


class StandardDirichlet(Function):
    """Draws; their gradient is that at which the share of each in its beta distribution stays."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, concentration: Tensor) -> Tensor:
        data = concentration.data.astype(np.float64)
        # Gamma variables, by their logarithms: small concentrations have draws beyond floats.
        logs = np.log(draw(None, "standard_gamma", data + 1))
        logs -= draw(None, "standard_exponential", data.shape) / data
        draws = np.exp(logs - logs.max(-1, keepdims=True))
        draws /= draws.sum(-1, keepdims=True)
        dtype = concentration.dtype
        out = wrap(np.maximum(draws.astype(dtype), np.finfo(dtype).tiny))
        ctx.save_for_backward(out, concentration)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        x, concentration = ctx.saved_tensors
        total = concentration.sum(-1, keepdim=True).expand(concentration.shape)
        centred = grad_output - (x * grad_output).sum(-1, keepdim=True)
        return OnceDifferentiable.apply(centred, dirichlet_slope_of, x, concentration, total)


class Dirichlet(Distribution):
    """Vectors of shares, whose density is proportional to the product of x ** (concentration - 1)
    along the last axis. `rsample` has no second derivative.

    >>> Dirichlet(Tensor([1.0, 3.0])).mean
    tensor([0.25, 0.75])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if not data_of("Dirichlet", concentration).ndim:
            raise ShapeError(
                "Dirichlet: expected a concentration of at least one axis, got a number"
            )
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(0)
        mode = above / above.sum(-1, keepdim=True)
        # Where the density is infinite at each corner, PyTorch names the first.
        corner = one_hot(mode.argmax(-1), self._event_shape[0]).to(mode.dtype)
        return where((self.concentration < 1).all(-1, keepdim=True), corner, mode)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return StandardDirichlet.apply(self.concentration.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return xlogy(self.concentration - 1.0, value).sum(-1) - self._log_normalizer()

    def _log_normalizer(self) -> Tensor:
        total: Tensor = self.concentration.sum(-1)
        return lgamma(self.concentration).sum(-1) - lgamma(total)

    def entropy(self) -> Tensor:
        total: Tensor = self.concentration.sum(-1)
        classes = self._event_shape[0]
        expected = ((self.concentration - 1.0) * digamma(self.concentration)).sum(-1)
        return self._log_normalizer() - (classes - total) * digamma(total) - expected
