"""Special functions: of the gamma function, the normal distribution, Bessel's."""

from tests.operations.row import Operation

SHAPES = (((2, 3),), ((),), ((0, 2),))


def _forms(name: str) -> tuple[str, ...]:
    return f"T.{name}(x)", f"x.{name}()", f"x.clone().{name}_()", f"T.special.{name}(x)"


# PyTorch's first derivative of digamma has nine digits, and all at large arguments.
EXACT = {"low": 35.0, "high": 60.0}

ROWS = [
    Operation(
        "lgamma",
        (*_forms("lgamma")[:3], "T.special.gammaln(x)"),
        SHAPES,
        **EXACT,
        refused=("T.lgamma(1.0)",),
    ),
    Operation("lgamma", ("T.lgamma(x)",), (((2, 3),),), -3.0, derivatives=0, integers=False),
    Operation(
        "digamma",
        (*_forms("digamma"), "T.special.psi(x)", "T.polygamma(0, x)"),
        SHAPES,
        **EXACT,
        special=False,  # PyTorch's slope is finite at the negative integers
        refused=("T.digamma(None)",),
    ),
    Operation("digamma", ("T.digamma(x)",), (((2, 3),),), -3.0, derivatives=0, integers=False),
    Operation(
        "polygamma",
        ("T.polygamma(2, x)", "x.polygamma(n=3)", "T.special.polygamma(n=2, input=x)"),
        SHAPES,
        low=0.4,
        special=False,  # PyTorch's sums of infinite terms
        refused=(
            "T.polygamma(-1, T.ones(2))",
            "T.polygamma(1.0, T.ones(2))",
            "T.polygamma(T.ones(2), 1)",
        ),
        note="All digits are right; PyTorch's first derivative of digamma has nine.",
    ),
    Operation(
        "polygamma",
        ("T.polygamma(1, x)", "x.clone().polygamma_(2)"),
        (((2, 3),), ((),)),
        **EXACT,
        special=False,
        integers=False,
    ),
    Operation(
        "mvlgamma",
        ("T.mvlgamma(x, 3)", "x.mvlgamma(p=1)", "T.special.multigammaln(x, 2)"),
        SHAPES,
        **EXACT,
        special=False,  # PyTorch's refuses what is too small in one place and not in another
        refused=("T.mvlgamma(T.ones(2), 0)",),
    ),
    Operation("erfinv", _forms("erfinv"), SHAPES, -0.95, 0.95),
    Operation("i0", _forms("i0"), SHAPES),
    Operation("special.i0e", ("T.special.i0e(x)",), SHAPES),
    # PyTorch's slope at NaN is 0.5.
    Operation("special.i1", ("T.special.i1(x)",), SHAPES, special=False),
    Operation("special.i1e", ("T.special.i1e(x)",), SHAPES, special=False),
    Operation("special.ndtr", ("T.special.ndtr(x)",), SHAPES),
    # PyTorch's slope has eleven digits far below 0, and none at -inf.
    Operation("special.log_ndtr", ("T.special.log_ndtr(x)",), SHAPES, special=False),
    Operation("special.ndtri", ("T.special.ndtri(x)",), SHAPES, 0.01, 0.99),
    Operation("special.erfcx", ("T.special.erfcx(x)",), SHAPES),
    Operation("special.entr", ("T.special.entr(x)",), SHAPES, 0.2),
    Operation(
        "special.gammainc",
        (
            "T.special.gammainc(T.tensor([[0.5], [30.0]], dtype=x.dtype), x)",
            "T.special.gammainc(input=T.ones((), dtype=x.dtype), other=x)",
        ),
        (((2, 3),), ((),)),
        low=0.2,
        derivatives=1,
        special=False,  # PyTorch's slope at infinity is NaN
        integers=False,
        refused=("T.special.gammainc(T.ones(2), T.ones(3))",),
    ),
    Operation(
        "xlogy",
        ("T.xlogy(x, y)", "x.xlogy(y)", "x.clone().xlogy_(y)", "T.special.xlogy(x, y)"),
        (((2, 3), (3,)), ((), ()), ((0, 2), (1, 2))),
        low=0.2,
        refused=("T.xlogy(1, 1)", "T.xlogy(T.ones(2), T.ones(3))"),
    ),
    Operation("xlogy", ("T.xlogy(x, 2)", "T.xlogy(2.5, x)"), (((2, 3),),), 0.2),
    Operation(
        "special.xlog1py",
        ("T.special.xlog1py(x, y)", "T.special.xlog1py(2, y) + x"),
        (((2, 3), (3,)), ((), ())),
        low=0.2,
    ),
]
