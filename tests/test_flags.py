"""Flags are True or False; what else is given for one is refused with the cure."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

FLAGS = [
    ("Tensor(2.0, 3)", "requires_grad, got int 3"),
    ("Tensor([2], 3, 4)", "requires_grad, got int 3"),
    ("Tensor([1.0], is_leaf=0)", "is_leaf"),
    ("Tensor([1.0], True, True, 'yes')", "is_parameter, got str 'yes'"),
    ("Tensor([1.0], np.float32)", "requires_grad, got type"),
    ("T.tensor([1.0], None, 3)", "requires_grad"),
    ("T.zeros(2, requires_grad=3)", "requires_grad"),
    ("T.randn(2, requires_grad=x)", "requires_grad, got Tensor"),
    ("x.requires_grad_(3)", "requires_grad"),
    ("setattr(x, 'requires_grad', 3)", "requires_grad, got int 3"),
    ("setattr(x, 'is_parameter', None)", "is_parameter"),
    ("setattr(x, 'is_leaf', 2)", "is_leaf, got int 2"),
    ("T.nn.Parameter(x, 3)", "requires_grad"),
    ("x.sum(0, 1)", "sum: expected True or False as keepdim, got int 1"),
    ("x.sum(axis=0, keepdims=1)", "keepdim"),
    ("x.mean(0, 1)", "mean: .*keepdim"),
    ("x.var(0, keepdim=1)", "keepdim"),
    ("x.prod(0, 1)", "keepdim"),
    ("x.norm(2, 0, 1)", "keepdim"),
    ("x.logsumexp(0, 1)", "keepdim"),
    ("x.max(0, 1)", "keepdim"),
    ("x.amin(0, 1)", "keepdim"),
    ("x.argmax(0, 1)", "keepdim"),
    ("x.all(0, 1)", "keepdim"),
    ("T.linalg.vector_norm(x, 2, 0, 1)", "keepdim"),
    ("T.linalg.norm(x, None, 0, 'yes')", "keepdim"),
    ("x.sort(0, 1)", "descending"),
    ("x.argsort(0, stable=1)", "stable"),
    ("x.topk(1, 0, 1)", "largest"),
    ("x.isclose(x, 0.0, 0.0, 1)", "equal_nan"),
    ("T.allclose(x, x, 0.0, 0.0, 1)", "equal_nan"),
    ("y.backward(x, 3)", "retain_graph, got int 3"),
    ("y.backward(None, None, 3)", "create_graph"),
    ("T.autograd.backward(y, None, 3)", "retain_graph"),
    ("T.autograd.grad(y, w, None, 3)", "retain_graph"),
    ("T.autograd.grad(y, w, create_graph=1)", "create_graph"),
    ("T.autograd.grad(y, w, None, None, False, True, 1)", "allow_unused"),
    ("T.autograd.grad(y, w, None, None, False, 1)", "only_inputs"),
    ("T.set_grad_enabled(3)", "mode"),
    ("T.autograd.set_detect_anomaly(3)", "mode"),
    ("T.nn.functional.relu(x, 3)", "relu: .*inplace"),
    ("T.nn.functional.dropout(x, 0.5, 3)", "training"),
    ("T.nn.functional.kl_div(x, x, log_target=1)", "log_target"),
    ("T.nn.functional.embedding(i, m, None, None, 2.0, 1)", "scale_grad_by_freq"),
    ("T.nn.functional.pairwise_distance(x, x, 2.0, 1e-6, 1)", "keepdim"),
    ("T.nn.Linear(2, 2, 'no')", "Linear: .*bias, got str 'no'; .*Linear.*bias=True"),
    ("T.nn.Linear(2, 2, 3)", "bias"),
    ("T.nn.Linear(2, 2, None)", "bias"),
    ("T.nn.ReLU(inplace='x')", "ReLU: .*inplace"),
    ("T.nn.ReLU(64)", "inplace"),
    ("T.nn.LeakyReLU(0.1, 0.2)", "LeakyReLU: .*inplace"),
    ("T.nn.Hardtanh(0.0, 1.0, [])", "inplace"),
    ("T.nn.Threshold(0.0, 1.0, 2)", "inplace"),
    ("T.nn.Dropout(0.5, 'x')", "Dropout: .*inplace"),
    ("T.nn.BatchNorm1d(2, 1e-5, 0.1, 'x')", "BatchNorm1d: .*affine"),
    ("T.nn.BatchNorm1d(2, track_running_stats='x')", "track_running_stats"),
    ("T.nn.BatchNorm1d(2, bias='x')", "bias"),
    ("T.nn.LayerNorm(2, 1e-5, 2)", "LayerNorm: .*elementwise_affine"),
    ("T.nn.LayerNorm(2, bias='x')", "bias"),
    ("T.nn.RMSNorm(2, None, 2)", "RMSNorm: .*elementwise_affine"),
    ("T.nn.GroupNorm(1, 2, 1e-5, 'x')", "GroupNorm: .*affine"),
    ("T.nn.GroupNorm(1, 2, bias='x')", "bias"),
    ("T.nn.Embedding(2, 2, scale_grad_by_freq=1)", "scale_grad_by_freq"),
    ("T.nn.Embedding.from_pretrained(m, 'no')", "freeze"),
    ("T.nn.KLDivLoss(log_target=1)", "log_target"),
    ("T.nn.PairwiseDistance(2.0, 1e-6, 1)", "keepdim"),
    ("layer.register_buffer('x', None, 'no')", "persistent"),
    ("layer.load_state_dict(layer.state_dict(), 'x')", "strict"),
    ("layer.load_state_dict(layer.state_dict(), assign='x')", "assign"),
    ("layer.requires_grad_(1)", "requires_grad"),
    ("layer.zero_grad('x')", "zero_grad: .*set_to_none"),
    ("T.optim.SGD([w], lr=0.1).zero_grad('x')", "zero_grad: .*set_to_none"),
    ("layer.state_dict(keep_vars='x')", "keep_vars"),
    ("list(layer.parameters('x'))", "named_parameters: .*recurse"),
    ("list(layer.named_buffers('', True, 'x'))", "named_buffers: .*remove_duplicate"),
    ("x.to(T.float64, copy=3)", "copy"),
    ("x.to(T.float32, non_blocking=3)", "non_blocking"),
    ("T.nn.functional.batch_norm(m, x[:1], x[:1], training=3)", "training"),
    ("T.nn.utils.clip_grad_norm_(w, 1.0, error_if_nonfinite='x')", "error_if_nonfinite"),
]


@pytest.mark.parametrize(("attempt", "says"), FLAGS)
def test_a_flag_is_true_or_false(attempt: str, says: str) -> None:
    x, w = Tensor([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=True)
    names = {"T": mytorch, "np": np, "Tensor": Tensor, "x": x, "w": w, "y": w * w}
    names |= {"i": Tensor([0]), "m": Tensor([[1.0]]), "layer": mytorch.nn.Linear(1, 1)}
    with pytest.raises(TypeError, match=f"expected True or False as .*{says}|{says}"):
        eval(attempt, names)
    assert mytorch.is_grad_enabled()
    assert (x.requires_grad, x.is_parameter, w.grad) == (False, False, None)


# PyTorch's Python asks such a flag for its truth, and programs give 1 and 0.
OPTIONS = [
    ("nn.Linear(2, 2, {})", "bias is not None"),
    ("nn.BatchNorm1d(2, affine={})", "weight is not None"),
    ("nn.BatchNorm1d(2, affine={})", "affine"),
    ("nn.BatchNorm1d(2, track_running_stats={})", "running_mean is not None"),
    ("nn.BatchNorm1d(2, bias={})", "bias is not None"),
    ("nn.LayerNorm(2, elementwise_affine={})", "weight is not None"),
    ("nn.LayerNorm(2, bias={})", "bias is not None"),
    ("nn.RMSNorm(2, elementwise_affine={})", "weight is not None"),
    ("nn.GroupNorm(1, 2, affine={})", "weight is not None"),
    ("nn.GroupNorm(1, 2, bias={})", "bias is not None"),
    ("nn.ReLU({})", "inplace"),
    ("nn.ELU(inplace={})", "inplace"),
    ("nn.Dropout(0.5, {})", "inplace"),
    ("nn.Embedding.from_pretrained(T.ones(2, 2), {})", "weight.requires_grad is False"),
]


@pytest.mark.parametrize("value", ["1", "0", "True", "False", "np.True_", "np.int64(0)"])
@pytest.mark.parametrize(("form", "seen"), OPTIONS)
def test_an_option_of_a_layer_may_be_1_or_0_as_in_pytorch(form: str, seen: str, value: str) -> None:
    for library in (mytorch, torch):
        names = {"T": library, "nn": library.nn, "np": np}
        layer = eval(form.format(value), names)
        assert bool(eval(f"layer.{seen}", {"layer": layer})) is bool(eval(value, names))
    x = Tensor([-1.0, 1.0])
    assert mytorch.nn.functional.relu(x, 1) is x
    assert x.tolist() == [0, 1]


def test_a_flag_may_be_numpys() -> None:
    x = Tensor([1.0], np.True_, np.bool_(True), np.False_)
    assert x.requires_grad is True
    assert x.is_leaf is True
    assert x.is_parameter is False
    x.requires_grad = np.False_
    assert x.requires_grad is False
    x.is_leaf = np.True_
    assert x.is_leaf is True
    assert mytorch.nn.Linear(1, 1).train(np.False_).training is False
    assert Tensor([[1.0]]).sum(0, np.True_).shape == (1, 1)
    with mytorch.set_grad_enabled(np.False_):
        assert not mytorch.is_grad_enabled()
