"""Showing on stderr how far training is: a bar on a terminal, else a line per epoch."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnBatch = Callable[[int, float, float | None], None]
"""Called after each batch: its number from 1 over all epochs, its loss, and the validation
accuracy if this batch was followed by a validation."""


@contextmanager
def progress(num_epochs: int, batches_per_epoch: int) -> Iterator[OnBatch]:
    """Give the function that shows each batch, until the with-block ends.

    The bar needs tqdm, of the extra `train`; without it a terminal gets the lines too.
    """
    if not sys.stderr.isatty():
        yield _lines(num_epochs, batches_per_epoch)
        return
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        print('for a progress bar: pip install "mytorch-numpy[train]"', file=sys.stderr)
        yield _lines(num_epochs, batches_per_epoch)
        return
    total = num_epochs * batches_per_epoch
    # Asked by us because tqdm shows nothing on a terminal that gives its size as 0 x 0.
    columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
    layout = "{l_bar}{bar}| {n}/{total} [{elapsed}<{remaining}{postfix}]"  # tqdm's, less the rate
    with tqdm(total=total, ncols=columns, nrows=2, bar_format=layout) as bar:
        latest = 0.0

        def show(batch: int, loss: float, accuracy: float | None) -> None:
            nonlocal latest
            latest = latest if accuracy is None else accuracy
            bar.set_postfix_str(f"loss {loss:.3f}, accuracy {latest:.4f}", refresh=False)
            bar.update()

        yield show


def _lines(num_epochs: int, batches_per_epoch: int) -> OnBatch:
    started = time.perf_counter()
    total_loss = latest = 0.0

    def show(batch: int, loss: float, accuracy: float | None) -> None:
        nonlocal total_loss, latest
        total_loss += loss
        latest = latest if accuracy is None else accuracy
        if batch % batches_per_epoch == 0:
            print(
                f"epoch {batch // batches_per_epoch}/{num_epochs}: "
                f"mean loss {total_loss / batches_per_epoch:.4f}, "
                f"validation accuracy {latest:.4f}, {time.perf_counter() - started:.1f} s",
                file=sys.stderr,
            )
            total_loss = 0.0

    return show
