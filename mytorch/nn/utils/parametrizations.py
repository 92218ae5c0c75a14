"""Weights by length and direction, of a largest singular value of 1, or orthogonal: as
parametrizations (`parametrize`), which compute them whenever they are looked at."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from mytorch._checks import kind_of, option
from mytorch._dtypes import Array
from mytorch._shapes import normalize_axis
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.linalg import householder_product, matrix_exp, qr, solve
from mytorch.nn.functional import normalize
from mytorch.nn.module import Module
from mytorch.nn.utils.parametrize import is_parametrized, register_parametrization
from mytorch.nn.utils.spectral_norm import matrix_of, rows_axis
from mytorch.nn.utils.weight_norm import lengths, product
from mytorch.ops import allclose, cat, dot, eye, randn, where
from mytorch.tensor import Tensor, wrap

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)

_MAPS = ("matrix_exp", "cayley", "householder")


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, length: Tensor, direction: Tensor) -> Tensor:
        return product(length, direction, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return lengths(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Makes a weight a length times a direction: of its parts along the axis `dim`, for None of all
    of it. The parameters are `module.parametrizations.weight.original0`, the lengths, and
    `original1`, the directions. Returns the module. States of `nn.utils.weight_norm`, with
    `weight_g` and `weight_v`, are understood.

    Source: Salimans and Kingma, "Weight Normalization", 2016.

    >>> from mytorch import nn
    >>> layer = weight_norm(nn.Linear(2, 3))
    >>> [(name, parameter.shape) for name, parameter in layer.named_parameters()][1:]
    [('parametrizations.weight.original0', (3, 1)), ('parametrizations.weight.original1', (3, 2))]
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Module, state: dict[str, Any], prefix: str, *others: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if is_parametrized(module, name) and all(key in state for key in old):
            for number, key in enumerate(old):
                state[f"{prefix}parametrizations.{name}.original{number}"] = state.pop(key)

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        self.dim = normalize_axis(dim, weight.ndim, "spectral_norm")
        if n_power_iterations <= 0:
            raise RangeError(
                "spectral_norm: expected n_power_iterations of at least 1, got "
                f"{n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        if weight.ndim > 1:
            matrix = matrix_of(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, self._unit(randn(size, dtype=weight.dtype)))
            self._iterate(matrix, 15)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return self._unit(weight)
        matrix = matrix_of(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: the next run may change the buffers before this one's backward.
        u, v = self._u.clone(), self._v.clone()
        return weight / dot(u, matrix @ v)

    def right_inverse(self, weight: Tensor) -> Tensor:
        return weight

    def _unit(self, vector: Tensor) -> Tensor:
        return normalize(vector, dim=0, eps=self.eps)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        u, v = self._u, self._v
        with no_grad():
            for _ in range(times):
                u = self._unit(matrix @ v)
                v = self._unit(matrix.t() @ u)
            self._u.copy_(u)
            self._v.copy_(v)


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divides a weight by its largest singular value; a vector by its length. Returns the module.

    The singular vectors are the buffers `_u` and `_v` of the parametrization, drawn at first and
    brought close by fifteen steps of the power iteration; in training each look at the weight
    brings them closer by `n_power_iterations`. The matrix has a row for each place along the axis
    `dim`: for None the first, of a transposed convolution the second. `eps` keeps lengths of
    vectors above 0.

    Raises RangeError for fewer than one iteration, ValueError if there is no such parameter.

    Source: Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial
    networks", 2018.

    >>> from mytorch import linalg, nn
    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data[:] = [[3.0, 0.0], [1.0, 1.0]]
    >>> round(linalg.matrix_norm(spectral_norm(layer).weight, 2).item(), 6)
    1.0
    """
    weight = _tensor("spectral_norm", module, name)
    axis = rows_axis(module) if dim is None else dim
    parametrization = _SpectralNorm(weight, n_power_iterations, axis, eps)
    return register_parametrization(module, name, parametrization)


