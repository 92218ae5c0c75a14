"""Largest and smallest elements."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
