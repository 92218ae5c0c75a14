"""The zip archive in which PyTorch keeps a file: records that are stored as they are.

Written as PyTorch writes it, byte order and alignment of each record included. Read with less
trust than a zip tool has: what the directory says of a record must be what stands beside it, and
its bytes must have its checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from struct import error as StructError
from typing import BinaryIO, NamedTuple
from zlib import crc32

from mytorch.errors import LoadError

__all__ = ["ALIGNMENT", "ArchiveReader", "ArchiveWriter"]

ALIGNMENT = 64  # of each record in the file, so that it can be mapped into memory
CHUNK = 1 << 20

LOCAL = Struct("<4s5H3I2H")
DESCRIPTOR = Struct("<4s3I")
DESCRIPTOR64 = Struct("<4sI2Q")
ENTRY = Struct("<4s6H3I5H2I")
END = Struct("<4s4H2IH")
END64 = Struct("<4sQ2H2I4Q")
LOCATOR = Struct("<4sIQI")
LARGE, MANY = 0xFFFFFFFF, 0xFFFF  # from here on a number stands elsewhere, in 64 bits

FOLLOWED, UTF8 = 0x8, 0x800  # flags: a descriptor follows the bytes; the name is UTF-8


class Record(NamedTuple):
    """What the directory says: where the record begins, where the next one does, its size and
    checksum, its flags, and whether its sizes have 64 bits."""

    start: int
    end: int
    size: int
    checksum: int
    flags: int
    long: bool


class ArchiveReader:
    """The records of an archive that begins where the file stands and ends where it does.

    Attributes: `records`, what the directory says of each, by name. Raises LoadError for whatever
    is not as PyTorch writes it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._origin = file.tell()
        self._size = file.seek(0, 2) - self._origin
        start, size, count = self._directory()
        found = list(self._entries(self._bytes(start, size), count))
        found.sort(key=lambda entry: entry[1].start)
        ends = [record.start for _, record in found[1:]] + [start]
        self.records: dict[str, Record] = {}
        for (name, record), end in zip(found, ends, strict=True):
            if record.start + LOCAL.size + len(name) + record.size > end:
                raise LoadError(f"the archive is damaged: record {name!r} runs into the next")
            if name in self.records:
                raise LoadError(f"the archive is damaged: it has two records {name!r}")
            self.records[name] = record._replace(end=end)

    def read(self, name: str) -> bytearray:
        """The bytes of a record. Raises LoadError if there is none, or it is damaged."""
        content = bytearray(self.size(name))
        self.read_into(name, memoryview(content))
        return content

    def size(self, name: str) -> int:
        """The number of bytes of a record."""
        if name not in self.records:
            raise LoadError(
                f"the archive has no record {name!r}: the file is damaged or incomplete"
            )
        return self.records[name].size

    def read_into(self, name: str, memory: memoryview) -> None:
        """Fills `memory`, of the record's size, with its bytes."""
        record = self.records[name]
        head = self._bytes(record.start, LOCAL.size)
        mark, _, flags, method, _, _, checksum, packed, size, length, extra = LOCAL.unpack(head)
        start = record.start + LOCAL.size + length + extra
        own = self._bytes(start - length - extra, length)
        told = {(record.checksum, record.size, record.size)}
        if record.flags & FOLLOWED:
            told.add((0, 0, 0))
        if record.long:
            told |= {(number, LARGE, LARGE) for number, _, _ in told}
        sound = mark == b"PK\3\4" and (flags, method) == (record.flags, 0)
        if not sound or own != name.encode() or (checksum, packed, size) not in told:
            raise LoadError(
                f"the archive is damaged: the head of record {name!r} belongs to another"
            )
        if start + record.size > record.end:
            raise LoadError(f"the archive is damaged: record {name!r} runs into the next")
        self._file.seek(self._origin + start)
        found = 0
        for piece in _pieces(memory):
            self._fill(piece)
            found = crc32(piece, found)
        if found != record.checksum:
            raise LoadError(
                f"record {name!r} is damaged: its bytes have the checksum {found:08x}, and should "
                f"have {record.checksum:08x}; take another copy of the file (or, if PyTorch wrote "
                "it after torch.serialization.set_crc32_options(False), save it again without)"
            )
        if record.flags & FOLLOWED:
            kind = DESCRIPTOR64 if record.long else DESCRIPTOR
            tail = self._bytes(start + record.size, kind.size)
            if kind.unpack(tail) != (b"PK\7\x08", record.checksum, record.size, record.size):
                raise LoadError(f"the archive is damaged: the end of record {name!r} differs")

    def _bytes(self, start: int, size: int) -> bytearray:
        if not 0 <= start <= start + size <= self._size:
            raise LoadError("the archive is cut short or damaged: a part of it lies beyond its end")
        self._file.seek(self._origin + start)
        content = bytearray(size)
        for piece in _pieces(memoryview(content)):
            self._fill(piece)
        return content

    def _fill(self, memory: memoryview) -> None:
        while memory:
            piece = self._file.read(len(memory))  # of a raw file it may be less
            if not piece:
                raise LoadError("the file became shorter while it was read")
            memory[: len(piece)] = piece
            memory = memory[len(piece) :]

    def _directory(self) -> tuple[int, int, int]:
        """Where the directory begins, its size, and the number of its entries."""
        place = self._size - END.size
        mark, disk, other, here, count, size, start, comment = END.unpack(
            self._bytes(place, END.size)
        )
        if mark != b"PK\5\6" or comment:
            raise LoadError("the archive is cut short: its directory, the last part, is missing")
        if place >= LOCATOR.size + END64.size:
            at = place - LOCATOR.size
            locator = LOCATOR.unpack(self._bytes(at, LOCATOR.size))
            if locator[0] == b"PK\6\7":
                place = locator[2]
                long = END64.unpack(self._bytes(place, END64.size))
                short = (disk, other, here, count, size, start)
                agree = all(
                    few in (many, most)
                    for few, many, most in zip(
                        short, long[4:], (MANY, MANY, MANY, MANY, LARGE, LARGE), strict=True
                    )
                )
                if long[0] != b"PK\6\6" or place + END64.size != at or not agree:
                    raise LoadError("the archive is damaged: the two ends of it differ")
                disk, other, here, count, size, start = long[4:]
        if disk or other or here != count or start + size != place:
            raise LoadError("the archive is cut short or damaged: its directory has another size")
        return start, size, count

    def _entries(self, directory: bytearray, count: int) -> Iterator[tuple[str, Record]]:
        place = 0
        for _ in range(count):
            try:
                fields = ENTRY.unpack_from(directory, place)
            except StructError:
                raise LoadError("the archive is damaged: its directory is incomplete") from None
            mark, _, _, flags, method, _, _, checksum, packed, size, *rest = fields
            length, more, comment, disk, _, _, start = rest
            place += ENTRY.size
            raw = directory[place : place + length]
            extra = directory[place + length : place + length + more]
            place += length + more + comment
            if mark != b"PK\1\2" or disk or place > len(directory):
                raise LoadError("the archive is damaged: its directory is incomplete")
            name = _name(raw)
            if method or flags & ~(FOLLOWED | UTF8):
                raise LoadError(
                    f"record {name!r} is compressed or encrypted, which PyTorch's are not: the "
                    "archive was packed by another program; unpack it, and pack it with zip -0"
                )
            long, (size, packed, start) = _large(extra, (size, packed, start))
            if size != packed:
                raise LoadError(f"the archive is damaged: record {name!r} has two sizes")
            if not name.endswith("/"):  # other programs write folders, too
                yield name, Record(start, 0, size, checksum, flags, long)
        if place != len(directory):
            raise LoadError("the archive is damaged: its directory has more than its entries")


