"""Sequential, ModuleList and ModuleDict as containers, compared with PyTorch's."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.nn.same_text import names, refusal, shown
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

# ruff: noqa: N803 (T is the library)


def kinds(container) -> list[tuple[str, str]]:
    return [(name, type(module).__name__) for name, module in container.named_children()]


def of_both_kinds(T: ModuleType, kind: type, make: Callable[..., Any]) -> Iterator[Any]:
    """The changes that Sequential and ModuleList share."""

    class Own(kind):
        pass

    container = make(kind, [T.nn.ReLU(), T.nn.Tanh()])
    yield container.append(T.nn.Tanh()) is container
    container[0] = T.nn.Sigmoid()
    container[-1] = T.nn.ReLU()
    yield list(container)
    yield (container.insert(1, T.nn.Linear(2, 2)) is container), list(container)
    yield container.extend([T.nn.Tanh(), T.nn.ReLU()]) is container, list(container)
    yield container.pop(2), list(container)
    del container[0]
    yield list(container), names(container)
    del container[1:3]
    yield list(container), names(container), hasattr(container, "2")
    container.append(T.nn.Tanh())
    yield list(container[::-1]), list(container + container), list(container.pop(slice(0, 1)))
    yield list(container), list(container.state_dict())
    for call in (
        lambda: container[5],
        lambda: container["0"],
        lambda: container.pop(5),
        lambda: container.append(3),
        lambda: container.__setitem__(0, 3),
        lambda: container.__setitem__(5, T.nn.ReLU()),
        lambda: container.__delitem__(5),
        lambda: container.extend(3),
        lambda: make(kind, [3]),
    ):
        yield refusal(call)
    own = make(Own, [T.nn.ReLU(), T.nn.Tanh()])
    yield list(container), own, own[:1], own + own


def sequentials(T: ModuleType) -> Iterator[Any]:
    yield from of_both_kinds(T, T.nn.Sequential, lambda kind, modules: kind(*modules))
    net = T.nn.Module()
    net.body = T.nn.Sequential(T.nn.ReLU())
    body = net.body
    body += T.nn.Sequential(T.nn.Tanh(), T.nn.ReLU())
    net.body += T.nn.Sequential(T.nn.Sigmoid())
    yield body is net.body, list(net.body), names(net)
    yield list(body.insert(-1, T.nn.Tanh())), list(body * 2), list(2 * body[:1])
    body *= 2
    yield body is net.body, list(body), body[0] is body[5]
    for call in (
        lambda: body.__add__([T.nn.ReLU()]),
        lambda: body.__iadd__([T.nn.ReLU()]),
        lambda: body * 0,
        lambda: body.__imul__(0),
        lambda: body * 1.5,
        lambda: body.__imul__(1.5),
        lambda: body.insert(50, T.nn.ReLU()),
        lambda: body.insert(-50, T.nn.ReLU()),
    ):
        yield refusal(call)
    yield list(body)


def lists(T: ModuleType) -> Iterator[Any]:
    yield from of_both_kinds(T, T.nn.ModuleList, lambda kind, modules: kind(modules))
    some = T.nn.ModuleList(iter([T.nn.ReLU()]))
    other = some
    some += [T.nn.Tanh()]
    yield other is some, list(some), list(some.__add__([T.nn.ReLU()])), some[0] in some
    yield list(T.nn.ModuleList()), list(T.nn.ModuleList(None))
    yield refusal(lambda: some(1)), refusal(lambda: some.__iadd__(T.nn.ReLU()))
    some[0] = None
    yield list(some), names(some)


def dicts(T: ModuleType) -> Iterator[Any]:
    heads = T.nn.ModuleDict({"a": T.nn.Linear(2, 1), "b": T.nn.ReLU()})
    yield list(heads), len(heads), "a" in heads, "c" in heads, list(heads.state_dict())
    yield list(heads.keys()), list(heads.values()), list(heads.items())
    del heads["a"]
    yield hasattr(heads, "a")
    heads["a"] = T.nn.Sigmoid()
    heads.b = T.nn.Tanh()
    yield heads["b"], heads.pop("b"), hasattr(heads, "b"), names(heads)
    heads.update([("x", T.nn.ReLU()), ["y", T.nn.Tanh()]])
    heads.update(T.nn.ModuleDict({"z": T.nn.ReLU(), "x": T.nn.Tanh()}))
    yield list(heads.items()), heads.update({}), heads.clear(), list(heads), hasattr(heads, "x")
    heads["none"] = None
    yield list(heads), heads["none"], len(T.nn.ModuleDict()), list(T.nn.ModuleDict(None))
    for key in ("a.b", "train", "", 3):
        yield refusal(lambda key=key: heads.__setitem__(key, T.nn.ReLU()))
    for call in (
        lambda: heads["c"],
        lambda: heads.pop("c"),
        lambda: heads.__delitem__("c"),
        lambda: heads.__setitem__("d", 3),
        lambda: heads.update(5),
        lambda: heads.update([("a",)]),
        lambda: heads(1),
    ):
        yield refusal(call)


@pytest.mark.parametrize("program", [sequentials, lists, dicts])
def test_both_libraries_show_the_same(program) -> None:
    assert shown(program, mytorch) == shown(program, torch)


def test_a_list_is_changed_where_pytorch_would_break_it() -> None:
    some = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    assert some.insert(-1, nn.Sigmoid()) is None
    assert [type(module) for module in some] == [nn.ReLU, nn.Sigmoid, nn.Tanh]
    for index in (4, -4):
        with pytest.raises(IndexError, match=r"insert: -?4 is out of range for 3 modules"):
            some.insert(index, nn.ReLU())
    with pytest.raises(TypeError, match="insert: expected a Module, got int"):
        some.insert(0, 3)
    assert len(some.extend(some)) == 6
    row = nn.Sequential(nn.ReLU())
    row += row
    assert len(row.extend(row)) == 4


def test_a_named_sequential() -> None:
    def make(room):
        return room.Sequential(
            OrderedDict(first=room.Linear(2, 3), act=room.ReLU(), last=room.Linear(3, 1))
        )

    ours, theirs = make(nn), make(torch.nn)
    assert kinds(ours) == kinds(theirs)
    assert kinds(ours[1:]) == kinds(theirs[1:])
    assert list(ours[1:].state_dict()) == list(theirs[1:].state_dict())
    ours[1], theirs[1] = nn.Tanh(), torch.nn.Tanh()
    assert kinds(ours) == kinds(theirs)
    assert ours.first is ours[0]
    assert ours(Tensor.ones(4, 2)).shape == (4, 1)
    for container in (ours, theirs):
        del container[0]
    assert kinds(ours) == kinds(theirs) == [("0", "Tanh"), ("1", "Linear")]
    assert not hasattr(ours, "first")


@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((2, 3, 4), ()),
        ((2, 3, 4), (0, 1)),
        ((2, 3, 4), (0,)),
        ((2, 0, 4), ()),
        ((), (0,)),
        ((3, 2), (1, 1)),
    ],
)
def test_flatten(shape, dims) -> None:
    ours = nn.Flatten(*dims)(Tensor.zeros(*shape))
    assert ours.shape == tuple(torch.nn.Flatten(*dims)(torch.zeros(shape)).shape)


def test_flatten_refuses() -> None:
    for shape, dims, error, theirs in [
        ((2,), (), IndexError, "out of range"),
        ((2, 3), (1, 5), IndexError, "out of range"),
        ((2, 3), (1, 0), RuntimeError, "start_dim cannot come after end_dim"),
    ]:
        with pytest.raises(error, match=theirs):
            torch.nn.Flatten(*dims)(torch.ones(shape))
        with pytest.raises(error, match="flatten"):
            nn.Flatten(*dims)(Tensor.ones(*shape))
    assert repr(nn.Flatten()) == repr(torch.nn.Flatten())


def test_identity() -> None:
    x = Tensor([1.0])
    assert nn.Identity(3, bias=False)(x) is x


@pytest.mark.parametrize("count", [1.5, "2", None])
def test_a_sequential_is_repeated_a_whole_number_of_times(count: object) -> None:
    with pytest.raises(TypeError, match=r"Sequential \*: expected a whole number, got"):
        nn.Sequential(nn.ReLU()) * count


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda s: s.insert(0, torch.nn.ReLU()), "torch.nn.modules.activation.ReLU"),
        (lambda s: s + torch.nn.Sequential(), "torch.nn.modules.container.Sequential"),
    ],
)
def test_pytorchs_modules_are_called_by_their_whole_names(call: Any, name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(f"got {name}")):
        call(nn.Sequential())


def of_parameters(T: ModuleType) -> Iterator[Any]:
    """What a ParameterList and a ParameterDict do."""
    held = T.nn.ParameterList([T.ones(2), T.nn.Parameter(T.zeros(())), 3])
    held.append(T.ones(3)).extend([T.ones(1)])
    held += (T.ones(4),)
    held[-1], held[1] = T.ones(5), None
    yield len(held), repr(held), repr(held[1:4]), list(held.state_dict()), held[0] is held[-6]
    yield [name for name in dir(held) if name.isdigit()], [type(value) for value in held][1:3]
    table = T.nn.ParameterDict({"b": T.ones(2), "a": T.ones(3), "n": 3})
    table["d"] = T.zeros(1)
    table.update([("c", T.ones(1)), ("b", T.ones(4))])
    yield repr(table), list(table), [*reversed(table)], list(table.keys()), len(table), "n" in table
    yield [name for name, _ in table.items()], len([*table.values()]), list(table.state_dict())
    yield table.get("zz", 4), table.get("n"), table.setdefault("n", 5), table.setdefault("k", 6)
    yield repr(table.copy()), table.copy()["a"] is table["a"], repr(table.fromkeys("xy", 1))
    other = T.nn.ParameterDict({"q": T.ones(1), "a": T.ones(7)})
    yield list(table | other), list(other | table), list({"z": 1} | table), repr(table | other)
    table |= other
    yield table.popitem(), table.pop("n"), list(table)
    del table["a"]
    table.clear()
    yield list(table), list(table.parameters())
    for act in (
        lambda table: table["a"],
        lambda table: table.pop("a"),
        lambda table: table.popitem(),
        lambda table: table.__delitem__("a"),
        lambda table: table.__setitem__("keys", T.ones(1)),
        lambda table: table.__setitem__("x.y", T.ones(1)),
    ):
        yield refusal(lambda act=act: act(T.nn.ParameterDict()))


def test_parameters_in_lists_and_dicts() -> None:
    assert shown(of_parameters, mytorch) == shown(of_parameters, torch)
    refused = nn.ParameterDict()
    with pytest.raises(KeyError):
        refused["x.y"] = Tensor.ones(1)
    assert not refused
