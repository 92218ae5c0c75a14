"""Pruning: weights of which a mask leaves only some, computed before each run of their module.

The parameter `weight` becomes `weight_orig`, the mask is the buffer `weight_mask`, and `weight` is
their product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from mytorch._checks import kind_of
from mytorch._shapes import normalize_axis
from mytorch.errors import ShapeError
from mytorch.grad_mode import no_grad
from mytorch.linalg import vector_norm
from mytorch.nn._hooks import Handle
from mytorch.nn.module import Module
from mytorch.nn.utils.convert_parameters import parameters_to_vector
from mytorch.ops._operands import data_of
from mytorch.ops.creation import ones_like, zeros_like
from mytorch.ops.draws import rand, rand_like
from mytorch.ops.scans import topk
from mytorch.tensor import Tensor

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]

M = TypeVar("M", bound=Module)


class BasePruningMethod:
    """What ways of pruning have in common: a subclass says in `compute_mask` which numbers stay,
    and in `PRUNING_TYPE` of which it is asked where some are pruned already: "unstructured" of
    those that are left, "structured" of the channels that are left along its `dim`, "global" of
    all.

    >>> from mytorch import nn
    >>> class EverySecond(BasePruningMethod):
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> layer = nn.Linear(2, 2)
    >>> method = EverySecond.apply(layer, "weight")
    >>> layer.weight_mask
    tensor([[0., 1.],
            [0., 1.]])
    """

    PRUNING_TYPE: ClassVar[str] = "unstructured"
    _tensor_name: str

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, of the shape of `t`, the numbers by which it is chosen, and of the mask so
        far."""
        raise NotImplementedError("a pruning method needs a method compute_mask(t, default_mask)")

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Module) -> Tensor:
        """The tensor, of what it was and the mask."""
        mask: Tensor = getattr(module, f"{self._tensor_name}_mask")
        original: Tensor = getattr(module, f"{self._tensor_name}_orig")
        return original * mask.to(original.dtype)

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:
        """Prunes the tensor `name` of the module, by its own numbers or by `importance_scores` of
        its shape. Returns the hook: the method, or a `PruningContainer` of this one and those
        before.

        Raises ShapeError for scores of another shape.
        """
        tensor = getattr(module, name)
        scores = tensor if importance_scores is None else importance_scores
        if scores.shape != tensor.shape:
            raise ShapeError(
                f"prune: expected importance scores of the shape {tensor.shape} of {name!r}, got "
                f"{scores.shape}"
            )
        hook: BasePruningMethod = cls(*args, **kwargs)
        hook._tensor_name = name
        key = _key_of(module, name)
        hooks: Any = module._forward_pre_hooks
        if key is None:
            mask = hook.compute_mask(scores.detach(), ones_like(scores.detach()))
            delattr(module, name)
            module.register_parameter(f"{name}_orig", tensor)
        else:
            before = hooks[key].function
            container = PruningContainer(*before) if isinstance(before, PruningContainer) else None
            container = container or PruningContainer(before)
            container.add_pruning_method(hook)
            known = getattr(module, f"{name}_mask").detach().to(scores.dtype)
            hook, mask = container, container.compute_mask(scores.detach(), known)
            Handle(hooks, key).remove()
        module.register_buffer(f"{name}_mask", mask)
        hook(module, None)
        module.register_forward_pre_hook(hook)
        return hook

    def prune(
        self,
        t: Tensor,
        default_mask: Tensor | None = None,
        importance_scores: Tensor | None = None,
    ) -> Tensor:
        """`t` pruned, with no module about it.

        >>> L1Unstructured(amount=2).prune(Tensor([1.0, -3.0, 2.0]))
        tensor([ 0., -3.,  0.])
        """
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise ShapeError(
                f"prune: expected importance scores of the shape {t.shape}, got {scores.shape}"
            )
        known = ones_like(t.detach()) if default_mask is None else default_mask
        return t * self.compute_mask(scores.detach(), known)

    def remove(self, module: Module) -> None:
        """Makes the tensor a parameter again, with the zeros in it. The hook stays."""
        name = self._tensor_name
        pruned, original = self.apply_mask(module), getattr(module, f"{name}_orig")
        with no_grad():
            original.copy_(pruned)
        for part in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, part)
        module.register_parameter(name, original)


