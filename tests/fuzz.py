"""Runs the random tests with new seeds until one fails, time is over, or Ctrl-C.

    make fuzz                          # for as long as one likes
    make fuzz FUZZ="--minutes 10"
    make fuzz FUZZ="--seed 1234"       # one round again: the one that failed

What a failure prints is kept as an example that runs with all tests; docs/testing.md tells how.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def files() -> list[str]:
    """The tests that draw by chance."""
    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path) for path in tests if "from tests.seeds import" in path.read_text()]


def fails(seed: int) -> bool:
    """Whether a round of tests finds something."""
    command = [sys.executable, "-m", "pytest", "-x", f"--hypothesis-seed={seed}", *files()]
    environment = {**os.environ, "FUZZ_SEED": str(seed)}
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode != 0


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns its exit status: 1 if something was found."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="default: no end")
    parser.add_argument("--seed", type=int, help="one round, with this seed")
    options = parser.parse_args(arguments)
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    try:
        while rounds == 0 or (options.seed is None and time.monotonic() < end):
            seed = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
            print(f"seed {seed}", flush=True)
            if fails(seed):
                print(f'found with seed {seed}; again: make fuzz FUZZ="--seed {seed}"')
                return 1
            rounds += 1
    except KeyboardInterrupt:
        pass
    print(f"{rounds} rounds, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
