"""Problems 2.1 to 2.6: layers, loss and optimizer.

Around the problem that a test is about stand the grader's own `operations`; what must come out
is computed by the NumPy layers of `reference`, and compared as closely as the course does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.hw1_autograder import reference
from course.grader import checks
from course.grader.checks import CLOSELY, MismatchError, same, same_object
from course.grader.homework import Homework, HomeworkError
from course.grader.points import GradedTest

Array = NDArray[np.float64]

LEARNING_RATE = 0.01
STEPS = 5

same_array = partial(checks.same_array, tolerance=CLOSELY)
same_row = partial(checks.same_row, tolerance=CLOSELY)
same_scalar = partial(checks.same_scalar, tolerance=CLOSELY)


def parameters(*shapes: tuple[int, ...], seed: int) -> list[Array]:
    """Random parameters of the given shapes."""
    rng = np.random.default_rng(seed)
    return [rng.normal(scale=0.5, size=shape) for shape in shapes]


def as_tensors(hw: Homework, arrays: Sequence[Array]) -> list[Any]:
    """Parameters with the values of the arrays."""
    return [hw.tensor(a, requires_grad=True, is_parameter=True) for a in arrays]


def leaf(hw: Homework, values: Array) -> Any:
    """An input of a layer. It requires a gradient: a constant is a test of problem 1.2 alone."""
    return hw.tensor(values, requires_grad=True)


def put(tensor: Any, values: Array, what: str) -> None:
    """Write values into a tensor of the homework, which must have their shape."""
    values = checks.row_like(checks.as_array(tensor), values)
    same(f"the shape of {what}", np.shape(tensor.data), values.shape)
    tensor.data = values


def affine(hw: Homework, x: Any, weight: Any, bias: Any) -> Any:
    """x W^T + b by the grader's own operation."""
    return hw.operations.Affine.apply(x, weight, bias)


@dataclass(frozen=True)
class Criterion:
    """A loss of (out, target): the reference's value and gradient, and the homework's tensor."""

    expected: Callable[[Array, Array], tuple[float, Array]]
    loss: Callable[[Homework, Any, Array], Any]


HALF_SQUARES = Criterion(
    reference.half_squares, lambda hw, out, target: hw.operations.half_squares(out, target)
)
CROSS_ENTROPY = Criterion(
    lambda out, target: reference.cross_entropy(out, target.argmax(axis=1)),
    lambda hw, out, target: cross_entropy(hw, out, target.argmax(axis=1)),
)


def trains_like(
    hw: Homework,
    network: reference.Network,
    model: Callable[[Any], Any],
    params: Sequence[Any],
    step: Callable[[], None],
    momentum: float = 0.0,
    criterion: Criterion = HALF_SQUARES,
) -> None:
    """Train the homework's model beside the reference network; every number must agree."""
    optimizer = reference.Descent(network.params, LEARNING_RATE, momentum)
    rng = np.random.default_rng(20)
    for i in range(STEPS):
        x, target = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
        expected = network.forward(x)
        expected_loss, gradient = criterion.expected(expected, target)
        network.backward(gradient)
        out = model(leaf(hw, x))
        same_array(f"the output in step {i}", out, expected)
        loss = criterion.loss(hw, out, target)
        same_scalar(f"the loss in step {i}", loss, expected_loss)
        loss.backward()
        for k, (param, grad) in enumerate(zip(params, network.grads, strict=True)):
            same_row(f"the gradient of parameter {k} in step {i}", param.grad, grad)
        optimizer.step(network.grads)
        step()
        for k, (param, value) in enumerate(zip(params, network.params, strict=True)):
            same_row(f"parameter {k} after step {i}", param, value)


def descend(hw: Homework, params: Sequence[Any]) -> Callable[[], None]:
    """A plain gradient step by the grader's own, for the problems that are not about SGD."""
    return lambda: hw.operations.descend(params, LEARNING_RATE)


def three_layers(
    hw: Homework, relu: Callable[[Any], Any], seed: int
) -> tuple[reference.Network, Callable[[Any], Any], list[Any]]:
    """A 4-6-5-2 network with ReLUs: the reference, the model with `relu`, its parameters."""
    values = parameters((6, 4), (6,), (5, 6), (5,), (2, 5), (2,), seed=seed)
    params = as_tensors(hw, values)
    network = reference.Network(
        reference.Affine(*values[0:2]),
        reference.Rectify(),
        reference.Affine(*values[2:4]),
        reference.Rectify(),
        reference.Affine(*values[4:6]),
    )

    def model(x: Any) -> Any:
        hidden = relu(affine(hw, x, *params[0:2]))
        return affine(hw, relu(affine(hw, hidden, *params[2:4])), *params[4:6])

    return network, model, params


