"""Embedding and EmbeddingBag: tables of learned vectors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mytorch._checks import flag, option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.grad_mode import no_grad
from mytorch.nn import functional as F
from mytorch.nn.functional.lookup import padding_row
from mytorch.nn.module import Module
from mytorch.nn.parameter import Parameter, unset
from mytorch.tensor import Tensor

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """A table of vectors, drawn from N(0, 1) or given."""

    weight: Tensor

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        device: DeviceLike | None,
        dtype: DTypeLike | None,
        weight: Tensor | None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_row(padding_idx, num_embeddings)
        self.max_norm = max_norm
        self.norm_type = norm_type
        where = type(self).__name__
        self.scale_grad_by_freq = flag(where, "scale_grad_by_freq", scale_grad_by_freq)
        if weight is None:
            self.weight = unset(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.reset_parameters()
        else:
            self.weight = Parameter(weight)

    def reset_parameters(self) -> None:
        """Draws the weight anew."""
        draws = np.random.standard_normal(self.weight.shape)
        if self.padding_idx is not None:
            draws[self.padding_idx] = 0
        with no_grad():
            self.weight.copy_(Tensor(draws))


class Embedding(_Table):
    """The rows of a table at the given indices: (...) integers to (..., embedding_dim).

    Attributes: `weight` (num_embeddings, embedding_dim), drawn from N(0, 1) by NumPy's global
    generator, and `padding_idx`, counted from the front: that row is 0 at first and gets no
    gradient. `dtype` is the weight's; None stands for the default.

    `max_norm`, `norm_type`, `scale_grad_by_freq` and `sparse` are those of `embedding`.

    >>> Embedding(10, 3)(Tensor([[1, 2, 4, 5]])).shape
    (1, 4, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            device,
            dtype,
            _weight,
        )
        self.sparse = flag("Embedding", "sparse", sparse)
        self.weight.requires_grad = not option("Embedding.from_pretrained", "freeze", _freeze)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """The layer with a copy of the matrix `embeddings` as weight, which is not trained unless
        `freeze` is False. Raises ShapeError for anything but a matrix.

        >>> table = Embedding.from_pretrained(Tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(Tensor([1]))
        tensor([[3., 4.]])
        """
        rows, columns = _sizes(cls, embeddings)
        return cls(
            rows,
            columns,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            embeddings.detach(),
            freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        """The rows. Raises IndexError for an index out of range, DtypeError for anything but
        integers of 32 or 64 bits."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """The sizes, and the options that are not left alone."""
        usual = {
            "padding_idx": None,
            "max_norm": None,
            "norm_type": 2.0,
            "scale_grad_by_freq": False,
            "sparse": False,
        }
        return _described(self, usual)


class EmbeddingBag(_Table):
    """What bags of rows of a table come to: their sums, means or maxima; see `embedding_bag`, which
    tells of the options, too.

    Attributes: `weight` and `padding_idx` as those of `Embedding`.

    >>> bags = EmbeddingBag(10, 3, mode="sum")
    >>> bags(Tensor([[1, 2, 4, 5]])).shape, bags(Tensor([1, 2, 4]), Tensor([0, 1])).shape
    ((1, 3), (2, 3))
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            device,
            dtype,
            _weight,
        )
        self.mode = mode
        self.sparse = flag("EmbeddingBag", "sparse", sparse)
        self.include_last_offset = flag("EmbeddingBag", "include_last_offset", include_last_offset)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """The layer with a copy of the matrix `embeddings` as weight, which is not trained unless
        `freeze` is False. Raises ShapeError for anything but a matrix.

        >>> table = EmbeddingBag.from_pretrained(Tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(Tensor([[1, 0]]))
        tensor([[2., 3.]])
        """
        made = cls(
            *_sizes(cls, embeddings),
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings.detach(),
            include_last_offset,
            padding_idx,
        )
        made.weight.requires_grad = not option("EmbeddingBag.from_pretrained", "freeze", freeze)
        return made

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        """The sum, mean or maximum of each bag. Raises what `embedding_bag` does."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The sizes, the mode, and the options that are not left alone."""
        usual = {"max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "mode": ""}
        return _described(self, {**usual, "padding_idx": None})


def _sizes(kind: type[Module], embeddings: Tensor) -> tuple[int, int]:
    """The rows and columns of a given table."""
    if embeddings.ndim != 2:
        raise ShapeError(
            f"{kind.__name__}.from_pretrained: expected a matrix, got the shape {embeddings.shape}"
        )
    rows, columns = embeddings.shape
    return rows, columns


def _described(table: _Table, usual: dict[str, Any]) -> str:
    """The sizes, and the options that have another value than the usual one."""
    options = [
        f", {name}={getattr(table, name)!r}"
        for name, value in usual.items()
        if getattr(table, name) != value
    ]
    return f"{table.num_embeddings}, {table.embedding_dim}{''.join(options)}"
