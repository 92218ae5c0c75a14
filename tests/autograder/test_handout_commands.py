"""The write-up's commands (section 0.3): grade.sh, create_tarball.sh, sandbox.py."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from tests.autograder.handout import ROOT, STUDENT, homework, run

PNG = b"\x89PNG"


def mnist_homework(folder: Path, returns: str) -> None:
    """A homework with a small data set, whose mnist() returns what is given as code."""
    homework(folder, STUDENT)
    data = folder / "data"
    data.mkdir()
    for name in ("__init__.py", "mnist.py"):
        shutil.copy(ROOT / "data" / name, data)
    for name in ("train", "val"):
        np.save(data / f"{name}_data.npy", np.zeros((20, 784)))
        np.save(data / f"{name}_labels.npy", np.arange(20) % 10)
    (folder / "hw1").mkdir()
    (folder / "hw1" / "mnist.py").write_text(
        f"def mnist(train_x, train_y, val_x, val_y):\n    return {returns}\n"
    )


@pytest.mark.parametrize("arguments", [(), ("2",), ("1", "m"), ("",)])
def test_grade_prints_its_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    homework(tmp_path, STUDENT)
    result = run(tmp_path, "./grade.sh", *arguments)
    assert result.returncode == 2
    assert result.stdout.startswith("usage: ./grade.sh 1 ")


def test_grade_works_from_any_folder(tmp_path: Path) -> None:
    root = tmp_path / "a folder"
    homework(root, STUDENT)
    decoy = tmp_path / "decoy"
    (decoy / "a folder").mkdir(parents=True)
    result = run(tmp_path, "a folder/grade.sh", "1", CDPATH=str(decoy))
    assert json.loads(result.stdout.splitlines()[-1])["scores"]["2.2 ReLU"] == 10


def fake_python(folder: Path, script: str) -> None:
    """A .venv/bin/python that is a shell script."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_grade_prefers_the_virtual_environment(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    fake_python(tmp_path, 'echo "$@"')
    result = run(tmp_path, "./grade.sh", "m")
    assert result.stdout.splitlines()[-1] == "autograder/hw1_autograder/test_mnist.py"


