"""Programs that read state in every way that Python has, one thing of which changes after a replay.

    python -m tests.compiler.stale_programs --programs 10000

Each program is made twice. One runs as it is, the other compiled, until a call is replayed, as its
counts say. Then one thing changes in both, and what they return must be equal to the bit.
"""

import argparse
import collections
import dataclasses
import enum
import functools
import random
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import mytorch
from mytorch import Tensor, nn, no_grad

Step = Callable[[Tensor], Any]
Read = Callable[[Tensor], Any]
Change = Callable[[], object]
Kind = Callable[[random.Random], tuple[Read, list[Change]]]
KINDS: dict[str, Kind] = {}


def kind(make: Kind) -> Kind:
    """A way to read state: what is made of it and `x`, and changes, each of one thing."""
    KINDS[make.__name__] = make
    return make


def number(rng: random.Random) -> float:
    return rng.choice([0.5, -1.5, 2.0, 3.0, 0.0, -0.0, 7.0])


def value(rng: random.Random) -> Any:
    """A number, also NumPy's, an array or a tensor."""
    drawn = number(rng)
    arrays = np.array([drawn, 1.0]), Tensor(np.array([drawn, 2.0]))
    return rng.choice([drawn, int(drawn), np.float64(drawn), np.float32(drawn), *arrays])


def other(rng: random.Random, old: Any) -> Any:
    """Something else of the same kind, or of another."""
    new = number(rng) + 10
    if rng.random() < 0.2:
        return value(rng)
    if isinstance(old, np.ndarray):
        return np.array([new, new])
    return Tensor(np.array([new, new])) if isinstance(old, Tensor) else type(old)(new)


def in_place(old: Any, put: Callable[[Any], object], rng: random.Random) -> list[Change]:
    """Changes of what holds a value: to another, or of its numbers."""
    new = other(rng, old)
    changes: list[Change] = [lambda: put(new)]
    if isinstance(old, np.ndarray):
        changes.append(lambda: old.fill(9.0))
    if isinstance(old, Tensor):
        changes += [lambda: old.data.fill(9.0), lambda: setattr(old, "data", old.data * 3)]
    return changes


def used(x: Tensor, held: Any) -> Any:
    """A value made a part of the result, also after NumPy has seen it."""
    return x * Tensor(held / 2) if isinstance(held, np.ndarray) else x * held + held


@kind
def closure(rng):
    held = value(rng)

    def put(new):
        nonlocal held
        held = new

    return lambda x: used(x, held), in_place(held, put, rng)


@kind
def global_name(rng):
    space = {"__name__": "a_program", "held": value(rng), "used": used}
    exec("def read(x): return used(x, held)", space)
    return space["read"], in_place(space["held"], lambda new: space.update(held=new), rng)


@kind
def default(rng):
    held, moved = value(rng), number(rng)

    def inner(x, held=held, *, shift=moved):
        return used(x, held) + shift

    changes = in_place(held, lambda new: setattr(inner, "__defaults__", (new,)), rng)
    changes.append(lambda: inner.__kwdefaults__.update(shift=11.0))
    changes.append(lambda: setattr(inner, "__kwdefaults__", {"shift": 12.0}))
    return lambda x: inner(x), changes


@kind
def star_arguments(rng):
    args, kwargs = [value(rng)], {"shift": number(rng)}

    def inner(x, *args, **kwargs):
        return used(x, args[0]) + kwargs["shift"]

    changes = in_place(args[0], lambda new: args.__setitem__(0, new), rng)
    changes.append(lambda: kwargs.update(shift=13.0))
    return lambda x: inner(x, *args, **kwargs), changes


class Plain:
    def scaled(self, x):
        return used(x, self.held)


class Slotted:
    __slots__ = ("__own", "held")

    def scaled(self, x):
        return used(x, self.held) + self.__own

    def put(self, new):
        self.__own = new


@kind
def attribute(rng):
    thing = rng.choice([Plain, types.SimpleNamespace, argparse.Namespace])()
    thing.other, thing.held = 1.0, value(rng)
    return lambda x: used(x, thing.held), [
        *in_place(thing.held, functools.partial(setattr, thing, "held"), rng),
        lambda: setattr(thing, "other", 2.0),
        lambda: vars(thing).update(held=14.0),
    ]


