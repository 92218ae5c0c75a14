"""A line through points, by variational inference: python examples/variational.py

The weights of a linear model have a prior; q, a normal distribution with a full covariance, learns
to be their posterior by raising the evidence lower bound (ELBO) with draws that follow q's
parameters. Here the posterior and the evidence are known exactly, so both can be compared.
"""

from __future__ import annotations

import argparse

import numpy as np

import mytorch
from mytorch import Tensor, optim
from mytorch.distributions import MultivariateNormal, Normal, kl_divergence
from mytorch.distributions.transforms import LowerCholeskyTransform

NOISE = 0.3


def exact(x: Tensor, y: Tensor) -> tuple[Tensor, float]:
    """The posterior's mean and the logarithm of the evidence."""
    size = x.shape[1]
    precision = x.mT @ x / NOISE**2 + mytorch.eye(size)
    mean = mytorch.linalg.solve(precision, x.mT @ y) / NOISE**2
    covariance = x @ x.mT + NOISE**2 * mytorch.eye(len(y))
    evidence = MultivariateNormal(mytorch.zeros(len(y)), covariance).log_prob(y)
    return mean, evidence.item()


def fit(points: int = 40, steps: int = 400, draws: int = 16) -> tuple[float, float, Tensor, Tensor]:
    """The last lower bounds' mean and the evidence; q's mean and the posterior's."""
    mytorch.manual_seed(0)
    x = mytorch.stack([mytorch.ones(points), mytorch.linspace(-1, 1, points)], -1)
    y = x @ Tensor([0.5, -1.0]) + NOISE * mytorch.randn(points)

    prior = MultivariateNormal(mytorch.zeros(2), mytorch.eye(2))
    loc = mytorch.zeros(2, requires_grad=True)
    raw = mytorch.zeros(2, 2, requires_grad=True)
    optimizer = optim.Adam([loc, raw], lr=0.1)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    bounds = []
    for step in range(steps):
        q = MultivariateNormal(loc, scale_tril=LowerCholeskyTransform()(raw))
        weights = q.rsample((draws,))
        likelihood = Normal(weights @ x.mT, NOISE).log_prob(y).sum(-1).mean()
        bound = likelihood - kl_divergence(q, prior)
        optimizer.zero_grad()
        (-bound).backward()
        optimizer.step()
        scheduler.step()
        bounds.append(bound.item())
        if step % 100 == 0:
            print(f"step {step}: a lower bound of {bounds[-1]:.2f}")
    mean, evidence = exact(x, y)
    return float(np.mean(bounds[-50:])), evidence, loc.detach(), mean


def main() -> None:
    parser = argparse.ArgumentParser(description="A line through points, by variational inference.")
    parser.add_argument("--points", type=int, default=40)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    bound, evidence, found, mean = fit(options.points, options.steps)
    print(f"the lower bound is {bound:.2f}, the logarithm of the evidence {evidence:.2f}")
    print(f"the mean of q is {found}, that of the posterior {mean}")


if __name__ == "__main__":
    main()