def _name(raw: bytearray) -> str:
    """The name of a record. Raises LoadError for one that leads out of the archive."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise LoadError(f"the archive is damaged: {raw!r} is the name of no record") from None
    parts = {*name.removesuffix("/").split("/")}
    if {"", ".", ".."} & parts or {*"\\\0"} & {*name}:
        raise LoadError(f"the archive has a record {name!r}, whose name leads out of it")
    return name


def _large(extra: bytearray, numbers: tuple[int, int, int]) -> tuple[bool, list[int]]:
    """Whether the extra field has numbers of 64 bits; size, packed size and start, from there if
    need be."""
    fields = {}
    while len(extra) >= 4:
        kind, size = Struct("<2H").unpack_from(extra)
        fields[kind] = extra[4 : 4 + size]
        extra = extra[4 + size :]
    long = fields.get(1, bytearray())
    found = []
    for number in numbers:
        if number == LARGE and len(long) >= 8:
            number = int.from_bytes(long[:8], "little")
            long = long[8:]
        found.append(number)
    return 1 in fields, found


def _pieces(memory: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(memory), CHUNK):
        yield memory[start : start + CHUNK]


class ArchiveWriter:
    """Writes records one after the other, and at last the directory, through `write`: no need to go
    back in the file."""

    def __init__(self, write: Callable[[bytes | memoryview], object]) -> None:
        self._write = write
        self._place = 0
        self._directory = bytearray()
        self._count = 0

    def add(self, name: str, content: bytes | memoryview) -> None:
        """Writes a record."""
        raw, size, start = name.encode(), len(content), self._place
        long = b""
        if size >= LARGE or start >= LARGE:
            long = Struct("<2H3Q").pack(1, 24, size, size, start)
        flags = UTF8 | FOLLOWED if size else UTF8
        before = start + LOCAL.size + len(raw) + len(long) + 4
        padding = -before % ALIGNMENT
        extra = long + b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
        shown = LARGE if long else 0
        self._put(LOCAL.pack(b"PK\3\4", 0, flags, 0, 0, 0, 0, shown, shown, len(raw), len(extra)))
        self._put(raw + extra)
        checksum = 0
        for piece in _pieces(memoryview(content)):
            checksum = crc32(piece, checksum)
            self._put(piece)
        if size:
            kind = DESCRIPTOR64 if long else DESCRIPTOR
            self._put(kind.pack(b"PK\7\x08", checksum, size, size))
        told = (LARGE, LARGE, LARGE) if long else (size, size, start)
        self._directory += ENTRY.pack(
            *(b"PK\1\2", 0, 0, flags, 0, 0, 0, checksum, *told[:2], len(raw), len(long)),
            *(0, 0, 0, 0, told[2]),
        )
        self._directory += raw + long
        self._count += 1

    def close(self) -> None:
        """Writes the directory: the archive is whole."""
        start, size, count = self._place, len(self._directory), self._count
        self._put(self._directory)
        place = self._place
        self._put(END64.pack(b"PK\6\6", END64.size - 12, 0, 45, 0, 0, count, count, size, start))
        self._put(LOCATOR.pack(b"PK\6\7", 0, place, 1))
        few, small = min(count, MANY), (min(size, LARGE), min(start, LARGE))
        self._put(END.pack(b"PK\5\6", 0, 0, few, few, *small, 0))

    def _put(self, content: bytes | bytearray | memoryview) -> None:
        rest = memoryview(content)
        self._place += len(rest)
        while rest:
            written = self._write(rest)
            # A raw file may take a part of it; other things with a `write` may not say.
            rest = rest[written if isinstance(written, int) else len(rest) :]
