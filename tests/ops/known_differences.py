"""Where MyTorch is known to differ from PyTorch on PyTorch's own samples, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Known:
    """A difference: of which operation, on which samples (an expression that is searched for in
    what their arguments are described by), and why."""

    operation: str
    arguments: str
    reason: str

    def tells_of(self, sample: str) -> bool:
        """Whether it is one of these samples, as they are described."""
        return re.search(self.arguments, sample) is not None

    def meets(self, failure: Any) -> bool:
        """Whether this failure is one that is known."""
        return failure.operation == self.operation and self.tells_of(failure.sample)


_NUMBER_FIRST = "A number may come first, as beside an operator."
_NO_OUT = "There is no `out`."
_STABLE = "Equal elements keep their order; PyTorch takes them in any."
_TRIANGLE = "The triangle that is not read has no gradient."

KNOWN = (
    *(
        Known(name, r"^2, int64\(3,\)$", _NUMBER_FIRST)
        for name in (
            *("eq", "ne", "lt", "le", "gt", "ge"),
            *("__radd__", "__rmul__", "__rand__", "__ror__", "__rxor__"),
        )
    ),
    *(Known(name, "out=", _NO_OUT) for name in ("amax", "amin", "aminmax", "arange", "gather")),
    Known("__rpow__", "^int64", "A negative power of an integer is refused, not rounded to 0."),
    *(
        Known(f"nn.functional.conv{axes}d", r"^int64.*float64\(.,\)$", "Mixed dtypes are promoted.")
        for axes in (1, 2, 3)
    ),
    Known("sort", r"^bool\(8000,\)$", _STABLE),
    Known("argsort", r"^bool\(8000,\)$", _STABLE),
    Known("multinomial", "out=", _NO_OUT),
    Known("logcumsumexp", r"^float32\(5, 5, 5\), 0$", "Beside 10,000 both have three digits left."),
    Known("nn.functional.ctc_loss", "^float32", "Sums of 50 steps in another order."),
    Known("scatter_reduce prod", "^float64", "A product of zeros has no second derivative."),
    Known("histogramdd", r"\), \(float", "Edges have to grow."),
    Known("histogram", r"^float32\(\), 2", "Of an element on an edge; ours is in the upper part."),
    Known("index_reduce prod", "^float64", "A product of zeros has no second derivative."),
    Known("as_strided_scatter", "^float", "PyTorch gives what is overwritten a gradient, too."),
    *(
        Known(
            f"nn.functional.linear_cross_entropy {variant}",
            "^float64.*chunk_size=2",
            "PyTorch has no second derivative where it computes in parts.",
        )
        for variant in ("chunked", "chunked_none")
    ),
    Known("kthvalue", r"^int64\(5, 5, 5\), 2", _STABLE),
    Known("mode", r"^(int64|bool)\(3000,\)$", _STABLE),
    Known("narrow_copy", ", 3, 0, 0$", "An axis that is not there is an IndexError everywhere."),
    Known("topk", r"^int64\(5, 10, 5\), 3", _STABLE),
    Known("nn.functional.hardsigmoid", "^float64", "PyTorch's slope is 1/6 in single precision."),
    Known(
        "nn.functional.layer_norm", r"^float32\(1,\), \(1\)", "The gradient of one is 0 exactly."
    ),
    Known("nn.functional.group_norm", r"^float32\(1, 2\), 1$", "Both cancel; ours are nearer."),
    Known(
        "nn.functional.normalize",
        "^float64.*p=0.5, dim=0",
        "The slope of a root near 0: both cancel.",
    ),
    Known("nn.functional.local_response_norm", "^int64", "PyTorch rounds the means of integers."),
    Known("cholesky_inverse", r"\(.*5, 5\)", _TRIANGLE),
    Known("linalg.householder_product", r"^float32\(5, 4\)", "Both cancel."),
    Known("cholesky_solve", r"\(.*5, 5\)", _TRIANGLE),
    Known(
        "linalg.norm subgradients_at_zero",
        "^float64.*(None|'fro'|-[0-9.]+|2), keepdim",
        "Where a norm has no slope, its second derivative is 0; PyTorch's is NaN.",
    ),
)
