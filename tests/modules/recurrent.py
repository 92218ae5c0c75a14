"""Recurrent layers and cells; tests/nn/test_recurrent.py has states and packed sequences."""

from tests.modules.row import Layer

DTYPE = "Tensors have to be of the parameters' dtype, as in PyTorch."
REFUSED = (
    "nn.{0}(3)",
    "nn.{0}(0, 2)",
    "nn.{0}(3, 0)",
    "nn.{0}(3, 2.0)",
    "nn.{0}(3, 2, 0)",
    "nn.{0}(3, 2, bias=None)",
    "nn.{0}(3, 2, batch_first=1)",
    "nn.{0}(3, 2, dropout=1.5)",
    "nn.{0}(3, 2, dropout=True)",
    "nn.{0}(2, 2)(x)",
    "nn.{0}(3, 2)(x[0])",
    "nn.{0}(3, 2)(x.reshape(1, 1, 2, 3))",
    "nn.{0}(3, 2)(x[:0])",
)
STATE = ("nn.{0}(3, 2)(x, x)", "nn.{0}(3, 2)(x, x[:1, :2].reshape(1, 1, 2))")
STATES = ("nn.LSTM(3, 2)(x, (x, x))", "nn.LSTM(3, 2)(x, x)")
CELL = (
    "nn.{0}(3)",
    "nn.{0}(-1, 2)",
    "nn.{0}(2, 2)(x)",
    "nn.{0}(3, 2)(x.reshape(1, 2, 3))",
    "nn.{0}(3, 2, dtype=T.int64)",
)


def refused(kind: str, *forms: str) -> tuple[str, ...]:
    return tuple(form.format(kind) for form in forms)


ROWS: list[Layer] = [
    Layer(
        "RNN",
        (
            "nn.RNN(3, 2)",
            "nn.RNN(3, 4, 2, 'relu', False, True, 0.0, True)",
            "nn.RNN(input_size=3, hidden_size=2, nonlinearity='relu')",
            "nn.RNN(3, 2, num_layers=2, bidirectional=True, dropout=1.0)",
            "nn.RNN(3, 2, bias=False, batch_first=True)",
        ),
        ("m(x)[0]", "m(input=x)[1]"),
        (((4, 2, 3),), ((4, 3),)),
        refused=(
            *refused("RNN", *REFUSED, *STATE),
            "nn.RNN(3, 2, 1, 'sigmoid')",
            "nn.RNN(3, 2, nonlinearity=None)",
        ),
        note=DTYPE,
    ),
    Layer(
        "LSTM",
        (
            "nn.LSTM(3, 2)",
            "nn.LSTM(3, 4, 2, False, True, 0.0, True, 2)",
            "nn.LSTM(input_size=3, hidden_size=2, num_layers=2, bidirectional=True, dropout=1.0)",
            "nn.LSTM(3, 4, bias=False, batch_first=True, proj_size=3)",
        ),
        ("m(x)[0]", "T.cat(m(input=x)[1], -1)"),
        (((4, 2, 3),), ((4, 3),)),
        refused=(
            *refused("LSTM", *REFUSED),
            *STATES,
            "nn.LSTM(3, 2, proj_size=2)",
            "nn.LSTM(3, 2, proj_size=-1)",
        ),
        # Saturated gates: 1 less what is nearly 1.
        rounding=64,
        note=DTYPE,
    ),
    Layer(
        "GRU",
        (
            "nn.GRU(3, 2)",
            "nn.GRU(3, 4, 2, False, True, 0.0, True)",
            "nn.GRU(input_size=3, hidden_size=2, num_layers=2, bidirectional=True, dropout=1.0)",
            "nn.GRU(3, 2, bias=False, batch_first=True)",
        ),
        ("m(x)[0]", "m(input=x)[1]"),
        (((4, 2, 3),), ((4, 3),)),
        refused=refused("GRU", *REFUSED, *STATE),
        note=DTYPE,
    ),
    Layer(
        "RNNBase",
        (
            "nn.RNNBase('GRU', 3, 2)",
            "nn.RNNBase('LSTM', 3, 4, 2, False, True, 0.5, True, 2)",
            "nn.RNNBase(mode='RNN_RELU', input_size=3, hidden_size=2, dropout=0.5, num_layers=2)",
            "nn.RNNBase('RNN_TANH', 3, 2, bias=False, batch_first=True, bidirectional=True)",
            "nn.RNNBase('LSTM', 3, 4, proj_size=1)",
        ),
        (),
        refused=("nn.RNNBase('CNN', 3, 2)",),
        note="Can be called: PyTorch's has no `forward`.",
    ),
    Layer(
        "RNNCell",
        (
            "nn.RNNCell(3, 2)",
            "nn.RNNCell(3, 4, False, 'relu')",
            "nn.RNNCell(input_size=3, hidden_size=2, bias=True, nonlinearity='tanh')",
        ),
        ("m(x)", "m(input=x, hx=T.ones(m.hidden_size, dtype=x.dtype).expand(*x.shape[:-1], -1))"),
        (((2, 3),), ((3,),), ((0, 3),)),
        refused=(
            *refused("RNNCell", *CELL),
            "nn.RNNCell(3, 2)(x, x)",
            "nn.RNNCell(3, 2, True, 'sigmoid')(x)",
        ),
        note=DTYPE,
    ),
    Layer(
        "LSTMCell",
        ("nn.LSTMCell(3, 2)", "nn.LSTMCell(input_size=3, hidden_size=4, bias=False)"),
        ("T.cat(m(x), -1)", "m(input=x, hx=m(x))[1]"),
        (((2, 3),), ((3,),), ((0, 3),)),
        refused=(*refused("LSTMCell", *CELL), "nn.LSTMCell(3, 2)(x, (x, x))"),
        note=DTYPE,
    ),
    Layer(
        "GRUCell",
        ("nn.GRUCell(3, 2)", "nn.GRUCell(input_size=3, hidden_size=4, bias=False)"),
        ("m(x)", "m(input=x, hx=m(x))"),
        (((2, 3),), ((3,),), ((0, 3),)),
        refused=(*refused("GRUCell", *CELL), "nn.GRUCell(3, 2)(x, x)"),
        note=DTYPE,
    ),
    Layer(
        "RNNCellBase",
        (
            "nn.RNNCellBase(3, 2, True, 4)",
            "nn.RNNCellBase(input_size=3, hidden_size=2, bias=False, num_chunks=1)",
        ),
        (),
        refused=("nn.RNNCellBase(3, 2)", "nn.RNNCellBase(3, 2, True, 1)(x)"),
    ),
]
