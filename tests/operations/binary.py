"""Functions of two numbers beside the arithmetic."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "fmod",
        ("[T.fmod(x, 0.7), x.clone().fmod_(2), x.fmod(y)]",),
        (((2, 3), (3,)),),
        low=0.3,
        integers=False,  # 0.7 is no uint8, but a float
        refused=("T.tensor([1]).fmod(0)", "T.fmod(T.tensor([True]), T.tensor([True]))"),
    ),
    Operation(
        "fmax",
        ("[T.fmax(x, y), x.fmin(y)]",),
        (((2, 3), (3,)),),
        refused=("T.fmax(T.ones(2), 1.0)", "T.fmin(T.ones(2), T.ones(3))"),
    ),
    Operation(
        "copysign",
        ("[T.copysign(x, y), x.clone().copysign_(-2)]",),
        (((2, 3), (3,)),),
        refused=("T.copysign(1.0, T.ones(2))",),
    ),
    Operation(
        "logaddexp",
        ("[T.logaddexp(x, y), x.logaddexp2(y)]",),
        (((2, 3), (3,)),),
        special=False,  # PyTorch's slope between infinities is NaN
        refused=("T.logaddexp(T.tensor([1]), T.tensor([1]))",),
    ),
    Operation(
        "lerp",
        ("[T.lerp(x, y, z), x.lerp(y, 0.25), x.clone().lerp_(y, weight=0.75)]",),
        (((2, 3), (3,), (2, 1)),),
        special=False,  # infinities times a weight of 0
        refused=("T.lerp(T.ones(2), T.ones(2, dtype=T.float32), 0.5)", "T.ones(2).lerp(1.0, 0.5)"),
    ),
    Operation(
        "addcmul",
        ("[T.addcmul(x, y, z, value=2), x.clone().addcmul_(y, z)]",),
        (((2, 3), (3,), (2, 1)),),
        integers=False,  # PyTorch refuses booleans
        refused=("T.addcmul(T.ones(2), T.ones(2), 1.0)",),
    ),
    Operation(
        "addcdiv",
        ("[T.addcdiv(x, y, z, value=2), x.clone().addcdiv_(y, z)]",),
        (((2, 3), (3,), (2, 1)),),
        low=0.4,
        refused=("T.addcdiv(T.tensor([1]), T.tensor([1]), T.tensor([1]))",),
    ),
    Operation(
        "ldexp",  # PyTorch's gradient takes integers below 0 for powers of 0
        ("[T.ldexp(x, T.tensor([4, 1, 0])), x.clone().ldexp_(y)]",),
        (((2, 3), (3,)),),
        special=False,  # 0 times infinity
        integers=False,  # what is in place would be floating
    ),
    Operation(
        "rsub", ("[T.rsub(x, y, alpha=2), T.rsub(x, 3)]",), (((2, 3), (3,)),), integers=False
    ),
    Operation(
        "float_power",
        ("[T.float_power(x, 2), x.double().clone().float_power_(y), T.float_power(2, x)]",),
        (((2, 3), (3,)),),
        low=0.5,
    ),
    Operation(
        "nextafter",
        ("[T.nextafter(x, y), x.clone().nextafter_(y)]",),
        (((2, 3), (3,)),),
        derivatives=1,
        refused=("T.nextafter(T.tensor([1]), T.tensor([2]))",),
    ),
    Operation(
        "heaviside",
        ("[T.heaviside(x, y), (x.detach() * 0).heaviside_(y)]",),
        (((2, 3), (3,)),),
        derivatives=0,
        refused=("T.heaviside(T.ones(2), T.tensor([1, 2]))",),
    ),
    Operation(
        "gcd",
        (
            "[T.gcd(T.tensor([12, -8]), T.tensor(18)), T.tensor([4, -3]).lcm_(T.tensor([6, 5]))]",
            "[T.tensor([4]).gcd_(T.tensor([6])), T.lcm(T.tensor([4]), T.tensor([6]))]",
        ),
        (((1,),),),
        derivatives=0,
        refused=("T.gcd(T.ones(2), T.ones(2))", "T.lcm(T.tensor([True]), T.tensor([True]))"),
    ),
    Operation(
        "bitwise_left_shift",
        (
            "[T.bitwise_left_shift(T.tensor([1, 3]), 2), T.tensor([8, -3]).bitwise_right_shift(1)]",
            "[T.tensor([1]).bitwise_left_shift_(3), T.tensor([9]).bitwise_right_shift_(2)]",
            "[T.tensor([1, -3]) << T.tensor([64, 2]), T.tensor([-1, 9]) >> 70, 2 << T.tensor([3])]",
            "[9 >> T.tensor([1]), T.tensor([1]).__ilshift__(3), T.tensor([9]).__irshift__(2)]",
        ),
        (((1,),),),
        derivatives=0,
        refused=(
            "T.bitwise_left_shift(T.ones(2), T.ones(2))",
            "T.ones(2) << 1",
            "T.tensor([1]) >> 'a'",
        ),
    ),
]
