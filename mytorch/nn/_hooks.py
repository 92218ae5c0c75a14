"""Hooks of modules: what is called before and after `forward`, in backward, and around states."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from mytorch._checks import kind_of, option
from mytorch._replaced import replaced
from mytorch.grad_mode import is_recording
from mytorch.memory import tick
from mytorch.observe import around_calls
from mytorch.ops.creation import zeros_like
from mytorch.ops.joining import cat
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.nn.module import Module

__all__ = ["OF_ALL", "Handle", "Hooks", "called", "register", "register_for_all", "registered"]


class Hook(NamedTuple):
    """A function, and how it is called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


class Hooks(OrderedDict[int, Hook]):
    """The hooks of one kind of a module, by number, in the order in which they are called.

    The numbers of all that are not empty are in `around_calls`: without one a call has nothing to
    look for.
    """

    def __init__(self) -> None:
        super().__init__()
        around_calls.add(id(self))

    # At the interpreter's end a global may be None before this is called.
    def __del__(self, around_calls: set[int] = around_calls) -> None:
        around_calls.discard(id(self))

    def add(self, hook: Hook, first: bool) -> Handle:
        """Adds a hook, first or last."""
        around_calls.add(id(self))
        number = tick()
        self[number] = hook
        if first:
            self.move_to_end(number, last=False)
        return Handle(self, number)

    def take_away(self, number: int) -> None:
        """Takes a hook away that may be gone."""
        self.pop(number, None)
        if not self:
            around_calls.discard(id(self))


class HooksOfAll(Hooks):
    """The hooks of one kind that all modules have. A program was recorded without those that come,
    and with those that go: no replay stands for either."""

    def __init__(self) -> None:
        super().__init__()
        around_calls.discard(id(self))

    def add(self, hook: Hook, first: bool) -> Handle:
        """As of one module's."""
        replaced[0] += 1
        return super().add(hook, first)

    def take_away(self, number: int) -> None:
        """As of one module's."""
        replaced[0] += 1
        super().take_away(number)


# Around calls, by the names of the kinds of a module's own, which are called after these; and when
# something is registered, by the names of the registries.
AROUND = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
OF_ALL = {kind: HooksOfAll() for kind in (*AROUND, "_parameters", "_modules", "_buffers")}


class Handle:
    """What registering a hook returns. Also takes the hook away at the end of a with-block."""

    def __init__(self, hooks: Hooks, number: int) -> None:
        self._table, self._number = hooks, number

    def remove(self) -> None:
        """Takes the hook away."""
        self._table.take_away(self._number)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register(
    module: Module,
    kind: str,
    hook: Callable[..., Any],
    *,
    prepend: bool = False,
    with_kwargs: bool = False,
    always_call: bool = False,
) -> Handle:
    """Adds a hook to those of a kind, `_forward_hooks` or another, last or (`prepend`) first."""
    made = _checked_hook(type(module).__name__, hook, with_kwargs, always_call)
    first = option("register", "prepend", prepend)
    hooks: Hooks | None = vars(module).get(kind)
    if hooks is None:
        hooks = vars(module)[kind] = Hooks()
    return hooks.add(made, first)


def register_for_all(
    kind: str, hook: Callable[..., Any], with_kwargs: bool = False, always_call: bool = False
) -> Handle:
    """Adds a hook to those of a kind that all modules have."""
    return OF_ALL[kind].add(_checked_hook("Module", hook, with_kwargs, always_call), False)


def _checked_hook(name: str, hook: Any, with_kwargs: bool, always_call: bool) -> Hook:
    if not callable(hook):
        raise TypeError(f"{name}: a hook is a function, got {kind_of(hook)}")
    flags = {"with_kwargs": with_kwargs, "always_call": always_call}
    return Hook(hook, *(option("register", *flag) for flag in flags.items()))


def registered(module: Module, registry: str, name: str, value: Any) -> Any:
    """What is to be registered, after the hooks of all modules."""
    for hook in tuple(OF_ALL[registry].values()):
        found = hook.function(module, name, value)
        value = value if found is None else found
    return value


def _all_of(module: Module, kind: str) -> list[Hook]:
    return [*OF_ALL[kind].values(), *getattr(module, kind).values()]


