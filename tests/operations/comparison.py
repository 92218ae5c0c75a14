"""Comparisons, logical operations and tests of kind."""

from tests.operations.row import Operation

SHAPES = (((3, 4), (4,)), ((), (2, 3)), ((0, 3), (1, 3)))
ONE = (((3, 4),), ((),), ((0, 2),))


def _comparison(name: str, sign: str) -> Operation:
    forms = (f"x {sign} y", f"T.{name}(x, y)", f"x {sign} x.clone()", f"1 {sign} x.{name}(y)")
    forms += (f"(x + 0 * y).{name}_(y)",)
    refused = (f"T.ones(2) {sign} T.ones(3)", f"T.{name}(T.ones(2), None)", f"T.{name}(1, 2)")
    if name not in ("eq", "ne"):
        refused += (f"T.ones(2) {sign} 'a'", f"None {sign} T.ones(2)")
    refused += (f"T.ones(2, requires_grad=True).{name}_(1)", f"T.ones(2).{name}_(T.ones(3, 2))")
    return Operation(name, forms, SHAPES, derivatives=0, refused=refused)


def _bitwise(name: str, sign: str) -> Operation:
    x, y = "x.to(T.int64)", "y.to(T.int64)"
    forms = (
        f"{x} {sign} {y}",
        f"T.{name}({x}, 3)",
        f"{x}.{name}(True)",
        f"5 {sign} {x}",
        f"x.to(T.int32).{name}_({y})",
    )
    refused = (
        f"T.ones(2) {sign} T.ones(2)",
        f"T.tensor([1]) {sign} 1.5",
        f"T.{name}(1, 2)",
        f"T.tensor([1, 2]) {sign} T.tensor([1, 2, 3])",
        f"T.tensor([True]).{name}_(1)",
        f"T.tensor([True]) {sign} None",
    )
    # Not the special values: NaN and infinity are no integers.
    return Operation(
        name, forms, SHAPES[:1], -9.0, 9.0, derivatives=0, special=False, refused=refused
    )


def _test(name: str) -> Operation:
    forms = (f"x.{name}()", f"T.{name}(x)")
    return Operation(name, forms, ONE, derivatives=0, refused=(f"T.{name}(1.0)",))


ROWS = [
    _comparison("eq", "=="),
    _comparison("ne", "!="),
    _comparison("lt", "<"),
    _comparison("le", "<="),
    _comparison("gt", ">"),
    _comparison("ge", ">="),
    Operation(
        "eq",
        ("x == 1", "x == True", "x == None", "x != [1]", "x == 2.5"),
        derivatives=0,
        note="A number that the dtype cannot hold, as 300 beside uint8, is compared by its value; "
        "PyTorch wraps it around first.",
    ),
    Operation("gt", ("x > 0", "1 > x", "0.5 <= x", "x >= 2.5", "x < True"), derivatives=0),
    Operation(
        "logical_and",
        ("T.logical_and(x, y)", "x.logical_and(y > 0)", "(x + 0 * y).logical_and_(y)"),
        SHAPES,
        derivatives=0,
        refused=("T.logical_and(T.ones(2), True)", "T.logical_and(T.ones(2), T.ones(3))"),
    ),
    Operation(
        "logical_or",
        ("T.logical_or(x, y)", "x.logical_or(y)", "(x + 0 * y).logical_or_(y)"),
        SHAPES,
        derivatives=0,
    ),
    Operation(
        "logical_xor",
        ("T.logical_xor(x, y)", "x.logical_xor(y)", "(x + 0 * y).logical_xor_(y)"),
        SHAPES,
        derivatives=0,
    ),
    Operation(
        "logical_not",
        ("T.logical_not(x)", "x.logical_not()", "x.clone().logical_not_()"),
        ONE,
        derivatives=0,
    ),
    _bitwise("bitwise_and", "&"),
    _bitwise("bitwise_or", "|"),
    _bitwise("bitwise_xor", "^"),
    Operation(
        "bitwise_and",
        ("(x > 0) & (y > 0)", "(x > 0) | True", "(x > 0) ^ (y > 0)", "(x > 0) & 1"),
        SHAPES[:1],
        derivatives=0,
    ),
    Operation(
        "bitwise_not",
        (
            "~x.to(T.int64)",
            "T.bitwise_not(x.to(T.uint8))",
            "(x > 0).bitwise_not()",
            "(x > 0).bitwise_not_()",
        ),
        low=0.0,
        high=9.0,
        derivatives=0,
        special=False,  # NaN and infinity are no integers
        refused=("~T.ones(2)", "T.bitwise_not(True)"),
    ),
    _test("isnan"),
    _test("isinf"),
    _test("isfinite"),
    Operation(
        "isclose",
        (
            "T.isclose(x, y, rtol=0.5)",
            "x.isclose(y, 0.1, 0.5, True)",
            "x.isclose(x + y * 0)",
            "T.isclose(x, x.clone(), equal_nan=True)",
            "T.allclose(x, y)",
            "x.allclose(x.clone(), equal_nan=True)",
            "T.isclose(T.tensor([2**53]), T.tensor([2**53 + 1]), rtol=0, atol=0)",
        ),
        SHAPES,
        derivatives=0,
        refused=(
            "T.isclose(T.ones(2), T.tensor([1, 2]))",
            "T.isclose(T.ones(2), 1.0)",
            "T.allclose(T.ones(2), T.ones(3))",
            "T.allclose(T.ones(2), T.ones(2), rtol=-1)",
        ),
    ),
    Operation(
        "equal",
        ("T.equal(x, y)", "x.equal(x.clone())", "T.equal(x, x[:1])", "x.equal(x > 0)"),
        (((3, 4), (4,)), ((0, 3), (0, 3))),
        derivatives=0,
        refused=("T.equal(T.ones(2), 1)",),
    ),
    Operation(
        "all",
        (
            "x.all()",
            "T.all(x, 0)",
            "(x > 1).all(-1, True)",
            "T.all(x >= 0, dim=(0, 1))",
            "x.all(())",
        ),
        (((3, 4),), ((0, 2),)),
        derivatives=0,
        refused=("T.ones(2).all(1)", "T.ones(2, 2).all((0, 0))", "T.all(True)"),
    ),
    Operation(
        "any",
        (
            "x.any()",
            "T.any(x > 1, dim=0, keepdim=True)",
            "(x > 1).any(axis=1)",
            "T.any(x > 1.9, None)",
            "(x > 1).any(keepdim=True)",
        ),
        (((3, 4),), ((2, 0),)),
        derivatives=0,
        refused=("T.ones(2).any(-2)", "T.any(None)"),
    ),
    Operation("all", ("x.all()", "x.any(0)", "x.all(-1, keepdim=True)"), (((),),), derivatives=0),
    Operation(
        "greater",
        ("[T.greater(x, y), x.greater_equal(y), x.less(1), T.less_equal(x, y), x.not_equal(y)]",),
        (((2, 3), (3,)),),
        derivatives=0,
    ),
    Operation(
        "greater",
        (
            "[x.detach().clone().greater_(y), x.detach().clone().greater_equal_(y)]",
            "[x.detach().clone().less_(y), x.detach().clone().less_equal_(y)]",
            "x.detach().clone().not_equal_(y)",
        ),
        (((2, 3), (3,)),),
        derivatives=0,
    ),
    Operation(
        "isposinf",
        ("[T.isposinf(x), x.isneginf(), T.isreal(x), x.signbit()]",),
        (((3, 4),),),
        derivatives=0,
    ),
]
