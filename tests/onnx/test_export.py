"""onnx.export: what it writes is checked by `onnx` and computed by `onnxruntime`."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Function, Tensor, nn
from mytorch.nn import functional as F
from mytorch.onnx import OnnxExporterError
from tests.modules import LAYERS, Layer
from tests.modules.row import evaluate
from tests.operations import OPERATIONS, Operation, decompositions, systems

onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")

# Forms of the table that no graph of one run can have, or that have no operator; "" stands for all.
NO_OPERATOR = {
    "round": ("decimals=",),
    "isclose": ("",),
    **dict.fromkeys(
        (
            *("index_put", "scatter_reduce", "select_scatter"),
            *("as_strided", "bincount", "cummax", "diagflat", "histc", "kthvalue", "logcumsumexp"),
            *("median", "mode", "nanmedian", "nonzero", "searchsorted"),
            *("Tensor.unfold", "unique"),
        ),
        ("",),
    ),
    "isin": ("",),
    "sinc": ("",),
    "tan in place": ("sinc_",),
    "atan2": ("",),
    "hypot": ("",),
    "copysign": ("",),
    "logaddexp": ("",),
    "nextafter": ("",),
    "heaviside": ("",),
    "gcd": ("",),
    "bitwise_left_shift": ("",),
    "isposinf": ("",),
    "norm of singular values": ("",),
    "cumprod": ("",),
    **dict.fromkeys(("lgamma", "digamma", "polygamma", "mvlgamma", "erfinv", "i0"), ("",)),
    **{
        f"special.{name}": ("",)
        for name in ("i0e", "i1", "i1e", "log_ndtr", "ndtri", "erfcx", "gammainc")
    },
    **dict.fromkeys(("xlogy", "special.xlog1py", "special.entr"), ("",)),
    "Tensor.__getitem__": (
        *(
            "x[True]",
            "tensor(True)",
            ":, True",
            "> 0]",
            "> 9]",
            "False, 0",
            "[[0, 1], :",
            "[[0], [1]]), None]",
        ),
    ),
    "gather": ("T.tensor([])",),
    "scatter": ("T.tensor([])",),
    "take_along_dim": ("argmax(0",),
    "where": ("T.where(x > 0)", "T.where(x)"),
    "masked_scatter": ("y > 0",),
    "masked_select": ("",),
    "nn.functional.embedding_bag": ("'max', padding_idx",),
    "nn.functional.scaled_dot_product_attention": ("dropout_p=1.0",),
    "nn.functional.conv_transpose1d": ("output_padding=2",),
    **{
        row.name: ("",) for row in (*systems.ROWS, *decompositions.ROWS) if row.name != "linalg.det"
    },
    "linalg.systems without a derivative": ("T.",),
    "linalg.matrix_power": ("-2",),
    "linalg.matrix_norm": ("'nuc'",),
    "linalg.vander": ("",),
    "nn.functional.batch_norm with running statistics": ("True",),
    "nn.functional.adaptive_max_pool2d with indices": ("(3, 2)",),
    "nn.functional.grid_sample of volumes": ("",),
    **dict.fromkeys(("nn.functional.fractional_max_pool2d", "FractionalMaxPool2d"), ("",)),
    **dict.fromkeys(("nn.functional.fractional_max_pool3d", "FractionalMaxPool3d"), ("",)),
    "AdaptiveLogSoftmaxWithLoss": ("",),
    **dict.fromkeys(("histogram", "index_reduce", "as_strided_scatter", "frexp", "vander"), ("",)),
    "nn.functional.ctc_loss": ("",),
    "CTCLoss": ("",),
    "nn.functional.multilabel_margin_loss": ("",),
    "MultiLabelMarginLoss": ("",),
}
REFUSED_OPTIONS = ("proj_size",)
DRAWS = (
    "bernoulli",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "Tensor.bernoulli_",
    "dropout",
    "rrelu",
)


class Program(nn.Module):
    """A function as a model."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


@pytest.fixture(autouse=True)
def _float32_by_default() -> Iterator[None]:
    before = mytorch.get_default_dtype()
    mytorch.set_default_dtype(mytorch.float32)
    yield
    mytorch.set_default_dtype(before)


def session(model: nn.Module, *inputs: Any, **options: Any) -> Any:
    file = io.BytesIO()
    mytorch.onnx.export(model, inputs, file, **options)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    return ort.InferenceSession(file.getvalue(), settings, providers=["CPUExecutionProvider"])


def flat(output: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (tuple, list)):
        return [array for part in output for array in flat(part)]
    return [output.data]


