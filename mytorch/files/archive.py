"""The zip archive in which PyTorch keeps a file: records that are stored as they are.

Written as PyTorch writes it, byte order and alignment of each record included. Read as other
programs pack it, too, deflated or with a comment, and with less trust than a zip tool has: what the
directory says of a record must be what stands beside it, and its bytes must have its checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from struct import error as StructError
from typing import BinaryIO, NamedTuple
from zlib import crc32, decompressobj
from zlib import error as ZlibError

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

# Flags: a descriptor follows the bytes; the name is UTF-8; how hard a program tried to deflate.
FOLLOWED, UTF8, EFFORT = 0x8, 0x800, 0x6
STORED, DEFLATED = 0, 8
COMMENT = 0xFFFF  # the most bytes of one, behind the directory


def _most_inflated(size: int) -> int:
    """How many bytes the deflated records of an archive of this size may have: what has more is
    made to fill the memory."""
    return min(size + (16 << 20), 16 * size + (1 << 16))


class Record(NamedTuple):
    """What the directory says: where the record begins, where the next one does, its size, that in
    the archive and its checksum, its flags, how it is packed, and whether its sizes have 64
    bits."""

    start: int
    end: int
    size: int
    packed: int
    checksum: int
    flags: int
    method: int
    long: bool


class ArchiveReader:
    """The records of an archive that begins where the file stands and ends where it does.

    Attributes: `records`, what the directory says of each, by name. Raises LoadError for whatever
    is damaged, encrypted, or compressed in another way than by deflating.
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
            if record.start + LOCAL.size + len(name) + record.packed > end:
                raise LoadError(f"the archive is damaged: record {name!r} runs into the next")
            if name in self.records:
                raise LoadError(f"the archive is damaged: it has two records {name!r}")
            self.records[name] = record._replace(end=end)
        deflated = [record.size for record in self.records.values() if record.method == DEFLATED]
        if sum(deflated) > _most_inflated(self._size):
            raise LoadError(
                f"the archive is compressed so much that {self._size} bytes become {sum(deflated)},"
                " as no tensors do; if it is sound, unpack it, and pack it with zip -0"
            )

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
        mark, _, flags, method, _, _, checksum, packed, size, length, more = LOCAL.unpack(head)
        start = record.start + LOCAL.size + length + more
        own = self._bytes(start - length - more, length)
        long, sizes = _large(self._bytes(start - more, more), (size, packed))
        told = [(record.checksum, record.size, record.packed)]
        if record.flags & FOLLOWED:
            told += [(0, 0, 0), (0, record.size, record.packed)]
        if record.long:
            told += [(number, LARGE, LARGE) for number, _, _ in told]
        sound = mark == b"PK\3\4" and (flags, method) == (record.flags, record.method)
        if not sound or own != name.encode() or (checksum, *sizes) not in told:
            raise LoadError(
                f"the archive is damaged: the head of record {name!r} belongs to another"
            )
        if start + record.packed > record.end:
            raise LoadError(f"the archive is damaged: record {name!r} runs into the next")
        self._file.seek(self._origin + start)
        if record.method == DEFLATED:
            self._inflate(name, memory)
        found = 0
        for piece in _pieces(memory):
            if record.method == STORED:
                self._fill(piece)
            found = crc32(piece, found)
        if found != record.checksum:
            raise LoadError(
                f"record {name!r} is damaged: its bytes have the checksum {found:08x}, and should "
                f"have {record.checksum:08x}; take another copy of the file (or, if PyTorch wrote "
                "it after torch.serialization.set_crc32_options(False), save it again without)"
            )
        if record.flags & FOLLOWED:
            kind = DESCRIPTOR64 if record.long or long else DESCRIPTOR
            tail = self._bytes(start + record.packed, kind.size)
            if kind.unpack(tail) != (b"PK\7\x08", record.checksum, record.packed, record.size):
                raise LoadError(f"the archive is damaged: the end of record {name!r} differs")

    def _inflate(self, name: str, memory: memoryview) -> None:
        """Fills the memory with the deflated bytes of a record that begin where the file stands."""
        inflate, left = decompressobj(-15), self.records[name].packed
        try:
            while left and not inflate.eof:
                piece = bytearray(min(left, CHUNK))
                self._fill(memoryview(piece))
                left -= len(piece)
                # One byte more than there should be: it would be seen.
                found = inflate.decompress(piece, len(memory) + 1)
                memory[: len(found)] = found
                memory = memory[len(found) :]
        except (ZlibError, ValueError):
            inflate = decompressobj()
        if memory or left or not inflate.eof or inflate.unused_data:
            raise LoadError(f"record {name!r} is damaged: what is compressed in it has no meaning")

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
        tail = self._bytes(
            max(0, self._size - END.size - COMMENT), min(self._size, END.size + COMMENT)
        )
        found = tail.rfind(b"PK\5\6", 0, max(0, len(tail) - END.size + 4))
        place = self._size - len(tail) + found
        if found < 0 or len(tail) - found - END.size != END.unpack_from(tail, found)[-1]:
            raise LoadError("the archive is cut short: its directory, the last part, is missing")
        disk, other, here, count, size, start, _ = END.unpack_from(tail, found)[1:]
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
            allowed = FOLLOWED | UTF8 | (EFFORT if method == DEFLATED else 0)
            if method not in (STORED, DEFLATED) or flags & ~allowed:
                raise LoadError(
                    f"record {name!r} is encrypted, or compressed in a way that PyTorch's are not: "
                    "the archive was packed by another program; unpack it, and pack it with zip -0"
                )
            long, (size, packed, start) = _large(extra, (size, packed, start))
            if method == STORED and size != packed:
                raise LoadError(f"the archive is damaged: record {name!r} has two sizes")
            if not name.endswith("/"):  # other programs write folders, too
                yield name, Record(start, 0, size, packed, checksum, flags, method, long)
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


def _large(extra: bytearray, numbers: tuple[int, ...]) -> tuple[bool, list[int]]:
    """Whether the extra field has numbers of 64 bits; size, packed size and, in the directory,
    start, from there if need be."""
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
            # A raw file may take a part of it. Other things with a `write` may not say.
            rest = rest[written if isinstance(written, int) else len(rest) :]
