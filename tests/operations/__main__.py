"""Writes docs/operations.md from the table: `python -m tests.operations`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from mytorch.files.atomic import write
from tests.operations import FAMILIES, Operation
from tests.pages import codes, tables

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"

HEAD = """\
# Operations

What there is, under PyTorch's names. `T` stands for `mytorch` (or `torch`: the calls are the same)
and `F` for its `nn.functional`; x, y, z and w are tensors. The tests run each call below in both
libraries, on many shapes, layouts and dtypes, with NaN and infinities: values, gradients, second
derivatives, dtypes and refusals are equal, but for what the column on the right tells.

Everywhere: the default dtype is float64 (PyTorch's is float32; `mytorch.set_default_dtype` changes
it), `backward()` starts from ones on a tensor of any shape, integer tensors may require a
(floating) gradient, NumPy's `axis` and `keepdims` may stand for `dim` and `keepdim`, and there are
no complex numbers and no device but the CPU.

This page is written by `python -m tests.operations` from the table that the tests run through.
"""


def page() -> str:
    """The text of docs/operations.md."""
    columns = ("operation", "calls", "derivatives", "differs from PyTorch")
    return tables(HEAD, FAMILIES, columns, _lines)


def _lines(rows: Sequence[Operation]) -> Iterator[Sequence[str]]:
    of_name: defaultdict[str, list[Operation]] = defaultdict(list)
    for row in rows:
        # What stands after a space only tells the rows of one operation apart.
        of_name[row.name.split()[0]].append(row)
    for name, group in of_name.items():
        derivatives = ("none", "first", "all")[max(row.derivatives for row in group)]
        notes = " ".join(row.note for row in group if row.note)
        yield name, codes(form for row in group for form in row.forms), derivatives, notes


if __name__ == "__main__":
    write(PAGE, page().encode())
