"""The program: its options, what it shows and writes, and how it refuses."""

import os
import pty
import re
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hw1.mnist
import mytorch
from hw1 import command_line
from hw1.command_line import main
from hw1.curve import write_csv
from hw1.mnist import mnist
from mytorch.optim.sgd import SGD
from tests.forks import fork
from tests.hw1.program import Dataset, read_curve, run


def test_the_program_writes_the_curve_and_few_plain_lines(
    folder: Path, tmp_path: Path, dataset: Dataset
) -> None:
    outs = [tmp_path / "one", tmp_path / "new" / "two"]
    for out, module in zip(outs, (False, True), strict=True):
        options = ("--data", folder, "--out", out, "--epochs", 2, "--batch-size", 5, "--seed", 5)
        done = run(*options, module=module)
        assert done.returncode == 0, done.stderr
        lines = done.stderr.splitlines()
        assert len(lines) == 2
        assert "\r" not in done.stderr
        assert re.match(r"epoch 2/2: mean loss 0\.\d+, validation accuracy [01]\.\d+, ", lines[1])
        last = done.stdout.splitlines()[-1]
        assert re.match(r"validation accuracy [01]\.\d{4} after epoch 2, \d+\.\d s", last)
        assert (out / "validation_accuracy.png").read_bytes().startswith(b"\x89PNG")
    for name in ("validation_accuracy.csv", "validation_accuracy.png"):
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes()
    mytorch.manual_seed(5)
    accuracies = mnist(*dataset, num_epochs=2, batch_size=5)
    positions = [(1, 1), (1, 101), (2, 125), (2, 225)]
    assert read_curve(outs[0]) == [(*p, a) for p, a in zip(positions, accuracies, strict=True)]


def test_real_mnist_reaches_96_percent(tmp_path: Path) -> None:
    done = run("--out", tmp_path)
    assert done.returncode == 0, done.stderr
    curve = read_curve(tmp_path)
    assert len(curve) == 18
    assert curve[-1][:2] == (3, 1601)
    assert curve[-1][2] >= 0.960
    assert re.search(r"validation accuracy 0\.96\d\d after epoch 3", done.stdout)


def test_the_csv_counts_epochs_and_batches_from_1(tmp_path: Path) -> None:
    write_csv(tmp_path / "curve.csv", [(1, 0.25), (101, 0.1 + 0.2), (102, 1.0)], 101)
    assert (tmp_path / "curve.csv").read_bytes() == (
        b"epoch,batch,accuracy\n1,1,0.25\n1,101,0.30000000000000004\n2,102,1.0\n"
    )


