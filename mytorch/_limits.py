"""The limits of dtypes, by PyTorch's names."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import get_default_dtype
from mytorch.dtypes import DTypeLike

__all__ = ["finfo", "iinfo"]


class finfo:
    """The limits of a floating dtype, the default one without a name, as numbers of Python.

    Attributes: `max`; `min`, which is -max; `eps`, how far 1 is from the next number;
    `smallest_normal`, also called `tiny`; `resolution`; `bits`; `dtype`, the name. Raises TypeError
    for another dtype.

    >>> finfo("float32")
    finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, \
smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)
    """

    def __init__(self, type: DTypeLike | None = None) -> None:
        dtype = get_default_dtype() if type is None else np.dtype(type)
        if dtype.kind != "f":
            raise TypeError(f"finfo: expected a floating dtype, got {dtype}; iinfo takes integers")
        found = np.finfo(dtype)
        self.bits, self.dtype = int(found.bits), dtype.name
        self.eps, self.resolution = float(found.eps), float(f"1e-{found.precision}")
        self.max, self.min = float(found.max), float(found.min)
        self.smallest_normal = self.tiny = float(found.smallest_normal)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        parts = [f"{name}={getattr(self, name):g}" for name in names]
        return f"finfo({', '.join(parts)}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype.

    Attributes: `min`, `max`, `bits`, and `dtype`, the name. Raises TypeError for another dtype.

    >>> iinfo("int8")
    iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: DTypeLike) -> None:
        dtype = np.dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo: expected an integer dtype, got {dtype}; finfo takes floats")
        found = np.iinfo(dtype)
        self.bits, self.dtype = int(found.bits), dtype.name
        self.max, self.min = int(found.max), int(found.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
