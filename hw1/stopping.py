"""Ctrl-C, SIGTERM and SIGHUP: work that ends early keeps what it has."""

import signal
from types import TracebackType
from typing import Any, Self


class Stops:
    """A context in which SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, now or once unblocked.

    A SIGTERM or SIGHUP after the first signal says nothing new, since a terminal that closes may
    send two; Ctrl-C may be impatience. What was ignored before stays so (`nohup`), but for Ctrl-C.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._first: int | None = None
        self._blocked = self._pending = False

    def __enter__(self) -> Self:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and (
                number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
            ):
                self._before[number] = signal.signal(number, self._arrive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @property
    def status(self) -> int:
        """The exit status by convention: 128 and the number of the first signal."""
        return 128 + (self._first or signal.SIGINT)

    def block(self) -> None:
        """From here on, signals stay pending."""
        self._blocked = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal is pending."""
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def unblock(self) -> None:
        """From here on, signals raise; one that is pending does so now."""
        self._blocked = False
        self.check()

    def _arrive(self, number: int, _: object) -> None:
        if self._first is None:
            self._first = number
        elif number != signal.SIGINT:
            return
        self._pending = True
        if not self._blocked:
            self.check()
