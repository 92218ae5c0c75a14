"""`python -m benchmarks.shipping`: what a small net costs where it is used.

The same net, with the same weights, by MyTorch, ONNX Runtime, PyTorch and scikit-learn: how much is
installed, how long a program takes from its start to its first answer, how much memory it has then,
and how long a call takes, in seconds of the processor, which other programs hardly lengthen. Writes
benchmarks/shipping.json and the table in docs/ship.md; with --rounds N less than 9 it only prints.
Needs the extra `bench`, and Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import mytorch
from benchmarks import machine
from benchmarks.imports import own_size, required
from benchmarks.report import grid, machine_list, trust_line
from mytorch import nn
from mytorch.files.atomic import write

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "shipping.json"
PAGE = ROOT / "docs" / "ship.md"
START, END = "<!-- measured: python -m benchmarks.shipping -->", "<!-- end -->"

INPUTS, HIDDEN, CLASSES = 784, 128, 10
BATCHES = (1, 100)
TRUSTED_ROUNDS = 9
WANTED = 0.02  # seconds for the calls of one turn

OURS = f"""
import mytorch
from mytorch import nn
mytorch.set_default_dtype(mytorch.float32)
net = nn.Sequential(
    nn.Linear({INPUTS}, {HIDDEN}), nn.ReLU(), nn.Linear({HIDDEN}, {CLASSES}), nn.Softmax(1)
)
net.load_state_dict(mytorch.load("net.pt"))
net.eval()
"""
CALL = """
def answer(rows):
    with mytorch.no_grad():
        return net(mytorch.Tensor(rows)).data
"""

# Each is a program that makes `answer`, in a folder with the net's files.
PROGRAMS = {
    "MyTorch": OURS + CALL,
    "MyTorch, compiled": f"{OURS}net = mytorch.compile(net)\n{CALL}",
    "ONNX Runtime": """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession("net.onnx", options, providers=["CPUExecutionProvider"])
def answer(rows):
    return session.run(None, {"rows": rows})[0]
""",
    "PyTorch": f"""
import torch
from torch import nn
torch.set_num_threads(1)
net = nn.Sequential(
    nn.Linear({INPUTS}, {HIDDEN}), nn.ReLU(), nn.Linear({HIDDEN}, {CLASSES}), nn.Softmax(1)
)
net.load_state_dict(torch.load("net.pt", weights_only=True))
net.eval()
def answer(rows):
    with torch.inference_mode():
        return net(torch.from_numpy(rows)).numpy()
""",
    "scikit-learn": """
import pickle
with open("net.pickle", "rb") as file:
    answer = pickle.load(file).predict_proba
""",
}
DISTRIBUTIONS = {
    "MyTorch": "mytorch",
    "ONNX Runtime": "onnxruntime",
    "PyTorch": "torch",
    "scikit-learn": "scikit-learn",
}
VERSIONED = ("numpy", "onnxruntime", "torch", "scikit-learn")
CONTROL = "Python alone"

# Linux's peak of this program alone; that of `resource` begins with the memory of the parent.
ONCE = """
with open("/proc/self/status") as file:
    print(next(line.split()[1] for line in file if line.startswith("VmHWM")))
"""
FIRST = """
import numpy
answer(numpy.load("rows.npy")[:1])
"""
# A turn: a line with the rows and the calls comes in, the seconds of a call go out.
SERVE = """
import sys, time
import numpy
rows = numpy.load("rows.npy")
numpy.save(sys.argv[1], answer(rows))
for line in sys.stdin:
    count, calls = map(int, line.split())
    some = rows[:count]
    for _ in range(3):
        answer(some)
    start = time.process_time()
    for _ in range(calls):
        answer(some)
    print((time.process_time() - start) / calls, flush=True)
