"""save and load: PyTorch's names for an object on disk, in PyTorch's own format."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._device import DeviceLike, require_cpu
from mytorch.errors import LoadError
from mytorch.files import safetensors
from mytorch.files.archive import ALIGNMENT, ArchiveReader, ArchiveWriter
from mytorch.files.atomic import StrPath, replacing, settle
from mytorch.files.foreign import describe, describe_archive
from mytorch.files.names import BFLOAT16, StorageClass, named
from mytorch.files.reading import unpickle
from mytorch.files.storages import Array, Storage, widened
from mytorch.files.writing import pickled
from mytorch.tensor import Tensor

__all__ = ["load", "save"]

MapLocation: TypeAlias = DeviceLike | Mapping[str, DeviceLike] | Callable[..., Any] | None

SAFETENSORS = ".safetensors"
# What helps where a file cannot be written.
CURES = {
    errno.ENOSPC: "make room on the disk, or choose another path",
    errno.EDQUOT: "make room in your quota, or choose another path",
    errno.EFBIG: "raise the limit of the size of files (ulimit -f), or choose another path",
    errno.EROFS: "the disk is for reading alone, choose another path",
    errno.EACCES: "change the permissions of the file and its folder, or choose another path",
    errno.ENOENT: "make the folder first, as by os.makedirs",
}
FOLDER = "archive"
# Of PyTorch's format, the last one that it reads.
VERSION = 10


def save(obj: object, f: StrPath | BinaryIO) -> None:
    """Writes an object to a file, in the format of PyTorch, whose `torch.load` reads it, too.

    Arguments:
        obj: tensors, parameters, numbers, texts, bytes, dtypes, devices, None, and dicts
            (OrderedDict and Counter, too), lists, tuples and sets of such: as the `state_dict()`
            of a module or an optimizer, or a dict of several. Numbers of NumPy's become Python's.
            Tensors that share memory share it when they are loaded; of a larger array only what
            they span is written. One that runs backwards through its memory becomes a copy.
        f: a path, or an object with a method `write`. A path that ends in .safetensors gets that
            format, for which obj is a dict of names and tensors.

    A file is replaced as a whole: until the new one is on the disk the old one stays, whatever
    happens. A symbolic link stays, what it points to is replaced; the mode is kept.

    Raises SaveError (a RuntimeError, TypeError and pickle.PicklingError) for what could not be
    loaded again, with its place in obj, before anything is written, and OSError for a path that
    cannot be written.

    >>> import io, mytorch
    >>> file = io.BytesIO()
    >>> save({"weight": mytorch.tensor([1.0, 2.0]), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> load(file)
    {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise TypeError(f"save: expected a path or a file, got a {kind_of(f)}; save(obj, f)")
        _write(f.write, *pickled(obj))
        return
    path = os.fspath(f)
    content = safetensors.pack(obj) if path.endswith(SAFETENSORS) else None
    pickle, storages = (b"", []) if content else pickled(obj)
    try:
        with replacing(path) as file:
            if content:
                file.write(content)
            else:
                _write(file.write, pickle, storages)
    except OSError as error:
        cure = CURES.get(error.errno or 0, "choose another path")
        what = f"{error.strerror}; nothing was changed: {cure}"
        raise OSError(error.errno, what, path) from None
    settle(path)


def _write(write: Callable[[Any], object], pickle: bytes, storages: Sequence[Storage]) -> None:
    archive = ArchiveWriter(write)
    archive.add(f"{FOLDER}/data.pkl", pickle)
    archive.add(f"{FOLDER}/.format_version", b"1")
    archive.add(f"{FOLDER}/.storage_alignment", str(ALIGNMENT).encode())
    archive.add(f"{FOLDER}/byteorder", sys.byteorder.encode())
    for number, storage in enumerate(storages):
        archive.add(f"{FOLDER}/data/{number}", storage.memory.data)
    archive.add(f"{FOLDER}/version", b"3\n")
    archive.close()


def load(
    f: StrPath | BinaryIO,
    map_location: MapLocation = None,
    *,
    weights_only: bool | None = True,
    bfloat16_as_float32: bool = False,
) -> Any:
    """The object in a file that `save` or PyTorch's `torch.save` wrote.

    A file never runs a program here: whatever is not plain data is refused, also without
    `weights_only`. A damaged file is refused, too, by the checksums in it.

    Arguments:
        f: a path, or a file that was opened for reading bytes, and can seek.
        map_location: accepted; all tensors come to the CPU. A function is not called.
        weights_only: accepted.
        bfloat16_as_float32: load tensors of bfloat16, which NumPy has not, as float32.

    Of a tensor dtype, strides, `requires_grad` and whether it is a parameter are kept; tensors that
    shared memory do so, and its attributes. A torch.Size is a tuple here.

    Raises LoadError (a RuntimeError, ValueError and pickle.UnpicklingError), which names the
    class, function or opcode that is refused, or the format that the file has instead.
    """
    if isinstance(map_location, Mapping):
        for place in map_location.values():
            require_cpu("load", place)
    elif map_location is not None and not callable(map_location):
        require_cpu("load", map_location)
    if weights_only is not None:
        flag("load", "weights_only", weights_only)
    wide = flag("load", "bfloat16_as_float32", bfloat16_as_float32)
    if not isinstance(f, (str, os.PathLike)):
        reads = all(hasattr(f, name) for name in ("read", "seek", "tell"))
        if not reads or not getattr(f, "seekable", lambda: True)():
            raise TypeError(
                f"load: expected a path or a file that can seek, got a {kind_of(f)}; for one that "
                "cannot, load(io.BytesIO(f.read()))"
            )
        return _read(f, "load", wide)
    path = os.fspath(f)
    with open(path, "rb") as file:
        return _read(file, f"load({path!r})", wide, path.endswith(SAFETENSORS))


def _read(file: BinaryIO, where: str, wide: bool, by_package: bool = False) -> Any:
    start = file.read(512)
    if not isinstance(start, bytes):
        raise TypeError(f"{where}: expected a file of bytes, got one of text; open(path, 'rb')")
    file.seek(-len(start), os.SEEK_CUR)
    try:
        if by_package:
            return safetensors.unpack(file.read(), wide)
        if not start.startswith(b"PK\3\4"):
            raise LoadError(f"expected PyTorch's archive, found what is {describe(start)}")
        return _unpack(ArchiveReader(file), wide)
    except LoadError as error:
        raise LoadError(f"{where}: {error}") from None


def _unpack(archive: ArchiveReader, wide: bool) -> Any:
    names = archive.records
    folders = [name.partition("/")[0] for name in names if name.endswith("/data.pkl")]
    folder = folders[0] if folders else ""
    if len(folders) != 1 or f"{folder}/data.pkl" not in names or f"{folder}/constants.pkl" in names:
        raise LoadError(f"expected PyTorch's archive, found what is {describe_archive(names)}")
    if f"{folder}/version" in names:
        version = bytes(archive.read(f"{folder}/version")).decode("latin1").strip()
        if not (version.isdecimal() and len(version) < 9 and 1 <= int(version) <= VERSION):
            raise LoadError(
                f"expected a version of the format from 1 to {VERSION}, found {version!r:.40}: the "
                "file was written by a later PyTorch, or is damaged"
            )
    swapped = False
    if f"{folder}/byteorder" in names:
        order = bytes(archive.read(f"{folder}/byteorder")).decode("latin1")
        if order not in ("little", "big"):
            raise LoadError(f"expected 'little' or 'big' as the order of bytes, found {order!r}")
        swapped = order != sys.byteorder
    storages: dict[str, tuple[StorageClass, Storage]] = {}

    def storage(persistent: Any) -> Storage:
        if type(persistent) is not tuple or len(persistent) != 5 or persistent[0] != "storage":
            raise LoadError("the pickle has a persistent id that is no storage")
        _, kind, key, _, count = persistent
        if type(kind) is not StorageClass or type(key) is not str or type(count) is not int:
            raise LoadError("the pickle has a storage that is not as PyTorch writes it")
        if key not in storages:
            record = f"{folder}/data/{key}"
            storages[key] = kind, _storage(archive, record, kind, count, swapped, wide)
        before, found = storages[key]
        if before is kind:
            return found
        if swapped or BFLOAT16 in (before.dtype, kind.dtype):
            raise LoadError(f"storage {key!r} has elements of two dtypes")
        return _typed(found.memory, kind, found.tensors)

    def known(module: str, name: str) -> Any:
        value = named(module, name)
        return np.dtype(np.float32) if wide and value is BFLOAT16 else value

    return unpickle(archive.read(f"{folder}/data.pkl"), known, storage)


def _storage(
    archive: ArchiveReader, name: str, kind: StorageClass, count: int, swapped: bool, wide: bool
) -> Storage:
    """The memory of a record."""
    size = archive.size(name)
    item = 2 if kind.dtype is BFLOAT16 else getattr(kind.dtype, "itemsize", 1)
    if swapped and kind.dtype is None:
        raise LoadError(f"record {name!r}, of another order of bytes, does not tell its dtype")
    if count * item != size:
        raise LoadError(f"record {name!r} has {size} bytes, its tensors ask for {count * item}")
    memory = np.empty(size, np.uint8)
    archive.read_into(name, memory.data)
    if swapped and item > 1:
        memory.view(f"u{item}").byteswap(inplace=True)
    if kind.dtype is BFLOAT16:
        values = widened(memory, wide)
        return Storage(values.view(np.uint8), values.dtype, [])
    return _typed(memory, kind, [])


def _typed(memory: Array, kind: StorageClass, tensors: list[Tensor]) -> Storage:
    if kind.dtype == np.bool_ and memory.size and memory.max() > 1:
        raise LoadError("a storage of the file has booleans that are neither 0 nor 1")
    return Storage(memory, kind.dtype, tensors)
