"""The command line of `hw1/mnist.py`: its options, its words, and how it ends."""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from data.mnist import DataError, load_mnist
from hw1.checkpoint import CheckpointError, Checkpoints, Place, fingerprint
from hw1.curve import Curve, PictureError, csv_text, write_csv, write_png
from hw1.mnist import BATCH_SIZE, batches_per_epoch, mnist
from hw1.output import lenient_output
from hw1.progress import progress
from hw1.stopping import Stops
from mytorch.files.atomic import check_writable

ROOT = Path(__file__).resolve().parent.parent
DIVERGED = 1e6  # a loss far beyond what learning shows on its way; a guess costs 2.3


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
    add("--checkpoint", type=Path, metavar="FILE", help="write the training to it on the way")
    add("--every", type=int, metavar="N", help="after N batches, too; default: each epoch alone")
    add("--resume", type=Path, metavar="FILE", help="go on from this checkpoint, and write it on")
    args = parser.parse_args(argv)
    for name, sound, expected in (
        ("epochs", args.epochs >= 1, "at least 1"),
        ("batch_size", args.batch_size >= 2, "at least 2, since batch norm cannot train on one"),
        ("lr", 0 < args.lr < math.inf, "a positive number"),
        ("momentum", 0 <= args.momentum < 1, "a number from 0 to below 1"),
        ("seed", 0 <= args.seed < 2**32, "a number from 0 to 2**32 - 1"),
        ("every", args.every is None or args.every >= 1, "at least 1"),
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
        except CheckpointError as error:
            parser.error(f"--resume: {error}")
        except (OSError, DataError) as error:
            parser.error(str(error))


class _DivergedError(Exception):
    pass


def _run(args: argparse.Namespace, stops: Stops) -> int:
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
    file = args.checkpoint or args.resume
    if file is not None:
        check_writable(file, 1 << 20)
    dataset = load_mnist(args.data)
    per_epoch = batches_per_epoch(len(dataset.train_x), args.batch_size)
    checkpoints = None
    if file is not None:
        numbers = ("epochs", "batch_size", "lr", "momentum", "seed")
        setting = {f"--{name.replace('_', '-')}": getattr(args, name) for name in numbers}
        setting["--data"] = fingerprint(*dataset)
        checkpoints = Checkpoints(file, args.every, setting, args.resume)
        for warning in checkpoints.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    place = Place() if checkpoints is None else checkpoints.place
    curve = [*place.curve]
    final = math.nan
    np.random.seed(args.seed)
    stops.block()  # the training looks for signals between batches: none falls into a gap
    try:
        with progress(args.epochs, per_epoch, place.batch, place.total_loss) as show:

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
                checkpoints=checkpoints,
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
    except OSError as error:
        status, ending = 2, f"no checkpoint: {error}"
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
        stops.unblock()
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
