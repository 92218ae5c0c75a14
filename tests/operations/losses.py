"""Losses."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
