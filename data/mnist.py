"""Read MNIST from a folder and refuse every file that is not sound (write-up section 3).

Two sets of names are known: the classic idx files, plain or gzipped, and the course's `.npy`
files. A plain file goes before its gzipped twin, the idx files go before the course's.
Nothing is unpickled, nothing is fetched from a network, and no more memory is taken than a
file's own content needs: headers and counts are compared before anything is unpacked.
"""

import errno
import gzip
import math
import os
import stat
import textwrap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np
import numpy.typing as npt

NUM_CLASSES = 10
IMAGE_SHAPE = (28, 28)
NUM_PIXELS = math.prod(IMAGE_SHAPE)
NUM_VALIDATION = 5_000  # the course's split: the last 5,000 of the 60,000 training images
MAX_ITEMS = 1_000_000  # bounds what a gzip bomb can unpack to: 784 MB

_CHUNK = 1 << 20
_MAGIC_NAMES = {"00000803": " (images)", "00000801": " (labels)"}
_CURE = "replace it by a sound copy, or convert it (data/README.md has address, formats and sums)"

StrPath = str | os.PathLike[str]
Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class DataError(ValueError):
    """A data file is not what its name says: truncated, corrupt, mislabelled or oversized."""


class Mnist(NamedTuple):
    """The training and validation splits, in the order `hw1.mnist.mnist` takes them."""

    train_x: Images
    train_y: Labels
    val_x: Images
    val_y: Labels


def load_mnist(folder: StrPath) -> Mnist:
    """The training and validation splits of the MNIST in `folder`.

    From idx files the last 5,000 training images are the validation split; the course's `.npy`
    files come already split.

    Args:
        folder: holds train-images-idx3-ubyte and train-labels-idx1-ubyte (plain or .gz), or
            train_data.npy, train_labels.npy, val_data.npy and val_labels.npy.

    Returns:
        Images (N, 784) float32 in [0, 1] and labels (N,) int64 in 0..9, for both splits.

    Raises:
        FileNotFoundError: a file is missing; the message lists the names looked for.
        DataError: a file is not sound, or what has its name is no file; the message says what was
            expected and what was found.

    Example:
        >>> train_x, train_y, val_x, val_y = load_mnist("data")
        >>> train_x.shape, val_x.shape, train_y[:5].tolist()
        ((55000, 784), (5000, 784), [5, 0, 4, 1, 9])
    """
    images = _find(folder, "train-images-idx3-ubyte", "train_data.npy")
    if images.suffix == ".npy":
        train = _load_pair(images, _find(folder, "train_labels.npy"))
        val = _load_pair(_find(folder, "val_data.npy"), _find(folder, "val_labels.npy"))
        return Mnist(*train, *val)
    labels = _find(folder, "train-labels-idx1-ubyte")
    count = _count(images, IMAGE_SHAPE)
    if count <= NUM_VALIDATION:
        raise _refusal(
            images,
            f"more than {NUM_VALIDATION:,} images, the last {NUM_VALIDATION:,} to validate on",
            f"{count:,}",
        )
    x, y = _load_pair(images, labels)
    return Mnist(x[:-NUM_VALIDATION], y[:-NUM_VALIDATION], x[-NUM_VALIDATION:], y[-NUM_VALIDATION:])


def load_mnist_test(folder: StrPath) -> tuple[Images, Labels]:
    """The test split: t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or test_data.npy and
    test_labels.npy. Results and errors as for `load_mnist`.

    Example:
        >>> test_x, test_y = load_mnist_test("data")
        >>> test_x.shape, test_y[:5].tolist()
        ((10000, 784), [7, 2, 1, 0, 4])
    """
    images = _find(folder, "t10k-images-idx3-ubyte", "test_data.npy")
    labels = "test_labels.npy" if images.suffix == ".npy" else "t10k-labels-idx1-ubyte"
    return _load_pair(images, _find(folder, labels))


def read_idx(path: StrPath, item_shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The unsigned bytes of one idx file, plain or gzipped (told apart by the first two bytes).

    Args:
        path: the file.
        item_shape: the shape of one item: (28, 28) for images, () for labels.

    Returns:
        An array (N, *item_shape), 1 <= N <= 1,000,000.

    Raises:
        FileNotFoundError: there is nothing.
        DataError: no file but a folder, a FIFO, a link that leads nowhere; another magic number or
            item shape, more or fewer bytes than the header announces, a damaged gzip stream.

    Example:
        >>> read_idx("data/t10k-labels-idx1-ubyte.gz", ()).shape
        (10000,)
    """
    with _idx(path) as file:
        shape = _idx_header(path, file, item_shape)
        size = math.prod(shape)
        content = bytearray()
        # One byte more than announced shows an oversized file, and the end of gzip's stream a CRC.
        while chunk := file.read(min(_CHUNK, size + 1 - len(content))):
            content += chunk
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise _refusal(path, f"{size:,} bytes after the header for shape {shape}", found)
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_npy(path: StrPath, item_shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
    """The integers or floats of one `.npy` file, whose header is checked before anything is read.

    Arguments, result's shape and errors as for `read_idx`; the dtype is the file's.
    """
    with _open(path) as file:
        shape, fortran_order, dtype = _npy_header(path, file, item_shape)
        count = math.prod(shape)
        expected = file.tell() + count * dtype.itemsize
        size = os.fstat(file.fileno()).st_size
        if size != expected:
            raise _refusal(path, f"{expected:,} bytes for shape {shape}", f"{size:,}")
        return np.fromfile(file, dtype, count).reshape(shape, order="F" if fortran_order else "C")


def _open(path: StrPath) -> BinaryIO:
    """What is no file is refused: to open a FIFO would wait for who writes into it."""
    if (found := _kind(path)) != "a file":
        if found == "nothing":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
        raise _refusal(path, "a file", found)
    return open(path, "rb")


def _kind(path: StrPath) -> str:
    """What there is at a path."""
    if not os.path.exists(path):
        return "a link that leads nowhere" if os.path.lexists(path) else "nothing"
    mode = os.stat(path).st_mode
    for kind, name in (
        (stat.S_IFREG, "a file"),
        (stat.S_IFDIR, "a folder"),
        (stat.S_IFIFO, "a FIFO"),
        (stat.S_IFSOCK, "a socket"),
    ):
        if stat.S_IFMT(mode) == kind:
            return name
    return "a device"


@contextmanager
def _idx(path: StrPath) -> Iterator[BinaryIO]:
    """An idx file open for reading, unpacked on the way if it is gzipped."""
    with _open(path) as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            # GzipFile has the reading half of BinaryIO, which is all that is used.
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _refusal(path, "an intact gzip stream", f"a damaged one ({error})") from error


def _idx_header(path: StrPath, file: BinaryIO, item_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the header announces."""
    ndim = 1 + len(item_shape)
    header = file.read(4 + 4 * ndim)
    # Unsigned bytes (0x08) in ndim dimensions: 0x00000803 for images, 0x00000801 for labels.
    magic, found = f"0000080{ndim}", header[:4].hex()
    if found != magic:
        raise _refusal(path, *(f"magic 0x{m}{_MAGIC_NAMES.get(m, '')}" for m in (magic, found)))
    if len(header) < 4 + 4 * ndim:
        raise _refusal(path, f"a header of {4 + 4 * ndim} bytes", f"{len(header)} bytes")
    shape = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(4, len(header), 4))
    _check_shape(path, shape, item_shape)
    return shape


