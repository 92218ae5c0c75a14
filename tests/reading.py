"""What a reader reads to understand `x.backward()`: the lines of the files it runs through.

    python -m tests.reading

Counted are all lines of code, docstrings and comments, imports among them, of the files that tell
what a node is, how an operation is recorded, where a walk starts, how it goes, and how gradients
are added up; and of one operation. What they call has files of its own: checks of arguments and
answers (`endpoints`, `returns`), what an operation saves (`context`), who looks on (`hooks`,
`observe`).
"""

import ast
from pathlib import Path

import mytorch

PACKAGE = Path(mytorch.__file__).parent
FILES = ("engine/graph.py", "engine/gradients.py", "engine/traversal.py", "autograd_engine.py")
OPERATION = ("ops/arithmetic.py", "Mul")
LIMIT = 420


def lines() -> dict[str, int]:
    """The number of lines of each part, without empty ones."""
    counts = {name: _count((PACKAGE / name).read_text()) for name in FILES}
    source = (PACKAGE / OPERATION[0]).read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == OPERATION[1]:
            counts[f"{OPERATION[0]}, {node.name}"] = _count(ast.get_source_segment(source, node))
    return counts


def _count(source: str | None) -> int:
    return sum(bool(line.strip()) for line in (source or "").splitlines())


if __name__ == "__main__":
    for name, count in lines().items():
        print(f"{count:4} {name}")
    print(f"{sum(lines().values()):4} of {LIMIT}")
