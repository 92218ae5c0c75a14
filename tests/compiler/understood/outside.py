"""State outside of Python's objects: clocks, files, random numbers, iterators."""

import array
import contextvars
import ctypes
import datetime
import functools
import io
import itertools
import logging
import multiprocessing
import os
import queue
import random
import sys
import tempfile
import threading
import time
import types
import warnings
import weakref
from collections.abc import Iterator

import numpy as np

import mytorch
from mytorch import Tensor
from tests.compiler.understood.case import case


@case
def python_random():
    return lambda x: x * random.random(), lambda: None


@case
def python_random_that_decides():
    return lambda x: x * (2 if random.random() < 0.8 else 3), lambda: random.seed(8)


@case
def random_methods():
    source = random.Random(3)
    return lambda x: x * (2 if source.randint(0, 9) < 8 else 3), lambda: source.seed(8)


@case
def random_by_map():
    return lambda x: x * (2 if next(map(random.uniform, [0], [1])) < 0.8 else 3), lambda: None


draw = random.random


@case
def random_by_iter():
    return lambda x: x * (2 if next(iter(draw, None)) < 0.8 else 3), lambda: random.seed(8)


@case
def generator_of_numpy():
    source = np.random.default_rng(3)
    return lambda x: x * (2 if source.random() < 0.8 else 3), lambda: None


@case
def fresh_generator_of_numpy():
    def run(x):
        rng = np.random.default_rng()
        return x * (2 if rng.random() < 2 else 3)

    return run, lambda: None


@case
def next_of_an_iterator():
    numbers = iter([*[2.0] * 6, *[3.0] * 9])
    return lambda x: x * next(numbers), lambda: None


@case
def iterator_in_a_loop():
    numbers = iter([*[2.0] * 6, *[3.0] * 9])

    def run(x):
        for number in numbers:
            return x * number
        return x

    return run, lambda: None


