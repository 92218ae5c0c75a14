"""PyTorch's own samples of its operations, run in both libraries.

PyTorch tests each operation on samples of its arguments, and on what it has to refuse. An operation
whose name MyTorch has is run on them as soon as the name is there: results, gradients of the first
and second order, dtypes and refusals have to agree. `python -m tests.ops.pytorch_samples` runs all
samples and prints how many do; with names behind it, as `sort nn.functional`, those of the
operations whose names begin so; with `--reference` PyTorch's far more reference inputs in their
place.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

import mytorch
from mytorch._absent import AbsentError
from tests.operations.row import flat
from tests.ops.known_differences import KNOWN, Known
from tests.ops.oracles import assert_close, value, weights
from tests.pytorchs_tests import pytorchs

DTYPES = (torch.float64, torch.float32, torch.int64, torch.bool)
# Single precision is computed in other orders, and PyTorch's functions are a few units off.
TOLERANCE = dict.fromkeys(DTYPES, (1e-9, 2**12)) | {torch.float32: (1e-4, 64)}
# Of their vectors only what PyTorch's tests make of them is given: LAPACK chooses the signs.
SIGNS = ("linalg.eigh", "linalg.svd", "svd")
# Their numbers mean nothing.
EMPTY = ("empty", "empty_like", "new_empty")


class NotComparedError(Exception):
    """A sample that only PyTorch can be given: complex, sparse, of 65 axes, on another device."""


@dataclass(frozen=True)
class Failure:
    """A sample on which the libraries differ."""

    operation: str
    sample: str
    difference: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.sample}: {self.difference}"


def infos() -> Sequence[Any]:
    """What PyTorch's tests know of its operations."""
    database: Sequence[Any] = pytorchs("common_methods_invocations").op_db
    return database


def title(info: Any) -> str:
    """The name of an operation, with that of its variant."""
    return f"{info.name} {info.variant_test_name}".strip()


def named(path: str, package: Any = mytorch) -> Any:
    """What `package` or its Tensor has by this name, or None."""
    for place in (package, package.Tensor):
        found = place
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is not None:
            return found
    return None


def operation(info: Any) -> Callable[..., Any] | None:
    """MyTorch's function for one of PyTorch's operations, if it has the name."""
    found, theirs = named(info.name), info.op
    if found is not None and getattr(theirs, "__module__", "").startswith("torch.testing"):
        return _in_mytorch(theirs)
    return found if callable(found) else None


def _in_mytorch(function: FunctionType) -> FunctionType:
    """A function of PyTorch's tests, with MyTorch in the place of PyTorch."""
    names = {**function.__globals__, "torch": mytorch}
    return FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


def is_random(info: Any) -> bool:
    """Whether the results are draws."""
    code = getattr(info.op, "__code__", None)
    return info.name in EMPTY or (code is not None and "wrapper_set_seed" in code.co_names)


def converted(value: Any, leaves: list[Any]) -> Any:
    """An argument for MyTorch; its tensors that require a gradient are added to the leaves."""
    if isinstance(value, torch.Tensor):
        if value.is_complex() or value.layout is not torch.strided or value.device.type != "cpu":
            raise NotComparedError
        if value.dtype == torch.bfloat16 or value.ndim > 64:
            raise NotComparedError
        tensor = mytorch.Tensor(_array(value), requires_grad=value.requires_grad)
        if value.requires_grad:
            leaves.append(tensor)
        return tensor
    if isinstance(value, torch.dtype):
        if value.is_complex or value == torch.bfloat16:
            raise NotComparedError
        return getattr(mytorch, str(value).removeprefix("torch."))
    if isinstance(value, complex) or (isinstance(value, torch.device) and value.type != "cpu"):
        raise NotComparedError
    if isinstance(value, torch.device):
        return "cpu"
    if isinstance(value, torch.memory_format):
        return getattr(mytorch, str(value).removeprefix("torch."))
    if isinstance(value, (torch.layout, torch.nn.Module)):
        raise NotComparedError
    if isinstance(value, (torch.Size, tuple, list)):
        kind = list if isinstance(value, list) else tuple
        return kind(converted(part, leaves) for part in value)
    if isinstance(value, dict):
        return {key: converted(part, leaves) for key, part in value.items()}
    return value


def _array(tensor: torch.Tensor) -> np.ndarray:
    """The values in memory of their own, with the same layout."""
    array = tensor.detach().resolve_neg().numpy()
    return array.copy(order="K") if array.flags.writeable else array.copy()


def _own(value: Any, leaves: list[Any]) -> Any:
    """The argument for PyTorch, in memory of its own."""
    if isinstance(value, torch.Tensor):
        tensor = value.detach().clone().requires_grad_(value.requires_grad)
        if value.requires_grad:
            leaves.append(tensor)
        return tensor
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)(_own(part, leaves) for part in value)
    if isinstance(value, dict):
        return {key: _own(part, leaves) for key, part in value.items()}
    return value


