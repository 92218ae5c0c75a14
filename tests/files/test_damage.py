"""Damaged files and kills, in short; at length: `python -m tests.files.damage`, and `.kills`."""

import io
import random
import zipfile
from pathlib import Path
from struct import pack_into
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.errors import LoadError
from mytorch.files import archive
from tests.files.damage import MARGIN, cut, flipped, loaded, mutated, plain, written
from tests.files.kills import kill_while_saving
from tests.peak_memory import peak_bytes


@pytest.mark.parametrize("package", [torch, mytorch])
def test_a_damaged_file_is_refused_or_loads_as_it_was(package: Any) -> None:
    content = written(package)
    whole = plain(loaded(content))
    draw = random.Random(0)
    for damaged in cut(content, 37):
        assert loaded(damaged) is None
    flips = [loaded(damaged) for damaged in flipped(content, 250, draw)]
    assert all(found is None or plain(found) == whole for found in flips)
    assert 100 < flips.count(None) < 250
    pickles = [loaded(damaged) for damaged in mutated(content, 250, draw)]
    assert pickles.count(None) > 100


def test_every_bit_of_a_number_counts() -> None:
    file = io.BytesIO()
    mytorch.save(mytorch.tensor([1.0, 2.0]), file)
    content = file.getvalue()
    start = content.index(np.array([1.0, 2.0]).tobytes())
    for bit in range(8 * start, 8 * (start + 16)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LoadError, match=r"'archive/data/0' is damaged: .*another copy"):
            mytorch.load(io.BytesIO(damaged))


def test_a_large_file_takes_its_own_size(tmp_path: Path) -> None:
    path = tmp_path / "large"
    mytorch.save([mytorch.zeros(4 << 20), mytorch.ones(1 << 20).bool()], path)
    assert peak_bytes(lambda: mytorch.load(path)) < path.stat().st_size + MARGIN
    assert peak_bytes(lambda: mytorch.save(mytorch.load(path), path)) < (33 << 20) + MARGIN


def test_a_file_without_checksums_says_so() -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        content = written(torch)
    finally:
        torch.serialization.set_crc32_options(before)
    with pytest.raises(LoadError, match=r"damaged: .*set_crc32_options\(False\), save it again"):
        mytorch.load(io.BytesIO(content))


def central(content: bytes, place: int, kind: str, value: int, entry: int = 0) -> io.BytesIO:
    """The file with another number in an entry of its directory."""
    damaged, start = bytearray(content), 0
    start = content.index(b"PK\1\2")
    for _ in range(entry):
        start = content.index(b"PK\1\2", start + 1)
    pack_into(kind, damaged, start + place, value)
    return io.BytesIO(damaged)


@pytest.mark.parametrize(
    ("place", "kind", "value"),
    [
        (10, "<H", 8),  # compressed
        (8, "<H", 1),  # encrypted
        (20, "<I", 2**31),  # packed size
        (24, "<I", 2**31),  # size
        (28, "<H", 2**15),  # length of the name
        (42, "<I", 0),  # the start of the one before
        (42, "<I", 2**31),
    ],
)
def test_a_directory_that_lies_is_refused(place: int, kind: str, value: int) -> None:
    content = written(mytorch)
    with pytest.raises(LoadError, match=r"archive|compressed"):
        mytorch.load(central(content, place, kind, value, 4))
    # Both sizes, so that the one record has the bytes of all that follow.
    large = central(content, 20, "<I", 3000, 4).getvalue()
    with pytest.raises(LoadError, match="runs into the next"):
        mytorch.load(central(large, 24, "<I", 3000, 4))


class Stream(io.RawIOBase):
    """A file in which a program cannot go back, so that sizes stand behind the bytes."""

    def __init__(self, file: io.BytesIO) -> None:
        self.file = file

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        return self.file.write(content)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_another_program_packed(kind: int, long: bool, stream: bool) -> None:
    content = written(torch)
    file = io.BytesIO()
    into = Stream(file) if stream else file
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(into, "w") as target:
        target.mkdir("archive")
        for name in source.namelist():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.extra = kind, b"UT\5\0\1four"
            with target.open(entry, "w", force_zip64=long) as record:
                record.write(source.read(name))
        target.comment = b"packed again"
    expected = plain(loaded(content))
    assert plain(loaded(file.getvalue())) == expected
    for damaged in flipped(file.getvalue(), 100, random.Random(0)):
        found = loaded(damaged)
        assert found is None or plain(found) == expected


def test_a_later_version_of_the_format() -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(written(torch))) as source,
        zipfile.ZipFile(file, "w") as target,
    ):
        for name in source.namelist():
            content = b"99\n" if name.endswith("/version") else source.read(name)
            target.writestr(name, content)
    with pytest.raises(LoadError, match="version of the format from 1 to 10, found '99'"):
        mytorch.load(io.BytesIO(file.getvalue()))


def test_archives_beyond_4_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGE", 64)  # as if that were the limit
    content = written(mytorch)
    assert plain(loaded(content)) == plain(loaded(content))
    for damaged in flipped(content, 100, random.Random(0)):
        found = loaded(damaged)
        assert found is None or plain(found) == plain(loaded(content))


def test_a_second_object_in_one_file() -> None:
    file = io.BytesIO()
    file.write(b"something before")
    mytorch.save(mytorch.ones(2), file)
    file.seek(len(b"something before"))
    assert mytorch.load(file).tolist() == [1, 1]


def test_what_gives_and_takes_a_part_at_a_time() -> None:
    class Slow(io.BytesIO):
        def write(self, content: Any) -> int:
            return super().write(bytes(content[:7]))

        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or -1, 7) if size and size > 0 else size)

    file = Slow()
    mytorch.save(Tensor(np.arange(100)), file)
    file.seek(0)
    assert mytorch.load(file).tolist() == [*range(100)]


def test_writing_needs_no_way_back() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.content = b""

        def write(self, content: Any) -> None:
            self.content += content

    pipe = Pipe()
    mytorch.save([mytorch.ones(3)], pipe)  # type: ignore[arg-type]
    assert mytorch.load(io.BytesIO(pipe.content))[0].tolist() == [1, 1, 1]
    assert torch.load(io.BytesIO(pipe.content))[0].tolist() == [1, 1, 1]


def test_kills(tmp_path: Path) -> None:
    same, following = kill_while_saving(tmp_path, 10, 1 << 18, 0)
    assert same + following == 10


def test_records_that_change_their_names_are_refused() -> None:
    file = io.BytesIO()
    mytorch.save([mytorch.zeros(2), mytorch.ones(2)], file)
    content = file.getvalue()
    start = content.index(b"PK\1\2")
    names = {b"data/0": b"data/#", b"data/1": b"data/0", b"data/#": b"data/1"}
    directory = content[start:]
    for old, new in names.items():
        directory = directory.replace(old, new)
    with pytest.raises(LoadError, match="belongs to another"):
        mytorch.load(io.BytesIO(content[:start] + directory))
