"""The same elements in another shape or order."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
