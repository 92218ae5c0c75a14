"""Train the write-up's network on MNIST (write-up section 3).

From the repository's root, `python3 hw1/mnist.py` or `python3 -m hw1.mnist` trains for three
epochs and writes validation_accuracy.csv and validation_accuracy.png; `--help` tells the options.
"""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    # Ctrl-C during the imports would show a traceback; main() then takes over.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Products this small gain nothing from a second thread, and lose much beside a busy neighbour.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if not __package__:  # run as a file: Python looks for modules in hw1/, not in the root
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

import mytorch
from hw1.curve import Curve, PictureError, csv_text, write_csv, write_png
from hw1.files import check_writable
from hw1.output import lenient_output
from hw1.progress import OnBatch, OnEpoch, progress
from hw1.stopping import Stops
from mytorch.nn.activations import ReLU
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.linear import Linear
from mytorch.nn.loss import CrossEntropyLoss
from mytorch.nn.sequential import Sequential
from mytorch.optim.sgd import SGD
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.nn.loss import Loss
    from mytorch.nn.module import Module
    from mytorch.optim.optimizer import Optimizer

ROOT = Path(__file__).resolve().parent.parent
BATCH_SIZE = 100
VALIDATE_EVERY = 100  # batches, counted anew in each epoch
NUM_PIXELS = 784
NUM_CLASSES = 10
DIVERGED = 1e6  # a loss far beyond what learning shows on its way; a guess costs 2.3

Images = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]


def mnist(
    train_x: Images,
    train_y: Labels,
    val_x: Images,
    val_y: Labels,
    *,
    num_epochs: int = 3,
    batch_size: int = BATCH_SIZE,
    lr: float = 0.1,
    momentum: float = 0.9,
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
) -> list[float]:
    """Build the write-up's network and train it in float32 (write-up 3.1).

    Linear(784, 20) -> BatchNorm1d(20) -> ReLU -> Linear(20, 10), cross entropy, SGD with momentum.
    The last third of all batches is trained at a tenth of `lr`: at the full rate the weights never
    settle, which costs 0.004 of accuracy at the end on average, and more by chance.

    Weights and shuffling draw from NumPy's global random state: the same seed
    (`mytorch.manual_seed`) gives the same accuracies, to the bit. No argument is modified.

    Args:
        train_x, val_x: images (N, 784) of any float dtype, in [0, 1].
        train_y, val_y: labels (N,) of any integer dtype, in 0..9.
        num_epochs, batch_size, on_batch, on_epoch: see `train`.
        lr, momentum: see `mytorch.optim.SGD`.

    Returns:
        The validation accuracies in [0, 1], one after each 100 batches (see `train`).

    Raises:
        ValueError: images or labels are not as above.

    Example:
        >>> x, y = np.random.rand(200, 784), np.arange(200) % 10
        >>> len(mnist(x, y, x, y))
        3
    """
    train_x, train_y = _checked("train", train_x, train_y)
    val_x, val_y = _checked("val", val_x, val_y)
    model = Sequential(Linear(NUM_PIXELS, 20), BatchNorm1d(20), ReLU(), Linear(20, NUM_CLASSES))
    if hasattr(model, "to"):  # the course's libraries have no such method
        model.to(np.float32)
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    full_rate = 2 * num_epochs * batches_per_epoch(len(train_x), batch_size) // 3

    def slow_down(batch: int, loss: float, accuracy: float | None) -> None:
        if batch >= full_rate:
            optimizer.lr = lr / 10
        if on_batch is not None:
            on_batch(batch, loss, accuracy)

    return train(
        model,
        optimizer,
        CrossEntropyLoss(),
        train_x,
        train_y,
        val_x,
        val_y,
        num_epochs,
        batch_size=batch_size,
        on_batch=slow_down,
        on_epoch=on_epoch,
    )


def train(
    model: "Module",
    optimizer: "Optimizer",
    criterion: "Loss",
    train_x: Images,
    train_y: Labels,
    val_x: Images,
    val_y: Labels,
    num_epochs: int = 3,
    *,
    batch_size: int = BATCH_SIZE,
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
) -> list[float]:
    """Train `model`, validating after the 1st, 101st, 201st ... batch of each epoch (write-up 3.2).

    Each epoch takes the images in a new order, drawn from NumPy's global random state; the arrays
    themselves stay as they are. The last batch of an epoch is smaller where `batch_size` does not
    divide N. A single image left over joins the batch before it, since batch norm cannot train on
    one.

    Args:
        model, optimizer, criterion: the optimizer holds the model's parameters.
        train_x, val_x: inputs (N, ...) of the model's dtype.
        train_y, val_y: labels (N,), integers.
        num_epochs: 0 or more.
        batch_size: 1 or more.
        on_batch: called after each batch with its number (from 1, over all epochs), its loss and,
            if a validation followed it, the accuracy, else None.
        on_epoch: called after each epoch with its number (from 1) and the accuracy at its end,
            which the list may not hold.

    Returns:
        The validation accuracies in [0, 1].

    Raises:
        ValueError: no data, other labels than one integer per input, or a batch_size below 1.
    """
    _check_pairs("train", train_x, train_y)
    cuts = _cuts(len(train_x), batch_size)
    batch = 0
    accuracies = []
    for epoch in range(1, num_epochs + 1):
        model.train()
        order = np.random.permutation(len(train_x))
        for i, rows in enumerate(np.split(order, cuts)):
            optimizer.zero_grad()
            out = model(Tensor(train_x[rows]))
            loss = criterion(out, Tensor(train_y[rows]))
            loss.backward()
            optimizer.step()
            accuracy = None
            if i % VALIDATE_EVERY == 0:
                accuracy = validate(model, val_x, val_y)
                accuracies.append(accuracy)
            batch += 1
            if on_batch is not None:
                on_batch(batch, loss.data.item(), accuracy)
        if on_epoch is not None:
            on_epoch(epoch, validate(model, val_x, val_y) if accuracy is None else accuracy)
    return accuracies


