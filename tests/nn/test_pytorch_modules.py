"""The samples and refusals of PyTorch's own tests of its modules, for every kind that is here.

A kind is taken up as soon as `mytorch.nn` has its name. `python -m tests.nn.test_pytorch_modules`
says how many there are.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.ops.oracles import assert_close, leaf, value, weights
from tests.pytorchs_tests import pytorchs, source

THEIRS = re.findall(r"ModuleInfo\(\s*torch\.nn\.(\w+)", source("common_modules"))
KINDS = [kind for kind in THEIRS if kind in nn.__all__]

# What a sample of a kind says in its description, its calls or its error, and why it has no equal
# here. An entry that is equal after all fails.
KNOWN = {
    ("NLLLoss", "expected scalar type"): "weights get the input's dtype",
}

# Of the differences of large logarithms; ours are of float64.
ROUNDING = {"CTCLoss": 512}
# Many products one after the other, whose sums each library makes in its own order: where terms
# cancel, MyTorch's results are as far from the exact ones as PyTorch's.
DEEP = {kind for kind in KINDS if kind.startswith(("MultiheadAttention", "Transformer"))}
ROUNDING |= dict.fromkeys(DEEP, 512)

every_kind = pytest.mark.parametrize("kind", KINDS)
DTYPES = (torch.float64, torch.float32)
# KLDivLoss and others warn of what their samples do.
pytestmark = pytest.mark.filterwarnings("ignore")


def samples(kind: str, dtype: torch.dtype, training: bool, function: str) -> list[Any]:
    """PyTorch's samples of a kind, the same at each call."""
    (info,) = (info for info in pytorchs("common_modules").module_db if info.name == f"nn.{kind}")
    make = getattr(info, function)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        options = {"device": "cpu", "dtype": dtype, "requires_grad": True, "training": training}
        return list(make(info, **options)) if make else []


def modes(kind: str) -> tuple[bool, ...]:
    (info,) = (info for info in pytorchs("common_modules").module_db if info.name == f"nn.{kind}")
    return (True, False) if info.train_and_eval_differ else (True,)


def mapped(function: Callable[[Any], Any], thing: Any) -> Any:
    """The structure with `function` of each tensor."""
    if isinstance(thing, (torch.Tensor, Tensor)):
        return function(thing)
    if hasattr(thing, "batch_sizes"):  # a packed sequence
        return type(thing)(function(thing.data), *thing[1:])
    if isinstance(thing, (list, tuple)):
        return type(thing)(mapped(function, part) for part in thing)
    if isinstance(thing, dict):
        return {name: mapped(function, part) for name, part in thing.items()}
    return thing


def tensors(thing: Any) -> list[Any]:
    """The tensors in a structure, in order."""
    found: list[Any] = []
    mapped(found.append, thing)
    return found


def here(thing: Any) -> Any:
    """The same in MyTorch: of tensors, dtypes, functions, layers and what holds them."""
    if isinstance(thing, torch.Tensor):
        array = value(thing)
        return leaf(mytorch, array) if thing.requires_grad else Tensor(array)
    if isinstance(thing, torch.dtype):
        return getattr(mytorch, str(thing).removeprefix("torch."))
    if hasattr(thing, "batch_sizes"):
        return nn.utils.rnn.PackedSequence(*map(here, thing))
    if isinstance(thing, dict):
        return {name: here(part) for name, part in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing)(map(here, thing))
    if isinstance(thing, torch.nn.Module):
        return layer_here(thing)
    if callable(thing) and (getattr(thing, "__module__", None) or "").startswith("torch"):
        return getattr(nn, thing.__name__, None) or getattr(nn.functional, thing.__name__)
    return thing


def layer_here(layer: Any) -> nn.Module:
    """A layer that another one is made of."""
    if isinstance(layer, torch.nn.LayerNorm):
        return nn.LayerNorm(layer.normalized_shape, layer.eps, bias=layer.bias is not None)
    made: Any = getattr(nn, type(layer).__name__)
    options = layer.linear1.out_features, layer.dropout.p, here(layer.activation), layer.norm1.eps
    return made(
        layer.linear1.in_features,
        layer.self_attn.num_heads,
        *options,
        layer.self_attn.batch_first,
        layer.norm_first,
        layer.linear1.bias is not None,
    )


