"""Typical mistakes, each with the points that it must cost and no others.

A mutant of the handout-style library in `student/` replaces one piece of a file. A mutant of our
own library appends lines to a module, which hold whatever the file looks like.
"""

from dataclasses import dataclass
from pathlib import Path

POINTS = {
    "1.1 Basic operations": 15,
    "1.2 Autograd": 25,
    "2.1 Linear layer": 5,
    "2.2 ReLU": 10,
    "2.3 SGD": 10,
    "2.4 BatchNorm": 10,
    "2.5 Cross entropy loss": 15,
    "2.6 Momentum": 10,
}


@dataclass(frozen=True)
class Mutant:
    """One mistake. Without `old`, `new` goes to the end of the file; `lost` is by number."""

    name: str
    file: str
    old: str
    new: str
    lost: dict[str, int]

    def apply(self, library: Path) -> None:
        """Make the mistake in a copy of the library."""
        path = library / self.file
        text = path.read_text()
        if self.old:
            assert text.count(self.old) == 1, f"{self.old!r} is not once in {path}"
            text = text.replace(self.old, self.new)
        else:
            text += f"\n\n{self.new}\n"
        path.write_text(text)


def scores_without(lost: dict[str, int]) -> dict[str, int]:
    """The scores of a library that loses these points."""
    assert not lost.keys() - {problem.split()[0] for problem in POINTS}
    return {problem: full - lost.get(problem.split()[0], 0) for problem, full in POINTS.items()}


