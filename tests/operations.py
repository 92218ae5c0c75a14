"""The table of differentiable operations that the tests run through.

A row names an operation and gives it as MyTorch has it and as PyTorch has it, with the inputs it
is tried on. Adding a row puts the operation under `gradcheck`, `gradgradcheck` and the comparison
with PyTorch (values, gradients of first and second order, dtypes, memory layouts).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import mytorch
from mytorch.nn import functional as F

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One row. `low` and `high` bound the inputs; the results are of order 1."""

    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    shapes: tuple[Shape, ...] = ((3, 4),)
    low: float = -2.0
    high: float = 2.0

    def inputs(self, seed: int, dtype: Any = np.float64) -> list[np.ndarray]:
        """Arrays of the row's shapes, the same for the same seed."""
        generator = np.random.default_rng(seed)
        return [
            np.asarray(generator.uniform(self.low, self.high, shape)).astype(dtype)
            for shape in self.shapes
        ]


BROADCASTS = (
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 1), (1, 4)),
    ((2, 1, 3), (4, 1)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
)

MATRIX_PRODUCTS = (
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((5, 2, 3), (5, 3, 4)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
)

AXES = (None, 0, 1, -1, (0, 2), (-1, 0))


def _binary() -> Iterator[Operation]:
    for shapes in BROADCASTS:
        place = " ".join(map(str, shapes))
        yield Operation(f"add {place}", lambda a, b: a + b, lambda a, b: a + b, shapes)
        yield Operation(f"sub {place}", lambda a, b: a - b, lambda a, b: a - b, shapes)
        yield Operation(f"mul {place}", lambda a, b: a * b, lambda a, b: a * b, shapes)
        yield Operation(f"div {place}", lambda a, b: a / b, lambda a, b: a / b, shapes, 0.5)
        yield Operation(f"pow {place}", lambda a, b: a**b, lambda a, b: a**b, shapes, 0.5)
    for shapes in MATRIX_PRODUCTS:
        place = " ".join(map(str, shapes))
        yield Operation(f"matmul {place}", lambda a, b: a @ b, torch.matmul, shapes)


def _scalars() -> Iterator[Operation]:
    def both(name: str, function: Callable[..., Any], low: float = 0.5) -> Operation:
        return Operation(name, function, function, low=low)

    yield both("x + 2", lambda x: x + 2)
    yield both("2.5 - x", lambda x: 2.5 - x)
    yield both("x * 3", lambda x: x * 3)
    yield both("1 / x", lambda x: 1 / x)
    yield both("x / 7", lambda x: x / 7)
    yield both("-x", lambda x: -x)
    yield both("abs", lambda x: abs(x), -2.0)
    for exponent in (0, 1, 2, 3, -1, 0.5, 2.5):
        yield both(f"x ** {exponent}", lambda x, p=exponent: x**p)
    yield both("3 ** x", lambda x: 3**x, -2.0)


def _elementwise() -> Iterator[Operation]:
    for name, low in (
        ("exp", -2.0),
        ("log", 0.2),
        ("sqrt", 0.2),
        ("relu", -2.0),
        ("sigmoid", -2.0),
        ("tanh", -2.0),
        ("abs", -2.0),
        ("clone", -2.0),
    ):
        for shape in ((3, 4), (), (0, 2), (2, 1, 3)):
            yield Operation(
                f"{name} {shape}",
                lambda x, n=name: getattr(x, n)(),
                lambda x, n=name: getattr(x, n)(),
                (shape,),
                low,
            )
    for dim in (0, 1, -1):
        for name in ("softmax", "log_softmax"):
            yield Operation(
                f"{name} {dim}",
                lambda x, n=name, d=dim: getattr(F, n)(x, dim=d),
                lambda x, n=name, d=dim: getattr(torch.nn.functional, n)(x, dim=d),
            )


def _reductions() -> Iterator[Operation]:
    for name in ("sum", "mean", "var", "amax", "amin"):
        for axis in AXES:
            for keep in (False, True):
                dims = tuple(range(3)) if axis is None else axis
                yield Operation(
                    f"{name} {axis} {keep}",
                    lambda x, n=name, a=axis, k=keep: getattr(x, n)(axis=a, keepdims=k),
                    lambda x, n=name, d=dims, k=keep: getattr(x, n)(dim=d, keepdim=k),
                    ((2, 3, 4),),
                )
        if name != "var":
            yield Operation(
                f"{name} of a number",
                lambda x, n=name: getattr(x, n)(0),
                lambda x, n=name: getattr(x, n)(0),
                ((),),
            )
    yield Operation(
        "var correction=0",
        lambda x: x.var(1, correction=0),
        lambda x: x.var(1, correction=0),
    )
    for name in ("max", "min"):
        yield Operation(name, lambda x, n=name: getattr(x, n)(), lambda x, n=name: getattr(x, n)())
        for dim in (0, -1):
            yield Operation(
                f"{name} {dim}",
                lambda x, n=name, d=dim: getattr(x, n)(d).values,
                lambda x, n=name, d=dim: getattr(x, n)(d).values,
            )


def _shaping() -> Iterator[Operation]:
    def both(name: str, function: Callable[..., Any], *shapes: Shape) -> Operation:
        return Operation(name, function, function, shapes or ((3, 4),))

    yield both("reshape", lambda x: x.reshape(2, 6))
    yield both("reshape -1", lambda x: x.reshape(-1))
    yield both("reshape tuple", lambda x: x.reshape((4, -1)))
    yield both("reshape empty", lambda x: x.reshape(3, 0), (0, 2))
    yield both("T", lambda x: x.T)
    yield both("t", lambda x: x.t())
    yield both("transpose", lambda x: x.transpose(0, -1), (2, 3, 4))
    yield both("permute", lambda x: x.permute(2, 0, 1), (2, 3, 4))
    yield both("expand", lambda x: x.expand(2, 3, -1), (3, 1))
    yield both("expand new", lambda x: x.expand(2, 3), (3,))
    yield both("x[1]", lambda x: x[1])
    yield both("x[-1, 2]", lambda x: x[-1, 2])
    yield both("x[1:, None, ::2]", lambda x: x[1:, None, ::2])
    yield both("x[..., 0]", lambda x: x[..., 0], (2, 3, 4))
    yield both("x[[0, 0, 2]]", lambda x: x[[0, 0, 2]])
    yield both("x[[]]", lambda x: x[[]])
    yield both("x[:, [1, 1]]", lambda x: x[:, [1, 1]])
    yield both("x[[0, 1], [2, 2]]", lambda x: x[[0, 1], [2, 2]])
    yield both("x[x > 0]", lambda x: x[x.detach() > 0])
    yield both("x[x > 9]", lambda x: x[x.detach() > 9])
    for dim in (0, 1, -1):
        yield Operation(
            f"cat {dim}",
            lambda a, b, d=dim: mytorch.cat([a, b], d),
            lambda a, b, d=dim: torch.cat([a, b], d),
            ((3, 3), (3, 3)),
        )
    yield Operation(
        "cat unequal",
        lambda a, b: mytorch.cat([a, b]),
        lambda a, b: torch.cat([a, b]),
        ((2, 3), (4, 3)),
    )
    yield Operation(
        "where",
        lambda a, b: mytorch.where(a.detach() > 0, a, b),
        lambda a, b: torch.where(a.detach() > 0, a, b),
        ((3, 4), (4,)),
    )


def _layers() -> Iterator[Operation]:
    labels = np.array([0, 2, 1, 2, 0])
    for batch in ((5,), (), (2, 3), (0,)):
        yield Operation(
            f"linear {batch}", F.linear, torch.nn.functional.linear, ((*batch, 4), (3, 4), (3,))
        )
    yield Operation("linear no bias", F.linear, torch.nn.functional.linear, ((5, 4), (3, 4)))
    yield Operation(
        "cross_entropy",
        lambda x: F.cross_entropy(x, labels),
        lambda x: torch.nn.functional.cross_entropy(x, torch.tensor(labels)),
        ((5, 3),),
    )
    yield Operation("mse_loss", F.mse_loss, torch.nn.functional.mse_loss, ((3, 4), (3, 4)))
    for training in (True, False):
        for shape in ((6, 3), (4, 3, 5)):
            yield Operation(
                f"batch_norm {training} {shape}",
                lambda x, w, b, t=training: F.batch_norm(
                    x,
                    mytorch.Tensor(np.full(3, 0.1, x.dtype)),
                    mytorch.Tensor(np.full(3, 1.3, x.dtype)),
                    w,
                    b,
                    t,
                ),
                lambda x, w, b, t=training: torch.nn.functional.batch_norm(
                    x,
                    torch.full((3,), 0.1, dtype=x.dtype),
                    torch.full((3,), 1.3, dtype=x.dtype),
                    w,
                    b,
                    t,
                ),
                (shape, (3,), (3,)),
            )


OPERATIONS = [
    *_binary(),
    *_scalars(),
    *_elementwise(),
    *_reductions(),
    *_shaping(),
    *_layers(),
]
