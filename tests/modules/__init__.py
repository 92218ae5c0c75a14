"""The table of modules: one row puts a class of `mytorch.nn` under all of tests/nn/test_modules.py.

Each family has a file of rows here. A row gives the constructor's calls, with every option, as
expressions that PyTorch and MyTorch understand alike. `python -m tests.modules` writes
docs/modules.md from the table.
"""

from tests.modules import (
    activations,
    attention,
    containers,
    convolutions,
    layers,
    losses,
    normalizations,
    pooling,
    recurrent,
    resizing,
)
from tests.modules.row import Case, Layer

__all__ = ["CASES", "FAMILIES", "LAYERS", "Case", "Layer"]

FAMILIES = {
    "Layers": layers.ROWS,
    "Convolutions": convolutions.ROWS,
    "Recurrent layers": recurrent.ROWS,
    "Pooling": pooling.ROWS,
    "Padding and resizing": resizing.ROWS,
    "Normalisation": normalizations.ROWS,
    "Attention": attention.ROWS,
    "Activations": activations.ROWS,
    "Losses": losses.ROWS,
    "Containers": containers.ROWS,
}
LAYERS = [row for rows in FAMILIES.values() for row in rows]
CASES = [case for row in LAYERS for case in row.cases()]
