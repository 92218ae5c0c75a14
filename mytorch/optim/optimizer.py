"""Optimizer: the base of everything that updates parameters from their gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from mytorch._checks import kind_of
from mytorch.grad_mode import enable_grad
from mytorch.tensor import Tensor, zero_grads

__all__ = ["Optimizer", "Option", "require"]


class Optimizer:
    """Holds the parameters to update: subclasses define `step`.

    Arguments:
        params: Tensors, or groups of them: dicts {"params": Tensors, option: value ...}, whose
            options are used in place of the defaults. For Tensors may stand pairs (name, Tensor)
            as of `named_parameters()`; the group then has "param_names" too.
        defaults: the options of every group that does not name them.

    Attributes: `params`, the list of all parameters; `param_groups`, the list of the groups,
    whose options may be changed between steps; `defaults`; `state`, what is remembered of each
    parameter, a dict for each, in the dtype that it had when it was given: convert a model, as by
    `model.to(dtype)`, before its optimizer is made.

    Raises ValueError for no parameters, one given twice (PyTorch only warns if it is in one
    group) or a tensor that is not a leaf, and TypeError for what is no Tensor.

    >>> import numpy as np
    >>> class SignDescent(Optimizer):
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for param in group["params"]:
    ...                 param.data -= group["lr"] * np.sign(param.grad.data)
    >>> w, b = Tensor([1.0], is_parameter=True), Tensor([1.0], is_parameter=True)
    >>> optimizer = SignDescent([{"params": [w]}, {"params": [b], "lr": 0.5}], {"lr": 0.1})
    >>> (w + b).backward()
    >>> optimizer.step()
    >>> w.data, b.data
    (array([0.9]), array([0.5]))
    """

    # The entries of a state that have their parameter's shape.
    _shaped: frozenset[str] = frozenset()

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "Optimizer: expected an iterable of Tensors, got one Tensor; wrap it: [p]"
            )
        self.defaults = dict(defaults or {})
        self.params: list[Tensor] = []
        self.param_groups: list[dict[str, Any]] = []
        self._state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        given: list[Any] = list(params)
        if not given:
            raise ValueError("Optimizer: got no parameters; pass model.parameters()")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """What is remembered of each parameter; subclasses may keep theirs in it."""
        return self._state

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group {"params": Tensors, option: value ...}, also in the midst of training.

        Raises as the constructor does, and KeyError for a group without "params".
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"Optimizer: expected a group as a dict, got {kind_of(param_group)}")
        if "params" not in param_group:
            raise KeyError(f"Optimizer: a group needs 'params', got only {list(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("Optimizer: a set has no fixed order; give the parameters as a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        names = None
        if params and all(isinstance(param, tuple) and len(param) == 2 for param in params):
            names, params = map(list, zip(*params, strict=True))
        known = {id(param) for param in self.params}
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    f"Optimizer: expected Tensors as parameters, got {kind_of(param, Tensor)}"
                )
            if not param.is_leaf:
                raise ValueError(
                    f"Optimizer: a parameter of shape {param.shape} is the result of an "
                    "operation; only leaves can be optimized"
                )
            if id(param) in known:
                raise ValueError(
                    f"Optimizer: a parameter of shape {param.shape} was given twice; it would "
                    "be updated twice"
                )
            known.add(id(param))
        options = {**self.defaults, **param_group}
        group = {
            name: value.data if isinstance(value, Tensor) else value
            for name, value in options.items()
        } | {"params": params}
        if names is not None:
            group["param_names"] = names
        self._check(group)
        self.param_groups.append(group)
        self.params += params
        self._start(group)

    def _check(self, group: dict[str, Any]) -> None:
        """Raises ValueError for options out of their range."""

    def _start(self, group: dict[str, Any]) -> None:
        """Prepares what is to be remembered of a new group's parameters."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient, in place and outside the graph.

        `closure`, if given, is called first: it computes the loss and the gradients anew.
        Returns the loss that it returned, or None.
        """
        if closure is None:
            self._update()
            return None
        with enable_grad():
            loss = closure()
        self._update()
        return loss

    def _update(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} needs a method step(self)")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients: sets every `.grad` to None, or fills it with zeros."""
        zero_grads(self.params, set_to_none)

    # ----------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """What training needs to go on: {"state": {number: dict}, "param_groups": [dict]}.

        Parameters are replaced by their numbers, in the order of `params`; tensors share their
        data with the optimizer: store them or copy them before the next step.
        """
        numbers = {id(param): number for number, param in enumerate(self.params)}
        return {
            "state": {numbers[id(param)]: dict(kept) for param, kept in self.state.items()},
            "param_groups": [
                {**group, "params": [numbers[id(param)] for param in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from a `state_dict` of an optimizer of the same groups; copies what it needs.

        Raises ValueError if the number of groups or of parameters in one differs, or a shape
        or an option does not fit; nothing is loaded then.
        """
        name = type(self).__name__
        groups = state_dict["param_groups"]
        found = [len(group["params"]) for group in groups]
        expected = [len(group["params"]) for group in self.param_groups]
        if found != expected:
            raise ValueError(
                f"{name}.load_state_dict: expected groups of {expected} parameters, got {found}"
            )
        numbers = [number for group in groups for number in group["params"]]
        kept = [deepcopy(state_dict["state"].get(number, {})) for number in numbers]
        for param, entries in zip(self.params, kept, strict=True):
            for entry in self._shaped & entries.keys():
                shape = entries[entry].shape
                if shape != param.shape:
                    raise ValueError(
                        f"{name}.load_state_dict: {entry!r} of a parameter of shape "
                        f"{param.shape} has shape {shape}"
                    )
        options = [deepcopy({**group, "params": []}) for group in groups]
        for option in options:
            self._check(option)
        for group, option in zip(self.param_groups, options, strict=True):
            group.update({**option, "params": group["params"]})
        self._recall(kept)

    def _recall(self, kept: list[dict[str, Any]]) -> None:
        """Sets what is remembered of each parameter."""
        self._state.clear()
        self._state.update(
            (param, entries) for param, entries in zip(self.params, kept, strict=True) if entries
        )

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


class Option:
    """An option of the groups as an attribute of the optimizer: `optimizer.lr`.

    Raises AttributeError where the groups have different values: no one number is right then.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        if optimizer is None:
            return self
        first, *others = (group[self.name] for group in optimizer.param_groups)
        if any(other is not first and other != first for other in others):
            raise AttributeError(
                f"{type(optimizer).__name__}.{self.name}: the groups have different ones, "
                f"{[first, *others]}; use optimizer.param_groups[i][{self.name!r}]"
            )
        return first

    def __set__(self, optimizer: Any, value: Any) -> None:
        self.__get__(optimizer, type(optimizer))
        for group in optimizer.param_groups:
            group[self.name] = value


def require(optimizer: Optimizer, group: Mapping[str, Any], *names: str) -> None:
    """Raises ValueError unless all of these options are at least 0."""
    for name in names:
        if not group[name] >= 0:
            raise ValueError(f"{type(optimizer).__name__}: expected {name} >= 0, got {group[name]}")
