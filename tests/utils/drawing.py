"""A dataset that draws from all global generators; a spawned worker imports this file alone."""

import random
from typing import Any

import numpy as np

import mytorch
from mytorch.utils.data import Dataset


class Drawing(Dataset[Any]):
    """Samples of a number and random numbers."""

    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: int) -> Any:
        return index, mytorch.rand(1), np.random.standard_normal(), random.random()
