"""Right libraries of other hands: ways to write the homework that the write-up leaves free.

Each style is some changes of the library in `student/`, each the replacement of a pattern in one of
its files. Styles that change different files can be put together.
"""

import re
from pathlib import Path

FUNCTIONAL, ENGINE, TENSOR = "nn/functional.py", "autograd_engine.py", "tensor.py"
NORM, SGD, LINEAR, LOSS = "nn/batchnorm.py", "optim/sgd.py", "nn/linear.py", "nn/loss.py"

Edit = tuple[str, str, str]

PAIRS = r"return (unbroadcast\(.*\), unbroadcast\(.*\)|grad_a, grad_b)$"
SINGLE = r"return (tensor\.Tensor\(grad_output\.data.*\)|tensor\.Tensor\(np\.ones.*\))$"
AS_TUPLE = r"    if not isinstance\(grads, tuple\):\n        grads = \(grads,\)\n"
WALK = r"(?s)    grads = grad_fn\.apply.*?        backward\(parent, grad\)\n"
STEP = r"            self\.momentums\[i\] = .*\n            param\.data = .*\n"

STYLES: dict[str, tuple[Edit, ...]] = {
    "two gradients in a list": (
        (FUNCTIONAL, PAIRS, r"return [\1]"),
        (ENGINE, r"grads, tuple", "grads, (tuple, list)"),
    ),
    "one gradient in a tuple, taken by index": (
        (FUNCTIONAL, SINGLE, r"return (\1,)"),
        (ENGINE, AS_TUPLE, ""),
        (
            ENGINE,
            r"for parent, grad in zip.*",
            "for i, parent in enumerate(grad_fn.next_functions):",
        ),
        (ENGINE, r"backward\(parent, grad\)", "backward(parent, grads[i])"),
    ),
    "one gradient in a list": (
        (FUNCTIONAL, SINGLE, r"return [\1]"),
        (ENGINE, r"if not isinstance\(grads, tuple\)", "if isinstance(grads, tensor.Tensor)"),
    ),
    "bare or by index": (
        (
            ENGINE,
            WALK,
            "    grads = grad_fn.apply(grad_of_outputs)\n"
            "    for i, parent in enumerate(grad_fn.next_functions):\n"
            "        if parent is not None:\n"
            "            bare = type(grads) == tensor.Tensor\n"
            "            backward(parent, grads if bare else grads[i])\n",
        ),
    ),
    "Nones behind the gradients": ((FUNCTIONAL, PAIRS, r"return (\1, None)"),),
    "no Nones for other arguments": ((FUNCTIONAL, r"(return tensor\.Tensor\(.*\)), None$", r"\1"),),
    "gradients are arrays": (
        (FUNCTIONAL, r"    return tensor\.Tensor\(grad\)$", "    return grad"),
        (
            ENGINE,
            r"        backward\(parent, grad\)",
            "        bare = grad is None or isinstance(grad, tensor.Tensor)\n"
            "        backward(parent, grad if bare else tensor.Tensor(grad))",
        ),
    ),
    "arrays travel through the graph": (
        (FUNCTIONAL, r"grad_output\.data", "raw(grad_output)"),
        (
            FUNCTIONAL,
            r"def result",
            "def raw(grad):\n    return grad if isinstance(grad, np.ndarray) else grad.data\n\n\ndef result",
        ),
        (
            ENGINE,
            r"    grads = grad_fn\.apply\(grad_of_outputs\)",
            "    if isinstance(grad_of_outputs, tensor.Tensor):\n"
            "        grad_of_outputs = grad_of_outputs.data\n"
            "    grads = grad_fn.apply(grad_of_outputs)",
        ),
        (ENGINE, r"tensor\.Tensor\(grad\.data\)", "tensor.Tensor(grad)"),
        (ENGINE, r"\+ grad\.data", "+ grad"),
    ),
    "no recursion": (
        (
            ENGINE,
            r"(?s)    if grad_fn is None:\n        return\n    grads = .*?        backward\(parent, grad\)\n",
            "    todo = [(grad_fn, grad_of_outputs)]\n"
            "    while todo:\n"
            "        node, grad = todo.pop()\n"
            "        if node is not None:\n"
            "            grads = node.apply(grad)\n"
            "            grads = grads if isinstance(grads, tuple) else (grads,)\n"
            "            todo += zip(node.next_functions, grads)\n",
        ),
    ),
    "sums at each node before it goes on": (
        (
            ENGINE,
            r"(?s)    if grad_fn is None:\n        return\n    grads = .*?        backward\(parent, grad\)\n",
            "    order, sums = [], {id(grad_fn): grad_of_outputs.data}\n"
            "    def visit(node):\n"
            "        if node is not None and node not in order:\n"
            "            for parent in node.next_functions:\n"
            "                visit(parent)\n"
            "            order.append(node)\n"
            "    visit(grad_fn)\n"
            "    for node in reversed(order):\n"
            "        grads = node.apply(tensor.Tensor(sums[id(node)]))\n"
            "        grads = grads if isinstance(grads, tuple) else (grads,)\n"
            "        for parent, grad in zip(node.next_functions, grads):\n"
            "            if parent is not None:\n"
            "                sums[id(parent)] = sums.get(id(parent), 0) + grad.data\n",
        ),
    ),
    "a leaf keeps its node": (
        (
            ENGINE,
            r"node\.next_functions\.append\(AccumulateGrad\(arg\)\)",
            "arg.grad_fn = arg.grad_fn or AccumulateGrad(arg)\n"
            "                node.next_functions.append(arg.grad_fn)",
        ),
        (ENGINE, r"        if output\.requires_grad:\n    ", ""),
    ),
    "flags are set by apply": (
        (FUNCTIONAL, r"    requires_grad = any.*\n    return .*", "    return tensor.Tensor(data)"),
        (
            ENGINE,
            r"        if output\.requires_grad:",
            "        output.requires_grad = any(getattr(arg, 'requires_grad', False) for arg in args)\n"
            "        output.is_leaf = not output.requires_grad\n"
            "        if output.requires_grad:",
        ),
    ),
    "parents in a tuple": (
        (
            ENGINE,
            r"        return output",
            "        node.next_functions = tuple(node.next_functions)\n        return output",
        ),
    ),
    "saves copies of tensors alone": (
        (
            ENGINE,
            r"        self\.saved_tensors\.extend\(tensors\)",
            "        for saved in tensors:\n"
            "            if type(saved).__name__ != 'Tensor':\n"
            "                raise Exception('only Tensors are saved')\n"
            "            self.saved_tensors.append(tensor.Tensor(saved.data))",
        ),
    ),
    "saved tensors in a tuple": (
        (ENGINE, r"self\.saved_tensors = \[\]", "self.saved_tensors = ()"),
        (ENGINE, r"self\.saved_tensors\.extend\(tensors\)", "self.saved_tensors += tensors"),
    ),
    "accumulates in place": (
        (
            ENGINE,
            r"self\.variable\.grad\.data = .* \+ grad\.data",
            "self.variable.grad.data += grad.data",
        ),
    ),
    "Tensor wraps without a copy": (
        (
            TENSOR,
            r"np\.array\(data\)",
            "data if isinstance(data, np.ndarray) else np.asarray(data)",
        ),
    ),
    "everything is float64": (
        (TENSOR, r"np\.array\(data\)", "np.array(data, dtype=np.float64)"),
        (FUNCTIONAL, r"ctx\.labels = labels\.data", "ctx.labels = labels.data.astype(int)"),
    ),
    "a parameter by its flag": (
        (TENSOR, r"= requires_grad\n", "= requires_grad or is_parameter\n"),
        (LINEAR, r"requires_grad=True, ", ""),
        (NORM, r"requires_grad=True, ", ""),
    ),
    "T is a method": (
        (
            TENSOR,
            r"    def mean",
            "    def T(self):\n        return F.Transpose.apply(self)\n\n    def mean",
        ),
        (LINEAR, r"Transpose\.apply\(self\.weight\)", "self.weight.T()"),
    ),
    "T is a property": (
        (
            TENSOR,
            r"    def mean",
            "    @property\n    def T(self):\n        return F.Transpose.apply(self)\n\n    def mean",
        ),
        (LINEAR, r"Transpose\.apply\(self\.weight\)", "self.weight.T"),
    ),
    "reshape takes a tuple": (
        (TENSOR, r"def reshape\(self, \*shape\)", "def reshape(self, shape)"),
    ),
    "Reshape takes separate sizes": (
        (FUNCTIONAL, r"def forward\(ctx, a, shape\)", "def forward(ctx, a, *shape)"),
        (FUNCTIONAL, r"a\.data\.reshape\(shape\)", "a.data.reshape(*shape)"),
        (TENSOR, r"apply\(self, shape\)", "apply(self, *shape)"),
    ),
    "works when activations are entered first": (
        (FUNCTIONAL, r"import mytorch\.tensor as tensor", "from mytorch.tensor import *"),
        (FUNCTIONAL, r"tensor\.Tensor", "Tensor"),
    ),
    "works when the tensor is entered first": (
        (TENSOR, r"import mytorch\.nn\.functional as F", "from mytorch.nn.functional import *"),
        (TENSOR, r"F\.", ""),
        (
            FUNCTIONAL,
            r"\Z",
            "\n\n__all__ = ['Add', 'Sub', 'Mul', 'Div', 'Reshape', 'Mean', 'Transpose']\n",
        ),
    ),
    "Sub, Mul and Div refuse other shapes": (
        (
            FUNCTIONAL,
            r"(return result\(a\.data [-*/] b\.data, a, b\))",
            r"if a.shape != b.shape:\n            raise Exception('shapes differ')\n        \1",
        ),
        (
            NORM,
            r"(?s)        if self\.is_train:.*?\+ self\.beta",
            "        ones = Tensor(np.ones((len(x.data), 1)))\n"
            "        def spread(t):\n"
            "            return MatMul.apply(ones, Reshape.apply(t, (1, len(self.gamma.data))))\n"
            "        if self.is_train:\n"
            "            mean = x.mean()\n"
            "            var = ((x - spread(mean)) * (x - spread(mean))).mean()\n"
            "            self.update(self.running_mean, mean.data)\n"
            "            self.update(self.running_var, x.data.var(axis=0, ddof=1))\n"
            "        else:\n"
            "            mean, var = self.running_mean, self.running_var\n"
            "        normal = (x - spread(mean)) / spread(Sqrt.apply(var + self.eps))\n"
            "        return spread(self.gamma) * normal + self.beta",
        ),
        (NORM, r"import Sqrt", "import MatMul, Reshape, Sqrt"),
    ),
    "a - b is a + -1 * b": (
        (
            TENSOR,
            r"F\.Sub\.apply\(self, other\)",
            "self + F.Mul.apply(other, Tensor(-np.ones(other.shape)))",
        ),
    ),
    "Linear as one operation": (
        (
            LINEAR,
            r"MatMul\.apply\(.*",
            "Affine.apply(x, self.weight, self.bias)",
        ),
        (LINEAR, r"import MatMul, Transpose", "import Affine"),
        (
            FUNCTIONAL,
            r"\Z",
            """

class Affine(Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return result(x.data @ weight.data.T + bias.data, x, weight, bias)

    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        grad = grad_output.data
        parts = grad @ weight.data, grad.T @ x.data, grad.sum(axis=0)
        return tuple(tensor.Tensor(part) for part in parts)
""",
        ),
    ),
    "the bias is a row": ((LINEAR, r"np\.zeros\(out_features\)", "np.zeros((1, out_features))"),),
    "gamma and beta are rows": (
        (NORM, r"\((np\.(ones|zeros))\(num_features\), ", r"(\1((1, num_features)), "),
    ),
    "running statistics are rows": (
        (NORM, r"\((np\.(ones|zeros))\(num_features\)\)$", r"(\1((1, num_features)))"),
    ),
    "running statistics become arrays": (
        (NORM, r"self\.update\(self\.(\w+), ", r"self.update('\1', "),
        (
            NORM,
            r"def update\(self, running, new\):\n",
            "def update(self, name, new):\n        running = getattr(self, name)\n",
        ),
        (
            NORM,
            r"        running\.data = (.*) \* running\.data",
            r"        running = running if isinstance(running, np.ndarray) else running.data\n        running = \1 * running",
        ),
        (NORM, r"\Z", "        setattr(self, name, running)\n"),
        (
            NORM,
            r"mean, var = self.running_mean, self.running_var",
            "mean, var = Tensor(self.running_mean), Tensor(self.running_var)",
        ),
    ),
    "running statistics in the graph": (
        (
            NORM,
            r"self\.update\(self\.running_mean, .*\)",
            "self.running_mean = self.update(self.running_mean, mean)",
        ),
        (
            NORM,
            r"self\.update\(self\.running_var, .*\)",
            "n = len(x.data)\n"
            "            self.running_var = self.update(self.running_var, var * Tensor(n / (n - 1)))",
        ),
        (
            NORM,
            r"        running\.data = .*",
            "        keep, take = Tensor(1 - self.momentum), Tensor(self.momentum)\n"
            "        return keep * running + take * new",
        ),
    ),
    "batch norm as one operation": (
        (
            NORM,
            r"(?s)            mean = x\.mean\(\)\n.*?mean\.data\)",
            "            self.update(self.running_mean, x.data.mean(axis=0))",
        ),
        (
            NORM,
            r"        else:\n",
            "            return Normalize.apply(x, self.gamma, self.beta)\n        else:\n",
        ),
        (NORM, r"import Sqrt", "import Normalize, Sqrt"),
        (
            FUNCTIONAL,
            r"\Z",
            """

class Normalize(Function):
    @staticmethod
    def forward(ctx, x, gamma, beta):
        ctx.deviation = np.sqrt(x.data.var(axis=0) + 1e-5)
        ctx.normal = (x.data - x.data.mean(axis=0)) / ctx.deviation
        ctx.gamma = gamma
        return result(gamma.data * ctx.normal + beta.data, x, gamma, beta)

    @staticmethod
    def backward(ctx, grad_output):
        grad, normal = grad_output.data, ctx.normal
        inner = grad * ctx.gamma.data
        inner = inner - inner.mean(axis=0) - normal * (inner * normal).mean(axis=0)
        parts = (grad * normal).sum(axis=0), grad.sum(axis=0)
        shape = ctx.gamma.shape
        return (
            tensor.Tensor(inner / ctx.deviation),
            *(tensor.Tensor(part.reshape(shape)) for part in parts),
        )
""",
        ),
    ),
    "cross entropy of small operations": (
        (
            FUNCTIONAL,
            r"    return CrossEntropy\.apply\(predicted, target\)",
            """    rows, classes = predicted.shape
    hot = np.eye(classes)[target.data]
    highest = tensor.Tensor(np.repeat(predicted.data.max(axis=1, keepdims=True), classes, 1))
    x = predicted - highest
    logs = Log.apply(MatMul.apply(Exp.apply(x), tensor.Tensor(np.ones((classes, 1)))))
    picked = (x - MatMul.apply(logs, tensor.Tensor(np.ones((1, classes))))) * tensor.Tensor(hot)
    total = MatMul.apply(tensor.Tensor(np.ones((1, rows))), picked)
    total = MatMul.apply(total, tensor.Tensor(np.full((classes, 1), -1.0 / rows)))
    return Reshape.apply(total, ())


class Exp(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.power = np.exp(a.data)
        return result(ctx.power, a)

    @staticmethod
    def backward(ctx, grad_output):
        return tensor.Tensor(grad_output.data * ctx.power)""",
        ),
    ),
    "the loss has an axis": ((FUNCTIONAL, r"(-log_softmax\[.*\]\.mean\(\))", r"np.array([\1])"),),
    "the loss is a module": (
        (
            LOSS,
            r"class CrossEntropyLoss:",
            "from mytorch.nn.module import Module\n\n\nclass CrossEntropyLoss(Module):",
        ),
        (LOSS, r"__call__", "forward"),
    ),
    "zero_grad fills with zeros": (
        (
            "optim/optimizer.py",
            r"param\.grad = None",
            "param.grad = type(param).zeros(*param.shape)",
        ),
    ),
    "step scales the gradients": (
        (
            SGD,
            STEP,
            "            param.grad.data = self.lr * param.grad.data\n"
            "            self.momentums[i] = self.momentum * self.momentums[i] - param.grad.data\n"
            "            param.data = param.data + self.momentums[i]\n",
        ),
    ),
    "step clears the gradients": ((SGD, r"\Z", "            param.grad = None\n"),),
    "step in place": ((SGD, r"param\.data = param\.data \+", "param.data +="),),
    "step by detached tensors": (
        (
            SGD,
            r"param\.data = param\.data \+ (.*)",
            r"param.data = (type(param)(param.data) + type(param)(\1)).data",
        ),
    ),
    "momentum as in PyTorch": (
        (SGD, r"- self\.lr \* param\.grad\.data", "+ param.grad.data"),
        (SGD, r"param\.data \+ self\.momentums", "param.data - self.lr * self.momentums"),
    ),
    "prints while it works": (
        (
            "nn/activations.py",
            r"        return",
            "        print(chr(27) + '[2J', x.shape)\n        return",
        ),
    ),
    "helpers beside its modules": (
        ("random.py", r"\Z", "raise ImportError('this is no part of the library')\n"),
        ("nn/typing.py", r"\Z", "HALF = 0.5\n"),
        (
            SGD,
            r"import numpy as np",
            "import random\n\nimport numpy as np\n\nfrom mytorch.nn.typing import HALF",
        ),
    ),
}


def engines() -> list[tuple[str, ...]]:
    """Sets of styles that change different files, so that each style is in one of them."""
    sets: list[tuple[str, ...]] = []
    for name, edits in STYLES.items():
        files = {file for file, _, _ in edits}
        for i, others in enumerate(sets):
            if not files & {file for other in others for file, _, _ in STYLES[other]}:
                sets[i] = (*others, name)
                break
        else:
            sets.append((name,))
    return sets


def write(library: Path, names: tuple[str, ...]) -> None:
    """Change a copy of `student/` by these styles."""
    for name in names:
        for file, pattern, new in STYLES[name]:
            path = library / file
            text = path.read_text() if path.exists() else ""
            assert re.search(pattern, text, re.MULTILINE), f"{name}: {pattern!r} is not in {file}"
            path.write_text(re.sub(pattern, new, text, flags=re.MULTILINE))
