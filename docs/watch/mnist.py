"""A training step of the MNIST program, batch 100."""

import sys
from pathlib import Path

import mytorch
from mytorch import Tensor, nn, optim

sys.path.insert(0, str(Path(__file__).parents[2]))
from data.mnist import load_mnist

mytorch.manual_seed(0)
images, labels, _, _ = load_mnist(Path(__file__).parents[2] / "data")

net = nn.Sequential(nn.Linear(784, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 10))
net.float()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

x, y = Tensor(images[:100]), Tensor(labels[:100])
loss = criterion(net(x), y)
loss.backward()
optimizer.step()