def _npy_header(
    path: StrPath, file: BinaryIO, item_shape: tuple[int, ...]
) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """The shape that the header announces, whether it is in Fortran's order, and the dtype."""
    try:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"format version {version}")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # the header is a Python literal: its parser's errors vary
        found = textwrap.shorten(f"{type(error).__name__}: {error}", 100)
        raise _refusal(path, "a .npy header as np.save writes it", found) from error
    if dtype.kind not in "iuf":
        raise _refusal(path, "integers or floats", f"dtype {dtype}")
    _check_shape(path, shape, item_shape)
    return shape, fortran_order, dtype


def _count(path: Path, item_shape: tuple[int, ...]) -> int:
    """How many items the header announces."""
    if path.suffix != ".npy":
        with _idx(path) as file:
            return _idx_header(path, file, item_shape)[0]
    with _open(path) as file:
        return _npy_header(path, file, item_shape)[0][0]


def _check_shape(path: StrPath, shape: tuple[int, ...], item_shape: tuple[int, ...]) -> None:
    if shape[1:] != item_shape or len(shape) == 0 or not 1 <= shape[0] <= MAX_ITEMS:
        items = "".join(f", {size}" for size in item_shape) or ","
        raise _refusal(path, f"shape (N{items}) with N from 1 to {MAX_ITEMS:,}", f"{shape}")


def _load_pair(images: Path, labels: Path) -> tuple[Images, Labels]:
    # The large file last: by its header it is known whether the two belong together.
    count = _count(images, (NUM_PIXELS,) if images.suffix == ".npy" else IMAGE_SHAPE)
    y = _load_labels(labels)
    if len(y) != count:
        raise _refusal(labels, f"{count:,} labels, one for each image of {images}", f"{len(y):,}")
    return _load_images(images), y


def _load_images(path: Path) -> Images:
    if path.suffix != ".npy":
        pixels: npt.NDArray[np.generic] = read_idx(path, IMAGE_SHAPE).reshape(-1, NUM_PIXELS)
    else:
        pixels = read_npy(path, (NUM_PIXELS,))
    if pixels.dtype == np.uint8:
        scaled: Images = np.divide(pixels, np.float32(255), dtype=np.float32)
        return scaled
    if pixels.dtype.kind != "f":
        raise _refusal(path, "pixels as floats in [0, 1] or uint8", f"dtype {pixels.dtype}")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 1):  # true of NaN too, which min and max pass on
        raise _refusal(path, "pixels in [0, 1]", f"values from {low} to {high}")
    return pixels.astype(np.float32, copy=False)


def _load_labels(path: Path) -> Labels:
    labels = read_npy(path, ()) if path.suffix == ".npy" else read_idx(path, ())
    if labels.dtype.kind not in "iu":
        raise _refusal(path, "integer labels", f"dtype {labels.dtype}")
    low, high = labels.min(), labels.max()
    if low < 0 or high >= NUM_CLASSES:
        raise _refusal(path, f"labels from 0 to {NUM_CLASSES - 1}", f"labels from {low} to {high}")
    return labels.astype(np.int64)


def _find(folder: StrPath, *names: str) -> Path:
    """The first of `names` that `folder` holds; an idx name also stands for its .gz."""
    names = tuple(
        alternative
        for name in names
        for alternative in ([name] if name.endswith(".npy") else [name, f"{name}.gz"])
    )
    paths = [Path(folder, name) for name in names]
    for path in paths:
        if path.is_file():
            return path
    for path in paths:
        if (found := _kind(path)) != "nothing":
            raise _refusal(path, "a file", found)
    found = _kind(folder)
    found = {"a folder": "none of them", "nothing": "no such folder"}.get(found, found)
    raise FileNotFoundError(
        f"{folder}: expected a file named {' or '.join(names)}, found {found}; "
        "give the folder that holds MNIST (data/README.md tells the names and where to get it)"
    )


def _refusal(path: StrPath, expected: str, found: str) -> DataError:
    return DataError(f"{os.fspath(path)}: expected {expected}, found {found}; {_CURE}")
