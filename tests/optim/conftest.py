"""PyTorch as it is beside us in these tests."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _float64_by_default() -> Iterator[None]:
    """As it is here: PyTorch keeps what it counts in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
