"""data.mnist reads every form of MNIST it promises, and refuses every file that is not sound."""

import gzip
import hashlib
import io
import os
import pickle
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from data.mnist import (
    NUM_VALIDATION,
    DataError,
    load_mnist,
    load_mnist_test,
    read_idx,
    read_npy,
)
from tests.peak_memory import peak_bytes

DATA = Path(__file__).resolve().parents[2] / "data"
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(array: npt.ArrayLike, magic: int | None = None) -> bytes:
    content = np.asarray(array, np.uint8)
    magic = 0x800 + content.ndim if magic is None else magic
    return struct.pack(f">I{content.ndim}I", magic, *content.shape) + content.tobytes()


def npy(array: npt.ArrayLike) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def images(count: int) -> npt.NDArray[np.uint8]:
    return np.arange(count * 784, dtype=np.uint32).astype(np.uint8).reshape(count, 28, 28)


def labels(count: int) -> npt.NDArray[np.uint8]:
    return (np.arange(count) % 10).astype(np.uint8)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A folder with a small sound test split; each test damages one of its two files."""
    (tmp_path / IMAGES).write_bytes(idx(images(20)))
    (tmp_path / LABELS).write_bytes(idx(labels(20)))
    return tmp_path


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with the course's files, six training images and three of the others."""
    for split, count in (("train", 6), ("val", 3), ("test", 3)):
        np.save(tmp_path / f"{split}_data.npy", images(count).reshape(count, 784) / 255)
        np.save(tmp_path / f"{split}_labels.npy", labels(count).astype(np.int64))
    return tmp_path


def refuses(folder: Path, name: str, *words: str) -> None:
    """Reading `folder` fails with one line that names the file, both sides and the cure."""
    with pytest.raises(DataError) as caught:
        load_mnist_test(folder)
    message = str(caught.value)
    for word in (str(folder / name), "expected", "found", "data/README.md", *words):
        assert word in message
    assert "\n" not in message


# What is read.


@pytest.mark.parametrize("name", SHA256)
def test_the_shipped_files_are_the_originals(name: str) -> None:
    raw = gzip.decompress((DATA / f"{name}.gz").read_bytes())
    assert hashlib.sha256(raw).hexdigest() == SHA256[name]
    assert name in (DATA / "README.md").read_text()
    assert SHA256[name] in (DATA / "README.md").read_text()


def test_the_shipped_files_are_split_as_the_course_splits_them() -> None:
    train_x, train_y, val_x, val_y = load_mnist(DATA)
    test_x, test_y = load_mnist_test(DATA)
    splits = ((train_x, train_y, 55_000), (val_x, val_y, 5_000), (test_x, test_y, 10_000))
    raw = read_idx(DATA / "train-images-idx3-ubyte.gz", (28, 28)).reshape(-1, 784)
    for x, y, count in splits:
        assert x.shape == (count, 784)
        assert x.dtype == np.float32
        assert y.shape == (count,)
        assert y.dtype == np.int64
        assert x.min() == 0
        assert x.max() == 1
        assert set(y.tolist()) == set(range(10))
    assert np.array_equal(np.rint(train_x[54_999] * 255), raw[54_999])
    assert np.array_equal(np.rint(val_x[0] * 255), raw[55_000])
    assert train_y[:4].tolist() == [5, 0, 4, 1]
    assert val_y[-1] == 8
    assert test_y[0] == 7


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_is_read_plain_and_gzipped_whatever_its_name(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / (IMAGES + suffix)).write_bytes(pack(idx(images(4))))
    (tmp_path / (LABELS + suffix)).write_bytes(pack(idx(labels(4))))
    x, y = load_mnist_test(tmp_path)
    assert np.array_equal(x, (images(4).reshape(4, 784) / np.float32(255)).astype(np.float32))
    assert y.tolist() == [0, 1, 2, 3]


def test_a_plain_file_goes_before_its_gzipped_twin(sound: Path) -> None:
    (sound / f"{LABELS}.gz").write_bytes(b"not read")
    assert len(load_mnist_test(sound)[1]) == 20


def test_the_last_5000_training_images_validate(tmp_path: Path) -> None:
    count = NUM_VALIDATION + 2
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images(count)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels(count)))
    splits = load_mnist(tmp_path)
    assert [len(part) for part in splits] == [2, 2, NUM_VALIDATION, NUM_VALIDATION]
    assert splits.train_y.tolist() == [0, 1]
    assert splits.val_y[0] == 2


