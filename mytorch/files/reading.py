"""Our own reader of pickles: it knows the opcodes that PyTorch's files have, and calls nothing but
what it is given. To load a file never runs a program that is in it.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from pickletools import opcodes
from struct import Struct
from struct import error as StructError
from typing import Any

from mytorch.errors import LoadError
from mytorch.files.names import LEAVES, Callee, is_key
from mytorch.tensor import Tensor

__all__ = ["DEPTH", "unpickle"]

# How many containers may lie one in another: more than Python's pickle writes by itself, and few
# enough for Python to free all of them, which takes its stack.
DEPTH = 1000

DICTS = (dict, OrderedDict, Counter, defaultdict)


def unpickle(
    content: bytes | bytearray,
    named: Callable[[str, str], Any],
    storage: Callable[[Any], Any],
) -> Any:
    """The object of a pickle. `named` gives what a module and a name stand for, `storage` what a
    persistent id does; both raise LoadError for what is refused.

    Raises LoadError, which names the opcode, class or function, for whatever is not plain data.
    """
    reader = _Reader(content, named, storage)
    try:
        result = reader.run()
    except LoadError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, StructError) as error:
        raise LoadError(
            f"the pickle is malformed at byte {reader.place}: {type(error).__name__}: {error}"
        ) from None
    _require_plain(result)
    return result


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def _integer(content: bytes) -> int:
    return int.from_bytes(content, "little", signed=True)


# By opcode: what is pushed; numbers by their format; the format of a length and what its bytes are.
_VALUES: dict[bytes, Callable[[], Any]] = {
    pickle.NONE: lambda: None,
    pickle.NEWTRUE: lambda: True,
    pickle.NEWFALSE: lambda: False,
    pickle.EMPTY_TUPLE: tuple,
    pickle.EMPTY_LIST: list,
    pickle.EMPTY_DICT: dict,
    pickle.EMPTY_SET: set,
}
_NUMBERS = {
    pickle.BININT1: Struct("<B"),
    pickle.BININT2: Struct("<H"),
    pickle.BININT: Struct("<i"),
    pickle.BINFLOAT: Struct(">d"),
}
_SIZED: dict[bytes, tuple[Struct, Callable[[bytes], Any]]] = {
    pickle.LONG1: (Struct("<B"), _integer),
    pickle.SHORT_BINUNICODE: (Struct("<B"), _text),
    pickle.BINUNICODE: (Struct("<I"), _text),
    pickle.BINUNICODE8: (Struct("<Q"), _text),
    pickle.SHORT_BINBYTES: (Struct("<B"), bytes),
    pickle.BINBYTES: (Struct("<I"), bytes),
    pickle.BINBYTES8: (Struct("<Q"), bytes),
    pickle.BYTEARRAY8: (Struct("<Q"), bytearray),
}
_TUPLES = {pickle.TUPLE1: 1, pickle.TUPLE2: 2, pickle.TUPLE3: 3}
_PUTS = {pickle.BINPUT: Struct("<B"), pickle.LONG_BINPUT: Struct("<I")}
_GETS = {pickle.BINGET: Struct("<B"), pickle.LONG_BINGET: Struct("<I")}
_SKIPPED = {pickle.PROTO: Struct("<B"), pickle.FRAME: Struct("<Q")}
_OPCODE_NAMES = {opcode.code.encode("latin1"): opcode.name for opcode in opcodes}


class _Reader:
    def __init__(
        self,
        content: bytes | bytearray,
        named: Callable[[str, str], Any],
        storage: Callable[[Any], Any],
    ) -> None:
        self.place = 0
        self._content = memoryview(content)
        self._named = named
        self._storage = storage
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks under the marks
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        while True:
            code = self._take(1)
            if code in _VALUES:
                self._stack.append(_VALUES[code]())
            elif code in _NUMBERS:
                self._stack.append(self._number(_NUMBERS[code]))
            elif code in _SIZED:
                size, decode = _SIZED[code]
                self._stack.append(decode(self._take(self._number(size))))
            elif code in _PUTS:
                self._memo[self._number(_PUTS[code])] = self._stack[-1]
            elif code in _GETS:
                self._stack.append(self._memo[self._number(_GETS[code])])
            elif code == pickle.MEMOIZE:
                self._memo[len(self._memo)] = self._stack[-1]
            elif code in _TUPLES:
                parts = [self._pop() for _ in range(_TUPLES[code])]
                self._stack.append(tuple(parts[::-1]))
            elif code in _SKIPPED:
                self._number(_SKIPPED[code])
            elif code == pickle.STOP:
                if self._below or len(self._stack) != 1:
                    raise LoadError("the pickle is malformed: at its end there is not one object")
                return self._stack[0]
            elif code in _ACTIONS:
                _ACTIONS[code](self)
            else:
                name = _OPCODE_NAMES.get(code, "?")
                raise LoadError(
                    f"the pickle has the opcode {name} ({code!r}) at byte {self.place - 1}, which "
                    "is refused: what PyTorch writes of tensors and plain data has no such"
                )

    def _take(self, size: int) -> bytes:
        content = self._content[self.place : self.place + size].tobytes()
        if len(content) != size:
            raise LoadError("the pickle is malformed: it ends too early")
        self.place += size
        return content

    def _number(self, kind: Struct) -> Any:
        return kind.unpack(self._take(kind.size))[0]

    def _line(self) -> str:
        line = bytearray()
        while (byte := self._take(1)) != b"\n":
            line += byte
        return line.decode()

    def _pop(self) -> Any:
        return self._stack.pop()

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _marked(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _tuple(self) -> None:
        items = self._marked()
        self._stack.append(tuple(items))

    def _append(self) -> None:
        self._extend([self._pop()])

    def _appends(self) -> None:
        self._extend(self._marked())

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise LoadError(f"the pickle appends to a {type(target).__name__}, which is refused")
        target += items

    def _set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._update([key, value])

    def _set_items(self) -> None:
        self._update(self._marked())

    def _update(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in DICTS:
            raise LoadError(f"the pickle sets items of a {type(target).__name__}: refused")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not is_key(key):
                raise LoadError(
                    f"a dict of the file has a key of class {type(key).__name__}, which is "
                    "refused; expected a text, a number, or a short tuple of them"
                )
            target[key] = value

    def _add_items(self) -> None:
        items = self._marked()
        target = self._stack[-1]
        if type(target) is not set or not all(map(is_key, items)):
            raise LoadError("a set of the file holds more than texts, numbers and short tuples")
        target.update(items)

    def _frozen(self) -> None:
        items = self._marked()
        if not all(map(is_key, items)):
            raise LoadError("a set of the file holds more than texts, numbers and short tuples")
        self._stack.append(frozenset(items))

    def _global(self) -> None:
        module = self._line()
        self._stack.append(self._named(module, self._line()))

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._stack.append(self._named(str(module), str(name)))

    def _reduce(self) -> None:
        args, callee = self._pop(), self._pop()
        if type(callee) is not Callee or callee.call is None or type(args) is not tuple:
            raise LoadError(f"the pickle calls {_shown(callee)}, which is refused")
        self._stack.append(callee.call(*args))

    def _build(self) -> None:
        state, target = self._pop(), self._stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict:
            raise LoadError(f"the pickle sets the state of {_shown(target)}, which is refused")
        for name, value in state.items():
            if type(name) is not str or hasattr(OrderedDict, name):
                raise LoadError(f"the pickle sets OrderedDict.{name}, which is refused")
            setattr(target, name, value)

    def _persistent(self) -> None:
        self._stack.append(self._storage(self._pop()))


_ACTIONS = {
    pickle.MARK: _Reader._mark,
    pickle.TUPLE: _Reader._tuple,
    pickle.APPEND: _Reader._append,
    pickle.APPENDS: _Reader._appends,
    pickle.SETITEM: _Reader._set_item,
    pickle.SETITEMS: _Reader._set_items,
    pickle.ADDITEMS: _Reader._add_items,
    pickle.FROZENSET: _Reader._frozen,
    pickle.GLOBAL: _Reader._global,
    pickle.STACK_GLOBAL: _Reader._stack_global,
    pickle.REDUCE: _Reader._reduce,
    pickle.BUILD: _Reader._build,
    pickle.BINPERSID: _Reader._persistent,
}


def _shown(value: Any) -> str:
    return value.name if type(value) is Callee else f"an object of class {type(value).__name__}"


def _parts(value: Any) -> Iterator[Any]:
    """What a container holds, but for keys, which have been looked at."""
    if type(value) is Tensor:
        yield from vars(value).values()
    elif type(value) in DICTS:
        yield from value.values()
        yield from getattr(value, "__dict__", {}).values()
    elif type(value) in (list, tuple):
        yield from value


def _require_plain(result: Any) -> None:
    """Raises LoadError for what a caller should never see, and for containers too deep."""
    heights: dict[int, int] = {}  # of containers that are done, by `id`
    path: list[tuple[int, Iterator[Any]]] = [(0, iter([result]))]
    opened = {0}
    below = [0]
    while path:
        for part in path[-1][1]:
            kind = type(part)
            if kind in LEAVES or kind in (set, frozenset) or id(part) in opened:
                continue
            if kind is Tensor and not vars(part):
                continue
            if kind not in DICTS and kind not in (list, tuple, Tensor):
                raise LoadError(f"the file holds {_shown(part)} by itself, which is refused")
            height = heights.get(id(part), 0)
            if len(path) + max(height - 1, 0) > DEPTH:
                raise LoadError(
                    f"the file has containers nested more than {DEPTH} deep, which are refused"
                )
            if height:
                below[-1] = max(below[-1], height)
            else:
                path.append((id(part), _parts(part)))
                opened.add(id(part))
                below.append(0)
                break
        else:
            done, _ = path.pop()
            opened.discard(done)
            heights[done] = height = below.pop() + 1
            if below:
                below[-1] = max(below[-1], height)
