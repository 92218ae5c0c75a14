"""Problem 3: trains hw1/mnist.py on MNIST and leaves validation_accuracy.png in the root.

    python3 ./autograder/hw1_autograder/test_mnist.py

The exit status is 0 when the network learns, otherwise 1. A plot that `make mnist` has left stays,
unless this training ends better.
"""

import os
import sys

if not __package__:  # run as a file: Python looks for modules beside it, where others may lie
    sys.path.insert(0, os.path.realpath(__file__).rsplit(os.sep, 3)[0])
    import autograder.hw1_autograder  # noqa: F401 (once imported, it is found without the folder)
    from course.grader import environment

    environment.start(__file__)

import csv
import importlib.util
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from course.grader.environment import root_of
from course.grader.homework import EndedError, Homework, HomeworkError
from course.grader.printing import harmless, run

ROOT = root_of(__file__)
PLOT = Path(ROOT) / "validation_accuracy.png"
POINTS = 10
# Guessing gives 0.1. How far the training gets is free; that it gets somewhere must be clear.
LEARNED = 0.5
TIME_LIMIT = 900.0  # seconds
MEMORY = 8  # GiB
# The curve of a training is better than another if it ends so much higher.
BETTER = 0.01

Curve = NDArray[np.float64]


def load_data(homework: Homework) -> list[Any]:
    """The images and labels in data/; ends the program with a cure where there are none."""
    try:
        data = homework.import_module("data.mnist").load_mnist(str(Path(ROOT) / "data"))
        return [data[i] for i in range(4)]
    except HomeworkError as error:
        sys.exit(f"Nothing graded, the data cannot be read: {error.message}")


def train(homework: Homework, data: list[Any]) -> Any:
    """What the homework's mnist() returns; ends the program if it raises."""
    try:
        mnist = homework.import_module("hw1.mnist").mnist
        print("Training ...", flush=True)
        homework.call("seed", 0)
        return mnist(*data)
    except HomeworkError as error:
        place = f"\n       {error.place}" if error.place else ""
        fail(f"the training raised an error\n       {error}{place}")


def as_curve(returned: Any) -> Curve:
    """The accuracies in [0, 1]; ends the program if mnist() returned anything else."""
    try:
        curve = np.asarray(returned, dtype=np.float64)
    except (TypeError, ValueError):
        curve = np.empty(0)
    if curve.ndim == 1 and curve.size and curve.max() > 1:
        curve = curve / 100  # percentages are fine, too
    if curve.ndim != 1 or curve.size == 0 or not np.all((curve >= 0) & (curve <= 1)):
        fail(
            "what mnist() returned\n"
            "       expected: a list of validation accuracies, in [0, 1] or in [0, 100]\n"
            f"       got:      {repr(returned)[:200]}"
        )
    return curve


def better_plot(curve: Curve) -> bool:
    """Whether the plot of a training that ended no worse is there: `make mnist` writes the numbers
    of its plot beside it."""
    try:
        with open(PLOT.with_suffix(".csv"), newline="") as file:
            accuracies = [float(row["accuracy"]) for row in csv.DictReader(file)]
        return PLOT.is_file() and accuracies[-1] >= curve[-1] - BETTER
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return False


def plot(curve: Curve) -> None:
    """Draw the curve into PLOT, if there is no better one."""
    if better_plot(curve):
        print(f"Kept {PLOT.name}, which make mnist has drawn of a training as good as this")
        return
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.plot(curve, marker="o", markersize=4)
    axes.set_ylabel("validation accuracy")
    axes.set_ylim(0, 1)
    axes.grid(axis="y", color="0.9")
    temporary = PLOT.with_name(f".{PLOT.name}.new")
    try:
        # Without the signature of its version matplotlib writes the same bytes for the same curve.
        figure.savefig(temporary, format="png", metadata={"Software": None})
        os.replace(temporary, PLOT)
        print(f"Wrote {PLOT.name}")
    except OSError as error:
        temporary.unlink(missing_ok=True)
        print(f"Could not write {PLOT.name}: {error.strerror or error}")


def fail(reason: str) -> NoReturn:
    """Print the verdict and end the program."""
    print(f"FAIL 3 MNIST: {harmless(reason)} (0 of {POINTS} points)")
    sys.exit(1)


def main() -> None:
    """Train, plot, print the verdict."""
    if importlib.util.find_spec("matplotlib") is None:
        sys.exit("Nothing graded, the plot needs matplotlib: pip install matplotlib")
    started = time.perf_counter()
    homework = Homework(ROOT, TIME_LIMIT, gibibytes=MEMORY, show=True)
    try:
        curve = as_curve(train(homework, load_data(homework)))
    except EndedError as ending:
        fail(f"the training was {ending}")
    except KeyboardInterrupt:
        print("\nStopped: nothing was graded.", file=sys.stderr)
        sys.exit(130)
    finally:
        homework.close()
    plot(curve)
    seconds = time.perf_counter() - started
    end = float(curve[-3:].mean())
    if end < LEARNED:
        fail(f"the last accuracies should be above {LEARNED:g}, their mean is {end:.3f}")
    print(
        f"PASS 3 MNIST: the network learns, accuracy {curve[0]:.3f} at first and {end:.3f} "
        f"at the end, in {seconds:.0f} s ({POINTS} points)"
    )


if __name__ == "__main__":
    run(main)
