"""What Python or NumPy raise of an argument that is none names the operation and the argument."""

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

import mytorch
from mytorch import DtypeError, ShapeError, Tensor, nn
from mytorch.nn import functional as F

ROWS, MATRIX, IMAGE = Tensor.ones(2, 3), Tensor.ones(2, 2), Tensor.ones(1, 2, 4)
PAIR, RUNNING = np.ones(2), (Tensor.zeros(3), Tensor.ones(3))
REFUSALS = [
    (lambda: mytorch.cdist(ROWS, ROWS, p=None), TypeError, "cdist: expected float as p, got None"),
    (lambda: mytorch.addmm(None, MATRIX, MATRIX), TypeError, "addmm: expected Tensor as input"),
    (lambda: mytorch.quantile(ROWS, "x"), TypeError, "quantile: .* as q, got str 'x'"),
    (lambda: mytorch.linalg.tensorinv(MATRIX, None), TypeError, "tensorinv: expected int as ind"),
    (lambda: F.pad(IMAGE, None), TypeError, "pad: expected a sequence of integers as pad"),
    (lambda: F.interpolate(IMAGE, scale_factor="x"), ValueError, "scale_factor = str 'x'"),
    (lambda: F.interpolate(Tensor(1.0), 2), RuntimeError, r"interpolate: .* got shape \(\)"),
    (lambda: F.avg_pool1d(IMAGE, 10**30), ValueError, "avg_pool1d: .* kernel_size: Sizes; got"),
    (lambda: F.avg_pool1d(IMAGE), TypeError, "missing 1 required"),
    (lambda: F.group_norm(IMAGE, None), TypeError, "group_norm: expected int as num_groups"),
    (lambda: F.kl_div(ROWS, ROWS, reduction=np.ones(2)), TypeError, "str as reduction, got ndarr"),
    (lambda: F.batch_norm(ROWS, None, None, "a"), TypeError, "batch_norm: expected Tensors or"),
    (lambda: F.layer_norm(ROWS, 1.5), TypeError, "layer_norm: .* as normalized_shape, got 1.5"),
    (lambda: F.dropout(ROWS, None), ValueError, "dropout: expected a probability .* got None"),
    (lambda: F.conv1d(IMAGE, IMAGE, groups=None), TypeError, "conv1d: groups: expected an integer"),
    (lambda: F.huber_loss(ROWS, ROWS, delta="a"), ValueError, "huber_loss: .* delta, got 'a'"),
    (lambda: F.smooth_l1_loss(ROWS, ROWS, beta=None), ValueError, "smooth_l1_loss: .* got None"),
    (lambda: F.hardtanh(ROWS, None), TypeError, "hardtanh: expected numbers as min_val"),
    (lambda: F.cross_entropy(ROWS, [0, 1], ignore_index=None), TypeError, "ignore_index: expected"),
    (lambda: F.nll_loss(ROWS, [0, 1], ignore_index=0.5), TypeError, "nll_loss: ignore_index: exp"),
    (
        lambda: F.embedding(Tensor([0]), ROWS, padding_idx=0.5),
        TypeError,
        "embedding: padding_idx: expect",
    ),
    (lambda: mytorch.zeros(2, dtype="x"), TypeError, "zeros: .*dtype: DTypeLike"),
    (lambda: ROWS.to("x"), TypeError, "to: expected a dtype, a device or a Tensor, got str 'x'"),
    (lambda: ROWS.to(object()), TypeError, "to: expected a dtype, a device or a Tensor, got obj"),
    (lambda: mytorch.promote_types("x", int), TypeError, "promote_types: expected type1"),
    (lambda: ROWS.normal_(None), TypeError, "normal_: mean: expected a number, got NoneTyp"),
    (lambda: mytorch.addmv(None, ROWS, ROWS[0]), TypeError, "addmv: expected Tensor as input"),
    (lambda: F.normalize(ROWS, eps="a"), TypeError, "normalize: expected float as eps, got str"),
    (lambda: nn.Conv2d("1", 2, 3), TypeError, "Conv2d: expected int as in_channels, got str '1'"),
    (lambda: nn.MultiheadAttention(4, None), TypeError, "MultiheadAttention: .* as num_heads, got"),
    (lambda: nn.Dropout("a"), TypeError, "^Dropout: expected float as p, got str 'a'"),
    (lambda: nn.LayerNorm(1.5), TypeError, "LayerNorm: expected .* got normalized_shape = float"),
    (lambda: nn.LSTM(2, 3, dropout="a"), ValueError, "LSTM: expected as dropout a probability"),
    (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(3, 9, [3], 0),
        ZeroDivisionError,
        "AdaptiveLogSoftmaxWithLoss: .* div_value = int 0",
    ),
    (lambda: ROWS.take(None), TypeError, "take"),
    # An array, of which Python asks the truth.
    *(
        (partial(loss, ROWS, target, reduction=PAIR), ValueError, f"{loss.__name__}: .* reduction")
        for loss, target in (
            *((getattr(F, f"{name}_loss"), ROWS) for name in ("mse", "l1", "huber", "smooth_l1")),
            *((loss, [0, 1]) for loss in (F.cross_entropy, F.nll_loss)),
            *((loss, ROWS) for loss in (F.binary_cross_entropy, F.soft_margin_loss)),
        )
    ),
    (lambda: F.huber_loss(ROWS, ROWS, delta=PAIR), ValueError, "huber_loss: .* positive delta"),
    (lambda: F.smooth_l1_loss(ROWS, ROWS, beta=PAIR), ValueError, "smooth_l1_loss: .* a beta"),
    (lambda: F.dropout(ROWS, PAIR), ValueError, "dropout: expected a probability"),
    (lambda: F.hardtanh(ROWS, PAIR), TypeError, "hardtanh: expected numbers"),
    (lambda: F.celu(ROWS, PAIR), TypeError, "celu: alpha: expected a number, got ndarray"),
    (lambda: F.gelu(ROWS, approximate=PAIR), RuntimeError, "gelu: expected approximate"),
    (lambda: F.relu(ROWS, PAIR), TypeError, "relu: expected True or False as inplace"),
    (lambda: ROWS.div(2, rounding_mode=PAIR), RuntimeError, "div: expected a rounding_mode"),
    (lambda: mytorch.full((2,), PAIR), TypeError, r"full: expected a number, .* shape \(2,\)"),
    (lambda: ROWS.movedim(PAIR, 0), TypeError, "movedim: expected an integer"),
    (lambda: F.batch_norm(ROWS, *RUNNING, training=True, momentum=PAIR), TypeError, "batch_norm: "),
    (lambda: F.batch_norm(ROWS, *RUNNING, training=True, momentum="a"), TypeError, "batch_norm: "),
    (
        lambda: F.cross_entropy(ROWS, [0, 1], label_smoothing="a"),
        TypeError,
        "cross_entropy: label_smoothing: expected a number, got str",
    ),
    (lambda: F.cross_entropy(ROWS, [[1], [2, 3]]), ValueError, "cross_entropy: expected labels"),
    (lambda: F.nll_loss(ROWS, [[1], [2, 3]]), ValueError, "nll_loss: expected labels"),
    (lambda: mytorch.tensor({}, dtype=float), TypeError, "Tensor: expected numbers, got dict"),
    (lambda: mytorch.tensor(1j, dtype=float), TypeError, "Tensor: expected numbers, got complex"),
    (lambda: mytorch.ones_like(ROWS, dtype=1.5), TypeError, "ones_like: .*dtype"),
    (lambda: mytorch.full((2,), 1, dtype=-7), TypeError, "full: .*dtype"),
    (lambda: F.conv1d(IMAGE, IMAGE, stride=2**70), ValueError, "conv1d: .* stride"),
    (lambda: F.unfold(IMAGE[..., None], 1, padding=2**70), ValueError, "unfold: .* padding"),
    (
        lambda: ROWS.round(decimals=MATRIX),
        TypeError,
        "round: decimals: expected an integer, got Te",
    ),
    (lambda: ROWS.norm(MATRIX), ShapeError, "norm: p: the truth of a tensor of shape"),
    (lambda: F.normalize(ROWS, ROWS), ShapeError, "normalize: p: the truth of a tensor"),
    (lambda: F.dropout(ROWS, MATRIX), ValueError, "dropout: expected a probability"),
    (lambda: nn.Dropout(MATRIX), ShapeError, "Dropout: p: the truth of a tensor"),
    (lambda: bool(ROWS), ShapeError, r"^the truth of a tensor of shape \(2, 3\) is ambiguous"),
    (lambda: ROWS.sum(Tensor(0.5)), TypeError, "sum: dim: iteration over a 0-d tensor"),
    (lambda: ROWS.sum(""), TypeError, "sum: expected axes, got str ''"),
    (lambda: ROWS.sum((True, False)), TypeError, "sum: expected an axis, got True"),
    (lambda: ROWS.amax(Tensor([True, False])), TypeError, "max: expected an integer, got Tensor"),
    (lambda: mytorch.zeros(b"x"), TypeError, "zeros: expected an integer, got bytes"),
    (lambda: ROWS.topk(True), TypeError, "topk: expected an integer, got bool"),
    (lambda: F.avg_pool1d(IMAGE, 2, b"x"), TypeError, "avg_pool1d: stride: expected an integer"),
    (lambda: F.interpolate(IMAGE, b"x"), TypeError, "interpolate: size: expected an integer, got"),
    (lambda: mytorch.tensor([1], dtype=1.5), TypeError, "tensor: dtype: expected a dtype, got fl"),
    (lambda: mytorch.tensor(1, dtype=ROWS), TypeError, "tensor: dtype: expected a dtype, got Te"),
    (lambda: ROWS.logit("a"), TypeError, "logit: eps: expected a number, got str 'a'"),
    (lambda: ROWS.nan_to_num([1]), TypeError, "nan_to_num: nan: expected a number, got list"),
    (lambda: F.leaky_relu(ROWS, [1]), TypeError, "leaky_relu: negative_slope: expected a number"),
    (lambda: F.threshold(ROWS, None, 1.0), TypeError, "threshold: threshold: expected a number"),
    (lambda: ROWS.addcmul(ROWS, ROWS, value=None), TypeError, "addcmul: value: expected a number"),
    (lambda: mytorch.addcmul(1.0, ROWS, ROWS), TypeError, "addcmul: expected a Tensor, got float"),
    (lambda: mytorch.addr(1.0, ROWS[0], ROWS[0]), TypeError, "addr: expected Tensor as input"),
    (lambda: mytorch.baddbmm(None, IMAGE, IMAGE.mT), TypeError, "baddbmm: expected Tensor as inp"),
    (lambda: ROWS.view_as(3), TypeError, "view_as: expected a Tensor, got int"),
    (lambda: F.bilinear(ROWS, ROWS, IMAGE, 1.5), TypeError, "bilinear: expected a Tensor, got flo"),
    (lambda: F.pad(IMAGE, ""), TypeError, "pad: expected a sequence of integers as pad, got str"),
    (lambda: F.conv1d(IMAGE, IMAGE, stride=True), TypeError, "conv1d: .* as stride, got bool True"),
    (lambda: F.conv1d(IMAGE, IMAGE, padding=b"x"), TypeError, "conv1d: .* as padding, got bytes"),
    (lambda: ROWS.round(decimals=""), TypeError, "round: decimals: expected an integer, got str"),
    (
        lambda: F.batch_norm(ROWS, None, None, training=True, eps=[1]),
        TypeError,
        "batch_norm: eps: expected a number, got list",
    ),
    (
        lambda: F.embedding(Tensor([0]), ROWS.clone(), max_norm=[1]),
        TypeError,
        "embedding: max_norm: expected a number, got list",
    ),
    (lambda: mytorch.tensor([1.0, None], dtype=float), DtypeError, "expected numbers, got None"),
    (lambda: mytorch.tensor(None, dtype=float), DtypeError, "Tensor: expected numbers, got None"),
    (lambda: mytorch.tensor([["1.5"]], dtype=float), DtypeError, "expected numbers, got None or"),
    (lambda: mytorch.tensordot(ROWS, ROWS, None), TypeError, "tensordot"),
    (lambda: ROWS.isclose(ROWS, rtol=None), TypeError, "isclose: expected float as rtol"),
    (lambda: ROWS.isclose(ROWS, rtol=np.nan), RuntimeError, "isclose: expected tolerances"),
    (lambda: ROWS.sum({}), TypeError, "sum: expected axes, got dict"),
    (
        lambda: F.multi_head_attention_forward(
            *[ROWS] * 3, 3, 1, Tensor.ones(9, 3), None, ROWS, *[None] * 2, 0.0, MATRIX, None
        ),
        TypeError,
        "expected both bias_k and bias_v",
    ),
    (
        lambda: F.multi_head_attention_forward(
            *[ROWS] * 3, 3, 1, Tensor.ones(8, 3), *[None] * 3, False, 0.0, MATRIX, None
        ),
        RuntimeError,
        r"in_proj_weight of shape \(9, 3\) .* got \(8, 3\)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), REFUSALS)
def test_a_raw_error_names_the_operation(
    call: Callable[[], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert re.search(words, str(caught.value))


FLAGS = [
    lambda: F.max_pool1d(IMAGE, 2, ceil_mode="a"),
    lambda: F.interpolate(IMAGE, 2, mode="linear", align_corners="a"),
    lambda: F.affine_grid(Tensor.ones(1, 2, 3), (1, 1, 2, 2), align_corners="a"),
    lambda: F.kl_div(ROWS, ROWS, log_target="a"),
    lambda: mytorch.linalg.cholesky(MATRIX, upper="a"),
    lambda: mytorch.linalg.solve(MATRIX, MATRIX, left="a"),
    lambda: mytorch.linalg.solve_triangular(MATRIX, MATRIX, upper="a"),
    lambda: mytorch.combinations(ROWS[0], with_replacement="a"),
    lambda: mytorch.searchsorted(ROWS[0], ROWS[0], right="a"),
    lambda: mytorch.isin(ROWS, ROWS, invert="a"),
    lambda: mytorch.vander(ROWS[0], increasing="a"),
    lambda: mytorch.hann_window(3, "a"),
    lambda: ROWS.index_put([Tensor([0])], ROWS[:1], accumulate="a"),
    lambda: ROWS.multinomial(1, "a"),
    lambda: mytorch.nonzero(ROWS, as_tuple="a"),
]
FLAGS_OF_NONE = [
    lambda: ROWS.argmax(0, keepdim=None),
    lambda: ROWS.sort(0, None),
    lambda: mytorch.linalg.cholesky(MATRIX, upper=None),
    lambda: mytorch.linalg.solve(MATRIX, MATRIX, left=None),
]


@pytest.mark.parametrize("call", FLAGS)
def test_a_flag_is_true_or_false(call: Callable[[], object]) -> None:
    """Any text would be True."""
    with pytest.raises(TypeError, match=r"^\w+: expected True or False as \w+, got str 'a'"):
        call()


@pytest.mark.parametrize("call", FLAGS_OF_NONE)
def test_none_is_no_flag(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"^\w+: expected True or False as \w+, got NoneType None"):
        call()
