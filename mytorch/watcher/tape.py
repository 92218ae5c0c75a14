"""`watch`: a block of your program recorded, to be looked at as a page."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from html import escape
from types import TracebackType

from mytorch._checks import flag, kind_of
from mytorch.errors import RangeError
from mytorch.files.atomic import check_writable, write
from mytorch.watcher.iterations import is_count
from mytorch.watcher.page import page
from mytorch.watcher.recorder import Recorder
from mytorch.watcher.summary import as_json
from mytorch.watcher.trace import trace_of

__all__ = ["Tape", "watch"]


class Tape:
    """What `watch` returns: inside its with-block it records, after it shows what it has."""

    def __init__(self, path: str | os.PathLike[str] | None, recorder: Recorder) -> None:
        # The program may go to another folder while it runs.
        self._path = None if path is None else os.path.abspath(path)
        self._recorder = recorder

    def __enter__(self) -> Tape:
        if self._path is not None:
            check_writable(self._path)
        self._recorder.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._recorder.stop(error)
        if self._path is None:
            return
        try:
            self.save(self._path)
        except OSError as failure:
            if error is None:
                raise
            error.add_note(f"watch: the page is not written: {failure}")

    def to_json(self) -> str:
        """The trace as JSON; its fields are told by `mytorch/watcher/schema.json`."""
        return as_json(trace_of(self._recorder))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page, one file that needs no other and no network."""
        write(path, page([trace_of(self._recorder)]).encode())

    def _repr_html_(self) -> str:
        """The page in a notebook."""
        text = escape(page([trace_of(self._recorder)]), quote=True)
        return (
            f'<iframe srcdoc="{text}" sandbox="allow-scripts" width="100%" height="720" '
            'title="autograd, step by step"></iframe>'
        )


def watch(
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    max_steps: int = 4000,
    max_nodes: int = 2000,
    max_values: int = 64,
    iterations: str | Collection[int | str] = "auto",
    values: bool = True,
    source: bool = True,
) -> Tape:
    """A with-block whose run, forward, backward and update, becomes a page to step through.

    The page is written to `path` when the block ends, also by an exception; without a path call
    `save` on what `as` names. It holds the numbers and lines of your program, and is one file that
    works offline. Losses, gradients and random numbers are the same as without.

    `title` is the page's, by default the name of the program. Of one iteration at most `max_nodes`
    nodes and `max_steps` steps are recorded; of arrays with more than `max_values` numbers only
    statistics. `iterations` are those of a training loop that are recorded whole, by their numbers
    and "last"; "auto" are the 1st, 10th, 20th, 40th ..., the last and the one in which NaN first
    appears. With `values` false no number leaves the program, with `source` false no line of it.

    Raises RuntimeError where this thread is watched already, RangeError for caps and iterations
    that are no numbers from 1; and, before the block begins, OSError where `path` cannot be
    written.

    >>> from mytorch import Tensor
    >>> with watch() as tape:
    ...     a = Tensor(1.0, requires_grad=True)
    ...     (a + a * 2.0).backward()
    >>> '"schema":"mytorch.watch/1"' in tape.to_json()
    True
    """
    caps = {"max_steps": max_steps, "max_nodes": max_nodes, "max_values": max_values}
    for name, cap in caps.items():
        if not is_count(cap):
            raise RangeError(f"watch: expected {name} of at least 1, got {cap!r:.40}")
    if title is None:
        title = os.path.basename(str(getattr(sys.modules["__main__"], "__file__", "watch")))
    if not isinstance(title, str):
        raise TypeError(f"watch: expected a text as title, got {kind_of(title)}")
    recorder = Recorder(
        title=title,
        iterations=iterations,
        values=flag("watch", "values", values),
        source=flag("watch", "source", source),
        **caps,
    )
    return Tape(path, recorder)
