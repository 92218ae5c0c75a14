"""Problems 2.1 to 2.6: layers, loss and optimizer.

Around the problem that a test is about stand the grader's own `operations`; what must come out
is computed by the NumPy layers of `reference`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import homework as hw
import numpy as np
import reference
from checks import MismatchError, same, same_array, same_object, same_scalar
from numpy.typing import NDArray
from points import GradedTest

Array = NDArray[np.float64]

LEARNING_RATE = 0.01
STEPS = 5


def parameters(*shapes: tuple[int, ...], seed: int) -> list[Array]:
    """Random parameters of the given shapes."""
    rng = np.random.default_rng(seed)
    return [rng.normal(scale=0.5, size=shape) for shape in shapes]


def as_tensors(arrays: Sequence[Array]) -> list[Any]:
    """Parameters with their own copies of the arrays."""
    return [hw.tensor(a.copy(), requires_grad=True, is_parameter=True) for a in arrays]


def put(tensor: Any, values: Array, what: str) -> None:
    """Write values into a tensor of the homework, which must have their shape."""
    same(f"the shape of {what}", np.shape(tensor.data), values.shape)
    tensor.data[...] = values


def affine(x: Any, weight: Any, bias: Any) -> Any:
    """x W^T + b by the grader's own operation."""
    return hw.operations.Affine.apply(x, weight, bias)


def rectify(x: Any) -> Any:
    """max(x, 0) by the grader's own operation."""
    return hw.operations.Rectify.apply(x)


@dataclass(frozen=True)
class Criterion:
    """A loss of (out, target): the reference's value and gradient, and the homework's tensor."""

    expected: Callable[[Array, Array], tuple[float, Array]]
    loss: Callable[[Any, Array], Any]


HALF_SQUARES = Criterion(
    reference.half_squares,
    lambda out, target: hw.operations.HalfSquares.apply(out, hw.tensor(target)),
)
CROSS_ENTROPY = Criterion(
    lambda out, target: reference.cross_entropy(out, target.argmax(axis=1)),
    lambda out, target: hw.functional.cross_entropy(out, hw.tensor(target.argmax(axis=1))),
)