def validate(model: "Module", val_x: Images, val_y: Labels) -> float:
    """The share of `val_x` for which the model's largest output is the label (write-up 3.3).

    The model predicts in evaluation mode, without a graph, and is left in the mode it came in. The
    write-up's shuffle is left out: in this mode the order changes no prediction.

    Args:
        model: gives (N, classes) for inputs (N, ...).
        val_x, val_y: inputs (N, ...) and labels (N,), integers.

    Returns:
        The accuracy in [0, 1].

    Raises:
        ValueError: no data, or other labels than one integer per input.

    Example:
        >>> validate(Sequential(), np.eye(3), np.array([0, 1, 1]))
        0.6666666666666666
    """
    _check_pairs("val", val_x, val_y)
    was_training = model.is_train
    model.eval()
    num_correct = 0
    try:
        # The course's libraries record here, too: they know no other way.
        with getattr(mytorch, "no_grad", nullcontext)():
            for start in range(0, len(val_x), BATCH_SIZE):
                rows = slice(start, start + BATCH_SIZE)
                predictions = model(Tensor(val_x[rows])).data.argmax(axis=1)
                num_correct += int(np.count_nonzero(predictions == val_y[rows]))
    finally:
        if was_training:
            model.train()
    return num_correct / len(val_x)


def batches_per_epoch(num_images: int, batch_size: int = BATCH_SIZE) -> int:
    """How many batches `train` makes of `num_images`.

    Example:
        >>> batches_per_epoch(55_000)
        550
    """
    return 1 + len(_cuts(num_images, batch_size))


def _cuts(num_images: int, batch_size: int) -> list[int]:
    """Where to split an epoch's images into batches."""
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, found {batch_size}")
    cuts = list(range(batch_size, num_images, batch_size))
    return cuts[:-1] if num_images % batch_size == 1 else cuts


