"""Tensor: an array, its place in the computational graph, and the names of its operations.

The data is a NumPy array. What the operators and methods compute is defined in
`mytorch.ops`, what `backward` does in `mytorch.autograd_engine`. Both need this module, so
they are tied to it from outside: `mytorch/__init__.py` calls `bind` once.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, Union
from weakref import ReferenceType

import numpy as np
from numpy.typing import DTypeLike

from mytorch._dtypes import (
    SCALARS,
    Array,
    Scalar,
    as_array,
    exact,
    get_default_dtype,
    scalar_like,
)
from mytorch._shapes import Axes, Shape
from mytorch.errors import ShapeError
from mytorch.grad_mode import is_grad_enabled

if TYPE_CHECKING:
    from mytorch import autograd_engine as _engine
    from mytorch import graph as _graph
    from mytorch import ops as _ops

__all__ = ["Tensor", "cat"]

Operand: TypeAlias = Union["Tensor", Array, Scalar]


class Tensor:
    """A NumPy array that records what is computed from it.

    Arguments:
        data: an array, a (nested) sequence of numbers, a number or a Tensor. An array is
            wrapped, not copied, except for a parameter, which owns its array because
            optimizers write into it. Python floats get the default dtype (float64).
        requires_grad: whether `backward` computes a gradient for this tensor. Integer data
            may require one too (in PyTorch it may not); the gradient is floating.
        is_leaf: False only for the result of a recorded operation (write-up, A.1).
        is_parameter: whether a Module trains it; implies the two flags before it (A.2).

    Attributes: `data` (always an ndarray), `grad` (None or a Tensor of the same shape),
    `grad_fn` (the graph's node that computed it, None for a leaf), `requires_grad`,
    `is_leaf`, `is_parameter`. Flags may be changed after construction.

    Raises DtypeError (a TypeError) for data that is not real numbers or booleans.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_accumulator",
        "_data",
        "_grad",
        "_is_parameter",
        "_written",
        "grad_fn",
        "is_leaf",
        "requires_grad",
    )

    # NumPy's operators hand `array * tensor` over to Tensor.__rmul__.
    __array_ufunc__ = None

    grad_fn: "_graph.BackwardFunction | None"
    requires_grad: bool
    is_leaf: bool

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        is_leaf: bool = True,
        is_parameter: bool = False,
    ) -> None:
        if type(data) is not np.ndarray or data.dtype.kind not in "fiub":
            data = as_array(data._data if isinstance(data, Tensor) else data)
        self._data: Array = data.copy() if is_parameter else data
        self._grad: Tensor | None = None
        self.grad_fn = None
        self.requires_grad = requires_grad or is_parameter
        self.is_leaf = is_leaf or is_parameter
        self._is_parameter = is_parameter
        # When the data was last changed in place, on the engine's clock.
        self._written = 0
        # The leaf's AccumulateGrad node while a graph uses it. Weak: the node knows the
        # tensor, and two strong references would be a cycle.
        self._accumulator: ReferenceType[_graph.AccumulateGrad] | None = None

    # ---------------------------------------------------------------- fields

    @property
    def data(self) -> Array:
        """The values: always exactly an ndarray. Assigning replaces them, ungraphed."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if data is not self._data:  # as it is after `tensor.data += 1`
            self._data = as_array(data._data if isinstance(data, Tensor) else data)
        self._written = _graph.tick()

    @property
    def grad(self) -> "Tensor | None":
        """The gradient that `backward` has accumulated, or None.

        Assigning sets it: a Tensor of this tensor's shape, or None. Raises TypeError or
        ShapeError for anything else.
        """
        return self._grad

    @grad.setter
    def grad(self, grad: "Tensor | None") -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(f"Tensor.grad: expected a Tensor or None, got {type(grad)}")
            if grad._data.shape != self._data.shape:
                raise ShapeError(
                    f"Tensor.grad: the tensor has shape {self.shape}, the gradient "
                    f"{grad.shape}; they must be equal"
                )
        self._grad = grad

    @property
    def is_parameter(self) -> bool:
        """Whether a Module trains this tensor; setting it makes it a gradient-enabled leaf."""
        return self._is_parameter

    @is_parameter.setter
    def is_parameter(self, flag: bool) -> None:
        self._is_parameter = flag
        if flag:
            self.requires_grad = self.is_leaf = True

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

    def dim(self) -> int:
        """The number of axes, by PyTorch's name."""
        return self._data.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or its entry `dim` (PyTorch's meaning of the name, not NumPy's)."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    # ------------------------------------------------------------- factories

    @staticmethod
    def zeros(*shape: Any) -> "Tensor":
        """Zeros of the default dtype.

        >>> Tensor.zeros(2, 3).shape
        (2, 3)
        """
        return Tensor(np.zeros(_sizes(shape), get_default_dtype()))

    @staticmethod
    def ones(*shape: Any) -> "Tensor":
        """Ones of the default dtype."""
        return Tensor(np.ones(_sizes(shape), get_default_dtype()))

    @staticmethod
    def empty(*shape: Any) -> "Tensor":
        """Whatever the memory held: for tensors that are filled afterwards."""
        return Tensor(np.empty(_sizes(shape), get_default_dtype()))

    @staticmethod
    def randn(*shape: Any) -> "Tensor":
        """Draws from the normal distribution N(0, 1), by NumPy's global generator."""
        normal = np.random.standard_normal(_sizes(shape))
        return Tensor(np.asarray(normal, get_default_dtype()))

    @staticmethod
    def arange(*interval: float) -> "Tensor":
        """`arange(stop)`, `arange(start, stop)` or `arange(start, stop, step)`; int64 for
        integers, the default dtype as soon as one of them is a float.

        >>> Tensor.arange(3)
        tensor([0, 1, 2])
        """
        values = np.arange(*interval)
        return Tensor(values if values.dtype.kind == "i" else values.astype(get_default_dtype()))

    # ----------------------------------------------- copies and the outside

    def copy(self) -> "Tensor":
        """A new leaf with a copy of the data, outside the graph."""
        return Tensor(self._data.copy())

    def detach(self) -> "Tensor":
        """A tensor that shares the data but is cut from the graph."""
        return Tensor(self._data)

    def clone(self) -> "Tensor":
        """A copy that stays in the graph: the gradient passes through."""
        return _ops.Clone.apply(self)

    def __reduce__(self) -> Any:
        # For `copy.copy` and `pickle`: the data and the flags, but nothing of a graph. Copied
        # field by field, the twin would share the node that collects this tensor's gradient.
        self._require_leaf("copy")
        return Tensor, (self._data, self.requires_grad, True, self._is_parameter)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        self._require_leaf("deepcopy")
        twin = Tensor(self._data.copy(), self.requires_grad)
        twin._is_parameter = self._is_parameter
        memo[id(self)] = twin
        if self._grad is not None:
            twin._grad = Tensor(self._grad._data.copy())
        return twin

    def _require_leaf(self, operation: str) -> None:
        if not self.is_leaf:
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

    def numpy(self) -> Array:
        """The data, shared. Raises RuntimeError if the tensor requires a gradient: what
        NumPy computes cannot be recorded, so cut it loose with `detach()` first."""
        if self.requires_grad:
            raise RuntimeError(
                "numpy: this tensor requires a gradient, which NumPy would lose; "
                "use tensor.detach().numpy(), or tensor.data"
            )
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def fill_(self, value: float) -> "Tensor":
        """Sets every element to `value`, in place. Raises RuntimeError for a leaf that
        requires a gradient, unless within `no_grad`, and for a result in a graph."""
        if self.requires_grad and is_grad_enabled():
            raise RuntimeError(
                "fill_: this tensor requires a gradient and cannot be overwritten while "
                "operations are recorded; do it inside `with mytorch.no_grad():`"
            )
        self._data.fill(value)
        self._written = _graph.tick()
        return self

    def __repr__(self) -> str:
        body = np.array2string(self._data, separator=", ", prefix="tensor(")
        notes = [body]
        if self.dtype not in (get_default_dtype(), np.int64, np.bool_):
            notes.append(f"dtype={self.dtype}")
        if self.grad_fn is not None:
            notes.append(f"grad_fn=<{self.grad_fn.function_name}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join(notes)})"

    def __format__(self, spec: str) -> str:
        return format(self.item() if spec and self._data.ndim == 0 else repr(self), spec)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.numel() != 1:
            raise TypeError(
                f"only an integer tensor of one element can be an index, this one has "
                f"dtype {self.dtype} and shape {self.shape}"
            )
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous; "
                "reduce it to one element first"
            )
        return bool(self._data.item())

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a 0-d tensor: it has no axes")
        return len(self._data)

    def __iter__(self) -> Iterator["Tensor"]:
        if not self._data.ndim:
            raise TypeError("iteration over a 0-d tensor: it has no axes; use item()")
        return (self[i] for i in range(len(self._data)))

    # -------------------------------------------------------------- autograd

    def backward(
        self,
        gradient: "Tensor | Array | Scalar | None" = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Adds d self / d leaf to the `.grad` of every gradient-enabled leaf (write-up 0.1.5).

        Arguments:
            gradient: d final / d self, of self's shape. None stands for ones, of any shape
                (PyTorch asks for it unless self is a scalar).
            retain_graph: keep what backward needs for another call. None: as create_graph.
            create_graph: record backward itself, for derivatives of a higher order.

        Raises RuntimeError if self does not require a gradient or its graph was freed, and
        ShapeError for a gradient of another shape.
        """
        if gradient is not None and not isinstance(gradient, Tensor):
            gradient = Tensor(gradient)
        _engine.backward_from(self, gradient, retain_graph, create_graph)

    def retain_grad(self) -> None:
        """Asks that `backward` store `.grad` here too, on a tensor that is not a leaf."""
        _engine.retain_grad(self)

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Sets the flag and returns the tensor. Raises RuntimeError for a non-leaf."""
        if not self.is_leaf and not requires_grad:
            raise RuntimeError(
                "requires_grad_: only a leaf's flag can be cleared; "
                "use detach() for a constant copy of a result"
            )
        self.requires_grad = requires_grad
        return self

    # ------------------------------------------------------------ arithmetic

    def __add__(self, other: Operand) -> "Tensor":
        """self + other, elementwise with broadcasting."""
        return _ops.Add.apply(self, other if type(other) is Tensor else self._operand(other))

    def __radd__(self, other: Operand) -> "Tensor":
        return _ops.Add.apply(self._operand(other), self)

    def __sub__(self, other: Operand) -> "Tensor":
        """self - other, elementwise with broadcasting."""
        return _ops.Sub.apply(self, other if type(other) is Tensor else self._operand(other))

    def __rsub__(self, other: Operand) -> "Tensor":
        return _ops.Sub.apply(self._operand(other), self)

    def __mul__(self, other: Operand) -> "Tensor":
        """self * other, elementwise with broadcasting."""
        return _ops.Mul.apply(self, other if type(other) is Tensor else self._operand(other))

    def __rmul__(self, other: Operand) -> "Tensor":
        return _ops.Mul.apply(self._operand(other), self)

    def __truediv__(self, other: Operand) -> "Tensor":
        """self / other, elementwise with broadcasting; floating also for integers."""
        return _ops.Div.apply(self, other if type(other) is Tensor else self._operand(other))

    def __rtruediv__(self, other: Operand) -> "Tensor":
        return _ops.Div.apply(self._operand(other), self)

    def __pow__(self, other: Operand) -> "Tensor":
        """self ** other, elementwise with broadcasting."""
        return _ops.Pow.apply(self, other if type(other) is Tensor else self._operand(other))

    def __rpow__(self, other: Operand) -> "Tensor":
        return _ops.Pow.apply(self._operand(other), self)

    def __matmul__(self, other: "Tensor | Array") -> "Tensor":
        """The matrix product, as `numpy.matmul` has it for every number of axes."""
        return _ops.MatMul.apply(self, other if type(other) is Tensor else self._operand(other))

    def __rmatmul__(self, other: Array) -> "Tensor":
        return _ops.MatMul.apply(self._operand(other), self)

    def __neg__(self) -> "Tensor":
        return _ops.Neg.apply(self)

    def __pos__(self) -> "Tensor":
        return self

    def __abs__(self) -> "Tensor":
        return _ops.Abs.apply(self)

    def _operand(self, other: Any) -> "Tensor":
        """The other side of a binary operation as a Tensor."""
        if isinstance(other, (Tensor, np.ndarray)):
            return Tensor(other) if isinstance(other, np.ndarray) else other
        if isinstance(other, SCALARS):
            return Tensor(scalar_like(other, self._data))
        raise TypeError(
            f"expected a Tensor, an ndarray or a number next to a Tensor of shape {self.shape}, "
            f"got {type(other).__name__}; wrap it in Tensor(...) first"
        )

    # ----------------------------------------------------------- comparisons

    def __eq__(self, other: object) -> Any:
        return self._compare(np.equal, other)

    def __ne__(self, other: object) -> Any:
        return self._compare(np.not_equal, other)

    def __lt__(self, other: Any) -> Any:
        return self._compare(np.less, other)

    def __le__(self, other: Any) -> Any:
        return self._compare(np.less_equal, other)

    def __gt__(self, other: Any) -> Any:
        return self._compare(np.greater, other)

    def __ge__(self, other: Any) -> Any:
        return self._compare(np.greater_equal, other)

    def _compare(self, relation: Callable[..., Any], other: Any) -> Any:
        if not isinstance(other, (Tensor, np.ndarray, *SCALARS)):
            return NotImplemented
        return _ops.compare(relation, self, self._operand(other))

    # A tensor is itself in sets and dicts, whatever its values are.
    __hash__ = object.__hash__

    # ----------------------------------------------------------- elementwise

    def abs(self) -> "Tensor":
        """|self|, elementwise."""
        return _ops.Abs.apply(self)

    def pow(self, exponent: Operand) -> "Tensor":
        """self ** exponent, elementwise."""
        return self**exponent

    def exp(self) -> "Tensor":
        """e ** self, elementwise."""
        return _ops.Exp.apply(self)

    def log(self) -> "Tensor":
        """The natural logarithm, elementwise: -inf at 0, NaN below."""
        return _ops.Log.apply(self)

    def sqrt(self) -> "Tensor":
        """The square root, elementwise: NaN below 0."""
        return _ops.Sqrt.apply(self)

    def relu(self) -> "Tensor":
        """max(self, 0), elementwise."""
        return _ops.ReLU.apply(self)

    def sigmoid(self) -> "Tensor":
        """1 / (1 + exp(-self)), elementwise."""
        return _ops.Sigmoid.apply(self)

    def tanh(self) -> "Tensor":
        """The hyperbolic tangent, elementwise."""
        return _ops.Tanh.apply(self)

    def to(self, dtype: DTypeLike) -> "Tensor":
        """The tensor in another dtype; itself if it has that one already.

        >>> Tensor([1.5]).to(np.float32).dtype
        dtype('float32')
        """
        wanted = np.dtype(dtype)
        return self if self._data.dtype == wanted else _ops.Cast.apply(self, wanted)

    # ------------------------------------------------------------ reductions

    def sum(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        *,
        dim: Axes = None,
        keepdim: bool = False,
    ) -> "Tensor":
        """The sum over `axis` (all of them for None); `dim` and `keepdim` mean the same.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0)
        tensor([4., 6.])
        """
        return _ops.Sum.apply(self, _one_of(axis, dim), keepdims or keepdim)

    def mean(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        *,
        dim: Axes = None,
        keepdim: bool = False,
    ) -> "Tensor":
        """The mean over `axis` (all of them for None). Raises DtypeError unless floating."""
        return _ops.Mean.apply(self, _one_of(axis, dim), keepdims or keepdim)

    def var(
        self,
        axis: Axes = None,
        correction: float = 1,
        keepdims: bool = False,
        *,
        dim: Axes = None,
        keepdim: bool = False,
    ) -> "Tensor":
        """The variance sum((x - mean)**2) / (n - correction): unbiased unless correction=0.

        As PyTorch; NumPy's default is the biased one.
        """
        return _ops.Var.apply(self, _one_of(axis, dim), correction, keepdims or keepdim)

    def max(
        self,
        axis: int | None = None,
        keepdims: bool = False,
        *,
        dim: int | None = None,
        keepdim: bool = False,
    ) -> Any:
        """The largest element; along an axis, the named tuple (values, indices), as PyTorch.

        Without an axis, equal maxima share the gradient; with one, the element at the
        returned index gets it.

        >>> Tensor([[1.0, 5.0], [7.0, 2.0]]).max(1).indices
        tensor([1, 0])
        """
        axis = _one_of(axis, dim)
        if axis is None:
            return _ops.Max.apply(self, None, False)
        return _ops.extreme_along(np.argmax, self, axis, keepdims or keepdim)

    def min(
        self,
        axis: int | None = None,
        keepdims: bool = False,
        *,
        dim: int | None = None,
        keepdim: bool = False,
    ) -> Any:
        """The smallest element; along an axis, the named tuple (values, indices), as `max`."""
        axis = _one_of(axis, dim)
        if axis is None:
            return _ops.Min.apply(self, None, False)
        return _ops.extreme_along(np.argmin, self, axis, keepdims or keepdim)

    def amax(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        *,
        dim: Axes = None,
        keepdim: bool = False,
    ) -> "Tensor":
        """The largest element over `axis`; equal maxima share the gradient."""
        axis = _one_of(axis, dim)
        return _ops.Max.apply(self, () if axis is None else axis, keepdims or keepdim)

    def amin(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        *,
        dim: Axes = None,
        keepdim: bool = False,
    ) -> "Tensor":
        """The smallest element over `axis`; equal minima share the gradient."""
        axis = _one_of(axis, dim)
        return _ops.Min.apply(self, () if axis is None else axis, keepdims or keepdim)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> "Tensor":
        """The index of the first largest element, of the flattened tensor for None; int64."""
        return _ops.arg_extreme(np.argmax, self, axis, keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> "Tensor":
        """The index of the first smallest element, of the flattened tensor for None; int64."""
        return _ops.arg_extreme(np.argmin, self, axis, keepdims)

    def softmax(self, axis: int | None = None, *, dim: int | None = None) -> "Tensor":
        """exp(x) / sum(exp(x)) along an axis, stable for any x."""
        return _ops.Softmax.apply(self, _given(axis, dim, "softmax"))

    def log_softmax(self, axis: int | None = None, *, dim: int | None = None) -> "Tensor":
        """The logarithm of `softmax`, by the log-sum-exp trick (write-up, B.1)."""
        return _ops.LogSoftmax.apply(self, _given(axis, dim, "log_softmax"))

    # --------------------------------------------------------------- shaping

    @property
    def T(self) -> "Tensor":
        """The tensor with its axes reversed: a matrix transposed."""
        return _ops.Transpose.apply(self)

    def t(self) -> "Tensor":
        """`T` of a matrix (a vector or number as it is). Raises ShapeError for more axes."""
        if self.ndim > 2:
            raise ShapeError(f"t: expected at most 2 dimensions, got shape {self.shape}; see T")
        return _ops.Transpose.apply(self)

    def permute(self, *dims: Any) -> "Tensor":
        """The axes in the order `dims`."""
        return _ops.Transpose.apply(self, _sizes(dims))

    def transpose(self, dim0: int, dim1: int) -> "Tensor":
        """Two axes exchanged (PyTorch's meaning of the name; NumPy's is `permute`)."""
        return _ops.swap_axes(self, dim0, dim1)

    def reshape(self, *shape: Any) -> "Tensor":
        """The same elements in another shape; one size may be -1, which is then inferred."""
        return _ops.Reshape.apply(self, _sizes(shape))

    def expand(self, *shape: Any) -> "Tensor":
        """The tensor repeated to `shape` as broadcasting does; -1 keeps a size."""
        return _ops.expand(self, _sizes(shape))

    def __getitem__(self, index: Any) -> "Tensor":
        """NumPy's indexing: basic (a view), boolean, integer arrays, mixed."""
        return _ops.Index.apply(self, index)


def wrap(data: Any) -> Tensor:
    """`Tensor(data)` for what NumPy has just computed: without the checks, in half the time."""
    self = _new(Tensor)
    self._data = data if type(data) is np.ndarray else exact(data)
    self._grad = None
    self.grad_fn = None
    self.requires_grad = False
    self.is_leaf = True
    self._is_parameter = False
    self._written = 0
    self._accumulator = None
    return self


_new = object.__new__


def zero_grads(tensors: Iterable[Tensor], set_to_none: bool) -> None:
    """Sets every `.grad` to None, or fills it with zeros in place."""
    for leaf in tensors:
        grad = leaf._grad
        if set_to_none or grad is None:
            leaf._grad = None
        elif grad.requires_grad:  # a part of a graph, which keeps its numbers
            leaf._grad = wrap(np.zeros_like(grad._data))
        else:
            grad.fill_(0)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Joins tensors along an axis they all have; the other sizes must be equal.

    Raises ShapeError for shapes that do not fit or an empty sequence.

    >>> cat([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    return _ops.Cat.apply(*tensors, dim)


def tensor(data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A new leaf that holds a copy of `data`, as `torch.tensor`; call it `mytorch.tensor`.

    >>> import mytorch
    >>> mytorch.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    source = data._data if isinstance(data, Tensor) else data
    array = as_array(source, dtype)
    return Tensor(array.copy() if array is source else array, requires_grad)


def _sizes(shape: tuple[Any, ...]) -> Shape:
    """Sizes given as separate arguments, or as one sequence."""
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        return tuple(shape[0])
    return shape


def _one_of(axis: Any, dim: Any) -> Any:
    """NumPy's `axis` or PyTorch's `dim`, whichever was given."""
    if axis is not None and dim is not None:
        raise TypeError(f"axis={axis} and dim={dim} mean the same; give one of them")
    return axis if dim is None else dim


def _given(axis: int | None, dim: int | None, operation: str) -> int:
    """As `_one_of`, for an operation that needs an axis."""
    wanted: int | None = _one_of(axis, dim)
    if wanted is None:
        raise TypeError(f"{operation}: name the axis, as in x.{operation}(-1)")
    return wanted


def bind(graph: ModuleType, engine: ModuleType, ops: ModuleType) -> None:
    """Gives Tensor's methods the rooms above, which import this module."""
    globals().update(_graph=graph, _engine=engine, _ops=ops)


class _TensorModule(ModuleType):
    """`mytorch.tensor` is this module (the write-up's name) and can be called (PyTorch's)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        return tensor(*args, **kwargs)


sys.modules[__name__].__class__ = _TensorModule