def computed(
    library: ModuleType, function: Callable[..., Any], sample: Any, orders: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The results of a function for a sample, and its gradients up to an order."""
    leaves: list[Any] = []
    own = converted if library is mytorch else _own
    first, args, kwargs = (own(part, leaves) for part in (sample.input, sample.args, sample.kwargs))
    outputs = list(flat(function(first, *args, **kwargs)))
    results = [value(output) for output in outputs]
    gradients: list[np.ndarray] = []
    level = outputs
    for order in range(orders if leaves else 0):
        level = [out for out in level if getattr(out, "requires_grad", False)]
        parts: Any = [None] * len(leaves)
        if level:
            starts = [library.tensor(weights(out, order)) for out in level]
            grad = mytorch.grad if library is mytorch else torch.autograd.grad
            parts = grad(level, leaves, starts, create_graph=order + 1 < orders, allow_unused=True)
        gradients += [
            np.zeros(tuple(leaf.shape), value(leaf).dtype) if part is None else value(part)
            for leaf, part in zip(leaves, parts, strict=True)
        ]
        level = [part for part in parts if part is not None]
    return results, gradients


def difference(info: Any, function: Callable[..., Any], sample: Any, dtype: Any) -> str:
    """How the libraries differ on a sample; empty if they do not, or if PyTorch refuses it."""
    orders = 0
    if dtype.is_floating_point and info.supports_autograd and not is_random(info):
        orders = 2 if info.supports_gradgrad and dtype == torch.float64 else 1
    theirs = info.op
    if info.name in SIGNS:
        function, theirs = (_unsigned(f, sample) for f in (function, theirs))
    try:
        expected = computed(torch, theirs, sample, orders)
    except (RuntimeError, NotImplementedError, IndexError, TypeError, ValueError):
        return ""
    try:
        found = computed(mytorch, function, sample, orders)
    except AbsentError as error:
        raise NotComparedError from error
    except NotComparedError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    for what, ours, theirs in zip(("results", "gradients"), found, expected, strict=True):
        try:
            if is_random(info):
                ours, theirs = [np.zeros_like(a) for a in ours], [np.zeros_like(a) for a in theirs]
            assert_close(ours, theirs, *TOLERANCE[dtype])
        except AssertionError as error:
            return f"{what}: {' '.join(str(error).split())}"
    return ""


def _unsigned(function: Callable[..., Any], sample: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: sample.output_process_fn_grad(function(*args, **kwargs))


def samples(info: Any, dtype: Any, reference: bool = False) -> list[Any]:
    """PyTorch's samples of a dtype, or its reference inputs, where it has such."""
    if dtype not in info.dtypes:
        return []
    differentiable = info.supports_autograd and dtype.is_floating_point
    # Its own method would seed every sample, which takes most of the time.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        if reference and info.reference_inputs_func is not None:
            # Some of them promote dtypes, and would have integers require gradients.
            return list(info.reference_inputs_func(info, "cpu", dtype, False))
        return list(info.sample_inputs_func(info, "cpu", dtype, differentiable))


def share(info: Any, found: Sequence[Any], most: int | None) -> list[Any]:
    """So many of the samples, evenly spread, and those that the known differences tell of; all for
    None."""
    size = len(found)
    chosen = range(size) if most is None else {i * size // most for i in range(most)}
    known = [one for one in KNOWN if one.operation == title(info)]
    return [
        sample
        for i, sample in enumerate(found)
        if i in chosen or any(one.tells_of(described(sample)) for one in known)
    ]


def refusal(info: Any, function: Callable[..., Any], error_input: Any) -> str:
    """How a sample is taken that PyTorch refuses; empty if it is refused as by PyTorch."""
    sample = error_input.sample_input
    try:
        computed(torch, info.op, sample, 0)
    except Exception:
        pass
    else:
        return ""
    try:
        computed(mytorch, function, sample, 0)
    except NotComparedError:
        raise
    except error_input.error_type:
        return ""
    except Exception as error:
        return f"{type(error).__name__} is no {error_input.error_type.__name__}: {error}"
    return f"is not refused: {error_input.error_regex}"


def compared(
    most: dict[Any, int | None], prefixes: Sequence[str] = (), reference: bool = False
) -> tuple[int, list[Failure]]:
    """How many samples were run in both libraries, at most so many of each dtype and operation,
    and those on which they differ."""
    outcomes = []
    for info in infos():
        function = operation(info)
        if function is None or (prefixes and not info.name.startswith(tuple(prefixes))):
            continue
        for dtype in DTYPES:
            for sample in share(info, samples(info, dtype, reference), most[dtype]):
                outcomes.append((info, sample, difference, (info, function, sample, dtype)))
        if info.error_inputs_func is not None:
            for wrong in info.error_inputs_func(info, "cpu"):
                outcomes.append((info, wrong.sample_input, refusal, (info, function, wrong)))
    count, failures = 0, []
    for info, sample, compare, arguments in outcomes:
        try:
            found = compare(*arguments)
        except NotComparedError:
            continue
        count += 1
        if found:
            failures.append(Failure(title(info), described(sample), found))
    return count, failures


def described(sample: Any) -> str:
    """The arguments of a sample, tensors by dtype and shape."""

    def shown(value: Any) -> str:
        if isinstance(value, torch.Tensor):
            return f"{str(value.dtype).removeprefix('torch.')}{tuple(value.shape)}"
        if isinstance(value, (tuple, list)):
            return f"({', '.join(map(shown, value))})"
        return repr(value)

    options = [f"{key}={shown(value)}" for key, value in sample.kwargs.items()]
    return ", ".join([shown(sample.input), *map(shown, sample.args), *options])


def sorted_out(failures: Sequence[Failure]) -> tuple[list[Failure], list[Known]]:
    """The failures that are not known, and what is known and did not fail."""
    unknown = [failure for failure in failures if not any(known.meets(failure) for known in KNOWN)]
    return unknown, [known for known in KNOWN if not any(map(known.meets, failures))]


def main(words: Sequence[str]) -> int:
    reference = "--reference" in words
    prefixes = [word for word in words if word != "--reference"]
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")
    count, failures = compared(dict.fromkeys(DTYPES), prefixes, reference)
    unknown, mended = sorted_out(failures)
    for failure in unknown:
        print(str(failure)[:300])
    if not words:
        for known in mended:
            print(f"no longer differs: {known}")
    agree, expected = count - len(failures), len(failures) - len(unknown)
    print(f"{agree} of {count} samples agree, {expected} are known to differ")
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
