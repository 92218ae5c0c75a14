"""What load and save refuse, and that the error names it. A file never runs a program."""

import io
import os
import pickle
import zipfile
from collections import defaultdict, namedtuple
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.errors import LoadError, SaveError
from mytorch.files.archive import ArchiveWriter


def archive(pickled: bytes, storages: dict[str, bytes] | None = None, **more: bytes) -> io.BytesIO:
    """An archive like PyTorch's of this pickle."""
    file = io.BytesIO()
    writer = ArchiveWriter(file.write)
    writer.add("a/data.pkl", pickled)
    for name, content in {**{f"data/{k}": v for k, v in (storages or {}).items()}, **more}.items():
        writer.add(f"a/{name}", content)
    writer.close()
    file.seek(0)
    return file


class Evil:
    """Makes a file where it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch executed",)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("weights_only", [True, False])
def test_a_program_in_a_file_is_not_run(
    protocol: int, weights_only: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"x": torch.ones(1), "y": [Evil()]}, "file.pt", pickle_protocol=protocol)
    with pytest.raises(LoadError, match=r"load\('file.pt'\): the pickle names \w+.system"):
        mytorch.load("file.pt", weights_only=weights_only)
    assert os.listdir() == ["file.pt"]


def test_a_whole_module_is_refused_by_its_class(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(LoadError, match=r"names torch.nn.modules.linear.Linear, .*state_dict\(\)"):
        mytorch.load(tmp_path / "model.pt")


def number(value: int) -> bytes:
    return b"J" + pack("<i", value)


def text(value: str) -> bytes:
    return b"X" + pack("<I", len(value)) + value.encode()


def tensor(
    size: bytes, stride: bytes, offset: bytes = number(0), count: int = 4, key: str = "0"
) -> bytes:
    """The pickle of one tensor of float32 in a storage."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + (b"\x8a\x08" + pack("<q", count) + b"tQ")
        + (offset + size + stride + b"\x89NtR.")
    )


def sizes(*numbers: int) -> bytes:
    return b"(" + b"".join(map(number, numbers)) + b"t"


def test_the_pickles_of_these_tests_are_sound() -> None:
    found = mytorch.load(archive(tensor(sizes(2, 2), sizes(2, 1)), {"0": bytes(16)}))
    assert found.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (tensor(sizes(5), sizes(1)), "beyond its storage of 16 bytes"),
        (tensor(sizes(2), sizes(4)), "beyond its storage"),
        (tensor(sizes(2), sizes(1), number(3)), "beyond its storage"),
        (tensor(sizes(2), sizes(-1), number(1)), "no meaning.*stride=.-1"),
        (tensor(sizes(-1), sizes(1)), "no meaning"),
        (tensor(sizes(2), sizes(1), number(-1)), "no meaning"),
        (tensor(sizes(2), sizes(1, 1)), "no meaning"),
        (tensor(sizes(*[1] * 65), sizes(*[1] * 65)), "no meaning"),
        (tensor(sizes(*[2**31 - 1] * 3), sizes(0, 0, 0)), "more than NumPy takes"),
        (tensor(sizes(2), b"N"), "no meaning"),
        (tensor(sizes(2), b"\x88\x85"), "no meaning"),
        (
            tensor(sizes(2), sizes(1), count=2**41),
            "has 16 bytes, its tensors ask for 8796093022208",
        ),
        (tensor(sizes(2), sizes(1), count=-1), "ask for -4"),
        (tensor(sizes(2), sizes(1), key="1"), "no record 'a/data/1'"),
        (tensor(sizes(2), sizes(1), key="../data.pkl"), "no record"),
        (b"\x80\x02ctorch\nFloatStorage\n.", "by itself"),
        (b"\x80\x02" + text("x") + b"Q.", "persistent id that is no storage"),
        (b"\x80\x02Ppath\n.", "opcode PERSID"),
        (b"\x80\x020.", "opcode POP "),
        (b"\x80\x02(c__builtin__\nset\no.", "opcode OBJ"),
        (b"\x80\x02(ios\nsystem\n.", "opcode INST"),
        (b"\x80\x02)\x81.", "opcode NEWOBJ "),
        (b"\x80\x02\x82\x01.", "opcode EXT1"),
        (b"\x80\x02I1\n.", "opcode INT "),
        (b"\x80\x02\xff.", r"opcode \? "),
        (b"\x80\x02cbuiltins\neval\n.", "names builtins.eval"),
        (b"\x80\x02c__builtin__\ngetattr\n.", "names builtins.getattr"),
        (b"\x80\x02ctorch\nload\n.", "names torch.load"),
        (b"\x80\x02ctorch.serialization\nload\n.", "names torch.serialization.load"),
        (b"\x80\x02ctorch\ncomplex64\n.", "names torch.complex64"),
        (b"\x80\x02ctorch\nfloat8_e4m3fn\n.", "names torch.float8_e4m3fn"),
        (b"\x80\x02cos.path\njoin\n.", "names os.path.join"),
        (b"\x80\x02cmytorch\nload\n.", "names mytorch.load"),
        (b"\x80\x02c__builtin__\nlist\n)R.", "calls builtins.list"),
        (text("x") + b")R.", "calls an object of class str"),
        (b"ctorch\nfloat32\n)R.", "calls an object of class"),
        (b"c__builtin__\nset\n.", "by itself"),
        (b"]}b.", "sets the state of an object of class list"),
        (b"ccollections\nOrderedDict\n)R}" + text("items") + b"Nsb.", "sets OrderedDict.items"),
        (b"ccollections\nOrderedDict\n)R}" + text("__class__") + b"Nsb.", "OrderedDict.__class__"),
        (b"ccollections\nOrderedDict\n]\x85R.", "malformed"),
        (b"}]Ns.", "key of class list"),
        (b"\x8f(](e\x90.", "a set of the file holds more"),
        (b"c__builtin__\nset\n](]e\x85R.", "set: expected"),
        (b"ccollections\nCounter\n]\x85R.", "Counter: expected"),
        (b"ccollections\ndefaultdict\nccollections\nCounter\n\x85R.", "defaultdict: expected"),
        (b"c_codecs\nencode\n" + text("x") + text("rot13") + b"\x86R.", "latin1"),
        (b"N", "ends too early"),
        (b"NN.", "malformed"),
        (b".", "malformed"),
        (b"(N.", "malformed"),
        (b"h\x01.", "malformed"),
        (b"Na.", "malformed"),
        (b"]Na", "ends too early"),
        (b"X\xff\xff\xff\xff.", "ends too early"),
        (b"\x8d" + b"\xff" * 8, "ends too early"),
        (b"X\x01\x00\x00\x00\xff.", "malformed"),
        (b"cnewline", "ends too early"),
        (b")" + b"\x85" * 1100 + b".", "nested more than 1000 deep"),
        (b"}" + b"Nq\x00" + b"h\x00\x86q\x00" * 60 + b"Ns.", "key of class tuple"),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_what_is_not_plain_data_is_refused_by_name(pickled: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=f"(?s)^load: .*{message}"):
        mytorch.load(archive(pickled, {"0": bytes(16)}))


