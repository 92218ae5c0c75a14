"""Distances, covariances, and views by strides."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "cdist",
        ("[T.cdist(x, y), T.cdist(x, y[0], p=1.5), T.cdist(x[0], y[0], float('inf'))]",),
        (((1, 2, 3), (2, 2, 3)),),
        derivatives=1,  # PyTorch has no more
        special=False,  # PyTorch subtracts squares
        integers=False,  # refused
        refused=(
            *("T.cdist(T.ones(2, 3), T.ones(2, 2))", "T.cdist(T.ones(3), T.ones(3))"),
            "T.cdist(T.ones(2, 3), T.ones(2, 3), p=-1)",
        ),
    ),
    Operation(
        "dist",
        ("[T.dist(x, y), x.dist(y, 1), x.dist(y[0], p=3)]",),
        (((2, 3), (2, 3)),),
        special=False,  # infinities cancel
        integers=False,  # refused
    ),
    Operation(
        "renorm",
        ("[T.renorm(x, 2, 0, 1.5), x.clone().renorm_(1, dim=1, maxnorm=2)]",),
        (((2, 3),),),
        special=False,  # infinity times 0
        integers=False,  # refused
        refused=("T.ones(2).renorm(2, 0, 1)", "T.ones(2, 2).renorm(0, 0, 1)"),
    ),
    Operation(
        "cov",
        (
            "[T.cov(x), x.cov(correction=0, aweights=T.tensor([0.5, 1, 2, 1], dtype=x.dtype))]",
            "[x[0].cov(), x.corrcoef(), x.cov(fweights=T.tensor([1, 2, 0, 1]))]",
        ),
        (((2, 4),),),
        special=False,  # infinities cancel
        integers=False,  # no booleans in PyTorch
        rounding=16,  # the gradients of correlations cancel
        refused=("T.ones(1, 1, 1).cov()", "T.ones(2).cov(fweights=T.ones(2))"),
    ),
    Operation(
        "as_strided",
        (
            "T.as_strided(x.contiguous(), (2, 3), (1, 2))",
            "[x.contiguous().as_strided((2, 2), (0, 3), 1), x.contiguous().as_strided((), ())]",
        ),
        (((2, 4),),),
        refused=("T.ones(3).as_strided((2, 2), (1, 2))", "T.ones(3).as_strided((2,), (1, 2))"),
        note="The memory is the tensor's own, and contiguous.",
    ),
    Operation(
        "Tensor.unfold",
        ("[x.unfold(1, 2, 1), x.unfold(0, 3, 2), x.unfold(dimension=-1, size=3, step=2)]",),
        (((3, 4),),),
        refused=("T.ones(3).unfold(0, 4, 1)", "T.ones(3).unfold(0, 2, 0)"),
    ),
    Operation(
        "pdist",
        ("[T.pdist(x), F.pdist(x, p=3.0)]",),
        (((3, 2),),),
        derivatives=1,  # PyTorch has no second one
        special=False,  # infinities less each other
        integers=False,
        refused=("T.pdist(T.ones(2))", "T.pdist(T.ones(2, 2), -1.0)"),
    ),
]
