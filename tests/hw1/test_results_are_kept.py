"""A trained result is never lost: not by words that cannot be written, signals, or a full disk."""

import errno
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hw1.curve
import hw1.mnist
from hw1 import command_line
from hw1.command_line import main
from hw1.mnist import mnist, validate
from mytorch.nn.module import Module
from tests.hw1.program import ROOT, Dataset, read_curve, run

CSV, PNG = "validation_accuracy.csv", "validation_accuracy.png"


@pytest.fixture(autouse=True)
def buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still in stdout's buffer when the program ends is written by Python itself."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def undrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes find no matplotlib, whose import would take most of their time."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "matplotlib.py").write_text("raise ModuleNotFoundError('matplotlib')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))


def never(*_: object, **__: object) -> None:
    pytest.fail("trained before it was known that nothing can be written")


# Words.


@pytest.mark.parametrize(
    "streams",
    [
        ">&-",
        "2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "2>&1 >/dev/null | head -1",
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_words_that_nobody_takes_cost_nothing(folder: Path, tmp_path: Path, streams: str) -> None:
    command = f'{{ "$@"; echo $? >status; }} {streams}'
    program = [sys.executable, ROOT / "hw1" / "mnist.py", "--data", folder, "--batch-size", "5"]
    done = subprocess.run(
        ["sh", "-c", command, "sh", *program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (tmp_path / "status").read_text() == "0\n"
    assert len(read_curve(tmp_path)) == 6
    for words in (done.stdout, done.stderr):
        assert "Traceback" not in words
        assert "Exception ignored" not in words


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["--epochs", "0"], 2)])
def test_help_and_refusals_may_go_unread_too(arguments: list[str], status: int) -> None:
    with open("/dev/full", "w") as full:
        assert run(*arguments, stdout=full, stderr=full).returncode == status
        done = run(*arguments, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == status
    assert "Exception ignored" not in done.stderr


@pytest.mark.usefixtures("undrawn")
def test_a_name_that_stdout_cannot_spell(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "näme\udc80"
    options = os.environ | {"PYTHONIOENCODING": "ascii:strict"}
    done = run("--data", folder, "--out", out, "--epochs", "1", env=options)
    assert done.returncode == 0, done.stderr
    assert "n\\xe4me\\udc80" in done.stdout
    assert len(read_curve(out)) == 1


@pytest.mark.usefixtures("undrawn")
def test_a_terminal_that_closes(folder: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "hw1/mnist.py", "--data", folder, "--out", tmp_path, "--epochs", "40"],
        cwd=ROOT,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert len(read_curve(tmp_path)) == 40


def test_files_come_before_words(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"

    def note(*words: Any, **_: Any) -> None:
        line = " ".join(map(str, words))
        if not line.startswith("epoch"):
            said.append((line, sorted(os.listdir(out))))

    said: list[tuple[str, list[str]]] = []
    monkeypatch.setattr("builtins.print", note)
    assert main(["--data", str(folder), "--out", str(out), "--epochs", "1"]) == 0
    assert [files for _, files in said] == [[CSV, PNG]] * 3


# Signals.


def start(folder: Path, out: Path, *before: str) -> "subprocess.Popen[str]":
    """The program, in its training."""
    options = ["--data", str(folder), "--out", str(out), "--epochs", "999999"]
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "hw1.mnist", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In a job in the background it would ignore Ctrl-C, as its parents do.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith("epoch"):
        assert line, "it has ended"
    return process


@pytest.mark.parametrize(
    "signals",
    [["SIGINT"], ["SIGTERM"], ["SIGHUP", "SIGTERM", "SIGHUP"]],
    ids="-".join,
)
def test_a_signal_keeps_the_curve_so_far(folder: Path, tmp_path: Path, signals: list[str]) -> None:
    out = tmp_path / "out"
    process = start(folder, out)
    for number in signals:
        process.send_signal(signal.Signals[number])
        time.sleep(0.05)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.Signals[signals[0]]
    assert "Traceback" not in stderr
    last = stdout.splitlines()[-1]
    assert re.match(r"interrupted: validation accuracy .* after batch \d+", last)
    assert len(read_curve(out)) >= 1
    assert sorted(os.listdir(out)) == [CSV, PNG]


@pytest.mark.usefixtures("undrawn")
def test_nohup(folder: Path, tmp_path: Path) -> None:
    process = start(folder, tmp_path / "out", "nohup")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("at", ["write_csv", "write_png"])
def test_a_signal_while_the_files_are_written(
    folder: Path,
    tmp_path: Path,
    number: signal.Signals,
    at: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    write = getattr(command_line, at)

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(number)
        write(*arguments)

    monkeypatch.setattr(command_line, at, interrupted)
    out = tmp_path / "out"
    assert main(["--data", str(folder), "--out", str(out), "--epochs", "1"]) == 128 + number
    assert os.listdir(out) == [CSV]
    printed = capsys.readouterr()
    assert f"interrupted: no {out / PNG}" in printed.err
    assert "validation accuracy" in printed.out.splitlines()[-1]
    assert handlers == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


# What cannot be written.


@pytest.mark.parametrize("name", [CSV, PNG])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_stands_in_the_way_is_found_before_the_training(
    folder: Path,
    tmp_path: Path,
    name: str,
    make: Callable[[Path], object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command_line, "mnist", never)
    make(tmp_path / name)
    with pytest.raises(SystemExit) as caught:
        main(["--data", str(folder), "--out", str(tmp_path)])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"found {tmp_path / name}: " in error


def test_a_full_disk_is_found_before_the_training(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(
        *("--data", folder, "--out", out, "--epochs", "999999"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert done.returncode == 2
    assert f"{out / CSV}: {os.strerror(errno.EFBIG)}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert os.listdir(out) == []


@pytest.mark.parametrize("full", [(CSV,), (PNG,), (CSV, PNG)], ids="+".join)
def test_a_disk_that_fills_up_during_the_training(
    full: tuple[str, ...],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    write = hw1.curve.write

    def write_if_room(path: Path, content: bytes) -> None:
        if path.name in full:
            raise OSError(errno.ENOSPC, "No space left", str(path))
        write(path, content)

    monkeypatch.setattr(hw1.curve, "write", write_if_room)
    assert main(["--data", str(folder), "--out", str(out), "--epochs", "1"]) == 2
    assert set(os.listdir(out)) == {CSV, PNG} - set(full)
    printed = capsys.readouterr()
    for name in full:
        assert f"no {out / name}: No space left" in printed.err
    assert "validation accuracy" in printed.out.splitlines()[-1]
    assert ("epoch,batch,accuracy\n1,1,0." in printed.out) == (CSV in full)


@pytest.mark.parametrize("at", ["hw1.command_line.load_mnist", "hw1.mnist.validate"])
def test_too_little_memory_is_told_in_one_line(
    at: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: Any) -> float:
        if next(calls) == room:
            raise MemoryError("cannot allocate 3 GB")
        return validate(*arguments)

    calls = count()
    room = 0 if at.endswith("load_mnist") else 2
    monkeypatch.setattr(at, fail)
    out = tmp_path / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--batch-size", "5", "--epochs", "1"]
    if room == 0:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    else:
        assert main(arguments) == 2
        assert [row[1] for row in read_curve(out)] == [1, 101]
    assert "not enough memory: cannot allocate 3 GB" in capsys.readouterr().err.splitlines()[-1]


def broken_matplotlib(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        ImportError("DLL load failed\nwhile importing _c_internal_utils"),
        AttributeError("module 'numpy' has no attribute 'Inf'"),
        OSError(errno.ENOENT, "no such font"),
        MemoryError("bitmap"),
    ],
)
@pytest.mark.parametrize("at", ["Figure", "Figure.savefig"])
def test_a_broken_matplotlib_costs_the_picture_alone(
    error: Exception,
    at: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(f"matplotlib.figure.{at}", broken_matplotlib(error))
    out = tmp_path / "out"
    assert main(["--data", str(folder), "--out", str(out), "--epochs", "1"]) == 0
    assert os.listdir(out) == [CSV]
    printed = capsys.readouterr()
    (line,) = [line for line in printed.err.splitlines() if not line.startswith("epoch")]
    assert line.startswith(f"no {out / PNG}: {type(error).__name__}: ")
    assert line.endswith("; pip install --force-reinstall matplotlib")
    assert "validation accuracy" in printed.out.splitlines()[-1]


@pytest.mark.parametrize("name", ["matplotlib", "tqdm"])
def test_packages_that_cannot_be_imported(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "path" / name).mkdir(parents=True)
    (tmp_path / "path" / name / "__init__.py").write_text("raise RuntimeError('built for NumPy 1')")
    out = tmp_path / "out"
    ours, theirs = pty.openpty()  # else tqdm would not be asked for
    done = run(
        *("--data", folder, "--out", out, "--epochs", "1"),
        env=os.environ | {"PYTHONPATH": str(tmp_path / "path")},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "built for NumPy 1" in shown
    assert "Traceback" not in shown
    assert sorted(os.listdir(out)) == ([CSV] if name == "matplotlib" else [CSV, PNG])


# What is said at the end.


@pytest.mark.parametrize("batch_size", [310, 100, 5])
def test_what_is_said_of_an_epoch_is_measured_at_its_end(
    batch_size: int,
    folder: Path,
    tmp_path: Path,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models: list[Module] = []
    train = hw1.mnist.train

    def spy(model: Module, *arguments: Any, **options: Any) -> list[float]:
        models.append(model)
        return train(model, *arguments, **options)

    monkeypatch.setattr(hw1.mnist, "train", spy)
    options = ["--epochs", "1", "--batch-size", str(batch_size), "--out", str(tmp_path)]
    assert main(["--data", str(folder), *options]) == 0
    val_x, val_y = dataset[2:]
    at_end = f"validation accuracy {validate(models[0], val_x.astype(np.float32), val_y):.4f}"
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].startswith(f"{at_end} after epoch 1, ")
    assert at_end in printed.err.splitlines()[0]


def test_on_epoch_gets_the_accuracy_at_the_end_and_changes_no_other(dataset: Dataset) -> None:
    curves, ends = [], []
    for on_epoch in (None, lambda *epoch: ends.append(epoch)):
        np.random.seed(0)
        curves.append(mnist(*dataset, num_epochs=3, batch_size=310, on_epoch=on_epoch))
    assert curves[0] == curves[1]
    assert [epoch for epoch, _ in ends] == [1, 2, 3]
    # After the second batch of two, one later than the list's.
    assert ends[0][1] != curves[0][0]


@pytest.mark.parametrize("lr", ["1e10", "1e3", "1e300"])
def test_a_training_that_diverges_says_so(
    lr: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["--data", str(folder), "--out", str(out), "--lr", lr]) == 3
    printed = capsys.readouterr()
    assert re.match(
        r"diverged in epoch 1, batch \d: the loss is (nan|inf|\d\.?\d*e\+\d+); choose a smaller "
        rf"--lr than {re.escape(format(float(lr), 'g'))}, ",
        printed.err.splitlines()[-1],
    )
    assert "validation accuracy" not in printed.out
    assert [row[:2] for row in read_curve(out)] == [(1, 1)]
    assert (out / PNG).exists()


def test_help_tells_every_option_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for option, meta in (("--checkpoint", "FILE"), ("--every", "N"), ("--resume", "FILE")):
        assert re.search(rf"{option} {meta} \w[^-]+", text), option
    for option in ("--epochs", "--batch-size", "--lr", "--momentum", "--seed", "--data", "--out"):
        name = option[2:].replace("-", "_").upper()
        described = re.search(rf"{option} {name} ([^;]+); default: \S+", text)
        assert described, option
        assert len(described[1]) > 5
    for status in ("0 when", "2 for", "3 when", "130, 143 or 129 after Ctrl-C, SIGTERM or SIGHUP"):
        assert status in text
