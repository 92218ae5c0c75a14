"""Narration: one sentence for each step, which table, page and screen reader share."""

from __future__ import annotations

from typing import Any

from mytorch.watcher.rules import RULES

__all__ = ["Narrator", "phase_of", "shape_of", "show"]

_NUMBERS = ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
# Longer expressions are no names.
_LONGEST = 28


def show(value: dict[str, Any] | None) -> str:
    """A value in a few characters: the numbers of a small one, of others the shape."""
    if value is None:
        return "None"
    numbers = value.get("d")
    if numbers is not None and not value["s"]:
        return _digits(numbers[0])
    if numbers is not None and len(value["s"]) == 1 and len(numbers) <= 3:
        return f"[{', '.join(map(_digits, numbers))}]"
    return shape_of(value)


def shape_of(value: dict[str, Any]) -> str:
    """The shape as Python writes it."""
    return str(tuple(value["s"])) if value["s"] else "scalar"


def phase_of(step: dict[str, Any]) -> str:
    """Forward, backward or update."""
    if "phase" in step:  # of where it stopped
        return str(step["phase"])
    kind = step["kind"]
    if kind in ("opt", "zero"):
        return "update"
    return "forward" if kind in ("op", "write", "stop") and "by" not in step else "backward"


class Narrator:
    """Tells the steps of one trace."""

    def __init__(self, trace: dict[str, Any]) -> None:
        self._files = trace["files"]
        self._nodes = trace["nodes"]
        self._modules = trace["modules"]

    def label(self, number: int) -> str:
        """What a node is called: by its variable, or else by the expression that made it."""
        return self._label(self._nodes[number]).replace("`", "'")

    def _label(self, node: dict[str, Any]) -> str:
        if node.get("name"):
            return str(node["name"])
        if node.get("module") is not None:
            return f"{node['op']} in {self._modules[node['module']]['path']}"
        text = self.text(node)
        if text is not None and len(text) <= _LONGEST:
            return text
        if node["kind"] == "op":
            return self.tag(node)
        return show(node["value"])

    def text(self, node: dict[str, Any]) -> str | None:
        """The expression that made a node, if it is in one line."""
        place = node.get("src")
        if place is None or place[1] != place[2]:
            return None
        line = self._files[place[0]]["lines"].get(str(place[1]), "")
        return line[place[3] : place[4]].strip() or None

    def tag(self, node: dict[str, Any]) -> str:
        """The short name of a node's operation, or of its kind."""
        if "gathers" in node:
            return f"{node['gathers']} operations"
        if node["kind"] == "op":
            rule = RULES.get(node["op"])
            return node["op"] if rule is None else rule.tag
        return {"leaf": "leaf", "param": "parameter"}.get(
            node["kind"], "constant" if node.get("name") else "number"
        )

    def line(self, step: dict[str, Any]) -> str:
        """The line of the program that a step belongs to."""
        place = self.place(step)
        return "" if place is None else str(place[1])

    def place(self, step: dict[str, Any]) -> Any:
        """The place in the source that a step belongs to."""
        if step.get("src") is not None:
            return step["src"]
        number = step.get("from", step.get("n"))
        return None if number is None else self._nodes[number].get("src")

    def value(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """What there is after a step: the value made, or the sum."""
        if step["kind"] == "op":
            value: dict[str, Any] = self._nodes[step["n"]]["value"]
            return value
        return step.get("after", step.get("v"))

    def tell(self, step: dict[str, Any]) -> str:
        """The sentence, with what is code between backquotes."""
        sentence: str = getattr(self, f"_{step['kind']}")(step)
        return sentence

    def _code(self, number: int, more: str = "") -> str:
        return f"`{self.label(number)}{more}`"

    def _op(self, step: dict[str, Any]) -> str:
        node = self._nodes[step["n"]]
        value = node["value"]
        made = f"makes {show(value)}" if not value["s"] else f"makes an array {shape_of(value)}"
        bad = step.get("bad")
        if bad is not None and bad["first"]:
            what = {"NaN": "NaN", "Inf": "infinity"}[bad["kind"]]
            return f"The first {what}: {self._whole(step['n'])}"
        if "by" in step:
            return f"The backward of {self._code(step['by'])} computes {self._whole(step['n'])}"
        nothing = "" if node.get("time") else "; nothing is recorded for backward"
        return f"{self._whole(step['n'])} {made}{nothing}"

    def _whole(self, number: int) -> str:
        node = self._nodes[number]
        name, text = node.get("name"), self.text(node)
        if name and text and name != text and node.get("module") is None:
            return f"`{name} = {text}`"
        return self._code(number)

    def _seed(self, step: dict[str, Any]) -> str:
        return f"backward from {self._code(step['n'])} starts the walk with {show(step['v'])}"

    def _run(self, step: dict[str, Any]) -> str:
        again = step.get("again")
        if again is None:
            return f"{self._code(step['n'])} has all its gradients: it runs"
        times = f"for the {_ordinal(again)} time" if again > 1 else "before all have come"
        return f"{self._code(step['n'])} runs {times}"

    def _arrive(self, step: dict[str, Any]) -> str:
        label, value = self._code(step["n"]), step["v"]
        count = "" if step["of"] == 1 else f", {step['got']} of {step['of']}"
        if "before" not in step:
            what = show(value) if not value["s"] else f"a gradient {shape_of(value)}"
            return f"{label} receives {what}{count}"
        which = _ordinal(step["got"])
        if value["s"]:
            return f"The {which} gradient reaches {label} and is added{count}"
        numbers = f"{show(step['before'])} + {show(value)} = {show(step['after'])}"
        return f"The {which} gradient reaches {label}: {numbers}"

    def _hook(self, step: dict[str, Any]) -> str:
        label = self._code(step["n"])
        if "changed" not in step:
            return f"A hook of {label} looks at its gradient and leaves it as it is"
        return f"A hook of {label} makes {show(step['after'])} of its gradient"

    def _store(self, step: dict[str, Any]) -> str:
        label = self._code(step["n"], ".grad")
        if "before" not in step:
            return f"{label} becomes {show(step['after'])}"
        return f"{label} was {show(step['before'])} and becomes {show(step['after'])}"

    def _free(self, step: dict[str, Any]) -> str:
        if not step["ns"]:
            return "The graph stays: `retain_graph=True`"
        size = step["bytes"]
        return "The graph is let go" + (f": {size:,} bytes are free" if size else "")

    def _opt(self, step: dict[str, Any]) -> str:
        share = step.get("per_cent")
        amount = "" if share is None else f", by {_digits(share)} % of its size"
        return f"{step['optimizer']} moves {self._code(step['n'])}{amount}"

    def _zero(self, step: dict[str, Any]) -> str:
        count = f"{len(step['ns'])} gradient{'s' if len(step['ns']) > 1 else ''}"
        if not step["to_none"]:
            return f"`zero_grad(set_to_none=False)` fills {count} with zeros"
        return f"`zero_grad()` forgets {count}"

    def _write(self, step: dict[str, Any]) -> str:
        return f"{self._code(step['n'])} is changed in place: it is {show(step['after'])} now"

    def _stop(self, step: dict[str, Any]) -> str:
        first = str(step["message"]).split("\n")[0]
        if "expected" in step:
            expected, found = show(step["expected"]), show(step.get("after"))
            if expected == found:
                return f"{first}: other numbers were expected"
            return f"{first}: expected {expected}, found {found}"
        return f"Stopped by {step['error']}" + (f": {first}" if first else "")


def _ordinal(place: int) -> str:
    return _NUMBERS[place] if place < len(_NUMBERS) else f"{place}th"


def _digits(x: float | str) -> str:
    return str(x) if isinstance(x, str) else f"{x:.4g}"
