"""Functions, classes, and the attributes of classes."""

import abc

import numpy as np

from mytorch import Tensor, nn, no_grad
from tests.compiler.understood.case import case


@case
def attribute_of_a_function():
    def run(x):
        return x * run.scale

    run.scale = 2.0
    return run, lambda: setattr(run, "scale", 3.0)


@case
def attribute_that_a_function_gets():
    def inner(x):
        return x * 2

    def run(x):
        try:
            return inner(x) * inner.scale
        except AttributeError:
            return inner(x)

    return run, lambda: setattr(inner, "scale", 3.0)


@case
def code_of_a_function():
    def inner(x):
        return x * 2

    def other(x):
        return x * 3

    return lambda x: inner(x), lambda: setattr(inner, "__code__", other.__code__)


@case
def own_code():
    def run(x):
        return x * 2

    def other(x):
        return x * 3

    return run, lambda: setattr(run, "__code__", other.__code__)


@case
def class_of_an_object():
    class One:
        def scaled(self, x):
            return x * 2

    class Other:
        def scaled(self, x):
            return x * 3

    thing = One()
    return lambda x: thing.scaled(x), lambda: setattr(thing, "__class__", Other)


@case
def class_of_a_layer():
    layer = nn.ReLU()

    class Tripling(nn.ReLU):
        def forward(self, x):
            return x * 3

    def run(x):
        with no_grad():
            return layer(x)

    return run, lambda: object.__setattr__(layer, "__class__", Tripling)


@case
def bases_of_a_class():
    class Top:
        pass

    class One(Top):
        factor = 2.0

    class Other(Top):
        factor = 3.0

    class Thing(One):
        pass

    thing = Thing()
    return lambda x: x * thing.factor, lambda: setattr(Thing, "__bases__", (Other,))


@case
def metaclass():
    class Meta(type):
        factor = 2.0

        @property
        def scale(cls):
            return cls.factor

    class Thing(metaclass=Meta):
        pass

    return lambda x: x * Thing.scale, lambda: setattr(Meta, "factor", 3.0)


@case
def descriptor():
    class Scaled:
        factor = 2.0

        def __get__(self, thing, kind):
            return self.factor

    class Thing:
        scale = Scaled()

    thing = Thing()
    return lambda x: x * thing.scale, lambda: setattr(vars(Thing)["scale"], "factor", 3.0)


@case
def attribute_of_a_class_that_each_run_sets():
    class Thing:
        used = False

    def run(x):
        y = x * (3 if Thing.used else 2)
        Thing.used = True
        return y

    return run, lambda: setattr(Thing, "used", False)


@case
def getattr_of_a_class():
    class Thing:
        def __init__(self):
            self.values = {"scale": 2.0}

        def __getattr__(self, name):
            return self.values[name]

    thing = Thing()
    return lambda x: x * thing.scale, lambda: setattr(thing, "scale", 3.0)


@case
def dict_of_an_object():
    class Thing:
        scale = 2.0

    thing = Thing()
    thing.other = 1.0

    def change() -> None:
        thing.__dict__ = {"other": 1.0, "scale": 3.0}

    return lambda x: x * thing.scale * thing.other, change


@case
def forward_of_a_layer():
    class ReLU(nn.ReLU):
        pass

    layer = ReLU()

    def run(x):
        with no_grad():
            return layer(x)

    return run, lambda: setattr(ReLU, "forward", lambda self, x: x * 3)


@case
def global_that_is_not_there_yet():
    space = {"__name__": "a_program"}
    source = "def run(x):\n  try: return x * scale\n  except NameError: return x * 2"
    exec(source, space)
    return space["run"], lambda: space.update(scale=3.0)


@case
def variable_that_has_no_value_yet():
    def put():
        nonlocal scale
        scale = 3.0

    def run(x):
        try:
            return x * scale
        except NameError:
            return x * 2

    if put is run:
        scale = 1.0
    return run, put


@case
def class_registered_with_an_abstract_one():
    class Abstract(abc.ABC):  # noqa: B024
        pass

    class Plain:
        pass

    thing = Plain()
    return lambda x: x * (3 if isinstance(thing, Abstract) else 2), lambda: Abstract.register(Plain)


@case
def class_attribute_that_each_run_changes():
    class Depth:
        level = 0
        at_most = 5

        def __enter__(self):
            Depth.level += 1

        def __exit__(self, *error):
            Depth.level -= 1

    def run(x):
        with Depth():
            Depth.last = Depth.level
            return x * Depth.level

    Depth.last = 0
    return run, lambda: setattr(Depth, "level", 2)


@case
def method_that_Python_takes_a_number_from():
    class Choice:
        def __index__(self):
            return place[0]

        def __len__(self):
            return place[0] + 1

        def __float__(self):
            return place[0] + 0.5

    place, choice = [0], Choice()

    def run(x):
        return x[choice] * len(choice) + x * float(choice)

    return run, lambda: place.__setitem__(0, 1)


@case
def attributes_that_a_class_looks_up_itself():
    class Lookup:
        def __getattribute__(self, name):
            return table[name]

    table, thing = {"scale": 2.0}, Lookup()
    return lambda x: x * thing.scale, lambda: table.update(scale=3.0)


@case
def error_of_numbers_that_is_caught():
    place = [4]

    def run(x):
        place[0] -= 1
        try:
            return x * (1 / place[0])
        except ZeroDivisionError:
            return x * 7

    return run, lambda: place.__setitem__(0, 1)


@case
def error_of_arrays_that_is_caught():
    matrix = np.array([[1.0]])

    def run(x):
        try:
            return x * Tensor(np.linalg.cholesky(matrix * -1.0))
        except np.linalg.LinAlgError:
            return x * 7

    return run, lambda: matrix.__imul__(-4.0)


@case
def error_that_is_kept():
    error = ValueError(2.0)
    return lambda x: x * error.args[0], lambda: setattr(error, "args", (3.0,))
