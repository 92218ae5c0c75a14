"""What may be given as parameters, and lists that refuse to be edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from mytorch._checks import kind_of
from mytorch.errors import DtypeError
from mytorch.tensor import Tensor

__all__ = ["FixedList", "JoinedParameters", "as_list", "require_optimizable"]

T = TypeVar("T")


class FixedList(list[T]):
    """A list that refuses what would not reach the optimizer. Copies of it do not."""

    cure = ""

    def __reduce__(self) -> Any:
        return list, ([*self],)


def _refuse(self: FixedList[Any], *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError(self.cure)


for _name in (
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("__setitem__", "__delitem__", "__iadd__", "__imul__"),
):
    setattr(FixedList, _name, _refuse)


class JoinedParameters(FixedList[Tensor]):
    """The parameters of several groups, or of none."""

    cure = (
        "Optimizer.params: there is not one group whose list this would be; edit "
        "optimizer.param_groups[i]['params']"
    )


def as_list(params: Any) -> list[Any]:
    """What was given as parameters, in a new list. Raises TypeError for what has no order."""
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, (set, frozenset)):
        raise TypeError("Optimizer: a set has no fixed order; give the parameters as a list")
    if (
        isinstance(params, Mapping)
        or hasattr(params, "parameters")
        or not hasattr(params, "__iter__")
    ):
        raise TypeError(
            f"Optimizer: expected an iterable of Tensors, got {kind_of(params)}{_cure_for(params)}"
        )
    return list(params)


def require_optimizable(params: Iterable[Any]) -> None:
    """Raises TypeError or ValueError unless each is a leaf, of floats if it is trained, and
    another than those before."""
    known: set[int] = set()
    for param in params:
        if not isinstance(param, Tensor):
            raise TypeError(
                f"Optimizer: expected Tensors as parameters, got {kind_of(param, Tensor)}"
                f"{_cure_for(param)}"
            )
        if not param.is_leaf:
            raise ValueError(
                f"Optimizer: a parameter of shape {param.shape} is the result of an "
                "operation; only leaves can be optimized: detach() it first"
            )
        if param.requires_grad and param.dtype.kind != "f":
            raise DtypeError(
                f"Optimizer: a parameter of dtype {param.dtype} cannot move by fractions; "
                "make it of a floating dtype"
            )
        if id(param) in known:
            raise ValueError(
                f"Optimizer: a parameter of shape {param.shape} was given twice; it would "
                "be updated twice"
            )
        known.add(id(param))


def _cure_for(thing: Any) -> str:
    """What was probably meant."""
    if hasattr(thing, "parameters"):
        return "; pass model.parameters()"
    if isinstance(thing, Mapping):
        group = "params" in thing
        return "; pass a list of such groups: [group]" if group else "; pass model.parameters()"
    if callable(thing):
        return f"; call it: {getattr(thing, '__name__', 'parameters')}()"
    return ""
