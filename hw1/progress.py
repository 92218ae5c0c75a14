"""Showing on stderr how far training is: a bar on a terminal, else a line per epoch."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

OnBatch = Callable[[int, float, float | None], None]
"""Called after each batch: its number from 1 over all epochs, its loss, and the validation
accuracy if this batch was followed by a validation."""

OnEpoch = Callable[[int, float], None]
"""Called after each epoch: its number from 1, and the validation accuracy at its end."""

# tqdm's layout, less the rate. What does not fit is cut off at the right, so that a narrow terminal
# gets the accuracy first.
_WIDE = "{percentage:3.0f}%|{bar}| {n}/{total} [{elapsed}<{remaining}{postfix}]"
_NARROW = "{desc} {percentage:3.0f}%|{bar}|"
_WIDE_COLUMNS = 72


class Progress(Protocol):
    """What is told how far training is."""

    def batch(self, batch: int, loss: float, accuracy: float | None) -> None: ...
    def epoch(self, epoch: int, accuracy: float) -> None: ...


@contextmanager
def progress(
    num_epochs: int, batches_per_epoch: int, batch: int = 0, total_loss: float = 0.0
) -> Iterator[Progress]:
    """Give what shows each batch and each epoch, until the with-block ends.

    A training that goes on has done `batch` batches, whose losses in this epoch are `total_loss`
    together. The bar needs tqdm, of the extra `train`; without it a terminal gets the lines too.
    """
    if not sys.stderr.isatty():
        yield _Lines(num_epochs, batches_per_epoch, total_loss)
        return
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except Exception as error:  # a broken one may raise anything
        print(f'no progress bar: {error}; pip install "mytorch-numpy[train]"', file=sys.stderr)
        yield _Lines(num_epochs, batches_per_epoch, total_loss)
        return
    columns = _columns()
    with tqdm(
        total=num_epochs * batches_per_epoch,
        initial=batch,
        ncols=columns,
        nrows=2,
        bar_format=_WIDE if columns >= _WIDE_COLUMNS else _NARROW,
    ) as bar:
        yield _Bar(bar)


def _columns() -> int:
    """The terminal's width, asked by us: tqdm shows nothing on one that says it is 0 x 0."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._loss = self._accuracy = 0.0

    def batch(self, batch: int, loss: float, accuracy: float | None) -> None:
        self._show(loss, self._accuracy if accuracy is None else accuracy)
        self._bar.update()

    def epoch(self, epoch: int, accuracy: float) -> None:
        self._show(self._loss, accuracy)

    def _show(self, loss: float, accuracy: float) -> None:
        self._loss, self._accuracy = loss, accuracy
        self._bar.set_postfix_str(f"loss {loss:.3f}, accuracy {accuracy:.4f}", refresh=False)
        self._bar.set_description_str(f"accuracy {accuracy:.4f}, loss {loss:.3f}", refresh=False)


class _Lines:
    def __init__(self, num_epochs: int, batches_per_epoch: int, total_loss: float) -> None:
        self._num_epochs, self._batches_per_epoch = num_epochs, batches_per_epoch
        self._started = time.perf_counter()
        self._total_loss = total_loss

    def batch(self, batch: int, loss: float, accuracy: float | None) -> None:
        self._total_loss += loss

    def epoch(self, epoch: int, accuracy: float) -> None:
        print(
            f"epoch {epoch}/{self._num_epochs}: "
            f"mean loss {self._total_loss / self._batches_per_epoch:.4f}, "
            f"validation accuracy {accuracy:.4f}, {time.perf_counter() - self._started:.1f} s",
            file=sys.stderr,
        )
        self._total_loss = 0.0
