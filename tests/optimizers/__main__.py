"""Writes docs/optimizers.md from the table: `python -m tests.optimizers`."""

import inspect
from pathlib import Path

import mytorch
from mytorch.files.atomic import write
from tests.optimizers import ROWS, Row, Side
from tests.pages import codes

PAGE = Path(__file__).parents[2] / "docs" / "optimizers.md"

HEAD = """\
# Optimizers

The classes of `mytorch.optim`, under PyTorch's names. `optim` stands for `mytorch.optim` (or
`torch.optim`: the calls are the same), `params` for a list of parameters. The tests make each call
below in both libraries and compare the weights over many steps, some gradients missing or 0, the
states (also loaded from one library into the other), options of groups, texts, copies and refusals:
all are equal, but for what is told.

Groups, options and states may be edited between steps, as in PyTorch: parameters replaced, taken
out, added, moved to another group, `param_groups` itself replaced, options changed, states written
to, replaced or deleted. What is remembered goes with the parameter. `load_state_dict` checks first:
what does not fit is refused and nothing is loaded. `foreach` and `fused` are accepted, for they are
ways to compute the same; `differentiable=True` and `capturable=True` are refused. So is what
PyTorch accepts though it can hardly be meant: a set of parameters, one given twice in a group, NaN
or a boolean as a rate. What is counted, as the state's "step", is of dtype float64, in PyTorch of
the default dtype.

This page is written by `python -m tests.optimizers` from the table that the tests run through.
"""


def page() -> str:
    """The text of docs/optimizers.md."""
    return "\n".join([HEAD, *map(_section, ROWS)])


def _section(row: Row) -> str:
    state = dict.fromkeys(key for case in row.cases() for key in _entries(Side(mytorch, case)))
    options = inspect.signature(getattr(mytorch.optim, row.name)).parameters
    lines = [f"## {row.name}", "", f"Options: {codes(list(options)[1:])}."]
    lines += [f"State: {codes(state)}."]
    lines += ["Not there: " + codes(row.without) + "."] if row.without else []
    lines += ["", *(f"- `{form}`" for form in row.forms), ""]
    lines += [row.note, ""] if row.note else []
    return "\n".join(lines)


def _entries(side: Side) -> list[str]:
    side.step(1)
    return [key for entries in side.optimizer.state_dict()["state"].values() for key in entries]


if __name__ == "__main__":
    write(PAGE, page().encode())
