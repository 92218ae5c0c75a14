"""Stand-ins for arrays, which hand every NumPy call made with them to the tape.

A `Recorded` is no ndarray, it only answers to `isinstance(x, np.ndarray)`. A true subclass would
let NumPy's C code read its memory unseen (`np.asarray`, `float`, `plain[0] = x`), and what was
computed from that would be frozen into the program; here each such read arrives, and is refused, or
checked by each replay where it is the library's.
"""

from __future__ import annotations

import operator
import sys
from _thread import _local
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import KERNELS
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.compiler.tape import Tape

__all__ = ["SETS_EVENTS", "LayoutFlags", "Recorded", "StandIn", "array_of", "here", "value_of"]

# From 3.12 on Python changes all code that runs next when a profile function is set: that takes
# longer than to have it see what the compiler itself does.
SETS_EVENTS = sys.version_info >= (3, 12)


class _Here(_local):
    """In each thread the run's profile function, `profile`, while it is to be taken out where the
    compiler itself computes. To ask Python for it would be a call that it sees."""

    profile: Callable[..., Any] | None = None


here = _Here()

# What gives a result whose shape follows from the arguments' shapes: NumPy's functions, and
# ndarray's methods.
_FUNCTIONS = """
    all amax amin any argmax argmin argpartition argsort array_split atleast_1d atleast_2d
    atleast_3d average broadcast_to choose clip column_stack concatenate convolve copy correlate
    cross cumprod cumsum diag diagflat diagonal diff dot dsplit dstack einsum empty_like
    expand_dims flip fliplr flipud full_like hsplit hstack inner interp isclose kron
    linalg.cholesky linalg.det linalg.inv linalg.norm linalg.pinv linalg.solve max mean min
    moveaxis nanmax nanmean nanmin nanprod nanstd nansum nanvar ones ones_like outer pad partition
    prod ptp ravel reshape roll rollaxis rot90 round searchsorted select sort split squeeze stack
    std sum swapaxes take take_along_axis tensordot tile trace transpose tril triu var vdot vsplit
    vstack where zeros zeros_like
"""
_METHODS = """
    all any argmax argmin argpartition argsort astype choose clip copy cumprod cumsum diagonal
    flatten max mean min prod ravel reshape round searchsorted squeeze std sum swapaxes take trace
    transpose var
"""
FUNCTIONS: frozenset[Any] = frozenset(operator.attrgetter(name)(np) for name in _FUNCTIONS.split())
METHODS = frozenset(_METHODS.split())
# Those whose result's shape depends on values.
SHAPED_BY_VALUES: frozenset[Any] = frozenset(
    [
        np.argwhere,
        np.bincount,
        np.compress,
        np.extract,
        np.flatnonzero,
        np.nonzero,
        np.repeat,
        np.unique,
    ]
)
METHODS_SHAPED_BY_VALUES = frozenset(["compress", "nonzero", "repeat"])
CHANGING_METHODS = frozenset(["fill", "partition", "put", "sort"])
# The flags that follow from shape, strides and dtype.
LAYOUT_FLAGS = frozenset(["c_contiguous", "contiguous", "f_contiguous", "fnc", "forc", "fortran"])
# What depends on shapes and dtypes alone, which are watched.
OF_LAYOUT: frozenset[Any] = frozenset(
    [np.can_cast, np.iscomplexobj, np.isrealobj, np.ndim, np.result_type, np.shape, np.size]
)
# Functions that change an argument, with its name.
CHANGING_FUNCTIONS: dict[Any, str] = {
    np.copyto: "dst",
    np.fill_diagonal: "a",
    np.place: "arr",
    np.put: "a",
    np.put_along_axis: "arr",
    np.putmask: "a",
}


class StandIn:
    """What stands for an array or a number, `_array`, of a number on the tape, `_index`."""

    __slots__ = ("__weakref__", "_array", "_index", "_is_held", "_tape")
    _tape: Tape
    _array: Any
    _index: int
    _is_held: bool

    def __init__(self, tape: Tape, array: Any, index: int) -> None:
        # Past the `__setattr__` of an array's.
        _set_tape(self, tape)
        _set_array(self, array)
        _set_index(self, index)
        # Whether it is a NumPy scalar that a Tensor holds, as a 0-d array.
        _set_held(self, False)
        tape.alive.append(ReferenceType(self))


_set_tape, _set_array, _set_index, _set_held = (
    vars(StandIn)[name].__set__ for name in ("_tape", "_array", "_index", "_is_held")
)


