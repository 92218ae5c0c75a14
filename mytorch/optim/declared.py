"""DeclaredOptimizer: the base of optimizers whose constructor is made of their options."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, dataclass_transform

from mytorch.optim.optimizer import Optimizer, ParamsT
from mytorch.optim.options import Option, option

__all__ = ["DeclaredOptimizer"]


@dataclass_transform(eq_default=False, field_specifiers=(option,))
class _Fields:
    """For type checkers: annotated options of the classes below are arguments."""


class DeclaredOptimizer(_Fields, Optimizer):
    """An optimizer that declares its options in its body: `lr: float = option(default=0.1)`.

    Its constructor takes the parameters and then the options, those of its base first, as that of a
    dataclass does.
    """

    if TYPE_CHECKING:
        _given: ParamsT = option(alias="params")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "__init__" not in own and any(isinstance(value, Option) for value in own.values()):
            cls.__init__ = _constructor(cls)  # type: ignore[method-assign]

    def _begin_with(self, params: ParamsT, options: dict[str, Any]) -> None:
        """What the constructor does with its arguments."""
        Optimizer.__init__(self, params, options)


def _constructor(cls: type) -> Callable[..., None]:
    """The `__init__` of a class with these options."""
    found: dict[str, Option] = {}
    types: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        options = {name: value for name, value in vars(base).items() if isinstance(value, Option)}
        found |= options
        types |= {name: base.__annotations__[name] for name in options}
    arguments = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY if option.kw_only else Parameter.POSITIONAL_OR_KEYWORD,
            default=option.default,
            annotation=types[name],
        )
        for name, option in found.items()
        if option.init
    ]
    first = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", "params")]
    arguments.sort(key=lambda argument: argument.kind)
    signature = Signature([*first, *arguments], return_annotation="None")

    def initialize(self: DeclaredOptimizer, *args: Any, **kwargs: Any) -> None:
        try:
            given = signature.bind(self, *args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{cls.__name__}: {error}") from None
        options = {name: given.get(name, option.default) for name, option in found.items()}
        self._begin_with(given["params"], options)

    initialize.__signature__ = signature  # type: ignore[attr-defined]
    initialize.__name__, initialize.__qualname__ = "__init__", f"{cls.__qualname__}.__init__"
    initialize.__module__ = cls.__module__
    return initialize
