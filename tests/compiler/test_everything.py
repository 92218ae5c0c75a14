"""Every operation, module, optimizer and function of `nn.utils` compiles, with its gradients: what
replays give is eager's to the bit, whatever the values are."""

import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from tests import modules, operations, optimizers

# Two recordings make a program, but those of a step that begins with something are more.
MOST_CALLS = 12


def agree(compiled_run: Callable[..., Any], run: Callable[..., Any], samples: Any) -> None:
    """Calls both with the samples until two calls were replayed."""
    compiled = mytorch.compile(compiled_run)
    for number in range(MOST_CALLS):
        found, expected = [], []
        for results, function in ((found, compiled), (expected, run)):
            mytorch.manual_seed(number)
            results += map(bits, flat(function(*samples(number))))
        assert found == expected
        if compiled.counts.replayed == 2:
            break
    assert compiled.counts.replayed == 2, compiled.counts


def bits(value: Any) -> Any:
    if isinstance(value, Tensor):
        return type(value), type(value.data), value.dtype, value.shape, value.data.tobytes()
    return type(value), repr(value)


def other(array: np.ndarray, number: int) -> np.ndarray:
    """Other numbers of the same range, in other places of the last axis: another one is the
    largest, chosen by a mask or ignored, but as many as before."""
    if array.dtype.kind == "f" and np.isfinite(array).all() and array.size:
        array = array + (array.mean() - array) * (number / 64)
    return np.roll(array, number, -1) if array.ndim else np.array(array)


def start(output: Tensor) -> Tensor:
    """A gradient for an output."""
    return mytorch.linspace(-1, 1.5, output.numel(), dtype=output.dtype).reshape(output.shape)


class Lifting:
    """The library, but for `tensor`: it first makes tensors, and then gives those of a list."""

    def __init__(self, given: Iterator[Tensor] | None = None) -> None:
        self.made: list[Tensor] = []
        self._given = given

    def __getattr__(self, name: str) -> Any:
        return getattr(mytorch, name)

    def tensor(self, *args: Any, **options: Any) -> Tensor:
        if self._given is not None:
            return next(self._given)
        self.made.append(mytorch.tensor(*args, **options))
        return self.made[-1]


def written(form: str) -> Callable[..., Any]:
    """An expression as a function: what is evaluated inside a step is not understood."""
    made: Callable[..., Any] = eval(f"lambda T, F, x=None, y=None, z=None, w=None: {form}")
    return made


def evaluate(function: Callable[..., Any], library: Any, inputs: Sequence[Tensor]) -> list[Any]:
    """What an expression gives, in one list."""
    return flat(function(library, nn.functional, *inputs))


