"""What MyTorch has to reach, and whether a run reached it."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

TINY = ("tiny-1-sgd", "tiny-32-sgd", "tiny-1-adam", "tiny-32-adam")

# The time in units of PyTorch eager's, on as many threads, in the same run.
EAGER = {
    "seed": 0.38,
    "wide": 0.92,
    **dict.fromkeys(TINY, 0.22),
    "overhead": 0.5,
    "inference": 0.4,
    "linear-3d": 1.3,
    "matmul-broadcast": 1.3,
    "transformer": 1.35,
}
COMPILED = {"seed": 0.29, "tiny-32-sgd": 0.11, "inference": 0.2}

GRAPH_BYTES = 450
GROWTH = 1.5
IMPORT_MILLISECONDS = 25
LEAK_MIB = 1


@dataclass(frozen=True)
class Limit:
    """A bound and what was measured."""

    name: str
    bound: float
    value: float

    @property
    def met(self) -> bool:
        return self.value <= self.bound


def limits(results: dict[str, Any], ratios: dict[str, dict[str, float]]) -> Iterator[Limit]:
    """The limits whose workloads were run. `ratios` are those to PyTorch eager, by workload and
    contender."""
    compared = "torch_eager" in results["contenders"]
    for name, bounds in (("mytorch_eager", EAGER), ("mytorch_compiled", COMPILED)):
        for workload, bound in bounds.items():
            found = ratios.get(workload, {})
            if compared and name in found:
                label = results["contenders"][name]
                yield Limit(f"{label}, {workload}: times PyTorch eager", bound, found[name])
                if name == "mytorch_compiled" and "jax_jit" in found:
                    relative = found[name] / found["jax_jit"]
                    yield Limit(f"{label}, {workload}: times JAX jit", 1, relative)
    if "scale" in results:
        ours = results["scale"]["mytorch_eager"]
        *_, last = chains = [v for k, v in ours.items() if k.startswith("chain")]
        yield Limit("graph: bytes per recorded operation", GRAPH_BYTES, last["bytes"])
        growth = last["total"] / chains[0]["total"]
        yield Limit("longest chain: times the shortest, per operation", GROWTH, growth)
        yield Limit(
            "longest chain: bytes times the middle one's",
            GROWTH,
            last["bytes"] / chains[-2]["bytes"],
        )
        (ladder,) = (v for k, v in ours.items() if k.startswith("ladder"))
        relative = ladder["total"] / chains[0]["total"]
        yield Limit("ladder: times the shortest chain, per operation", GROWTH, relative)
    if "imports" in results:
        ours, base = results["imports"]["mytorch"], results["imports"]["numpy"]
        extra = median(mine - theirs for mine, theirs in zip(ours, base, strict=True))
        yield Limit("import: ms over NumPy's", IMPORT_MILLISECONDS, extra * 1e3)
    if "leak" in results:
        yield Limit("leak: MiB from step 100 to 10,000", LEAK_MIB, results["leak"] / 2**20)
