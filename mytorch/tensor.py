"""Tensor: an array, its place in the computational graph, and the names of its operations.

The data is a NumPy array. What the operators and methods compute is defined in
`mytorch.ops`, what `backward` does in `mytorch.autograd_engine`. Both need this module, so
they are tied to it from outside: `mytorch/__init__.py` calls `bind` once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import takewhile
from types import ModuleType, WrapperDescriptorType
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy import ndarray

from mytorch import _methods
from mytorch._absent import pytorchs
from mytorch._checks import argument, flag, kind_of, option
from mytorch._device import CPU, DeviceLike, device, require_cpu
from mytorch._dtypes import (
    SCALARS,
    Array,
    Scalar,
    exact,
    floating,
    get_default_dtype,
    tensor_data,
)
from mytorch._memory_format import contiguous_format, lies_in, memory_format
from mytorch._methods import Methods
from mytorch._shapes import Shape
from mytorch.dtypes import DTypeLike
from mytorch.errors import DimensionError, DtypeError, OperandError, ShapeError
from mytorch.grad_mode import is_recording
from mytorch.memory import Memory, tick
from mytorch.observe import observed, tell

if TYPE_CHECKING:
    from mytorch import autograd_engine as _engine
    from mytorch import ops as _ops
    from mytorch.engine import graph as _graph
    from mytorch.engine import hooks as _hooks

    PyTorchs = object
else:
    PyTorchs = pytorchs("mytorch.Tensor")

# Who uses a tensor's fields. The engine is `memory` and what lies between `context` and
# `autograd_engine`, whose nodes have some fields of the same names.
# field          | what it is         | read in                             | written in
# _data          | the array          | compiler engine nn ops optim tensor | compiler engine tensor
# _grad          | the gradient       | engine optim tensor watcher         | engine optim tensor
# _hooks         | a leaf's hooks     | engine utils                        | engine tensor utils
# _is_leaf       | False for results  | engine ops tensor                   | engine tensor
# _is_parameter  | a Module trains it | tensor                              | tensor
# _memory        | shared with views  | engine optim tensor                 | engine files tensor
# _requires_grad | wants a gradient   | compiler engine ops tensor          | engine tensor
# _view          | how it was taken   | engine ops tensor watcher           | engine tensor
# grad_fn | the node behind it | compiler engine func nn ops tensor utils watcher | engine tensor

__all__ = ["Tensor", "cat"]

# What whoever gave numbers in place of flags may have meant.
_OF_SIZES = "; a tensor of any sizes is made by mytorch.empty(2, 3)"

Operand: TypeAlias = Union["Tensor", Array, Scalar]


class Tensor(Methods, PyTorchs):
    """A NumPy array that records what is computed from it.

    Arguments:
        data: an array, a (nested) sequence of numbers, a number or a Tensor. An array is
            wrapped, not copied, except for a parameter, which owns its array because
            optimizers write into it, and for an array in another byte order than the machine's,
            as ">f8", which is converted. Python floats get the default dtype (float64).
        requires_grad: whether `backward` computes a gradient for this tensor. Integer data
            may require one too (in PyTorch it may not); the gradient is floating.
        is_leaf: False only for the result of a recorded operation (write-up, A.1).
        is_parameter: whether a Module trains it; implies the two flags before it (A.2).

    Attributes: `data` (always an ndarray), `grad` (None or a Tensor of the same shape),
    `grad_fn` (the graph's node that computed it, None for a leaf), `requires_grad`,
    `is_leaf`, `is_parameter`. Flags may be changed after construction. A program may give a tensor
    attributes of its own, as `weight.decays = False`; what is computed from it has none of them.

    Two to four ints are sizes, as in PyTorch: `Tensor(2, 3)` is `mytorch.empty(2, 3)`. One is data.

    Raises DtypeError (a TypeError) for data that is not real numbers or booleans, and TypeError for
    a flag that is neither True nor False.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_data",
        "_grad",
        "_hooks",
        "_is_leaf",
        "_is_parameter",
        "_memory",
        "_requires_grad",
        "_view",
        "grad_fn",
    )

    grad_fn: _graph.BackwardFunction | None

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        is_leaf: bool = True,
        is_parameter: bool = False,
    ) -> None:
        if requires_grad is not False or is_leaf is not True or is_parameter is not False:
            if type(data) is type(requires_grad) is int:
                given = (data, requires_grad, is_leaf, is_parameter)
                sizes = [*takewhile(lambda size: type(size) is int, given)]
                data = _ops.empty(*sizes)._data
                flags = (False, True, False)[: len(sizes) - 1] + given[len(sizes) :]
                requires_grad, is_leaf, is_parameter = flags
            requires_grad = flag("Tensor", "requires_grad", requires_grad, _OF_SIZES)
            is_leaf = flag("Tensor", "is_leaf", is_leaf, _OF_SIZES)
            is_parameter = flag("Tensor", "is_parameter", is_parameter, _OF_SIZES)
        # What this tensor knows together with others that share its memory; None: nobody else.
        self._memory: Memory | None = None
        if isinstance(data, Tensor):
            if not is_parameter:
                self._memory = data._share()
            data = data._data
        elif type(data) is not ndarray or data.dtype.kind not in "fiub" or not data.dtype.isnative:
            data = tensor_data(data)
        self._data: Array = data.copy() if is_parameter else data
        # An array until somebody looks at it: most gradients are seen by the optimizer alone.
        self._grad: Tensor | Array | None = None
        self.grad_fn = None
        self._requires_grad = requires_grad or is_parameter
        self._is_leaf = is_leaf or is_parameter
        self._is_parameter = is_parameter
        # For a view: the operation that took it, the tensor it was taken from, other arguments.
        self._view: tuple[Any, Tensor, tuple[Any, ...]] | None = None
        self._hooks: dict[int, Callable[[Tensor], Tensor | None]] | None = None

    # ---------------------------------------------------------------- fields

    @property
    def data(self) -> Array:
        """The values: always exactly an ndarray. Assigning replaces them, ungraphed."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if data is not self._data:  # as it is after `tensor.data += 1`
            self._data = tensor_data(data._data if isinstance(data, Tensor) else data)
            self._memory = self._view = None
        self._touch()

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` has accumulated, or None. To one that is there `backward`
        adds in place (unless with `create_graph`), so one that is assigned keeps its memory.

        Assigning sets it: a Tensor of this tensor's shape and dtype, or None. Raises TypeError,
        ShapeError or DtypeError for anything else, and RuntimeError for this tensor itself.
        """
        grad = self._grad
        if grad is None or isinstance(grad, Tensor):
            return grad
        self._grad = seen = wrap(grad)
        return seen

    @grad.setter
    def grad(self, grad: Tensor | None) -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(
                    f"Tensor.grad: expected a Tensor or None, got {kind_of(grad, Tensor)}"
                )
            if grad is self:
                raise RuntimeError(
                    "Tensor.grad: a tensor cannot be its own gradient, which backward would add "
                    "to it; give a copy, as by tensor.detach().clone()"
                )
            if grad._data.shape != self._data.shape:
                raise ShapeError(
                    f"Tensor.grad: the tensor has shape {self.shape}, the gradient "
                    f"{grad.shape}; they must be equal"
                )
            if grad.dtype != floating(self.dtype):
                raise DtypeError(
                    f"Tensor.grad: a tensor of dtype {self.dtype} has a gradient of dtype "
                    f"{floating(self.dtype)}, got {grad.dtype}; convert it with "
                    "gradient.to(tensor.dtype)"
                )
        self._grad = grad

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` computes a gradient for this tensor.

        Raises RuntimeError if it is set to False for the result of a recorded operation.
        """
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, required: bool) -> None:
        required = flag("Tensor", "requires_grad", required)
        if not required and self.grad_fn is not None:
            raise RuntimeError(
                "requires_grad: only a leaf's flag can be cleared; "
                "use detach() for a constant copy of a result"
            )
        self._requires_grad = required

    @property
    def is_leaf(self) -> bool:
        """False only for the result of a recorded operation (write-up, A.1)."""
        return self._is_leaf

    @is_leaf.setter
    def is_leaf(self, leaf: bool) -> None:
        self._is_leaf = flag("Tensor", "is_leaf", leaf)

    @property
    def is_parameter(self) -> bool:
        """Whether a Module trains this tensor; setting it makes it a gradient-enabled leaf."""
        return self._is_parameter

    @is_parameter.setter
    def is_parameter(self, trained: bool) -> None:
        self._is_parameter = flag("Tensor", "is_parameter", trained)
        if trained:
            self._requires_grad = self._is_leaf = True

    @property
    def shape(self) -> Shape:
        """The sizes, one an axis: () for a single number."""
        shape: Shape = self._data.shape
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype of the data."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def device(self) -> device:
        """Where the memory is: always on the CPU."""
        return CPU

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is on a GPU: False."""
        return False

    @property
    def is_cpu(self) -> bool:
        """Whether the memory is the processor's: True."""
        return True

    @property
    def is_sparse(self) -> bool:
        """Whether zeros are left out of the memory: False."""
        return False

    @property
    def is_quantized(self) -> bool:
        """Whether the numbers are rounded to a few levels: False."""
        return False

    @property
    def itemsize(self) -> int:
        """The number of bytes of an element."""
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self._data.nbytes

    @property
    def retains_grad(self) -> bool:
        """Whether `backward` stores `.grad` here although this is no leaf; see `retain_grad`."""
        return self.grad_fn is not None and self.grad_fn._retained is not None

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._data.ctypes.data

    def get_device(self) -> int:
        """The number of the GPU that has the memory: -1, as none has."""
        return -1

    def ndimension(self) -> int:
        """The number of axes, by another name of PyTorch's."""
        return self._data.ndim

    def dim(self) -> int:
        """The number of axes, by PyTorch's name."""
        return self._data.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or its entry `dim` (PyTorch's meaning of the name, not NumPy's)."""
        return self.shape if dim is None else _entry("size", self.shape, dim)

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    def nelement(self) -> int:
        """The number of elements, by another name of PyTorch's."""
        return self._data.size

    def element_size(self) -> int:
        """The number of bytes of an element."""
        return self._data.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """How many elements lie between neighbours, for each axis or for `dim`."""
        strides = tuple(step // self._data.itemsize for step in self._data.strides)
        return strides if dim is None else _entry("stride", strides, dim)

    def storage_offset(self) -> int:
        """How many elements the first one lies behind the beginning of the memory, which is that of
        NumPy's array.

        >>> Tensor.zeros(2, 3)[1:].storage_offset()
        3
        """
        whole, base = self._data, self._data.base
        while base is not None:
            whole, base = base if isinstance(base, ndarray) else whole, getattr(base, "base", None)
        return int(self.data_ptr() - whole.ctypes.data) // self._data.itemsize

    def is_contiguous(self, *, memory_format: memory_format = contiguous_format) -> bool:
        """Whether the elements lie in C order in memory, or in that of another format, without
        gaps."""
        return lies_in("is_contiguous", self._data, memory_format)

    # ----------------------------------------------- copies and the outside

    def copy(self) -> Tensor:
        """A new leaf with a copy of the data, outside the graph."""
        return Tensor(self._data.copy())

    def detach(self) -> Tensor:
        """A tensor that shares the data but is cut from the graph."""
        return Tensor(self)

    def detach_(self) -> Tensor:
        """Cuts this tensor itself from the graph: it is a leaf from now on. Returns it.

        Raises RuntimeError for a view, which goes with the tensor it was taken from.
        """
        if self._view is not None:
            raise RuntimeError("detach_: a view cannot be detached in place; use detach()")
        self.grad_fn = None
        self._requires_grad, self._is_leaf = False, True
        return self

    def __reduce__(self) -> Any:
        # For `copy.copy` and `pickle`: the data and the flags, but nothing of a graph. Copied
        # field by field, the twin would share the node that collects this tensor's gradient.
        self._require_leaf("copy")
        data = self._data.copy() if self._is_parameter else self._data
        fields = {"_is_parameter": self._is_parameter}
        return Tensor, (data, self.requires_grad), (vars(self), fields)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._require_leaf("deepcopy")
        twin = Tensor(self._data.copy(), self.requires_grad)
        twin._is_parameter = self._is_parameter
        if self._is_parameter:  # alone, as in PyTorch
            return twin
        if self.grad is not None:
            twin._grad = self.grad._data.copy()
        memo[id(self)] = twin
        vars(twin).update(deepcopy(vars(self), memo))
        return twin

    def _require_leaf(self, operation: str) -> None:
        if not self._is_leaf:
            raise RuntimeError(
                f"{operation}: only leaves can be copied with their flags, and this tensor is the "
                "result of an operation; copy `tensor.detach()` instead"
            )

    def item(self) -> Any:
        """The one element as a Python number. Raises ShapeError for any other size."""
        if self._data.size != 1:
            raise ShapeError(
                f"item: only a tensor of one element is a number, this one has shape {self.shape}"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested Python lists (a number for a 0-d tensor)."""
        return self._data.tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """The data, shared. Raises RuntimeError if the tensor requires a gradient, unless by
        `force`: what NumPy computes cannot be recorded, so cut it loose with `detach()` first."""
        if self.requires_grad and not force:
            raise RuntimeError(
                "numpy: this tensor requires a gradient, which NumPy would lose; "
                "use tensor.detach().numpy(), or tensor.data"
            )
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        # Also `array * tensor` and `array += tensor`.
        return _ops.array_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _ops.array_function(function, args, kwargs)

    def __dlpack__(self, *, copy: bool | None = None, **options: Any) -> Any:
        """The memory, shared, for `from_dlpack` of any library. Raises BufferError if the tensor
        requires a gradient or runs backwards through its memory."""
        if self._requires_grad:
            raise BufferError(
                "__dlpack__: this tensor requires a gradient, which another library would lose; "
                "use tensor.detach()"
            )
        if not copy and any(step < 0 for step in self._data.strides):
            # PyTorch would end the process.
            raise BufferError(
                f"__dlpack__: expected steps of at least 0 through the memory, got "
                f"{self.stride()}; use tensor.clone()"
            )
        # NumPy 2.0 knows no `copy`. Without it nothing is copied.
        data: Any = self._data.copy() if copy else self._data
        return data.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The CPU, in DLPack's numbers."""
        return self._data.__dlpack_device__()

    @property
    def _version(self) -> int:
        """When the memory was last written, on the engine's clock; 0 for never."""
        return 0 if self._memory is None else self._memory.written

    def _touch(self) -> None:
        """Notes that the memory was written."""
        self._share().written = tick()
        if observed:
            tell("wrote", self)

    def _share(self) -> Memory:
        """What is known together with the other tensors of the same memory."""
        if self._memory is None:
            self._memory = Memory()
            if self.grad_fn is not None:
                self.grad_fn._link_output(self)
        return self._memory

    def _with_data(self, data: Array) -> Tensor:
        """A tensor with these data and the history that this one has now."""
        twin = wrap(data)
        twin._requires_grad, twin._is_leaf = self._requires_grad, self._is_leaf
        twin.grad_fn = self.grad_fn
        return twin

    def __repr__(self) -> str:
        empty = not self._data.size
        body = "[]" if empty else np.array2string(self._data, separator=", ", prefix="tensor(")
        notes = [body]
        if empty and self._data.ndim != 1:
            notes.append(f"size={self.shape}")
        # What is shown tells integers and booleans.
        told = () if empty else (np.int64, np.bool_)
        if self.dtype not in (get_default_dtype(), *told):
            notes.append(f"dtype={self.dtype}")
        if self.grad_fn is not None:
            notes.append(f"grad_fn=<{self.grad_fn.function_name}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join(notes)})"

    def __format__(self, spec: str) -> str:
        # As in PyTorch: a 0-d tensor as its number, another as `repr`, without a `spec`.
        return format(self.item(), spec) if self._data.ndim == 0 else object.__format__(self, spec)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def _is_index(self) -> bool:
        return self._data.dtype.kind in "iub" and self._data.size == 1

    def __index__(self) -> int:
        if not self._is_index():
            raise TypeError(
                f"only an integer tensor of one element can be an index, this one has "
                f"dtype {self.dtype} and shape {self.shape}"
            )
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ShapeError(
                f"{argument(self)}the truth of a tensor of shape {self.shape} is ambiguous; "
                "reduce it to one element first"
            )
        return bool(self._data.item())

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError(f"{argument(self)}len() of a 0-d tensor: it has no axes")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError(
                f"{argument(self)}iteration over a 0-d tensor: it has no axes; use item()"
            )
        return (self[i] for i in range(len(self._data)))

    # -------------------------------------------------------------- autograd

    def backward(
        self,
        gradient: Tensor | Array | Scalar | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Adds d self / d leaf to the `.grad` of every gradient-enabled leaf (write-up 0.1.5).

        Arguments:
            gradient: d final / d self, of self's shape. None stands for ones, of any shape
                (PyTorch asks for it unless self is a scalar).
            retain_graph: keep what backward needs for another call. None: as create_graph.
            create_graph: record backward itself, for derivatives of a higher order.
            inputs: the tensors to whose `.grad` is added, instead of all leaves.

        Raises RuntimeError if self does not require a gradient or its graph was freed, and
        ShapeError for a gradient of another shape.
        """
        if gradient is not None and not isinstance(gradient, Tensor):
            gradient = Tensor(gradient)
        _engine.backward_from(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Asks that `backward` store `.grad` here too, on a tensor that is not a leaf."""
        _hooks.retain_grad(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> _hooks.HookHandle:
        """Calls `hook(gradient)` in backward when this tensor's gradient is complete; what it
        returns, unless None, replaces the gradient. Returns a handle with `remove()`.

        Raises RuntimeError if the tensor does not require a gradient.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: gradient * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return _hooks.register_hook(self, hook)

    def register_post_accumulate_grad_hook(
        self, hook: Callable[[Tensor], Any]
    ) -> _hooks.HookHandle:
        """Calls `hook(tensor)` in backward when `.grad` of this leaf has the gradient, as for an
        optimizer that steps there. Returns a handle with `remove()`.

        Raises RuntimeError if the tensor does not require a gradient or is no leaf, and in backward
        if the hook returns something.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda x: print(x.grad))
        >>> x.sum().backward()
        tensor([1., 1.])
        """
        return _hooks.register_post_accumulate_grad_hook(self, hook)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets the flag and returns the tensor. Raises RuntimeError for a non-leaf."""
        self.requires_grad = requires_grad
        return self

    # ------------------------------------------------------------ arithmetic

    def __add__(self, other: Operand) -> Tensor:
        """self + other, elementwise with broadcasting."""
        try:
            return _ops.Add.apply(self, other) if type(other) is Tensor else _ops.add(self, other)
        except OperandError as error:
            return _left_to("__radd__", other, self, error)

    def __radd__(self, other: Operand) -> Tensor:
        try:
            return _ops.add(other, self)
        except OperandError as error:
            return _left_to("__iadd__", other, self, error)

    def __iadd__(self, other: Operand) -> Tensor:
        try:
            return self.add_(other)
        except OperandError as error:
            return _left_to("__radd__", other, self, error)

    def __sub__(self, other: Operand) -> Tensor:
        """self - other, elementwise with broadcasting."""
        try:
            return _ops.Sub.apply(self, other) if type(other) is Tensor else _ops.sub(self, other)
        except OperandError as error:
            return _left_to("__rsub__", other, self, error)

    def __rsub__(self, other: Operand) -> Tensor:
        return _ops.sub(other, self)

    def __isub__(self, other: Operand) -> Tensor:
        try:
            return self.sub_(other)
        except OperandError as error:
            return _left_to("__rsub__", other, self, error)

    def __mul__(self, other: Operand) -> Tensor:
        """self * other, elementwise with broadcasting."""
        try:
            return _ops.Mul.apply(self, other) if type(other) is Tensor else _ops.mul(self, other)
        except OperandError as error:
            return _left_to("__rmul__", other, self, error)

    def __rmul__(self, other: Operand) -> Tensor:
        try:
            return _ops.mul(other, self)
        except OperandError as error:
            return _left_to("__mul__", other, self, error)

    def __imul__(self, other: Operand) -> Tensor:
        try:
            return self.mul_(other)
        except OperandError as error:
            return _left_to("__rmul__", other, self, error)

    def __truediv__(self, other: Operand) -> Tensor:
        """self / other, elementwise with broadcasting."""
        try:
            return _ops.Div.apply(self, other) if type(other) is Tensor else _ops.div(self, other)
        except OperandError as error:
            return _left_to("__rtruediv__", other, self, error)

    def __rtruediv__(self, other: Operand) -> Tensor:
        out = _ops.div(other, self)
        if out.grad_fn is not None:
            # PyTorch multiplies by the reciprocal, and saves that.
            out.grad_fn.copy_before_change(self)
        return out

    def __itruediv__(self, other: Operand) -> Tensor:
        try:
            return self.div_(other)
        except OperandError as error:
            return _left_to("__rtruediv__", other, self, error)

    def __floordiv__(self, other: Operand) -> Tensor:
        """self // other, elementwise with broadcasting."""
        try:
            return _ops.floor_divide(self, other)
        except OperandError as error:
            return _left_to("__rfloordiv__", other, self, error)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return _ops.floor_divide(other, self)

    def __ifloordiv__(self, other: Operand) -> Tensor:
        try:
            return self.floor_divide_(other)
        except OperandError as error:
            return _left_to("__rfloordiv__", other, self, error)

    def __mod__(self, other: Operand) -> Tensor:
        """self % other, elementwise with broadcasting."""
        try:
            return _ops.remainder(self, other)
        except OperandError as error:
            return _left_to("__rmod__", other, self, error)

    def __rmod__(self, other: Operand) -> Tensor:
        return _ops.remainder(other, self)

    def __imod__(self, other: Operand) -> Tensor:
        try:
            return self.remainder_(other)
        except OperandError as error:
            return _left_to("__rmod__", other, self, error)

    def __pow__(self, other: Operand) -> Tensor:
        """self ** other, elementwise with broadcasting."""
        try:
            return _ops.Pow.apply(self, other) if type(other) is Tensor else _ops.pow(self, other)
        except OperandError as error:
            return _left_to("__rpow__", other, self, error)

    def __rpow__(self, other: Operand) -> Tensor:
        return _ops.pow(other, self)

    def __ipow__(self, other: Operand) -> Tensor:
        try:
            return self.pow_(other)
        except OperandError as error:
            return _left_to("__rpow__", other, self, error)

    def __matmul__(self, other: Tensor | Array) -> Tensor:
        """The matrix product; see `mytorch.matmul`."""
        try:
            return _ops.matmul(self, other)
        except OperandError as error:
            return _left_to("__rmatmul__", other, self, error)

    def __rmatmul__(self, other: Array) -> Tensor:
        return _ops.matmul(other, self)

    def __neg__(self) -> Tensor:
        return _ops.neg(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return _ops.abs(self)

    # ------------------------------------------------------------------ bits

    def __and__(self, other: Operand) -> Tensor:
        """self & other, for booleans and the bits of integers."""
        try:
            return _ops.bitwise_and(self, other)
        except OperandError as error:
            return _left_to("__rand__", other, self, error)

    def __rand__(self, other: Operand) -> Tensor:
        return _ops.bitwise_and(other, self)

    def __iand__(self, other: Operand) -> Tensor:
        try:
            return self.bitwise_and_(other)
        except OperandError as error:
            return _left_to("__rand__", other, self, error)

    def __or__(self, other: Operand) -> Tensor:
        """self | other, for booleans and the bits of integers."""
        try:
            return _ops.bitwise_or(self, other)
        except OperandError as error:
            return _left_to("__ror__", other, self, error)

    def __ror__(self, other: Operand) -> Tensor:
        return _ops.bitwise_or(other, self)

    def __ior__(self, other: Operand) -> Tensor:
        try:
            return self.bitwise_or_(other)
        except OperandError as error:
            return _left_to("__ror__", other, self, error)

    def __xor__(self, other: Operand) -> Tensor:
        """self ^ other, for booleans and the bits of integers."""
        try:
            return _ops.bitwise_xor(self, other)
        except OperandError as error:
            return _left_to("__rxor__", other, self, error)

    def __rxor__(self, other: Operand) -> Tensor:
        return _ops.bitwise_xor(other, self)

    def __ixor__(self, other: Operand) -> Tensor:
        try:
            return self.bitwise_xor_(other)
        except OperandError as error:
            return _left_to("__rxor__", other, self, error)

    def __lshift__(self, other: Operand) -> Tensor:
        """self << other, for integers."""
        try:
            return _ops.bitwise_left_shift(self, other)
        except OperandError as error:
            return _left_to("__rlshift__", other, self, error)

    def __rlshift__(self, other: Operand) -> Tensor:
        return _ops.bitwise_left_shift(other, self)

    def __ilshift__(self, other: Operand) -> Tensor:
        try:
            return self.bitwise_left_shift_(other)
        except OperandError as error:
            return _left_to("__rlshift__", other, self, error)

    def __rshift__(self, other: Operand) -> Tensor:
        """self >> other, for integers."""
        try:
            return _ops.bitwise_right_shift(self, other)
        except OperandError as error:
            return _left_to("__rrshift__", other, self, error)

    def __rrshift__(self, other: Operand) -> Tensor:
        return _ops.bitwise_right_shift(other, self)

    def __irshift__(self, other: Operand) -> Tensor:
        try:
            return self.bitwise_right_shift_(other)
        except OperandError as error:
            return _left_to("__rrshift__", other, self, error)

    def __invert__(self) -> Tensor:
        """~self, for booleans and the bits of integers."""
        return _ops.bitwise_not(self)

    # ----------------------------------------------------------- comparisons

    def __eq__(self, other: object) -> Any:
        return _ops.eq(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return _ops.ne(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return _ops.lt(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return _ops.le(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return _ops.gt(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return _ops.ge(self, other) if isinstance(other, COMPARABLE) else NotImplemented

    # A tensor is itself in sets and dicts, whatever its values are.
    __hash__ = object.__hash__

    # -------------------------------------------------------------- indexing

    def __getitem__(self, index: Any) -> Tensor:
        """Numbers and slices (a view), masks, integer arrays, mixed; see `mytorch.ops.indexing`."""
        return _ops.get_item(self, index)

    def __setitem__(self, index: Any, value: Operand) -> None:
        """Writes to the place in this tensor's memory, with history; see `copy_`."""
        _ops.set_item("x[...] = value", self, index, value)


COMPARABLE = (Tensor, np.ndarray, *SCALARS)


def _left_to(method: str, other: Any, self: Tensor, error: OperandError) -> Tensor:
    """What an operator gives for an operand that is a stranger to it: what that one's own method
    gives. If it has none, or declines, the error is raised."""
    kind = type(other)
    # Not `hasattr`, which finds the `__ror__` of classes, as in `int | str`.
    if not any(method in vars(base) for base in kind.__mro__):
        raise error
    answer = getattr(kind, method)
    if isinstance(other, Sequence) and isinstance(answer, WrapperDescriptorType):
        # What Python does with lists and their kin if both operands decline: it repeats them, where
        # the tensor can be a number of times, and `rows += tensor` appends to them.
        if method == "__iadd__" or (method in ("__mul__", "__rmul__") and self._is_index()):
            return NotImplemented  # type: ignore[no-any-return]
        raise error
    if not method.startswith("__r"):  # has been asked before
        raise error
    try:
        result: Tensor = answer(other, self)
    except Exception as fault:
        raise fault from None
    if result is NotImplemented:
        raise error
    return result


def _entry(name: str, entries: Shape, dim: int) -> int:
    try:
        return entries[dim]
    except IndexError:
        raise DimensionError(
            f"{name}: axis {dim} is out of range for a tensor of {len(entries)} dimensions"
        ) from None


def wrap(data: Any) -> Tensor:
    """`Tensor(data)` for what NumPy has just computed: without the checks."""
    self = _new(Tensor)
    self._data = data if type(data) is ndarray else exact(data)
    self._grad = None
    self.grad_fn = None
    self._requires_grad = False
    self._is_leaf = True
    self._is_parameter = False
    self._memory = None
    self._view = None
    self._hooks = None
    return self


def view(data: Any, operation: Any, parent: Tensor, *args: Any) -> Tensor:
    """`wrap` for a part of the parent's memory, as `operation.apply(parent, *args)` takes it."""
    self = wrap(data)
    self._memory = memory = parent._memory or parent._share()
    self._view = (operation, parent, args)
    if is_recording():
        memory.add(self)
    return self


_new = object.__new__


def gradient_of(tensor: Tensor) -> Array:
    """The array behind `tensor.grad`, which is there."""
    gradient: Any = tensor._grad
    return gradient._data if isinstance(gradient, Tensor) else gradient


def zero_grads(tensors: Iterable[Tensor], set_to_none: bool) -> None:
    """Sets every `.grad` to None, or fills it with zeros in place."""
    if set_to_none is not True:
        set_to_none = option("zero_grad", "set_to_none", set_to_none)
    if observed:
        tensors = list(tensors)
        tell("zeroing", tensors, set_to_none)
    if set_to_none:
        for leaf in tensors:
            leaf._grad = None
        return
    for leaf in tensors:
        grad = leaf._grad
        if grad is None:
            continue
        if not isinstance(grad, Tensor):
            grad.fill(0)
        elif grad.requires_grad:  # a part of a graph, which keeps its numbers
            leaf._grad = wrap(np.zeros_like(grad._data))
        else:
            grad.fill_(0)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """`mytorch.cat`, at the address that the write-up gives it.

    >>> cat([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    return _ops.cat(tensors, dim)


def tensor(
    data: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: DeviceLike | None = None,
) -> Tensor:
    """A new leaf that holds a copy of `data`, as `torch.tensor`; call it `mytorch.tensor`.

    >>> import mytorch
    >>> mytorch.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if device is not None:
        require_cpu("tensor", device)
    source = data._data if isinstance(data, Tensor) else data
    array = tensor_data(source, dtype)
    return Tensor(array.copy() if array is source else array, requires_grad)


def bind(hooks: ModuleType, engine: ModuleType, ops: ModuleType) -> None:
    """Gives Tensor's methods the rooms above, which import this module."""
    globals().update(_hooks=hooks, _engine=engine, _ops=ops)
    _methods.bind(ops)


class TensorModule(ModuleType):
    """`mytorch.tensor` is this module (the write-up's name) and can be called (PyTorch's)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        return tensor(*args, **kwargs)


sys.modules[__name__].__class__ = TensorModule
