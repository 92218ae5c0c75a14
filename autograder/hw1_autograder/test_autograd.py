"""Problems 1.1 and 1.2: the basic operations and the autograd engine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import homework as hw
import numpy as np
from checks import MismatchError, same, same_array, same_object
from numpy.typing import NDArray
from points import GradedTest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Operation:
    """A basic operation: its class in functional.py, its meaning, its two derivatives."""

    part: str
    name: str
    symbol: str
    value: Callable[[Any, Any], Any]
    slope_a: Callable[[Array, Array], Array]
    slope_b: Callable[[Array, Array], Array]

    def forward(self, ctx: Any, a: Array, b: Array) -> Any:
        """The homework's forward."""
        return getattr(hw.functional, self.name).forward(ctx, hw.tensor(a), hw.tensor(b))

    def backward(self, ctx: Any, upstream: Array) -> Any:
        """The homework's backward."""
        return getattr(hw.functional, self.name).backward(ctx, hw.tensor(upstream))


OPERATIONS = (
    Operation(
        "1.1.1 Subtract",
        "Sub",
        "-",
        lambda a, b: a - b,
        lambda a, b: np.ones_like(a - b),
        lambda a, b: -np.ones_like(a - b),
    ),
    Operation(
        "1.1.2 Multiply",
        "Mul",
        "*",
        lambda a, b: a * b,
        lambda a, b: b + 0 * a,
        lambda a, b: a + 0 * b,
    ),
    Operation(
        "1.1.3 Divide",
        "Div",
        "/",
        lambda a, b: a / b,
        lambda a, b: 1 / b + 0 * a,
        lambda a, b: -a / b**2,
    ),
)


def away_from_zero(rng: np.random.Generator, *shape: int) -> Array:
    """Random numbers of both signs with magnitudes in [0.5, 2]."""
    signs: Array = rng.choice([-1.0, 1.0], shape)
    return signs * rng.uniform(0.5, 2.0, shape)


def operation_forward(operation: Operation) -> None:
    rng = np.random.default_rng(11)
    for shape in ((3, 4), (5,), ()):
        a, b = away_from_zero(rng, *shape), away_from_zero(rng, *shape)
        result = operation.forward(hw.engine.ContextManager(), a, b)
        same_array(f"{operation.name}.forward(ctx, a, b)", result, operation.value(a, b))


def operation_gradient(operation: Operation, shape_a: Any, shape_b: Any) -> None:
    rng = np.random.default_rng(12)
    a, b = away_from_zero(rng, *shape_a), away_from_zero(rng, *shape_b)
    ctx = hw.engine.ContextManager()
    operation.forward(ctx, a, b)
    upstream = rng.normal(size=np.broadcast_shapes(shape_a, shape_b))
    gradients = operation.backward(ctx, upstream)
    call = f"{operation.name}.backward(ctx, grad)"
    if not isinstance(gradients, tuple | list) or len(gradients) != 2:
        raise MismatchError(call, "a tuple of two tensors", repr(gradients))
    for index, (got, values, slope) in enumerate(
        zip(gradients, (a, b), (operation.slope_a, operation.slope_b), strict=True)
    ):
        expected = summed_to(upstream * slope(a, b), values.shape)
        same_array(f"{call}[{index}], the gradient of {'ab'[index]}", got, expected)


def summed_to(array: Array, shape: tuple[int, ...]) -> Array:
    """Undo a broadcast: sum over the axes along which `shape` was repeated."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return np.asarray(array.sum(axis=repeated, keepdims=True))


def operation_broadcast(operation: Operation) -> None:
    operation_gradient(operation, (3, 4), (4,))
    operation_gradient(operation, (3, 1), (2, 1, 4))


def operation_operator(operation: Operation) -> None:
    rng = np.random.default_rng(13)
    a, b = away_from_zero(rng, 2, 3), away_from_zero(rng, 2, 3)
    with hw.operations.forward_only() as callers:
        result = operation.value(hw.tensor(a), hw.tensor(b))
    same_array(f"a {operation.symbol} b", result, operation.value(a, b))
    if not callers:
        raise MismatchError(
            f"a {operation.symbol} b",
            f"a call of {operation.name}.apply(a, b), which puts it into the graph",
            "no call of Function.apply",
        )


def add(a: Any, b: Any) -> Any:
    """a + b by the homework's Add, which the handout gives."""
    return hw.functional.Add.apply(a, b)


