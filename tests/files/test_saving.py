"""save replaces a file as a whole: the old one stays, nothing else is left, the error helps."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import mytorch
from mytorch.files import serialization

ROOT = Path(__file__).parents[2]

PROGRAM = """
import resource, sys, mytorch
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
mytorch.save(mytorch.ones(100_000), sys.argv[1])
"""


def test_no_room(tmp_path: Path) -> None:
    path = tmp_path / "file.pt"
    mytorch.save([1], path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    error = done.stderr.splitlines()[-1]
    assert error.startswith(f"OSError: [Errno {errno.EFBIG}] File too large; nothing was changed: ")
    assert error.endswith(f"(ulimit -f), or choose another path: '{path}'")
    assert mytorch.load(path) == [1]
    assert os.listdir(tmp_path) == ["file.pt"]


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOSPC, "make room"), (errno.EROFS, "for reading alone"), (errno.EIO, "another path")],
)
def test_what_fails_in_the_midst(
    number: int, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "file.pt"
    mytorch.save([1], path)
    monkeypatch.setattr(serialization, "_write", fail)
    with pytest.raises(OSError, match=f"{os.strerror(number)}; nothing was changed: .*{cure}") as e:
        mytorch.save([2], path)
    assert (e.value.errno, e.value.filename) == (number, str(path))
    assert mytorch.load(path) == [1]
    assert os.listdir(tmp_path) == ["file.pt"]


def test_an_error_after_the_file_was_replaced_does_not_say_that_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    path = tmp_path / "file.pt"
    monkeypatch.setattr(os, "fsync", fail)
    number = errno.EIO
    with pytest.raises(OSError, match=r"^\[Errno 5\] [^;]+$"):
        mytorch.save([2], path)
    number = errno.EINVAL  # of a file system that has nothing to bring to the disk there
    mytorch.save([2], path)
    assert mytorch.load(path) == [2]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make the folder first"):
        mytorch.save([1], tmp_path / "none" / "file.pt")


def test_a_folder_for_reading_alone(tmp_path: Path) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)  # pytest's are for their owner alone
    folder = tmp_path / "folder"
    folder.mkdir()
    mytorch.save([1], folder / "file.pt")
    (folder / "file.pt").chmod(0o666)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:  # who may do all
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError, match="change the permissions"):
            mytorch.save([2], folder / "file.pt")
        assert mytorch.load(folder / "file.pt") == [1]
    finally:
        os.seteuid(user)
    assert os.listdir(folder) == ["file.pt"]


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mytorch.save([1], "~")
    assert os.listdir() == ["~"]
    assert mytorch.load("~") == [1]
    with pytest.raises(TypeError, match=r"save\(obj, f\)"):
        mytorch.save("path", [1])  # type: ignore[arg-type]
