"""The graph: its nodes, and what they save and free (write-up 0.1.4 and 0.1.5)."""

import weakref

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.autograd_engine import (
    AccumulateGrad,
    BackwardFunction,
    ContextManager,
    Function,
    backward,
)
from mytorch.nn.functional import Add, Mul
from tests.leaves import leaf


class TestWorkedExample:
    """d = a * b + a, e = (d + c) + 3 with a = 1, b = 2 (a constant), c = 3."""

    @pytest.fixture
    def graph(self) -> dict[str, Tensor]:
        a = Tensor(1.0, requires_grad=True)
        b = Tensor(2.0)
        c = Tensor(3.0, requires_grad=True)
        product = a * b
        d = product + a
        inner = d + c
        e = inner + 3
        return {"a": a, "b": b, "c": c, "product": product, "d": d, "inner": inner, "e": e}

    def test_forward_values(self, graph: dict[str, Tensor]) -> None:
        assert [graph[name].item() for name in ("product", "d", "inner", "e")] == [2, 3, 6, 9]

    def test_flags(self, graph: dict[str, Tensor]) -> None:
        for name in ("product", "d", "inner", "e"):
            assert graph[name].requires_grad
            assert not graph[name].is_leaf
        for name in ("a", "b", "c"):
            assert graph[name].is_leaf
            assert graph[name].grad_fn is None

    def test_nodes_and_their_parents(self, graph: dict[str, Tensor]) -> None:
        names = {name: graph[name].grad_fn.function_name for name in ("product", "d", "e")}
        assert names == {"product": "Mul", "d": "Add", "e": "Add"}
        of_a, of_b = graph["product"].grad_fn.next_functions
        assert isinstance(of_a, AccumulateGrad)
        assert of_a.variable is graph["a"]
        assert of_a.function_name == "AccumulateGrad"
        assert len(of_a.next_functions) == 0
        assert of_b is None
        assert graph["d"].grad_fn.next_functions[0] is graph["product"].grad_fn
        assert graph["d"].grad_fn.next_functions[1] is of_a
        assert graph["inner"].grad_fn.next_functions[0] is graph["d"].grad_fn
        assert graph["e"].grad_fn.next_functions[1] is None

    def test_step_by_step(self, graph: dict[str, Tensor]) -> None:
        node = graph["e"].grad_fn
        to_inner, _ = node.apply(Tensor(1.0))
        to_d, to_c = node.next_functions[0].apply(to_inner)
        node.next_functions[0].next_functions[1].apply(to_c)
        assert graph["c"].grad.item() == 1
        to_product, to_a = graph["d"].grad_fn.apply(to_d)
        of_a = graph["d"].grad_fn.next_functions[1]
        of_a.apply(to_a)
        assert graph["a"].grad.item() == 1
        through_product, nothing = graph["product"].grad_fn.apply(to_product)
        assert through_product.item() == 2
        assert nothing is None
        of_a.apply(through_product)
        assert graph["a"].grad.item() == 3

    def test_backward(self, graph: dict[str, Tensor]) -> None:
        graph["e"].backward()
        assert graph["a"].grad.item() == 3
        assert graph["b"].grad is None
        assert graph["c"].grad.item() == 1
        assert graph["d"].grad is None
        assert graph["a"].grad.grad_fn is None


class TestNodesMadeByHand:
    def test_backward_at_a_node_made_by_hand(self) -> None:
        x = leaf(1.0, 2.0)
        node = BackwardFunction(Add)
        assert len(node.next_functions) == 0
        Add.forward(node.ctx, x, x)
        node.next_functions = [AccumulateGrad(x), None]
        backward(node, Tensor.ones(2))
        assert x.grad.data.tolist() == [1, 1]

    def test_a_node_made_by_hand_saves_tensors(self) -> None:
        x, y = leaf(2.0), leaf(3.0)
        node = BackwardFunction(Mul)
        Mul.forward(node.ctx, x, y)
        node.next_functions = (AccumulateGrad(x), AccumulateGrad(y))
        backward(node, Tensor.ones(1))
        assert (x.grad.item(), y.grad.item()) == (3, 2)

    def test_a_graph_made_by_hand_from_its_end(self) -> None:
        x = leaf(3.0)
        end, left, right, first = (BackwardFunction(kind) for kind in (Add, Mul, Mul, Mul))
        for node in (left, right, first):
            Mul.forward(node.ctx, x, Tensor([2.0]))
        end.next_functions = [left, right]
        left.next_functions = right.next_functions = [first, None]
        first.next_functions = [AccumulateGrad(x), None]
        backward(end, Tensor.ones(1))
        assert x.grad.item() == 8


