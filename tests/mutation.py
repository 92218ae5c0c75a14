"""A mutation test: do the tests see small faults that are put into the library on purpose?

    make mutants                                    # 500 mutants of everything
    make mutants MUTANTS="--mutants 50 mytorch/engine/graph.py mytorch/ops/reduction.py"

Each mutant changes one place in the body of one function. The tests are collected and run once as
they are, to see which of them call which function; then every mutant is given to a forked process
that swaps the function's code and runs those tests, the quick ones first, until one fails. So a
mutant takes about a second; one that hangs or eats up the memory counts as killed. The programs
(hw1, data, the grader) and the watcher are run by many tests in processes of their own: a mutant of
theirs that is still alive is written into a copy of the tree, and the tests of its folder are run
there; so is one in a function that no test is seen to call, as at import. `--seed` decides which
are drawn.

A library would be better than a script, but mutmut leaves out properties, and changes every word of
every message; cosmic-ray starts pytest anew for each mutant, and with it PyTorch.
"""

import argparse
import ast
import copy
import gc
import os
import pickle
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from operator import setitem
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FILES = ["mytorch/**/*.py", "hw1/*.py", "data/*.py", "course/**/*.py", "autograder/**/*.py"]
TESTS = [
    "mytorch",
    "hw1",
    "tests/compiler",
    "tests/data",
    "tests/distributions",
    "tests/files",
    "tests/hw1",
    "tests/kernels",
    "tests/nn",
    "tests/onnx",
    "tests/ops",
    "tests/optim",
    "tests/utils",
    "tests/watcher",
    *map(str, ROOT.glob("tests/test_*.py")),
]
# Whose tests start processes.
PROGRAMS = ("hw1/", "data/", "course/", "autograder/", "mytorch/watcher/")
OPERATORS = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
# Of the tests of a program in a copy of the tree: some minutes are usual on a busy machine.
MOST_SECONDS = 600
# Options without which the result is the same: it takes longer, or less is checked on the way.
SAFE = ("copy", "strict")
# What makes the numbers that a test of the grader is tried on.
INPUTS = ("leaf", "parameters", "logits_and_labels", "away_from_zero")
# Sizes from which another way to the same numbers is the quicker one.
SPEEDS = ("FEW", "_FEW", "_BLOCK", "MOST_REPEATED")
UNTOUCHED = (ast.arguments, ast.Assert, ast.JoinedStr)


def is_equal_by_design(node: ast.AST) -> bool:
    """Whether a change in it is no fault: what is there for the type checker, which numbers a
    program draws or chooses for itself, how long it says that it took, and which way is the
    quicker."""
    match node:
        case ast.Compare(_, _, [ast.Name(name)]):
            return name in SPEEDS
        case ast.If(test) | ast.IfExp(test):
            return isinstance(test, ast.Compare) and is_equal_by_design(test)
        case ast.Call(ast.Name("cast")) | ast.Call(ast.Attribute(_, "default_rng")):
            return True
        case ast.Call(ast.Name(name)):
            return name in INPUTS
        case ast.Call(ast.Attribute(ast.Name("rng"))) | ast.keyword("seed", ast.Constant()):
            return True
        case ast.BinOp(ast.Call(ast.Attribute(_, "perf_counter")), ast.Sub()):
            return True
        case ast.keyword(name):
            return name in SAFE
    return isinstance(node, UNTOUCHED)


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may become."""
    match node:
        case ast.Compare(left, [*operators], operands):
            for place, operator in enumerate(operators):
                changed = [*operators[:place], OPERATORS[type(operator)](), *operators[place + 1 :]]
                yield ast.Compare(left, changed, operands)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(OPERATORS[type(operator)](), values)
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.AugAssign(target, operator, value) if type(operator) in OPERATORS:
            yield ast.AugAssign(target, OPERATORS[type(operator)](), value)
            yield ast.Pass()
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Call(function, arguments, keywords):
            for place, keyword in enumerate(keywords):
                if not is_equal_by_design(keyword):
                    yield ast.Call(function, arguments, keywords[:place] + keywords[place + 1 :])
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.With(_, body):
            yield ast.If(ast.Constant(True), body, [])
        case ast.Return(ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Assign([ast.Attribute() | ast.Subscript()]) | ast.Raise() | ast.Continue():
            yield ast.Pass()
        case ast.Expr(value) if not isinstance(value, ast.Constant):
            yield ast.Pass()


def changes(node: ast.AST) -> Iterator[tuple[int, Callable[[], None]]]:
    """Each change that can be made below a node: its line, and what makes it.

    Not touched are texts, type hints, and what makes no difference by design.
    """
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "exc", "cause"):
            continue
        children = list(enumerate(field)) if isinstance(field, list) else [(None, field)]
        for place, child in children:
            if not isinstance(child, ast.AST) or is_equal_by_design(child):
                continue
            put = partial(setattr, node, name) if place is None else partial(setitem, field, place)
            for replacement in replacements(child):
                yield child.lineno, partial(put, replacement)
            if not is_minus_one(child):
                yield from changes(child)


def is_minus_one(node: ast.AST) -> bool:
    """It becomes 1; NumPy takes any negative size of a shape like -1."""
    match node:
        case ast.UnaryOp(ast.USub(), ast.Constant(1)):
            return True
    return False


def functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """The functions and methods of a module, without those inside of others."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child
        elif isinstance(child, ast.ClassDef):
            yield from functions(child)


