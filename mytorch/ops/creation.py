"""New tensors: constants and ranges.

All take `dtype` (None: the default dtype, or what is said), `device` (the CPU, or RuntimeError) and
`requires_grad`.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, prod
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._device import DeviceLike, require_cpu
from mytorch._dtypes import SCALARS, Array, Scalar, get_default_dtype, scalar_dtype, tensor_data
from mytorch._kernels import constants
from mytorch._kernels.elementwise import FEW
from mytorch._memory_format import laid_out, memory_format
from mytorch._recorders import made, recorders
from mytorch._shapes import Shape, sizes_of, whole
from mytorch._silence import silenced, silent
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops._arguments import explained, sizes_named
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]


def new_shape(name: str, size: tuple[Any, ...]) -> Shape:
    shape = sizes_of(size, name)
    if any(not 0 <= n < 2**63 for n in shape):
        raise ShapeError(f"{name}: expected sizes from 0 to {2**63 - 1}, got {shape}")
    return shape


def new_leaf(
    name: str,
    data: Array,
    device: DeviceLike | None,
    requires_grad: bool,
    memory_format: memory_format | None = None,
) -> Tensor:
    if device is not None:
        require_cpu(name, device)
    if memory_format is not None:
        data = laid_out(name, data, memory_format)
    return Tensor(made(data) if recorders else data, requires_grad)


def number_of(name: str, value: Any) -> Any:
    """A number, which may come as a Tensor of one element."""
    if isinstance(value, (Tensor, np.ndarray)):
        if prod(value.shape) != 1:
            raise (ShapeError if isinstance(value, Tensor) else TypeError)(
                f"{name}: expected a number, got {kind_of(value, Tensor)} of shape {value.shape}"
            )
        value = value.item()
    if not isinstance(value, SCALARS):
        raise TypeError(f"{name}: expected a number, got {kind_of(value, Tensor)}")
    return value


@silent
def _fill(name: str, shape: Shape, value: Any, dtype: DTypeLike) -> Array:
    try:
        # Before 2.1 `np.full` itself lets integers wrap around.
        if recorders:
            return np.broadcast_to(constants.as_array(value, dtype), shape).copy()
        return np.full(shape, np.array(value, dtype))
    except (OverflowError, ValueError):
        raise DtypeError(f"{name}: {value} does not fit into dtype {np.dtype(dtype)}") from None


@sizes_named("size")
def zeros(
    *size: Any,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Zeros.

    >>> zeros(2, 3).shape
    (2, 3)
    """
    return new_leaf(
        "zeros",
        np.zeros(new_shape("zeros", size), dtype or get_default_dtype()),
        device,
        requires_grad,
    )


