"""Every operation of the table on about 100,000 numbers, beside PyTorch.

What is timed is the forward alone, recorded, and the whole: forward and backward from a gradient
that is given. Both libraries work in this process, turn by turn, in single precision.
"""

import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import mytorch
from benchmarks.floors import FLOORS
from benchmarks.machine import threads
from tests.operations import FAMILIES, Operation

Shape = tuple[int, ...]
Call = tuple[str, tuple[Shape, ...]]

ROWS, COLUMNS = 100, 1000
MATRIX = (ROWS, COLUMNS)
CUBE = (10, 100, 100)
SQUARE = (316, 316)
# The sizes that take the place of the table's, counted from the last axis.
SIZES = {0: (), 1: (ROWS * COLUMNS,), 2: (COLUMNS, ROWS), 3: (100, 100, 10)}
# In single precision, of the largest number of a result.
TOLERANCE = 1e-4
RANDOM = {
    *("rand", "bernoulli", "multinomial", "normal", "Tensor.normal_", "nn.functional.dropout"),
}

# The calls of operations whose first form in the table says nothing at this size: its indices or
# sizes are those of small inputs. Beside the inputs there are `rows` and `columns`, one index for
# each row, `grid`, one for each number, and `mask`, which holds for half of them.
LARGE: dict[str, tuple[Call, ...]] = {
    "sum": (("x.sum()", (MATRIX,)), ("x.sum(0)", (MATRIX,)), ("x.sum(1)", (MATRIX,))),
    "mean": (("x.mean()", (MATRIX,)), ("x.mean(0)", (MATRIX,)), ("x.mean(1)", (MATRIX,))),
    "var": (("x.var()", (MATRIX,)), ("x.var(0)", (MATRIX,)), ("x.var(1)", (MATRIX,))),
    "prod": (("x.prod(1)", (MATRIX,)),),
    "norm": (("x.norm()", (MATRIX,)), ("x.norm(dim=1)", (MATRIX,))),
    "linalg.norm": (("T.linalg.norm(x)", (MATRIX,)),),
    "logsumexp": (("x.logsumexp(1)", (MATRIX,)),),
    "max": (("x.max()", (MATRIX,)), ("x.max(1)", (MATRIX,)), ("T.max(x, y)", (MATRIX, MATRIX))),
    "min": (("x.min(1)", (MATRIX,)),),
    "amax": (("x.amax(1)", (MATRIX,)),),
    "amin": (("x.amin(1)", (MATRIX,)),),
    "argmax": (("x.argmax(1)", (MATRIX,)),),
    "argmin": (("x.argmin(1)", (MATRIX,)),),
    "all": (("(x > -9).all()", (MATRIX,)),),
    "any": (("(x > 9).any()", (MATRIX,)),),
    "pow": (("x ** y", (MATRIX, MATRIX)), ("x ** 2", (MATRIX,)), ("x ** 2.5", (MATRIX,))),
    "add": (("x + y", (MATRIX, MATRIX)), ("x + y", (MATRIX, (COLUMNS,))), ("x + 2", (MATRIX,))),
    "clamp": (("x.clamp(-0.5, 1)", (MATRIX,)),),
    "clamp_min": (("x.clamp_min(0.5)", (MATRIX,)),),
    "clamp_max": (("x.clamp_max(0.5)", (MATRIX,)),),
    "Tensor.clamp_": (("(x * 1).clamp_(-0.5, 0.5)", (MATRIX,)),),
    "topk": (("x.topk(5)", (MATRIX,)), ("x.topk(50)", (MATRIX,))),
    "sort": (("x.sort()", (MATRIX,)),),
    "softmax": (("x.softmax(1)", (MATRIX,)), ("x.softmax(0)", (MATRIX,))),
    "log_softmax": (("x.log_softmax(1)", (MATRIX,)),),
    "reshape": (("x.reshape(-1)", (MATRIX,)),),
    "Tensor.view_as": (("x.view_as(y)", (MATRIX, (COLUMNS, ROWS))),),
    "Tensor.reshape_as": (("x.reshape_as(y)", (MATRIX, (COLUMNS, ROWS))),),
    "unflatten": (("x.unflatten(1, (10, 100))", (MATRIX,)),),
    "squeeze": (("x.squeeze()", ((100, 1, 1000),)),),
    "unsqueeze": (("x.unsqueeze(0)", (MATRIX,)),),
    "Tensor.expand": (("x.expand(100, 1000)", ((1000,),)),),
    "broadcast_to": (("x.broadcast_to((100, 1000))", ((100, 1),)),),
    "broadcast_tensors": (("T.broadcast_tensors(x, y)", ((100, 1), (1000,))),),
    "Tensor.repeat": (("x.repeat(10, 10)", ((10, 100),)),),
    "tile": (("x.tile(10, 10)", ((10, 100),)),),
    "repeat_interleave": (("x.repeat_interleave(2)", ((50, 1000),)),),
    "cat": (("T.cat([x, y])", ((50, 1000), (50, 1000))), ("T.cat([x, y], 1)", ((100, 500),) * 2)),
    "stack": (("T.stack([x, y])", ((50, 1000), (50, 1000))),),
    "split": (("T.split(x, 25)", (MATRIX,)),),
    "chunk": (("T.chunk(x, 4)", (MATRIX,)),),
    "unbind": (("T.unbind(x)", ((10, 10000),)),),
    "Tensor.__getitem__": (
        ("x[10:60]", (MATRIX,)),
        ("x[rows]", (MATRIX,)),
        ("x[rows, columns]", (MATRIX,)),
        ("x[mask]", (MATRIX,)),
    ),
    "Tensor.__setitem__": (
        ("[c := x.clone(), c.__setitem__(slice(10, 60), y)][0]", (MATRIX, (50, 1000))),
    ),
    "select": (("x.select(0, 1)", ((2, 50_000),)),),
    "narrow": (("x.narrow(0, 10, 50)", (MATRIX,)),),
    "index_select": (("x.index_select(0, rows)", (MATRIX,)),),
    "gather": (("x.gather(0, grid)", (MATRIX,)),),
    "take_along_dim": (("x.take_along_dim(grid, 1)", (MATRIX,)),),
    "take": (("x.take(grid)", (MATRIX,)),),
    "scatter": (("x.scatter(0, grid, y)", (MATRIX, MATRIX)),),
    "scatter_add": (("x.scatter_add(0, grid, y)", (MATRIX, MATRIX)),),
    "index_add": (("x.index_add(0, rows, y)", (MATRIX, MATRIX)),),
    "index_copy": (("x.index_copy(0, order, y)", (MATRIX, MATRIX)),),
    "index_fill": (("x.index_fill(0, rows, 3.0)", (MATRIX,)),),
    "tril": (("x.tril()", (MATRIX,)), ("x.tril()", (SQUARE,))),
    "diagonal": (("x.diagonal()", (SQUARE,)),),
    "diag": (("x.diag()", (SQUARE,)),),
    "diag_embed": (("x.diag_embed()", ((316,),)),),
    "trace": (("x.trace()", (SQUARE,)),),
    "where": (("T.where(mask, x, y)", (MATRIX, MATRIX)),),
    "masked_fill": (("x.masked_fill(mask, 2)", (MATRIX,)),),
    "masked_select": (("x.masked_select(mask)", (MATRIX,)),),
    "matmul": (
        ("x @ y", ((100, 100), MATRIX)),
        ("x @ y", ((32, 64, 48), (48, 64))),
        ("x @ y", ((8, 4, 64, 48), (4, 48, 64))),
    ),
    "mm": (("x.mm(y)", ((100, 100), MATRIX)),),
    "bmm": (("x.bmm(y)", ((32, 64, 48), (32, 48, 64))),),
    "mv": (("x.mv(y)", (MATRIX, (COLUMNS,))),),
    "dot": (("x.dot(y)", ((100_000,), (100_000,))),),
    "outer": (("x.outer(y)", ((ROWS,), (COLUMNS,))),),
    "addmm": (("T.addmm(x, y, z)", (MATRIX, (100, 100), MATRIX)),),
    "einsum": (
        ("T.einsum('ij,kj->ik', x, y)", (MATRIX, (100, 1000))),
        ("T.einsum('bij,bjk->bik', x, y)", ((32, 64, 48), (32, 48, 64))),
        ("T.einsum('bij,cjk->ik', x, y)", ((32, 64, 48), (32, 48, 64))),
    ),
    "Tensor.to": (("x.to(T.float64)", (MATRIX,)),),
    "Tensor.type_as": (("x.type_as(y.double())", (MATRIX, (1,))),),
    "tensor": (("T.tensor(numbers)", ()),),
    "zeros": (("T.zeros(100, 1000)", ()),),
    "arange": (("T.arange(100_000)", ()),),
    "rand": (("T.rand(100, 1000)", ()), ("T.randn(100, 1000)", ())),
    "bernoulli": (("x.detach().bernoulli(0.3)", (MATRIX,)),),
    "multinomial": (("T.multinomial(x.detach(), 100)", (MATRIX,)),),
    "normal": (("T.normal(x.detach(), 2.0)", (MATRIX,)),),
    "Tensor.normal_": (
        ("x.detach().normal_()", (MATRIX,)),
        ("x.detach().exponential_()", (MATRIX,)),
    ),
    "Tensor.contiguous": (("x.t().contiguous()", (MATRIX,)),),
    "nn.functional.hardsigmoid": (("F.hardsigmoid(x)", (MATRIX,)),),
    "nn.functional.prelu": (("F.prelu(x, y)", (MATRIX, (1,))),),
    "nn.functional.linear": (
        ("F.linear(x, y, z)", (MATRIX, (100, 1000), (100,))),
        ("F.linear(x, y, z)", ((32, 64, 48), (64, 48), (64,))),
    ),
    "nn.functional.one_hot": (("F.one_hot(rows, 1000)", ()),),
    "nn.functional.embedding": (("F.embedding(grid[:, :20], x)", ((100, 50),)),),
    "nn.functional.dropout": (("F.dropout(x)", (MATRIX,)),),
    "nn.functional.pad": (
        ("F.pad(x, (1, 2))", (MATRIX,)),
        ("F.pad(x, (1, 2), 'reflect')", (CUBE,)),
    ),
    "nn.functional.batch_norm": (
        ("F.batch_norm(x, None, None, y, z, True)", (MATRIX, (COLUMNS,), (COLUMNS,))),
    ),
    "nn.functional.layer_norm": (
        ("F.layer_norm(x, (1000,), y, z)", (MATRIX, (COLUMNS,), (COLUMNS,))),
    ),
    "nn.functional.rms_norm": (("F.rms_norm(x, (1000,), y)", (MATRIX, (COLUMNS,))),),
    "nn.functional.group_norm": (("F.group_norm(x, 10, y, z)", (CUBE, (100,), (100,))),),
    "nn.functional.nll_loss": (("F.nll_loss(x, columns)", (MATRIX,)),),
    "nn.functional.cross_entropy": (("F.cross_entropy(x, columns)", (MATRIX,)),),
}


