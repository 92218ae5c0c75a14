"""What the writers of pages from tables share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any


def codes(texts: Iterable[str]) -> str:
    """Code in a line or cell of Markdown."""
    return ", ".join(f"`{text}`" for text in texts).replace("|", "\\|")


def tables(
    head: str,
    families: Mapping[str, Sequence[Any]],
    columns: Sequence[str],
    lines: Callable[[Sequence[Any]], Iterable[Sequence[str]]],
) -> str:
    """A page with a table for each family, whose lines are made from its rows."""
    parts = [head]
    for title, rows in families.items():
        parts += [f"\n## {title}\n", _line(columns), "|" + "---|" * len(columns)]
        parts += map(_line, lines(rows))
    return "\n".join(parts) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
