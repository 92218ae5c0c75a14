"""Parameters of each distribution, as plain numbers and lists, which both libraries take."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import torch

import mytorch

# Of several shapes, with numbers beside tensors, and at the ends of what is allowed.
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "Bernoulli": [{"probs": [0.7, 0.2]}, {"logits": [0.0, -2.0]}, {"probs": [0.0, 1.0, 0.5]}],
    "Beta": [
        {"concentration1": [[0.5, 2.0], [3.0, 0.1]], "concentration0": [1.0, 2.0]},
        {"concentration1": 0.2, "concentration0": 3.0},
    ],
    "Binomial": [
        {"probs": [[0.1, 0.2], [0.5, 0.3]], "total_count": 5},
        {"probs": [0.0, 1.0], "total_count": 2.0},
        {"logits": [0.1, -0.4], "total_count": [3.0, 2.0]},
    ],
    "Categorical": [
        {"probs": [[0.1, 0.2, 0.3], [0.5, 0.3, 0.2]]},
        {"logits": [[0.0, 0.0], [3.0, -1.0]]},
        {"probs": [[1.0, 0.0], [2.0, 2.0]]},
    ],
    "Cauchy": [{"loc": [[0.5, 2.0], [-3.0, 7.0]], "scale": [1.0, 2.0]}, {"loc": 0.2, "scale": 3.0}],
    "Chi2": [{"df": [0.5, 3.0]}, {"df": 4.0}],
    "Dirichlet": [{"concentration": [[0.5, 2.0], [3.0, 0.1]]}, {"concentration": [0.5, 1.5, 3.0]}],
    "Exponential": [{"rate": [[0.5, 2.0], [3.0, 7.0]]}, {"rate": 0.2}],
    "FisherSnedecor": [
        {"df1": [[0.5, 3.0], [2.0, 9.0]], "df2": [5.0, 7.0]},
        {"df1": 3.0, "df2": 9.0},
    ],
    "Gamma": [
        {"concentration": [[0.5, 2.0], [3.0, 50.0]], "rate": [1.0, 2.0]},
        {"concentration": 0.2, "rate": 3.0},
    ],
    "Geometric": [{"probs": [0.7, 0.2]}, {"logits": [0.0, 1.0]}, {"probs": [1.0, 0.5]}],
    "Gumbel": [{"loc": [[0.5, 2.0], [-3.0, 7.0]], "scale": [1.0, 2.0]}, {"loc": 0.2, "scale": 3.0}],
    "HalfCauchy": [{"scale": [[0.5, 2.0], [3.0, 7.0]]}, {"scale": 0.2}],
    "HalfNormal": [{"scale": [[0.5, 2.0], [3.0, 7.0]]}, {"scale": 0.2}],
    "InverseGamma": [
        {"concentration": [[0.5, 2.0], [3.0, 50.0]], "rate": [1.0, 2.0]},
        {"concentration": 6.2, "rate": 3.0},
    ],
    "Kumaraswamy": [
        {"concentration1": [[0.5, 2.0], [3.0, 1.5]], "concentration0": [1.0, 2.0]},
        {"concentration1": 2.0, "concentration0": 3.0},
    ],
    "Laplace": [
        {"loc": [[0.5, 2.0], [-3.0, 7.0]], "scale": [1.0, 2.0]},
        {"loc": 0.2, "scale": 3.0},
    ],
    "LogNormal": [
        {"loc": [[0.5, 2.0], [-3.0, 1.0]], "scale": [1.0, 0.5]},
        {"loc": 0.2, "scale": 0.3},
    ],
    "LogisticNormal": [
        {"loc": [[0.5, 2.0], [-1.0, 0.1]], "scale": [1.0, 0.5]},
        {"loc": [0.2], "scale": 0.3},
    ],
    "LowRankMultivariateNormal": [
        {"loc": [1.0, 2.0], "cov_factor": [[1.0], [0.5]], "cov_diag": [0.5, 2.0]},
        {
            "loc": [[1.0, 2.0], [0.0, 1.0]],
            "cov_factor": [[0.3, 1.0], [2.0, -0.5]],
            "cov_diag": [0.1, 1.0],
        },
    ],
    "Multinomial": [
        {"probs": [[0.1, 0.2, 0.3], [0.5, 0.3, 0.2]], "total_count": 4},
        {"logits": [0.0, 3.0], "total_count": 1},
        {"probs": [1.0, 0.0, 2.0], "total_count": 3},
    ],
    "MultivariateNormal": [
        {"loc": [1.0, 2.0], "covariance_matrix": [[2.0, 0.3], [0.3, 1.0]]},
        {"loc": [[1.0, 2.0], [0.0, 1.0]], "scale_tril": [[2.0, 0.0], [0.3, 1.0]]},
        {"loc": [1.0, 2.0], "precision_matrix": [[[2.0, 0.3], [0.3, 1.0]]]},
    ],
    "NegativeBinomial": [
        {"total_count": [3.0, 2.5], "probs": [[0.1, 0.2], [0.5, 0.9]]},
        {"total_count": 4, "logits": [0.1, -0.4]},
        {"total_count": [0.0, 1.0], "probs": [0.3, 0.0]},
    ],
    "Normal": [{"loc": [[0.5, 2.0], [-3.0, 7.0]], "scale": [1.0, 2.0]}, {"loc": 0.2, "scale": 3.0}],
    "OneHotCategorical": [
        {"probs": [[0.1, 0.2, 0.3], [0.5, 0.3, 0.2]]},
        {"logits": [[0.0, 0.0], [3.0, -1.0]]},
    ],
    "Pareto": [
        {"scale": [[0.5, 2.0], [3.0, 0.1]], "alpha": [0.9, 6.0]},
        {"scale": 0.2, "alpha": 3.0},
        {"scale": [0.1, 0.4], "alpha": [1.5, 9.0]},
    ],
    "Poisson": [{"rate": [[0.5, 2.0], [3.0, 7.0]]}, {"rate": 0.2}, {"rate": [0.0, 1.0]}],
    "RelaxedBernoulli": [
        {"temperature": [0.5], "probs": [[0.7, 0.2], [0.5, 0.99]]},
        {"temperature": [2.0], "logits": [0.0, -2.0]},
    ],
    "RelaxedOneHotCategorical": [
        {"temperature": [0.5], "probs": [[0.1, 0.2, 0.3], [0.5, 0.3, 0.2]]},
        {"temperature": [2.0], "logits": [[0.0, 0.0], [3.0, -1.0]]},
    ],
    "StudentT": [
        {"df": [[0.5, 2.0], [3.0, 5.0]]},
        {"df": [0.5, 1.5, 3.0], "loc": 1.0, "scale": 2.0},
    ],
    "Uniform": [{"low": [0.5, -1.0], "high": [1.0, 2.0]}, {"low": 0.0, "high": 1.0}],
    "Weibull": [
        {"scale": [[0.5, 2.0], [3.0, 7.0]], "concentration": [1.0, 2.5]},
        {"scale": 0.2, "concentration": 3.0},
    ],
}
CASES = [(name, place) for name, examples in EXAMPLES.items() for place in range(len(examples))]


def parameters(library: ModuleType, name: str, place: int) -> dict[str, Any]:
    """The parameters: lists as leaves that require a gradient."""
    return {
        key: leaf(library, np.array(value)) if isinstance(value, list) else value
        for key, value in EXAMPLES[name][place].items()
    }


def leaf(library: ModuleType, array: np.ndarray) -> Any:
    if library is torch:
        return torch.tensor(array, requires_grad=True)
    return mytorch.Tensor(array, requires_grad=True)


def made(library: ModuleType, name: str, place: int) -> tuple[Any, list[Any]]:
    """The distribution, and its leaves."""
    found = parameters(library, name, place)
    leaves = [value for value in found.values() if not isinstance(value, (int, float))]
    return getattr(library.distributions, name)(**found), leaves


def array(value: Any) -> np.ndarray:
    """Of a tensor, or of a shape."""
    if isinstance(value, torch.Tensor):
        return value.detach().numpy()
    return value.data if isinstance(value, mytorch.Tensor) else np.array(value)
