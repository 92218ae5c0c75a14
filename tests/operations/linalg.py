"""Matrix products."""

from tests.operations.row import Operation

PROMOTED = "Operands of different dtypes are promoted; PyTorch refuses them."

ROWS: list[Operation] = [
    Operation(
        "matmul",
        ("x @ y",),
        (
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((5, 2, 3), (3, 4)),
            ((5, 2, 3), (3,)),
            ((3,), (5, 3, 4)),
            ((2, 1, 3, 4), (5, 4, 2)),
            ((5, 2, 3), (5, 3, 4)),
        ),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "matmul",
        ("x @ y", "T.einsum('ij,jk->ik', x, y)"),
        (((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 1))),
        integers=False,  # PyTorch refuses to multiply booleans only if there are any
        sums_products=True,
    ),
    Operation(
        "matmul",
        ("T.matmul(x, y)", "x.matmul(y)"),
        (((2, 3), (3, 2)),),
        refused=(
            "T.matmul(T.tensor(2.0), T.ones(2))",
            "T.ones(2) @ T.tensor(2.0)",
            "T.ones(2, 3) @ T.ones(2, 3)",
            "T.ones(2) @ T.ones(3)",
            "T.ones(2, 3, 4) @ T.ones(3, 4, 2)",
            "T.ones(2, 2) @ 2.0",
        ),
        sums_products=True,
    ),
    Operation(
        "mm",
        ("T.mm(x, y)", "x.mm(mat2=y)"),
        (((2, 3), (3, 4)),),
        refused=("T.mm(T.ones(2, 3), T.ones(3))", "T.mm(T.ones(2, 3), T.ones(2, 3))"),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "bmm",
        ("T.bmm(x, y)", "x.bmm(y)"),
        (((2, 3, 4), (2, 4, 2)),),
        refused=(
            "T.bmm(T.ones(2, 3, 4), T.ones(4, 3))",
            "T.bmm(T.ones(2, 3, 4), T.ones(1, 4, 3))",
            "T.bmm(T.ones(2, 3, 4), T.ones(2, 3, 4))",
        ),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "mv",
        ("T.mv(x, y)", "x.mv(y)"),
        (((2, 3), (3,)),),
        refused=("T.mv(T.ones(3), T.ones(3, 2))", "T.mv(T.ones(2, 3), T.ones(2))"),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "dot",
        ("T.dot(x, y)", "x.dot(y)"),
        (((3,), (3,)), ((0,), (0,))),
        refused=("T.dot(T.ones(2), T.ones(3))", "T.dot(T.ones(2, 2), T.ones(2, 2))"),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "outer",
        ("T.ger(x, y)", "T.outer(x, y)", "x.outer(y)"),
        (((3,), (2,)), ((0,), (2,))),
        refused=("T.outer(T.ones(2, 2), T.ones(2))",),
    ),
    Operation(
        "addmm",
        (
            "T.addmm(x, y, z)",
            "x.addmm(y, z, beta=2, alpha=3)",
            "T.addmm(x, y, z, beta=0)",
            "T.addmm(x, y, z).addmm_(y, z, beta=3, alpha=2)",
        ),
        (((2, 4), (2, 3), (3, 4)), ((4,), (2, 3), (3, 4)), ((), (2, 3), (3, 4))),
        refused=(
            "T.addmm(T.ones(3), T.ones(2, 3), T.ones(3, 4))",
            "T.addmm(T.ones(1, 2, 4), T.ones(2, 3), T.ones(3, 4))",
            "T.addmm(T.ones(4), T.ones(3), T.ones(3, 4))",
        ),
        note=PROMOTED,
        sums_products=True,
    ),
    Operation(
        "einsum",
        (
            "T.einsum('ij,kj->ik', x, y)",
            "T.einsum('ij,kl', x, y)",
            "T.einsum('ij,kj', [x, y])",
            "T.einsum('ab, cb -> b', x, y)",
            "T.einsum('...j,kj->...k', x, y)",
            "T.einsum('ij,kj,ij->kj', x, y, x)",
            "T.einsum('ij,kl->', x, y)",
        ),
        (((2, 3), (4, 3)),),
        special=False,  # infinities: what is summed first is each library's choice
    ),
    Operation(
        "einsum",
        (
            "T.einsum('bij,bjk->bik', x, y)",
            "T.einsum('...ij,...jk->...ik', x, y)",
            "T.einsum('bij,bji->b', x, y)",
            "T.einsum('Bij,bji->bB', x, y)",
        ),
        (((2, 3, 4), (2, 4, 3)), ((1, 3, 4), (2, 4, 3))),
        sums_products=True,
    ),
    Operation(
        "einsum",
        (
            "T.einsum('ii', x)",
            "T.einsum('ii->i', x)",
            "T.einsum('ji', x)",
            "T.einsum('ij->', x)",
            "T.einsum('i...->...', x)",
            "T.einsum('...ij->ji', x)",
            "T.einsum('ij,ii->j', x, x)",
            "T.einsum('ij,ij->ij', x, x)",
            "T.einsum(',ij->ij', x[0, 0], x)",
        ),
        (((3, 3),),),
        refused=(
            "T.einsum('ii', T.ones(2, 3))",
            "T.einsum('ij->iij', T.ones(2, 3))",
            "T.einsum('ij->k', T.ones(2, 3))",
            "T.einsum('ij,jk', T.ones(2, 3), T.ones(2, 3))",
            "T.einsum('ij,jk', T.ones(2, 3))",
            "T.einsum('ijk', T.ones(2, 3))",
            "T.einsum('i', T.ones(2, 3))",
            "T.einsum('i1', T.ones(2, 3))",
            "T.einsum('i.j', T.ones(2, 3))",
        ),
        note="The form with lists of numbers in place of letters is not supported.",
        sums_products=True,
    ),
    Operation(
        "einsum",
        ("T.einsum('bij,cjk->ik', x, y)", "T.einsum('bij,cji,i->', x, y, x[0, :, 0])"),
        (((2, 3, 4), (2, 4, 3)),),
        special=False,  # infinities: what is summed first is each library's choice
        integers=False,  # PyTorch sums some uint8 up to int64, and then refuses to multiply them
    ),
    Operation(
        "einsum",
        ("T.einsum('ij,jk', x, y)",),
        (((2, 0), (1, 2)), ((2, 1), (3, 2))),
        special=False,  # infinities: what is summed first is each library's choice
        integers=False,  # PyTorch sums some uint8 up to int64, and then refuses to multiply them
    ),
    Operation(
        "linalg.matmul",
        ("T.linalg.matmul(x, y)", "T.linalg.multi_dot([x, y, x])", "T.linalg.multi_dot((x[0], y))"),
        (((2, 3), (3, 2)),),
        special=False,  # infinities: what is multiplied first is each library's choice
        refused=(
            "T.linalg.multi_dot([T.ones(2, 2)])",
            "T.linalg.multi_dot([T.ones(2, 2), T.ones(2), T.ones(2, 2)])",
            "T.linalg.multi_dot([T.ones(2, 2), T.ones(3, 2)])",
        ),
        integers=False,
    ),
    Operation(
        "linalg.cross",
        ("T.linalg.cross(x, y)", "T.linalg.cross(x.mT, y.mT, dim=-2)"),
        (((2, 3), (2, 3)), ((1, 3), (2, 3))),
        special=False,  # infinities beside zeros: what cancels is each library's choice
        refused=("T.linalg.cross(T.ones(2), T.ones(2))", "T.linalg.cross(T.ones(3), T.ones(1, 3))"),
        integers=False,
    ),
    Operation(
        "linalg.vecdot",
        ("T.linalg.vecdot(x, y)", "T.linalg.vecdot(x, y, dim=0)"),
        (((2, 3), (2, 3)), ((2, 3), (3,))),
        refused=("T.linalg.vecdot(T.ones(2), T.ones(3))", "T.linalg.vecdot(T.ones(1), T.ones(3))"),
        sums_products=True,
        integers=False,
    ),
    Operation(
        "linalg.diagonal",
        ("T.linalg.diagonal(x)", "T.linalg.diagonal(A=x, offset=1, dim1=0, dim2=-1)"),
        (((3, 2, 4),),),
        refused=("T.linalg.diagonal(T.ones(2, 2), dim1=1)",),
    ),
    Operation(
        "linalg.vander",
        ("T.linalg.vander(x)", "T.linalg.vander(x, N=3)"),
        (((4,),), ((2, 3),)),
        special=False,  # of infinities the gradient is that of cumprod, which is not PyTorch's NaN
        refused=("T.linalg.vander(T.ones(2), N=1)", "T.linalg.vander(T.ones(1))"),
    ),
    Operation("einsum", ("T.einsum('iij->ij', x)", "T.einsum('iji->j', x)"), (((2, 2, 2),),)),
]
