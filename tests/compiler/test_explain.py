"""What `explain` tells of a compiled step."""

import re

import mytorch
from mytorch import Tensor, nn, no_grad, optim
from tests.compiler.trainings import batch


def test_a_training_step_is_explained() -> None:
    mytorch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 2)).to(mytorch.float32)
    optimizer, loss_of = optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss()
    calls = 0

    @mytorch.compile
    def step(x, y):
        nonlocal calls
        calls += 1
        optimizer.zero_grad()
        loss = loss_of(model(Tensor(x)), y)
        loss.backward()
        optimizer.step()
        return loss

    assert step.explain() == ""
    for number in range(5):
        optimizer.lr = 0.1 / (number + 1)
        step(*batch(number))
    text = step.explain()
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^2 arguments, recording: 1 program$", text, re.M)
    for line in (
        r"inputs   .*",
        r" +x0: float32 \(32, 4\)",
        r".* +calls: int",
        r".*\['lr'\]: float",
        r"guards   \d+, of \d+ values that have to be the same",
        r"buffers  \d+ arrays, [\d,]+ bytes",
        r".* %\d+: float32 \(32, 3\) = dot\(x0, %\d+\)",
        r".* %\d+: float32 \(32, 3\) = add\(%\d+, model.0.bias, out=%\d+\)",
        r".* %\d+: float64 \(32, 3\) = random\(\(32, 3\)\), from RandomState",
        r".* model.2.bias: float32 \(2,\) = add\(model.2.bias, .*",
        r".* require bool\(%\d+\) to be True",
        r"writes   calls = %\d+",
        r" +model.0.weight._grad = %\d+",
        r"result   Tensor\(%\d+\)",
    ):
        assert re.search(rf"^{line}$", text, re.M), (line, text)


def test_each_kind_of_call_has_its_programs() -> None:
    run = mytorch.compile(lambda x, y=2.0: x * y)
    for rows in (1, 2):
        for _ in range(3):
            run(Tensor([1.0] * rows))
            with no_grad():
                run(Tensor([1.0] * rows), y=3.0)
    found = [line for line in run.explain().splitlines() if "program" in line]
    assert found == [
        "1 argument, recording: 2 programs",
        "1 argument, y, within no_grad: 2 programs",
    ]
    assert run.explain().count("result ") == 4
