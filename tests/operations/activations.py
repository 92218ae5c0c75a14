"""Activation functions."""

from tests.operations.row import Operation

# PyTorch's gradients at NaN are other ones in a vector of eight numbers than in fewer.
FEW = (((2, 3),),)
WHOLE = (((3, 4),), ((),), ((0, 2),))


def _floating(name: str, *arguments: str, inplace: bool = True, special: bool = True) -> Operation:
    """The row of a function of nn.functional: called with nothing more and with `arguments`."""
    function = f"F.{name}"
    forms = [f"{function}({given})" for given in ("x", *(f"x, {more}" for more in arguments))]
    if inplace:
        forms.append(f"{function}(x * 1, inplace=True)")
    return Operation(
        f"nn.functional.{name}",
        tuple(forms),
        FEW,
        special=special,
        refused=(f"{function}(T.tensor([True]))", f"{function}()"),
    )


ROWS: list[Operation] = [
    Operation(
        "relu",
        ("T.relu(x)", "x.relu()", "F.relu(x)", "F.relu(x * 1, inplace=True)"),
        WHOLE,
        refused=("T.relu(T.tensor([True]))", "T.relu([1.0])", "F.relu(1.0)"),
    ),
    Operation("Tensor.relu_", ("(x * 1).relu_()",)),
    Operation(
        "sigmoid",
        ("T.sigmoid(x)", "x.sigmoid()", "F.sigmoid(x)"),
        WHOLE,
        refused=("T.sigmoid([1.0])",),
    ),
    Operation("Tensor.sigmoid_", ("(x * 1).sigmoid_()",), integers=False),
    Operation("tanh", ("T.tanh(x)", "x.tanh()", "F.tanh(x)"), WHOLE, refused=("T.tanh([1.0])",)),
    Operation("Tensor.tanh_", ("(x * 1).tanh_()",), integers=False),
    _floating("relu6"),
    _floating("leaky_relu", "0.3", "negative_slope=-0.5"),
    _floating("elu", "2.0", "alpha=-0.5", inplace=False),
    _floating("selu", inplace=False),
    _floating("celu", "2.0", "alpha=-1.5", inplace=False),
    # In place, PyTorch computes their gradients from the results, where exp(-88) - 1 is -1.
    *(
        Operation(f"nn.functional.{name}_", (f"F.{name}(x * 1, inplace=True)",), special=False)
        for name in ("elu", "selu", "celu")
    ),
    Operation(
        "nn.functional.gelu",
        ("F.gelu(x)", 'F.gelu(x, approximate="tanh")', 'F.gelu(x, approximate="none")'),
        WHOLE,
        refused=(
            'F.gelu(T.ones(2), approximate="erf")',
            'F.gelu(T.ones(2), "tanh")',
            "F.gelu(T.tensor([1, 2]))",
        ),
    ),
    _floating("silu"),
    # At infinity PyTorch's gradient is NaN: tests/ops/test_infinite_gradients.py has the others.
    _floating("mish", special=False),
    _floating("softplus", "2.0", "beta=3, threshold=2", "-1.0", inplace=False),
    _floating("softsign", inplace=False),
    Operation(
        "nn.functional.hardtanh",
        (
            "F.hardtanh(x)",
            "F.hardtanh(x, -0.5, 1.5)",
            "F.hardtanh(x, min_val=0.5, max_val=2)",
            "F.hardtanh(x, 0, 0)",
            "F.hardtanh(x * 1, inplace=True)",
        ),
        FEW,
        refused=(
            "F.hardtanh(T.ones(2), 2, 1)",
            "F.hardtanh(T.tensor([True]))",
            "F.hardtanh(T.tensor([1]).to(T.uint8))",
            "F.hardtanh([1.0])",
        ),
    ),
    Operation(
        "nn.functional.hardsigmoid",
        ("F.hardsigmoid(x.detach())", "F.hardsigmoid(x.detach() * 1, inplace=True)"),
        derivatives=0,
        note="Its gradient is exact in float64, where PyTorch's 1/6 has single precision; and it "
        "can be differentiated twice.",
    ),
    _floating("hardswish"),
    _floating("logsigmoid", inplace=False),
    Operation(
        "nn.functional.threshold",
        (
            "F.threshold(x, 0.5, 20)",
            "F.threshold(x, threshold=1, value=0.5)",
            "F.threshold(x * 1, 0.5, 1, inplace=True)",
        ),
        refused=("F.threshold(T.tensor([True]), 0, 1)", "F.threshold(T.ones(2), 0)"),
    ),
    Operation(
        "nn.functional.prelu",
        ("F.prelu(x, y)", "F.prelu(input=x, weight=y)"),
        (((3, 4), (4,)), ((2, 3, 2), (3,)), ((3,), (1,)), ((), (1,)), ((2, 3), ()), ((0, 2), (2,))),
        refused=(
            "F.prelu(T.ones(2, 3), T.ones(2))",
            "F.prelu(T.ones(3), T.ones(3))",
            "F.prelu(T.ones(2, 3), T.ones(3, 1))",
            "F.prelu(T.ones(2, 3), T.ones(3).to(T.float32))",
            "F.prelu(T.tensor([1, 2]), T.tensor([1]))",
        ),
    ),
    Operation(
        "nn.functional.glu",
        ("F.glu(x)", "F.glu(x, dim=0)"),
        (((2, 4),),),
        refused=(
            "F.glu(T.ones(3))",
            "F.glu(T.tensor(1.0))",
            "F.glu(T.ones(2), 1)",
            "F.glu(T.tensor([1, 2]))",
        ),
    ),
    Operation(
        "nn.functional.hardshrink",
        ("F.hardshrink(x)", "F.hardshrink(x, lambd=1)"),
        refused=("F.hardshrink(T.tensor([1, 2]))",),
        derivatives=1,
        special=False,  # in PyTorch NaN has a gradient in small arrays, and none in large ones
    ),
    Operation(
        "nn.functional.softshrink",
        ("F.softshrink(x)", "F.softshrink(x, lambd=1)"),
        derivatives=1,
        special=False,
        refused=("F.softshrink(T.ones(2), -1.0)", "F.softshrink(T.tensor([1, 2]))"),
    ),
    Operation("nn.functional.tanhshrink", ("F.tanhshrink(x)",), low=0.5, special=False),
    Operation(
        "nn.functional.rrelu",
        ("F.rrelu(x)", "F.rrelu(x, 0.25, 0.25, True)"),
        derivatives=1,
        special=False,
        refused=("F.rrelu(T.ones(2), 0.5, 0.25)", "F.rrelu(T.tensor([1, 2]))"),
        note="Draws from NumPy's global generator.",
    ),
    Operation(
        "nn.functional activations in place",
        (
            "F.relu_(x.clone())",
            "F.elu_(x.clone(), 0.5)",
            "F.celu_(x.clone(), 0.5)",
            "F.selu_(x.clone())",
            "F.leaky_relu_(x.clone(), 0.3)",
            "F.rrelu_(x.clone(), 0.5, 0.5)",
            "F.hardtanh_(x.clone(), -0.5, 1)",
            "F.threshold_(x.clone(), 0.5, 7)",
        ),
        derivatives=1,
        special=False,
        integers=False,
    ),
]
