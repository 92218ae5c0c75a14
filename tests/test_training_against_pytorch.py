"""The same weights and the same batches: after 100 steps PyTorch's losses and weights."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from mytorch import Tensor, nn, optim


def layers(library, sizes: list[int], activation: str) -> list:
    """Linear, batch norm and activation between the sizes; the last layer alone."""
    found = []
    for position, (inputs, outputs) in enumerate(pairwise(sizes)):
        found.append(library.Linear(inputs, outputs))
        if position < len(sizes) - 2:
            found += [library.BatchNorm1d(outputs), getattr(library, activation)()]
    return found


@pytest.mark.parametrize("activation", ["ReLU", "Sigmoid", "Tanh"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_100_steps(activation: str, momentum: float) -> None:
    sizes = [12, 9, 7, 4]
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(*layers(torch.nn, sizes, activation)).double()
    ours = nn.Sequential(*layers(nn, sizes, activation))
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    our_optimizer = optim.SGD(ours.parameters(), lr=0.1, momentum=momentum)
    their_optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=momentum)
    generator = np.random.default_rng(1)
    for step in range(100):
        x = generator.normal(size=(20, 12)) * 2 + 1
        labels = generator.integers(0, 4, 20)
        our_optimizer.zero_grad()
        our_loss = nn.CrossEntropyLoss()(ours(Tensor(x)), labels)
        our_loss.backward()
        our_optimizer.step()
        their_optimizer.zero_grad()
        their_loss = torch.nn.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(labels))
        their_loss.backward()
        their_optimizer.step()
        np.testing.assert_allclose(our_loss.item(), their_loss.item(), rtol=0, atol=1e-10)
        if step % 10 == 0:
            for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
                np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=0, atol=1e-10)
    for name, value in ours.state_dict().items():
        np.testing.assert_allclose(
            value.data, theirs.state_dict()[name].numpy(), rtol=0, atol=1e-10
        )
    x = generator.normal(size=(20, 12))
    np.testing.assert_allclose(
        ours.eval()(Tensor(x)).data,
        theirs.eval()(torch.tensor(x)).detach().numpy(),
        rtol=0,
        atol=1e-10,
    )
