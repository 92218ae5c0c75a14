"""Damages files in every way, and loads them:

    python -m tests.files.damage --flips 10000 --pickles 10000

Files of PyTorch's and of this library are cut short at every length, single bits of them flipped,
and pickles changed whose checksums are right again. What is loaded from the first two must be what
the whole file had; all else is a LoadError, and none takes more memory than the file has bytes and
16 MiB.
"""

import argparse
import io
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch

import mytorch
from mytorch import Tensor
from mytorch.errors import LoadError
from mytorch.files.archive import ArchiveReader, ArchiveWriter
from tests.peak_memory import peak_bytes

MARGIN = 16 << 20
OPCODES = b"()NIJKMX]}RQbcehjqrtu.a" + bytes([*range(0x80, 0x97)])


def state(package: Any) -> dict[str, Any]:
    """A checkpoint with something of everything, made by either library."""
    package.manual_seed(0)
    x = package.arange(12).reshape(3, 4)
    return {
        "weight": package.nn.Parameter(package.ones(2, 3)),
        "views": [x[1], x[:, 1], x > 3],
        "empty": package.ones(0, 2),
        "layer": package.nn.BatchNorm1d(2).state_dict(),
        "epoch": 3,
        "lr": 0.1,
        "names": ("a", {"b"}, b"bytes", None, True, 1 + 2j),
    }


def written(package: Any) -> bytes:
    file = io.BytesIO()
    package.save(state(package), file)
    return file.getvalue()


def plain(obj: Any) -> Any:
    """Equal for equal objects, to the bit."""
    if isinstance(obj, Tensor):
        flags = obj.is_parameter, obj.requires_grad
        return flags, obj.dtype, obj.shape, obj.stride(), obj.data.tobytes()
    if isinstance(obj, dict):
        attributes = plain(getattr(obj, "_metadata", None))
        return attributes, [(key, plain(value)) for key, value in obj.items()]
    if isinstance(obj, (list, tuple)):
        return type(obj), [plain(part) for part in obj]
    return repr(obj)


def loaded(content: bytes, *, memory: bool = False) -> Any:
    """What is in a file, or None where it is refused."""
    found = None

    def load() -> None:
        nonlocal found
        with suppress(LoadError):
            found = mytorch.load(io.BytesIO(content))

    if memory:
        peak = peak_bytes(load)
        assert peak < len(content) + MARGIN, f"{peak:,} bytes"
    else:
        load()
    return found


def cut(content: bytes, step: int = 1) -> Iterator[bytes]:
    """The file cut short, at every length or every `step`-th."""
    return (content[:length] for length in range(0, len(content), step))


def flipped(content: bytes, count: int, draw: random.Random) -> Iterator[bytes]:
    """The file with one bit flipped, each time another one as far as there are so many."""
    bits = draw.sample(range(8 * len(content)), min(count, 8 * len(content)))
    for bit in bits:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        yield bytes(damaged)


def mutated(content: bytes, count: int, draw: random.Random) -> Iterator[bytes]:
    """The file with a pickle that was changed, and has a right checksum."""
    archive = ArchiveReader(io.BytesIO(content))
    records = {name: bytes(archive.read(name)) for name in archive.records}
    (name,) = (name for name in records if name.endswith("/data.pkl"))
    for _ in range(count):
        changed = {**records, name: changed_somewhere(records[name], draw)}
        file = io.BytesIO()
        writer = ArchiveWriter(file.write)
        for other, record in changed.items():
            writer.add(other, record)
        writer.close()
        yield file.getvalue()


def changed_somewhere(pickled: bytes, draw: random.Random) -> bytes:
    """Some bytes with others in their place, left out, put in from elsewhere, or an opcode more."""
    place, other = draw.randrange(len(pickled)), draw.randrange(len(pickled))
    size = draw.randint(1, 12)
    before, after = pickled[:place], pickled[place:]
    return draw.choice(
        [
            before + draw.randbytes(1) + after[1:],
            before + after[size:],
            before + pickled[other : other + size] + after,
            before + pickled[other : other + size] + after[size:],
            before + bytes([draw.choice(OPCODES)]) + after,
        ]
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser("python -m tests.files.damage", description=__doc__)
    parser.add_argument("--flips", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--pickles", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--no-memory", action="store_true", help="do not measure it: faster")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    memory = not options.no_memory
    for package in (torch, mytorch):
        content = written(package)
        whole = plain(loaded(content))
        kinds = {
            "cut short": cut(content),
            "bits flipped": flipped(content, options.flips, draw),
            "pickles changed": mutated(content, options.pickles, draw),
        }
        for kind, damaged in kinds.items():
            refused = equal = other = 0
            for file in damaged:
                found = loaded(file, memory=memory)
                if found is None:
                    refused += 1
                elif plain(found) == whole:
                    equal += 1
                else:
                    other += 1
            print(
                f"{package.__name__}, {len(content)} bytes, {kind}: {refused} refused, {equal} "
                f"loaded as they were, {other} loaded otherwise",
                flush=True,
            )
            if other and kind != "pickles changed":
                sys.exit(f"{kind}: a wrong object was loaded")


if __name__ == "__main__":
    main()
