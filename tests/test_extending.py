"""What the engine promises whoever writes an operation."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.autograd_engine import ContextManager, Function


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)


class Product(Function):
    """a * b * scale, with both ways back, which note what they were asked for."""

    asked: list[object]

    @staticmethod
    def forward(ctx, a, b, scale):
        ctx.save_for_backward(a, b)
        ctx.scale = scale
        return Tensor(a.data * b.data * scale)

    @staticmethod
    def backward(ctx, grad_output):
        Product.asked = list(ctx.needs_input_grad)
        a, b = ctx.saved_tensors
        return grad_output * b * ctx.scale, grad_output * a * ctx.scale, None

    @staticmethod
    def array_backward(ctx, gradient, wanted):
        Product.asked = [entry is not None for entry in wanted]
        grad_a = gradient * ctx.saved_array(1) * ctx.scale if wanted[0] is not None else None
        grad_b = gradient * ctx.saved_array(0) * ctx.scale if wanted[1] is not None else None
        return grad_a, grad_b, None


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("needs", [(True, False), (False, True), (True, True)])
def test_both_ways_back_are_told_which_gradients_are_used(needs, create_graph) -> None:
    a, b = (Tensor([2.0, 3.0], requires_grad=flag) for flag in needs)
    (Product.apply(a, b, 4.0) + 0).backward(Tensor.ones(2), create_graph=create_graph)
    assert Product.asked == [*needs, False]
    for tensor, other, flag in ((a, b, needs[0]), (b, a, needs[1])):
        assert tensor.grad is None if not flag else tensor.grad.data.tolist() == [8, 12], other


def test_a_result_counts_as_used_like_a_leaf() -> None:
    a = leaf(2.0)
    Product.apply(a * 3, Tensor([5.0]), 1.0).backward()
    assert Product.asked == [True, False, False]
    assert a.grad.data.tolist() == [15]


def test_outside_a_graph_every_gradient_counts_as_used() -> None:
    ctx = ContextManager()
    assert ctx.needs_input_grad[0] is ctx.needs_input_grad[7] is True


class TestSavedArray:
    def test_it_is_the_array_of_what_was_saved(self) -> None:
        a, b = leaf(2.0), leaf(3.0)
        node = Product.apply(a, b, 1.0).grad_fn
        assert node.saved_array(0) is a.data
        assert node.saved_array(1) is b.data

    def test_an_output_may_be_gone(self) -> None:
        node = leaf(0.5).sigmoid().grad_fn
        assert node.saved_array(0).tolist() == [1 / (1 + np.exp(-0.5))]

    def test_what_was_changed_in_place_is_refused(self) -> None:
        a, b = leaf(2.0), leaf(3.0)
        node = Product.apply(a, b, 1.0).grad_fn
        with mytorch.no_grad():
            a.add_(1)
        assert node.saved_array(1) is b.data
        with pytest.raises(RuntimeError, match=r"Product: .* changed in place since"):
            node.saved_array(0)

    def test_what_was_freed_is_refused(self) -> None:
        out = Product.apply(leaf(2.0), leaf(3.0), 1.0)
        out.backward()
        with pytest.raises(RuntimeError, match="freed by an earlier backward"):
            out.grad_fn.saved_array(0)
