"""A file is written whole or not at all, and where it cannot be is known before."""

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from mytorch.files.atomic import check_writable, replacing, write
from tests.hw1.program import ROOT


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", b"content")
    finally:
        os.umask(before)
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["new"]


def test_an_old_file_keeps_its_mode_and_who_reads_it_reads_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old content")
    file.chmod(0o604)
    with file.open("rb") as reading:
        assert reading.read(3) == b"old"
        write(file, b"new")
        assert reading.read() == b" content"
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o604


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link(tmp_path: Path, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("folder/target")
    write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert os.listdir(target.parent) == ["target"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt(), SystemExit()])
@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_what_goes_wrong_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: BaseException, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    file = tmp_path / "file"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, at, fail)
    with pytest.raises(type(error)) as caught:
        write(file, b"new")
    if isinstance(caught.value, OSError):
        assert str(caught.value) == f"[Errno {errno.EIO}] broken: '{file}'"
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


PROGRAM = """
import os, resource, signal, sys
from mytorch.files.atomic import write

if sys.argv[1] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
else:
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write(sys.argv[2], bytes(2000))
"""


@pytest.mark.parametrize("how", ["full", "killed"])
def test_a_full_disk_and_a_kill_leave_the_old_file(tmp_path: Path, how: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if how == "full":
        assert f"{os.strerror(errno.EFBIG)}: '{file}'" in done.stderr
        assert os.listdir(tmp_path) == ["file"]
    else:
        assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == b"old"


def nothing(_: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("folder", Path.mkdir, errno.EISDIR),
        ("pipe", os.mkfifo, errno.EINVAL),
        ("loop", lambda path: path.symlink_to("loop"), errno.ELOOP),
        ("no folder/file", nothing, errno.ENOENT),
        ("dangling", lambda path: path.symlink_to("no folder/file"), errno.ENOENT),
        ("n" * 300, nothing, errno.ENAMETOOLONG),
        ("file/file", lambda path: path.parent.touch(), errno.ENOTDIR),
    ],
)
@pytest.mark.parametrize("attempt", [check_writable, lambda path: write(path, b"")])
def test_what_cannot_be_written_is_told_by_its_name(
    tmp_path: Path,
    name: str,
    make: Callable[[Path], object],
    code: int,
    attempt: Callable[[Path], None],
) -> None:
    path = tmp_path / name
    make(path)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError, match=r"^\[Errno") as caught:
        attempt(path)
    assert (caught.value.errno, caught.value.filename) == (code, str(path))
    assert sorted(os.listdir(tmp_path)) == before


def test_names_as_long_as_they_may_be(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 255), b"content")
    write(tmp_path / ("é" * 127), b"content")


@pytest.mark.parametrize("protected", ["folder", "file"])
def test_without_permission(tmp_path: Path, protected: str) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)  # pytest's are for their owner alone
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.parent.chmod(0o777)
    file.touch()
    file.chmod(0o666)
    (tmp_path / "folder" if protected == "folder" else file).chmod(0o555)
    effective = os.geteuid()
    if effective == 0:  # who may do all
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError) as caught:
            check_writable(file)
    finally:
        os.seteuid(effective)
    assert caught.value.filename == str(file)


def test_to_check_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    check_writable(tmp_path / "old")
    check_writable(tmp_path / "new")
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def test_what_a_dead_process_left_is_swept_what_is_in_use_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for name in (".file.0123456789abcdef.tmp", ".file.tmp", ".other.0123456789abcdef.tmp"):
        (tmp_path / name).touch()
    with replacing(file) as first:
        first.write(b"first")
        write(file, b"second")
        assert file.read_bytes() == b"second"
    assert file.read_bytes() == b"first"
    assert sorted(os.listdir(tmp_path)) == [".file.tmp", ".other.0123456789abcdef.tmp", "file"]


def test_one_that_is_swept_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lock_late(file: IO[bytes], how: int) -> None:
        if not swept:
            swept.append(file.name)
            os.unlink(file.name)
        lock(file, how)

    swept: list[str] = []
    lock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lock_late)
    write(tmp_path / "file", b"content")
    assert len(swept) == 1
    assert os.listdir(tmp_path) == ["file"]


def test_the_name_is_brought_to_the_disk_after_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content"
        synced.append((kind, sorted(os.listdir(tmp_path))[-1]))

    synced: list[tuple[str, str]] = []
    monkeypatch.setattr(os, "fsync", note)
    write(tmp_path / "file", b"content")
    assert [kind for kind, _ in synced] == ["content", "folder"]
    assert synced[1][1] == "file"
    assert synced[0][1] != "file"
