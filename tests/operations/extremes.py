"""Largest and smallest elements."""

from tests.operations.row import Operation

CUBE = (((2, 3, 4),),)


def _one_way(name: str) -> list[Operation]:
    return [
        Operation(
            name,
            (
                f"T.{name}(x)",
                f"x.{name}(1)",
                f"tuple(T.{name}(x, -1, keepdim=True))",
                f"x.{name}(dim=0).values",
            ),
            CUBE,
            refused=(
                f"T.zeros(0).{name}()",
                f"T.zeros(0, 3).{name}(0)",
                f"T.ones(2).{name}(1)",
                f"T.ones(2, 3).{name}(dim=(0, 1))",
                f"T.{name}(3.0)",
            ),
        ),
        Operation(name, (f"x.{name}(0)", f"x.{name}(-1)"), (((),),)),
        Operation(name, (f"x.{name}(0)",), (((3, 0),),)),
        Operation(
            name,
            (f"T.{name}(x, y)", f"x.{name}(other=y)"),
            (((3, 4), (4,)),),
            refused=(f"T.{name}(T.ones(3), T.ones(2))",),
        ),
        Operation(
            f"a{name}",
            (
                f"T.a{name}(x)",
                f"x.a{name}(1)",
                f"x.a{name}((0, -1), keepdim=True)",
                f"x.a{name}(dim=())",
            ),
            CUBE,
            refused=(
                f"T.zeros(0, 3).a{name}()",
                f"T.zeros(0, 3).a{name}(0)",
                f"T.zeros(0, 3).a{name}((0, 1))",
                f"T.ones(2, 3).a{name}((0, 0))",
            ),
        ),
        Operation(
            f"arg{name}",
            (
                f"T.arg{name}(x)",
                f"x.arg{name}(1)",
                f"x.arg{name}(-1, keepdim=True)",
                f"x.arg{name}(keepdim=True)",
            ),
            CUBE,
            derivatives=0,
            refused=(
                f"T.zeros(0, 3).arg{name}()",
                f"T.zeros(0, 3).arg{name}(0)",
                f"T.ones(2).arg{name}((0,))",
                f"T.ones(2).arg{name}(1)",
            ),
        ),
        Operation(
            f"{name}imum",
            (f"T.{name}imum(x, y)", f"x.{name}imum(y)"),
            (((3, 4), (3, 1)), ((), (0,))),
            refused=(f"T.{name}imum(T.ones(2), 2.0)", f"T.ones(2).{name}imum(T.ones(3))"),
        ),
    ]


ROWS = [
    *_one_way("max"),
    *_one_way("min"),
    Operation(
        "clamp",
        (
            "T.clamp(x, -0.5, 1)",
            "x.clamp(0.5)",
            "x.clamp(max=0.5)",
            "T.clip(x, min=-1.0, max=0.25)",
            "x.clamp(3, 1)",
        ),
        (((3, 4),), ((),)),
        refused=("T.ones(2).clamp()", "T.ones(2).clamp(None, None)", "T.clamp(3.0, 0)"),
        note="A negative bound of unsigned integers is refused, not wrapped around.",
    ),
    Operation(
        "clamp",
        # PyTorch has no gradient for two bounds that enlarge x.
        ("(x + 0 * (y + z)).clamp(y, z)",),
        (((3, 4), (3, 4), (3, 4)), ((3, 4), (4,), (3, 1)), ((3, 4), (4,), ())),
        integers=False,  # PyTorch has two bounds not for booleans
    ),
    Operation(
        "clamp",
        ("x.clamp(min=y)", "T.clamp(x, max=y)"),
        (((3, 4), (4,)),),
        refused=("T.ones(3).clamp(T.ones(2))",),
    ),
    Operation("clamp_min", ("T.clamp_min(x, 0.5)", "x.clamp_min(y)"), (((3, 4), (4,)),)),
    Operation("clamp_max", ("T.clamp_max(x, 0.5)", "x.clamp_max(y)"), (((3, 4), (4,)),)),
    Operation(
        "Tensor.clamp_",
        (
            "(x * 1).clamp_(-0.5, 0.5)",
            "(x * 1).clip_(max=0.5)",
            "(x * 1).clamp_min_(y)",
            "(x * 1).clamp_max_(0.5)",
        ),
        (((3, 4), (4,)),),
        refused=("T.tensor([1, 2]).clamp_(0.5)",),
    ),
    Operation(
        "aminmax",
        ("[*T.aminmax(x), *x.aminmax(dim=1, keepdim=True)]",),
        refused=("T.ones(0).aminmax()", "T.ones(2).aminmax(0)"),
    ),
]
