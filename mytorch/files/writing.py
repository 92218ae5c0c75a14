"""Our own writer of pickles, for plain data and tensors: what PyTorch loads with its default,
weights_only=True, and this library too. It needs nothing of PyTorch's.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from struct import pack
from types import ModuleType
from typing import Any

import numpy as np

from mytorch._device import device
from mytorch.errors import SaveError
from mytorch.files.names import is_key
from mytorch.files.reading import DEPTH
from mytorch.files.storages import DTYPES, STORAGES, Storage, Written, lay_out
from mytorch.tensor import Tensor

__all__ = ["pickled"]

_CLASSES = {dtype: name for name, dtype in STORAGES.items()}


def pickled(obj: Any) -> tuple[bytes, list[Storage]]:
    """The pickle of an object, and the storages of its tensors.

    Raises SaveError, which tells the place in the object, for what could not be loaded.
    """
    writer = _Writer()
    writer.save(obj)
    storages, places = lay_out([tensor.data for tensor in writer.tensors])
    rebuilt = [
        _tensor(tensor, written, storages[written.storage])
        for tensor, written in zip(writer.tensors, places, strict=True)
    ]
    parts = [rebuilt[part] if isinstance(part, int) else part for part in writer.parts]
    return b"".join([pickle.PROTO, b"\2", *parts, pickle.STOP]), storages


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def _text(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    return pickle.BINUNICODE + pack("<I", len(raw)) + raw


def _flag(value: bool) -> bytes:
    return pickle.NEWTRUE if value else pickle.NEWFALSE


def _integer(number: int) -> bytes:
    if 0 <= number < 1 << 8:
        return pickle.BININT1 + pack("<B", number)
    if -1 << 31 <= number < 1 << 31:
        return pickle.BININT + pack("<i", number)
    raw = pickle.encode_long(number)
    return pickle.LONG1 + pack("<B", len(raw)) + raw


def _tuple(*parts: bytes) -> bytes:
    return b"".join([pickle.MARK, *parts, pickle.TUPLE])


def _sizes(numbers: Iterable[int]) -> bytes:
    return _tuple(*map(_integer, numbers))


def _call(module: str, name: str, *args: bytes) -> bytes:
    return _global(module, name) + _tuple(*args) + pickle.REDUCE


def _dtype(dtype: np.dtype[Any]) -> bytes:
    return _global("torch", dtype.name)


def _tensor(tensor: Tensor, written: Written, storage: Storage) -> bytes:
    """A tensor, which lies in a storage."""
    array, number, offset = written
    item = array.dtype.itemsize
    if offset % item:
        raise SaveError(
            "save: a tensor lies across the elements of another one, whose memory it shares; save "
            "tensor.clone()"
        )
    if storage.dtype is None:
        kind, count = _global("torch.storage", "UntypedStorage"), storage.memory.size
    else:
        kind, count = _global("torch", _CLASSES[storage.dtype]), storage.memory.size // item
    persistent = _tuple(_text("storage"), kind, _text(str(number)), _text("cpu"), _integer(count))
    requires_grad = tensor.requires_grad
    typed = storage.dtype is not None
    name = "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3"
    args = [
        persistent + pickle.BINPERSID,
        _integer(offset // item),
        _sizes(array.shape),
        _sizes(step // item for step in array.strides),
        _flag(requires_grad and not tensor.is_parameter),
        _NO_HOOKS,
        *([] if typed else [_dtype(array.dtype)]),
    ]
    if vars(tensor) and not tensor.is_parameter:  # what calls it comes before, see _save_attributes
        return _global("torch._utils", name) + _global("torch", "Tensor") + _tuple(*args)
    plain = _call("torch._utils", name, *args)
    if vars(tensor) or not tensor.is_parameter:
        return plain
    return _call("torch._utils", "_rebuild_parameter", plain, _flag(requires_grad), _NO_HOOKS)


_NO_HOOKS = _call("collections", "OrderedDict")


class _Writer:
    """Gathers the parts of a pickle: bytes, and the numbers of tensors, which are told when all
    of them are known."""

    def __init__(self) -> None:
        self.parts: list[bytes | int] = []
        self.tensors: list[Tensor] = []
        self._memo: dict[int, int] = {}
        self._path: list[Any] = []

    def save(self, obj: Any) -> None:
        """Writes an object and what it holds, without recursion: it may be a deep nest."""
        opened = [iter((obj,))]
        while opened:
            for part in opened[-1]:
                parts = self._save_one(part)
                if parts is not None:
                    opened.append(parts)
                    break
            else:
                opened.pop()
                del self._path[-1:]

    def _save_one(self, obj: Any) -> Iterator[Any] | None:
        """Writes an object, or begins a container: gives then what has to be written in it."""
        kind = type(obj)
        if id(obj) in self._memo:
            self.parts.append(pickle.LONG_BINGET + pack("<I", self._memo[id(obj)]))
        elif obj is None:
            self.parts.append(pickle.NONE)
        elif kind in (bool, np.bool_):
            self.parts.append(_flag(obj))
        elif kind is int or isinstance(obj, np.integer):
            self._save_integer(int(obj))
        elif kind is float or isinstance(obj, np.floating):
            self._save_float(obj)
        elif kind is complex:
            numbers = (pickle.BINFLOAT + pack(">d", number) for number in (obj.real, obj.imag))
            self.parts.append(_call("__builtin__", "complex", *numbers))
        elif kind is str:
            self.parts.append(_text(obj))
        elif kind in (bytes, bytearray):
            raw = _call("_codecs", "encode", _text(obj.decode("latin1")), _text("latin1"))
            bare = raw if kind is bytes else _call("__builtin__", "bytearray", raw)
            self.parts.append(bare)
        elif kind is Tensor:
            self._check_tensor(obj)
            if vars(obj):
                return self._opened(self._save_with_attributes(obj))
            self._save_tensor(obj)
        elif isinstance(obj, np.dtype):
            self._require(obj.name in DTYPES, f"the dtype {obj}, which PyTorch has not")
            self.parts.append(_dtype(obj))
        elif kind is device:
            index = [] if obj.index is None else [_integer(obj.index)]
            self.parts.append(_call("torch", "device", _text(obj.type), *index))
        elif kind in _CONTAINERS:
            return self._opened(_CONTAINERS[kind](self, obj))
        else:
            self._refuse_object(obj)
        return None

    def _opened(self, parts: Iterator[Any]) -> Iterator[Any]:
        if len(self._path) == DEPTH:
            self._refuse(f"containers nested more than {DEPTH} deep")
        self._path.append(...)
        return parts

    def _save_integer(self, number: int) -> None:
        self._require(number.bit_length() < 8 * 255, "an integer of more than 254 bytes")
        self.parts.append(_integer(number))

    def _save_float(self, number: Any) -> None:
        exact = float(number)
        same = exact == number or number != number
        self._require(same, f"the number {number!r}, which has no place in 64 bits")
        self.parts.append(pickle.BINFLOAT + pack(">d", exact))

    def _check_tensor(self, tensor: Tensor) -> None:
        dtype = tensor.dtype
        self._require(
            dtype.name in DTYPES,
            f"a tensor of dtype {dtype}, which PyTorch has not; convert it with "
            "tensor.to(mytorch.float64)",
        )
        self._require(
            dtype.kind == "f" or not tensor.requires_grad,
            f"a tensor of dtype {dtype} with requires_grad=True, which PyTorch cannot have; save "
            "tensor.detach(), or set requires_grad to False",
        )

    def _save_tensor(self, tensor: Tensor) -> None:
        self.parts.append(len(self.tensors))
        self.tensors.append(tensor)
        self._remember(tensor)

    def _save_with_attributes(self, tensor: Tensor) -> Iterator[Any]:
        if tensor.is_parameter:
            rebuild = _global("torch._utils", "_rebuild_parameter_with_state")
            flags = [_flag(tensor.requires_grad), _NO_HOOKS]
        else:
            rebuild, flags = _global("torch._tensor", "_rebuild_from_type_v2"), []
        self.parts += [rebuild, pickle.MARK, len(self.tensors), *flags]
        self.tensors.append(tensor)
        yield vars(tensor)
        self._require(
            id(tensor) not in self._memo, "a tensor that an attribute of its own leads to"
        )
        self.parts += [pickle.TUPLE, pickle.REDUCE]
        self._remember(tensor)

    def _remember(self, obj: Any) -> None:
        number = self._memo[id(obj)] = len(self._memo)
        self.parts.append(pickle.LONG_BINPUT + pack("<I", number))

    def _items(self, items: Iterable[Any]) -> Iterator[Any]:
        for self._path[-1], item in enumerate(items):
            yield item

    def _save_list(self, items: list[Any]) -> Iterator[Any]:
        self.parts.append(pickle.EMPTY_LIST)
        self._remember(items)
        self.parts.append(pickle.MARK)
        yield from self._items(items)
        self.parts.append(pickle.APPENDS)

    def _save_tuple(self, items: tuple[Any, ...]) -> Iterator[Any]:
        self.parts.append(pickle.MARK)
        yield from self._items(items)
        self._require(id(items) not in self._memo, "a tuple that holds itself")
        self.parts.append(pickle.TUPLE)
        if items:
            self._remember(items)

    def _save_set(self, items: set[Any]) -> Iterator[Any]:
        self.parts += [_global("__builtin__", "set"), pickle.MARK, pickle.EMPTY_LIST, pickle.MARK]
        for item in items:
            self._require(is_key(item), f"a set that holds {_class(item)}")
            yield item
        self.parts += [pickle.APPENDS, pickle.TUPLE, pickle.REDUCE]
        self._remember(items)

    def _save_dict(self, items: dict[Any, Any]) -> Iterator[Any]:
        kind = type(items)
        if kind is dict:
            self.parts.append(pickle.EMPTY_DICT)
        else:
            empty = [pickle.EMPTY_DICT] if kind is Counter else []
            self.parts.append(_call("collections", kind.__name__, *empty))
        self._remember(items)
        self.parts.append(pickle.MARK)
        for key, value in items.items():
            self._path[-1] = key
            self._require(is_key(key), f"a dict with a key of class {_class(key)}")
            yield key
            yield value
        self.parts.append(pickle.SETITEMS)
        if kind is OrderedDict and vars(items):
            self._path[-1] = ...
            yield vars(items)
            self.parts.append(pickle.BUILD)

    def _require(self, met: bool, what: str) -> None:
        if not met:
            self._refuse(what)

    def _refuse_object(self, obj: Any) -> None:
        what = f"an object of class {_class(obj)}"
        if callable(getattr(obj, "state_dict", None)):
            self._refuse(f"{what}; save its state: obj.state_dict()")
        if isinstance(obj, ModuleType):
            self._refuse(f"the module {obj.__name__}; save its name")
        if isinstance(obj, np.ndarray):
            self._refuse(f"{what}; save mytorch.tensor(array)")
        for kind in (dict, list, tuple, set, frozenset, str, int, float):
            if isinstance(obj, kind):
                plain = "set" if kind is frozenset else kind.__name__
                self._refuse(f"{what}; save {plain}(obj)")
        self._refuse(f"{what}; save the numbers, texts and tensors that it is made of")

    def _refuse(self, what: str) -> None:
        place = "".join(f"[{key!r:.100}]" for key in self._path)
        place = place if len(place) < 1000 else f"{place[:500]} ... {place[-500:]}"
        raise SaveError(
            f"save: expected tensors, numbers, texts and containers of them, got {what}\n"
            f"  at obj{place}"
        )


def _class(obj: Any) -> str:
    kind = type(obj)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


_CONTAINERS: dict[type, Any] = {
    list: _Writer._save_list,
    tuple: _Writer._save_tuple,
    set: _Writer._save_set,
    dict: _Writer._save_dict,
    OrderedDict: _Writer._save_dict,
    Counter: _Writer._save_dict,
}