def flat(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [part for inner in result for part in flat(inner)]
    return [result]


@pytest.mark.parametrize("row", operations.OPERATIONS, ids=lambda row: row.name)
def test_operations(row: operations.Operation) -> None:
    """The indices, labels, masks and exponents in the forms are arguments, too."""
    for case in {case.form: case for case in reversed([*row.cases()])}.values():
        inputs, lifting = case.inputs(0), Lifting()
        needs = bool(row.derivatives)
        # Not by `evaluate`: all that it keeps would be watched.
        code = written(case.form)
        evaluate(code, lifting, [Tensor(array, needs) for array in inputs])

        def samples(number, inputs=inputs, needs=needs, made=lifting.made):
            return (
                tuple(Tensor(other(array, number), needs) for array in inputs),
                tuple(Tensor(other(t.data, number), t.requires_grad) for t in made),
            )

        def run(inputs, made, code=code):
            library = Lifting(iter(made)) if made else mytorch
            outputs = evaluate(code, library, inputs)
            for output in outputs:
                if isinstance(output, Tensor) and output.requires_grad:
                    output.backward(start(output), retain_graph=True)
            plain = [out.detach() if isinstance(out, Tensor) else out for out in outputs]
            return plain, [tensor.grad for tensor in inputs]

        agree(run, run, samples)


@pytest.mark.parametrize("row", modules.LAYERS, ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore:kl_div")
def test_modules(row: modules.Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    for case, call, training in product(row.cases(), row.calls[:1], (True, False)):
        module = case.make(mytorch)
        arrays = case.inputs(0, np.float64)[0]
        if not training and not _reads_its_mode(module, call, arrays, monkeypatch):
            continue
        module.train(training)
        sides = [_step(copy.deepcopy(module), call) for _ in range(2)]

        def samples(number, arrays=arrays):
            return [Tensor(other(array, number), requires_grad=True) for array in arrays]

        agree(*sides, samples)


def _reads_its_mode(
    module: nn.Module, call: str, arrays: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Whether a step asks a module, or one inside it, for its mode: without, there is one program
    for both."""
    read = set()

    def reading(self, name):
        read.add(name)
        return object.__getattribute__(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(nn.Module, "__getattribute__", reading)
        _step(module, call)(*(Tensor(array, requires_grad=True) for array in arrays))
    return "training" in read


def _step(module: nn.Module, call: str) -> Callable[..., Any]:
    # What is evaluated inside a step is not understood.
    forward = eval(f"lambda m, x=None, y=None, z=None: {call}", {"T": mytorch, "nn": nn})

    def step(*inputs):
        module.zero_grad()
        # Times 1, because a leaf is not changed in place.
        output = forward(module, *(x * 1 for x in inputs))
        if output.requires_grad:
            output.backward(start(output))
        gradients = [tensor.grad for tensor in (*inputs, *module.parameters())]
        return output.detach(), gradients, [*module.buffers()]

    return step


@pytest.mark.parametrize(
    # Where LBFGS goes hangs on each loss: it runs as it is.
    "case",
    [case for case in optimizers.CASES if case.row.name != "LBFGS"],
    ids=str,
)
def test_optimizers(case: optimizers.Case) -> None:
    sides = [optimizers.Side(mytorch, case) for _ in range(2)]

    def step_of(side):
        def step(*gradients):
            for param, gradient in zip(side.params, gradients, strict=True):
                param.grad = gradient
            side.optimizer.step()
            return [param.detach() for param in side.params]

        return step

    def samples(number):
        rng = np.random.default_rng(number)
        return [Tensor(rng.normal(size=param.shape)) for param in sides[0].params]

    agree(*map(step_of, sides), samples)


def _filled(ps: Any) -> Any:
    targets = [p.detach() for p in ps]
    nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(p.grad for p in ps), targets)
    return targets


UTILS = {
    "clip_grad_norm": (lambda ps: nn.utils.clip_grad_norm(ps, 1.0),),
    "clip_grad_norm_": (
        lambda ps: nn.utils.clip_grad_norm_(ps, 1.0),
        lambda ps: nn.utils.clip_grad_norm_(ps, 0.5, 1),
        lambda ps: nn.utils.clip_grad_norm_(ps, 3.0, float("inf"), True),
        lambda ps: nn.utils.clip_grad_norm_(ps[0], max_norm=100.0, norm_type=0.5),
    ),
    "clip_grad_value_": (lambda ps: nn.utils.clip_grad_value_(ps, 0.5),),
    "clip_grads_with_norm_": (
        lambda ps: nn.utils.clip_grads_with_norm_(ps, 1.0, ps[0].grad.sum()),
    ),
    "get_total_norm": (lambda ps: nn.utils.get_total_norm([p.grad for p in ps]),),
    "parameters_to_vector": (
        lambda ps: nn.utils.parameters_to_vector(ps).detach(),
        lambda ps: nn.utils.parameters_to_vector(p.grad for p in ps),
    ),
    "vector_to_parameters": (_filled,),
}


# They make or change modules, before a step.
MAKERS = ("weight_norm", "spectral_norm", "fuse_", "skip_init")


@pytest.mark.parametrize("name", [n for n in nn.utils.__all__ if not any(m in n for m in MAKERS)])
def test_utils(name: str) -> None:
    for change in UTILS[name]:

        def run(*inputs, change=change):
            (inputs[0] * inputs[1]).sum().backward()
            return change(inputs), [tensor.grad for tensor in inputs]

        def samples(number):
            rng = np.random.default_rng(number)
            return [Tensor(rng.normal(size=shape), requires_grad=True) for shape in ((3, 2), (2,))]

        agree(run, run, samples)


@pytest.mark.parametrize(
    "norm",
    [
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
    ],
)
def test_weights_that_are_computed(norm) -> None:
    # Not copied with the weight that is computed: it is no leaf.
    layers = [nn.Linear(3, 2) for _ in range(2)]
    layers[1].load_state_dict(layers[0].state_dict())
    for layer in layers:
        mytorch.manual_seed(0)
        norm(layer)
    sides = [_step(layer, "m(x)") for layer in layers]

    def samples(number):
        rng = np.random.default_rng(number)
        return [Tensor(rng.normal(size=(4, 3)), requires_grad=True)]

    agree(*sides, samples)
