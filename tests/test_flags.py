"""Flags are True or False; what else is given for one is refused with the cure."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor

FLAGS = [
    ("Tensor(2, 3)", r"requires_grad, got int 3; .*mytorch\.empty\(2, 3\).*Tensor\.zeros\(2, 3\)"),
    ("Tensor(2, 3, 4)", "requires_grad, got int 3"),
    ("Tensor([1.0], is_leaf=0)", "is_leaf"),
    ("Tensor([1.0], True, True, 'yes')", "is_parameter, got str 'yes'"),
    ("Tensor([1.0], np.float32)", "requires_grad, got type"),
    ("T.tensor([1.0], None, 3)", "requires_grad"),
    ("T.zeros(2, requires_grad=3)", "requires_grad"),
    ("T.randn(2, requires_grad=x)", "requires_grad, got Tensor"),
    ("x.requires_grad_(3)", "requires_grad"),
    ("setattr(x, 'requires_grad', 3)", "requires_grad, got int 3"),
    ("setattr(x, 'is_parameter', None)", "is_parameter"),
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
    ("T.autograd.grad(y, w, None, None, False, 1)", "allow_unused"),
    ("T.set_grad_enabled(3)", "mode"),
    ("T.autograd.set_detect_anomaly(3)", "mode"),
    ("T.nn.functional.relu(x, 3)", "relu: .*inplace"),
    ("T.nn.functional.dropout(x, 0.5, 3)", "training"),
]


@pytest.mark.parametrize(("attempt", "says"), FLAGS)
def test_a_flag_is_true_or_false(attempt: str, says: str) -> None:
    x, w = Tensor([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=True)
    names = {"T": mytorch, "np": np, "Tensor": Tensor, "x": x, "w": w, "y": w * w}
    with pytest.raises(TypeError, match=f"expected True or False as .*{says}|{says}"):
        eval(attempt, names)
    assert mytorch.is_grad_enabled()
    assert (x.requires_grad, x.is_parameter, w.grad) == (False, False, None)


def test_a_flag_may_be_numpys() -> None:
    x = Tensor([1.0], np.True_, np.bool_(True), np.False_)
    assert x.requires_grad is True
    assert x.is_leaf is True
    assert x.is_parameter is False
    x.requires_grad = np.False_
    assert x.requires_grad is False
    assert Tensor([[1.0]]).sum(0, np.True_).shape == (1, 1)
    with mytorch.set_grad_enabled(np.False_):
        assert not mytorch.is_grad_enabled()
