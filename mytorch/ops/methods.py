"""What Tensor has as methods alone: operations in place, new tensors of its dtype, conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch import dtypes
from mytorch._device import DeviceLike
from mytorch._dtypes import Scalar
from mytorch._memory_format import memory_format
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.ops import creation, draws, gamma_functions, selection
from mytorch.ops._arguments import explained, sizes_named
from mytorch.ops.conversion import to
from mytorch.ops.inplace import in_place, seen_as, set_item, store
from mytorch.ops.shaping import Transpose, matrix_transpose, t
from mytorch.tensor import Operand, Tensor

__all__: list[str] = []

Method = Callable[..., Tensor]


def copy_(input: Tensor, source: Operand) -> Tensor:
    """Copies `source`, broadcast and converted, into this tensor's memory."""
    return store("copy_", input, ..., source)


def fill_(input: Tensor, value: Operand) -> Tensor:
    """Sets every element to `value`."""
    return set_item("fill_", input, ..., value)


def zero_(input: Tensor) -> Tensor:
    """Sets every element to 0."""
    return set_item("zero_", input, ..., 0)


def fill_diagonal_(input: Tensor, fill_value: Scalar, wrap: bool = False) -> Tensor:
    """Sets the elements whose places are equal along all axes to a number; with `wrap` those of a
    tall matrix begin anew below. Raises ShapeError for less than two axes, or three and more of
    other sizes.

    >>> Tensor.zeros(2, 2).fill_diagonal_(1)
    tensor([[1., 0.],
            [0., 1.]])
    """
    shape = input.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(
            f"fill_diagonal_: expected a matrix, or more axes of one size, got shape {shape}"
        )
    places = np.arange(min(shape))
    index = (places,) * len(shape)
    if wrap and shape[0] > shape[1] + 1 and len(shape) == 2:
        flat = np.arange(0, shape[0] * shape[1], shape[1] + 1)
        index = tuple(np.unravel_index(flat, shape))
    return set_item("fill_diagonal_", input, index, fill_value)