@kind
def method(rng):
    class Own(Plain):
        pass

    thing = Own()
    thing.held = value(rng)
    return lambda x: thing.scaled(x), [
        *in_place(thing.held, functools.partial(setattr, thing, "held"), rng),
        lambda: setattr(thing, "scaled", lambda x: x * 15),
        lambda: setattr(Own, "scaled", lambda self, x: x * 16),
        lambda: setattr(thing, "__class__", type("Own", (Plain,), {"scaled": lambda self, x: x})),
        lambda: setattr(thing, "__dict__", {"held": 17.0}),
    ]


@kind
def slot(rng):
    thing = Slotted()
    thing.held = value(rng)
    thing.put(number(rng))
    changes = in_place(thing.held, functools.partial(setattr, thing, "held"), rng)
    return thing.scaled, [*changes, lambda: thing.put(18.0)]


@kind
def class_attribute(rng):
    class Base:
        held = value(rng)

    class Thing(Base):
        pass

    old, new = Base.held, other(rng, Base.held)
    thing = Thing()
    return lambda x: used(x, thing.held), [
        *in_place(old, functools.partial(setattr, Base, "held"), rng),
        lambda: setattr(Thing, "held", new),
        lambda: setattr(thing, "held", new),
        lambda: setattr(Thing, "__bases__", (type("Base", (Plain,), {"held": 19.0}),)),
    ]


@kind
def metaclass(rng):
    class Meta(type):
        held = value(rng)

    class Thing(metaclass=Meta):
        pass

    old, new = Meta.held, other(rng, Meta.held)
    changes = in_place(old, functools.partial(setattr, Meta, "held"), rng)
    return lambda x: used(x, Thing.held), [*changes, lambda: setattr(Thing, "held", new)]


@kind
def property_of_a_class(rng):
    class Thing:
        def __init__(self):
            self.inner = value(rng)

        @property
        def held(self):
            return self.inner

        @functools.cached_property
        def twice(self):
            return 2.0

    thing = Thing()
    assert thing.twice  # which keeps it
    return lambda x: used(x, thing.held) + thing.twice, [
        *in_place(thing.inner, functools.partial(setattr, thing, "inner"), rng),
        lambda: setattr(Thing, "held", property(lambda self: 20.0)),
        lambda: setattr(Thing, "held", 21.0),
        lambda: vars(thing).update(twice=22.0),
    ]


@kind
def lookup(rng):
    class Thing:
        def __init__(self):
            self.values = {"held": value(rng)}

        def __getattr__(self, name):
            if name == "values":
                raise AttributeError(name)
            return self.values[name]

    thing = Thing()
    return lambda x: used(x, thing.held), [
        *in_place(thing.values["held"], lambda new: thing.values.update(held=new), rng),
        lambda: setattr(thing, "held", 23.0),
        lambda: setattr(Thing, "held", 24.0),
    ]


@kind
def descriptor(rng):
    class Reading:
        def __init__(self):
            self.held = value(rng)

        def __get__(self, thing, kind):
            return self.held

    class Thing:
        held = Reading()

    reading, thing = vars(Thing)["held"], Thing()
    changes = in_place(reading.held, functools.partial(setattr, reading, "held"), rng)
    return lambda x: used(x, thing.held), [*changes, lambda: vars(thing).update(held=25.0)]


@kind
def plain_tuple(rng):
    thing = types.SimpleNamespace(pair=(value(rng), (value(rng), 1)))
    old, new = thing.pair[0], other(rng, thing.pair[0])
    changes = in_place(old, lambda new: setattr(thing, "pair", (new, thing.pair[1])), rng)
    changes += in_place(
        thing.pair[1][0], lambda new: setattr(thing, "pair", (thing.pair[0], (new, 1))), rng
    )
    changes.append(lambda: setattr(thing, "pair", (new, *thing.pair[1:])))
    return lambda x: used(used(x, thing.pair[0]), thing.pair[1][0]), changes


class Pair(NamedTuple):
    held: Any
    spare: int = 1


@kind
def named_tuple(rng):
    made = rng.choice([Pair, collections.namedtuple("B", "held spare")])
    pairs = [made(value(rng), 1)]
    changes = in_place(
        pairs[0].held, lambda new: pairs.__setitem__(0, pairs[0]._replace(held=new)), rng
    )
    return lambda x: used(x, pairs[0].held) * pairs[0].spare, [
        *changes,
        lambda: pairs.__setitem__(0, pairs[0]._replace(spare=26)),
    ]


