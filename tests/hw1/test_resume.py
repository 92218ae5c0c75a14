"""A training that was stopped goes on to the same bits; a checkpoint of another one is refused."""

import errno
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from hw1 import checkpoint, command_line
from hw1.checkpoint import CheckpointError, Checkpoints
from hw1.command_line import main
from hw1.mnist import mnist, train
from mytorch import nn, optim
from tests.hw1.kills import kill_and_resume
from tests.hw1.program import Dataset, digits, read_curve

BATCHES = 3 * 7  # of `dataset`, in three epochs


class StopError(Exception):
    pass


def run_on(
    dataset: Dataset, path: Path, *, resume: bool = False, every: int = 1, stop: int = 0, **how: Any
) -> tuple[list[float], list[float], list[tuple[int, float]]]:
    """The accuracies, the losses and the ends of epochs of a training that writes checkpoints."""

    def on_batch(batch: int, loss: float, _: float | None) -> None:
        if batch == stop:
            raise StopError
        losses.append(loss)

    losses: list[float] = []
    ends: list[tuple[int, float]] = []
    mytorch.manual_seed(9 if resume else 0)  # what a program does that goes on must not matter
    checkpoints = Checkpoints(path, every, {}, path if resume else None)
    accuracies = mnist(
        *dataset,
        on_batch=on_batch,
        on_epoch=lambda *end: ends.append(end),
        checkpoints=checkpoints,
        **how,
    )
    return accuracies, losses, ends


