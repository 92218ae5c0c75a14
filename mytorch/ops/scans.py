"""Running sums and products along an axis, and sorting."""

__all__: list[str] = []
