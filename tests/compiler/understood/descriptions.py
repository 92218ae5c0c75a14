"""What functions, classes, arrays and NumPy tell of themselves."""

import numpy as np

import mytorch
from mytorch import Tensor, nn
from tests.compiler.understood.case import case


@case
def docstring_of_a_function():
    def told():
        "A word."

    return lambda x: x * len(told.__doc__), lambda: setattr(told, "__doc__", "Two words.")


@case
def name_of_a_class():
    class Told:
        pass

    one = Told()
    return (
        lambda x: x * len(type(one).__name__) + len(Told.__module__),
        lambda: setattr(Told, "__name__", "Another"),
    )


@case
def annotations():
    def told(x: int) -> None: ...

    return lambda x: x * len(told.__annotations__), lambda: told.__annotations__.clear()


@case
def dtype_of_an_array():
    array = np.zeros(2)
    return lambda x: x * array.dtype.itemsize, lambda: setattr(array, "dtype", np.int16)


@case
def shape_of_an_array():
    array = np.arange(2.0)
    return lambda x: x * Tensor(array + 1), lambda: setattr(array, "shape", (2, 1))


@case
def flags_of_an_array():
    array = np.zeros(2)
    return lambda x: x + array.flags.writeable, lambda: array.setflags(write=False)


@case
def flag_of_an_array_by_key():
    array = np.zeros(2)
    return lambda x: x + array.flags["W"], lambda: array.setflags(write=False)


@case
def list_of_a_class_of_the_library():
    class Owner(nn.Module):
        pass

    Owner.__module__, Owner.rates = "mytorch.nn.owner", [2.0]
    one = Owner()
    return lambda x: x * one.rates[0], lambda: Owner.rates.append(Owner.rates.pop() + 1)


@case
def seed_that_was_set():
    mytorch.manual_seed(3)
    return lambda x: x * mytorch.initial_seed(), lambda: mytorch.manual_seed(4)
