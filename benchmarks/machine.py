"""The machine: pinning the work to one core, describing it, and telling whether it was quiet."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# A control that varied more than this tells that the figures are not to be trusted.
MAX_SPREAD = 0.05
MAX_DRIFT = 0.05


def pin(count: int) -> None:
    """Allows this process, and those it starts from now on, `count` threads on as many cores.

    The libraries read these variables when they are imported; XLA has no other bound for its
    pools than the cores that the process may use.
    """
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(count)
    eigen = "true" if count > 1 else "false"
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={eigen}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


def threads() -> int:
    """How many threads the libraries may use."""
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


def describe() -> dict[str, Any]:
    """Processor, cores, system and load, before anything is measured."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def control() -> float:
    """The seconds that a fixed piece of work takes, which no library has a part in."""
    start = time.perf_counter()
    total = 0
    for number in range(300_000):
        total += number * number
    return time.perf_counter() - start


def quiet(controls: Sequence[float]) -> dict[str, Any]:
    """How far the controls lie apart (quartiles) and how they moved from the first third of the
    run to the last, as fractions of their median, and whether that is little enough."""
    first, median, third = statistics.quantiles(controls, n=4)
    part = max(len(controls) // 3, 1)
    drift = statistics.median(controls[-part:]) - statistics.median(controls[:part])
    spread, drift = (third - first) / median, abs(drift) / median
    trusted = spread <= MAX_SPREAD and drift <= MAX_DRIFT
    return {"spread": spread, "drift": drift, "trusted": trusted}
