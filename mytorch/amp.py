"""Mixed precision, which PyTorch has for GPUs: without one it is off, and programs run on.

>>> from mytorch import Tensor, amp, nn, optim
>>> model, scaler = nn.Linear(2, 1), amp.GradScaler(enabled=False)
>>> optimizer = optim.SGD(model.parameters(), lr=0.1)
>>> with amp.autocast("cuda", enabled=False):
...     loss = model(Tensor.ones(3, 2)).sum()
>>> scaler.scale(loss).backward()
>>> scaler.step(optimizer)
>>> scaler.update()
"""

from __future__ import annotations

import warnings
from contextlib import ContextDecorator
from typing import Any

from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike

__all__ = ["GradScaler", "autocast"]


def _stays_off(name: str, kind: str, enabled: bool) -> None:
    """Warns, as PyTorch does, where there is no GPU. Raises RuntimeError for the CPU."""
    if enabled and kind == "cuda":
        warnings.warn(f"{name}: there is no GPU; it stays off", stacklevel=3)
    elif enabled:
        raise RuntimeError(
            f"{name}: expected enabled=False on the device {kind!r}, where all is computed in the "
            "dtype of the tensors; choose that by x.to(dtype)"
        )


class autocast(ContextDecorator):
    """A context, or decorator, inside which operations would choose a shorter dtype: it changes
    nothing. For "cuda" it warns that there is no GPU unless `enabled` is False, as PyTorch does.

    Raises RuntimeError for another device, as "cpu", unless `enabled` is False.

    >>> with autocast("cuda", enabled=False):
    ...     pass
    """

    def __init__(
        self,
        device_type: str,
        dtype: DTypeLike | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        _stays_off("autocast", device_type, enabled)

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *raised: object) -> None:
        pass


class GradScaler:
    """Would scale a loss so that its gradients fit into float16: it is off, and gives back what it
    is given. Its other options, which are for a GPU, are read by nobody.

    Raises RuntimeError for another device than "cuda" unless `enabled` is False.

    >>> GradScaler("cuda", enabled=False).is_enabled()
    False
    """

    def __init__(
        self,
        device: DeviceLike = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _stays_off("GradScaler", str(device), enabled)

    def scale(self, outputs: Any) -> Any:
        """The outputs themselves."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Does nothing: the gradients are not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(*args, **kwargs)`."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Does nothing."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Empty, as PyTorch's where it is off."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing, as PyTorch's where it is off."""
