"""Problems 1.1 and 1.2: the basic operations and the autograd engine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.grader.checks import MismatchError, same, same_array, same_object, same_scalar
from course.grader.homework import Homework
from course.grader.points import GradedTest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Operation:
    """A basic operation: its class in functional.py, its meaning, its two derivatives."""

    part: str
    name: str
    symbol: str
    operator: str
    value: Callable[[Any, Any], Any]
    slope_a: Callable[[Array, Array], Array]
    slope_b: Callable[[Array, Array], Array]


OPERATIONS = (
    Operation(
        "1.1.1 Subtract",
        "Sub",
        "-",
        "sub",
        lambda a, b: a - b,
        lambda a, b: np.ones_like(a),
        lambda a, b: -np.ones_like(b),
    ),
    Operation(
        "1.1.2 Multiply", "Mul", "*", "mul", lambda a, b: a * b, lambda a, b: b, lambda a, b: a
    ),
    Operation(
        "1.1.3 Divide",
        "Div",
        "/",
        "truediv",
        lambda a, b: a / b,
        lambda a, b: 1 / b,
        lambda a, b: -a / b**2,
    ),
)


def away_from_zero(rng: np.random.Generator, *shape: int) -> Array:
    """Random numbers of both signs with magnitudes in [0.5, 2]."""
    signs: Array = rng.choice([-1.0, 1.0], shape)
    return signs * rng.uniform(0.5, 2.0, shape)


def operation_forward(operation: Operation, hw: Homework) -> None:
    rng = np.random.default_rng(11)
    for shape in ((3, 4), (5,), ()):
        a, b = away_from_zero(rng, *shape), away_from_zero(rng, *shape)
        forward = getattr(hw.functional, operation.name).forward
        result = forward(hw.engine.ContextManager(), hw.tensor(a), hw.tensor(b))
        same_array(f"{operation.name}.forward(ctx, a, b)", result, operation.value(a, b))


def operation_gradient(operation: Operation, hw: Homework) -> None:
    rng = np.random.default_rng(12)
    a, b = away_from_zero(rng, 3, 4), away_from_zero(rng, 3, 4)
    function, ctx = getattr(hw.functional, operation.name), hw.engine.ContextManager()
    function.forward(ctx, hw.tensor(a), hw.tensor(b))
    upstream = rng.normal(size=(3, 4))
    gradients = function.backward(ctx, hw.tensor(upstream))
    call = f"{operation.name}.backward(ctx, grad)"
    # Any number of Nones may follow.
    pair = isinstance(gradients, tuple | list) and len(gradients) >= 2
    if not pair or any(part is not None for part in gradients[2:]):
        raise MismatchError(call, "a tuple of two tensors", repr(gradients))
    for index, slope in enumerate((operation.slope_a, operation.slope_b)):
        what = f"{call}[{index}], the gradient of {'ab'[index]}"
        same_array(what, gradients[index], upstream * slope(a, b))


def operation_operator(operation: Operation, hw: Homework) -> None:
    rng = np.random.default_rng(13)
    a, b = away_from_zero(rng, 2, 3), away_from_zero(rng, 2, 3)
    what = f"a {operation.symbol} b"
    call = hw.operations.forward_only
    result, applied = call(operation.operator, hw.tensor(a), hw.tensor(b))
    same_array(what, result, operation.value(a, b))
    if not applied:
        expected = f"a call of {operation.name}.apply(a, b), which puts it into the graph"
        raise MismatchError(what, expected, "no call of Function.apply")


def add(hw: Homework, a: Any, b: Any) -> Any:
    """a + b by the homework's Add, which the handout gives."""
    return hw.functional.Add.apply(a, b)


def times(hw: Homework, a: Any, b: Any) -> Any:
    """a * b by the grader's own operation."""
    return hw.operations.Times.apply(a, b)


def leaf(hw: Homework, data: Any) -> Any:
    """A tensor whose gradient is asked for."""
    return hw.tensor(data, requires_grad=True)


