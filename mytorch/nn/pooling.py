"""Pooling: one number for each window that slides over the last one, two or three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytorch._checks import option
from mytorch.nn import functional as F
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

# An option of each axis, or one for all of them.
Sizes = int | Sequence[int]


def _keep(
    module: Any, count: int, kernel_size: Sizes, stride: Sizes | None, padding: Sizes
) -> None:
    """Gives a module the options as tuples."""
    stride = kernel_size if stride is None else stride
    module.kernel_size, module.stride, module.padding = (
        tuple(value) if isinstance(value, Sequence) else (value,) * count
        for value in (kernel_size, stride, padding)
    )


class _Windows(Module):
    kernel_size: Sizes
    stride: Sizes
    padding: Sizes

    def extra_repr(self) -> str:
        """The sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _MaxPool(Module):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = option(type(self).__name__, "return_indices", return_indices)
        self.ceil_mode = option(type(self).__name__, "ceil_mode", ceil_mode)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest number in each window of an input (N, C, L) or (C, L); see
    `max_pool1d`. With `return_indices` the pair (values, indices), for `MaxUnpool1d`.

    >>> MaxPool1d(2)(Tensor.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """max_pool1d(input)."""
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool2d(_MaxPool):
    """The largest number in each window of an input (N, C, H, W) or (C, H, W); see
    `max_pool2d`. With `return_indices` the pair (values, indices), for `MaxUnpool2d`.

    >>> MaxPool2d(2)(Tensor.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """max_pool2d(input)."""
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool3d(_MaxPool):
    """The largest number in each window of an input (N, C, D, H, W) or (C, D, H, W); see
    `max_pool3d`. With `return_indices` the pair (values, indices), for `MaxUnpool3d`.

    >>> MaxPool3d(2)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """max_pool3d(input)."""
        return F.max_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class AvgPool1d(_Windows):
    """The mean of each window of an input (N, C, L) or (C, L); see `avg_pool1d`.

    >>> AvgPool1d(2)(Tensor([[1.0, 3.0]]))
    tensor([[2.]])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        _keep(self, 1, kernel_size, stride, padding)
        self.ceil_mode = option("AvgPool1d", "ceil_mode", ceil_mode)
        self.count_include_pad = option("AvgPool1d", "count_include_pad", count_include_pad)

    def forward(self, input: Tensor) -> Tensor:
        """avg_pool1d(input)."""
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class _DividedAvgPool(_Windows):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = option(name, "ceil_mode", ceil_mode)
        self.count_include_pad = option(name, "count_include_pad", count_include_pad)
        self.divisor_override = divisor_override


class AvgPool2d(_DividedAvgPool):
    """The mean of each window of an input (N, C, H, W) or (C, H, W); see
    `avg_pool2d`.

    >>> AvgPool2d(2)(Tensor.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """avg_pool2d(input)."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_DividedAvgPool):
    """The mean of each window of an input (N, C, D, H, W) or (C, D, H, W); see
    `avg_pool3d`.

    >>> AvgPool3d(2)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """avg_pool3d(input)."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _Adaptive(Module):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_Adaptive):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = option(type(self).__name__, "return_indices", return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest number in each of `output_size` windows that share an input
    (N, C, L) or (C, L); see `adaptive_max_pool1d`.

    >>> AdaptiveMaxPool1d(2)(Tensor.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """adaptive_max_pool1d(input)."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest number in each of `output_size` windows that share an input
    (N, C, H, W) or (C, H, W); see `adaptive_max_pool2d`.

    >>> AdaptiveMaxPool2d(2)(Tensor.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """adaptive_max_pool2d(input)."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest number in each of `output_size` windows that share an input
    (N, C, D, H, W) or (C, D, H, W); see `adaptive_max_pool3d`.

    >>> AdaptiveMaxPool3d(2)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Any:
        """adaptive_max_pool3d(input)."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_Adaptive):
    """The mean of each of `output_size` windows that share an input
    (N, C, L) or (C, L); see `adaptive_avg_pool1d`.

    >>> AdaptiveAvgPool1d(2)(Tensor.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """adaptive_avg_pool1d(input)."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """The mean of each of `output_size` windows that share an input
    (N, C, H, W) or (C, H, W); see `adaptive_avg_pool2d`.

    >>> AdaptiveAvgPool2d(2)(Tensor.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """adaptive_avg_pool2d(input)."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_Adaptive):
    """The mean of each of `output_size` windows that share an input
    (N, C, D, H, W) or (C, D, H, W); see `adaptive_avg_pool3d`.

    >>> AdaptiveAvgPool3d(2)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """adaptive_avg_pool3d(input)."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class _LPPool(Module):
    def __init__(
        self,
        norm_type: float,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = option(type(self).__name__, "ceil_mode", ceil_mode)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The root of the sum of powers over each window of an input
    (N, C, L) or (C, L); see `lp_pool1d`.

    >>> LPPool1d(2, 2)(Tensor.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """lp_pool1d(input)."""
        return F.lp_pool1d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class LPPool2d(_LPPool):
    """The root of the sum of powers over each window of an input
    (N, C, H, W) or (C, H, W); see `lp_pool2d`.

    >>> LPPool2d(2, 2)(Tensor.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """lp_pool2d(input)."""
        return F.lp_pool2d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class LPPool3d(_LPPool):
    """The root of the sum of powers over each window of an input
    (N, C, D, H, W) or (C, D, H, W); see `lp_pool3d`.

    >>> LPPool3d(2, 2)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Tensor) -> Tensor:
        """lp_pool3d(input)."""
        return F.lp_pool3d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class MaxUnpool1d(_Windows):
    """Puts the numbers that `MaxPool1d` found back where they were, among zeros; see
    `max_unpool1d`.

    >>> pool, unpool = MaxPool1d(2, return_indices=True), MaxUnpool1d(2)
    >>> unpool(*pool(Tensor.ones(1, 1, 4))).sum()
    tensor(2.)
    """

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        _keep(self, 1, kernel_size, stride, padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """max_unpool1d(input, indices)."""
        return F.max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool2d(_Windows):
    """Puts the numbers that `MaxPool2d` found back where they were, among zeros; see
    `max_unpool2d`.

    >>> pool, unpool = MaxPool2d(2, return_indices=True), MaxUnpool2d(2)
    >>> unpool(*pool(Tensor.ones(1, 1, 4, 4))).sum()
    tensor(4.)
    """

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        _keep(self, 2, kernel_size, stride, padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """max_unpool2d(input, indices)."""
        return F.max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool3d(_Windows):
    """Puts the numbers that `MaxPool3d` found back where they were, among zeros; see
    `max_unpool3d`.

    >>> pool, unpool = MaxPool3d(2, return_indices=True), MaxUnpool3d(2)
    >>> unpool(*pool(Tensor.ones(1, 1, 4, 4, 4))).sum()
    tensor(8.)
    """

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        _keep(self, 3, kernel_size, stride, padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """max_unpool3d(input, indices)."""
        return F.max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )
