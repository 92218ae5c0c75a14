"""Function.apply, which records; backward and grad, which start the walk (write-up Appendix A)."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from mytorch.autograd_engine import ContextManager, Function, backward
from mytorch.nn.functional import Mul, Sub
from tests.leaves import leaf


class TestFunctionsCalledDirectly:
    def test_forward_and_backward_take_and_return_tensors(self) -> None:
        ctx = ContextManager()
        out = Sub.forward(ctx, Tensor([5.0, 7.0]), Tensor([1.0, 2.0]))
        assert isinstance(out, Tensor)
        assert out.data.tolist() == [4, 5]
        first, second = Sub.backward(ctx, Tensor.ones(2))
        assert first.data.tolist() == [1, 1]
        assert second.data.tolist() == [-1, -1]

    def test_a_context_without_a_graph_wants_every_gradient(self) -> None:
        ctx = ContextManager()
        Mul.forward(ctx, Tensor([2.0]), Tensor([3.0]))
        first, second = Mul.backward(ctx, Tensor.ones(1))
        assert (first.item(), second.item()) == (3, 2)


class TestApply:
    def test_handout_style_function(self) -> None:
        """Course code sets the flags itself, reads arrays and gives no gradient for the rest."""

        class Scale(Function):
            @staticmethod
            def forward(ctx, a, factor):
                ctx.save_for_backward(a)
                ctx.factor = factor
                requires_grad = a.requires_grad
                return Tensor(
                    a.data * factor, requires_grad=requires_grad, is_leaf=not requires_grad
                )

            @staticmethod
            def backward(ctx, grad_output):
                return Tensor(np.ones(ctx.saved_tensors[0].shape) * grad_output.data * ctx.factor)

        x = leaf(1.0, 2.0)
        y = Scale.apply(x, 3)
        assert y.grad_fn.next_functions[1] is None
        y.backward()
        assert x.grad.data.tolist() == [3, 3]
        with mytorch.no_grad():
            assert not Scale.apply(x, 3).requires_grad

    def test_forward_that_returns_its_argument(self) -> None:
        class Same(Function):
            @staticmethod
            def forward(ctx, a):
                return a

            @staticmethod
            def backward(ctx, grad_output):
                return grad_output

        x = leaf(1.0)
        y = Same.apply(x)
        assert x.is_leaf
        assert y is not x
        y.backward()
        assert x.grad.item() == 1

    def test_forward_reads_what_it_saved(self) -> None:
        class Double(Function):
            @staticmethod
            def forward(ctx, a):
                ctx.save_for_backward(a)
                return Tensor(ctx.saved_tensors[0].data * 2)

        x = leaf(1.0)
        assert x[0].item() == 1  # a view: from now on it is known when its memory was written
        assert Double.apply(x).item() == 2

    def test_forward_must_return_a_tensor(self) -> None:
        class Wrong(Function):
            @staticmethod
            def forward(ctx, a):
                return a.data

        with pytest.raises(TypeError, match=r"Wrong\.forward"):
            Wrong.apply(leaf(1.0))

    def test_a_function_that_lacks_a_method(self) -> None:
        class Half(Function):
            @staticmethod
            def forward(ctx, a):
                return Tensor(a.data / 2)

        with pytest.raises(NotImplementedError, match=r"forward\(ctx"):
            Function.apply(leaf(1.0))
        with pytest.raises(NotImplementedError, match=r"backward\(ctx"):
            Half.apply(leaf(1.0)).backward()

    def test_a_subclass_with_a_backward_of_its_own_is_not_given_the_arrays_of_its_base(
        self,
    ) -> None:
        class Guided(nn.functional.ReLU):
            @staticmethod
            def backward(ctx, grad_output):
                return grad_output * 5

        class Same(nn.functional.ReLU):
            pass

        x = leaf(-1.0, 2.0)
        Guided.apply(x).sum().backward()
        assert x.grad.data.tolist() == [5, 5]
        assert Same.array_backward is nn.functional.ReLU.array_backward

    def test_fill_of_a_leaf_that_requires_a_gradient(self) -> None:
        x = leaf(1.0)
        with pytest.raises(RuntimeError, match="no_grad"):
            x.fill_(2.0)
        with mytorch.no_grad():
            x.fill_(2.0)
        assert x.item() == 2
        assert x.requires_grad


class TestBackward:
    def test_explicit_gradient(self) -> None:
        x = leaf(1.0, 2.0)
        (x * 2).backward(Tensor([1.0, 10.0]))
        assert x.grad.data.tolist() == [2, 20]

    def test_backward_of_a_leaf(self) -> None:
        x = leaf(5.0)
        x.backward()
        assert x.grad.item() == 1

    def test_nothing_requires_a_gradient(self) -> None:
        with pytest.raises(RuntimeError, match="does not require a gradient"):
            (Tensor([1.0]) * 2).backward()
        with pytest.raises(RuntimeError, match="got None"):
            backward(None, Tensor.ones(1))

    @pytest.mark.parametrize("shape", [(3,), (1, 2), ()])
    def test_start_of_another_shape(self, shape: tuple[int, ...]) -> None:
        x = leaf(1.0, 2.0)
        with pytest.raises(RuntimeError, match="shape"):
            (x * 2).backward(Tensor.ones(*shape))
        with pytest.raises(RuntimeError, match="shape"):
            mytorch.grad(x * 2, x, Tensor.ones(*shape))
        with pytest.raises(RuntimeError, match="backward: the gradient of argument 0"):
            backward((x * 2).grad_fn, Tensor.ones(*shape))

    def test_a_gradient_for_each_output(self) -> None:
        x = leaf(2.0)
        with pytest.raises(TypeError, match="grad: an input: expected a Tensor, got float"):
            mytorch.grad(x * 2, 3.0)
        with pytest.raises(ValueError, match="2 outputs need 2 gradients, got 1"):
            mytorch.grad((x * 2, x * 3), x, (Tensor([1.0]),))


class TestBackwardOfSeveral:
    def test_gradients_add_up(self) -> None:
        x = leaf(2.0)
        y = x * x
        mytorch.autograd.backward([y, x * 3, y], [None, Tensor([10.0]), None])
        assert x.grad.item() == 4 + 30 + 4

    def test_only_the_inputs_receive_a_gradient(self) -> None:
        x, w, other = leaf(2.0), leaf(3.0), leaf(1.0)
        y = x * w
        (y * y).backward(inputs=[x, y, other])
        assert (x.grad.item(), y.grad.item()) == (36, 12)
        assert w.grad is other.grad is None
        (x * x).backward(inputs=x)
        assert x.grad.item() == 40

    def test_outputs_that_do_not_depend_on_the_inputs(self) -> None:
        x, other = leaf(2.0), leaf(3.0)
        side, seen = other * 5, []
        side.register_hook(seen.append)
        other.register_hook(seen.append)
        mytorch.autograd.backward([x * 4, side, other], inputs=[x])
        (found,) = mytorch.grad([x * 4, side, other], [x])
        assert (x.grad.item(), found.item()) == (4, 4)
        assert other.grad is None
        assert not seen


class TestGrad:
    def test_returns_and_stores_nothing(self) -> None:
        x, y = leaf(2.0), leaf(3.0)
        found = mytorch.grad(x * x * y, (x, y))
        assert [part.item() for part in found] == [12, 4]
        assert x.grad is None

    def test_with_respect_to_a_result(self) -> None:
        x = leaf(2.0)
        y = x * x
        (found,) = mytorch.grad(y * y * 3, y)
        assert found.item() == 24

    def test_a_result_and_what_it_was_computed_from(self) -> None:
        x = leaf(2.0)
        y = x * x
        of_x, of_y = mytorch.grad(y * 3 + x, (x, y))
        assert (of_x.item(), of_y.item()) == (13, 3)

    def test_an_output_is_its_own_input(self) -> None:
        x = leaf(2.0)
        y = x * x
        start = Tensor([5.0])
        (found,) = mytorch.grad(y, y, start)
        assert found.item() == 5
        assert not np.shares_memory(found.data, start.data)

    def test_several_outputs_add_up(self) -> None:
        x = leaf(2.0)
        y = x * 3
        (found,) = mytorch.grad((y, y * x), x, (Tensor([1.0]), Tensor([10.0])))
        assert found.item() == 3 + 10 * 12
        y = x * 3
        (found,) = mytorch.grad((y, y), x, (Tensor([1.0]), Tensor([10.0])))
        assert found.item() == 3 + 10 * 3

    def test_only_the_way_to_the_inputs_runs_and_is_freed(self) -> None:
        x, w = leaf(2.0), leaf(3.0)
        side = w * w
        out = x * x + side
        mytorch.grad(out, x)
        side.backward()
        assert w.grad.item() == 6
        y = x * x
        mytorch.grad(y * 3, y)
        y.backward()
        assert x.grad.item() == 4

    def test_unused_input(self) -> None:
        x, other = leaf(1.0), leaf(1.0)
        with pytest.raises(RuntimeError, match="input 1"):
            mytorch.grad(x * 2, (x, other))
        found, none = mytorch.grad(x * 2, (x, other), allow_unused=True)
        assert found.item() == 2
        assert none is None

    @pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
    def test_any_order_of_derivative(self, order: int) -> None:
        x = leaf(1.5)
        value = x**5 + x.exp()
        for _ in range(order):
            (value,) = mytorch.grad(value, x, create_graph=True)
        factor = float(np.prod(np.arange(5, 5 - order, -1)))
        np.testing.assert_allclose(
            value.data, factor * 1.5 ** (5 - order) + np.exp(1.5), rtol=1e-14
        )

    @pytest.mark.parametrize(
        "function",
        [
            nn.functional.relu,
            nn.functional.leaky_relu,
            nn.functional.hardtanh,
            lambda x: x.norm(1),
            lambda x: x.norm(float("inf")),
        ],
    )
    def test_without_curvature_the_second_derivative_is_zero(self, function) -> None:
        x = Tensor([-0.5, 2.0], requires_grad=True)
        (first,) = mytorch.grad(function(x), x, create_graph=True)
        (second,) = mytorch.grad(first.sum(), x)
        np.testing.assert_array_equal(second.data, [0, 0])

    def test_materialized_zeros(self) -> None:
        x, other = leaf(1.0), leaf(1.0)
        _, zeros = mytorch.grad(x * 2, (x, other), materialize_grads=True)
        assert zeros.item() == 0

    def test_only_inputs_is_taken_in_pytorchs_place_and_has_no_effect(self) -> None:
        x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0, requires_grad=True)
        (found,) = mytorch.grad((x * w).sum(), x, None, None, False, True, False)
        np.testing.assert_array_equal(found.data, [3.0, 3.0])
        with pytest.warns(FutureWarning, match="only_inputs=False has no effect"):
            mytorch.grad((x * w).sum(), x, only_inputs=False)
        assert w.grad is None

    def test_refusals(self) -> None:
        x = leaf(2.0)
        with pytest.raises(RuntimeError, match="at least one input"):
            mytorch.grad(x * x, ())
        with pytest.raises(RuntimeError, match="2 outputs need 2 gradients, got 1"):
            mytorch.grad((x * x, x * 3), x, (Tensor([1.0]),))
        with pytest.raises(RuntimeError, match=r"shape \(1,\) needs a gradient.*\(2,\)"):
            mytorch.grad(x * x, x, Tensor([1.0, 1.0]))

    def test_create_graph_in_backward(self) -> None:
        x = leaf(3.0)
        (x * x * x).backward(create_graph=True)
        first = x.grad
        assert first.item() == 27
        x.grad = None
        first.backward()
        assert x.grad.item() == 18

    def test_derivative_through_the_start(self) -> None:
        x, v = leaf(2.0), leaf(1.0)
        (g,) = mytorch.grad(x * x, x, v, create_graph=True)
        (of_v,) = mytorch.grad(g, v)
        assert of_v.item() == 4
