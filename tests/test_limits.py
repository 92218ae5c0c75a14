"""The limits of dtypes."""

import pytest
import torch

import mytorch


@pytest.mark.parametrize("name", ["float16", "float32", "float64", None])
def test_limits_of_floats_are_pytorchs(name: str | None) -> None:
    ours = mytorch.finfo(*(() if name is None else (getattr(mytorch, name),)))
    theirs = torch.finfo(getattr(torch, name or "float64"))
    for field in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field), field
        assert type(getattr(ours, field)) is type(getattr(theirs, field))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64"])
def test_limits_of_integers_are_pytorchs(name: str) -> None:
    ours, theirs = mytorch.iinfo(getattr(mytorch, name)), torch.iinfo(getattr(torch, name))
    for field in ("bits", "max", "min", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field), field
    assert repr(ours) == f"iinfo(min={theirs.min}, max={theirs.max}, dtype={name})"


def test_other_dtypes_are_refused() -> None:
    for library in (mytorch, torch):
        with pytest.raises(TypeError):
            library.finfo(library.int64)
        with pytest.raises(TypeError):
            library.iinfo(library.float32)
    with pytest.raises(TypeError, match="iinfo takes integers"):
        mytorch.finfo(mytorch.int64)
