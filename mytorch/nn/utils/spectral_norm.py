"""Weights whose largest singular value is 1."""

from __future__ import annotations

from typing import Any, TypeVar

from mytorch._checks import kind_of
from mytorch.grad_mode import no_grad
from mytorch.nn.convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from mytorch.nn.functional import normalize
from mytorch.nn.module import Module
from mytorch.nn.utils._recomputed import key_of, remove
from mytorch.ops import dot, randn
from mytorch.tensor import Tensor

__all__ = ["matrix_of", "remove_spectral_norm", "rows_axis", "spectral_norm"]

M = TypeVar("M", bound=Module)


def matrix_of(weight: Tensor, dim: int) -> Tensor:
    """The weight with one row for each place along its axis `dim`."""
    rows = weight.movedim(dim, 0)
    return rows.reshape(rows.shape[0], -1)


def rows_axis(module: Module) -> int:
    """The axis that has the rows of a module's weight."""
    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))


class SpectralNorm:
    """The hook that computes the weight before each run of the module."""

    def __init__(self, name: str, n_power_iterations: int, eps: float, dim: int) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        self.dim = dim

    def unit(self, vector: Tensor) -> Tensor:
        """The vector at length 1."""
        return normalize(vector, dim=0, eps=self.eps)

    def weight(self, module: Module, n_power_iterations: int = 0) -> Tensor:
        """weight / (u . matrix v), after some steps of the power iteration for u and v."""
        weight = getattr(module, f"{self.name}_orig")
        kept = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = matrix_of(weight, self.dim)
        u, v = kept
        with no_grad():
            for _ in range(n_power_iterations):
                v = self.unit(matrix.t() @ u)
                u = self.unit(matrix @ v)
            if n_power_iterations:
                # Not used themselves: the next run may change them before this one's backward.
                kept[0].copy_(u)
                kept[1].copy_(v)
        normed: Tensor = weight / dot(u, matrix @ v)
        return normed

    def __call__(self, module: Module, args: Any) -> None:
        steps = self.n_power_iterations if module.training else 0
        setattr(module, self.name, self.weight(module, steps))


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divides a weight by its largest singular value, before each run of the module. Returns the
    module.

    The parameter becomes `weight_orig`. The buffers `weight_u` and `weight_v` are the singular
    vectors, drawn at first; each run in training brings them closer by `n_power_iterations` steps
    of the power iteration. The matrix has a row for each place along the axis `dim`: for None the
    first, of a transposed convolution the second. `eps` keeps lengths of vectors above 0.

    Raises RuntimeError if it is done twice, ValueError for fewer than one iteration and a
    parameter that is None. States of PyTorch before 1.0, without `weight_v`, are not understood.

    Source: Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial
    networks", 2018.

    >>> from mytorch import linalg, nn
    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data[:] = [[3.0, 0.0], [1.0, 1.0]]
    >>> layer = spectral_norm(layer, n_power_iterations=50)
    >>> _ = layer(Tensor([[1.0, 2.0]]))
    >>> round(linalg.matrix_norm(layer.weight, 2).item(), 6)
    1.0
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if n_power_iterations <= 0:
        raise ValueError(
            f"spectral_norm: expected n_power_iterations of at least 1, got {n_power_iterations}"
        )
    if key_of(SpectralNorm, module, name) is not None:
        raise RuntimeError(
            f"spectral_norm: {name!r} has its norm already; remove_spectral_norm first"
        )
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(
            f"spectral_norm: expected a parameter {name!r}, got {kind_of(weight, Tensor)}"
        )
    axis = rows_axis(module) if dim is None else dim
    hook = SpectralNorm(name, n_power_iterations, eps, axis)
    sizes = matrix_of(weight.detach(), axis).shape
    u, v = (hook.unit(randn(size, dtype=weight.dtype)) for size in sizes)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Makes the weight, divided, a parameter again. Raises ValueError if it has no norm.

    >>> from mytorch import nn
    >>> layer = remove_spectral_norm(spectral_norm(nn.Linear(2, 2)))
    >>> sorted(name for name, _ in layer.named_parameters())
    ['bias', 'weight']
    """
    return remove("remove_spectral_norm", SpectralNorm, module, name, "orig", "u", "v")
