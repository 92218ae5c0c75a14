"""Problem 3: trains hw1/mnist.py on MNIST and leaves validation_accuracy.png in the root.

    python3 ./autograder/hw1_autograder/test_mnist.py

The exit status is 0 when the network learns, otherwise 1.
"""

import importlib.util
import sys
import time
import traceback
from typing import Any, NoReturn

import numpy as np
from homework import ROOT, claim
from numpy.typing import NDArray

PLOT = ROOT / "validation_accuracy.png"
POINTS = 10
# Guessing gives 0.1. How far the training gets is free; that it gets somewhere must be clear.
LEARNED = 0.5

Curve = NDArray[np.float64]


def load_data() -> Any:
    """The images and labels in data/; ends the program with a cure where there are none."""
    from data.loader import DataError, load_mnist

    try:
        return load_mnist(ROOT / "data")
    except (OSError, DataError) as error:
        sys.exit(f"Nothing graded, the data cannot be read: {error}")


def train(data: Any) -> Any:
    """What the homework's mnist() returns; ends the program with its traceback if it raises."""
    try:
        claim("mytorch")
        claim("hw1")
        from hw1.mnist import mnist

        print(f"Training on {len(data.train_x):,} images ...", flush=True)
        np.random.seed(0)
        return mnist(*data)
    except (Exception, SystemExit):
        traceback.print_exc(file=sys.stdout)
        fail("the training raised the error above")


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


def plot(curve: Curve) -> None:
    """Draw the curve into PLOT."""
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.subplots()
    axes.plot(curve)
    axes.set_ylabel("validation accuracy")
    # Without the signature of its version matplotlib writes the same bytes for the same curve.
    figure.savefig(PLOT, metadata={"Software": None})
    print(f"Wrote {PLOT.name}")


def fail(reason: str) -> NoReturn:
    """Print the verdict and end the program."""
    print(f"FAIL 3 MNIST: {reason} (0 of {POINTS} points)")
    sys.exit(1)


def main() -> None:
    """Train, plot, print the verdict."""
    if importlib.util.find_spec("matplotlib") is None:
        sys.exit("Nothing graded, the plot needs matplotlib: pip install matplotlib")
    sys.path.insert(0, str(ROOT))
    started = time.perf_counter()
    try:
        curve = as_curve(train(load_data()))
    except KeyboardInterrupt:
        print("\nStopped: nothing was graded.", file=sys.stderr)
        sys.exit(130)
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
    main()
