"""The course's names of homework 2, as its checks use them."""

import numpy as np
import pytest
import torch

import mytorch.nn.conv
from mytorch import Tensor
from mytorch.nn import functional as F
from mytorch.nn.activations import *  # noqa: F403
from mytorch.nn.conv import *  # noqa: F403
from mytorch.nn.linear import Linear
from mytorch.nn.module import Module
from mytorch.nn.sequential import Sequential


def parameter(array: np.ndarray) -> Tensor:
    return Tensor(array, requires_grad=True, is_parameter=True)


@pytest.mark.parametrize("axes", [1, 2])
def test_forward_and_backward(axes: int) -> None:
    rng = np.random.default_rng(axes)
    kind = (Conv1d, Conv2d)[axes - 1]  # noqa: F405
    for stride in (1, 2, 3):
        layer = kind(3, 4, 2, stride)
        assert (layer.in_channel, layer.out_channel) == (3, 4)
        assert (layer.kernel_size, layer.stride) == (2, stride)
        theirs = (torch.nn.Conv1d, torch.nn.Conv2d)[axes - 1](3, 4, 2, stride).double()
        layer.weight = parameter(rng.standard_normal((4, 3, *[2] * axes)))
        layer.bias = parameter(rng.standard_normal(4))
        theirs.weight.data = torch.tensor(layer.weight.data)
        theirs.bias.data = torch.tensor(layer.bias.data)
        data = rng.standard_normal((2, 3, *[7] * axes))
        x, other = Tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
        y, expected = layer(x), theirs(other)
        np.testing.assert_allclose(y.data, expected.detach().numpy(), 1e-10)
        y.backward()
        expected.sum().backward()
        for mine, wanted in ((x, other), (layer.weight, theirs.weight), (layer.bias, theirs.bias)):
            np.testing.assert_allclose(mine.grad.data, wanted.grad.numpy(), 1e-10)
            assert type(mine.grad).__name__ == "Tensor"
            assert mine.grad.grad_fn is None
            assert mine.grad.is_parameter is False
        operation = (F.Conv1d, F.Conv2d)[axes - 1]
        again = operation.apply(x, layer.weight, layer.bias, stride)
        assert again.data.tolist() == y.data.tolist()
        assert again.grad_fn.next_functions[1].variable is layer.weight
        grads = mytorch.grad(again, [x, layer.weight, layer.bias])
        for found, leaf in zip(grads, (x, layer.weight, layer.bias), strict=True):
            assert found.data.tolist() == leaf.grad.data.tolist()


def test_the_size_of_the_output() -> None:
    for size in range(2, 9):
        for kernel in range(1, 3):
            for stride in range(1, 4):
                found = F.get_conv1d_output_size(size, kernel, stride)
                assert type(found) is int
                assert Conv1d(1, 1, kernel, stride)(Tensor.ones(1, 1, size)).shape[2] == found  # noqa: F405


class CNN(Module):
    """The homework's network."""

    def __init__(self) -> None:
        super().__init__()
        # fmt: off
        self.layers = Sequential(
            Conv1d(24, 56, 5, 1), Tanh(), Conv1d(56, 28, 6, 2), ReLU(),  # noqa: F405
            Conv1d(28, 14, 2, 2), Sigmoid(), Flatten(), Linear(182, 10),  # noqa: F405
        )
        # fmt: on

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def test_the_network() -> None:
    """Built again of PyTorch's layers by what the course's tests read of ours."""
    model, size = CNN(), 60
    layers: list[torch.nn.Module] = []
    for layer in model.layers:
        if isinstance(layer, mytorch.nn.conv.Conv1d):
            numbers = layer.in_channel, layer.out_channel, layer.kernel_size, layer.stride
            layers.append(torch.nn.Conv1d(*map(int, numbers)))
            size = F.get_conv1d_output_size(size, layer.kernel_size, layer.stride)
        elif isinstance(layer, Linear):
            assert layer.in_features == 14 * size
            layers.append(torch.nn.Linear(layer.in_features, layer.out_features))
        else:
            layers.append(getattr(torch.nn, type(layer).__name__)())
    theirs = torch.nn.Sequential(*layers).double()
    theirs.load_state_dict({n: torch.tensor(t.data) for n, t in model.layers.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((3, 24, 60))
    out, expected = model(Tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(out.data, expected.detach().numpy(), 1e-9)
    labels = np.array([1, 0, 7])
    F.cross_entropy(out, Tensor(labels)).backward()
    torch.nn.functional.cross_entropy(expected, torch.tensor(labels)).backward()
    for mine, wanted in zip(model.parameters(), theirs.parameters(), strict=True):
        assert type(mine).__name__ == "Tensor"
        np.testing.assert_allclose(mine.grad.data, wanted.grad.numpy(), 1e-7, 1e-12)


def test_a_scanning_perceptron() -> None:
    """A perceptron over 8 frames, 4 apart, is three convolutions, the first of them 8 wide."""
    rng = np.random.default_rng(0)
    first, second, third = (rng.standard_normal(n) for n in ((8, 192), (16, 8), (4, 16)))
    x = rng.standard_normal((1, 24, 128))
    layers = Sequential(Conv1d(24, 8, 8, 4), ReLU(), Conv1d(8, 16, 1), ReLU(), Conv1d(16, 4, 1))  # noqa: F405
    layers[0].weight = parameter(first.reshape(8, 8, 24).transpose(0, 2, 1))
    layers[2].weight, layers[4].weight = parameter(second[..., None]), parameter(third[..., None])
    for layer in layers.layers[::2]:
        layer.bias = parameter(np.zeros(len(layer.weight)))
    windows = [x[0, :, start : start + 8].T.ravel() for start in range(0, 121, 4)]
    hidden = np.maximum(second @ np.maximum(first @ np.array(windows).T, 0), 0)
    np.testing.assert_allclose(layers(Tensor(x)).data[0], third @ hidden, 1e-10)
