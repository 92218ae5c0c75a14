"""Writing a file whole or not at all."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

StrPath = str | PathLike[str]


def write(path: StrPath, content: bytes) -> None:
    """Make `content` the file's content: whatever happens on the way, the old file stays.

    The new one is written beside its target and moved into its place. It keeps the mode of the old
    one; a new file has the usual one. A symbolic link stays, what it points to is written.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    with _temporary_file(path, content) as (temporary, target):
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)


def check_writable(path: StrPath, size: int = 1 << 16) -> None:
    """Raise what `write` would raise for a content of `size` bytes, and change nothing."""
    with _temporary_file(path, bytes(size)) as (temporary, _):
        temporary.unlink()


@contextmanager
def _temporary_file(path: StrPath, content: bytes) -> Iterator[tuple[Path, Path]]:
    """A temporary file that holds `content`, in the folder of the target, and the target."""
    temporary = None
    try:
        target = Path(os.path.realpath(path))
        _check_target(target)
        # A name of its own length may be all that the file system allows.
        temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}")
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # some file systems tell only now that they are full
        yield temporary, target
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


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