@sizes_named("size")
def ones(
    *size: Any,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    return new_leaf(
        "ones",
        np.ones(new_shape("ones", size), dtype or get_default_dtype()),
        device,
        requires_grad,
    )


@sizes_named("size")
def empty(
    *size: Any,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Whatever the memory held: for tensors that are filled afterwards.

    >>> empty(2, 3).shape
    (2, 3)
    """
    data = np.empty(new_shape("empty", size), dtype or get_default_dtype())
    if recorders:
        data.fill(0)  # of the same numbers in each run
    return new_leaf("empty", data, device, requires_grad, memory_format)


@explained
def full(
    size: Any,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` everywhere; its kind of number gives the dtype if none is given.

    >>> full((2,), 3)
    tensor([3, 3])
    """
    value = number_of("full", fill_value)
    if dtype is None:
        dtype = scalar_dtype(value, np.zeros((), bool))
    return new_leaf(
        "full", _fill("full", new_shape("full", (size,)), value, dtype), device, requires_grad
    )


@explained
def zeros_like(
    input: Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Zeros of the input's shape and, unless another is given, dtype.

    >>> zeros_like(Tensor([1, 2]))
    tensor([0, 0])
    """
    return new_leaf(
        "zeros_like",
        np.zeros_like(data_of("zeros_like", input), dtype),
        device,
        requires_grad,
        memory_format,
    )


@explained
def ones_like(
    input: Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Ones of the input's shape and, unless another is given, dtype.

    >>> ones_like(Tensor([1, 2]))
    tensor([1, 1])
    """
    return new_leaf(
        "ones_like",
        np.ones_like(data_of("ones_like", input), dtype),
        device,
        requires_grad,
        memory_format,
    )


@explained
def empty_like(
    input: Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`empty` of the input's shape and, unless another is given, dtype.

    >>> empty_like(Tensor([1, 2])).shape
    (2,)
    """
    return new_leaf(
        "empty_like",
        np.empty_like(data_of("empty_like", input), dtype),
        device,
        requires_grad,
        memory_format,
    )


@explained
def full_like(
    input: Tensor,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`fill_value` in the input's shape and, unless another is given, dtype.

    >>> full_like(Tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    data = data_of("full_like", input)
    value = number_of("full_like", fill_value)
    return new_leaf(
        "full_like",
        _fill("full_like", data.shape, value, dtype or data.dtype),
        device,
        requires_grad,
        memory_format,
    )


def as_tensor(
    data: Any, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> Tensor:
    """`data` as a Tensor, not copied where that can be: a Tensor of that dtype is itself, an array
    is shared.

    >>> array = np.zeros(2)
    >>> as_tensor(array).data is array
    True
    """
    if device is not None:
        require_cpu("as_tensor", device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return Tensor(data) if dtype is None else Tensor(tensor_data(data, dtype))


def asarray(
    obj: Any,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`as_tensor`, with a choice: True for `copy` always copies, False raises ValueError where
    that would be needed.

    >>> array = np.zeros(2)
    >>> asarray(array).data is array, asarray(array, copy=True).data is array
    (True, False)
    """
    made = as_tensor(obj, dtype, device)
    data = obj._data if isinstance(obj, Tensor) else obj
    shared = isinstance(data, np.ndarray) and np.may_share_memory(made._data, data)
    if copy is False and not shared:
        raise ValueError(
            f"asarray: the memory of a {kind_of(obj)} cannot be shared so; use copy=True"
        )
    if copy and shared:
        made = made.clone()
    return made.requires_grad_() if requires_grad else made


@explained
def frombuffer(
    buffer: Any, *, dtype: DTypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """The numbers in the memory of bytes or another buffer, shared: `count` of them (-1 for all),
    from the byte `offset` on.

    Raises ValueError for a buffer that has not as many bytes.

    >>> frombuffer(bytearray([1, 0, 2, 0]), dtype=np.int16)
    tensor([1, 2], dtype=int16)
    """
    data = np.frombuffer(buffer, np.dtype(dtype), count, offset)
    return new_leaf("frombuffer", data, None, requires_grad)


@explained
def scalar_tensor(
    s: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A number as a 0-d tensor, of the default dtype unless another is given.

    >>> scalar_tensor(2)
    tensor(2.)
    """
    value = number_of("scalar_tensor", s)
    data = _fill("scalar_tensor", (), value, dtype or get_default_dtype())
    return new_leaf("scalar_tensor", data, device, requires_grad)


def from_numpy(ndarray: Array) -> Tensor:
    """A Tensor that shares the array's memory, unless that is in another byte order than the
    machine's: then it is converted (in PyTorch refused).

    Raises TypeError for anything but an array.

    >>> array = np.zeros(2)
    >>> from_numpy(array).data is array
    True
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected an ndarray, got {kind_of(ndarray)}")
    return Tensor(ndarray)


def from_dlpack(
    ext_tensor: Any, *, device: DeviceLike | None = None, copy: bool | None = None
) -> Tensor:
    """A Tensor that shares the memory of another library's tensor or array, by DLPack, or with
    `copy` has a copy of it.

    Raises what the other library does where it cannot give its memory, as BufferError for what
    requires a gradient there; TypeError for what has no `__dlpack__`, and DtypeError for what NumPy
    cannot take, as numbers of bfloat16.

    >>> array = np.zeros(2)
    >>> np.shares_memory(from_dlpack(array).data, array)
    True
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            f"from_dlpack: expected a tensor or array with __dlpack__, got "
            f"{kind_of(ext_tensor)}; use mytorch.tensor, which copies"
        )
    try:
        array = np.from_dlpack(ext_tensor)
    except RuntimeError as error:
        raise DtypeError(
            f"from_dlpack: {error} Convert it in its own library first, as by x.float() or x.cpu()"
        ) from None
    return new_leaf("from_dlpack", array.copy() if copy else array, device, False)


@explained
def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`arange(end)`, `arange(start, end)` or `arange(start, end, step)`: from start (0) by step
    (1) up to the end, which is left out; int64 for integers, the default dtype as soon as one of
    them is a float. Integers count in whole steps from the whole part of `start`.

    Raises ShapeError (a RuntimeError) if no number of steps leads to the end.

    >>> arange(3)
    tensor([0, 1, 2])
    """
    if end is None:
        start, end = 0, start
    interval = [number_of("arange", value) for value in (0 if start is None else start, end, step)]
    kind = "f" if any(isinstance(value, (float, np.floating)) for value in interval) else "i"
    wanted = np.dtype(dtype or (get_default_dtype() if kind == "f" else np.int64))
    if not all(np.isfinite(value) for value in interval):
        raise ShapeError(f"arange: expected finite numbers, got {interval}")
    if wanted == np.int64:
        interval = [int(value) for value in interval]
    first, last, by = interval
    if by == 0 or (last - first) * (1 if by > 0 else -1) < 0:
        raise ShapeError(f"arange: steps of {by} do not lead from {first} to {last}")
    # Not `np.arange`, which rounds the step to the distance of the first two numbers.
    count = -((first - last) // by) if wanted == np.int64 else ceil((last - first) / by)
    if wanted.kind in "iu":
        first, by = int(first), int(by)
    numbers: Array = np.arange(whole(count, "arange"))
    if by != 1:
        numbers = numbers * by
    if first != 0:
        numbers = first + numbers
    return new_leaf("arange", numbers.astype(wanted, copy=False), device, requires_grad)


@explained
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included, at equal distances. For an integer dtype
    both ends are cut to whole numbers first, and then each number.

    Raises ShapeError (a RuntimeError) for a negative number of steps, DtypeError for booleans and
    for ends that do not fit into the dtype.

    >>> linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    values, wanted = _spaced("linspace", start, end, steps, dtype)
    return new_leaf("linspace", values.astype(wanted), device, requires_grad)


def _spaced(
    name: str, start: Any, end: Any, steps: int, dtype: DTypeLike | None
) -> tuple[Array, np.dtype[Any]]:
    """Numbers at equal distances, in float64, and the dtype that they are to have."""
    count = whole(steps, name)
    if count < 0:
        raise ShapeError(f"{name}: expected at least 0 steps, got {count}")
    first, last = float(number_of(name, start)), float(number_of(name, end))
    wanted = np.dtype(dtype or get_default_dtype())
    if wanted.kind == "b":
        raise DtypeError(f"{name}: expected a dtype of numbers, got bool")
    if wanted.kind in "iu":
        first, last = (float(_fill(name, (), int(value), wanted)) for value in (first, last))
    places = np.arange(count)
    by = (last - first) / max(count - 1, 1)
    # Counted from the nearer end, so that the numbers lie symmetrically.
    values = np.where(
        places < (count + 1) // 2, first + by * places, last - by * (count - 1 - places)
    )
    return values, wanted


@explained
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """base ** x for the numbers x of `linspace(start, end, steps)`.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    values, wanted = _spaced("logspace", start, end, steps, dtype)
    powers = silenced().run(np.power, float(base), values)
    return new_leaf("logspace", silenced().run(powers.astype, wanted), device, requires_grad)


@explained
def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an (n, m) matrix, square if m is None, zeros elsewhere.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = new_shape("eye", (n, n if m is None else m))
    return new_leaf(
        "eye", np.eye(rows, columns, dtype=dtype or get_default_dtype()), device, requires_grad
    )


@lru_cache(maxsize=256)
def _few_in_triangle(rows: int, columns: int, offset: int, lower: bool) -> Array:
    compare = np.greater_equal if lower else np.less_equal
    inside = compare.outer(np.arange(offset, rows + offset), np.arange(columns))
    return np.array(inside.nonzero())


def _triangle(
    name: str,
    rows: int,
    columns: int,
    offset: int,
    lower: bool,
    dtype: DTypeLike | None,
    device: DeviceLike | None,
) -> Tensor:
    rows, columns = new_shape(name, (rows, columns))
    offset = min(max(whole(offset, name), -rows), columns)
    if rows * columns <= FEW:
        few = _few_in_triangle(rows, columns, offset, lower)
        return new_leaf(name, few.astype(dtype or np.int64), device, False)
    # As many rows as can have places in the triangle.
    marks = np.arange(rows if lower else min(rows, columns - offset)) + offset
    starts, ends = (0, marks + 1) if lower else (marks, columns)
    starts, ends = np.clip(starts, 0, columns), np.clip(ends, 0, columns)
    counts = ends - starts
    # The places of each row one after the other, counted from its first.
    along = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - ends, counts)
    places = [np.repeat(np.arange(len(marks)), counts), along]
    return new_leaf(name, np.array(places, dtype or np.int64), device, False)


@explained
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Tensor:
    """The places of the lower triangle of a matrix, row by row: rows in the first row, columns in
    the second; int64. See `tril`.

    >>> tril_indices(2, 2).tolist()
    [[0, 1, 1], [0, 0, 1]]
    """
    return _triangle("tril_indices", row, col, offset, True, dtype, device)


@explained
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Tensor:
    """The places of the upper triangle of a matrix, as `tril_indices` those of the lower.

    >>> triu_indices(2, 2).tolist()
    [[0, 0, 1], [0, 1, 1]]
    """
    return _triangle("triu_indices", row, col, offset, False, dtype, device)
