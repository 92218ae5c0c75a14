"""The graph and its traversal: write-up 0.1.4 to 0.1.7, Appendix A, and the engine's promises."""

import gc
import itertools
import weakref

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.autograd_engine import (
    AccumulateGrad,
    BackwardFunction,
    ContextManager,
    Function,
    backward,
)
from mytorch.nn.functional import Add, Mul, Sub


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)


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


def faulty(returned) -> type[Function]:
    class Faulty(Function):
        @staticmethod
        def forward(ctx, a, b):
            return Tensor(a.data + b.data)

        @staticmethod
        def backward(ctx, grad_output):
            return returned

    return Faulty


@pytest.mark.parametrize(
    ("returned", "error", "says"),
    [
        ((Tensor([1.0, 1.0]),), RuntimeError, "1 gradients for 2 arguments"),
        ((), RuntimeError, "0 gradients for 2 arguments"),
        ((Tensor([1.0, 1.0]),) * 3, RuntimeError, "3 gradients for 2 arguments"),
        ((np.ones(2), np.ones(2)), TypeError, "ndarray"),
        ((Tensor(1.0), Tensor([1.0, 1.0])), RuntimeError, r"argument 0 has shape \(\)"),
    ],
)
def test_wrong_gradients_are_refused(returned, error, says) -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    out = faulty(returned).apply(a, b)
    with pytest.raises(error, match=f"(?s)Faulty.*{says}"):
        out.backward()
    assert a.grad is None
    assert b.grad is None


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

    def test_gradients_accumulate_over_backwards(self) -> None:
        x = leaf(1.0, 2.0)
        (x * 2).backward()
        (x * 3).backward()
        assert x.grad.data.tolist() == [5, 5]

    def test_reading_a_gradient_gives_one_tensor(self) -> None:
        x = leaf(1.0, 2.0)
        (x * x).backward()
        found = x.grad
        assert type(found) is Tensor
        assert x.grad is found
        assert type(found.data) is np.ndarray
        found.data = np.array([7.0, 8.0])
        (x * x).backward()
        assert x.grad is found
        assert found.data.tolist() == [9, 12]

    @pytest.mark.parametrize("recorded", [*itertools.product([False, True], repeat=2)])
    @pytest.mark.parametrize("read", [False, True])
    @pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
    def test_gradients_add_up_read_or_not_recorded_or_not(self, recorded, read, shape) -> None:
        x = Tensor(np.full(shape, 2.0), requires_grad=True)
        for number, create_graph in enumerate(recorded, 1):
            (x * x * x).sum().backward(create_graph=create_graph)
            if read:
                assert x.grad.requires_grad is any(recorded[:number])
        assert type(x.grad.data) is np.ndarray
        np.testing.assert_array_equal(x.grad.data, np.full(shape, 24.0))
        if recorded[1]:
            (second,) = mytorch.grad(x.grad.sum(), x)
            # Of what was not recorded there is no second derivative.
            np.testing.assert_array_equal(second.data, np.full(shape, 12.0 * sum(recorded)))

    def test_no_shape_needs_an_explicit_gradient(self) -> None:
        x = Tensor(np.ones((2, 3)), requires_grad=True)
        (x * 2).backward()
        np.testing.assert_array_equal(x.grad.data, np.full((2, 3), 2.0))

    def test_explicit_gradient(self) -> None:
        x = leaf(1.0, 2.0)
        (x * 2).backward(Tensor([1.0, 10.0]))
        assert x.grad.data.tolist() == [2, 20]

    def test_backward_of_a_leaf(self) -> None:
        x = leaf(5.0)
        x.backward()
        assert x.grad.item() == 1

    def test_integer_leaf_gets_a_floating_gradient(self) -> None:
        x = Tensor([1, 2], requires_grad=True)
        (x * x).backward()
        assert x.grad.dtype == np.float64
        assert x.grad.data.tolist() == [2, 4]

    def test_leaf_gradient_has_the_dtype_of_the_leaf(self) -> None:
        x = Tensor(np.ones(1, np.float32), requires_grad=True)
        (x * Tensor([2.0])).backward()
        assert x.grad.dtype == np.float32

    def test_each_gradient_has_the_dtype_of_its_tensor(self) -> None:
        x = Tensor(np.ones(1, np.float32), requires_grad=True)
        y = x * 2
        seen: list[Tensor] = []
        y.register_hook(seen.append)
        (y * Tensor([2.0])).backward()
        assert y.dtype == seen[0].dtype == x.grad.dtype == np.float32

    def test_what_a_leafs_node_is_given_by_hand_is_checked_as_in_backward(self) -> None:
        x = Tensor(np.ones(2, np.float32), requires_grad=True)
        node = AccumulateGrad(x)
        node.apply(Tensor.ones(2))
        assert x.grad.dtype == np.float32
        with pytest.raises(RuntimeError, match=r"AccumulateGrad: .* argument 0 .*shape \(3,\)"):
            node.apply(Tensor.ones(3))
        with pytest.raises(TypeError, match="ndarray"):
            node.apply(np.ones(2))

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

    def test_gradients_share_no_memory(self) -> None:
        a, b, alone = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
        start = Tensor([1.0, 1.0])
        total = a + b
        total.retain_grad()
        total.backward(start)
        alone.backward(start)
        known = (total.grad, a.grad, b.grad, alone.grad, start, a, b)
        arrays = [tensor.data for tensor in known]
        for position, one in enumerate(arrays):
            for other in arrays[position + 1 :]:
                assert not np.shares_memory(one, other)
        first, second = mytorch.grad(a + b, (a, b))
        assert not np.shares_memory(first.data, second.data)