# Batch normalization in `student/` is made of the basic operations and meets its input twice:
# their mistakes and the engine's cost its gradients (2) and its training (2), too.
STUDENT_MUTANTS = (
    Mutant(
        "Add: no un-broadcast",
        "nn/functional.py",
        "return unbroadcast(grad_output.data, a.shape), unbroadcast(grad_output.data, b.shape)",
        "return grad_output, grad_output",
        {"2.1": 3, "2.4": 4},
    ),
    Mutant(
        "Add: no un-broadcast of axes of size 1",
        "nn/functional.py",
        "        if size == 1:\n",
        "        if False:\n",
        {"2.1": 1},
    ),
    Mutant(
        "Sub: sign of the gradient",
        "nn/functional.py",
        "unbroadcast(-grad_output.data, b.shape)\n",
        "unbroadcast(grad_output.data, b.shape)\n",
        {"1.1": 3, "2.4": 4},
    ),
    Mutant(
        "Sub: a gradient too many",
        "nn/functional.py",
        "unbroadcast(-grad_output.data, b.shape)\n",
        "unbroadcast(-grad_output.data, b.shape), grad_output\n",
        {"1.1": 3},
    ),
    Mutant(
        "Mul: gradients swapped",
        "nn/functional.py",
        "        grad_a = unbroadcast(grad_output.data * b.data, a.shape)\n"
        "        grad_b = unbroadcast(grad_output.data * a.data, b.shape)\n",
        "        grad_b = unbroadcast(grad_output.data * b.data, b.shape)\n"
        "        grad_a = unbroadcast(grad_output.data * a.data, a.shape)\n",
        {"1.1": 3, "2.4": 4},
    ),
    Mutant(
        "Mul: the gradient from above ignored",
        "nn/functional.py",
        "unbroadcast(grad_output.data * a.data, b.shape)",
        "unbroadcast(np.ones_like(grad_output.data) * a.data, b.shape)",
        {"1.1": 3, "2.4": 4},
    ),
    Mutant(
        "Div: no minus",
        "nn/functional.py",
        "-grad_output.data * a.data / b.data**2",
        "grad_output.data * a.data / b.data**2",
        {"1.1": 3, "2.4": 4},
    ),
    Mutant(
        "Div: no square",
        "nn/functional.py",
        "a.data / b.data**2",
        "a.data / b.data",
        {"1.1": 3, "2.4": 4},
    ),
    Mutant(
        "Sub: the operator outside the graph",
        "tensor.py",
        "return F.Sub.apply(self, other)",
        "return Tensor(self.data - other.data)",
        {"1.1": 1, "2.4": 4},
    ),
    Mutant(
        "AccumulateGrad overwrites",
        "autograd_engine.py",
        "if self.variable.grad is None:",
        "if True:",
        # the worked example, a tensor used twice, two passes, two paths
        {"1.2": 8, "2.4": 4},
    ),
    Mutant(
        "backward visits the first parent only",
        "autograd_engine.py",
        "        backward(parent, grad)\n",
        "        backward(parent, grad)\n        break\n",
        {"1.2": 9, "2.1": 3, "2.2": 3, "2.3": 3, "2.4": 4, "2.5": 3, "2.6": 2},
    ),
    Mutant(
        "next_functions without the constants",
        "autograd_engine.py",
        "node.next_functions.append(None)",
        "pass",
        {"1.2": 3},
    ),
    Mutant(
        "a leaf gets no AccumulateGrad",
        "autograd_engine.py",
        "elif arg.is_leaf:",
        "elif False:",
        {"1.2": 22, "2.1": 3, "2.2": 5, "2.3": 3, "2.4": 4, "2.5": 7, "2.6": 2},
    ),
    Mutant(
        "backward starts from zeros",
        "tensor.py",
        "Tensor.ones(*self.shape)",
        "Tensor.zeros(*self.shape)",
        {"1.2": 18, "2.1": 3, "2.2": 5, "2.3": 3, "2.4": 4, "2.5": 7, "2.6": 2},
    ),
    Mutant(
        "Linear: no transpose",
        "nn/linear.py",
        "Transpose.apply(self.weight)",
        "self.weight",
        {"2.1": 3},
    ),
    Mutant(
        "Sequential forgets its parameters",
        "nn/sequential.py",
        "self.add_module(str(idx), layer)",
        "pass",
        {"2.1": 1},
    ),
    Mutant(
        "ReLU: gradient 1 at zero",
        "nn/functional.py",
        "(a.data > 0)",
        "(a.data >= 0)",
        {"2.2": 1},
    ),
    Mutant(
        "ReLU: gradient passes below zero",
        "nn/functional.py",
        "grad_output.data * (a.data > 0)",
        "grad_output.data",
        {"2.2": 8},
    ),
    Mutant(
        "SGD climbs",
        "optim/sgd.py",
        "param.data + self.momentums[i]",
        "param.data - self.momentums[i]",
        {"2.3": 8, "2.6": 8},
    ),
    Mutant(
        "momentum: sign",
        "optim/sgd.py",
        "self.momentum * self.momentums[i]",
        "-self.momentum * self.momentums[i]",
        {"2.6": 8},
    ),
    Mutant(
        "momentum: forgotten",
        "optim/sgd.py",
        "self.momentum * self.momentums[i] - ",
        "-",
        {"2.6": 8},
    ),
    Mutant(
        "SGD in the graph",
        "optim/sgd.py",
        "param.data = param.data + self.momentums[i]",
        "param.data = (param + type(param)(self.momentums[i])).data",
        {"2.3": 2, "2.6": 2},
    ),
    Mutant(
        "SGD replaces the parameters",
        "optim/sgd.py",
        "param.data = param.data + self.momentums[i]",
        "self.params[i] = type(param)(param.data + self.momentums[i])",
        {"2.3": 10, "2.6": 10},
    ),
    Mutant(
        "zero_grad does nothing",
        "optim/optimizer.py",
        "param.grad = None",
        "pass",
        {"2.3": 3},
    ),
    Mutant(
        "batch norm: biased running variance",
        "nn/batchnorm.py",
        "x.data.var(axis=0, ddof=1)",
        "x.data.var(axis=0)",
        {"2.4": 1},
    ),
    Mutant(
        "batch norm: normalises with the unbiased variance",
        "nn/batchnorm.py",
        "var = ((x - mean) * (x - mean)).mean()",
        "var = ((x - mean) * (x - mean)).mean() * Tensor(len(x.data) / (len(x.data) - 1))",
        {"2.4": 6},
    ),
    Mutant(
        "batch norm: alpha swapped",
        "nn/batchnorm.py",
        "(1 - self.momentum) * running.data + self.momentum * new",
        "self.momentum * running.data + (1 - self.momentum) * new",
        {"2.4": 2},
    ),
    Mutant(
        "batch norm: batch statistics in eval mode",
        "nn/batchnorm.py",
        "if self.is_train:",
        "if True:",
        {"2.4": 2},
    ),
    Mutant(
        "batch norm: no epsilon",
        "nn/batchnorm.py",
        "Sqrt.apply(var + self.eps)",
        "Sqrt.apply(var)",
        {"2.4": 8},
    ),
    Mutant(
        "cross entropy: no log-sum-exp",
        "nn/functional.py",
        "x = logits.data - logits.data.max(axis=1, keepdims=True)",
        "x = logits.data",
        {"2.5": 4},
    ),
    Mutant(
        "cross entropy: sum instead of mean",
        "nn/functional.py",
        "-log_softmax[ctx.rows, ctx.labels].mean()",
        "-log_softmax[ctx.rows, ctx.labels].sum()",
        # both losses, the function, the object, the training
        {"2.5": 11},
    ),
    Mutant(
        "cross entropy: gradient not divided",
        "nn/functional.py",
        "gradient / len(ctx.rows)",
        "gradient",
        {"2.5": 7},
    ),
    Mutant(
        "an error at import",
        "nn/batchnorm.py",
        "import numpy as np\n",
        "import numpy as np\nraise ValueError('oops')\n",
        {"2.4": 10},
    ),
    Mutant(
        "a recursion without end",
        "nn/linear.py",
        "return MatMul.apply(",
        "return self(x) or MatMul.apply(",
        {"2.1": 3},
    ),
    Mutant(
        "sys.exit",
        "nn/activations.py",
        "return F.ReLU.apply(x)",
        "raise SystemExit",
        {"2.2": 2},
    ),
)