"""


def prepare(folder: Path) -> None:
    """The net in every form."""
    mytorch.set_default_dtype(mytorch.float32)
    mytorch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES), nn.Softmax(1)
    )
    rows = np.random.default_rng(0).random((max(BATCHES), INPUTS), np.float32)
    np.save(folder / "rows.npy", rows)
    mytorch.save(net.state_dict(), folder / "net.pt")
    mytorch.onnx.export(
        net,
        mytorch.tensor(rows[:2]),
        folder / "net.onnx",
        input_names=["rows"],
        dynamic_axes={"rows": {0: "batch"}},
    )
    kind = import_module("sklearn.neural_network").MLPClassifier
    theirs = kind((HIDDEN,), batch_size=CLASSES)
    theirs.partial_fit(rows[:CLASSES], np.arange(CLASSES), classes=np.arange(CLASSES))
    layers = [net[0], net[2]]
    theirs.coefs_ = [layer.weight.data.T.copy() for layer in layers]
    theirs.intercepts_ = [layer.bias.data for layer in layers]
    (folder / "net.pickle").write_bytes(pickle.dumps(theirs))


def once(program: str, folder: Path) -> tuple[float, int]:
    """The processor's seconds of a process from its start to its end, and its peak memory in
    bytes."""
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", program + ONCE], cwd=folder, check=True, capture_output=True
    )
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, int(done.stdout) * 1024


class Server:
    """A process that answers, turn by turn."""

    def __init__(self, program: str, folder: Path, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program + SERVE, name],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, rows: int, calls: int) -> float:
        """The seconds of a call."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(rows, calls, file=stdin, flush=True)
        return float(stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def measure(rounds: int) -> dict[str, Any]:
    """Everything: the contenders take turns, A B C A B C; each figure is a median of the
    rounds."""
    machine.pin(1)
    os.environ["PYTHONPATH"] = str(ROOT)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine.describe(),
        "versions": {
            "mytorch": mytorch.__version__,
            **{name: version(name) for name in VERSIONED},
        },
        "threads": 1,
        "absent": {},
        "rounds": rounds,
        "installed": {
            name: sum(map(own_size, required(distribution, set())))
            for name, distribution in DISTRIBUTIONS.items()
        },
    }
    controls: list[float] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        programs = {CONTROL: ""} | {who: text + FIRST for who, text in PROGRAMS.items()}
        for text in programs.values():
            once(text, folder)  # compiles to bytecode, which an installation has done
        runs: dict[str, list[tuple[float, int]]] = {who: [] for who in programs}
        calls: dict[tuple[str, int], list[float]] = {
            (who, batch): [] for who in PROGRAMS for batch in BATCHES
        }
        with ExitStack() as stack:
            servers = {}
            for number, (who, text) in enumerate(PROGRAMS.items()):
                servers[who] = Server(text, folder, f"answer{number}.npy")
                stack.callback(servers[who].close)
            counts = {
                (who, batch): max(1, int(WANTED / servers[who].seconds(batch, 20)))
                for who, batch in calls
            }
            answers = [np.load(folder / f"answer{i}.npy") for i in range(len(PROGRAMS))]
            for answer in answers[1:]:
                np.testing.assert_allclose(answer, answers[0], 1e-4, 1e-6)
            for _ in range(rounds):
                controls.append(machine.control())
                for (who, batch), found in calls.items():
                    found.append(servers[who].seconds(batch, counts[who, batch]))
                for who, text in programs.items():
                    runs[who].append(once(text, folder))
    results["start"] = {who: statistics.median(s for s, _ in found) for who, found in runs.items()}
    results["memory"] = {who: statistics.median(b for _, b in found) for who, found in runs.items()}
    results["call"] = {
        who: {str(batch): statistics.median(calls[who, batch]) for batch in BATCHES}
        for who in PROGRAMS
    }
    results["quiet"] = machine.quiet(controls)
    results["load_at_end"] = os.getloadavg()[0]
    return results


def table(results: dict[str, Any]) -> str:
    """The table of docs/ship.md, and where it comes from."""
    rows = []
    for who in (*PROGRAMS, CONTROL):
        installed = results["installed"].get(who)
        calls = results["call"].get(who, {})
        rows.append(
            [
                who,
                f"{installed / 1e6:,.0f} MB" if installed else "",
                f"{results['start'][who] * 1e3:,.0f} ms",
                f"{results['memory'][who] / 1e6:,.0f} MB",
                *(f"{calls[str(n)] * 1e6:,.0f} µs" if calls else "" for n in BATCHES),
            ]
        )
    head = ["", "installed", "start to first answer", "memory then"]
    head += [f"a call of {n} row{'s' * (n > 1)}" for n in BATCHES]
    return "\n\n".join([grid(head, rows), machine_list(results), trust_line(results)])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.shipping", description=__doc__)
    parser.add_argument("--rounds", type=int, default=TRUSTED_ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    results = measure(rounds)
    text = table(results)
    print(text)
    if rounds >= TRUSTED_ROUNDS:
        write(RESULTS, (json.dumps(results, indent=1) + "\n").encode())
        before, rest = PAGE.read_text().split(START)
        after = rest.split(END)[1]
        write(PAGE, f"{before}{START}\n{text}\n{END}{after}".encode())


if __name__ == "__main__":
    main()