def test_the_courses_files_come_already_split(course: Path) -> None:
    train_x, train_y, val_x, val_y = load_mnist(course)
    assert train_x.shape == (6, 784)
    assert val_x.shape == (3, 784)
    assert train_x.dtype == val_x.dtype == np.float32
    assert train_y.tolist() == [0, 1, 2, 3, 4, 5]
    assert val_y.dtype == np.int64
    assert len(load_mnist_test(course)[0]) == 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8", np.longdouble])
def test_npy_images_of_every_float_type(course: Path, dtype: npt.DTypeLike) -> None:
    x = np.linspace(0, 1, 3 * 784).reshape(3, 784).astype(dtype)
    np.save(course / "test_data.npy", x)
    assert np.array_equal(load_mnist_test(course)[0], x.astype(np.float32))


def test_npy_images_of_bytes_are_scaled(course: Path) -> None:
    np.save(course / "test_data.npy", np.full((3, 784), 255, np.uint8))
    assert np.all(load_mnist_test(course)[0] == 1)


def test_npy_in_fortran_order(course: Path) -> None:
    x = np.random.default_rng(0).random((3, 784), np.float32)
    np.save(course / "test_data.npy", np.asfortranarray(x))
    assert np.array_equal(load_mnist_test(course)[0], x)


def test_a_single_image_will_do(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(images(1)))
    (sound / LABELS).write_bytes(idx(labels(1)))
    assert len(load_mnist_test(sound)[0]) == 1


# What is refused.


@pytest.mark.parametrize("kept", [0, 1, 3, 15, 16, 700, 20 * 784 + 15])
def test_truncated_images(sound: Path, kept: int) -> None:
    (sound / IMAGES).write_bytes(idx(images(20))[:kept])
    refuses(sound, IMAGES)


def test_a_truncated_header_says_how_many_bytes_were_found(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(images(20))[:15])
    refuses(sound, IMAGES, "header of 16 bytes", "found 15")


def test_truncated_labels_say_how_many_bytes_were_found(sound: Path) -> None:
    (sound / LABELS).write_bytes(idx(labels(20))[:-3])
    refuses(sound, LABELS, "20 bytes", "found 17")


def test_trailing_bytes(sound: Path) -> None:
    (sound / LABELS).write_bytes(idx(labels(20)) + b"\0")
    refuses(sound, LABELS, "20 bytes", "found more")