def calls(name: str, row: Operation) -> tuple[Call, ...]:
    """What is timed of an operation: the calls above, or the first of its row on larger inputs."""
    if name in LARGE:
        return LARGE[name]
    shapes = row.shapes[0]
    sizes = SIZES[max(map(len, shapes))]
    return ((row.forms[0], tuple(_enlarged(shape, sizes) for shape in shapes)),)


def _enlarged(shape: Shape, sizes: Shape) -> Shape:
    return tuple(
        1 if size == 1 else sizes[len(shape) - 1 - axis] for axis, size in enumerate(shape)
    )


def table() -> Iterator[tuple[str, Operation, Call]]:
    """The name of each operation, its first row, and each of its calls."""
    seen = set()
    for rows in FAMILIES.values():
        for row in rows:
            name = row.name.split()[0]
            if name not in seen:
                seen.add(name)
                for call in calls(name, row):
                    yield name, row, call


class Contestant:
    """A library with the inputs of a call, ready to run it."""

    def __init__(self, library: Any, form: str, arrays: Any, recorded: bool) -> None:
        tensor = library.tensor
        generator = np.random.default_rng(0)
        grid = generator.integers(0, ROWS, MATRIX)
        names = {
            "T": library,
            "F": library.nn.functional,
            "numbers": generator.standard_normal(MATRIX),
            "grid": tensor(grid),
            "rows": tensor(grid[0, :ROWS]),
            "columns": tensor(grid[1, :ROWS] * 10),
            "order": tensor(generator.permutation(ROWS)),
            "mask": tensor(generator.random(MATRIX) < 0.5),
        }
        self.leaves = [tensor(array).requires_grad_(recorded) for array in arrays]
        self._call = eval(f"lambda {', '.join('xyz'[: len(arrays)])}: {form}", names)
        self._backward = library.autograd.backward
        outputs = [out for out in self.outputs() if out.requires_grad]
        starts = [generator.standard_normal(out.shape).astype(np.float32) for out in outputs]
        self._starts = [tensor(s).to(o.dtype) for s, o in zip(starts, outputs, strict=True)]

    @property
    def has_backward(self) -> bool:
        return bool(self._starts)

    def outputs(self) -> list[Any]:
        """The tensors that the call gives."""
        found = self._call(*self.leaves)
        return [out for out in (found if isinstance(found, (tuple, list)) else [found])
                if hasattr(out, "requires_grad")]  # fmt: skip

    def forward(self) -> None:
        self._call(*self.leaves)

    def whole(self) -> None:
        for leaf in self.leaves:
            leaf.grad = None
        self._backward([out for out in self.outputs() if out.requires_grad], self._starts)

    def results(self) -> list[NDArray[Any]]:
        """The outputs and the gradients."""
        found = [np.asarray(out.detach().numpy()) for out in self.outputs()]
        if self.has_backward:
            self.whole()
            found += [np.asarray(x.grad.numpy()) for x in self.leaves if x.grad is not None]
        return found


