"""Writes docs/modules.md from the table: `python -m tests.modules`."""

from collections.abc import Sequence
from pathlib import Path

import mytorch
from mytorch.files.atomic import write
from tests.modules import FAMILIES, Layer
from tests.pages import codes, tables

PAGE = Path(__file__).parents[2] / "docs" / "modules.md"

HEAD = """\
# Modules

The classes of `mytorch.nn`, under PyTorch's names. `nn` stands for `mytorch.nn` (or `torch.nn`: the
calls are the same) and `T` for the library; `m` is the module, x and y are tensors. The tests make
each module below in both libraries and compare values, gradients of inputs and parameters, in
training and evaluation, dtypes, options, texts, states (loaded from one library into the other),
resets and refusals, and copies with what they were made of: all are equal, but for what the column
on the right tells.

Everywhere: modules that have parameters take a `dtype`, too; the default dtype is float64
(PyTorch's is float32), the one device is the CPU, and PyTorch's options of old, `size_average` and
`reduce`, are not there.

This page is written by `python -m tests.modules` from the table that the tests run through.
"""


def page() -> str:
    """The text of docs/modules.md."""
    columns = ("module", "made by", "called by", "state", "differs from PyTorch")
    return tables(HEAD, FAMILIES, columns, lambda rows: map(_line, rows))


def _line(row: Layer) -> Sequence[str]:
    state = dict.fromkeys(key for case in row.cases() for key in case.make(mytorch).state_dict())
    without = [f"No option {codes(row.without)}."] if row.without else []
    notes = " ".join([*without, *([row.note] if row.note else [])])
    return row.name, codes(row.forms), codes(row.calls), codes(state), notes


if __name__ == "__main__":
    write(PAGE, page().encode())
