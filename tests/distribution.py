"""Builds the distribution and uses it as its users do: `make test-package`.

The sdist, and the wheel made from it, are built and looked into. The wheel is installed into an
environment that has nothing else, for each Python that is found here, and used from another folder:
every module is imported, the README's example runs, a program is type-checked against it, and the
tests that need no PyTorch pass.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")

# Imports each module of the installed package; mypy has to see the types. Each public name follows.
PROGRAM = """\
import pkgutil
from importlib import import_module
from importlib.metadata import requires

import mytorch
from mytorch import Tensor, nn, optim

for module in pkgutil.walk_packages(mytorch.__path__, "mytorch."):
    import_module(module.name)
needed = [line for line in requires("mytorch-numpy") or [] if "extra ==" not in line]
assert len(needed) == 1 and needed[0].startswith("numpy"), needed

mytorch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))
optimizer = optim.Adam(model.parameters(), lr=0.1)


@mytorch.compile
def step(x: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss: Tensor = (model(x) - x.sum(1, keepdim=True)).square().mean()
    loss.backward()
    optimizer.step()
    return loss


batch = mytorch.rand(8, 2)
losses = [step(batch).item() for _ in range(20)]
assert losses[-1] < losses[0], losses
print(mytorch.__file__)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; an error that shows it, if it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def pythons() -> Iterator[tuple[str, str]]:
    """The Pythons that are installed here, pyenv's among them: version and path."""
    for version in VERSIONS:
        own = [sys.executable] if sys.version.startswith(version) else []
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        for python in (*own, shutil.which(f"python{version}"), *map(str, pyenv)):
            if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
                yield version, python
                break
        else:
            print(f"Python {version} is not installed here: not tried")


def build(folder: Path) -> Path:
    """The wheel, by way of the sdist. Both have every file of the package and no stray one."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    package = set(run("git", "ls-files", "mytorch", cwd=ROOT).split())
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        description = archive.read(metadata).decode().partition("\n\n")[2]
    assert inside == package, inside ^ package
    # On the package index there is nothing beside the page.
    assert description.startswith("# MyTorch"), description[:100]
    links = re.findall(r"\]\(([^)]*)|(?:src|href)=", description)
    assert all(link.startswith("https:") for link in links), links
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = package | {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO"}
    assert wanted <= names, wanted - names
    print(f"{sdist.name} and {wheel.name}: {len(package)} files")
    return wheel


def imported(path: Path) -> set[str]:
    """The modules that a file of tests imports, and those that they import."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    inner = [ROOT / (name.replace(".", "/") + ".py") for name in found if name.startswith("tests.")]
    return found.union(*(imported(module) for module in inner if module.is_file()))


def light_tests() -> list[str]:
    """The tests that need nothing but the package."""
    others = {"torch", "hw1", "data", "course", "autograder", "benchmarks"}
    others |= {"jsonschema", "mpmath", "onnx", "onnxruntime", "safetensors"}
    # These need the tree.
    left_out = {"test_imports.py", "test_pages.py", "test_contributing.py"}
    left_out.add("test_handout_commands.py")
    left_out |= {path.name for path in (ROOT / "tests" / "examples").glob("test_*.py")}
    # These say the same under each Python, and take long.
    left_out |= {"test_everything.py", "test_number_programs.py", "test_programs.py"}
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        files = [file for file in (path, path.with_name("conftest.py")) if file.exists()]
        needed = {name.partition(".")[0] for file in files for name in imported(file)}
        if path.name not in left_out and not others & needed:
            found.append(str(path.relative_to(ROOT)))
    return found


def use(python: str, wheel: Path, folder: Path) -> None:
    """Installs the wheel into a clean environment and uses it from another folder."""
    run(python, "-m", "venv", "environment", cwd=folder)
    inside = folder / "environment" / "bin" / "python"
    run(inside, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    names = run(inside, "-c", "import mytorch; print(*mytorch.__all__)", cwd=folder).split()
    (folder / "program.py").write_text(PROGRAM + "".join(f"mytorch.{name}\n" for name in names))
    shutil.copy(ROOT / "README.md", folder)
    found = run(inside, "-W", "error", "program.py", cwd=folder).strip()
    assert found.startswith(str(folder)), f"the package was found at {found}"
    options = ("-o", "NORMALIZE_WHITESPACE", "-o", "ELLIPSIS")
    run(inside, "-m", "doctest", *options, "README.md", cwd=folder)
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", inside)
    shutil.copy(ROOT / "tests" / "typed_program.py", folder)
    run(*mypy, "program.py", "typed_program.py", cwd=folder)

    run(inside, "-m", "pip", "install", "--quiet", "pytest>=8", "hypothesis>=6.100", cwd=folder)
    shutil.copytree(ROOT / "tests", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    # The examples of the export need its package.
    doctests = ("--pyargs", "mytorch", "--ignore-glob=*/mytorch/onnx/*")
    print(run(inside, "-m", "pytest", *light_tests(), *doctests, cwd=folder).splitlines()[-1])


def main() -> None:
    """The command."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        wheel = build(folder)
        for version, python in pythons():
            print(f"Python {version}:", flush=True)
            (folder / version).mkdir()
            use(python, wheel, folder / version)


if __name__ == "__main__":
    main()