def results(library: Any, module: Any, args: Any, kwargs: Any) -> list[np.ndarray]:
    """Outputs, gradients of inputs and parameters (0 where there is none), the state after that."""
    # Times 1, because a leaf is not changed in place.
    args_now, kwargs_now = mapped(lambda x: x * 1 if x.requires_grad else x, (args, kwargs))
    outputs = tensors(module(*args_now, **kwargs_now))
    found = [value(output) for output in outputs]
    ends = [output for output in outputs if output.requires_grad]
    variables = [x for x in tensors([args, kwargs]) if x.requires_grad]
    variables += [p for p in module.parameters() if p.requires_grad]
    if ends and variables:
        starts = [leaf(library, weights(output, 0)).detach() for output in ends]
        gradient = mytorch.grad if library is mytorch else torch.autograd.grad
        parts = gradient(ends, variables, starts, allow_unused=True)
        found += [
            np.zeros(tuple(variable.shape), value(variable).dtype) if part is None else value(part)
            for variable, part in zip(variables, parts, strict=True)
        ]
    return found + [value(tensor) for tensor in module.state_dict().values()]


def compare(kind: str, sample: Any, dtype: torch.dtype, training: bool) -> None:
    """One sample in both libraries, with the same state, and PyTorch's reference for it."""
    made, called = sample.constructor_input, sample.forward_input
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)  # of the parameters
        theirs = getattr(torch.nn, kind)(*made.args, **made.kwargs).to(dtype).train(training)
    ours = getattr(nn, kind)(*here(made.args), **here(made.kwargs)).to(here(dtype)).train(training)
    # Of one tensor that is given twice two, which get gradients of their own.
    args, kwargs = mapped(
        lambda x: x.detach().clone().requires_grad_(x.requires_grad), (called.args, called.kwargs)
    )
    if kind.startswith("Lazy"):
        theirs(*args, **kwargs)
    ours.load_state_dict(here(theirs.state_dict()))
    if sample.reference_fn is not None and dtype == torch.float64:
        expected = sample.reference_fn(theirs, *args, **kwargs)
        found = ours(*here(args), **here(kwargs))
        # Some compute in float32.
        assert_close(*([*map(value, tensors(outputs))] for outputs in (found, expected)), 5e-6)
    mine = results(mytorch, ours, here(args), here(kwargs))
    theirs_too = results(torch, theirs, args, kwargs)
    assert_close(mine, theirs_too, rounding=ROUNDING.get(kind, 16))


def text_of(sample: Any) -> str:
    made = sample.constructor_input
    return f"{sample.desc} {made.args} {made.kwargs}"


def known(kind: str, sample: Any) -> set[tuple[str, str]]:
    """The entries of KNOWN that a sample, or the text of an error, is of."""
    entries = {entry for entry in KNOWN if entry[0] == kind}
    if entries:
        text = sample if isinstance(sample, str) else text_of(sample)
        entries = {entry for entry in entries if entry[1] in text}
    return entries


@every_kind
def test_samples(kind: str) -> None:
    faults: list[str] = []
    equal: set[tuple[str, str]] = set()
    for dtype in DTYPES[: 1 if kind in DEEP else 2]:
        for training in modes(kind):
            for sample in samples(kind, dtype, training, "module_inputs_func"):
                entries = known(kind, sample)
                try:
                    compare(kind, sample, dtype, training)
                    equal |= entries
                except Exception as error:
                    if not entries:
                        faults.append(f"{text_of(sample)} {dtype}: {error!r}")
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)
    assert not equal, "no more different; take it off the list"


def call(kind: str, sample: Any) -> None:
    made, called = sample.constructor_input, sample.forward_input
    module = getattr(nn, kind)(*here(made.args), **here(made.kwargs))
    if called is not None:
        module(*here(called.args), **here(called.kwargs))


@every_kind
def test_refusals(kind: str) -> None:
    for refused in samples(kind, torch.float64, True, "module_error_inputs_func"):
        if known(kind, refused.error_regex):
            call(kind, refused.module_error_input)
        else:
            with pytest.raises(refused.error_type):
                call(kind, refused.module_error_input)


def test_the_kinds_are_those_of_pytorchs_table() -> None:
    names = [info.name for info in pytorchs("common_modules").module_db]
    assert [f"nn.{kind}" for kind in THEIRS] == names


if __name__ == "__main__":
    print(f"{len(KINDS)} of {len(THEIRS)}; not here:", *sorted(set(THEIRS) - set(KINDS)))