def either(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """The first way, or where it raises, the second: each has a test of its own that it works."""
    try:
        return first()
    except HomeworkError as error:
        try:
            return second()
        except HomeworkError:
            raise error from None


# 2.1 Linear layer


def linear_layer(hw: Homework, weight: Array, bias: Array) -> Any:
    """The homework's Linear with the given weights."""
    layer = hw.linear.Linear(weight.shape[1], weight.shape[0])
    put(layer.weight, weight, "Linear.weight")
    put(layer.bias, bias, "Linear.bias")
    return layer


def linear_forward(hw: Homework) -> None:
    weight, bias, x = parameters((3, 4), (3,), (6, 4), seed=21)
    expected = reference.Affine(weight, bias).forward(x)
    same_array("Linear(4, 3)(x)", linear_layer(hw, weight, bias)(leaf(hw, x)), expected)


def linear_gradients(hw: Homework) -> None:
    weight, bias, values = parameters((3, 4), (3,), (6, 4), seed=22)
    affine = reference.Affine(weight, bias)
    expected = affine.backward(np.ones_like(affine.forward(values)))
    layer, x = linear_layer(hw, weight, bias), leaf(hw, values)
    layer(x).backward()
    same_array("the gradient of the weight", layer.weight.grad, affine.grads[0])
    same_row("the gradient of the bias", layer.bias.grad, affine.grads[1])
    same_array("the gradient of the input", x.grad, expected)


def add_broadcast(hw: Homework) -> None:
    matrix, row, column = parameters((3, 4), (4,), (3, 1), seed=23)
    a, b, c = as_tensors(hw, (matrix, row, column))
    total = (b + a) + c
    same_array("b + a + c, shapes (4,), (3, 4), (3, 1)", total, matrix + row + column)
    total.backward()
    same_array("the gradient of a", a.grad, np.ones((3, 4)))
    same_array("the gradient of b", b.grad, np.full(4, 3.0))
    same_array("the gradient of c", c.grad, np.full((3, 1), 4.0))


def sequential(hw: Homework) -> None:
    first, second, x = parameters((3, 4), (3, 4), (3, 4), seed=24)
    layers = [hw.operations.scaling(factors) for factors in (first, second)]
    model = hw.sequential.Sequential(*layers)
    same_array("Sequential(layer, layer)(x)", model(leaf(hw, x)), x * first * second)
    same("the number of its parameters", len(hw.call("list", model.parameters())), 2)
    model.eval()
    same("is_train of its layers after eval()", [m.is_train for m in layers], [False, False])
    model.train()
    same("is_train of its layers after train()", [m.is_train for m in layers], [True, True])


def linear_training(hw: Homework) -> None:
    values = parameters((6, 4), (6,), (5, 6), (5,), (2, 5), (2,), seed=25)
    pairs = list(zip(values[::2], values[1::2], strict=True))
    layers = [linear_layer(hw, weight, bias) for weight, bias in pairs]
    params = [param for layer in layers for param in (layer.weight, layer.bias)]
    network = reference.Network(*(reference.Affine(*pair) for pair in pairs))
    first, second, third = layers
    trains_like(hw, network, lambda x: third(second(first(x))), params, descend(hw, params))


# 2.2 ReLU

SIGNS = np.array([[-2.0, -0.5, 0.5], [1e-3, -1e-3, 3.0]])
AT_ZERO = np.array([0.0, 1.0])


def relu(hw: Homework, x: Any) -> Any:
    """ReLU by the layer, or by the operation if there is no layer yet."""
    return either(lambda: hw.activations.ReLU()(x), lambda: hw.functional.ReLU.apply(x))


def relu_forward(hw: Homework) -> None:
    for values in (SIGNS, AT_ZERO):
        same_array("ReLU(x)", relu(hw, hw.tensor(values)), np.maximum(values, 0.0))


def relu_gradient(values: Array, hw: Homework) -> None:
    upstream = np.random.default_rng(26).normal(size=values.shape)

    def by_the_operation() -> Any:
        ctx = hw.engine.ContextManager()
        hw.functional.ReLU.forward(ctx, hw.tensor(values))
        gradient = hw.functional.ReLU.backward(ctx, hw.tensor(upstream))
        return gradient[0] if isinstance(gradient, tuple | list) and gradient else gradient

    def by_the_layer() -> Any:
        x = leaf(hw, values)
        hw.operations.weighted(hw.activations.ReLU()(x), upstream).backward()
        return x.grad

    expected = np.where(values > 0, upstream, 0.0)
    got = either(by_the_operation, by_the_layer)
    same_array(f"the gradient of ReLU(x) at x = {values.tolist()}", got, expected)


def relu_operation(hw: Homework) -> None:
    x = leaf(hw, SIGNS)
    out = hw.functional.ReLU.apply(x)
    same_array("functional.ReLU.apply(x)", out, np.maximum(SIGNS, 0.0))
    same("its requires_grad", out.requires_grad, True)


def relu_layer(hw: Homework) -> None:
    factors = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    x = leaf(hw, SIGNS)
    hw.activations.ReLU()(hw.operations.weighted(x, factors)).backward()
    expected = np.where(SIGNS * factors > 0, factors, 0.0)
    same_array("x.grad of activations.ReLU()(x * v)", x.grad, expected)


def relu_training(hw: Homework) -> None:
    network, model, params = three_layers(hw, lambda x: relu(hw, x), seed=27)
    trains_like(hw, network, model, params, descend(hw, params))


# 2.3 SGD and 2.6 Momentum


def steps_like(momentum: float, steps: int, hw: Homework) -> None:
    """Step the homework's SGD on given gradients beside the reference."""
    values = parameters((3, 4), (4,), (1,), seed=31)
    params = as_tensors(hw, values)
    optimizer = sgd(hw, params, momentum)
    expected = reference.Descent(values, LEARNING_RATE, momentum)
    rng = np.random.default_rng(32)
    for i in range(steps):
        grads = [rng.normal(size=value.shape) for value in values]
        for param, grad in zip(params, grads, strict=True):
            param.grad = hw.tensor(grad)
        optimizer.step()
        expected.step(grads)
        for k, (param, value) in enumerate(zip(params, values, strict=True)):
            same_array(f"parameter {k} after step {i}", param, value)


def sgd(hw: Homework, params: list[Any], momentum: float) -> Any:
    """The homework's optimizer; zero momentum is left to the default."""
    options = {"momentum": momentum} if momentum else {}
    return hw.sgd.SGD(params, lr=LEARNING_RATE, **options)


def steps_outside_the_graph(momentum: float, hw: Homework) -> None:
    """Step, and check that the parameters remain leaves and nothing was recorded."""
    params = as_tensors(hw, parameters((3, 4), (4,), seed=34))
    optimizer = sgd(hw, params, momentum)
    before = [(param.data, param.grad_fn) for param in params]
    for _ in range(3):
        for param, (values, _) in zip(params, before, strict=True):
            param.grad = hw.tensor(np.ones_like(values))
        added = hw.operations.nodes_added(optimizer.step)
        same("operations that step() added to the graph", added, [])
    for k, (param, (values, node)) in enumerate(zip(params, before, strict=True)):
        what = f"after step(), parameter {k}"
        if not isinstance(param.data, np.ndarray) or np.array_equal(param.data, values):
            raise MismatchError(f"{what}.data", "an array of other numbers", repr(param.data))
        same(f"{what}.requires_grad", param.requires_grad, True)
        same(f"{what}.is_leaf", param.is_leaf, True)
        same_object(f"{what}.grad_fn", param.grad_fn, node)


def sgd_training(momentum: float, hw: Homework) -> None:
    network, model, params = three_layers(hw, hw.operations.rectify, seed=33)
    optimizer = sgd(hw, params, momentum)

    def step() -> None:
        optimizer.step()
        if not momentum:  # tested once is enough
            optimizer.zero_grad()
        else:
            for param in params:
                param.grad = None

    trains_like(hw, network, model, params, step, momentum)


# 2.4 BatchNorm


def batch_norm(hw: Homework, gamma: Array, beta: Array) -> Any:
    """The homework's BatchNorm1d with the given gamma and beta."""
    layer = hw.batchnorm.BatchNorm1d(len(gamma))
    put(layer.gamma, gamma, "BatchNorm1d.gamma")
    put(layer.beta, beta, "BatchNorm1d.beta")
    return layer


def batch(rng: np.random.Generator, size: int) -> Array:
    """A batch with three features; the third varies so little that epsilon matters."""
    return rng.normal(size=(size, 3)) * [1.0, 5.0, 0.005] + [0.0, 10.0, -2.0]


def batchnorm_forward(hw: Homework) -> None:
    gamma, beta = parameters((3,), (3,), seed=41)
    x = batch(np.random.default_rng(41), 7)
    expected = reference.Normalize(gamma, beta).forward(x)
    same_array("BatchNorm1d(3)(x)", batch_norm(hw, gamma, beta)(leaf(hw, x)), expected)


def batchnorm_gradients(hw: Homework) -> None:
    gamma, beta, upstream = parameters((3,), (3,), (7, 3), seed=42)
    values = np.random.default_rng(42).normal(size=(7, 3)) * [1.0, 5.0, 0.1]
    normalize = reference.Normalize(gamma, beta)
    normalize.forward(values)
    expected = normalize.backward(upstream)
    layer, x = batch_norm(hw, gamma, beta), leaf(hw, values)
    hw.operations.weighted(layer(x), upstream).backward()
    same_row("the gradient of gamma", layer.gamma.grad, normalize.grads[0])
    same_row("the gradient of beta", layer.beta.grad, normalize.grads[1])
    same_array("the gradient of the input", x.grad, expected)


def batchnorm_running(statistic: str, hw: Homework) -> None:
    gamma, beta = parameters((3,), (3,), seed=43)
    layer, normalize = batch_norm(hw, gamma, beta), reference.Normalize(gamma, beta)
    rng = np.random.default_rng(43)
    for i, size in enumerate((6, 2, 9)):
        x = batch(rng, size)
        normalize.forward(x)
        layer(leaf(hw, x))
        got = getattr(layer, statistic)
        same_row(f"{statistic} after batch {i}", got, getattr(normalize, statistic))


def batchnorm_eval(hw: Homework) -> None:
    """Whether the statistics are used; the homework's own, whatever it takes for them."""
    gamma, beta = parameters((3,), (3,), seed=44)
    layer, normalize = batch_norm(hw, gamma, beta), reference.Normalize(gamma, beta)
    rng = np.random.default_rng(44)
    # Until the variance of the third feature is as small as epsilon.
    hw.operations.each(layer, np.array([batch(rng, 6) for _ in range(110)]))
    layer.eval()
    statistics = {}
    for name in ("running_mean", "running_var"):
        got = getattr(layer, name)
        numbers = checks.as_array(got)
        if numbers is None or numbers.size != 3:
            raise MismatchError(name, "a tensor of 3 numbers", repr(got))
        statistics[name] = numbers
        setattr(normalize, name, numbers.reshape(3))
    for size in (5, 1):
        x = batch(rng, size)
        same_array(f"eval mode, {size} rows", layer(leaf(hw, x)), normalize.evaluate(x))
    for name, values in statistics.items():
        same_array(f"{name} after eval mode", getattr(layer, name), values)


def batchnorm_training(hw: Homework) -> None:
    values = parameters((6, 4), (6,), (6,), (6,), (2, 6), (2,), seed=45)
    w1, b1, gamma, beta, w2, b2 = values
    layer = batch_norm(hw, gamma, beta)
    first, last = as_tensors(hw, (w1, b1)), as_tensors(hw, (w2, b2))
    params = [*first, layer.gamma, layer.beta, *last]
    network = reference.Network(
        reference.Affine(w1, b1), reference.Normalize(gamma, beta), reference.Affine(w2, b2)
    )

    def model(x: Any) -> Any:
        return affine(hw, layer(affine(hw, x, *first)), *last)

    trains_like(hw, network, model, params, descend(hw, params))


# 2.5 Cross entropy loss

HINT = "def cross_entropy(predicted, target): return YourClass.apply(predicted, target)"


def cross_entropy(hw: Homework, logits: Any, labels: NDArray[np.int64]) -> Any:
    """The loss by the object, which the handout gives, or by the function if there is no object."""
    return either(
        lambda: hw.loss.CrossEntropyLoss()(logits, hw.tensor(labels)),
        lambda: hw.functional.cross_entropy(logits, hw.tensor(labels)),
    )


def logits_and_labels(seed: int, rows: int, scale: float) -> tuple[Array, NDArray[np.int64]]:
    """A batch of predictions for five classes."""
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(rows, 5)), rng.integers(0, 5, size=rows)