@dataclass(frozen=True)
class Mutant:
    """The change number `number` of the function that is number `function` of its file."""

    path: Path
    function: int
    number: int

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def trees(self) -> tuple[ast.Module, ast.FunctionDef, ast.FunctionDef, int]:
        """The changed module, the function before and after, and the line of the change."""
        module = ast.parse(self.path.read_text())
        after = list(functions(module))[self.function]
        before = copy.deepcopy(after)
        line, make = list(changes(after))[self.number]
        make()
        return ast.fix_missing_locations(module), before, after, line

    def survives_on_disk(self) -> bool:
        """Whether its tests pass in a copy of the tree where the file is changed."""
        with TemporaryDirectory() as folder:
            copied = Path(folder, "copy")
            for name in _git("ls-files", "--cached", "--others", "--exclude-standard"):
                if (ROOT / name).is_file():
                    (copied / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / name, copied / name)
            (copied / ".venv").symlink_to(ROOT / ".venv")
            (copied / self.name).write_text(ast.unparse(self.trees()[0]) + "\n")
            command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *self.tests]
            # Its messages would come between ours.
            run = subprocess.Popen(
                command,
                cwd=copied,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                return run.wait(MOST_SECONDS) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                with suppress(ProcessLookupError):  # what the tests have started, too
                    os.killpg(run.pid, signal.SIGKILL)
                run.wait()

    @property
    def folder(self) -> str:
        """The first folder of its path."""
        return Path(self.name).parts[0]

    @property
    def tests(self) -> list[str]:
        """Where the tests of its file lie: in the folder of the same name, if there is one."""
        rooms = ["autograder"] if self.folder == "course" else Path(self.name).parts[-2::-1]
        folders = [ROOT / "tests" / room for room in rooms]
        here = next(filter(Path.is_dir, folders), None)
        found = [here] if here else (ROOT / "tests").glob("test_*.py")
        return [str(path.relative_to(ROOT)) for path in found]

    def lines(self) -> range:
        """The lines of the function."""
        _, function, _, _ = self.trees()
        first = min(node.lineno for node in (function, *function.decorator_list))
        return range(first, (function.end_lineno or first) + 1)

    def __str__(self) -> str:
        _, before, after, line = self.trees()
        was, is_now = ast.unparse(before).splitlines(), ast.unparse(after).splitlines()
        while was and is_now and was[0] == is_now[0]:
            del was[0], is_now[0]
        while was and is_now and was[-1] == is_now[-1]:
            del was[-1], is_now[-1]
        rows = [*("  - " + row for row in was), *("  + " + row for row in is_now)]
        return "\n".join((f"{self.name}:{line} in {before.name}", *rows))

    def install(self) -> None:
        """Gives the living functions of the file their changed code."""
        changed = dict(_codes(compile(self.trees()[0], str(self.path), "exec")))
        gc.unfreeze()  # what the tests' collection has put aside is sought, too
        for function in gc.get_objects():
            if type(function) is FunctionType:
                old = function.__code__
                new = changed.get((old.co_qualname, old.co_firstlineno))
                if old.co_filename == str(self.path) and new is not None and new != old:
                    function.__code__ = new


def _git(*arguments: str) -> list[str]:
    """The lines that a command of git's prints."""
    command = ["git", *arguments]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return run.stdout.splitlines()


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    yield (code.co_qualname, code.co_firstlineno), code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def all_mutants(patterns: list[str]) -> list[Mutant]:
    """Every mutant of the files."""
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return [
        Mutant(path, place, number)
        for path in paths
        for place, function in enumerate(functions(ast.parse(path.read_text())))
        for number, _ in enumerate(changes(function))
    ]


def in_child(task: Callable[[], Any], seconds: float) -> Any:
    """The task's result, computed by a copy of this process; None if that dies or takes longer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        signal.setitimer(signal.ITIMER_REAL, seconds)  # its signal ends the process
        resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
        try:
            with os.fdopen(writing, "wb") as pipe:
                try:
                    answer = True, task()
                except Exception as error:
                    answer = False, error
                pickle.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        message = pipe.read()
    os.waitpid(child, 0)
    if not message:
        return None
    well, result = pickle.loads(message)
    if not well:
        raise result
    return result


class Mutation:
    """A plug-in that runs mutants where pytest would run the tests."""

    def __init__(self, mutants: list[Mutant], seconds: float) -> None:
        self.mutants = mutants
        self.seconds = seconds
        self.survivors: list[Mutant] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Runs all tests once, then each mutant."""
        start = time.monotonic()
        observed = in_child(partial(_observe, session), 3600)
        if observed is None:
            pytest.exit("The tests do not run through without any mutant", 1)
        callers, durations, failed = observed
        for number in failed:
            print(f"\nLeft out, as it fails while it is watched: {session.items[number].nodeid}")
        print(f"\n{len(session.items)} tests seen in {time.monotonic() - start:.0f} s", flush=True)
        for mutant in self.mutants:
            lines = mutant.lines()
            numbers = set().union(*(callers[mutant.name, line] for line in lines)) - failed
            # What is called at import, or by sys.setprofile, is not seen.
            on_disk = mutant.name.startswith(PROGRAMS) or not numbers
            order = sorted(numbers, key=lambda n: (_in_table(session.items[n]), durations[n]))
            chosen = [session.items[number] for number in order]
            task = partial(_passed, mutant, chosen, self.seconds)
            passed = in_child(task, 5 * self.seconds)
            if passed is not None and (not on_disk or mutant.survives_on_disk()):
                self.survivors.append(mutant)
                print(f"\n{mutant}\n  (passed {passed} of {len(chosen)} tests)", flush=True)
        print(f"\n{len(self.mutants)} mutants in {time.monotonic() - start:.0f} s")
        return True


def _observe(session: pytest.Session) -> Any:
    """Which tests, by number, call the code that begins at a line of a file; how long each
    takes; and which fail."""
    callers: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    durations: list[float] = []
    failed: set[int] = set()
    rooms = tuple(str(ROOT / room) for room in ("mytorch", *PROGRAMS))
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        seen.add(frame.f_code)

    for number, item in enumerate(session.items):
        seen.clear()
        before, start = session.testsfailed, time.monotonic()
        sys.settrace(note)
        _run(item)
        sys.settrace(None)
        durations.append(time.monotonic() - start)
        if session.testsfailed > before:
            failed.add(number)
        for code in seen:
            if code.co_filename.startswith(rooms):
                name = str(Path(code.co_filename).relative_to(ROOT))
                callers[name, code.co_firstlineno].add(number)
    return callers, durations, failed


def _in_table(item: pytest.Item) -> bool:
    """Whether it is one of the many tests of the operations. A fault in the engine is better sought
    by the few tests of the engine first."""
    return item.nodeid.startswith("tests/ops/test_operations.py")


def _passed(mutant: Mutant, items: list[pytest.Item], seconds: float) -> int | None:
    """How many of the tests the mutant passes in so many seconds; None if it fails one."""
    try:
        mutant.install()
    except ValueError:  # the change took away the function's last use of an outer variable
        return None
    for number, item in enumerate(items):
        if time.process_time() > seconds:
            return number
        _run(item)
        if item.session.testsfailed:
            return None
    return len(items)


def _run(item: pytest.Item) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("--mutants", type=int, default=500, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0, help="which are drawn")
    parser.add_argument("--seconds", type=float, default=15, help="of tests for one mutant")
    parser.add_argument("--tests", nargs="*", default=TESTS)
    options = parser.parse_args()
    every = all_mutants(options.files)
    count = min(options.mutants, len(every))
    places = random.Random(options.seed).sample(range(len(every)), count)
    mutants = [every[place] for place in sorted(places)]
    print(f"{count} of {len(every)} mutants, seed {options.seed}")
    os.environ["OMP_NUM_THREADS"] = "1"  # threads do not outlive a fork
    os.chdir(ROOT)
    plugin = Mutation(mutants, options.seconds)
    code = pytest.main(["-s", "-p", "no:cacheprovider", *options.tests], plugins=[plugin])
    if code:
        sys.exit(code)
    drawn = Counter(mutant.name for mutant in mutants)
    alive = Counter(mutant.name for mutant in plugin.survivors)
    for name, number in drawn.items():
        print(f"{name:44} {number - alive[name]:4} of {number:4}")
    killed = count - alive.total()
    print(f"{'killed':44} {killed:4} of {count:4} ({killed / count:.1%})")


if __name__ == "__main__":
    main()