def assert_computes(model: nn.Module, ran: Any, *arrays: np.ndarray[Any, Any]) -> None:
    """The session gives what the model gives."""
    names = [value.name for value in ran.get_inputs()]
    found = ran.run(None, dict(zip(names, arrays, strict=True)))
    wanted = flat(model(*(Tensor(array.copy()) for array in arrays)))
    assert len(found) == len(wanted)
    for ours, theirs in zip(wanted, found, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(theirs, ours, 1e-5, 1e-5)


def together(functions: list[Callable[..., Any]], groups: list[list[Any]]) -> Program:
    """One model that applies each function to its own inputs: a session takes its time."""

    def program(*inputs: Any) -> list[Any]:
        rest = iter(inputs)
        pairs = zip(functions, groups, strict=True)
        return [function(*(next(rest) for _ in group)) for function, group in pairs]

    return Program(program)


def check_all(
    functions: list[Callable[..., Any]], groups: list[list[Any]], modules: list[nn.Module]
) -> None:
    model = together(functions, groups).eval()
    model.modules_that_are_called = nn.ModuleList(modules)
    arrays = [array for group in groups for array in group]
    assert_computes(model, session(model, *map(Tensor, arrays)), *arrays)


def has_operator(row: Operation, form: str) -> bool:
    return not any(part in form for part in NO_OPERATOR.get(row.name, ()))


def draws(row: Operation) -> bool:
    return any(name in row.name for name in DRAWS)


ROWS = [row for row in OPERATIONS if not draws(row)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_operations(row: Operation) -> None:
    functions, groups = [], []
    for case in row.cases():
        arrays = case.inputs(0, np.float32)
        made = case.outputs(mytorch, *map(Tensor, case.inputs(0, np.float32)))
        if any(array.size == 0 for array in arrays) or not all(
            isinstance(out, Tensor) and out.numel() for out in made
        ):
            continue

        def function(*inputs: Any, case: Any = case) -> Any:
            return case.outputs(mytorch, *inputs)

        if has_operator(row, case.form):
            functions.append(function)
            groups.append(arrays)
        else:
            with pytest.raises(OnnxExporterError, match=r"onnx\.export: .*(\n  in Program)?"):
                mytorch.onnx.export(Program(function), tuple(map(Tensor, arrays)), io.BytesIO())
    if functions:
        check_all(functions, groups, [])


@pytest.mark.filterwarnings("ignore:.*batchmean")
@pytest.mark.parametrize(
    "row", [row for row in LAYERS if row.kind not in NO_OPERATOR], ids=lambda row: row.name
)
def test_modules(row: Layer) -> None:
    mytorch.manual_seed(0)
    functions, groups, modules = [], [], []
    for case in row.cases():
        module = case.make(mytorch).eval()
        for value in module.state_dict().values():
            if value.dtype.kind == "f":
                value.uniform_(0.5, 1.5)
        for call in row.calls[:1]:
            for arrays in case.inputs(0, np.float32):
                if any(array.size == 0 for array in arrays):
                    continue

                def function(*inputs: Any, module: Any = module, call: Any = call) -> Any:
                    names = dict(zip("xyz", inputs, strict=False))
                    return evaluate(call, mytorch, m=module, **names)

                refused = [name for name in REFUSED_OPTIONS if getattr(module, name, None)]
                if not refused:
                    modules.append(module)
                    functions.append(function)
                    groups.append(arrays)
                else:
                    match = rf"{refused[0]}(.|\n)*: {row.kind.split('.')[0]}\("
                    with pytest.raises(OnnxExporterError, match=match):
                        mytorch.onnx.export(
                            holding(module, function), tuple(map(Tensor, arrays)), io.BytesIO()
                        )
    if functions:
        check_all(functions, groups, modules)


def holding(module: nn.Module, function: Callable[..., Any]) -> Program:
    program = Program(function)
    program.module = module
    return program


class Attention(nn.Module):
    """A block of a transformer over tokens."""

    def __init__(self, heads: int = 2, width: int = 8) -> None:
        super().__init__()
        self.embedding, self.norm = nn.Embedding(11, width), nn.LayerNorm(width)
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, 5)
        self.heads = heads

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        x = self.embedding(tokens)
        n, length, width = x.shape
        parts = self.project(self.norm(x)).reshape(n, length, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) / (width / self.heads) ** 0.5
        later = mytorch.triu(mytorch.ones_like(scores), 1) > 0
        weights = scores.masked_fill(later, -1e9).softmax(-1)
        logits = self.out(x + (weights @ v).transpose(1, 2).reshape(n, length, width))
        return {"logits": logits, "pooled": x.mean(1), "best": logits.argmax(-1)}


class Mixed(nn.Module):
    """Normalisation, changes in place, and shapes that follow the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.batch_norm = nn.Linear(6, 4, bias=False), nn.BatchNorm1d(4)
        self.group_norm, self.dropout = nn.GroupNorm(2, 4), nn.Dropout()

    def forward(self, x: Tensor) -> Any:
        y = F.relu(self.batch_norm(self.linear(x)), inplace=True)
        y += 1
        z = mytorch.zeros(len(x), 4) + self.group_norm(self.dropout(y))
        joined = mytorch.cat([z, y[:, ::2]], 1).flatten(1).T
        return joined, x[:-1], x[1 : len(x)], (y > 1).all(1), y.expand(3, *y.shape), y.topk(2, 1)


def test_free_axes_stay_free() -> None:
    random = np.random.default_rng(0)
    model = Attention().eval()
    tokens = random.integers(0, 11, (2, 5))
    axes = {"tokens": {0: "batch", 1: "time"}}
    ran = session(
        model, Tensor(tokens), output_names=["logits", "pooled", "best"], dynamic_axes=axes
    )
    assert [value.shape for value in ran.get_inputs()] == [["batch", "time"]]
    assert [value.shape for value in ran.get_outputs()] == [
        ["batch", "time", 5],
        ["batch", 8],
        ["batch", "time"],
    ]
    for shape in ((2, 5), (7, 3), (1, 1)):
        assert_computes(model, ran, random.integers(0, 11, shape))

    other = Mixed().eval()
    x = random.normal(size=(3, 6)).astype(np.float32)
    ran = session(other, Tensor(x), input_names=["rows"], dynamic_axes={"rows": [0]})
    for rows in (2, 3, 9):
        assert_computes(other, ran, random.normal(size=(rows, 6)).astype(np.float32))


def test_images_of_any_size() -> None:
    pools = nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)
    model = nn.Sequential(nn.Conv2d(1, 2, 3, 2), *pools).eval()
    x = np.random.default_rng(0).normal(size=(2, 1, 19, 16)).astype(np.float32)
    free = {"images": {2: "height", 3: "width"}}
    ran = session(model, Tensor(x), input_names=["images"], dynamic_axes=free)
    assert_computes(model, ran, x[..., :15, :11])
    with pytest.raises(OnnxExporterError, match="MaxPool does along an axis that dynamic_axes"):
        session(nn.MaxPool2d(2, ceil_mode=True), Tensor(x), dynamic_axes={"input": [2]})


def test_names_of_the_file_are_the_states(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout(), nn.Linear(2, 2))
    before = {name: value.data.copy() for name, value in model.state_dict().items()}
    model[2].eval()
    path = tmp_path / "net.onnx"
    mytorch.onnx.export(model, mytorch.ones(4, 3), path, opset_version=21)
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    names = {tensor.name for tensor in proto.graph.initializer}
    assert names == before.keys() - {"1.num_batches_tracked"}
    assert [entry.version for entry in proto.opset_import] == [21]
    assert proto.producer_name == "mytorch"
    assert [node.op_type for node in proto.graph.node][:2] == ["Gemm", "BatchNormalization"]
    # Nothing has changed: modes, parameters, running statistics.
    assert [model[i].training for i in range(4)] == [True, True, False, True]
    assert all((value.data == before[name]).all() for name, value in model.state_dict().items())


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return Tensor(x.data**3)


class Halves(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Any:
        return x[:, :2] * 2, x[:, 2:] * 3


def by_value(x: Tensor) -> Tensor:
    return x if x.sum() > 0 else -x


def by_numpy(x: Tensor) -> Tensor:
    y = x * 1
    y.data[0] = 0
    return y


def written(x: Tensor, index: Any, value: Tensor) -> Tensor:
    x[index] = value
    return x


def by_steps(x: Tensor) -> Tensor:
    for _ in range(len(x)):
        x = x * 2
    return x


REFUSED: dict[Callable[[Any], Any], str] = {
    lambda x: F.ctc_loss(x.log_softmax(1), [[1]], [3], [1]): "CTC has no operator",
    lambda x: F.dropout(x, 0.5, True): "draws random numbers(.|\n)*in Program",
    by_value: "depends on their values",
    by_steps: "depends on their values or sizes",
    lambda x: mytorch.tensor(np.sin(x.data)): "the output takes a value .* NumPy",
    by_numpy: "the output takes a value .* NumPy",
    lambda x: x + (x.data > 0): "Add takes a value .* NumPy",
    lambda x: x.cumprod(0): "CumProd has no operator(.|\n)*in Program",
    lambda x: x.var(0): "the variance over an axis that dynamic_axes leaves free",
    lambda x: x.reshape(-1, 2) + mytorch.zeros(len(x) * 2, 2): "is not the size of an axis",
    lambda x: Cube.apply(x): r"Cube has no operator",
    lambda x: Halves.apply(x)[0] + 1: r"Halves has no operator",
    lambda x: x[:2, None].expand(2, 3, 4)[[0, 1], [2, 0], 1:]: "several arrays beside slices",
    lambda x: written(x * 1, x > -99, x.flatten()): "a value for each element of a mask",
    lambda x: x.double() if len(x) == 3 else x.float(): "depends on their values or sizes",
}


@pytest.mark.parametrize("function", REFUSED)
def test_refusals(function: Callable[[Any], Any]) -> None:
    x = mytorch.arange(12.0).reshape(3, 4) - 3
    file = io.BytesIO()
    with pytest.raises(OnnxExporterError, match=REFUSED[function]) as caught:
        mytorch.onnx.export(Program(function), x, file, dynamic_axes={"input_0": [0]})
    assert isinstance(caught.value, (RuntimeError, NotImplementedError))
    assert not file.getvalue()


def in_parts(x: Tensor) -> Tensor:
    """What a loop over steps does, and what it adds is changed later."""
    before, out = mytorch.ones(4), mytorch.empty(len(x), 3, 4).copy_(x[:, None] * 0)
    first = x + before
    before.zero_()
    for step in range(2):
        out[:, 2 - step] = first + step
    out[..., 3] = 0.25
    out[out > 2] = 0.5
    out[mytorch.tensor([0, -1])] = first[:, None]
    return out + out[:, :, mytorch.tensor([True, False, True, False])].sum(2, keepdim=True)


def test_changes_in_place_are_followed() -> None:
    model, random = Program(in_parts).eval(), np.random.default_rng(0)
    x = random.normal(size=(2, 4)).astype(np.float32)
    ran = session(model, Tensor(x), input_names=["x"])
    assert_computes(model, ran, x * 2)


class Counting(nn.Module):
    """Remembers its runs, in training or not, beside a constant that is NaN."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", Tensor([0.0, np.nan]))
        self.unknown = Tensor([np.nan, 1.0])

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return x + self.unknown - x * self.unknown


