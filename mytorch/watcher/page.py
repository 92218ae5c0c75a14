"""The page: traces as one HTML file that works offline."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import asdict
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from mytorch.watcher.frame import frame
from mytorch.watcher.narration import Narrator, phase_of, show
from mytorch.watcher.rules import RULES
from mytorch.watcher.summary import SHORTER, as_json, shrunk

__all__ = ["anchor", "page"]

# In the order in which they need each other.
_SCRIPTS = (
    *("numbers", "put", "stacks", "run", "stops", "layout", "graph", "tiles", "cells", "tell"),
    *("orders", "curve", "questions", "panels", "timeline", "main"),
)
# Of what a run writes into a page, in characters: beyond it the values are told more shortly.
LARGEST = 1_200_000
SHORT = "Arrays are told more shortly, or the page would be too large"
_MODULE_LINES = re.compile(r"^import [^;]*;\n|^export (?=class|const|function)", re.MULTILINE)


def page(traces: list[dict[str, Any]]) -> str:
    """The page of some runs, the first of which is shown first."""
    narrators = [Narrator(trace) for trace in traces]
    values: dict[str, int] = {}
    told = [_told(*pair, values) for pair in zip(traces, narrators, strict=True)]
    rows = "".join(map(_rows, traces, narrators))
    style, script, unpack = _asset("watch.css"), _script(), _asset("unpack.js")
    names = {node["op"] for trace in traces for node in trace["nodes"] if "op" in node}
    rules = {name: asdict(RULES[name]) for name in names & RULES.keys()}
    known = [json.loads(value) for value in values]
    data = as_json({"runs": told, "rules": rules, "values": known})
    for level in SHORTER:
        if len(data) + len(rows) <= LARGEST:
            break
        known = [shrunk(value, level) for value in known]
        shorter = SHORT if level != "arrays" else f"{SHORT}, of larger ones the shapes alone"
        for run, trace in zip(told, traces, strict=True):
            run["notes"] = [*trace.get("notes", ()), shorter]
        data = as_json({"runs": told, "rules": rules, "values": known})
    note = ". ".join([*filter(None, [traces[0]["truncated"]]), *told[0].get("notes", ())])
    text = Template(_asset("page.html")).substitute(
        policy=f"default-src 'none'; script-src {_hash(unpack)} {_hash(script)}; "
        f"style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'",
        title=escape(" · ".join(trace["title"] for trace in traces)),
        style=style,
        note=escape(note),
        notehidden="" if note else " hidden",
        frame=frame(traces[0], narrators[0]),
        rows=rows,
        data=data.replace("<", "\\u003c"),
        packed=base64.b64encode(zlib.compress(script.encode(), 9)).decode(),
        unpack=unpack,
        licence=_asset("dagre.LICENSE").strip(),
    )
    # What is no character, as of a file's name in an error's message, cannot be written.
    return text.encode(errors="backslashreplace").decode()


def anchor(title: str) -> str:
    """The name that links have for a run: `page.html#run=...` leads to it."""
    return re.sub(r"[^a-z0-9]+", "-", title.removesuffix(".py").lower()).strip("-") or "run"


def _told(trace: dict[str, Any], narrator: Narrator, values: dict[str, int]) -> dict[str, Any]:
    """The trace with what a page calls its nodes, and the name that links have for it. Equal values
    are written once, in `values`; what has them has their number."""
    numbers = range(len(trace["nodes"]))
    told = _numbered(trace, values)
    told["nodes"] = [
        {k: field for k, field in node.items() if field is not None and (k, field) != ("order", 1)}
        for node in told["nodes"]
    ]
    return {
        **told,
        "id": anchor(trace["title"]),
        "labels": [narrator.label(number) for number in numbers],
        "tags": [narrator.tag(trace["nodes"][number]) for number in numbers],
    }


def _numbered(tree: Any, values: dict[str, int]) -> Any:
    """The tree with numbers in place of values."""
    if isinstance(tree, list):
        return [_numbered(part, values) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if "s" in tree and "t" in tree:
        return {"v": values.setdefault(as_json(tree), len(values))}
    return {name: _numbered(part, values) for name, part in tree.items()}


def _rows(trace: dict[str, Any], narrator: Narrator) -> str:
    """The steps of a run as rows of the table. Ends of cells and rows go without saying in HTML."""
    rows = ["<tbody>"]
    for number, step in enumerate(trace["steps"], 1):
        node = narrator.value(step)
        cells = [
            show(step["before"]) if "before" in step else "",
            show(step["v"]) if step["kind"] in ("arrive", "store") else "",
            "" if node is None else show(node),
            narrator.line(step),
        ]
        head = [str(number), phase_of(step), _marked(narrator.tell(step))]
        rows.append("<tr>" + "".join(f"<td>{cell}" for cell in [*head, *map(escape, cells)]))
    return "".join(rows)


def _marked(sentence: str) -> str:
    """The sentence, its code marked as such."""
    parts = [escape(part) for part in sentence.split("`")]
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _script() -> str:
    """The library for the layout, and the modules as one script: each name is that of one alone."""
    parts = [_MODULE_LINES.sub("", _asset(f"{name}.js")) for name in _SCRIPTS]
    return _asset("dagre.js") + "{\n" + "\n".join(parts) + "}\n"


def _asset(name: str) -> str:
    return (files("mytorch.watcher") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The text as a content security policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