@kind
def list_of_values(rng):
    held = [value(rng), number(rng), number(rng)]
    return lambda x: used(x, held[0]) + held[-1] * len(held), [
        *in_place(held[0], lambda new: held.__setitem__(0, new), rng),
        lambda: held.append(27.0),
        lambda: held.pop(),
        lambda: held.reverse(),
        lambda: held.__setitem__(slice(1, None), [28.0, 29.0]),
    ]


@kind
def dict_of_values(rng):
    keys = rng.choice(
        [["a", "b"], [1, 2], [(1, "a"), (2, "b")], [Colour.RED, Colour.BLUE], [int, float]]
    )
    held = {key: value(rng) for key in keys}
    first = keys[0]

    def turn():
        held[first] = held.pop(first)

    return lambda x: used(used(x, held[first]), next(iter(held.values()))) * len(held), [
        *in_place(held[first], lambda new: held.update({first: new}), rng),
        turn,
        lambda: held.update(c=30.0),
        lambda: held.pop(keys[1]),
    ]


@kind
def keys_of_tensors(rng):
    one, two = Tensor([1.0]), Tensor([1.0])
    held = {one: number(rng), two: number(rng) + 0.25}

    def turn():
        held[one] = held.pop(one)

    return lambda x: x * next(iter(held.values())) + held[two], [
        turn,
        lambda: held.update({two: 31.0}),
        lambda: held.pop(one),
    ]


@kind
def set_of_numbers(rng):
    held = {2.5, 3.5, 4.5}

    def again():
        held.clear()
        held.update([float("2.5"), 6.5])

    return lambda x: x * max(held) + len(held), [lambda: held.add(32.0), again]


@kind
def deque_of_values(rng):
    held = collections.deque([value(rng), number(rng), number(rng)])
    return lambda x: used(x, held[0]) + held[-1], [
        *in_place(held[0], lambda new: held.__setitem__(0, new), rng),
        lambda: held.append(33.0),
        lambda: held.appendleft(34.0),
        lambda: held.pop(),
    ]


@kind
def partial(rng):
    held = value(rng)
    made = functools.partial(lambda a, x, shift: used(x, a) + shift, held, shift=number(rng))
    changes = in_place(held, lambda new: None, rng)[1:]
    return lambda x: made(x), [*changes, lambda: made.keywords.update(shift=35.0)]


@dataclasses.dataclass
class Data:
    held: Any
    pair: tuple = (1.0, 2.0)


@dataclasses.dataclass(frozen=True)
class Frozen:
    held: Any
    pair: tuple = (1.0, 2.0)


@kind
def data_class(rng):
    things = [rng.choice([Data, Frozen])(value(rng))]

    def put(new):
        things[0] = dataclasses.replace(things[0], held=new)

    changes = in_place(things[0].held, put, rng)
    changes.append(lambda: object.__setattr__(things[0], "held", 36.0))
    changes.append(lambda: object.__setattr__(things[0], "pair", (37.0, 1.0)))
    return lambda x: used(x, things[0].held) * things[0].pair[0], changes


class Colour(enum.Enum):
    RED = 2.0
    BLUE = 3.0


@kind
def enumeration(rng):
    class Scale(enum.Enum):
        ONE = number(rng)
        TWO = number(rng) + 0.25

    thing = types.SimpleNamespace(scale=Scale.ONE)
    return lambda x: x * thing.scale.value, [
        lambda: setattr(thing, "scale", Scale.TWO),
        lambda: setattr(Scale.ONE, "_value_", 38.0),
    ]


def modules(rng) -> tuple[types.ModuleType, types.ModuleType]:
    outer, inner = types.ModuleType("stale_pkg"), types.ModuleType("stale_pkg.conf")
    outer.conf, inner.held, inner.used = inner, value(rng), used
    exec("def scaled(x): return used(x, held)", vars(inner))
    sys.modules["stale_pkg"], sys.modules["stale_pkg.conf"] = outer, inner
    return outer, inner


