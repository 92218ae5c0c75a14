"""The rooms: imports run one way, each module can come first, NumPy is all that is needed."""

import ast
import builtins
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.together import together

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mytorch"

# The rooms of the package by floors, as CONTRIBUTING lists them: lower ones know nothing of higher.
TREE = (ROOT / "CONTRIBUTING.md").read_text().split("```text\nmytorch/\n")[1].split("```")[0]
FLOORS = [set(re.findall(r"^  ([\w/]*\w)", floor, re.M)) for floor in TREE.split("\n\n")]
ENGINE = "tensor engine/context engine/graph engine/gradients engine/traversal autograd_engine"
NEVERS = [  # who, and whom it never imports
    (ENGINE, "ops linalg nn"),
    ("optim compiler", "ops linalg gradcheck nn"),
    (f"{ENGINE} ops linalg gradcheck autograd nn", "optim compiler"),
    ("utils", "optim compiler files gradcheck autograd linalg nn"),
    (" ".join(set().union(*FLOORS)), "hw1 data course autograder examples benchmarks tests"),
]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports when it runs (not only for its types)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def graph() -> dict[str, set[str]]:
    """Of each module what it imports."""
    return {name: imports(path) for name, path in MODULES.items()}


def room(name: str) -> str:
    """The first name in the package, or the name of another package; of a file that is listed by
    itself its path."""
    path = name.removeprefix("mytorch.").replace(".", "/")
    if any(path in floor for floor in FLOORS):
        return path
    return ([*name.split("."), "__init__"])[name.startswith("mytorch")]


def test_there_is_no_cycle() -> None:
    inside = {
        name: {other for other in found if other in MODULES} for name, found in graph().items()
    }
    assert len(list(TopologicalSorter(inside).static_order())) == len(MODULES)


def test_each_room_is_on_one_floor() -> None:
    listed = [name for floor in FLOORS for name in floor]
    assert sorted(listed) == sorted({room(name) for name in MODULES})


def test_imports_run_one_way() -> None:
    height = {name: level for level, floor in enumerate(FLOORS) for name in floor}
    for name, found in graph().items():
        for other in found & MODULES.keys():
            assert height[room(other)] <= height[room(name)], f"{name} imports {other}"


@pytest.mark.parametrize(("who", "whom"), NEVERS)
def test_never(who: str, whom: str) -> None:
    assert {*who.split()} <= {room(name) for name in MODULES}
    for name, found in graph().items():
        if room(name) in who.split():
            assert not {room(other) for other in found} & {*whom.split()}, name


def test_numpy_is_the_only_dependency() -> None:
    outside = {name.split(".")[0] for found in graph().values() for name in found} - {"mytorch"}
    assert outside - set(sys.stdlib_module_names) == {"numpy"}


CONTRACT = {
    "mytorch.tensor": "Tensor cat",
    "mytorch.autograd_engine": "Function ContextManager BackwardFunction AccumulateGrad backward",
    "mytorch.nn.functional": (
        "Add Sub Mul Div Transpose Reshape Log ReLU cross_entropy to_one_hot"
    ),
    "mytorch.nn.module": "Module",
    "mytorch.nn.sequential": "Sequential",
    "mytorch.nn.linear": "Linear",
    "mytorch.nn.activations": "ReLU",
    "mytorch.nn.batchnorm": "BatchNorm1d",
    "mytorch.nn.loss": "Loss CrossEntropyLoss",
    "mytorch.optim.optimizer": "Optimizer",
    "mytorch.optim.sgd": "SGD",
    "hw1.mnist": "mnist train validate BATCH_SIZE",
}


