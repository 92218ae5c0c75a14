"""Names that PyTorch has and MyTorch has not: the error says so."""

import pickle
from typing import Any

import pytest

import mytorch
from mytorch import Tensor, nn
from tests import pytorch_names

PLACES: dict[str, Any] = {
    "mytorch": mytorch,
    "mytorch.Tensor": Tensor,
    "mytorch.autograd": mytorch.autograd,
    "mytorch.backends": mytorch.backends,
    "mytorch.cuda": mytorch.cuda,
    "mytorch.distributed": mytorch.distributed,
    "mytorch.distributions": mytorch.distributions,
    "mytorch.func": mytorch.func,
    "mytorch.linalg": mytorch.linalg,
    "mytorch.nn": nn,
    "mytorch.nn.Module": nn.Module,
    "mytorch.nn.functional": nn.functional,
    "mytorch.nn.utils": nn.utils,
    "mytorch.nn.utils.parametrize": nn.utils.parametrize,
    "mytorch.onnx": mytorch.onnx,
    "mytorch.optim": mytorch.optim,
    "mytorch.special": mytorch.special,
    "mytorch.testing": mytorch.testing,
    "mytorch.utils": mytorch.utils,
    "mytorch.utils.checkpoint": mytorch.utils.checkpoint,
    "mytorch.utils.data": mytorch.utils.data,
}


def test_the_table_is_that_of_the_installed_pytorch() -> None:
    assert pytorch_names.PATH.read_text() == pytorch_names.table(), (
        "call python -m tests.pytorch_names"
    )


@pytest.mark.parametrize("namespace", pytorch_names.NAMESPACES)
def test_every_name_is_there_or_said_to_be_pytorchs(namespace: str) -> None:
    place = PLACES[namespace]
    for name in pytorch_names.names(pytorch_names.NAMESPACES[namespace]):
        if not hasattr(place, name):
            with pytest.raises(AttributeError, match=f"{namespace} has no '{name}': PyTorch has"):
                getattr(place, name)
    for own in ("foo", "_private", "__wrapped__", "sumn"):
        with pytest.raises(AttributeError) as raised:
            getattr(place, own)
        assert "PyTorch" not in str(raised.value)
        assert f"has no attribute '{own}'" in str(raised.value)


@pytest.mark.parametrize(
    ("expression", "near"),
    [
        ("mytorch.optim.Adafactor", ""),
        ("mytorch.nn.SyncBatchNorm", "mytorch.nn.BatchNorm1d"),
        ("mytorch.nn.CrossMapLRN2d", ""),
        ("mytorch.nn.functional.conv_tbc", ""),
        ("mytorch.nn.functional.handle_torch_function", ""),
        ("mytorch.fft", ""),
        ("mytorch.sparse", ""),
        ("mytorch.utils.bundled_inputs", ""),
        ("mytorch.utils.data.MapDataPipe", ""),
        ("mytorch.embedding", "mytorch.nn.functional.embedding"),
        ("mytorch.get_device", "mytorch.Tensor.get_device"),
        ("mytorch.nn.functional.matmul", None),
        ("x.cuda", ""),
        ("x.smm", "mytorch.Tensor.sum"),
        ("Tensor.bfloat16", "mytorch.Tensor.float"),
        ("nn.Linear(1, 1).cuda", ""),
        ("nn.Linear(1, 1).register_backward_hook", "mytorch.nn.Module.register_full_backward_hook"),
    ],
)
def test_what_is_near_is_named(expression: str, near: str | None) -> None:
    names = {"mytorch": mytorch, "nn": nn, "Tensor": Tensor, "x": Tensor([1.0])}
    with pytest.raises(AttributeError) as raised:
        eval(expression, names)
    said = str(raised.value)
    if near is not None:
        assert "PyTorch has it, MyTorch does not" in said
        assert near in said
        assert "lists what is there" in said


def test_they_are_not_listed_and_do_not_get_in_the_way() -> None:
    x, model = Tensor([1.0]), nn.Linear(1, 1)
    assert "cuda" not in dir(x)
    assert {"sum", "data", "T"} <= {*dir(x)}
    assert "cuda" not in dir(model)
    assert {"weight", "forward", "in_features"} <= {*dir(model)}
    model.cuda = model.type = 3
    assert model.cuda == model.type == 3
    model.register_buffer("share_memory", x)
    assert model.share_memory is x

    class Own(nn.Module):
        def cuda(self) -> str:
            return "mine"

    assert Own().cuda() == "mine"
    assert getattr(x, "cuda", None) is None
    with pytest.raises(AttributeError) as raised:
        _ = x.cuda
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_an_import_is_refused_by_python() -> None:
    with pytest.raises(ImportError, match="SyncBatchNorm"):
        from mytorch.nn import SyncBatchNorm  # noqa: F401
    with pytest.raises(ModuleNotFoundError):
        import mytorch.utils.bundled_inputs  # noqa: F401
