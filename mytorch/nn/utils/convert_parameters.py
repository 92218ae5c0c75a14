"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from mytorch.errors import ShapeError
from mytorch.ops import cat
from mytorch.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The numbers of all parameters, one after the other.

    >>> parameters_to_vector([Tensor([[1.0, 2.0]]), Tensor([3.0])])
    tensor([1., 2., 3.])
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Gives the parameters the numbers of a vector, as `parameters_to_vector` lists them. Raises
    ShapeError, and changes none, unless there are as many.

    >>> w, b = Tensor([[1.0, 2.0]]), Tensor([3.0])
    >>> vector_to_parameters(Tensor([4.0, 5.0, 6.0]), [w, b])
    >>> w, b
    (tensor([[4., 5.]]), tensor([6.]))
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    listed = list(parameters)
    sizes = [parameter.numel() for parameter in listed]
    if vec.shape != (sum(sizes),):
        raise ShapeError(
            f"vector_to_parameters: expected a vector of {sum(sizes)} numbers, got shape "
            f"{vec.shape}"
        )
    for parameter, part in zip(listed, vec.detach().split(sizes), strict=True):
        parameter.data = part.reshape(parameter.shape).to(parameter.dtype).clone().data
