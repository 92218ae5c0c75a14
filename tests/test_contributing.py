"""CONTRIBUTING.md followed to the letter: what its example adds passes the tests that it names."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

ROOT = Path(__file__).parent.parent


def insert(file: Path, before: str, text: str) -> None:
    """Put text before the first line that starts so."""
    content = file.read_text()
    place = re.search(f"^{re.escape(before)}", content, re.MULTILINE)
    assert place, f"{file} has no line that starts with {before!r}"
    file.write_text(content[: place.start()] + text + content[place.start() :])


def take_away(tree: Path, name: str) -> None:
    """The tree as if it did not have the operation yet."""
    for file in (tree / "mytorch" / "ops").glob("*.py"):
        text = file.read_text().replace(f'    "{name}",\n', "")
        head = rf"^(class {name.capitalize()}\(|def {name}\().*\n(( .*)?\n)*"
        file.write_text(re.sub(head, "", text, flags=re.MULTILINE))
    methods = tree / "mytorch" / "_methods.py"
    methods.write_text(re.sub(rf"\b{name} ", "", methods.read_text()))
    for file in (tree / "tests" / "operations").glob("*.py"):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if f'Operation("{name}"' not in line))


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A copy of the tree after the steps of "Add an operation"."""
    for name in ("mytorch", "tests", "hw1", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    _, steps = (ROOT / "CONTRIBUTING.md").read_text().split("## Add an operation")
    blocks = re.findall(r"^   ```(?:python)?\n(.*?)^   ```$", steps, re.MULTILINE | re.DOTALL)
    operation, row = (dedent(block) for block in blocks)
    name = re.search(r'Operation\("(\w+)"', row)[1]  # type: ignore[index]
    files = re.findall(r"in `(\S+\.py)`", steps)
    assert files == [
        "mytorch/ops/elementwise.py",
        "mytorch/_methods.py",
        "tests/operations/elementwise.py",
    ]
    take_away(tmp_path, name)
    ours, names, table = (tmp_path / file for file in files)
    ours.write_text(f"{ours.read_text()}\n\n{operation}")
    insert(ours, '    "sqrt",', f'    "{name}",\n')
    insert(names, "    add sub", f"    {name}\n")
    insert(table, "]", indent(row, "    "))
    commands = re.findall(r"`\.venv/bin/python (-m \S+)`(?: then)? writes\s+(\S+\.\w+)", steps)
    assert len(commands) == 2
    for command, file in commands:
        (tmp_path / file).write_text("")
        subprocess.run([sys.executable, *command.split()], cwd=tmp_path, check=True)
        assert re.search(rf"\b{name}\b", (tmp_path / file).read_text())
    return tmp_path


def test_the_example_passes_its_tests(followed: Path) -> None:
    tests = ["tests/ops/test_operations.py", "tests/test_methods.py", "mytorch/ops/elementwise.py"]
    chosen = "sinh or page or stub or pytorch_has or the_method or own_names"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rp", "-p", "no:cacheprovider", "-k", chosen, *tests],
        cwd=followed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 20
    assert len(re.findall(r"^PASSED .*test_operations\.py::\w+\[sinh\]", done.stdout, re.M)) == 7
