"""What a library costs before it does anything: the time of its import, its size on disk."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import mytorch

# Names of modules, and of the distributions that bring them.
MODULES = ("numpy", "mytorch", "torch", "jax", "mygrad", "autograd")


def installed() -> dict[str, str]:
    """The versions of the modules that are there."""
    found = {"mytorch": mytorch.__version__}
    for module in MODULES:
        try:
            found.setdefault(module, distribution(module).version)
        except PackageNotFoundError:
            continue
    return {module: found[module] for module in MODULES if module in found}


def import_seconds(modules: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """For each module the time of fresh processes that import it and end, A B C A B C. A first
    round is not counted: it compiles the modules to bytecode, which an installation has done."""
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(rounds + 1):
        for module in modules:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)
            times[module].append(time.perf_counter() - start)
    return {module: found[1:] for module, found in times.items()}


def sizes(modules: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each module the bytes of its own files, and with all that it requires."""
    return {
        module: {
            "own": own_size(module),
            "all": sum(own_size(name) for name in required(module, set())),
        }
        for module in modules
    }


def own_size(name: str) -> int:
    """The bytes of a distribution's files, without compiled Python."""
    if name == "mytorch":  # used from its sources, which no list of installed files knows
        files = list(Path(mytorch.__file__).parent.rglob("*.*"))
    else:
        files = [Path(str(file.locate())) for file in distribution(name).files or ()]
    return sum(f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())


def required(name: str, known: set[str]) -> set[str]:
    """The distribution and those it requires, with theirs; optional ones are left out."""
    try:
        wanted = ["numpy"] if name == "mytorch" else distribution(name).requires or []
    except PackageNotFoundError:  # required on another system only
        return known
    known.add(name)
    for requirement in wanted:
        found = re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")
        if "extra ==" not in requirement and found not in known:
            required(found, known)
    return known