def output_flags(hw: Homework) -> None:
    for needs_a in (False, True):
        for needs_b in (False, True):
            a = hw.tensor([1.0, 2.0], requires_grad=needs_a)
            b = hw.tensor([3.0, 4.0], requires_grad=needs_b)
            result = add(hw, a, b)
            call = f"Add.apply(a, b) with requires_grad {needs_a} of a, {needs_b} of b:"
            same_array(f"{call} the result", result, np.array([4.0, 6.0]))
            same(f"{call} requires_grad", result.requires_grad, needs_a or needs_b)
            same(f"{call} is_leaf", result.is_leaf, not (needs_a or needs_b))


def parents_of(what: str, tensor: Any, number: int) -> Any:
    """What next_functions of a tensor's node holds, if it is as many."""
    parents = tensor.grad_fn.next_functions
    if not isinstance(parents, tuple | list) or len(parents) != number:
        raise MismatchError(
            f"next_functions of the node of {what}", f"a list of {number} parents", repr(parents)
        )
    return parents


def same_node(what: str, node: Any, hw: Homework, kind: str) -> None:
    """Raise MismatchError unless `node` is of the engine's class `kind`."""
    if not hw.call("isinstance", node, getattr(hw.engine, kind)):
        raise MismatchError(what, f"an object of the class {kind}", repr(node))


def output_node(hw: Homework) -> None:
    a, b = leaf(hw, [1.0]), leaf(hw, [2.0])
    middle = add(hw, a, b)
    final = add(hw, b, middle)
    same_node("grad_fn of a + b", middle.grad_fn, hw, "BackwardFunction")
    for name, node, variable in zip("ab", parents_of("a + b", middle, 2), (a, b), strict=True):
        same_node(f"the parent of a + b for the leaf {name}", node, hw, "AccumulateGrad")
        same_object(f"the parent's variable for the leaf {name}", node.variable, variable)
    _, node = parents_of("b + (a + b)", final, 2)
    same_object("the parent of b + (a + b) for a + b, its node", node, middle.grad_fn)


def constant_parent(hw: Homework) -> None:
    x, constant = leaf(hw, [2.0, 3.0]), hw.tensor([4.0, 5.0])
    middle = times(hw, constant, x)
    first, _ = parents_of("constant * x", middle, 2)
    same_object("the parent of constant * x for the constant", first, None)
    times(hw, middle, constant).backward()
    same_array("x.grad of (constant * x) * constant", x.grad, np.array([16.0, 25.0]))
    same_object("the .grad of the constant", constant.grad, None)


def worked_example(hw: Homework) -> None:
    a, b, c = leaf(hw, 1.0), hw.tensor(2.0), leaf(hw, 3.0)
    d = add(hw, a, times(hw, a, b))
    e = add(hw, add(hw, d, c), hw.tensor(3.0))
    same_scalar("e = ((a + a * b) + c) + 3", e, 9.0)
    e.backward()
    same_scalar("a.grad", a.grad, 3.0)
    same_scalar("c.grad", c.grad, 1.0)


def starts_from_ones(hw: Homework) -> None:
    values = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    x = leaf(hw, np.zeros((2, 3)))
    times(hw, x, leaf(hw, values)).backward()
    same_array("x.grad after (x * v).backward(), x of shape (2, 3)", x.grad, values)


def starts_at_a_node(hw: Homework) -> None:
    x = leaf(hw, [2.0, 3.0])
    y = times(hw, x, leaf(hw, [5.0, 7.0]))
    hw.engine.backward(y.grad_fn, hw.tensor([10.0, 100.0]))
    same_array("x.grad after backward(y.grad_fn, grad)", x.grad, np.array([50.0, 700.0]))