def printed(program: str) -> tuple[str, str]:
    """What a program prints in a fresh interpreter, and its errors."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr


def test_the_end_of_a_program_is_silent() -> None:
    # What is freed last finds globals that are None.
    program = (
        "from threading import Thread\n"
        "from mytorch import nn, observe\n"
        "layer = nn.Linear(1, 1)\n"
        "layer.register_forward_hook(print)\n"
        "def run():\n"
        "    with observe.Observer():\n"
        "        pass\n"
        "    nn._hooks.around_calls = observe.around_calls = observe.observed = None\n"
        "thread = Thread(target=run)\n"
        "thread.start()\n"
        "thread.join()"
    )
    assert printed(program) == ("", "")


@pytest.mark.parametrize("module", CONTRACT)
def test_each_module_can_be_imported_first(module: str) -> None:
    names = CONTRACT[module].split()
    program = (
        f"from {module} import *\n"
        f"from {module} import {', '.join(names)}\n"
        "x = __import__('mytorch').Tensor([1.0], requires_grad=True)\n"
        "(x * x).backward()\n"
        "print(x.grad.item())"
    )
    assert printed(program) == ("2.0\n", "")


@together("name", sorted(MODULES), room)
def test_public_names_exist_once(name: str) -> None:
    module = __import__(name, fromlist=["*"])
    public = getattr(module, "__all__", [])
    assert len(set(public)) == len(public)
    for entry in public:
        assert hasattr(module, entry)


def test_course_code_may_import_everything_from_functional() -> None:
    from mytorch.nn import functional

    assert not set(functional.__all__) & set(dir(builtins))


def test_tensor_is_a_module_and_can_be_called() -> None:
    import mytorch
    from mytorch import tensor

    assert tensor.Tensor is mytorch.Tensor
    assert mytorch.tensor([1.0]).item() == 1


def test_what_a_program_may_do_without_is_loaded_when_it_is_asked_for() -> None:
    program = (
        "import sys, mytorch\n"
        "later = {'autograd', 'compiler', 'distributions', 'func', 'linalg', 'nn', 'optim'}\n"
        "later |= {'special', 'utils'}\n"
        "print({f'mytorch.{name}' for name in later} & {*sys.modules}, end=' ')\n"
        "print({'compile', *later} - {'compiler', *dir(mytorch)})\n"
        "from mytorch import CompileError\n"
        "print(mytorch.compile is mytorch.compiler.compile, hasattr(mytorch, 'compilers'))\n"
        "print(*[f.__name__ for f in (mytorch.linalg.norm, mytorch.nn.Linear, mytorch.optim.SGD)])"
    )
    assert printed(program) == ("set() set()\nTrue False\nnorm Linear SGD\n", "")


def test_what_takes_long_to_load_is_loaded_when_it_is_needed() -> None:
    program = (
        "import sys, numpy\n"
        "before = {*sys.modules}\n"
        "import mytorch\n"
        "slow = {'hashlib', 'numpy.random', 'numpy.typing', 'threading'}\n"
        "print(slow & {*sys.modules} - before, mytorch.default_generator, end=' ')\n"
        "print(mytorch.default_generator.numpys is numpy.random.mtrand._rand, end=' ')\n"
        "print(hasattr(mytorch.default_generator, 'numpy'))"
    )
    assert printed(program) == ("set() Generator(seed=None) True False\n", "")


@cache
def engines_own() -> set[str]:
    """The underscore names of nodes, contexts and the walk, but for those that Tensor has, too."""
    engine = [PACKAGE / "autograd_engine.py", *(PACKAGE / "engine").glob("*.py")]
    return underscored(*engine) - underscored(MODULES["mytorch.tensor"])


def underscored(*paths: Path) -> set[str]:
    """The private names that classes give their instances, and modules themselves."""
    names = set()
    for node in (node for path in paths for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)  # as in __slots__
    return {name for name in names if re.fullmatch(r"_[a-z]\w*", name)}


AUTHORS = [
    name
    for name in MODULES
    if re.match(r"mytorch\.(distributions|func|ops|nn|linalg|special)\b", name)
]


@together("name", AUTHORS, room)
def test_operations_and_layers_leave_the_engines_fields_alone(name: str) -> None:
    fields = engines_own()
    assert "_saved" in fields
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Attribute) and node.attr in fields:
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            assert own, f"{name}, line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            private = [alias.name for alias in node.names if alias.name.startswith("_")]
            modules = {f"{node.module}.{inner}" for inner in private}
            assert modules <= MODULES.keys(), f"{name}, line {node.lineno}: {ast.unparse(node)}"
