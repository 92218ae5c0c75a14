"""Parameters and buffers that are computed from others whenever they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mytorch._absent import finder
from mytorch._checks import kind_of, option
from mytorch.errors import DtypeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.nn.containers import ModuleDict, ModuleList
from mytorch.nn.module import Module
from mytorch.nn.parameter import Parameter
from mytorch.tensor import Tensor

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

M = TypeVar("M", bound=Module)

# What is kept inside `cached`, and how many of its blocks are open.
_kept: dict[ParametrizationList, Tensor] = {}
_blocks = 0


@contextmanager
def cached() -> Iterator[None]:
    """In its with-block a parametrized tensor is computed when it is first looked at, or after it
    was assigned to, and then kept: for a module that uses it many times. What an optimizer does to
    the originals is not seen before the end of the block.

    >>> from mytorch import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with cached():
    ...     layer.weight is layer.weight
    True
    """
    global _blocks
    _blocks += 1
    try:
        yield
    finally:
        _blocks -= 1
        if not _blocks:
            _kept.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied; a call gives the
    tensor. `register_parametrization` makes it.

    What it is computed from is `original`, or `original0`, `original1` and so on where the first
    parametrization's `right_inverse` gives several tensors.
    """

    original: Tensor

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList: expected at least one module")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        new: Any = original
        with no_grad():
            for module in reversed(list(self)):
                new = _inverse(module, new)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = len(self._tensors(new))
        if self.is_tensor:
            self._put(original, new)
            _register(self, "original", original)
        for number, tensor in enumerate(() if self.is_tensor else new):
            own = Parameter(tensor) if original.is_parameter else tensor.detach().clone()
            _register(self, f"original{number}", own.requires_grad_(original.requires_grad))
        if not unsafe:
            _alike("a parametrization", self(), shape, dtype)

    def forward(self) -> Tensor:
        """The tensor, computed from its originals."""
        first, *others = self
        found: Tensor = first(*self._originals())
        for module in others:
            found = module(found)
        return found

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the tensor becomes `value`, or what the parametrizations make
        of it: by their `right_inverse`, the last first. Raises RuntimeError if one has none."""
        new: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"{type(module).__name__} has no right_inverse, by which to assign to what "
                        "it computes; define it, or change the original"
                    )
                new = module.right_inverse(new)
        given, own = self._tensors(new), self._originals()
        if len(given) != len(own) or isinstance(new, Tensor) != self.is_tensor:
            raise ValueError(
                f"right_inverse: expected {self.ntensors} tensors, as at first, got {len(given)}"
            )
        for original, tensor in zip(own, given, strict=True):
            self._put(original, tensor)
        _kept.pop(self, None)

    def _originals(self) -> list[Tensor]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{number}") for number in range(self.ntensors)]

    def _tensors(self, given: Any) -> list[Tensor]:
        """What a `right_inverse` gave, as a list."""
        listed = [given] if isinstance(given, Tensor) else given
        if not isinstance(listed, Sequence) or not all(isinstance(x, Tensor) for x in listed):
            raise ValueError(
                "right_inverse: expected a Tensor or a tuple of Tensors, got "
                f"{kind_of(given, Tensor)}"
            )
        return list(listed)

    def _put(self, original: Tensor, new: Tensor) -> None:
        """Gives an original these values, a copy of them."""
        if new.dtype != original.dtype:
            raise DtypeError(
                f"right_inverse: expected {original.dtype}, the original's dtype, got {new.dtype}"
            )
        if new is not original:
            original.data = new.detach().clone().data


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """From now on `module.weight` (say `tensor_name` is "weight") is `parametrization(original)`,
    computed whenever it is looked at; gradients go to the original, which is the parameter (or
    buffer) now, `module.parametrizations.weight.original`. Returns the module, whose class is
    one of its own, that has the tensor as a property.

    A parametrization may have a method `right_inverse(value)`. It gives the original at first, and
    whenever the tensor is assigned to; where it gives a tuple, the parametrization is called with
    as many originals, `original0`, `original1` and so on. A second parametrization of the tensor is
    applied to what the first gives.

    Such a module can be copied by `copy.deepcopy`, but not be pickled: save its `state_dict`, whose
    names are PyTorch's. Raises ValueError if there is no such tensor, or (unless `unsafe`) if the
    parametrization changes its shape or dtype; TypeError for what is no Module.

    >>> from mytorch import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    ...
    ...     def right_inverse(self, x):
    ...         return x.triu()
    >>> layer = register_parametrization(nn.Linear(2, 2), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    >>> layer.weight = Tensor([[1.0, 2.0], [2.0, 3.0]])
    >>> layer.parametrizations.weight.original
    tensor([[1., 2.],
            [0., 3.]], requires_grad=True)
    """
    option("register_parametrization", "unsafe", unsafe)
    if not isinstance(parametrization, Module):
        raise TypeError(
            f"register_parametrization: expected a Module, got {kind_of(parametrization, Module)}"
        )
    parametrization.train(module.training)
    held: Any = module
    if is_parametrized(module, tensor_name):
        every = held.parametrizations[tensor_name]
        if not unsafe:
            before = getattr(module, tensor_name)
            layout = before.shape, before.dtype
            after = _alike("a parametrization", parametrization(before), *layout)
            with no_grad():
                _alike("right_inverse", _inverse(parametrization, after), *layout)
        every.append(parametrization)
        every.unsafe |= unsafe
        return module
    original = module._parameters.get(tensor_name, module._buffers.get(tensor_name))
    if original is None:
        raise ValueError(
            f"register_parametrization: {type(module).__name__} has no parameter or buffer "
            f"{tensor_name!r}"
        )
    every = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        held.parametrizations = ModuleDict()
    base = type_before_parametrizations(module)
    held.parametrizations[tensor_name] = every
    _set_class(module, base)
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module's tensor of this name (for None any) has a parametrization.

    >>> from mytorch import nn
    >>> is_parametrized(nn.Linear(2, 2), "weight")
    False
    """
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Makes the tensor a parameter (or buffer) again, as it is now or (not `leave_parametrized`) as
    its original is. Returns the module.

    Raises ValueError if it has no parametrization, and without `leave_parametrized` if there are
    several originals.

    >>> from mytorch import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=2, bias=True)
    """
    option("remove_parametrizations", "leave_parametrized", leave_parametrized)
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"remove_parametrizations: {type(module).__name__} has no parametrization of "
            f"{tensor_name!r}"
        )
    held: Any = module
    every: ParametrizationList = held.parametrizations[tensor_name]
    if not (leave_parametrized or every.is_tensor):
        raise ValueError(
            f"remove_parametrizations: {tensor_name!r} has {every.ntensors} originals, none of "
            "which can take its place; leave_parametrized=True keeps what they give"
        )
    original = every._originals()[0]
    if leave_parametrized:
        now = every().detach().clone()
        if every.is_tensor:
            original.data = now.data
        else:
            now = Parameter(now) if original.is_parameter else now
            original = now.requires_grad_(original.requires_grad)
    base = type_before_parametrizations(module)
    del held.parametrizations[tensor_name]
    if not len(held.parametrizations):
        del held.parametrizations
    _set_class(module, base)
    _register(module, tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that the module has without its parametrizations.

    >>> from mytorch import nn
    >>> type_before_parametrizations(nn.utils.parametrizations.orthogonal(nn.Linear(2, 2)))
    <class 'mytorch.nn.linear.Linear'>
    """
    kind = type(module)
    return kind.__bases__[0] if is_parametrized(module) else kind


