"""What `nn.utils` makes of modules and their parameters, beside PyTorch's."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.ops.oracles import value


def twins(make: Any) -> tuple[Any, Any]:
    theirs, ours = make(torch.nn).double(), make(nn).double()
    state = {name: value(tensor) for name, tensor in theirs.state_dict().items()}
    ours.load_state_dict({name: mytorch.Tensor(array.copy()) for name, array in state.items()})
    return ours, theirs


def test_parameters_go_into_a_vector_and_back() -> None:
    ours, theirs = twins(lambda nn: nn.Linear(3, 2))
    vector = nn.utils.parameters_to_vector(ours.parameters())
    expected = torch.nn.utils.parameters_to_vector(theirs.parameters())
    np.testing.assert_array_equal(vector.data, value(expected))
    nn.utils.vector_to_parameters(vector * 2, ours.parameters())
    np.testing.assert_array_equal(ours.bias.data, 2 * value(theirs.bias))
    with pytest.raises(ValueError, match="vector of 8 numbers"):
        nn.utils.vector_to_parameters(vector[:-1], ours.parameters())


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("dim", [0, 1, -2, -1, None])
def test_weight_norm(dim: int | None) -> None:
    ours, theirs = twins(lambda nn: nn.Linear(3, 2))
    x = np.arange(12.0).reshape(4, 3) - 5
    found = []
    for library, layer in ((mytorch, ours), (torch, theirs)):
        side: ModuleType = library
        assert side.nn.utils.weight_norm(layer, dim=dim) is layer
        with pytest.raises(RuntimeError):
            side.nn.utils.weight_norm(layer)
        out = layer(side.tensor(x))
        (out * out).sum().backward()
        with side.no_grad():
            layer.weight_g.mul_(2)
        again = layer(side.tensor(x))
        tensors = [out, again, layer.weight_g.grad, layer.weight_v.grad]
        names = list(layer.state_dict())
        side.nn.utils.remove_weight_norm(layer)
        with pytest.raises(ValueError, match="weight"):
            side.nn.utils.remove_weight_norm(layer)
        tensors += [layer(side.tensor(x)), layer.weight]
        found.append(([value(tensor) for tensor in tensors], names, list(layer.state_dict())))
    for mine, expected in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)
    assert found[0][1:] == found[1][1:]


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("dim", [2, "a", 0.5])
def test_a_weight_stays_whole_where_no_norm_can_be_taken(dim: Any) -> None:
    layer = nn.Linear(3, 2)
    names = list(layer.state_dict())
    for where in (nn.utils, nn.utils.parametrizations):
        with pytest.raises((IndexError, TypeError), match=r"^weight_norm: "):
            where.weight_norm(layer, dim=dim)
        assert list(layer.state_dict()) == names
        assert layer(Tensor.ones(1, 3)).shape == (1, 2)


@pytest.mark.parametrize(
    ("make", "shape", "dim"),
    [
        (lambda nn: nn.Linear(3, 2), (4, 3), None),
        (lambda nn: nn.Linear(3, 2), (4, 3), 1),
        (lambda nn: nn.ConvTranspose1d(2, 3, 2), (1, 2, 4), None),
    ],
)
def test_spectral_norm(make: Any, shape: tuple[int, ...], dim: int | None) -> None:
    ours, theirs = twins(make)
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    optimizer = mytorch.optim.SGD(ours.parameters(), 0.1)
    for library, layer in ((mytorch, ours), (torch, theirs)):
        side: ModuleType = library
        assert side.nn.utils.spectral_norm(layer, n_power_iterations=2, dim=dim) is layer
        with pytest.raises(RuntimeError):
            side.nn.utils.spectral_norm(layer)
    assert any(p is ours.weight_orig for p in optimizer.param_groups[0]["params"])
    ours.load_state_dict({name: value(tensor) for name, tensor in theirs.state_dict().items()})
    found = []
    for library, layer in ((mytorch, ours), (torch, theirs)):
        tensor = library.tensor
        # Of two runs before one backward, as of true and made-up examples.
        loss = (layer(tensor(x)) ** 2).sum() - (layer(tensor(2 * x)) ** 3).sum()
        (grad,) = library.autograd.grad(loss, layer.weight_orig, create_graph=True)
        (grad**2).sum().backward()
        results = [loss, grad, layer.weight_orig.grad, *layer.eval().state_dict().values()]
        results += [layer(tensor(x)), *layer.state_dict().values()]
        library.nn.utils.remove_spectral_norm(layer)
        with pytest.raises(ValueError, match="weight"):
            library.nn.utils.remove_spectral_norm(layer)
        results += [layer(tensor(x)), layer.weight]
        found.append([value(result) for result in results])
    for mine, expected in zip(*found, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-11, atol=1e-11)
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_a_spectral_norm_goes_to_pytorch() -> None:
    ours, theirs = twins(lambda nn: nn.Linear(3, 2))
    nn.utils.spectral_norm(ours)
    torch.nn.utils.spectral_norm(theirs)
    state = {name: torch.tensor(tensor.data) for name, tensor in ours.state_dict().items()}
    assert list(state) == list(theirs.state_dict())
    theirs.load_state_dict(state)
    x = np.ones((1, 3))
    mine, expected = ours(mytorch.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(value(mine), value(expected), rtol=1e-12)


def test_what_has_no_spectral_norm() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        nn.utils.spectral_norm(nn.Linear(2, 1), n_power_iterations=0)
    with pytest.raises(ValueError, match="expected a parameter 'bias', got None"):
        nn.utils.spectral_norm(nn.Linear(2, 1, bias=False), "bias")


def test_skip_init_draws_nothing() -> None:
    state = mytorch.get_rng_state()
    layer = nn.utils.skip_init(nn.Linear, 3, out_features=2, dtype=mytorch.float32)
    np.testing.assert_array_equal(mytorch.get_rng_state().data, state.data)
    assert (layer.weight.shape, layer.weight.dtype) == ((2, 3), np.float32)
    for wrong in (nn.Sequential, nn.Linear(2, 1), int):
        with pytest.raises(RuntimeError, match="skip_init: expected a class"):
            nn.utils.skip_init(wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2)),
        lambda nn: nn.Sequential(nn.Conv2d(3, 2, 2), nn.BatchNorm2d(2)),
        lambda nn: nn.Sequential(nn.ConvTranspose2d(3, 2, 2), nn.BatchNorm2d(2, affine=False)),
    ],
)
def test_a_batch_norm_goes_into_the_layer_before(make: Any) -> None:
    if not hasattr(nn, "BatchNorm2d") and "2d" in repr(make(torch.nn)):
        pytest.skip("no BatchNorm2d yet")
    ours, theirs = twins(make)
    flat = isinstance(theirs[0], torch.nn.Linear)
    x = np.random.default_rng(0).normal(size=(4, 3) if flat else (2, 3, 4, 4))
    found = []
    for library, model in ((mytorch, ours), (torch, theirs)):
        model(library.tensor(x))
        model.eval()
        options = () if flat else ("Transpose" in repr(model),)
        utils = library.nn.utils
        fuse = utils.fuse_linear_bn_eval if flat else utils.fusion.fuse_conv_bn_eval
        fused = fuse(*model, *options)
        result = fused(library.tensor(x))
        np.testing.assert_allclose(value(result), value(model(library.tensor(x))), atol=1e-12)
        found.append([value(result), value(fused.weight), value(fused.bias)])
    for mine, expected in zip(*found, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)
    with pytest.raises(RuntimeError):
        (nn.utils.fuse_linear_bn_eval if flat else nn.utils.fuse_conv_bn_eval)(*ours.train())