# What would end, block or flood the whole autograder if the parts were not kept apart.
STUDENT_CRASHES = (
    Mutant(
        "os._exit",
        "nn/functional.py",
        "        gradient = ctx.probabilities.copy()\n",
        "        __import__('os')._exit(0)\n",
        # the loss was graded before
        {"2.5": 12},
    ),
    Mutant(
        "3 GiB of memory",
        "nn/batchnorm.py",
        "    def forward(self, x):\n",
        "    def forward(self, x):\n        hoard = [np.empty(2**24) for _ in range(24)]\n",
        {"2.4": 10},
    ),
    Mutant(
        "output without end",
        "nn/sequential.py",
        "        for layer in self.layers:\n",
        "        while True:\n            print('x' * 2**20)\n        for layer in self.layers:\n",
        {"2.1": 1},
    ),
    Mutant(
        "output that looks like scores",
        "nn/linear.py",
        "        return MatMul",
        """        print('{"scores": {"2.1 Linear layer": 0}}')
        print('{"name": "gradients", "failure": "none"}')
        return MatMul""",
        {},
    ),
)

OUR_MUTANTS = (
    Mutant(
        "Add: no un-broadcast",
        "nn/functional/__init__.py",
        "",
        "Add.array_backward = staticmethod(lambda ctx, grad, wanted: (grad, grad))",
        {"2.1": 1},
    ),
    Mutant(
        "Sub: sign of the gradient",
        "nn/functional/__init__.py",
        "",
        "right = Sub.backward\n"
        "Sub.backward = staticmethod(lambda ctx, g: (right(ctx, g)[0], -right(ctx, g)[1]))",
        {"1.1": 3},
    ),
    Mutant(
        "Mul: gradients swapped",
        "nn/functional/__init__.py",
        "",
        "right = Mul.backward\nMul.backward = staticmethod(lambda ctx, g: right(ctx, g)[::-1])",
        {"1.1": 3},
    ),
    Mutant(
        "Div: no minus",
        "nn/functional/__init__.py",
        "",
        "right = Div.backward\n"
        "Div.backward = staticmethod(lambda ctx, g: (right(ctx, g)[0], -right(ctx, g)[1]))",
        {"1.1": 3},
    ),
    Mutant(
        "AccumulateGrad overwrites",
        "__init__.py",
        "",
        """right = Tensor.backward

def overwriting(self):
    nodes = [self.grad_fn]
    while nodes:
        node = nodes.pop()
        if node.function_name == "AccumulateGrad":
            node.variable.grad = None
        nodes += filter(None, node.next_functions)
    right(self)

Tensor.backward = overwriting""",
        # Within one pass our engine adds everything up before it stores.
        {"1.2": 2},
    ),
    Mutant(
        "ReLU: gradient 1 at zero",
        "nn/functional/__init__.py",
        "",
        """from mytorch.tensor import Tensor

class ReLU(ReLU):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x.data
        return super(ReLU, ReLU).forward(ctx, x)

    @staticmethod
    def backward(ctx, grad):
        return Tensor(grad.data * (ctx.x >= 0))

import mytorch.ops.activation
mytorch.ops.activation.ReLU = ReLU""",
        {"2.2": 1},
    ),
    Mutant(
        "momentum: sign",
        "optim/sgd.py",
        "",
        """right = SGD.step

def step(self):
    for change in self.momentums:
        change *= -1
    right(self)

SGD.step = step""",
        {"2.6": 8},
    ),
    Mutant(
        "zero_grad does nothing",
        "optim/optimizer.py",
        "",
        "Optimizer.zero_grad = lambda self: None",
        {"2.3": 3},
    ),
    Mutant(
        "batch norm: biased running variance",
        "nn/batchnorm.py",
        "",
        """right = BatchNorm1d.forward

def forward(self, x):
    before = self.running_var.data.copy()
    out = right(self, x)
    if self.is_train:
        self.running_var.data[...] = 0.9 * before + 0.1 * x.data.var(axis=0)
    return out

BatchNorm1d.forward = forward""",
        {"2.4": 1},
    ),
    Mutant(
        "batch norm: batch statistics in eval mode",
        "nn/batchnorm.py",
        "",
        "BatchNorm1d.eval = lambda self: self",
        {"2.4": 2},
    ),
    Mutant(
        "cross entropy: sum instead of mean",
        "nn/functional/__init__.py",
        "",
        """from mytorch.tensor import Tensor
mean_loss = cross_entropy

def cross_entropy(predicted, target, weight=None, **options):
    return mean_loss(predicted, target) * Tensor(float(len(target.data)))""",
        {"2.5": 15},
    ),
    Mutant(
        "cross entropy: no log-sum-exp",
        "nn/functional/__init__.py",
        "",
        """import numpy as np
from mytorch.tensor import Tensor

def cross_entropy(predicted, target, weight=None, **options):
    powers = predicted.exp()
    logs = (powers / powers.sum(axis=1, keepdims=True)).log()
    picked = logs * Tensor(np.eye(predicted.shape[1])[target.data])
    return -picked.sum() / len(target.data)""",
        {"2.5": 4},
    ),
)
