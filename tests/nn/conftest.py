"""Both libraries with one default dtype."""

from tests.ops.conftest import _float64_by_default

__all__ = ["_float64_by_default"]