def contestants(row: Operation, call: Call) -> tuple[Contestant, Contestant]:
    """MyTorch and PyTorch. Raises ValueError unless they compute the same."""
    form, shapes = call
    generator = np.random.default_rng(1)
    arrays = [_distinct(row, shape, generator) for shape in shapes]
    recorded = bool(row.derivatives)
    ours, theirs = (Contestant(lib, form, arrays, recorded) for lib in (mytorch, torch))
    if row.name not in RANDOM:
        for mine, other in zip(ours.results(), theirs.results(), strict=True):
            scale = np.abs(other, dtype=float).max(initial=0)
            if not np.allclose(mine, other, 0, TOLERANCE * max(scale, 1), equal_nan=True):
                raise ValueError(f"{row.name}: {form} is not PyTorch's")
    return ours, theirs


def _distinct(row: Operation, shape: Shape, generator: np.random.Generator) -> NDArray[Any]:
    """Numbers in the row's bounds, no two equal: among those PyTorch's sort has an order of its
    own."""
    numbers = np.linspace(row.low, row.high, prod(shape), dtype=np.float32)
    return generator.permutation(numbers).reshape(shape)


def count() -> int:
    """How many calls there are."""
    return len(list(table()))


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The times of the call of this number, forward and whole."""
    torch.set_num_threads(threads())
    mytorch.set_default_dtype(np.float32)
    name, row, call = list(table())[number]
    ours, theirs = contestants(row, call)
    forward = {"mytorch": ours.forward, "torch": theirs.forward}
    if call[0] in FLOORS:
        arrays = [leaf.detach().numpy() for leaf in theirs.leaves]
        forward["numpy"] = partial(FLOORS[call[0]], *arrays)
    found: dict[str, Any] = {"operation": name, "call": call[0], "shapes": call[1]}
    found["forward"] = _turns(forward, rounds, wanted)
    if ours.has_backward and theirs.has_backward:
        whole = {"mytorch": ours.whole, "torch": theirs.whole}
        found["whole"] = _turns(whole, rounds, wanted)
    return found


def _turns(works: dict[str, Callable[[], Any]], rounds: int, wanted: float) -> dict[str, float]:
    """The median of the seconds that a run takes each of them, A B A B, and of the ratios of the
    rounds: MyTorch's and, if it takes part, that of NumPy alone to PyTorch's, the "floor"."""
    counts = {
        name: max(1, round(wanted / min(_seconds(work, 1) for _ in range(3))))
        for name, work in works.items()
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_seconds(work, counts[name]) / counts[name])
    found = {name: median(taken) for name, taken in times.items()}
    for ratio, name in (("ratio", "mytorch"), ("floor", "numpy")):
        if name in times:
            pairs = zip(times[name], times["torch"], strict=True)
            found[ratio] = median(mine / other for mine, other in pairs)
    return found


def _seconds(work: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - start
