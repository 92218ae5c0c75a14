"""Normalisation over batches, layers and groups."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
