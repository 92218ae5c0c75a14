"""Optimizer: the base of everything that updates parameters from their gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy, deepcopy
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from mytorch._checks import kind_of
from mytorch._replaced import WatchedABC
from mytorch.grad_mode import enable_grad
from mytorch.observe import observed, tell
from mytorch.optim.options import Option
from mytorch.optim.parameters import JoinedParameters, as_list, require_optimizable
from mytorch.tensor import Tensor, zero_grads

__all__ = ["Optimizer", "ParamsT"]

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[dict[str, Any]]


class Optimizer(metaclass=WatchedABC):
    """Holds the parameters to update: subclasses define `step`.

    Arguments:
        params: Tensors, or groups of them: dicts {"params": Tensors, option: value ...}, whose
            options are used in place of the defaults. For Tensors may stand pairs (name, Tensor)
            as of `named_parameters()`; the group then has "param_names" too.
        defaults: the options of every group that does not name them.

    Each optimizer has its own options, and most have these:
        lr: the rate, a number or a Tensor of one number.
        weight_decay: adds weight_decay * W to the gradient of a parameter W; with
            `decoupled_weight_decay`, W = W - lr * weight_decay * W comes first in its place.
        maximize: takes the gradient's opposite, before the weight decay.
        foreach, fused: accepted, for they are ways to compute the same.
        capturable, differentiable: refused, by NotImplementedError: there are no CUDA graphs, and
            a step is not recorded.
    An option that is no number where one is expected raises TypeError, one that is out of its
    range, as a negative rate, ValueError.

    Attributes: the options, those of all groups; `params`, the list of all parameters;
    `param_groups`, the list of the groups; `defaults`, for groups to come; `state`, what is
    remembered of each parameter, a dict for each.

    All of them may be edited between steps: parameters replaced, taken out, added, moved to
    another group, options changed, states written to or deleted. What is remembered goes with the
    parameter, also while it is in no group, and follows when its data takes another dtype. With
    another shape the step is refused (ShapeError) until its state is deleted.

    Raises ValueError for no parameters, one given twice (PyTorch only warns if it is in one
    group) or a tensor that is not a leaf, and TypeError for what is no Tensor, a set of them
    (PyTorch refuses it in a group only) or a parameter of integers.

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

    def __init__(
        self,
        params: ParamsT,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "Optimizer: expected an iterable of Tensors, got one Tensor; wrap it: [p]"
            )
        self.defaults = dict(defaults or {})
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Any, Any] = defaultdict(dict)
        given = as_list(params)
        if not given:
            raise ValueError(
                "Optimizer: got no parameters; pass model.parameters(), called anew for each "
                "optimizer, for it can be gone through once"
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def params(self) -> list[Tensor]:
        """All parameters, group after group; assigning replaces those of the one group.

        With one group it is the group's own list: to edit it is to edit the group. The list of
        several groups refuses to be edited, for no one could tell which group is meant.
        """
        lists = [self._listed(group) for group in self.param_groups]
        return lists[0] if len(lists) == 1 else JoinedParameters(chain.from_iterable(lists))

    @params.setter
    def params(self, params: Iterable[Tensor]) -> None:
        if len(self.param_groups) != 1:
            raise AttributeError(JoinedParameters.cure)
        self.param_groups[0]["params"] = params if isinstance(params, list) else as_list(params)

    def _listed(self, group: dict[str, Any]) -> list[Tensor]:
        """The group's parameters, in a list from now on: an iterator would be used up."""
        params = group["params"]
        if not isinstance(params, list):
            params = group["params"] = as_list(params)
        return params

    def _verify(self, groups: Iterable[dict[str, Any]]) -> None:
        """Raises as `add_param_group` does unless all groups' parameters can be optimized."""
        require_optimizable(chain.from_iterable(map(self._listed, groups)))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group {"params": Tensors, option: value ...}, also in the midst of training.

        Raises as the constructor does, and KeyError for a group without "params".
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"Optimizer: expected a group as a dict, got {kind_of(param_group)}")
        if "params" not in param_group:
            raise KeyError(f"Optimizer: a group needs 'params', got only {list(param_group)}")
        params, names = as_list(param_group["params"]), None
        named = [isinstance(param, tuple) and len(param) == 2 for param in params]
        if any(named):
            if not all(named):
                raise ValueError("Optimizer: some parameters have names; give all of them one")
            names, params = map(list, zip(*params, strict=True))
        if any(("param_names" in group) != (names is not None) for group in self.param_groups):
            raise ValueError("Optimizer: either all groups' parameters have names, or none")
        group = {**self.defaults, **param_group, "params": params}
        if names is not None:
            group["param_names"] = names
        self._verify([*self.param_groups, group])
        self._check(group)
        # The caller's dict is the group, as in PyTorch: to edit it later has its effect.
        param_group.update(group)
        self.param_groups.append(param_group)

    def _check(self, group: dict[str, Any]) -> None:
        """Raises TypeError or ValueError for options that mean nothing."""
        for name, value in group.items():
            option = getattr(type(self), name, None)
            if isinstance(option, Option) and option.check is not None:
                option.check(type(self).__name__, name, value)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient, in place and outside the graph.

        `closure`, if given, is called first: it computes the loss and the gradients anew.
        Returns the loss that it returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if observed:
            tell("updating", self)
        self._update()
        if observed:
            tell("updated", self)
        return loss

    def _update(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} needs a method step(self)")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients: sets every `.grad` to None, or fills it with zeros."""
        for group in self.param_groups:
            params = group["params"]
            if type(params) is not list:
                params = self._listed(group)
            try:
                zero_grads(params, set_to_none)
            except AttributeError:
                self._verify([group])
                raise

    # ----------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """What training needs to go on: {"state": {number: dict}, "param_groups": [dict]}.

        Parameters are replaced by their numbers, in the order of `params`, and those in no group
        are left out; tensors share their data with the optimizer: store them or copy them before
        the next step.
        """
        numbers = {id(param): number for number, param in enumerate(self.params)}
        return {
            "state": {
                numbers[id(key)] if isinstance(key, Tensor) else key: copy(kept)
                for key, kept in self._collect().items()
                if id(key) in numbers or not isinstance(key, Tensor)
            },
            "param_groups": [
                {**group, "params": [numbers[id(param)] for param in group["params"]]}
                for group in self.param_groups
            ],
        }

    def _collect(self) -> dict[Any, Any]:
        """What `state` is now."""
        return self.state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from a `state_dict` of an optimizer of the same groups; copies what it needs.

        Raises ValueError if the number of groups or of parameters in one differs, or a shape
        or an option does not fit, and KeyError for another dict; nothing is loaded then. The rate
        of a group that has a scheduler's "initial_lr" may be below 0.
        """
        name = type(self).__name__
        for part in ("state", "param_groups"):
            if part not in state_dict:
                raise KeyError(
                    f"{name}.load_state_dict: expected a dict with 'state' and 'param_groups', as "
                    f"optimizer.state_dict() returns, got one with {list(state_dict)[:5]}"
                )
        groups = state_dict["param_groups"]
        found = [len(group["params"]) for group in groups]
        expected = [len(self._listed(group)) for group in self.param_groups]
        if found != expected:
            raise ValueError(
                f"{name}.load_state_dict: expected groups of {expected} parameters, got {found}"
            )
        params = [param for group in self.param_groups for param in group["params"]]
        numbers = [number for group in groups for number in group["params"]]
        keys = dict(zip(numbers, params, strict=True))
        kept = {keys.get(key, key): deepcopy(part) for key, part in state_dict["state"].items()}
        loaded = [
            {**group, **deepcopy({**options, "params": []}), "params": group["params"]}
            for group, options in zip(self.param_groups, groups, strict=True)
        ]
        for options in loaded:
            lr: Any = options.get("lr")
            lr = lr._data if isinstance(lr, Tensor) else lr
            # Schedulers bring it below 0, by rounding (LinearLR, in PyTorch) or on purpose.
            scheduled = "initial_lr" in options and isinstance(lr, (int, float, np.ndarray))
            self._check({**options, "lr": 0.0} if scheduled and np.all(lr < 0) else options)
        before = [dict(group) for group in self.param_groups]
        try:
            for group, options in zip(self.param_groups, loaded, strict=True):
                group.update(options)
            self._recall(defaultdict(dict, kept))
        except BaseException:
            for group, options in zip(self.param_groups, before, strict=True):
                group.clear()
                group.update(options)
            raise

    def _recall(self, state: dict[Any, Any]) -> None:
        """Sets what is remembered."""
        self.state = state

    def __getstate__(self) -> dict[str, Any]:
        # What stands in the place of the method is for this object: a copy's would call it.
        return {name: value for name, value in vars(self).items() if name != "step"}

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for place, group in enumerate(self.param_groups):
            options = sorted(name for name in group if name != "params")
            lines = [
                f"Parameter Group {place}",
                *(f"    {name}: {group[name]}" for name in options),
            ]
            text += "\n" + "\n".join(lines) + "\n"
        return f"{text})"
