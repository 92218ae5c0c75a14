"""Softmax and its relatives."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