def called(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a call of the module gives, its hooks called around `forward`."""
    after = _all_of(module, "_forward_hooks")
    result = None
    try:
        args, kwargs = _before(module, args, kwargs)
        backward = None
        if _all_of(module, "_backward_hooks") or _all_of(module, "_backward_pre_hooks"):
            backward = _Backward(module)
            args = backward.inputs(args)
        result = module.forward(*args, **kwargs)
        while after:
            result = _after(module, after.pop(0), args, kwargs, result)
        return result if backward is None else backward.outputs(result)
    except Exception:
        for hook in after:
            if hook.always_call:
                try:
                    result = _after(module, hook, args, kwargs, result)
                except Exception as error:
                    warnings.warn(
                        f"a hook of {type(module).__name__} raised {error!r}, after another error",
                        stacklevel=4,
                    )
        raise


def _before(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook in _all_of(module, "_forward_pre_hooks"):
        if hook.with_kwargs:
            both = hook.function(module, args, kwargs)
            if both is not None:
                if not isinstance(both, tuple) or len(both) != 2:
                    raise RuntimeError(
                        "a forward pre-hook with_kwargs returns None or (args, kwargs), got "
                        f"{both!r:.80}"
                    )
                args, kwargs = both
        else:
            found = hook.function(module, args)
            if found is not None:
                args = found if isinstance(found, tuple) else (found,)
    return args, kwargs


def _after(
    module: Module, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    given = (args, kwargs, result) if hook.with_kwargs else (args, result)
    found = hook.function(module, *given)
    return result if found is None else found


class _Backward:
    """One call of a module that has backward hooks: where its gradients go through."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.arguments = 0
        self.entered = False
        # None until the gradients of the outputs came. What reaches the inputs before, in a
        # second derivative, is not the module's.
        self.grad_output: tuple[Any, ...] | None = None

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, past where the backward hooks are called."""
        self.arguments = len(args)
        found = _watched(args, self._leave)
        self.entered = found is not None
        return args if found is None else found

    def outputs(self, result: Any) -> Any:
        """The result, past where the backward pre-hooks are called."""
        if isinstance(result, Tensor):
            found = _watched((result,), self._enter)
            return result if found is None else found[0]
        if isinstance(result, tuple):
            return _watched(result, self._enter) or result
        warnings.warn(
            f"{type(self.module).__name__}: backward hooks need a Tensor or a tuple of Tensors as "
            f"the result, got {kind_of(result)}; they are not called",
            stacklevel=5,
        )
        return result

    def _enter(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in _all_of(self.module, "_backward_pre_hooks"):
            gradients = _checked("pre-hook", gradients, hook.function(self.module, gradients))
        self.grad_output = gradients
        if not self.entered:
            self._leave((None,) * self.arguments)
        return gradients

    def _leave(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_output is not None:
            for hook in _all_of(self.module, "_backward_hooks"):
                found = hook.function(self.module, gradients, self.grad_output)
                gradients = _checked("hook", gradients, found)
            self.grad_output = None
        return gradients


def _checked(what: str, gradients: tuple[Any, ...], found: Any) -> tuple[Any, ...]:
    if found is None:
        return gradients
    given = found if isinstance(found, tuple) else (found,)
    if len(given) != len(gradients):
        raise RuntimeError(
            f"a backward {what} returned {len(given)} gradients, expected {len(gradients)}"
        )
    return given


def _watched(
    values: Sequence[Any], hook: Callable[[tuple[Any, ...]], tuple[Any, ...]]
) -> tuple[Any, ...] | None:
    """The values, with nodes of their own for the tensors that need a gradient; the hook is called
    with these gradients, 0 for other tensors and None for what is none, as soon as all are there.
    None if no value needs one."""
    places = [place for place, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not places or not is_recording():
        return None
    tensors: list[Tensor] = [values[place] for place in places]
    shapes = [tensor.shape for tensor in tensors]
    if len(tensors) == 1:
        whole = tensors[0].view_as(tensors[0])
        parts = [whole]
    else:
        # The gradient of what is in one tensor comes at once.
        whole = cat([tensor.reshape(-1) for tensor in tensors])
        kinds = [tensor.dtype for tensor in tensors]
        parts = [part.to(kind) for part, kind in zip(_split(whole, shapes), kinds, strict=True)]

    def receive(gradient: Tensor) -> Tensor | None:
        found = [zeros_like(x) if isinstance(x, Tensor) else None for x in values]
        given = [gradient] if len(parts) == 1 else list(_split(gradient, shapes))
        for place, part in zip(places, given, strict=True):
            found[place] = part
        replaced = hook(tuple(found))
        if all(one is other for one, other in zip(replaced, found, strict=True)):
            return None
        changed = [replaced[place] for place in places]
        return changed[0] if len(parts) == 1 else cat([part.reshape(-1) for part in changed])

    whole.register_hook(receive)
    result = list(values)
    for place, part in zip(places, parts, strict=True):
        result[place] = part
    return tuple(result)


def _split(whole: Tensor, shapes: list[tuple[int, ...]]) -> Iterator[Tensor]:
    start = 0
    for shape in shapes:
        end = start + prod(shape)
        yield whole[start:end].reshape(shape)
        start = end
