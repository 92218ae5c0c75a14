"""A PyTorch program that trains on MNIST, of which only the imports are changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from data.mnist import load_mnist

FOLDER = Path(__file__).parents[2] / "data"

PYTORCHS = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
"""
PROGRAM = '''
class Digits(Dataset):
    """Images with a transform, as torchvision's datasets have them."""

    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.labels[index])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)


def train(model, device, train_loader, optimizer):
    model.train()
    losses = []
    for data, target in train_loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test(model, device, test_loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            pred = model(data).argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    return correct / len(test_loader.dataset)


torch.manual_seed(1)
use_cuda = torch.cuda.is_available()
device = torch.device("cuda" if use_cuda else "cpu")
options = {"num_workers": workers, "pin_memory": use_cuda}
normalize = lambda image: (image - 0.1307) / 0.3081
everything = Digits(images, labels, normalize)
train_part, test_part = random_split(everything, [0.8, 0.2], torch.Generator().manual_seed(2))
if ordered:
    train_part = Subset(everything, range(1600))
train_loader = DataLoader(train_part, batch_size=64, shuffle=not ordered, drop_last=True, **options)
test_loader = DataLoader(test_part, batch_size=400, **options)
model = Net().to(device)
if start is not None:
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), start):
            parameter.copy_(torch.from_numpy(values))
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
losses, accuracies = [], []
for epoch in range(2):
    losses += train(model, device, train_loader, optimizer)
    accuracies.append(test(model, device, test_loader))
    scheduler.step()
weights = [parameter.detach().numpy().tolist() for parameter in model.parameters()]
'''


@pytest.fixture(autouse=True)
def _single_precision() -> Any:
    before = mytorch.get_default_dtype()
    mytorch.set_default_dtype(mytorch.float32)
    yield
    mytorch.set_default_dtype(before)


@pytest.fixture(scope="module")
def digits() -> Any:
    mnist = load_mnist(FOLDER)
    return mnist.val_x[:2000].reshape(-1, 28, 28), mnist.val_y[:2000]


def run(imports: str, digits: Any, **given: Any) -> dict[str, Any]:
    space = {"images": digits[0], "labels": digits[1], "__name__": "program", **given}
    exec(imports + PROGRAM, space)
    return space


OURS = PYTORCHS.replace("import torch\n", "import mytorch as torch\n").replace(
    " torch.", " mytorch."
)


def test_it_trains_as_in_pytorch(digits: Any) -> None:
    generator = np.random.default_rng(0)
    shapes = ((32, 784), (32,), (10, 32), (10,))
    start = [generator.normal(0, 0.05, shape).astype(np.float32) for shape in shapes]
    ours, theirs = (
        run(imports, digits, start=start, ordered=True, workers=0) for imports in (OURS, PYTORCHS)
    )
    assert len(ours["losses"]) == len(theirs["losses"]) == 50
    np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=1e-3)
    assert ours["losses"][-1] < ours["losses"][0] / 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_it_trains_the_same_for_any_number_of_workers(digits: Any) -> None:
    alone, with_workers = (
        run(OURS, digits, start=None, ordered=False, workers=workers) for workers in (0, 2)
    )
    assert alone["weights"] == with_workers["weights"]
    assert alone["accuracies"] == with_workers["accuracies"]
    assert alone["accuracies"][-1] > 0.8