def times(a: Any, b: Any) -> Any:
    """a * b by the grader's own operation."""
    return hw.operations.Times.apply(a, b)


def output_flags() -> None:
    for needs_a in (False, True):
        for needs_b in (False, True):
            a = hw.tensor([1.0, 2.0], requires_grad=needs_a)
            b = hw.tensor([3.0, 4.0], requires_grad=needs_b)
            result = add(a, b)
            call = f"Add.apply(a, b) with requires_grad {needs_a} of a, {needs_b} of b:"
            same_array(f"{call} the result", result, np.array([4.0, 6.0]))
            same(f"{call} requires_grad", result.requires_grad, needs_a or needs_b)
            same(f"{call} is_leaf", result.is_leaf, not (needs_a or needs_b))


def output_node() -> None:
    leaf = hw.tensor([1.0], requires_grad=True)
    constant = hw.tensor([2.0])
    middle = add(leaf, constant)
    final = add(constant, middle)
    same("the type of grad_fn", type(middle.grad_fn).__name__, "BackwardFunction")
    same("grad_fn.function_name", middle.grad_fn.function_name, "Add")
    parents = middle.grad_fn.next_functions
    same("the number of next_functions of leaf + constant", len(parents), 2)
    same("next_functions[0], a leaf", type(parents[0]).__name__, "AccumulateGrad")
    same_object("next_functions[0].variable", parents[0].variable, leaf)
    same_object("next_functions[1], a constant", parents[1], None)
    parents = final.grad_fn.next_functions
    same("the number of next_functions of constant + middle", len(parents), 2)
    same_object("next_functions[0], a constant", parents[0], None)
    same_object("next_functions[1], the node of middle", parents[1], middle.grad_fn)


def node_names(node: Any) -> Any:
    """The graph above a node as nested lists of names, to compare and to print."""
    if node is None:
        return None
    return [node.function_name, *(node_names(parent) for parent in node.next_functions)]


def worked_example() -> None:
    a, b, c = hw.tensor(1.0, requires_grad=True), hw.tensor(2.0), hw.tensor(3.0, requires_grad=True)
    d = add(a, times(a, b))
    e = add(add(d, c), hw.tensor(3.0))
    same_array("e", e, 9.0)
    leaf = ["AccumulateGrad"]
    graph = ["Add", ["Add", ["Add", leaf, ["Times", leaf, None]], leaf], None]
    same("the graph of e = ((a + a * b) + c) + 3", node_names(e.grad_fn), graph)
    e.backward()
    same_array("a.grad", a.grad, 3.0)
    same_array("c.grad", c.grad, 1.0)
    same_object("b.grad, of a constant", b.grad, None)


def starts_from_ones() -> None:
    values = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    x = hw.tensor(np.zeros((2, 3)), requires_grad=True)
    times(x, hw.tensor(values)).backward()
    same_array("x.grad after (x * v).backward(), x of shape (2, 3)", x.grad, values)


def starts_at_a_node() -> None:
    x = hw.tensor([2.0, 3.0], requires_grad=True)
    y = times(x, hw.tensor([5.0, 7.0]))
    hw.engine.backward(y.grad_fn, hw.tensor([10.0, 100.0]))
    same_array("x.grad after backward(y.grad_fn, grad)", x.grad, np.array([50.0, 700.0]))


