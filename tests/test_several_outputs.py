"""Operations with several outputs, and with outputs that are their arguments, beside PyTorch's."""

import functools
import weakref
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

# ruff: noqa: N803 (T is the library)


def circle(T: Any) -> Any:
    class Circle(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float) -> Any:
            sine, cosine = (x * factor).sin(), (x * factor).cos()
            ctx.save_for_backward(sine, cosine)
            ctx.factor = factor
            return sine, cosine, factor, None

        @staticmethod
        def backward(ctx: Any, along: Any, across: Any, *others: Any) -> Any:
            assert others == (None, None)
            sine, cosine = ctx.saved_tensors
            return (along * cosine - across * sine) * ctx.factor, None

    return Circle


def every_order(T: Any) -> Any:
    x = T.tensor([0.3, -2.0, 1.5], dtype=T.float64, requires_grad=True)
    sine, cosine, factor, nothing = circle(T).apply(x, 1.5)
    found = [sine, cosine, factor, nothing]
    value = (sine**2 * cosine).sum()
    for _ in range(4):
        (slope,) = T.autograd.grad(value, x, create_graph=True)
        found.append(slope)
        value = slope.sum()
    for output in (sine, cosine):
        (slope,) = T.autograd.grad(output.sum(), x, retain_graph=True)
        found.append(slope)
    return found


