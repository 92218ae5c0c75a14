"""save and load beside PyTorch: what one writes the other reads, to the bit."""

import io
import pickle
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from copy import copy as shallow
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.errors import LoadError, SaveError
from tests import schedulers

DTYPES = [
    *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"),
    *("uint16", "uint32", "uint64"),
]


def to_pytorch(obj: Any, path: Path) -> Any:
    """What PyTorch loads of what this library saves, by its own default: weights alone."""
    mytorch.save(obj, path)
    return torch.load(path, weights_only=True)


def from_pytorch(obj: Any, **options: Any) -> Any:
    file = io.BytesIO()
    torch.save(obj, file, **options)
    file.seek(0)
    return mytorch.load(file)


def again(obj: Any) -> Any:
    file = io.BytesIO()
    mytorch.save(obj, file)
    file.seek(0)
    return mytorch.load(file)


def bits(tensor: Any) -> tuple[Any, ...]:
    """All that has to be equal in the two libraries."""
    array = tensor.detach().numpy()
    name = str(tensor.dtype).removeprefix("torch.")
    return name, tuple(tensor.shape), tensor.stride(), tensor.requires_grad, array.tobytes()


def arrays(dtype: str) -> dict[str, np.ndarray[Any, Any]]:
    base = np.arange(24).reshape(2, 3, 4).astype(dtype)
    return {
        "whole": base,
        "transposed": base.transpose(2, 0, 1),
        "steps": base[:, ::2, 1:],
        "single": base[1, 2, 3, ...],
        "empty": base[:, :0],
        "broadcast": np.broadcast_to(base[0, 0], (5, 4)),
        "one": base[:1, 1:2],
    }


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_of_every_dtype_and_layout(dtype: str, tmp_path: Path) -> None:
    ours = {name: Tensor(array) for name, array in arrays(dtype).items()}
    theirs = to_pytorch(ours, tmp_path / "file.pt")
    assert {name: bits(x) for name, x in theirs.items()} == {n: bits(x) for n, x in ours.items()}
    back = from_pytorch(theirs)
    assert {name: bits(x) for name, x in back.items()} == {n: bits(x) for n, x in ours.items()}
    assert all(x.is_leaf and x.data.flags.writeable for x in back.values())
    assert np.shares_memory(back["whole"].data, back["steps"].data)


def test_every_bit_of_a_float_is_kept(tmp_path: Path) -> None:
    numbers = np.array([np.nan, -0.0, np.inf, 5e-324, 0.1]).view(np.int64)
    numbers[0] += 12345  # a NaN with a payload
    x = Tensor(numbers.view(np.float64))
    assert bits(again(x)) == bits(x) == bits(to_pytorch(x, tmp_path / "x"))


PLAIN = [
    *(None, True, False, 0, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -1, -(2**31), -(2**31) - 1),
    *(2**63, -(2**70), 2**2000, 0.1, float("inf"), -0.0, 3 + 4j, "", "text", "é\ud800\U0001f600"),
    *(b"", b"\x00\xff", bytearray(b"ab"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, (4,)), [], {}),
    *([1, [2, [3]]], {"a": {"b": (None,)}, 3: 4, (1, "x"): 5, 0.5: 6, None: 7}, {1, "a", (2, 3)}),
    *(set(), Counter("aab"), OrderedDict([("z", 1), ("a", 2)]), list(range(3000))),
]


@pytest.mark.parametrize(
    "obj", PLAIN, ids=lambda obj: "a set" if isinstance(obj, set) else f"{obj!r:.30}"
)
def test_plain_data(obj: Any, tmp_path: Path) -> None:
    for found in (again(obj), to_pytorch(obj, tmp_path / "file"), from_pytorch(obj)):
        assert found == obj
        assert type(found) is type(obj)
        assert repr(found) == repr(obj)  # of floats, too


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_other_protocols(protocol: int) -> None:
    obj = [*PLAIN, frozenset([1, "a"]), defaultdict(list, a=[1]), defaultdict(None), "x" * 300]
    found = from_pytorch([*obj, torch.ones(2)], pickle_protocol=protocol)
    assert found[:-1] == obj
    assert [type(part) for part in found[:-1]] == [type(part) for part in obj]
    assert found[-3].default_factory is None
    assert found[-4].default_factory is list


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize("kind", [bool, bytes, dict, float, int, list, set, str, tuple])
def test_what_makes_the_entries_of_a_defaultdict(kind: type, protocol: int) -> None:
    found = from_pytorch(defaultdict(kind), pickle_protocol=protocol)
    assert found.default_factory is kind


