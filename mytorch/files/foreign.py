"""Other formats, told by their first bytes, so that the error for one can name it."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["describe", "describe_archive"]

_ANEW = "load it with PyTorch, and save it there again with torch.save"
_STARTS = [
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", f"a file of PyTorch before 1.6; {_ANEW}"),
    (b"\x93NUMPY", "an array of NumPy's; load it with numpy.load, and wrap it: Tensor(array)"),
    (b"\x1f\x8b", "packed by gzip; unpack it first"),
    (b"BZh", "packed by bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "packed by xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed by zstandard; unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras and h5py write; read it with h5py"),
    (b"GGUF", "a GGUF file, as llama.cpp has; read it with the package gguf"),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, which stands for the file; fetch that one with `git lfs pull`",
    ),
]


def describe(start: bytes) -> str:
    """What a file is that begins with these bytes (512 at least, if it has them), and the cure.

    >>> describe(b"\\x1f\\x8b\\x08")
    'packed by gzip; unpack it first'
    """
    for mark, text in _STARTS:
        if start.startswith(mark):
            return text
    head = start.lstrip().lower()
    if not start:
        return "empty; if it was just written through this file object, seek(0) first"
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a page of the web, not what it links to; download the file itself"
    if start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") < 1 << 40:
        return "a safetensors file; give it a name that ends in .safetensors"
    if start[257:262] == b"ustar":
        return f"a tar archive, as PyTorch before 0.4 wrote; {_ANEW}"
    if start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5":
        return (
            "a pickle by itself, which could run any program; if you trust it, load it with pickle "
            "and save what it holds"
        )
    if start[:1] == b"\x08" and (b"onnx" in start or start[2:3] == b"\x12"):
        return "an ONNX model; run it with onnxruntime"
    if head.startswith((b"{", b"[")):
        return "a text, perhaps JSON"
    return f"no zip archive: it begins with {start[:8]!r}"


def describe_archive(names: Collection[str]) -> str:
    """What a zip archive is that has these records but is not PyTorch's, and the cure."""
    inner = {name.partition("/")[2] or name for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        return (
            "a TorchScript archive, which holds a program; save the state of its module: "
            "torch.save(torch.jit.load(path).state_dict(), path)"
        )
    if names and all(name.endswith(".npy") for name in names):
        return "arrays of NumPy's, an .npz; load them with numpy.load"
    if any(name.endswith((".pt2", "archive_format", "exported_program.json")) for name in names):
        return "a program of torch.export; save the state_dict of its module"
    return f"a zip archive without a record data.pkl; it has {', '.join(sorted(names)[:5])}"
