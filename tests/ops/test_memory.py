"""Which results share memory, as in PyTorch, and what conversions do to gradients."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

FORMS = (
    "x.reshape(3, 2)",
    "x.t().reshape(6)",
    "x.view(-1)",
    "x.flatten()",
    "x.unflatten(1, (3, 1))",
    "x.squeeze()",
    "x.unsqueeze(0)",
    "x.T",
    "x.mT",
    "x.transpose(0, 1)",
    "x.permute(1, 0)",
    "x.movedim(0, 1)",
    "x.expand(2, 3)",
    "x.expand(4, 2, 3)",
    "x.expand_as(x)",
    "x.broadcast_to((2, 3))",
    "x.repeat(1, 1)",
    "x.tile(1)",
    "x.flip(0)",
    "x.roll(1)",
    "x.split(2)[0]",
    "x.chunk(2)[1]",
    "x.unbind()[0]",
    "x.select(0, 1)",
    "x.narrow(1, 0, 2)",
    "x[0]",
    "x[0, 1]",
    "x[:, None, 1:]",
    "x[T.tensor(1)]",
    "x[[0, 1]]",
    "x[x > 0]",
    "x[0, [1]]",
    "x.index_select(0, T.tensor([0]))",
    "x.gather(0, T.tensor([[0]]))",
    "x.diagonal()",
    "x.diag()",
    "x.tril()",
    "x.clone()",
    "x.contiguous()",
    "x.t().contiguous()",
    "x.to(T.float64)",
    "x.to(T.float64, copy=True)",
    "x.to(T.float32)",
    "x.double()",
    "x.detach()",
    "T.cat([x])",
    "T.tensor(x.tolist())",
    "T.as_tensor(x)",
    "T.from_numpy(x.numpy())",
    "T.einsum('ij->ji', x)",
)


@pytest.mark.parametrize("form", FORMS)
def test_memory_is_shared_where_pytorch_shares_it(form: str) -> None:
    array = np.arange(6.0).reshape(2, 3)
    theirs = torch.from_numpy(array)
    out = eval(form, {"T": torch, "x": theirs})
    shared = out.untyped_storage().data_ptr() == theirs.untyped_storage().data_ptr()
    x = Tensor(array)
    found = eval(form, {"T": mytorch, "x": x})
    assert np.shares_memory(found.data, array) == shared
    if "numpy" in form or not found.data.flags.writeable:
        return
    found.zero_()
    assert (x._version > 0) == shared  # in-place changes are noticed through views


@pytest.mark.parametrize("form", ["x.to(T.float32)", "x.half()", "T.cat([x, x.to(T.float32)])"])
def test_gradients_come_back_in_the_leafs_dtype(form: str) -> None:
    for leaf in (mytorch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0], dtype=torch.float64)):
        library = mytorch if isinstance(leaf, Tensor) else torch
        leaf.requires_grad_()
        (eval(form, {"T": library, "x": leaf}) * 3).sum().backward()
        assert leaf.grad.numpy().dtype == np.float64
        assert set(leaf.grad.tolist()) <= {3.0, 6.0}


@pytest.mark.parametrize("name", ["long", "int", "bool"])
def test_no_gradient_passes_a_conversion_to_a_lower_kind(name: str) -> None:
    for library in (mytorch, torch):
        x = library.tensor([1.5], requires_grad=True)
        assert not getattr(x, name)().requires_grad
        places = library.zeros(1, dtype=library.int64)
        places[0] = x[0]
        assert not places.requires_grad


def test_there_is_no_other_device() -> None:
    with pytest.raises(RuntimeError, match="cuda"):
        Tensor([1.0]).to("cuda:0")


def test_a_tensor_in_a_list_does_not_lose_its_graph() -> None:
    with pytest.raises(RuntimeError, match="gradient"):
        mytorch.tensor([Tensor(1.0, requires_grad=True)])


def test_a_sum_over_no_axis_is_a_copy() -> None:
    x = Tensor([1.0, 2.0])
    total = mytorch.nn.functional.SumTo.apply(x, (2,))
    assert total.tolist() == [1, 2]
    assert not np.shares_memory(total.data, x.data)


@pytest.mark.parametrize("library", [mytorch, torch])
def test_strides_are_those_of_what_was_given_and_not_of_its_gradient(library) -> None:
    """A gradient may lie in memory as it likes: that of a sum is one number, expanded."""
    part = library.ones(2, 2, dtype=library.float64, requires_grad=True)
    whole = library.zeros(2, 3, dtype=library.float64)
    library.as_strided_scatter(whole, part, (2, 2), (3, 1), 1).sum().backward()
    np.testing.assert_array_equal(np.asarray(part.grad), np.ones((2, 2)))

    x = library.arange(6.0, dtype=library.float64).requires_grad_()
    weights = library.ones(2, 2, dtype=library.float64, requires_grad=True)
    out = (x.as_strided((2, 2), (3, 1), 1) * weights).sum()
    (first,) = library.autograd.grad(out, x, create_graph=True)
    (second,) = library.autograd.grad(first.sum(), weights)
    np.testing.assert_array_equal(np.asarray(second.detach()), np.ones((2, 2)))
