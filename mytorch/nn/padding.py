"""Padding the borders of an input of one to three axes, with and without the batch's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from mytorch.errors import ShapeError
from mytorch.nn.functional import pad
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

# The numbers before and after the last axis, then the last but one, and so on; or one for all.
Sizes = int | Sequence[int]


def _numbers(padding: Sizes, axes: int) -> tuple[int, ...]:
    return tuple(padding) if isinstance(padding, Sequence) else (padding,) * (2 * axes)


class _ConstantPad(Module):
    padding: tuple[int, ...]

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """pad(input, padding, value=value)."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The options."""
        return f"padding={self.padding}, value={self.value}"


class _Pad(Module):
    padding: tuple[int, ...]
    __mode__: ClassVar[str]

    def forward(self, input: Tensor) -> Tensor:
        """pad(input, padding) in the mode of the layer."""
        return pad(input, self.padding, self.__mode__)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class _ReflectionPad(_Pad):
    __mode__ = "reflect"


class _ReplicationPad(_Pad):
    __mode__ = "replicate"


class _CircularPad(_Pad):
    __mode__ = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """pad(input, padding, "circular"). Raises ShapeError for another number of axes."""
        axes = len(self.padding) // 2
        if input.ndim not in (axes + 1, axes + 2):
            raise ShapeError(
                f"{type(self).__name__}: expected an input of {axes + 1} axes, or {axes + 2} with "
                f"the batch's, got shape {input.shape}"
            )
        return super().forward(input)


class ConstantPad1d(_ConstantPad):
    """Pads the last axis with one value; negative numbers take away. See `pad`.

    >>> ConstantPad1d((1, 1), 9.0)(Tensor([[1.0, 2.0, 3.0]]))
    tensor([[9., 1., 2., 3., 9.]])
    """

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(value)
        self.padding = _numbers(padding, 1)


class ZeroPad1d(ConstantPad1d):
    """Pads the last axis with zeros. See `pad`.

    >>> ZeroPad1d((1, 1))(Tensor([[1.0, 2.0, 3.0]]))
    tensor([[0., 1., 2., 3., 0.]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class ReflectionPad1d(_ReflectionPad):
    """Pads the last axis with what mirrors them at the border place. See `pad`.

    >>> ReflectionPad1d((1, 1))(Tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 1., 2., 3., 2.]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 1)


class ReplicationPad1d(_ReplicationPad):
    """Pads the last axis with the border's numbers. See `pad`.

    >>> ReplicationPad1d((1, 1))(Tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 2., 3., 3.]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 1)


class CircularPad1d(_CircularPad):
    """Pads the last axis with the numbers of the other end. See `pad`.

    >>> CircularPad1d((1, 1))(Tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 1)


class ConstantPad2d(_ConstantPad):
    """Pads the last two axes with one value; negative numbers take away. See `pad`.

    >>> ConstantPad2d((1, 1, 0, 0), 9.0)(Tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[9., 1., 2., 3., 9.]]])
    """

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(value)
        self.padding = _numbers(padding, 2)


class ZeroPad2d(ConstantPad2d):
    """Pads the last two axes with zeros. See `pad`.

    >>> ZeroPad2d((1, 1, 0, 0))(Tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[0., 1., 2., 3., 0.]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class ReflectionPad2d(_ReflectionPad):
    """Pads the last two axes with what mirrors them at the border place. See `pad`.

    >>> ReflectionPad2d((1, 1, 0, 0))(Tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[2., 1., 2., 3., 2.]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 2)


class ReplicationPad2d(_ReplicationPad):
    """Pads the last two axes with the border's numbers. See `pad`.

    >>> ReplicationPad2d((1, 1, 0, 0))(Tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[1., 1., 2., 3., 3.]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 2)


class CircularPad2d(_CircularPad):
    """Pads the last two axes with the numbers of the other end. See `pad`.

    >>> CircularPad2d((1, 1, 0, 0))(Tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[3., 1., 2., 3., 1.]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 2)


class ConstantPad3d(_ConstantPad):
    """Pads the last three axes with one value; negative numbers take away. See `pad`.

    >>> ConstantPad3d((1, 1, 0, 0, 0, 0), 9.0)(Tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[[9., 1., 2., 3., 9.]]]])
    """

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(value)
        self.padding = _numbers(padding, 3)


class ZeroPad3d(ConstantPad3d):
    """Pads the last three axes with zeros. See `pad`.

    >>> ZeroPad3d((1, 1, 0, 0, 0, 0))(Tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[[0., 1., 2., 3., 0.]]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class ReflectionPad3d(_ReflectionPad):
    """Pads the last three axes with what mirrors them at the border place. See `pad`.

    >>> ReflectionPad3d((1, 1, 0, 0, 0, 0))(Tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[[2., 1., 2., 3., 2.]]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 3)


class ReplicationPad3d(_ReplicationPad):
    """Pads the last three axes with the border's numbers. See `pad`.

    >>> ReplicationPad3d((1, 1, 0, 0, 0, 0))(Tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[[1., 1., 2., 3., 3.]]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 3)


class CircularPad3d(_CircularPad):
    """Pads the last three axes with the numbers of the other end. See `pad`.

    >>> CircularPad3d((1, 1, 0, 0, 0, 0))(Tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[[3., 1., 2., 3., 1.]]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = _numbers(padding, 3)
