"""The validation curve as CSV and as a picture."""

import csv
from collections.abc import Sequence
from os import PathLike

Curve = Sequence[tuple[int, float]]
"""(batches trained so far, validation accuracy in [0, 1]), in the order of training."""


def write_csv(path: str | PathLike[str], curve: Curve, batches_per_epoch: int) -> None:
    """Write one line per validation: epoch (from 1), batches trained so far, accuracy.

    The accuracy is written in full: reading it back gives the same float.
    """
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", "batch", "accuracy"])
        for batch, accuracy in curve:
            writer.writerow([1 + (batch - 1) // batches_per_epoch, batch, accuracy])


def write_png(path: str | PathLike[str], curve: Curve, batches_per_epoch: int) -> None:
    """Draw the accuracy against the batches trained, with the epochs' ends marked.

    Needs no display. The same curve gives the same bytes.

    Raises:
        ModuleNotFoundError: matplotlib, of the extra `train`, is not installed.
    """
    from matplotlib.figure import Figure  # not pyplot: it would look for a display
    from matplotlib.ticker import PercentFormatter

    batches, accuracies = zip(*curve, strict=True)
    figure = Figure(figsize=(7, 4.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    for end in range(batches_per_epoch, batches[-1], batches_per_epoch):
        axes.axvline(end, color="0.75", linestyle="--", linewidth=1)
    axes.plot(batches, accuracies, color="tab:blue", marker="o", markersize=4)
    axes.annotate(
        f"{accuracies[-1]:.2%}",
        (batches[-1], accuracies[-1]),
        xytext=(0, -14),
        textcoords="offset points",
        horizontalalignment="right",
        color="tab:blue",
    )
    axes.set_title("MNIST: accuracy on the validation images")
    axes.set_xlabel("training batches (a dashed line ends an epoch)")
    axes.set_ylabel("validation accuracy")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    # matplotlib would sign the file with its version.
    figure.savefig(path, format="png", metadata={"Software": None})
