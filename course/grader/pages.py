"""Failed tests as a page to step through: the homework's own graph, and where it went wrong.

Each failed test is run once more, in a new process, while `recording.py` looks on there. Its score
is that of the first run. What writes the page lies in `page.zip`, a part of this project's library:
the homework has a library of its own in its place.
"""

import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from course.grader.checks import as_array, shortened
from course.grader.homework import EndedError, Homework, HomeworkError, Remote
from course.grader.points import GradedTest
from course.grader.printing import harmless
from course.grader.recording import MOST_EVENTS
from course.grader.tracing import Tracer

ARCHIVE = Path(__file__).with_name("page.zip")
MOST_RUNS = 16
SECONDS = 20.0  # for all runs together, and for one at most a third of what is left
LARGEST_VALUE = 64
LARGEST_FILE = 2**20
UNFIT = "its engine is not as the write-up has it: "


class NoPageError(Exception):
    """Why there is no page of a test."""


class Watched(Homework):
    """A process of the homework whose engine is looked at; it remembers where in the test it was
    asked for what, and the names that its objects have there."""

    def record(self, test: GradedTest) -> dict[str, Any]:
        """Run a test that has failed: the trace of it."""
        self.places = import_module("mytorch.watcher.places").Places(True)
        self.at: dict[int, Any] = {}
        self.names: dict[int, str] = {}
        self.assigned: dict[int, Any] = {}
        try:
            super().call("record")
            failure = self.outcome(test)
            return self.trace(test, failure)
        except NoPageError:
            raise
        except EndedError as error:
            over = str(error).startswith("stopped")
            raise NoPageError("it takes too long" if over else str(error)) from None
        except HomeworkError as error:
            raise NoPageError(UNFIT + shortened(error.message)) from None
        except Exception as error:  # what came from its process is not what was asked for
            raise NoPageError(
                f"what its process tells of the graph is of no use: {shortened(str(error))}"
            ) from None

    def outcome(self, test: GradedTest) -> Exception:
        """How the test fails."""
        try:
            self.call("seed", 0)
            test.run(self)
        except Exception as error:
            return error
        raise NoPageError("it passed when it was run again")

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        frames = self._frames()
        if frames:
            self.at[self._number + 1] = self.places.of(frames[0])
        for frame in reversed(frames):
            code = frame.f_code
            given = code.co_varnames[: code.co_argcount] if frame is not frames[-1] else ()
            for name, value in frame.f_locals.items():
                several = value if isinstance(value, list | tuple) else ()
                if isinstance(value, Remote) and name not in given:
                    self._name(value, name, name, frame)
                for i, part in enumerate(several):
                    if isinstance(part, Remote):
                        self._name(part, f"{name}[{i}]", name, frame)
        result = super().call(function, *arguments, **options)
        if function == "getattr" and isinstance(result, Remote):
            owner = self.names.get(arguments[0]._number)
            if owner is not None:
                self.names.setdefault(result._number, f"{owner}.{arguments[1]}")
        return result

    def _name(self, thing: Remote, name: str, variable: str, frame: FrameType) -> None:
        if thing._number not in self.names:
            self.names[thing._number] = name
            place = self.places.assigned(frame.f_code, variable, frame.f_lasti)
            self.assigned[thing._number] = place

    def _frames(self) -> list[FrameType]:
        """The frames of the test that say something, the innermost first: all with variables of
        their own, and that of the test itself."""
        frame: FrameType | None = sys._getframe(2)
        found = []
        here = str(Path(__file__).parent)
        while frame is not None and frame.f_code is not Watched.outcome.__code__:
            if not frame.f_code.co_filename.startswith(here):
                found.append(frame)
            frame = frame.f_back
        if frame is None:
            return []
        return [
            frame
            for frame in found
            if frame is found[-1]
            or (
                frame.f_code.co_nlocals > frame.f_code.co_argcount
                and not frame.f_code.co_name.startswith("<")
            )
        ]

    def place_of(self, line: Any) -> Any:
        """The place of a line in a file of the homework's library. Raises ValueError for others."""
        path, *numbers = line
        file = Path(str(path)).resolve()
        library = Path(self.root, "mytorch").resolve()
        if not file.is_relative_to(library) or not file.is_file():
            raise ValueError(f"no file of the homework: {path!r:.60}")
        if file.stat().st_size > LARGEST_FILE or not 0 < len(numbers) < 5:
            return None
        first, *others = [int(number) for number in numbers if number is not None]
        whole = [first, *others] if len(others) == 3 else [first, None, None, None]
        return self.places.at(str(file), *whole)

    def trace(self, test: GradedTest, failure: Exception) -> dict[str, Any]:
        """What has happened, as a trace (`mytorch/watcher/schema.json`)."""
        # Asked for before the process is asked what it has recorded, which is then the whole.
        compared = getattr(failure, "compared", None) or (None, None)
        got = None if compared[0] is None else as_array(compared[0])
        events, tensors, full, unfit = super().call("recorded")
        if unfit:
            raise NoPageError(UNFIT + shortened(str(unfit)))
        if len(events) > MOST_EVENTS:
            raise ValueError("too many events")
        summary = import_module("mytorch.watcher.summary")
        value = summary.Summary(LARGEST_VALUE).of
        tracer = Tracer(
            tensors, self.names, self.assigned, self.at, self.place_of, value, summary.first_bad
        )
        tracer.read(events)
        if not tracer.nodes:
            raise NoPageError("it makes no graph")
        stop: dict[str, Any] = {
            "kind": "stop",
            **described(failure),
            "phase": import_module("mytorch.watcher.narration").phase_of(tracer.steps[-1]),
            "src": self.at.get(max(self.at, default=0)),
            "expected": None if compared[1] is None else value(compared[1]),
            "after": None if got is None else value(got),
            "n": tracer.node_of(compared[0]._number) if isinstance(compared[0], Remote) else None,
        }
        tracer.steps.append({name: field for name, field in stop.items() if field is not None})
        parts = {"steps": tracer.steps, "nodes": tracer.nodes, "edges": tracer.edges, "modules": []}
        ranges = {name: [0, len(part)] for name, part in parts.items()}
        return {
            "schema": "mytorch.watch/1",
            "engine": "homework",
            "title": f"{test.part}: {test.name}",
            "mytorch": "",
            "numpy": "",
            "caps": {},
            "truncated": "Only the beginning of this test is shown: it goes on" if full else None,
            "notes": [],
            "losses": [None],
            "iterations": [{"i": 1, "loss": None, **ranges}],
            "files": self.places.files(),
            **parts,
        }


