"""What is recorded is what the engine did: to the bit, and without changing it."""

import json
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.__main__ import main
from mytorch.errors import RangeError
from mytorch.watcher import watch
from mytorch.watcher.frame import _places
from mytorch.watcher.narration import Narrator
from tests.seeds import seeds, twenties
from tests.test_random_programs import FORMS, SHAPES, Program, Run, usable
from tests.together import together

SECRET = 1.234567


def trace(tape: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tape.to_json())
    return found


def steps(tape: Any, kind: str) -> list[dict[str, Any]]:
    return [step for step in trace(tape)["steps"] if step["kind"] == kind]


def ran(program: Program) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The program's variables and gradients, in this library."""
    run = Run(mytorch, program.arrays())
    for form, places, shift in program.steps:
        if all(place < len(run.variables) for place in places):
            found = run.step(form, places, shift)
            if found and usable(found):
                run.variables += found
    gradients = run.gradients()
    return [variable.numpy() for variable in map(Tensor.detach, run.variables)], gradients


@pytest.mark.filterwarnings("ignore::UserWarning")
@together("seed", seeds(200), twenties)
def test_a_random_program(seed: int) -> None:
    chance = random.Random(seed)
    program = Program(seed, [chance.choice(SHAPES) for _ in range(3)])
    for _ in range(8):
        form, number = chance.choice(FORMS)
        places = [chance.randrange(3 + len(program.steps)) for _ in range(number)]
        program.steps.append((form, places, chance.uniform(-0.4, 0.4)))
    expected = ran(program)
    with watch() as tape:
        found = ran(program)
    for mine, other in zip(found[0] + found[1], expected[0] + expected[1], strict=True):
        assert mine.tobytes() == other.tobytes()
    told = trace(tape)
    assert not [step for step in told["steps"] if "disagrees" in step]
    stored = {step["n"]: step["after"] for step in told["steps"] if step["kind"] == "store"}
    arrived: dict[int, Any] = {}
    for step in told["steps"]:
        if step["kind"] in ("arrive", "seed"):
            if step["kind"] == "arrive":
                assert step.get("before") == arrived.get(step["n"])
            arrived[step["n"]] = step.get("after", step.get("v"))
    for node, value in stored.items():
        assert arrived[node] == value


def test_the_example_of_the_write_up() -> None:
    with watch() as tape:
        a = Tensor(1.0, requires_grad=True)
        b = Tensor(2.0)
        c = Tensor(3.0, requires_grad=True)
        d = a + a * b
        e = (d + c) + 3
        e.backward()
    told = trace(tape)
    assert len(told["steps"]) == 18
    names = {node["id"]: node.get("name") for node in told["nodes"]}
    gathered = [
        (names[step["n"]], step["after"]["d"][0], step["got"], step["of"])
        for step in told["steps"]
        if step["kind"] == "arrive" and names[step["n"]]
    ]
    assert gathered == [("d", 1, 1, 1), ("c", 1, 1, 1), ("a", 1, 1, 2), ("a", 3, 2, 2)]
    stored = {
        names[step["n"]]: step["after"]["d"] for step in told["steps"] if step["kind"] == "store"
    }
    assert stored == {"c": [1], "a": [3]}
    product = told["nodes"][2]
    line = told["files"][0]["lines"][str(product["src"][1])]
    assert line[product["src"][3] : product["src"][4]] == "a * b"


