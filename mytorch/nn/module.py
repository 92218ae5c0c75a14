"""Module: the base of layers and models. It finds their parameters and switches their mode."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import numpy as np

from mytorch._absent import pytorchs
from mytorch._checks import kind_of, option
from mytorch._device import DeviceLike
from mytorch._memory_format import memory_format, require_format
from mytorch.dtypes import DTypeLike
from mytorch.errors import LocatedError
from mytorch.grad_mode import no_grad
from mytorch.nn._hooks import OF_ALL, Handle, Hook, called, register, registered
from mytorch.nn._places import describe
from mytorch.nn._registry import (
    KINDS,
    LooksUp,
    Registry,
    assign,
    check_name,
    entries_of,
    set_registry,
    unregister,
)
from mytorch.nn._state import EXTRA_STATE, IncompatibleKeys, load_state, load_tensor, own_state
from mytorch.nn.parameter import Buffer
from mytorch.observe import around_calls, tell
from mytorch.ops.conversion import destination
from mytorch.tensor import Tensor, zero_grads

__all__ = ["Module"]

if TYPE_CHECKING:
    PyTorchs = object
else:
    PyTorchs = pytorchs("mytorch.nn.Module")

M = TypeVar("M", bound="Module")


class _Uninitialised:
    """Stands in the class for what `Module.__init__` sets: found only where that was not called.

    A `__getattr__` that says so would make every look at an attribute slower, and every call.
    """

    def __get__(self, module: Any, kind: type) -> Any:
        if module is None:
            return self
        name = kind.__name__
        raise AttributeError(
            f"{name} is not initialised: {name}.__init__ must call super().__init__() first"
        )


_UNINITIALISED: Any = _Uninitialised()
_NO_HOOKS: Mapping[int, Hook] = MappingProxyType({})


class Module(PyTorchs):
    """A layer or model: subclass it, call `super().__init__()`, assign layers and parameters as
    attributes, and write `forward`.

    Attributes: `training`, whether it is in training mode (the write-up's `is_train` is the same).

    What a subclass overrides is called where PyTorch calls it: `train` and `_apply` for each child,
    `register_parameter` when one is assigned, `_load_from_state_dict` for each module that is
    loaded, and so on.

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

    _parameters: Registry = _UNINITIALISED
    _buffers: Registry = _UNINITIALISED
    # Modules, and None for those taken away.
    _modules: Registry = _UNINITIALISED
    # The names of the buffers that `state_dict` leaves out.
    _non_persistent_buffers_set: set[str] = _UNINITIALISED
    training: bool = _UNINITIALISED
    # Each kind of hooks, by number. A module that has some has an attribute of its own.
    _forward_pre_hooks: Mapping[int, Hook] = _NO_HOOKS
    _forward_hooks: Mapping[int, Hook] = _NO_HOOKS
    _backward_pre_hooks: Mapping[int, Hook] = _NO_HOOKS
    _backward_hooks: Mapping[int, Hook] = _NO_HOOKS
    _state_dict_pre_hooks: Mapping[int, Hook] = _NO_HOOKS
    _state_dict_hooks: Mapping[int, Hook] = _NO_HOOKS
    _load_state_dict_pre_hooks: Mapping[int, Hook] = _NO_HOOKS
    _load_state_dict_post_hooks: Mapping[int, Hook] = _NO_HOOKS
    # What `mytorch.compile` makes of a module, a subclass.
    __compiled_as__: ClassVar[Any] = None
    # The state's layout, for `_load_from_state_dict`. A subclass counts up when it changes its own.
    _version: int = 1

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if hasattr(cls, "__getattr__") and not issubclass(cls, LooksUp):
            cls.__bases__ += (LooksUp,)

    def __init__(self) -> None:
        fields = vars(self)
        holders = () if isinstance(self, LooksUp) else (weakref.ref(self),)
        for name in KINDS:
            if name in fields:  # in a second call
                fields[name].detach(self)
            fields[name] = registry = Registry()
            registry.holders = holders
        fields["_non_persistent_buffers_set"] = set()
        object.__setattr__(self, "training", True)

    def __getstate__(self) -> dict[str, Any]:
        """What copying and pickling keep: the attributes, those that are registered in their
        registries alone."""
        listed = {name for registry in KINDS for name in getattr(self, registry)}
        return {name: value for name, value in vars(self).items() if name not in listed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for registry in KINDS:
            if registry in state:
                set_registry(self, registry, state[registry])
        vars(self).update({name: value for name, value in state.items() if name not in KINDS})

    @property
    def _submodules(self) -> Registry:
        """The write-up's name for `_modules`."""
        return self._modules

    @property
    def is_train(self) -> bool:
        """The write-up's name for `training`."""
        return self.training

    @is_train.setter
    def is_train(self, mode: bool) -> None:
        self.training = mode

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if around_calls:
                return _with_all(self, args, kwargs)
            if len(args) == 1 and not kwargs:
                # Nearly all calls are such. The line below is slower.
                return self.forward(args[0])
            return self.forward(*args, **kwargs)
        except LocatedError as error:
            error.modules.append(self)
            error.where = describe(error.modules)
            raise

    # ---------------------------------------------------------- registration

    def __setattr__(self, name: str, value: Any) -> None:
        fields = vars(self)
        if self.is_parameter(value):
            assign(self, "_parameters", name, value)
        elif isinstance(value, Module) and name not in fields.get("_parameters", ()):
            assign(self, "_modules", name, value)
        else:
            for registry, (kind, cure) in KINDS.items():
                if name in fields.get(registry, ()):
                    if value is not None and not (
                        registry == "_buffers" and isinstance(value, Tensor)
                    ):
                        raise TypeError(
                            f"{type(self).__name__}.{name} is a {kind} and was assigned a "
                            f"{kind_of(value, Tensor)}; assign {cure}, or None"
                        )
                    assign(self, registry, name, value)
                    return
            if name in KINDS:
                set_registry(self, name, value)
            elif isinstance(value, Buffer):
                self.register_buffer(name, value, value.persistent)  # type: ignore[arg-type]
            else:
                object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if not unregister(self, name):
            object.__delattr__(self, name)

    def register_parameter(self, name: str, param: Tensor | None) -> None:
        """Registers a parameter, as assigning it to an attribute does; None keeps its place.

        Raises TypeError unless it is a Tensor with is_parameter=True, and KeyError for a name
        that is taken, empty or has a dot.
        """
        check_name(self, "register_parameter", "_parameters", name)
        if param is not None and not self.is_parameter(param):
            raise TypeError(
                f"register_parameter: {name!r} must be a Tensor with is_parameter=True, "
                f"got {param!r}"
            )
        if param is not None:
            param = registered(self, "_parameters", name, param)
        entries_of(self, "_parameters")[name] = param

    def add_parameter(self, name: str, value: Tensor) -> None:
        """As `register_parameter`."""
        self.register_parameter(name, value)

    def add_module(self, name: str, value: Module | None) -> None:
        """Registers a submodule, as assigning it to an attribute does; None keeps its place.

        Raises TypeError for what is no Module, and KeyError as `register_parameter`.
        """
        if value is not None and not isinstance(value, Module):
            raise TypeError(f"add_module: {name!r} must be a Module, got {kind_of(value, Module)}")
        check_name(self, "add_module", "_modules", name)
        entries_of(self, "_modules")[name] = registered(self, "_modules", name, value)

    def register_module(self, name: str, module: Module | None) -> None:
        """As `add_module`."""
        self.add_module(name, module)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Registers state that belongs to the module but is not trained (running statistics).

        `state_dict` leaves it out unless `persistent`. Raises TypeError for what is no Tensor,
        and KeyError as `register_parameter`.
        """
        check_name(self, "register_buffer", "_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"register_buffer: {name!r} must be a Tensor, got {kind_of(tensor, Tensor)}"
            )
        saved = option("register_buffer", "persistent", persistent)
        entries_of(self, "_buffers")[name] = registered(self, "_buffers", name, tensor)
        unsaved = self._non_persistent_buffers_set
        (unsaved.discard if saved else unsaved.add)(name)

    def is_parameter(self, obj: Any) -> bool:
        """Whether `obj` is a Tensor with is_parameter=True."""
        return isinstance(obj, Tensor) and obj.is_parameter

    # ----------------------------------------------------------------- hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Calls `hook(module, args)` before each `forward`; what it returns but None replaces the
        arguments: a tuple, or a single one. With `with_kwargs` it is `hook(module, args, kwargs)`,
        and (args, kwargs) replaces both. Returns a handle: `handle.remove()`.

        Hooks are called in the order in which they were registered, those that `prepend` before.
        """
        return register(self, "_forward_pre_hooks", hook, prepend=prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Handle:
        """Calls `hook(module, args, output)` after each `forward`, or `hook(module, args, kwargs,
        output)`; what it returns but None replaces the output. With `always_call` also if `forward`
        raises (then the output is None). The rest is as of `register_forward_pre_hook`.

        >>> from mytorch import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: output + 1)
        >>> layer(Tensor([-1.0, 2.0]))
        tensor([1., 3.])
        >>> handle.remove()
        """
        options = {"prepend": prepend, "with_kwargs": with_kwargs, "always_call": always_call}
        return register(self, "_forward_hooks", hook, **options)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls `hook(module, grad_output)` when the gradients of the outputs are there, a tuple;
        what it returns but None replaces them. Returns a handle, as `register_forward_pre_hook`."""
        return register(self, "_backward_pre_hooks", hook, prepend=prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the positional
        arguments are there, a tuple with 0 for Tensors that need none and None for what is no
        Tensor; what it returns but None replaces them. If no argument needs one, it is called when
        the gradients of the outputs are there, with None for each. The result of the module must be
        a Tensor or a tuple.

        >>> from mytorch import nn
        >>> layer = nn.ReLU()
        >>> def halve(module, grad_input, grad_output):
        ...     return tuple(gradient / 2 for gradient in grad_input)
        >>> with layer.register_full_backward_hook(halve):
        ...     x = Tensor([1.0, 2.0], requires_grad=True)
        ...     layer(x).backward()
        >>> x.grad
        tensor([0.5, 0.5])
        """
        return register(self, "_backward_hooks", hook, prepend=prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, prefix, keep_vars)` before `state_dict` looks at the module."""
        return register(self, "_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, state_dict, prefix, local_metadata)` after `state_dict` has the state
        of the module and those below it; it may change that in place, and returns None."""

        def checked(*args: Any) -> None:
            if hook(*args) is not None:
                raise RuntimeError("a state_dict post-hook returns None")

        return register(self, "_state_dict_hooks", checked)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> Handle:
        """As `register_state_dict_post_hook`, but what the hook returns replaces the state, of the
        module that was asked."""
        return register(self, "_state_dict_hooks", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)` before the state of the module is loaded: it may change the
        state, a copy, and add to the three lists."""
        return register(self, "_load_state_dict_pre_hooks", hook)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> Handle:
        """As `register_load_state_dict_pre_hook`; without `with_module` as its first argument."""
        if option("_register_load_state_dict_pre_hook", "with_module", with_module):
            return self.register_load_state_dict_pre_hook(hook)
        return self.register_load_state_dict_pre_hook(lambda module, *args: hook(*args))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, incompatible_keys)` after the state of the module and those below it
        is loaded; it may take keys off the two lists, and returns None."""
        return register(self, "_load_state_dict_post_hooks", hook)

    # ------------------------------------------------------------- traversal

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules, each once, with their names."""
        seen: set[int] = set()
        for name, child in self._modules.items():
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        return (child for _, child in self.named_children())

    def named_modules(
        self,
        memo: set[Module] | None = None,
        prefix: str = "",
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names ('' for itself); one that is used twice
        comes once, unless `remove_duplicate` is False. `memo` holds those to leave out."""
        seen = set() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        start = f"{prefix}." if prefix else ""
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(seen, start + name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, as `named_modules`."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def get_submodule(self, target: str) -> Module:
        """The module of this dotted name. Raises AttributeError if there is none.

        >>> from mytorch import nn
        >>> nn.Sequential(nn.Sequential(nn.ReLU())).get_submodule("0.0")
        ReLU()
        """
        module = self
        for name in target.split(".") if target else ():
            child = getattr(module, name, None)
            if not isinstance(child, Module):
                raise AttributeError(f"{module._get_name()} has no submodule {name!r}")
            module = child
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module in the place of this dotted name; unless `strict`, the last name may be
        new. Raises ValueError for no name or no Module, AttributeError if there is no such place.

        >>> from mytorch import nn
        >>> net = nn.Sequential(nn.Sequential(nn.ReLU()))
        >>> net.set_submodule("0.0", nn.Tanh())
        >>> net[0][0]
        Tanh()
        """
        path, _, name = target.rpartition(".")
        if not target or not isinstance(module, Module):
            raise ValueError(
                f"set_submodule: expected a name and a Module, got {target!r} and "
                f"{kind_of(module, Module)}"
            )
        parent = self.get_submodule(path)
        missing = option("set_submodule", "strict", strict) and not hasattr(parent, name)
        if missing or not isinstance(getattr(parent, name, module), Module):
            raise AttributeError(f"{parent._get_name()} has no submodule {name!r}")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Tensor:
        """The parameter of this dotted name. Raises AttributeError if there is none."""
        return _get_tensor(self, "_parameters", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of this dotted name. Raises AttributeError if there is none."""
        return _get_tensor(self, "_buffers", target)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Calls `function` with each module below and then with this one, which it returns."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every parameter of this module and (`recurse`) those below it, with its dotted name;
        each once, unless `remove_duplicate` is False."""
        return _named_tensors(self, "_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every parameter of this module and (`recurse`) those below it, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer of this module and (`recurse`) those below it, with its dotted name; each
        once, unless `remove_duplicate` is False."""
        return _named_tensors(self, "_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer of this module and (`recurse`) those below it, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # ---------------------------------------------------------- mode, dtype

    def train(self, mode: bool = True) -> Self:
        """Sets training mode (or not) here and below; returns the module.

        Raises ValueError unless `mode` is a bool.
        """
        if not isinstance(mode, (bool, np.bool_)):
            raise ValueError(f"train: expected True or False, got {mode!r}")
        self.training = bool(mode)
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Sets evaluation mode here and below; returns the module."""
        return self.train(False)

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
        return _cast(self, np.dtype(np.float32))

    def double(self) -> Self:
        """`to(np.float64)`."""
        return _cast(self, np.dtype(np.float64))

    def half(self) -> Self:
        """`to(np.float16)`."""
        return _cast(self, np.dtype(np.float16))

    def cpu(self) -> Self:
        """The module itself: there is no other device."""
        return self

    def to(
        self,
        *target: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        non_blocking: bool = False,
        memory_format: memory_format | None = None,
    ) -> Self:
        """`to(dtype)`, `to(device)`, `to(device, dtype)` or `to(tensor)`: converts the floating
        parameters and buffers; returns the module. The device is the CPU.

        The parameters stay the same tensors, with other data; the buffers are replaced. What has
        the dtype already is left alone.

        Raises RuntimeError for another device, TypeError for a dtype that is not floating.

        >>> from mytorch import nn
        >>> nn.Linear(2, 1).to("cpu", np.float32).weight.dtype
        dtype('float32')
        """
        if memory_format is not None:
            require_format("Module.to", memory_format)
        wanted, _ = destination("Module.to", (*target, device, dtype))
        if wanted is None:
            return self
        if wanted.kind != "f":
            raise TypeError(f"Module.to: expected a floating dtype, got {wanted}")
        return _cast(self, wanted)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Puts `fn(tensor)` in the place of each buffer, of the data of each parameter and of its
        gradient, first (`recurse`) in the children: what `to` and its kin are made of. A subclass
        that has tensors elsewhere extends it."""
        if recurse:
            for child in self.children():
                child._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is not None:
                    _replace(parameter, fn)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    entries_of(self, "_buffers")[name] = fn(buffer)
        return self

    # ----------------------------------------------------------------- state

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Parameters and buffers by dotted name, in an OrderedDict or in `destination`: detached
        tensors that share the data, or (`keep_vars`) the tensors themselves.

        >>> from mytorch import nn
        >>> list(nn.Linear(2, 1).state_dict())
        ['weight', 'bias']
        """
        option("state_dict", "keep_vars", keep_vars)
        for hook in tuple(self._state_dict_pre_hooks.values()):
            hook.function(self, prefix, keep_vars)
        state: Any = OrderedDict() if destination is None else destination
        if destination is None:
            state._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(state, "_metadata"):
            state._metadata[prefix[:-1]] = local_metadata
        self._save_to_state_dict(state, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in tuple(self._state_dict_hooks.values()):
            found = hook.function(self, state, prefix, local_metadata)
            state = state if found is None else found
        return cast(dict[str, Any], state)

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        """Puts the state of this module, without those below it, into `destination`."""
        for name, tensor in own_state(self).items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """What `state_dict` keeps beside the tensors; a subclass that has some defines it, and
        `set_extra_state`."""
        raise NotImplementedError(f"{type(self).__name__} has no extra state")

    def set_extra_state(self, state: Any) -> None:
        """Takes what `get_extra_state` gave, when a state is loaded."""
        raise NotImplementedError(f"{type(self).__name__} has no extra state")

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copies the values of a `state_dict` into this module's parameters and buffers, or
        (`assign`) takes the tensors themselves.

        Returns the named tuple (missing_keys, unexpected_keys). Raises RuntimeError that lists
        all of them (unless strict is False) and every wrong shape; no tensor is replaced then, nor
        any value changed.
        """
        for name, value in (("strict", strict), ("assign", assign)):
            option("load_state_dict", name, value)
        return load_state(self, state_dict, strict, assign)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Loads the state of this module, without those below it, from the keys with `prefix`.

        What is wrong goes into the three lists. A subclass may change `state_dict` (it is a copy)
        before, as for a state of an older `local_metadata["version"]`.
        """
        lists = (missing_keys, unexpected_keys, error_msgs)
        for hook in tuple(self._load_state_dict_pre_hooks.values()):
            hook.function(self, state_dict, prefix, local_metadata, strict, *lists)
        own = own_state(self)
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                fault = load_tensor(self, name, tensor, state_dict[key], local_metadata)
                error_msgs += [f"{key}: {fault}"] if fault else []
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not Module.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        for key in map(str, state_dict) if strict else ():
            if key.startswith(prefix) and key != extra:
                name, dot, _ = key[len(prefix) :].partition(".")
                if name not in (self._modules if dot else own):
                    unexpected_keys.append(key)

    # --------------------------------------------------------------- printing

    def _get_name(self) -> str:
        """What `repr` calls the module: its class."""
        return type(self).__name__

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses before the submodules, on one or more lines."""
        return ""

    def __repr__(self) -> str:
        return shown(self, [f"({name}): {child!r}" for name, child in self._modules.items()])


# What follows are no methods: a subclass may use any name that PyTorch leaves to it.


def _get_tensor(module: Module, registry: str, target: str) -> Tensor:
    path, _, name = target.rpartition(".")
    holder = module.get_submodule(path)
    tensor: Tensor | None = getattr(holder, registry).get(name)
    if tensor is None:
        raise AttributeError(f"{holder._get_name()} has no {KINDS[registry][0]} {name!r}")
    return tensor


def _named_tensors(
    module: Module, registry: str, prefix: str, recurse: bool, remove_duplicate: bool
) -> Iterator[tuple[str, Tensor]]:
    for name, value in (("recurse", recurse), ("remove_duplicate", remove_duplicate)):
        option(f"named{registry}", name, value)
    seen: set[int] = set()
    places: Iterable[tuple[str, Module]] = [(prefix, module)]
    if recurse:
        places = module.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
    for place, holder in places:
        for name, tensor in getattr(holder, registry).items():
            if tensor is not None and id(tensor) not in seen:
                if remove_duplicate:
                    seen.add(id(tensor))
                yield f"{place}.{name}" if place else name, tensor


def _cast(module: M, dtype: np.dtype[Any]) -> M:
    return module._apply(lambda tensor: tensor.to(dtype) if tensor.dtype.kind == "f" else tensor)


def _replace(parameter: Tensor, function: Callable[[Tensor], Tensor]) -> None:
    """Puts `function` of a parameter's data, and of its gradient, in their places."""
    gradient = parameter.grad
    made = function(parameter)
    if made is not parameter:
        parameter.data = made.data
    if gradient is not None:
        parameter.grad = function(gradient)


def shown(module: Module, children: list[str]) -> str:
    """The text of a module whose submodules have these texts."""
    extra = module.extra_repr()
    lines = extra.split("\n") if extra else []
    if not children and len(lines) < 2:
        return f"{module._get_name()}({extra})"
    lines += [child.replace("\n", "\n  ") for child in children]
    return f"{module._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


def _with_all(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The call of a module where it may have hooks, or somebody looks on."""
    tell("entering", module)
    try:
        if (
            module._forward_hooks
            or module._forward_pre_hooks
            or module._backward_hooks
            or module._backward_pre_hooks
            or any(OF_ALL.values())
        ):
            return called(module, args, kwargs)
        return module.forward(*args, **kwargs)
    finally:
        tell("leaving", module)
