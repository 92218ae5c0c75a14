"""Programs in processes of their own that need not import anything again."""

import os
import sys
import warnings
from collections.abc import Callable


def fork(program: Callable[[], int]) -> int:
    """Runs a program, silent, in a process of its own, and ends that with its status; the id."""
    with warnings.catch_warnings():
        # That threads hold locks for ever there: the programs here use none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        with open(os.devnull, "w") as nowhere:
            sys.stdout = sys.stderr = nowhere
            status = program()
    finally:
        os._exit(status)