def unseen(method: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in's method that the run's profile function does not look into; the tape lets it
    see the calls of the user's code in there."""
    if SETS_EVENTS:
        return method

    @wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        profile = here.profile
        if profile is None:
            return method(self, *args, **kwargs)
        here.profile = None
        sys.setprofile(None)
        try:
            return method(self, *args, **kwargs)
        finally:
            here.profile = profile
            sys.setprofile(profile)

    return run


class Recorded(StandIn):
    """The stand-in for one array: it has its attributes, operators and methods."""

    __slots__ = ()

    # What `mytorch.tensor` and NumPy's Python functions ask of an array.
    __class__ = np.ndarray  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in StandIn.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._tape.stop_at(f"setting ndarray.{name}")
            setattr(self._array, name, array_of(value))

    # By functions of C, which nobody notes.
    shape = property(operator.attrgetter("_array.shape"))
    dtype = property(operator.attrgetter("_array.dtype"))
    ndim = property(operator.attrgetter("_array.ndim"))
    size = property(operator.attrgetter("_array.size"))
    itemsize = property(operator.attrgetter("_array.itemsize"))
    nbytes = property(operator.attrgetter("_array.nbytes"))
    strides = property(operator.attrgetter("_array.strides"))
    flags = property(lambda self: self._tape.flags_of(self))
    T = property(lambda self: self.transpose())

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def dot(self, other: Any, out: Any = None) -> Any:
        """Recorded as the function, which can write into a buffer."""
        args = (self, other) if out is None else (self, other, out)
        if type(other) is Recorded or type(other) is np.ndarray:
            return self._tape.call(np.dot, args, {}, args[2:])
        return np.dot(*args)

    def view(self, dtype: Any = None) -> Any:
        """The array as another dtype, or for a Tensor to hold."""
        if dtype is np.ndarray:
            if type(self._array) is np.ndarray or not isinstance(self._array, np.generic):
                return self
            held = Recorded(self._tape, self._array, self._index)
            held._is_held = self._tape.holds = True
            return held
        return self._tape.call(np.ndarray.view, (self, dtype), {})

    @unseen
    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **kwargs: Any
    ) -> Any:
        for part in inputs:
            if type(part) is not Recorded and isinstance(part, Tensor):
                return NotImplemented
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if out:
            kwargs["out"] = out[0] if len(out) == 1 else out
        return self._tape.call(function, inputs, kwargs, inputs[:1] if method == "at" else out)

    @unseen
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if Tensor in types:
            return NotImplemented
        tape = self._tape
        if function in CHANGING_FUNCTIONS:
            changed = args[0] if args else kwargs[CHANGING_FUNCTIONS[function]]
            return tape.call(function, args, kwargs, (changed,))
        if function in (np.array2string, np.array_repr, np.array_str):
            tape.read(args[0], "printing it")
        if function in (np.may_share_memory, np.shares_memory):
            tape.refuse_aliases(args)
            return function(*map(array_of, args), **kwargs)
        if function in OF_LAYOUT:
            return function(*map(value_of, args), **kwargs)
        if function in SHAPED_BY_VALUES:
            return tape.with_its_shape(tape.call(function, args, kwargs))
        if function not in KERNELS:
            # What the user's function looks at, as one that pads, is not seen.
            given = FunctionType in map(type, (*args, *kwargs.values()))
            if given or function not in FUNCTIONS:
                tape.stop_at(f"np.{function.__name__}")
        out = args[2:3] if function is np.dot else ()
        return tape.call(function, args, kwargs, out or (kwargs.get("out"),))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(self._array, name):
            raise AttributeError(f"an array has no attribute {name!r}, or none while recording")
        tape = self._tape
        if name == "item" and self.size == 1 and tape.is_of_numbers(self._index):
            return lambda: tape.call(np.ndarray.item, (self,), {})
        if name in ("item", "tolist", "tobytes"):
            tape.read(self, f"{name}()")
            return getattr(self._array, name)
        tape.stop_at(f"ndarray.{name}")
        return getattr(self._array, name)

    @unseen
    def __getitem__(self, index: Any) -> Any:
        result = self._tape.call(operator.getitem, (self, index), {})
        return self._tape.with_its_shape(result) if _has_mask(index) else result

    @unseen
    def __setitem__(self, index: Any, value: Any) -> None:
        self._tape.call(operator.setitem, (self, index, value), {}, (self,))

    # As an operator `**` has short cuts that the ufunc has not.
    @unseen
    def __pow__(self, other: Any) -> Any:
        if isinstance(other, Tensor) or _gives_way(other):
            return NotImplemented
        return self._tape.call(operator.pow, (self, other), {})

    @unseen
    def __rpow__(self, other: Any) -> Any:
        return self._tape.call(operator.pow, (other, self), {})

    @unseen
    def __ipow__(self, other: Any) -> Any:
        if isinstance(self._array, np.generic) and not self._is_held:
            return self**other
        return self._tape.call(operator.ipow, (self, _data_of(other)), {}, (self,))

    # Unlike the ufunc with `out` it refuses a vector, whose product has another shape.
    def __imatmul__(self, other: Any) -> Any:
        return self._tape.call(operator.imatmul, (self, _data_of(other)), {}, (self,))

    @unseen
    def __bool__(self) -> bool:
        return self._tape.check(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        self._tape.read(self, "converting it to a NumPy array")
        return np.array(self._array, dtype, copy=copy)

    # No `__index__`: NumPy 2.0 would call it for `array ** self`, for an array of any size.

    def __float__(self) -> float:
        self._tape.read(self, "float()")
        return float(self._array)

    def __int__(self) -> int:
        self._tape.read(self, "int()")
        return int(self._array)

    def __bytes__(self) -> bytes:
        self._tape.read(self, "bytes()")
        return bytes(self._array)

    def __repr__(self) -> str:
        self._tape.read(self, "printing it")
        return repr(self._array)

    def __str__(self) -> str:
        self._tape.read(self, "printing it")
        return str(self._array)

    def __format__(self, spec: str) -> str:
        self._tape.read(self, "printing it")
        return format(self._array, spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._tape.read(self, "copying it by `copy` or `pickle`")
        return self._array.__reduce_ex__(protocol)


class LayoutFlags:
    """An array's flags, of which those can be read that follow from its layout."""

    def __init__(self, tape: Tape, flags: Any) -> None:
        self._tape, self._flags = tape, flags

    def __getattr__(self, name: str) -> Any:
        if name not in LAYOUT_FLAGS:
            self._tape.stop_at_flag(name)
        return getattr(self._flags, name)

    def __getitem__(self, name: str) -> Any:
        if name.lower() not in LAYOUT_FLAGS:
            self._tape.stop_at_flag(name)
        return self._flags[name]


def _data_of(operand: Any) -> Any:
    """What the operators of an array change it by: of a Tensor, its data."""
    return operand.numpy() if isinstance(operand, Tensor) else operand


def _has_mask(index: Any) -> bool:
    """Whether an index has a mask that another run may make another one."""
    parts = index if type(index) is tuple else (index,)
    return any(type(part) is Recorded and part.dtype.kind == "b" for part in parts)


def _gives_way(other: Any) -> bool:
    """Whether ndarray's operators leave an operation to the other operand."""
    kind: Any = type(other)
    if kind is Recorded or kind.__module__ in ("builtins", "numpy"):
        return False
    if hasattr(kind, "__array_ufunc__"):
        return kind.__array_ufunc__ is None
    return bool(getattr(other, "__array_priority__", 0) > 0)


def _define_operators() -> None:
    """The operators of ndarray, each by its ufunc."""

    def plain(ufunc: np.ufunc) -> Callable[..., Any]:
        return lambda self, other: NotImplemented if _gives_way(other) else ufunc(self, other)

    def swapped(ufunc: np.ufunc) -> Callable[..., Any]:
        return lambda self, other: ufunc(other, self)

    def inplace(ufunc: np.ufunc) -> Callable[..., Any]:
        def operate(self: Any, other: Any) -> Any:
            # A NumPy scalar is not changed but replaced.
            replaced = isinstance(self._array, np.generic) and not self._is_held
            out = () if replaced else (self,)
            return ufunc(self, other, out=out) if out else ufunc(self, other)

        return operate

    def unary(ufunc: np.ufunc) -> Callable[..., Any]:
        return lambda self: ufunc(self)

    binary = {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "truediv": np.true_divide,
        "floordiv": np.floor_divide,
        "mod": np.remainder,
        "matmul": np.matmul,
        "and": np.bitwise_and,
        "or": np.bitwise_or,
        "xor": np.bitwise_xor,
        "lshift": np.left_shift,
        "rshift": np.right_shift,
    }
    for name, ufunc in binary.items():
        setattr(Recorded, f"__{name}__", plain(ufunc))
        setattr(Recorded, f"__r{name}__", swapped(ufunc))
        if ufunc is not np.matmul:
            setattr(Recorded, f"__i{name}__", inplace(ufunc))
    compare = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal}
    for name, ufunc in {**compare, "eq": np.equal, "ne": np.not_equal}.items():
        setattr(Recorded, f"__{name}__", plain(ufunc))
    alone = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}
    for name, ufunc in alone.items():
        setattr(Recorded, f"__{name}__", unary(ufunc))


def _define_methods() -> None:
    """The methods of ndarray that can be recorded."""

    def define(name: str) -> None:
        method, shaped = getattr(np.ndarray, name), name in METHODS_SHAPED_BY_VALUES
        changing = name in CHANGING_METHODS

        @unseen
        def record(self: Any, *args: Any, **kwargs: Any) -> Any:
            written = (self,) if changing else (kwargs.get("out"),)
            result = self._tape.call(method, (self, *args), kwargs, written)
            return self._tape.with_its_shape(result) if shaped else result

        setattr(Recorded, name, record)

    for name in METHODS | METHODS_SHAPED_BY_VALUES | CHANGING_METHODS:
        define(name)


_define_operators()
_define_methods()


def value_of(leaf: Any) -> Any:
    """What a stand-in stands for, also a NumPy scalar; anything else as it is."""
    return leaf._array if isinstance(leaf, StandIn) else leaf


def array_of(leaf: Any) -> Any:
    """The array or Python number that a stand-in stands for; anything else as it is."""
    if type(leaf) is not Recorded:
        return value_of(leaf)
    array = leaf._array
    return array if type(array) is np.ndarray else np.asarray(array)