def _check_pairs(name: str, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> None:
    if len(x) == 0:
        raise ValueError(f"{name}_x: expected at least one image, found shape {x.shape}")
    if y.shape != x.shape[:1] or y.dtype.kind not in "iu":
        raise ValueError(
            f"{name}_y: expected integers of shape ({len(x)},), one label for each image of "
            f"{name}_x, found {y.dtype} of shape {y.shape}"
        )


def _checked(
    name: str, x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Images as float32 and labels as int64, if they are what `mnist` takes."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != NUM_PIXELS or x.dtype.kind != "f":
        raise ValueError(
            f"{name}_x: expected floats of shape (N, {NUM_PIXELS}), found {x.dtype} of shape "
            f"{x.shape}; flatten the images with reshape(len({name}_x), -1) and scale bytes by "
            "dividing by 255"
        )
    _check_pairs(name, x, y)
    if not np.isfinite([x.min(), x.max()]).all():
        raise ValueError(f"{name}_x: expected finite pixels, found NaN or infinity")
    if y.min() < 0 or y.max() >= NUM_CLASSES:
        raise ValueError(
            f"{name}_y: expected labels from 0 to {NUM_CLASSES - 1}, found {y.min()} to {y.max()}"
        )
    return x.astype(np.float32, copy=False), y.astype(np.int64, copy=False)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")  # one line, without the usage


def _parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    add = parser.add_argument
    add("--epochs", type=int, default=3, help="passes over the images; default: %(default)s")
    add("--batch-size", type=int, default=BATCH_SIZE, help="images a step; default: %(default)s")
    add("--lr", type=float, default=0.1, help="learning rate; default: %(default)s")
    add("--momentum", type=float, default=0.9, help="of SGD, below 1; default: %(default)s")
    add("--seed", type=int, default=0, help="same seed, same curve; default: %(default)s")
    add("--data", type=Path, default=ROOT / "data", help="folder of MNIST; default: beside hw1/")
    add("--out", type=Path, default=Path(), help="folder for the curve; default: this one")
    args = parser.parse_args(argv)
    for name, sound, expected in (
        ("epochs", args.epochs >= 1, "at least 1"),
        ("batch_size", args.batch_size >= 2, "at least 2, since batch norm cannot train on one"),
        ("lr", 0 < args.lr < math.inf, "a positive number"),
        ("momentum", 0 <= args.momentum < 1, "a number from 0 to below 1"),
        ("seed", 0 <= args.seed < 2**32, "a number from 0 to 2**32 - 1"),
    ):
        if not sound:
            option = name.replace("_", "-")
            parser.error(f"--{option}: expected {expected}, found {getattr(args, name)}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """The program: read the data, train, write the curve, then say so.

    Returns:
        The exit status, as `--help` tells it.

    Raises:
        SystemExit: code 2 and one line on stderr for a bad argument, a data file that is missing or
            not sound, or a file that cannot be written.
    """
    from data.loader import DataError  # not at the top: hw1/ is handed in without data/

    parser = _Parser(
        prog="hw1/mnist.py",
        description="Train the write-up's network on MNIST; write the curve of its validation "
        "accuracy to validation_accuracy.csv and validation_accuracy.png.",
        epilog="exit status: 0 when trained to the end; 2 for a bad argument, data that are not "
        "sound, or a file that cannot be written; 3 when the training diverged; 130, 143 or 129 "
        "after Ctrl-C, SIGTERM or SIGHUP. In the last two cases the curve so far is written. Words "
        "that stdout or stderr do not take change nothing.",
    )
    with lenient_output(), Stops() as stops:
        try:
            return _run(_parse(parser, argv), stops)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return stops.status
        except MemoryError as error:
            parser.error(f"not enough memory: {error}; close other programs, or use fewer images")
        except (OSError, DataError) as error:
            parser.error(str(error))


class _DivergedError(Exception):
    pass


def _run(args: argparse.Namespace, stops: Stops) -> int:
    from data.loader import load_mnist

    started = time.perf_counter()
    csv = args.out / "validation_accuracy.csv"
    png = csv.with_suffix(".png")
    try:  # now, not after the training
        args.out.mkdir(parents=True, exist_ok=True)
        check_writable(csv)
        check_writable(png)
    except OSError as error:
        raise OSError(
            f"--out: expected a folder to write {csv.name} and {png.name} into, found "
            f"{error.filename}: {error.strerror}; name another"
        ) from error
    dataset = load_mnist(args.data)
    per_epoch = batches_per_epoch(len(dataset.train_x), args.batch_size)
    curve: list[tuple[int, float]] = []
    final = math.nan
    np.random.seed(args.seed)
    stops.hold()  # the training looks for signals between batches: none falls into a gap
    try:
        with progress(args.epochs, per_epoch) as show:

            def on_batch(batch: int, loss: float, accuracy: float | None) -> None:
                if accuracy is not None:
                    curve.append((batch, accuracy))
                show.batch(batch, loss, accuracy)
                if not loss < DIVERGED:  # true of NaN
                    epoch = 1 + (batch - 1) // per_epoch
                    raise _DivergedError(
                        f"diverged in epoch {epoch}, batch {batch}: the loss is {loss:g}; choose a "
                        f"smaller --lr than {args.lr:g}"
                    )
                stops.check()

            def on_epoch(epoch: int, accuracy: float) -> None:
                nonlocal final
                final = accuracy
                show.epoch(epoch, accuracy)

            mnist(
                *dataset,
                num_epochs=args.epochs,
                batch_size=args.batch_size,
                lr=args.lr,
                momentum=args.momentum,
                on_batch=on_batch,
                on_epoch=on_epoch,
            )
        status, ending = 0, f"validation accuracy {final:.4f} after epoch {args.epochs}"
    except KeyboardInterrupt:
        status, ending = stops.status, "interrupted before the first validation: no curve to write"
        if curve:
            ending = "interrupted: validation accuracy {1:.4f} after batch {0}".format(*curve[-1])
    except _DivergedError as error:
        status, ending = 3, str(error)
    except MemoryError as error:
        status, ending = 2, f"not enough memory: {error}"
    well = bool(curve) and status not in (2, 3)
    if curve:
        status = _write(csv, png, curve, per_epoch, stops) or status
    took = f"{time.perf_counter() - started:.1f} s with reading the data"
    print(f"{ending}, {took}", file=sys.stdout if well else sys.stderr)
    return status


def _write(csv: Path, png: Path, curve: Curve, per_epoch: int, stops: Stops) -> int:
    """Write both files, only then tell it. The status: 0 when they are there."""
    status = 0
    wrote, lost = [], []
    try:
        write_csv(csv, curve, per_epoch)
        wrote.append(f"wrote {csv}")
    except OSError as error:  # the disk has become full meanwhile
        status = 2
        lost.append(f"no {csv}: {error.strerror}; it would hold what follows")
        wrote.append(csv_text(curve, per_epoch).rstrip())
    try:
        stops.release()
        write_png(png, curve, per_epoch)
        wrote.append(f"wrote {png}")
    except KeyboardInterrupt:
        status = stops.status
        lost.append(f"interrupted: no {png}")
    except PictureError as error:
        lost.append(f"no {png}: {error}")
    except OSError as error:
        status = 2
        lost.append(f"no {png}: {error.strerror}")
    for line in lost:
        print(line, file=sys.stderr)
    for line in wrote:
        print(line)
    return status


if __name__ == "__main__":
    sys.exit(main())