@kind
def module(rng):
    outer, inner = modules(rng)
    space = {"__name__": "a_program", "pkg": outer, "used": used, "get": getattr}
    body = rng.choice(
        [
            "used(x, pkg.conf.held)",
            "pkg.conf.scaled(x)",
            "used(x, getattr(pkg.conf, 'he' + 'ld'))",
            "used(x, vars(pkg.conf)['held'])",
        ]
    )
    exec(f"def read(x): return {body}", space)
    another = types.ModuleType("stale_pkg.conf")
    another.held, another.scaled = 39.0, lambda x: x * 40
    return space["read"], [
        *in_place(inner.held, functools.partial(setattr, inner, "held"), rng),
        lambda: setattr(outer, "conf", another),
        lambda: setattr(inner, "scaled", another.scaled),
    ]


@kind
def module_held(rng):
    _, inner = modules(rng)
    thing = types.SimpleNamespace(conf=inner)
    conf = inner
    return rng.choice([lambda x: used(x, conf.held), lambda x: used(x, thing.conf.held)]), [
        *in_place(inner.held, functools.partial(setattr, inner, "held"), rng),
    ]


@kind
def function_attribute(rng):
    def inner(x):
        return used(x, inner.held)

    inner.held = value(rng)
    return lambda x: inner(x), [
        *in_place(inner.held, functools.partial(setattr, inner, "held"), rng),
        lambda: setattr(inner, "held", 42.0),
    ]


@kind
def code(rng):
    def inner(x):
        return x * 2

    def another(x):
        return x * 43

    return lambda x: inner(x), [lambda: setattr(inner, "__code__", another.__code__)]


@kind
def hook(rng):
    w = Tensor(np.array([3.0, 4.0]), is_parameter=True)
    factor = [number(rng)]
    handles = [w.register_hook(lambda g: g * factor[0])] if rng.random() < 0.5 else []

    def read(x):
        w.grad = None
        with mytorch.enable_grad():
            (w * x.detach()).sum().backward()
        return w.grad * 1

    changes: list[Change] = [lambda: w.register_hook(lambda g: g * 44)]
    if handles:
        changes += [handles[0].remove, lambda: factor.__setitem__(0, 45.0)]
        changes.append(lambda: (handles[0].remove(), w.register_hook(lambda g: g * 46)))
    return read, changes


@kind
def layer(rng):
    mytorch.manual_seed(3)
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.0), nn.ReLU())

    def read(x):
        with no_grad():
            return net(x) * (2 if net.training else 3)

    return read, [
        net.eval,
        lambda: net[0].eval(),
        lambda: net[0].weight.data.fill(0.5),
        lambda: setattr(net[0], "bias", None),
        lambda: net.add_module("3", nn.Tanh()),
        lambda: setattr(net[2], "forward", lambda x: x * 47),
        lambda: object.__setattr__(net[2], "__class__", nn.Tanh),
        lambda: net[0].to(np.float32).to(np.float64),
    ]


@kind
def mapping(rng):
    table = {"held": value(rng)}
    read = rng.choice(
        [
            types.MappingProxyType(table).__getitem__,
            collections.ChainMap({}, table).__getitem__,
            table.get,
            collections.UserDict(table).__getitem__,
        ]
    )
    return lambda x: used(x, read("held")), [lambda: table.update(held=48.0)]


