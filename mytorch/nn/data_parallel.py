"""DataParallel: a module that hands its calls on, as PyTorch's does where there is no GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytorch._device import DeviceLike
from mytorch.nn.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """`module`, called as it is: there is one device to divide a batch among. Names in its state
    begin with `module`, as those of PyTorch's, whatever devices there were.

    `device_ids`, `output_device` and `dim` have no effect, as in PyTorch without a GPU.

    >>> from mytorch import nn
    >>> model = DataParallel(nn.Linear(2, 1))
    >>> list(model.state_dict()), model.device_ids
    (['module.weight', 'module.bias'], [])
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[DeviceLike] | None = None,
        output_device: DeviceLike | None = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The module's result."""
        return self.module(*inputs, **kwargs)