def test_a_run_leaves_no_trace_and_a_constant_is_written_once() -> None:
    model, file = Counting(), io.BytesIO()
    mytorch.onnx.export(model, mytorch.ones(2), file)
    np.testing.assert_array_equal(model.seen.data, [0, np.nan])
    assert len(onnx.load_from_string(file.getvalue()).graph.initializer) == 1


def test_what_no_output_needs_may_have_no_operator() -> None:
    model = Program(lambda x: (x.cumprod(0), x + 1)[1]).eval()
    x = np.ones((2, 2), np.float32)
    assert_computes(model, session(model, Tensor(x)), x)


def test_a_view_of_what_was_changed_in_place_is_refused() -> None:
    def program(x: Tensor) -> Tensor:
        y = x * 1
        row = y[0]
        row.zero_()
        return y

    with pytest.raises(OnnxExporterError, match="changed in place"):
        session(Program(program), mytorch.ones(2, 2))


def test_arguments_are_checked(tmp_path: Path) -> None:
    model, x, path = nn.Linear(2, 2), mytorch.ones(1, 2), tmp_path / "net.onnx"
    with pytest.raises(ValueError, match="opset_version from 18 to"):
        mytorch.onnx.export(model, x, path, opset_version=7)
    with pytest.raises(ValueError, match="2 input_names for 1 tensors"):
        mytorch.onnx.export(model, x, path, input_names=["a", "b"])
    with pytest.raises(ValueError, match="2 output_names for 1 outputs"):
        mytorch.onnx.export(model, x, path, output_names=["a", "b"])
    with pytest.raises(ValueError, match="names axis 2 of 'input'"):
        mytorch.onnx.export(model, x, path, dynamic_axes={"input": [2]})
    with pytest.raises(ValueError, match=r"dynamic_axes names \['inputs'\]; the inputs are"):
        mytorch.onnx.export(model, x, path, dynamic_axes={"inputs": [0]})
    with pytest.raises(ValueError, match="shape") as caught:
        mytorch.onnx.export(model, x, path, dynamic_axes={"input": [1]})
    assert "inputs of shape (1, 3)" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="two values have the name 'weight'"):
        mytorch.onnx.export(model, x, path, input_names=["weight"])
    with pytest.raises(TypeError, match="expected a Module"):
        mytorch.onnx.export(lambda x: x, x, path)
    for option, junk in (
        ("input_names", "a"),
        ("output_names", [1]),
        ("dynamic_axes", [0]),
        ("opset_version", "18"),
    ):
        with pytest.raises(TypeError, match=rf"^onnx.export: .*{option}.*, got"):
            mytorch.onnx.export(model, x, path, **{option: junk})
    assert not path.exists()


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'mytorch-numpy\[onnx\]'"):
        mytorch.onnx.export(nn.ReLU(), mytorch.ones(1), io.BytesIO())
