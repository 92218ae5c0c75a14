"""What all tests need."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _a_hang_up_ends_a_process() -> Iterator[None]:
    """Also where the tests run under nohup, which has it ignored by all processes below."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