def loss_values(scale: float, hw: Homework) -> None:
    for rows in (1, 7, 64):
        logits, labels = logits_and_labels(51, rows, scale)
        expected, _ = reference.cross_entropy(logits, labels)
        got = cross_entropy(hw, leaf(hw, logits), labels)
        same_scalar(f"the loss of {rows} rows", got, expected)


def loss_gradient(scale: float, hw: Homework) -> None:
    for rows in (1, 7):
        values, labels = logits_and_labels(52, rows, scale)
        _, expected = reference.cross_entropy(values, labels)
        logits = leaf(hw, values)
        cross_entropy(hw, logits, labels).backward()
        same_array(f"the gradient of {rows} rows of logits", logits.grad, expected)


def loss_by(hw: Homework, criterion: Any, what: str) -> None:
    """Whether one of the two ways to the loss is there at all."""
    values, labels = logits_and_labels(53, 4, 1.0)
    expected, _ = reference.cross_entropy(values, labels)
    got = criterion(leaf(hw, values), hw.tensor(labels))
    same_scalar(f"{what}(logits, labels)", got, expected)


def loss_function(hw: Homework) -> None:
    function = hw.functional.cross_entropy
    try:
        loss_by(hw, function, "cross_entropy")
    except (MismatchError, HomeworkError):
        if not hw.call("isclass", function):
            raise
        asked = "a function of (logits, labels), as problem 2.5 asks for"
        raise MismatchError("functional.cross_entropy", asked, repr(function), HINT) from None


