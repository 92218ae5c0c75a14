"""The tables that PyTorch's own tests run through: of modules, optimizers, operations."""

import functools
import importlib
import importlib.util
import sys
import types
import unittest
from pathlib import Path
from typing import Any

import torch

_ROOM = "torch.testing._internal"


@functools.cache
def pytorchs(name: str) -> Any:
    """The module of PyTorch's tests of this name. It takes seconds to import: call it in a test."""
    try:
        importlib.import_module("expecttest")  # whose names it asks for
    except ModuleNotFoundError:
        stand_in: Any = types.ModuleType("expecttest")
        stand_in.TestCase = stand_in.assert_expected_inline = unittest.TestCase
        sys.modules["expecttest"] = stand_in
    module = importlib.import_module(f"{_ROOM}.{name}")
    # It forbids what programs set at their head, for all tests after it.
    flags: Any = torch.backends.disable_global_flags
    flags.__globals__["__allow_nonbracketed_mutation_flag"] = True
    return module


def source(name: str) -> str:
    """The text of such a module, for what a collection has to know without the import."""
    spec = importlib.util.find_spec(f"{_ROOM}.{name}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()
