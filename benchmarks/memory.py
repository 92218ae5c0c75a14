"""Graphs of growing size, and memory over many steps: each measured in a fresh process."""

import gc
import os
import time
from pathlib import Path

from benchmarks.compare import in_fresh_process
from benchmarks.worker import contender, prepared

LADDER = 60
LEAK_FROM, LEAK_TO = 100, 10_000


def resident() -> int:
    """The bytes of memory that this process occupies (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def chain(name: str, length: int) -> dict[str, float]:
    """Per operation of a chain of adds and multiplies: the bytes of its graph, and the seconds
    to record it, to walk it backwards and to let go of it."""
    record = contender(name).record
    record(10)[0].backward()
    gc.collect()
    before = resident()
    start = time.perf_counter()
    end, _ = record(length)
    recorded = time.perf_counter()
    held = resident() - before
    walk = time.perf_counter()
    end.backward()
    walked = time.perf_counter()
    del end
    freed = time.perf_counter()
    total = recorded - start + freed - walk
    return {
        "bytes": held / length,
        "forward": (recorded - start) / length,
        "backward": (walked - walk) / length,
        "total": total / length,
    }


def ladder(name: str, length: int) -> dict[str, float]:
    """Seconds per operation of a ladder of doublings, whose end depends on its start in
    2**length ways."""
    climb = contender(name).ladder
    climb(length)[0].backward()
    start = time.perf_counter()
    end, leaf = climb(length)
    end.backward()
    seconds = time.perf_counter() - start
    if leaf.grad.item() != 2.0**length:
        raise ArithmeticError(f"{name}: the gradient of the ladder is {leaf.grad.item()}")
    return {"total": seconds / length}


def leak(name: str, workload: str) -> int:
    """By how many bytes the process grows from one number of training steps to another."""
    run = prepared(name, workload)
    for _ in range(LEAK_FROM):
        run()
    before = resident()
    for _ in range(LEAK_TO - LEAK_FROM):
        run()
    return resident() - before


def scale(names: list[str], lengths: list[int]) -> dict[str, dict[str, dict[str, float]]]:
    """`chain` of each length and `ladder`, of each contender."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    for length in lengths:
        for name in names:
            found[name][f"chain of {length:,}"] = in_fresh_process(chain, name, length)
    for name in names:
        found[name][f"ladder of {LADDER}"] = in_fresh_process(ladder, name, LADDER)
    return found