@case
def count_in_a_list():
    counts = [itertools.count()]
    return lambda x: x * (next(counts[0]) // 6), lambda: None


@case
def generator():
    def numbers() -> Iterator[float]:
        yield from [2.0] * 6
        yield from [3.0] * 9

    source = numbers()
    return lambda x: x * next(source), lambda: None


@case
def cycle_in_an_attribute():
    one = types.SimpleNamespace(numbers=itertools.cycle([2.0] * 6 + [3.0] * 6))
    return lambda x: x * next(one.numbers), lambda: None


@case
def clock():
    start = time.monotonic()
    return lambda x: x * (2 if time.monotonic() - start < 1e9 else 3), lambda: None


@case
def date():
    return lambda x: x * (datetime.datetime.now().year > 2000), lambda: None


@case
def environment():
    os.environ["MYTORCH_TEST"] = "2"
    return (
        lambda x: x * float(os.environ["MYTORCH_TEST"]),
        lambda: os.environ.update(MYTORCH_TEST="3"),
    )


@case
def environment_by_getenv():
    os.environ["MYTORCH_TEST"] = "2"
    return (
        lambda x: x * float(os.getenv("MYTORCH_TEST")),
        lambda: os.environ.update(MYTORCH_TEST="3"),
    )


@case
def event():
    flag = threading.Event()
    return lambda x: x * (2 if flag.is_set() else 3), flag.set


@case
def flag_of_an_event():
    flag = threading.Event()
    return lambda x: x * (2 if flag._flag else 3), flag.set


@case
def local_of_a_thread():
    own = threading.local()
    own.factor = 2.0
    return lambda x: x * own.factor, lambda: setattr(own, "factor", 3.0)


@case
def context_variable():
    variable = contextvars.ContextVar("factor", default=2.0)
    return lambda x: x * variable.get(), lambda: variable.set(3.0)


@case
def bytes_that_change():
    numbers = bytearray([2, 3])
    return lambda x: x * numbers[0], lambda: numbers.__setitem__(0, 3)


@case
def memory_view():
    numbers = bytearray([2, 3])
    view = memoryview(numbers)
    return lambda x: x * view[0], lambda: numbers.__setitem__(0, 3)


@case
def array_of_python():
    numbers = array.array("d", [2.0])
    return lambda x: x * numbers[0], lambda: numbers.__setitem__(0, 3.0)


@case
def number_of_ctypes():
    number = ctypes.c_double(2.0)
    return lambda x: x * number.value, lambda: setattr(number, "value", 3.0)


@case
def structure_of_ctypes():
    class Point(ctypes.Structure):
        _fields_ = (("x", ctypes.c_double),)

    point = Point(2.0)
    return lambda x: x * point.x, lambda: setattr(point, "x", 3.0)


@case
def value_of_multiprocessing():
    number = multiprocessing.Value("d", 2.0)
    return lambda x: x * number.value, lambda: setattr(number, "value", 3.0)


@case
def raw_value_of_multiprocessing():
    number = multiprocessing.RawValue("d", 2.0)
    return lambda x: x * number.value, lambda: setattr(number, "value", 3.0)


@case
def generic_function():
    @functools.singledispatch
    def scaled(y, x):
        return x * 2

    def change() -> None:
        scaled.register(float, lambda y, x: x * 3)

    return lambda x: scaled(1.0, x), change


@case
def weak_reference():
    class Thing:
        pass

    thing = Thing()
    reference = weakref.ref(thing)

    def change() -> None:
        nonlocal thing
        thing = None

    return lambda x: x * (2 if reference() else 3), change


@case
def weak_dictionary():
    class Thing:
        pass

    thing = Thing()
    table = weakref.WeakKeyDictionary({thing: 2.0})
    return lambda x: x * table[thing], lambda: table.update({thing: 3.0})


@case
def queue_of_numbers():
    numbers = queue.Queue()
    for number in range(20):
        numbers.put(number // 6)
    return lambda x: x * numbers.get(), lambda: None


@case
def simple_queue():
    numbers = queue.SimpleQueue()
    for number in range(20):
        numbers.put(number // 6)
    return lambda x: x * numbers.get(), lambda: None


@case
def text_stream():
    lines = io.StringIO("2\n" * 6 + "3\n" * 9)
    return lambda x: x * float(lines.readline()), lambda: None


@case
def file_that_is_read():
    path = f"/tmp/mytorch-{os.getpid()}"

    def write(text: str) -> None:
        with open(path, "w") as file:
            file.write(text)

    def run(x):
        with open(path) as file:
            return x * float(file.read())

    write("2")
    return run, lambda: write("3")


@case
def modules_of_the_system():
    module = types.ModuleType("mytorch_test_of_sys")
    module.scale = 2.0
    sys.modules["mytorch_test_of_sys"] = module
    return (
        lambda x: x * sys.modules["mytorch_test_of_sys"].scale,
        lambda: setattr(module, "scale", 3.0),
    )


@case
def globals_by_name():
    space = {"scale": 2.0}
    exec("def run(x): return x * globals()['sca' + 'le']", space)
    return space["run"], lambda: space.update(scale=3.0)


@case
def evaluation():
    space = {"scale": 2.0}
    exec("def run(x): return eval('x * scale')", space)
    return space["run"], lambda: space.update(scale=3.0)


@case
def log_that_is_written():
    stream = io.StringIO()
    logger = logging.Logger("of a test")
    logger.addHandler(logging.StreamHandler(stream))

    def run(x):
        logger.warning("called")
        return x * 1

    return run, lambda: None


@case
def warning_that_is_given():
    def run(x):
        warnings.warn("called", stacklevel=1)
        return x * 1

    return run, lambda: None


@case
def set_that_grows():
    seen = set()

    def run(x):
        y = x * len(seen)
        seen.add(len(seen) // 3)
        return y

    return run, seen.clear


@case
def dictionary_that_each_run_turns():
    table = {"a": 1.0, "b": 2.0, "c": 3.0}

    def run(x):
        key = next(iter(table))
        table[key] = table.pop(key)
        return x * next(iter(table.values()))

    return run, lambda: None


@case
def file_of_tensors():
    path = tempfile.mkdtemp() + "/tensor"
    mytorch.save(Tensor([2.0]), path)
    return lambda x: x * mytorch.load(path), lambda: mytorch.save(Tensor([3.0]), path)


@case
def function_that_numpy_calls():
    factor = [2.0]
    double = np.vectorize(lambda value: value * factor[0])
    return lambda x: x * Tensor(double(np.ones(1))), lambda: factor.__setitem__(0, 3.0)
