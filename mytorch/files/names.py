"""What a pickle of PyTorch's may name, and what stands for it here: nothing else is loaded."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mytorch._device import CPU, device
from mytorch.errors import LoadError
from mytorch.files.storages import DTYPES, STORAGES, parameter, tensor
from mytorch.tensor import Tensor

__all__ = ["BFLOAT16", "LEAVES", "Callee", "StorageClass", "is_key", "named"]

# What a loaded object is made of, beside containers and tensors.
LEAVES = {type(None), bool, int, float, complex, str, bytes, bytearray, device}
LEAVES |= {type(dtype) for dtype in DTYPES.values()}
_KEYS = LEAVES - {bytearray}


class Callee(NamedTuple):
    """A function or class that a pickle names, what is done when it is called, and what makes the
    entries of a defaultdict that has it."""

    name: str
    call: Callable[..., Any] | None = None
    factory: Callable[[], Any] | None = None


# Stands for a dtype that NumPy has not.
BFLOAT16 = Callee("torch.bfloat16")


class StorageClass(NamedTuple):
    """A class of storages, by the dtype of their elements; None: untyped."""

    dtype: np.dtype[Any] | Callee | None


def is_key(value: Any) -> bool:
    """Whether a dict or a set may have this as a key: what it takes to hash is known."""
    waiting, seen = [value], 0
    while waiting:
        part = waiting.pop()
        if type(part) in (tuple, frozenset):
            waiting += part
        elif type(part) not in _KEYS:
            return False
        seen += 1
        if seen > 1000:  # by what it shares, a small tuple can have more parts than one can count
            return False
    return True


def _bytes(text: Any = "", encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise LoadError(f"bytes: expected a text in latin1, got {encoding!r}")
    return text.encode("latin1")


def _bytearray(text: Any = "", encoding: Any = "latin1") -> bytearray:
    return bytearray(text if type(text) is bytes else _bytes(text, encoding))


def _complex(real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise LoadError(f"complex: expected two floats, got {real!r} and {imag!r}")
    return complex(real, imag)


def _keys(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def make(keys: Any = ()) -> Any:
        if type(keys) is not list or not all(map(is_key, keys)):
            raise LoadError(f"{kind.__name__}: expected numbers, texts and tuples of them")
        return kind(keys)

    return make


def _counter(counts: Any = None) -> Counter[Any]:
    if counts is not None and type(counts) is not dict:
        raise LoadError("Counter: expected a dict")
    counter: Counter[Any] = Counter()
    dict.update(counter, counts or {})
    return counter


def _defaultdict(factory: Any = None) -> defaultdict[Any, Any]:
    if factory is not None and (type(factory) is not Callee or factory.factory is None):
        raise LoadError("defaultdict: expected None or the name of a builtin class")
    return defaultdict(factory and factory.factory)


def _size(sizes: Any = ()) -> tuple[int, ...]:
    if type(sizes) is not tuple or any(type(size) is not int for size in sizes):
        raise LoadError("torch.Size: expected a tuple of integers")
    return sizes


def _device(kind: Any, index: Any = None) -> device:
    if type(kind) is not str or not (index is None or type(index) is int):
        raise LoadError("torch.device: expected the type of a device and its index")
    # There is one device: what was on another one comes to it.
    return device("cpu", index) if kind.startswith("cpu") and index == 0 else CPU


def _tensor_v2(storage: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> Tensor:
    requires_grad, _, metadata = (*rest, False, None, None)[:3]
    return tensor(storage, offset, size, stride, requires_grad, None, metadata)


def _tensor_v3(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any, _: Any, dtype: Any, *rest: Any
) -> Tensor:
    return tensor(storage, offset, size, stride, grad, dtype, *rest)


def _parameter(data: Any, grad: Any, _: Any) -> Tensor:
    return parameter(data, grad)


def _parameter_with_state(data: Any, grad: Any, hooks: Any, state: Any) -> Tensor:
    return _with_attributes(parameter(data, grad), state)


def _tensor_with_state(rebuild: Any, kind: Any, args: Any, state: Any) -> Tensor:
    if not (type(rebuild) is type(kind) is Callee and type(args) is tuple):
        raise LoadError("a tensor of the file is not as PyTorch writes it")
    if rebuild.call not in (_tensor_v2, _tensor_v3):
        raise LoadError(f"{rebuild.name}: only plain tensors are loaded")
    made: Tensor = rebuild.call(*args)
    made = parameter(made, made.requires_grad) if kind.name == _PARAMETER else made
    return _with_attributes(made, state)


def _with_attributes(made: Tensor, state: Any) -> Tensor:
    # Of a class with slots these come behind the others.
    for attributes in state if type(state) is tuple else (state,):
        if attributes is not None and not (
            type(attributes) is dict and all(type(name) is str for name in attributes)
        ):
            raise LoadError("the attributes of a tensor of the file are not as PyTorch writes them")
        vars(made).update(attributes or {})
    return made


def _ordered() -> OrderedDict[Any, Any]:
    return OrderedDict()


_PARAMETER = "torch.nn.parameter.Parameter"
_CALLEES = [
    Callee("_codecs.encode", _bytes),
    Callee("builtins.bool", None, bool),
    Callee("builtins.bytearray", _bytearray),
    Callee("builtins.bytes", _bytes, bytes),
    Callee("builtins.complex", _complex),
    Callee("builtins.dict", None, dict),
    Callee("builtins.float", None, float),
    Callee("builtins.frozenset", _keys(frozenset)),
    Callee("builtins.int", None, int),
    Callee("builtins.list", None, list),
    Callee("builtins.set", _keys(set), set),
    Callee("builtins.str", None, str),
    Callee("builtins.tuple", None, tuple),
    Callee("collections.Counter", _counter),
    Callee("collections.OrderedDict", _ordered, OrderedDict),
    Callee("collections.defaultdict", _defaultdict),
    Callee("torch.Size", _size),
    Callee("torch.Tensor"),
    Callee("torch.device", _device),
    Callee(_PARAMETER),
    Callee("torch._tensor._rebuild_from_type_v2", _tensor_with_state),
    Callee("torch._utils._rebuild_parameter", _parameter),
    Callee("torch._utils._rebuild_parameter_with_state", _parameter_with_state),
    Callee("torch._utils._rebuild_tensor", _tensor_v2),
    Callee("torch._utils._rebuild_tensor_v2", _tensor_v2),
    Callee("torch._utils._rebuild_tensor_v3", _tensor_v3),
]
_NAMES: dict[str, Any] = {
    **{callee.name: callee for callee in _CALLEES},
    **{f"torch.{name}": dtype for name, dtype in DTYPES.items()},
    **{f"torch.{name}": StorageClass(dtype) for name, dtype in STORAGES.items()},
    "torch.storage.UntypedStorage": StorageClass(None),
    "torch.bfloat16": BFLOAT16,
    "torch.BFloat16Storage": StorageClass(BFLOAT16),
}


def named(module: str, name: str) -> Any:
    """What stands for a name. Raises LoadError if nothing does."""
    if module == "__builtin__":  # Python 2's names, which pickles up to protocol 2 have
        module, name = "builtins", {"long": "int", "unicode": "str"}.get(name, name)
    full = f"{module}.{name}"
    if full in _NAMES:
        return _NAMES[full]
    cure = "only numbers, texts, containers and tensors are loaded, never what runs a program"
    if module == "torch":
        cure = "there is no such dtype, or other thing, here; convert it with PyTorch"
    elif module == "torch._utils":
        cure = "there are no tensors of that kind here; convert it with PyTorch, as by x.to_dense()"
    elif module.partition(".")[0] == "numpy":
        cure = "of NumPy's things only what PyTorch loads is; save float(x) or torch.from_numpy(x)"
    elif ".nn." in full or name[:1].isupper():
        cure += "; where it is a module or an optimizer, save its state_dict() with PyTorch"
    raise LoadError(f"the pickle names {full}, which is refused: {cure}")