def type(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """This tensor in another dtype, which may have its name of old: "torch.LongTensor". Without one
    the name of its own.

    >>> Tensor([1.5]).type(np.int64), Tensor([1]).type()
    (tensor([1]), 'torch.LongTensor')
    """
    if dtype is None:
        return f"torch.{TYPES[input.dtype]}Tensor"
    name = str(getattr(dtype, "__name__", dtype)).removesuffix("Tensor").rpartition(".")[2]
    named = [kind for kind, word in TYPES.items() if word == name]
    return to(input, named[0] if named else np.dtype(dtype))


def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Puts `callable(number)` in the place of each number, one by one: slow, and without a
    gradient. Raises RuntimeError for a tensor that requires one.

    >>> Tensor([1.0, 2.0]).apply_(lambda number: number + 1)
    tensor([2., 3.])
    """
    if input.requires_grad:
        raise RuntimeError("apply_: a function of numbers has no gradient; use x.detach()")
    flat = [callable(number) for number in input.reshape(-1).tolist()]
    return set_item("apply_", input, ..., np.array(flat, input.dtype).reshape(input.shape))


def where(input: Tensor, condition: Tensor, other: Operand) -> Tensor:
    """This tensor where the condition holds, else `other`; see `mytorch.where`.

    >>> Tensor([1.0, 2.0]).where(Tensor([True, False]), 0)
    tensor([1., 0.])
    """
    return selection.where(condition, input, other)


def polygamma(input: Tensor, n: int) -> Tensor:
    """The n-th derivative of `digamma`; see `mytorch.polygamma`."""
    return gamma_functions.polygamma(n, input)


def cpu(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """The tensor itself: there is no other device."""
    return to(input, memory_format=memory_format)


def pin_memory(input: Tensor, device: DeviceLike | None = None) -> Tensor:
    """The tensor itself: there is no GPU to copy to."""
    return to(input)


def is_pinned(input: Tensor, device: DeviceLike | None = None) -> bool:
    """False."""
    return False


def new_full(
    input: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`mytorch.full`, of this tensor's dtype unless another is given."""
    dtype = dtype or input.dtype
    return creation.full(size, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


@explained
def new_tensor(
    input: Tensor,
    data: Any,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A copy of the data, of this tensor's dtype unless another is given."""
    values = np.array(data._data if isinstance(data, Tensor) else data, dtype or input.dtype)
    return creation.new_leaf("new_tensor", values, device, requires_grad)


def new(input: Tensor, *data: Any) -> Tensor:
    """A new tensor of this one's dtype: of these sizes, also as one tuple, with any numbers in it,
    or of the data, copied. It is of old: `new_empty` and `new_tensor` say which is meant.

    >>> x = Tensor([1, 2])
    >>> x.new([1.0, 2.0]), x.new(2, 3).shape, x.new(x.size()).shape, x.new().shape
    (tensor([1, 2]), (2, 3), (2,), (0,))
    """
    first = data[0] if data else 0
    if len(data) > 1 or isinstance(first, (int, tuple)):
        return creation.empty(*(data or (0,)), dtype=input.dtype)
    return new_tensor(input, first)


def _new(make: Method) -> Method:
    @sizes_named("size")
    def method(
        input: Tensor,
        *size: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        dtype = dtype or input.dtype
        return make(*size, dtype=dtype, device=device, requires_grad=requires_grad)

    name = make.__name__
    doc = f"`mytorch.{name}`, of this tensor's dtype unless another is given."
    return _named(f"new_{name}", doc, method)


def _conversion(name: str, dtype_name: str = "") -> Method:
    dtype = getattr(dtypes, dtype_name or name)

    def method(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
        return to(input, dtype, memory_format=memory_format)

    return _named(name, f"This tensor in dtype {dtype}.", method)


def in_place_method(operation: Method, overwrites: bool) -> Method:
    """The operation in place: `add_` for `add`. One that `overwrites` needs no gradient and no
    fitting dtype."""
    name = f"{operation.__name__}_"

    def change(input: Tensor, *args: Any, **options: Any) -> Tensor:
        return in_place(name, operation, input, args, options)

    def overwrite(input: Tensor, *args: Any, **options: Any) -> Tensor:
        return set_item(name, input, ..., operation(input, *args, **options))

    method = overwrite if overwrites else change
    method.__wrapped__ = operation  # type: ignore[attr-defined]  # for its signature
    doc = f"`mytorch.{name[:-1]}`, stored in this tensor's own memory. Returns the tensor."
    return _named(name, doc, method)


def shaping_method(operation: Method) -> Method:
    """The view in place: `t_` for `t`."""
    name = f"{operation.__name__}_"

    def method(input: Tensor, *args: Any, **options: Any) -> Tensor:
        return seen_as(name, operation, input, args, options)

    method.__wrapped__ = operation  # type: ignore[attr-defined]  # for its signature
    doc = f"`mytorch.{name[:-1]}` of this tensor itself, in the same memory. Returns the tensor."
    return _named(name, doc, method)


def _named(name: str, doc: str, method: Method) -> Method:
    method.__name__, method.__doc__ = name, doc
    method.__module__, method.__qualname__ = "mytorch._methods", f"Methods.{name}"
    return method


# What PyTorch called tensors of each dtype.
TYPES = {
    np.dtype(np.float64): "Double",
    np.dtype(np.float32): "Float",
    np.dtype(np.float16): "Half",
    np.dtype(np.int64): "Long",
    np.dtype(np.int32): "Int",
    np.dtype(np.int16): "Short",
    np.dtype(np.int8): "Char",
    np.dtype(np.uint8): "Byte",
    np.dtype(np.bool_): "Bool",
}

METHODS: dict[str, Any] = {
    "T": property(Transpose.apply, doc="The axes in reverse order: a matrix transposed."),
    "mT": property(matrix_transpose, doc="Each matrix of a stack transposed."),
    "mH": property(matrix_transpose, doc="`mT`, as the numbers are real."),
    "H": property(t, doc="A matrix transposed, as the numbers are real."),
}
for _method in (
    *(apply_, copy_, cpu, fill_, fill_diagonal_, is_pinned, new, new_full, new_tensor),
    *(pin_memory, polygamma, type, where, zero_),
    *(draws.bernoulli_, draws.cauchy_, draws.exponential_, draws.geometric_),
    *(draws.log_normal_, draws.normal_, draws.random_, draws.uniform_),
    *map(_new, (creation.empty, creation.ones, creation.zeros)),
    *map(_conversion, ("bool", "double", "float", "half", "int", "long", "short")),
    *(_conversion("byte", "uint8"), _conversion("char", "int8")),
):
    METHODS[_method.__name__] = _method
