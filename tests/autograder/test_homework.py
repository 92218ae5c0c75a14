"""The process of a homework, seen from the grader's side."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.hw1_autograder.runner import start
from course.grader.homework import Homework


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    """The file of a library that has one module; descriptors that it leaves open are a fault."""
    before = os.listdir("/dev/fd")
    (tmp_path / "mytorch").mkdir()
    yield tmp_path / "mytorch" / "tensor.py"
    assert os.listdir("/dev/fd") == before


def module(library: Path, text: str) -> tuple[Homework, Any]:
    """A process with the library of this text, and its module."""
    library.write_text(text)
    process = start(60, str(library.parent.parent))
    return process, process.import_module("mytorch.tensor")


def test_a_homework_is_given_no_arguments(library: Path) -> None:
    process, tensor = module(library, "import sys\narguments = sys.argv[1:]\n")
    assert tensor.arguments == []
    process.close()


def test_a_large_answer_is_read_in_large_parts(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, tensor = module(library, "import numpy\nnumbers = numpy.arange(2.0**16)\n")
    reads: list[int] = []
    read = os.read

    def counted(*arguments: int) -> bytes:
        reads.append(arguments[1])
        return read(*arguments)

    monkeypatch.setattr(os, "read", counted)
    np.testing.assert_array_equal(tensor.numbers, np.arange(2.0**16))
    assert 0 < len(reads) < 200  # a pipe holds 64 KiB at most, and here 4 KiB at least
    process.close()


def test_a_homework_that_has_ended_leaves_nothing_open(library: Path) -> None:
    process, tensor = module(library, "def end():\n    import os\n    os._exit(3)\n")
    with pytest.raises(Exception, match="its process ended with status 3"):
        tensor.end()
    process.close()