@pytest.mark.parametrize("every", [1, 3, 100])
def test_a_training_that_was_stopped_goes_on_to_the_bit(
    every: int, dataset: Dataset, tmp_path: Path
) -> None:
    accuracies, losses, ends = run_on(dataset, tmp_path / "whole", every=every)
    mytorch.manual_seed(0)
    without: list[float] = []
    mnist(*dataset, on_batch=lambda _, loss, __: without.append(loss))
    assert losses == without
    assert len(losses) == BATCHES
    assert (accuracies, ends) == run_on(dataset, tmp_path / "same", every=every)[::2]
    for stop in range(every + 1, BATCHES + 1, max(every, 3)):
        path = tmp_path / f"stopped after {stop}"
        with pytest.raises(StopError):
            run_on(dataset, path, every=every, stop=stop)
        done = mytorch.load(path)["batch"]
        assert done == max((stop - 1) // every * every, (stop - 1) // 7 * 7)
        found = run_on(dataset, path, every=every, resume=True)
        assert found == (accuracies, losses[done:], ends[done // 7 - (done % 7 == 0) :])
        assert path.read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_training_that_is_over_has_nothing_left_to_do(dataset: Dataset, tmp_path: Path) -> None:
    accuracies, _, ends = run_on(dataset, tmp_path / "file")
    assert run_on(dataset, tmp_path / "file", resume=True) == (accuracies, [], ends[-1:])


def test_random_layers_and_other_optimizers_go_on_to_the_bit(tmp_path: Path) -> None:
    """As a user of `train` has them, with a learning rate that changes on the way."""
    x, y = digits(60, 0)

    def run(path: Path, stop: int = 0, resume: bool = False) -> tuple[list[float], Any]:
        mytorch.manual_seed(3 if resume else 0)
        model = nn.Sequential(nn.Dropout(0.5), nn.Linear(784, 10))
        optimizer = optim.Adam(model.parameters(), lr=0.01)

        def on_batch(batch: int, *_: Any) -> None:
            optimizer.param_groups[0]["lr"] *= 0.9
            if batch == stop:
                raise StopError

        checkpoints = Checkpoints(path, 2, {}, path if resume else None)
        curve = train(
            *(model, optimizer, nn.CrossEntropyLoss(), x, y, x, y, 2),
            batch_size=10,
            on_batch=on_batch,
            checkpoints=checkpoints,
        )
        return curve, [p.data.tolist() for p in model.parameters()]

    whole = run(tmp_path / "whole")
    for stop in (4, 7, 11):
        with pytest.raises(StopError):
            run(tmp_path / "stopped", stop)
        assert run(tmp_path / "stopped", resume=True) == whole


def test_kills(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "write_png", lambda *_: None)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert kill_and_resume(tmp_path, folder, ["--epochs", "6", "--every", "5"], 4, 0) >= 1


def test_the_program_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.pt"
    words = ["--data", str(folder), "--checkpoint", str(file), "--epochs", "2"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    whole = capsys.readouterr()
    assert main([*words, "--out", str(tmp_path / "again"), "--resume", str(file)]) == 0
    again = capsys.readouterr()
    assert read_curve(tmp_path / "again") == read_curve(tmp_path / "whole")
    ending = re.compile(r"validation accuracy .* after epoch 2")
    assert ending.findall(again.out) == ending.findall(whole.out) != []
    # The line of the last epoch again, with its mean loss, but for the seconds.
    assert again.err.rpartition(",")[0] == whole.err.splitlines()[1].rpartition(",")[0]


def never(*_: object, **__: object) -> None:
    pytest.fail("trained with a checkpoint that does not fit")


def refusal(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """What the program says of a bad argument, before it trains."""
    monkeypatch.setattr(command_line, "mnist", never)
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (["--epochs", "3"], "--epochs was 1 and is 3"),
        (["--lr", "0.2", "--seed", "4"], "--lr was 0.1 and is 0.2; --seed was 0 and is 4"),
        (["--momentum", "0.5"], "--momentum was 0.9 and is 0.5"),
        (["--batch-size", "50"], "--batch-size was 100 and is 50"),
        (["--every", "0"], "--every: expected at least 1"),
    ],
)
def test_another_training_is_refused_by_what_differs(
    other: list[str],
    told: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "file.pt"
    words = ["--data", str(folder), "--out", str(tmp_path), "--epochs", "1"]
    assert main([*words, "--checkpoint", str(file)]) == 0
    capsys.readouterr()
    assert told in refusal([*words, *other, "--resume", str(file)], capsys, monkeypatch)


def test_other_data_and_other_files_are_refused(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "file.pt"
    words = ["--data", str(folder), "--out", str(tmp_path), "--epochs", "1"]
    assert main([*words, "--checkpoint", str(file)]) == 0
    capsys.readouterr()
    resume = [*words, "--resume", str(file)]
    labels = np.load(folder / "val_labels.npy")
    np.save(folder / "val_labels.npy", (labels + 1) % 10)
    assert "another: --data was" in refusal(resume, capsys, monkeypatch)
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    assert "--resume: load('" in refusal(resume, capsys, monkeypatch)
    for other in ([1], {"program": "hw1.mnist"}):
        mytorch.save(other, file)
        assert "expected a checkpoint of hw1.mnist" in refusal(resume, capsys, monkeypatch)
    file.unlink()
    assert os.strerror(errno.ENOENT) in refusal(resume, capsys, monkeypatch)
    bad = [*words, "--checkpoint", str(tmp_path / "none" / "file.pt")]
    assert os.strerror(errno.ENOENT) in refusal(bad, capsys, monkeypatch)


def test_another_net_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    run_on(dataset, tmp_path / "file", num_epochs=1)
    net = nn.Linear(784, 10)
    with pytest.raises(CheckpointError, match=r"of another net: (?s:.*)missing: weight"):
        Checkpoints(None, None, {}, tmp_path / "file").restore(net, optim.SGD(net.parameters()))


def test_another_machine_is_named_in_a_warning(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "file.pt"
    words = ["--data", str(folder), "--out", str(tmp_path), "--epochs", "1"]
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert main([*words, "--checkpoint", str(file)]) == 0
    assert main([*words, "--resume", str(file)]) == 0
    assert "warning" not in capsys.readouterr().err
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.setattr(checkpoint.np, "__version__", "1.2.3")
    assert main([*words, "--resume", str(file)]) == 0
    error = capsys.readouterr().err
    assert f"warning: NumPy was {np.__version__}" not in error
    assert " and is 1.2.3 now" in error
    assert f"warning: the number of threads was 1 when {file} was written, and is 2 now" in error


def test_a_disk_that_fills_up_keeps_the_curve_so_far(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save(_: object, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left", str(path))

    monkeypatch.setattr(mytorch, "save", save, raising=False)
    file = tmp_path / "file.pt"
    words = ["--data", str(folder), "--out", str(tmp_path), "--checkpoint", str(file)]
    assert main(words) == 2
    assert "no checkpoint: [Errno 28] No space left" in capsys.readouterr().err
    assert [row[1] for row in read_curve(tmp_path)] == [1]
