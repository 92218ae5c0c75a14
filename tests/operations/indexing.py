"""Taking elements out of a tensor, and putting them in."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
