"""Averages of weights, against PyTorch."""

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.optim import swa_utils
from mytorch.optim.swa_utils import AveragedModel, update_bn

WAYS = (
    "",
    "avg_fn=u.get_swa_avg_fn()",
    "avg_fn=u.get_ema_avg_fn(0.75)",
    "avg_fn=lambda mean, value, n: mean * 0.5 + value / (n + 1)",
    "multi_avg_fn=u.get_swa_multi_avg_fn()",
    "multi_avg_fn=u.get_ema_multi_avg_fn(decay=0.9)",
    "multi_avg_fn=u.get_ema_multi_avg_fn(0.2), use_buffers=True",
    "multi_avg_fn=lambda means, values, n: [m.add_(v * n) for m, v in zip(means, values)]",
    "use_buffers=True",
    "device='cpu', avg_fn=u.get_ema_avg_fn(), use_buffers=True",
)


def model_of(library: Any) -> Any:
    """The same model in each library."""
    n = library.nn
    model = n.Sequential(n.Linear(3, 4), n.BatchNorm1d(4), n.ReLU(), n.Linear(4, 2, bias=False))
    set_values(model, library, 0)
    return model.double()


def set_values(model: Any, library: Any, seed: int) -> None:
    """Other numbers for all parameters and buffers."""
    generator = np.random.default_rng(seed)
    for value in model.state_dict().values():
        numbers = generator.normal(size=tuple(value.shape)) * 3 + 5
        value.copy_(library.tensor(numbers))


def averaged_of(library: Any, model: Any, way: str) -> Any:
    utils = library.optim.swa_utils
    return eval(f"u.AveragedModel(model, {way})", {"u": utils, "model": model})


def check(ours: Any, theirs: Any, rtol: float = 1e-12) -> None:
    found, expected = ours.state_dict(), theirs.state_dict()
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert str(found[name].dtype) == str(value.dtype).removeprefix("torch.")
        np.testing.assert_allclose(found[name].numpy(), value.numpy(), rtol=rtol)


@pytest.mark.parametrize("way", WAYS)
def test_averages_and_states_are_pytorchs(way: str) -> None:
    models = [model_of(library) for library in (mytorch, torch)]
    ours, theirs = (
        averaged_of(lib, m, way) for lib, m in zip((mytorch, torch), models, strict=True)
    )
    # PyTorch rounds 1 / (n + 1) there.
    rtol = 1e-6 if "get_swa_multi" in way else 1e-12
    for step in range(6):
        check(ours, theirs, rtol)
        for library, model in zip((mytorch, torch), models, strict=True):
            set_values(model, library, step)
        ours.update_parameters(models[0])
        theirs.update_parameters(models[1])
        if step == 3:  # the states go over
            theirs_new, ours_new = (
                averaged_of(lib, model_of(lib), way) for lib in (torch, mytorch)
            )
            to_theirs = {k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()}
            to_ours = {k: mytorch.tensor(v.numpy()) for k, v in theirs.state_dict().items()}
            theirs_new.load_state_dict(to_theirs)
            ours_new.load_state_dict(to_ours)
            ours, theirs = ours_new, theirs_new
    check(ours, theirs, rtol)
    x = np.random.default_rng(0).normal(size=(5, 3))
    for side in (ours, theirs):
        side.eval()
        side.state_dict()["module.1.running_var"].abs_()
    np.testing.assert_allclose(
        ours(mytorch.tensor(x)).detach().numpy(),
        theirs(torch.tensor(x)).detach().numpy(),
        rtol=1e-5,
    )


def test_the_mean_loses_no_digits() -> None:
    """PyTorch's `get_swa_multi_avg_fn` loses half of them, for its 1 / (n + 1) is a float32."""
    models = [nn.Linear(3, 2) for _ in range(7)]
    averaged = AveragedModel(models[0], multi_avg_fn=swa_utils.get_swa_multi_avg_fn())
    for model in models:
        averaged.update_parameters(model)
    expected = np.mean([model.weight.data for model in models], 0)
    np.testing.assert_allclose(averaged.module.weight.data, expected, rtol=1e-14)


def test_a_copy_is_averaged() -> None:
    model = nn.Linear(2, 2)
    averaged = AveragedModel(model)
    before = model.weight.data.copy()
    averaged.update_parameters(model)
    model.weight.data += 1
    averaged.update_parameters(model)
    np.testing.assert_allclose(averaged.module.weight.data, before + 0.5)
    np.testing.assert_array_equal(model.weight.data, before + 1)
    assert averaged.module.weight.requires_grad
    assert averaged.module.weight.grad_fn is None
    for twin in (copy.deepcopy(averaged), pickle.loads(pickle.dumps(averaged))):
        twin.update_parameters(model)
        assert (twin.n_averaged, averaged.n_averaged) == (3, 2)


def test_a_multi_avg_fn_gets_the_values_by_dtype() -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2).to(mytorch.float32))
    calls: list[Any] = []
    averaged = AveragedModel(
        model, multi_avg_fn=lambda means, values, n: calls.append((len(means), means[0].dtype, n))
    )
    for _ in range(2):
        averaged.update_parameters(model)
    assert calls == [(2, mytorch.float64, 1), (2, mytorch.float32, 1)]


@pytest.mark.parametrize("momentum", [0.1, None])
def test_update_bn_takes_the_batches_alike(momentum: float | None) -> None:
    batches = [np.random.default_rng(i).normal(i, 1 + i, size=(8, 3)) for i in range(3)]
    found = []
    for library in (torch, mytorch):
        model = model_of(library)
        model[1].momentum = momentum
        model.eval()
        loader = [
            library.tensor(batches[0]),
            [library.tensor(batches[1]), "labels"],
            (library.tensor(batches[2]),),
        ]
        library.optim.swa_utils.update_bn(iter(loader), model, device="cpu")
        assert (model.training, model[1].momentum) == (False, momentum)
        assert all(p.grad is None for p in model.parameters())
        found.append([value.numpy() for value in model.state_dict().values()])
    for expected, mine in zip(*found, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)


def test_update_bn_puts_all_back_when_a_batch_raises() -> None:
    model = model_of(mytorch).eval()
    with pytest.raises(ValueError, match="3"):
        update_bn([Tensor.ones(2, 3), Tensor.ones(2, 4)], model)
    assert (model.training, model[1].momentum) == (False, 0.1)


def test_update_bn_needs_no_loader_without_such_layers() -> None:
    update_bn(iter(lambda: 1 / 0, None), nn.Linear(1, 1))


@pytest.mark.parametrize("name", swa_utils.__all__)
def test_names_and_arguments_are_pytorchs(name: str) -> None:
    assert set(swa_utils.__all__) == set(torch.optim.swa_utils.__all__)
    ours, theirs = (
        {key: option.default for key, option in inspect.signature(place).parameters.items()}
        for place in (getattr(swa_utils, name), getattr(torch.optim.swa_utils, name))
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "form",
    [
        "u.get_ema_avg_fn(1.5)",
        "u.get_ema_multi_avg_fn(-0.5)",
        "u.AveragedModel(m, avg_fn=u.get_swa_avg_fn(), multi_avg_fn=u.get_swa_multi_avg_fn())",
    ],
)
def test_what_pytorch_refuses_is_refused_alike(form: str) -> None:
    def run(library: Any) -> None:
        eval(form, {"u": library.optim.swa_utils, "m": library.nn.Linear(1, 1)})

    with pytest.raises(Exception) as theirs:  # noqa: PT011 (PyTorch's error is the oracle)
        run(torch)
    with pytest.raises(theirs.type):
        run(mytorch)
