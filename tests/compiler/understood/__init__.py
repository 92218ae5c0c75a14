"""Programs that depend on what may change unseen, by what that is."""

from tests.compiler.understood import (  # noqa: F401
    arrays,
    containers,
    descriptions,
    functions,
    hooks,
    modules,
    outside,
    tensors,
)
from tests.compiler.understood.case import CASES, Case

__all__ = ["CASES", "Case"]
