"""The first frame: the graph as a plain picture, for where JavaScript does not run."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import Any

from mytorch.watcher.narration import Narrator, show

__all__ = ["frame"]

# Larger graphs would not be readable so. The table has all of them.
MOST = 60
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 132, 58, 190, 84


def frame(trace: dict[str, Any], narrator: Narrator) -> str:
    """The graph of the trace's first iteration as SVG, each node right of what it is made of."""
    if not trace["iterations"]:
        return ""
    first = trace["iterations"][0]
    nodes = [n for n in trace["nodes"][slice(*first["nodes"])] if n.get("order", 1) == 1]
    if not nodes or len(nodes) > MOST:
        return ""
    known = {node["id"] for node in nodes}
    edges = [
        edge
        for edge in trace["edges"][slice(*first["edges"])]
        if edge["from"] in known and edge["to"] in known
    ]
    places = _places(nodes, edges)
    width = max(x for x, _ in places.values()) + _WIDTH + 12
    height = max(y for _, y in places.values()) + _HEIGHT + 12
    lines = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="Graph of {len(nodes)} nodes">'
    ]
    for edge in edges:
        (x, y), (right, down) = places[edge["from"]], places[edge["to"]]
        kind = "ed" if edge["grad"] else "ed none"
        lines.append(
            f'<path class="{kind}" d="M{x + _WIDTH} {y + _HEIGHT // 2}L{right} '
            f'{down + _HEIGHT // 2}"/>'
        )
    for node in nodes:
        x, y = places[node["id"]]
        label = escape(narrator.label(node["id"])[:18])
        kind = node["kind"]
        lines.append(
            f'<g class="nd {kind}"><rect class="box" x="{x}" y="{y}" width="{_WIDTH}" '
            f'height="{_HEIGHT}" rx="{9 if kind == "op" else 20}"/>'
            f'<text class="t1" x="{x + 12}" y="{y + 20}">{label}</text>'
            f'<text class="tag" x="{x + 12}" y="{y + 34}">{escape(narrator.tag(node))}</text>'
            f'<text class="v" x="{x + 12}" y="{y + 49}">{escape(show(node["value"]))}</text></g>'
        )
    return "".join([*lines, "</svg>"])


def _places(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[int, tuple[int, int]]:
    """Left and upper corners: columns by the longest way to a node, rows as they come."""
    column = dict.fromkeys((node["id"] for node in nodes), 0)
    # What is made of others comes after them.
    for edge in sorted(edges, key=lambda edge: edge["to"]):
        column[edge["to"]] = max(column[edge["to"]], column[edge["from"]] + 1)
    for edge in edges:
        if not any(other["to"] == edge["from"] for other in edges):
            column[edge["from"]] = max(column[edge["from"]], column[edge["to"]] - 1)
    rows: defaultdict[int, int] = defaultdict(int)
    places = {}
    for node in nodes:
        at = column[node["id"]]
        places[node["id"]] = 12 + at * _ACROSS, 12 + rows[at] * _DOWN
        rows[at] += 1
    return places
