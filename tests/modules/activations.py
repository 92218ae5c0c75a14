"""Activation layers."""

from tests.modules.row import Layer


def _plain(name: str, note: str = "", tolerance: float | None = None) -> Layer:
    """The row of a layer whose only option is `inplace`."""
    return Layer(
        name,
        (f"nn.{name}()", f"nn.{name}(True)", f"nn.{name}(inplace=True)"),
        refused=(f"nn.{name}(slope=1)", f"nn.{name}()([1.0])"),
        tolerance=tolerance,
        note=note,
    )


def _bare(name: str) -> Layer:
    """The row of a layer without options."""
    return Layer(name, (f"nn.{name}()",), refused=(f"nn.{name}(1)", f"nn.{name}(inplace=True)"))


def _along_axis(name: str) -> Layer:
    return Layer(
        name,
        (f"nn.{name}(1)", f"nn.{name}(dim=0)", f"nn.{name}(dim=-1)"),
        refused=(f"nn.{name}(5)(x)",),
    )


ROWS: list[Layer] = [
    _plain("ReLU"),
    _plain("ReLU6"),
    Layer(
        "LeakyReLU",
        ("nn.LeakyReLU()", "nn.LeakyReLU(0.2, True)", "nn.LeakyReLU(negative_slope=-0.5)"),
    ),
    Layer("ELU", ("nn.ELU()", "nn.ELU(2.0)", "nn.ELU(alpha=0.5, inplace=True)")),
    _plain("SELU"),
    Layer(
        "CELU",
        ("nn.CELU()", "nn.CELU(2.0)", "nn.CELU(alpha=0.5, inplace=True)"),
        refused=("nn.CELU(0.0)(x)",),
    ),
    Layer(
        "GELU",
        ("nn.GELU()", "nn.GELU('tanh')", "nn.GELU(approximate='tanh')"),
        refused=("nn.GELU('erf')(x)",),
    ),
    _plain("SiLU"),
    _plain("Mish"),
    Layer("Softplus", ("nn.Softplus()", "nn.Softplus(2, 1)", "nn.Softplus(beta=0.5, threshold=3)")),
    _bare("Softsign"),
    Layer(
        "Hardtanh",
        ("nn.Hardtanh()", "nn.Hardtanh(-0.5, 1.5, True)", "nn.Hardtanh(min_val=0, max_val=0.5)"),
        without=("min_value", "max_value"),
        refused=("nn.Hardtanh(2, 1)", "nn.Hardtanh(1, 1)"),
    ),
    _plain(
        "Hardsigmoid",
        "The gradient is exact in float64, where PyTorch's 1/6 has single precision.",
        1e-7,
    ),
    _plain("Hardswish"),
    _bare("LogSigmoid"),
    _bare("Sigmoid"),
    _bare("Tanh"),
    Layer(
        "Threshold",
        (
            "nn.Threshold(0.5, -2.0)",
            "nn.Threshold(0.5, 20, True)",
            "nn.Threshold(threshold=-1, value=7)",
        ),
        refused=("nn.Threshold(1)", "nn.Threshold()"),
    ),
    Layer(
        "PReLU",
        ("nn.PReLU()", "nn.PReLU(3)", "nn.PReLU(num_parameters=3, init=0.5)", "nn.PReLU(1, 2)"),
        shapes=(((4, 3),), ((2, 3, 2),)),
        refused=("nn.PReLU(2)(x)", "nn.PReLU(-1)", "nn.PReLU(2.5)", "nn.PReLU(dtype=T.int64)"),
    ),
    _along_axis("Softmax"),
    _along_axis("Softmin"),
    _along_axis("LogSoftmax"),
    Layer(
        "Softmax2d",
        ("nn.Softmax2d()",),
        shapes=(((2, 3, 1, 2),), ((3, 2, 2),)),
        refused=("nn.Softmax2d()(x)", "nn.Softmax2d(1)"),
    ),
    Layer(
        "GLU",
        ("nn.GLU()", "nn.GLU(0)", "nn.GLU(dim=-2)"),
        shapes=(((4, 2),),),
        refused=("nn.GLU()(x)", "nn.GLU(5)(x)", "nn.GLU()(x[0, 0])"),
    ),
    Layer("Hardshrink", ("nn.Hardshrink()", "nn.Hardshrink(lambd=1)")),
    Layer(
        "Softshrink",
        ("nn.Softshrink()", "nn.Softshrink(lambd=1)"),
        refused=("nn.Softshrink(-1.0)(x)",),
    ),
    _bare("Tanhshrink"),
    Layer(
        "RReLU",
        (
            "nn.RReLU(0.25, 0.25)",
            "nn.RReLU(upper=0.5, lower=0.5, inplace=True)",
            "nn.RReLU(0.5, 0.5, True)",
        ),
        refused=("nn.RReLU(0.5, 0.25)(x)",),
        note="Draws from NumPy's global generator.",
    ),
]
