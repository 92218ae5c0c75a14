"""Comparisons, logical operations and tests of kind."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
