"""Functions that compute derivatives, beside PyTorch's."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, func
from mytorch.errors import DtypeError, RangeError, ShapeError
from tests.ops.oracles import value


class Pair(NamedTuple):
    a: Any
    b: Any


class Side:
    """A library, with what the cases use: x and s are plain, y and w require gradients."""

    def __init__(self, library: Any) -> None:
        self.library, self.func = library, library.func
        made = [library.tensor(x, dtype=library.float64) for x in ([1.0, -2.0], 1.5)]
        self.x, self.s = made
        self.y, self.w = (self.x * by for by in (1, 2))
        for tensor in (self.y, self.w):
            tensor.requires_grad_()

    def cube(self, x: Any) -> Any:
        return (x**3).sum()

    def mixed(self, x: Any) -> Any:
        return (x**3 * self.w).sum()

    def nth(self, n: int) -> Any:
        def derived(x: Any) -> Any:
            return x.sin() * x

        for _ in range(n):
            derived = self.func.grad(derived)
        return derived(self.s)

    def unrecorded(self, derived: Callable[[Any], Any]) -> Any:
        with self.library.no_grad():
            return derived(self.y)

    def back(self, function: Callable[..., Any], *primals: Any) -> Any:
        result, back = self.func.vjp(function, *primals)
        ones = self.library.ones_like
        cotangents = (
            {"u": ones(result["u"]) * 3, "v": [ones(result["v"][0])]}
            if isinstance(result, dict)
            else ones(result) * 3
        )
        return result, back(cotangents), back(cotangents)

    def net(self, detached: bool) -> Any:
        net = self.library.nn.Linear(2, 1).double()
        with self.library.no_grad():
            net.weight.fill_(0.5), net.bias.fill_(0.1)
        given = {name: x.detach() if detached else x for name, x in net.named_parameters()}
        call = self.func.functional_call
        return self.func.grad(lambda p, x: call(net, p, (x,)).square().mean())(given, self.x)


CASES: list[Callable[[Any], Any]] = [
    lambda o: o.func.grad(o.cube)(o.x),
    lambda o: o.func.grad(o.cube)(o.y),
    lambda o: o.func.grad(o.mixed)(o.x),
    lambda o: o.func.grad(lambda x: (x**2).sum() + o.w.sum())(o.x),
    lambda o: o.func.grad(lambda x: o.s)(o.x),
    lambda o: o.func.grad_and_value(o.cube)(o.x),
    lambda o: o.func.grad_and_value(o.mixed)(o.x),
    lambda o: o.func.grad(lambda x: (o.cube(x), {"a": x * o.w}), has_aux=True)(o.x),
    lambda o: o.func.grad_and_value(lambda x: (o.cube(x), [x * 2, o.w]), has_aux=True)(o.x),
    *(lambda o, n=n: o.nth(n) for n in range(1, 5)),
    lambda o: o.func.grad(lambda a: o.func.grad(lambda b: a * b * b)(a))(o.s),
    lambda o: o.func.grad(lambda a: a * o.func.grad(lambda b: a + b)(o.s * 2))(o.s),
    lambda o: o.func.grad(lambda a, b: (a * a * b).sum(), argnums=(0, 1))(o.x, o.w),
    lambda o: o.func.grad(lambda a, b: (a * b).sum(), argnums=-1)(o.x, o.x * 2),
    lambda o: o.func.grad(lambda a, b: (a * a).sum(), argnums=(1, 0))(o.x, o.x),
    lambda o: o.func.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": o.x, "b": [o.s, o.s]}),
    lambda o: o.func.grad(lambda p: (p.a * p.b).sum())(Pair(o.x, o.s)),
    lambda o: o.func.grad(lambda x, k=1: k * o.cube(x))(o.x, k=3),
    lambda o: o.func.grad_and_value(lambda x, k=1: k * o.cube(x))(o.x, k=3),
    lambda o: o.unrecorded(o.func.grad(o.cube)),
    lambda o: o.unrecorded(o.func.grad(o.mixed)),
    lambda o: o.unrecorded(o.func.jacrev(o.func.grad(o.cube))),
    lambda o: o.func.grad(lambda x: (x**2 - o.unrecorded(lambda _: x**2)).sum())(o.x),
    lambda o: o.func.jacrev(lambda x: x * x.sum())(o.x),
    lambda o: o.func.jacrev(lambda x: x * x.sum())(o.y),
    lambda o: o.func.jacrev(lambda x: o.w * x)(o.x),
    lambda o: o.func.jacrev(lambda x: {"u": x * 2, "v": [x.sum()]})(o.x),
    lambda o: o.func.jacrev(lambda a, b: a[:, None] * b, argnums=(0, 1))(o.x, o.x),
    lambda o: o.func.jacrev(lambda a: (a[:, None] * a, (a, 1 * a)), has_aux=True)(o.x),
    lambda o: o.func.jacrev(lambda p: p["a"] * p["b"])({"a": o.x, "b": o.s}),
    lambda o: o.func.jacrev(o.func.grad(o.cube))(o.x),
    lambda o: o.func.hessian(o.cube)(o.x),
    lambda o: o.func.hessian(o.mixed)(o.x),
    lambda o: o.func.hessian(lambda x: x**3)(o.y),
    lambda o: o.func.hessian(lambda a, b: (a**2 * b).sum(), argnums=(0, 1))(o.x, o.x),
    lambda o: o.func.hessian(lambda p: (p["a"] ** 2 * p["b"]).sum())({"a": o.x, "b": o.s}),
    lambda o: o.func.grad(lambda x: o.func.hessian(o.cube)(x).sum())(o.x),
    lambda o: o.func.jacfwd(lambda x: x * x.sum())(o.x),
    lambda o: o.func.jacfwd(lambda x: (x * x, {"a": x}), has_aux=True)(o.y),
    lambda o: o.func.jacfwd(o.func.jacrev(o.cube))(o.x),
    lambda o: o.back(lambda x: x**3, o.x),
    lambda o: o.back(lambda x: x**3, o.y),
    lambda o: o.back(lambda x: x**3 * o.w, o.x),
    lambda o: o.back(lambda a, b: {"u": a * b, "v": [a.sum()]}, o.x, o.x),
    lambda o: o.back(lambda a, b: a * 2, o.x, o.x),
    lambda o: o.back(lambda p: p["a"] * p["b"], {"a": o.x, "b": o.s}),
    lambda o: o.func.vjp(lambda x: (x * x, [x * 2, o.w]), o.x, has_aux=True)[2],
    lambda o: o.unrecorded(lambda y: o.back(lambda x: x**3, y)),
    lambda o: o.func.grad(lambda x: o.func.vjp(lambda a: a**3, x)[1](o.x)[0].sum())(o.x),
    lambda o: o.func.grad(lambda v: o.func.vjp(lambda a: a**3, o.x)[1](v)[0].sum())(o.x).detach(),
    lambda o: o.func.jvp(lambda x: x**3, (o.x,), (o.x,)),
    lambda o: o.func.jvp(lambda x: x**3, (o.y,), (o.x,)),
    lambda o: o.func.jvp(lambda a, b: {"u": a * b, "v": [a.sum()]}, (o.x, o.x), (o.x, o.x * 2)),
    lambda o: o.func.jvp(lambda x: (x * x, [x * 2]), (o.x,), (o.x,), has_aux=True),
    lambda o: o.func.jvp(o.func.grad(o.cube), (o.x,), (o.x,)),
    lambda o: o.func.grad(lambda x: o.func.jvp(lambda a: a**3, (x,), (o.x,))[1].sum())(o.x),
    lambda o: o.net(False),
    lambda o: o.net(True),
]


def flat(tree: Any) -> list[Any]:
    """The numbers, flags, and kinds of what holds them."""
    if isinstance(tree, dict):
        return [type(tree), *tree, *map(flat, tree.values())]
    if isinstance(tree, (tuple, list)):
        return [type(tree), *map(flat, tree)]
    if isinstance(tree, str):
        return [tree]
    return [np.round(value(tree), 9).tolist(), bool(tree.requires_grad)]


@pytest.mark.filterwarnings("ignore:.torch.jit.script")
@pytest.mark.parametrize("case", CASES)
def test_derivatives_equal_pytorchs(case: Any) -> None:
    assert flat(case(Side(mytorch))) == flat(case(Side(torch)))


def test_options_of_the_function_are_handed_on() -> None:
    side = Side(mytorch)
    for derive in (func.jacrev, func.hessian):  # PyTorch's take none
        found = derive(lambda x, k=1: k * side.cube(x))(side.x, k=3)
        np.testing.assert_allclose(found.data, 3 * derive(side.cube)(side.x).data)


def test_a_gradient_leads_on_to_what_requires_one() -> None:
    side = Side(mytorch)
    func.grad(side.mixed)(side.y).sum().backward()
    np.testing.assert_allclose(side.y.grad.data, 6 * side.y.data * side.w.data)
    np.testing.assert_allclose(side.w.grad.data, 3 * side.y.data**2)


def test_what_is_kept_beside_a_value_keeps_its_graph() -> None:
    side = Side(mytorch)

    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        shared = x.exp()
        return shared.sum(), (shared * side.w).sum()

    gradient, aux = func.grad(run, has_aux=True)(side.x)
    assert not gradient.requires_grad
    aux.backward()
    np.testing.assert_allclose(side.w.grad.data, np.exp(side.x.data))


@pytest.mark.parametrize("derived", [func.grad, func.grad_and_value, func.jacrev, func.hessian])
def test_a_compiled_derivative_is_the_same(derived: Any) -> None:
    side = Side(mytorch)
    compiled = mytorch.compile(lambda x: derived(side.cube)(x))
    for number in range(1, 5):
        expected = derived(side.cube)(side.x * number)
        assert flat(compiled(side.x * number)) == flat(expected)


@pytest.mark.parametrize(
    ("attempt", "error", "says"),
    [
        (lambda x: func.grad(lambda x: x)(x), ShapeError, "shape"),
        (lambda x: func.grad(lambda x: 1.0)(x), ShapeError, "float"),
        (lambda x: func.grad(lambda x: x.sum(), argnums=1)(x), RangeError, "argnums"),
        (lambda x: func.grad(lambda x: x.sum(), argnums="x")(x), RangeError, "argnums"),
        (lambda x: func.grad(lambda x: x.sum())(x.long()), DtypeError, "floating"),
        (lambda x: func.grad(lambda x: x.sum())([x, 1.0]), TypeError, "derive by Tensors"),
        (lambda x: func.grad(lambda x: x.sum(), has_aux=True)(x), RuntimeError, "has_aux"),
        (lambda x: func.jacrev(lambda x: (x, 1.0))(x), TypeError, "returns Tensors"),
        (lambda x: func.vjp(lambda x: x, x)[1](x[:1]), ShapeError, "shapes of the result"),
        (lambda x: func.vjp(lambda x: 1.0, x), TypeError, "returns Tensors"),
        (lambda x: func.vjp(lambda x: x, x.long()), DtypeError, "floating"),
        (lambda x: func.jvp(lambda x: x, (x,), (x[:1],)), ShapeError, "shapes of the primals"),
        (lambda x: func.jvp(lambda x: x, x, x), TypeError, "as tuples"),
        (lambda x: func.jacrev(lambda x: x, argnums=(0, 2))(x), RangeError, "argnums"),
    ],
)
def test_what_is_refused(attempt: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        attempt(mytorch.ones(2))
