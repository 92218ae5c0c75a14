"""Gradients: what a backward may return, which shape and dtype they get, and how they add up."""

import itertools

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.autograd_engine import AccumulateGrad, Function
from tests.leaves import leaf


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


class TestShapesAndDtypes:
    def test_no_shape_needs_an_explicit_gradient(self) -> None:
        x = Tensor(np.ones((2, 3)), requires_grad=True)
        (x * 2).backward()
        np.testing.assert_array_equal(x.grad.data, np.full((2, 3), 2.0))

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


class TestOwnership:
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

    def test_gradients_accumulate_over_backwards(self) -> None:
        x = leaf(1.0, 2.0)
        (x * 2).backward()
        (x * 3).backward()
        assert x.grad.data.tolist() == [5, 5]

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
