"""Module: registration, traversal, modes, state and its errors; Sequential."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)
        self.scale = Tensor([2.0], is_parameter=True)
        self.constant = Tensor([5.0])

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.first(x)) * self.scale


class Forgetful(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(2, 2)


class TestRegistration:
    def test_by_assignment(self) -> None:
        net = Net()
        assert list(net._submodules) == ["first", "norm"]
        assert list(net._parameters) == ["scale"]
        names = [name for name, _ in net.named_parameters()]
        assert names == ["scale", "first.weight", "first.bias", "norm.weight", "norm.bias"]
        assert next(iter(net.parameters())) is net.scale
        assert [name for name, _ in net.named_modules()] == ["", "first", "norm"]
        assert list(net.children()) == [net.first, net.norm]
        assert [name for name, _ in net.named_buffers()] == [
            "norm.running_mean",
            "norm.running_var",
            "norm.num_batches_tracked",
        ]

    def test_by_name(self) -> None:
        module = nn.Module()
        p = Tensor([1.0], is_parameter=True)
        module.add_parameter("p", p)
        module.add_module("inner", nn.ReLU())
        assert module.p is p
        assert module.is_parameter(p)
        assert not module.is_parameter(Tensor([1.0]))
        assert not module.is_parameter(3)
        assert isinstance(module.inner, nn.ReLU)
        with pytest.raises(TypeError, match="is_parameter=True"):
            module.add_parameter("q", Tensor([1.0]))
        with pytest.raises(TypeError, match="Module"):
            module.add_module("q", 3)
        with pytest.raises(TypeError, match="Tensor"):
            module.register_buffer("q", 3)

    def test_replacing_and_deleting(self) -> None:
        net = Net()
        other = Tensor([3.0], is_parameter=True)
        net.scale = other
        assert net._parameters["scale"] is other
        net.scale = None
        assert net.scale is None
        assert "scale" not in dict(net.named_parameters())
        assert "scale" not in net.state_dict()
        del net.first
        assert "first" not in net._submodules
        net.norm.running_mean = Tensor([1.0, 1.0])
        assert net.norm.state_dict()["running_mean"].data.tolist() == [1, 1]

    def test_a_plain_tensor_over_a_parameter(self) -> None:
        layer = nn.Linear(2, 2)
        with pytest.raises(TypeError, match=r"Linear\.weight is a parameter"):
            layer.weight = Tensor(np.ones((2, 2)))
        assert layer.weight.is_parameter

    @pytest.mark.parametrize(
        "use", [Forgetful, lambda: list(Forgetful.__new__(Forgetful).parameters())]
    )
    def test_forgotten_super_init(self, use) -> None:
        with pytest.raises(AttributeError, match=r"super\(\).__init__"):
            use()

    def test_forgotten_super_init_is_noticed_when_called(self) -> None:
        class Bare(nn.BatchNorm1d):
            def __init__(self) -> None:
                pass

        with pytest.raises(AttributeError, match="Bare"):
            Bare()(Tensor.ones(2, 2))

    def test_missing_attribute_and_forward(self) -> None:
        with pytest.raises(AttributeError, match="'Module' object has no attribute 'colour'"):
            nn.Module().colour  # noqa: B018
        with pytest.raises(NotImplementedError, match="forward"):
            nn.Module()(1)


class TestModes:
    def test_recursive(self) -> None:
        net = nn.Sequential(Net(), nn.ReLU())
        assert net.eval() is net
        assert not any(module.is_train for module in net.modules())
        assert net.train() is net
        assert all(module.is_train for module in net.modules())
        net.train(False)
        assert not net[0].norm.training
        net.training = True
        assert net.is_train

    def test_to(self) -> None:
        net = Net()
        net(Tensor.ones(4, 3)).sum().backward()
        assert net.to(np.float32) is net
        for tensor in (*net.parameters(), net.norm.running_mean):
            assert tensor.dtype == np.float32
        assert net.first.weight.grad.dtype == np.float32
        assert net.norm.num_batches_tracked.dtype == np.int64
        with pytest.raises(TypeError, match="floating"):
            net.to(np.int64)

    def test_zero_grad(self) -> None:
        net = Net()
        net(Tensor.ones(4, 3)).sum().backward()
        net.zero_grad()
        assert all(parameter.grad is None for parameter in net.parameters())


class TestState:
    def test_keys_and_order_are_pytorchs(self) -> None:
        ours = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ReLU())
        theirs = torch.nn.Sequential(
            torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2), torch.nn.ReLU()
        )
        assert list(ours.state_dict()) == list(theirs.state_dict())

    def test_round_trip(self) -> None:
        first, second = Net(), Net()
        first(Tensor(np.random.default_rng(0).normal(size=(5, 3))))
        second.load_state_dict(first.state_dict())
        for name, value in second.state_dict().items():
            np.testing.assert_array_equal(value.data, first.state_dict()[name].data)
            assert not np.shares_memory(value.data, first.state_dict()[name].data)

    def test_what_does_not_fit_is_listed_and_nothing_loaded(self) -> None:
        net = Net()
        state = {name: value.copy() for name, value in net.state_dict().items()}
        state["scale"].fill_(77.0)
        state["first.weight"] = Tensor.ones(1, 1)
        del state["first.bias"]
        state["extra"] = Tensor([1.0])
        with pytest.raises(
            RuntimeError, match=r"(?s)missing: first.bias.*unexpected: extra.*shape"
        ):
            net.load_state_dict(state)
        assert net.scale.item() == 2
        del state["first.weight"]
        net.load_state_dict(state, strict=False)
        assert net.scale.item() == 77


class TestSequential:
    def test_layers_iteration_indexing(self) -> None:
        layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]
        model = nn.Sequential(*layers)
        assert list(model.layers) == layers
        assert list(model) == layers
        assert len(model) == 3
        assert model[-1] is layers[2]
        assert list(model[1:]) == layers[1:]
        for change in (model.__getitem__, model.__delitem__, model.pop):
            with pytest.raises(IndexError, match="Sequential: index 3 is out of range for 3 mod"):
                change(3)
        with pytest.raises(IndexError, match="index -4 is out of range"):
            model[-4] = nn.ReLU()
        assert list(model) == layers

    def test_forward(self) -> None:
        model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        x = Tensor([[1.0, -2.0]])
        np.testing.assert_array_equal(model(x).data, model[0](x).relu().data)
        assert nn.Sequential()(x) is x

    def test_repr(self) -> None:
        net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
        assert repr(net) == (
            "Sequential(\n"
            "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
            "  (1): Sequential(\n"
            "    (0): BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, "
            "track_running_stats=True)\n"
            "  )\n"
            ")"
        )


def test_threads_of_models_do_not_meet() -> None:
    first, second = Net(), Net()
    first.eval()
    assert second.is_train
    assert mytorch.is_grad_enabled()


class TestParameter:
    def test_is_a_tensor_with_the_flag(self) -> None:
        p = nn.Parameter(Tensor([1.0, 2.0]))
        assert type(p) is Tensor
        assert p.is_parameter
        assert isinstance(p, nn.Parameter)
        assert not isinstance(Tensor([1.0], requires_grad=True), nn.Parameter)
        assert not isinstance(3, nn.Parameter)
        assert nn.Parameter().shape == tuple(torch.nn.Parameter().shape)

    def test_frozen(self) -> None:
        module = nn.Module()
        module.p = nn.Parameter(Tensor([1.0]), requires_grad=False)
        assert not module.p.requires_grad
        assert list(module.parameters()) == [module.p]

    def test_of_a_result(self) -> None:
        p = nn.Parameter(Tensor([1.0], requires_grad=True) * 2)
        assert p.is_leaf
        assert p.grad_fn is None


class TestNames:
    """What may be registered under which name; PyTorch refuses the same, with the same errors."""

    @pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module"])
    @pytest.mark.parametrize(
        ("name", "error", "theirs", "ours"),
        [
            (
                "a.b",
                KeyError,
                "can.*t contain",
                "'a.b' is no name; it may not be empty or have a dot",
            ),
            ("", KeyError, "can.*t be empty", "'' is no name; it may not be empty"),
            ("train", KeyError, "already exists", "already has an attribute 'train'; delete it"),
            (3, TypeError, "should be a string", "expected a name, got int"),
        ],
    )
    def test_refused(self, register: str, name, error, theirs: str, ours: str) -> None:
        words = {nn: f"{register}: .*{ours}", torch.nn: theirs}
        for library, says in words.items():
            with pytest.raises(error, match=says):
                getattr(library.Module(), register)(name, None)

    @pytest.mark.parametrize(
        ("name", "ours"),
        [
            ("weight", r"is a parameter and was assigned a {}; assign nn\.Parameter"),
            ("running_mean", "is a buffer and was assigned a {}; assign a Tensor"),
            ("inner", "is a submodule and was assigned a {}; assign a Module"),
        ],
    )
    def test_what_does_not_fit_is_refused_and_none_taken(self, name: str, ours: str) -> None:
        says = {nn: rf"BatchNorm1d\.{name} {ours}", torch.nn: "cannot assign '{}' as"}
        for room in (nn, torch.nn):
            norm = room.BatchNorm1d(2)
            norm.inner = room.ReLU()
            with pytest.raises(TypeError, match=says[room].format("int")):
                setattr(norm, name, 3)
            setattr(norm, name, None)
            assert getattr(norm, name) is None
            with pytest.raises(TypeError, match=says[room].format("str")):
                setattr(norm, name, "text")
            assert not [key for key in norm.state_dict() if key == name]
            assert len(list(norm.children())) == (name != "inner")
            delattr(norm, name)
            assert not hasattr(norm, name)

    def test_a_parameter_replaced_keeps_its_place(self) -> None:
        layer = nn.Linear(2, 2)
        layer.weight = nn.Parameter(Tensor.ones(2, 2))
        assert list(layer.state_dict()) == ["weight", "bias"]

    def test_no_bias(self) -> None:
        layer, other = nn.Linear(2, 3, bias=False), torch.nn.Linear(2, 3, bias=False)
        assert list(layer._parameters) == list(other._parameters) == ["weight", "bias"]
        assert list(layer.state_dict()) == list(other.state_dict()) == ["weight"]
        assert layer.bias is None
        assert repr(layer) == repr(other)
        x = Tensor.ones(4, 2)
        np.testing.assert_allclose(layer(x).data, x.data @ layer.weight.data.T)
        layer.bias = nn.Parameter(Tensor.ones(3))
        np.testing.assert_allclose(layer(x).data, x.data @ layer.weight.data.T + 1)


class TestTraversal:
    def test_apply_visits_children_first(self) -> None:
        def order(room):
            seen = []
            net = room.Sequential(room.Linear(1, 1), room.Sequential(room.ReLU()))
            assert net.apply(lambda module: seen.append(type(module).__name__)) is net
            return seen

        assert order(nn) == order(torch.nn)

    def test_get_submodule(self) -> None:
        net = nn.Sequential(nn.Sequential(nn.ReLU()))
        assert net.get_submodule("0.0") is net[0][0]
        assert net.get_submodule("") is net
        for name in ("1", "0.0.weight", "0..0"):
            with pytest.raises(AttributeError, match="no submodule"):
                net.get_submodule(name)

    def test_get_parameter_and_buffer(self) -> None:
        net = nn.Sequential(nn.BatchNorm1d(2))
        assert net.get_parameter("0.weight") is net[0].weight
        assert net[0].get_buffer("running_var") is net[0].running_var
        with pytest.raises(AttributeError, match="no parameter 'running_var'"):
            net.get_parameter("0.running_var")
        with pytest.raises(AttributeError, match="no buffer 'weight'"):
            net.get_buffer("0.weight")
        assert next(iter(net.state_dict(prefix="net."))) == "net.0.weight"

    def test_prefix_and_recurse(self) -> None:
        def names(room):
            net = room.Sequential(room.BatchNorm1d(2), room.Linear(1, 1))
            net.own = room.Parameter((Tensor if room is nn else torch.tensor)([1.0]))
            return (
                [name for name, _ in net.named_parameters("net")],
                [name for name, _ in net.named_buffers("net")],
                [name for name, _ in net.named_parameters(recurse=False)],
                len(list(net.parameters(recurse=False))),
                len(list(net.buffers(recurse=False))),
            )

        assert names(nn) == names(torch.nn)

    def test_requires_grad(self) -> None:
        net = Net()
        assert net.requires_grad_(False) is net
        assert not net(Tensor.ones(4, 3)).requires_grad
        assert all(p.requires_grad for p in net.requires_grad_().parameters())

    def test_zero_grad_to_zeros(self) -> None:
        net = Net()
        net(Tensor.ones(4, 3)).sum().backward()
        net.zero_grad(set_to_none=False)
        assert all((p.grad.data == 0).all() for p in net.parameters())

    def test_dtypes_by_name(self) -> None:
        net = Net()
        assert [net.half().scale.dtype, net.float().scale.dtype, net.double().scale.dtype] == [
            np.float16,
            np.float32,
            np.float64,
        ]

    def test_train_takes_a_bool(self) -> None:
        with pytest.raises(ValueError, match="True or False"):
            Net().train(3)


class TestLoading:
    def test_what_is_returned(self) -> None:
        def answers(room, tensor):
            layer = room.Linear(2, 1)
            whole = layer.load_state_dict(layer.state_dict())
            part = layer.load_state_dict(
                {"weight": tensor([[1.0, 2.0]]), "x": tensor([1.0])}, False
            )
            return repr(whole), tuple(part), part.missing_keys, part.unexpected_keys

        assert answers(nn, Tensor) == answers(torch.nn, torch.tensor)

    def test_no_mapping(self) -> None:
        with pytest.raises(TypeError, match="mapping"):
            nn.Linear(2, 1).load_state_dict([1])

    def test_what_is_no_tensor_is_listed(self) -> None:
        with pytest.raises(RuntimeError, match=r"weight: expected a Tensor, got NoneType\n.*bias"):
            nn.Linear(2, 1).load_state_dict({"weight": None, "bias": "text"})
        state = {**nn.Linear(2, 1).state_dict(), 1: Tensor([1.0])}
        with pytest.raises(RuntimeError, match="unexpected: 1"):
            nn.Linear(2, 1).load_state_dict(state)

    def test_between_forward_and_backward_it_is_noticed(self) -> None:
        layer = nn.Linear(2, 1)
        state = {name: value.copy() for name, value in layer.state_dict().items()}
        x = Tensor([[1.0, 2.0]], requires_grad=True)
        loss = layer(x)
        layer.load_state_dict(state)
        with pytest.raises(RuntimeError, match="in place"):
            loss.backward()
