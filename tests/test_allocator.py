"""Memory is not given back to the system between steps, and lies in large pages."""

import re
import subprocess
import sys
from pathlib import Path

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


# Whether the system may give large pages to a program that asks for them.
LARGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def output(program: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return run.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc's malloc")
def test_pages_are_not_fetched_again() -> None:
    assert int(output(PROGRAM)) < 1000  # of 125,000


@pytest.mark.skipif(
    not LARGE.exists() or "[never]" in LARGE.read_text(), reason="there are no large pages"
)
def test_arrays_lie_in_large_pages() -> None:
    found = output("import mytorch; print(open('/proc/self/smaps').read())")
    heaps = re.findall(
        r"\[heap\]\nSize: +(\d+) kB\n(?:.*\n)*?Rss: +(\d+) kB\n(?:.*\n)*?VmFlags:(.*)", found
    )
    large = [(int(size), int(used)) for size, used, flags in heaps if " hg" in flags]
    assert sum(size for size, _ in large) >= 100_000
    assert sum(used for _, used in large) < 10_000  # nothing is taken before it is needed
