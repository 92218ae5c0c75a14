"""Choosing elements by a condition."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
