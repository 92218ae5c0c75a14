"""`./grade.sh 1 --watch`: the graphs of failed tests as a page, whatever the homework's engine."""

import copy
import json
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from autograder.hw1_autograder.runner import TESTS, start, watched
from course.grader.grading import grade
from course.grader.pages import NoPageError, trace_of, write_page
from course.grader.points import GradedTest
from course.grader.tracing import Tracer
from mytorch.watcher.narration import Narrator
from mytorch.watcher.page import page
from mytorch.watcher.summary import Summary, first_bad
from tests.autograder.engines import write
from tests.autograder.handout import ROOT, STUDENT, homework, run
from tests.autograder.mutants import OUR_MUTANTS, STUDENT_MUTANTS, scores_without
from tests.autograder.page_archive import ARCHIVE, contents
from tests.watcher import test_browser

chromium = test_browser.browser
SCHEMA = json.loads((files("mytorch.watcher") / "schema.json").read_text(encoding="utf-8"))

# Styles of the engine, a mistake, a test that shows it, and what the page says at its end.
FAULTS = (
    ((), "Mul: gradients swapped", "1.1.2 Multiply: gradient", "other numbers were expected"),
    (
        ("no recursion",),
        "AccumulateGrad overwrites",
        "1.2 Autograd: the worked example of section 0.1",
        "a.grad: expected 3, found 1",
    ),
    (
        ("sums at each node before it goes on", "flags are set by apply"),
        "Add: no un-broadcast",
        "2.1 Linear layer: Add with broadcasting",
        "expected (4,), found (3, 4)",
    ),
    (
        ("two gradients in a list", "parents in a tuple"),
        "backward starts from zeros",
        "1.2 Autograd: the worked example of section 0.1",
        "a.grad: expected 3, found 0",
    ),
    (
        ("a leaf keeps its node",),
        "backward visits the first parent only",
        "1.2 Autograd: two paths that meet again",
        "x.grad of (xw)(xw) + (xw)x: expected [40, -120, 180], found [16, -50, 108]",
    ),
    (
        ("arrays travel through the graph",),
        "next_functions without the constants",
        "1.2 Autograd: a constant among the parents",
        "next_functions of the node of constant * x",
    ),
)
OURS = ("AccumulateGrad overwrites", "1.2 Autograd: two backward passes add up")


def library(folder: Path, original: Path = STUDENT) -> Path:
    return Path(shutil.copytree(original, folder / "mytorch"))


