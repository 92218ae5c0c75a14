"""Sequential, ModuleList and ModuleDict as containers, compared with PyTorch's."""

from collections import OrderedDict

import pytest
import torch

from mytorch import Tensor, nn


def kinds(container) -> list[tuple[str, str]]:
    return [(name, type(module).__name__) for name, module in container.named_children()]


def act(room, container):
    """The same changes in ours and in PyTorch."""
    seen = [kinds(container)]

    def note() -> None:
        seen.append(kinds(container))

    container.append(room.Tanh())
    note()
    container[0] = room.Sigmoid()
    note()
    container[-1] = room.ReLU()
    note()
    container.insert(1, room.Linear(2, 2))
    note()
    container.extend([room.Tanh(), room.ReLU()])
    note()
    seen.append(type(container.pop(2)).__name__)
    note()
    del container[0]
    note()
    del container[1:3]
    note()
    seen.append(kinds(container[::-1]))
    seen.append(kinds(container + container))
    seen.append(list(container.state_dict()))
    return seen


@pytest.mark.parametrize(
    "make",
    [
        lambda room: room.Sequential(room.ReLU(), room.Tanh()),
        lambda room: room.ModuleList([room.ReLU(), room.Tanh()]),
    ],
    ids=["Sequential", "ModuleList"],
)
def test_changes_are_pytorchs(make) -> None:
    assert act(nn, make(nn)) == act(torch.nn, make(torch.nn))


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


def test_module_list() -> None:
    layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
    assert layers[0] in layers
    layers += [nn.ReLU()]
    assert len(layers) == 3
    assert isinstance(layers[:2], nn.ModuleList)
    assert len(list(layers.parameters())) == 4
    with pytest.raises(IndexError):
        _ = layers[3]
    with pytest.raises(NotImplementedError):
        layers(1)
    with pytest.raises(TypeError, match="Module"):
        layers.append(3)
    with pytest.raises(TypeError, match="Module"):
        layers[0] = 3
    with pytest.raises(TypeError, match="Module"):
        nn.Sequential(nn.ReLU(), 3)


def test_module_dict() -> None:
    heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
    assert (list(heads), len(heads), "a" in heads, "c" in heads) == (["a", "b"], 2, True, False)
    assert list(heads.keys()) == ["a", "b"]
    assert [type(m) for m in heads.values()] == [nn.Linear, nn.ReLU]
    heads["b"] = nn.Tanh()
    heads.update([("c", nn.Sigmoid())])
    assert kinds(heads) == [("a", "Linear"), ("b", "Tanh"), ("c", "Sigmoid")]
    assert list(heads.state_dict()) == ["a.weight", "a.bias"]
    assert isinstance(heads.pop("a"), nn.Linear)
    del heads["b"]
    assert [name for name, _ in heads.items()] == ["c"]
    heads.clear()
    assert len(heads) == len(nn.ModuleDict()) == 0
    for key in ("a.b", "train", ""):
        with pytest.raises(KeyError):
            heads[key] = nn.ReLU()
    with pytest.raises(KeyError):
        _ = heads["c"]
    with pytest.raises(TypeError, match="Module"):
        heads["d"] = 3


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
    for shape, dims, error in [
        ((2,), (), IndexError),
        ((2, 3), (1, 5), IndexError),
        ((2, 3), (1, 0), RuntimeError),
    ]:
        with pytest.raises(error):
            torch.nn.Flatten(*dims)(torch.ones(shape))
        with pytest.raises(error, match="flatten"):
            nn.Flatten(*dims)(Tensor.ones(*shape))
    assert repr(nn.Flatten()) == repr(torch.nn.Flatten())


def test_identity() -> None:
    x = Tensor([1.0])
    assert nn.Identity(3, bias=False)(x) is x