def training(count: int) -> list[float]:
    mytorch.manual_seed(3)
    net = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 2)
    )
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    losses = []
    for _ in range(count):
        optimizer.zero_grad()
        x, y = mytorch.randn(5, 3), mytorch.tensor([0, 1, 0, 1, 1])
        loss = nn.CrossEntropyLoss()(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_a_training_is_the_same_and_its_losses_are_told() -> None:
    expected = training(25)
    with watch() as tape:
        found = training(25)
    assert found == expected
    told = trace(tape)
    assert np.allclose(told["losses"], expected, rtol=1e-6)
    assert [iteration["i"] for iteration in told["iterations"]] == [1, 10, 20, 25]
    for iteration in told["iterations"]:
        first, last = iteration["steps"]
        kinds = {step["kind"] for step in told["steps"][first:last]}
        assert kinds >= {"op", "seed", "run", "arrive", "store", "free", "opt"}
        moved = [step for step in told["steps"][first:last] if step["kind"] == "opt"]
        nodes = slice(*iteration["nodes"])
        names = {node["id"]: node.get("name") for node in told["nodes"][nodes]}
        of_layers = [node for node in told["nodes"][nodes] if node.get("op") in ("Linear", "ReLU")]
        assert [told["modules"][node["module"]]["kind"] for node in of_layers] == [
            node["op"] for node in of_layers
        ]
        assert {names[step["n"]] for step in moved} == {
            f"net.{place}.{what}" for place in (0, 1, 4) for what in ("weight", "bias")
        }


def test_norms_of_gradients_and_updates_are_told_of_all_iterations() -> None:
    expected: list[tuple[float, float]] = []
    with watch(iterations=[2]) as tape:
        w, b = Tensor([3.0, -4.0], requires_grad=True), Tensor(1.0, requires_grad=True)
        optimizer = optim.SGD([w, b], lr=0.5, momentum=0.9)
        speed = np.zeros(2)
        for count in range(5):
            optimizer.zero_grad()
            loss = (w * w).sum() + (b if count != 3 else 0.0)
            gradient = 2 * w.data.astype(np.float64)
            speed = 0.9 * speed + gradient
            expected.append((float(np.hypot(*gradient)), 0.5 * float(np.hypot(*speed))))
            loss.backward()
            optimizer.step()
    told = trace(tape)
    assert [iteration["i"] for iteration in told["iterations"]] == [2]
    assert told["norms"]["every"] == 1
    of_w, of_b = told["norms"]["of"]
    assert (of_w["name"], of_b["name"]) == ("w", "b")
    assert list(zip(of_w["gradient"], of_w["update"], strict=True)) == [
        pytest.approx(pair, rel=1e-5) for pair in expected
    ]
    assert of_b["gradient"] == [1, 1, 1, None, 1]


def test_norms_of_many_iterations_are_told_of_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mytorch.watcher.iterations.MOST_NORMS", 20)
    with watch(max_steps=10) as tape:
        w = Tensor(1.0, requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1)
        for count in range(25):
            optimizer.zero_grad()
            (w * float(count)).backward()
            optimizer.step()
    norms = trace(tape)["norms"]
    assert norms["every"] == 3
    assert norms["of"][0]["gradient"] == list(range(0, 25, 3))


def test_the_same_run_gives_the_same_bytes() -> None:
    texts = []
    for _ in range(2):
        with watch(title="twice") as tape:
            training(3)
        texts.append(tape.to_json())
    assert texts[0] == texts[1]


def test_an_exception_goes_on_and_is_the_last_step() -> None:
    tape = watch()
    with pytest.raises(mytorch.ShapeError), tape:
        Tensor.ones(2, 3) @ Tensor.ones(2, 3)
    (stop,) = steps(tape, "stop")
    assert stop["error"] == "ShapeError"
    assert "(2, 3)" in stop["message"]
    line = trace(tape)["files"][stop["src"][0]]["lines"][str(stop["src"][1])]
    assert "Tensor.ones(2, 3) @ Tensor.ones(2, 3)" in line


def test_a_tape_sees_its_own_thread() -> None:
    thread = threading.Thread(target=lambda: Tensor(2.0) * 3.0)
    with watch() as tape:
        thread.start()
        thread.join()
    assert trace(tape)["nodes"] == []


def test_two_at_a_time_are_refused() -> None:
    with watch(), pytest.raises(RuntimeError, match="watched already"), watch():
        pass
    with watch() as tape:  # nothing is left of them
        Tensor(1.0) + 1.0
    assert len(steps(tape, "op")) == 1


def test_hooks_are_told() -> None:
    with watch() as tape:
        a = Tensor(2.0, requires_grad=True)
        b = a * 3.0
        b.register_hook(lambda gradient: gradient * 10.0)
        (b + 1.0).backward()
    (hook,) = steps(tape, "hook")
    assert (hook["before"]["d"], hook["after"]["d"]) == ([1], [10])
    (store,) = steps(tape, "store")
    assert store["after"]["d"] == [30]
    assert "disagrees" not in store
    narrator = Narrator(trace(tape))
    assert narrator.tell(hook) == "A hook of `b` makes 10 of its gradient"
    del hook["changed"]
    assert narrator.tell(hook) == "A hook of `b` looks at its gradient and leaves it as it is"


def test_a_second_backward_adds() -> None:
    with watch() as tape:
        a = Tensor(2.0, requires_grad=True)
        for _ in range(2):
            (a * 3.0).backward()
    assert [step.get("before", {}).get("d") for step in steps(tape, "store")] == [None, [3]]


def test_changes_in_place_have_their_old_and_new_node() -> None:
    with watch() as tape:
        a = Tensor([1.0, 2.0], requires_grad=True)
        b = a * 2.0
        b.add_(1.0)
        b.sum().backward()
    told = trace(tape)
    (write,) = steps(tape, "write")
    assert told["nodes"][write["n"]]["op"] == "Mul"
    assert told["nodes"][write["n2"]]["op"] == "Add"
    assert write["after"]["d"] == [3, 5]


def test_a_recorded_backward_is_of_the_second_order() -> None:
    with watch() as tape:
        x = Tensor(3.0, requires_grad=True)
        y = x * x * x
        y.backward(create_graph=True)
        assert x.grad is not None
        x.grad.backward()
    told = trace(tape)
    second = [step for step in told["steps"] if step.get("order") == 2]
    computed = [step for step in second if "by" in step]
    assert computed
    assert all(told["nodes"][step["by"]]["op"] == "Mul" for step in computed)


def test_where_nan_comes_from() -> None:
    with watch() as tape:
        x = Tensor([0.0, 1.0], requires_grad=True)
        p = x.log()
        (p * x).sum().backward()
    told = trace(tape)
    bad = [step for step in told["steps"] if "bad" in step]
    assert (bad[0]["kind"], bad[0]["bad"]) == ("op", {"kind": "Inf", "index": [0], "first": True})
    assert bad[1]["bad"] == {"kind": "NaN", "index": [0], "first": True}
    assert [step["bad"]["first"] for step in bad if step["bad"]["kind"] == "NaN"].count(True) == 2


@pytest.mark.parametrize("hidden", ["values", "source"])
def test_what_is_private_is_left_out(hidden: str) -> None:
    def run() -> None:
        secret = Tensor([SECRET, 2.0], requires_grad=True)
        (secret * secret).sum().backward()
        optim.SGD([secret], lr=0.1).step()

    options: dict[str, Any] = {hidden: False}
    with watch(**options) as tape:
        run()
    text = tape.to_json()
    assert ("1.234567" in text) == (hidden != "values")
    assert (trace(tape)["norms"]["of"] != []) == (hidden != "values")
    assert ("secret * secret" in text) == (hidden != "source")


@pytest.mark.parametrize("cap", ["max_nodes", "max_steps"])
def test_what_is_left_out_is_said(cap: str) -> None:
    options: dict[str, Any] = {cap: 5}
    with watch(**options) as tape:
        a = Tensor(1.0, requires_grad=True)
        b = a
        for _ in range(20):
            b = b * 2.0
        b.backward()
        others = [Tensor(1.0, requires_grad=True) for _ in range(9)]
        for other in others:
            other.grad = Tensor(1.0)
        optim.SGD([a, *others], lr=0.1).step()
    told = trace(tape)
    assert a.grad is not None
    assert a.grad.item() == 2.0**20
    assert cap in told["truncated"]
    assert len(told[cap.removeprefix("max_")]) <= 8


def test_numbers_of_large_arrays() -> None:
    array = np.arange(100.0).reshape(10, 10)
    array[3, 3] = np.nan
    with watch(max_values=16) as tape:
        Tensor(array) * 1.0
    value = trace(tape)["nodes"][0]["value"]
    assert "d" not in value
    q = value["q"]
    assert (q["min"], q["max"], q["nan"], q["zeros"]) == (0, 99, 1, 1)
    assert len(q["tile"]) == len(q["tile"][0]) == 8
    assert [x["v"] for x in q["some"][:3]] == ["NaN", 99, 98]
    with watch(max_values=16) as tape:
        Tensor(np.arange(400.0).reshape(2, 50, 4)) * 1.0
    tile = trace(tape)["nodes"][0]["value"]["q"]["tile"]
    assert len(tile) == 8
    assert np.diff(tile).tolist() == [[1, 1, 1]] * 8


def test_nothing_recorded_outside() -> None:
    noted: list[Callable[[], Any]] = []
    Tensor(1.0) + 1.0
    with watch() as tape:
        pass
    Tensor(1.0) + 1.0
    assert trace(tape)["steps"] == noted


def test_a_compiled_function_runs_as_it_is_and_the_page_says_so() -> None:
    double = mytorch.compile(lambda x: x * 2.0)
    for _ in range(4):
        double(Tensor([1.0]))
    replayed = double.counts.replayed
    with watch() as tape:
        double(Tensor([3.0]))
    assert trace(tape)["nodes"][-1]["value"]["d"] == [6]
    assert trace(tape)["notes"] == ["<lambda> is compiled; it ran as it is to be watched"]
    double(Tensor([1.0]))
    assert double.counts.replayed == replayed + 1


def test_variables_of_the_last_line_have_their_names() -> None:
    with watch() as tape:
        a = Tensor(2.0, requires_grad=True)
        b = a * a
    names = [node.get("name") for node in json.loads(tape.to_json())["nodes"]]
    assert names == ["a", "b"]
    assert b.item() == 4


def first_use() -> Tensor:
    a = Tensor(1.0, requires_grad=True)
    b, c = Tensor(2.0), Tensor(3.0)
    return a * b + c


def second_use(c: Tensor) -> Tensor:
    for a in (c * 5, Tensor(7.0)):
        b = Tensor(4.0)
        c = a * b
    return c


def test_a_leaf_is_told_where_its_variable_has_it_and_from_when_on() -> None:
    with watch() as tape:
        second_use(first_use())
    told = trace(tape)
    first, second = (f.__code__.co_firstlineno for f in (first_use, second_use))
    leaves = [node for node in told["nodes"] if node["kind"] != "op"]
    (file,) = told["files"]
    lines = [node["assigned"] and node["assigned"][1] for node in leaves if node["name"]]
    assert lines == [first + 1, first + 2, first + 2, second + 2, second + 1, second + 2]
    assert [node["name"] for node in leaves if node["name"]] == [
        "a",
        "b",
        "c",
        "b",
        "a (2)",
        "b (2)",
    ]
    assert [node["since"] for node in leaves[:3]] == [0, 0, 0]
    products = [node["id"] for node in told["nodes"] if node.get("op") == "Mul"]
    assert all(products[1] < node["since"] <= products[-1] for node in leaves if node["id"] > 7)
    assert {str(line) for line in lines} <= set(file["lines"])


def test_a_variable_of_the_file_is_told_where_the_file_has_it(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "from mytorch import Tensor\n\n\nw = Tensor(2.0, requires_grad=True)\n\n\n"
        "def f(w2):\n    return w2 * w\n\n\nf(w).backward()\n"
    )
    assert main(["watch", str(script), "--out", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert '"assigned":[0,4]' in page


@pytest.mark.parametrize(
    "options",
    [
        {"iterations": "first"},
        {"iterations": 3},
        {"iterations": [0]},
        {"iterations": []},
        {"iterations": [True]},
        {"max_steps": 0},
        {"max_nodes": 1.5},
        {"max_values": "many"},
    ],
    ids=str,
)
def test_options_that_are_no_numbers_from_1_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(RangeError, match=f"watch: expected.* {next(iter(options))}"):
        watch(**options)


def test_one_is_enough() -> None:
    with watch(iterations=[1], max_nodes=1, max_steps=1, max_values=1) as tape:
        Tensor(1.0) * 2.0
    assert len(trace(tape)["steps"]) == 1


def test_a_wrong_number_is_told_beside_the_one_that_was_expected() -> None:
    value = {"s": [], "t": "float32", "d": [2.0]}
    stop = {"kind": "stop", "message": "a.grad\nmore", "expected": value, "after": value}
    narrator = Narrator({"files": [], "nodes": [], "modules": []})
    assert narrator.tell(stop) == "a.grad: other numbers were expected"
    stop["after"] = value | {"d": [3.0]}
    assert narrator.tell(stop) == "a.grad: expected 2, found 3"


def test_a_leaf_stands_before_what_it_is_used_by() -> None:
    nodes = [{"id": number} for number in range(5)]
    edges = [{"from": start, "to": end} for start, end in ((0, 2), (1, 2), (2, 4), (3, 4))]
    across = [_places(nodes, edges)[number][0] for number in range(5)]
    assert across[0] == across[1] < across[2] == across[3] < across[4]


def test_a_path_that_cannot_be_written_is_refused_before_the_block(tmp_path: Path) -> None:
    ran = False
    with pytest.raises(FileNotFoundError), watch(tmp_path / "missing" / "run.html"):
        ran = True
    assert not ran
    with watch() as tape:  # and this thread is watched by nobody
        Tensor(1.0) * 2.0
    assert "Mul" in tape.to_json()


def test_an_error_of_the_program_is_not_replaced_by_that_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    tape = watch(tmp_path / "folder" / "run.html")
    tape.__enter__()
    (tmp_path / "folder").rmdir()
    error = ZeroDivisionError()
    tape.__exit__(type(error), error, None)
    assert "watch: the page is not written: " in error.__notes__[0]


def test_an_error_without_a_message_or_with_a_bad_one() -> None:
    class BadError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    for error in (BadError(), KeyboardInterrupt(), RuntimeError("x" * 10**6)):
        with suppress(BaseException), watch() as tape:
            raise error
        step = json.loads(tape.to_json())["steps"][-1]
        assert step["error"] == type(error).__name__
        assert len(step["message"]) <= 2000


def test_without_values_hooks_and_errors_tell_what_they_did_and_no_number() -> None:
    with suppress(ValueError), watch(values=False, source=False) as tape:
        x = Tensor(2.0, requires_grad=True)
        x.register_hook(lambda gradient: gradient * 10)
        x.register_hook(lambda gradient: None)
        (x * 3.0).backward()
        raise ValueError("it was 31.5")
    steps = json.loads(tape.to_json())["steps"]
    assert [step.get("changed") for step in steps if step["kind"] == "hook"] == [True]
    stop = {"kind": "stop", "error": "ValueError", "message": "", "phase": "backward"}
    assert steps[-1] == stop


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("a = Tensor(2.0) * 1.0  # " + 10**5 * "x")
    with watch() as tape:
        exec(compile(path.read_text(), str(path), "exec"), {"Tensor": Tensor})
    (file,) = json.loads(tape.to_json())["files"]
    assert [len(line) for line in file["lines"].values()] == [500]


@pytest.mark.parametrize("to_none", [True, False])
def test_what_zero_grad_leaves_is_told(to_none: bool) -> None:
    with watch() as tape:
        net = nn.Linear(2, 1)
        net(Tensor([[1.0, 2.0]])).sum().backward()
        net.zero_grad(set_to_none=to_none)
    (step,) = steps(tape, "zero")
    assert step["to_none"] is to_none
    assert ("forgets 2" if to_none else "fills 2") in Narrator(trace(tape)).tell(step)


def test_making_a_layer_is_no_step() -> None:
    with watch() as tape:
        nn.Linear(2, 1), nn.Conv2d(1, 1, 1), nn.LSTM(1, 1), nn.Embedding(1, 1), nn.BatchNorm1d(1)
    assert json.loads(tape.to_json())["steps"] == []
