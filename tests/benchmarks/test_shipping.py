"""What a net costs where it is used: the page has what was measured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mytorch
from benchmarks import shipping
from mytorch import nn


def test_the_page_has_what_was_measured() -> None:
    results = json.loads(shipping.RESULTS.read_text())
    measured = shipping.PAGE.read_text().split(shipping.START)[1].split(shipping.END)[0]
    assert measured.strip() == shipping.table(results)
    assert results["rounds"] >= shipping.TRUSTED_ROUNDS


@pytest.mark.parametrize("who", ["MyTorch", "MyTorch, compiled"])
def test_a_program_answers(who: str, tmp_path: Path) -> None:
    mytorch.manual_seed(0)
    layers = nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10), nn.Softmax(1)
    net = nn.Sequential(*layers).to(mytorch.float32)
    mytorch.save(net.state_dict(), tmp_path / "net.pt")
    rows = np.random.default_rng(0).random((100, 784), np.float32)
    np.save(tmp_path / "rows.npy", rows)
    done = subprocess.run(
        [sys.executable, "-c", shipping.PROGRAMS[who] + shipping.SERVE, "answer.npy"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(shipping.ROOT), "OMP_NUM_THREADS": "1"},
        input="100 2\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) > 0
    answer = np.load(tmp_path / "answer.npy")
    np.testing.assert_allclose(answer, net(mytorch.tensor(rows)).data, 1e-4, 1e-6)
