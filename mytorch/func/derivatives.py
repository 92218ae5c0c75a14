"""Functions that compute the derivatives of others: gradients, Jacobians, Hessians.

What is derived by may be a Tensor, or tuples, lists and dicts of Tensors, as the parameters of a
model by name; a derivative has the same form. Inside of one another they give derivatives of higher
order. A result has a graph if it depends on what requires a gradient already, and none inside
`no_grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

from mytorch import partials
from mytorch._checks import kind_of, option
from mytorch.autograd.functional import jacobian
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import enable_grad, is_recording
from mytorch.graph import AccumulateGrad
from mytorch.ops import zeros_like
from mytorch.tensor import Tensor

__all__ = ["grad", "grad_and_value", "hessian", "jacrev"]

ArgNums: TypeAlias = int | tuple[int, ...]


def grad(
    func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function of the arguments of `func`, whose result is a Tensor of shape (): the gradient by
    the argument `argnums`, for a tuple a tuple of them; 0 where nothing depends on one.

    With `has_aux` `func` returns (value, aux) and the function (gradient, aux). Raises ShapeError
    for a value of another shape, DtypeError for an argument that is not floating, RangeError for
    one that is not there.

    >>> def cube(x):
    ...     return x**3
    >>> grad(cube)(Tensor(2.0)), grad(grad(cube))(Tensor(2.0))
    (tensor(12.), tensor(12.))
    >>> def loss(parameters, x):
    ...     return (parameters["w"] * x + parameters["b"]).sum()
    >>> grad(loss)({"w": Tensor(1.0), "b": Tensor(0.0)}, Tensor([2.0, 3.0]))
    {'w': tensor(5.), 'b': tensor(2.)}
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        slopes, found = both(*args, **kwargs)
        return (slopes, found[1]) if has_aux else slopes

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """As `grad`; the function returns (gradient, value), with `has_aux` (gradient, (value, aux)).

    >>> grad_and_value(lambda x: (x * x).sum())(Tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """
    option("grad", "has_aux", has_aux)

    @wraps(func)
    def derived(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen, leaves = _chosen("grad", args, argnums)
        kept = is_recording()
        with enable_grad():
            points = tuple(
                # A view, by which the derivatives lead on to the argument.
                x.view_as(x) if kept and x.requires_grad else x.detach().requires_grad_()
                for x in leaves
            )
            found = func(*_with(args, argnums, chosen, points), **kwargs)
            value, aux = _parted("grad", found, has_aux)
            if not isinstance(value, Tensor) or value.shape:
                got = value.shape if isinstance(value, Tensor) else kind_of(value, Tensor)
                raise ShapeError(
                    f"grad: expected a function that returns a Tensor of shape (), got {got}; "
                    "jacrev is for others"
                )
            kept = kept and any(_leads_on(x, points) for x in _parts((value, aux)))
            slopes: Sequence[Any] = [zeros_like(point) for point in points]
            if value.requires_grad:
                slopes = partials.grad(value, points, None, kept, kept, True, True, True)
        result = (value, aux) if has_aux else value
        both: tuple[Any, Any] = _settled((_like(chosen, slopes), result), kept, points)
        return both

    return derived


def jacrev(
    func: Callable[..., Any],
    argnums: ArgNums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function of the arguments of `func`: the derivatives of its result by the argument
    `argnums`, of the result's shape followed by the argument's. For several results, or arguments
    (in a tuple, list or dict), that of each result by each argument.

    With `has_aux` `func` returns (result, aux) and the function (derivatives, aux). The graph is
    walked back once for each element of the results, whatever the `chunk_size`. Errors are those of
    `grad`.

    >>> jacrev(lambda x: x * x.sum())(Tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    option("jacrev", "has_aux", has_aux)

    @wraps(func)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        chosen, leaves = _chosen("jacrev", args, argnums)
        kept = is_recording()
        seen: list[Any] = []

        def flat(*points: Tensor) -> tuple[Tensor, ...]:
            found = func(*_with(args, argnums, chosen, points), **kwargs)
            result, aux = _parted("jacrev", found, has_aux)
            seen[:] = points, result, aux
            return tuple(_leaves("jacrev: expected a function that returns", result))

        rows = jacobian(flat, tuple(leaves), kept)
        points, result, aux = seen

        found = _like(result, [_like(chosen, row) for row in rows])
        return _settled((found, aux) if has_aux else found, kept, points)

    return derivatives


def hessian(func: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """`jacrev` of `jacrev`: the second derivatives.

    >>> hessian(lambda x: x[0] * x[1] ** 2)(Tensor([2.0, 3.0]))
    tensor([[0., 6.],
            [6., 4.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def _chosen(name: str, args: tuple[Any, ...], argnums: ArgNums) -> tuple[Any, list[Tensor]]:
    """The arguments that are derived by, and their tensors."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or not -len(args) <= number < len(args):
            raise RangeError(
                f"{name}: expected argnums of the {len(args)} positional arguments, got {argnums!r}"
            )
    chosen = tuple(args[number] for number in numbers)
    leaves = _leaves(f"{name}: expected to derive by", chosen)
    for leaf in leaves:
        if leaf.dtype.kind != "f":
            raise DtypeError(f"{name}: expected floating arguments to derive by, got {leaf.dtype}")
    return (chosen if isinstance(argnums, tuple) else chosen[0]), leaves


def _with(
    args: tuple[Any, ...], argnums: ArgNums, chosen: Any, points: Sequence[Tensor]
) -> list[Any]:
    """The arguments, these tensors in those that were chosen."""
    given, every = _like(chosen, points), list(args)
    if not isinstance(argnums, tuple):
        given, argnums = (given,), (argnums,)
    for number, each in zip(argnums, given, strict=True):
        every[number] = each
    return every


def _parted(name: str, found: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return found, None
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(f"{name}: with has_aux the function returns (result, aux)")
    return found


def _settled(tree: Any, kept: bool, points: Sequence[Tensor]) -> Any:
    """What is found, its tensors without a graph that leads to the points alone."""

    def settled(value: Any) -> Any:
        if kept and _leads_on(value, points):
            return value
        return value.detach() if isinstance(value, Tensor) else value

    return _mapped(settled, tree)


def _leads_on(result: Any, points: Sequence[Tensor]) -> bool:
    """Whether the graph of a result leads to a leaf that is none of the points."""
    if not isinstance(result, Tensor):
        return False
    ends = {id(point) for point in points}
    if not result.requires_grad or result.grad_fn is None:
        return result.requires_grad and id(result) not in ends
    ahead, seen = [result.grad_fn], {result.grad_fn}
    while ahead:
        for node in ahead.pop().next_functions:
            if isinstance(node, AccumulateGrad):
                if id(node.variable) not in ends:
                    return True
            elif node is not None and node not in seen:
                seen.add(node)
                ahead.append(node)
    return False


def _mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same tuples, lists and dicts, of what the function makes of what is in them."""
    if isinstance(tree, dict):
        return type(tree)((key, _mapped(function, part)) for key, part in tree.items())
    if not isinstance(tree, (tuple, list)):
        return function(tree)
    parts = [_mapped(function, part) for part in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def _parts(tree: Any) -> list[Any]:
    found: list[Any] = []
    _mapped(found.append, tree)
    return found


def _leaves(expected: str, tree: Any) -> list[Tensor]:
    leaves = _parts(tree)
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise TypeError(f"{expected} Tensors, got {kind_of(leaf, Tensor)}")
    return leaves


def _like(tree: Any, leaves: Sequence[Any]) -> Any:
    """These in the place of what is in a tree."""
    parts = iter(leaves)
    return _mapped(lambda _: next(parts), tree)
