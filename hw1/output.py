"""Words that cost nothing: a stdout or stderr that is closed, full or unread stops no work."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO, cast


@contextmanager
def lenient_output() -> Iterator[None]:
    """Within the block, what cannot be written to stdout or stderr is left out."""
    with (
        redirect_stdout(cast(TextIO, _Lenient(sys.stdout))),
        redirect_stderr(cast(TextIO, _Lenient(sys.stderr))),
    ):
        yield


class _Lenient:
    """A text stream whose `write` and `flush` never fail."""

    def __init__(self, stream: TextIO | None) -> None:
        # None: closed when Python started. The next file to be opened would get its number.
        self._stream = open(os.devnull, "w") if stream is None else stream  # noqa: SIM115

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._lenient():
            try:
                self._stream.write(text)
            except UnicodeEncodeError:  # the name of a file, mostly
                self._stream.write(ascii(text)[1:-1].replace("\\n", "\n"))
        self.flush()
        return len(text)

    def flush(self) -> None:
        with self._lenient():
            self._stream.flush()

    @contextmanager
    def _lenient(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError):
            # What the stream still holds, and what follows, goes nowhere: not even Python's last
            # flush, at its end, will fail.
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)
