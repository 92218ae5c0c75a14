"""Functions of one tensor, element by element."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