@kind
def opaque(rng):
    """What nobody watches: such a program must not be replayed."""
    held = bytearray([2, 3])
    numbers = iter(range(10**6))
    source = random.Random(4)
    return rng.choice(
        [
            lambda x: x * held[0],
            lambda x: x * (next(numbers) // 4),
            lambda x: x * (2 if source.random() < 0.7 else 3),
            lambda x: x * next(map(source.randint, [0], [9])),
        ]
    ), [lambda: held.__setitem__(0, 49)]


@kind
def layout_of_an_array(rng):
    """Which somebody changes in place, as views of it do not."""
    held = Tensor(np.array([[number(rng), 3.0], [1.0, 2.0]]))
    return lambda x: used(x, (held * 3)[0]), [
        lambda: setattr(held.data, "shape", (4, 1)),
        lambda: setattr(held.data, "dtype", np.int64),
        lambda: setattr(held, "data", np.array([[4.0, 5.0]]).T),
    ]


@kind
def numpys_protocol(rng):
    class Holder:
        def __init__(self):
            self.held = np.array([number(rng), 2.0])

        def __array__(self, dtype=None, copy=None):
            return self.held

    holder = Holder()
    return lambda x: used(x, np.asarray(holder)), [
        lambda: holder.held.fill(9.0),
        lambda: setattr(holder, "held", np.array([8.0, 9.0])),
    ]


class Outside:
    """What belongs to the call: the argument, and the modes."""

    def __init__(self, rng: random.Random) -> None:
        self.shape = rng.choice([(2,), (1, 2), (2, 1, 2), (1, 1, 2)])
        self.grad = rng.random() < 0.5
        self.dtype = np.float64
        self.default = np.float64
        self.order = "C"

    def changes(self, rng: random.Random) -> list[Change]:
        shapes = {(2,): (1, 2), (1, 2): (2,), (2, 1, 2): (1, 2, 2), (1, 1, 2): (1, 2)}
        return [
            lambda: setattr(self, "shape", shapes[self.shape]),
            lambda: setattr(self, "grad", not self.grad),
            lambda: setattr(self, "dtype", np.float32),
            lambda: setattr(self, "default", np.float32),
            lambda: setattr(self, "order", "F"),
        ]

    def call(self, step: Step, numbers: int) -> Any:
        rng = np.random.default_rng(numbers)
        x = Tensor(np.asarray(rng.normal(size=self.shape), self.dtype, order=self.order))
        mytorch.set_default_dtype(self.default)
        try:
            with mytorch.set_grad_enabled(self.grad):
                return step(x)
        finally:
            mytorch.set_default_dtype(np.float64)


Step = Callable[[Tensor], Any]


def program(seed: int) -> tuple[Step, list[tuple[str, Change]], Outside]:
    """The program of a seed, and its changes by the names of what they change."""
    rng = random.Random(seed)
    names = [rng.choice([*KINDS]) for _ in range(rng.choice([1, 1, 2, 3]))]
    parts = [KINDS[name](rng) for name in names]
    outside = Outside(rng)
    reads = [read for read, _ in parts]
    mode = rng.choice([1.0, 2.0, 3.0])

    def step(x):
        results = [read(x) for read in reads]
        scale = mode if mytorch.is_grad_enabled() else mode + 1
        return [(result * scale).detach() for result in results], Tensor([1.0]) * mode

    changes = [
        (name, change) for name, (_, found) in zip(names, parts, strict=True) for change in found
    ]
    changes += [("outside", change) for change in outside.changes(rng)]
    return step, changes, outside


def bits(result: Any) -> Any:
    parts, last = result
    return [(p.dtype, p.shape, p.data.tobytes()) for p in (*parts, last)]


class Found(NamedTuple):
    """What came of a program: what was changed, whether it had been replayed before, and was
    stale after."""

    changed: str
    replayed: bool
    stale: bool


def run(seed: int) -> Found:
    """Runs the program of a seed, changes one thing, and compares."""
    eager, changes, outside = program(seed)
    step, twins, twin = program(seed)
    compiled = mytorch.compile(step)
    place = random.Random(-seed - 1).randrange(len(changes))
    random.seed(seed)

    def differs(number: int) -> bool:
        return bits(outside.call(eager, number)) != bits(twin.call(compiled, number))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stale = False
        for number in range(6):
            stale |= differs(number)
            if compiled.counts.replayed:
                break
        replayed = compiled.counts.replayed > 0
        changes[place][1]()
        twins[place][1]()
        for number in range(6, 9):
            stale |= differs(number)
    return Found(changes[place][0], replayed, stale)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns its exit status: 1 if a program was stale."""
    parser = argparse.ArgumentParser("python -m tests.compiler.stale_programs")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    options = parser.parse_args(arguments)
    found: list[Found] = []
    for seed in range(options.seed, options.seed + options.programs):
        found.append(run(seed))
        if found[-1].stale:
            print(f"stale: seed {seed}, {found[-1].changed}", flush=True)
    replayed = sum(one.replayed for one in found)
    stale = sum(one.stale for one in found)
    print(f"{len(found)} programs, {replayed} replayed before the change, {stale} stale")
    unproven = collections.Counter(one.changed for one in found if not one.replayed)
    for name, count in sorted(unproven.items()):
        print(f"  {count} not replayed: {name}")
    return int(stale > 0)


if __name__ == "__main__":
    sys.exit(main())
