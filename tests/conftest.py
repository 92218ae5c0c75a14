"""What all tests need."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from _pytest.runner import runtestprotocol

# Read when NumPy and PyTorch are imported. Threads that share the products of small matrices wait
# for each other in loops, which takes most of the time.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from tests.together import reseed  # noqa: E402 - NumPy, after the variables that it reads


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What forks often comes first: all the memory of a process is shared with its fork page by
    page, and tests leave ever more of it."""
    items.sort(key=lambda item: item.path.name != "test_workers.py")


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end. The garbage collector need not look
    at it again and again, in processes that are forked least of all: what it looks at they copy."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Where the tests are shared out to processes, these tell of a test that passed by one message.
    pytest's way would be five, and take longer than many a test does."""
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


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
    gc.freeze()  # what is left need not be looked at for the next such test
    gc.disable()
    yield
    gc.enable()
