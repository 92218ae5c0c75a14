"""Activation functions that PyTorch has in nn.functional alone."""

__all__: list[str] = []