def trains_like(
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
        out = model(hw.tensor(x))
        same_array(f"the output in step {i}", out, expected)
        loss = criterion.loss(out, target)
        same_scalar(f"the loss in step {i}", loss, expected_loss)
        loss.backward()
        for k, (param, grad) in enumerate(zip(params, network.grads, strict=True)):
            same_array(f"the gradient of parameter {k} in step {i}", param.grad, grad)
        optimizer.step(network.grads)
        step()
        for k, (param, value) in enumerate(zip(params, network.params, strict=True)):
            same_array(f"parameter {k} after step {i}", param, value)


def descend(params: Sequence[Any]) -> Callable[[], None]:
    """A plain gradient step by hand, for the problems that are not about SGD."""

    def step() -> None:
        for param in params:
            param.data[...] -= LEARNING_RATE * param.grad.data
            param.grad = None

    return step


def three_layers(
    relu: Callable[[Any], Any], seed: int
) -> tuple[reference.Network, Callable[[Any], Any], list[Any]]:
    """A 4-6-5-2 network with ReLUs: the reference, the model with `relu`, its parameters."""
    values = parameters((6, 4), (6,), (5, 6), (5,), (2, 5), (2,), seed=seed)
    params = as_tensors(values)
    network = reference.Network(
        reference.Affine(*values[0:2]),
        reference.Rectify(),
        reference.Affine(*values[2:4]),
        reference.Rectify(),
        reference.Affine(*values[4:6]),
    )

    def model(x: Any) -> Any:
        hidden = relu(affine(x, *params[0:2]))
        return affine(relu(affine(hidden, *params[2:4])), *params[4:6])

    return network, model, params


# 2.1 Linear layer


def linear_layer(weight: Array, bias: Array) -> Any:
    """The homework's Linear with the given weights."""

    layer = hw.linear.Linear(weight.shape[1], weight.shape[0])
    put(layer.weight, weight, "Linear.weight")
    put(layer.bias, bias, "Linear.bias")
    return layer


def linear_forward() -> None:
    weight, bias, x = parameters((3, 4), (3,), (6, 4), seed=21)
    expected = reference.Affine(weight, bias).forward(x)
    same_array("Linear(4, 3)(x)", linear_layer(weight, bias)(hw.tensor(x)), expected)


def linear_gradients() -> None:
    weight, bias, x_values = parameters((3, 4), (3,), (6, 4), seed=22)
    affine = reference.Affine(weight, bias)
    expected = affine.backward(np.ones_like(affine.forward(x_values)))
    layer = linear_layer(weight, bias)
    x = hw.tensor(x_values, requires_grad=True)
    layer(x).backward()
    same_array("the gradient of the weight", layer.weight.grad, affine.grads[0])
    same_array("the gradient of the bias", layer.bias.grad, affine.grads[1])
    same_array("the gradient of the input", x.grad, expected)


def add_broadcast() -> None:
    matrix, row, column = parameters((3, 4), (4,), (3, 1), seed=23)
    a, b, c = as_tensors((matrix, row, column))
    total = (b + a) + c
    same_array("b + a + c, shapes (4,), (3, 4), (3, 1)", total, matrix + row + column)
    total.backward()
    same_array("the gradient of a", a.grad, np.ones((3, 4)))
    same_array("the gradient of b", b.grad, np.full(4, 3.0))
    same_array("the gradient of c", c.grad, np.full((3, 1), 4.0))


def sequential() -> None:
    w1, b1, w2, b2, x = parameters((5, 4), (5,), (2, 5), (2,), (3, 4), seed=24)
    layers = (linear_layer(w1, b1), linear_layer(w2, b2))
    model = hw.sequential.Sequential(*layers)
    network = reference.Network(reference.Affine(w1, b1), reference.Affine(w2, b2))
    same_array("Sequential(Linear, Linear)(x)", model(hw.tensor(x)), network.forward(x))
    same("the number of its parameters", len(list(model.parameters())), 4)
    model.eval()
    same("is_train of its layers after eval()", [m.is_train for m in layers], [False, False])
    model.train()
    same("is_train of its layers after train()", [m.is_train for m in layers], [True, True])


def linear_training() -> None:
    values = parameters((6, 4), (6,), (5, 6), (5,), (2, 5), (2,), seed=25)
    pairs = list(zip(values[::2], values[1::2], strict=True))
    layers = [linear_layer(weight, bias) for weight, bias in pairs]
    params = [param for layer in layers for param in (layer.weight, layer.bias)]
    network = reference.Network(*(reference.Affine(w.copy(), b.copy()) for w, b in pairs))
    trains_like(network, hw.sequential.Sequential(*layers), params, descend(params))


# 2.2 ReLU

SIGNS = np.array([[-2.0, -0.5, 0.5], [1e-9, -1e-9, 3.0]])
AT_ZERO = np.array([0.0, 1.0])


def relu_forward() -> None:
    for values in (SIGNS, AT_ZERO):
        same_array("ReLU()(x)", hw.activations.ReLU()(hw.tensor(values)), np.maximum(values, 0.0))


def relu_slopes(values: Array) -> None:
    relu, ctx = hw.functional.ReLU, hw.engine.ContextManager()
    out = relu.forward(ctx, hw.tensor(values))
    same_array("ReLU.forward(ctx, x)", out, np.maximum(values, 0.0))
    upstream = np.random.default_rng(26).normal(size=values.shape)
    gradient = relu.backward(ctx, hw.tensor(upstream))
    if isinstance(gradient, tuple | list):
        gradient = gradient[0]
    expected = np.where(values > 0, upstream, 0.0)
    same_array(f"ReLU.backward(ctx, grad) at x = {values.tolist()}", gradient, expected)


def relu_in_a_graph() -> None:
    x = hw.tensor(SIGNS, requires_grad=True)
    factors = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    hw.activations.ReLU()(hw.operations.Times.apply(x, hw.tensor(factors))).backward()
    expected = np.where(SIGNS * factors > 0, factors, 0.0)
    same_array("x.grad of ReLU(x * v)", x.grad, expected)


def relu_training() -> None:
    network, model, params = three_layers(hw.activations.ReLU(), seed=27)
    trains_like(network, model, params, descend(params))


# 2.3 SGD and 2.6 Momentum


def steps_like(
    momentum: float, steps: int, change_lr: bool = False, watch_graph: bool = False
) -> None:
    """Step the homework's SGD on given gradients beside the reference."""
    values = parameters((3, 4), (4,), (1,), seed=31)
    params = as_tensors(values)
    optimizer = sgd(params, momentum)
    expected = reference.Descent(values, LEARNING_RATE, momentum)
    rng = np.random.default_rng(32)
    for i in range(steps):
        if change_lr and i == 2:
            optimizer.lr = expected.lr = LEARNING_RATE / 10
        grads = [rng.normal(size=value.shape) for value in values]
        for param, grad in zip(params, grads, strict=True):
            param.grad = hw.tensor(grad.copy())
        if watch_graph:
            step_outside_the_graph(optimizer, params, grads)
        else:
            optimizer.step()
        expected.step(grads)
        for k, (param, value) in enumerate(zip(params, values, strict=True)):
            same_array(f"parameter {k} after step {i}", param, value)


def sgd(params: list[Any], momentum: float) -> Any:
    """The homework's optimizer; zero momentum is left to the default."""
    options = {"momentum": momentum} if momentum else {}
    return hw.sgd.SGD(params, lr=LEARNING_RATE, **options)


def step_outside_the_graph(optimizer: Any, params: list[Any], grads: list[Array]) -> None:
    """Step, and check that the step changed the values and nothing else."""
    with hw.operations.growing_graph() as added:
        optimizer.step()
    same("operations that step() added to the graph", added, [])
    for k, (param, grad) in enumerate(zip(params, grads, strict=True)):
        if type(param.data) is not np.ndarray:
            kind = type(param.data).__name__
            raise MismatchError(f"parameter {k}.data after step()", "a NumPy array", kind)
        same_array(f"parameter {k}.grad after step()", param.grad, grad)
        same(f"parameter {k}.requires_grad after step()", param.requires_grad, True)
        same(f"parameter {k}.is_leaf after step()", param.is_leaf, True)
        same_object(f"parameter {k}.grad_fn after step()", param.grad_fn, None)


def sgd_training(momentum: float) -> None:
    network, model, params = three_layers(rectify, seed=33)
    optimizer = sgd(params, momentum)

    def step() -> None:
        optimizer.step()
        optimizer.zero_grad()

    trains_like(network, model, params, step, momentum)


# 2.4 BatchNorm


def batch_norm(gamma: Array, beta: Array) -> Any:
    """The homework's BatchNorm1d with the given gamma and beta."""

    layer = hw.batchnorm.BatchNorm1d(len(gamma))
    put(layer.gamma, gamma, "BatchNorm1d.gamma")
    put(layer.beta, beta, "BatchNorm1d.beta")
    return layer


def batch(rng: np.random.Generator, size: int) -> Array:
    """A batch with three features; the third varies so little that epsilon matters."""
    return rng.normal(size=(size, 3)) * [1.0, 5.0, 0.005] + [0.0, 10.0, -2.0]


def batchnorm_forward() -> None:
    gamma, beta = parameters((3,), (3,), seed=41)
    x = batch(np.random.default_rng(41), 7)
    expected = reference.Normalize(gamma, beta).forward(x)
    same_array("BatchNorm1d(3)(x)", batch_norm(gamma, beta)(hw.tensor(x)), expected)


def batchnorm_gradients() -> None:
    gamma, beta, upstream = parameters((3,), (3,), (7, 3), seed=42)
    values = np.random.default_rng(42).normal(size=(7, 3)) * [1.0, 5.0, 0.1]
    normalize = reference.Normalize(gamma, beta)
    normalize.forward(values)
    expected = normalize.backward(upstream)
    layer, x = batch_norm(gamma, beta), hw.tensor(values, requires_grad=True)
    hw.operations.Times.apply(layer(x), hw.tensor(upstream)).backward()
    same_array("the gradient of gamma", layer.gamma.grad, normalize.grads[0])
    same_array("the gradient of beta", layer.beta.grad, normalize.grads[1])
    same_array("the gradient of the input", x.grad, expected)


def batchnorm_running(statistic: str) -> None:
    gamma, beta = parameters((3,), (3,), seed=43)
    layer, normalize = batch_norm(gamma, beta), reference.Normalize(gamma, beta)
    rng = np.random.default_rng(43)
    for i, size in enumerate((6, 2, 9)):
        x = batch(rng, size)
        normalize.forward(x)
        layer(hw.tensor(x))
        got = getattr(layer, statistic)
        same_array(f"{statistic} after batch {i}", got, getattr(normalize, statistic))


def batchnorm_eval() -> None:
    gamma, beta, mean, var = parameters((3,), (3,), (3,), (3,), seed=44)
    var = np.abs(var) * [1.0, 1.0, 1e-5]
    layer, normalize = batch_norm(gamma, beta), reference.Normalize(gamma, beta)
    normalize.running_mean, normalize.running_var = mean, var
    put(layer.running_mean, mean, "BatchNorm1d.running_mean")
    put(layer.running_var, var, "BatchNorm1d.running_var")
    layer.eval()
    rng = np.random.default_rng(44)
    for size in (5, 1):
        x = batch(rng, size)
        same_array(f"eval mode, {size} rows", layer(hw.tensor(x)), normalize.evaluate(x))
    same_array("running_mean after eval mode", layer.running_mean, mean)
    same_array("running_var after eval mode", layer.running_var, var)


def batchnorm_training() -> None:
    values = parameters((6, 4), (6,), (6,), (6,), (2, 6), (2,), seed=45)
    w1, b1, gamma, beta, w2, b2 = values
    layer = batch_norm(gamma, beta)
    first, last = as_tensors((w1, b1)), as_tensors((w2, b2))
    params = [*first, layer.gamma, layer.beta, *last]
    network = reference.Network(
        reference.Affine(w1, b1), reference.Normalize(gamma, beta), reference.Affine(w2, b2)
    )

    def model(x: Any) -> Any:
        return affine(layer(affine(x, *first)), *last)

    trains_like(network, model, params, descend(params))


# 2.5 Cross entropy loss


def logits_and_labels(seed: int, rows: int, scale: float) -> tuple[Array, NDArray[np.int64]]:
    """A batch of predictions for five classes."""
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(rows, 5)), rng.integers(0, 5, size=rows)


