"""Module: the base of layers and models. It finds their parameters and switches their mode."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from mytorch.grad_mode import no_grad
from mytorch.tensor import Tensor

__all__ = ["Module"]


class Module:
    """A layer or model: subclass it, call `super().__init__()`, assign layers and parameters as
    attributes, and write `forward`.

    Attributes: `is_train`, whether it is in training mode (`training` reads the same flag).

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

    _parameters: dict[str, Tensor]
    _buffers: dict[str, Tensor]
    _submodules: dict[str, "Module"]
    is_train: bool

    def __init__(self) -> None:
        self.__dict__.update(_parameters={}, _buffers={}, _submodules={}, is_train=True)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # ---------------------------------------------------------- registration

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module):
            self.add_module(name, value)
        elif self.is_parameter(value):
            self.add_parameter(name, value)
        else:
            if name in self.__dict__.get("_parameters", ()) and value is not None:
                raise TypeError(
                    f"{type(self).__name__}.{name} is a parameter and was assigned a "
                    f"{type(value).__name__}; assign Tensor(..., is_parameter=True), or write "
                    f"into {name}.data"
                )
            if name in self.__dict__.get("_buffers", ()) and isinstance(value, Tensor):
                self._buffers[name] = value
            else:
                self._unregister(name)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._unregister(name)
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        # Reached only for attributes that do not exist.
        kind = type(self).__name__
        if name in ("_parameters", "_buffers", "_submodules", "is_train"):
            raise AttributeError(
                f"{kind} is not initialised: {kind}.__init__ must call super().__init__() first"
            )
        raise AttributeError(f"{kind} has no attribute {name!r}")

    def _register(self, registry: dict[str, Any], name: str, value: Any) -> None:
        self._unregister(name)
        registry[name] = value
        object.__setattr__(self, name, value)

    def _unregister(self, name: str) -> None:
        for registry in ("_parameters", "_buffers", "_submodules"):
            self.__dict__.get(registry, {}).pop(name, None)

    def add_parameter(self, name: str, value: Tensor) -> None:
        """Registers a parameter, as assigning it to an attribute does.

        Raises TypeError unless it is a Tensor with is_parameter=True.
        """
        if not self.is_parameter(value):
            raise TypeError(
                f"add_parameter: {name!r} must be a Tensor with is_parameter=True, got {value!r}"
            )
        self._register(self._parameters, name, value)

    def add_module(self, name: str, value: "Module") -> None:
        """Registers a submodule, as assigning it to an attribute does."""
        if not isinstance(value, Module):
            raise TypeError(f"add_module: {name!r} must be a Module, got {type(value).__name__}")
        self._register(self._submodules, name, value)

    def register_buffer(self, name: str, value: Tensor) -> None:
        """Registers state that is saved with the module but not trained (running statistics)."""
        if not isinstance(value, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor, got {type(value)}")
        self._register(self._buffers, name, value)

    def is_parameter(self, obj: Any) -> bool:
        """Whether `obj` is a Tensor with is_parameter=True."""
        return isinstance(obj, Tensor) and obj.is_parameter

    # ------------------------------------------------------------- traversal

    def children(self) -> Iterator["Module"]:
        """The direct submodules."""
        return iter(self._submodules.values())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
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
            stack.extend(
                (start + key, child) for key, child in reversed(module._submodules.items())
            )

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter of this module and those below it, each once, with its dotted name."""
        return self._named_tensors("_parameters")

    def parameters(self) -> Iterator[Tensor]:
        """Every parameter of this module and those below it, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer of this module and those below it, each once, with its dotted name."""
        return self._named_tensors("_buffers")

    def buffers(self) -> Iterator[Tensor]:
        """Every buffer of this module and those below it, each once."""
        return (buffer for _, buffer in self.named_buffers())

    def _named_tensors(self, registry: str) -> Iterator[tuple[str, Tensor]]:
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, tensor in getattr(module, registry).items():
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{prefix}.{name}" if prefix else name, tensor

    # ---------------------------------------------------------- mode, dtype

    def train(self, mode: bool = True) -> Self:
        """Sets training mode (or not) here and below; returns the module."""
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

    def zero_grad(self) -> None:
        """Sets the `.grad` of every parameter to None."""
        for parameter in self.parameters():
            parameter.grad = None

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

    def state_dict(self) -> "OrderedDict[str, Tensor]":
        """Parameters and buffers by dotted name: detached tensors that share the data.

        >>> from mytorch import nn
        >>> list(nn.Linear(2, 1).state_dict())
        ['weight', 'bias']
        """
        state: OrderedDict[str, Tensor] = OrderedDict()
        for prefix, module in self._named_places():
            for name, tensor in {**module._parameters, **module._buffers}.items():
                state[f"{prefix}{name}"] = tensor.detach()
        return state

    def _named_places(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """As named_modules, but a module that is used twice comes with both names."""
        yield prefix, self
        for name, child in self._submodules.items():
            yield from child._named_places(f"{prefix}{name}.")

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Copies the values of a `state_dict` into this module's parameters and buffers.

        Raises RuntimeError that lists every missing or unexpected name (unless strict is False)
        and every wrong shape; nothing is loaded then.
        """
        own = self.state_dict()
        faults = []
        if strict:
            faults += [f"missing: {name}" for name in own if name not in state]
            faults += [f"unexpected: {name}" for name in state if name not in own]
        arrays = {
            name: np.asarray(value.data if isinstance(value, Tensor) else value)
            for name, value in state.items()
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
                own[name].data[...] = array

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
