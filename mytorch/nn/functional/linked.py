"""Linear maps along axes as one operation, whose gradient is the transposed maps."""

from __future__ import annotations

from mytorch._dtypes import Array
from mytorch._kernels.links import Along, linked
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.tensor import Tensor, wrap

__all__ = ["Linked"]


class Linked(Function):
    """A linear map along each of some axes."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, maps: Along) -> Tensor:
        ctx.maps = maps
        return wrap(linked(a._data, maps))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Linked.apply(grad_output, _transposed(ctx.maps)), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        return linked(gradient, _transposed(ctx.maps)), None


def _transposed(maps: Along) -> Along:
    return tuple([(axis, links.back) for axis, links in reversed(maps)])
