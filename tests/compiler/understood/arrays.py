"""Arrays in containers and in attributes of unusual holders."""

import collections
import dataclasses
import functools
import types

import numpy as np

from mytorch import Tensor
from tests.compiler.understood.case import case


@case
def namedtuple_in_an_attribute():
    B = collections.namedtuple("B", "x y")
    holder = types.SimpleNamespace(b=B(np.array([2.0, 4.0]), 1))
    return (
        lambda x: x + Tensor(holder.b.x / 2),
        lambda: holder.b.x.__setitem__(slice(None), 6.0),
    )


@case
def statistics_in_a_tuple():
    class Stats:
        def __init__(self) -> None:
            self.stats = (np.array([2.0, 4.0]), (Tensor([1.0]), np.array([1.0])))

    one = Stats()
    return (
        lambda x: (x - Tensor(one.stats[0] * 2)) / Tensor(one.stats[1][1] + 1),
        lambda: one.stats[1][1].fill(7.0),
    )


@case
def tuple_that_is_replaced():
    one = types.SimpleNamespace(stats=(np.array([2.0]), 1))
    return lambda x: x * Tensor(one.stats[0] * 2), lambda: setattr(one, "stats", (np.ones(1), 1))


@case
def statistics_that_each_run_replaces():
    one = types.SimpleNamespace(stats=(Tensor([0.0]), Tensor([1.0])))

    def run(x):
        mean, var = one.stats
        one.stats = ((mean + x.mean()).detach(), var * 2)
        return x + one.stats[0] * one.stats[1]

    return run, lambda: None


@case
def array_in_a_partial():
    table = np.array([2.0, 4.0])
    scaled = functools.partial(lambda a, x: x * Tensor(a * 2), table)
    return lambda x: scaled(x), lambda: table.fill(5.0)


@case
def array_in_keywords_of_a_partial():
    table = np.array([2.0, 4.0])
    scaled = functools.partial(lambda x, a: x * Tensor(a * 2), a=table)
    return lambda x: scaled(x), lambda: table.fill(5.0)


@case
def partial_that_gets_another_keyword():
    scaled = functools.partial(lambda x, a: x * a, a=2.0)
    return lambda x: scaled(x), lambda: scaled.keywords.update(a=3.0)


@case
def array_in_a_deque():
    queue = collections.deque([np.array([2.0, 4.0])])
    return lambda x: x * Tensor(queue[0] * 2), lambda: queue[0].fill(5.0)


@case
def deque_that_rotates():
    queue = collections.deque([1.0, 2.0, 3.0])

    def run(x):
        queue.rotate()
        return x * queue[0]

    return run, lambda: queue.append(4.0)


@case
def array_of_a_class():
    class Scaled:
        table = np.array([2.0, 4.0])

    return lambda x: x * Tensor(Scaled.table * 2), lambda: Scaled.table.fill(5.0)


@case
def array_in_a_frozen_dataclass():
    @dataclasses.dataclass(frozen=True, slots=True)
    class Data:
        a: np.ndarray
        pair: tuple

    data = Data(np.array([2.0]), (np.array([2.0]), 1))
    return (
        lambda x: x * Tensor(data.a * 2) * Tensor(data.pair[0] + 1),
        lambda: data.pair[0].fill(5.0),
    )


@case
def array_in_a_default():
    table = (np.array([2.0]), 0)

    def inner(x, table=table):
        return x * Tensor(table[0] * 2)

    return lambda x: inner(x), lambda: inner.__defaults__[0][0].fill(5.0)


@case
def array_in_a_subclass_of_list():
    class Kept(list):
        pass

    kept = Kept([np.array([2.0])])
    kept.scale = 2.0
    return lambda x: x * Tensor(kept[0] * 2) * kept.scale, lambda: setattr(kept, "scale", 3.0)


@case
def attribute_of_a_dict():
    class Settings(dict):
        pass

    settings = Settings(a=1.0)
    settings.scale = 2.0
    return lambda x: x * settings.scale + settings["a"], lambda: setattr(settings, "scale", 3.0)


@case
def attribute_of_a_number():
    class Length(float):
        unit = 1.0

    length = Length(2.0)
    length.unit = 2.0
    return lambda x: x * length * length.unit, lambda: setattr(length, "unit", 3.0)


@case
def attribute_of_a_tuple():
    class Pair(tuple):
        pass

    pair = Pair([1.0, 2.0])
    pair.scale = 2.0
    return lambda x: x * pair.scale + pair[0], lambda: setattr(pair, "scale", 3.0)


@case
def private_slot():
    class Slotted:
        __slots__ = ("__factor",)

        def __init__(self) -> None:
            self.set(2.0)

        def set(self, value) -> None:
            self.__factor = value

        def scaled(self, x):
            return x * self.__factor

    one = Slotted()
    return lambda x: one.scaled(x), lambda: one.set(3.0)


@case
def shape_of_what_a_tensor_holds():
    held = Tensor(np.array([2.0, 4.0]))
    return lambda x: (held * 2).sum(0) * x, lambda: setattr(held.data, "shape", (2, 1))


@case
def dtype_of_what_a_tensor_holds():
    held = Tensor(np.array([2.0, 4.0]))
    return lambda x: (held * 2) * x, lambda: setattr(held.data, "dtype", np.int64)


@case
def object_that_numpy_asks_for_an_array():
    class Holder:
        def __init__(self) -> None:
            self.own = np.array([2.0, 4.0])

        def __array__(self, dtype=None, copy=None):
            return self.own

    holder = Holder()
    return lambda x: x * Tensor(np.asarray(holder)), lambda: holder.own.fill(3.0)
