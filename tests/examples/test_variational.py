"""examples/variational.py, as it is and at a small size."""

import runpy
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parents[2] / "examples" / "variational.py"


def test_the_bound_comes_near_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    bound, evidence, found, mean = runpy.run_path(str(PROGRAM))["fit"](points=10, steps=150)
    assert evidence - 0.5 < bound < evidence
    np.testing.assert_allclose(found.data, mean.data, atol=0.02)
    assert "step 100: a lower bound of" in capsys.readouterr().out


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["variational.py", "--points", "5", "--steps", "2"])
    runpy.run_path(str(PROGRAM), run_name="__main__")
    assert "the logarithm of the evidence" in capsys.readouterr().out