def on_terminal(columns: int, *arguments: object, **variables: str) -> str:
    """What the program shows on a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))

    def program() -> int:
        os.environ.pop("COLUMNS", None)
        os.environ.update(variables)
        with open(theirs, "w") as sys.stderr:
            return main([*map(str, arguments)])

    child = fork(program)
    os.close(theirs)
    shown = b"".join(read_until_closed(ours)).decode()
    assert os.waitpid(child, 0)[1] == 0
    return shown


@pytest.mark.parametrize("columns", [0, 80])
def test_a_terminal_gets_a_bar(folder: Path, tmp_path: Path, columns: int) -> None:
    shown = on_terminal(columns, "--data", folder, "--out", tmp_path, "--epochs", 40)
    assert re.search(r"100%\|.*280/280 \[\d\d:\d\d<00:00, loss \d\.\d+, accuracy [01]\.\d+", shown)
    assert "epoch" not in shown


@pytest.mark.parametrize(
    ("columns", "variables"), [(40, {}), (60, {}), (16, {}), (80, {"COLUMNS": "40"})]
)
def test_a_narrow_terminal_keeps_the_accuracy(
    folder: Path, tmp_path: Path, columns: int, variables: dict[str, str]
) -> None:
    shown = on_terminal(columns, "--data", folder, "--out", tmp_path, "--epochs", 40, **variables)
    columns = int(variables.get("COLUMNS", columns))
    *_, last = shown.strip().split("\r")
    assert re.search(r"accuracy [01]\.\d{4}(, loss \d\.\d{3} 100%\|.*\|)?", last)
    assert ("100%" in last) == (columns > 16)
    assert all(len(frame) <= columns for frame in shown.strip().split("\r"))


def read_until_closed(terminal: int) -> Iterator[bytes]:
    try:
        while piece := os.read(terminal, 4096):
            yield piece
    except OSError:  # how Linux tells that the other side has closed a terminal
        pass
    finally:
        os.close(terminal)


def test_every_option_reaches_the_training(
    folder: Path, tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"epochs": 2, "batch-size": 31, "lr": 0.02, "momentum": 0.3, "seed": 2**32 - 1}
    seen: dict[str, Any] = {}

    def note(*arrays: Any, **options: Any) -> list[float]:
        seen.update(options, draw=np.random.rand(), images=arrays[0])
        return mnist(*arrays, **options)

    class Noting(SGD):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            seen["optimizer"] = (self.lr, self.momentum)

    monkeypatch.setattr(command_line, "mnist", note)
    monkeypatch.setattr(hw1.mnist, "SGD", Noting)
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    assert main([*words, "--data", str(folder), "--out", str(tmp_path / "out")]) == 0
    mytorch.manual_seed(2**32 - 1)
    assert seen["draw"] == np.random.rand()
    assert np.array_equal(seen["images"], dataset[0].astype(np.float32))
    assert seen["optimizer"] == (0.02, 0.3)
    assert (seen["num_epochs"], seen["batch_size"]) == (2, 31)
    assert (seen["lr"], seen["momentum"]) == (0.02, 0.3)


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("at", ["load_mnist", "mnist", "write_png"])
def test_ctrl_c_at_any_other_time(
    at: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command_line, at, interrupt)
    out = tmp_path / "out"
    assert main(["--data", str(folder), "--out", str(out), "--epochs", "1"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert (out / "validation_accuracy.csv").exists() == (at == "write_png")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "-1"], ["--epochs", "at least 1", "-1"]),
        (["--epochs", "0"], ["--epochs", "at least 1"]),
        (["--epochs", "two"], ["--epochs", "'two'"]),
        (["--batch-size", "0"], ["--batch-size", "at least 2", "0"]),
        (["--batch-size", "1"], ["--batch-size", "batch norm"]),
        (["--lr", "0"], ["--lr", "positive"]),
        (["--lr", "nan"], ["--lr", "positive", "nan"]),
        (["--lr", "inf"], ["--lr", "positive", "inf"]),
        (["--momentum", "1"], ["--momentum", "below 1", "1.0"]),
        (["--momentum", "-0.1"], ["--momentum", "-0.1"]),
        (["--seed", "-1"], ["--seed", "2**32", "-1"]),
        (["--seed", str(2**32)], ["--seed", "2**32"]),
        (["--data", "nowhere"], ["nowhere", "train-images-idx3-ubyte", "train_data.npy"]),
        (["--out", "/dev/null"], ["--out", "/dev/null"]),
        (["--out", "/dev/null/deeper"], ["--out", "/dev/null"]),
        (["--speed", "9"], ["--speed"]),
    ],
)
def test_a_bad_argument_is_told_in_one_line(
    arguments: list[str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert ": error: " in error
    for word in words:
        assert word in error
    assert list(tmp_path.iterdir()) == []


def test_bad_data_is_told_in_one_line_and_never_trained_on(folder: Path, tmp_path: Path) -> None:
    labels = folder / "val_labels.npy"
    labels.write_bytes(labels.read_bytes()[:-1])
    done = run("--data", folder, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(labels) in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_without_matplotlib_the_csv_is_written_and_the_cure_told(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["--data", str(folder), "--out", str(tmp_path), "--epochs", "1"]) == 0
    assert 'pip install "mytorch-numpy[train]"' in capsys.readouterr().err
    assert read_curve(tmp_path)
    assert not (tmp_path / "validation_accuracy.png").exists()


def test_without_tqdm_a_terminal_gets_lines_and_the_cure(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["--data", str(folder), "--out", str(tmp_path), "--epochs", "1"]) == 0
    hint, line = capsys.readouterr().err.splitlines()
    assert 'pip install "mytorch-numpy[train]"' in hint
    assert line.startswith("epoch 1/1")
