"""The exceptions of the library.

Each one is caught by what a PyTorch user would write (`except RuntimeError`) and by what
a NumPy user would write (`except ValueError` or `except TypeError`).
"""

__all__ = ["DimensionError", "DtypeError", "ShapeError"]


class ShapeError(RuntimeError, ValueError):
    """The shapes of the operands do not fit the operation."""


class DimensionError(IndexError, ValueError):
    """An axis that the tensor does not have."""


class DtypeError(RuntimeError, TypeError):
    """The dtypes of the operands do not fit the operation."""
