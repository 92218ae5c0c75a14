"""Where the homework lies, and what its files must not stand in the way of.

The files of a homework may be named as anything: a random.py or numpy.py of its own must not be
what the grader or NumPy import. So this file imports nothing that is not loaded already.
"""

import os
import sys
from collections.abc import Iterable


def root_of(script: str) -> str:
    """The folder with the homework that a script grades: the one that holds autograder/.

    Not resolved: where autograder/ is a link, the homework is what lies beside the link.
    """
    return os.path.abspath(script).rsplit(os.sep, 3)[0]


def outside(root: str, entries: Iterable[str]) -> list[str]:
    """The folders to look for modules in that are no folders of the homework."""
    return [entry for entry in entries if not _inside(root, os.path.realpath(entry))]


def _inside(root: str, folder: str) -> bool:
    root, prefix = os.path.realpath(root), os.path.realpath(sys.prefix)
    # A virtual environment may lie in the root, or be it.
    below_prefix = folder.startswith(prefix + os.sep) and (prefix + os.sep).startswith(root)
    return (folder + os.sep).startswith(root + os.sep) and not below_prefix


def start(script: str) -> None:
    """What a script of the grader does first: forget the homework's folders, ask for NumPy.

    Ends the program with the cure if there is no NumPy. Another error of its import is raised.
    """
    sys.path[:] = outside(root_of(script), sys.path)
    for descriptor in range(3):  # one that is closed would be given to a pipe
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    try:
        import numpy  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        cure = "'make test' creates .venv with all that is needed"
        sys.exit(f"{sys.executable} has no NumPy; {cure}")
