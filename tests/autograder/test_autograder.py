"""The autograder's own tests: right libraries score all points, mistakes lose just theirs."""

import ast
import json
import sys
from pathlib import Path

import pytest

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

# All tests in one process: ten times faster than the runner, for mistakes that do not crash.
QUICK = """
import json, sys
sys.path[:0] = ["autograder/hw1_autograder", "."]
import worker
from points import scores
passed = [test for test in worker.TESTS if worker.failure_of(test) is None]
print(json.dumps({"scores": scores(passed)}))
"""

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


@pytest.mark.parametrize("library", [ROOT / "mytorch", STUDENT], ids=["ours", "student"])
def test_a_right_library_scores_all_points(tmp_path: Path, library: Path) -> None:
    homework(tmp_path, library)
    scores, printed = grade(tmp_path)
    assert scores == POINTS
    assert sum(scores.values()) == 100
    assert "FAIL" not in printed
    assert "printed" not in printed
    assert printed.splitlines()[-2].split() == ["Total", "100", "of", "100"]
    assert grade(tmp_path, sys.executable, "-c", QUICK)[0] == POINTS


@pytest.mark.parametrize("mutant", STUDENT_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_costs_just_its_points(tmp_path: Path, mutant: Mutant) -> None:
    mutant.apply(homework(tmp_path, STUDENT))
    scores, _ = grade(tmp_path, sys.executable, "-W", "ignore", "-c", QUICK)
    assert scores == scores_without(mutant.lost)


@pytest.mark.parametrize("mutant", OUR_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_in_our_library_costs_just_its_points(tmp_path: Path, mutant: Mutant) -> None:
    mutant.apply(homework(tmp_path, ROOT / "mytorch"))
    scores, _ = grade(tmp_path, sys.executable, "-W", "ignore", "-c", QUICK)
    assert scores == scores_without(mutant.lost)


def test_a_failure_shows_what_was_expected_and_what_came(tmp_path: Path) -> None:
    mytorch = homework(tmp_path, STUDENT)
    (mytorch / "nn" / "loss.py").write_text("def CrossEntropyLoss(: pass")
    unwrite(mytorch / "nn" / "functional.py", ("Sub.backward",), "return grad_output, None")
    unwrite(mytorch / "nn" / "linear.py", ("Linear.forward",), "return self.no_such_name")
    unwrite(mytorch / "nn" / "sequential.py", ("Sequential.forward",), "return x")
    _, printed = grade(tmp_path)
    assert (
        "FAIL 1.1.1 Subtract: gradient (0 of 2 points)\n"
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
        "     Sequential(Linear, Linear)(x)\n"
        "       expected: float64 (3, 2) [[-0"
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


def test_a_missing_file_costs_just_what_is_in_it(tmp_path: Path) -> None:
    (homework(tmp_path, STUDENT) / "optim" / "sgd.py").unlink()
    scores, _ = grade(tmp_path, sys.executable, "-c", QUICK)
    assert scores == scores_without({"2.3": 10, "2.6": 10})


def test_an_endless_loop_costs_what_comes_after_it(tmp_path: Path) -> None:
    relu = homework(tmp_path, STUDENT) / "nn" / "functional.py"
    unwrite(relu, ("ReLU.backward",), "while True: pass")
    quick = "import runner; runner.TIME_LIMIT = 3; runner.main()"
    code = f"import sys; sys.path.insert(0, 'autograder/hw1_autograder'); {quick}"
    scores, printed = grade(tmp_path, sys.executable, "-c", code)
    assert scores == scores_without({"2.2": 8})
    assert "PASS 2.2 ReLU: forward (2 points)" in printed
    assert "stopped: the time limit of 3 seconds for 2.2 ReLU is over" in printed


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return None"])
def test_an_untouched_handout_scores_nothing(tmp_path: Path, body: str) -> None:
    mytorch = homework(tmp_path, STUDENT)
    for file, functions in TO_WRITE.items():
        unwrite(mytorch / file, functions, body)
    scores, _ = grade(tmp_path, sys.executable, "-c", QUICK)
    assert set(scores.values()) == {0}


def test_a_half_finished_handout_scores_its_half(tmp_path: Path) -> None:
    mytorch = homework(tmp_path, STUDENT)
    for file, functions in {
        "tensor.py": ("Tensor.__truediv__",),
        "nn/functional.py": ("Div.forward", "Div.backward", "cross_entropy"),
        "nn/batchnorm.py": ("BatchNorm1d.forward",),
        "nn/activations.py": ("ReLU.forward",),
    }.items():
        unwrite(mytorch / file, functions, "raise NotImplementedError")
    scores, _ = grade(tmp_path, sys.executable, "-c", QUICK)
    # Of ReLU the Function is written, the layer is not.
    assert scores == scores_without({"1.1": 5, "2.2": 7, "2.4": 10, "2.5": 15})
