"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed in any case
    fcntl = None  # type: ignore[assignment]

__all__ = ["StrPath", "check_writable", "replacing", "settle", "write"]

StrPath = str | os.PathLike[str]

SUFFIX = ".tmp"


@contextmanager
def replacing(path: StrPath) -> Iterator[BinaryIO]:
    """A file to write into, whose content is that of `path` when the with-block ends: whatever
    happens on the way, the old file stays.

    The new one is written beside its target, to the disk, and moved into its place. It keeps the
    mode of the old one; a new file has the usual one. A symbolic link stays, what it points to is
    written. What processes that were killed have left beside the target is removed.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    with _temporary_file(path) as (file, target):
        yield file
        file.flush()
        os.fsync(file.fileno())  # some file systems tell only now that they are full
        if target.exists():
            shutil.copymode(target, file.name)
        if fcntl is None:
            file.close()
        os.replace(file.name, target)


def write(path: StrPath, content: bytes) -> None:
    """Makes `content` the file's content, as `replacing` does, and settles it."""
    with replacing(path) as file:
        file.write(content)
    settle(path)


def settle(path: StrPath) -> None:
    """Brings the folder of a file that was replaced to the disk, where the system can: a loss of
    power does not bring back the old file from here on."""
    try:
        descriptor = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY)
    except PermissionError:  # Windows, or a folder that one may not list
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that knows no such thing
            raise
    finally:
        os.close(descriptor)


def check_writable(path: StrPath, size: int = 1 << 16) -> None:
    """Raises what `write` would raise for a content of `size` bytes, and changes nothing."""
    with _temporary_file(path) as (file, _):
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _temporary_file(path: StrPath) -> Iterator[tuple[BinaryIO, Path]]:
    """A file in the folder of the target, and the target. The file is locked while it is in use."""
    file = None
    try:
        target = Path(os.path.realpath(path))
        _check_target(target)
        # A name of its own length may be all that the file system allows.
        prefix = f".{target.name[:40]}."
        _sweep(target.parent, prefix)
        file = _locked(target.parent, prefix)
        with file:
            yield file, target
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        if file is not None:
            Path(file.name).unlink(missing_ok=True)


def _locked(folder: Path, prefix: str) -> BinaryIO:
    """A new file, locked."""
    while True:
        name = folder / f"{prefix}{secrets.token_hex(8)}{SUFFIX}"
        file = name.open("xb")
        if fcntl is None:
            return file
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # between its making and its lock another process has swept it


def _sweep(folder: Path, prefix: str) -> None:
    """Removes the temporary files that no process has in use."""
    try:
        names = os.listdir(folder)
    except OSError:  # one may write into a folder that one may not list
        return
    for name in names:
        token = name[len(prefix) : -len(SUFFIX)]
        if name.startswith(prefix) and name.endswith(SUFFIX) and len(token) == 16:
            with suppress(OSError), open(folder / name, "rb") as file:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(folder / name)


def _check_target(target: Path) -> None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    os.close(os.open(target, os.O_WRONLY))  # would the old one let itself be written?
