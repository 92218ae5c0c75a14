import mytorch
from mytorch import nn, optim

mytorch.manual_seed(0)
x = mytorch.randn(5, 3)
y = mytorch.tensor([0, 1, 1, 0, 1])

net = nn.Sequential(
    nn.Linear(3, 4),
    nn.BatchNorm1d(4),
    nn.ReLU(),
    nn.Linear(4, 2),
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

for _ in range(40):
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