def loss_object(hw: Homework) -> None:
    loss_by(hw, hw.loss.CrossEntropyLoss(), "CrossEntropyLoss()")


def loss_training(hw: Homework) -> None:
    network, model, params = three_layers(hw, hw.operations.rectify, seed=54)
    trains_like(hw, network, model, params, descend(hw, params), criterion=CROSS_ENTROPY)


RELU, SGD, NORM = "2.2 ReLU", "2.3 SGD", "2.4 BatchNorm"
LOSS, MOMENTUM = "2.5 Cross entropy loss", "2.6 Momentum"

TESTS = (
    GradedTest("2.1 Linear layer", "forward", 1, linear_forward),
    GradedTest("2.1 Linear layer", "gradients", 1, linear_gradients),
    GradedTest("2.1 Linear layer", "Add with broadcasting", 1, add_broadcast),
    GradedTest("2.1 Linear layer", "Sequential", 1, sequential),
    GradedTest("2.1 Linear layer", "three layers, five steps", 1, linear_training),
    GradedTest(RELU, "forward", 1, relu_forward),
    GradedTest(RELU, "gradient", 2, partial(relu_gradient, SIGNS)),
    GradedTest(RELU, "gradient at zero", 1, partial(relu_gradient, AT_ZERO)),
    GradedTest(RELU, "the operation functional.ReLU", 1, relu_operation),
    GradedTest(RELU, "the layer activations.ReLU", 2, relu_layer),
    GradedTest(RELU, "three layers, five steps", 3, relu_training),
    GradedTest(SGD, "one step", 3, partial(steps_like, 0.0, 1)),
    GradedTest(SGD, "several steps", 2, partial(steps_like, 0.0, STEPS)),
    GradedTest(SGD, "outside the graph", 2, partial(steps_outside_the_graph, 0.0)),
    GradedTest(SGD, "three layers, five steps", 3, partial(sgd_training, 0.0)),
    GradedTest(NORM, "forward", 2, batchnorm_forward),
    GradedTest(NORM, "gradients", 2, batchnorm_gradients),
    GradedTest(NORM, "running mean", 1, partial(batchnorm_running, "running_mean")),
    GradedTest(NORM, "running variance", 1, partial(batchnorm_running, "running_var")),
    GradedTest(NORM, "eval mode", 2, batchnorm_eval),
    GradedTest(NORM, "between two layers, five steps", 2, batchnorm_training),
    GradedTest(LOSS, "loss", 3, partial(loss_values, 2.0)),
    GradedTest(LOSS, "gradient", 3, partial(loss_gradient, 2.0)),
    GradedTest(LOSS, "loss of large logits", 3, partial(loss_values, 1e4)),
    GradedTest(LOSS, "gradient, large logits", 1, partial(loss_gradient, 1e4)),
    GradedTest(LOSS, "the function cross_entropy", 1, loss_function),
    GradedTest(LOSS, "the object CrossEntropyLoss", 1, loss_object),
    GradedTest(LOSS, "three layers, five steps", 3, loss_training),
    GradedTest(MOMENTUM, "two steps", 3, partial(steps_like, 0.9, 2)),
    GradedTest(MOMENTUM, "several steps", 3, partial(steps_like, 0.8, STEPS)),
    GradedTest(MOMENTUM, "outside the graph", 2, partial(steps_outside_the_graph, 0.9)),
    GradedTest(MOMENTUM, "three layers, five steps", 2, partial(sgd_training, 0.9)),
)