def test_what_has_another_class_here(tmp_path: Path) -> None:
    theirs = [torch.Size([2, 3]), torch.float32, torch.bool, torch.device("cpu"), torch.uint32]
    ours = [(2, 3), mytorch.float32, mytorch.bool, mytorch.device("cpu"), np.dtype("uint32")]
    assert from_pytorch(theirs) == ours
    assert to_pytorch(ours, tmp_path / "file") == theirs
    assert from_pytorch(torch.device("cuda", 1)) == mytorch.device("cpu")
    numbers = again([np.float32(0.1), np.int16(3), np.bool_(True), np.float64(0.1)])
    assert numbers == [float(np.float32(0.1)), 3, True, 0.1]
    assert [type(number) for number in numbers] == [float, int, bool, float]


def test_parameters_flags_and_who_is_who(tmp_path: Path) -> None:
    weight = nn.Parameter(mytorch.ones(2, 3))
    frozen = nn.Parameter(mytorch.zeros(2), requires_grad=False)
    leaf = mytorch.ones(2, requires_grad=True)
    shared = [weight, leaf]
    obj = {"a": weight, "b": [weight, frozen], "c": leaf, "d": shared, "e": shared}
    theirs = to_pytorch(obj, tmp_path / "file")
    for found, kind in ((theirs, torch.nn.Parameter), (from_pytorch(theirs), nn.Parameter)):
        weight, frozen = found["b"]
        assert [isinstance(x, kind) for x in (weight, frozen, found["c"])] == [True, True, False]
        assert [x.requires_grad for x in (weight, frozen, found["c"])] == [True, False, True]
        assert found["a"] is weight
        assert found["d"] is found["e"]
        assert found["d"][1] is found["c"]


def test_a_result_is_saved_as_a_leaf(tmp_path: Path) -> None:
    x = mytorch.ones(2, requires_grad=True)
    found = again(x * 2)
    assert found.is_leaf
    assert found.requires_grad
    assert to_pytorch(x * 2, tmp_path / "file").requires_grad


def test_shared_memory_is_shared_again_and_the_engine_knows_it(tmp_path: Path) -> None:
    x = mytorch.arange(12.0).reshape(3, 4)
    found = again({"row": x[1], "column": x[:, 1], "alone": mytorch.ones(2)})
    row, column = found["row"], found["column"].requires_grad_()
    y = column * column
    row[1] = 7.0
    assert column[1].item() == 7
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()
    theirs = to_pytorch({"row": x[1], "column": x[:, 1]}, tmp_path / "file")
    theirs["row"][1] = 7
    assert theirs["column"][1] == 7


def test_a_part_of_a_large_array_takes_its_own_size(tmp_path: Path) -> None:
    large = mytorch.zeros(1000, 1000)
    mytorch.save([large[3], large[5]], tmp_path / "rows")
    assert (tmp_path / "rows").stat().st_size < 20_000
    mytorch.save([large[3], large[5], large], tmp_path / "all")
    assert (tmp_path / "all").stat().st_size < 8_010_000


def test_what_pytorch_cannot_lay_out_is_copied(tmp_path: Path) -> None:
    record = np.zeros(3, [("a", "i1"), ("b", "f8")])
    record["b"] = [1, 2, 3]
    for array in (np.arange(3.0)[::-1], record["b"]):
        found = to_pytorch(Tensor(array), tmp_path / "file")
        assert found.tolist() == array.tolist()
    both = np.arange(4.0)
    found = to_pytorch([Tensor(both), Tensor(both.view(np.int64))], tmp_path / "file")
    found[0][0] = 1
    assert found[1][0] == np.float64(1).view(np.int64)


