"""Writes mytorch/_methods.pyi, the types of Tensor's methods: `python -m tests.stub`.

They are those of the functions. What has `dim` or `keepdim` also takes NumPy's `axis` or
`keepdims`, and what `sizes_named` decorates also takes a sequence by name.
"""

import ast
import builtins
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from inspect import Parameter
from pathlib import Path
from textwrap import indent
from typing import Any, get_overloads

import mytorch
from mytorch._methods import Methods
from mytorch.files.atomic import write

STUB = Path(mytorch.__file__).with_name("_methods.pyi")

TEXT = '''\
"""The types of Tensor's methods. `python -m tests.stub` writes this file."""

# ruff: noqa: N803 (PyTorch's names)

import builtins
{outside}
{inside}
__all__ = ["Methods"]

class Methods:
    """{doc}"""

{methods}
def bind(ops: ModuleType) -> None: ...
'''

METHODS = {name: getattr(Methods, name) for name in vars(Methods) if name[0] != "_"}
# What a line of a class has room for.
WIDTH = 96
NUMPYS = {"dim": "axis", "keepdim": "keepdims"}
SIZES, NAME = Parameter.VAR_POSITIONAL, Parameter.KEYWORD_ONLY


def stub() -> str:
    """The text of mytorch/_methods.pyi."""
    names = {"types": {"ModuleType"}, "typing": {"Any", "overload"}}
    methods = ""
    for name, method in METHODS.items():
        function = method.fget if isinstance(method, property) else method
        for form in _forms(function):
            for word, module in _imported(inspect.unwrap(form)):
                names.setdefault(module, set()).add(word)
        methods += indent(_definitions(name, method, function), "    ")
    lines = [f"from {at} import {', '.join(sorted(names[at]))}\n" for at in sorted(names)]
    inside = [line for line in lines if line.startswith("from mytorch")]
    return TEXT.format(
        outside="".join(line for line in lines if line not in inside),
        inside="".join(inside),
        doc=Methods.__doc__,
        methods=methods,
    )


def _forms(function: Callable[..., Any]) -> Sequence[Callable[..., Any]]:
    """A function, or what is declared as its overloads."""
    return get_overloads(inspect.unwrap(function)) or [function]


def _imported(function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """The names in a function's annotations that are no builtins, and the modules that have them:
    its own, or the one from which that has them."""
    own = function.__globals__
    origins = _origins(Path(own["__file__"]))
    for annotation in function.__annotations__.values():
        for word in re.findall(r"[A-Za-z]\w*", annotation):
            if not hasattr(builtins, word):
                yield word, origins.get(word) or own["__name__"]


@cache
def _origins(file: Path) -> dict[str, str | None]:
    """The names that a file imports from modules, and those."""
    return {
        alias.name: node.module
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _definitions(name: str, method: Any, function: Callable[..., Any]) -> str:
    """A method by each way to call it, with the docstring up to its example."""
    first, decorator = ["self"], ""
    if isinstance(vars(Methods)[name], staticmethod):
        first, decorator = [], "@staticmethod\n"
    elif isinstance(method, property):
        decorator = "@property\n"
    heads = []
    for form in _forms(function):
        signature = inspect.signature(form)
        parameters = [*signature.parameters.values()][len(first) :]
        for call in _calls(function, parameters):
            # Those after the first, which has the docstring, have " ..." behind them.
            width = WIDTH - len(" ...") if heads else WIDTH
            heads.append(_head(name, first, call, signature.return_annotation, width))
    if len(heads) > 1:
        decorator = f"@overload\n{decorator}"
    doc = (inspect.getdoc(method) or "").split("\n>>>")[0].strip()
    doc += "\n" if "\n" in doc else ""
    bodies = ["\n" + indent(f'"""{doc}"""\n', "    "), *[" ...\n"] * (len(heads) - 1)]
    return "".join(f"{decorator}{head}{body}" for head, body in zip(heads, bodies, strict=True))


def _calls(function: Callable[..., Any], parameters: list[Parameter]) -> list[list[Parameter]]:
    """The lists of parameters that a method takes, PyTorch's first."""
    named = [p.replace(kind=NAME) for p in parameters]
    if hasattr(function, "__wrapped__") and any(p.kind is SIZES for p in parameters):
        return [parameters, named]
    numpys = [p.replace(name=NUMPYS[p.name]) if p.name in NUMPYS else p for p in named]
    added = [p for p in numpys if p not in named and p.default is not p.empty]
    calls = [[*parameters, *added]]
    for place, parameter in enumerate(parameters):
        if numpys[place] not in named and parameter.default is parameter.empty:
            others = [*numpys[place : place + 1], *named[place + 1 :]]
            calls.append([*parameters[:place], *others, *added])
    return calls


def _head(name: str, first: list[str], parameters: list[Parameter], result: str, width: int) -> str:
    """`def name(self, ...) -> result:`, as ruff lays it out in a class, in lines of this width."""
    parts = [*first]
    for parameter in parameters:
        if parameter.kind is NAME and not any(part[0] == "*" for part in parts):
            parts.append("*")
        star = "*" if parameter.kind is SIZES else ""
        default = (
            ""
            if parameter.default is Parameter.empty
            else f" = {parameter.default!r}".replace("'", '"')
        )
        parts.append(f"{star}{parameter.name}: {_typed(parameter.annotation)}{default}")
    unnamed = sum(p.kind is Parameter.POSITIONAL_ONLY for p in parameters)
    if unnamed:
        parts.insert(len(first) + unnamed, "/")
    start, end = f"def {name}(", f") -> {_typed(result)}:"
    inside = ", ".join(parts)
    if len(start + inside + end) > width:
        if len(inside) > WIDTH - 4:
            inside = ",\n    ".join(parts) + ","
        inside = f"\n    {inside}\n"
    return start + inside + end


def _typed(annotation: str) -> str:
    """An annotation inside of the class, where methods hide the types of their names."""
    return re.sub(
        r"[A-Za-z]\w*", lambda w: f"builtins.{w[0]}" if w[0] in METHODS else w[0], annotation
    )


if __name__ == "__main__":
    write(STUB, stub().encode())