def test_truncated_gzip(sound: Path) -> None:
    whole = gzip.compress(idx(images(20)))
    for kept in (5, len(whole) // 2, len(whole) - 8, len(whole) - 1):
        (sound / IMAGES).write_bytes(whole[:kept])
        refuses(sound, IMAGES, "gzip")


def test_gzip_with_a_wrong_checksum(sound: Path) -> None:
    packed = bytearray(gzip.compress(idx(labels(20))))
    packed[-8] ^= 1
    (sound / LABELS).write_bytes(packed)
    refuses(sound, LABELS, "gzip", "CRC")


def test_gzip_with_a_damaged_stream(sound: Path) -> None:
    packed = bytearray(gzip.compress(idx(images(20))))
    packed[10] = 0xFF
    (sound / IMAGES).write_bytes(packed)
    refuses(sound, IMAGES, "gzip")


@pytest.mark.parametrize("tail", [b"x", gzip.compress(b"x", mtime=0)])
def test_bytes_after_the_gzip_stream(sound: Path, tail: bytes) -> None:
    (sound / LABELS).write_bytes(gzip.compress(idx(labels(20))) + tail)
    refuses(sound, LABELS)


def test_bad_magic(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(images(20), magic=0x0D03))  # floats
    refuses(sound, IMAGES, "0x00000803 (images)", "0x00000d03")


def test_labels_where_images_are_expected(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(labels(20)))
    refuses(sound, IMAGES, "0x00000803 (images)", "0x00000801 (labels)")


def test_images_where_labels_are_expected(sound: Path) -> None:
    (sound / LABELS).write_bytes(idx(images(20)))
    refuses(sound, LABELS, "0x00000801 (labels)", "0x00000803 (images)")


def test_images_of_another_size(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(np.zeros((20, 32, 32))))
    refuses(sound, IMAGES, "(N, 28, 28)", "(20, 32, 32)")


def test_no_images_at_all(sound: Path) -> None:
    (sound / IMAGES).write_bytes(idx(images(0)))
    refuses(sound, IMAGES, "N from 1", "(0, 28, 28)")


def test_other_number_of_labels_than_images(sound: Path) -> None:
    (sound / LABELS).write_bytes(idx(labels(19)))
    refuses(sound, LABELS, "20 labels", "found 19", IMAGES)


def test_label_out_of_range(sound: Path) -> None:
    (sound / LABELS).write_bytes(idx([*range(10)] * 2 + [10]))
    refuses(sound, LABELS, "labels from 0 to 9", "from 0 to 10")


def test_too_few_images_to_validate_on(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images(NUM_VALIDATION)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels(NUM_VALIDATION)))
    with pytest.raises(DataError, match=r"more than 5,000 images.*found 5,000"):
        load_mnist(tmp_path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("count", [1_000_000, 1_000_001, 0xFFFFFFFF])
def test_a_header_that_claims_too_much_takes_no_memory(
    sound: Path, pack: Callable[[bytes], bytes], count: int
) -> None:
    file = sound / IMAGES
    file.write_bytes(pack(struct.pack(">4I", 0x803, count, 28, 28) + bytes(784)))
    words = "784,000,000 bytes" if count == 1_000_000 else "N from 1 to 1,000,000"

    def load() -> None:
        with pytest.raises(DataError, match=words):
            read_idx(file, (28, 28))
        with pytest.raises(DataError):
            load_mnist_test(sound)

    assert peak_bytes(load) < 8_000_000


def test_a_gzip_bomb_is_not_unpacked(sound: Path) -> None:
    (sound / LABELS).write_bytes(gzip.compress(idx(labels(20)) + bytes(64_000_000), 1))
    assert peak_bytes(lambda: refuses(sound, LABELS, "found more")) < 8_000_000


def refuses_in_little_memory(folder: Path, name: str, *words: str) -> None:
    assert peak_bytes(lambda: refuses(folder, name, *words)) < 8_000_000


def test_images_that_have_no_labels_are_not_unpacked(sound: Path) -> None:
    (sound / IMAGES).write_bytes(gzip.compress(idx(np.zeros((20_000, 28, 28), np.uint8)), 1))
    refuses_in_little_memory(sound, LABELS, "20,000 labels", "found 20")


def test_images_with_a_wrong_label_are_not_unpacked(sound: Path) -> None:
    (sound / IMAGES).write_bytes(gzip.compress(idx(np.zeros((20_000, 28, 28), np.uint8)), 1))
    (sound / LABELS).write_bytes(idx(np.full(20_000, 10)))
    refuses_in_little_memory(sound, LABELS, "labels from 0 to 9")


def test_images_in_npy_that_have_no_labels_are_not_read(course: Path) -> None:
    file = course / "test_data.npy"
    array = np.lib.format.open_memmap(file, "w+", np.float64, (200_000, 784))  # takes no room
    array.flush()
    refuses_in_little_memory(course, "test_labels.npy", "200,000 labels", "found 3")


def test_too_few_images_to_validate_on_are_not_unpacked(tmp_path: Path) -> None:
    header = struct.pack(">4I", 0x803, NUM_VALIDATION, 28, 28)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header)  # the rest will not be missed
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels(NUM_VALIDATION)))
    with pytest.raises(DataError, match=r"more than 5,000 images.*found 5,000"):
        load_mnist(tmp_path)


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))  # its length is limited


NO_FILES: list[tuple[Callable[[Path], object], str]] = [
    (Path.mkdir, "a folder"),
    (os.mkfifo, "a FIFO"),
    (lambda path: path.symlink_to("nowhere"), "a link that leads nowhere"),
    (lambda path: path.symlink_to(path.name), "a link that leads nowhere"),
    (lambda path: path.symlink_to(path.parent), "a folder"),
    (lambda path: path.symlink_to("/dev/zero"), "a device"),
    (socket_at, "a socket"),
]


@pytest.mark.parametrize(("make", "kind"), NO_FILES)
@pytest.mark.parametrize("name", [IMAGES, f"{LABELS}.gz", "test_data.npy", "test_labels.npy"])
def test_what_is_no_file_is_told_as_what_it_is(
    sound: Path, make: Callable[[Path], object], kind: str, name: str, course: Path
) -> None:
    if name.endswith(".npy"):
        (sound / IMAGES).unlink()
    (course / name.removesuffix(".gz")).unlink()
    make(course / name)
    if name == IMAGES:
        (course / "test_data.npy").unlink()
    refuses(course, name, "expected a file", f"found {kind}")
    read = read_npy if name.endswith(".npy") else read_idx
    with pytest.raises(DataError, match=f"expected a file, found {kind}"):
        read(course / name, ())


