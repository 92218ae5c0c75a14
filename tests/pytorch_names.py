"""The table of PyTorch's names, mytorch/_pytorch_names.py: `python -m tests.pytorch_names` writes
it from the installed PyTorch."""

import inspect
import pkgutil
import textwrap
import warnings
from pathlib import Path
from typing import Any

import torch

from mytorch.files.atomic import write

PATH = Path(__file__).parent.parent / "mytorch" / "_pytorch_names.py"

NAMESPACES = {
    "mytorch": torch,
    "mytorch.Tensor": torch.Tensor,
    "mytorch.autograd": torch.autograd,
    "mytorch.backends": torch.backends,
    "mytorch.cuda": torch.cuda,
    "mytorch.distributed": torch.distributed,
    "mytorch.distributions": torch.distributions,
    "mytorch.func": torch.func,
    "mytorch.linalg": torch.linalg,
    "mytorch.nn": torch.nn,
    "mytorch.nn.Module": torch.nn.Module,
    "mytorch.nn.functional": torch.nn.functional,
    "mytorch.nn.utils": torch.nn.utils,
    "mytorch.nn.utils.parametrize": torch.nn.utils.parametrize,
    "mytorch.onnx": torch.onnx,
    "mytorch.optim": torch.optim,
    "mytorch.special": torch.special,
    "mytorch.testing": torch.testing,
    "mytorch.utils": torch.utils,
    "mytorch.utils.checkpoint": torch.utils.checkpoint,
    "mytorch.utils.data": torch.utils.data,
}


def names(place: Any) -> list[str]:
    """The public names: all of a class, of a module those of PyTorch itself."""
    found = [name for name in dir(place) if not name.startswith("_")]
    if inspect.isclass(place):
        return found
    declared = {*getattr(place, "__all__", ())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of names of old, which are only listed
        own = [name for name in found if name in declared or _is_pytorchs(getattr(place, name))]
    # By their files: those that are loaded depend on what was imported before.
    files = [file.name for file in pkgutil.iter_modules(getattr(place, "__path__", ()))]
    return sorted({*own, *(name for name in files if not name.startswith("_"))})


def _is_pytorchs(value: Any) -> bool:
    """Whether a value is a function or class of PyTorch's, but for what only its compilers use."""
    home = str(getattr(value, "__module__", None))
    return home.startswith("torch") and not (inspect.isclass(value) and home.startswith("torch._"))


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
    write(PATH, table().encode())