def test_what_shares_its_parts_many_times_over_is_no_trouble() -> None:
    obj: Any = []
    for _ in range(60):
        obj = [obj, obj]
    file = io.BytesIO()
    mytorch.save(obj, file)
    file.seek(0)
    found = mytorch.load(file)
    assert found[0] is found[1]


def test_a_part_that_is_deep_only_where_it_comes_again() -> None:
    nest = b")" + b"\x85" * 599  # 600 tuples, one in another
    for more, refused in ((399, False), (400, True)):
        # A tuple of that nest and, deeper by some more, of the same one again.
        content = archive(nest + b"q\x00" + b"h\x00" + b"\x85" * more + b"\x86.")
        if refused:
            with pytest.raises(LoadError, match="nested more than 1000 deep"):
                mytorch.load(content)
        else:
            mytorch.load(content)


def test_booleans_that_are_none_are_refused() -> None:
    pickled = tensor(sizes(4), sizes(1)).replace(b"FloatStorage", b"BoolStorage")
    assert mytorch.load(archive(pickled, {"0": b"\0\1\1\0"})).tolist() == [0, 1, 1, 0]
    with pytest.raises(LoadError, match="neither 0 nor 1"):
        mytorch.load(archive(pickled, {"0": b"\0\1\2\0"}))


def test_a_deep_nest_that_is_built_from_outside() -> None:
    number = [pack("<I", i) for i in range(1001)]
    fill = [b"j" + number[i] + b"]r" + number[i + 1] + b"a" for i in range(1000)]
    for count, refused in ((998, False), (999, True)):  # lists in the first one, in a tuple
        content = archive(b"(]q\x00" + b"".join(fill[:count]) + b"t.")
        if refused:
            with pytest.raises(LoadError, match="nested more than 1000 deep"):
                mytorch.load(content)
        else:
            assert len(mytorch.load(content)) == count + 1


