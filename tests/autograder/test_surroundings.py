"""The commands of the write-up, wherever a homework lies and whatever else lies in it."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.hw1_autograder import test_mnist as mnist_grader
from data.mnist import load_mnist
from tests.autograder.handout import ROOT, STUDENT, homework, run

RUNNER = "autograder/hw1_autograder/runner.py"
MNIST = "autograder/hw1_autograder/test_mnist.py"

# Modules of Python, of what is installed, and of the grader, by the folder they are dropped in.
STRAYS = (
    *("random", "json", "typing", "tarfile", "csv", "io", "pathlib", "base64", "traceback"),
    *("dataclasses", "importlib/__init__", "concurrent/__init__", "selectors", "subprocess"),
    *("numpy", "numpy/__init__", "matplotlib", "torch", "data", "hw1", "course", "course/__init__"),
    *("grader", "autograder", "hw1_autograder", "checks", "environment", "grading", "homework"),
    *("operations", "points", "printing", "reference", "worker", "test_mlp", "test_autograd"),
    *("pages", "recording", "tracing", "html", "string", "linecache"),
    *("command_line", "curve", "files", "mnist", "output", "progress", "stopping"),
)
FOLDERS = (
    *(".", "mytorch", "mytorch/nn", "hw1", "data"),
    *("autograder", "autograder/hw1_autograder", "course", "course/grader"),
)


def stray_files(root: Path) -> None:
    """Drop modules with the names of others into all folders of a homework."""
    for folder in FOLDERS:
        for name in STRAYS:
            path = root / folder / f"{name}.py"
            if not path.exists():  # what is the homework's or the grader's stays
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("raise ImportError(f'{__file__} is not what was meant')\n")


def total(result: subprocess.CompletedProcess[str]) -> int:
    """The points on the last line."""
    assert result.stderr == ""
    scores: dict[str, int] = json.loads(result.stdout.splitlines()[-1])["scores"]
    return sum(scores.values())


def course_homework(folder: Path, original: Path = STUDENT) -> Path:
    """A homework with our hw1/ and a twentieth of MNIST."""
    homework(folder, original)
    shutil.copytree(ROOT / "hw1", folder / "hw1")
    (folder / "data").mkdir()
    for name in ("__init__.py", "mnist.py"):
        shutil.copy(ROOT / "data" / name, folder / "data")
    for name, array in part_of_mnist().items():
        np.save(folder / "data" / f"{name}.npy", array)
    return folder


@cache
def part_of_mnist() -> dict[str, np.ndarray]:
    """By the names of the course's files."""
    *train, val_x, val_y = load_mnist(ROOT / "data")
    parts = [part[:2500].copy() for part in train] + [part[:500].copy() for part in (val_x, val_y)]
    return dict(zip(("train_data", "train_labels", "val_data", "val_labels"), parts, strict=True))


def test_other_files_change_nothing(tmp_path: Path) -> None:
    """And our hw1/ trains with a library that has the course's names alone."""
    root = course_homework(tmp_path)
    stray_files(root)
    assert total(run(root, "./grade.sh", "1", PYTHONPATH=".")) == 100
    graded = run(root, "./grade.sh", "m")
    assert graded.stdout.splitlines()[-1].startswith("PASS 3 MNIST"), graded.stdout
    assert run(root, "./create_tarball.sh").returncode == 0
    shown = run(root, "python3", "sandbox.py")
    assert "After e.backward():" in shown.stdout, shown.stderr


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (["-I"], {}),
        (["-B", "-s", "-W", "error"], {"PYTHONSAFEPATH": "1", "PYTHONUTF8": "0", "LC_ALL": "C"}),
    ],
)
def test_python_may_be_called_as_one_likes(
    tmp_path: Path, options: list[str], variables: dict[str, str]
) -> None:
    homework(tmp_path, STUDENT)
    assert total(run(tmp_path, sys.executable, *options, RUNNER, **variables)) == 100


def test_a_root_that_is_linked_and_read_only(tmp_path: Path) -> None:
    homework(tmp_path / "real place", STUDENT)
    for folder, _, files in os.walk(tmp_path / "real place"):
        for name in files:
            (Path(folder) / name).chmod(0o555)
        Path(folder).chmod(0o555)
    (tmp_path / "link").symlink_to("real place")
    other = tmp_path / "other"
    other.mkdir()
    try:
        assert total(run(other, "../link/grade.sh", "1")) == 100
    finally:
        for folder, _, _ in os.walk(tmp_path / "real place"):
            Path(folder).chmod(0o755)


