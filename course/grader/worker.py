"""The process that the homework runs in: it does what the grader asks for, and sends what came.

Called as `worker.py ROOT OPERATIONS REQUESTS ANSWERS SECONDS GIBIBYTES`: the homework's folder, the
grader's operations on its engine, two open file descriptors, two limits. A request is a line of
JSON: a function and its arguments. The answer is a line, too: numbers, strings and arrays as they
are, anything else as a number to name it by. So this process knows neither tests nor expected
results: nothing in it can pass for a grade.
"""

import json
import operator
import os
import resource
import sys
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

LONGEST = 2**16  # elements of an array, characters of a string, that are sent as they are

# The course's grader enters here, and some homework, whose files import each other in a circle,
# works only so; other homework only when its tensor is entered first.
ENTRIES = ("mytorch.nn.activations", "mytorch.tensor")


def limit_resources(seconds: int, gibibytes: int) -> None:
    """Let an endless loop fill neither memory nor disk, nor outlive a grader that was killed."""
    for kind, limit in (
        (resource.RLIMIT_AS, gibibytes * 2**30),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 2**24),  # what the homework prints goes to a file
    ):
        with suppress(ValueError, OSError):  # macOS refuses some limits
            resource.setrlimit(kind, (limit, limit))


def claim(root: str, package: str) -> None:
    """Import the package that lies in the root, even where another one is installed: to that one
    Python would prefer it if it has no `__init__.py`.

    Raises ModuleNotFoundError if there is no such folder, and what importing it raises.
    """
    if package in sys.modules:
        return
    spec = PathFinder.find_spec(package, [root])
    if spec is None:
        raise ModuleNotFoundError(f"there is no folder {package}/ beside autograder/")
    module = sys.modules[package] = module_from_spec(spec)
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[package]
        raise


def by_place(name: str, path: str) -> ModuleType:
    """A module of the grader's; the homework may have one of this name."""
    spec = spec_from_file_location(f"grader.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def enter(root: str) -> None:
    """Import the library by the first entry that works, if there is one."""
    for entry in (*ENTRIES, ENTRIES[0]):
        for name in [name for name in sys.modules if name.partition(".")[0] == "mytorch"]:
            del sys.modules[name]
        with suppress(BaseException):
            claim(root, "mytorch")
            import_module(entry)
            tensor = import_module("mytorch.tensor").Tensor
            tensor(1.0, requires_grad=True) + tensor(2.0, requires_grad=True)
            return


class Objects:
    """The homework's objects that the grader has heard of, by number."""

    def __init__(self, root: str, operations: str) -> None:
        self.root, self.operations = root, operations
        self.packages = {"mytorch"}
        self.known: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.request = 0
        self.functions: dict[str, Callable[..., Any]] = {
            **{f.__name__: f for f in (getattr, setattr, isinstance, isclass, list, repr)},
            "add": operator.add,
            "item": operator.getitem,
            "module": self.module,
            "record": self.record,
            "seed": np.random.seed,
        }

    def module(self, name: str) -> ModuleType:
        """A module of the homework, or the grader's operations on its engine."""
        claim(self.root, "mytorch")
        if name == "operations":
            return by_place("operations", self.operations)
        package = name.partition(".")[0]
        claim(self.root, package)
        self.packages.add(package)
        return import_module(name)

    def record(self) -> None:
        """From now on note what the engine does; the function "recorded" tells it."""
        claim(self.root, "mytorch")
        recording = by_place("recording", str(Path(__file__).with_name("recording.py")))
        recorder = recording.Recorder(
            self.root, lambda value: self.numbers.get(id(value)), lambda: self.request
        )
        self.functions |= {"getattr": recorder.method, "recorded": recorder.told}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked for: the value or the error."""
        self.request = request["number"]
        try:
            function = request["function"]
            call = self.functions[function] if isinstance(function, str) else self.taken(function)
            arguments = [self.taken(argument) for argument in request["arguments"]]
            options = {name: self.taken(value) for name, value in request["options"].items()}
            return {"value": self.sent(call(*arguments, **options))}
        # sys.exit() in the homework is its mistake, not the wish of the grader.
        except BaseException as error:
            return self.described(error)

    def sent(self, value: Any) -> Any:
        """A value as JSON can hold it."""
        if value is None or type(value) in (bool, float):
            return value
        if type(value) is int and abs(value) < 2**63:
            return value
        if type(value) is str:
            return value[:LONGEST]
        if isinstance(value, np.ndarray | np.generic) and value.size <= LONGEST:
            array = np.array(value)
            if array.dtype.kind in "biuf":
                data = b64encode(array.tobytes()).decode()
                return {"array": [array.dtype.str, array.shape, data]}
        if type(value) in (list, tuple) and len(value) <= LONGEST:
            parts = [self.sent(part) for part in value]
            return parts if type(value) is list else {"tuple": parts}
        number = self.numbers.setdefault(id(value), len(self.known))
        if number == len(self.known):
            self.known.append(value)
        return {"object": number, "type": type(value).__name__}

    def taken(self, value: Any) -> Any:
        """What the grader has sent."""
        if isinstance(value, list):
            return tuple(self.taken(part) for part in value)
        if not isinstance(value, dict):
            return value
        if "object" in value:
            return self.known[value["object"]]
        dtype, shape, data = value["array"]
        return np.frombuffer(b64decode(data), dtype).reshape(shape).copy()

    def described(self, error: BaseException) -> dict[str, Any]:
        """The error: its type, its message, and the last line of the homework it came through."""
        kind = type(error).__name__
        try:
            message = str(error)[:LONGEST]
        except BaseException as other:
            message = f"(its message cannot be shown: {type(other).__name__})"
        place = ""
        with suppress(BaseException):
            root = Path(self.root).resolve()
            for frame in reversed(traceback.extract_tb(error.__traceback__, limit=-200)):
                with suppress(ValueError):
                    file = Path(frame.filename).resolve().relative_to(root)
                    if file.parts[0] in self.packages:
                        place = f"at {file}:{frame.lineno}, in {frame.name}: {frame.line}"
                        break
        return {"error": kind, "message": message, "place": place}


def main() -> None:
    """Answer until there are no more requests."""
    root, operations = sys.argv[1:3]
    requests, answers, seconds, gibibytes = map(int, sys.argv[3:])
    del sys.argv[1:]
    limit_resources(seconds, gibibytes)
    # Last: what the homework keeps beside its packages can be imported, but hides nothing.
    sys.path.append(root)
    process, write, dumps, loads = os.getpid(), os.write, json.dumps, json.loads
    objects = Objects(root, operations)
    enter(root)
    with os.fdopen(requests) as lines:
        for line in lines:
            request = loads(line)
            answer = {"number": request["number"], **objects.answer(request)}
            if os.getpid() != process:  # the homework has forked: there is one to answer already
                os._exit(0)
            rest = (dumps(answer) + "\n").encode()
            while rest:
                rest = rest[write(answers, rest) :]
    # Leave at once: the homework's threads and exit handlers must not keep the grader waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
