"""From class numbers to vectors."""

from typing import Any

import numpy as np

from mytorch._dtypes import exact
from mytorch.errors import LabelError
from mytorch.tensor import Tensor

__all__ = ["to_one_hot"]


def to_one_hot(arr: Any, num_classes: int) -> Tensor:
    """Class numbers (N,) as rows (N, num_classes) with a 1 at the class's place.

    Raises LabelError (an IndexError) for a number out of range.

    >>> to_one_hot(np.array([2, 0]), 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    labels = exact(arr.data if isinstance(arr, Tensor) else arr).astype(np.int64)
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise LabelError(
            f"to_one_hot: expected classes from 0 to {num_classes - 1}, "
            f"got {labels.min()} to {labels.max()}"
        )
    rows = Tensor.zeros(len(labels), num_classes)
    rows.data[np.arange(len(labels)), labels] = 1
    return rows
