"""What lazy modules are made of: parameters and buffers whose shape the first input tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from mytorch._device import DeviceLike
from mytorch._shapes import Shape
from mytorch.dtypes import DTypeLike
from mytorch.errors import UninitializedError
from mytorch.nn.module import Module
from mytorch.ops import empty
from mytorch.ops.conversion import destination
from mytorch.tensor import Tensor

__all__ = ["LazyModuleMixin", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]

_DATA: Any = vars(Tensor)["_data"]


def _refuse(tensor: Tensor) -> NoReturn:
    raise UninitializedError(
        f"{type(tensor).__name__}: this tensor has no shape and no values yet; call its lazy "
        "module once, with a batch of the shape that it will get, before anything is done with it"
    )


class _Uninitialized(Tensor):
    """A tensor of a dtype and no shape. Everything asks a tensor for its array, which refuses."""

    __slots__ = ()

    if not TYPE_CHECKING:
        _data = property(_refuse, _DATA.__set__)

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the tensor to come."""
        dtype: np.dtype[Any] = _DATA.__get__(self).dtype
        return dtype

    def to(
        self,
        *target: Any,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        **options: Any,
    ) -> Any:
        """The tensor itself, of another dtype from now on."""
        wanted, _ = destination("to", (*target, device, dtype))
        if wanted is not None:
            _DATA.__set__(self, np.empty(0, wanted))
        return self

    def detach(self) -> Self:
        """The tensor itself: it has neither a history nor values."""
        return self

    def clone(self, **options: Any) -> Self:
        """The tensor itself."""
        return self

    def copy_(self, source: Any) -> Self:
        """The tensor itself, if the source has no shape either."""
        return self if is_lazy(source) else _refuse(self)

    def materialize(
        self, shape: Shape, device: DeviceLike | None = None, dtype: DTypeLike | None = None
    ) -> None:
        """Makes it an ordinary tensor, of this shape, whose values are to be set."""
        made = empty(shape, device=device, dtype=dtype or self.dtype)
        self.__class__ = Tensor  # type: ignore[assignment]
        self.data = made

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> Any:
        return type(self), (self.requires_grad, None, self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        kind, fields = self.__reduce__()
        twin: Tensor = kind(*fields)
        return twin


class UninitializedParameter(_Uninitialized):
    """A parameter whose shape is not known yet. It may be converted to another dtype, kept in a
    state and loaded; what else is done with it raises UninitializedError, until `materialize`.

    >>> weight = UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> weight.shape, weight.is_parameter
    ((2, 3), True)
    """

    __slots__ = ()

    def __init__(
        self,
        requires_grad: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(empty(0, device=device, dtype=dtype)._data)
        self.is_parameter = True
        self.requires_grad = requires_grad


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known yet; see `UninitializedParameter`.

    >>> UninitializedBuffer()
    <UninitializedBuffer>
    """

    __slots__ = ()

    def __init__(
        self,
        requires_grad: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(empty(0, device=device, dtype=dtype)._data, requires_grad)


def is_lazy(param: Any) -> bool:
    """Whether it is a parameter or buffer without a shape."""
    return isinstance(param, _Uninitialized)


def own_tensors(module: Module) -> Iterator[tuple[str, Tensor | None]]:
    """A module's own parameters and buffers, by name."""
    yield from module._parameters.items()
    yield from module._buffers.items()


class LazyModuleMixin(Module):
    """The first base of a module whose parameters get their shapes at the first call.

    A subclass registers `UninitializedParameter`s and defines `initialize_parameters`, which gets
    the arguments of that call and materialises them. Then the module becomes one of
    `cls_to_become`, if that is set.

    An optimizer of its parameters may be made before that call.

    >>> from mytorch import nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(Tensor.ones(4, 3)).shape, layer
    ((4, 2), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become: type[Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not getattr(self, "_is_initialized", False):
            self.initialize_parameters(*args, **kwargs)
            if self.has_uninitialized_params():
                raise UninitializedError(
                    f"{type(self).__name__}.initialize_parameters left some without a shape"
                )
            if self.cls_to_become is None:
                self._is_initialized = True
            else:
                self.__class__ = self.cls_to_become
        return Module.__call__(self, *args, **kwargs)  # `super` knows the class before

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materialises the parameters for the arguments of a call."""
        raise NotImplementedError(f"{type(self).__name__} needs a method initialize_parameters")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(is_lazy(tensor) for _, tensor in own_tensors(self))

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        *rest: Any,
    ) -> None:
        waiting = []
        for name, tensor in own_tensors(self):
            key = prefix + name
            if isinstance(tensor, _Uninitialized) and key in state_dict:
                if is_lazy(state_dict[key]):
                    waiting.append(key)
                    del state_dict[key]
                else:
                    tensor.materialize(state_dict[key].shape)
        options = local_metadata, strict, missing_keys
        super()._load_from_state_dict(state_dict, prefix, *options, *rest)
        missing_keys[:] = [key for key in missing_keys if key not in waiting]
