"""Module: the base of layers and models. It finds their parameters and switches their mode."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from mytorch.dtypes import DTypeLike
from mytorch.errors import LocatedError
from mytorch.grad_mode import no_grad
from mytorch.tensor import Tensor, zero_grads

__all__ = ["IncompatibleKeys", "Module"]

# What a module registers: attributes that are also listed, what they are and take.
_KINDS = {
    "_parameters": ("parameter", "nn.Parameter(...)"),
    "_buffers": ("buffer", "a Tensor"),
    "_submodules": ("submodule", "a Module"),
}


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` found missing from a state, and what the module has no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


class _Uninitialised:
    """Stands in the class for what `Module.__init__` sets: found only where that was not called.

    A `__getattr__` that says so would make every look at an attribute slower, and a call of a
    method three times as slow.
    """

    def __get__(self, module: Any, kind: type) -> Any:
        if module is None:
            return self
        name = kind.__name__
        raise AttributeError(
            f"{name} is not initialised: {name}.__init__ must call super().__init__() first"
        )


_UNINITIALISED: Any = _Uninitialised()


class Module:
    """A layer or model: subclass it, call `super().__init__()`, assign layers and parameters as
    attributes, and write `forward`.

    Attributes: `is_train`, whether it is in training mode (`training` reads the same flag).

    The library's errors (`mytorch.errors`) tell in which module they arose.

    >>> from mytorch import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layer = nn.Linear(2, 1)
    ...
    ...     def forward(self, x):
    ...         return self.layer(x).relu()
    >>> net = Net()
    >>> net(Tensor([[1.0, 2.0]])).shape
    (1, 1)
    >>> [name for name, _ in net.named_parameters()]
    ['layer.weight', 'layer.bias']
    """

    _parameters: dict[str, Tensor | None] = _UNINITIALISED
    _buffers: dict[str, Tensor | None] = _UNINITIALISED
    # Modules, and None for those taken away.
    _submodules: dict[str, Any] = _UNINITIALISED
    # The names of the buffers that `state_dict` leaves out.
    _unsaved: set[str] = _UNINITIALISED
    is_train: bool = _UNINITIALISED

    def __init__(self) -> None:
        self.__dict__.update(
            _parameters={}, _buffers={}, _submodules={}, _unsaved=set(), is_train=True
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if len(args) == 1 and not kwargs:
                # Nearly always; by the line below a call takes twice as long.
                return self.forward(args[0])
            return self.forward(*args, **kwargs)
        except LocatedError as error:
            error.modules.append(self)
            error.where = _describe(error.modules)
            raise

    # ---------------------------------------------------------- registration

    def __setattr__(self, name: str, value: Any) -> None:
        if self.is_parameter(value):
            self._register("_parameters", name, value)
        elif isinstance(value, Module) and name not in self.__dict__.get("_parameters", ()):
            self._register("_submodules", name, value)
        else:
            for registry, (kind, cure) in _KINDS.items():
                if name in self.__dict__.get(registry, ()):
                    if value is not None and not (
                        registry == "_buffers" and isinstance(value, Tensor)
                    ):
                        raise TypeError(
                            f"{type(self).__name__}.{name} is a {kind} and was assigned a "
                            f"{type(value).__name__}; assign {cure}, or None"
                        )
                    self._register(registry, name, value)
                    return
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._unregister(name)
        object.__delattr__(self, name)

    def _register(self, registry: str, name: str, value: Any) -> None:
        entries = getattr(self, registry)
        if name not in entries:
            self._unregister(name)
        entries[name] = value
        object.__setattr__(self, name, value)

    def _unregister(self, name: str) -> None:
        for registry in _KINDS:
            self.__dict__.get(registry, {}).pop(name, None)
        self.__dict__.get("_unsaved", set()).discard(name)

    def _check_name(self, operation: str, registry: str, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{operation}: expected a name, got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{operation}: {name!r} is no name; it may not be empty or have a dot")
        if name not in getattr(self, registry) and hasattr(self, name):
            raise KeyError(
                f"{operation}: {type(self).__name__} already has an attribute {name!r}; delete it "
                "first, or choose another name"
            )

    def register_parameter(self, name: str, value: Tensor | None) -> None:
        """Registers a parameter, as assigning it to an attribute does; None keeps its place.

        Raises TypeError unless it is a Tensor with is_parameter=True, and KeyError for a name
        that is taken, empty or has a dot.
        """
        self._check_name("register_parameter", "_parameters", name)
        if value is not None and not self.is_parameter(value):
            raise TypeError(
                f"register_parameter: {name!r} must be a Tensor with is_parameter=True, "
                f"got {value!r}"
            )
        self._register("_parameters", name, value)

    def add_parameter(self, name: str, value: Tensor) -> None:
        """As `register_parameter`."""
        self.register_parameter(name, value)

    def add_module(self, name: str, value: Module | None) -> None:
        """Registers a submodule, as assigning it to an attribute does; None keeps its place.

        Raises TypeError for what is no Module, and KeyError as `register_parameter`.
        """
        self._check_name("add_module", "_submodules", name)
        if value is not None and not isinstance(value, Module):
            raise TypeError(f"add_module: {name!r} must be a Module, got {type(value).__name__}")
        self._register("_submodules", name, value)

    def register_module(self, name: str, value: Module | None) -> None:
        """As `add_module`."""
        self.add_module(name, value)

    def register_buffer(self, name: str, value: Tensor | None, persistent: bool = True) -> None:
        """Registers state that belongs to the module but is not trained (running statistics).

        `state_dict` leaves it out unless `persistent`. Raises TypeError for what is no Tensor,
        and KeyError as `register_parameter`.
        """
        self._check_name("register_buffer", "_buffers", name)
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor, got {type(value)}")
        self._register("_buffers", name, value)
        (self._unsaved.discard if persistent else self._unsaved.add)(name)

    def is_parameter(self, obj: Any) -> bool:
        """Whether `obj` is a Tensor with is_parameter=True."""
        return isinstance(obj, Tensor) and obj.is_parameter

    # ------------------------------------------------------------- traversal

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules, each once, with their names."""
        seen: set[int] = set()
        for name, child in self._submodules.items():
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted names ('' for itself)."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            start = f"{name}." if name else ""
            stack.extend((start + key, child) for key, child in [*module.named_children()][::-1])

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _named_places(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """As named_modules, but a module that is used twice comes with both names."""
        yield prefix, self
        for name, child in self._submodules.items():
            if child is not None:
                yield from child._named_places(f"{prefix}.{name}" if prefix else name)

    def get_submodule(self, target: str) -> Module:
        """The module of this dotted name. Raises AttributeError if there is none.

        >>> from mytorch import nn
        >>> nn.Sequential(nn.Sequential(nn.ReLU())).get_submodule("0.0")
        ReLU()
        """
        module = self
        for name in target.split(".") if target else ():
            child = module._submodules.get(name)
            if child is None:
                raise AttributeError(f"{type(module).__name__} has no submodule {name!r}")
            module = child
        return module

    def get_parameter(self, target: str) -> Tensor:
        """The parameter of this dotted name. Raises AttributeError if there is none."""
        return self._get_tensor("_parameters", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of this dotted name. Raises AttributeError if there is none."""
        return self._get_tensor("_buffers", target)

    def _get_tensor(self, registry: str, target: str) -> Tensor:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        tensor: Tensor | None = getattr(module, registry).get(name)
        if tensor is None:
            raise AttributeError(f"{type(module).__name__} has no {_KINDS[registry][0]} {name!r}")
        return tensor

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Calls `function` with each module below and then with this one, which it returns."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every parameter of this module and (`recurse`) those below it, each once, with its
        dotted name."""
        return self._named_tensors("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every parameter of this module and (`recurse`) those below it, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Every buffer of this module and (`recurse`) those below it, each once, with its
        dotted name."""
        return self._named_tensors("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer of this module and (`recurse`) those below it, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_tensors(
        self, registry: str, prefix: str, recurse: bool
    ) -> Iterator[tuple[str, Tensor]]:
        seen: set[int] = set()
        for place, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, tensor in getattr(module, registry).items():
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{place}.{name}" if place else name, tensor

    # ---------------------------------------------------------- mode, dtype

    def train(self, mode: bool = True) -> Self:
        """Sets training mode (or not) here and below; returns the module.

        Raises ValueError unless `mode` is a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train: expected True or False, got {mode!r}")
        for module in self.modules():
            module.is_train = mode
        return self

    def eval(self) -> Self:
        """Sets evaluation mode here and below; returns the module."""
        return self.train(False)

    @property
    def training(self) -> bool:
        """PyTorch's name for `is_train`."""
        return self.is_train

    @training.setter
    def training(self, mode: bool) -> None:
        self.is_train = mode

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Sets the `.grad` of every parameter to None, or fills it with zeros."""
        zero_grads(self.parameters(), set_to_none)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Sets whether the parameters get gradients; returns the module.

        >>> from mytorch import nn
        >>> any(p.requires_grad for p in nn.Linear(2, 1).requires_grad_(False).parameters())
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def float(self) -> Self:
        """`to(np.float32)`."""
        return self.to(np.float32)

    def double(self) -> Self:
        """`to(np.float64)`."""
        return self.to(np.float64)

    def half(self) -> Self:
        """`to(np.float16)`."""
        return self.to(np.float16)

    def to(self, dtype: DTypeLike) -> Self:
        """Converts the floating parameters and buffers in place; returns the module.

        >>> from mytorch import nn
        >>> nn.Linear(2, 1).to(np.float32).weight.dtype
        dtype('float32')
        """
        wanted = np.dtype(dtype)
        if wanted.kind != "f":
            raise TypeError(f"Module.to: expected a floating dtype, got {wanted}")
        for _, tensor in (*self.named_parameters(), *self.named_buffers()):
            if tensor.dtype.kind == "f":
                tensor.data = tensor.data.astype(wanted, copy=False)
                if tensor.grad is not None:
                    tensor.grad = tensor.grad.to(wanted)
        return self

    # ----------------------------------------------------------------- state

    def state_dict(self, *, prefix: str = "") -> OrderedDict[str, Tensor]:
        """Parameters and buffers by dotted name: detached tensors that share the data.

        >>> from mytorch import nn
        >>> list(nn.Linear(2, 1).state_dict())
        ['weight', 'bias']
        """
        return OrderedDict((prefix + name, tensor.detach()) for name, tensor in self._named_state())

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """The tensors of `state_dict`; one that has two names comes with both."""
        for place, module in self._named_places():
            for name, tensor in {**module._parameters, **module._buffers}.items():
                if tensor is not None and name not in module._unsaved:
                    yield f"{place}.{name}" if place else name, tensor

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> IncompatibleKeys:
        """Copies the values of a `state_dict` into this module's parameters and buffers.

        Returns the named tuple (missing_keys, unexpected_keys). Raises RuntimeError that lists
        all of them (unless strict is False) and every wrong shape; nothing is loaded then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict: expected a mapping of names to Tensors, got {type(state_dict)}"
            )
        own = dict(self._named_state())
        keys = IncompatibleKeys(
            [name for name in own if name not in state_dict],
            [name for name in state_dict if name not in own],
        )
        faults = []
        if strict:
            faults += [f"missing: {name}" for name in keys.missing_keys]
            faults += [f"unexpected: {name}" for name in keys.unexpected_keys]
        arrays = {
            name: np.asarray(value.data if isinstance(value, Tensor) else value)
            for name, value in state_dict.items()
            if name in own
        }
        faults += [
            f"{name}: expected shape {own[name].shape}, got {array.shape}"
            for name, array in arrays.items()
            if array.shape != own[name].shape
        ]
        if faults:
            raise RuntimeError(
                f"load_state_dict: the state does not fit this {type(self).__name__}:\n  "
                + "\n  ".join(faults)
            )
        with no_grad():
            for name, array in arrays.items():
                own[name].copy_(Tensor(array))
        return keys

    # --------------------------------------------------------------- printing

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses, for a module without submodules."""
        return ""

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        for name, child in self._submodules.items():
            lines.append(f"({name}): " + repr(child).replace("\n", "\n  "))
        head = type(self).__name__
        if not self._submodules:
            return f"{head}({', '.join(lines)})"
        return f"{head}(\n  " + "\n  ".join(lines) + "\n)"


def _describe(modules: list[Module]) -> str:
    """Where an error arose that passed through `modules`, the innermost first, in the form
    `Net.body[2]: Linear(784, 20)`."""
    innermost, outermost = modules[0], modules[-1]
    kind = type(innermost).__name__
    # The whole numbers, as 784 and 20 in "in_features=784, out_features=20, bias=True".
    sizes = ", ".join(re.findall(r"(?<![\w.-])\d+(?![\w.])", innermost.extra_repr()))
    itself = kind if innermost._submodules else f"{kind}({sizes})"
    if innermost is outermost:
        return itself
    path = type(outermost).__name__
    for outer, inner in pairwise(modules[::-1]):
        names = [name for name, module in outer._named_places() if module is inner]
        path += " or ".join(map(_access, names)) if names else f" > {type(inner).__name__}"
    return f"{path}: {itself}"


def _access(name: str) -> str:
    """`.body[2]` for the name `body.2`."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in name.split("."))
