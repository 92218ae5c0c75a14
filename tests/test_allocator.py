"""Memory is not given back to the system between steps."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
import mytorch

def step():
    held = [mytorch.ones(2**17) for _ in range(100)]  # as a graph holds them: 100 MB

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

step()
before = faults()
for _ in range(5):
    step()
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc's malloc")
def test_pages_are_not_fetched_again() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    # Of 125,000.
    assert int(run.stdout) < 1000
