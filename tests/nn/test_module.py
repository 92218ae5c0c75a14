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
        assert "scale" not in net._parameters
        del net.first
        assert "first" not in net._submodules
        net.norm.running_mean = Tensor([1.0, 1.0])
        assert net.norm.state_dict()["running_mean"].data.tolist() == [1, 1]

    def test_a_plain_tensor_over_a_parameter(self) -> None:
        layer = nn.Linear(2, 2)
        with pytest.raises(TypeError, match=r"Linear\.weight is a parameter"):
            layer.weight = Tensor(np.ones((2, 2)))
        assert layer.weight.is_parameter

    def test_one_parameter_in_two_places_is_listed_once(self) -> None:
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[1].weight = net[0].weight
        assert len(list(net.parameters())) == 3

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
        with pytest.raises(AttributeError, match="Module has no attribute 'colour'"):
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

    def test_a_shared_module_is_saved_under_both_names(self) -> None:
        layer = torch.nn.Linear(2, 2)
        expected = list(torch.nn.Sequential(layer, layer).state_dict())
        layer = nn.Linear(2, 2)
        assert list(nn.Sequential(layer, layer).state_dict()) == expected


class TestSequential:
    def test_layers_iteration_indexing(self) -> None:
        layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]
        model = nn.Sequential(*layers)
        assert list(model.layers) == layers
        assert list(model) == layers
        assert len(model) == 3
        assert model[-1] is layers[2]
        assert list(model[1:]) == layers[1:]
        with pytest.raises(IndexError):
            model[3]

    def test_forward(self) -> None:
        model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        x = Tensor([[1.0, -2.0]])
        np.testing.assert_array_equal(model(x).data, model[0](x).relu().data)
        assert nn.Sequential()(x) is x

    def test_repr(self) -> None:
        net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
        assert repr(net) == (
            "Sequential(\n"
            "  (0): Linear(in_features=2, out_features=3)\n"
            "  (1): Sequential(\n"
            "    (0): BatchNorm1d(3, eps=1e-05, momentum=0.1)\n"
            "  )\n"
            ")"
        )


def test_threads_of_models_do_not_meet() -> None:
    first, second = Net(), Net()
    first.eval()
    assert second.is_train
    assert mytorch.is_grad_enabled()
