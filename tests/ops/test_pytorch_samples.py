"""Every operation that has a name of PyTorch's, on PyTorch's own samples of it."""

import pytest
import torch

from tests.ops import pytorch_samples as samples

# Of each operation and dtype: `python -m tests.ops.pytorch_samples` runs all of them.
MOST = {torch.float64: 3, torch.float32: 1, torch.int64: 1, torch.bool: 1}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_results_gradients_and_refusals_are_pytorchs() -> None:
    count, failures = samples.compared(MOST)
    unknown, mended = samples.sorted_out(failures)
    assert not unknown, "\n".join(map(str, unknown))
    assert not mended, "no longer differ, and need not be listed: " + "\n".join(map(str, mended))
    assert count > 1500
