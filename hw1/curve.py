"""The validation curve as CSV and as a picture."""

import csv
import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mytorch.files.atomic import StrPath, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = Sequence[tuple[int, float]]
"""(batches trained so far, validation accuracy in [0, 1]), in the order of training."""


class PictureError(Exception):
    """matplotlib is missing or broken; the message tells the cure."""


def csv_text(curve: Curve, batches_per_epoch: int) -> str:
    """One line per validation: epoch (from 1), batches trained so far, accuracy.

    The accuracy is written in full: reading it back gives the same float.

    Example:
        >>> print(csv_text([(1, 0.25), (101, 0.5)], 100), end="")
        epoch,batch,accuracy
        1,1,0.25
        2,101,0.5
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", "batch", "accuracy"])
    for batch, accuracy in curve:
        writer.writerow([1 + (batch - 1) // batches_per_epoch, batch, accuracy])
    return text.getvalue()


def write_csv(path: StrPath, curve: Curve, batches_per_epoch: int) -> None:
    """Write `csv_text` to a file, whole or not at all (`mytorch.files.atomic.write`)."""
    write(path, csv_text(curve, batches_per_epoch).encode())


def write_png(path: StrPath, curve: Curve, batches_per_epoch: int) -> None:
    """Draw the curve to a file, whole or not at all (`mytorch.files.atomic.write`).

    Needs no display. The same curve gives the same bytes.

    Raises:
        PictureError: matplotlib, of the extra `train`, is not installed, or does not work.
    """
    content = io.BytesIO()
    try:
        # matplotlib would sign the file with its version.
        draw(curve, batches_per_epoch).savefig(content, format="png", metadata={"Software": None})
    except ModuleNotFoundError as error:
        raise PictureError(f'{error}; pip install "mytorch-numpy[train]"') from error
    except Exception as error:  # a broken one may raise anything
        reason = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
        raise PictureError(f"{reason}; pip install --force-reinstall matplotlib") from error
    write(path, content.getvalue())


def draw(curve: Curve, batches_per_epoch: int) -> "Figure":
    """The accuracy against the batches trained, with the epochs' ends marked.

    A window shows what happens from 90 % on, where there is room for it.
    """
    from matplotlib.figure import Figure  # not pyplot: it would look for a display
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(7, 4.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.set_title("MNIST: accuracy on the validation images")
    axes.set_xlabel("training batches (a dashed line ends an epoch)")
    axes.set_ylabel("validation accuracy")
    axes.set_ylim(0, 1)
    _plot(axes, curve, batches_per_epoch)
    batch, accuracy = curve[-1]
    axes.annotate(
        f"{accuracy:.2%}",
        (batch, accuracy),
        xytext=(0, -14),
        textcoords="offset points",
        horizontalalignment="right",
        color="tab:blue",
    )
    if _has_room(curve):
        # The lines of the large picture would run through the window's labels.
        behind = Rectangle((0.24, 0.005), 0.74, 0.735, transform=axes.transAxes, zorder=3)
        behind.set_color("white")
        axes.add_patch(behind)
        window = axes.inset_axes((0.32, 0.12, 0.65, 0.58))
        window.set_ylim(0.9, 0.98 if max(y for _, y in curve) < 0.978 else 1)
        _plot(window, curve, batches_per_epoch)
    return figure


def _has_room(curve: Curve) -> bool:
    """Whether the curve comes above 90 %, and stays above the place of the window."""
    batches, accuracies = zip(*curve, strict=True)
    below = np.interp(np.linspace(0.2, 1, 100) * batches[-1], batches, accuracies)
    return bool(max(accuracies) > 0.9 and below.min() > 0.75)


def _plot(axes: Any, curve: Curve, batches_per_epoch: int) -> None:
    from matplotlib.ticker import PercentFormatter

    batches, accuracies = zip(*curve, strict=True)
    for end in range(batches_per_epoch, batches[-1], batches_per_epoch):
        axes.axvline(end, color="0.75", linestyle="--", linewidth=1)
    axes.plot(batches, accuracies, color="tab:blue", marker="o", markersize=4)
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
