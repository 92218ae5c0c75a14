"""The table of PyTorch's names, mytorch/_pytorch_names.py: `python -m tests.pytorch_names` writes
it from the installed PyTorch."""

import inspect
import textwrap
from pathlib import Path
from typing import Any

import torch

PATH = Path(__file__).parent.parent / "mytorch" / "_pytorch_names.py"

NAMESPACES = {
    "mytorch": torch,
    "mytorch.Tensor": torch.Tensor,
    "mytorch.autograd": torch.autograd,
    "mytorch.backends": torch.backends,
    "mytorch.cuda": torch.cuda,
    "mytorch.linalg": torch.linalg,
    "mytorch.nn": torch.nn,
    "mytorch.nn.Module": torch.nn.Module,
    "mytorch.nn.functional": torch.nn.functional,
    "mytorch.nn.utils": torch.nn.utils,
    "mytorch.optim": torch.optim,
}


def names(place: Any) -> list[str]:
    """The public names: all of a class, of a module those of PyTorch itself."""
    found = [name for name in dir(place) if not name.startswith("_")]
    if inspect.isclass(place):
        return found
    declared = {*getattr(place, "__all__", ())}
    return [name for name in found if name in declared or _is_pytorchs(getattr(place, name))]


def _is_pytorchs(value: Any) -> bool:
    """Whether a value is PyTorch's own, but for what only its compilers use."""
    home = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
    hidden = inspect.ismodule(value) or inspect.isclass(value)
    return str(home).startswith("torch") and not (hidden and str(home).startswith("torch._"))


def table() -> str:
    """The text of the file."""
    lines = [
        f'"""The public names of PyTorch {torch.__version__.partition("+")[0]}, by namespace."""',
        "",
        "NAMES = {",
    ]
    for namespace, place in NAMESPACES.items():
        words = textwrap.wrap(" ".join(names(place)), 92, break_on_hyphens=False)
        lines += [f'    "{namespace}": """', *(f"        {line}" for line in words), '    """,']
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    PATH.write_text(table())
