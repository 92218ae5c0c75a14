"""Dicts, sets, and what reads them."""

import collections
import enum
import functools
import re
import types
import weakref

from mytorch import Tensor
from tests.compiler.understood.case import case


@case
def keys_that_are_equal_tensors():
    one, two = Tensor([1.0]), Tensor([1.0])
    table = {one: 2.0, two: 3.0}

    def change() -> None:
        table[one] = table.pop(one)

    return lambda x: x * next(iter(table.values())) + (next(iter(table)) is one) * 10, change


@case
def key_that_is_replaced_by_an_equal_one():
    table = {1: 2.0}

    def change() -> None:
        table.clear()
        table[True] = 2.0

    return lambda x: x * (5 if next(iter(table)) is True else 7), change


@case
def set_that_is_filled_anew():
    numbers = {float("2.5")}

    def change() -> None:
        numbers.clear()
        numbers.add(float("3.5"))

    return lambda x: x * max(numbers), change


@case
def mapping_proxy():
    table = {"a": 2.0}
    proxy = types.MappingProxyType(table)
    return lambda x: x * proxy["a"], lambda: table.update(a=3.0)


@case
def view_of_a_dict():
    table = {"a": 2.0}
    values = table.values()
    return lambda x: x * sum(values), lambda: table.update(a=3.0)


@case
def method_of_a_dict():
    table = {"a": 2.0}
    get = table.get
    return lambda x: x * get("a"), lambda: table.update(a=3.0)


@case
def method_of_a_dict_in_map():
    table = {"a": 2.0}
    return lambda x: x * sum(map(table.get, ["a"])), lambda: table.update(a=3.0)


@case
def chained_dicts():
    inner = {"a": 2.0}
    table = collections.ChainMap({}, inner)
    return lambda x: x * table["a"], lambda: inner.update(a=3.0)


@case
def counter():
    table = collections.Counter("aab")
    return lambda x: x * table["a"], lambda: table.update("a")


@case
def cached_property():
    class Thing:
        factor = 2.0

        @functools.cached_property
        def scale(self):
            return self.factor * 2

    thing = Thing()
    return lambda x: x * thing.scale, lambda: (setattr(Thing, "factor", 3.0), vars(thing).clear())


@case
def cached_function():
    calls = []

    @functools.lru_cache
    def scale(key):
        calls.append(key)
        return len(calls) * 2.0

    return lambda x: x * scale(1), lambda: scale.cache_clear()


@case
def pattern():
    settings = {"kind": "a", "scale": 2.0}

    def run(x):
        match settings:
            case {"kind": "a", "scale": scale}:
                return x * scale
            case _:
                return x

    return run, lambda: settings.update(scale=3.0)


@case
def enumeration():
    class Colour(enum.Enum):
        RED = 2.0

        @property
        def scale(self):
            return self.value * 2

    return lambda x: x * Colour.RED.scale, lambda: setattr(Colour.RED, "_value_", 3.0)


@case
def compiled_pattern():
    one = types.SimpleNamespace(pattern=re.compile("a+"))
    return (
        lambda x: x * len(one.pattern.match("aab").group()),
        lambda: setattr(one, "pattern", re.compile("a")),
    )


@case
def list_of_a_class_that_shows_others():
    class Doubled(list):
        def __getitem__(self, index):
            return list.__getitem__(self, index) * factor[0]

    factor, numbers = [1.0], Doubled([2.0])
    return lambda x: x * numbers[0], lambda: factor.__setitem__(0, 3.0)


@case
def dict_of_a_class_that_sets_others():
    class Doubled(dict):
        def __setitem__(self, key, value):
            dict.__setitem__(self, key, value * 2)

    numbers = Doubled(scale=Tensor([2.0]))

    def run(x):
        y = x * numbers["scale"]
        numbers["scale"] = x * 1
        return y

    return run, lambda: None


@case
def dict_of_weak_references():
    class Thing:
        scale = 2.0

    thing = Thing()
    table = weakref.WeakValueDictionary(thing=thing)
    return lambda x: x * table["thing"].scale, lambda: setattr(thing, "scale", 3.0)