def test_a_grader_that_is_linked_grades_what_lies_beside_the_link(tmp_path: Path) -> None:
    shutil.copytree(STUDENT, tmp_path / "mytorch")
    (tmp_path / "mytorch" / "nn" / "batchnorm.py").unlink()
    (tmp_path / "autograder").symlink_to(ROOT / "autograder")
    assert total(run(tmp_path, sys.executable, RUNNER)) == 90


def test_the_line_endings_of_windows(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    for path in (tmp_path / "grade.sh", *tmp_path.rglob("*.py")):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert total(run(tmp_path, "sh", "grade.sh", "1")) == 100
    usage = run(tmp_path, "sh", "grade.sh", "")
    assert (usage.returncode, usage.stderr) == (2, "")
    assert usage.stdout.startswith("usage: ./grade.sh 1 ")


@pytest.mark.parametrize(("where", "status"), [("<&- >&- 2>&-", 0), ("> /dev/full", 1)])
def test_output_that_goes_nowhere(tmp_path: Path, where: str, status: int) -> None:
    homework(tmp_path, STUDENT)
    result = run(tmp_path, "sh", "-c", f"./grade.sh 1 {where}")
    assert result.returncode == status
    assert result.stderr.count("\n") == status


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        *[("0.9660", True), ("0.8950", True), ("0.8850", False), ("0.5000", False)],
        *[("", False), ("none", False)],
    ],
)
def test_the_plot_of_a_better_training_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    known: str,
    kept: bool,
) -> None:
    monkeypatch.setattr(mnist_grader, "PLOT", of_make_mnist(tmp_path, known))
    mnist_grader.plot(np.array([0.1, 0.9]))
    assert ("Kept validation_accuracy.png" in capsys.readouterr().out) == kept
    plot = (tmp_path / "validation_accuracy.png").read_bytes()
    assert plot.startswith(b"the plot" if kept else b"\x89PNG")


def test_the_command_finds_the_plot_of_a_better_training(tmp_path: Path) -> None:
    root = course_homework(tmp_path)
    (root / "hw1" / "mnist.py").write_text("def mnist(*data):\n    return [0.1, 0.9]\n")
    plot = of_make_mnist(root, "0.9660")
    assert "Kept validation_accuracy.png" in run(root, "./grade.sh", "m").stdout
    assert plot.read_bytes() == b"the plot of make mnist"


def of_make_mnist(folder: Path, accuracy: str) -> Path:
    """A plot, and beside it the table of a training that ends with this accuracy."""
    plot = folder / "validation_accuracy.png"
    plot.write_bytes(b"the plot of make mnist")
    if accuracy != "none":
        table = f"epoch,batch,accuracy\n1,1,0.2\n1,51,0.99\n1,101,{accuracy}\n"
        plot.with_suffix(".csv").write_text(table)
    return plot


def test_a_plot_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    root = course_homework(tmp_path)
    (root / "hw1" / "mnist.py").write_text("def mnist(*data):\n    return [0.9]\n")
    (root / "validation_accuracy.png").mkdir()
    result = run(root, "./grade.sh", "m")
    assert "Could not write validation_accuracy.png: Is a directory" in result.stdout
    assert [*root.glob("*.png*"), *root.glob(".*.png*")] == [root / "validation_accuracy.png"]
    assert result.stdout.splitlines()[-1].startswith("PASS 3 MNIST")


def test_a_plot_without_a_folder_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mnist_grader, "PLOT", tmp_path / "missing" / "plot.png")
    mnist_grader.plot(np.array([0.5, 0.9]))
    assert capsys.readouterr().out == "Could not write plot.png: No such file or directory\n"


def test_the_plot_shows_accuracies_from_0_to_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Figure] = []
    save = Figure.savefig

    def saved(figure: Figure, *arguments: Any, **options: Any) -> None:
        shown.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", saved)
    monkeypatch.setattr(mnist_grader, "PLOT", tmp_path / "plot.png")
    mnist_grader.plot(np.array([0.5, 0.9]))
    (axes,) = shown[0].axes
    assert axes.get_ylim() == (0, 1)
    assert list(axes.lines[0].get_ydata()) == [0.5, 0.9]
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