def traced(folder: Path, name: str, seconds: float = 20) -> dict[str, Any]:
    """The trace of the test of this name."""
    test = next(test for test in TESTS if f"{test.part}: {test.name}" == name)
    return trace_of(test, watched(seconds, str(folder)))


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Those of all faults, and one of our own engine."""
    found = []
    for styles, mistake, name, _ in FAULTS:
        mytorch = library(tmp_path_factory.mktemp("homework"))
        next(m for m in STUDENT_MUTANTS if m.name == mistake).apply(mytorch)
        write(mytorch, styles)
        found.append(traced(mytorch.parent, name))
    mytorch = library(tmp_path_factory.mktemp("homework"), ROOT / "mytorch")
    next(m for m in OUR_MUTANTS if m.name == OURS[0]).apply(mytorch)
    return [*found, traced(mytorch.parent, OURS[1])]


def test_each_engine_is_told_by_a_trace_that_keeps_to_the_schema(
    traces: list[dict[str, Any]],
) -> None:
    for trace in traces:
        jsonschema.validate(trace, SCHEMA)
        assert {"op", "stop"} <= {step["kind"] for step in trace["steps"]}


def test_the_end_says_what_was_expected_and_what_came(traces: list[dict[str, Any]]) -> None:
    for (*_, said), trace in zip(FAULTS, traces, strict=False):
        assert said in Narrator(trace).tell(trace["steps"][-1])


def test_the_stored_gradients_are_those_that_the_test_found(traces: list[dict[str, Any]]) -> None:
    for trace in traces:
        end = trace["steps"][-1]
        stored = [s for s in trace["steps"] if s["kind"] == "store" and s["n"] == end.get("n")]
        if "after" in end and stored:
            assert stored[-1]["after"] == end["after"]
    assert sum("n" in trace["steps"][-1] for trace in traces) >= 4


def test_a_gradient_that_is_written_over_is_marked(traces: list[dict[str, Any]]) -> None:
    stores = [step for step in traces[1]["steps"] if step.get("before") and "g" not in step]
    (store,) = [step for step in stores if step["kind"] == "store"]
    assert store["disagrees"]
    assert [store[name]["d"] for name in ("before", "v", "after")] == [[2], [1], [1]]


def test_nodes_have_the_names_of_the_test(traces: list[dict[str, Any]]) -> None:
    names = {node.get("name") for node in traces[4]["nodes"]}
    assert {"x", "w", "top", "left", "right"} <= names
    assert traces[4]["steps"][-1]["phase"] == "backward"
    lines = traces[4]["files"][0]["lines"].values()
    assert any("top = times(hw, x, w)" in line for line in lines)


def test_lines_of_the_homework_are_shown(tmp_path: Path) -> None:
    mytorch = library(tmp_path)
    next(m for m in STUDENT_MUTANTS if m.name == "Div: no square").apply(mytorch)
    trace = traced(tmp_path, "2.4 BatchNorm: gradients")
    assert [file["name"] for file in trace["files"]] == ["test_mlp.py", "batchnorm.py"]
    said = [Narrator(trace).tell(step) for step in trace["steps"]]
    assert any(text.startswith("`Sqrt.apply(var + self.eps)` makes an") for text in said)


def test_a_node_that_does_not_wait_is_said_to_run_again(tmp_path: Path) -> None:
    mytorch = library(tmp_path)
    next(m for m in STUDENT_MUTANTS if m.name == "AccumulateGrad overwrites").apply(mytorch)
    trace = traced(tmp_path, "1.2 Autograd: two paths that meet again")
    said = [Narrator(trace).tell(step) for step in trace["steps"]]
    runs = [text for text in said if text.startswith("`top` runs")]
    assert runs == [
        "`top` runs before all have come",
        "`top` runs for the second time",
        "`top` runs for the third time",
    ]


# Engines that are not as the write-up has them, and why there is no page.
UNFIT: dict[str, tuple[str, Callable[[str], str], str]] = {
    "no AccumulateGrad": (
        "autograd_engine.py",
        lambda text: text.replace("AccumulateGrad", "Store"),
        "there is no mytorch.autograd_engine.AccumulateGrad",
    ),
    "apply is a function": (
        "autograd_engine.py",
        lambda text: text.replace("    @classmethod\n", "    @staticmethod\n"),
        "Function.apply is no class method",
    ),
    "names for parents": (
        "autograd_engine.py",
        lambda text: text.replace("append(None)", "append('constant')"),
        "next_functions holds an object of the class str",
    ),
    "objects for numbers": (
        "tensor.py",
        lambda text: text.replace("np.array(data)", "np.array(data, dtype=object)"),
        "expected numbers in .data, got the dtype object",
    ),
    "an end": (
        "nn/functional.py",
        lambda text: text.replace("class Add(", "import os\n\n\nclass Add(").replace(
            "        return unbroadcast(grad_output.data, a.shape), ", "        os._exit(3), "
        ),
        "its process ended with status 3",
    ),
    "a loop": (
        "autograd_engine.py",
        lambda text: text.replace(
            "    grads = grad_fn", "    while True: pass\n    grads = grad_fn"
        ),
        "it takes too long",
    ),
}

LIE = """
import gc
def lie():
    for one in gc.get_objects():
        if type(one).__name__ == 'Recorder' and hasattr(type(one), 'told'):
            one.%s