def test_a_folder_named_like_a_file_is_passed_over_where_the_file_is(sound: Path) -> None:
    """Some programs unpack train-images-idx3-ubyte.gz into a folder of its name."""
    for name in (IMAGES, LABELS):
        (sound / f"{name}.gz").write_bytes((sound / name).read_bytes())
        (sound / name).unlink()
        (sound / name).mkdir()
    assert len(load_mnist_test(sound)[1]) == 20


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("test_data.npy", npy(np.zeros((3, 784)))[:-1], ["18,944 bytes", "found 18,943"]),
        ("test_data.npy", npy(np.zeros((3, 784))) + b"\0", ["18,944 bytes", "found 18,945"]),
        ("test_data.npy", npy(np.zeros((3, 784)))[:20], ["np.save"]),
        ("test_data.npy", b"", ["np.save"]),
        ("test_data.npy", b"PK\x03\x04 an archive", ["np.save"]),
        ("test_data.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", ["np.save", "(2, 0)"]),
        ("test_data.npy", npy([None] * 3), ["dtype object"]),
        ("test_data.npy", npy(np.zeros((3, 784), complex)), ["dtype complex128"]),
        ("test_data.npy", npy(np.zeros((3, 784), int)), ["[0, 1] or uint8", "dtype int64"]),
        ("test_data.npy", npy(np.zeros((3, 28, 28))), ["(N, 784)", "(3, 28, 28)"]),
        ("test_data.npy", npy(np.zeros((0, 784))), ["N from 1", "(0, 784)"]),
        ("test_data.npy", npy(np.zeros(3)), ["(N, 784)", "found (3,)"]),
        ("test_data.npy", npy(np.full((3, 784), np.nan)), ["[0, 1]", "nan"]),
        ("test_data.npy", npy(np.full((3, 784), 1.01)), ["[0, 1]", "1.01"]),
        ("test_data.npy", npy(np.full((3, 784), -0.5)), ["[0, 1]", "-0.5"]),
        ("test_data.npy", npy(np.full((3, 784), np.inf)), ["[0, 1]", "inf"]),
        ("test_labels.npy", npy([0.0, 1.0, 2.0]), ["integer labels", "float64"]),
        ("test_labels.npy", npy([True, False, True]), ["bool"]),
        ("test_labels.npy", npy([0, 1, 10]), ["0 to 9", "0 to 10"]),
        ("test_labels.npy", npy([-1, 1, 2]), ["0 to 9", "-1 to 2"]),
        ("test_labels.npy", npy([[0], [1], [2]]), ["(N,)", "(3, 1)"]),
        ("test_labels.npy", npy([0, 1]), ["3 labels", "found 2"]),
        ("test_labels.npy", npy(3), ["(N,)", "found ()"]),
    ],
)
def test_unsound_npy(course: Path, name: str, content: bytes, words: list[str]) -> None:
    (course / name).write_bytes(content)
    refuses(course, name, *words)


def test_an_npy_header_that_claims_too_much_takes_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "labels.npy"
    file.write_bytes(npy(np.zeros(5)).replace(b"(5,), }          ", b"(900000,), }     "))
    with pytest.raises(DataError, match=r"7,200,128 bytes .* found 168"):
        read_npy(file, ())


def test_a_pickle_is_never_run(course: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "sprung",)

    for content in (pickle.dumps(Trap()), npy(np.array([Trap()], object))):
        (course / "test_labels.npy").write_bytes(content)
        refuses(course, "test_labels.npy")
    assert not (tmp_path / "sprung").exists()


# What is missing.


def test_a_missing_folder_is_told_with_the_names_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist(tmp_path / "nowhere")
    for word in ("nowhere", "no such folder", "train-images-idx3-ubyte.gz", "train_data.npy"):
        assert word in str(caught.value)


@pytest.mark.parametrize(("make", "kind"), [*NO_FILES[1:4], (Path.touch, "a file")])
def test_what_is_no_folder_is_told_as_what_it_is(
    tmp_path: Path, make: Callable[[Path], object], kind: str
) -> None:
    make(tmp_path / "mnist")
    with pytest.raises(FileNotFoundError, match=f"found {kind}; give the folder"):
        load_mnist(tmp_path / "mnist")


def test_the_readme_has_what_the_errors_promise() -> None:
    page = (DATA / "README.md").read_text()
    assert re.search(r"^\*\*Where to get it\.\*\*.*https://", page, re.MULTILINE | re.DOTALL)
    for name in ("train_data.npy", "test_labels.npy", *SHA256):
        assert name in page


def test_a_missing_file_is_told_with_the_names_looked_for(sound: Path) -> None:
    (sound / LABELS).unlink()
    with pytest.raises(FileNotFoundError, match=f"{LABELS} or {LABELS}.gz, found none") as caught:
        load_mnist_test(sound)
    assert "test_labels.npy" not in str(caught.value)


def test_a_missing_course_file(course: Path) -> None:
    (course / "val_labels.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"val_labels\.npy"):
        load_mnist(course)
