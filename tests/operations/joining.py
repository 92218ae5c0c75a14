"""Joining tensors and taking them apart."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