original = Tensor.backward
Tensor.backward = lambda self: (lie(), original(self))
"""
for what, lie, reason in (
    ("of an event", "events.append(['op', 1, 'x' * 10**4, -5, [10**9], {}, None])", "of no use"),
    ("of a file", "events[-1][-1] = [__import__('os').__file__, 1]", "no file of the homework"),
):
    UNFIT[f"a recorder that lies {what}"] = (
        "tensor.py",
        lambda text, lie=lie: text + LIE % lie,
        reason,
    )


@pytest.mark.parametrize("kind", UNFIT)
def test_another_engine_is_said_to_be_so(tmp_path: Path, kind: str) -> None:
    file, change, reason = UNFIT[kind]
    mytorch = library(tmp_path)
    text = (mytorch / file).read_text()
    assert change(text) != text
    (mytorch / file).write_text(change(text))
    next(m for m in STUDENT_MUTANTS if m.name == "backward visits the first parent only").apply(
        mytorch
    )
    name, seconds = "1.2 Autograd: the worked example of section 0.1", 1 if kind == "a loop" else 20
    with pytest.raises(NoPageError, match=re.escape(reason)):
        traced(tmp_path, name, seconds)


def test_a_test_that_passes_has_no_page(tmp_path: Path) -> None:
    library(tmp_path)
    with pytest.raises(NoPageError, match="it passed when it was run again"):
        traced(tmp_path, "1.2 Autograd: one tensor used twice")


def test_what_is_no_data_of_a_graph_is_refused_and_never_an_accident() -> None:
    """Whatever comes from the homework's process: an exception, or a trace."""
    numbers = np.ones(2)
    events: list[Any] = [
        ["op", 1, "Mul", 2, [0, 1], 0, [["leaf", 0], None], ["file", 1]],
        ["run", 2, 0, numbers, False, [numbers, numbers], [["leaf", 0], None]],
        ["store", 2, 0, None, numbers, numbers],
    ]
    tensors: list[Any] = [[numbers, True, False, 1, numbers, 2] for _ in range(3)]
    junk = (None, -1, 10**9, 1.5, "x", [], {}, [[]], ["leaf", 7], numbers, np.ones((0, 3)), True)
    refused = 0
    draw = random.Random(0)
    for _ in range(400):
        data = copy.deepcopy([events, tensors])
        for _ in range(draw.choice((1, 1, 2))):
            spot = data
            while isinstance(spot, list) and spot:
                place = draw.randrange(len(spot))
                if not isinstance(spot[place], list) or draw.random() < 0.2:
                    break
                spot = spot[place]
            if spot:
                spot[place] = draw.choice(junk)
        try:
            Tracer(data[1], {}, {}, {}, lambda line: line[1], Summary(64).of, first_bad).read(
                data[0]
            )
        except Exception:
            refused += 1
    assert 100 < refused < 400


def test_the_command_writes_the_page_and_leaves_the_scores(
    tmp_path: Path, traces: list[dict[str, Any]]
) -> None:
    mytorch = homework(tmp_path, STUDENT)
    next(m for m in STUDENT_MUTANTS if m.name == "Div: no minus").apply(mytorch)
    watched = run(tmp_path, "./grade.sh", "1", "--watch")
    assert watched.returncode == 0
    assert watched.stderr == ""
    address = f"{(tmp_path / 'grade.watch.html').as_uri()}#run=1-1-3-divide-gradient"
    assert f"     1.1.3 Divide: gradient\n       {address}\n" in watched.stdout
    scores = json.loads(watched.stdout.splitlines()[-1])["scores"]
    assert scores == scores_without({"1.1": 3, "2.4": 4})
    text = (tmp_path / "grade.watch.html").read_text()
    assert '"id":"1-1-3-divide-gradient"' in text


@test_browser.needs_browser
def test_in_a_browser_all_steps_of_all_engines_are_shown(
    chromium: Any, tmp_path: Path, traces: list[dict[str, Any]]
) -> None:
    path = tmp_path / "grade.watch.html"
    path.write_text(page(traces), encoding="utf-8")
    with test_browser.Shown(chromium, path, 1024) as shown:
        for run, trace in enumerate(traces[:4]):
            shown.page.locator("#runs label").nth(run).click()
            shown.page.evaluate("document.activeElement.blur()")
            shown.press("Home")
            said = [Narrator(trace).tell(step).replace("`", "") for step in trace["steps"]]
            for at, sentence in enumerate(said, 1):
                assert shown.count() == (at, len(said))
                assert shown.text(".say") == sentence
                shown.press("ArrowRight")
            assert "The test ended here." in shown.text("#say")
        assert shown.axe() == []
        shown.page.locator("#runs label").nth(1).click()
        shown.page.get_by_role("button", name="Why is a.grad 1?").click()
        assert "a.grad is 1, not 3: 2 paths lead" in shown.text("#say")


def test_nothing_failed_is_said_and_an_older_page_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grade.watch.html"
    path.write_text("of yesterday")
    write_page([], pytest.fail, path)
    assert capsys.readouterr().out == "No page to step through: nothing has failed.\n"
    assert not path.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no room\x1b[2J")])
def test_whatever_becomes_of_the_page_the_scores_are_printed(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    def show(failed: Sequence[GradedTest]) -> None:
        raise error

    grade({"1 All": 0}, [], start, 1, show)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("No page: ")
    assert lines[1].isprintable()
    assert lines[-1] == '{"scores": {"1 All": 0}}'


def test_the_help_tells_of_it(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    result = run(tmp_path, "./grade.sh", "--help")
    assert result.returncode == 0
    assert "./grade.sh 1 --watch " in result.stdout


def test_the_archive_is_what_the_library_has() -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == contents(), "call `make watch`"