class TestAccumulation:
    """A gradient that is there is added to in place, as in PyTorch."""

    @staticmethod
    def assigned(library):
        a, b = (library.tensor([1.0, 2.0], requires_grad=True) for _ in "ab")
        flat = library.zeros(4)
        a.grad, b.grad = flat[:2], flat[2:]
        given = a.grad, b.grad
        (a * 2 + b * 3).sum().backward()
        return flat, a.grad is given[0], b.grad is given[1], a.grad.requires_grad

    @staticmethod
    def shared(library):
        a, b = (library.tensor([1.0, 2.0], requires_grad=True) for _ in "ab")
        a.grad = b.grad = both = library.zeros(2)
        (a * 2 + b * 3).sum().backward()
        return (both,)

    @staticmethod
    def found_before(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        (x * x).sum().backward()
        found, part = x.grad, x.grad[1:]
        (x * x).sum().backward()
        (x * x).sum().backward(inputs=[x])
        return x.grad is found, found, part

    @staticmethod
    def recorded_later(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        (x * x).sum().backward()
        found = x.grad
        (x**3).sum().backward(create_graph=True)
        return x.grad is found, found, x.grad.detach(), x.grad.requires_grad

    @staticmethod
    def recorded_before(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        (x**3).sum().backward(create_graph=True)
        found = x.grad
        (x * x).sum().backward()
        return x.grad is found, found.detach(), found.requires_grad

    @staticmethod
    def assigned_part_of_a_graph(library):
        x, z = (library.tensor([1.0, 2.0], requires_grad=True) for _ in "xz")
        x.grad = given = z * 2
        (x * x).sum().backward()
        return x.grad is given, given.detach()

    @staticmethod
    def retained(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        y.retain_grad()
        y.sum().backward(retain_graph=True)
        found = y.grad
        y.sum().backward()
        return y.grad is found, found, y.grad

    @staticmethod
    def transposed_and_0d(library):
        x, y = library.ones(2, 3), library.tensor(3.0)
        memory, number = library.zeros(3, 2), library.tensor([5.0])
        x.requires_grad = y.requires_grad = True
        x.grad, y.grad = memory.t(), number[0]
        (x * y).sum().backward()
        return memory, number

    @staticmethod
    def zeroed(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        x.grad = memory = library.ones(2)
        optimizer = library.optim.SGD([x], lr=0.5)
        optimizer.zero_grad(set_to_none=False)
        (x * x).sum().backward()
        optimizer.step()
        return x.grad is memory, memory, x.detach()

    @staticmethod
    def seen_by_hooks(library):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        seen = []
        x.register_hook(seen.append)
        (x * 2).sum().backward()
        (x * 3).sum().backward()
        return (*seen, x.grad)

    @pytest.mark.filterwarnings("ignore:Using backward")
    @pytest.mark.filterwarnings("ignore:grad and param do not obey")
    @pytest.mark.parametrize(
        "program",
        [
            assigned,
            shared,
            found_before,
            recorded_later,
            recorded_before,
            assigned_part_of_a_graph,
            retained,
            transposed_and_0d,
            zeroed,
            seen_by_hooks,
        ],
        ids=lambda program: program.__name__,
    )
    def test_as_in_pytorch(self, program) -> None:
        def plain(found):
            return [part if isinstance(part, bool) else part.tolist() for part in found]

        assert plain(program(mytorch)) == plain(program(torch))

    def test_of_parameters_that_are_views_of_one_array(self) -> None:
        """What the user keeps flat stays flat over a training, as eager as compiled."""
        results = []
        for wrap in (lambda step: step, mytorch.compile):
            mytorch.manual_seed(0)
            model = mytorch.nn.Linear(2, 1)
            optimizer = mytorch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
            flat = mytorch.zeros(3)
            model.weight.grad, model.bias.grad = flat[:2].reshape(1, 2), flat[2:]
            x = Tensor(np.random.default_rng(0).normal(size=(4, 2)))

            @wrap
            def step(x, model=model, optimizer=optimizer):
                optimizer.zero_grad(set_to_none=False)
                loss = (model(x) ** 2).mean()
                loss.backward()
                optimizer.step()
                return loss

            for _ in range(6):
                step(x)
            assert np.shares_memory(model.bias.grad.data, flat.data)
            expected = [*model.weight.grad.data.ravel(), *model.bias.grad.data]
            assert flat.tolist() == expected
            results.append(expected)
        assert results[0] == results[1]

    def test_a_backward_that_used_the_gradient_notices_the_change(self) -> None:
        x, w = leaf(1.0, 2.0), leaf(1.0, 1.0)
        (x * x).sum().backward()
        loss = (w * x.grad).sum()
        (x * x).sum().backward()
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    def test_memory_that_cannot_be_written_is_left_alone(self) -> None:
        """PyTorch raises an error for an expanded gradient."""
        x, given = leaf(1.0, 2.0), Tensor(5.0).expand(2)
        x.grad = given
        (x * x).sum().backward()
        assert x.grad.tolist() == [7, 9]
        assert given.tolist() == [5, 5]

    def test_by_hand(self) -> None:
        x = leaf(1.0, 2.0)
        node, given = AccumulateGrad(x), Tensor([1.0, 1.0])
        node.apply(given)
        found = x.grad
        with mytorch.no_grad():
            node.apply(given)
        assert x.grad is found
        assert found.tolist() == [2, 2]
        assert given.tolist() == [1, 1]


class TestRefusals:
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

    def test_a_function_that_lacks_a_method(self) -> None:
        class Half(Function):
            @staticmethod
            def forward(ctx, a):
                return Tensor(a.data / 2)

        with pytest.raises(NotImplementedError, match=r"forward\(ctx"):
            Function.apply(leaf(1.0))
        with pytest.raises(NotImplementedError, match=r"backward\(ctx"):
            Half.apply(leaf(1.0)).backward()

    def test_a_gradient_for_each_output(self) -> None:
        x = leaf(2.0)
        with pytest.raises(TypeError, match="grad: an input: expected a Tensor, got float"):
            mytorch.grad(x * 2, 3.0)
        with pytest.raises(ValueError, match="2 outputs need 2 gradients, got 1"):
            mytorch.grad((x * 2, x * 3), x, (Tensor([1.0]),))

    def test_a_leaf_whose_flag_was_cleared_receives_nothing(self) -> None:
        x, w = leaf(2.0), leaf(3.0)
        y = x * w
        x.requires_grad = False
        y.backward()
        assert x.grad is None
        assert w.grad.item() == 2

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

    def test_fill_of_a_leaf_that_requires_a_gradient(self) -> None:
        x = leaf(1.0)
        with pytest.raises(RuntimeError, match="no_grad"):
            x.fill_(2.0)
        with mytorch.no_grad():
            x.fill_(2.0)
        assert x.item() == 2
        assert x.requires_grad

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


class TestScale:
    @pytest.fixture(autouse=True)
    def without_collector(self):
        gc.collect()
        gc.disable()
        yield
        gc.enable()

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

    def test_a_subclass_with_a_backward_of_its_own_does_not_promise_fresh_gradients(self) -> None:
        class Fresh(Function):
            fresh_gradients = True

            @staticmethod
            def forward(ctx, a, b):
                return Tensor(a.data + b.data)

            @staticmethod
            def backward(ctx, grad_output):
                return grad_output * 1, grad_output * 1

        class Shared(Fresh):
            @staticmethod
            def backward(ctx, grad_output):
                return grad_output, grad_output

        a, b = leaf(1.0), leaf(2.0)
        Shared.apply(a, b).backward()
        assert not np.shares_memory(a.grad.data, b.grad.data)
        assert Fresh.fresh_gradients

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


def double(answer):
    """Twice its first argument, with an operation whose backward gives `answer(grad_output)`."""

    class Double(Function):
        @staticmethod
        def forward(ctx, *args):
            return Tensor(args[0].data * 2)

        @staticmethod
        def backward(ctx, grad_output):
            return answer(grad_output)

    return Double


# Each takes a step with the operation on x, which leaves the gradient there.
def stepped(operation, x) -> None:
    operation.apply(x).sum().backward()


def stepped_recorded(operation, x) -> None:
    operation.apply(x).sum().backward(create_graph=True)


def stepped_inside(operation, x) -> None:
    operation.apply(x * 1).sum().backward()


def stepped_compiled(operation, x) -> None:
    def step():
        x.grad = None
        operation.apply(x).sum().backward()

    compiled = mytorch.compile(step)
    for _ in range(4):
        compiled()


@pytest.mark.parametrize(
    "step", [stepped, stepped_recorded, stepped_inside, stepped_compiled], ids=lambda f: f.__name__
)
class TestWhatBackwardMayReturn:
    @pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int64])
    @pytest.mark.parametrize("surplus", [(), (None,), (None, None)], ids=len)
    @pytest.mark.parametrize("kind", [tuple, list, None])
    def test_gradients_of_any_dtype_with_surplus_nones(self, step, kind, surplus, dtype) -> None:
        def answer(grad_output):
            gradient = (grad_output * 2).to(dtype)
            return gradient if kind is None else kind((gradient, *surplus))

        x = Tensor(np.ones(2, np.float32), requires_grad=True)
        step(double(answer), x)
        assert x.grad.dtype == np.float32
        assert x.grad.tolist() == [2, 2]

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (lambda g: g.data, "Double: .* gradient of argument 0, got ndarray"),
            (lambda g: (g.data, None), "Double: .* gradient of argument 0, got ndarray"),
            (lambda g: (2.0, None), "Double: .* gradient of argument 0, got float"),
            (lambda g: ((g,), None), "Double: .* gradient of argument 0, got tuple"),
            (lambda g: (g.sum(), None), r"Double: .* argument 0 has shape \(\), .*\(2,\)"),
            (lambda g: [g[:1].to(np.float64), None], r"Double: .* argument 0 has shape \(1,\)"),
            (lambda g: (), "Double.backward returned 0 gradients for 1 arguments"),
            (lambda g: (g, g), "Double.backward returned 2 gradients for 1 arguments"),
            (lambda g: [g, None, g], "Double.backward returned 3 gradients for 1 arguments"),
        ],
    )
    def test_what_is_no_gradient_is_refused(self, step, answer, words) -> None:
        x = Tensor(np.ones(2, np.float32), requires_grad=True)
        with pytest.raises((RuntimeError, TypeError), match=words):
            step(double(answer), x)
        assert x.grad is None


def test_gradients_of_two_arguments_may_be_left_out_where_they_are_not_wanted() -> None:
    a, b = Tensor(np.ones(2, np.float32), requires_grad=True), Tensor([1.0, 1.0])
    double(lambda g: (g * 2).to(np.float64)).apply(a, b).sum().backward()
    assert a.grad.tolist() == [2, 2]
    b.requires_grad, a.grad = True, None
    with pytest.raises(RuntimeError, match="returned 1 gradients for 2 arguments"):
        double(lambda g: (g * 2,)).apply(a, b).sum().backward()
    double(lambda g: (None, (g * 2).to(np.float16), None)).apply(a, b).sum().backward()
    assert a.grad is None
    assert b.grad.tolist() == [2, 2]
    assert b.grad.dtype == np.float64
