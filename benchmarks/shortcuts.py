"""Where the library computes in a less plain way because that is faster: both ways, side by side.

The short way calls the library's own function where there is one, else it says what the library
does. `python -m benchmarks shortcuts` flags those that no longer pay.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, local
from timeit import Timer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders import numpy_optimizers
from mytorch import Tensor, einsum, grad, nn, optim
from mytorch._kernels.constants import full, number
from mytorch._kernels.elementwise import (
    above,
    chosen,
    expm1_of_negative,
    horner,
    kept_where,
    log1p_exp_of_negative_size,
    softplus,
    within,
)
from mytorch._kernels.products import product
from mytorch._kernels.sums import add_reduce, add_up, sum_rows
from mytorch._silence import silenced
from mytorch.grad_mode import is_recording, no_grad, recording
from mytorch.nn import functional
from mytorch.nn.functional import cross_entropies, normalizations
from mytorch.ops import error_functions, indexing, linalg
from mytorch.ops.elementwise import signs_of
from mytorch.tensor import wrap

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Shortcut:
    """Two expressions for one value, as `timeit` takes them, and what they start from.

    The plain way has to take `least` times as long as the short one, or longer; where only some
    processors have it so, `only` names them. The values are equal, or where the order of additions
    differs `ulp` units in the last place of the largest number apart.
    """

    name: str
    plain: str
    short: str
    setup: str
    least: float
    ulp: int = 0
    only: str = ""

    def values(self) -> tuple[Any, Any]:
        """What both ways compute."""
        return _value(self.plain, self.setup), _value(self.short, self.setup)


def _value(way: str, setup: str) -> Any:
    names = dict(NAMES)
    exec(setup, names)
    return eval(way, names)


# What the rows are made of. All numbers are the same on each call.


def numbers(*shape: int, dtype: Any = np.float32) -> Numbers:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def places(*shape: int, below: int) -> Numbers:
    return np.random.default_rng(0).integers(0, below, shape)


def leaf(*shape: int) -> Tensor:
    return Tensor(numbers(*shape), requires_grad=True)


def parameters(*shapes: tuple[int, ...]) -> tuple[list[Tensor], list[Numbers], list[Numbers]]:
    """Parameters with gradients; the arrays of another optimizer, and their gradients."""
    found = [nn.Parameter(numbers(*shape)) for shape in shapes]
    for param in found:
        param.grad = Tensor(param.data / 2)
    return found, [p.data.copy() for p in found], [p.data / 2 for p in found]


def stepped(optimizer: Any, params: list[Any], *gradients: Any) -> list[Any]:
    optimizer.step(*gradients)
    return params


def added(array: Numbers, index: Any, values: Numbers) -> Numbers:
    out = array.copy()
    np.add.at(out, index, values)
    return out


def under_errstate(function: Callable[..., Any], *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*args)


@contextmanager
def no_grad_by_generator() -> Iterator[None]:
    before = recording.set(False)
    try:
        yield
    finally:
        recording.reset(before)


def inside(scope: Callable[[], Any]) -> bool:
    with scope():
        return is_recording()


def copied_first(x: Numbers, row: Numbers, rows: Numbers, out: Numbers) -> Numbers:
    rows[...] = row
    result: Numbers = np.add(x, rows, out)
    return result


def filled(shape: tuple[int, ...], dtype: Any) -> Numbers:
    ones = np.empty(shape, dtype)
    ones.fill(1)
    return ones


def same(x: Any) -> Any:
    return x


def passed_on(*args: Any, **kwargs: Any) -> Any:
    return same(*args, **kwargs)


def one_passed_on(*args: Any, **kwargs: Any) -> Any:
    return same(args[0]) if len(args) == 1 and not kwargs else same(*args, **kwargs)


def locked(lock: Any) -> bool:
    with lock:
        return bool(lock.locked())


def acquired(lock: Any) -> bool:
    lock.acquire()
    try:
        return bool(lock.locked())
    finally:
        lock.release()


def batch_norm_composed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    centred = x - x.mean(0)
    return centred / ((centred * centred).mean(0) + 1e-5).sqrt() * weight + bias


def layer_norm_composed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    return centred / ((centred * centred).mean(1, keepdim=True) + 1e-5).sqrt() * weight + bias


_HELD = local()
_HELD.recording = True

# fmt: off
# What the ways and their setups may name.
NAMES: dict[str, Any] = {
    "np": np, "F": functional, "optim": optim, "by_hand": numpy_optimizers, "lock": Lock(),
    "held": _HELD, "within": within, "is_recording": is_recording, "silenced": silenced,
    "add_reduce": add_reduce,
    **{
        named.__name__.rpartition(".")[2]: named
        for named in (
            above, acquired, add_up, added, batch_norm_composed, chosen, copied_first,
            cross_entropies, einsum, error_functions, expm1_of_negative, filled, full,
            grad, horner, indexing, inside, kept_where, layer_norm_composed, leaf,
            linalg, locked, log1p_exp_of_negative_size, no_grad, no_grad_by_generator,
            normalizations, number, numbers, one_passed_on, parameters, passed_on,
            places, product, signs_of, softplus, stepped, sum_rows, Tensor,
            under_errstate, wrap,
        )
    },
}

TEN, MANY = "x = numbers(10)", "x = numbers(100, 1000)"
SCALED = "x, w, b, z = leaf(100, 20), leaf(20), leaf(20), abs(numbers(100, 20))"
NET = "(32, 4), (32,), (32, 32), (32,), (32, 32), (32,), (2, 32), (2,)"

SHORTCUTS = [
    # Python itself.
    Shortcut("one argument passed on by itself", "passed_on(1)", "one_passed_on(1)", "", 1.05),
    Shortcut("zip without strict", "list(zip(a, a, strict=True))", "list(zip(a, a))", "a = 1, 2",
             1.2),
    Shortcut("a tuple made of a list", "tuple(n for n in a)", "tuple([n for n in a])", "a = 1, 2",
             1.2),
    Shortcut("a lock without with", "locked(lock)", "acquired(lock)", "", 1.2),
    Shortcut("a context variable, not a thread's", "held.recording", "is_recording()", "", 1.3),
    Shortcut("a scope that is no generator", "inside(no_grad_by_generator)", "inside(no_grad)", "",
             1.4),
    # Calls on few numbers.
    Shortcut("warnings silenced by a context", "under_errstate(np.log, x)",
             "silenced().run(np.log, x)", "x = abs(numbers(10))", 2),
    Shortcut("a number as an array", "x * 0.5", "x * number(0.5, x.dtype)", TEN, 1.1),
    Shortcut("a vector of one value", "np.full(100, 0.01, dtype)", "full(100, 0.01, dtype)",
             "dtype = np.dtype(np.float32)", 1.5),
    Shortcut("a Tensor without checks", "Tensor(x)", "wrap(x)", TEN, 1.4),
    Shortcut("ones that are filled in", "np.ones((), x.dtype)", "filled((), x.dtype)", TEN, 1.3),
    Shortcut("np.clip without its wrapper", "np.clip(x, -1.0, 1.0)",
             "within(x, number(-1.0, x.dtype), number(1.0, x.dtype))", TEN, 2),
    Shortcut("np.sum without its wrapper", "np.sum(x, 0)", "add_reduce(x, 0)", TEN, 1.5),
    Shortcut("one number in a new array", "np.abs(x, out=x)", "np.abs(x)", "x = abs(numbers(1))",
             1.3),
    Shortcut("a row in the shape of its matrix", "x + row", "x + row.reshape(x.shape)",
             "x, row = numbers(1, 10), numbers(10)", 1.05),
    Shortcut("a product by dot", "np.matmul(x, y)", "product(x, y)",
             "x, y = numbers(10, 20), numbers(20, 10)", 1.05),
    Shortcut("places in the flattened array", "x[np.arange(100), y]",
             "x.ravel()[y + cross_entropies._starts(*x.shape)]",
             "x, y = numbers(100, 10), places(100, below=10)", 1.2),
    Shortcut("the range of labels by argmax", "bool(y.min() >= 0 and y.max() < 10)",
             "bool((z := y.view(np.uint64))[z.argmax()] < 10)", "y = places(100, below=10)", 1.5),
    Shortcut("reduced along the leading axis", "np.maximum.reduce(x, 1)",
             "np.maximum.reduce(x.T.copy(), 0)", "x = numbers(100, 10)", 1.5),
    Shortcut("rows by take", "x[i]", "indexing.rows_of(x, i)",
             "x, i = numbers(5000, 20), places(100, below=5000)", 1.4),
    # Passes over many numbers.
    Shortcut("np.maximum by clipping", "np.maximum(x, 0.0)", "above(x, 0.0)", MANY, 1.2),
    Shortcut("np.where with 0 by a product", "np.where(mask, x, number(0.0, x.dtype))",
             "kept_where(mask, x)", f"{MANY}; mask = x > 0", 3),
    Shortcut("np.where by bits", "np.where(mask, x, -x)", "chosen(mask, x, -x)",
             f"{MANY}; mask = x > 0", 2),
    Shortcut("signs by bytes", "np.subtract(x > 0, x < 0, dtype=x.dtype)", "signs_of(x)", MANY,
             1.2),
    Shortcut("expm1 by tanh", "np.expm1(x)", "expm1_of_negative(x)", f"{MANY}; x = -abs(x)", 1.3, 4,
             "without AVX-512"),
    Shortcut("log1p by log", "np.log1p(np.exp(-np.abs(x)))", "log1p_exp_of_negative_size(x)", MANY,
             1.3, 4, "without AVX-512"),
    Shortcut("softplus without logaddexp", "np.logaddexp(number(0.0, x.dtype), x)", "softplus(x)",
             MANY, 1.3, 1),
    Shortcut("a polynomial in one array", "np.polyval(c, x)", "horner(c.tolist(), x)",
             f"{MANY}; c = numbers(5)", 1.4, 4),
    Shortcut("error functions by blocks",
             "error_functions._erf_single(x.astype(float)).astype(x.dtype)",
             "error_functions.in_double(error_functions._erf_single, x)", MANY, 1.2),
    Shortcut("a channel's weight repeated first", "x * w",
             "x * normalizations._repeated(w, x.shape)",
             "x, w = numbers(10, 10, 10, 100), numbers(10, 10, 1)", 1.05),
    Shortcut("triangles by small integers", "np.tril(x)", "wrap(x).tril()",
             "x = numbers(300, 300)", 1.1),
    Shortcut("a choice by the larger number", "np.where(x > 0, x, x * w)",
             "F.prelu(wrap(x), wrap(w))", f"{MANY}; w = number(0.25, x.dtype)", 1.5),
    Shortcut("quotients in double precision", "np.floor_divide(x, y)", "wrap(x) // wrap(y)",
             f"{MANY}; y = x[::-1].copy()", 1.5),
    Shortcut("remainders in double precision", "np.remainder(x, y)", "wrap(x) % wrap(y)",
             f"{MANY}; y = x[::-1].copy()", 1.2),
    Shortcut("truth values made first", "np.logical_and(x, x)",
             "wrap(x).logical_and(wrap(x))", MANY, 1.2),
    Shortcut("cubes by products", "x ** 3.0", "wrap(x) ** 3.0", "x = numbers(10000)", 5, 1),
    Shortcut("the inverse of a root", "x ** -0.5", "wrap(x) ** -0.5", f"{MANY}; x = abs(x) + 1",
             1.3, 2),
    # Sums and products.
    Shortcut("rows added up by BLAS", "x.sum(0)", "sum_rows(x)", "x = numbers(100, 20)", 1.5, 4),
    Shortcut("many rows added up by BLAS", "x.sum(0, float).astype(x.dtype)",
             "add_up(x, (0,)).astype(x.dtype)", "x = numbers(10000, 100)", 1.5, 4),
    Shortcut("long rows added up by BLAS", "x.sum(1)", "add_up(x, (1,))", MANY, 1.5, 8),
    Shortcut("rows in another order added up", "x.sum(0)", "add_up(x, (0,))",
             "x = numbers(1000, 100).T", 1.3, 8),
    Shortcut("repeated numbers added up once", "x.sum(1, float)", "add_up(x, (1,))",
             "x = np.broadcast_to(numbers(100, 1), (100, 1000))", 2),
    Shortcut("the mean by BLAS", "x.mean()", "cross_entropies._mean(x)", "x = numbers(100)", 1.8,
             4),
    Shortcut("means of rows by BLAS", "x.mean(1)", "normalizations._row_means(x)", MANY, 2, 8),
    Shortcut("sums of products by BLAS", "(x * x).sum(1)", "normalizations._dots(x, x)", MANY, 2,
             8),
    Shortcut("the norm by BLAS", "np.sqrt(np.square(x, dtype=float).sum(1)).astype(x.dtype)",
             "wrap(x).norm(dim=1)", MANY, 1.2, 1),
    Shortcut("products by halves", "np.multiply.reduce(x, 1)", "wrap(x).prod(1)",
             f"{MANY}; x[::2] = x[::2] / 100 + 1", 1.2, 64),
    Shortcut("half precision by BLAS", "np.matmul(x, x)", "product(x, x)",
             "x = numbers(100, 100, dtype=np.float16)", 5, 4),
    Shortcut("integers by BLAS", "np.matmul(x, x)", "product(x, x)",
             "x = places(100, 100, below=9)", 3),
    Shortcut("columns times rows by BLAS", "np.matmul(x, y)", "product(x, y)",
             "x, y = numbers(32, 64, 1), numbers(32, 1, 64)", 2),
    Shortcut("one product of repeated matrices", "np.matmul(x, y)", "product(x, y)",
             "x, y = numbers(32, 1, 1, 64), numbers(16, 64, 64)", 1.3, 8),
    Shortcut("one product that sums a stack", "np.matmul(x, y).sum(0)",
             "linalg._summed(x, y, (48, 64), product)",
             "x, y = numbers(100, 10, 48).swapaxes(1, 2), numbers(100, 10, 64)", 1.3, 16),
    Shortcut("einsum by matmul", "np.einsum('bij,cjk->ik', x, y)",
             "einsum('bij,cjk->ik', wrap(x), wrap(y))",
             "x, y = numbers(8, 32, 24), numbers(8, 24, 32)", 2, 64),
    # Orders and places.
    Shortcut("running sums row after row", "np.add.accumulate(x, 0, float).astype(x.dtype)",
             "wrap(x).cumsum(0)", MANY, 1.5),
    Shortcut("a stable order by unique keys", "np.argsort(x, 1, kind='stable')",
             "wrap(x).argsort(1, stable=True)", MANY, 2),
    Shortcut("the largest by a partition", "np.argsort(-x, 1, kind='stable')[:, :50]",
             "wrap(x).topk(50, 1).indices", MANY, 2),
    Shortcut("few largest one after the other", "np.argsort(-x, 1, kind='stable')[:, :3]",
             "wrap(x).topk(3, 1).indices", MANY, 5),
    Shortcut("rows added in the flattened array", "added(y, i, x)",
             "wrap(y).index_add(0, i, wrap(x))",
             "x, y, i = numbers(2000, 50), numbers(100, 50), places(2000, below=100)", 2, 4),
    Shortcut("long rows added one by one", "added(y, i, x)", "wrap(y).index_add(0, i, wrap(x))",
             "x, y, i = numbers(100, 1000), numbers(50, 1000), places(100, below=50)", 3, 4),
    Shortcut("ones stored, not compared", "(i[:, None] == np.arange(1000)).astype(int)",
             "F.one_hot(wrap(i), 1000)", "i = places(100, below=1000)", 1.2),
    Shortcut("places named once are stored", "added(np.zeros((200, 100), x.dtype), i, x)",
             "indexing.Unindex.apply(wrap(x), i, (200, 100))",
             "x, i = numbers(100, 100), slice(10, 110)", 3),
    # One operation of many, and one call for many arrays.
    Shortcut("linear as one operation", "grad((x @ w.T + b).sum(), [x, w, b])",
             "grad(F.linear(x, w, b).sum(), [x, w, b])",
             "x, w, b = leaf(100, 20), leaf(10, 20), leaf(10)", 1.15, 4),
    Shortcut("cross entropy as one operation",
             "grad(-x.log_softmax(1)[np.arange(100), y].mean(), x)",
             "grad(F.cross_entropy(x, y), x)", "x, y = leaf(100, 10), places(100, below=10)", 1.8,
             4),
    Shortcut("batch norm as one operation",
             "grad((batch_norm_composed(x, w, b) * z).sum(), [x, w, b])",
             "grad((F.batch_norm(x, None, None, w, b, True) * z).sum(), [x, w, b])", SCALED, 1.8,
             64),
    Shortcut("layer norm as one operation",
             "grad((layer_norm_composed(x, w, b) * z).sum(), [x, w, b])",
             "grad((F.layer_norm(x, (20,), w, b) * z).sum(), [x, w, b])", SCALED, 1.4, 64),
    Shortcut("parameters in one arena", "stepped(plain, arrays, gradients)",
             "stepped(short, params)", f"params, arrays, gradients = parameters({NET});"
             "plain, short = by_hand.Adam(arrays, 0.001), optim.Adam(params, 0.001)", 1.5, 4),
    Shortcut("a large parameter by blocks", "stepped(plain, arrays, gradients)",
             "stepped(short, params)", "params, arrays, gradients = parameters((500, 500));"
             "plain, short = by_hand.Adam(arrays, 0.001), optim.Adam(params, 0.001)", 1.1, 4),
    # What `compile` writes.
    Shortcut("a row copied first", "np.add(x, row, out)", "copied_first(x, row, rows, out)",
             "x, row = numbers(100, 20), numbers(20); rows, out = x.copy(), x.copy()", 1.1),
    Shortcut("numbers compared by operators", "np.less(a, a)", "a < a", "a = np.float32(1)", 3),
]
# fmt: on


def count() -> int:
    """How many shortcuts there are."""
    return len(SHORTCUTS)


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The seconds that both ways of the shortcut of this number take, and the gain: how many times
    the short way fits into the plain one.

    They take turns, A B A B, and the shortest turn counts: what disturbs one makes it longer.
    """
    row = SHORTCUTS[number]
    timers = {
        way: Timer(getattr(row, way), row.setup or "pass", globals=NAMES)
        for way in ("plain", "short")
    }
    runs = {way: max(1, round(wanted / min(timer.repeat(3, 1)))) for way, timer in timers.items()}
    times: dict[str, list[float]] = {way: [] for way in timers}
    for _ in range(rounds):
        for way, timer in timers.items():
            times[way].append(timer.timeit(runs[way]) / runs[way])
    plain, short = (min(taken) for taken in times.values())
    return {"shortcut": row.name, "plain": plain, "short": short, "gain": plain / short}
