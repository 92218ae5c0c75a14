"""Linear, embedding, dropout, padding and distances."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