def pair(T: Any, materialize: bool) -> Any:
    came: list[Any] = []

    class Pair(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            came.append([*ctx.needs_input_grad, T.is_grad_enabled()])
            ctx.set_materialize_grads(materialize)
            large, constant = x.argmax(), x + 1
            ctx.mark_non_differentiable(constant)
            return x * y, x + y, large, constant

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            came.append([None if g is None else [float(n) for n in g.flatten()] for g in gradients])
            a, b = (g if g is not None else T.zeros(2) for g in gradients[:2])
            return a + b, a - b

    return Pair, came


def gradients_that_come(T: Any, materialize: bool) -> Any:
    Pair, came = pair(T, materialize)
    x, y = (T.tensor([number, 2.0], requires_grad=True) for number in (1.0, 3.0))
    outputs = Pair.apply(x, y)
    found: list[Any] = [[output.requires_grad, output.tolist()] for output in outputs]
    outputs[0].sum().backward()
    (Pair.apply(x, y)[1] * outputs[3]).sum().backward()
    first, second, *_ = Pair.apply(x, y)
    first.retain_grad()
    second.register_hook(lambda gradient: gradient * 10)
    (first * 0 + second).sum().backward()
    found += [x.grad.tolist(), y.grad.tolist(), first.grad.tolist()]
    with T.no_grad():
        found.append([output.requires_grad for output in Pair.apply(x, y)])
    z = x * 2
    first, second, *_ = Pair.apply(z, y.detach())
    asked = T.autograd.grad(first.sum(), [z, first, second], allow_unused=True)
    found.append([None if gradient is None else gradient.tolist() for gradient in asked])
    return found + came


def mixed_dtypes(T: Any) -> Any:
    class Halves(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.float(), x.double()

        @staticmethod
        def backward(ctx: Any, single: Any, double: Any) -> Any:
            assert (single.dtype, double.dtype) == (T.float32, T.float64)
            return single.double() + double

    x = T.tensor([1.0, 2.0], dtype=T.float64, requires_grad=True)
    single, double = Halves.apply(x)
    (single.sum() + (double / 3).sum()).backward()
    return [x.grad]


def in_two_parts(T: Any) -> Any:
    class Multiples(T.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 2, x * 3

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*output)

        @staticmethod
        def backward(ctx: Any, twice: Any, thrice: Any) -> Any:
            double, triple = ctx.saved_tensors
            return twice * double + thrice * triple

    class Negative(Multiples):
        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(-output[0], -output[1])

    x = T.tensor([1.0, -2.0], requires_grad=True)
    found = []
    for operation in (Multiples, Negative):
        double, triple = operation.apply(x)
        (double + 5 * triple).sum().backward()
        found += [double, triple, x.grad.clone()]
    return found


def an_argument_comes_out(T: Any) -> Any:
    class Passed(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x, y * 1

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            return a * 2, b

    x, y = T.tensor([1.0, 2.0], requires_grad=True), T.ones(2)
    same, other = Passed.apply(x, y)
    assert same is not x
    assert same.requires_grad
    assert other.requires_grad
    (same * other).sum().backward()
    return [x.grad]


def changed_in_place(T: Any) -> Any:
    class Rectified(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            x.clamp_(min=0)
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            (out,) = ctx.saved_tensors
            return grad_output * (out > 0) * out

    x = T.tensor([1.0, -2.0, 3.0], requires_grad=True)
    z = x * 2
    view = z.view(1, 3)
    assert Rectified.apply(z) is z
    (slope,) = T.autograd.grad((z * view).sum(), x, create_graph=True)
    (second,) = T.autograd.grad(slope.sum(), x)
    constant = T.ones(2)
    assert Rectified.apply(constant) is constant
    assert not constant.requires_grad
    return [z, view, slope, second]


def one_of_two_changed(T: Any) -> Any:
    class Added(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.mark_dirty(x)
            return x.add_(y), x * y

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            return a, a + b

    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = T.tensor([3.0, 4.0], requires_grad=True)
    z, plain = x * 2, T.ones(2)
    total, product = Added.apply(z, y)
    assert total is z
    (total * product).sum().backward()
    Added.apply(plain, y)[0].sum().backward()
    assert plain.requires_grad
    return [z, plain, x.grad, y.grad]


PROGRAMS = [
    every_order,
    lambda T: gradients_that_come(T, True),
    lambda T: gradients_that_come(T, False),
    mixed_dtypes,
    in_two_parts,
    an_argument_comes_out,
    changed_in_place,
    one_of_two_changed,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_outputs_and_gradients_are_pytorchs(program: Any) -> None:
    with mytorch.autograd.detect_anomaly():
        watched = program(mytorch)
    for found in (watched, program(mytorch)):
        for ours, theirs in zip(found, program(torch), strict=True):
            if isinstance(ours, Tensor):
                np.testing.assert_allclose(ours.tolist(), theirs.tolist(), 1e-12)
            else:
                assert ours == theirs


def test_finite_differences() -> None:
    x = Tensor([0.3, -2.0, 1.5], requires_grad=True)
    both = lambda x: circle(mytorch).apply(x, 1.5)[:2]  # noqa: E731
    assert mytorch.gradcheck(both, x)
    assert mytorch.gradgradcheck(both, x)


def doubled(T: Any) -> Any:
    def twice(forward: Any) -> Any:
        @functools.wraps(forward)
        def decorated(ctx: Any, x: Any) -> Any:
            return 2 * forward(ctx, x)

        return decorated

    class Cube(T.autograd.Function):
        @staticmethod
        @twice
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.mark_non_differentiable(x.argmax())
            return x**3

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return gradient * 6 * ctx.saved_tensors[0] ** 2

    x = T.tensor([1.0, 2.0], requires_grad=True)
    output = Cube.apply(x)
    output.sum().backward()
    return [*output.tolist(), *x.grad.tolist()]


def test_a_decorated_forward_that_names_what_it_does_not_return() -> None:
    assert doubled(mytorch) == doubled(torch) == [2.0, 16.0, 6.0, 24.0]


class Grown(mytorch.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.add_(1)


def test_what_is_refused() -> None:
    class Listed(mytorch.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return [x]

    class Lost(mytorch.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.add_(1) * 2

    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"Listed.forward: .* a Tensor, or a tuple .*, got list"):
        Listed.apply(x)
    for argument in (x.detach(), x * 1):
        with pytest.raises(RuntimeError, match=r"Lost: mark_dirty: .* to return each Tensor"):
            Lost.apply(argument)
    with pytest.raises(RuntimeError, match=r"Grown: mark_dirty: .* no leaf that requires"):
        Grown.apply(x)
    with pytest.raises(RuntimeError, match=r"Grown: mark_dirty: .* no view"):
        Grown.apply((x * 1)[:1])
    with mytorch.no_grad():
        assert Grown.apply(x) is x
    z = x * 1
    before = z * z
    Grown.apply(z)
    with pytest.raises(RuntimeError, match="changed in place"):
        before.sum().backward()
    sine, cosine, *_ = circle(mytorch).apply(x, 1.0)
    with mytorch.no_grad():
        sine.add_(1)
    with pytest.raises(RuntimeError, match=r"Circle: .* changed in place"):
        cosine.sum().backward()
    sine, cosine, *_ = circle(mytorch).apply(x, 1.0)
    sine.sum().backward()
    with pytest.raises(RuntimeError, match=r"Circle: .* freed"):
        cosine.sum().backward()


@pytest.mark.usefixtures("without_collector")
def test_the_graph_is_freed_by_reference_counting() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    outputs = circle(mytorch).apply(x, 1.0)
    node = weakref.ref(outputs[0].grad_fn.next_functions[0])
    assert node() is not None
    del outputs
    assert node() is None


def test_compiled() -> None:
    Circle = circle(mytorch)

    def step(x: Tensor) -> Tensor:
        sine, cosine, *_ = Circle.apply(x, 2.0)
        value = (sine * cosine + sine).sum()
        (slope,) = mytorch.autograd.grad(value, x)
        return slope * 1

    run = mytorch.compile(step)
    for number in range(5):
        x = Tensor([0.5 + number, 2.0], requires_grad=True)
        np.testing.assert_array_equal(run(x).data, step(x).data)
    assert run.counts.replayed


def test_observers_are_told_of_each_output_once() -> None:
    told: list[Any] = []

    class Told(mytorch.observe.Observer):
        def applied(self, operation: Any, args: Any, output: Tensor) -> None:
            told.append(output)

    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    for recording in (True, False):
        told.clear()
        with Told(), mytorch.set_grad_enabled(recording):
            outputs = pair(mytorch, True)[0].apply(x, y)
        assert all(sum(output is seen for seen in told) == 1 for output in outputs)
    y = x * 1
    for recording in (True, False):
        told.clear()
        with Told(), mytorch.set_grad_enabled(recording):
            Grown.apply(y)
        assert sum(seen.shape == y.shape for seen in told) == 1


@pytest.mark.parametrize("recording", [True, False])
def test_anomaly_mode_tells_of_each_output(recording: bool) -> None:
    for number, words in ((1e308, "made the first NaN"), (np.nan, "NaN: it came in with .* 0, a")):
        x = Tensor([number], requires_grad=True)
        refused = pytest.raises(RuntimeError, match=f"Circle: its forward .*{words}")
        with mytorch.set_grad_enabled(recording), mytorch.autograd.detect_anomaly(), refused:
            circle(mytorch).apply(x, 10.0)


def test_watched(tmp_path: Any) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with mytorch.watch(tmp_path / "page.html"):
        sine, cosine, *_ = circle(mytorch).apply(x, 1.0)
        (sine + cosine).sum().backward()
    assert "Circle" in (tmp_path / "page.html").read_text()
