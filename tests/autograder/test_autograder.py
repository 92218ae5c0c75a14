"""The autograder's own tests: right libraries score all points, mistakes lose just theirs."""

import ast
import json
import shutil
import sys
import time
from pathlib import Path

import pytest

from autograder.hw1_autograder.runner import PROBLEMS, TESTS, start
from course.grader.grading import failure_of
from course.grader.points import scores
from tests.autograder.engines import engines, write
from tests.autograder.handout import ROOT, STUDENT, homework, run
from tests.autograder.mutants import (
    OUR_MUTANTS,
    POINTS,
    STUDENT_CRASHES,
    STUDENT_MUTANTS,
    Mutant,
    scores_without,
)

RUNNER = "autograder/hw1_autograder/runner.py"

# What shows that a limit of the system was met, before the time was over.
LIMITS_SAY = {"3 GiB of memory": "MemoryError", "output without end": "File too large"}

# Methods that the handout leaves to be written, by file.
TO_WRITE = {
    "tensor.py": ("Tensor.__sub__", "Tensor.__mul__", "Tensor.__truediv__", "Tensor.backward"),
    "autograd_engine.py": ("Function.apply", "backward"),
    "nn/functional.py": (
        *(f"{name}.{way}" for name in ("Sub", "Mul", "Div") for way in ("forward", "backward")),
        *("ReLU.forward", "ReLU.backward", "cross_entropy"),
    ),
    "nn/sequential.py": ("Sequential.forward",),
    "nn/linear.py": ("Linear.forward",),
    "nn/activations.py": ("ReLU.forward",),
    "nn/batchnorm.py": ("BatchNorm1d.forward",),
    "optim/sgd.py": ("SGD.step",),
}


def grade(folder: Path, *command: str) -> tuple[dict[str, int], str]:
    """The scores on the last line that the runner (or the command) prints, and all lines."""
    result = run(folder, *(command or (sys.executable, RUNNER)))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    scores: dict[str, int] = json.loads(result.stdout.splitlines()[-1])["scores"]
    return scores, result.stdout


def library(folder: Path, original: Path = STUDENT) -> Path:
    """A copy of a library in `folder`."""
    return Path(shutil.copytree(original, folder / "mytorch"))


def failures(folder: Path) -> dict[str, str]:
    """What goes wrong in the failing tests, all run in one process: much quicker than the runner,
    for mistakes that do not end it."""
    homework = start(60, str(folder))
    try:
        outcomes = {test: failure_of(test, homework) for test in TESTS}
    finally:
        homework.close()
    return {f"{test.part}: {test.name}": why for test, why in outcomes.items() if why is not None}


def quick_scores(folder: Path) -> dict[str, int]:
    """The scores of the library in `folder`."""
    failed = failures(folder)
    passed = [test for test in TESTS if f"{test.part}: {test.name}" not in failed]
    return scores(PROBLEMS, passed)


