"""examples/names_lstm.py at a small size."""

import numpy as np
import pytest

from examples.names_lstm import LETTERS, NAMES, main, train


def test_it_learns_the_names_and_makes_up_others(capsys: pytest.CaptureFixture[str]) -> None:
    model, losses = train(60, width=32)
    # By chance all letters are as probable.
    assert losses[0] > 0.9 * np.log(len(LETTERS))
    assert losses[-1] < 1.4
    draw = np.random.default_rng(0)
    made = [model.name(draw) for _ in range(40)]
    assert set("".join(made)) <= set(LETTERS)
    assert any(name in NAMES for name in made)
    assert sum(name not in NAMES for name in made) > 5
    assert len(main(steps=2, count=3)) == 3
    assert "loss" in capsys.readouterr().out