def only_leaves_store(hw: Homework) -> None:
    x, y = leaf(hw, [2.0, 3.0]), leaf(hw, [4.0, 5.0])
    middle = times(hw, x, y)
    final = times(hw, middle, leaf(hw, [6.0, 7.0]))
    final.backward()
    same_array("x.grad", x.grad, np.array([24.0, 35.0]))
    same_object("the .grad of an intermediate result", middle.grad, None)
    same_object("the .grad of the final result", final.grad, None)


def one_input(hw: Homework) -> None:
    values = np.array([[1.0, 2.0, 4.0], [0.5, 0.25, 8.0]])
    slopes = np.arange(6.0).reshape(2, 3)
    x = leaf(hw, values)
    logs = hw.functional.Transpose.apply(hw.functional.Log.apply(x))
    product = times(hw, logs, leaf(hw, slopes.T))
    hw.functional.Reshape.apply(product, (2, 3)).backward()
    same_array("x.grad through Log, Transpose, Times, Reshape", x.grad, slopes / values)


def same_tensor_twice(hw: Homework) -> None:
    values = np.array([1.0, -2.0, 3.0])
    x = leaf(hw, values)
    times(hw, x, x).backward()
    same_array("x.grad of x * x", x.grad, 2 * values)
    x = leaf(hw, values)
    add(hw, times(hw, x, x), x).backward()
    same_array("x.grad of x * x + x", x.grad, 2 * values + 1)


def two_passes(hw: Homework) -> None:
    x = leaf(hw, [1.0, 2.0])
    times(hw, x, leaf(hw, [3.0, 4.0])).backward()
    same_array("x.grad after one backward", x.grad, np.array([3.0, 4.0]))
    times(hw, x, leaf(hw, [10.0, 20.0])).backward()
    same_array("x.grad after a second backward", x.grad, np.array([13.0, 24.0]))


def diamond(hw: Homework) -> None:
    values, weights = np.array([1.0, -2.0, 3.0]), np.array([4.0, 5.0, -6.0])
    x, w = leaf(hw, values), leaf(hw, weights)
    top = times(hw, x, w)
    left, right = times(hw, top, top), times(hw, top, x)
    add(hw, left, right).backward()
    same_array("x.grad of (xw)(xw) + (xw)x", x.grad, 2 * values * weights**2 + 2 * weights * values)
    same_array("w.grad of (xw)(xw) + (xw)x", w.grad, 2 * weights * values**2 + values**2)


def deep_chain(hw: Homework) -> None:
    x = leaf(hw, [2.0])
    hw.operations.chain(hw.functional.Add.apply, x, 50).backward()
    same_array("x.grad through 100 operations", x.grad, np.array([0.9**50]))


ENGINE = "1.2 Autograd"

TESTS = (
    *(
        GradedTest(operation.part, name, points, partial(run, operation))
        for operation in OPERATIONS
        for name, points, run in (
            ("forward", 1, operation_forward),
            ("gradient", 3, operation_gradient),
            (f"the operator {operation.symbol}", 1, operation_operator),
        )
    ),
    GradedTest(ENGINE, "requires_grad and is_leaf of a result", 3, output_flags),
    GradedTest(ENGINE, "the node of a result and its parents", 2, output_node),
    GradedTest(ENGINE, "a constant among the parents", 3, constant_parent),
    GradedTest(ENGINE, "backward starts from ones", 2, starts_from_ones),
    GradedTest(ENGINE, "backward starts at a given node", 2, starts_at_a_node),
    GradedTest(ENGINE, "only leaves store a gradient", 2, only_leaves_store),
    GradedTest(ENGINE, "operations with one input", 2, one_input),
    GradedTest(ENGINE, "a chain of 100 operations", 1, deep_chain),
    GradedTest(ENGINE, "the worked example of section 0.1", 2, worked_example),
    GradedTest(ENGINE, "one tensor used twice", 2, same_tensor_twice),
    GradedTest(ENGINE, "two backward passes add up", 2, two_passes),
    GradedTest(ENGINE, "two paths that meet again", 2, diamond),
)
