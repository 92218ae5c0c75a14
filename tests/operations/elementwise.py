"""Functions of one tensor, element by element."""

from tests.operations.row import Operation

ROWS: list[Operation] = [
    Operation("erf", ("T.erf(x)", "x.erf()"), (((3, 4),), ((),), ((0, 2),))),
    Operation("erfc", ("T.erfc(x)", "x.erfc()"), (((3, 4),), ((),), ((0, 2),))),
]
