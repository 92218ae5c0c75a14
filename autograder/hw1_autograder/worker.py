"""Runs the tests of one part of the homework in this process, for the runner.

Called as `worker.py PART DESCRIPTOR`. One JSON line per finished test goes to the open file
descriptor, which the homework does not know: what it prints cannot be taken for a result.
"""

import json
import os
import resource
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import numpy as np
import test_autograd
import test_mlp
from checks import MismatchError, shortened
from homework import ROOT, claim
from points import GradedTest

TESTS = test_autograd.TESTS + test_mlp.TESTS
LIMITS = {
    resource.RLIMIT_AS: 2 * 2**30,  # bytes of memory
    resource.RLIMIT_CPU: 60,  # seconds
    resource.RLIMIT_FSIZE: 2**24,  # bytes in one file: what the homework prints goes to a file
}


def limit_resources() -> None:
    """Let an endless loop fill neither memory nor disk, nor outlive the runner."""
    for kind, limit in LIMITS.items():
        with suppress(ValueError, OSError):  # macOS refuses some limits
            resource.setrlimit(kind, (limit, limit))


def failure_of(test: GradedTest) -> str | None:
    """Run a test: None when it passed, otherwise what went wrong."""
    np.random.seed(0)
    try:
        claim("mytorch")
        test.run()
    except MismatchError as mismatch:
        return str(mismatch)
    # sys.exit() in the homework is its mistake, not the wish of the grader.
    except BaseException as error:
        return described(error)
    return None


def described(error: BaseException) -> str:
    """The error in one line, and the last line of the homework that it came through."""
    text = shortened(f"{type(error).__name__}: {error}".removesuffix(": "))
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        with suppress(ValueError):
            place = Path(frame.filename).resolve().relative_to(ROOT)
            if place.parts[0] == "mytorch":
                return f"{text}\n  at {place}:{frame.lineno}, in {frame.name}: {frame.line}"
    return text


def main() -> None:
    """Run the tests of the part named on the command line."""
    part, descriptor = sys.argv[1], int(sys.argv[2])
    limit_resources()
    sys.path.insert(0, str(ROOT))
    with os.fdopen(descriptor, "w", buffering=1) as results:
        for test in TESTS:
            if test.part == part:
                print(json.dumps({"name": test.name, "failure": failure_of(test)}), file=results)
    # Leave at once: the homework's threads and exit handlers must not keep the runner waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
