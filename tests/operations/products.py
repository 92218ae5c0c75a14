"""Products with what they are added to, over chosen axes, and of vectors."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "addmv",
        ("[T.addmv(x, y, z), x.addmv(y, z, beta=2, alpha=3), x.clone().addmv_(y, z, beta=0)]",),
        (((2,), (2, 3), (3,)),),
        special=False,  # with beta = 0 what is there does not count
        integers=False,  # no booleans in PyTorch
        refused=("T.addmv(T.ones(2), T.ones(2, 3), T.ones(2))",),
    ),
    Operation(
        "addr",
        ("[T.addr(x, y, z, alpha=2), x.clone().addr_(y, z, beta=3)]",),
        (((2, 3), (2,), (3,)),),
        special=False,  # huge numbers are added in another order
        refused=("T.addr(T.tensor([1]), T.tensor([1]), T.tensor([1]), alpha=0.5)",),
    ),
    Operation(
        "baddbmm",
        ("[T.baddbmm(x, y, z, alpha=2), x.clone().baddbmm_(y, z, beta=3)]",),
        (((2, 2, 1), (2, 2, 3), (2, 3, 1)),),
        sums_products=True,
        integers=False,  # no booleans in PyTorch
        refused=("T.baddbmm(T.ones(1), T.ones(2, 2, 3), T.ones(3, 3, 2))",),
    ),
    Operation(
        "addbmm",
        ("[T.addbmm(x, y, z, alpha=2), x.clone().addbmm_(y, z, beta=3)]",),
        (((2, 1), (2, 2, 3), (2, 3, 1)),),
        special=False,  # the sums are rounded in another order
        integers=False,  # no booleans in PyTorch
        refused=("T.addbmm(T.ones(1), T.ones(2, 2, 3), T.ones(2, 2, 2))",),
    ),
    Operation(
        "tensordot",
        ("[T.tensordot(x, y, 1), T.tensordot(x, y, dims=([1, 2], [1, 0])), T.tensordot(x, y, 0)]",),
        (((2, 3, 2), (2, 3)),),
        sums_products=True,
        integers=False,  # no booleans in PyTorch
        refused=("T.tensordot(T.ones(2, 3), T.ones(3, 2))", "T.tensordot(T.ones(2), T.ones(2), 2)"),
    ),
    Operation(
        "inner",
        ("[T.inner(x, y), T.inner(x, y[0, 0]), x[0].vdot(y[1])]",),
        (((2, 3), (2, 3)),),
        sums_products=True,
        integers=False,  # no booleans in PyTorch
        refused=("T.inner(T.ones(2), T.ones(3))", "T.vdot(T.ones(2), T.ones(3))"),
    ),
    Operation("kron", ("[T.kron(x, y), y.kron(x[0, 0])]",), (((2, 2), (3,)),)),
    Operation(
        "cross",
        ("[T.cross(x, y, -1), x.cross(y, dim=-1), x.cross(y[:1], 1)]",),
        (((2, 3), (2, 3)),),
        sums_products=True,
        integers=False,  # no booleans in PyTorch
        refused=("T.ones(2).cross(T.ones(2), 0)", "T.ones(1, 3).cross(T.ones(3), -1)"),
    ),
    Operation(
        "vander",
        ("[T.vander(x), T.vander(x, 2, increasing=True), T.vander(x=x, N=1)]",),
        (((3,),),),
        derivatives=0,  # PyTorch's fail: it changes what it has saved
        refused=("T.vander(T.ones(2, 2))", "T.vander(T.ones(2), -1)"),
    ),
]
