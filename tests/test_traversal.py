"""The walk back: each node once, the latest first, all or nothing, however large the graph."""

import weakref

import pytest

import mytorch
from mytorch import Tensor
from mytorch.autograd_engine import Function
from tests.leaves import leaf


class TestFlow:
    def test_one_tensor_used_often(self) -> None:
        x = leaf(3.0)
        (x * x * x + x).backward()
        assert x.grad.item() == 28

    def test_diamond_runs_each_node_once(self) -> None:
        runs = []

        class Traced(Function):
            @staticmethod
            def forward(ctx, a):
                return Tensor(a.data * 2)

            @staticmethod
            def backward(ctx, grad_output):
                runs.append(grad_output.item())
                return grad_output * 2

        x = leaf(1.0)
        shared = Traced.apply(x)
        (shared * 3 + shared * 4).backward()
        assert runs == [7]
        assert x.grad.item() == 14

    def test_no_gradient_for_constants(self) -> None:
        a, b = leaf(1.0), Tensor([2.0])
        (a * b).backward()
        assert b.grad is None

    def test_retain_grad(self) -> None:
        x = leaf(2.0)
        y = x * x
        y.retain_grad()
        (y * 3).backward()
        assert y.grad.item() == 3
        assert y.grad.grad_fn is None

    def test_missing_gradient_is_zero(self) -> None:
        class Nothing(Function):
            @staticmethod
            def forward(ctx, a):
                return Tensor(a.data.copy())

            @staticmethod
            def backward(ctx, grad_output):
                return None

        x = leaf(1.0)
        y = x * 2
        seen: list[Tensor] = []
        y.register_hook(seen.append)
        (Nothing.apply(y) + x).backward()
        assert x.grad.item() == 1
        assert not seen

    def test_a_leaf_whose_flag_was_cleared_receives_nothing(self) -> None:
        x, w = leaf(2.0), leaf(3.0)
        y = x * w
        x.requires_grad = False
        y.backward()
        assert x.grad is None
        assert w.grad.item() == 2

    def test_an_error_in_backward_leaves_everything_as_it_was(self) -> None:
        class Fails(Function):
            broken = True

            @staticmethod
            def forward(ctx, a):
                ctx.save_for_backward(a)
                return Tensor(a.data * 2)

            @staticmethod
            def backward(ctx, grad_output):
                if Fails.broken:
                    raise ZeroDivisionError
                return grad_output * 2

        x, z = leaf(1.0), leaf(2.0)
        y = Fails.apply(x) * z + z
        with pytest.raises(ZeroDivisionError):
            y.backward()
        assert x.grad is None
        assert z.grad is None
        assert mytorch.is_grad_enabled()
        Fails.broken = False
        y.backward()
        assert (x.grad.item(), z.grad.item()) == (4, 3)


@pytest.mark.usefixtures("without_collector")
class TestScale:
    def test_a_million_operations_deep(self) -> None:
        x, one = leaf(1.0), Tensor([1.0])
        y = x
        for _ in range(1_000_000):
            y = y + one
        y.backward()
        assert x.grad.item() == 1
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None

    def test_a_ladder_of_doublings(self) -> None:
        x = leaf(1.0)
        y = x
        for _ in range(60):
            y = y + y
        y.backward()
        assert x.grad.item() == 2.0**60

    def test_ten_thousand_uses_of_one_leaf(self) -> None:
        x = leaf(1.0)
        total = x * 0
        for _ in range(10_000):
            total = total + x
        total.backward()
        assert x.grad.item() == 10_000
