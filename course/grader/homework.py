"""The homework, as the grader sees it: objects in another process.

The grader compares and counts here, the homework computes there (`worker.py`): no mistake of its
code, nothing that it prints or patches, reaches the results.
"""

import json
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from course.grader.environment import outside

WORKER = Path(__file__).with_name("worker.py")
LONGEST_ANSWER = 2**26  # bytes
PRINTED_CHARACTERS = 500

MODULES = {
    "engine": "mytorch.autograd_engine",
    "functional": "mytorch.nn.functional",
    "module": "mytorch.nn.module",
    "sequential": "mytorch.nn.sequential",
    "linear": "mytorch.nn.linear",
    "activations": "mytorch.nn.activations",
    "batchnorm": "mytorch.nn.batchnorm",
    "loss": "mytorch.nn.loss",
    "sgd": "mytorch.optim.sgd",
    "operations": "operations",
}


class HomeworkError(Exception):
    """The homework raised an exception: its type, its message, the line of the homework."""

    def __init__(self, kind: str, message: str, place: str) -> None:
        self.kind, self.message, self.place = kind, message, place
        super().__init__(f"{kind}: {message}" if message else kind)


class EndedError(Exception):
    """The homework's process answers no more."""


class Remote:
    """An object of the homework. What is done with it is done in its process; numbers, strings and
    arrays come back as themselves. The same object is the same Remote."""

    def __init__(self, homework: "Homework", number: int, kind: str) -> None:
        self.__dict__.update(_homework=homework, _number=number, _kind=kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._homework.call("getattr", self, name)
        if self._kind in ("module", "type"):  # what these hold stays: asked for once is enough
            self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._homework.call("setattr", self, name, value)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._homework.call(self, *arguments, **options)

    def __getitem__(self, key: Any) -> Any:
        return self._homework.call("item", self, key)

    def __add__(self, other: Any) -> Any:
        return self._homework.call("add", self, other)

    def __repr__(self) -> str:
        try:
            return str(self._homework.call("repr", self))
        except (HomeworkError, EndedError):
            return f"<{self._kind}>"


class Homework:
    """A process with the library in `root`, which gets `seconds` and `gibibytes` of memory.

    `operations` is a file of the grader's own, which is imported there as the module of this name.
    Every call raises HomeworkError for what the homework raises, and EndedError when its process
    has ended, was stopped, or its time is over. `show` lets through what it prints.
    """

    def __init__(
        self,
        root: str,
        seconds: float,
        *,
        operations: str = "",
        gibibytes: int = 2,
        show: bool = False,
    ) -> None:
        self.root = root
        self._remotes: dict[int, Remote] = {}
        self._modules: dict[str, Any] = {}
        self._number = 0
        self._pending = b""
        self._ended = ""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        # Read when the process has ended: no full pipe can block it, no leftover of it us.
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        # Several parts run at once: more threads would only be in each other's way.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        if "PYTHONPATH" in environment:
            folders = outside(root, filter(None, environment["PYTHONPATH"].split(os.pathsep)))
            environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders))
        limits = (2 + math.ceil(2 * seconds), gibibytes)  # two threads may both count
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-P", str(WORKER), root, operations]
                + [str(number) for number in (requests, answers, *limits)],
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=None if show else self._printed,
                stderr=None if show else self._printed,
                pass_fds=[requests, answers],
                start_new_session=True,
            )
        finally:
            os.close(requests)
            os.close(answers)

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function of the homework's process, by its name or as an object."""
        if self._ended:
            raise EndedError(self._ended)
        self._number += 1
        request = {
            "number": self._number,
            "function": function if isinstance(function, str) else self._sent(function),
            "arguments": [self._sent(argument) for argument in arguments],
            "options": {name: self._sent(value) for name, value in options.items()},
        }
        with suppress(BrokenPipeError):  # it has ended: the answer will tell
            os.write(self._requests, (json.dumps(request) + "\n").encode())
        answer = self._answer()
        if "error" in answer:
            raise HomeworkError(*(str(answer.get(k, "")) for k in ("error", "message", "place")))
        return self._taken(answer["value"])

    def tensor(self, data: Any, **flags: bool) -> Any:
        """A Tensor of the homework."""
        return self.import_module("mytorch.tensor").Tensor(np.asarray(data), **flags)

    def import_module(self, name: str) -> Any:
        """A module of the homework's process."""
        if name not in self._modules:
            self._modules[name] = self.call("module", name)
        return self._modules[name]

    def __getattr__(self, name: str) -> Any:
        """The piece of the library, imported when a test first uses it: imported all at once, one
        broken file would keep all problems from being graded."""
        if name not in MODULES:
            raise AttributeError(name)
        return self.import_module(MODULES[name])

    def stop(self) -> None:
        """Kill the process and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> str:
        """Stop; return what the homework printed, or the beginning of it."""
        self.stop()
        self._ended = self._ended or "stopped"
        os.close(self._requests)
        os.close(self._answers)
        self._printed.seek(0)
        text = self._printed.read(PRINTED_CHARACTERS + 1).decode(errors="replace")
        self._printed.close()
        return text.rstrip() if len(text) <= PRINTED_CHARACTERS else text[:-1] + " ..."

    def _answer(self) -> dict[str, Any]:
        """The answer to the last request."""
        while True:
            line = self._line()
            try:
                answer = json.loads(line)
                number = int(answer["number"])
                sound = number <= self._number and ("value" in answer or "error" in answer)
            except (ValueError, TypeError, KeyError, RecursionError):
                sound = False
            if not sound:
                self._end("what its process sent is no answer")
            if number == self._number:
                return dict(answer)

    def _line(self) -> bytes:
        """The next line that the process sends."""
        while b"\n" not in self._pending:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._end(f"stopped: the time limit of {self._seconds:.0f} seconds is over")
            if select.select([self._answers], [], [], min(left, 0.2))[0]:
                part = os.read(self._answers, 2**20)
                self._pending += part
                if len(self._pending) > LONGEST_ANSWER:
                    self._end("its process sent too much")
                if part:
                    continue
                with suppress(subprocess.TimeoutExpired):  # it may have closed the pipe and go on
                    self._process.wait(1)
            # What it has started may hold the pipe open: whether it has ended is asked for, too.
            elif self._process.poll() is None:
                continue
            self.stop()
            self._end(f"not finished: its process ended with status {self._process.returncode}")
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _end(self, reason: str) -> None:
        self.stop()
        self._ended = reason
        raise EndedError(reason)

    def _sent(self, value: Any) -> Any:
        if isinstance(value, Remote):
            return {"object": value._number}
        if isinstance(value, np.ndarray | np.generic):
            array = np.array(value)
            return {"array": [array.dtype.str, array.shape, b64encode(array.tobytes()).decode()]}
        if isinstance(value, list | tuple):
            return [self._sent(part) for part in value]  # a tuple there
        return value

    def _taken(self, value: Any) -> Any:
        try:
            return self._decoded(value)
        except (ValueError, TypeError, KeyError, RecursionError):
            return self._end("what its process sent is no answer")

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(part) for part in value]
        if not isinstance(value, dict):
            return value
        if "tuple" in value:
            return tuple(self._decoded(part) for part in value["tuple"])
        if "object" in value:
            number = int(value["object"])
            return self._remotes.setdefault(number, Remote(self, number, str(value["type"])))
        dtype, shape, data = value["array"]
        if np.dtype(dtype).kind not in "biuf":
            raise ValueError(f"no dtype of numbers: {dtype}")
        return np.frombuffer(b64decode(data), dtype).reshape(shape)
