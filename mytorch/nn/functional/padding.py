"""Padding the borders of a tensor."""

__all__: list[str] = []
