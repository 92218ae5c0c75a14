"""The table of operations: one row puts an operation under all the tests of tests/ops.

Each family has a file of rows here. A row gives an operation's calls as expressions that PyTorch
and MyTorch understand alike, so the names and signatures are under test too.
`python -m tests.operations` writes docs/operations.md from the table.
"""

from tests.operations import (
    activations,
    arithmetic,
    attention,
    binary,
    comparison,
    convolutions,
    creation,
    decompositions,
    differences,
    distances,
    elementwise,
    extremes,
    indexing,
    joining,
    layers,
    linalg,
    losses,
    normalizations,
    pooling,
    products,
    quantiles,
    reduction,
    resizing,
    scans,
    searching,
    selection,
    shaping,
    softmaxes,
    special,
    stacking,
    systems,
    trigonometry,
)
from tests.operations.row import Case, Operation

__all__ = ["CASES", "FAMILIES", "OPERATIONS", "Case", "Operation"]

FAMILIES = {
    "Arithmetic": arithmetic.ROWS,
    "Elementwise functions": elementwise.ROWS,
    "Special functions": special.ROWS,
    "Trigonometry": trigonometry.ROWS,
    "Functions of two numbers": binary.ROWS,
    "Comparisons and logic": comparison.ROWS,
    "Reductions": reduction.ROWS,
    "Extremes": extremes.ROWS,
    "Running sums and order": scans.ROWS,
    "Quantiles": quantiles.ROWS,
    "Finding and counting": searching.ROWS,
    "Differences": differences.ROWS,
    "Softmax": softmaxes.ROWS,
    "Shapes": shaping.ROWS,
    "Joining and splitting": joining.ROWS,
    "Stacks and grids": stacking.ROWS,
    "Indexing": indexing.ROWS,
    "Selection": selection.ROWS,
    "Linear algebra": linalg.ROWS,
    "Further products": products.ROWS,
    "Linear systems": systems.ROWS,
    "Decompositions": decompositions.ROWS,
    "Distances and strides": distances.ROWS,
    "Creation and conversion": creation.ROWS,
    "Activations": activations.ROWS,
    "Layers": layers.ROWS,
    "Attention": attention.ROWS,
    "Convolutions": convolutions.ROWS,
    "Pooling": pooling.ROWS,
    "Resizing and sampling": resizing.ROWS,
    "Normalisation": normalizations.ROWS,
    "Losses": losses.ROWS,
}
OPERATIONS = [row for rows in FAMILIES.values() for row in rows]
CASES = [case for row in OPERATIONS for case in row.cases()]
