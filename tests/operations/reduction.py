"""Sums, means, variances, norms and products over axes."""

from tests.operations.row import Operation

ROWS: list[Operation] = []