def loss_values(scale: float) -> None:
    for rows in (1, 7, 64):
        logits, labels = logits_and_labels(51, rows, scale)
        expected, _ = reference.cross_entropy(logits, labels)
        got = hw.functional.cross_entropy(hw.tensor(logits), hw.tensor(labels))
        same_scalar(f"cross_entropy of {rows} rows", got, expected)


def loss_gradient(scale: float) -> None:
    for rows in (1, 7):
        values, labels = logits_and_labels(52, rows, scale)
        _, expected = reference.cross_entropy(values, labels)
        logits = hw.tensor(values, requires_grad=True)
        hw.functional.cross_entropy(logits, hw.tensor(labels)).backward()
        same_array(f"the gradient of {rows} rows of logits", logits.grad, expected)


def loss_object() -> None:
    logits, labels = logits_and_labels(53, 4, 1.0)
    expected, _ = reference.cross_entropy(logits, labels)
    got = hw.loss.CrossEntropyLoss()(hw.tensor(logits), hw.tensor(labels))
    same_scalar("CrossEntropyLoss()(logits, labels)", got, expected)


def loss_training() -> None:
    network, model, params = three_layers(rectify, seed=54)
    trains_like(network, model, params, descend(params), criterion=CROSS_ENTROPY)


TESTS = (
    GradedTest("2.1 Linear layer", "forward", 1, linear_forward),
    GradedTest("2.1 Linear layer", "gradients", 1, linear_gradients),
    GradedTest("2.1 Linear layer", "Add with broadcasting", 1, add_broadcast),
    GradedTest("2.1 Linear layer", "Sequential", 1, sequential),
    GradedTest("2.1 Linear layer", "three layers, five steps", 1, linear_training),
    GradedTest("2.2 ReLU", "forward", 2, relu_forward),
    GradedTest("2.2 ReLU", "gradient", 2, partial(relu_slopes, SIGNS)),
    GradedTest("2.2 ReLU", "gradient at zero", 1, partial(relu_slopes, AT_ZERO)),
    GradedTest("2.2 ReLU", "backward through the layer", 2, relu_in_a_graph),
    GradedTest("2.2 ReLU", "three layers, five steps", 3, relu_training),
    GradedTest("2.3 SGD", "one step", 3, partial(steps_like, 0.0, 1)),
    GradedTest("2.3 SGD", "several steps", 2, partial(steps_like, 0.0, STEPS)),
    GradedTest("2.3 SGD", "outside the graph", 2, partial(steps_like, 0.0, 1, watch_graph=True)),
    GradedTest("2.3 SGD", "three layers, five steps", 3, partial(sgd_training, 0.0)),
    GradedTest("2.4 BatchNorm", "forward", 2, batchnorm_forward),
    GradedTest("2.4 BatchNorm", "gradients", 2, batchnorm_gradients),
    GradedTest("2.4 BatchNorm", "running mean", 1, partial(batchnorm_running, "running_mean")),
    GradedTest("2.4 BatchNorm", "running variance", 1, partial(batchnorm_running, "running_var")),
    GradedTest("2.4 BatchNorm", "eval mode", 2, batchnorm_eval),
    GradedTest("2.4 BatchNorm", "between two layers, five steps", 2, batchnorm_training),
    GradedTest("2.5 Cross entropy loss", "loss", 3, partial(loss_values, 2.0)),
    GradedTest("2.5 Cross entropy loss", "gradient", 4, partial(loss_gradient, 2.0)),
    GradedTest("2.5 Cross entropy loss", "loss of large logits", 3, partial(loss_values, 1e4)),
    GradedTest("2.5 Cross entropy loss", "gradient, large logits", 1, partial(loss_gradient, 1e4)),
    GradedTest("2.5 Cross entropy loss", "CrossEntropyLoss", 1, loss_object),
    GradedTest("2.5 Cross entropy loss", "three layers, five steps", 3, loss_training),
    GradedTest("2.6 Momentum", "two steps", 2, partial(steps_like, 0.9, 2)),
    GradedTest("2.6 Momentum", "several steps", 3, partial(steps_like, 0.8, STEPS)),
    GradedTest("2.6 Momentum", "new learning rate", 1, partial(steps_like, 0.9, 4, change_lr=True)),
    GradedTest(
        "2.6 Momentum", "outside the graph", 2, partial(steps_like, 0.9, 3, watch_graph=True)
    ),
    GradedTest("2.6 Momentum", "three layers, five steps", 2, partial(sgd_training, 0.9)),
)
