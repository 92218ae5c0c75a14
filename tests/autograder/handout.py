"""Lays out a homework as the handout has it, to run the commands of the write-up in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDENT = Path(__file__).resolve().parent / "student"


def homework(folder: Path, library: Path) -> Path:
    """Put the grader, the commands and a copy of the library into `folder`; the copy."""
    for name in ("autograder", "course"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("grade.sh", "create_tarball.sh", "sandbox.py"):
        shutil.copy(ROOT / name, folder)
    mytorch = folder / "mytorch"
    shutil.copytree(library, mytorch)
    (mytorch / "__init__.py").touch()
    return mytorch


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder, with this Python as python3 and further variables."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
