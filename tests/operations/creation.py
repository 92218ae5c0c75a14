"""New tensors, copies and conversions."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
