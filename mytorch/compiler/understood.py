"""Understood: which calls and objects a replay can stand for.

A run may call the library and NumPy, the pure functions of C, and functions of the user's, whose
calls are looked at in turn; what it reads must be immutable, or have all of its parts watched. All
else, as clocks, files and iterators, has a state that nobody watches, or does what a replay would
not repeat.
"""

from __future__ import annotations

import array
import collections
import datetime
import functools
import io
import operator
import re
import sys
import types
import weakref
from collections.abc import Iterator
from dis import get_instructions
from importlib.util import resolve_name
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

import numpy as np

__all__ = [
    "SIGNS",
    "catches_errors",
    "code_names",
    "global_names",
    "imported",
    "inner_codes",
    "is_of_c",
    "is_opaque",
    "is_ours",
    "is_standard",
    "is_understood",
    "reads_any_name",
    "room_of",
    "users",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The names by which code finds what reads attributes by names that it need not have, or all
# attributes at once, or has "{0.name}" filled in.
SIGNS = _words(
    """
    getattr hasattr vars dir eval exec attrgetter methodcaller __dict__ __getattribute__
    __getstate__ __reduce__ __reduce_ex__ dump dumps format format_map
    """
)

# The modules of Python whose functions depend on their arguments alone.
PURE_MODULES = _words(
    """
    __future__ _collections_abc _weakrefset abc argparse base64 bisect builtins cmath
    collections colorsys contextlib copy copyreg dataclasses enum fractions functools
    graphlib heapq importlib itertools json keyword math numbers operator re reprlib statistics
    string struct textwrap types typing unicodedata weakref
    """
)
# Those written in C, by the names that their functions have; some of the others are called here.
PURE_EXTENSIONS = PURE_MODULES | _words(
    """
    _abc _bisect _blake2 _bz2 _collections _functools _hashlib _heapq _json _lzma _md5 _operator
    _pickle _sha1 _sha2 _sha256 _sha3 _sha512 _sre _statistics _string _struct _typing binascii
    marshal numpy zlib
    """
)
PURE_BUILTINS = _words(
    """
    __build_class__ abs aiter all anext any ascii bin callable chr delattr dir divmod format
    getattr hasattr hash hex id isinstance issubclass iter len locals max min next oct ord pow
    repr round setattr sorted sum vars
    """
)
PURE_OF_CLASSES = _words(
    """
    __class_getitem__ __init_subclass__ __new__ __prepare__ __subclasshook__ from_bytes fromhex
    fromisoformat fromkeys maketrans mro
    """
)
IMPURE = frozenset(["fromfile", "__setstate__"])
# Sleeping is no part of a result.
PURE_ALONE = frozenset(["sys.exc_info", "sys.getsizeof", "sys.intern", "time.sleep"])
TUPLE_FIELD: Any = type(vars(collections.namedtuple("_", "a"))["a"])
# The C classes whose objects never change, or have parts that are watched.
WATCHED_CLASSES: frozenset[Any] = frozenset(
    [
        object, type, bool, int, float, complex, str, bytes, slice, range, tuple, list, dict, set,
        frozenset, property, staticmethod, classmethod, super, type(None), type(...),
        type(NotImplemented), types.FunctionType, types.BuiltinFunctionType, types.MethodType,
        types.MethodDescriptorType, types.WrapperDescriptorType, types.MethodWrapperType,
        types.GetSetDescriptorType, types.MemberDescriptorType, types.ClassMethodDescriptorType,
        types.CodeType, types.CellType, types.ModuleType, types.MappingProxyType,
        types.SimpleNamespace, types.GenericAlias, types.UnionType, type({}.keys()),
        type({}.values()), type({}.items()), collections.OrderedDict, collections.deque,
        collections.defaultdict, functools.partial, type(functools.lru_cache(len)),
        operator.attrgetter, operator.itemgetter, operator.methodcaller, datetime.date,
        datetime.time, datetime.datetime, datetime.timedelta, datetime.tzinfo, datetime.timezone,
        re.Pattern, re.Match, TypeVar, np.ufunc, type(np.sum), np.random.Generator,
        np.random.RandomState, np.random.BitGenerator,
        type(np.random.RandomState.rand), type(np.random.rand), type(np.dtype), TUPLE_FIELD,
    ]
)  # fmt: skip
# Whose methods change or read nothing but the object, which is not watched if it lives on.
OWN_CLASSES = (
    array.array, bytearray, memoryview, io.BytesIO, io.StringIO, types.GeneratorType,
    types.CoroutineType, BaseException
)  # fmt: skip
METHODS = (
    types.ClassMethodDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
# They tell what becomes of another object, which nobody watches.
TELLS_OF_OTHERS = (weakref.finalize,)
ENTRIES = (dict, list, tuple, collections.deque)
READ_ONLY = (np.generic, np.dtype, np.ndarray)


@functools.cache
def room_of(name: str) -> str:
    """Whose code a module's is: "ours", "numpy", "pure" or "standard" of Python's, or "user"."""
    top = name.partition(".")[0]
    if top == "mytorch":
        # Loaders and files have a state of their own.
        return "standard" if name.startswith(("mytorch.utils.", "mytorch.files.")) else "ours"
    if top == "numpy":
        return "numpy"
    if top in PURE_MODULES or top.startswith("namedtuple_"):
        return "pure"
    return "standard" if top in sys.stdlib_module_names and top != "__main__" else "user"


def top_of(thing: Any) -> str:
    """The package that a module, class or function belongs to."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    return str(name or "").partition(".")[0]


def is_ours(thing: Any) -> bool:
    """Whether a module, class or function is the library's."""
    return top_of(thing) == "mytorch"


def is_standard(thing: Any) -> bool:
    """Whether a module, class or function is Python's or NumPy's."""
    top = top_of(thing)
    return top == "numpy" or (top in sys.stdlib_module_names and top != "__main__")


def is_understood(function: Any) -> bool:
    """Whether a function or bound method of C depends on its arguments alone, and its object."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if name in IMPURE:
        return False
    if owner is None or isinstance(owner, ModuleType):
        module = str(getattr(function, "__module__", None) or "")
        if module == "builtins":
            return name in PURE_BUILTINS
        return f"{module}.{name}" in PURE_ALONE or (
            module.partition(".")[0] in PURE_EXTENSIONS and "random" not in module
        )
    if isinstance(owner, type):
        return name in PURE_OF_CLASSES
    return not is_opaque(owner) or isinstance(owner, OWN_CLASSES)


def is_opaque(value: Any) -> bool:
    """Whether an object has a state that nobody watches."""
    kind: Any = type(value)
    if kind is type and value.__module__ == "decimal":
        return True  # its objects are rounded as the thread is told
    return (
        (not issubclass(kind, READ_ONLY) and _base(kind) not in WATCHED_CLASSES)
        or issubclass(kind, TELLS_OF_OTHERS)
        or _hides_its_entries(kind)
    )


@functools.lru_cache(maxsize=4096)
def _base(kind: type) -> type:
    """The first class in the order of bases that is written in C."""
    return next(base for base in kind.__mro__ if is_of_c(base))


@functools.lru_cache(maxsize=4096)
def _hides_its_entries(kind: type) -> bool:
    """Whether it is a container of a user's class that shows others than it has."""
    return (
        issubclass(kind, ENTRIES)
        and room_of(kind.__module__) == "user"
        and any(
            isinstance(getattr(kind, name), types.FunctionType)
            for name in ("__getitem__", "__iter__", "__len__")
        )
    )


@functools.lru_cache(maxsize=4096)
def is_of_c(kind: type) -> bool:
    """Whether a class is written in C."""
    return kind is object or any(
        isinstance(value, METHODS) and value.__objclass__ is kind for value in vars(kind).values()
    )


def users(frame: FrameType | None) -> FrameType | None:
    """The user's frame on whose behalf one of Python's or NumPy's runs; None for the library's."""
    while frame is not None:
        room = room_of(str(frame.f_globals.get("__name__")))
        if room in ("user", "ours"):
            return frame if room == "user" else None
        frame = frame.f_back
    return None


def inner_codes(code: CodeType) -> Iterator[CodeType]:
    """The code, and all code that is written inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from inner_codes(constant)


@functools.lru_cache(maxsize=4096)
def code_names(code: CodeType) -> frozenset[str]:
    """The names that a function's code, and the code inside it, reads."""
    # A name that is none was put there by a tool, as pytest does for `assert`.
    return frozenset(
        name for inner in inner_codes(code) for name in inner.co_names if name.isidentifier()
    )


@functools.lru_cache(maxsize=4096)
def global_names(code: CodeType) -> frozenset[str]:
    """The names that the code, and the code inside it, looks up in its globals."""
    return frozenset(
        str(instruction.argval)
        for inner in inner_codes(code)
        for instruction in get_instructions(inner)
        if instruction.opname.endswith(("_GLOBAL", "_NAME"))
        and instruction.opname != "IMPORT_NAME"
        and str(instruction.argval).isidentifier()
    )


@functools.lru_cache(maxsize=4096)
def _imports(code: CodeType) -> frozenset[str]:
    """The modules that the code imports, with a dot for each level up."""
    found = set()
    for inner in inner_codes(code):
        level: Any = 0
        before: Any = None
        for instruction in get_instructions(inner):
            if instruction.opname == "IMPORT_NAME":
                found.add("." * (level or 0) + str(instruction.argval))
            level, before = before, instruction.argval
    return frozenset(found)


def imported(code: CodeType, scope: dict[str, Any]) -> set[str]:
    """The names of the modules that the code imports when it runs, and of their packages."""
    found = set()
    for name in _imports(code):
        try:
            full = resolve_name(name, scope.get("__package__") or scope.get("__name__"))
        except ImportError:
            continue
        found |= {full, full.partition(".")[0]}
    return found


@functools.lru_cache(maxsize=4096)
def reads_any_name(code: CodeType) -> bool:
    """Whether the code may read attributes by names that it does not have."""
    return not SIGNS.isdisjoint(code_names(code))


@functools.lru_cache(maxsize=4096)
def catches_errors(code: CodeType) -> bool:
    """Whether the code may go on after an error, as that an attribute is not there."""
    found = [
        instruction.opname for inner in inner_codes(code) for instruction in get_instructions(inner)
    ]
    # Each `with` has a handler, too, which goes on if its manager says so.
    handlers = found.count("PUSH_EXC_INFO") - found.count("WITH_EXCEPT_START")
    return handlers > 0 or "suppress" in code_names(code)