def _set_class(module: Any, base: type) -> None:
    """Gives the module a class that has its parametrized tensors as properties. No class is changed
    later: copies share it."""
    if not is_parametrized(module):
        module.__class__ = base
        return
    names: dict[str, Any] = {name: _property(name) for name in module.parametrizations}
    if not hasattr(base, "__deepcopy__"):
        names["__deepcopy__"] = _copied
    names |= {"__getstate__": _unpicklable, "__module__": base.__module__}
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), names)


def _property(name: str) -> property:
    def get(module: Any) -> Tensor:
        every: ParametrizationList = module.parametrizations[name]
        if not _blocks:
            return every()  # type: ignore[no-any-return]
        if every not in _kept:
            _kept[every] = every()
        return _kept[every]

    def put(module: Any, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(get, put)


def _copied(module: Any, memo: dict[int, Any]) -> Any:
    kind: Any = type(module)
    memo[id(module)] = made = kind.__new__(kind)
    made.__setstate__(deepcopy(super(kind, module).__getstate__(), memo))
    return made


def _unpicklable(module: Module) -> NoReturn:
    raise RuntimeError(
        f"{type(module).__name__} has parametrizations and cannot be pickled: its class is its "
        "own; keep its state_dict(), or call remove_parametrizations first"
    )


def _inverse(parametrization: Any, value: Tensor) -> Any:
    """`right_inverse` of a value: itself where there is none."""
    try:
        return getattr(parametrization, "right_inverse", lambda same: same)(value)
    except NotImplementedError:
        return value


def _alike(what: str, found: Any, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """What was found. Raises ValueError unless it is a Tensor of this shape and dtype."""
    if not isinstance(found, Tensor):
        raise ValueError(f"{what} returns a Tensor, got {kind_of(found, Tensor)}")
    if found.dtype != dtype:
        raise DtypeError(
            f"{what} keeps the tensor's dtype, {dtype}, got {found.dtype}; unsafe=True lets it pass"
        )
    if found.shape != shape:
        raise ShapeError(
            f"{what} keeps the tensor's shape, {shape}, got {found.shape}; unsafe=True lets it pass"
        )
    return found


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if tensor.is_parameter:
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
