"""The table of Tensor's fields at the head of tensor.py tells who reads and who writes each."""

import ast
from collections import defaultdict
from pathlib import Path

import mytorch
from mytorch import Tensor

PACKAGE = Path(mytorch.__file__).parent
# What the table calls by one name.
ENGINE = {"observe", "anomaly", "memory", "autograd_engine"}


def users() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The rooms that read each field, and those that write it."""
    read, written = defaultdict(set), defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        room = "engine" if room in ENGINE else room
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in Tensor.__slots__:
                into = isinstance(node.ctx, ast.Store | ast.Del)
                (written if into else read)[node.attr].add(room)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "attrgetter":
                for name in node.args:
                    if isinstance(name, ast.Constant) and name.value in Tensor.__slots__:
                        read[name.value].add(room)
    return read, written


def table() -> dict[str, tuple[set[str], set[str]]]:
    rows = {}
    for line in (PACKAGE / "tensor.py").read_text().splitlines():
        cells = [cell.strip() for cell in line.removeprefix("#").split("|")]
        if line.startswith("# ") and len(cells) == 4 and cells[0] in Tensor.__slots__:
            field, _, readers, writers = cells
            rows[field] = set(readers.split()), set(writers.split())
    return rows


def test_the_table_tells_who_uses_each_field() -> None:
    read, written = users()
    rows = table()
    assert rows.keys() == {*Tensor.__slots__} - {"__dict__", "__weakref__"}
    for field, (readers, writers) in rows.items():
        assert (readers, writers) == (read[field], written[field]), field
