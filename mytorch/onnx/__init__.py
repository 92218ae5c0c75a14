"""Models for other programs, in the open format ONNX."""

from __future__ import annotations

from mytorch import _absent
from mytorch.errors import OnnxExporterError
from mytorch.onnx.exporting import export

__all__ = ["OnnxExporterError", "export"]

__getattr__ = _absent.finder(__name__)
