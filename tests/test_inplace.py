"""In-place operations and views: programs that PyTorch and MyTorch run alike.

Written by hand for each rule, then by chance: `pytest tests/test_inplace.py -k "[17]"` replays the
random program number 17. One that fails prints its lines, which become a program of PROGRAMS.
"""

import random
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.seeds import seeds, twenties
from tests.together import together


def execute(library: ModuleType, lines: list[str]) -> Any:
    """The value of `out`, the gradients of the leaves x and y, and which variables require one;
    or the line that raised RuntimeError."""
    start = np.linspace(0.5, 1.5, 6).reshape(2, 3)
    names = {
        name: library.tensor(array, requires_grad=True)
        for name, array in (("x", start), ("y", 2 - start.T.copy().reshape(2, 3)))
    }
    leaves = list(names.values())
    scope = {"T": library, **names}
    for line in lines:
        try:
            exec(line, scope)
        except RuntimeError:
            return line
    scope["out"].backward()
    values = [scope["out"].detach().numpy()]
    values += [np.zeros((2, 3)) if x.grad is None else x.grad.numpy() for x in leaves]
    return values, {k: scope[k].requires_grad for k in scope if k.startswith("v")}


def assert_same(lines: list[str]) -> None:
    ours, theirs = execute(mytorch, lines), execute(torch, lines)
    if isinstance(theirs, str):
        assert ours == theirs, lines
        return
    assert ours[1] == theirs[1], lines
    for mine, expected in zip(ours[0], theirs[0], strict=True):
        # Where tanh is nearly 1, its gradient keeps the digits that the subtraction leaves.
        np.testing.assert_allclose(mine, expected, rtol=1e-11, atol=1e-13, err_msg=str(lines))


