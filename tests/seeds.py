"""The seeds of random tests: the same on each run, or new ones by `make fuzz`.

A test file that draws by chance takes its seeds from here, and Hypothesis its profile; that it
imports this module is how `make fuzz` finds it.
"""

import os

from hypothesis import settings

# Set by `make fuzz`.
FIRST = int(os.environ.get("FUZZ_SEED", "0"))

settings.register_profile("suite", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("fuzz" if "FUZZ_SEED" in os.environ else "suite")


def seeds(count: int) -> range:
    """So many seeds for a test's parameters."""
    return range(FIRST, FIRST + count)


def twenties(seed: int) -> str:
    """The name of the twenty seeds that this one is among."""
    first = seed - (seed - FIRST) % 20
    return f"{first}-{first + 19}"