class PruningContainer(BasePruningMethod):
    """Ways of pruning one after another: each takes from what those before have left.

    >>> from mytorch import nn
    >>> layer = nn.Linear(3, 2)
    >>> first = L1Unstructured.apply(layer, "weight", amount=1)
    >>> both = L1Unstructured.apply(layer, "weight", amount=2)
    >>> len(both), int((layer.weight == 0).sum())
    (2, 3)
    """

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Adds a way. Raises TypeError if it is none, ValueError if it prunes another tensor."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"prune: expected a pruning method, got {kind_of(method)}")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"prune: expected a method for the tensor {self._tensor_name!r}, got one for "
                f"{method._tensor_name!r}"
            )
        self._pruning_methods = (*self._pruning_methods, method)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, with what the last way takes away of the rest."""
        method, mask = self._pruning_methods[-1], default_mask.clone()
        left: Any
        if method.PRUNING_TYPE == "unstructured":
            left = mask == 1
        elif method.PRUNING_TYPE == "structured":
            axis = normalize_axis(getattr(method, "dim", 0), t.ndim, "prune")
            others = tuple(other for other in range(t.ndim) if other != axis)
            left = (*[slice(None)] * axis, mask.sum(dim=others) != 0)
        elif method.PRUNING_TYPE == "global":
            left = ...
        else:
            raise ValueError(
                "prune: expected PRUNING_TYPE to be 'unstructured', 'structured' or 'global', got "
                f"{method.PRUNING_TYPE!r}"
            )
        mask[left] = method.compute_mask(t[left], mask[left]).to(mask.dtype)
        return mask


class Identity(BasePruningMethod):
    """Prunes nothing: the tensor has its mask, of ones.

    >>> Identity().prune(Tensor([1.0, -3.0]))
    tensor([ 1., -3.])
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far."""
        return default_mask


class _Amount(BasePruningMethod):
    """A way that prunes an amount: a number of entries or channels, or their share as a float."""

    def __init__(self, amount: float) -> None:
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            raise TypeError(f"prune: expected an int or a float as amount, got {kind_of(amount)}")
        if amount < 0 or (isinstance(amount, float) and not amount <= 1.0):
            raise ValueError(
                f"prune: expected an amount of at least 0, as a float at most 1.0, got {amount}"
            )
        self.amount = amount

    def _kept(self, size: int) -> int:
        """How many of so many stay."""
        if isinstance(self.amount, int) and self.amount > size:
            raise ValueError(
                f"prune: expected an amount of at most {size}, as many as there are, got "
                f"{self.amount}"
            )
        return size - (self.amount if isinstance(self.amount, int) else round(self.amount * size))


class _Unstructured(_Amount):
    def _masked(self, scores: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the entries of the least scores."""
        size = scores.numel()
        gone = topk(scores.reshape(-1), size - self._kept(size), largest=False).indices
        return default_mask.reshape(-1).index_fill(0, gone, 0).reshape(default_mask.shape)


class RandomUnstructured(_Unstructured):
    """Prunes an amount of the entries, by chance.

    >>> int((RandomUnstructured(amount=0.5).prune(Tensor([1.0, -3.0, 2.0, 4.0])) == 0).sum())
    2
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, without as many of its entries."""
        return self._masked(rand_like(t), default_mask)


class L1Unstructured(_Unstructured):
    """Prunes an amount of the entries, those of the least sizes.

    >>> L1Unstructured(amount=1).prune(Tensor([1.0, -3.0, 2.0]))
    tensor([ 0., -3.,  2.])
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, without as many of its entries."""
        return self._masked(t.abs(), default_mask)