BACKWARD = "out.backward(retain_graph=True)"
PROGRAMS = {
    "add": ["v = x * 2", "v.add_(y)", "out = (v * v).sum()"],
    "mul by what needs a gradient": ["v = x * 2", "v.mul_(y)", "out = (v * v).sum()"],
    "mul by itself": ["v = x * 2", "v.mul_(v)", "out = v.sum()", BACKWARD],
    "operators": ["v = x * 2", "v += y", "v -= 1", "v *= y", "v /= 3", "v **= 2", "out = v.sum()"],
    "alpha": ["v = x * 2", "v.add_(y, alpha=3)", "v.sub_(y, alpha=0.5)", "out = v.sum()"],
    "zero": ["v = x * 2", "v.zero_()", "out = (v + x).sum()"],
    "fill": ["v = x * 2", "v.fill_(y.sum())", "out = v.sum()"],
    "copy": ["v = x * 2", "v.copy_(y[0])", "out = (v * x).sum()"],
    "into a constant": ["v = T.zeros(2, 3, dtype=T.float64)", "v[0] = y[1]", "out = (v * x).sum()"],
    "item": ["v = x * 2", "v[0, 1] = 5.0", "v[1] = y[0]", "out = (v * v).sum()"],
    "item by array": ["v = x * 2", "v[[0, 0], [1, 2]] = y[0, :2]", "out = (v * v).sum()"],
    "item by mask": ["v = x * 2", "v[v > 2] = 0.0", "out = (v * v).sum()"],
    "item of a row": ["v = x * 2", "v[:, 1:] = y[:1, :1]", "out = (v * v).sum()"],
    "through a view": ["v = x * 2", "w = v.t()[1:]", "w.mul_(3)", "out = (v * v).sum() + w.sum()"],
    "under a view": ["v = x * 2", "w = v[0]", "v.mul_(y)", "out = (w * w).sum()"],
    "a number": ["v = x * 2", "w = v[0, 0]", "w.add_(1)", "out = (v * v).sum()"],
    "diagonal": ["v = x * 2", "v.diagonal().mul_(y[0, :2])", "out = (v * v).sum()"],
    "exp twice": ["v = x * 2", "v.exp_()", "v.log_()", "out = v.sum()", BACKWARD],
    "saved input": ["v = x * 2", "w = v * v", "v.add_(1)", "out = w.sum()", BACKWARD],
    "saved output": ["v = (x * 2).exp()", "v.add_(1)", "out = v.sum()", BACKWARD],
    "saved output of exp_": ["v = x * 2", "v.exp_()", "v.add_(1)", "out = v.sum()", BACKWARD],
    "saved, through a view": ["v = x * 2", "w = v * v", "v[0].add_(1)", "out = w.sum()", BACKWARD],
    "saved, by detach": ["v = x * 2", "w = v * v", "v.detach().add_(1)", "out = w.sum()", BACKWARD],
    "saved output, gone, by detach": [
        "v = (x * 2).exp()",
        "w = v + 1",
        "d = v.detach()",
        "del v",
        "d.add_(1)",
        "out = w.sum()",
        BACKWARD,
    ],
    "saved but not needed": [
        "v = x.detach() + 1",
        "w = v * y.detach() + x",
        "v.add_(1)",
        "out = w.sum()",
    ],
    "factor not needed": [
        "c = x.detach() + 1",
        "v = y + 0",
        "w = v * c",
        "v.add_(1)",
        "out = w.sum()",
    ],
    "leaf": ["x.add_(1)", "out = x.sum()"],
    "view of a leaf": ["x[0].add_(1)", "out = x.sum()"],
    "item of a leaf": ["x[0] = 1", "out = x.sum()"],
    "leaf, not recorded": ["with T.no_grad(): x.mul_(2)", "out = (x * x).sum()"],
    "view taken in no_grad": [
        "v = x * 2",
        "with T.no_grad(): w = v[0]",
        "w.add_(1)",
        "out = v.sum()",
    ],
    "expanded": ["v = (x[:, :1] * 2).expand(2, 3)", "v.add_(1)", "out = v.sum()"],
    "too large": ["v = x[0] * 2", "v.add_(y)", "out = v.sum()"],
    "not a broadcast": ["v = x * 2", "v[0] = y", "out = v.sum()"],
    "floats into integers": ["v = T.tensor([1, 2])", "v.add_(1.5)", "out = x.sum()"],
    "integers by copy": [
        "v = T.tensor([1, 2])",
        "v.copy_(y[0, :2].detach())",
        "out = (x[:, :2] * v).sum()",
    ],
    "retained": [
        "v = x * 2",
        "v.retain_grad()",
        "v.mul_(y)",
        "out = (v * v).sum()",
        BACKWARD,
        "out = (v.grad * 1.0 + x).sum()",
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name: str) -> None:
    assert_same(PROGRAMS[name])


def random_program(seed: int) -> list[str]:
    """Views, in-place operations and others, mixed."""
    chance = random.Random(seed)
    lines = ["v0 = x * 1.5", "v1 = y + 0.5"]
    shapes: list[tuple[int, ...]] = [(2, 3), (2, 3)]
    for _ in range(chance.randint(3, 9)):
        number = chance.randrange(len(shapes))
        name, shape = f"v{number}", shapes[number]
        kind = chance.random()
        if kind < 0.35:
            call, taken = chance.choice(_views(shape))
            lines.append(f"v{len(shapes)} = {name}{call}")
            shapes.append(taken)
        elif kind < 0.75:
            lines.append(_change(chance, name, shape, shapes))
        else:
            forms = ["{} * {}", "{}.exp()", "{} * 2", "{}.clone()", "{}.tanh()", "{}.detach()"]
            lines.append(f"v{len(shapes)} = " + chance.choice(forms).replace("{}", name))
            shapes.append(shape)
    terms = " + ".join(f"(v{i} * {i + 1}).sum()" for i in range(len(shapes)))
    return [*lines, f"out = {terms}", BACKWARD]


def _views(shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    flat = (".reshape(-1)", (prod(shape),))
    if len(shape) == 2:
        rows, columns = shape
        return [(".t()", (columns, rows)), ("[0]", (columns,)), ("[:, -1]", (rows,)), flat]
    if len(shape) == 1 and shape[0] > 1:
        return [("[1:]", (shape[0] - 1,)), ("[0]", ()), (".reshape(1, -1)", (1, *shape))]
    return [(".reshape(1, -1)", (1, prod(shape))), flat]


def _change(chance: random.Random, name: str, shape: Any, shapes: list[Any]) -> str:
    # Of another part of the same memory PyTorch reads what it has just written: left out.
    fitting = [f"v{i}" for i, other in enumerate(shapes) if other == shape]
    other = chance.choice([*(f"{v}.clone()" for v in fitting), name, f"{name}.detach()", "1.5"])
    forms = [f"{name}.{call}({other})" for call in ("add_", "mul_", "sub_", "div_", "copy_")] * 2
    forms = [form.replace("copy_(1.5)", "fill_(1.5)") for form in forms]
    forms += [f"{name}.zero_()", f"{name}.exp_()", f"with T.no_grad(): {name}.mul_(1.5)"]
    if shape:
        forms += [f"{name}[0] = {what}" for what in ("2.0", "v0.sum()")]
        forms += [f"{name}[[0]] = y.sum()"]
    return chance.choice(forms)


@together("seed", seeds(300), twenties)
def test_a_random_program(seed: int) -> None:
    assert_same(random_program(seed))


def test_what_views_and_memory_leave_behind() -> None:
    """A long-lived tensor does not collect the views that were taken of it."""
    x = Tensor(np.zeros((10, 3)))
    for i in range(1000):
        x[i % 10]
    assert len(x._memory.views) <= 10


def test_the_copy_of_a_reshape_is_no_view() -> None:
    v = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) * 2
    flat = v.T.reshape(-1)
    flat.add_(1)
    assert v.data.tolist() == [[2, 4], [6, 8]]
    v.mul_(3)
    assert flat.data.tolist() == [3, 7, 5, 9]


def test_errors_tell_what_to_do() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    for change, cure in (
        (lambda: x.add_(1), r"add_: this tensor is a leaf .*no_grad"),
        (lambda: x[:1].zero_(), r"zero_: this tensor is a view of a leaf .*no_grad"),
        (lambda: (x * 2).add_(Tensor([[1.0], [2.0]])), r"add_: .*\(2, 2\).*\(2,\).*new tensor"),
        (lambda: Tensor([1, 2]).add_(0.5), r"add_: .*float64.*int64.*x\.to"),
        (lambda: Tensor(1.0).expand(3).add_(1), r"add_: .*\(3,\).*clone"),
        (
            lambda: (x * 2).__setitem__(0, Tensor([1.0, 2.0])),
            r"\(2,\).*broadcast .* \(\)",
        ),
    ):
        with pytest.raises(RuntimeError, match=cure):
            change()


def retained_by(library: ModuleType, lines: list[str]) -> list[list[float] | None]:
    """The `.grad` of the leaf, of what is computed from it and of the views of that, and at last
    what hooks have seen."""
    seen: list[float] = []

    def see(gradient: Any) -> None:
        seen.extend(gradient.reshape(-1).tolist())

    x = library.tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    scope: dict[str, Any] = {"x": x, "T": library, "see": see}
    for line in ("y = x * 3", "v = y[:2]", "w = v[1:]", "u = y.view(3, 1)", *lines):
        exec(line, scope)
    found = [scope[name].grad for name in "xyvwu"]
    return [None if grad is None else grad.reshape(-1).tolist() for grad in found] + [seen]


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@together("seed", seeds(150), twenties)
def test_views_changed_in_place_retain_what_pytorchs_do(seed: int) -> None:
    """Gradients retained, before or after, are those of the value that the view has at the end;
    hooks see those of the value that it had."""
    generator = random.Random(seed)
    statements = ["{}.retain_grad()", "{}.mul_(2.0)", "{}.add_(1.0)", "{}[0] = 7.0"]
    statements += ["out = out + ({}.sum() * 11.0)"]
    lines = ["out = x.sum()"]
    lines += [
        generator.choice(statements).format(generator.choice("yvwu"))
        for _ in range(generator.randint(2, 8))
    ]
    if generator.random() < 0.5:
        # Later than this PyTorch puts it on the node of the value before.
        lines.insert(1, f"{generator.choice('yvwu')}.register_hook(see)")
    factors = enumerate(generator.sample("yvwu", 4), 2)
    lines += [f"out = out + ({name} * {factor}.0).sum()" for factor, name in factors]
    lines.append("out.backward()")
    assert retained_by(mytorch, lines) == retained_by(torch, lines)


# Each step changes y, a view v of it, or the gradient's way; x is a leaf.
SHAPED = (
    "y = x * 2; v = y[0]; y.t_(); y[0].mul_(3.0); v.add_(1.0); out = (y * y).sum() + v.sum()",
    "y = (x * 2)[1]; y.unsqueeze_(1); y.mul_(T.tensor([[1.0], [2.0], [3.0]])); out = y.sum()",
    "b = T.zeros(2, 3); w = b[1]; w.unsqueeze_(0); w.add_(x[0]); out = (b * b).sum()",
    "y = x.clone().unsqueeze_(0).swapaxes_(0, 2).squeeze_(); y[2] = 5.0; out = (y**2).sum()",
    "y = x * x; z = y * y; y.swapdims_(0, 1).transpose_(0, 1).squeeze_(0); out = y.sum()",
)


@pytest.mark.parametrize("program", SHAPED)
def test_a_shape_changed_in_place_is_pytorchs(program: str) -> None:
    found = []
    for library in (mytorch, torch):
        x = library.tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=True)
        scope: dict[str, Any] = {"x": x, "T": library}
        exec(program, scope)
        scope["out"].backward()
        names = [name for name in "yvwb" if name in scope]
        found.append([x.grad.tolist(), *(scope[name].detach().tolist() for name in names)])
    assert found[0] == found[1]


def test_what_a_changed_shape_would_make_wrong_is_refused() -> None:
    x = mytorch.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="t_: this tensor requires a gradient"):
        x.t_()
    y = x * 2
    with mytorch.no_grad(), pytest.raises(RuntimeError, match=r"unsqueeze_: .*inside no_grad"):
        y.unsqueeze_(0)
    z = y * y
    y.t_()
    with pytest.raises(RuntimeError, match="changed in place since"):
        z.sum().backward()
    base = mytorch.zeros(2, 2)
    with mytorch.no_grad():
        row = base[0]
    base.t_()
    with pytest.raises(RuntimeError, match="take the view again"):
        row.add_(x[0, :2])
    compiled = mytorch.compile(lambda a: (a + 1).t_().unsqueeze_(0) * 2)
    for _ in range(4):
        assert compiled(mytorch.ones(2, 3)).tolist() == [[[4.0, 4.0]] * 3]
    assert compiled.counts.replayed == 2


def test_averages_of_parameters_take_data() -> None:
    for library in (mytorch, torch):
        average, parameter = library.ones(2), library.zeros(2)
        with library.no_grad():
            average.lerp_(parameter.data, 0.25)
        assert average.tolist() == [0.75, 0.75]
