"""What programs set at their head, where there is nothing to set: results are always deterministic,
products in full precision, and the threads are those of NumPy's BLAS."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from mytorch._checks import option
from mytorch._shapes import whole
from mytorch.errors import RangeError

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "get_num_threads",
    "is_autocast_enabled",
    "set_float32_matmul_precision",
    "set_num_threads",
    "set_printoptions",
    "use_deterministic_algorithms",
]

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 8, "threshold": 2**62, "edgeitems": 3, "linewidth": 75},
}


def set_num_threads(num: int) -> None:
    """Does nothing: the threads are those of NumPy's BLAS, which takes their number from the
    environment, as OPENBLAS_NUM_THREADS=1, when NumPy is imported. Raises RangeError for less than
    one.

    >>> set_num_threads(1)
    """
    if whole(num, "set_num_threads") < 1:
        raise RangeError(f"set_num_threads: expected at least one thread, got {num}")


def get_num_threads() -> int:
    """How many threads NumPy's BLAS was told to use, or the number of processors.

    >>> get_num_threads() >= 1
    True
    """
    told = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return int(told) if told.isdecimal() and int(told) else os.cpu_count() or 1


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Does nothing: equal programs have equal results, with equal numbers of threads.

    >>> use_deterministic_algorithms(True)
    """
    option("use_deterministic_algorithms", "mode", mode)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether results are deterministic: always.

    >>> are_deterministic_algorithms_enabled()
    True
    """
    return True


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether operations choose a shorter dtype by themselves: never.

    >>> is_autocast_enabled()
    False
    """
    return False


def set_float32_matmul_precision(precision: str) -> None:
    """Does nothing: products of float32 are made in float32. Raises RangeError for another word
    than "highest", "high" or "medium".

    >>> set_float32_matmul_precision("high")
    """
    if precision not in ("highest", "high", "medium"):
        raise RangeError(
            'set_float32_matmul_precision: expected "highest", "high" or "medium", got '
            f"{precision!r}"
        )


def get_float32_matmul_precision() -> str:
    """The precision of products of float32.

    >>> get_float32_matmul_precision()
    'highest'
    """
    return "highest"


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors are printed: by NumPy's options, `numpy.set_printoptions`, which are those of
    arrays, too; `sci_mode=False` is NumPy's `suppress`. A `profile` is "default", "short" or
    "full".

    Raises RangeError for another profile.

    >>> set_printoptions(precision=2)
    >>> from mytorch import Tensor
    >>> Tensor([1 / 3])
    tensor([0.33])
    >>> set_printoptions(profile="default")
    """
    if profile is not None and profile not in _PROFILES:
        raise RangeError(
            f"set_printoptions: expected one of {[*_PROFILES]} as profile, got {profile!r}"
        )
    options = dict(_PROFILES[profile]) if profile else {}
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
        "suppress": None if sci_mode is None else not sci_mode,
    }
    options |= {name: value for name, value in given.items() if value is not None}
    np.set_printoptions(**options)
