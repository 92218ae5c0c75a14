"""Every module and every optimizer through a file: on in the other library, and back."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from tests import modules, optimizers
from tests.modules.row import evaluate
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

# The mean of KLDivLoss is not that of the examples, of which both libraries warn.
# PyTorch warns of layers for which it has no quicker way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*batchmean"),
    pytest.mark.filterwarnings("ignore:enable_nested_tensor"),
]


def to_pytorch(obj: Any, path: Path) -> Any:
    """What PyTorch loads of what this library saves, by its own default: weights alone."""
    mytorch.save(obj, path)
    return torch.load(path, weights_only=True)


def from_pytorch(obj: Any) -> Any:
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return mytorch.load(file)


def forward(library: Any, module: Any, case: modules.Case) -> list[np.ndarray[Any, Any]]:
    """What a module gives in evaluation for each list of shapes."""
    found = []
    for arrays in case.inputs(1, np.float64):
        inputs = dict(zip("xyz", (library.tensor(array) for array in arrays), strict=False))
        for call in case.row.calls:
            output = evaluate(call, library, m=module.eval(), **inputs)
            found.append(output.detach().numpy().copy())
    return found


@pytest.mark.parametrize("row", modules.LAYERS, ids=lambda row: row.name)
def test_a_module_computes_the_same_after_a_file(row: modules.Layer, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for case in row.cases():
        ours, theirs, back = (case.make(library) for library in (mytorch, torch, mytorch))
        for tensor in ours.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(mytorch.tensor(generator.uniform(0.5, 1.5, tensor.shape)))
        state = to_pytorch(ours.state_dict(), tmp_path / "net.pt")
        assert str(theirs.load_state_dict(state)) == "<All keys matched successfully>"
        again = from_pytorch(theirs.state_dict())
        assert str(back.load_state_dict(again)) == "<All keys matched successfully>"
        assert again._metadata == ours.state_dict()._metadata
        for name, tensor in ours.state_dict().items():
            assert back.state_dict()[name].data.tobytes() == tensor.data.tobytes()
        expected = forward(mytorch, ours, case) if row.calls else []
        for library, other in ((torch, theirs), (mytorch, back)):
            found = forward(library, other, case) if row.calls else []
            for one, two in zip(found, expected, strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", optimizers.ROWS, ids=lambda row: row.name)
def test_an_optimizer_goes_on_after_a_file(row: optimizers.Row, tmp_path: Path) -> None:
    for case in row.cases():
        ours, theirs, back = (
            optimizers.Side(library, case) for library in (mytorch, torch, mytorch)
        )
        for number in range(2):
            ours.step(number)
        path = tmp_path / "state.pt"
        carry(to_pytorch(state_of(ours), path), theirs)
        for side in (ours, theirs):
            side.step(2)
        compare(ours, theirs)
        carry(from_pytorch(state_of(theirs)), back)
        for side in (ours, theirs, back):
            side.step(3)
        compare(ours, theirs)
        compare(back, theirs)


def state_of(side: optimizers.Side) -> dict[str, Any]:
    return {"weights": side.params, "optimizer": side.optimizer.state_dict()}


def carry(state: dict[str, Any], side: optimizers.Side) -> None:
    """The weights and the optimizer go on from a state."""
    for param, weight in zip(side.params, state["weights"], strict=True):
        param.detach().copy_(weight.detach())
    side.optimizer.load_state_dict(state["optimizer"])


def compare(one: optimizers.Side, two: optimizers.Side) -> None:
    for mine, expected in zip(one.arrays(), two.arrays(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-10, atol=1e-10)
