"""Matrix products."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
