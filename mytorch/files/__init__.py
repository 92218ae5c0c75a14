"""Files: PyTorch's archive and safetensors, and writing whole or not at all."""

from __future__ import annotations

from mytorch.files.serialization import load, save

__all__ = ["load", "save"]
