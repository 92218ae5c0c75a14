"""The exceptions of the library.

Each one is caught by what a PyTorch user would write (`except RuntimeError`) and by what
a NumPy user would write (`except ValueError` or `except TypeError`).
"""

from __future__ import annotations

from pickle import PicklingError, UnpicklingError
from typing import Any

import numpy as np

__all__ = [
    "DatasetError",
    "DimensionError",
    "DtypeError",
    "LabelError",
    "LinAlgError",
    "LoadError",
    "LocatedError",
    "OnnxExporterError",
    "OperandError",
    "RangeError",
    "SaveError",
    "ShapeError",
    "UninitializedError",
]


class LocatedError(Exception):
    """An error that tells in which module it arose, if it did in one.

    >>> from mytorch import Tensor, nn
    >>> try:
    ...     nn.Sequential(nn.ReLU(), nn.Linear(3, 1))(Tensor.ones(2, 2))
    ... except LocatedError as error:
    ...     print(error.where)
    Sequential[1]: Linear(3, 1)

    Attributes: `where`, that place or an empty text; `modules`, those that the error came
    through, the innermost first.
    """

    where = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.modules: list[Any] = []

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  in {self.where}" if self.where else message


class ShapeError(LocatedError, RuntimeError, ValueError):
    """The shapes of the operands do not fit the operation."""


class DimensionError(LocatedError, IndexError, ValueError):
    """An axis that the tensor does not have."""


class DtypeError(LocatedError, RuntimeError, TypeError, ValueError):
    """The dtypes of the operands do not fit the operation."""


class LabelError(LocatedError, IndexError, ValueError):
    """A label that is none of the classes."""


class RangeError(LocatedError, RuntimeError, ValueError):
    """A number that the operation has no meaning for."""


class OperandError(LocatedError, TypeError):
    """What stands beside a Tensor is no Tensor, array or number."""


class UninitializedError(LocatedError, RuntimeError, ValueError):
    """A parameter of a lazy module that has no shape yet."""


class LinAlgError(LocatedError, RuntimeError, np.linalg.LinAlgError):
    """A matrix that the operation cannot be done with: a singular one, or one that is not positive
    definite. (NumPy's LinAlgError is a ValueError.)"""


class LoadError(LocatedError, RuntimeError, ValueError, UnpicklingError):
    """A file that is damaged, holds what cannot be loaded, or is of another kind."""


class SaveError(LocatedError, RuntimeError, TypeError, PicklingError):
    """An object that could not be loaded again."""


class OnnxExporterError(LocatedError, NotImplementedError, ValueError):
    """A model that cannot be exported: what it does has no operator in ONNX, or cannot be
    recorded. (A NotImplementedError is a RuntimeError.)"""


class DatasetError(LocatedError, AssertionError, ValueError):
    """Datasets, or tensors as such, that do not go together."""
