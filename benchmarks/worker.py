"""What runs inside a contender's own process.

Each contender has a process: no library pays for the threads, the memory or the garbage
collection of another.
"""

import gc
import importlib
import time
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.workloads import CHAIN, NETWORKS, PRODUCTS, operands, task


def contender(name: str) -> ModuleType:
    """The module of a contender. Raises ImportError if its library is not there."""
    return importlib.import_module(f"benchmarks.contenders.{name}")


def introduce(name: str) -> tuple[str, list[str]]:
    """The contender's name in print and the workloads that it can do."""
    module = contender(name)
    able = {
        **dict.fromkeys(NETWORKS, "training"),
        "overhead": "chain",
        "inference": "inference",
        **dict.fromkeys(PRODUCTS, "product"),
        "transformer": "transformer",
    }
    return module.NAME, [workload for workload, needs in able.items() if hasattr(module, needs)]


# Training starts over again and again: after some 750 steps the momenta of units that have died
# are denormal numbers, which are slow, and the faster a contender is, the more of them it has.
STRETCH = 500
WARM_UP = 10


def made(name: str, workload: str) -> Callable[[], Any]:
    """A new function whose runs are timed."""
    module = contender(name)
    run: Callable[[], Any]
    if workload == "overhead":
        run = module.chain(CHAIN)
    elif workload == "inference":
        run = module.inference(task("seed"))
    elif workload in PRODUCTS:
        run = module.product(*operands(workload))
    elif workload == "transformer":
        run = module.transformer()
    else:
        run = module.training(task(workload))
    return run


prepared = cache(made)


def read(result: Any) -> list[float]:
    """The numbers of a run's result; for a library that computes later, this waits for them."""
    return result.ravel().tolist() if isinstance(result, np.ndarray) else [result.item()]


def outputs(name: str, workload: str, runs: int) -> list[float]:
    """The results of the next runs, one after the other."""
    run = prepared(name, workload)
    return [number for _ in range(runs) for number in read(run())]


def seconds(name: str, workload: str, runs: int) -> float:
    """The time of some runs together, from a clean heap; the collector stays on, as for users.

    Every STRETCH runs start afresh; that, and what warms them up, is not counted.
    """
    total = 0.0
    while runs > 0:
        run, stretch = made(name, workload), min(runs, STRETCH)
        for _ in range(WARM_UP):
            result = run()
        read(result)
        gc.collect()
        start = time.perf_counter()
        for _ in range(stretch):
            result = run()
        read(result)
        total += time.perf_counter() - start
        runs -= stretch
    return total