def test_a_list_that_holds_itself(tmp_path: Path) -> None:
    obj: list[Any] = [1]
    obj.append({"again": obj})
    for found in (again(obj), to_pytorch(obj, tmp_path / "file"), from_pytorch(obj)):
        assert found[1]["again"] is found


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("is_parameter", [True, False])
def test_attributes_of_tensors(flag: bool, is_parameter: bool, tmp_path: Path) -> None:
    shared = np.ones(2)
    x = Tensor(shared, flag)
    x.is_parameter, x.requires_grad = is_parameter, flag
    x.note, x.with_class = {"of": Tensor(shared), "numbers": [1, 2.5]}, None
    theirs = to_pytorch({"x": x, "again": x}, tmp_path / "file")
    for found, kind in ((theirs, torch.nn.Parameter), (again({"x": x, "again": x}), nn.Parameter)):
        assert found["again"] is found["x"]
        assert vars(found["x"]).keys() == {"note", "with_class"}
        assert found["x"].note["numbers"] == [1, 2.5]
        assert found["x"].note["of"].tolist() == [1, 1]
        assert isinstance(found["x"], kind) == is_parameter
        assert found["x"].requires_grad == flag
    back = from_pytorch(theirs)["x"]
    assert (back.note["numbers"], back.with_class) == ([1, 2.5], None)
    assert (back.is_parameter, back.requires_grad) == (is_parameter, flag)
    assert np.shares_memory(back.note["of"].data, back.data)


def test_attributes_of_a_tensor_may_be_nested_and_wide() -> None:
    x = Tensor([1.0])
    x.of = Tensor([np.uint16(2)])
    x.of.of = [Tensor([3.0])]
    found = again([x])[0]
    assert (found.of.tolist(), found.of.of[0].tolist()) == ([2], [3])


def test_a_tensor_whose_attribute_is_itself_is_refused() -> None:
    x = Tensor([1.0])
    x.twin = x
    with pytest.raises(SaveError, match="attribute of its own"):
        mytorch.save(x, io.BytesIO())


def test_what_attributes_hold_is_looked_at() -> None:
    x = torch.ones(2)
    x.of = torch.Size  # type: ignore[attr-defined]
    with pytest.raises(LoadError, match="Size by itself"):
        from_pytorch(x)


def test_bfloat16_becomes_float32_on_request() -> None:
    x = torch.tensor([[1.5, -3e38, float("nan")], [0.0, 1e-40, 2.0]]).bfloat16()
    file = io.BytesIO()
    torch.save({"x": x.t(), "row": x[1], "dtype": torch.bfloat16}, file)
    file.seek(0)
    with pytest.raises(LoadError, match="bfloat16_as_float32=True"):
        mytorch.load(file)
    file.seek(0)
    found = mytorch.load(file, bfloat16_as_float32=True)
    assert bits(found["x"]) == bits(x.float().t())
    assert np.shares_memory(found["x"].data, found["row"].data)
    assert found["dtype"] == np.float32


def test_the_other_order_of_bytes() -> None:
    file = io.BytesIO()
    torch.save({"x": torch.arange(3), "y": torch.ones(2).bool()}, file)
    records = torch.PyTorchFileReader(io.BytesIO(file.getvalue()))
    swapped = io.BytesIO()
    writer = torch.PyTorchFileWriter(swapped)
    for name in records.get_all_records():
        content = records.get_record(name)
        if name == "byteorder":
            content = b"big"
        elif name == "data/0":
            content = np.frombuffer(content, ">i8").astype("<i8").tobytes()
        if name not in ("version", ".data/serialization_id", ".format_version"):
            writer.write_record(name, content, len(content))
    writer.write_end_of_file()
    swapped.seek(0)
    found = mytorch.load(swapped)
    assert found["x"].tolist() == [0, 1, 2]
    assert found["y"].tolist() == [True, True]


def layers(package: Any) -> Any:
    nn = package.nn
    return nn.Sequential(
        nn.BatchNorm1d(3), nn.Linear(3, 4), nn.LayerNorm(4), nn.Tanh(), nn.Linear(4, 2)
    )


OPTIMIZERS: list[Callable[[Any, Any], Any]] = [
    lambda o, p: o.SGD(p, lr=0.1, momentum=0.9),
    lambda o, p: o.Adam(p, lr=0.1, amsgrad=True),
    lambda o, p: o.AdamW(p),
    lambda o, p: o.RMSprop(p, momentum=0.5, centered=True),
    lambda o, p: o.Adagrad(p),
]