class _Orthogonal(Module):
    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        self.register_buffer("base", None)

    def forward(self, original: Tensor) -> Tensor:
        wide = original.shape[-2] < original.shape[-1]
        tall = original.mT if wide else original
        rows, columns = tall.shape[-2:]
        if self.orthogonal_map == "householder":
            reflectors = tall.tril(-1)
            scales = 2 / (1 + (reflectors * reflectors).sum(-2))
            signs = tall.detach().diagonal(dim1=-2, dim2=-1).trunc()
            found = householder_product(reflectors, scales) * signs.unsqueeze(-2)
        else:
            lower = tall.tril()
            if rows != columns:
                empty = lower.new_zeros(*lower.shape[:-1], rows - columns)
                lower = cat([lower, empty], dim=-1)
            skew = lower - lower.mT
            if self.orthogonal_map == "matrix_exp":
                found = matrix_exp(skew)
            else:
                one = eye(rows, dtype=skew.dtype)
                found = solve(one - skew / 2, one + skew / 2)
            found = found[..., :columns]
        if self.base is not None:
            found = self.base @ found
        return found.mT if wide else found

    def right_inverse(self, value: Tensor) -> Tensor:
        if value.shape != self.shape:
            raise ShapeError(f"orthogonal: expected shape {self.shape}, got {value.shape}")
        wide = value.shape[-2] < value.shape[-1]
        tall = value.detach().mT if wide else value.detach()
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "orthogonal: with use_trivialization=False only the 'householder' map can be "
                    f"assigned to, not {self.orthogonal_map!r}"
                )
            reflectors = wrap(_reflectors(tall.data))
            return reflectors.mT if wide else reflectors
        rows, columns = tall.shape[-2:]
        if rows == columns and _is_orthogonal(tall):
            self.base = tall.clone()
        else:
            more = randn(*tall.shape[:-1], rows - columns, dtype=tall.dtype)
            q, r = qr(cat([tall, more], dim=-1))
            diagonal = r.diagonal(dim1=-2, dim2=-1)
            self.base = q * where(diagonal < 0, -1.0, 1.0).to(q.dtype).unsqueeze(-2)
        return -eye(*value.shape[-2:], dtype=value.dtype).expand(value.shape).clone()


def _is_orthogonal(matrix: Tensor) -> bool:
    size = matrix.shape[-1]
    one = eye(size, dtype=matrix.dtype).expand(*matrix.shape[:-2], size, size)
    tolerance = 10 * size * float(np.finfo(matrix.dtype).eps)
    return bool(allclose(matrix.mT @ matrix, one, atol=tolerance))


def _reflectors(tall: Array) -> Array:
    """What the map of Householder's reflections makes the orthogonal part of the matrix of: the
    reflectors below the diagonal, and the signs of the columns on it."""
    raw, scales = np.linalg.qr(tall, mode="raw")
    found = np.array(raw.swapaxes(-1, -2))
    diagonal = np.einsum("...ii->...i", found[..., : found.shape[-1], :])
    # So that the triangle of the decomposition would have a diagonal above 0.
    diagonal[...] = np.sign(diagonal) * np.where(scales == 0, -1, 1)
    return found


def orthogonal(
    module: M,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> M:
    """Keeps a weight orthogonal: a matrix of shape (m, n), or each of a stack of them, has
    orthonormal columns, or rows where m < n. Returns the module.

    What the parameter, `module.parametrizations.weight.original`, is turned into an orthogonal
    matrix by is the `orthogonal_map`: "matrix_exp" or "cayley", the exponential or Cayley's
    transform of a skew-symmetric matrix, or "householder", a product of reflections. For None it is
    "matrix_exp" for square matrices, else "householder". With `use_trivialization` that is
    multiplied by a fixed matrix, the buffer `base`. At first, and when it is assigned to, the
    weight is what `linalg.qr` makes of the values, but for the two first maps without
    `use_trivialization`.

    Raises ShapeError for fewer than two axes, RangeError for another map, ValueError if there is no
    such parameter.

    Source: Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds", 2019.

    >>> import mytorch
    >>> from mytorch import nn
    >>> weight = orthogonal(nn.Linear(2, 3)).weight
    >>> mytorch.allclose(weight.T @ weight, mytorch.eye(2))
    True
    """
    weight = _tensor("orthogonal", module, name)
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal: expected a matrix or a stack of them, got {weight.shape}")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in _MAPS:
        raise RangeError(f"orthogonal: expected a map of {_MAPS}, got {orthogonal_map!r}")
    trivial = option("orthogonal", "use_trivialization", use_trivialization)
    parametrization = _Orthogonal(weight, orthogonal_map, trivial)
    return register_parametrization(module, name, parametrization, unsafe=True)


def _tensor(operation: str, module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(
            f"{operation}: expected a parameter {name!r} in {type(module).__name__}, got "
            f"{kind_of(weight, Tensor)}"
        )
    return weight