class _Structured(_Amount):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, without as many of its channels."""
        if t.ndim < 2:
            raise ValueError(
                "prune: expected a tensor of at least 2 axes, whose channels can be pruned, got "
                f"shape {t.shape}; prune its entries, as by l1_unstructured"
            )
        axis = normalize_axis(self.dim, t.ndim, "prune")
        kept = topk(self._scores(t, axis), self._kept(t.shape[axis])).indices
        return zeros_like(default_mask).index_fill(axis, kept, 1) * default_mask

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        """A number for each channel, of which the largest stay."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes an amount of the channels along the axis `dim`, by chance.

    >>> pruned = RandomStructured(amount=1, dim=0).prune(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    >>> sorted((pruned == 0).sum(1).tolist())
    [0, 2]
    """

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        return rand(t.shape[axis])


class LnStructured(_Structured):
    """Prunes an amount of the channels along the axis `dim`, those of the least `n`-norms ("fro" is
    2).

    >>> LnStructured(amount=1, n=2, dim=0).prune(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[0., 0.],
            [3., 4.]])
    """

    def __init__(self, amount: float, n: float | str, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        others = tuple(other for other in range(t.ndim) if other != axis)
        return vector_norm(t, 2.0 if self.n == "fro" else self.n, others)  # type: ignore[arg-type]


class CustomFromMask(BasePruningMethod):
    """Prunes what a mask says, of the tensor's shape, by its zeros.

    >>> CustomFromMask(Tensor([0, 1, 1])).prune(Tensor([1.0, -3.0, 2.0]))
    tensor([ 0., -3.,  2.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, times that one. Raises ShapeError if they differ in shape."""
        if data_of("prune", self.mask).shape != default_mask.shape:
            raise ShapeError(
                f"prune: expected a mask of the tensor's shape {default_mask.shape}, got "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(default_mask.dtype)


def identity(module: M, name: str) -> M:
    """Gives the tensor a mask of ones. Returns the module.

    >>> from mytorch import nn
    >>> identity(nn.Linear(3, 2), "bias").bias_mask
    tensor([1., 1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Prunes entries of the tensor `name` by chance: so many for an int, this share of them for a
    float. Returns the module.

    >>> from mytorch import nn
    >>> random_unstructured(nn.Linear(3, 2), "weight", amount=0.5).weight_mask.sum()
    tensor(3.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: M, name: str, amount: float, importance_scores: Tensor | None = None
) -> M:
    """Prunes the entries of the tensor `name` that have the least sizes, or sizes of
    `importance_scores`: so many for an int, this share of them for a float. Returns the module.

    >>> from mytorch import nn
    >>> layer = l1_unstructured(nn.Linear(3, 2), "weight", amount=0.5)
    >>> int((layer.weight == 0).sum()), sorted(layer.state_dict())
    (3, ['bias', 'weight_mask', 'weight_orig'])
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Prunes channels along the axis `dim` of the tensor `name` by chance. Returns the module.

    >>> from mytorch import nn
    >>> layer = random_structured(nn.Linear(3, 2), "weight", amount=1, dim=0)
    >>> sorted(layer.weight_mask.sum(1).tolist())
    [0.0, 3.0]
    """
    RandomStructured.apply(module, name, amount, dim=dim)
    return module


def ln_structured(
    module: M,
    name: str,
    amount: float,
    n: float | str,
    dim: int,
    importance_scores: Tensor | None = None,
) -> M:
    """Prunes the channels along the axis `dim` of the tensor `name` that have the least `n`-norms,
    or norms of `importance_scores`. Returns the module.

    >>> from mytorch import nn
    >>> layer = ln_structured(nn.Linear(3, 2), "weight", amount=1, n=2, dim=0)
    >>> sorted(layer.weight_mask.sum(1).tolist())
    [0.0, 3.0]
    """
    LnStructured.apply(module, name, amount, n, dim=dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prunes the tensor `name` by a mask of its shape, of zeros and ones. Returns the module.

    >>> from mytorch import nn
    >>> custom_from_mask(nn.Linear(3, 2), "bias", Tensor([0.0, 1.0])).bias_mask
    tensor([0., 1.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: Mapping[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prunes entries of several tensors as if they were one. `importance_scores` are those of some
    pairs of a module and a name; `kwargs` are the method's.

    Raises TypeError for a method that prunes channels.

    >>> from mytorch import nn
    >>> model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    >>> pairs = [(layer, "weight") for layer in model]
    >>> global_unstructured(pairs, L1Unstructured, amount=3)
    >>> sum(int((layer.weight == 0).sum()) for layer in model)
    3
    """
    pairs, given = list(parameters), importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            "global_unstructured: expected a method whose PRUNING_TYPE is 'unstructured', got "
            f"{pruning_method.__name__}, of {method.PRUNING_TYPE!r}"
        )
    tensors = [getattr(module, name).detach() for module, name in pairs]
    known = [
        getattr(module, f"{name}_mask", None) if _key_of(module, name) is not None else None
        for module, name in pairs
    ]
    masks = [ones_like(t) if mask is None else mask for t, mask in zip(tensors, known, strict=True)]
    scores = [given.get(pair, t).detach() for pair, t in zip(pairs, tensors, strict=True)]
    method._tensor_name = "all"
    flat = [parameters_to_vector(each) for each in (scores, masks)]
    whole, start = PruningContainer(method).compute_mask(*flat), 0
    for (module, name), tensor in zip(pairs, tensors, strict=True):
        part = whole[start : start + tensor.numel()].reshape(tensor.shape)
        start += tensor.numel()
        custom_from_mask(module, name, part)


def remove(module: M, name: str) -> M:
    """Makes the tensor `name` a parameter again, with its zeros, and prunes it no more. Returns the
    module. Raises ValueError if it is not pruned.

    >>> from mytorch import nn
    >>> layer = l1_unstructured(nn.Linear(3, 2), "weight", amount=2)
    >>> int((remove(layer, "weight").weight == 0).sum()), sorted(layer.state_dict())
    (2, ['bias', 'weight'])
    """
    key = _key_of(module, name)
    if key is None:
        raise ValueError(f"prune: {name!r} of {module} is not pruned; see is_pruned")
    hooks: Any = module._forward_pre_hooks
    hooks[key].function.remove(module)
    Handle(hooks, key).remove()
    return module


def is_pruned(module: Module) -> bool:
    """Whether a tensor of the module, or of one in it, is pruned.

    >>> from mytorch import nn
    >>> layer = nn.Linear(3, 2)
    >>> is_pruned(layer), is_pruned(nn.Sequential(identity(layer, "bias")))
    (False, True)
    """
    return any(
        isinstance(hook.function, BasePruningMethod)
        for part in module.modules()
        for hook in part._forward_pre_hooks.values()
    )


def _key_of(module: Module, name: str) -> int | None:
    """The key of the hook that prunes the tensor, if there is one."""
    for key, hook in module._forward_pre_hooks.items():
        method = hook.function
        if isinstance(method, BasePruningMethod) and method._tensor_name == name:
            return key
    return None
