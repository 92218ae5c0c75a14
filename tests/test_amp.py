"""Mixed precision where there is no GPU: a training with it, line for line as in PyTorch."""

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
import torch

import mytorch
from mytorch import nn
from tests.ops.oracles import value


def trained(library: ModuleType, start: dict[str, np.ndarray], old: bool) -> list[np.ndarray]:
    model = library.nn.Linear(3, 2).to(library.float64)
    model.load_state_dict({name: library.tensor(array) for name, array in start.items()})
    optimizer = library.optim.SGD(model.parameters(), lr=0.1)
    place = import_module(f"{library.__name__}.cuda.amp") if old else library.amp
    scaler = place.GradScaler(init_scale=128.0, enabled=True)
    for _ in range(2):
        optimizer.zero_grad()
        with place.autocast() if old else library.autocast("cuda", library.bfloat16):
            loss = model(library.ones(4, 3, dtype=library.float64)).square().sum()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    assert (scaler.is_enabled(), scaler.get_scale(), scaler.state_dict()) == (False, 1.0, {})
    scaler.load_state_dict({})
    return [value(parameter) for parameter in model.parameters()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("old", [False, True])
def test_training_is_as_without(old: bool) -> None:
    start = {name: value(tensor) for name, tensor in nn.Linear(3, 2).state_dict().items()}
    for ours, theirs in zip(trained(mytorch, start, old), trained(torch, start, old), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_what_is_off_says_so() -> None:
    with pytest.warns(UserWarning, match="no GPU"):
        mytorch.autocast("cuda")
    with pytest.warns(UserWarning, match="no GPU"):
        mytorch.GradScaler()
    for make in (mytorch.amp.autocast, mytorch.amp.GradScaler):
        make("cpu", enabled=False)
        with pytest.raises(RuntimeError, match="enabled=False"):
            make("cpu")

    @mytorch.autocast("cpu", enabled=False)
    def doubled(x: mytorch.Tensor) -> mytorch.Tensor:
        return x * 2

    assert doubled(mytorch.ones(1)).item() == 2


def test_autocast_is_not_enabled() -> None:
    for library in (mytorch, torch):
        assert library.is_autocast_enabled() is library.is_autocast_enabled("cuda") is False


def test_bfloat16_can_be_named_and_compared() -> None:
    x = mytorch.ones(2)
    assert x.dtype not in (mytorch.bfloat16, mytorch.float16)
    assert repr(mytorch.bfloat16) == "bfloat16"
    # The oldest NumPy raises its own error in place of ours, which it asked for.
    with pytest.raises(TypeError) as numpys:
        np.dtype(mytorch.bfloat16)  # type: ignore[call-overload]
    ours = numpys.type is mytorch.DtypeError
    refusal, says = (mytorch.DtypeError, "use float32") if ours else (TypeError, "bfloat16")
    for attempt in (
        lambda: x.to(mytorch.bfloat16),
        lambda: mytorch.zeros(2, dtype=mytorch.bfloat16),
        lambda: mytorch.tensor([1.0], dtype=mytorch.bfloat16),
        lambda: nn.Linear(1, 1, dtype=mytorch.bfloat16),
        lambda: nn.Linear(1, 1).to(mytorch.bfloat16),
        lambda: mytorch.set_default_dtype(mytorch.bfloat16),
    ):
        with pytest.raises(refusal, match=says):
            attempt()