def test_grade_says_when_numpy_is_missing(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    fake_python(tmp_path, f'exec {sys.executable} -S "$@"')
    result = run(tmp_path, "./grade.sh", "1")
    assert result.returncode == 1
    assert " has no NumPy; 'make test' creates .venv with all that is needed\n" in result.stderr


def test_grade_says_what_is_wrong_with_numpy(tmp_path: Path) -> None:
    homework(tmp_path / "root", STUDENT)
    broken = tmp_path / "elsewhere" / "numpy"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("import no_such_library\n")
    result = run(tmp_path / "root", "./grade.sh", "1", PYTHONPATH=str(broken.parent))
    assert result.returncode == 1
    assert result.stderr.endswith("No module named 'no_such_library'\n")


def test_the_library_beside_the_autograder_is_graded(tmp_path: Path) -> None:
    """Python itself would prefer an installed package to a folder without __init__.py."""
    (homework(tmp_path, STUDENT) / "__init__.py").unlink()
    installed = tmp_path / "installed" / "mytorch"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("raise ImportError('the wrong library')")
    result = run(tmp_path, "./grade.sh", "1", PYTHONPATH=str(installed.parent))
    assert "Total                    100 of 100" in result.stdout


def test_without_a_library_every_test_says_so(tmp_path: Path) -> None:
    shutil.rmtree(homework(tmp_path, STUDENT))
    result = run(tmp_path, "./grade.sh", "1", PYTHONPATH=str(ROOT))
    assert "there is no folder mytorch/ beside autograder/" in result.stdout
    assert "PASS" not in result.stdout


def test_ctrl_c_stops_the_runner_and_what_it_runs(tmp_path: Path) -> None:
    mytorch = homework(tmp_path, STUDENT)
    (mytorch / "tensor.py").write_text(
        "import os, pathlib, time\npathlib.Path(f'started.{os.getpid()}').touch()\ntime.sleep(60)\n"
    )
    runner = subprocess.Popen(
        [sys.executable, "autograder/hw1_autograder/runner.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In a job in the background it would ignore Ctrl-C, as its parents do.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while len(started := list(tmp_path.glob("started.*"))) < 2:
        assert runner.poll() is None
        time.sleep(0.02)
    runner.send_signal(signal.SIGINT)
    printed, errors = runner.communicate(timeout=10)
    assert runner.returncode == 130
    assert errors == "\nStopped: nothing was scored.\n"
    assert printed == ""
    for file in started:
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.suffix[1:]), 0)


def test_our_library_passes_the_mnist_check(tmp_path: Path) -> None:
    homework(tmp_path, ROOT / "mytorch")
    shutil.copytree(ROOT / "hw1", tmp_path / "hw1")
    (tmp_path / "data").symlink_to(ROOT / "data")
    result = run(tmp_path, "./grade.sh", "m")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith("PASS 3 MNIST: the network learns")
    assert result.stdout.splitlines()[-1].endswith("(10 points)")
    assert (tmp_path / "validation_accuracy.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("returns", ["[0.1, 0.7, 0.8]", "[11, 70.5, 90]", "[0.93]"])
def test_any_curve_that_learns_passes(tmp_path: Path, returns: str) -> None:
    mnist_homework(tmp_path, returns)
    result = run(tmp_path, "./grade.sh", "m")
    assert result.returncode == 0, result.stderr
    assert "PASS 3 MNIST" in result.stdout.splitlines()[-1]
    assert (tmp_path / "validation_accuracy.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        ("[0.1, 0.11, 0.09]", "should be above 0.5, their mean is 0.100"),
        ("[0.9, 0.5, 0.1, 0.1, 0.1]", "should be above 0.5, their mean is 0.100"),
        ("None", "got:      None"),
        ("[]", "got:      []"),
        ("[float('nan')]", "got:      [nan]"),
        ("['high']", "got:      ['high']"),
        ("[-1, 2]", "got:      [-1, 2]"),
        ("1 / 0", "ZeroDivisionError"),
        ("1 / 0", "\n       at hw1/mnist.py:2, in mnist: return 1 / 0 (0 of 10 points)\n"),
        ("exit()", "SystemExit"),
        ("print('PASS') or __import__('os')._exit(0)", "not finished: its process ended"),
        ("open('no\\udc80\\x1b')", "No such file or directory: 'no\\udc80\\x1b'"),
    ],
)
def test_a_training_that_does_not_learn_fails(tmp_path: Path, returns: str, reason: str) -> None:
    mnist_homework(tmp_path, returns)
    result = run(tmp_path, "./grade.sh", "m")
    assert result.returncode == 1
    assert reason in result.stdout
    assert "FAIL 3 MNIST: " in result.stdout
    assert result.stdout.endswith("(0 of 10 points)\n")


def test_the_training_is_seeded(tmp_path: Path) -> None:
    """Whoever runs the command again sees the same curve."""
    np.random.seed(0)
    drawn = float(np.random.rand())
    mnist_homework(tmp_path, f"[0.9] * 10 if __import__('numpy').random.rand() == {drawn} else []")
    result = run(tmp_path, "./grade.sh", "m")
    assert "PASS 3 MNIST" in result.stdout, result.stdout


def test_mnist_without_data_or_without_matplotlib_says_so(tmp_path: Path) -> None:
    mnist_homework(tmp_path, "[0.9]")
    (tmp_path / "data" / "val_data.npy").unlink()
    result = run(tmp_path, "./grade.sh", "m")
    assert result.returncode == 1
    assert result.stderr.startswith("Nothing graded, the data cannot be read: ")
    hidden = "import importlib.util as u; u.find_spec = lambda name: None; import test_mnist as t"
    scripts = tmp_path / "autograder" / "hw1_autograder"
    result = run(scripts, sys.executable, "-c", f"{hidden}; t.main()")
    assert result.returncode == 1
    assert "pip install matplotlib" in result.stderr


def names(tarball: Path) -> list[str]:
    """What a tarball holds."""
    with tarfile.open(tarball) as tar:
        return tar.getnames()


def test_the_tarball_holds_what_autolab_needs(tmp_path: Path) -> None:
    root = tmp_path / "a folder"
    mytorch = homework(root, STUDENT)
    shutil.copytree(ROOT / "hw1", root / "hw1")
    (root / "validation_accuracy.png").write_bytes(PNG)
    (mytorch / "__pycache__").mkdir()
    (mytorch / "__pycache__" / "tensor.pyc").touch()
    (mytorch / ".DS_Store").touch()
    (tmp_path / "decoy" / "a folder").mkdir(parents=True)
    result = run(tmp_path, "a folder/create_tarball.sh", CDPATH=str(tmp_path / "decoy"))
    assert result.returncode == 0, result.stderr
    assert os.listdir(tmp_path / "decoy" / "a folder") == []
    held = names(root / "handin.tar")
    assert {"mytorch/tensor.py", "mytorch/nn/linear.py", "hw1/mnist.py"} <= set(held)
    assert "validation_accuracy.png" in held
    assert held == sorted(held)
    assert not [name for name in held if "pycache" in name or "DS_Store" in name]
    for name in held:
        assert f"  {name}\n" in result.stdout


def test_the_tarball_is_byte_reproducible(tmp_path: Path) -> None:
    contents = []
    for name, umask in (("first", 0o022), ("second", 0o077)):
        before = os.umask(umask)
        try:
            root = tmp_path / name
            mytorch = homework(root, STUDENT)
            shutil.copytree(ROOT / "hw1", root / "hw1")
        finally:
            os.umask(before)
        os.utime(mytorch / "tensor.py", (umask, umask))
        (mytorch / "nn" / "loss.py").chmod(0o700)
        assert run(root, "./create_tarball.sh").returncode == 0
        contents.append((root / "handin.tar").read_bytes())
    assert contents[0] == contents[1]


def test_the_tarball_without_the_plot_says_what_is_missing(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    (tmp_path / "hw1").mkdir()
    result = run(tmp_path, "./create_tarball.sh")
    assert result.returncode == 0
    assert "It has no validation_accuracy.png" in result.stdout
    assert "./grade.sh m" in result.stdout
    assert "mytorch/tensor.py" in names(tmp_path / "handin.tar")


def test_without_hw1_there_is_no_tarball(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    result = run(tmp_path, "./create_tarball.sh")
    assert result.returncode == 1
    assert result.stderr.startswith("hw1/ is missing")
    assert not (tmp_path / "handin.tar").exists()


def test_the_tarball_is_made_by_the_virtual_environment(tmp_path: Path) -> None:
    homework(tmp_path, STUDENT)
    fake_python(tmp_path, 'echo "$@"')
    result = run(tmp_path, "./create_tarball.sh")
    assert result.stdout == "-I -\n"


@pytest.mark.parametrize("name", ["tarfile.py", "pathlib.py", "secrets.py"])
def test_modules_of_the_folder_do_not_stand_in_for_pythons(tmp_path: Path, name: str) -> None:
    tarball(tmp_path)
    (tmp_path / name).write_text("raise SystemExit('the wrong module')")
    assert run(tmp_path, "./create_tarball.sh", PYTHONPATH=str(tmp_path)).returncode == 0


def tarball(folder: Path) -> bytes:
    """A homework with its tarball; the tarball."""
    homework(folder, STUDENT)
    shutil.copytree(ROOT / "hw1", folder / "hw1")
    assert run(folder, "./create_tarball.sh").returncode == 0
    return (folder / "handin.tar").read_bytes()


@pytest.mark.parametrize(
    "streams", ["| head -1", "| true", ">&-", ">/dev/full", "<&- >&- 2>&-", ">/dev/full 2>&1"]
)
def test_the_tarball_is_whole_whoever_reads_the_words(tmp_path: Path, streams: str) -> None:
    whole = tarball(tmp_path)
    (tmp_path / "handin.tar").write_bytes(b"an older one")
    result = run(tmp_path, "sh", "-c", f"{{ ./create_tarball.sh; echo $? >status; }} {streams}")
    assert (tmp_path / "status").read_text() == "0\n"
    assert result.stderr == ""
    assert (tmp_path / "handin.tar").read_bytes() == whole


@pytest.mark.parametrize("number", [None, signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_tarball_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, number: signal.Signals | None
) -> None:
    tarball(tmp_path)
    (tmp_path / "handin.tar").write_bytes(b"a good one")
    before = sorted(os.listdir(tmp_path))
    if number is None:
        result = run(tmp_path, "sh", "-c", "ulimit -f 20; ./create_tarball.sh")
        assert result.returncode == 1
        assert result.stderr.startswith("handin.tar is not written, what was there is left: ")
        assert result.stderr.count("\n") == 1
    else:
        # A python that gets the signal when all that is left is to move the file into its place.
        kill = f"os.replace = lambda *_: os.kill(os.getpid(), {number})"
        path = f"{Path(sys.executable).parent}:$PATH"
        fake_python(
            tmp_path,
            f'PATH="{path}"\nsed "s/^TARBALL = .*/&; {kill}/" | exec python3 "$@"',
        )
        before = sorted(os.listdir(tmp_path))
        result = run(tmp_path, "./create_tarball.sh")
        assert result.returncode in (128 + number, -number)
        assert "Traceback" not in result.stderr
    if number != signal.SIGKILL:
        assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "handin.tar").read_bytes() == b"a good one"


def test_a_folder_in_the_place_of_the_tarball(tmp_path: Path) -> None:
    tarball(tmp_path)
    (tmp_path / "handin.tar").unlink()
    (tmp_path / "handin.tar").mkdir()
    result = run(tmp_path, "./create_tarball.sh")
    assert result.returncode == 1
    assert "Is a directory" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_link_to_the_tarball_stays(tmp_path: Path) -> None:
    whole = tarball(tmp_path / "homework")
    (tmp_path / "homework" / "handin.tar").rename(tmp_path / "elsewhere")
    (tmp_path / "homework" / "handin.tar").symlink_to("../elsewhere")
    (tmp_path / "elsewhere").write_bytes(b"an older one")
    assert run(tmp_path / "homework", "./create_tarball.sh").returncode == 0
    assert (tmp_path / "homework" / "handin.tar").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == whole


@pytest.mark.parametrize("library", [ROOT / "mytorch", STUDENT], ids=["ours", "student"])
def test_the_sandbox_shows_the_worked_example(tmp_path: Path, library: Path) -> None:
    homework(tmp_path, library)
    result = run(tmp_path, sys.executable, "sandbox.py")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("AccumulateGrad, for the leaf with data 1.0") == 2
    # A homework's library has no command to watch it.
    assert ("python3 -m mytorch watch" in result.stdout) == (library != STUDENT)
    if library != STUDENT:
        assert "a.grad        tensor(3.) " in result.stdout