def only_leaves_store() -> None:
    x = hw.tensor([2.0, 3.0], requires_grad=True)
    constant = hw.tensor([4.0, 5.0])
    middle = times(x, constant)
    final = times(constant, middle)
    final.backward()
    same_array("x.grad", x.grad, np.array([16.0, 25.0]))
    same_object("the .grad of a constant", constant.grad, None)
    same_object("the .grad of an intermediate result", middle.grad, None)
    same_object("the .grad of the final result", final.grad, None)


def one_input() -> None:
    values = np.array([[1.0, 2.0, 4.0], [0.5, 0.25, 8.0]])
    slopes = np.arange(6.0).reshape(2, 3)
    x = hw.tensor(values, requires_grad=True)
    logs = hw.functional.Transpose.apply(hw.functional.Log.apply(x))
    times(logs, hw.tensor(slopes.T.copy())).reshape(3, 2).backward()
    same_array("x.grad through Log, Transpose, Times, Reshape", x.grad, slopes / values)


def same_tensor_twice() -> None:
    values = np.array([1.0, -2.0, 3.0])
    x = hw.tensor(values, requires_grad=True)
    times(x, x).backward()
    same_array("x.grad of x * x", x.grad, 2 * values)
    x = hw.tensor(values, requires_grad=True)
    add(times(x, x), x).backward()
    same_array("x.grad of x * x + x", x.grad, 2 * values + 1)


def two_passes() -> None:
    x = hw.tensor([1.0, 2.0], requires_grad=True)
    times(x, hw.tensor([3.0, 4.0])).backward()
    same_array("x.grad after one backward", x.grad, np.array([3.0, 4.0]))
    times(x, hw.tensor([10.0, 20.0])).backward()
    same_array("x.grad after a second backward", x.grad, np.array([13.0, 24.0]))


def diamond() -> None:
    values, weights = np.array([1.0, -2.0, 3.0]), np.array([4.0, 5.0, -6.0])
    x, w = hw.tensor(values, requires_grad=True), hw.tensor(weights, requires_grad=True)
    top = times(x, w)
    left, right = times(top, top), times(top, x)
    add(left, right).backward()
    same_array("x.grad of (xw)(xw) + (xw)x", x.grad, 2 * values * weights**2 + 2 * weights * values)
    same_array("w.grad of (xw)(xw) + (xw)x", w.grad, 2 * weights * values**2 + values**2)


def deep_chain() -> None:
    x = hw.tensor([2.0], requires_grad=True)
    y = x
    for _ in range(50):
        y = add(times(y, hw.tensor([0.9])), hw.tensor([1.0]))
    y.backward()
    same_array("x.grad through 100 operations", x.grad, np.array([0.9**50]))


TESTS = (
    *(
        GradedTest(operation.part, name, points, run)
        for operation in OPERATIONS
        for name, points, run in (
            ("forward", 1, partial(operation_forward, operation)),
            ("gradient", 2, partial(operation_gradient, operation, (3, 4), (3, 4))),
            ("gradient with broadcasting", 1, partial(operation_broadcast, operation)),
            (f"the operator {operation.symbol}", 1, partial(operation_operator, operation)),
        )
    ),
    GradedTest("1.2 Autograd", "requires_grad and is_leaf of a result", 3, output_flags),
    GradedTest("1.2 Autograd", "the node of a result and its parents", 3, output_node),
    GradedTest("1.2 Autograd", "backward starts from ones", 2, starts_from_ones),
    GradedTest("1.2 Autograd", "backward starts at a given node", 2, starts_at_a_node),
    GradedTest("1.2 Autograd", "only leaves store a gradient", 2, only_leaves_store),
    GradedTest("1.2 Autograd", "operations with one input", 2, one_input),
    GradedTest("1.2 Autograd", "a chain of 100 operations", 1, deep_chain),
    GradedTest("1.2 Autograd", "the worked example of section 0.1", 4, worked_example),
    GradedTest("1.2 Autograd", "one tensor used twice", 2, same_tensor_twice),
    GradedTest("1.2 Autograd", "two backward passes add up", 2, two_passes),
    GradedTest("1.2 Autograd", "two paths that meet again", 2, diamond),
)
