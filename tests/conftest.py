"""What all tests need."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest

# Read when NumPy and PyTorch are imported. Threads that share the products of small matrices wait
# for each other in loops, which takes most of the time.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from tests.together import reseed  # noqa: E402 - NumPy, after the variables that it reads


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end. The garbage collector need not look
    at it again and again, in processes that are forked least of all: what it looks at they copy."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _draws_do_not_depend_on_the_tests_before() -> None:
    reseed()


@pytest.fixture(autouse=True, scope="session")
def _a_hang_up_ends_a_process() -> Iterator[None]:
    """Also where the tests run under nohup, which has it ignored by all processes below."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def without_collector() -> Iterator[None]:
    """What is let go of is freed by its reference count, or not at all."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