class TestContext:
    def test_only_tensors_are_saved(self) -> None:
        with pytest.raises(TypeError, match="attribute"):
            ContextManager().save_for_backward(np.ones(3))

    def test_saving_twice_keeps_both(self) -> None:
        ctx, x, y = ContextManager(), leaf(1.0), leaf(2.0)
        ctx.save_for_backward(x)
        ctx.save_for_backward(y)
        assert ctx.saved_tensors == (x, y)

    def test_without_a_graph_what_is_saved_may_change(self) -> None:
        ctx, x = ContextManager(), Tensor([1.0])
        ctx.save_for_backward(x)
        x.add_(1)
        assert ctx.saved_tensors == (x,)

    def test_every_name_is_free_for_what_an_operation_keeps(self) -> None:
        names = ["shape", "dtype", "edges", "time", "line", "free", "saved", "shapes", "unchanged"]
        names.append("saved_array")

        class Reshaped(Function):
            @staticmethod
            def forward(ctx, a, shape):
                ctx.save_for_backward(a)
                for name in names:
                    setattr(ctx, name, a.shape)
                return Tensor(a.data.reshape(shape))

            @staticmethod
            def backward(ctx, grad_output):
                assert ctx.saved_tensors == (x,)
                shapes = {getattr(ctx, name) for name in names}
                return Tensor(grad_output.data.reshape(*shapes)), None

        x = leaf(*range(6))
        x.data = x.data.reshape(2, 3)
        Reshaped.apply(x, (6,)).backward(Tensor(np.arange(6.0)))
        assert x.grad.data.tolist() == [[0, 1, 2], [3, 4, 5]]

    def test_an_output_saved_before_inputs(self) -> None:
        class Power(Function):
            @staticmethod
            def forward(ctx, a, b):
                out = Tensor(a.data**b.data)
                ctx.save_for_backward(out, a, b)
                return out

            @staticmethod
            def backward(ctx, grad_output):
                out, a, b = ctx.saved_tensors
                return grad_output * out * b / a, grad_output * out * a.log()

        for held in (True, False):
            x, y = leaf(2.0), leaf(3.0)
            out = Power.apply(x, y)
            node = out.grad_fn
            if not held:
                del out
            saved, *inputs = node.saved_tensors
            assert saved.requires_grad
            assert not saved.is_leaf
            assert saved.grad_fn is node
            assert inputs == [x, y]
            assert mytorch.gradgradcheck(Power.apply, (x, y))

    def test_context_keeps_attributes(self) -> None:
        ctx = ContextManager()
        ctx.anything = {"a": 1}
        assert ctx.anything == {"a": 1}


class TestSavedTensorsChangedInPlace:
    @pytest.mark.parametrize("change", ["fill_", "data", "augmented"])
    def test_saved_tensor_changed_in_place(self, change: str) -> None:
        x, w = leaf(2.0), Tensor([3.0])
        y = x * w
        if change == "fill_":
            w.fill_(7.0)
        elif change == "data":
            w.data = np.array([7.0])
        else:
            w.data += 1
        with pytest.raises(RuntimeError, match=r"Mul: .*changed in place"):
            y.backward()
        assert x.grad is None

    def test_saved_output_changed_in_place(self) -> None:
        x = leaf(2.0)
        y = x.exp()
        with mytorch.no_grad():
            y.fill_(0.0)
        with pytest.raises(RuntimeError, match=r"Exp: .*changed in place"):
            y.backward()

    def test_a_saved_output_that_shares_its_memory_is_changed_in_place(self) -> None:
        class SelfScaled(Function):
            @staticmethod
            def forward(ctx, a):
                out = a.detach()
                ctx.save_for_backward(out)
                return out

            @staticmethod
            def backward(ctx, grad_output):
                (out,) = ctx.saved_tensors
                return grad_output * out

        x = leaf(2.0)
        y = SelfScaled.apply(x).sum()
        with mytorch.no_grad():
            x.fill_(0.0)
        with pytest.raises(RuntimeError, match=r"SelfScaled: .*changed in place"):
            y.backward()


@pytest.mark.usefixtures("without_collector")
class TestMemory:
    def test_second_backward(self) -> None:
        x = leaf(2.0)
        y = x * x
        y.backward()
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            y.backward()
        assert x.grad.item() == 4

    def test_retain_graph(self) -> None:
        x = leaf(2.0)
        y = x * x
        y.backward(retain_graph=True)
        backward(y.grad_fn, Tensor.ones(1), retain_graph=True)
        y.backward()
        assert x.grad.item() == 12

    @pytest.mark.parametrize(
        "name", ["exp", "sqrt", "relu", "sigmoid", "tanh", "log", "max", "var"]
    )
    def test_graphs_are_freed_by_reference_counting(self, name: str) -> None:
        x = leaf(0.5, 1.5)
        y = getattr(x * 2, name)()
        node, tensor = weakref.ref(y.grad_fn), weakref.ref(y)
        del y
        assert node() is None
        assert tensor() is None
        assert weakref.ref(x)() is x

    def test_nodes_of_one_shape_have_one_tuple_of_it(self) -> None:
        y = leaf(0.5, 1.5) * 2
        assert (y + 1).grad_fn._shape is y.grad_fn._shape
        assert y.sum().grad_fn._shape == ()

    def test_backward_frees_what_was_saved(self) -> None:
        x = leaf(0.5)
        inner = x * 2
        kept = weakref.ref(inner)
        y = inner * inner
        del inner
        assert kept() is not None
        y.backward()
        assert kept() is None

    def test_backward_frees_the_attributes_of_the_context(self) -> None:
        class Scale(Function):
            @staticmethod
            def forward(ctx, a):
                ctx.save_for_backward(a)
                ctx.factors = np.full(a.shape, 3.0)
                return Tensor(a.data * ctx.factors)

            @staticmethod
            def backward(ctx, grad_output):
                return grad_output * Tensor(ctx.factors)

        y = Scale.apply(leaf(1.0))
        kept = weakref.ref(y.grad_fn.factors)
        y.backward()
        assert kept() is None

    def test_backward_frees_hooks_that_know_their_tensor(self) -> None:
        y = leaf(0.5).exp()
        y.register_hook(lambda gradient, tensor=y: gradient * tensor)
        node = weakref.ref(y.grad_fn)
        y.backward()
        del y
        assert node() is None

    def test_second_order_graphs_are_freed(self) -> None:
        x = leaf(0.5)
        (g,) = mytorch.grad(x.exp().tanh(), x, create_graph=True)
        node = weakref.ref(g.grad_fn)
        del g
        assert node() is None