def unwrite(path: Path, functions: tuple[str, ...], body: str) -> None:
    """Replace the bodies of functions and methods in a file."""
    tree = ast.parse(path.read_text())
    found = set()
    owners: list[ast.Module | ast.ClassDef] = [tree]
    owners += [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner in owners:
        prefix = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and prefix + node.name in functions:
                found.add(prefix + node.name)
                node.body = ast.parse(body).body
    assert found == set(functions)
    path.write_text(ast.unparse(tree))


@pytest.mark.parametrize("original", [ROOT / "mytorch", STUDENT], ids=["ours", "student"])
def test_a_right_library_scores_all_points(tmp_path: Path, original: Path) -> None:
    homework(tmp_path, original)
    scores, printed = grade(tmp_path)
    assert scores == POINTS
    assert sum(scores.values()) == 100
    assert "FAIL" not in printed
    assert "printed" not in printed
    assert printed.splitlines()[-2].split() == ["Total", "100", "of", "100"]


@pytest.mark.parametrize("styles", engines(), ids=lambda styles: ", ".join(styles))
def test_a_right_library_of_another_style_scores_all_points(
    tmp_path: Path, styles: tuple[str, ...]
) -> None:
    write(library(tmp_path), styles)
    assert failures(tmp_path) == {}


@pytest.mark.parametrize("mutant", STUDENT_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_costs_just_its_points(tmp_path: Path, mutant: Mutant) -> None:
    mutant.apply(library(tmp_path))
    assert quick_scores(tmp_path) == scores_without(mutant.lost)


@pytest.mark.parametrize("mutant", OUR_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_in_our_library_costs_just_its_points(tmp_path: Path, mutant: Mutant) -> None:
    mutant.apply(library(tmp_path, ROOT / "mytorch"))
    assert quick_scores(tmp_path) == scores_without(mutant.lost)


def test_the_smallest_case_that_fails_is_shown(tmp_path: Path) -> None:
    """Of several that would fail alike."""
    overwrites = next(m for m in STUDENT_MUTANTS if m.name == "AccumulateGrad overwrites")
    overwrites.apply(library(tmp_path))
    shown = [why.splitlines()[0] for why in failures(tmp_path).values()]
    assert "x.grad of x * x" in shown
    assert "x.grad after a second backward" in shown


def test_a_failure_shows_what_was_expected_and_what_came(tmp_path: Path) -> None:
    mytorch = homework(tmp_path, STUDENT)
    (mytorch / "nn" / "loss.py").write_text("def CrossEntropyLoss(: pass")
    unwrite(mytorch / "nn" / "functional.py", ("Sub.backward",), "return grad_output, None")
    unwrite(mytorch / "nn" / "linear.py", ("Linear.forward",), "return self.no_such_name")
    unwrite(mytorch / "nn" / "sequential.py", ("Sequential.forward",), "return x")
    _, printed = grade(tmp_path)
    assert (
        "FAIL 1.1.1 Subtract: gradient (0 of 3 points)\n"
        "     Sub.backward(ctx, grad)[1], the gradient of b\n"
        "       expected: float64 (3, 4) [["
    ) in printed
    assert "       got:      None\n" in printed
    assert (
        "FAIL 2.1 Linear layer: forward (0 of 1 point)\n"
        "     AttributeError: 'Linear' object has no attribute 'no_such_name'\n"
        "       at mytorch/nn/linear.py:"
    ) in printed
    assert ", in forward: return self.no_such_name\n" in printed
    assert (
        "FAIL 2.1 Linear layer: Sequential (0 of 1 point)\n"
        "     Sequential(layer, layer)(x)\n"
        "       expected: float64 (3, 4) [["
    ) in printed
    assert "       got:      float64 (3, 4) [[" in printed
    assert "SyntaxError: " in printed


@pytest.mark.parametrize("mutant", STUDENT_CRASHES, ids=lambda mutant: mutant.name)
def test_a_crash_costs_just_its_part(tmp_path: Path, mutant: Mutant) -> None:
    if mutant.name == "3 GiB of memory" and sys.platform == "darwin":
        pytest.skip("macOS sets no limit to a process's memory")
    mutant.apply(homework(tmp_path, STUDENT))
    scores, printed = grade(tmp_path)
    assert scores == scores_without(mutant.lost)
    assert len(printed) < 20_000
    assert LIMITS_SAY.get(mutant.name, "") in printed


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("optim/sgd.py", {"2.3": 10, "2.6": 10}),
        ("nn/loss.py", {"2.5": 1}),
        ("nn/activations.py", {"2.2": 2}),
        # without it there are no layers
        ("nn/module.py", {"2.1": 4, "2.2": 2, "2.4": 10}),
    ],
)
def test_a_missing_file_costs_just_what_is_in_it(
    tmp_path: Path, file: str, lost: dict[str, int]
) -> None:
    (library(tmp_path) / file).unlink()
    assert quick_scores(tmp_path) == scores_without(lost)


def test_a_class_for_the_function_cross_entropy_costs_a_point_and_is_said(tmp_path: Path) -> None:
    nn = library(tmp_path) / "nn"
    function = "def cross_entropy(predicted, target):\n    return CrossEntropy.apply("
    text = (nn / "functional.py").read_text().partition(function)[0]
    (nn / "functional.py").write_text(text + "cross_entropy = CrossEntropy\n")
    loss = (nn / "loss.py").read_text()
    (nn / "loss.py").write_text(loss.replace("cross_entropy(", "cross_entropy.apply("))
    ((test, why),) = failures(tmp_path).items()
    assert test == "2.5 Cross entropy loss: the function cross_entropy"
    assert "expected: a function of (logits, labels)" in why
    assert "got:      <class 'mytorch.nn.functional.CrossEntropy'>" in why


def grade_within(seconds: float, folder: Path) -> tuple[dict[str, int], str]:
    """The scores with another limit for all parts together."""
    code = "from autograder.hw1_autograder import runner"
    code += f"; runner.TIME_LIMIT = {seconds}; runner.main()"
    return grade(folder, sys.executable, "-c", code)


# It leaves the processor to others: one that computes is stopped in `test_pages.py`.
ENDLESS = "import time\nwhile True: time.sleep(1)"


def test_an_endless_loop_costs_what_comes_after_it(tmp_path: Path) -> None:
    relu = homework(tmp_path, STUDENT) / "nn" / "functional.py"
    unwrite(relu, ("ReLU.backward",), ENDLESS)
    scores, printed = grade_within(12, tmp_path)
    assert scores == scores_without({"2.2": 9})
    assert "PASS 2.2 ReLU: forward (1 point)" in printed
    assert "stopped: the time limit of " in printed


def test_endless_loops_in_all_parts_end_together(tmp_path: Path) -> None:
    (homework(tmp_path, STUDENT) / "autograd_engine.py").write_text(ENDLESS)
    started = time.monotonic()
    scores, printed = grade_within(6, tmp_path)
    assert time.monotonic() - started < 15
    assert set(scores.values()) == {0}
    assert len(printed.splitlines()) < 150


def test_an_error_is_said_once(tmp_path: Path) -> None:
    (homework(tmp_path, STUDENT) / "optim" / "sgd.py").unlink()
    _, printed = grade(tmp_path)
    assert printed.count("ModuleNotFoundError: No module named 'mytorch.optim.sgd'") == 1
    assert printed.count("     the same as in 2.3 SGD: one step\n") == 7


HOSTILE = {
    "tensor.py": """
import json, sys, threading, time
import numpy as np
np.isclose = lambda *arguments, **options: np.True_
json.dumps = lambda *arguments, **options: '{"scores": {}}'
sys.modules["json"] = sys.modules["checks"] = None
threading.Thread(target=time.sleep, args=(600,)).start()
""",
    "nn/activations.py": r"""
class ReLU:
    def __init__(self):
        raise ValueError('\udc80 \x1b[2J \r\n{"scores": {}}' + 10**6 * "x")
""",
    "nn/batchnorm.py": """
import os
os.closerange(0, 100)
""",
    "nn/loss.py": """
class CrossEntropyLoss:
    def __call__(self, predicted, target):
        return self

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self
""",
    "nn/linear.py": """
import os
if not os.fork():
    os.setsid()
    print('{"scores": {}}' * 10**4)
    __import__("time").sleep(5)
    os._exit(0)
""",
}


def test_what_a_homework_does_changes_no_results_but_its_own(tmp_path: Path) -> None:
    mytorch = homework(tmp_path, STUDENT)
    for file, code in HOSTILE.items():
        path = mytorch / file
        replaced = file in ("nn/activations.py", "nn/loss.py")
        path.write_text(code + ("" if replaced else path.read_text()))
    scores, printed = grade(tmp_path)
    # Of the loss the function is right, of ReLU the operation.
    assert scores == scores_without({"2.2": 2, "2.4": 10, "2.5": 14})
    assert r"ValueError: \udc80 \x1b[2J" in printed
    assert len(printed) < 20_000


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return None"])
def test_an_untouched_handout_scores_nothing(tmp_path: Path, body: str) -> None:
    mytorch = library(tmp_path)
    for file, functions in TO_WRITE.items():
        unwrite(mytorch / file, functions, body)
    assert set(quick_scores(tmp_path).values()) == {0}


def test_a_half_finished_handout_scores_its_half(tmp_path: Path) -> None:
    mytorch = library(tmp_path)
    for file, functions in {
        "tensor.py": ("Tensor.__truediv__",),
        "nn/functional.py": ("Div.forward", "Div.backward", "cross_entropy"),
        "nn/batchnorm.py": ("BatchNorm1d.forward",),
        "nn/activations.py": ("ReLU.forward",),
    }.items():
        unwrite(mytorch / file, functions, "raise NotImplementedError")
    # Of ReLU the Function is written, the layer is not.
    assert quick_scores(tmp_path) == scores_without({"1.1": 5, "2.2": 2, "2.4": 10, "2.5": 15})