def described(failure: Exception) -> dict[str, str]:
    """The kind and the text of what a test has raised."""
    if isinstance(failure, HomeworkError):
        return {"error": failure.kind, "message": f"{failure.message[:2000]}\n{failure.place}"}
    return {"error": type(failure).__name__, "message": str(failure)}


def write_page(failed: Sequence[GradedTest], start: Callable[[float], Watched], path: Path) -> None:
    """Write the page of tests that have failed, and say where each is, or why it is not there."""
    if not failed:
        path.unlink(missing_ok=True)
        print("No page to step through: nothing has failed.")
        return
    if str(ARCHIVE) not in sys.path:
        sys.path.insert(0, str(ARCHIVE))
    deadline = time.monotonic() + SECONDS
    traces: dict[GradedTest, dict[str, Any]] = {}
    reasons: dict[str, list[str]] = {}
    for test in failed:
        try:
            if len(traces) == MOST_RUNS:
                raise NoPageError(f"a page has {MOST_RUNS} tests at most")
            traces[test] = trace_of(test, start(max(0.0, deadline - time.monotonic()) / 3))
        except NoPageError as error:
            reasons.setdefault(str(error), []).append(f"{test.part}: {test.name}")
    if traces:
        page = import_module("mytorch.watcher.page").page(list(traces.values()))
        import_module("mytorch.files.atomic").write(path, page.encode())
        print("To be stepped through in a browser:")
        for test in traces:
            anchor = import_module("mytorch.watcher.page").anchor(f"{test.part}: {test.name}")
            print(f"     {test.part}: {test.name}\n       {path.absolute().as_uri()}#run={anchor}")
    for reason, names in reasons.items():
        others = f" and {len(names) - 2} others" if len(names) > 2 else ""
        print(harmless(f"No page of {'; '.join(names[:2])}{others}: {reason}."))


def trace_of(test: GradedTest, homework: Watched) -> dict[str, Any]:
    """The trace of a test that failed. Raises NoPageError."""
    try:
        return homework.record(test)
    finally:
        homework.close()
