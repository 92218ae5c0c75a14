"""Cumulative sums and products, sorting."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
