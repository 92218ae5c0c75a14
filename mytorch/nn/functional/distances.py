"""Normalising vectors, and the cosine of the angle between them."""

__all__: list[str] = []