def step(package: Any, model: Any, optimizer: Any) -> None:
    x = package.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0], [2.0, 2.0, 1.0]], dtype=package.float64)
    (model(x) ** 2).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_training_goes_on_in_the_other_library(make: Any, tmp_path: Path) -> None:
    model = layers(mytorch)
    optimizer = make(optim, model.parameters())
    step(mytorch, model, optimizer)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1}
    loaded = to_pytorch(state, tmp_path / "file.pt")
    assert loaded["model"]._metadata[""] == {"version": 1}
    theirs = layers(torch).double()
    theirs.load_state_dict(loaded["model"])
    their_optimizer = make(torch.optim, theirs.parameters())
    their_optimizer.load_state_dict(loaded["optimizer"])
    for package, net, rule in (
        (torch, theirs, their_optimizer),
        (mytorch, model, optimizer),
    ):
        step(package, net, rule)
    back = from_pytorch({"m": theirs.state_dict(), "o": their_optimizer.state_dict()})
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(value.data, back["m"][name].data, rtol=1e-12, atol=1e-12)
    model.load_state_dict(back["m"])
    optimizer.load_state_dict(back["o"])
    step(mytorch, model, optimizer)
    step(torch, theirs, their_optimizer)
    for name, value in model.state_dict().items():
        there = theirs.state_dict()[name].numpy()
        np.testing.assert_allclose(value.data, there, rtol=1e-12, atol=1e-12)


def test_safetensors_both_ways(tmp_path: Path) -> None:
    theirs = pytest.importorskip("safetensors.torch")
    path = tmp_path / "file.safetensors"
    ours = {f"{d}.{n}": Tensor(a) for d in DTYPES for n, a in arrays(d).items()}
    mytorch.save(ours, path)
    found = theirs.load_file(path)
    assert {n: (x.shape, x.tolist()) for n, x in found.items()} == {
        n: (x.shape, x.tolist()) for n, x in ours.items()
    }
    found["half"] = torch.tensor([1.5, -2]).bfloat16()
    theirs.save_file(found, path)
    with pytest.raises(LoadError, match="bfloat16_as_float32=True"):
        mytorch.load(path)
    back = mytorch.load(path, bfloat16_as_float32=True)
    assert back.pop("half").tolist() == [1.5, -2]
    assert {n: (x.dtype, x.tolist()) for n, x in back.items()} == {
        n: (x.dtype, x.tolist()) for n, x in ours.items()
    }
    assert all(x.data.flags.writeable for x in back.values())


@pytest.mark.parametrize("copy", [deepcopy, lambda obj: pickle.loads(pickle.dumps(obj)), shallow])
def test_modules_pickle_and_copy_as_pytorchs(copy: Callable[[Any], Any]) -> None:
    seen = []
    for package in (torch, mytorch):
        model = layers(package).eval()
        model[4].weight = model[1].weight  # tied, of whatever shape
        model[1].bias.requires_grad = False
        model.register_buffer("kept", model[0].running_mean)
        model.register_buffer("passing", package.ones(1), persistent=False)
        model.notes = {"epochs": [1, 2]}
        model[1](package.ones(1, 3)).sum().backward()
        twin = copy(model)
        seen.append(
            {
                "tied": twin[4].weight is twin[1].weight,
                "buffers": twin.kept is twin[0].running_mean,
                "same": [twin[1].weight is model[1].weight, twin.notes is model.notes],
                "classes": [isinstance(p, package.nn.Parameter) for p in twin.parameters()],
                "flags": [p.requires_grad for p in twin.parameters()],
                "names": [*twin.state_dict(), *dict(twin.named_buffers())],
                "rest": [twin.training, twin.passing.tolist(), twin.notes],
            }
        )
        for name, value in model.state_dict().items():
            assert bits(twin.state_dict()[name]) == bits(value)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("case", schedulers.CASES, ids=str)
def test_states_of_schedulers(case: schedulers.Case, tmp_path: Path) -> None:
    ours = schedulers.Side(mytorch, case)
    for _ in range(3):
        ours.step()
    state = ours.scheduler.state_dict()
    assert repr(again(state)) == repr(state) == repr(to_pytorch(state, tmp_path / "file"))
