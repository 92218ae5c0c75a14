"""PyTorch in double precision, as MyTorch is by default."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _pytorch_in_double_precision() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)
