"""The trace: what was recorded as one JSON document, of which `schema.json` tells all
fields."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from mytorch.watcher.record import Record
from mytorch.watcher.recorder import Recorder

__all__ = ["SCHEMA", "trace_of"]

SCHEMA = "mytorch.watch/1"
# The fields that hold numbers of nodes, of edges, of modules, and lists of nodes' numbers.
_NODES, _EDGES = ("n", "n2", "from", "by"), ("e",)


def trace_of(recorder: Recorder) -> dict[str, Any]:
    """The recorded trace: the iterations that were kept, one after the other."""
    written = _written(recorder)
    trace: dict[str, Any] = {
        "schema": SCHEMA,
        "title": recorder.title,
        "mytorch": sys.modules["mytorch"].__version__,
        "numpy": np.__version__,
        "caps": recorder.caps,
        "truncated": _left_out(recorder, written),
        "notes": recorder.notes,
        "losses": recorder.iterations.losses,
        "norms": recorder.iterations.norms(),
        "iterations": [],
        "files": recorder.places.files(),
        "nodes": [],
        "edges": [],
        "modules": [],
        "steps": [],
    }
    for number, record in written.items():
        _append(trace, number, record)
    return trace


def _append(trace: dict[str, Any], number: int, record: Record) -> None:
    nodes, edges, modules = (len(trace[part]) for part in ("nodes", "edges", "modules"))
    first = len(trace["steps"])
    for node in record.nodes:
        saved = [_moved(kept, node=nodes) for kept in node.get("saved", ())]
        moved = _moved(node, id=nodes, since=nodes, module=modules, view_of=nodes)
        trace["nodes"].append(moved | ({"saved": saved} if "saved" in node else {}))
    trace["edges"] += [_moved(edge, id=edges, to=nodes, **{"from": nodes}) for edge in record.edges]
    trace["modules"] += [_moved(module, parent=modules) for module in record.modules]
    for step in record.steps:
        moved = _moved(step, **dict.fromkeys(_NODES, nodes), **dict.fromkeys(_EDGES, edges))
        if "ns" in moved:
            moved["ns"] = [n + nodes for n in moved["ns"]]
        if "parts" in moved:
            moved["parts"] = [_moved(part, e=edges) for part in moved["parts"]]
        trace["steps"].append(moved)
    trace["iterations"].append(
        {
            "i": number,
            "loss": record.loss,
            "steps": [first, len(trace["steps"])],
            "nodes": [nodes, len(trace["nodes"])],
            "edges": [edges, len(trace["edges"])],
            "modules": [modules, len(trace["modules"])],
        }
    )


def _moved(fields: dict[str, Any], **offsets: int) -> dict[str, Any]:
    """The fields, those that hold numbers counted on from these."""
    return {
        name: value + offsets[name] if name in offsets and value is not None else value
        for name, value in fields.items()
    }


def _written(recorder: Recorder) -> dict[int, Record]:
    """The recorded iterations, at most `max_steps` steps in all: the first, the one in which NaN
    appears and the last before others."""
    kept = recorder.iterations.kept
    ends = [*list(kept)[:1], *[i for i, record in kept.items() if record.bad], *list(kept)[-1:]]
    room, found = recorder.caps["max_steps"], set[int]()
    for number in dict.fromkeys([*ends, *kept]):
        size = len(kept[number].steps)
        if not found or size <= room:
            found.add(number)
            room -= size
    return {number: record for number, record in kept.items() if number in found}


def _left_out(recorder: Recorder, written: dict[int, Record]) -> str | None:
    fewer = len(recorder.iterations.kept) - len(written)
    left_out = sum(record.left_out for record in written.values())
    gathered = sum(len(record.gathered) for record in written.values())
    parts = []
    if gathered:
        parts.append(f"{gathered} modules are one node each, with value, gradient and bytes")
    if left_out:
        parts.append(f"{left_out} events are left out")
    if fewer:
        norms = recorder.iterations.norms()["of"]
        alone = "the loss and the norms alone are" if norms else "the loss alone is"
        parts.append(f"of {fewer} more iterations {alone} told")
    if not parts:
        return None
    nodes, steps = recorder.caps["max_nodes"], recorder.caps["max_steps"]
    return (
        f"Of an iteration {nodes} nodes and {steps} steps are recorded: {', '.join(parts)}; "
        "watch(..., max_nodes=..., max_steps=...) raises that"
    )