FORMATS = [
    (lambda: pickle.dumps([1]), "a pickle by itself"),
    (lambda: b"", "empty"),
    (lambda: saved(np.save, np.ones(2)), "numpy.load"),
    (lambda: saved(np.savez, a=np.ones(2)), "npz"),
    (lambda: saved(np.savez_compressed, a=np.ones(2)), "compressed|npz"),
    (lambda: b"\x1f\x8b\x08rest", "gzip"),
    (lambda: b"\x89HDF\r\n\x1a\nrest", "HDF5"),
    (lambda: b"\x08\x08\x12\x07pytorch", "ONNX"),
    (lambda: b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS.*git lfs pull"),
    (lambda: b"\n<!DOCTYPE html><html>", "a page of the web"),
    (lambda: pack("<Q", 2) + b"{}", "safetensors"),
    (lambda: b'{"a": 1}', "JSON"),
    (lambda: b"hello", "begins with b'hello'"),
    (lambda: legacy(), "PyTorch before 1.6; load it with PyTorch"),
    (lambda: torchscript(), "TorchScript archive.*state_dict"),
    (lambda: zipped(b"x"), "without a record data.pkl; it has file"),
]


def saved(save: Any, *args: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    save(file, *args, **options)
    return file.getvalue()


def legacy() -> bytes:
    file = io.BytesIO()
    torch.save(torch.ones(2), file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def torchscript() -> bytes:
    file = io.BytesIO()
    writer = ArchiveWriter(file.write)
    for name in ("data.pkl", "constants.pkl", "code/__torch__.py", "version"):
        writer.add(f"model/{name}", b"")
    writer.close()
    return file.getvalue()


def zipped(content: bytes, kind: int = zipfile.ZIP_STORED, name: str = "file") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as target:
        target.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(("make", "message"), FORMATS, ids=[message for _, message in FORMATS])
def test_other_formats_are_told_by_name(make: Any, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(make())
    with pytest.raises(LoadError, match=message):
        mytorch.load(tmp_path / "file")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = zipped(bytes(10**7), zipfile.ZIP_DEFLATED, "a/data.pkl")
    assert len(content) < 20_000
    with pytest.raises(LoadError, match="is compressed"):
        mytorch.load(io.BytesIO(content))


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_pytorch_does_not_pack_by_is_refused(kind: int) -> None:
    with pytest.raises(LoadError, match="compressed in a way that PyTorch's are not"):
        mytorch.load(io.BytesIO(zipped(b"x" * 99, kind, "a/data.pkl")))


@pytest.mark.parametrize("more", [b"", b"\xff\xff" + pack("<H", 400) + bytes(400)])
def test_a_record_within_another_is_refused(more: bytes) -> None:
    """Of which bombs are made: each is whole. What lies before the outer one's bytes is found when
    that is read."""
    inner = zipped(bytes(14), name="a/data/1")
    (hidden,) = zipfile.ZipFile(io.BytesIO(inner)).infolist()
    file = io.BytesIO(zipped(tensor(sizes(2), sizes(1), count=len(inner) // 4), name="a/data.pkl"))
    with zipfile.ZipFile(file, "a") as target:
        outer = zipfile.ZipInfo("a/data/0")
        outer.extra = more
        target.writestr(outer, inner)
        hidden.header_offset = file.tell() - len(inner)
        target.filelist.append(hidden)
    file.seek(0)
    with pytest.raises(LoadError, match="record 'a/data/0' runs into the next"):
        mytorch.load(file)


@pytest.mark.parametrize("name", ["../data.pkl", "a/../../b", "/etc/passwd", "a\\b", "a//b", "./a"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(LoadError, match="leads out"):
        mytorch.load(io.BytesIO(zipped(b"", name=name)))


def test_kinds_of_tensors_that_are_not_here() -> None:
    negated = torch.tensor([1 + 2j]).conj().imag
    for tensor, message in (
        (torch.ones(2).to_sparse(), "_rebuild_sparse_tensor.*no tensors of that kind"),
        (torch.ones(2, device="meta"), "_rebuild_meta_tensor_no_storage"),
        (torch.tensor([1j]), "ComplexFloatStorage.*convert it with PyTorch"),
        (torch.ones(2).to(torch.float8_e5m2), "float8_e5m2"),
        (negated, r"resolve_neg\(\)"),
        (torch.ones(2).untyped_storage(), "Storage by itself"),
        (len, "builtins.len, .*never what runs a program$"),
        ({"loss": np.float64(1)}, r"scalar.*save float\(x\)"),
    ):
        file = io.BytesIO()
        torch.save(tensor, file)
        file.seek(0)
        with pytest.raises(LoadError, match=message):
            mytorch.load(file)


def test_where_it_cannot_be_read_from(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mytorch.load(tmp_path / "none")
    with pytest.raises(TypeError, match=r"io.BytesIO\(f.read\(\)\)"):
        mytorch.load(object())  # type: ignore[arg-type]
    with open(os.pipe()[0], "rb") as pipe, pytest.raises(TypeError, match="that cannot"):
        mytorch.load(pipe)
    with pytest.raises(TypeError, match="open\\(path, 'rb'\\)"):
        mytorch.load(io.StringIO("text"))  # type: ignore[arg-type]
    file = io.BytesIO()
    mytorch.save(1, file)
    with pytest.raises(LoadError, match=r"empty; .* seek\(0\)"):
        mytorch.load(file)


def test_places() -> None:
    file = io.BytesIO()
    mytorch.save([1], file)
    for place in ("cpu", mytorch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, _: storage):
        file.seek(0)
        assert mytorch.load(file, map_location=place) == [1]
    for place in ("cuda", {"cpu": "cuda:0"}):
        with pytest.raises(RuntimeError, match="the only device is cpu"):
            mytorch.load(file, map_location=place)
    with pytest.raises(TypeError, match="weights_only"):
        mytorch.load(file, weights_only="no")  # type: ignore[arg-type]


Pair = namedtuple("Pair", "a b")
RECURSIVE: Any = ([],)
RECURSIVE[0].append(RECURSIVE)


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (nn.Linear(2, 2), r"class mytorch.nn.linear.Linear; save its state: obj.state_dict\(\)"),
        ({"a": [0, optim.SGD([nn.Parameter([1.0])])]}, r"(?s)SGD; .*obj\['a'\]\[1\]"),
        ({"f": print}, r"builtin_function_or_method.*\n.*obj\['f'\]"),
        ([lambda: 0], "function"),
        ([mytorch], "module"),
        ({"x": np.ones(2)}, r"numpy.ndarray; save mytorch.tensor\(array\)"),
        (np.longdouble(1) / 3, "the number"),
        (Tensor(np.ones(1, np.longdouble)), "dtype .*; convert it with"),
        (mytorch.tensor([1], requires_grad=True), r"requires_grad=True.*tensor.detach\(\)"),
        (Pair(1, 2), r"Pair; save tuple\(obj\)"),
        (defaultdict(list), r"save dict\(obj\)"),
        (frozenset(), r"save set\(obj\)"),
        ({mytorch.ones(1): 1}, "key of class mytorch.tensor.Tensor"),
        ({frozenset([1]): 1}, "frozenset"),
        ({mytorch.ones(1)}, "a set that holds mytorch.tensor.Tensor"),
        (np.dtype("complex64"), "the dtype complex64"),
        (RECURSIVE, "a tuple that holds itself"),
        (1 << 3000, "an integer of more than 254 bytes"),
    ],
    ids=lambda value: f"{value!r:.30}".partition(" at 0x")[0],
)
def test_save_refuses_what_could_not_be_loaded(obj: Any, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(SaveError, match=message):
        mytorch.save(obj, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"a": x}])
def test_a_nest_is_as_deep_as_pickle_writes_and_deeper(wrap: Callable[[Any], Any]) -> None:
    obj: Any = 1
    for _ in range(1000):
        obj = wrap(obj)
    file = io.BytesIO()
    mytorch.save(obj, file)
    file.seek(0)
    found, depth = mytorch.load(file), 0
    while found != 1:
        (found,) = found.values() if isinstance(found, dict) else found
        depth += 1
    assert depth == 1000
    with pytest.raises(SaveError, match=r"nested more than 1000 deep"):
        mytorch.save(wrap(obj), file)


def test_save_refuses_a_tensor_across_the_elements_of_another() -> None:
    memory = np.zeros(24, np.uint8)
    across = [Tensor(memory[1:20]), Tensor(memory[8:16].view(np.float64))]
    with pytest.raises(SaveError, match=r"across the elements of another.*tensor.clone\(\)"):
        mytorch.save(across, io.BytesIO())


def test_errors_are_those_that_pytorchs_users_catch() -> None:
    for kind in (RuntimeError, ValueError, pickle.UnpicklingError):
        assert issubclass(LoadError, kind)
    for kind in (RuntimeError, TypeError, pickle.PicklingError):
        assert issubclass(SaveError, kind)


def test_safetensors_refusals(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path = tmp_path / "file.safetensors"
    for obj in ([1], {"a": 1}, {1: mytorch.ones(1)}, {"a": Tensor(np.ones(1, np.longdouble))}):
        with pytest.raises(SaveError, match="names and tensors"):
            mytorch.save(obj, path)
    assert os.listdir(tmp_path) == []
    path.write_bytes(b"PK\3\4")
    with pytest.raises(LoadError, match=r"load\('.*'\): .*no safetensors file"):
        mytorch.load(path)


def test_safetensors_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    path = tmp_path / "file.safetensors"
    path.touch()
    for attempt in (lambda: mytorch.save({}, path), lambda: mytorch.load(path)):
        with pytest.raises(ModuleNotFoundError, match=r"pip install .*\[safetensors\]"):
            attempt()
